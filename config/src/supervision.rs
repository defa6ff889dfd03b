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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "use")]
    in_force: String,
    sets: BTreeMap<String, Set>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    title: String,
    source: String,
    rules: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    id: String,
    title: String,
    when: String,
    clock: Option<Watched>,
    percent: Option<u8>,
    days: Option<u16>,
    level: Level,
    #[serde(default)]
    points: u16,
    answer_days: Option<u16>,
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
        let mut sets = BTreeMap::new();
        for (name, Set { title, source, rules }) in read.sets {
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
        let trigger = match (self.when.as_str(), self.clock, self.percent, self.days) {
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
            (_, None, None, None) => match mark(&self.when) {
                Some(mark) => Ok(Trigger::Marked(mark)),
                None => Err(&[
                    "is not known; the head of the shipped file lists all there are",
                    "没有这种情形；随附文件的开头列出了全部",
                ]),
            },
            _ => Err(&[
                "takes no `clock`, no `percent` and no `days`",
                "不写 clock、percent 和 days",
            ]),
        };
        let trigger = trigger.map_err(|wanted| SupervisionError::Figure {
            file: file.to_owned(),
            set: set.to_owned(),
            id: self.id.clone(),
            when: self.when.clone(),
            wanted,
        })?;
        let Self { id, title, level, points, answer_days, .. } = self;
        Ok(Rule { id, title, trigger, level, points, answer_days })
    }
}

/// The mark of a word.
fn mark(word: &str) -> Option<Mark> {
    let reader: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
        serde::de::IntoDeserializer::into_deserializer(word);
    Mark::deserialize(reader).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../suining/supervision.toml");

    fn refusal(change: impl Fn(&str) -> String) -> String {
        Supervision::parse("s.toml", &change(SHIPPED)).unwrap_err().to_string()
    }

    #[test]
    fn the_shipped_rules_are_read_with_every_published_set() {
        let read = Supervision::parse("s.toml", SHIPPED).unwrap();
        let names: Vec<&str> = read.sets.keys().map(String::as_str).collect();
        let all = ["chengdu", "eight-triggers", "one-day-before", "points", "recommended", "yulin"];
        assert_eq!(names, all);
        assert_eq!(read.rules().rules().len(), 23);
        let over = read.rules().rule("promise-far-over").unwrap();
        assert_eq!(over.trigger, Trigger::Over(Watched::Promise, 3));
        assert_eq!((over.level, over.points, over.answer_days), (Level::Red, 10, Some(5)));
        let yulin = read.sets["yulin"].rules.rule("promise-used").unwrap();
        assert_eq!(
            (yulin.trigger, yulin.level),
            (Trigger::Used(Watched::Promise, 90), Level::Yellow)
        );
    }

    #[test]
    fn rules_with_unknown_keys_or_contradictory_thresholds_are_refused() {
        let unknown = refusal(|text| text.replacen("points = 5", "point = 5", 1));
        assert!(unknown.contains("unknown field `point`, expected one of"), "{unknown}");
        assert!(unknown.starts_with("s.toml: TOML parse error at line "), "{unknown}");
        assert_eq!(
            refusal(|text| text.replacen("percent = 90", "days = 90", 1)),
            "s.toml: set `recommended`, rule `promise-used`: `when = \"used\"` needs `clock` and `percent`, and no `days` (规则“promise-used”的 when 为“used”，须写 clock 和 percent，不写 days)"
        );
        assert_eq!(
            refusal(|text| text.replacen("when = \"second-notice\"", "when = \"third-notice\"", 1)),
            "s.toml: set `recommended`, rule `second-notice`: `when = \"third-notice\"` is not known; the head of the shipped file lists all there are (规则“second-notice”的 when 为“third-notice”，没有这种情形；随附文件的开头列出了全部)"
        );
        assert_eq!(
            refusal(|text| text.replacen(
                "clock = \"promise\", days = 0, level = \"yellow\"",
                "clock = \"promise\", days = 9, level = \"yellow\"",
                1
            )),
            "s.toml: set `recommended`: rule `promise-far-over` gives its card after 3 days, before `promise-over` after 9 days: the graver must not come first (规则“promise-far-over”超过 3 天后发牌，早于较轻的“promise-over”（超过 9 天后）；较重的牌不能先发)"
        );
        assert_eq!(
            refusal(|text| text.replacen("use = \"recommended\"", "use = \"mine\"", 1)),
            "s.toml: `use = \"mine\"` names no set; there are chengdu, eight-triggers, one-day-before, points, recommended, yulin (没有规则集“mine”，可用的见前)"
        );
    }
}
