//! The replica: every journal and document that this machine holds.
//!
//! It takes the clock's reading and randomness as arguments and blocks on nothing but its
//! [`Store`]. Writes are staged first and become durable together with [`Replica::commit`]; what
//! is not durable yet is in no frontier, is never sent and is promised to nobody.
//!
//! What is **not** here: links, threads, the clock, and any page.

mod append;
mod brief;
mod green;
mod incident;
mod index;
mod ingest;
mod layout;
mod numbers;
mod opening;
mod outages;
mod packed;
mod papers;
mod publication;
mod query;
mod ratings;
mod rejudge;
mod relays;
mod revocation;
mod snapshot;
mod statements;
mod tally;
#[cfg(test)]
pub(crate) mod tests;
mod witnessed;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tongban_protocol::document::{DocumentId, Refusal};
use tongban_protocol::identity::{Author, Credential, NodeId, PublicKey, SigningKey};
use tongban_protocol::journal::{End, EntryError, Frontier, JournalId, Tail};
use tongban_protocol::place::{Division, Home, Path, Scope};
use tongban_protocol::time::{HybridClock, HybridTime, Timestamp};

use crate::store::{Area, Batch, BatchMark, Store, StoreError};

pub use append::Appended;
pub use brief::{BRIEFS_MAX, Brief, PHONE};
pub use incident::{Incident, IncidentKind, SeenAgain};
pub use outages::AliveMark;
pub use papers::{CaseFile, Papers};
pub use query::{ArrivalStage, EntryRef};
pub use relays::OpenRelay;
pub(crate) use relays::RECORDS_MAX;
pub(crate) use statements::Place;
pub use tally::Counted;

/// Who this machine is.
#[derive(Clone, Debug)]
pub struct Member {
    /// The node's key.
    pub key: SigningKey,
    /// Its credential as the city sealed it.
    pub sealed: Vec<u8>,
    /// The same, opened.
    pub credential: Credential,
    /// How often this node has been restored.
    pub incarnation: u32,
    /// The city's root key.
    pub root: PublicKey,
}

impl Member {
    /// The author under which this machine signs.
    #[must_use]
    pub fn author(&self) -> Author {
        Author { node: self.credential.node(), incarnation: self.incarnation }
    }

    /// The centre for which it speaks.
    #[must_use]
    pub fn centre(&self) -> Division {
        self.credential.path.centre()
    }
}

/// Why something could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// This centre may not do that.
    #[error("{0} ({zh})", zh = .0.zh())]
    Refused(#[from] Refusal),
    /// The entry breaks a bound.
    #[error("{0}")]
    Entry(#[from] EntryError),
    /// The document does not take the change.
    #[error("{0}")]
    Paper(#[from] tongban_protocol::document::PaperError),
    /// The home lies outside what this centre holds.
    #[error("home {home} is not held here: this is centre {centre}")]
    ForeignHome {
        /// The home.
        home: Home,
        /// This machine's centre.
        centre: Division,
    },
    /// What is stored is not what was written.
    #[error("the store holds what cannot be: {0}; run `check`")]
    Corrupt(String),
    /// Another command's failure took this one with it.
    #[error("not saved: {0}")]
    NotSaved(String),
    /// Own entries are still to come back from another machine; a new one now would get a
    /// number that was given already.
    #[error(
        "{0} has lost entries that were signed here; wait until they have come back, or restore"
    )]
    Incomplete(JournalId),
    /// This machine was revoked.
    #[error("this machine was revoked from {0} on and writes no more; ask the city")]
    Revoked(Timestamp),
    /// Another machine's clock is ahead of this one's, or this one's is behind: what is recorded
    /// now would stand before what is there already, and come to nothing.
    #[error(
        "the clock of machine {node} at {centre} is ahead of this one's: what it recorded here is of {until}, and it is {here} now, so nothing that is recorded before {until} can follow it; nothing was saved; have both clocks checked, or wait until then ({centre} 的机器 {node} 时钟超前：其记录的时间为 {until}，本机现为 {here}；此前在本机的记录会排在其前而无效，未保存。请核对两台机器的时钟，或待该时刻之后再记录)"
    )]
    ClocksDiffer {
        /// The machine whose event is the last.
        node: NodeId,
        /// Its centre.
        centre: Division,
        /// When it recorded the event, by its clock.
        until: Timestamp,
        /// What the clock says here.
        here: Timestamp,
    },
}

/// What the replica knows of one journal besides its entries.
#[derive(Clone, Debug)]
struct JournalState {
    /// The short number under which the store knows it.
    alias: u32,
    /// Its end, staged entries included.
    tail: Tail,
    /// Why it takes no more entries, if so.
    frozen: Option<String>,
}

/// What the city's last receipt said of a journal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Receipted {
    /// The last entry that the city held.
    pub number: u64,
    /// When it said so, by its own clock.
    pub witnessed_at: Timestamp,
}

/// Every journal and document that this machine holds.
#[derive(Debug)]
pub struct Replica<S> {
    store: S,
    member: Member,
    clock: HybridClock,
    journals: BTreeMap<JournalId, JournalState>,
    aliases: Vec<JournalId>,
    /// Durable ends only.
    frontier: Frontier,
    /// Sealed credentials of centres, as their own journals showed them.
    centres: BTreeMap<Division, (Path, Vec<u8>)>,
    receipted: BTreeMap<JournalId, Receipted>,
    parent_holds: BTreeMap<JournalId, u64>,
    revoked: BTreeMap<NodeId, Timestamp>,
    /// By the key of the incident.
    sightings: BTreeMap<Vec<u8>, incident::Sighting>,
    /// Those of them whose void entries were reported since the start.
    reported: BTreeMap<NodeId, Timestamp>,
    papers: Papers,
    packer: packed::Packer,
    staged: Batch,
    staged_ends: BTreeMap<JournalId, End>,
    /// The records of the index that are staged, to be read before they are durable.
    staged_names: BTreeMap<(Area, Vec<u8>), index::Named>,
    /// The last serial that is staged for each day.
    staged_serials: BTreeMap<Date, u32>,
    /// The cases with a green channel.
    green: BTreeSet<DocumentId>,
    /// Up to where each journal holds their work.
    green_ends: BTreeMap<JournalId, u64>,
    /// Own entries of the outbox which the store lacks and which do not follow yet.
    orphans: BTreeMap<(JournalId, u64), Vec<u8>>,
    is_roster_stale: bool,
    /// What the public homes say, once somebody asked.
    publications: publication::Publications,
    /// What reports are counted from.
    tally: tally::Tally,
    /// The open relay cards of this centre.
    relays: relays::Relays,
    /// The clock has not yet seen what others signed, after the store was read.
    is_clock_stale: bool,
}

impl<S: Store> Replica<S> {
    /// The durable ends of all journals.
    pub const fn frontier(&self) -> &Frontier {
        &self.frontier
    }

    /// Who this machine is.
    pub const fn member(&self) -> &Member {
        &self.member
    }

    /// The store below, for reads of the store's own figures.
    pub const fn store(&self) -> &S {
        &self.store
    }

    /// True when something waits for [`Self::commit`].
    pub fn is_staged(&self) -> bool {
        !self.staged.is_empty()
    }

    /// How many bytes wait for [`Self::commit`], roughly.
    pub fn staged_bytes(&self) -> usize {
        self.staged.byte_size()
    }

    /// Makes everything staged durable and returns how far each journal now reaches.
    ///
    /// # Errors
    ///
    /// The store's error; whatever was staged is forgotten, as if it had never been asked for.
    pub fn commit(&mut self) -> Result<Vec<(JournalId, End)>, ReplicaError> {
        let mut reached = BTreeMap::new();
        while !self.staged.is_empty() {
            let batch = std::mem::take(&mut self.staged);
            let ends = std::mem::take(&mut self.staged_ends);
            self.staged_names.clear();
            self.staged_serials.clear();
            if let Err(error) = self.store.commit(&batch) {
                self.reload()?;
                if reached.is_empty() {
                    return Err(error.into());
                }
                // What was asked for is durable; what failed was put back, and waits again.
                tracing::error!(%error, entries = self.orphans.len(), "entries of the outbox wait");
                break;
            }
            self.papers.settle();
            self.publications.settle();
            self.frontier.extend(ends.iter().map(|(journal, end)| (*journal, *end)));
            reached.extend(ends);
            // Each round takes entries out of the orphans, so this comes to an end.
            if !self.orphans.is_empty() {
                self.place_orphans()?;
            }
        }
        Ok(reached.into_iter().collect())
    }

    /// How far staging has come.
    pub const fn mark(&self) -> BatchMark {
        self.staged.mark()
    }

    /// Drops what was staged since `mark`, and returns how far each journal reaches now.
    ///
    /// What was staged before becomes durable at once: only the store can tell how things stood
    /// at the mark.
    ///
    /// # Errors
    ///
    /// The store's error; whatever was staged is forgotten, that before the mark too.
    pub fn undo_to(&mut self, mark: BatchMark) -> Result<Vec<(JournalId, End)>, ReplicaError> {
        let mut batch = std::mem::take(&mut self.staged);
        batch.undo_to(mark);
        let touched = std::mem::take(&mut self.staged_ends).into_keys();
        let before: Vec<(JournalId, Option<End>)> =
            touched.map(|journal| (journal, self.frontier.get(&journal).copied())).collect();
        let kept = if batch.is_empty() { Ok(()) } else { self.store.commit(&batch) };
        self.reload()?;
        kept?;
        let reached = before.into_iter().filter_map(|(journal, before)| {
            let end = *self.frontier.get(&journal)?;
            (before != Some(end)).then_some((journal, end))
        });
        Ok(reached.collect())
    }

    /// True if the home is to be held by the centre at the lower end of a link as well as by
    /// the one at the upper: what belongs to the lower one and to those below it, and what those
    /// above it publish.
    #[must_use]
    pub fn is_shared(&self, home: Home, lower: &Path) -> bool {
        let is_published_above =
            home.scope == Scope::Public && lower.ancestors().contains(&home.division);
        let is_of_lower = || {
            self.path_of(home.division)
                .is_some_and(|path| path.contains(lower.centre()) && path.city() == lower.city())
        };
        is_published_above || is_of_lower()
    }

    /// The part of the frontier that is shared over a link whose lower end is `lower`.
    #[must_use]
    pub fn shared_frontier(&self, lower: &Path) -> Frontier {
        let shared = |journal: &JournalId| self.is_shared(journal.home, lower);
        self.frontier.iter().filter(|(journal, _)| shared(journal)).map(|(j, e)| (*j, *e)).collect()
    }

    /// The path of a centre, once a credential of it was seen.
    #[must_use]
    pub fn path_of(&self, centre: Division) -> Option<&Path> {
        if centre == self.member.centre() {
            return Some(&self.member.credential.path);
        }
        self.centres.get(&centre).map(|(path, _)| path)
    }

    /// Takes note that a peer above durably holds a journal.
    ///
    /// # Errors
    ///
    /// The store's, if the outbox cannot be rewritten.
    pub fn parent_holds(&mut self, journal: JournalId, number: u64) -> Result<(), ReplicaError> {
        let held = self.parent_holds.entry(journal).or_default();
        if *held < number {
            *held = number;
            self.staged.put(Area::Meta, layout::parent_key(journal), number.to_be_bytes().to_vec());
            if journal.author.node == self.node() {
                self.store.release(&layout::outbox_key(journal), number)?;
            }
        }
        Ok(())
    }

    /// The centre for which the author of a journal speaks.
    #[must_use]
    pub fn author_centre(&self, journal: JournalId) -> Option<Division> {
        self.journals.get(&journal).map(|state| state.tail.credential.path.centre())
    }

    fn node(&self) -> NodeId {
        self.member.credential.node()
    }

    /// When an event counts as recorded that is recorded `now`: never before one that was seen.
    #[must_use]
    pub fn recording_time(&self, now: Timestamp) -> HybridTime {
        let mut clock = self.clock.clone();
        if self.is_clock_stale {
            for state in self.journals.values() {
                clock.see(state.tail.time, now);
            }
        }
        clock.peek(now)
    }

    fn tick(&mut self, now: Timestamp) -> HybridTime {
        if std::mem::take(&mut self.is_clock_stale) {
            for state in self.journals.values() {
                self.clock.see(state.tail.time, now);
            }
        }
        self.clock.tick(now)
    }

    fn touched(&mut self, journal: JournalId, end: End) {
        self.staged_ends.insert(journal, end);
    }

    /// The homes in which this machine holds anything.
    #[must_use]
    pub fn homes(&self) -> BTreeSet<Home> {
        self.frontier.keys().map(|journal| journal.home).collect()
    }
}
