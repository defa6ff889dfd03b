//! Service records as the counter handles them: giving, asking, handing on, listing, counting.
//!
//! As with cases, page, JSON service and command line call the same functions over any
//! [`Replica`]; what may follow what is [`tongban_protocol::service`].

mod read;
#[cfg(test)]
mod tests;
mod values;

use rand_core::Rng;
use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::FIRST_DAY;
use tongban_protocol::document::{Detail, DocumentId, DocumentKind, Edit, Event, EventKind, Role};
use tongban_protocol::number::CaseNumber;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::service::{
    Answer, Fault, Link, Record, Relay, Service, ServiceKind, check, fold,
};
use tongban_protocol::time::Timestamp;

use crate::accounts::{AccountsError, checked_name};
use crate::cases::{Found, REQUEST_ID_BYTES_MAX, find_request, instant};
use crate::replica::{Appended, Replica, ReplicaError};
use crate::service::{Closed, Desk};
use crate::store::Store;

pub use read::{Period, count, list, show};
pub use values::{CountLine, HandOverLine, RecordDetail, RecordState, Words};

/// A service, as it is entered.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewService {
    /// `guided`, `extended-hours`, `visit`, `appointment` or `brought`.
    #[schema(value_type = String)]
    pub kind: ServiceKind,
    /// Who gave it.
    pub staff: Vec<String>,
    /// From when. RFC 3339, or milliseconds since 1970.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub start: Timestamp,
    /// Until when.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub end: Timestamp,
    /// Where.
    pub place: String,
}

/// What was entered into the system of an upper authority.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRelay {
    /// Which system, as the counter calls it.
    pub system: String,
    /// 上级编号: the number that it gave.
    pub number: String,
    /// The applicant.
    pub applicant: String,
    /// 证件号, where it is known.
    #[serde(default)]
    pub applicant_number: Option<String>,
    /// What was applied for, by its name or code.
    pub item: String,
}

impl From<NewRelay> for Relay {
    fn from(said: NewRelay) -> Self {
        let trim = |text: String| text.trim().to_owned();
        Self {
            system: trim(said.system),
            number: trim(said.number),
            applicant: trim(said.applicant),
            applicant_number: said.applicant_number.map(trim).filter(|it| !it.is_empty()),
            item: trim(said.item),
        }
    }
}

/// Something that stands in a service record.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEntry {
    /// `serve`, `first-asked` or `relay` for a new record; `pass-on`, `conclude`, `relay-result`,
    /// `end-relay` in one, or `relay` again to correct it.
    #[schema(value_type = String)]
    pub kind: EventKind,
    /// Who enters it; of a question who was asked, or who has it.
    pub by: String,
    /// When it happened; now where it is left out.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub happened_at: Option<Timestamp>,
    /// The service.
    #[serde(default)]
    pub service: Option<NewService>,
    /// 事由: why it was given, what was asked, why it is handed on.
    #[serde(default)]
    pub reason: Option<String>,
    /// The case, by its number or name, or the ticket; without it a service does not count.
    #[serde(default)]
    pub link: Option<String>,
    /// 申请人确认: who confirmed a service, and how.
    #[serde(default)]
    pub confirmed: Option<String>,
    /// To whom a question is handed on.
    #[serde(default)]
    pub to: Option<String>,
    /// What became of a question: `handled`, `answered`, `referred`, `given-up`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub answer: Option<Answer>,
    /// 上级系统代办: what was entered into an upper system; of `relay`.
    #[serde(default)]
    pub relay: Option<NewRelay>,
    /// What an upper system says; of `relay-result`.
    #[serde(default)]
    pub result: Option<String>,
    /// The caller's own name for a new record: given twice within 24 hours, it makes one.
    #[serde(default)]
    pub request_id: Option<String>,
    /// `chief` to move a question that lies with somebody else.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
}

impl NewEntry {
    /// An entry of this kind that says nothing yet.
    #[must_use]
    pub const fn new(kind: EventKind, by: String) -> Self {
        Self {
            kind,
            by,
            happened_at: None,
            service: None,
            reason: None,
            link: None,
            confirmed: None,
            to: None,
            answer: None,
            relay: None,
            result: None,
            request_id: None,
            role: None,
        }
    }

    fn event(self, now: Timestamp) -> Event {
        let end = self.service.as_ref().map(|service| service.end);
        let service = self.service.map(|said| {
            let NewService { kind, staff, start, end, place } = said;
            Box::new(Service { kind, staff, start, end, place })
        });
        let detail = Detail {
            role: self.role,
            reason: self.reason,
            service,
            link: self.link,
            confirmed: self.confirmed,
            to: self.to,
            answer: self.answer,
            relay: self.relay.map(|said| Box::new(said.into())),
            result: self.result.map(|said| said.trim().to_owned()),
            ..Detail::default()
        };
        let happened_at = self.happened_at.or(end).unwrap_or(now);
        Event::new(self.kind, happened_at, self.by.trim(), "").with(detail)
    }
}

/// Why something was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No such record is held here.
    #[error("record {0} is not held here; `service list` shows those that are")]
    NotFound(DocumentId),
    /// The rules do not allow it.
    #[error("{0} ({zh})", zh = .0.zh())]
    Unlawful(Fault),
    /// The case is one of this centre's, and there is none of that number.
    #[error("this centre has no case `{0}` (本中心没有该办件，请核对编号)")]
    NoSuchCase(String),
    /// An open relay card has that number of the upper system, and says something else.
    #[error(
        "card {id} has the number `{number}` already; correct or close that one (该上级编号已有未办结的代办卡，请在原卡上更正)"
    )]
    Twice {
        /// The open card.
        id: DocumentId,
        /// The number, as it stands there.
        number: String,
    },
    /// Too many results at once.
    #[error("there are {found} results; give at most {most} at a time (一次最多 {most} 条)")]
    TooMany {
        /// How many there were.
        found: usize,
        /// How many may be.
        most: usize,
    },
    /// Nobody is named.
    #[error("`by` is empty; every record needs it (须写明经办人)")]
    Nameless,
    /// Whoever is named has no name that an account could have.
    #[error("`{field}`: {error} ({zh})", zh = .error.zh())]
    Name {
        /// Where: `staff` or `to`.
        field: &'static str,
        /// What is wrong with it.
        error: AccountsError,
    },
    /// It is longer ago than there are such offices.
    #[error("{0} is before {FIRST_DAY}; check the year (时间早于 {FIRST_DAY}，请核对年份)")]
    LongAgo(Timestamp),
    /// The request id is empty or over its bound.
    #[error(
        "a request id of {0} bytes is none: 1 to {REQUEST_ID_BYTES_MAX} are needed (请求编号须为 1 至 {REQUEST_ID_BYTES_MAX} 字节)"
    )]
    RequestId(usize),
    /// The request id made a record already, and this request says something else.
    #[error(
        "this request id made record {0} already, and what it says now differs; give another id for a new record (此表单先前已保存为一条记录，现在所填与其不同，没有另外保存)"
    )]
    Reused(DocumentId),
    /// The replica refused, or its store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The service has stopped; whether it was saved is not known.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Stages a record's next entry, or the first of a new record where there is no `id`.
///
/// # Errors
///
/// [`RecordError`] says why nothing was staged.
pub fn enter<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl Rng,
    id: Option<DocumentId>,
    entry: NewEntry,
) -> Result<(Appended, DocumentId), RecordError> {
    if entry.by.trim().is_empty() {
        return Err(RecordError::Nameless);
    }
    check_bounds(&entry)?;
    let request = entry.request_id.clone();
    let event = entry.event(now);
    let (id, record) = match id {
        Some(id) => (id, read_record(replica, id)?.ok_or(RecordError::NotFound(id))?),
        None => match name_record(replica, now, rng, request.as_deref())? {
            Found::Before(id, appended) => return again(replica, (id, appended), &event),
            Found::Nothing(name) => {
                (DocumentId { home: own_office(replica), name }, Record::default())
            }
        },
    };
    let recorded_at = replica.recording_time(now).instant();
    check(&record, &event, recorded_at).map_err(RecordError::Unlawful)?;
    if let Some(link) = &event.detail().link
        && !is_held(replica, replica.member().centre(), link)?
    {
        return Err(RecordError::NoSuchCase(link.chars().take(60).collect()));
    }
    let appended = replica.append(now, id.home, vec![(id.name, vec![Edit::Event(event)])])?;
    Ok((appended, id))
}

fn check_bounds(entry: &NewEntry) -> Result<(), RecordError> {
    let staff = entry.service.iter().flat_map(|service| &service.staff);
    let named = staff.map(|name| ("staff", name)).chain(entry.to.iter().map(|to| ("to", to)));
    for (field, name) in named.filter(|(_, name)| !name.trim().is_empty()) {
        checked_name(name).map_err(|error| RecordError::Name { field, error })?;
    }
    let times = entry.service.iter().flat_map(|service| [service.start, service.end]);
    match times.chain(entry.happened_at).find(|at| civil_day(*at) < FIRST_DAY) {
        Some(at) => Err(RecordError::LongAgo(at)),
        None => Ok(()),
    }
}

/// The name of a new record, or the record that the same request made.
fn name_record<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    rng: &mut impl Rng,
    request: Option<&str>,
) -> Result<Found, RecordError> {
    let kind = DocumentKind::ServiceRecord;
    match request {
        None => Ok(Found::Nothing(replica.name_document(now, kind, rng))),
        Some(request) if request.is_empty() || request.len() > REQUEST_ID_BYTES_MAX => {
            Err(RecordError::RequestId(request.len()))
        }
        Some(request) => Ok(find_request(replica, now, (kind, request))?),
    }
}

/// What a request made before, if it says the same. When it came does not matter, nor who sent it.
fn again<S: Store>(
    replica: &Replica<S>,
    (id, appended): (DocumentId, Appended),
    event: &Event,
) -> Result<(Appended, DocumentId), RecordError> {
    let events = replica.events(id)?;
    let is_same = |first: &Event| first.kind == event.kind && first.detail() == event.detail();
    if events.first().is_some_and(|(_, first)| is_same(first)) {
        return Ok((appended, id));
    }
    Err(RecordError::Reused(id))
}

/// The same at the desk of a running service, which waits until it is durable.
///
/// # Errors
///
/// As [`enter`]; [`RecordError::Closed`] when the service stops meanwhile.
pub async fn enter_at(
    desk: &Desk,
    now: Timestamp,
    id: Option<DocumentId>,
    entry: NewEntry,
) -> Result<(Appended, DocumentId), RecordError> {
    let entered = desk.stage(move |replica, rng| {
        enter(replica, now, rng, id, entry).map(|(appended, id)| (id, appended))
    });
    entered.await.map(|(id, appended)| (appended, id))
}

/// Reads the name of a record as `service list` prints it.
///
/// # Errors
///
/// What such a name looks like.
pub fn parse_record(text: &str) -> Result<DocumentId, String> {
    let id: Option<DocumentId> = text.parse().ok();
    let id = id.map(|mut id| {
        id.name.kind = DocumentKind::ServiceRecord;
        id
    });
    id.ok_or_else(|| {
        let text: String = text.chars().take(60).collect();
        format!(
            "`{text}` names no record: it looks like 510921103-01J9Z3… as `service list` prints it"
        )
    })
}

fn own_office<S: Store>(replica: &Replica<S>) -> Home {
    Home::office(replica.member().centre())
}

/// What a record comes to; `None` if no such record is held here.
pub(crate) fn read_record<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
) -> Result<Option<Record>, ReplicaError> {
    let events = replica.paper(id)?.map(|paper| paper.events()).unwrap_or_default();
    Ok((!events.is_empty()).then(|| fold(&events)))
}

/// False where the case would be one of a centre's, and there is none here.
pub(crate) fn is_held<S: Store>(
    replica: &Replica<S>,
    centre: Division,
    link: &str,
) -> Result<bool, ReplicaError> {
    match link.parse::<Link>() {
        Ok(Link::Case(id)) if id.home == Home::office(centre) => Ok(replica.case(id)?.is_some()),
        Ok(Link::Number(_)) => {
            let number = link.parse::<CaseNumber>().ok();
            let first = number.and_then(|number| {
                CaseNumber::next(centre, number.day(), number.allotment(), 0).ok()
            });
            let is_ours = first.zip(number).is_some_and(|(first, number)| {
                first.compact().get(..CENTRE_CHARS) == number.compact().get(..CENTRE_CHARS)
            });
            Ok(!is_ours || !replica.numbered(link)?.is_empty())
        }
        Ok(Link::Case(_) | Link::Ticket(_)) | Err(_) => Ok(true),
    }
}

/// The characters of a number that name its centre.
const CENTRE_CHARS: usize = 9;
