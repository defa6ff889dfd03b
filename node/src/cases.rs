//! Cases as the counter handles them: taking, recording, listing, and where each one is.
//!
//! Pages, the JSON API, the command line and imports all call the same functions, over any
//! [`Replica`]; the values that come back are what the API sends. Writes only stage: they are
//! saved once the replica has committed. [`take_at`] and [`record_at`] do that at the desk of a
//! running service.
//!
//! What is **not** here: sockets, pages, the clock, and deadlines.

#[cfg(test)]
pub(crate) mod fixture;
mod instant;
mod read;
mod why;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::mpsc;

use rand_core::Rng;
use serde::{Deserialize, Serialize};
use tongban_protocol::case::State;
use tongban_protocol::document::{
    DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind, Header, Material, MaterialState,
};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::Value;
use ulid::Ulid;

use crate::replica::{Appended, Replica, ReplicaError};
use crate::service::{Closed, Desk, WriteError};
use crate::store::Store;

pub use instant::{InstantError, parse_instant};
pub use read::{
    AnomalyNote, CaseDetail, CaseList, CaseSummary, EventDetail, MaterialDetail, Stage, StateWord,
    list, show,
};
pub use why::{Why, why};

/// Longest request id, in bytes; a UUID has 36.
pub const REQUEST_ID_BYTES_MAX: usize = 128;

/// For how long a request id is remembered, in milliseconds.
pub const REQUEST_MEMORY_MS: i64 = 24 * 3_600_000;

/// Names made of request ids begin at multiples of this, so that a repeated request finds the
/// first by a bounded number of looks: 145 for a day.
const REQUEST_STEP_MS: i64 = 10 * 60_000;

/// An application, as it is handed in.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// The item's code.
    pub item: String,
    /// The item's name on that day; the code where it is left out.
    #[serde(default)]
    pub item_name: String,
    /// The applicant.
    pub applicant: String,
    /// 窗口, 网上, 自助, 上门 …; 窗口 where it is left out.
    #[serde(default)]
    pub channel: String,
    /// The fields of the form.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    /// The names of the materials that were handed in.
    #[serde(default)]
    pub materials: Vec<String>,
    /// Who took it: a name or a staff number.
    pub by: String,
    /// When it was handed in; now where it is left out. RFC 3339, or milliseconds since 1970.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub happened_at: Option<Timestamp>,
    /// The caller's own name for this request: given twice within 24 hours, it makes one case.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// Something that happened to a case.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// What sort of thing: `accept`, `finish-step`, `decide`, …
    #[schema(value_type = String)]
    pub kind: EventKind,
    /// What else there is to say; for a step its name, for a decision its outcome.
    #[serde(default)]
    pub note: String,
    /// Who did it: a name or a staff number.
    pub by: String,
    /// When it happened; now where it is left out. RFC 3339, or milliseconds since 1970.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub happened_at: Option<Timestamp>,
}

/// Why something was not taken or recorded.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// No such case is held here.
    #[error("case {0} is not held here; `case list` shows those that are")]
    NotFound(DocumentId),
    /// The event is not allowed from the state in which the case is.
    #[error("a case in state `{}` ({}) takes no event `{}` ({}); it takes {}", state.en(), state.zh(), name(*event), event.zh(), allowed(*state))]
    NotAllowed {
        /// Where the case stands.
        state: State,
        /// What was tried.
        event: EventKind,
    },
    /// A field that every case needs is empty.
    #[error("`{0}` is empty; every case needs it")]
    Empty(&'static str),
    /// The request id is empty or over its bound.
    #[error("a request id of {0} bytes is none: 1 to {REQUEST_ID_BYTES_MAX} are needed")]
    RequestId(usize),
    /// The replica refused, or its store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The service has stopped; whether it was saved is not known.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl CaseError {
    /// True when whoever asked can mend it, false when this machine is in trouble.
    #[must_use]
    pub const fn is_callers(&self) -> bool {
        match self {
            Self::NotFound(_) | Self::NotAllowed { .. } | Self::Empty(_) | Self::RequestId(_) => {
                true
            }
            Self::Replica(error) => match error {
                ReplicaError::Refused(_)
                | ReplicaError::Entry(_)
                | ReplicaError::Paper(_)
                | ReplicaError::ForeignHome { .. } => true,
                ReplicaError::Store(_)
                | ReplicaError::Corrupt(_)
                | ReplicaError::Incomplete(_)
                | ReplicaError::NotSaved(_)
                | ReplicaError::Revoked(_) => false,
            },
            Self::Closed(_) => false,
        }
    }
}

impl From<CaseError> for ReplicaError {
    /// Keeps the words, for callers that can only pass on the replica's own errors.
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Replica(error) => error,
            other => Self::NotSaved(other.to_string()),
        }
    }
}

/// Stages a new case of this centre, as one entry: header, form, materials, and its receipt.
///
/// A request id that made a case within the last [`REQUEST_MEMORY_MS`] gives that case again and
/// stages nothing, whatever else the request says; the id counts for this centre alone. The entry
/// of a case that is staged but not durable yet is then named as the first one after the durable
/// end of the journal.
///
/// # Errors
///
/// [`CaseError`] says why nothing was staged.
pub fn take<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl Rng,
    case: NewCase,
) -> Result<(DocumentId, Appended), CaseError> {
    for (field, text) in [("item", &case.item), ("applicant", &case.applicant), ("by", &case.by)] {
        if text.trim().is_empty() {
            return Err(CaseError::Empty(field));
        }
    }
    let centre = replica.member().centre();
    let name = match &case.request_id {
        None => replica.name_document(now, DocumentKind::Case, rng),
        Some(request) if request.is_empty() || request.len() > REQUEST_ID_BYTES_MAX => {
            return Err(CaseError::RequestId(request.len()));
        }
        Some(request) => match find_request(replica, now, request)? {
            Found::Before(id, appended) => return Ok((id, appended)),
            Found::Nothing(name) => name,
        },
    };
    let id = DocumentId { home: Home::office(centre), name };
    let appended = replica.append(now, id.home, vec![(name, edits(id, now, case))])?;
    Ok((id, appended))
}

/// Stages an event of a case, unless the state of the case does not allow it.
///
/// # Errors
///
/// [`CaseError::NotAllowed`] names state and event; the others say why nothing was staged.
pub fn record<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: DocumentId,
    event: NewEvent,
) -> Result<Appended, CaseError> {
    if event.by.trim().is_empty() {
        return Err(CaseError::Empty("by"));
    }
    let file = replica.case(id)?.ok_or(CaseError::NotFound(id))?;
    let (state, kind) = (file.folded.state, event.kind);
    if state.after(kind).is_none() {
        return Err(CaseError::NotAllowed { state, event: kind });
    }
    let event = Event::new(kind, event.happened_at.unwrap_or(now), &event.by, &event.note);
    Ok(replica.append(now, id.home, vec![(id.name, vec![Edit::Event(event)])])?)
}

/// Takes a case at the desk of a running service, and waits until it is durable.
///
/// # Errors
///
/// As [`take`]; [`CaseError::Closed`] when the service stops meanwhile.
pub async fn take_at(
    desk: &Desk,
    now: Timestamp,
    case: NewCase,
) -> Result<(DocumentId, Appended), CaseError> {
    let (tx, rx) = mpsc::sync_channel(1);
    let written = desk.write(move |replica, rng| match take(replica, now, rng, case) {
        Ok((id, appended)) => {
            let _ = tx.send(Ok(id)); // Room for one; whoever asked may have gone home.
            Ok(appended)
        }
        Err(error) => Err(hand_back(&tx, error)),
    });
    let appended = outcome(written.await, &rx)?;
    let id = rx.try_recv().map_err(|_| Closed)??;
    Ok((id, appended))
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
fn hand_back(
    tx: &mpsc::SyncSender<Result<DocumentId, CaseError>>,
    error: CaseError,
) -> ReplicaError {
    let words = ReplicaError::NotSaved(error.to_string());
    let _ = tx.send(Err(error)); // Room for one; whoever asked may have gone home.
    words
}

fn outcome(
    written: Result<Appended, WriteError>,
    rx: &mpsc::Receiver<Result<DocumentId, CaseError>>,
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

enum Found {
    Before(DocumentId, Appended),
    Nothing(DocumentName),
}

/// Looks for the case that a request made before; staged ones count.
///
/// The name is made of the request alone: its random part is a hash of centre and request id, its
/// time is that of the first request, rounded down to [`REQUEST_STEP_MS`].
fn find_request<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    request: &str,
) -> Result<Found, ReplicaError> {
    let centre = replica.member().centre();
    let random = request_random(centre, request);
    let step = now.0.max(0) / REQUEST_STEP_MS;
    let named = |step: i64| {
        let ms = u64::try_from(step * REQUEST_STEP_MS).unwrap_or(0);
        DocumentName { kind: DocumentKind::Case, ulid: Ulid::from_parts(ms, random) }
    };
    for back in 0..=REQUEST_MEMORY_MS / REQUEST_STEP_MS {
        let id = DocumentId { home: Home::office(centre), name: named((step - back).max(0)) };
        if replica.paper(id)?.is_none() {
            continue;
        }
        let author = replica.member().author();
        let first = replica.entries_of(id)?.into_iter().min_by_key(|it| it.number);
        let appended = first.map_or_else(
            || {
                let journal = tongban_protocol::journal::JournalId { home: id.home, author };
                let durable = replica.frontier().get(&journal).map_or(0, |end| end.number);
                Appended { journal, number: durable + 1 }
            },
            |entry| Appended { journal: entry.journal, number: entry.number },
        );
        return Ok(Found::Before(id, appended));
    }
    Ok(Found::Nothing(named(step)))
}

fn request_random(centre: Division, request: &str) -> u128 {
    let mut bytes = b"tongban-request\0".to_vec();
    bytes.extend_from_slice(centre.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(request.as_bytes());
    let hash = Sha::of(&bytes);
    hash.0[..10].iter().fold(0, |random, byte| random << 8 | u128::from(*byte))
}

fn edits(id: DocumentId, now: Timestamp, case: NewCase) -> Vec<Edit> {
    let taken_at = case.happened_at.unwrap_or(now);
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let header = Header {
        number: case_number(id, taken_at),
        item_name: or(case.item_name, &case.item),
        item: case.item,
        applicant: case.applicant,
        channel: or(case.channel, "窗口"),
        taken_by: id.home.division,
        taken_at,
    };
    let handed = Material { state: MaterialState::Handed, content: None };
    let mut edits = vec![Edit::Header(header)];
    edits.extend(case.form.into_iter().map(|(field, text)| Edit::Field(field, Value::Text(text))));
    edits.extend(case.materials.into_iter().map(|name| Edit::Material(name, handed)));
    edits.push(Edit::Event(Event::new(EventKind::Receive, taken_at, &case.by, "")));
    edits
}

/// The number of a case: division, civil day in Shanghai, and the end of its name, which no two
/// machines share even while they are cut off from each other.
fn case_number(id: DocumentId, taken_at: Timestamp) -> String {
    let day: String = taken_at.to_string().chars().take(10).filter(|c| *c != '-').collect();
    let name = id.name.ulid.to_string();
    format!("{}-{day}-{}", id.home.division, name.get(20..).unwrap_or_default())
}

/// The kebab-case word of an event, as scripts write it.
#[must_use]
pub fn name(kind: EventKind) -> String {
    let word = serde_json::to_value(kind).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Reads the kebab-case word of an event.
///
/// # Errors
///
/// The words that there are.
pub fn parse_kind(word: &str) -> Result<EventKind, String> {
    let kind = serde_json::from_value(serde_json::Value::String(word.to_owned()));
    kind.map_err(|_| {
        let words: Vec<String> = KINDS.iter().map(|kind| name(*kind)).collect();
        format!("`{word}` is no event of a case; there are {}", words.join(", "))
    })
}

/// The events that a state takes, for an error message.
fn allowed(state: State) -> String {
    let kinds = KINDS.iter().filter(|kind| state.after(**kind).is_some());
    kinds.map(|kind| format!("`{}` ({})", name(*kind), kind.zh())).collect::<Vec<_>>().join(", ")
}

/// The events that a case can have.
pub const KINDS: [EventKind; 10] = [
    EventKind::Receive,
    EventKind::NoticeSupplement,
    EventKind::Accept,
    EventKind::FinishStep,
    EventKind::Decide,
    EventKind::Deliver,
    EventKind::Withdraw,
    EventKind::Terminate,
    EventKind::Import,
    EventKind::Supervise,
];
