//! What the office does with the catalogue of a running hub, over `/api/v1`.

use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::routing::{get, post};
use axum::{Json, Router};
use tongban_node::clock;
use tongban_node::web::fault::{Fault, FaultBody};
use utoipa::OpenApi;

use super::Faces;
use crate::publication::{
    ItemLine, PublishError, PublishLine, PublishWish, RetireWish, list, prepare,
    prepare_retirement, write,
};

/// Longest list of items that is taken in, in bytes: a file of facts.
const ITEMS_BYTES_MAX: usize = 16 << 20;

#[derive(OpenApi)]
#[openapi(paths(items, publish, retire))]
struct Description;

pub(super) fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) fn router(faces: Arc<Faces>) -> Router {
    Router::new()
        .route("/api/v1/items", get(items))
        .route("/api/v1/items/publish", post(publish).layer(DefaultBodyLimit::max(ITEMS_BYTES_MAX)))
        .route("/api/v1/items/retire", post(retire))
        .with_state(faces)
}

/// Lists every version of every item that was published.
#[utoipa::path(
    get, path = "/api/v1/items",
    responses((status = 200, body = Vec<ItemLine>), (status = 503, body = FaultBody))
)]
async fn items(State(faces): State<Arc<Faces>>) -> Result<Json<Vec<ItemLine>>, Fault> {
    Ok(Json(faces.desk.ask(|engine| list(engine.replica())).await??))
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
    State(faces): State<Arc<Faces>>,
    body: Result<Json<PublishWish>, JsonRejection>,
) -> Result<Json<Vec<PublishLine>>, Fault> {
    let Json(wish) = body.map_err(|error| Fault::malformed("body", error.body_text()))?;
    let now = clock::now();
    let asked = faces.desk.ask(move |engine| prepare(engine.replica(), now, wish));
    let (lines, sheets) = asked.await??;
    for sheet in sheets {
        faces.desk.write(move |replica, _| write(replica, now, sheet)).await?;
    }
    Ok(Json(lines))
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
    State(faces): State<Arc<Faces>>,
    body: Result<Json<RetireWish>, JsonRejection>,
) -> Result<Json<RetireWish>, Fault> {
    let Json(wish) = body.map_err(|error| Fault::malformed("body", error.body_text()))?;
    let asked = wish.clone();
    let asked = faces.desk.ask(move |engine| prepare_retirement(engine.replica(), &asked));
    let sheet = asked.await??;
    faces.desk.write(move |replica, _| write(replica, clock::now(), sheet)).await?;
    Ok(Json(wish))
}

impl From<PublishError> for Fault {
    fn from(error: PublishError) -> Self {
        let en = error.to_string();
        match error {
            PublishError::Nameless => {
                let zh = "发布、停用须写明经办人姓名".to_owned();
                Self { zh, en, ..Self::refused("by", "") }
            }
            PublishError::Unknown(id) => {
                let zh = "本中心当日没有此事项；清单见 /api/v1/items".to_owned();
                Self { zh, en, ..Self::not_found("id", id.to_string()) }
            }
            PublishError::Replica(error) => error.into(),
        }
    }
}
