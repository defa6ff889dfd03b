//! The counter of a running service: the same functions, and waiting until it is durable.

use tongban_protocol::document::DocumentId;
use tongban_protocol::time::Timestamp;

use super::{CaseError, NewCase, NewEvent, Taken, record, take};
use crate::replica::Appended;
use crate::service::Desk;

/// Takes a case at the desk of a running service, and waits until it is durable.
///
/// # Errors
///
/// As [`take`]; [`CaseError::Closed`] when the service stops meanwhile.
pub async fn take_at(desk: &Desk, now: Timestamp, case: NewCase) -> Result<Taken, CaseError> {
    let taken = desk.stage(move |replica, rng| {
        take(replica, now, rng, case).map(|taken| {
            let appended = taken.appended;
            (taken, appended)
        })
    });
    taken.await.map(|(taken, _)| taken)
}

/// Records an event at the desk of a running service, and waits until it is durable.
///
/// # Errors
///
/// As [`record`]; [`CaseError::Closed`] when the service stops meanwhile.
pub async fn record_at(
    desk: &Desk,
    now: Timestamp,
    id: DocumentId,
    event: NewEvent,
) -> Result<Appended, CaseError> {
    let recorded = desk
        .stage(move |replica, _| record(replica, now, id, event).map(|appended| ((), appended)));
    recorded.await.map(|((), appended)| appended)
}
