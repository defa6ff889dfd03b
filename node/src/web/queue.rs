//! The queue of the hall over `/api/v1/queue`: for ticket machines, screens and voices of others.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use jiff::civil::Date;
use serde::Deserialize;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::queue::TicketId;
use utoipa::OpenApi;

use super::Rooms;
use super::api::{Saved, Sent};
use super::fault::{Fault, FaultBody};
use super::machine::office_homes;
use crate::cases::Stage;
use crate::clock;
use crate::queue::{
    self, DAYS_MAX, NewCall, NewTicket, QueueDay, QueueError, QueueView, Reconciliation, TicketStep,
};
use crate::replica::Appended;

#[derive(OpenApi)]
#[openapi(paths(show, take, call, step, days, reconcile))]
pub(super) struct Description;

pub(super) fn router() -> axum::Router<Arc<Rooms>> {
    axum::Router::new()
        .route("/api/v1/queue", get(show))
        .route("/api/v1/queue/tickets", post(take))
        .route("/api/v1/queue/tickets/{id}/events", post(step))
        .route("/api/v1/queue/call", post(call))
        .route("/api/v1/queue/days", get(days))
        .route("/api/v1/queue/reconciliation", get(reconcile))
}

impl From<QueueError> for Fault {
    fn from(error: QueueError) -> Self {
        let (zh, en) = (error.zh(), error.to_string());
        let place = match error {
            QueueError::Replica(error) => return error.into(),
            QueueError::Closed(closed) => return closed.into(),
            QueueError::NotFound(_) => return Self { zh, ..Self::not_found("id", en) },
            QueueError::Unlawful(_) | QueueError::NoStep(_) => "kind",
            QueueError::NoSuchGroup { .. } | QueueError::Full { .. } => "group",
            QueueError::NobodyWaits => "groups",
            QueueError::Moved(_) => "seen",
            QueueError::NoSuchCase(_) => "cases",
            QueueError::Window { .. } => "window",
            QueueError::Nameless => "by",
            QueueError::Span { .. } => "from",
        };
        Self::ruled(place, zh, en)
    }
}

fn saved((id, appended): (TicketId, Appended)) -> Response {
    let saved = Saved { id: id.to_string(), entry: appended.number, stage: Stage::Here };
    (StatusCode::CREATED, Json(saved)).into_response()
}

/// Gives the queue of this machine as it stands: who waits, who was called where, what the day
/// counts to.
#[utoipa::path(
    get, path = "/api/v1/queue",
    responses((status = 200, body = QueueView), (status = 503, body = FaultBody))
)]
async fn show(State(rooms): State<Arc<Rooms>>) -> Result<Json<QueueView>, Fault> {
    let (groups, now) = (rooms.face.groups.clone(), clock::now());
    let shown = rooms.face.desk.ask(move |engine| queue::show(engine.replica(), &groups, now));
    Ok(Json(shown.await??))
}

/// Gives a ticket; the answer comes once it is durable on this machine.
#[utoipa::path(
    post, path = "/api/v1/queue/tickets", request_body = NewTicket,
    responses(
        (status = 201, body = Saved, description = "given, durable; `id` is its day and number"),
        (status = 400, body = FaultBody), (status = 413, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
        (status = 507, body = FaultBody),
    )
)]
async fn take(
    State(rooms): State<Arc<Rooms>>,
    Sent(new): Sent<NewTicket>,
) -> Result<Response, Fault> {
    let groups = rooms.face.groups.clone();
    Ok(saved(queue::take_at(&rooms.face.desk, clock::now(), groups, new).await?))
}

/// Calls whoever is next; a window whose call was not answered yet is given the same ticket again.
#[utoipa::path(
    post, path = "/api/v1/queue/call", request_body = NewCall,
    responses(
        (status = 201, body = Saved, description = "called, durable; `id` is the ticket"),
        (status = 400, body = FaultBody), (status = 413, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
        (status = 507, body = FaultBody),
    )
)]
async fn call(
    State(rooms): State<Arc<Rooms>>,
    Sent(new): Sent<NewCall>,
) -> Result<Response, Fault> {
    let groups = rooms.face.groups.clone();
    Ok(saved(queue::call_at(&rooms.face.desk, clock::now(), groups, new).await?))
}

/// Records what happens to a ticket that was called: called again, passed over, begun, transferred,
/// ended.
#[utoipa::path(
    post, path = "/api/v1/queue/tickets/{id}/events", params(("id" = String, Path)),
    request_body = TicketStep,
    responses(
        (status = 201, body = Saved, description = "saved, durable"),
        (status = 400, body = FaultBody), (status = 404, body = FaultBody),
        (status = 413, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody), (status = 507, body = FaultBody),
    )
)]
async fn step(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
    Sent(new): Sent<TicketStep>,
) -> Result<Response, Fault> {
    let id: Result<TicketId, _> = id.parse();
    let id = id.map_err(|error| Fault::not_found("id", error.to_string()))?;
    let groups = rooms.face.groups.clone();
    Ok(saved(queue::step_at(&rooms.face.desk, clock::now(), groups, id, new).await?))
}

/// Which days.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DaysQuery {
    from: Option<String>,
    to: Option<String>,
}

/// Counts the tickets of every centre that this machine holds, a line for each centre and day: what
/// was handled shows that a centre is open.
#[utoipa::path(
    get, path = "/api/v1/queue/days",
    params(
        ("from" = Option<String>, Query, description = "a day such as 2026-11-30; today where it is left out"),
        ("to" = Option<String>, Query, description = "the last day; today where it is left out"),
    ),
    responses(
        (status = 200, body = Vec<QueueDay>), (status = 400, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
    )
)]
async fn days(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<DaysQuery>, QueryRejection>,
) -> Result<Json<Vec<QueueDay>>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let now = clock::now();
    let span = (day(query.from, "from", civil_day(now))?, day(query.to, "to", civil_day(now))?);
    let counted = rooms.face.desk.ask(move |engine| {
        let homes: Vec<Home> = office_homes(engine);
        queue::days(engine.replica(), &homes, span, now)
    });
    Ok(Json(counted.await??))
}

fn day(text: Option<String>, place: &'static str, today: Date) -> Result<Date, Fault> {
    let Some(text) = text else { return Ok(today) };
    let parsed: Result<Date, _> = text.parse();
    parsed.map_err(|_| {
        let text: String = text.chars().take(40).collect();
        let what = format!("`{text}` is no day; write one such as 2026-11-30, {DAYS_MAX} at most");
        Fault::malformed(place, what)
    })
}

/// Which centre and day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeldQuery {
    day: Option<String>,
    centre: Option<String>,
}

/// Holds the tickets of a centre and day against its cases: which cases are not there, and which
/// were taken at the counter without a ticket.
#[utoipa::path(
    get, path = "/api/v1/queue/reconciliation",
    params(
        ("day" = Option<String>, Query, description = "a day such as 2026-11-30; today where it is left out"),
        ("centre" = Option<String>, Query, description = "the code of a centre; this one where it is left out"),
    ),
    responses(
        (status = 200, body = Reconciliation), (status = 400, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn reconcile(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<HeldQuery>, QueryRejection>,
) -> Result<Json<Reconciliation>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let on = day(query.day, "day", civil_day(clock::now()))?;
    let centre = match query.centre {
        None => rooms.face.centre,
        Some(code) => {
            let parsed: Result<Division, _> = code.parse();
            parsed.map_err(|error| Fault::malformed("centre", error.to_string()))?
        }
    };
    let held = rooms
        .face
        .desk
        .ask(move |engine| queue::reconcile(engine.replica(), Home::office(centre), on));
    Ok(Json(held.await??))
}
