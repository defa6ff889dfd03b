//! Judging again: entries that an earlier version of this software did not wholly understand.
//!
//! They had their effect as far as they were understood. A version that knows more says whether
//! their author had the right; the verdict is then the one that it would have been at arrival.

use tongban_protocol::document::{DocumentId, Grasp, judge_noting};
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::time::Timestamp;

use super::{Incident, IncidentKind, Replica, ReplicaError, layout};
use crate::store::{Area, Store};

/// Entries judged again in one go; the others follow at the next start.
const ENTRIES_MAX: usize = 100_000;

impl<S: Store> Replica<S> {
    /// Takes note that an entry is to be judged again by a later version.
    pub(super) fn judge_later(&mut self, journal: JournalId, number: u64) {
        self.staged.put(Area::Meta, layout::unjudged_key(journal, number), Vec::new());
    }

    /// Judges again what was noted; what had no right loses its effect.
    pub(super) fn judge_again(&mut self, now: Timestamp) -> Result<(), ReplicaError> {
        let prefix = layout::unjudged_prefix();
        let noted = self.store.scan(Area::Meta, &prefix, &layout::after(&prefix), ENTRIES_MAX)?;
        let journals: Vec<JournalId> = self.journals.keys().copied().collect();
        for record in noted {
            let of =
                |journal: &&JournalId| record.key.starts_with(&layout::unjudged_journal(**journal));
            let Some(journal) = journals.iter().find(of).copied() else { continue };
            let number = record.key.last_chunk().map_or(0, |number| u64::from_be_bytes(*number));
            let Some(signed) = self.entry(journal, number)? else { continue };
            let Some(state) = self.journals.get(&journal) else { continue };
            let alias = state.alias;
            match judge_noting(&signed.entry, &state.tail.credential) {
                Ok((Grasp::Partial, _)) => continue,
                Ok((Grasp::Whole, noted)) => self.index_noted(journal, number, &noted),
                Err(refusal) => {
                    let Body::Changes(changes) = &signed.entry.body else { continue };
                    for change in changes {
                        let id = DocumentId { home: journal.home, name: change.document };
                        self.unname_entry(id, alias, number)?;
                    }
                    let place = (journal, number);
                    self.report(&Incident::new(IncidentKind::Refused, place, refusal, now));
                    self.papers.clear();
                    self.publications.stage_all();
                    self.count_anew();
                }
            }
            self.staged.delete(Area::Meta, record.key);
        }
        Ok(())
    }
}
