//! Relay cards over `/api/v1/relays`; one card is corrected and ended at `/api/v1/services`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use tongban_protocol::document::EventKind;
use utoipa::{OpenApi, ToSchema};

use super::Rooms;
use super::api::Sent;
use super::fault::{Fault, FaultBody};
use super::machine::office_homes;
use crate::clock;
use crate::records::{NewEntry, NewRelay};
use crate::relay::{self, Matched, OpenRelays, RelayCount, Results};

#[derive(OpenApi)]
#[openapi(paths(list_relays, begin_relay, match_relays, count_relays))]
pub(super) struct Description;

pub(super) fn router() -> axum::Router<Arc<Rooms>> {
    axum::Router::new()
        .route("/api/v1/relays", get(list_relays).post(begin_relay))
        .route("/api/v1/relays/match", post(match_relays))
        .route("/api/v1/relays/count", get(count_relays))
}

/// What was entered into an upper system, and by whom.
#[derive(Debug, Deserialize, ToSchema)]
struct RelayWish {
    /// What was entered there.
    #[serde(flatten)]
    relay: NewRelay,
    /// Who entered it.
    by: String,
    /// The case here, by its number or name.
    #[serde(default)]
    link: Option<String>,
}

/// The card that was begun.
#[derive(Debug, Serialize, ToSchema)]
struct BegunRelay {
    /// Its name.
    id: String,
}

/// What to count.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CountQuery {
    period: String,
}

/// Lists the relay cards of this centre whose result is to come, the oldest first.
#[utoipa::path(
    get, path = "/api/v1/relays",
    responses((status = 200, body = OpenRelays), (status = 503, body = FaultBody))
)]
async fn list_relays(State(rooms): State<Arc<Rooms>>) -> Result<Json<OpenRelays>, Fault> {
    Ok(Json(relay::open_at(&rooms.face.desk, clock::now()).await?))
}

/// Begins a relay card; given twice while it is open, it makes one. The answer comes once it is
/// durable here.
#[utoipa::path(
    post, path = "/api/v1/relays", request_body = RelayWish,
    responses(
        (status = 201, body = BegunRelay, description = "saved, durable"),
        (status = 400, body = FaultBody), (status = 422, body = FaultBody),
        (status = 503, body = FaultBody), (status = 507, body = FaultBody),
    )
)]
async fn begin_relay(
    State(rooms): State<Arc<Rooms>>,
    Sent(wish): Sent<RelayWish>,
) -> Result<Response, Fault> {
    let RelayWish { relay, by, link } = wish;
    let entry = NewEntry { relay: Some(relay), link, ..NewEntry::new(EventKind::Relay, by) };
    let id = relay::begin_at(&rooms.face.desk, clock::now(), entry).await?;
    Ok((StatusCode::CREATED, Json(BegunRelay { id: id.to_string() })).into_response())
}

/// Lays results of an upper system beside the open cards, by number; the answer comes once what
/// they closed is durable here.
#[utoipa::path(
    post, path = "/api/v1/relays/match", request_body = Results,
    responses(
        (status = 200, body = Matched), (status = 400, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
        (status = 507, body = FaultBody),
    )
)]
async fn match_relays(
    State(rooms): State<Arc<Rooms>>,
    Sent(said): Sent<Results>,
) -> Result<Json<Matched>, Fault> {
    Ok(Json(relay::match_at(&rooms.face.desk, clock::now(), said).await?))
}

/// Counts the relay cards that were begun in a period, centre by centre.
#[utoipa::path(
    get, path = "/api/v1/relays/count",
    params(("period" = String, Query, description = "a year or a month, such as 2026-11")),
    responses(
        (status = 200, body = Vec<RelayCount>), (status = 400, body = FaultBody),
        (status = 503, body = FaultBody),
    )
)]
async fn count_relays(
    State(rooms): State<Arc<Rooms>>,
    query: Result<Query<CountQuery>, QueryRejection>,
) -> Result<Json<Vec<RelayCount>>, Fault> {
    let Query(query) = query.map_err(|error| Fault::malformed("query", error.body_text()))?;
    let period = query.period.parse().map_err(|what: String| Fault::malformed("period", what))?;
    let counted = rooms.face.desk.ask(move |engine| {
        let homes = office_homes(engine);
        relay::count(engine.replica(), &homes, period)
    });
    Ok(Json(counted.await??))
}
