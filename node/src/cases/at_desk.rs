//! The counter of a running service: the same functions, and waiting until it is durable.

use std::sync::mpsc;

use rand_chacha::ChaCha12Rng;
use tongban_protocol::document::DocumentId;
use tongban_protocol::time::Timestamp;

use super::{CaseError, NewCase, NewEvent, Taken, record, take};
use crate::replica::{Appended, Replica, ReplicaError};
use crate::service::{Closed, Desk, WriteError};
use crate::store::SledStore;

/// Takes a case at the desk of a running service, and waits until it is durable.
///
/// # Errors
///
/// As [`take`]; [`CaseError::Closed`] when the service stops meanwhile.
pub async fn take_at(desk: &Desk, now: Timestamp, case: NewCase) -> Result<Taken, CaseError> {
    at_desk(desk, move |replica, rng| {
        let taken = take(replica, now, rng, case)?;
        Ok((taken.appended, taken))
    })
    .await
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
    at_desk(desk, move |replica, _| {
        let appended = record(replica, now, id, event)?;
        Ok((appended, appended))
    })
    .await
}

/// Does something at the desk of a running service, and tells of it once it is durable.
///
/// The desk knows the replica's errors only; those of `work` are sent past it.
pub(crate) async fn at_desk<T, E>(
    desk: &Desk,
    work: impl FnOnce(&mut Replica<SledStore>, &mut ChaCha12Rng) -> Result<(Appended, T), E>
    + Send
    + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Closed> + From<ReplicaError> + Send + ToString + 'static,
{
    let (tx, rx) = mpsc::sync_channel(1);
    let written = desk.write(move |replica, rng| {
        let (outcome, told) = match work(replica, rng) {
            Ok((appended, told)) => (Ok(appended), Ok(told)),
            Err(error) => (Err(ReplicaError::NotSaved(error.to_string())), Err(error)),
        };
        let _ = tx.send(told); // Room for one; whoever asked may have gone home.
        outcome
    });
    match written.await {
        Ok(_) => rx.try_recv().map_err(|_| Closed)?,
        Err(WriteError::Closed(closed)) => Err(closed.into()),
        Err(WriteError::Replica(error)) => match rx.try_recv() {
            Ok(Err(refused)) => Err(refused),
            Ok(Ok(_)) | Err(_) => Err(error.into()),
        },
    }
}
