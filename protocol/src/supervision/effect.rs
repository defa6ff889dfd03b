//! What another calendar or other rules would do to a case, before anybody publishes them.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::card::{Card, cards};
use super::set::RuleSet;
use crate::calendar::Almanac;
use crate::case::{ClockKind, clocks, fold};
use crate::catalogue::Catalogue;
use crate::document::{Event, EventId};
use crate::place::Division;

/// By what a case is judged.
#[derive(Clone, Copy, Debug)]
pub struct Basis<'a> {
    /// The working days.
    pub almanac: &'a Almanac,
    /// The rules of supervision.
    pub rules: &'a RuleSet,
    /// What was promised, and the centre that publishes it where nobody else is named.
    pub catalogue: (&'a Catalogue, Division),
}

/// What a change does to one case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effect {
    /// The clocks whose last day moves, from which day to which.
    pub moved: Vec<(ClockKind, Date, Date)>,
    /// The cards that it gets.
    pub gained: Vec<Card>,
    /// The cards that it has no more.
    pub lost: Vec<Card>,
}

/// Judges a case as of `today` by both, and says what differs.
///
/// A clock that runs under one of them only has not moved; what it gives rise to is a card.
#[must_use]
pub fn effect(
    events: &[(EventId, Event)],
    before: Basis<'_>,
    after: Basis<'_>,
    today: Date,
) -> Effect {
    let [(old_clocks, old_cards), (new_clocks, new_cards)] = [before, after].map(|basis| {
        let mut folded = fold(events, basis.almanac).on(today, basis.almanac);
        basis.catalogue.0.hold_against(&mut folded, events, basis.catalogue.1);
        let clocks = clocks(&folded.course, basis.almanac, today);
        (clocks, cards(events, &folded, basis.rules, (basis.almanac, today)))
    });
    let moved = old_clocks.iter().filter_map(|old| {
        let new = new_clocks.iter().find(|new| new.kind == old.kind)?;
        let (from, to) = (old.due?.date, new.due?.date);
        (from != to).then_some((old.kind, from, to))
    });
    let without = |cards: &[Card], others: &[Card]| {
        let names: BTreeSet<String> = others.iter().map(Card::name).collect();
        cards.iter().filter(|card| !names.contains(&card.name())).cloned().collect()
    };
    Effect {
        moved: moved.collect(),
        gained: without(&new_cards, &old_cards),
        lost: without(&old_cards, &new_cards),
    }
}
