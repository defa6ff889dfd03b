//! Supervision orders over `/api/v1`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use utoipa::OpenApi;

use super::Rooms;
use super::api::{Saved, Sent, saved};
use super::fault::{Fault, FaultBody};
use super::machine::office_homes;
use crate::clock;
use crate::orders::{self, NewOrder, OrderDetail, OrderDueDetail, OrderError, OrderStep, parse_id};

#[derive(OpenApi)]
#[openapi(paths(issue, list, due, show, record))]
pub(super) struct Description;

pub(super) fn router() -> axum::Router<Arc<Rooms>> {
    axum::Router::new()
        .route("/api/v1/orders", get(list).post(issue))
        .route("/api/v1/orders/due", get(due))
        .route("/api/v1/orders/{id}", get(show))
        .route("/api/v1/orders/{id}/events", post(record))
}

/// Which orders.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    all: Option<bool>,
}

impl From<OrderError> for Fault {
    fn from(error: OrderError) -> Self {
        let what = error.to_string();
        match error {
            OrderError::NotFound(id) => Self { en: what, ..Self::not_found("id", id) },
            OrderError::NoSuchCard { .. } => {
                let zh = "本机没有此办件，或其中没有已发且有效的这张牌".to_owned();
                Self { zh, en: what, ..Self::refused("case", "") }
            }
            OrderError::NotAllowed { fault } => Self::ruled("body", fault.zh(), fault.to_string()),
            OrderError::Moved => {
                let zh = "此页打开后本督办有了新记录；请看过再办".to_owned();
                Self { zh, en: what, ..Self::refused("seen", "") }
            }
            OrderError::Nameless => {
                let zh = "督办须写明经办人姓名".to_owned();
                Self { zh, en: what, ..Self::refused("by", "") }
            }
            OrderError::Replica(error) => error.into(),
            OrderError::Closed(closed) => closed.into(),
        }
    }
}

/// Gives an order to a centre below; the answer comes once it is durable on this machine.
#[utoipa::path(
    post, path = "/api/v1/orders", request_body = NewOrder,
    responses(
        (status = 201, body = Saved, description = "saved, durable"),
        (status = 400, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody), (status = 507, body = FaultBody),
    )
)]
async fn issue(
    State(rooms): State<Arc<Rooms>>,
    Sent(wish): Sent<NewOrder>,
) -> Result<Response, Fault> {
    let now = clock::now();
    let staged = rooms.face.desk.stage(move |replica, rng| orders::issue(replica, now, rng, wish));
    let (id, appended) = staged.await?;
    Ok((StatusCode::CREATED, Json(saved(id, appended))).into_response())
}

/// Lists the orders that this machine holds, by last day.
#[utoipa::path(
    get, path = "/api/v1/orders",
    params(("all" = Option<bool>, Query, description = "those that are closed as well")),
    responses(
        (status = 200, body = Vec<OrderDetail>), (status = 400, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn list(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Json<Vec<OrderDetail>>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let with_closed = query.all.unwrap_or(false);
    let asked = rooms.face.desk.ask(move |engine| {
        let homes = office_homes(engine);
        orders::list(engine.replica(), &homes, clock::now(), with_closed)
    });
    Ok(Json(asked.await??))
}

/// Says which orders the cards held here call for as of today.
#[utoipa::path(
    get, path = "/api/v1/orders/due",
    responses((status = 200, body = Vec<OrderDueDetail>), (status = 503, body = FaultBody))
)]
async fn due(State(rooms): State<Arc<Rooms>>) -> Result<Json<Vec<OrderDueDetail>>, Fault> {
    let asked = rooms.face.desk.ask(move |engine| {
        let homes = office_homes(engine);
        orders::due(engine.replica(), &homes, clock::now())
    });
    Ok(Json(asked.await??))
}

/// Gives one order in full.
#[utoipa::path(
    get, path = "/api/v1/orders/{id}", params(("id" = String, Path)),
    responses((status = 200, body = OrderDetail), (status = 404, body = FaultBody))
)]
async fn show(
    State(rooms): State<Arc<Rooms>>,
    Path(text): Path<String>,
) -> Result<Json<OrderDetail>, Fault> {
    let id = parse_id(&text)?;
    let asked = rooms.face.desk.ask(move |engine| orders::show(engine.replica(), id, clock::now()));
    Ok(Json(asked.await??.ok_or(OrderError::NotFound(text))?))
}

/// Answers an order, sends it back or closes it; the answer comes once it is durable here.
#[utoipa::path(
    post, path = "/api/v1/orders/{id}/events", params(("id" = String, Path)),
    request_body = OrderStep,
    responses(
        (status = 201, body = Saved, description = "saved, durable"),
        (status = 400, body = FaultBody), (status = 404, body = FaultBody),
        (status = 422, body = FaultBody, description = "not allowed from where the order stands"),
        (status = 503, body = FaultBody), (status = 507, body = FaultBody),
    )
)]
async fn record(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
    Sent(step): Sent<OrderStep>,
) -> Result<Response, Fault> {
    let (id, now) = (parse_id(&id)?, clock::now());
    let staged = rooms.face.desk.stage(move |replica, _| orders::record(replica, now, id, step));
    let (id, appended) = staged.await?;
    Ok((StatusCode::CREATED, Json(saved(id, appended))).into_response())
}
