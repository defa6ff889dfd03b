//! The file of the rules of supervision: several sets, of which one is in force.

use std::collections::BTreeMap;

use serde::Deserialize;
use tongban_protocol::supervision::{Level, Mark, Rule, RuleSet, RulesError, Trigger, Watched};

/// The rules of a city, and the sets among which it can choose.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Supervision {
    /// The name of the set in force.
    pub in_force: String,
    /// Every set, by its name.
    pub sets: BTreeMap<String, NamedRules>,
}

/// A set of rules with its origin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedRules {
    /// What it is called on the page.
    pub title: String,
    /// Where its figures come from.
    pub source: String,
    /// The rules.
    pub rules: RuleSet,
}

/// Why the rules were refused. The operator who wrote them is to blame.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SupervisionError {
    /// It is no TOML, or has a key or a word that is not known.
    #[error("{file}: {reason} (文件格式有误，请改正所指的行)")]
    Form {
        /// The file.
        file: String,
        /// What the reader says, with line and column.
        reason: String,
    },
    /// A key is not known.
    #[error(
        "{file}: {place}: unknown key `{key}`; there are {known} (没有“{key}”这一项，可写的有 {known})"
    )]
    Key {
        /// The file.
        file: String,
        /// Where it stands.
        place: String,
        /// The key.
        key: String,
        /// What there is.
        known: String,
    },
    /// A word stands for nothing.
    #[error(
        "{file}: set `{set}`, rule `{id}`: `{key} = \"{word}\"` is not known; there are {known} (规则“{id}”的 {key} 没有“{word}”，可写的有 {known})"
    )]
    Word {
        /// The file.
        file: String,
        /// The set.
        set: String,
        /// The rule.
        id: String,
        /// The key.
        key: &'static str,
        /// The word.
        word: Box<str>,
        /// What there is, with the words for the page.
        known: Box<str>,
    },
    /// A rule lacks a figure for what it watches, or has one too many.
    #[error(
        "{file}: set `{set}`, rule `{id}`: `when = \"{when}\"` {} (规则“{id}”的 when 为“{when}”，{})",
        wanted[0], wanted[1]
    )]
    Figure {
        /// The file.
        file: String,
        /// The set.
        set: String,
        /// The rule.
        id: String,
        /// When it applies.
        when: String,
        /// What is needed, in English and in Chinese.
        wanted: &'static [&'static str; 2],
    },
    /// The rules of a set contradict each other.
    #[error("{file}: set `{set}`: {fault} ({})", fault.zh())]
    Rules {
        /// The file.
        file: String,
        /// The set.
        set: String,
        /// How.
        fault: RulesError,
    },
    /// The set in force is not there.
    #[error(
        "{file}: `use = \"{name}\"` names no set; there are {known} (没有规则集“{name}”，可用的见前)"
    )]
    NoSuchSet {
        /// The file.
        file: String,
        /// What it names.
        name: String,
        /// What there is.
        known: String,
    },
}

/// What is read but has no meaning, by its key.
type Rest = BTreeMap<String, toml::Value>;

#[derive(Deserialize)]
struct File {
    #[serde(rename = "use")]
    in_force: String,
    sets: BTreeMap<String, Set>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
struct Set {
    title: String,
    source: String,
    rules: Vec<Row>,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    title: String,
    title_en: Option<String>,
    when: String,
    clock: Option<String>,
    percent: Option<u8>,
    days: Option<u16>,
    level: String,
    #[serde(default)]
    points: u16,
    answer_days: Option<u16>,
    #[serde(flatten)]
    rest: Rest,
}

const FILE_KEYS: &str = "use, sets";
const SET_KEYS: &str = "title, source, rules";
const ROW_KEYS: &str =
    "id, title, title_en, when, clock, percent, days, level, points, answer_days";

/// Refuses what is not known at a place of a file.
fn check_keys(
    (file, place): (&str, &str),
    rest: &Rest,
    known: &str,
) -> Result<(), SupervisionError> {
    rest.keys().next().map_or(Ok(()), |key| {
        let (file, place, known) = (file.to_owned(), place.to_owned(), known.to_owned());
        Err(SupervisionError::Key { file, place, key: key.clone(), known })
    })
}

impl Supervision {
    /// Reads `supervision.toml`.
    ///
    /// # Errors
    ///
    /// The first [`SupervisionError`].
    pub fn parse(file: &str, text: &str) -> Result<Self, SupervisionError> {
        let read: File = toml::from_str(text).map_err(|error| SupervisionError::Form {
            file: file.to_owned(),
            reason: error.to_string(),
        })?;
        check_keys((file, "supervision"), &read.rest, FILE_KEYS)?;
        let mut sets = BTreeMap::new();
        for (name, Set { title, source, rules, rest }) in read.sets {
            check_keys((file, &format!("set `{name}`")), &rest, SET_KEYS)?;
            let rules = rules.into_iter().map(|row| row.read(file, &name));
            let rules = RuleSet::new(rules.collect::<Result<_, _>>()?).map_err(|fault| {
                SupervisionError::Rules { file: file.to_owned(), set: name.clone(), fault }
            })?;
            sets.insert(name, NamedRules { title, source, rules });
        }
        if !sets.contains_key(&read.in_force) {
            let known = sets.keys().cloned().collect::<Vec<_>>().join(", ");
            let (file, name) = (file.to_owned(), read.in_force);
            return Err(SupervisionError::NoSuchSet { file, name, known });
        }
        Ok(Self { in_force: read.in_force, sets })
    }

    /// The rules in force.
    ///
    /// # Panics
    ///
    /// Never: a set that is not there is refused when the file is read.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.sets[&self.in_force].rules
    }
}

impl Row {
    fn read(self, file: &str, set: &str) -> Result<Rule, SupervisionError> {
        let place = format!("set `{set}`, rule `{}`", self.id);
        check_keys((file, &place), &self.rest, ROW_KEYS)?;
        let unknown = |key: &'static str, word: &str, known: String| {
            let [file, set, id] =
                [file, set, self.id.as_str()].map(|it| it.chars().take(200).collect());
            let (word, known) = (word.chars().take(60).collect(), known.into_boxed_str());
            SupervisionError::Word { file, set, id, key, word, known }
        };
        let level: Level = self.level.parse().map_err(|_| {
            unknown("level", &self.level, told(Level::ALL, |it| (it.en(), it.zh())))
        })?;
        let clock = self.clock.as_deref().map(|word| {
            let known = || told(Watched::ALL, |it| (it.en(), it.zh()));
            word.parse::<Watched>().map_err(|_| unknown("clock", word, known()))
        });
        let clock = clock.transpose()?;
        let trigger = match (self.when.as_str(), clock, self.percent, self.days) {
            ("used", Some(clock), Some(percent), None) => Ok(Trigger::Used(clock, percent)),
            ("left", Some(clock), None, Some(days)) => Ok(Trigger::Left(clock, days)),
            ("over", Some(clock), None, Some(days)) => Ok(Trigger::Over(clock, days)),
            ("pause-over", None, None, None) => Ok(Trigger::PauseOver),
            ("silent", None, None, None) => Ok(Trigger::Silent),
            ("absent", None, None, None) => Ok(Trigger::Absent),
            ("used", ..) => Err(&[
                "needs `clock` and `percent`, and no `days`",
                "须写 clock 和 percent，不写 days",
            ]),
            ("left" | "over", ..) => Err(&[
                "needs `clock` and `days`, and no `percent`",
                "须写 clock 和 days，不写 percent",
            ]),
            (word, _, _, _) if word.parse::<Mark>().is_err() => {
                let marks = told(Mark::ALL, |it| (it.en(), it.zh()));
                return Err(unknown("when", word, format!("{WHEN}, {marks}")));
            }
            (word, None, None, None) => word.parse().map(Trigger::Marked).map_err(|_| NO_FIGURE),
            _ => Err(NO_FIGURE),
        };
        let trigger = trigger.map_err(|wanted| SupervisionError::Figure {
            file: file.to_owned(),
            set: set.to_owned(),
            id: self.id.clone(),
            when: self.when.clone(),
            wanted,
        })?;
        let Self { id, title, title_en, points, answer_days, .. } = self;
        Ok(Rule { id, title, trigger, level, points, answer_days, title_en })
    }
}

/// What a rule without a clock may not have.
const NO_FIGURE: &[&str; 2] =
    &["takes no `clock`, no `percent` and no `days`", "不写 clock、percent 和 days"];

/// The words of `when` that are no mark.
const WHEN: &str =
    "used (已用), left (剩余), over (超过), silent (超时未答复), pause-over (特别程序超期)";

/// Words with those for the page.
fn told<T: Copy>(all: &[T], words: fn(T) -> (&'static str, &'static str)) -> String {
    let told = all.iter().map(|it| words(*it)).map(|(en, zh)| format!("{en} ({zh})"));
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
