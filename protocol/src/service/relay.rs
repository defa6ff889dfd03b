//! 上级系统代办: work that must be done in a department's own system, and what became of it there.
//!
//! The card says who asked for what and under which number the upper system knows it; by that
//! number the result is found again, whoever types it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use minicbor::{Decode, Encode};

use super::{Record, State};
use crate::calendar::civil_day;
use crate::number::plain;
use crate::time::Timestamp;

/// Longest number of an upper system, in characters; the longest known have 32.
pub const UPSTREAM_CHARS_MAX: usize = 64;

/// What was entered into an upper system.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Relay {
    /// Which system: its name, as the counter calls it.
    #[n(0)]
    pub system: String,
    /// 上级编号: the number that it gave, as it was typed.
    #[n(1)]
    pub number: String,
    /// The applicant.
    #[n(2)]
    pub applicant: String,
    /// 证件号, where it is known.
    #[n(3)]
    pub applicant_number: Option<String>,
    /// What was applied for, by its name or code.
    #[n(4)]
    pub item: String,
}

impl Relay {
    /// Its texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        [&self.system, &self.number, &self.applicant, &self.item]
            .into_iter()
            .chain(&self.applicant_number)
    }

    /// True where everything is said that the card cannot be without.
    pub(super) fn is_whole(&self) -> bool {
        let said = [&self.system, &self.applicant, &self.item];
        said.into_iter().all(|text| !text.trim().is_empty())
    }
}

/// A relay card as it was recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Relayed {
    /// What was entered, as it was corrected last.
    pub relay: Relay,
    /// Who entered it first.
    pub by: String,
    /// When it was entered into the upper system, as the clerk says.
    pub at: Timestamp,
    /// When the card was recorded.
    pub recorded_at: Timestamp,
}

/// By what a number of an upper system is found: without blanks and dashes, in capitals, with
/// full-width letters and digits as everybody's; none where nothing is left, or more than
/// [`UPSTREAM_CHARS_MAX`].
#[must_use]
pub fn upstream_key(number: &str) -> Option<String> {
    let key = plain(number);
    let is_known = key.chars().any(char::is_alphanumeric);
    (is_known && key.chars().count() <= UPSTREAM_CHARS_MAX).then_some(key)
}

/// The relay cards of a centre in a span of days.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RelayTally {
    /// How many were relayed; the sum of the other three.
    pub relayed: u32,
    /// Of these, those whose result is known.
    pub matched: u32,
    /// Of these, those that were given up.
    pub dropped: u32,
    /// Of these, those whose result is still to come.
    pub open: u32,
}

impl RelayTally {
    /// Counts one card.
    fn count(&mut self, state: State) {
        self.relayed += 1;
        match state {
            State::Matched => self.matched += 1,
            State::Dropped => self.dropped += 1,
            _ => self.open += 1,
        }
    }
}

/// Counts the relay cards that were begun within `days`, both included.
#[must_use]
pub fn tally_relays<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    days: (Date, Date),
) -> RelayTally {
    let mut tally = RelayTally::default();
    for record in records {
        let Some(relayed) = &record.relayed else { continue };
        if (days.0..=days.1).contains(&civil_day(relayed.at)) {
            tally.count(record.state);
        }
    }
    tally
}

/// Results beside the cards that they are for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MatchedUp<C> {
    /// Which card gets which result.
    pub found: Vec<(C, String)>,
    /// Numbers that no card has, and their results.
    pub others: Vec<(String, String)>,
}

/// Lays results, by number, beside open cards, by number: which card gets which result, and which
/// results have no card. Of two cards with one number both get it; of two results the first.
#[must_use]
pub fn match_up<C: Copy>(open: &[(String, C)], results: &[(String, String)]) -> MatchedUp<C> {
    let mut by_key: BTreeMap<&str, Vec<C>> = BTreeMap::new();
    for (key, card) in open {
        by_key.entry(key).or_default().push(*card);
    }
    let mut matched = MatchedUp { found: Vec::new(), others: Vec::new() };
    for (number, result) in results {
        let cards = upstream_key(number).and_then(|key| by_key.get_mut(key.as_str()));
        match cards {
            // A number that stands twice in the list found its cards the first time.
            Some(cards) => matched.found.extend(cards.drain(..).map(|card| (card, result.clone()))),
            None => matched.others.push((number.clone(), result.clone())),
        }
    }
    matched
}
