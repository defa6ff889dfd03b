//! Revocation: from an instant on, what a node signs has no effect.

use std::collections::BTreeMap;

use tongban_protocol::document::{DocumentId, DocumentKind, EventKind};
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::{Incident, IncidentKind, Replica, ReplicaError};
use crate::store::Store;

impl<S: Store> Replica<S> {
    /// Reads the city's roster, if it changed, and takes the effect from what revoked nodes
    /// signed after their time. Reads what is durable, so commit before; stages, so commit
    /// afterwards.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn refresh_roster(&mut self, now: Timestamp) -> Result<(), ReplicaError> {
        if !std::mem::take(&mut self.is_roster_stale) {
            return Ok(());
        }
        let revoked = self.read_revocations()?;
        for (node, from) in &revoked {
            if self.revoked.get(node).is_none_or(|known| known > from) {
                self.undo_after(now, *node, *from)?;
            }
        }
        self.revoked = revoked;
        Ok(())
    }

    /// Nodes whose key is worth nothing, and from when on.
    #[must_use]
    pub const fn revoked(&self) -> &BTreeMap<NodeId, Timestamp> {
        &self.revoked
    }

    fn read_revocations(&self) -> Result<BTreeMap<NodeId, Timestamp>, ReplicaError> {
        let home = Home::public(self.member.credential.path.city());
        let mut revoked = BTreeMap::new();
        for id in self.documents(home, DocumentKind::Roster, None, usize::MAX)? {
            for (_, event) in self.paper(id)?.map(|paper| paper.events()).unwrap_or_default() {
                if event.kind == EventKind::Revoke
                    && let Ok(node) = event.note.parse::<NodeId>()
                {
                    let from = revoked.entry(node).or_insert(event.happened_at);
                    *from = event.happened_at.min(*from);
                }
            }
        }
        Ok(revoked)
    }

    fn undo_after(
        &mut self,
        now: Timestamp,
        node: NodeId,
        from: Timestamp,
    ) -> Result<(), ReplicaError> {
        let journals: Vec<JournalId> =
            self.journals.keys().filter(|journal| journal.author.node == node).copied().collect();
        for journal in journals {
            let Some(state) = self.journals.get(&journal) else { continue };
            let (alias, last) = (state.alias, state.tail.end.number);
            let mut first_undone = None;
            for number in (1..=last).rev() {
                let Some(signed) = self.entry(journal, number)? else { break };
                if signed.entry.time.instant() < from {
                    break;
                }
                let Body::Changes(changes) = &signed.entry.body else { continue };
                for change in changes {
                    let id = DocumentId { home: journal.home, name: change.document };
                    if self.unname_entry(id, alias, number)? {
                        first_undone = Some(number);
                    }
                }
            }
            if let Some(number) = first_undone {
                let why = format!("entries from {number} to {last} were signed after {from}");
                let kind = IncidentKind::Revoked;
                self.report(&Incident { kind, journal, number, why, found_at: now, proof: None });
            }
        }
        self.papers.clear();
        Ok(())
    }
}
