//! Event logs in XES (IEEE 1849-2016): read and written as streams, one trace at a time.
//!
//! Not here: any meaning of the attributes; see [`crate::figures`]. Events that stand outside a
//! trace, which the standard permits, are refused: they belong to no case.

mod date;
mod fault;
mod pull;
mod read;
mod source;
#[cfg(test)]
mod tests;
mod write;

pub use date::{instant_of_text, text_of_instant};
pub use fault::{LogError, LogFault};
pub use read::{Limits, LogReader};
pub use write::{LogWriteError, LogWriter, Written};

use std::path::Path;

use tongban_protocol::value::{Attribute, Value};

/// What a log says before its first trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LogHeader {
    /// Attributes of the log itself.
    pub attributes: Vec<Attribute>,
    /// Named ways to tell events apart.
    pub classifiers: Vec<Classifier>,
    /// Declared meanings of key prefixes.
    pub extensions: Vec<Extension>,
    /// Attributes that every trace or event is said to have.
    pub globals: Vec<Global>,
}

/// A declared meaning of a key prefix.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Extension {
    /// Name, such as `Concept`.
    pub name: String,
    /// Prefix, such as `concept`.
    pub prefix: String,
    /// Where the extension is defined; never fetched.
    pub uri: String,
}

/// A named list of keys that tell events (or traces) apart.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Classifier {
    /// The keys, divided by blanks.
    pub keys: String,
    /// Name, such as `Activity classifier`.
    pub name: String,
    /// `event` or `trace`; absent in older logs, where it means `event`.
    pub scope: Option<String>,
}

/// Attributes that every trace or event is said to have, with default values.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// The attributes with their defaults.
    pub attributes: Vec<Attribute>,
    /// `trace` or `event`.
    pub scope: String,
}

/// One case: its attributes and its events in the order of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trace {
    /// Attributes of the case.
    pub attributes: Vec<Attribute>,
    /// Events, each a list of attributes.
    pub events: Vec<Vec<Attribute>>,
    /// Line of the file on which the trace begins, from 1; zero when it came from no file.
    pub line: u64,
}

/// Finds the value of the first attribute named `key`.
#[must_use]
pub fn value_of<'a>(attributes: &'a [Attribute], key: &str) -> Option<&'a Value> {
    attributes.iter().find(|attribute| attribute.key == key).map(|attribute| &attribute.value)
}

/// Returns the file name without its endings: `receipt` for `logs/receipt.xes.gz`.
#[must_use]
pub fn log_name(path: &Path) -> String {
    let file = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let mut name = file.as_ref();
    for ending in [".gz", ".xes", ".xml"] {
        name = cut_ending(name, ending);
    }
    name.to_owned()
}

/// Takes `ending` off, in any case of letters, unless nothing would be left.
fn cut_ending<'a>(name: &'a str, ending: &str) -> &'a str {
    if !has_ending(name, ending) || name.len() == ending.len() {
        return name;
    }
    &name[..name.len() - ending.len()]
}

/// True when `name` ends in the ASCII text `ending`, in any case of letters.
fn has_ending(name: &str, ending: &str) -> bool {
    let (name, ending) = (name.as_bytes(), ending.as_bytes());
    name.len() >= ending.len() && name[name.len() - ending.len()..].eq_ignore_ascii_case(ending)
}
