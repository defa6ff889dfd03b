//! What can be wrong with settings, and how it is said.

use std::fmt;

use crate::address::AddressError;
use crate::quantity::QuantityError;

/// Why settings were refused: all faults, in the order of file, environment, flags.
///
/// The operator who wrote them is to blame.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct SettingsError {
    /// The faults; at least one.
    pub faults: Vec<Fault>,
}

impl fmt::Display for SettingsError {
    /// One fault a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            let separator = if at == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
        }
        Ok(())
    }
}

/// One fault and its place.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fault {
    /// Where the value was given.
    pub origin: Origin,
    /// The key, with its section, such as `link.retry_max`; none when the fault has no key.
    pub key: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::File { name, line } => write!(f, "{name}:{line}: ")?,
            Origin::Variable(name) => write!(f, "variable {name}: ")?,
            Origin::Flag(text) => write!(f, "flag `{text}`: ")?,
            Origin::Nowhere => {}
        }
        match (&self.key, &self.origin) {
            (Some(key), Origin::File { .. } | Origin::Nowhere) => write!(f, "{key}: ")?,
            // The variable or the flag spells the key already.
            (Some(_), Origin::Variable(_) | Origin::Flag(_)) | (None, _) => {}
        }
        self.problem.fmt(f)
    }
}

/// Where a setting was given.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Origin {
    /// In a file, at a line counted from 1.
    File {
        /// The file.
        name: String,
        /// The line.
        line: usize,
    },
    /// In an environment variable.
    Variable(String),
    /// In a `key=value` flag, as written.
    Flag(String),
    /// Nowhere: it is missing, or it is the default.
    Nowhere,
}

/// What is wrong with one setting.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Problem {
    /// The file is no TOML.
    #[error("not TOML: {0}")]
    Syntax(String),
    /// The flag has no `=`.
    #[error("not an assignment; write `key=value`, such as `link.retry_max=5s`")]
    NoAssignment,
    /// There is no such key or variable.
    #[error("unknown; {}", .nearest.as_ref().map_or_else(
        || "no name is near it, see the commented example file".to_owned(),
        |nearest| format!("did you mean `{nearest}`?"),
    ))]
    Unknown {
        /// The nearest name there is, if any is near.
        nearest: Option<String>,
    },
    /// The key has another name now.
    #[error("renamed; write `{0}`")]
    Renamed(String),
    /// The key belongs to the other program.
    #[error("{0}")]
    Elsewhere(&'static str),
    /// A value stands where a section should be.
    #[error("a section, not a value; write `[{0}]` and its keys below")]
    Section(String),
    /// The setting must be given.
    #[error("missing; {0}")]
    Missing(String),
    /// The value is no text.
    #[error("`{0}` is no text; write it in quotes")]
    NoText(String),
    /// The value is no list of texts.
    #[error("`{0}` is no list of texts; write `[\"…\", \"…\"]`")]
    NoList(String),
    /// The value is neither true nor false.
    #[error("`{0}` is neither `true` nor `false`; write one of them")]
    NoFlag(String),
    /// The value is empty.
    #[error("empty; write a value, or remove the key for the default")]
    Empty,
    /// The value is not among the choices.
    #[error("`{value}` is not possible; write {choices}")]
    Choice {
        /// The value.
        value: String,
        /// The choices, in words.
        choices: String,
    },
    /// The value is no duration or size.
    #[error(transparent)]
    Quantity(#[from] QuantityError),
    /// The value is no host and port.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The value is no address to listen on.
    #[error("`{value}` is no address to listen on; write it like `{example}`")]
    Listen {
        /// The value.
        value: String,
        /// An address that can be.
        example: &'static str,
    },
    /// The value is out of bounds.
    #[error("`{value}` is out of bounds; write {min} to {max}")]
    Bounds {
        /// The value.
        value: String,
        /// The least that can be.
        min: String,
        /// The most that can be.
        max: String,
    },
    /// Two values contradict each other.
    #[error("`{lesser}` ({value}) must be {relation} `{greater}` ({limit}); change one of them")]
    Order {
        /// The key of the value that should be less.
        lesser: &'static str,
        /// That value.
        value: String,
        /// How it should stand to the other.
        relation: &'static str,
        /// The key of the other.
        greater: &'static str,
        /// The value of the other.
        limit: String,
    },
    /// The pages would be open to the network.
    #[error(
        "`{0}` can be reached by other machines; write `127.0.0.1:7181`, or say that this is meant \
         with `http.allow_remote = true`"
    )]
    Remote(String),
    /// The list is longer than can be.
    #[error("{found} values; write at most {max}")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// The value is no plain file name.
    #[error("`{0}` is no plain file name; write letters, digits, `-`, `_` and `.` only")]
    FileName(String),
    /// The value is no business group, or stands for two.
    #[error(transparent)]
    Group(#[from] crate::groups::GroupError),
    /// The value is no division code.
    #[error(transparent)]
    Division(#[from] tongban_protocol::place::DivisionError),
}
