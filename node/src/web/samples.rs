//! The city's draws over `/api/v1`, as every machine can compute them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::routing::get;
use utoipa::OpenApi;

use super::Rooms;
use super::fault::{Fault, FaultBody};
use crate::samples::{self, DrawDetail, DrawnCase, SampleError};

#[derive(OpenApi)]
#[openapi(paths(list, drawn))]
pub(super) struct Description;

pub(super) fn router() -> axum::Router<Arc<Rooms>> {
    axum::Router::new()
        .route("/api/v1/samples", get(list))
        .route("/api/v1/samples/{id}/drawn", get(drawn))
}

impl From<SampleError> for Fault {
    fn from(error: SampleError) -> Self {
        let en = error.to_string();
        match error {
            SampleError::NotFound(id) => Self { en, ..Self::not_found("id", id) },
            SampleError::NotAllowed { fault } => Self::ruled("body", fault.zh(), fault.to_string()),
            SampleError::Unlawful { fault } => Self::ruled("body", fault.zh(), fault.to_string()),
            SampleError::NotShown(_) | SampleError::Seed => {
                Self { en, ..Self::refused("seed", "") }
            }
            SampleError::NotDrawn(case) => Self { en, ..Self::refused("case", case) },
            SampleError::Nameless => Self { en, ..Self::refused("by", "") },
            SampleError::Replica(error) => error.into(),
            SampleError::Closed(closed) => closed.into(),
        }
    }
}

/// Lists the draws that the city announced, the newest first.
#[utoipa::path(
    get, path = "/api/v1/samples",
    responses((status = 200, body = Vec<DrawDetail>), (status = 503, body = FaultBody))
)]
async fn list(State(rooms): State<Arc<Rooms>>) -> Result<Json<Vec<DrawDetail>>, Fault> {
    Ok(Json(rooms.face.desk.ask(|engine| samples::list(engine.replica())).await??))
}

/// Gives the cases that were drawn of those held here.
#[utoipa::path(
    get, path = "/api/v1/samples/{id}/drawn", params(("id" = String, Path)),
    responses(
        (status = 200, body = Vec<DrawnCase>), (status = 404, body = FaultBody),
        (status = 422, body = FaultBody, description = "the seed is not shown yet"),
        (status = 503, body = FaultBody),
    )
)]
async fn drawn(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
) -> Result<Json<Vec<DrawnCase>>, Fault> {
    let homes = rooms.face.desk.ask(|engine| samples::homes(engine.replica())).await?;
    let mut all = Vec::new();
    // One home at a time, so that the counter is not kept waiting.
    for home in homes {
        let id = id.clone();
        let asked = rooms.face.desk.ask(move |engine| samples::drawn(engine.replica(), &id, home));
        all.extend(asked.await??);
    }
    Ok(Json(all))
}
