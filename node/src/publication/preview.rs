//! 预演: what a publication would do to the open cases held here, before it is published.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::Almanac;
use tongban_protocol::case::State;
use tongban_protocol::catalogue::Item;
use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::place::Scope;
use tongban_protocol::supervision::{Basis, RuleSet, effect};
use tongban_protocol::time::Timestamp;
use utoipa::ToSchema;

use super::{Facts, PublishError};
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// Moved days that are named one by one: some 100 kB of an answer.
const DAYS_NAMED_MAX: usize = 1_000;

/// Cases looked at between two other things that a running service does: some 100 ms.
pub const CASES_AT_ONCE: usize = 256;

/// What a publication would do.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Foreseen {
    /// Open cases held here.
    pub open: u64,
    /// Last days that would move.
    pub days_moved: u64,
    /// The first of them.
    pub moved: Vec<MovedDay>,
    /// Cards that would appear, by rule.
    pub gained: BTreeMap<String, u64>,
    /// Cards that would vanish, by rule; those that were issued stay as they were issued.
    pub lost: BTreeMap<String, u64>,
    /// The items.
    pub items: Vec<ItemForeseen>,
}

/// A last day that would move.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct MovedDay {
    /// 办件编号.
    pub number: String,
    /// Which clock.
    pub clock: String,
    /// The last day as it is, such as 2026-12-01.
    pub from: String,
    /// The last day as it would be.
    pub to: String,
}

/// What a new version of an item would meet.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct ItemForeseen {
    /// The item.
    pub id: String,
    /// Its open cases: each keeps the terms of its day.
    pub open: u64,
    /// Of these, taken on a day on which the new version would be in force, by other terms.
    pub other_terms: u64,
}

/// A preview under way.
#[derive(Clone, Debug)]
pub struct Preview {
    today: Date,
    almanac: Almanac,
    rules: RuleSet,
    items: Vec<Item>,
    foreseen: Foreseen,
}

impl Preview {
    /// Begins one, and names the cases to be looked at.
    ///
    /// # Errors
    ///
    /// [`PublishError`]: the store's, or what makes the facts none.
    pub fn begin<S: Store>(
        replica: &Replica<S>,
        now: Timestamp,
        facts: Facts,
    ) -> Result<(Self, Vec<DocumentId>), PublishError> {
        facts.check_whole()?;
        let mut almanac = replica.almanac().clone();
        for notice in facts.years(replica)? {
            almanac.take(now, notice);
        }
        if let Some(customs) = facts.customs(replica)? {
            almanac.set(now, customs);
        }
        facts.templates(replica)?; // A case keeps the plan of its day.
        let rules = facts.rules(replica)?.unwrap_or_else(|| replica.rules().clone());
        let foreseen = facts.items.iter().map(|item| ItemForeseen {
            id: item.id.to_string(),
            open: 0,
            other_terms: 0,
        });
        let foreseen = Foreseen { items: foreseen.collect(), ..Foreseen::default() };
        let mut cases = Vec::new();
        for home in replica.homes().into_iter().filter(|home| home.scope == Scope::Office) {
            cases.extend(replica.documents(home, DocumentKind::Case, None, usize::MAX)?);
        }
        let items = facts.items;
        Ok((Self { today: almanac.act_day(now), almanac, rules, items, foreseen }, cases))
    }

    /// Looks at some cases.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn look<S: Store>(
        &mut self,
        replica: &Replica<S>,
        cases: &[DocumentId],
    ) -> Result<(), ReplicaError> {
        let catalogue = replica.catalogue()?;
        for id in cases {
            let Some(file) = replica.case(*id)? else { continue };
            let course = &file.folded.course;
            if course.state.is_closed() || course.state == State::Imported {
                continue;
            }
            self.foreseen.open += 1;
            let number = file.view.header.as_ref().map_or("", |header| &header.number);
            let catalogue = (catalogue.as_ref(), replica.member().credential.path.city());
            let (almanac, rules) = (replica.almanac(), replica.rules());
            let before = Basis { almanac, rules, catalogue };
            let after = Basis { almanac: &self.almanac, rules: &self.rules, catalogue };
            let effect = effect(&file.view.events, before, after, self.today);
            let foreseen = &mut self.foreseen;
            for (clock, from, to) in effect.moved {
                foreseen.days_moved += 1;
                if foreseen.moved.len() < DAYS_NAMED_MAX {
                    let (from, to) = (from.to_string(), to.to_string());
                    let (number, clock) = (number.to_owned(), clock.zh().to_owned());
                    foreseen.moved.push(MovedDay { number, clock, from, to });
                }
            }
            for (count, cards) in
                [(&mut foreseen.gained, effect.gained), (&mut foreseen.lost, effect.lost)]
            {
                cards.into_iter().for_each(|card| *count.entry(card.rule).or_default() += 1);
            }
            let Some(terms) = &course.terms else { continue };
            for (item, foreseen) in self.items.iter().zip(&mut foreseen.items) {
                if item.id.as_str() != terms.item {
                    continue;
                }
                foreseen.open += 1;
                let from = item.valid_from.unwrap_or(self.today);
                let is_met = course.received_on.is_some_and(|on| from <= on);
                let is_other = item.terms().is_some_and(|it| !it.differs_in(terms).is_empty());
                foreseen.other_terms += u64::from(is_met && is_other);
            }
        }
        Ok(())
    }

    /// What was found.
    #[must_use]
    pub fn finish(self) -> Foreseen {
        self.foreseen
    }
}
