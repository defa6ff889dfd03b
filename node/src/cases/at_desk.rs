//! The counter of a running service: the same functions, and waiting until it is durable.

use std::sync::mpsc;

use tongban_protocol::document::DocumentId;
use tongban_protocol::time::Timestamp;

use super::{CaseError, NewCase, NewEvent, Taken, record, take};
use crate::replica::{Appended, ReplicaError};
use crate::service::{Closed, Desk, WriteError};

/// Takes a case at the desk of a running service, and waits until it is durable.
///
/// # Errors
///
/// As [`take`]; [`CaseError::Closed`] when the service stops meanwhile.
pub async fn take_at(desk: &Desk, now: Timestamp, case: NewCase) -> Result<Taken, CaseError> {
    let (tx, rx) = mpsc::sync_channel(1);
    let written = desk.write(move |replica, rng| match take(replica, now, rng, case) {
        Ok(taken) => {
            let appended = taken.appended;
            let _ = tx.send(Ok(taken)); // Room for one; whoever asked may have gone home.
            Ok(appended)
        }
        Err(error) => Err(hand_back(&tx, error)),
    });
    outcome(written.await, &rx)?;
    rx.try_recv().map_err(|_| Closed)?
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
    let (tx, rx) = mpsc::sync_channel(1);
    let written = desk.write(move |replica, _| {
        record(replica, now, id, event).map_err(|error| hand_back(&tx, error))
    });
    outcome(written.await, &rx)
}

/// Sends an error past the desk, which knows the replica's only.
fn hand_back(tx: &mpsc::SyncSender<Result<Taken, CaseError>>, error: CaseError) -> ReplicaError {
    let words = ReplicaError::NotSaved(error.to_string());
    let _ = tx.send(Err(error)); // Room for one; whoever asked may have gone home.
    words
}

fn outcome(
    written: Result<Appended, WriteError>,
    rx: &mpsc::Receiver<Result<Taken, CaseError>>,
) -> Result<Appended, CaseError> {
    match written {
        Ok(appended) => Ok(appended),
        Err(WriteError::Closed(closed)) => Err(closed.into()),
        Err(WriteError::Replica(error)) => match rx.try_recv() {
            Ok(Err(refused)) => Err(refused),
            Ok(Ok(_)) | Err(_) => Err(error.into()),
        },
    }
}
