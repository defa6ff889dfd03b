//! What the office does with samples, over `/api/v1`.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use tongban_node::clock;
use tongban_node::samples::{self as drawn, AnnounceWish, CheckWish};
use tongban_node::web::fault::{Fault, FaultBody};
use utoipa::OpenApi;

use super::Faces;
use crate::samples::{self, DrawName, RevealWish, SeedError};

#[derive(OpenApi)]
#[openapi(paths(announce, reveal, check))]
struct Description;

pub(super) fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) fn router(faces: Arc<Faces>) -> Router {
    Router::new()
        .route("/api/v1/samples/announce", post(announce))
        .route("/api/v1/samples/{id}/reveal", post(reveal))
        .route("/api/v1/samples/{id}/check", post(check))
        .with_state(faces)
}

/// Announces a draw: makes a seed, keeps it beside the store, and publishes its hash.
#[utoipa::path(
    post, path = "/api/v1/samples/announce", request_body = AnnounceWish,
    responses(
        (status = 200, body = DrawName), (status = 400, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
    )
)]
async fn announce(
    State(faces): State<Arc<Faces>>,
    body: Result<Json<AnnounceWish>, JsonRejection>,
) -> Result<Json<DrawName>, Fault> {
    let wish = sent(body)?;
    let (now, dir) = (clock::now(), faces.data_dir.clone());
    let staged =
        faces.desk.stage(move |replica, rng| samples::announce(replica, now, rng, (&dir, wish)));
    Ok(Json(staged.await?.0))
}

/// Shows the seed of a draw; from then on everybody draws the same.
#[utoipa::path(
    post, path = "/api/v1/samples/{id}/reveal", params(("id" = String, Path)),
    request_body = RevealWish,
    responses(
        (status = 200, body = DrawName), (status = 400, body = FaultBody),
        (status = 404, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn reveal(
    State(faces): State<Arc<Faces>>,
    Path(id): Path<String>,
    body: Result<Json<RevealWish>, JsonRejection>,
) -> Result<Json<DrawName>, Fault> {
    let wish = sent(body)?;
    let (now, dir) = (clock::now(), faces.data_dir.clone());
    let staged =
        faces.desk.stage(move |replica, _| samples::reveal(replica, now, (&dir, &id), wish));
    Ok(Json(staged.await?.0))
}

/// Says what somebody found in a case that was drawn.
#[utoipa::path(
    post, path = "/api/v1/samples/{id}/check", params(("id" = String, Path)),
    request_body = CheckWish,
    responses(
        (status = 200, body = DrawName), (status = 400, body = FaultBody),
        (status = 404, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn check(
    State(faces): State<Arc<Faces>>,
    Path(id): Path<String>,
    body: Result<Json<CheckWish>, JsonRejection>,
) -> Result<Json<DrawName>, Fault> {
    let wish = sent(body)?;
    let (now, draw) = (clock::now(), id.clone());
    let staged = faces.desk.stage(move |replica, _| drawn::check(replica, now, &draw, wish));
    staged.await?;
    Ok(Json(DrawName { id }))
}

fn sent<T>(body: Result<Json<T>, JsonRejection>) -> Result<T, Fault> {
    body.map(|Json(sent)| sent).map_err(|error| Fault::malformed("body", error.body_text()))
}

impl From<SeedError> for Fault {
    fn from(error: SeedError) -> Self {
        let en = error.to_string();
        match error {
            SeedError::Keep(_) => Self::unavailable(en),
            SeedError::Lost(path) => {
                let zh = "本机没有保存此抽查的种子；请填写当时抄下的种子".to_owned();
                Self { zh, en, ..Self::refused("seed", path) }
            }
            SeedError::Sample(error) => error.into(),
            SeedError::Replica(error) => error.into(),
            SeedError::Closed(closed) => closed.into(),
        }
    }
}
