//! 市收: when the city first signed that it held an entry.
//!
//! Each receipt is about a journal up to an entry, so what is kept of the last one tells how far the
//! city has come and not since when. That is found in the city's own journals, from the entry's time
//! on: the city signs nothing before what it signs for.

use tongban_protocol::identity::{Author, NodeId};
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::{ArrivalStage, EntryRef, Replica, ReplicaError};
use crate::store::Store;

/// Most entries of the city in one home that are looked through for one receipt: it signs one a
/// minute where something arrives, so that is a week in which nothing of the entry's journal came.
pub(super) const RECEIPTS_MAX: u64 = 2_000;

impl<S: Store> Replica<S> {
    /// When the city first signed that it held an entry; `None` where no receipt held here says so,
    /// and for what the city wrote itself.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn witnessed_at(&self, entry: EntryRef) -> Result<Option<Timestamp>, ReplicaError> {
        let EntryRef { journal, number } = entry;
        if self.is_by_city(journal) || self.stage_of(entry) != ArrivalStage::City {
            return Ok(None);
        }
        let Some(signed) = self.entry(journal, number)? else { return Ok(None) };
        let mut first = None;
        for city in self.journals_of_city(journal.home) {
            let from = self.first_at(city, signed.entry.time.instant())?;
            let end = self.frontier.get(&city).map_or(0, |end| end.number);
            for at in from..=end.min(from.saturating_add(RECEIPTS_MAX)) {
                let Some(signed) = self.entry(city, at)? else { break };
                let Body::Receipts(receipts) = &signed.entry.body else { continue };
                if receipts.iter().any(|it| it.author == journal.author && it.number >= number) {
                    let at = signed.entry.time.instant();
                    first = Some(first.map_or(at, |first: Timestamp| first.min(at)));
                    break;
                }
            }
        }
        Ok(first)
    }

    /// The journals of the city in a home.
    pub(super) fn journals_of_city(&self, home: Home) -> impl Iterator<Item = JournalId> {
        let author = Author { node: NodeId([0; 16]), incarnation: 0 };
        let journals = self.frontier.range(JournalId { home, author }..);
        let in_home = journals.map(|(journal, _)| *journal).take_while(move |it| it.home == home);
        in_home.filter(|journal| self.is_by_city(*journal))
    }

    /// The number of the first entry of a journal at or after an instant; one past the end where
    /// there is none.
    pub(super) fn first_at(&self, journal: JournalId, at: Timestamp) -> Result<u64, ReplicaError> {
        let end = self.frontier.get(&journal).map_or(0, |end| end.number);
        let (mut low, mut high) = (1, end.saturating_add(1));
        while low < high {
            let middle = low + (high - low) / 2;
            let time = self.entry(journal, middle)?.map(|signed| signed.entry.time.instant());
            if time.is_some_and(|time| time < at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }
}
