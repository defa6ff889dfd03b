//! Lays file, environment and flags over each other, and hands out each key once.
//!
//! A key is known because it is asked for: whatever nobody asked for is unknown. So the list of
//! keys can never differ from what the program reads.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::fault::{Fault, Origin, Problem, SettingsError};
use crate::quantity::{ByteSize, parse_duration, show_duration};

mod document;
mod nearest;

/// The prefix of every variable that is a setting.
pub(crate) const PREFIX: &str = "TONGBAN_";

/// A value as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Raw {
    /// Text in quotes, or from outside a file.
    Text(String),
    /// A number, a date or a truth value without quotes.
    Bare(String),
    /// A list; none when one of its values is no text.
    List(Option<Vec<String>>),
    /// A section without keys.
    Section,
}

#[derive(Clone, Debug)]
struct Given {
    raw: Raw,
    origin: Origin,
}

/// How one value must stand to another.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Relation {
    /// Less than.
    Below,
    /// Less than or equal to.
    AtMost,
}

/// Hands out typed values key by key, and collects every fault on the way.
///
/// A method that finds a fault returns the default; [`Self::finish`] then refuses the whole.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    file: BTreeMap<String, Given>,
    environment: BTreeMap<String, Given>,
    flags: BTreeMap<String, Given>,
    known: BTreeMap<&'static str, Origin>,
    elsewhere: &'static [(&'static str, &'static str)],
    renamed: &'static [(&'static str, &'static str)],
    faults: Vec<Fault>,
    /// The file is no TOML, so nothing can be said to be missing.
    is_broken: bool,
}

impl Reader {
    /// Says of keys that they belong to another program, and why.
    pub(crate) fn elsewhere(self, keys: &'static [(&'static str, &'static str)]) -> Self {
        Self { elsewhere: keys, ..self }
    }

    /// Says of old keys which ones took their place.
    pub(crate) fn renamed(self, keys: &'static [(&'static str, &'static str)]) -> Self {
        Self { renamed: keys, ..self }
    }

    /// Lays a TOML file at the bottom.
    pub(crate) fn file(mut self, name: &str, text: &str) -> Self {
        match document::flatten(name, text) {
            Ok(keys) => self.file = keys,
            Err(fault) => {
                self.is_broken = true;
                self.faults.push(*fault);
            }
        }
        self
    }

    /// Lays the variables that begin with [`PREFIX`] over the file.
    pub(crate) fn environment<'p>(
        mut self,
        pairs: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> Self {
        for (name, value) in pairs.filter(|(name, _)| name.starts_with(PREFIX)) {
            let origin = Origin::Variable(name.to_owned());
            self.environment
                .insert(name.to_owned(), Given { raw: Raw::Text(value.to_owned()), origin });
        }
        self
    }

    /// Lays `key=value` flags on top; of two with one key the later counts.
    pub(crate) fn flags<'f>(mut self, flags: impl Iterator<Item = &'f str>) -> Self {
        for flag in flags {
            let origin = Origin::Flag(flag.to_owned());
            match flag.split_once('=') {
                Some((key, value)) => {
                    let raw = Raw::Text(value.trim().to_owned());
                    self.flags.insert(key.trim().to_owned(), Given { raw, origin });
                }
                None => {
                    self.faults.push(Fault { origin, key: None, problem: Problem::NoAssignment });
                }
            }
        }
        self
    }

    fn take(&mut self, key: &'static str) -> Option<Given> {
        let file = self.file.remove(key);
        let variable = self.environment.remove(&variable(key));
        let given = self.flags.remove(key).or(variable).or(file);
        let origin = given.as_ref().map_or(Origin::Nowhere, |given| given.origin.clone());
        let before = self.known.insert(key, origin);
        debug_assert!(before.is_none(), "{key} is asked for twice");
        given
    }

    /// Reports a fault at the place where `key` was given.
    pub(crate) fn refuse(&mut self, key: &'static str, problem: Problem) {
        let origin = self.known.get(key).cloned().unwrap_or(Origin::Nowhere);
        self.faults.push(Fault { origin, key: Some(key.to_owned()), problem });
    }

    /// Reads a text that `parse` understands; none when it is not given or not understood.
    pub(crate) fn parsed<T, P: Into<Problem>>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, P>,
    ) -> Option<T> {
        let parsed = match self.take(key)?.raw {
            Raw::Text(text) if text.is_empty() => Err(Problem::Empty),
            Raw::Text(text) => parse(&text).map_err(Into::into),
            Raw::Bare(text) => Err(Problem::NoText(text)),
            Raw::List(_) => Err(Problem::NoText("[…]".to_owned())),
            Raw::Section => Err(Problem::NoText("{}".to_owned())),
        };
        parsed.map_err(|problem| self.refuse(key, problem)).ok()
    }

    /// Reports that `key` is missing and how to give it, unless it was given, rightly or wrongly.
    pub(crate) fn require<T>(
        &mut self,
        key: &'static str,
        value: Option<T>,
        remedy: &str,
    ) -> Option<T> {
        if self.known.get(key) == Some(&Origin::Nowhere) && !self.is_broken {
            self.refuse(key, Problem::Missing(remedy.to_owned()));
        }
        value
    }

    /// Reads a path; one in a file is relative to the folder of that file.
    pub(crate) fn path(&mut self, key: &'static str) -> Option<PathBuf> {
        let path = self.parsed(key, |text| Ok::<_, Problem>(PathBuf::from(text)))?;
        match self.known.get(key) {
            Some(Origin::File { name, .. }) => {
                Some(Path::new(name).parent().map_or_else(|| path.clone(), |dir| dir.join(&path)))
            }
            Some(Origin::Variable(_) | Origin::Flag(_) | Origin::Nowhere) | None => Some(path),
        }
    }

    /// Reads `true` or `false`; false when it is not given.
    pub(crate) fn is_set(&mut self, key: &'static str) -> bool {
        let value = match self.take(key).map(|given| given.raw) {
            None => return false,
            Some(Raw::Text(text) | Raw::Bare(text)) => text,
            Some(Raw::List(_)) => "[…]".to_owned(),
            Some(Raw::Section) => "{}".to_owned(),
        };
        let flag = value.parse();
        if flag.is_err() {
            self.refuse(key, Problem::NoFlag(value));
        }
        flag.unwrap_or(false)
    }

    /// Reads a list of at most `max` texts; outside a file they are separated by commas.
    pub(crate) fn list<T: FromStr<Err: Into<Problem>>>(
        &mut self,
        key: &'static str,
        max: usize,
    ) -> Vec<T> {
        let texts: Vec<String> = match self.take(key) {
            None => return Vec::new(),
            Some(Given { raw: Raw::List(Some(texts)), .. }) => texts,
            Some(Given { raw: Raw::Text(text), origin: Origin::Variable(_) | Origin::Flag(_) }) => {
                text.split(',').map(|part| part.trim().to_owned()).collect()
            }
            Some(Given { raw: Raw::Text(text) | Raw::Bare(text), .. }) => {
                self.refuse(key, Problem::NoList(text));
                return Vec::new();
            }
            Some(Given { raw: Raw::List(None) | Raw::Section, .. }) => {
                self.refuse(key, Problem::NoList("[…]".to_owned()));
                return Vec::new();
            }
        };
        if texts.len() > max {
            self.refuse(key, Problem::TooMany { found: texts.len(), max });
        }
        let parse = |text: &String| {
            text.parse().map_err(|problem: T::Err| self.refuse(key, problem.into())).ok()
        };
        texts.iter().filter_map(parse).collect()
    }

    /// Reads one of the choices of `T`, by name.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        self.parsed(key, |text| {
            let found = choices.iter().find(|(name, _)| *name == text);
            found.map(|(_, choice)| *choice).ok_or_else(|| {
                let names: Vec<_> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
                let (value, choices) = (text.chars().take(40).collect(), names.join(" or "));
                Problem::Choice { value, choices }
            })
        })
    }

    /// Reads a duration within bounds.
    pub(crate) fn duration(
        &mut self,
        key: &'static str,
        default: Duration,
        bounds: RangeInclusive<Duration>,
    ) -> Duration {
        let value = self.quantity(key, parse_duration);
        self.bounded(key, value, bounds, |duration| show_duration(*duration)).unwrap_or(default)
    }

    /// Reads a size within bounds.
    pub(crate) fn size(
        &mut self,
        key: &'static str,
        default: ByteSize,
        bounds: RangeInclusive<ByteSize>,
    ) -> ByteSize {
        let value = self.quantity(key, ByteSize::from_str);
        self.bounded(key, value, bounds, ToString::to_string).unwrap_or(default)
    }

    /// Reads a quantity; one without quotes is told about its unit, not about quotes.
    fn quantity<T, P: Into<Problem>>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, P>,
    ) -> Option<T> {
        if let Some(Given { raw, .. }) = self.file.get_mut(key)
            && let Raw::Bare(text) = raw
        {
            *raw = Raw::Text(std::mem::take(text));
        }
        self.parsed(key, parse)
    }

    fn bounded<T: PartialOrd>(
        &mut self,
        key: &'static str,
        value: Option<T>,
        bounds: RangeInclusive<T>,
        show: impl Fn(&T) -> String,
    ) -> Option<T> {
        let value = value?;
        if !bounds.contains(&value) {
            let (min, max) = (show(bounds.start()), show(bounds.end()));
            self.refuse(key, Problem::Bounds { value: show(&value), min, max });
        }
        Some(value)
    }

    /// Refuses `lesser` unless it is `relation` (below, at most) `greater`, at the one that was given.
    pub(crate) fn compare(
        &mut self,
        (lesser, value): (&'static str, Duration),
        relation: Relation,
        (greater, limit): (&'static str, Duration),
    ) {
        let (holds, words) = match relation {
            Relation::Below => (value < limit, "below"),
            Relation::AtMost => (value <= limit, "at most"),
        };
        if !holds {
            let at =
                if self.known.get(lesser) == Some(&Origin::Nowhere) { greater } else { lesser };
            let (value, limit) = (show_duration(value), show_duration(limit));
            self.refuse(at, Problem::Order { lesser, value, relation: words, greater, limit });
        }
    }

    /// Returns `whole` if nothing was wrong and nothing is left over.
    pub(crate) fn finish<T>(mut self, whole: T) -> Result<T, SettingsError> {
        let keys: Vec<(String, Given)> = std::mem::take(&mut self.file)
            .into_iter()
            .chain(std::mem::take(&mut self.flags))
            .collect();
        for (key, given) in keys {
            let problem = self.stranger(&key, &key, &given.raw, str::to_owned);
            if given.raw == Raw::Section && matches!(problem, Problem::Section(_)) {
                continue; // A section whose keys are all left out.
            }
            self.faults.push(Fault { origin: given.origin, key: Some(key), problem });
        }
        for (name, given) in std::mem::take(&mut self.environment) {
            let key = name[PREFIX.len()..].to_ascii_lowercase().replace("__", ".");
            let problem = self.stranger(&key, &name, &given.raw, variable);
            self.faults.push(Fault { origin: given.origin, key: Some(key), problem });
        }
        self.faults.sort_by(|a, b| a.origin.cmp(&b.origin));
        let faults = self.faults;
        if faults.is_empty() { Ok(whole) } else { Err(SettingsError { faults }) }
    }

    /// Says what a key that nobody asked for may have been meant as; `spell` writes a key the
    /// way it was written here.
    fn stranger(
        &self,
        key: &str,
        written: &str,
        raw: &Raw,
        spell: impl Fn(&str) -> String,
    ) -> Problem {
        if let Some((_, to)) = self.renamed.iter().find(|(old, _)| *old == key) {
            return Problem::Renamed(spell(to));
        }
        if self.known.keys().any(|known| is_below(known, key)) {
            return Problem::Section(key.to_owned());
        }
        let meant = |other: &str| other == key || is_below(other, key);
        if let Some((_, why)) = self.elsewhere.iter().find(|(other, _)| meant(other)) {
            return Problem::Elsewhere(why);
        }
        let section = |known: &&str| known.split_once('.').map(|(section, _)| section.to_owned());
        let names: Vec<String> = match raw {
            Raw::Section => self.known.keys().filter_map(section).collect(),
            Raw::Text(_) | Raw::Bare(_) | Raw::List(_) => {
                self.known.keys().map(|known| spell(known)).collect()
            }
        };
        Problem::Unknown { nearest: nearest::nearest(written, &names).map(ToOwned::to_owned) }
    }

    /// Returns every key that was asked for.
    #[cfg(test)]
    pub(crate) fn keys(&self) -> Vec<&'static str> {
        self.known.keys().copied().collect()
    }
}

/// Returns the variable of a key: `link.listen` is `TONGBAN_LINK__LISTEN`.
pub(crate) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_ascii_uppercase().replace('.', "__"))
}

/// True for `link.listen` and `link`.
fn is_below(key: &str, section: &str) -> bool {
    key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.'))
}
