//! The JSON service, `/api/v1`, for department systems: no second typing.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{FromRequest, Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tongban_protocol::document::DocumentId;
use utoipa::ToSchema;

use super::Rooms;
use super::fault::{Fault, FaultBody};
use super::machine::{self, Machine};
use crate::cases::{
    self, AnomalyNote, Bulk, CaseCards, CaseClocks, CaseDetail, CaseError, CaseList, CaseParts,
    DoubtNote, NewCase, NewEvent, Stage, Taken, Why, WithdrawWish,
};
use crate::clock;
use crate::posts;
use crate::replica::{Appended, ReplicaError};

/// Cases on one page of a list, if the caller does not say.
const CASES_PER_LIST: usize = 50;

/// Cases on one page of a list, at most.
const CASES_PER_LIST_MAX: usize = 200;

/// Where something was saved.
#[derive(Debug, Serialize, ToSchema)]
pub struct Saved {
    /// The case, the record or the order.
    #[schema(example = "510921103-01JD0000000000000000000000")]
    pub id: String,
    /// The number of the entry in this machine's journal.
    pub entry: u64,
    /// How far it has come: it is durable on this machine.
    pub stage: Stage,
}

/// An event that was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedEvent {
    /// Where it was saved.
    #[serde(flatten)]
    pub saved: Saved,
    /// What is wrong with it; it has its effect all the same, and supervision reads it.
    pub breaches: Vec<AnomalyNote>,
}

/// A case that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct TakenCase {
    /// Where it was saved.
    #[serde(flatten)]
    pub saved: Saved,
    /// 办件编号.
    #[schema(example = "510921103-20261102-NE3J-00001-6")]
    pub number: String,
    /// What should be confirmed about the applicant's number; the case is taken all the same.
    pub doubts: Vec<DoubtNote>,
    /// 查询码: for the applicant alone, who asks with it after the case; none where another machine
    /// of the centre took it.
    #[schema(example = "7KQ2-M0XD")]
    pub query_code: Option<String>,
}

/// Which page of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// Cases on the page, 1 to 200; 50 where it is left out.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Only those for which a green channel was ever opened.
    #[serde(default)]
    green: bool,
    /// Only the cases with this number.
    number: Option<String>,
}

/// A body of JSON, or the fault that says what is wrong with it.
pub(super) struct Sent<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Fault;

    async fn from_request(request: Request, state: &S) -> Result<Self, Fault> {
        let bytes = Bytes::from_request(request, state).await;
        let bytes = bytes.map_err(|error: BytesRejection| Fault::from(error))?;
        let sent = serde_json::from_slice(&bytes);
        sent.map(Self).map_err(|error| Fault::malformed("body", error.to_string()))
    }
}

impl From<CaseError> for Fault {
    fn from(error: CaseError) -> Self {
        let (what, zh) = (error.to_string(), error.zh());
        match error {
            CaseError::NotFound(_) | CaseError::NoParts(_) => {
                Self { zh, ..Self::not_found("id", what) }
            }
            CaseError::Unlawful { fault } => {
                let en = format!("{fault}{}", cases::instead(&fault));
                Self::ruled("kind", fault.zh(), en)
            }
            CaseError::NoSuchCard { .. } | CaseError::IssuedTwice { .. } => {
                Self { zh, ..Self::refused("card", what) }
            }
            CaseError::NotOnLine { .. } => Self { zh, ..Self::refused("authorities", what) },
            CaseError::NotLeading { .. } => Self { zh, ..Self::refused("id", what) },
            CaseError::NothingToRefer => Self { zh, ..Self::refused("parts", what) },
            CaseError::PartnersCause { .. } => Self { zh, ..Self::refused("by", what) },
            CaseError::Vacant(vacancy) => Self::ruled("by", vacancy.zh(), vacancy.to_string()),
            CaseError::Rating(fault) => Self::ruled("rating", fault.zh(), fault.to_string()),
            CaseError::NoMatch(_) | CaseError::TooManyMatches(_) => {
                Self { en: what, ..Self::refused("rule", "") }
            }
            CaseError::Empty(field) => Self { zh, ..Self::refused(field, what) },
            CaseError::Moved => Self { zh, ..Self::refused("seen", what) },
            CaseError::Foreseen(_) => Self { zh, ..Self::refused("kind", what) },
            CaseError::RequestId(_) => Self { zh, ..Self::refused("request_id", what) },
            CaseError::Reused { .. } => {
                Self { status: StatusCode::CONFLICT, zh, ..Self::refused("request_id", what) }
            }
            CaseError::NoNumber(none) => Self::ruled("happened_at", none.zh(), none.to_string()),
            CaseError::Number { typed, error } => {
                Self { zh: error.zh(), en: error.to_string(), ..Self::malformed("number", typed) }
            }
            CaseError::Replica(error) => error.into(),
            CaseError::Closed(closed) => closed.into(),
        }
    }
}

pub(super) fn case_id(text: &str) -> Result<DocumentId, Fault> {
    text.parse().map_err(|error| Fault::not_found("id", format!("{error}")))
}

pub(super) fn saved(id: DocumentId, appended: Appended) -> Saved {
    Saved { id: id.to_string(), entry: appended.number, stage: Stage::Here }
}

/// Says how this machine is: links, what was saved and confirmed, incidents, disk.
#[utoipa::path(get, path = "/api/v1/status", responses((status = 200, body = Machine)))]
pub(super) async fn status(State(rooms): State<Arc<Rooms>>) -> Result<Json<Machine>, Fault> {
    Ok(Json(rooms.machine().await?))
}

/// Takes a case; the answer comes once it is durable on this machine.
#[utoipa::path(
    post, path = "/api/v1/cases", request_body = NewCase,
    responses(
        (status = 201, body = TakenCase, description = "saved, durable"),
        (status = 400, body = FaultBody),
        (status = 409, body = FaultBody, description = "the request id made another case already"),
        (status = 413, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
        (status = 507, body = FaultBody, description = "the disk is full"),
    )
)]
pub(super) async fn take(
    State(rooms): State<Arc<Rooms>>,
    Sent(case): Sent<NewCase>,
) -> Result<Response, Fault> {
    let Taken { id, number, appended, doubts, code } =
        cases::take_at(&rooms.face.desk, clock::now(), case).await?;
    let query_code = code.map(|code| code.to_string());
    let body = TakenCase { saved: saved(id, appended), number, doubts, query_code };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

/// Lists the cases that this machine holds, the newest first.
#[utoipa::path(
    get, path = "/api/v1/cases",
    params(
        ("limit" = Option<usize>, Query, description = "1 to 200; 50 where it is left out"),
        ("after" = Option<String>, Query, description = "the `next` of the page before"),
        (
            "green" = Option<bool>, Query,
            description = "only those for which a green channel was ever opened, newest first"
        ),
        (
            "number" = Option<String>, Query,
            description = "only the cases with this 办件编号, as people type it; then alone"
        ),
    ),
    responses((status = 200, body = CaseList), (status = 400, body = FaultBody))
)]
pub(super) async fn list(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<CaseList>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    if let Some(number) = query.number {
        let found = rooms.face.desk.ask(move |engine| cases::find(engine.replica(), &number));
        return Ok(Json(found.await??));
    }
    let limit = query.limit.unwrap_or(CASES_PER_LIST);
    if !(1..=CASES_PER_LIST_MAX).contains(&limit) {
        let what = format!("limit {limit} is not within 1 to {CASES_PER_LIST_MAX}");
        return Err(Fault::malformed("limit", what));
    }
    let now = clock::now();
    let after = query.after.as_deref().map(str::parse::<DocumentId>).transpose();
    let after = after.map_err(|error| Fault::malformed("after", format!("{error}")))?;
    let list = rooms.face.desk.ask(move |engine| {
        let homes = machine::office_homes(engine);
        let mut list = match query.green {
            true => cases::green(engine.replica(), &homes, limit)?,
            false => cases::list(engine.replica(), &homes, after, limit)?,
        };
        posts::attend(engine.replica(), &mut list.cases, now)?;
        Ok::<_, ReplicaError>(list)
    });
    Ok(Json(list.await??))
}

/// Gives one case in full.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CaseDetail), (status = 404, body = FaultBody))
)]
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
) -> Result<Json<CaseDetail>, Fault> {
    let id = case_id(&id)?;
    let now = clock::now();
    let shown = rooms.face.desk.ask(move |engine| {
        let mut shown = cases::show(engine.replica(), id)?;
        let summary = shown.as_mut().map(|detail| &mut detail.summary);
        posts::attend(engine.replica(), summary, now)?;
        Ok::<_, ReplicaError>(shown)
    });
    let shown = shown.await??;
    Ok(Json(shown.ok_or(CaseError::NotFound(id))?))
}

/// Records an event of a case; the answer comes once it is durable on this machine.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/events", params(("id" = String, Path)),
    request_body = NewEvent,
    responses(
        (status = 201, body = SavedEvent, description = "saved, durable"),
        (status = 400, body = FaultBody), (status = 404, body = FaultBody),
        (status = 422, body = FaultBody, description = "not allowed from the state of the case"),
        (status = 503, body = FaultBody), (status = 507, body = FaultBody),
    )
)]
pub(super) async fn record(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
    Sent(event): Sent<NewEvent>,
) -> Result<Response, Fault> {
    let (id, kind) = (case_id(&id)?, event.kind);
    let appended = cases::record_at(&rooms.face.desk, clock::now(), id, event).await?;
    let breaches = rooms.face.desk.ask(move |engine| cases::told(engine.replica(), id, kind));
    let told = SavedEvent { saved: saved(id, appended), breaches: breaches.await?? };
    Ok((StatusCode::CREATED, Json(told)).into_response())
}

/// Gives the clocks of a case as of today, and of each last day why it is that day.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/clocks", params(("id" = String, Path)),
    responses((status = 200, body = CaseClocks), (status = 404, body = FaultBody))
)]
pub(super) async fn clocks(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
) -> Result<Json<CaseClocks>, Fault> {
    let id = case_id(&id)?;
    let now = clock::now();
    let told = rooms.face.desk.ask(move |engine| cases::clocks(engine.replica(), id, now));
    Ok(Json(told.await??.ok_or(CaseError::NotFound(id))?))
}

/// Gives the cards of a case as of today, computed from the rules, and what became of those issued.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/cards", params(("id" = String, Path)),
    responses((status = 200, body = CaseCards), (status = 404, body = FaultBody))
)]
pub(super) async fn cards(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
) -> Result<Json<CaseCards>, Fault> {
    let id = case_id(&id)?;
    let now = clock::now();
    let told = rooms.face.desk.ask(move |engine| cases::cards(engine.replica(), id, now));
    Ok(Json(told.await??.ok_or(CaseError::NotFound(id))?))
}

/// Gives the parts of a joint case as of today, and what counts as the answer of each.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/parts", params(("id" = String, Path)),
    responses((status = 200, body = CaseParts), (status = 404, body = FaultBody))
)]
pub(super) async fn parts(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
) -> Result<Json<CaseParts>, Fault> {
    let id = case_id(&id)?;
    let now = clock::now();
    let told = rooms.face.desk.ask(move |engine| cases::parts(engine.replica(), id, now));
    Ok(Json(told.await??.ok_or(CaseError::NoParts(id))?))
}

/// Withdraws every issued card that matches, each by an event of its own with the same cause.
#[utoipa::path(
    post, path = "/api/v1/cards/withdraw", request_body = WithdrawWish,
    responses(
        (status = 200, body = Bulk), (status = 400, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
        (status = 507, body = FaultBody),
    )
)]
pub(super) async fn withdraw_cards(
    State(rooms): State<Arc<Rooms>>,
    Sent(wish): Sent<WithdrawWish>,
) -> Result<Json<Bulk>, Fault> {
    let now = clock::now();
    let homes = rooms.face.desk.ask(|engine| machine::office_homes(engine)).await?;
    if wish.dry_run {
        let found = rooms
            .face
            .desk
            .ask(move |engine| cases::matching_cards(engine.replica(), &homes, &wish));
        return Ok(Json(found.await??));
    }
    let staged = rooms.face.desk.stage(move |replica, rng| {
        let (bulk, last) = cases::withdraw_cards(replica, now, rng, (&homes, wish))?;
        last.map(|last| (bulk, last)).ok_or_else(|| CaseError::NoMatch(String::new()))
    });
    Ok(Json(staged.await?.0))
}

/// Says in one sentence why a case is not in the city yet.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/why", params(("id" = String, Path)),
    responses((status = 200, body = Why), (status = 404, body = FaultBody))
)]
pub(super) async fn why(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
) -> Result<Json<Why>, Fault> {
    let id = case_id(&id)?;
    let asked = rooms.face.desk.ask(move |engine| {
        let links = engine.links();
        cases::why(engine.replica(), &links, id)
    });
    let why = asked.await??;
    if why.stage.is_none() {
        return Err(Fault { zh: why.zh, en: why.en, ..Fault::not_found("id", id.to_string()) });
    }
    Ok(Json(why))
}
