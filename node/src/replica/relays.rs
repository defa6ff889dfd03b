//! 上级系统代办 that waits for its result: this centre's open relay cards, kept up in memory.
//!
//! Which service records are relay cards only their events tell, so all are read once, in turns
//! with whatever else is done, and from then on those that change.

use std::collections::{BTreeMap, BTreeSet};

use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::place::Home;
use tongban_protocol::service::{State, fold, upstream_key};
use tongban_protocol::time::Timestamp;

use super::{Replica, ReplicaError};
use crate::store::Store;

/// Records that one home may have: sixty years of a busy city's.
pub(crate) const RECORDS_MAX: usize = 100_000;

/// A relay card whose result is to come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OpenRelay {
    /// By what its number in the upper system is found.
    pub key: String,
    /// When it was entered there, as the clerk says.
    pub at: Timestamp,
}

/// The open relay cards, as far as the records were read.
#[derive(Debug, Default)]
pub(super) struct Relays {
    /// Records that are to be read, or read again; none before anybody asked.
    stale: Option<BTreeSet<DocumentId>>,
    open: BTreeMap<DocumentId, OpenRelay>,
}

impl<S: Store> Replica<S> {
    /// This centre's relay cards whose result is to come, by the order of their names, as far as
    /// [`Self::read_relays`] has come.
    pub fn open_relays(&self) -> impl Iterator<Item = (DocumentId, &OpenRelay)> {
        self.relays.open.iter().map(|(id, open)| (*id, open))
    }

    /// Reads on which cards are open, at most `count_max` records; true once all were read.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn read_relays(&mut self, count_max: usize) -> Result<bool, ReplicaError> {
        let home = Home::office(self.member.centre());
        if self.relays.stale.is_none() {
            let all = self.documents(home, DocumentKind::ServiceRecord, None, RECORDS_MAX)?;
            self.relays.stale = Some(all.into_iter().collect());
        }
        for _ in 0..count_max {
            let next = self.relays.stale.as_ref().and_then(|stale| stale.first().copied());
            let Some(id) = next else { return Ok(true) };
            let events = self.paper(id)?.map(|paper| paper.events()).unwrap_or_default();
            let record = fold(&events);
            let card = record.relayed.filter(|_| record.state == State::Relayed);
            let key = card.as_ref().and_then(|card| upstream_key(&card.relay.number));
            let open = card.zip(key).map(|(card, key)| OpenRelay { key, at: card.at });
            match open {
                Some(open) => self.relays.open.insert(id, open),
                None => self.relays.open.remove(&id),
            };
            self.relays.stale.as_mut().map(|stale| stale.remove(&id));
        }
        Ok(self.relays.stale.as_ref().is_some_and(BTreeSet::is_empty))
    }

    /// Takes note that an entry touches a document.
    pub(super) fn touch_relay(&mut self, id: DocumentId) {
        let is_own = id.home == Home::office(self.member.centre());
        if is_own
            && id.name.kind == DocumentKind::ServiceRecord
            && let Some(stale) = &mut self.relays.stale
        {
            stale.insert(id);
        }
    }
}
