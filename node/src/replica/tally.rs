//! 统计视图: the facts of every case, kept up with the entries that arrive.
//!
//! Nothing of it is written with an entry. How far each journal has been counted is a record, so
//! what is new lies between that and the journal's end, and [`Replica::count_facts`] works through
//! it in bounded chunks, when there is nothing else to do or somebody asks. The facts of each case
//! rest beside it, to be taken out of the sums when the case changes; the sums are in memory only
//! and are put together from the facts at the first call.
//!
//! What all facts depend on besides their own entries (the calendar, who was revoked, what this
//! version counts) has a name in the store. Where it is another one, every case is counted anew;
//! so a store that was written before there were facts is filled.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::{Decode, Encode};
use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::hash::Sha;
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::metrics::{Facts, Ledger};
use tongban_protocol::place::{Home, Scope};

use super::brief::{Brief, Briefs};
use super::layout::{TallyKey, after, facts_case, tally_key};
use super::{CaseFile, Replica, ReplicaError};
use crate::store::{Area, Batch, Store};

/// What this version counts; another number has every case counted anew.
const VERSION: u8 = 4;

/// Facts that are read in one go while the sums are put together.
const FACTS_PER_READ: usize = 4_096;

/// What is left to count.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Counted {
    /// The sums hold everything that is durable.
    All,
    /// There is more.
    Part,
    /// Something is staged; nothing is counted before it is durable.
    Held,
}

/// The sums, and how far they are.
#[derive(Debug, Default)]
pub(super) struct Tally {
    ledger: Ledger,
    pub(super) briefs: Briefs,
    stage: Stage,
    /// By alias of the journal: the last entry whose cases are counted.
    counted: BTreeMap<u32, u64>,
    /// What the facts depend on.
    basis: Sha,
}

/// What rests of a case.
#[derive(Decode, Encode)]
struct Rests {
    #[n(0)]
    facts: Facts,
    #[n(1)]
    brief: Brief,
}

#[derive(Debug, Default)]
enum Stage {
    /// Nothing is in memory.
    #[default]
    Begin,
    /// The sums are put together from the facts that rest, from this key on.
    Load(Vec<u8>),
    /// Every case is counted: home by home, from the case after this one on.
    Sweep(Vec<Home>, Option<ulid::Ulid>),
    /// What is new is counted.
    Follow,
}

impl<S: Store> Replica<S> {
    /// The sums over all cases, as far as they were counted.
    pub const fn ledger(&self) -> &Ledger {
        &self.tally.ledger
    }

    /// True when [`Self::count_facts`] has something to do.
    #[must_use]
    pub fn is_uncounted(&self) -> bool {
        !matches!(self.tally.stage, Stage::Follow)
            || self.tally.basis != self.basis()
            || self.uncounted().next().is_some()
    }

    /// Counts on, at most `count_max` cases or entries; only what is durable: while
    /// something is staged nothing is counted.
    ///
    /// # Errors
    ///
    /// The store's: what was counted before is, and nothing else.
    pub fn count_facts(&mut self, count_max: usize) -> Result<Counted, ReplicaError> {
        if self.is_staged() {
            return Ok(Counted::Held); // What is not durable may come to nothing.
        }
        let basis = self.basis();
        if !matches!(self.tally.stage, Stage::Begin) && self.tally.basis != basis {
            self.tally = Tally::default();
        }
        match std::mem::take(&mut self.tally.stage) {
            Stage::Begin => self.begin_count(basis)?,
            Stage::Load(from) => self.load_facts(from)?,
            Stage::Sweep(homes, last) => self.sweep(homes, last, count_max)?,
            Stage::Follow => {
                self.tally.stage = Stage::Follow;
                self.follow(count_max)?;
            }
        }
        Ok(if self.is_uncounted() { Counted::Part } else { Counted::All })
    }

    /// Has every case counted anew, once what is staged is durable.
    pub(super) fn count_anew(&mut self) {
        self.staged.delete(Area::View, tally_key(TallyKey::Basis));
        self.tally = Tally::default();
    }

    /// The name of what all facts depend on.
    fn basis(&self) -> Sha {
        let mut said = vec![VERSION];
        said.extend_from_slice(&self.calendar_name().0);
        for (node, from) in self.revoked() {
            said.extend_from_slice(&node.0);
            said.extend_from_slice(&from.0.to_be_bytes());
        }
        Sha::of(&said)
    }

    fn begin_count(&mut self, basis: Sha) -> Result<(), ReplicaError> {
        let kept = self.store.read(Area::View, &tally_key(TallyKey::Basis))?;
        self.tally = Tally { basis, ..Tally::default() };
        if kept.is_some_and(|kept| kept == basis.0) {
            let prefix = tally_key(TallyKey::AllCounted);
            let count_max = self.aliases.len();
            for record in self.store.scan(Area::View, &prefix, &after(&prefix), count_max)? {
                let alias = record.key.get(prefix.len()..).and_then(|it| it.try_into().ok());
                let number = record.value.try_into().map(u64::from_be_bytes);
                if let (Some(alias), Ok(number)) = (alias.map(u32::from_be_bytes), number) {
                    self.tally.counted.insert(alias, number);
                }
            }
            self.tally.stage = Stage::Load(tally_key(TallyKey::AllFacts));
            return Ok(());
        }
        // What arrives from here on is counted again afterwards.
        self.tally.counted = self.ends().map(|(_, alias, end)| (alias, end)).collect();
        let office = self.homes().into_iter().filter(|home| home.scope == Scope::Office);
        self.tally.stage = Stage::Sweep(office.rev().collect(), None);
        Ok(())
    }

    /// Puts the next of the facts that rest into the sums.
    fn load_facts(&mut self, from: Vec<u8>) -> Result<(), ReplicaError> {
        let to = after(&tally_key(TallyKey::AllFacts));
        let records = match self.store.scan(Area::View, &from, &to, FACTS_PER_READ) {
            Ok(records) => records,
            Err(error) => {
                self.tally.stage = Stage::Load(from);
                return Err(error.into());
            }
        };
        for record in &records {
            let Rests { facts, brief } = read(&record.value)?;
            self.tally.ledger.put(&facts);
            if let Some(id) = facts_case(&record.key) {
                self.tally.briefs.put(id, brief);
            }
        }
        self.tally.stage = match records.last() {
            Some(last) if records.len() == FACTS_PER_READ => Stage::Load(after(&last.key)),
            Some(_) | None => Stage::Follow,
        };
        Ok(())
    }

    /// Counts the next cases of all; after the last, what they were counted by stands in the store.
    fn sweep(
        &mut self,
        mut homes: Vec<Home>,
        last: Option<ulid::Ulid>,
        count_max: usize,
    ) -> Result<(), ReplicaError> {
        let Some(home) = homes.last().copied() else {
            let mut batch = Batch::default();
            for (alias, number) in &self.tally.counted {
                batch.put(Area::View, tally_key(TallyKey::Counted(*alias)), number.to_be_bytes());
            }
            batch.put(Area::View, tally_key(TallyKey::Basis), self.tally.basis.0);
            self.store.commit(&batch)?;
            self.tally.stage = Stage::Follow;
            return Ok(());
        };
        let page = self.documents(home, DocumentKind::Case, last, count_max)?;
        let mut batch = Batch::default();
        let mut counted = Vec::new();
        for id in &page {
            // What rests there was counted by something else and is in no sum.
            counted.extend(self.restate(*id, &mut batch)?.map(|rests| (*id, rests)));
        }
        if !batch.is_empty() {
            self.store.commit(&batch)?;
        }
        for (id, Rests { facts, brief }) in counted {
            self.tally.ledger.put(&facts);
            self.tally.briefs.put(id, brief);
        }
        let next = page.last().filter(|_| page.len() == count_max).map(|id| id.name.ulid);
        if next.is_none() {
            homes.pop();
        }
        self.tally.stage = Stage::Sweep(homes, next);
        Ok(())
    }

    /// Counts the cases that the next entries changed.
    fn follow(&mut self, count_max: usize) -> Result<(), ReplicaError> {
        let (mut changed, mut counted) = (BTreeSet::new(), BTreeMap::new());
        let mut others = BTreeSet::new();
        let mut room = count_max;
        for (journal, alias, end) in self.uncounted() {
            let first = self.counted(alias) + 1;
            let last = end.min(self.counted(alias).saturating_add(room as u64));
            if room == 0 {
                break;
            }
            for number in first..=last {
                room -= 1;
                let Some(signed) = self.entry(journal, number)? else { continue };
                let Body::Changes(changes) = signed.entry.body else { continue };
                for change in changes {
                    let id = DocumentId { home: journal.home, name: change.document };
                    changed.extend(self.cases_of(id)?);
                    others.insert(id);
                }
            }
            counted.insert(alias, last);
        }
        let mut batch = Batch::default();
        let (mut before, mut now) = (Vec::new(), Vec::new());
        for id in others.difference(&changed) {
            self.rest_snapshot(*id, &mut batch)?;
        }
        for id in changed {
            let kept = self.store.read(Area::View, &tally_key(TallyKey::Facts(id)))?;
            before.extend(kept.map(|kept| read(&kept)).transpose()?.map(|rests| (id, rests)));
            now.extend(self.restate(id, &mut batch)?.map(|rests| (id, rests)));
        }
        for (alias, number) in &counted {
            batch.put(Area::View, tally_key(TallyKey::Counted(*alias)), number.to_be_bytes());
        }
        if batch.is_empty() {
            return Ok(());
        }
        self.store.commit(&batch)?;
        for (id, Rests { facts, .. }) in before {
            self.tally.ledger.take(&facts);
            self.tally.briefs.take(id);
        }
        for (id, Rests { facts, brief }) in now {
            self.tally.ledger.put(&facts);
            self.tally.briefs.put(id, brief);
        }
        self.tally.counted.extend(counted);
        Ok(())
    }

    /// Computes facts and brief of a case and puts them where they rest.
    fn restate(&self, id: DocumentId, batch: &mut Batch) -> Result<Option<Rests>, ReplicaError> {
        let key = tally_key(TallyKey::Facts(id));
        let paper = self.paper_at_rest(id, batch)?;
        let file = paper.map(|paper| self.case_of(id, &paper)).transpose()?.flatten();
        let rests = file.map(|file| self.rests_of(&file)).transpose()?.flatten();
        match &rests {
            Some(rests) => {
                batch.put(Area::View, key, minicbor::to_vec(rests).unwrap_or_default());
            }
            None => batch.delete(Area::View, key),
        }
        Ok(rests)
    }

    fn rests_of(&self, file: &CaseFile) -> Result<Option<Rests>, ReplicaError> {
        let (centre, rating) = (file.id.home.division, self.rating_of(file.id)?);
        let facts = Facts::of(centre, &file.view, &file.folded, rating, self.almanac());
        Ok(facts.map(|facts| Rests { brief: Brief::of(file, facts.due), facts }))
    }

    /// The first rating that was given of a case, from 5 to 1; the others do not count.
    fn rating_of(&self, case: DocumentId) -> Result<Option<u8>, ReplicaError> {
        let ratings = self.ratings(case)?;
        Ok(ratings.first().and_then(|(_, event)| Some(event.detail().rating?.level())))
    }

    /// The journals in which cases are, with their aliases and ends.
    fn ends(&self) -> impl Iterator<Item = (JournalId, u32, u64)> {
        let office = self.frontier.iter().filter(|(it, _)| it.home.scope == Scope::Office);
        office.filter_map(|(journal, end)| {
            Some((*journal, self.journals.get(journal)?.alias, end.number))
        })
    }

    fn uncounted(&self) -> impl Iterator<Item = (JournalId, u32, u64)> {
        self.ends().filter(|(_, alias, end)| self.counted(*alias) < *end)
    }

    fn counted(&self, alias: u32) -> u64 {
        self.tally.counted.get(&alias).copied().unwrap_or(0)
    }
}

fn read(rests: &[u8]) -> Result<Rests, ReplicaError> {
    minicbor::decode(rests)
        .map_err(|error| ReplicaError::Corrupt(format!("the facts of a case: {error}")))
}
