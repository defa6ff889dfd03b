//! The cases with a green channel: an index, and where their work ends in each journal.

use std::collections::BTreeMap;

use tongban_protocol::document::{DocumentId, DocumentKind, DocumentName};
use tongban_protocol::journal::JournalId;
use ulid::Ulid;

use super::layout::{self, after};
use super::{Replica, ReplicaError};
use crate::store::{Area, Store};

/// Cases with a green channel that are known by heart: a hundred times a city's yearly projects.
const GREEN_MAX: usize = 4_096;

impl<S: Store> Replica<S> {
    /// The cases for which a green channel was ever opened, in the order of their names.
    pub fn green_cases(&self) -> impl Iterator<Item = DocumentId> {
        self.green.iter().copied()
    }

    /// Up to where each journal holds work of such cases; it is sent before that of others.
    #[must_use]
    pub const fn green_ends(&self) -> &BTreeMap<JournalId, u64> {
        &self.green_ends
    }

    /// Takes note that an entry opens a green channel.
    pub(super) fn index_green(&mut self, id: DocumentId, journal: JournalId, number: u64) {
        if id.name.kind != DocumentKind::Case || self.green.len() >= GREEN_MAX {
            return;
        }
        self.green.insert(id);
        self.green_ends.insert(journal, number);
        self.staged.put(Area::View, layout::green_key(id), Vec::new());
    }

    /// Takes note that an entry touches a document.
    pub(super) fn touch_green(&mut self, id: DocumentId, journal: JournalId, number: u64) {
        if self.green.contains(&id) {
            self.green_ends.insert(journal, number);
        }
    }

    /// Reads the index again.
    pub(super) fn read_green(&mut self) -> Result<(), ReplicaError> {
        self.green.clear();
        self.green_ends.clear();
        for home in self.homes() {
            let prefix = layout::green_prefix(home);
            for record in self.store.scan(Area::View, &prefix, &after(&prefix), GREEN_MAX)? {
                let ulid = record.key.get(prefix.len()..).and_then(|rest| rest.try_into().ok());
                let Some(ulid) = ulid.map(Ulid::from_bytes) else { continue };
                let name = DocumentName { kind: DocumentKind::Case, ulid };
                self.green.insert(DocumentId { home, name });
            }
        }
        for id in self.green.clone() {
            for entry in self.entries_of(id)? {
                let end = self.green_ends.entry(entry.journal).or_default();
                *end = entry.number.max(*end);
            }
        }
        Ok(())
    }
}
