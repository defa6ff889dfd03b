//! The witness: the city's signed word that it durably holds what others wrote.
//!
//! Receipts are gathered for a short while, so that a busy morning costs one signature for each
//! home and not one for each entry. Not here: storing anything; the caller commits.
//!
//! What centres publish gets no receipts: the protocol lets nobody but a centre itself write in
//! its public home.

use std::collections::{BTreeMap, BTreeSet};

use tongban_node::replica::{Appended, Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::identity::{Author, NodeId};
use tongban_protocol::journal::{End, JournalId, Receipt};
use tongban_protocol::limits::RECEIPTS_PER_ENTRY_MAX;
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::time::Timestamp;

/// Homes that get receipts in one turn: 256 signatures take about 7 ms, so that links do not
/// have to wait; the others follow in the next turn.
const HOMES_PER_TURN_MAX: usize = 256;

/// Pause before receipts that failed are tried again, in milliseconds.
const RETRY_MS: i64 = 1_000;

/// Gathers what became durable and gives receipts for it at its own pace.
#[derive(Clone, Debug)]
pub struct Witness {
    pace_ms: i64,
    dirty: BTreeMap<Home, BTreeSet<Author>>,
    /// When the next receipts are due; only while something is dirty.
    due_at: Option<Timestamp>,
    /// Receipts that were staged and are not known to be durable.
    given: Vec<Appended>,
    is_started: bool,
}

impl Witness {
    /// Starts with nothing to witness; gathers for `pace_ms` milliseconds.
    #[must_use]
    pub const fn new(pace_ms: i64) -> Self {
        Self { pace_ms, dirty: BTreeMap::new(), due_at: None, given: Vec::new(), is_started: false }
    }

    /// Takes note of what became durable with a flush, and of receipts that did not.
    pub fn handle_flushed<S: Store>(
        &mut self,
        now: Timestamp,
        replica: &Replica<S>,
        advanced: &[(JournalId, End)],
    ) {
        let is_lost = self.given.drain(..).any(|receipt| {
            let end = replica.frontier().get(&receipt.journal);
            end.is_none_or(|end| end.number < receipt.number)
        });
        if is_lost || !std::mem::replace(&mut self.is_started, true) {
            self.catch_up(now, replica);
        }
        self.note(now, replica.member().author(), advanced);
        if is_lost {
            self.due_at = self.due_at.map(|due| due.max(now.plus_ms(RETRY_MS)));
        }
        // Nobody shall wait for a clock that was set back.
        let latest = now.plus_ms(self.pace_ms.max(RETRY_MS));
        self.due_at = self.due_at.map(|due| due.min(latest));
    }

    /// Takes note of what became durable; `own` is the author under which this hub signs.
    ///
    /// Journals of this hub, in any of its lives, are passed over: nobody is their own witness.
    fn note(&mut self, now: Timestamp, own: Author, advanced: &[(JournalId, End)]) {
        for (journal, _) in advanced {
            if may_witness(*journal, own.node) {
                self.mark(now, *journal);
            }
        }
    }

    /// Takes note of everything held for which the last receipt is too old or missing.
    ///
    /// For the start, and for the moment after a commit with receipts in it has failed.
    fn catch_up<S: Store>(&mut self, now: Timestamp, replica: &Replica<S>) {
        let own = replica.member().credential.node();
        for (journal, end) in replica.frontier() {
            let witnessed = replica.receipted(*journal).map_or(0, |receipted| receipted.number);
            if may_witness(*journal, own) && witnessed < end.number {
                self.mark(now, *journal);
            }
        }
    }

    /// When [`Self::handle_timeout`] is due; never while there is nothing to witness.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Timestamp> {
        self.due_at
    }

    /// Stages one entry of receipts for each home in which something became durable.
    ///
    /// Does nothing before it is due. A receipt names the durable end at this moment, which may
    /// lie further than what was noted. Homes for which no entry could be made stay noted, and
    /// are tried again after a pause.
    ///
    /// # Errors
    ///
    /// The first error met; the other homes of the turn were served all the same.
    pub fn handle_timeout<S: Store>(
        &mut self,
        now: Timestamp,
        replica: &mut Replica<S>,
    ) -> Result<Vec<Appended>, ReplicaError> {
        if self.due_at.is_none_or(|due| now < due) {
            return Ok(Vec::new());
        }
        let turn: Vec<Home> = self.dirty.keys().take(HOMES_PER_TURN_MAX).copied().collect();
        let (mut made, mut failed, mut error) = (Vec::new(), BTreeMap::new(), None);
        for home in turn {
            let authors = self.dirty.remove(&home).unwrap_or_default();
            match witness_home(now, replica, home, &authors) {
                Ok(appended) => made.extend(appended),
                Err(first) => {
                    failed.insert(home, authors);
                    error.get_or_insert(first);
                }
            }
        }
        // What waits for its first try is due at once, what failed only after a pause.
        self.due_at = match (self.dirty.is_empty(), failed.is_empty()) {
            (true, true) => None,
            (true, false) => Some(now.plus_ms(self.pace_ms.max(RETRY_MS))),
            (false, _) => Some(now),
        };
        for (home, authors) in failed {
            self.dirty.entry(home).or_default().extend(authors);
        }
        self.given.extend(&made);
        error.map_or(Ok(made), Err)
    }

    fn mark(&mut self, now: Timestamp, journal: JournalId) {
        self.dirty.entry(journal.home).or_default().insert(journal.author);
        self.due_at.get_or_insert_with(|| now.plus_ms(self.pace_ms));
    }
}

fn may_witness(journal: JournalId, own: NodeId) -> bool {
    journal.author.node != own && journal.home.scope == Scope::Office
}

fn witness_home<S: Store>(
    now: Timestamp,
    replica: &mut Replica<S>,
    home: Home,
    authors: &BTreeSet<Author>,
) -> Result<Vec<Appended>, ReplicaError> {
    let held = |author: &Author| {
        let end = replica.frontier().get(&JournalId { home, author: *author })?;
        Some(Receipt { author: *author, number: end.number, hash: end.hash })
    };
    let receipts: Vec<Receipt> = authors.iter().filter_map(held).collect();
    let parts = receipts.chunks(RECEIPTS_PER_ENTRY_MAX);
    parts.map(|part| replica.append_receipts(now, home, part.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use tongban_protocol::document::EventKind;
    use tongban_protocol::journal::Body;

    use super::*;
    use crate::fixture::{self, Desk, NINE, TOWN};

    fn receipts(desk: &Desk) -> Vec<Receipt> {
        let author = desk.member().author();
        let journal = JournalId { home: Home::office(fixture::division(TOWN)), author };
        let last = desk.frontier().get(&journal).map_or(0, |end| end.number);
        let bodies = (1..=last).map(|at| desk.entry(journal, at).unwrap().unwrap().entry.body);
        bodies
            .filter_map(|body| if let Body::Receipts(all) = body { Some(all) } else { None })
            .flatten()
            .collect()
    }

    fn noted(witness: &mut Witness, now: Timestamp, hub: &Desk) {
        let advanced: Vec<_> = hub.frontier().iter().map(|(j, e)| (*j, *e)).collect();
        witness.note(now, hub.member().author(), &advanced);
    }

    #[test]
    fn one_receipt_for_each_author_of_a_home_comes_after_the_pause_and_not_before() {
        let (mut hub, mut county, mut town) = (fixture::city(), fixture::county(), fixture::town());
        let id = fixture::take_case(&mut town, NINE, 1);
        fixture::carry(&town, &mut county, NINE);
        fixture::record(&mut county, NINE, id, EventKind::Accept);
        fixture::carry(&county, &mut hub, NINE);
        let mut witness = Witness::new(200);
        assert_eq!(witness.poll_timeout(), None);
        noted(&mut witness, NINE, &hub);
        noted(&mut witness, NINE.plus_ms(150), &hub);
        assert_eq!(witness.poll_timeout(), Some(NINE.plus_ms(200)), "counted from the first");
        assert_eq!(witness.handle_timeout(NINE.plus_ms(199), &mut hub).unwrap(), []);
        assert_eq!(witness.handle_timeout(NINE.plus_ms(200), &mut hub).unwrap().len(), 1);
        hub.commit().unwrap();
        let ends: Vec<_> = receipts(&hub).iter().map(|it| (it.author, it.number)).collect();
        let mut authors = vec![(county.member().author(), 2), (town.member().author(), 2)];
        authors.sort_unstable();
        assert_eq!(ends, authors);
        assert_eq!(witness.poll_timeout(), None);
        noted(&mut witness, NINE.plus_ms(300), &hub);
        let own: BTreeSet<_> = receipts(&hub).iter().map(|it| it.author).collect();
        assert!(!own.contains(&hub.member().author()), "nobody is their own witness");
    }

    #[test]
    fn a_restarted_hub_witnesses_what_it_had_not_and_nothing_twice() {
        let (mut hub, mut town) = (fixture::city(), fixture::town());
        fixture::take_case(&mut town, NINE, 1);
        fixture::carry(&town, &mut hub, NINE);
        let mut witness = Witness::new(0);
        witness.catch_up(NINE, &hub);
        assert_eq!(witness.handle_timeout(NINE, &mut hub).unwrap().len(), 1);
        hub.commit().unwrap();
        let mut again = Witness::new(0);
        again.catch_up(NINE, &hub);
        assert_eq!(again.poll_timeout(), None);
        let journal = JournalId {
            home: Home::office(fixture::division(TOWN)),
            author: town.member().author(),
        };
        assert_eq!(hub.receipted(journal).unwrap().number, 2);
        assert_eq!(receipts(&hub)[0].hash, hub.frontier()[&journal].hash);
    }

    #[test]
    fn a_home_that_cannot_be_witnessed_stays_noted_and_is_tried_again_after_a_pause() {
        let (mut county, mut town) = (fixture::county(), fixture::town());
        fixture::take_case(&mut town, NINE, 1);
        fixture::carry(&town, &mut county, NINE);
        let mut witness = Witness::new(200);
        noted(&mut witness, NINE, &county);
        let refused = witness.handle_timeout(NINE.plus_ms(200), &mut county).unwrap_err();
        assert!(refused.to_string().starts_with("only the city gives receipts"), "{refused}");
        assert_eq!(witness.poll_timeout(), Some(NINE.plus_ms(1_200)));
        let mut hub = fixture::city();
        fixture::carry(&town, &mut hub, NINE);
        assert_eq!(witness.handle_timeout(NINE.plus_ms(1_200), &mut hub).unwrap().len(), 1);
    }

    #[test]
    fn what_is_noted_but_not_held_gets_no_receipt() {
        let (mut hub, town) = (fixture::city(), fixture::town());
        let home = Home::office(fixture::division(TOWN));
        let journal = JournalId { home, author: town.member().author() };
        let mut witness = Witness::new(0);
        witness.note(NINE, hub.member().author(), &[(journal, End::default())]);
        assert_eq!(witness.handle_timeout(NINE, &mut hub).unwrap(), []);
        assert!(!hub.is_staged());
    }

    #[test]
    fn what_other_centres_publish_gets_no_receipt_for_the_city_may_not_write_there() {
        let hub = fixture::city();
        let author = fixture::county().member().author();
        let home = Home::public(fixture::division(fixture::COUNTY));
        let mut witness = Witness::new(0);
        witness.note(NINE, hub.member().author(), &[(JournalId { home, author }, End::default())]);
        assert_eq!(witness.poll_timeout(), None);
    }
}
