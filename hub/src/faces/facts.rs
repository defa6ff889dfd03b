//! What the office publishes of a running hub's facts besides items, over `/api/v1`.

use std::sync::Arc;

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::routing::post;
use axum::{Json, Router};
use tongban_node::clock;
use tongban_node::web::fault::{Fault, FaultBody};
use utoipa::OpenApi;

use super::Faces;
use crate::publication::{FactsWish, PublishedFacts, publish_facts_at};

#[derive(OpenApi)]
#[openapi(paths(declare))]
struct Description;

pub(super) fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) fn router(faces: Arc<Faces>) -> Router {
    Router::new().route("/api/v1/facts/publish", post(declare)).with_state(faces)
}

/// Publishes years of the calendar and rules of supervision, where they say something new.
#[utoipa::path(
    post, path = "/api/v1/facts/publish", request_body = FactsWish,
    responses(
        (status = 200, body = PublishedFacts), (status = 400, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
    )
)]
async fn declare(
    State(faces): State<Arc<Faces>>,
    body: Result<Json<FactsWish>, JsonRejection>,
) -> Result<Json<PublishedFacts>, Fault> {
    let Json(wish) = body.map_err(|error| Fault::malformed("body", error.body_text()))?;
    Ok(Json(publish_facts_at(&faces.desk, clock::now(), wish).await?))
}
