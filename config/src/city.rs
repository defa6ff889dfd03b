//! A city: its name, its centres, its calendar, its items, and what its divisions became.

use std::borrow::Cow;

use tongban_protocol::calendar::{Calendar, DayEnd, OfficeHours};
use tongban_protocol::case::Customs;
use tongban_protocol::case::green::INVESTMENT_YUAN;
use tongban_protocol::case::joint::Template;
use tongban_protocol::place::Division;

use crate::calendar;
use crate::facts::{FactsError, FactsProblem};
use crate::fault::{Problem, SettingsError};
use crate::items::Items;
use crate::joint::{self, JointError};
use crate::layers::Reader;
use crate::succession::{List, Succession};
use crate::supervision::{Supervision, SupervisionError};
use crate::tree::Tree;

/// The file in a city's folder that names the others.
pub const CITY_FILE: &str = "city.toml";

/// The facts of a city that all its machines agree on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct City {
    /// Its Chinese name, such as 遂宁市.
    pub name_zh: String,
    /// Its name in Latin letters, such as Suining.
    pub name_en: String,
    /// The centres in force.
    pub tree: Tree,
    /// The working days.
    pub calendar: Calendar,
    /// What may be applied for; nothing where the city gives no list.
    pub items: Items,
    /// The rules of supervision; none where the city gives none.
    pub supervision: Option<Supervision>,
    /// By what several authorities decide together; nothing where the city gives no templates.
    pub joint: Vec<Template>,
    /// When its offices are open, and what the green channel asks for.
    pub customs: Customs,
    /// What the divisions of an older list became, where the city gives it.
    pub succession: Option<Succession>,
}

/// Why the facts of a city were refused. The operator who wrote them is to blame.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum CityError {
    /// `city.toml` is wrong.
    #[error(transparent)]
    Description(#[from] SettingsError),
    /// A file that `city.toml` names is wrong.
    #[error("{0} ({zh})", zh = .0.zh())]
    Facts(#[from] FactsError),
    /// The rules of supervision are wrong.
    #[error(transparent)]
    Supervision(#[from] SupervisionError),
    /// The templates of joint approval are wrong.
    #[error(transparent)]
    Joint(#[from] JointError),
    /// A file could not be had.
    #[error("{file}: {reason}")]
    File {
        /// The file.
        file: String,
        /// Why not.
        reason: String,
    },
}

/// What `city.toml` says.
struct Description {
    name_zh: String,
    name_en: String,
    root: Option<Division>,
    divisions: String,
    calendar: String,
    items: Option<String>,
    supervision: Option<String>,
    joint: Option<String>,
    customs: Customs,
    succession: Option<[String; 3]>,
}

impl City {
    /// Reads a city; `file` gives the text of a file of its folder, or why there is none.
    ///
    /// # Errors
    ///
    /// Every fault of `city.toml`, or else the first fault of the files that it names.
    pub fn parse(
        mut file: impl FnMut(&str) -> Result<Cow<'static, str>, String>,
    ) -> Result<Self, CityError> {
        let mut text = |name: &str| {
            file(name).map_err(|reason| CityError::File { file: name.to_owned(), reason })
        };
        let said = Description::read(&text(CITY_FILE)?)?;
        let tree = Tree::parse(&said.divisions, &text(&said.divisions)?)?;
        let found = tree.root().division;
        if let Some(wanted) = said.root.filter(|wanted| *wanted != found) {
            let problem = FactsProblem::OtherRoot { found, wanted };
            return Err(FactsError { file: said.divisions, line: None, problem }.into());
        }
        let calendar = calendar::parse(&said.calendar, &text(&said.calendar)?)?;
        let items = match &said.items {
            Some(file) => Items::parse(file, &text(file)?)?,
            None => Items::default(),
        };
        let supervision = match &said.supervision {
            Some(file) => Some(Supervision::parse(file, &text(file)?)?),
            None => None,
        };
        let joint = match &said.joint {
            Some(file) => joint::parse(file, &text(file)?)?,
            None => Vec::new(),
        };
        let succession = match said.succession {
            Some([from, to, changes]) => {
                let before = List { tree: Tree::parse(&from, &text(&from)?)?, file: from };
                let after = List { tree: Tree::parse(&to, &text(&to)?)?, file: to };
                Some(Succession::parse(&changes, &text(&changes)?, before, after)?)
            }
            None => None,
        };
        let Description { name_zh, name_en, customs, .. } = said;
        Ok(Self {
            name_zh,
            name_en,
            tree,
            calendar,
            items,
            supervision,
            joint,
            customs,
            succession,
        })
    }

    /// Returns the shipped example: 遂宁市 with its 118 townships of 2013.
    ///
    /// # Panics
    ///
    /// Never: the files are part of the program, and a test reads them.
    #[must_use]
    pub fn suining() -> Self {
        Self::parse(shipped).expect("the shipped city is read by a test")
    }
}

/// Reads only what a `city.toml` sets besides its files: office hours and thresholds.
///
/// # Errors
///
/// Every fault of the text.
pub fn customs(text: &str) -> Result<Customs, SettingsError> {
    Description::read(text).map(|said| said.customs)
}

impl Description {
    fn read(text: &str) -> Result<Self, SettingsError> {
        let mut reader = Reader::default().file(CITY_FILE, text);
        let words = |text: &str| Ok::<_, Problem>(text.to_owned());
        let mut must = |key, example, parse: fn(&str) -> Result<String, Problem>| {
            let value = reader.parsed(key, parse);
            let remedy = format!("write `{key} = \"{example}\"` at the top of {CITY_FILE}");
            reader.require(key, value, &remedy).unwrap_or_default()
        };
        let said = Self {
            name_zh: must("name_zh", "遂宁市", words),
            name_en: must("name_en", "Suining", words),
            divisions: must("divisions", "divisions.csv", file_name),
            calendar: must("calendar", "calendar.csv", file_name),
            root: None,
            items: None,
            supervision: None,
            joint: None,
            customs: Customs::default(),
            succession: None,
        };
        let hours = reader.parsed("office_hours", office_hours).unwrap_or_default();
        let yuan = reader.parsed("green_channel_above_yuan", yuan).unwrap_or(INVESTMENT_YUAN);
        let last_day = reader.parsed("last_day_ends", day_end).unwrap_or_default();
        let customs = Customs { hours, green_threshold_yuan: yuan, last_day };
        let items = reader.parsed("items", file_name);
        let supervision = reader.parsed("supervision", file_name);
        let joint = reader.parsed("joint", file_name);
        let root = reader.parsed("root", str::parse);
        let remedy = format!("write `root = \"510900\"` at the top of {CITY_FILE}");
        let root = reader.require("root", root, &remedy);
        let keys = ["succession.from", "succession.to", "succession.changes"];
        let named = keys.map(|key| reader.parsed(key, file_name));
        let succession = named.iter().any(Option::is_some).then(|| {
            let mut named = named.into_iter();
            keys.map(|key| {
                let name = named.next().flatten();
                let remedy = format!("name the file below `[succession]` in {CITY_FILE}");
                reader.require(key, name, &remedy).unwrap_or_default()
            })
        });
        reader.finish(Self { root, customs, items, supervision, joint, succession, ..said })
    }
}

/// Reads the hours of an office, such as 09:00-17:00.
fn office_hours(text: &str) -> Result<OfficeHours, Problem> {
    let minutes = |text: &str| -> Option<u16> {
        let (hour, minute) = text.trim().split_once(':')?;
        let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
    };
    let read = || {
        let (opens, closes) = text.split_once('-')?;
        OfficeHours::new(minutes(opens)?, minutes(closes)?)
    };
    read().ok_or_else(|| Problem::Choice {
        value: text.chars().take(40).collect(),
        choices: "hours within one day, such as `09:00-17:00`".to_owned(),
    })
}

/// Reads when a last day ends.
fn day_end(text: &str) -> Result<DayEnd, Problem> {
    match text {
        "24:00" => Ok(DayEnd::Midnight),
        "closing" => Ok(DayEnd::Closing),
        _ => Err(Problem::Choice {
            value: text.chars().take(40).collect(),
            choices: "`24:00` or `closing`".to_owned(),
        }),
    }
}

fn yuan(text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| Problem::Choice {
        value: text.chars().take(40).collect(),
        choices: "an amount in yuan, such as `50000000`".to_owned(),
    })
}

/// Accepts names that stay in the city's folder on every system.
fn file_name(text: &str) -> Result<String, Problem> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.starts_with('.') || !text.chars().all(plain) {
        return Err(Problem::FileName(text.chars().take(80).collect()));
    }
    Ok(text.to_owned())
}

fn shipped(name: &str) -> Result<Cow<'static, str>, String> {
    let text = match name {
        CITY_FILE => include_str!("../suining/city.toml"),
        "calendar.csv" => include_str!("../suining/calendar.csv"),
        "changes-2013-now.csv" => include_str!("../suining/changes-2013-now.csv"),
        "divisions-2013.csv" => include_str!("../suining/divisions-2013.csv"),
        "joint.toml" => include_str!("../suining/joint.toml"),
        "supervision.toml" => include_str!("../suining/supervision.toml"),
        "divisions-now.csv" => include_str!("../suining/divisions-now.csv"),
        "items.json" => include_str!("../suining/items.json"),
        _ => return Err("not among the shipped files".to_owned()),
    };
    Ok(Cow::Borrowed(text))
}

#[cfg(test)]
mod tests;
