//! What can be wrong with a file of facts, and how it is said.

use std::fmt;

use jiff::civil::{Date, Weekday};
use tongban_protocol::calendar::NoticeError;
use tongban_protocol::place::{Division, DivisionError, Tier};

/// Why a file of facts was refused. The operator who wrote the file is to blame.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct FactsError {
    /// The file, by the name that `city.toml` gives it.
    pub file: String,
    /// The line, counted from 1; none when the file as a whole is wrong.
    pub line: Option<usize>,
    /// What is wrong there.
    pub problem: FactsProblem,
}

impl fmt::Display for FactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.problem),
            None => write!(f, "{}: {}", self.file, self.problem),
        }
    }
}

/// What is wrong at one place of a file of facts.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FactsProblem {
    /// The first line does not name the columns.
    #[error("the first line is `{found}`; write `{wanted}`")]
    Header {
        /// The line as it stands.
        found: String,
        /// The line that is needed.
        wanted: String,
    },
    /// A row has too few or too many fields.
    #[error("the row has {found} fields; write {wanted}, separated by commas")]
    Fields {
        /// How many there are.
        found: usize,
        /// How many columns the file has.
        wanted: usize,
    },
    /// A field is quoted; these files need no quotes.
    #[error("`{0}` has a quotation mark; write the value without quotes and without commas")]
    Quoted(String),
    /// A field that must say something is empty.
    #[error("`{0}` is empty; write a value")]
    Empty(&'static str),
    /// A field is no division code.
    #[error(transparent)]
    Code(#[from] DivisionError),
    /// A field is no tier.
    #[error("`{0}` is no tier; write `city`, `county` or `township`")]
    Tier(String),
    /// A division stands in the file twice.
    #[error("division {code} stands in line {first} already; remove one of the two rows")]
    Duplicate {
        /// The division.
        code: Division,
        /// The line of its first row.
        first: usize,
    },
    /// The parent of a division has no row.
    #[error("parent {parent} of {code} has no row; add one, or correct the parent")]
    Orphan {
        /// The division.
        code: Division,
        /// The parent it names.
        parent: Division,
    },
    /// A division that is not the city names no parent.
    #[error("{tier} {code} has no parent; write the code of the centre above it")]
    NoParent {
        /// The division.
        code: Division,
        /// Its tier, in words.
        tier: &'static str,
    },
    /// A city names a parent; the tree ends there.
    #[error("city {code} has the parent {parent}; leave the parent of the root empty")]
    RootParent {
        /// The city.
        code: Division,
        /// The parent it names.
        parent: Division,
    },
    /// A second city.
    #[error("{code} is a city, and so is {first} in line {line}; only the root can be one")]
    SecondRoot {
        /// The later city.
        code: Division,
        /// The earlier city.
        first: Division,
        /// The line of the earlier city.
        line: usize,
    },
    /// No row is a city.
    #[error("no row has the tier `city`; add the root, with an empty parent")]
    NoRoot,
    /// Following the parents leads back to the start.
    #[error("the parents of {code} lead back to it: {circle}; correct one of them")]
    Cycle {
        /// The division.
        code: Division,
        /// The codes on the way round, with arrows between them.
        circle: String,
    },
    /// A centre stands under one that is not above it.
    #[error(
        "{tier} {code} stands under {parent}, which is a {above}; a parent must be of a higher tier"
    )]
    Upside {
        /// The division.
        code: Division,
        /// Its tier, in words.
        tier: &'static str,
        /// Its parent.
        parent: Division,
        /// The parent's tier, in words.
        above: &'static str,
    },
    /// The days of a year are no notice.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// The root of the divisions is not the one that `city.toml` names.
    #[error("the root is {found}, but city.toml says `root = \"{wanted}\"`; correct one of them")]
    OtherRoot {
        /// The root of the file.
        found: Division,
        /// The root of `city.toml`.
        wanted: Division,
    },
    /// A division of the older list has no row among the changes.
    #[error("{0} of the older list has no row; add `{0},,unknown` if its successor is not known")]
    NoFate(Division),
    /// A code is not in the list it should be in.
    #[error("{code} is not in {list}; correct the code")]
    Stranger {
        /// The code.
        code: Division,
        /// The file it should be in.
        list: String,
    },
    /// A kind of change contradicts the two lists.
    #[error("`{kind}` cannot be: {because}")]
    Contradiction {
        /// The kind as written.
        kind: String,
        /// What the lists say.
        because: String,
    },
    /// A field is no kind of change.
    #[error(
        "`{0}` is no kind of change; write `unchanged`, `recoded`, `renamed`, `merged` or `unknown`"
    )]
    Change(String),
    /// A field is no date.
    #[error("`{0}` is no date; write it like `2013-10-01`")]
    Date(String),
    /// A field is no kind of day.
    #[error("`{0}` is no kind of day; write `holiday` or `makeup`")]
    DayKind(String),
    /// A date stands in the file twice.
    #[error("{date} stands in line {first} already; remove one of the two rows")]
    DateTwice {
        /// The date.
        date: Date,
        /// The line of its first row.
        first: usize,
    },
    /// A make-up day falls on a day that is worked anyway.
    #[error(
        "{date} is a {}; only a Saturday or a Sunday can be `makeup`, remove the row or write \
         `holiday`",
        weekday_name(*weekday)
    )]
    MakeupOnWeekday {
        /// The date.
        date: Date,
        /// Its day of the week.
        weekday: Weekday,
    },
    /// A year between the first and the last has no row.
    #[error("the year {0} has no row, though earlier and later years have; add its notice")]
    YearMissing(i16),
    /// The text is no JSON, or not of the shape that is wanted.
    #[error("{0}")]
    Json(String),
    /// A field of an item cannot be read.
    #[error("item {id}: {field}: {why}")]
    Item {
        /// The item's id, as far as it can be read.
        id: String,
        /// The field.
        field: &'static str,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// The file has a header and nothing else.
    #[error("there are no rows; write at least one")]
    NoRows,
}

/// Returns the tier as it is written in the files.
pub(crate) const fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Township => "township",
        Tier::County => "county",
        Tier::City => "city",
    }
}

const fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}
