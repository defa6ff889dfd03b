//! 链路: the page of the machine, what waits on it record by record, and the same over `/api/v1`.
//!
//! What waits is read by [`crate::waiting`]; how it looks is `page`, around what
//! [`super::status`] keeps fresh.

mod page;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use tongban_protocol::time::Timestamp;
use utoipa::{OpenApi, ToSchema};

use super::Rooms;
use super::fault::{Fault, FaultBody};
use super::gate::Clerk;
use super::language::Language;
use super::machine::{LinkLine, NoParentLine};
use crate::cases::instant;
use crate::clock;
use crate::replica::ReplicaError;
use crate::waiting::{
    Asked, CLOCK_APART_MS_MAX, Order, OutageLog, RECORDS_SHOWN_MAX, Waiting, outages, waiting,
};

pub(super) use page::{actions, length, part_of_page};

#[derive(OpenApi)]
#[openapi(paths(show_link, dial_now))]
pub(super) struct Description;

/// What is described.
pub(super) fn router() -> axum::Router<Arc<Rooms>> {
    axum::Router::new()
        .route("/api/v1/link", get(show_link))
        .route("/api/v1/link/dial", post(dial_now))
        .merge(page::router())
}

/// Which waiting records are wanted.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkQuery {
    order: Option<Order>,
    page: Option<u64>,
    count: Option<u64>,
}

impl From<LinkQuery> for Asked {
    fn from(query: LinkQuery) -> Self {
        Self {
            order: query.order.unwrap_or_default(),
            page: query.page.unwrap_or(1),
            count: query.count.unwrap_or(RECORDS_SHOWN_MAX),
        }
    }
}

/// The link of a machine, and what waits for it.
#[derive(Debug, Serialize, ToSchema)]
struct LinkReport {
    /// The machine's clock.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    now: Timestamp,
    /// The links that are up.
    links: Vec<LinkLine>,
    /// Why no centre above is linked; null while one is, and before one was tried.
    no_parent: Option<NoParentLine>,
    /// When a centre above was heard last; null where it is not known.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    last_contact: Option<Timestamp>,
    /// From which difference on a clock is to be put right, in milliseconds.
    clock_apart_ms_max: i64,
    /// What waits for the city's word.
    waiting: Waiting,
    /// When there was no link, or the machine did not run.
    outages: OutageLog,
}

/// Says how the link stands, what waits for it and why, and when it was out.
#[utoipa::path(
    get, path = "/api/v1/link",
    params(
        ("order" = Option<String>, Query, description = "`oldest` first, or `newest`"),
        ("page" = Option<u64>, Query, description = "of the records that wait, from 1"),
        ("count" = Option<u64>, Query, description = "records on a page, at most 50"),
    ),
    responses(
        (status = 200, body = LinkReport), (status = 400, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn show_link(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<LinkQuery>, QueryRejection>,
) -> Result<Json<LinkReport>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let machine = rooms.machine().await?;
    let now = machine.now;
    let asked = rooms.face.desk.ask(move |engine| {
        Ok::<_, ReplicaError>((waiting(engine, query.into())?, outages(engine, now)?))
    });
    let (waiting, outages) = asked.await??;
    Ok(Json(LinkReport {
        now,
        links: machine.links,
        no_parent: machine.no_parent,
        last_contact: machine.last_contact,
        clock_apart_ms_max: CLOCK_APART_MS_MAX,
        waiting,
        outages,
    }))
}

/// Has the centres above dialled at once, instead of when the pause is over.
#[utoipa::path(
    post, path = "/api/v1/link/dial",
    responses((status = 202, description = "it is dialled; see /api/v1/link for what comes of it"))
)]
async fn dial_now(State(rooms): State<Arc<Rooms>>) -> StatusCode {
    rooms.face.desk.dial_now();
    StatusCode::ACCEPTED
}

/// The same for the button of the page.
async fn press_dial(State(rooms): State<Arc<Rooms>>, _: Clerk) -> Redirect {
    rooms.face.desk.dial_now();
    Redirect::to("/link?dialled=1")
}

/// The page with the records that wait.
async fn show_waiting(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(query): Query<PageQuery>,
) -> Response {
    let asked =
        Asked { order: query.order, page: query.page.unwrap_or(1), count: RECORDS_SHOWN_MAX };
    let now = clock::now();
    let read = rooms.face.desk.ask(move |engine| waiting(engine, asked));
    match read.await {
        Ok(Ok(waiting)) => {
            page::list(&rooms.face.name, &waiting, now, (&clerk, language)).into_response()
        }
        Ok(Err(error)) => Fault::from(error).into_response(),
        Err(closed) => Fault::from(closed).into_response(),
    }
}

/// A page's query says more than it needs to: `lang`, for one.
#[derive(Debug, Deserialize)]
struct PageQuery {
    #[serde(default)]
    order: Order,
    page: Option<u64>,
}
