//! Use: how much a centre did of late.

use std::collections::btree_map::Entry::Vacant;
use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Serialize;
use tongban_node::queue;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::{DocumentId, DocumentKind, DocumentName};
use tongban_protocol::journal::{Body, Entry, JournalId};
use tongban_protocol::metrics::{Month, Sum};
use tongban_protocol::place::{Division, Home, Scope};
use tongban_protocol::queue::Strip;
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

/// Over how many days use is counted.
pub const ACTIVITY_DAYS: i64 = 30;

const CASES_PER_READ: usize = 1_000;

/// Most service records of the last days between which the tickets of one home are found.
const RECORDS_MAX: usize = 50_000;

/// Most cases with cards or samples that are read of one home.
const SAMPLED_MAX: usize = 20_000;

/// Pause between two times at which days that have passed are taken out, in milliseconds.
const FORGET_MS: i64 = 60_000;

/// How much a centre did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Activity {
    /// Cases of its home.
    pub cases: u64,
    /// Of these, opened in the last [`ACTIVITY_DAYS`] days.
    pub opened_30_days: u64,
    /// Cases in which something was recorded in the last [`ACTIVITY_DAYS`] days, here or above.
    pub handled_30_days: u64,
    /// Tickets (排号) of the last [`ACTIVITY_DAYS`] days that ended in cases, an answer, or a coded
    /// reason: a centre that advises is in use too.
    pub tickets_30_days: u64,
    /// Cases of its home that the city drew and somebody looked at.
    pub sampled: u64,
    /// Of these, those in which something was not truthful, timely, complete or accurate.
    pub sample_faults: u64,
    /// Of these, those that were not truthful (真实).
    pub untruthful: u64,
    /// Events of cases received since the month in which the last [`ACTIVITY_DAYS`] days began, as
    /// far as they were counted for reports.
    pub events: u64,
    /// 补录: those of them that were recorded late.
    pub late_events: u64,
}

/// Counts what centres do, and reads only what came since the last time.
///
/// The first look at a home reads the names of its cases and its entries of the last days; for a
/// busy centre this takes seconds. It remembers the cases of the last days only.
#[derive(Debug, Default)]
pub struct ActivityCounter {
    homes: BTreeMap<Division, HomeUse>,
    /// How far each journal was read.
    read: BTreeMap<JournalId, u64>,
    forgot_at: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct HomeUse {
    cases: u64,
    opened: BTreeSet<Ulid>,
    /// When something was last recorded in each case.
    handled: BTreeMap<Ulid, Timestamp>,
    /// Tickets that were handled, by their strip.
    tickets: BTreeMap<Strip, u32>,
    samples: Samples,
}

/// Drawn cases that were looked at.
#[derive(Debug, Default)]
struct Samples {
    looked_at: u64,
    faults: u64,
    untruthful: u64,
}

impl ActivityCounter {
    /// What every centre did up to `now`, as far as the store holds it durably.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn count<S: Store>(
        &mut self,
        replica: &Replica<S>,
        now: Timestamp,
    ) -> Result<BTreeMap<Division, Activity>, ReplicaError> {
        let from = now.plus_ms(-ACTIVITY_DAYS * 86_400_000);
        let fresh: Vec<(JournalId, u64)> = replica
            .frontier()
            .iter()
            .filter(|(journal, _)| journal.home.scope == Scope::Office)
            .map(|(journal, end)| (*journal, end.number))
            .filter(|(journal, last)| self.read.get(journal).is_none_or(|read| read < last))
            .collect();
        let known: BTreeSet<Division> = self.homes.keys().copied().collect();
        for (journal, last) in &fresh {
            let division = journal.home.division;
            if known.contains(&division) {
                self.read_on(replica, *journal, (*last, from))?;
            } else if let Vacant(home) = self.homes.entry(division) {
                home.insert(first_look(replica, journal.home, from)?);
            }
        }
        self.read.extend(fresh);
        self.forget(now, from);
        let late = late_entries(replica, from);
        let activity = |(division, home): (&Division, &HomeUse)| {
            let (late_events, events) = late.get(division).copied().unwrap_or_default();
            (*division, Activity { late_events, events, ..home.activity() })
        };
        Ok(self.homes.iter().map(activity).collect())
    }

    /// Reads what came to a journal since the last time.
    fn read_on<S: Store>(
        &mut self,
        replica: &Replica<S>,
        journal: JournalId,
        (last, from): (u64, Timestamp),
    ) -> Result<(), ReplicaError> {
        let first = self.read.get(&journal).map_or(1, |read| read + 1);
        // Only the city says what a sample showed.
        let is_ours = journal.author.node == replica.member().credential.node();
        let mut may_be_sample = false;
        let (mut new, mut strips) = (BTreeSet::new(), BTreeSet::new());
        for number in first..=last {
            let Some(signed) = replica.entry(journal, number)? else { break };
            let at = signed.entry.time.instant();
            strips.extend(names_of(&signed.entry).filter_map(Strip::of));
            for ulid in cases_of(&signed.entry) {
                may_be_sample |= is_ours;
                let is_first = self.is_first(replica, journal.home, ulid, (journal, number))?;
                let Some(home) = self.homes.get_mut(&journal.home.division) else { continue };
                if at >= from {
                    let known = home.handled.entry(ulid).or_insert(at);
                    *known = at.max(*known);
                }
                if is_first && new.insert(ulid) {
                    home.cases += 1;
                    if opened_at(ulid) >= from {
                        home.opened.insert(ulid);
                    }
                }
            }
        }
        for strip in strips {
            let handled = queue::handled(replica, journal.home, strip)?;
            if let Some(home) = self.homes.get_mut(&journal.home.division) {
                home.tickets.insert(strip, handled);
            }
        }
        if may_be_sample {
            let samples = samples(replica, journal.home)?;
            if let Some(home) = self.homes.get_mut(&journal.home.division) {
                home.samples = samples;
            }
        }
        Ok(())
    }

    /// Whether this entry, with effect, is the first of its case that is counted: none was read
    /// before, and of those that are read now it comes first.
    fn is_first<S: Store>(
        &self,
        replica: &Replica<S>,
        home: Home,
        ulid: Ulid,
        (journal, number): (JournalId, u64),
    ) -> Result<bool, ReplicaError> {
        let known = self.homes.get(&home.division).is_some_and(|it| it.opened.contains(&ulid));
        if known {
            return Ok(false);
        }
        let name = DocumentName { kind: DocumentKind::Case, ulid };
        let entries = replica.entries_of(DocumentId { home, name })?;
        let end = |of: JournalId| replica.frontier().get(&of).map_or(0, |end| end.number);
        let durable = entries.iter().filter(|it| it.number <= end(it.journal));
        let is_read = |of: JournalId| self.read.get(&of).copied().unwrap_or(0);
        let mut first = None;
        for entry in durable {
            if entry.number <= is_read(entry.journal) {
                return Ok(false);
            }
            let place = (entry.journal, entry.number);
            first = Some(first.map_or(place, |known: (JournalId, u64)| known.min(place)));
        }
        Ok(first == Some((journal, number)))
    }

    /// Takes out what lies further back than is counted.
    fn forget(&mut self, now: Timestamp, from: Timestamp) {
        if self.forgot_at.is_some_and(|at| (0..FORGET_MS).contains(&now.ms_since(at))) {
            return;
        }
        self.forgot_at = Some(now);
        for home in self.homes.values_mut() {
            home.handled.retain(|_, at| *at >= from);
            home.opened.retain(|ulid| opened_at(*ulid) >= from);
            home.tickets.retain(|strip, _| strip.day >= civil_day(from));
        }
    }
}

impl HomeUse {
    fn activity(&self) -> Activity {
        Activity {
            cases: self.cases,
            opened_30_days: self.opened.len() as u64,
            handled_30_days: self.handled.len() as u64,
            tickets_30_days: self.tickets.values().map(|count| u64::from(*count)).sum(),
            sampled: self.samples.looked_at,
            sample_faults: self.samples.faults,
            untruthful: self.samples.untruthful,
            ..Activity::default()
        }
    }
}

fn first_look<S: Store>(
    replica: &Replica<S>,
    home: Home,
    from: Timestamp,
) -> Result<HomeUse, ReplicaError> {
    let mut found = HomeUse { samples: samples(replica, home)?, ..HomeUse::default() };
    for strip in queue::strips(replica, home, (civil_day(from), Date::MAX), RECORDS_MAX)? {
        found.tickets.insert(strip, queue::handled(replica, home, strip)?);
    }
    let mut after = None;
    loop {
        let page = replica.documents(home, DocumentKind::Case, after, CASES_PER_READ)?;
        found.cases += page.len() as u64;
        found.opened.extend(page.iter().map(|id| id.name.ulid).filter(|it| opened_at(*it) >= from));
        match page.last() {
            Some(last) if page.len() == CASES_PER_READ => after = Some(last.name.ulid),
            _ => break,
        }
    }
    for (journal, end) in replica.frontier().iter().filter(|(journal, _)| journal.home == home) {
        for number in (1..=end.number).rev() {
            let Some(signed) = replica.entry(*journal, number)? else { break };
            let at = signed.entry.time.instant();
            if at < from {
                break;
            }
            for ulid in cases_of(&signed.entry) {
                let known = found.handled.entry(ulid).or_insert(at);
                *known = at.max(*known);
            }
        }
    }
    Ok(found)
}

/// What was found in the drawn cases of a home.
fn samples<S: Store>(replica: &Replica<S>, home: Home) -> Result<Samples, ReplicaError> {
    let mut all = Samples::default();
    for id in replica.supervised(home, None, SAMPLED_MAX)? {
        let Some(file) = replica.case(id)? else { continue };
        for found in file.folded.course.samples.values() {
            all.looked_at += 1;
            all.faults += u64::from(found.checklist.faults().next().is_some());
            all.untruthful += u64::from(found.checklist.not_truthful.is_some());
        }
    }
    Ok(all)
}

/// By centre, how many events were entered late and of how many, from the sums of the reports.
fn late_entries<S: Store>(replica: &Replica<S>, from: Timestamp) -> BTreeMap<Division, (u64, u64)> {
    let since = Month::of(civil_day(from));
    let mut late: BTreeMap<Division, (u64, u64)> = BTreeMap::new();
    for (centre, _, _, cell) in replica.ledger().cells().filter(|(_, _, it, _)| *it >= since) {
        let sum = |sum| u64::try_from(cell.sum(sum)).unwrap_or(0);
        let (some, all) = late.entry(*centre).or_default();
        *some += sum(Sum::LateEvents);
        *all += sum(Sum::Events);
    }
    late
}

fn names_of(entry: &Entry) -> impl Iterator<Item = DocumentName> + use<'_> {
    let changes = match &entry.body {
        Body::Changes(changes) => changes.as_slice(),
        Body::Open(_) | Body::Receipts(_) => &[],
    };
    changes.iter().map(|change| change.document)
}

fn cases_of(entry: &Entry) -> impl Iterator<Item = Ulid> + use<'_> {
    names_of(entry).filter(|name| name.kind == DocumentKind::Case).map(|name| name.ulid)
}

/// The name of a case begins with the instant at which it was opened.
fn opened_at(ulid: Ulid) -> Timestamp {
    Timestamp(i64::try_from(ulid.timestamp_ms()).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha12Rng;
    use rand_core::{Rng as _, SeedableRng as _};
    use tongban_protocol::document::EventKind;

    use super::*;
    use crate::fixture::{self, COUNTY, Desk, NINE, TOWN, division};

    const DAY_MS: i64 = 86_400_000;

    fn anew(desk: &Desk, now: Timestamp) -> BTreeMap<Division, Activity> {
        ActivityCounter::default().count(desk, now).unwrap()
    }

    #[test]
    fn what_is_counted_on_is_what_a_count_from_the_beginning_finds() {
        let mut tickets = 0;
        for seed in 0..8 {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let mut below = |bound: u64| rng.next_u64() % bound;
            let (mut hub, mut county, mut town) =
                (fixture::city(), fixture::county(), fixture::town());
            let mut counter = ActivityCounter::default();
            let (mut now, mut cases) = (NINE, Vec::new());
            for number in 0..60 {
                now = now.plus_ms(i64::try_from(below(3)).unwrap() * DAY_MS / 2);
                match below(7) {
                    0 | 1 => cases.push(fixture::take_case(&mut town, now, number)),
                    2 => drop(fixture::take_case(&mut county, now, number)),
                    3 | 4 if !cases.is_empty() => {
                        let at = usize::try_from(below(cases.len() as u64)).unwrap();
                        fixture::record(&mut town, now, cases[at], EventKind::Accept);
                    }
                    5 => fixture::serve_ticket(&mut town, now),
                    _ => {
                        fixture::carry(&town, &mut county, now);
                        if let Some(case) = cases.last() {
                            fixture::record(&mut county, now, *case, EventKind::Supervise);
                        }
                    }
                }
                if below(3) == 0 {
                    fixture::carry(&county, &mut hub, now);
                }
                // A minute after the last days were taken out, so that they are again.
                now = now.plus_ms(FORGET_MS);
                assert_eq!(counter.count(&hub, now).unwrap(), anew(&hub, now), "seed {seed}");
            }
            let used = anew(&hub, now).remove(&division(TOWN)).unwrap_or_default();
            let own = anew(&hub, now).remove(&division(COUNTY)).unwrap_or_default();
            assert!(used.cases + own.cases > 0);
            tickets += used.tickets_30_days;
            let month = now.plus_ms((ACTIVITY_DAYS + 1) * DAY_MS);
            assert_eq!(counter.count(&hub, month).unwrap(), anew(&hub, month));
        }
        assert!(tickets > 0);
    }
}
