//! The items of a centre over `/api/v1`, and what a publication would do.

use std::sync::Arc;

use axum::Json;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use utoipa::OpenApi;

use super::Rooms;
use super::api::Sent;
use super::fault::{Fault, FaultBody};
use crate::clock;
use crate::publication::{
    Facts, Foreseen, ItemLine, PublishError, PublishLine, PublishWish, RetireWish, foresee_at,
    list, publish_at, retire_at,
};

/// Longest list of items that is taken in, in bytes: a file of facts.
const ITEMS_BYTES_MAX: usize = 16 << 20;

#[derive(OpenApi)]
#[openapi(paths(items, publish, retire, preview))]
pub(super) struct Description;

pub(super) fn router() -> axum::Router<Arc<Rooms>> {
    let long = || DefaultBodyLimit::max(ITEMS_BYTES_MAX);
    axum::Router::new()
        .route("/api/v1/items", get(items))
        .route("/api/v1/items/publish", post(publish).layer(long()))
        .route("/api/v1/items/retire", post(retire))
        .route("/api/v1/facts/preview", post(preview).layer(long()))
}

/// Lists every version of every item that was published.
#[utoipa::path(
    get, path = "/api/v1/items",
    responses((status = 200, body = Vec<ItemLine>), (status = 503, body = FaultBody))
)]
async fn items(State(rooms): State<Arc<Rooms>>) -> Result<Json<Vec<ItemLine>>, Fault> {
    Ok(Json(rooms.face.desk.ask(|engine| list(engine.replica())).await??))
}

/// Publishes items: those without a fault, where they say something new.
#[utoipa::path(
    post, path = "/api/v1/items/publish", request_body = PublishWish,
    responses(
        (status = 200, body = Vec<PublishLine>), (status = 400, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
    )
)]
async fn publish(
    State(rooms): State<Arc<Rooms>>,
    Sent(wish): Sent<PublishWish>,
) -> Result<Json<Vec<PublishLine>>, Fault> {
    Ok(Json(publish_at(&rooms.face.desk, clock::now(), wish).await?))
}

/// Retires an item from a day on.
#[utoipa::path(
    post, path = "/api/v1/items/retire", request_body = RetireWish,
    responses(
        (status = 200, body = RetireWish), (status = 400, body = FaultBody),
        (status = 404, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn retire(
    State(rooms): State<Arc<Rooms>>,
    Sent(wish): Sent<RetireWish>,
) -> Result<Json<RetireWish>, Fault> {
    retire_at(&rooms.face.desk, wish.clone()).await?;
    Ok(Json(wish))
}

/// Says what a publication would do to the open cases held here; nothing is published.
#[utoipa::path(
    post, path = "/api/v1/facts/preview", request_body = Facts,
    responses(
        (status = 200, body = Foreseen), (status = 400, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
    )
)]
async fn preview(
    State(rooms): State<Arc<Rooms>>,
    Sent(facts): Sent<Facts>,
) -> Result<Json<Foreseen>, Fault> {
    Ok(Json(foresee_at(&rooms.face.desk, clock::now(), facts).await?))
}

impl From<PublishError> for Fault {
    fn from(error: PublishError) -> Self {
        let (zh, en) = (error.zh(), error.to_string());
        let place = match error {
            PublishError::Nameless => Self::refused("by", ""),
            PublishError::OwnProposal(by) => Self::refused("by", by),
            PublishError::Text(_) => Self::refused("body", ""),
            PublishError::Calendar(_) => Self::refused("calendar", ""),
            PublishError::Refused(_) => Self::refused("facts", ""),
            PublishError::Rules(_) => Self::refused("rules", ""),
            PublishError::Templates(_) => Self::refused("templates", ""),
            PublishError::City(_) => Self::refused("customs", ""),
            PublishError::Unknown(id) => Self::not_found("id", id.to_string()),
            PublishError::Closed(closed) => return closed.into(),
            PublishError::Replica(error) => return error.into(),
        };
        Self { zh, en, ..place }
    }
}
