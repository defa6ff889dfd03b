//! Revocation: from an instant on, what a node signs is void.
//!
//! Void entries stay in their documents, because others may have built on them in good faith
//! before they knew; nothing that they say is shown.

use std::collections::BTreeMap;

use tongban_protocol::document::{DocumentKind, EventKind};
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Home;
use tongban_protocol::time::{HybridTime, Timestamp};

use super::papers::Effect;
use super::{Incident, IncidentKind, Replica, ReplicaError};
use crate::store::Store;

impl<S: Store> Replica<S> {
    /// Reads the city's roster, if it changed: what revoked nodes signed after their time is void
    /// from now on. Reads what is durable, so commit before; stages reports, so commit afterwards.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn refresh_roster(&mut self, now: Timestamp) -> Result<(), ReplicaError> {
        if !std::mem::take(&mut self.is_roster_stale) {
            return Ok(());
        }
        let revoked = self.read_revocations()?;
        if revoked != self.revoked {
            self.revoked.clone_from(&revoked);
            self.papers.clear(); // They are read again, without what does not count.
            self.publications.forget();
        }
        for (node, from) in revoked {
            if self.reported.insert(node, from) != Some(from) {
                self.report_after(now, node, from)?;
            }
        }
        self.judge_again(now)
    }

    /// Nodes whose key is worth nothing, and from when on.
    #[must_use]
    pub const fn revoked(&self) -> &BTreeMap<NodeId, Timestamp> {
        &self.revoked
    }

    pub(super) fn read_revocations(&self) -> Result<BTreeMap<NodeId, Timestamp>, ReplicaError> {
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

    /// What an entry of this author does, recorded at that time.
    pub(super) fn standing(&self, author: NodeId, recorded: HybridTime) -> Effect {
        match self.revoked.get(&author) {
            Some(from) if recorded.instant() >= *from => Effect::Void,
            Some(_) | None => Effect::Full,
        }
    }

    /// Reports, journal by journal, what a node had signed after it was revoked.
    fn report_after(
        &mut self,
        now: Timestamp,
        node: NodeId,
        from: Timestamp,
    ) -> Result<(), ReplicaError> {
        let journals: Vec<(JournalId, u64)> = self
            .journals
            .iter()
            .filter(|(journal, _)| journal.author.node == node)
            .map(|(journal, state)| (*journal, state.tail.end.number))
            .collect();
        for (journal, last) in journals {
            let mut first = None;
            for number in (1..=last).rev() {
                let Some(signed) = self.entry(journal, number)? else { break };
                if signed.entry.time.instant() < from {
                    break;
                }
                first = Some(number);
            }
            let is_known = |it: &Incident| {
                (it.kind, it.journal, Some(it.number)) == (IncidentKind::Revoked, journal, first)
            };
            if let Some(number) = first
                && !self.incidents(usize::MAX)?.iter().any(is_known)
            {
                let why = format!("entries from {number} to {last} were signed after {from}");
                self.report(&Incident::new(IncidentKind::Revoked, (journal, number), why, now));
            }
        }
        Ok(())
    }
}
