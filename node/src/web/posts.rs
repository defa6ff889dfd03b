//! Posts, the cases on which nobody works, and what an owner is told, over `/api/v1`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Rooms;
use super::api::{Sent, case_id};
use super::fault::{Fault, FaultBody};
use super::machine::office_homes;
use crate::cases::{self, CaseError, CaseProgress};
use crate::clock;
use crate::posts::{self, PostDetail, PostError, PostWish, Unattended};

/// What became of a post.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
pub(crate) struct Changed {
    /// The open cases that went over with it, by their names.
    pub(crate) cases: Vec<String>,
}

impl From<PostError> for Fault {
    fn from(error: PostError) -> Self {
        let what = error.to_string();
        match error {
            PostError::Unlawful(fault) => Self::ruled("kind", fault.zh(), fault.to_string()),
            PostError::Successor(vacancy) => Self::ruled("to", vacancy.zh(), vacancy.to_string()),
            PostError::NoLease => Self::refused("until", what),
            PostError::Nameless(field) => Self::refused(field, what),
            PostError::Name { field, error } => Self::ruled(field, error.zh(), error.to_string()),
            PostError::Replica(error) => error.into(),
            PostError::Closed(closed) => closed.into(),
        }
    }
}

/// Lists the posts of this centre and of those below it.
#[utoipa::path(
    get, path = "/api/v1/posts",
    responses((status = 200, body = Vec<PostDetail>), (status = 503, body = FaultBody))
)]
pub(super) async fn list_posts(
    State(rooms): State<Arc<Rooms>>,
) -> Result<Json<Vec<PostDetail>>, Fault> {
    let now = clock::now();
    let listed = rooms.face.desk.ask(move |engine| {
        let homes = office_homes(engine);
        posts::list(engine.replica(), &homes, now)
    });
    Ok(Json(listed.await??))
}

/// Appoints somebody of this centre, marks them away or back, or ends a post.
#[utoipa::path(
    post, path = "/api/v1/posts", request_body = PostWish,
    responses(
        (status = 201, body = Changed, description = "saved, durable"),
        (status = 400, body = FaultBody), (status = 413, body = FaultBody),
        (status = 422, body = FaultBody), (status = 503, body = FaultBody),
        (status = 507, body = FaultBody),
    )
)]
pub(super) async fn change_post(
    State(rooms): State<Arc<Rooms>>,
    Sent(wish): Sent<PostWish>,
) -> Result<Response, Fault> {
    let cases = posts::change_at(&rooms.face.desk, clock::now(), wish).await?;
    Ok((StatusCode::CREATED, Json(Changed { cases })).into_response())
}

/// Lists the open cases on which nobody works, the longest waiting first.
#[utoipa::path(
    get, path = "/api/v1/cases/unattended",
    responses((status = 200, body = Unattended), (status = 503, body = FaultBody))
)]
pub(super) async fn unattended(State(rooms): State<Arc<Rooms>>) -> Result<Json<Unattended>, Fault> {
    let now = clock::now();
    let found = rooms.face.desk.ask(move |engine| {
        let homes = office_homes(engine);
        posts::unattended(engine.replica(), &homes, now)
    });
    Ok(Json(found.await??))
}

/// Tells the owner of a case what was done, what comes next, and both last days.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/progress", params(("id" = String, Path)),
    responses((status = 200, body = CaseProgress), (status = 404, body = FaultBody))
)]
pub(super) async fn progress(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
) -> Result<Json<CaseProgress>, Fault> {
    let id = case_id(&id)?;
    let now = clock::now();
    let told = rooms.face.desk.ask(move |engine| cases::progress(engine.replica(), id, now));
    Ok(Json(told.await??.ok_or(CaseError::NotFound(id))?))
}
