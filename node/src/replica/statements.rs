//! Statements at rest: what machines below announced, and where this node's own order stands.

use tongban_protocol::hash::Sha;
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::{End, JournalId};
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::time::HybridTime;

use super::{Replica, ReplicaError, layout};
use crate::store::{Area, Store};

/// Under which key a statement rests.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) enum Place {
    /// The one heard last of its machine.
    Last,
    /// An earlier one, by its order and the hash of its bytes.
    Earlier(HybridTime, Sha),
}

impl<S: Store> Replica<S> {
    /// The statements that were heard, as they were stored.
    pub(crate) fn stored_statements(&self) -> Result<Vec<Vec<u8>>, ReplicaError> {
        let records = self.store.scan(Area::Heartbeat, &[], &[u8::MAX; 32], usize::MAX)?;
        Ok(records.into_iter().map(|record| record.value).collect())
    }

    /// Stages a statement of a machine, or that it is no longer kept.
    pub(crate) fn store_statement(&mut self, node: NodeId, place: Place, record: Option<Vec<u8>>) {
        let key = match place {
            Place::Last => layout::heartbeat_key(node),
            Place::Earlier(order, hash) => layout::earlier_key(node, order, hash),
        };
        match record {
            Some(record) => self.staged.put(Area::Heartbeat, key, record),
            None => self.staged.delete(Area::Heartbeat, key),
        }
    }

    /// Up to where this node may have ordered its statements.
    pub(crate) fn statement_order(&self) -> Result<HybridTime, ReplicaError> {
        let value = self.store.read(Area::Meta, &layout::statement_order_key())?;
        let order = value.and_then(|value| value.try_into().ok()).map(u64::from_be_bytes);
        Ok(HybridTime(order.unwrap_or_default()))
    }

    /// Stages up to where this node will order its statements.
    pub(crate) fn store_statement_order(&mut self, order: HybridTime) {
        self.staged.put(Area::Meta, layout::statement_order_key(), order.0.to_be_bytes());
    }

    /// The ends to be announced: all of this centre's home, then what the city has not confirmed
    /// of what this machine wrote elsewhere and, if asked, of what it holds for those below.
    pub(crate) fn ends_to_announce(&self, with_below: bool) -> Vec<(JournalId, End)> {
        let (home, node) = (Home::office(self.member.centre()), self.node());
        let mut ends: Vec<(JournalId, End)> = self.ends_in(home);
        ends.sort_by_key(|(journal, _)| {
            (journal.author.node != node, std::cmp::Reverse(journal.author.incarnation))
        });
        let is_out = |(journal, end): &(&JournalId, &End)| {
            let is_mine = journal.author.node == node;
            journal.home != home
                && journal.home.scope == Scope::Office
                && (is_mine || with_below && !self.is_by_city(**journal))
                && self.receipted(**journal).map_or(0, |it| it.number) < end.number
        };
        let mut others: Vec<_> =
            self.frontier.iter().filter(is_out).map(|(journal, end)| (*journal, *end)).collect();
        others.sort_by_key(|(journal, _)| journal.author.node != node);
        ends.extend(others);
        ends
    }

    /// Whether the city is known to hold a journal up to an end; at the city, with its hash.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(crate) fn is_with_city(&self, journal: JournalId, end: End) -> Result<bool, ReplicaError> {
        if self.member.credential.path.city() != self.member.centre() {
            return Ok(self.receipted(journal).is_some_and(|it| it.number >= end.number));
        }
        if self.frontier.get(&journal).is_none_or(|held| held.number < end.number) {
            return Ok(false);
        }
        let held = self.entry_bytes(journal, end.number)?;
        Ok(held.is_some_and(|bytes| Sha::of(&bytes) == end.hash))
    }

    /// Whether this node holds another entry under the number of an end.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(crate) fn is_disputed(&self, journal: JournalId, end: End) -> Result<bool, ReplicaError> {
        if self.frontier.get(&journal).is_none_or(|held| held.number < end.number) {
            return Ok(false);
        }
        let held = self.entry_bytes(journal, end.number)?;
        Ok(end.number > 0 && held.is_some_and(|bytes| Sha::of(&bytes) != end.hash))
    }

    pub(super) fn is_by_city(&self, journal: JournalId) -> bool {
        let path = self.journals.get(&journal).map(|state| &state.tail.credential.path);
        path.is_some_and(|path| path.centre() == path.city())
    }
}
