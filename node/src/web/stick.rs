//! Files over the JSON service: carrying entries where there is no link, and backups.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Rooms;
use super::fault::{Fault, FaultBody};
use crate::carry::{self, Cargo, CarriedIn, CarryError};
use crate::membership::Membership;
use crate::{backup, clock};

/// Longest file that is taken in, in bytes: it is held in memory. Ten years of a large township
/// are a third of it.
pub(super) const FILE_BYTES_MAX: usize = 256 * 1024 * 1024;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OutQuery {
    #[serde(default)]
    all: bool,
}

impl From<CarryError> for Fault {
    fn from(error: CarryError) -> Self {
        let what = error.to_string();
        match error {
            CarryError::NotCarry
            | CarryError::CutShort(_)
            | CarryError::Damaged(_)
            | CarryError::NewerVersion(_)
            | CarryError::Foreign { .. }
            | CarryError::Statement(_)
            | CarryError::Block(_) => Self {
                zh: "此文件不能使用，原因见 what；请重新拷贝或重新导出".to_owned(),
                en: "the file is of no use here".to_owned(),
                ..Self::refused("body", what)
            },
            CarryError::Disk(_) => Self::broken(what),
            CarryError::Replica(error) => error.into(),
            CarryError::Closed(closed) => closed.into(),
        }
    }
}

/// Gives a file for a stick: what the city has not confirmed, or everything with `?all=true`.
#[utoipa::path(
    get, path = "/api/v1/carry/out", params(("all" = Option<bool>, Query)),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 400, body = FaultBody), (status = 503, body = FaultBody),
    )
)]
pub(super) async fn carry_out(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<OutQuery>, QueryRejection>,
) -> Result<Response, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let cargo = if query.all { Cargo::All } else { Cargo::Unconfirmed };
    Ok(file("carry.tbc", carry::out_at(&rooms.face.desk, clock::now(), cargo).await?))
}

/// Answers a file from a stick with one of what its writer lacks, receipts among it.
#[utoipa::path(
    post, path = "/api/v1/carry/out",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 413, body = FaultBody), (status = 422, body = FaultBody),
    )
)]
pub(super) async fn carry_answer(
    State(rooms): State<Arc<Rooms>>,
    sent: Result<Bytes, BytesRejection>,
) -> Result<Response, Fault> {
    let theirs = sent.map_err(Fault::from)?.to_vec();
    Ok(file("answer.tbc", carry::answer_at(&rooms.face.desk, clock::now(), theirs).await?))
}

/// Takes a file from a stick in; the answer comes once everything of it is durable.
#[utoipa::path(
    post, path = "/api/v1/carry/in",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, body = CarriedIn), (status = 413, body = FaultBody),
        (status = 422, body = FaultBody), (status = 507, body = FaultBody),
    )
)]
pub(super) async fn carry_in(
    State(rooms): State<Arc<Rooms>>,
    sent: Result<Bytes, BytesRejection>,
) -> Result<Json<CarriedIn>, Fault> {
    let bytes = sent.map_err(Fault::from)?.to_vec();
    Ok(Json(carry::in_at(&rooms.face.desk, clock::now(), bytes).await?))
}

/// Gives a backup of everything but the machine's key.
#[utoipa::path(
    get, path = "/api/v1/backup",
    responses(
        (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 503, body = FaultBody),
    )
)]
pub(super) async fn back_up(State(rooms): State<Arc<Rooms>>) -> Result<Response, Fault> {
    let membership = Membership::load(&rooms.face.data_dir);
    let membership = membership.map_err(|error| Fault::broken(error.to_string()))?;
    let bytes = backup::backup_at(&rooms.face.desk, &membership, clock::now()).await?;
    Ok(file("backup.tbb", bytes))
}

fn file(name: &'static str, bytes: Vec<u8>) -> Response {
    let attachment = format!("attachment; filename=\"{name}\"");
    let kind = "application/octet-stream".to_owned();
    ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, attachment)], bytes).into_response()
}
