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
    CASES_AT_ONCE, Facts, FactsWish, Foreseen, ItemLine, Preview, PublishError, PublishLine,
    PublishWish, PublishedFacts, RetireWish, list, prepare, prepare_facts, prepare_retirement,
    write,
};

/// Longest list of items that is taken in, in bytes: a file of facts.
const ITEMS_BYTES_MAX: usize = 16 << 20;

#[derive(OpenApi)]
#[openapi(paths(items, publish, retire, preview, declare))]
struct Description;

pub(super) fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) fn router(faces: Arc<Faces>) -> Router {
    Router::new()
        .route("/api/v1/items", get(items))
        .route("/api/v1/items/publish", post(publish).layer(DefaultBodyLimit::max(ITEMS_BYTES_MAX)))
        .route("/api/v1/items/retire", post(retire))
        .route("/api/v1/facts/preview", post(preview).layer(DefaultBodyLimit::max(ITEMS_BYTES_MAX)))
        .route("/api/v1/facts/publish", post(declare).layer(DefaultBodyLimit::max(ITEMS_BYTES_MAX)))
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

/// Says what a publication would do to the open cases held here; nothing is published.
#[utoipa::path(
    post, path = "/api/v1/facts/preview", request_body = Facts,
    responses(
        (status = 200, body = Foreseen), (status = 400, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
    )
)]
async fn preview(
    State(faces): State<Arc<Faces>>,
    body: Result<Json<Facts>, JsonRejection>,
) -> Result<Json<Foreseen>, Fault> {
    let Json(facts) = body.map_err(|error| Fault::malformed("body", error.body_text()))?;
    let now = clock::now();
    let begun = faces.desk.ask(move |engine| Preview::begin(engine.replica(), now, facts));
    let (mut preview, cases) = begun.await??;
    for ids in cases.chunks(CASES_AT_ONCE) {
        let ids = ids.to_vec();
        let looked = faces.desk.ask(move |engine| {
            let outcome = preview.look(engine.replica(), &ids);
            outcome.map(|()| preview)
        });
        preview = looked.await??;
    }
    Ok(Json(preview.finish()))
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
    let now = clock::now();
    let asked = faces.desk.ask(move |engine| prepare_facts(engine.replica(), now, wish));
    let (published, sheets) = asked.await??;
    for sheet in sheets {
        faces.desk.write(move |replica, _| write(replica, now, sheet)).await?;
    }
    Ok(Json(published))
}

impl From<PublishError> for Fault {
    fn from(error: PublishError) -> Self {
        let en = error.to_string();
        match error {
            PublishError::Nameless => {
                let zh = "发布、停用须写明两个人的姓名：拟稿人与审核人".to_owned();
                Self { zh, en, ..Self::refused("by", "") }
            }
            PublishError::OwnProposal(by) => {
                let zh = "拟稿人不能审核自己的拟稿（四眼原则），请由他人审核".to_owned();
                Self { zh, en, ..Self::refused("by", by) }
            }
            PublishError::Calendar(_) => {
                Self { zh: format!("日历有误：{en}"), en, ..Self::refused("calendar", "") }
            }
            PublishError::Rules(_) => {
                Self { zh: format!("监察规则有误：{en}"), en, ..Self::refused("rules", "") }
            }
            PublishError::Templates(_) => {
                Self {
                    zh: format!("并联方案有误：{en}"), en, ..Self::refused("templates", "")
                }
            }
            PublishError::City(_) => {
                Self {
                    zh: format!("城市设置有误：{en}"), en, ..Self::refused("customs", "")
                }
            }
            PublishError::Unknown(id) => {
                let zh = "本中心当日没有此事项；清单见 /api/v1/items".to_owned();
                Self { zh, en, ..Self::not_found("id", id.to_string()) }
            }
            PublishError::Replica(error) => error.into(),
        }
    }
}
