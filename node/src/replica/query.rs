//! Reading: entries for the exchange, lists for pages, and where a case is on its way.

use std::collections::BTreeMap;

use tongban_protocol::document::{DocumentId, DocumentKind, DocumentName};
use tongban_protocol::exchange::Want;
use tongban_protocol::hash::Sha;
use tongban_protocol::journal::{End, JournalId, SignedEntry};
use tongban_protocol::limits::BLOCK_BYTES_TARGET;
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::time::Timestamp;
use tongban_protocol::wire::Run;
use ulid::Ulid;

use super::{Appended, Receipted, Replica, ReplicaError, layout};
use crate::store::{Area, Record, Store};

/// Entries read from the store at a time while a block is filled.
const ENTRIES_PER_READ: usize = 128;

/// One entry, by place.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct EntryRef {
    /// The journal.
    pub journal: JournalId,
    /// The number.
    pub number: u64,
}

/// How far an entry has come.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum ArrivalStage {
    /// Durable on this machine.
    Here,
    /// Durable at the centre above.
    Parent,
    /// The city has signed that it has it.
    City,
}

impl<S: Store> Replica<S> {
    /// The exact bytes of an entry.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn entry_bytes(
        &self,
        journal: JournalId,
        number: u64,
    ) -> Result<Option<Vec<u8>>, ReplicaError> {
        let Some(state) = self.journals.get(&journal) else { return Ok(None) };
        let stored = self.store.read(Area::Entry, &layout::entry_key(state.alias, number))?;
        stored.map(|stored| self.unpacked(journal, &stored)).transpose()
    }

    /// The exact bytes of an entry as they were before they were stored.
    pub(super) fn unpacked(
        &self,
        journal: JournalId,
        stored: &[u8],
    ) -> Result<Vec<u8>, ReplicaError> {
        let corrupt = || ReplicaError::Corrupt(format!("an entry of {journal} cannot be unpacked"));
        self.packer.unpack(journal, stored).ok_or_else(corrupt)
    }

    /// An entry, decoded.
    ///
    /// # Errors
    ///
    /// The store's, or [`ReplicaError::Corrupt`].
    pub fn entry(
        &self,
        journal: JournalId,
        number: u64,
    ) -> Result<Option<SignedEntry>, ReplicaError> {
        let bytes = self.entry_bytes(journal, number)?;
        let signed = bytes.map(SignedEntry::decode_trusted).transpose();
        signed.map_err(|e| ReplicaError::Corrupt(format!("entry {number} of {journal}: {e}")))
    }

    /// Reads what the exchange wants to send, up to one block's worth, wants in turns.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn read_wants(&self, wants: &[Want]) -> Result<Vec<Run>, ReplicaError> {
        let mut runs = Vec::new();
        let mut room = BLOCK_BYTES_TARGET;
        for want in wants {
            let durable = self.frontier.get(&want.journal).map_or(0, |end| end.number);
            let Some(state) = self.journals.get(&want.journal) else { continue };
            let to = want.to.min(durable);
            let mut run = Run { journal: want.journal, first: want.from, entries: Vec::new() };
            while run.last() < to && room > 0 {
                let next = layout::entry_key(state.alias, run.last() + 1);
                let end = layout::entry_key(state.alias, to.saturating_add(1));
                let records = self.store.scan(Area::Entry, &next, &end, ENTRIES_PER_READ)?;
                if records.is_empty() {
                    break;
                }
                for record in records {
                    if room == 0 {
                        break;
                    }
                    let entry = self.unpacked(want.journal, &record.value)?;
                    room = room.saturating_sub(entry.len());
                    run.entries.push(entry);
                }
            }
            if !run.entries.is_empty() {
                runs.push(run);
            }
            if room == 0 {
                break;
            }
        }
        Ok(runs)
    }

    /// Names the documents of a home after `after`, in the order of their names.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn documents(
        &self,
        home: Home,
        kind: DocumentKind,
        after: Option<Ulid>,
        count_max: usize,
    ) -> Result<Vec<DocumentId>, ReplicaError> {
        let prefix = layout::view_prefix(home, kind);
        let from = after.map_or_else(
            || prefix.clone(),
            |ulid| {
                let name = DocumentName { kind, ulid };
                layout::after(&layout::view_key(DocumentId { home, name }))
            },
        );
        let records = self.store.scan(Area::View, &from, &layout::after(&prefix), count_max)?;
        Ok(named(home, kind, &records))
    }

    /// Names the newest documents of a home, the newest first: their names begin with the time at
    /// which they were begun.
    ///
    /// Where there is a `before`, only those whose name stands before it, or is the same in a home
    /// that does.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn newest(
        &self,
        home: Home,
        kind: DocumentKind,
        before: Option<(Ulid, Home)>,
        count_max: usize,
    ) -> Result<Vec<DocumentId>, ReplicaError> {
        let prefix = layout::view_prefix(home, kind);
        let to = before.map(|(ulid, of)| {
            let key = layout::view_key(DocumentId { home, name: DocumentName { kind, ulid } });
            if home < of { layout::after(&key) } else { key }
        });
        let to = to.unwrap_or_else(|| layout::after(&prefix));
        let records = self.store.scan_back(Area::View, &prefix, &to, count_max)?;
        Ok(named(home, kind, &records))
    }

    /// What the city's last receipt said of a journal.
    #[must_use]
    pub fn receipted(&self, journal: JournalId) -> Option<Receipted> {
        self.receipted.get(&journal).copied()
    }

    /// How far a parent is known to hold a journal.
    #[must_use]
    pub fn held_by_parent(&self, journal: JournalId) -> u64 {
        self.parent_holds.get(&journal).copied().unwrap_or(0)
    }

    /// How far an entry has come. The city gives no receipts for what it wrote itself.
    #[must_use]
    pub fn stage_of(&self, entry: EntryRef) -> ArrivalStage {
        if self.author_centre(entry.journal) == Some(self.member.credential.path.city())
            || self.receipted(entry.journal).is_some_and(|it| it.number >= entry.number)
        {
            ArrivalStage::City
        } else if self.held_by_parent(entry.journal) >= entry.number {
            ArrivalStage::Parent
        } else {
            ArrivalStage::Here
        }
    }

    /// The last entry of this machine in a home, staged ones included; none where it wrote nothing.
    #[must_use]
    pub fn own_end(&self, home: Home) -> Option<Appended> {
        let journal = JournalId { home, author: self.member.author() };
        let number = self.journals.get(&journal)?.tail.end.number;
        Some(Appended { journal, number })
    }

    /// Where the journals of a home end on this machine, with those entries that were signed
    /// here and still wait in the outbox for the ones before them to come back.
    #[must_use]
    pub fn ends_in(&self, home: Home) -> Vec<(JournalId, End)> {
        let held = self.frontier.iter().filter(|(journal, _)| journal.home == home);
        let mut ends: BTreeMap<JournalId, End> = held.map(|(j, end)| (*j, *end)).collect();
        for ((journal, number), bytes) in &self.orphans {
            let is_last = !self.orphans.contains_key(&(*journal, number.saturating_add(1)));
            if journal.home == home
                && is_last
                && ends.get(journal).is_none_or(|end| end.number < *number)
            {
                ends.insert(*journal, End { number: *number, hash: Sha::of(bytes) });
            }
        }
        ends.into_iter().collect()
    }

    /// How many entries of offices are held, and when the newest of them was recorded.
    #[must_use]
    pub fn entries_of_offices(&self) -> (u64, Option<Timestamp>) {
        let office = |journal: &&JournalId| journal.home.scope == Scope::Office;
        let held = self.frontier.keys().filter(office).filter_map(|it| self.journals.get(it));
        let newest = held.map(|state| state.tail.time.instant()).max();
        let ends = self.frontier.iter().filter(|(journal, _)| office(journal));
        (ends.map(|(_, end)| end.number).sum(), newest)
    }

    /// How many own entries no parent has acknowledged.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        let node = self.member.credential.node();
        self.frontier
            .iter()
            .filter(|(journal, _)| journal.author.node == node)
            .filter(|(journal, _)| journal.home.scope == Scope::Office)
            .map(|(journal, end)| end.number.saturating_sub(self.held_by_parent(*journal)))
            .sum::<u64>()
            + self.orphans.len() as u64
    }
}

/// The names of documents, off the keys of their records.
fn named(home: Home, kind: DocumentKind, records: &[Record]) -> Vec<DocumentId> {
    let prefix = layout::view_prefix(home, kind).len();
    let name = |record: &Record| {
        let ulid = Ulid::from_bytes(record.key.get(prefix..)?.try_into().ok()?);
        Some(DocumentId { home, name: DocumentName { kind, ulid } })
    };
    records.iter().filter_map(name).collect()
}
