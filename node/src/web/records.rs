//! Service records and questions over `/api/v1/services`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tongban_protocol::case::FIRST_DAY;
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::Home;

use super::Rooms;
use super::api::{Saved, Sent, saved};
use super::fault::{Fault, FaultBody};
use super::machine::office_homes;
use crate::clock;
use crate::records::{self, CountLine, NewEntry, Period, RecordDetail, RecordError, parse_record};

/// Records on one page of a list, if the caller does not say.
const RECORDS_PER_LIST: usize = 50;

/// How many records to list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    limit: Option<usize>,
}

/// What to count.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountQuery {
    period: String,
}

impl From<RecordError> for Fault {
    fn from(error: RecordError) -> Self {
        let what = error.to_string();
        match error {
            RecordError::NotFound(_) => Self::not_found("id", what),
            RecordError::Unlawful(fault) => Self::ruled("kind", fault.zh(), fault.to_string()),
            RecordError::NoSuchCase(_) => Self {
                zh: "本中心没有该办件，请核对编号".to_owned(),
                ..Self::refused("link", what)
            },
            RecordError::Twice { .. } => Self {
                zh: "该上级编号已有未办结的代办卡，请在原卡上更正或办结".to_owned(),
                en: what,
                ..Self::refused("number", "")
            },
            RecordError::TooMany { .. } => Self::refused("results", what),
            RecordError::Name { field, error } => Self::ruled(field, error.zh(), error.to_string()),
            RecordError::LongAgo(_) => {
                let zh = format!("时间早于 {FIRST_DAY}，请核对年份");
                Self::ruled("start", zh, what)
            }
            RecordError::RequestId(_) => Self::refused("request_id", what),
            RecordError::Reused(_) => Self {
                status: StatusCode::CONFLICT,
                ..Self::ruled(
                    "request_id",
                    "此表单先前已保存为一条记录，现在所填与其不同，没有另外保存；要另记一条的，请再按一次",
                    what,
                )
            },
            RecordError::Nameless => Self::refused("by", what),
            RecordError::Replica(error) => error.into(),
            RecordError::Closed(closed) => closed.into(),
        }
    }
}

fn record_id(text: &str) -> Result<DocumentId, Fault> {
    parse_record(text).map_err(|what| Fault::not_found("id", what))
}

/// Lists the service records that this machine holds, the newest first.
#[utoipa::path(
    get, path = "/api/v1/services",
    params(("limit" = Option<usize>, Query, description = "1 to 200; 50 where it is left out")),
    responses((status = 200, body = Vec<RecordDetail>), (status = 400, body = FaultBody))
)]
pub(super) async fn list_services(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<Vec<RecordDetail>>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let limit = query.limit.unwrap_or(RECORDS_PER_LIST);
    let listed = rooms.face.desk.ask(move |engine| {
        let homes: Vec<Home> = office_homes(engine);
        records::list(engine.replica(), &homes, limit)
    });
    Ok(Json(listed.await??))
}

/// Begins a record: a service that was given, or a question and who was asked first.
#[utoipa::path(
    post, path = "/api/v1/services", request_body = NewEntry,
    responses(
        (status = 201, body = Saved, description = "saved, durable"),
        (status = 400, body = FaultBody),
        (status = 409, body = FaultBody, description = "the request id made another record"),
        (status = 413, body = FaultBody), (status = 422, body = FaultBody), (status = 503, body = FaultBody),
        (status = 507, body = FaultBody),
    )
)]
pub(super) async fn begin_service(
    State(rooms): State<Arc<Rooms>>,
    Sent(entry): Sent<NewEntry>,
) -> Result<Response, Fault> {
    enter(&rooms, None, entry).await
}

/// Hands a question on, concludes it, or takes the applicant's confirmation of a service.
#[utoipa::path(
    post, path = "/api/v1/services/{id}/events", params(("id" = String, Path)),
    request_body = NewEntry,
    responses(
        (status = 201, body = Saved, description = "saved, durable"),
        (status = 400, body = FaultBody), (status = 404, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
        (status = 507, body = FaultBody),
    )
)]
pub(super) async fn continue_service(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
    Sent(entry): Sent<NewEntry>,
) -> Result<Response, Fault> {
    enter(&rooms, Some(record_id(&id)?), entry).await
}

async fn enter(rooms: &Rooms, id: Option<DocumentId>, entry: NewEntry) -> Result<Response, Fault> {
    let (appended, id) = records::enter_at(&rooms.face.desk, clock::now(), id, entry).await?;
    Ok((StatusCode::CREATED, Json(saved(id, appended))).into_response())
}

/// Gives one record.
#[utoipa::path(
    get, path = "/api/v1/services/{id}", params(("id" = String, Path)),
    responses((status = 200, body = RecordDetail), (status = 404, body = FaultBody))
)]
pub(super) async fn show_service(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
) -> Result<Json<RecordDetail>, Fault> {
    let id = record_id(&id)?;
    let shown = rooms.face.desk.ask(move |engine| records::show(engine.replica(), id)).await??;
    Ok(Json(shown.ok_or(RecordError::NotFound(id))?))
}

/// Counts the services of a year or a month, by centre and kind.
#[utoipa::path(
    get, path = "/api/v1/services/count",
    params(("period" = String, Query, description = "a year such as 2026, or a month such as 2026-11")),
    responses((status = 200, body = Vec<CountLine>), (status = 400, body = FaultBody))
)]
pub(super) async fn count_services(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<CountQuery>, QueryRejection>,
) -> Result<Json<Vec<CountLine>>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let period: Period =
        query.period.parse().map_err(|what: String| Fault::malformed("period", what))?;
    let counted = rooms.face.desk.ask(move |engine| {
        let homes: Vec<Home> = office_homes(engine);
        records::count(engine.replica(), &homes, period)
    });
    Ok(Json(counted.await??))
}
