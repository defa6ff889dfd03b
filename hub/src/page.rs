//! The city's pages: every centre at a glance, and why it has the colour that it has.
//!
//! Rendered from a [`CityPicture`], so that it can be tested without a hub. What is **not** here:
//! any verdict (that is `coverage`), and the status page of the hub's own machine, which is the
//! node's.

mod centre;
mod city;
mod latest;
mod live;
mod picture;
mod table;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::{Path, Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use maud::html;
use serde::Serialize;
use tokio::sync::Semaphore;
use tongban_node::web::fault::{Fault, FaultBody};
use tongban_node::web::gate::{Anybody, Clerk};
use tongban_node::web::language::Language;
use tongban_node::web::shell::{CSS, JAVASCRIPT, Shell, asset};
use tongban_protocol::place::Division;

use self::latest::Latest;

pub use centre::centre_page;
pub use city::city_page;
pub use picture::{
    CityPicture, Counts, CountyRow, Detail, Drawing, IncidentLine, Note, PictureSource, Tile,
    Unavailable, VerdictWord,
};
pub use table::{Asked as TableAsked, table_page};

/// Pages that may be kept fresh at the same time; the others work without.
const READERS_MAX: usize = 64;

const STYLE_PATH: &str = "/assets/city.css";
const SCRIPT_PATH: &str = "/assets/city.js";

/// The stylesheet of the pages of those who work with cases.
const DESK_STYLE_PATH: &str = "/assets/counter.css";

/// What the pages share: the picture that was drawn last.
#[derive(Clone, Debug)]
pub struct Pages {
    latest: Arc<Latest>,
    seats: Arc<Semaphore>,
}

impl Pages {
    /// Pages that draw from a source.
    #[must_use]
    pub fn new(source: Arc<dyn PictureSource>) -> Self {
        let latest = Arc::new(Latest::new(source));
        Self { latest, seats: Arc::new(Semaphore::new(READERS_MAX)) }
    }

    /// The city as it was less than a second ago.
    pub(crate) async fn picture(&self) -> Result<Arc<CityPicture>, Unavailable> {
        self.latest.picture().await
    }
}

/// What `/api/v1/coverage` answers.
#[derive(Serialize)]
struct CoverageBody<'a> {
    counts: Counts,
    #[serde(flatten)]
    picture: &'a CityPicture,
}

/// The city's pages, at `/`, `/centres`, `/centres/{division}`, `/events` and `/api/v1/coverage`.
pub fn router(pages: Pages) -> Router {
    Router::new()
        .route("/", get(show_city))
        .route("/centres", get(show_table))
        .route("/centres/{division}", get(show_centre))
        .route("/events", get(follow))
        .route("/api/v1/coverage", get(coverage))
        .route(STYLE_PATH, get(async || asset(CSS, include_str!("page/assets/city.css"))))
        .route(SCRIPT_PATH, get(async || asset(JAVASCRIPT, include_str!("page/assets/city.js"))))
        .with_state(pages)
}

async fn show_city(
    State(pages): State<Pages>,
    Anybody(clerk): Anybody,
    language: Language,
) -> Response {
    match pages.latest.picture().await {
        Ok(picture) => Html(city_page(&picture, clerk.as_ref(), language)).into_response(),
        Err(error) => sorry(language, StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    }
}

async fn show_table(
    State(pages): State<Pages>,
    Anybody(clerk): Anybody,
    language: Language,
    Query(asked): Query<TableAsked>,
) -> Response {
    match pages.latest.picture().await {
        Ok(picture) => Html(table_page(&picture, &asked, clerk.as_ref(), language)).into_response(),
        Err(error) => sorry(language, StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    }
}

async fn show_centre(
    State(pages): State<Pages>,
    Anybody(clerk): Anybody,
    Path(division): Path<String>,
    language: Language,
) -> Response {
    let picture = match pages.latest.picture().await {
        Ok(picture) => picture,
        Err(error) => {
            return sorry(language, StatusCode::SERVICE_UNAVAILABLE, &error.to_string());
        }
    };
    let tile = division.parse::<Division>().ok().and_then(|division| picture.tile(division));
    match tile {
        Some(tile) => Html(centre_page(&picture, tile, clerk.as_ref(), language)).into_response(),
        None => {
            let shown: String = division.chars().take(40).collect();
            let why = match language {
                Language::Chinese => format!("本市没有区划代码为“{shown}”的中心；请从总览进入。"),
                Language::English => format!(
                    "this city has no centre of division `{shown}`; choose one from the overview"
                ),
            };
            sorry(language, StatusCode::NOT_FOUND, &why)
        }
    }
}

async fn follow(
    State(pages): State<Pages>,
    RawQuery(query): RawQuery,
    language: Language,
) -> Response {
    let Ok(seat) = pages.seats.clone().try_acquire_owned() else {
        return Fault::unavailable(format!("{READERS_MAX} pages are followed already"))
            .into_response();
    };
    let query = query.unwrap_or_default();
    let mark = query.split('&').find_map(|pair| pair.strip_prefix("mark=")).unwrap_or_default();
    let events = live::stream(pages.latest, language, mark.to_owned(), seat);
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

/// Gives what the city's page shows.
#[utoipa::path(
    get, path = "/api/v1/coverage",
    responses((status = 200, body = serde_json::Value), (status = 503, body = FaultBody))
)]
pub(crate) async fn coverage(State(pages): State<Pages>) -> Result<Response, Fault> {
    let picture =
        pages.latest.picture().await.map_err(|error| Fault::unavailable(error.to_string()))?;
    Ok(Json(CoverageBody { counts: picture.counts(), picture: &picture }).into_response())
}

/// The stylesheets of a page that everybody may see; who is signed in gets the menu, too.
const fn styles_for(clerk: Option<&Clerk>) -> &'static [&'static str] {
    match clerk {
        Some(_) => &[STYLE_PATH, DESK_STYLE_PATH],
        None => &[STYLE_PATH],
    }
}

fn sorry(language: Language, status: StatusCode, why: &str) -> Response {
    let shell = Shell {
        language,
        title: language.say("无法显示", "Cannot be shown"),
        styles: &[],
        script: None,
        is_live: false,
        links: &[("/", language.say("覆盖总览", "coverage"))],
        clerk: None,
    };
    (status, shell.page(&html! { p { (why) } })).into_response()
}
