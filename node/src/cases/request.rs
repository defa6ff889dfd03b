//! Requests that are sent twice and make one document.

use tongban_protocol::document::{DocumentId, DocumentKind, DocumentName};
use tongban_protocol::hash::Sha;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::differing::differing;
use super::{CaseError, DoubtNote, NewCase, Taken, query_code};
use crate::replica::{Appended, Replica, ReplicaError};
use crate::store::Store;

/// Longest request id, in bytes; a UUID has 36.
pub const REQUEST_ID_BYTES_MAX: usize = 128;

/// For how long a request id is remembered, in milliseconds.
pub const REQUEST_MEMORY_MS: i64 = 24 * 3_600_000;

/// Names made of request ids begin at multiples of this, so that a repeated request finds the
/// first by a bounded number of looks: 145 for a day.
const REQUEST_STEP_MS: i64 = 10 * 60_000;

/// What a look for a request found.
pub(crate) enum Found {
    /// The document it made, and where.
    Before(DocumentId, Appended),
    /// The name for a new one.
    Nothing(DocumentName),
}

/// Looks for the document of a kind that a request made before; staged ones count.
///
/// The name is made of the request alone: its random part is a hash of centre and request id, its
/// time is that of the first request, rounded down to [`REQUEST_STEP_MS`].
pub(crate) fn find_request<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    (kind, request): (DocumentKind, &str),
) -> Result<Found, ReplicaError> {
    let centre = replica.member().centre();
    let random = random(b"tongban-request\0", centre, request);
    let step = now.0.max(0) / REQUEST_STEP_MS;
    let named = |step: i64| {
        let ms = u64::try_from(step * REQUEST_STEP_MS).unwrap_or(0);
        DocumentName { kind, ulid: Ulid::from_parts(ms, random) }
    };
    for back in 0..=REQUEST_MEMORY_MS / REQUEST_STEP_MS {
        let id = DocumentId { home: Home::office(centre), name: named((step - back).max(0)) };
        if replica.paper(id)?.is_none() {
            continue;
        }
        return Ok(Found::Before(id, first_entry(replica, id)?));
    }
    Ok(Found::Nothing(named(step)))
}

/// Where a document begins; one that is staged only, after the durable end of the journal.
pub(super) fn first_entry<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
) -> Result<Appended, ReplicaError> {
    let first = replica.entries_of(id)?.into_iter().min_by_key(|it| it.number);
    Ok(first.map_or_else(
        || {
            let journal = JournalId { home: id.home, author: replica.member().author() };
            let durable = replica.frontier().get(&journal).map_or(0, |end| end.number);
            Appended { journal, number: durable + 1 }
        },
        |entry| Appended { journal: entry.journal, number: entry.number },
    ))
}

/// What a request made before, if it says the same.
pub(super) fn taken_again<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    appended: Appended,
    (doubts, case): (Vec<DoubtNote>, &NewCase),
) -> Result<Taken, CaseError> {
    let taken = taken_before(replica, id, appended, doubts)?;
    let file = replica.case(id)?;
    let differs = file.map(|file| differing(&file, case)).unwrap_or_default();
    if differs.is_empty() {
        return Ok(taken);
    }
    Err(CaseError::Reused { id, number: taken.number, differs })
}

/// What a request made before.
pub(super) fn taken_before<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    appended: Appended,
    doubts: Vec<DoubtNote>,
) -> Result<Taken, CaseError> {
    let file = replica.case(id)?;
    let code = file.as_ref().and_then(|file| query_code(replica.member(), file));
    let header = file.and_then(|file| file.view.header);
    let number = header.map(|header| header.number).unwrap_or_default();
    Ok(Taken { id, number, appended, doubts, code })
}

/// What follows from a centre and a request, as the random part of a name.
pub(super) fn random(what: &[u8], centre: Division, request: &str) -> u128 {
    let mut bytes = what.to_vec();
    bytes.extend_from_slice(centre.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(request.as_bytes());
    let hash = Sha::of(&bytes);
    hash.0[..10].iter().fold(0, |random, byte| random << 8 | u128::from(*byte))
}
