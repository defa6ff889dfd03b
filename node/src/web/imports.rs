//! Lists of cases over `/api/v1/cases/import`: what a list comes to, and taking it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde::Deserialize;
use utoipa::OpenApi;

use super::Rooms;
use super::fault::{Fault, FaultBody};
use crate::cases::CaseError;
use crate::clock;
use crate::import::{
    FILE_BYTES_MAX, Field, Finished, How, ImportError, Imported, Imports, Mapping, Preview, Sheet,
    check_at, guess, import_at,
};

#[derive(OpenApi)]
#[openapi(paths(check_list, import_list))]
pub(super) struct Description;

pub(super) fn router() -> axum::Router<Arc<Rooms>> {
    let whole = || DefaultBodyLimit::max(FILE_BYTES_MAX);
    axum::Router::new()
        .route("/api/v1/cases/import", post(import_list).layer(whole()))
        .route("/api/v1/cases/import/check", post(check_list).layer(whole()))
}

/// How a list is to be read.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    by: Option<String>,
    mapping: Option<String>,
    finished: Option<String>,
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        let (what, words) = (error.to_string(), error.words());
        match error {
            ImportError::TooLarge { .. } => {
                let status = StatusCode::PAYLOAD_TOO_LARGE;
                Self { status, ..Self::ruled("file", words.zh, words.en) }
            }
            ImportError::TooManyRows(_)
            | ImportError::TooManyColumns { .. }
            | ImportError::Workbook
            | ImportError::Empty
            | ImportError::Encoding
            | ImportError::NoTable(_) => Self::ruled("file", words.zh, words.en),
            ImportError::Mapping(_) => Self::ruled("mapping", words.zh, words.en),
            ImportError::Gone => {
                Self { zh: words.zh, en: words.en, ..Self::not_found("file", what) }
            }
            ImportError::Disk(_) => Self::broken(what),
            ImportError::Case(CaseError::Closed(closed)) => closed.into(),
            ImportError::Case(error) => error.into(),
        }
    }
}

/// A list, and which column is which: as the caller says, as it was the last time, or as the names
/// of the columns let guess.
fn read(
    rooms: &Rooms,
    query: ListQuery,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<(Sheet, Mapping, How), Fault> {
    let sheet = Sheet::read(&bytes.map_err(Fault::from)?)?;
    let mapping = match query.mapping {
        None => {
            let remembered = Imports::of(&rooms.face.data_dir).remembered(&sheet.head);
            remembered.unwrap_or_else(|| guess(&sheet.head))
        }
        Some(said) => {
            let field = |code: &str| {
                Field::of_code(code.trim()).ok_or_else(|| Fault::malformed("mapping", code))
            };
            said.split(',').map(field).collect::<Result<_, _>>()?
        }
    };
    let finished = match query.finished.as_deref() {
        None => Finished::default(),
        Some(code) => Finished::of_code(code).ok_or_else(|| Fault::malformed("finished", code))?,
    };
    let how = How { by: query.by.unwrap_or_default(), role: None, finished };
    Ok((sheet, mapping, how))
}

/// Says what a list comes to; nothing is saved.
#[utoipa::path(
    post, path = "/api/v1/cases/import/check",
    params(
        ("mapping" = Option<String>, Query, description = "the field of each column, separated by commas: ignore, item, applicant, applicant-number, phone, received-at, decided-at, delivered-at, number, channel, keep; as the last time, or guessed, where it is left out"),
        ("finished" = Option<String>, Query, description = "as for the import"),
        ("by" = Option<String>, Query, description = "not needed here"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "CSV in UTF-8 or GB18030"),
    responses(
        (status = 200, body = Preview), (status = 400, body = FaultBody),
        (status = 413, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn check_list(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<ListQuery>, QueryRejection>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Preview>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let (sheet, mapping, how) = read(&rooms, query, bytes)?;
    Ok(Json(check_at(&rooms.face.desk, clock::now(), (sheet, mapping), how).await?))
}

/// Takes the rows of a list that can be taken; the answer comes once they are durable here. Given
/// again, it takes none twice.
#[utoipa::path(
    post, path = "/api/v1/cases/import",
    params(
        ("by" = Option<String>, Query, description = "who takes the cases; they need a post with a partner"),
        ("mapping" = Option<String>, Query, description = "as for the check"),
        ("finished" = Option<String>, Query, description = "what becomes of rows that are decided or delivered: `kept`, as history of another system without limits, cards and figures, where it is left out; `handled`, as cases of this centre"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "CSV in UTF-8 or GB18030"),
    responses(
        (status = 200, body = Imported), (status = 400, body = FaultBody),
        (status = 413, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody), (status = 507, body = FaultBody),
    )
)]
async fn import_list(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<ListQuery>, QueryRejection>,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Json<Imported>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let (sheet, mapping, how) = read(&rooms, query, bytes)?;
    if how.by.trim().is_empty() {
        return Err(CaseError::Empty("by").into());
    }
    let desk = &rooms.face.desk;
    Ok(Json(import_at(desk, clock::now(), (sheet, mapping), how).await?))
}
