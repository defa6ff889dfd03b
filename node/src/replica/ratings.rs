//! 评价: the ratings of a case, wherever they rest.
//!
//! One that was given at a counter rests beside the case, in its home. One that was given away from
//! the window rests in the city's own home, which goes to no other centre, and names its case.

use tongban_protocol::document::{
    DocumentId, DocumentKind, DocumentName, Event, EventId, EventKind,
};
use tongban_protocol::place::Home;

use super::{Replica, ReplicaError};
use crate::store::Store;

impl<S: Store> Replica<S> {
    /// The ratings of a case that are held here, in order; the first counts.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn ratings(&self, case: DocumentId) -> Result<Vec<(EventId, Event)>, ReplicaError> {
        let mut ratings = Vec::new();
        for id in [beside(case), self.sealed_ratings(case)] {
            let events = self.paper(id)?.map(|paper| paper.events()).unwrap_or_default();
            let is_rating = |event: &Event| {
                // Beside its case a rating need not name it.
                let of = event.detail().case.or_else(|| (id.home == case.home).then_some(case));
                let is_said = event.kind == EventKind::Rate && event.detail().rating.is_some();
                is_said && of == Some(case)
            };
            ratings.extend(events.into_iter().filter(|(_, event)| is_rating(event)));
            if id == self.sealed_ratings(case) {
                break; // The city's own cases: both are one document.
            }
        }
        ratings.sort_by_key(|(id, _)| *id);
        Ok(ratings)
    }

    /// The document of ratings in the city's own home that were given of a case.
    pub(crate) fn sealed_ratings(&self, case: DocumentId) -> DocumentId {
        let city = Home::office(self.member.credential.path.city());
        DocumentId { home: city, ..beside(case) }
    }

    /// The cases of which a document speaks: itself, or those that it rates.
    pub(super) fn cases_of(&self, id: DocumentId) -> Result<Vec<DocumentId>, ReplicaError> {
        match id.name.kind {
            DocumentKind::Case => Ok(vec![id]),
            DocumentKind::Rating => {
                let beside = DocumentId::case(id.home.division, id.name.ulid);
                let events = self.paper(id)?.map(|paper| paper.events()).unwrap_or_default();
                let named = events.iter().filter_map(|(_, event)| event.detail().case);
                Ok([beside].into_iter().chain(named).collect())
            }
            DocumentKind::Item
            | DocumentKind::Roster
            | DocumentKind::Calendar
            | DocumentKind::Rules
            | DocumentKind::ServiceRecord
            | DocumentKind::Order
            | DocumentKind::Post
            | DocumentKind::Outages => Ok(Vec::new()),
        }
    }
}

/// The document of ratings beside a case.
fn beside(case: DocumentId) -> DocumentId {
    let name = DocumentName { kind: DocumentKind::Rating, ulid: case.name.ulid };
    DocumentId { name, ..case }
}
