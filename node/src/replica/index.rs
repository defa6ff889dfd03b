//! Which entries make up a document.
//!
//! The list of a home's documents names the last entries of each; when there are
//! [`ENTRIES_PER_RECORD`] of them they move to a record of their own, which is written once. So a
//! document costs one record that grows, and not one for each entry.

use minicbor::{Decode, Encode};
use tongban_protocol::document::DocumentId;

use super::{EntryRef, Replica, ReplicaError, layout};
use crate::store::{Area, Store};

/// Entries named in one record: a case of 13 entries never needs a second one.
const ENTRIES_PER_RECORD: usize = 32;

/// One record of the index.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub(super) struct Named {
    /// How many full records there are before this one; only the last record counts them.
    #[n(0)]
    full: u32,
    /// Alias and number of each entry.
    #[n(1)]
    entries: Vec<(u32, u64)>,
}

impl<S: Store> Replica<S> {
    /// The durable entries that changed a document, each journal in its own order.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn entries_of(&self, id: DocumentId) -> Result<Vec<EntryRef>, ReplicaError> {
        let entry = |(alias, number)| {
            let journal = *self.aliases.get(usize::try_from(alias).ok()?)?;
            Some(EntryRef { journal, number })
        };
        Ok(self.named(id)?.into_iter().filter_map(entry).collect())
    }

    /// The same, each by the alias of its journal and its number.
    pub(super) fn named(&self, id: DocumentId) -> Result<Vec<(u32, u64)>, ReplicaError> {
        let Some(last) = self.stored_names(Area::View, &layout::view_key(id))? else {
            return Ok(Vec::new());
        };
        let mut named = Vec::new();
        for full in 0..last.full {
            let record = self.stored_names(Area::Document, &layout::names_key(id, full))?;
            named.extend(record.unwrap_or_default().entries);
        }
        named.extend(last.entries);
        named.sort_unstable(); // An entry that was judged late stands behind later ones.
        Ok(named)
    }

    /// Stages an entry as the last that changed a document.
    pub(super) fn name_entry(
        &mut self,
        id: DocumentId,
        alias: u32,
        number: u64,
    ) -> Result<(), ReplicaError> {
        let key = layout::view_key(id);
        let mut last = self.staged_names(Area::View, &key)?.unwrap_or_default();
        if last.entries.last() == Some(&(alias, number)) {
            return Ok(()); // Two changes of one entry.
        }
        if last.entries.len() >= ENTRIES_PER_RECORD {
            let full = Named { full: 0, entries: std::mem::take(&mut last.entries) };
            self.stage_names(Area::Document, layout::names_key(id, last.full), full);
            last.full += 1;
        }
        last.entries.push((alias, number));
        self.stage_names(Area::View, key, last);
        Ok(())
    }

    /// Stages that an entry has no effect on a document, if it had one.
    pub(super) fn unname_entry(
        &mut self,
        id: DocumentId,
        alias: u32,
        number: u64,
    ) -> Result<(), ReplicaError> {
        let key = layout::view_key(id);
        let Some(last) = self.staged_names(Area::View, &key)? else { return Ok(()) };
        let full = (0..last.full).map(|full| (Area::Document, layout::names_key(id, full)));
        for (area, key) in full.chain([(Area::View, key)]) {
            let mut record = self.staged_names(area, &key)?.unwrap_or_default();
            let before = record.entries.len();
            record.entries.retain(|named| *named != (alias, number));
            if record.entries.len() < before {
                self.stage_names(area, key, record);
            }
        }
        Ok(())
    }

    fn staged_names(&self, area: Area, key: &[u8]) -> Result<Option<Named>, ReplicaError> {
        match self.staged_names.get(&(area, key.to_vec())) {
            Some(staged) => Ok(Some(staged.clone())),
            None => self.stored_names(area, key),
        }
    }

    fn stored_names(&self, area: Area, key: &[u8]) -> Result<Option<Named>, ReplicaError> {
        let record = self.store.read(area, key)?;
        let named = record.map(|record| minicbor::decode(&record)).transpose();
        named.map_err(|error| ReplicaError::Corrupt(format!("a list of entries: {error}")))
    }

    fn stage_names(&mut self, area: Area, key: Vec<u8>, record: Named) {
        self.staged.put(area, key.clone(), minicbor::to_vec(&record).unwrap_or_default());
        self.staged_names.insert((area, key), record);
    }
}
