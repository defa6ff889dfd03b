//! The contents of a store in memory, shared by the memory store and the faulty twin.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
};

use super::{Area, Batch, Checked, Cursor, Record, Unsent, Wanted};

/// Records and outbox.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    records: BTreeMap<Key, Vec<u8>>,
    /// By order of arrival.
    pub(super) unsent: BTreeMap<u64, Unsent>,
    next_arrival: u64,
    bytes: u64,
}

/// Where a record is.
pub(super) type Key = (Area, Vec<u8>);

/// What turns a state back into the one before a batch.
#[derive(Clone, Debug)]
pub(super) struct Undo {
    former: Vec<(Key, Option<Vec<u8>>)>,
    first_arrival: u64,
}

impl State {
    pub(super) fn read(&self, area: Area, key: &[u8]) -> Option<Vec<u8>> {
        self.records.get(&(area, key.to_vec())).cloned()
    }

    pub(super) fn unsent_if(&self, is_wanted: Wanted<'_>) -> Vec<Unsent> {
        let wanted = self.unsent.values().filter(|it| is_wanted(&it.journal, it.number));
        wanted.cloned().collect()
    }

    pub(super) fn range<'a>(
        &'a self,
        area: Area,
        from: &[u8],
        to: &[u8],
    ) -> impl DoubleEndedIterator<Item = (&'a Key, &'a Vec<u8>)> + use<'a> {
        let from = if from < to { from } else { to }; // An empty range instead of a panic.
        self.records.range((Included((area, from.to_vec())), Excluded((area, to.to_vec()))))
    }

    /// Applies a batch and returns how to take it back.
    pub(super) fn apply(&mut self, batch: &Batch) -> Undo {
        let first_arrival = self.next_arrival;
        let mut former = Vec::with_capacity(batch.writes().len());
        for write in batch.writes() {
            let key = (write.area, write.key.clone());
            former.push((key.clone(), self.set(key, write.value.clone())));
        }
        for unsent in batch.unsent_entries() {
            self.bytes += unsent_bytes(unsent);
            self.unsent.insert(self.next_arrival, unsent.clone());
            self.next_arrival += 1;
        }
        Undo { former, first_arrival }
    }

    /// Takes back the batch that was applied last of all that still stand.
    pub(super) fn undo(&mut self, undo: Undo) {
        for (key, value) in undo.former.into_iter().rev() {
            self.set(key, value);
        }
        for unsent in self.unsent.split_off(&undo.first_arrival).values() {
            self.bytes -= unsent_bytes(unsent);
        }
        self.next_arrival = undo.first_arrival;
    }

    /// Removes what `journal` up to `number` has in the outbox, and returns it.
    pub(super) fn release(&mut self, journal: &[u8], number: u64) -> BTreeMap<u64, Unsent> {
        let released: BTreeMap<u64, Unsent> = self
            .unsent
            .extract_if(.., |_, unsent| unsent.journal == journal && unsent.number <= number)
            .collect();
        self.bytes -= released.values().map(unsent_bytes).sum::<u64>();
        released
    }

    /// Puts released entries back, as after a crash.
    pub(super) fn take_back(&mut self, mut released: BTreeMap<u64, Unsent>) {
        released.split_off(&self.next_arrival); // What was undone has never arrived.
        self.bytes += released.values().map(unsent_bytes).sum::<u64>();
        self.unsent.append(&mut released);
    }

    /// Goes on from a cursor; `is_damaged` says which records fail.
    pub(super) fn check(
        &self,
        from: &Cursor,
        count_max: usize,
        is_damaged: impl Fn(&Key) -> bool,
    ) -> Checked {
        let mut checked = Checked::default();
        let from = (from.area, from.key.clone());
        for key in self.records.range((Included(from), Unbounded)).map(|(key, _)| key) {
            if checked.count == count_max {
                checked.next = Some(Cursor { area: key.0, key: key.1.clone() });
                break;
            }
            checked.count += 1;
            if is_damaged(key) {
                checked.damage.push(damaged(key));
            }
        }
        checked
    }

    pub(super) fn byte_size(&self) -> u64 {
        self.bytes
    }

    /// Forgets every record and keeps the outbox.
    pub(super) fn clear_records(&mut self) {
        self.records.clear();
        self.bytes = self.unsent.values().map(unsent_bytes).sum();
    }

    fn set(&mut self, key: Key, value: Option<Vec<u8>>) -> Option<Vec<u8>> {
        let key_bytes = size(&key.1);
        let added = value.as_ref().map_or(0, |value| key_bytes + size(value));
        let former = match value {
            Some(value) => self.records.insert(key, value),
            None => self.records.remove(&key),
        };
        let removed = former.as_ref().map_or(0, |value| key_bytes + size(value));
        self.bytes = self.bytes + added - removed;
        former
    }
}

pub(super) fn record((key, value): (&Key, &Vec<u8>)) -> Record {
    Record { key: key.1.clone(), value: value.clone() }
}

pub(super) fn damaged(key: &Key) -> super::StoreError {
    super::StoreError::Damaged { area: key.0, key: key.1.clone() }
}

fn unsent_bytes(unsent: &Unsent) -> u64 {
    size(&unsent.journal) + size(&unsent.entry)
}

fn size(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}
