//! Pages and the JSON service of one machine, and what the hub's pages share with them.
//!
//! Everything is served out of the binary; no page asks another host for anything. Handlers call
//! the plain functions of [`crate::cases`] over the service's [`Desk`]. What is **not** here: who
//! may reach the address (that is decided by the settings), and the city's pages.

mod api;
mod counter;
mod description;
mod excuse;
pub mod fault;
pub mod form;
pub mod gate;
pub mod guard;
mod happened;
mod health;
mod imports;
pub mod initials;
mod items;
pub mod language;
mod link;
mod machine;
mod metrics;
mod orders;
pub mod places;
mod posts;
mod queue;
mod records;
mod relays;
pub mod report;
mod samples;
pub mod shell;
mod sign_in;
mod status;
mod stick;
#[cfg(test)]
mod tests;
pub mod upload;
mod watch;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tongban_config::groups::QueueGroup;
use tongban_protocol::place::Division;
use utoipa::openapi::OpenApi;

use self::fault::{Fault, FaultBody};
use self::gate::{Clerk, Gate, gated};
use self::guard::{Hosts, guarded};
use self::health::Health;
use self::language::Language;
use self::shell::{CSS, Door, ICON, ICON_PATH, JAVASCRIPT, STYLE, STYLE_PATH, SVG, Shell, asset};
use self::watch::{LookError, Watch};
use crate::accounts::Accounts;
use crate::report::Lookout;
use crate::service::Desk;
use crate::tasks::Tasks;

pub use api::{Saved, SavedEvent, TakenCase};
pub use counter::{page as desk_page, sorry as desk_sorry};
pub use description::{in_words, openapi};
pub use machine::{IncidentLine, LinkLine, Machine, NoParentLine, OwnEntries};

/// How long open requests may take to end when the service stops.
const DRAIN: Duration = Duration::from_secs(2);

/// Longest body of a request, in bytes: an entry has at most 128 KiB, and JSON may escape.
const BODY_BYTES_MAX: usize = 512 * 1024;

/// Pages that may be kept fresh at the same time; the others work without.
const READERS_MAX: usize = 64;

/// Where an open page of the machine is told of changes.
const EVENTS_PATH: &str = "/link/events";

const SCRIPT_PATH: &str = "/assets/node.js";

/// What the pages of a machine draw from.
#[derive(Clone, Debug)]
pub struct Face {
    /// The running service.
    pub desk: Desk,
    /// What the centre is called.
    pub name: String,
    /// The centre.
    pub centre: Division,
    /// Who may sign in.
    pub accounts: Arc<Accounts>,
    /// Pages that everybody may see; one that ends with `/` stands for all below it.
    pub open: &'static [&'static str],
    /// What stands in the menu besides that of every machine.
    pub more: &'static [Door],
    /// Where the store lies, to say how much of the disk is free.
    pub data_dir: PathBuf,
    /// Describes every route that is served at this address.
    pub description: fn() -> OpenApi,
    /// Knows the centres that reports speak of.
    pub lookout: Arc<dyn Lookout>,
    /// The business groups of the hall.
    pub groups: Vec<QueueGroup>,
}

/// What handlers share.
#[derive(Debug)]
struct Rooms {
    face: Face,
    watch: Arc<Watch>,
    health: Health,
    seats: Arc<Semaphore>,
    gate: Gate,
    /// Passwords are checked one at a time.
    signing_in: Semaphore,
}

impl Face {
    /// The gate before these pages.
    #[must_use]
    pub fn gate(&self) -> Gate {
        Gate {
            accounts: self.accounts.clone(),
            desk: self.desk.clone(),
            centre: self.centre,
            open: self.open,
            more: self.more,
        }
    }
}

impl Rooms {
    async fn machine(&self) -> Result<Machine, Fault> {
        Ok(self.watch.look().await?)
    }
}

impl From<LookError> for Fault {
    fn from(error: LookError) -> Self {
        match error {
            LookError::Closed(closed) => closed.into(),
            LookError::Replica(error) => error.into(),
        }
    }
}

/// Serves a machine's pages and handlers behind the guard until `tasks` is asked to stop.
pub async fn serve(listener: TcpListener, face: Face, hosts: Hosts, tasks: &Tasks) {
    let gate = face.gate();
    let home = Router::new().route("/", get(async || Redirect::to("/desk")));
    let router = home.merge(router(face, tasks));
    serve_router(listener, gated(router, gate), hosts, tasks).await;
}

/// A machine's page, `/api/v1`, `/healthz` and `/metrics`; the hub merges its own with it.
pub fn router(face: Face, tasks: &Tasks) -> Router {
    let watch = Arc::new(Watch::new(face.clone()));
    tasks.spawn("page", watch.clone().run(tasks.stopped()));
    let seats = Arc::new(Semaphore::new(READERS_MAX));
    let (gate, health) = (face.gate(), Health::default());
    let signing_in = Semaphore::new(1);
    let rooms = Arc::new(Rooms { face, watch, health, seats, gate, signing_in });
    Router::new()
        .route("/link", get(show_status))
        .route(EVENTS_PATH, get(follow))
        .route("/api/v1/status", get(api::status))
        .route("/api/v1/cases", get(api::list).post(api::take))
        .route("/api/v1/cases/{id}", get(api::show))
        .route("/api/v1/cases/{id}/events", post(api::record))
        .route("/api/v1/cases/{id}/why", get(api::why))
        .route("/api/v1/cases/{id}/clocks", get(api::clocks))
        .route("/api/v1/cases/{id}/cards", get(api::cards))
        .route("/api/v1/cases/{id}/parts", get(api::parts))
        .route("/api/v1/cases/{id}/progress", get(posts::progress))
        .route("/api/v1/cases/unattended", get(posts::unattended))
        .route("/api/v1/posts", get(posts::list_posts).post(posts::change_post))
        .route("/api/v1/services", get(records::list_services).post(records::begin_service))
        .route("/api/v1/services/count", get(records::count_services))
        .route("/api/v1/services/{id}", get(records::show_service))
        .route("/api/v1/services/{id}/events", post(records::continue_service))
        .route("/api/v1/cards/withdraw", post(api::withdraw_cards))
        .merge(link::router())
        .merge(items::router())
        .merge(orders::router())
        .merge(queue::router())
        .merge(samples::router())
        .merge(relays::router())
        .merge(imports::router())
        .merge(sign_in::router())
        .merge(counter::router())
        .route("/api/v1/carry/out", get(stick::carry_out).post(stick::carry_answer).layer(files()))
        .route("/api/v1/carry/in", post(stick::carry_in).layer(files()))
        .route("/api/v1/backup", get(stick::back_up))
        .route("/api/v1/openapi.json", get(show_description))
        .route("/api/v1/metrics", get(report::metrics))
        .route("/report", get(report::show))
        .route(report::STYLE_PATH, get(async || asset(CSS, include_str!("web/assets/report.css"))))
        .route("/healthz", get(healthz))
        .route("/metrics", get(show_metrics))
        .route(SCRIPT_PATH, get(async || asset(JAVASCRIPT, include_str!("web/assets/node.js"))))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(rooms)
}

/// Serves any pages and handlers behind the guard until `tasks` is asked to stop.
pub async fn serve_router(listener: TcpListener, router: Router, hosts: Hosts, tasks: &Tasks) {
    let shared = Router::new()
        .route(STYLE_PATH, get(async || asset(CSS, STYLE)))
        .route(ICON_PATH, get(async || asset(SVG, ICON)));
    let app = guarded(router.merge(shared).fallback(nothing_here), hosts);
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, app).with_graceful_shutdown(tasks.stopped());
    let late = async {
        tasks.stopped().await;
        tokio::time::sleep(DRAIN).await;
    };
    // Either branch may be dropped half-way: a request that is cut off was answered nothing.
    tokio::select! {
        outcome = async { serving.await } => {
            if let Err(error) = outcome {
                tracing::error!(%error, "pages are no longer served");
            }
        }
        () = late => tracing::info!("pages that were still open were left"),
    }
}

/// The bound of bodies that are files.
fn files() -> DefaultBodyLimit {
    DefaultBodyLimit::max(stick::FILE_BYTES_MAX)
}

async fn nothing_here(uri: axum::http::Uri) -> Fault {
    let path: String = uri.path().chars().take(100).collect();
    if path.starts_with("/api/") {
        return Fault {
            zh: "没有此页面或接口；接口清单见 /api/v1/openapi.json".to_owned(),
            en: "there is no such page or handler; see /api/v1/openapi.json for those there are"
                .to_owned(),
            ..Fault::not_found("path", path)
        };
    }
    Fault {
        zh: "没有这个页面：网址可能输错了，或者该页面没有开放".to_owned(),
        en: "there is no such page: the address may be mistyped, or the page is not open here"
            .to_owned(),
        ..Fault::not_found("path", path)
    }
}

async fn show_status(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    uri: axum::http::Uri,
) -> Response {
    let picture = match rooms.watch.picture().await {
        Ok(picture) => picture,
        Err(error) => return Fault::from(error).into_response(),
    };
    let name = &picture.machine.name;
    let title = match language {
        Language::Chinese => format!("{name} 通办 · 本机状态"),
        Language::English => format!("{name} Tongban · this machine"),
    };
    let was_dialled = uri.query().is_some_and(|query| query.contains("dialled"));
    let is_city = picture.machine.own_entries.at_parent.is_none();
    let actions = (!is_city).then(|| link::actions(&clerk, was_dialled, language));
    let actions = actions.unwrap_or_default();
    let shell = Shell {
        language,
        title: &title,
        styles: &[counter::STYLE_PATH],
        script: Some(SCRIPT_PATH),
        is_live: true,
        links: &[],
        clerk: Some(&clerk),
    };
    shell.page(&status::main(&picture, &actions, EVENTS_PATH, language)).into_response()
}

async fn follow(State(rooms): State<Arc<Rooms>>, language: Language) -> Response {
    let Ok(seat) = rooms.seats.clone().try_acquire_owned() else {
        return Fault::unavailable(format!("{READERS_MAX} pages are followed already"))
            .into_response();
    };
    Sse::new(rooms.watch.stream(language, seat)).keep_alive(KeepAlive::default()).into_response()
}

/// Says `ok` when the engine answers and the store takes writes.
#[utoipa::path(
    get, path = "/healthz",
    responses(
        (status = 200, body = String, content_type = "text/plain"),
        (status = 503, body = String, content_type = "text/plain", description = "what is wrong"),
    )
)]
async fn healthz(State(rooms): State<Arc<Rooms>>) -> Response {
    match rooms.health.check(&rooms.face.desk).await {
        Ok(()) => "ok\n".into_response(),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

/// Gives this document.
#[utoipa::path(
    get, path = "/api/v1/openapi.json", responses((status = 200, body = serde_json::Value))
)]
async fn show_description(State(rooms): State<Arc<Rooms>>) -> Json<OpenApi> {
    Json((rooms.face.description)())
}

/// Gives figures for a monitor, in the format of OpenMetrics.
#[utoipa::path(
    get, path = "/metrics",
    responses(
        (status = 200, body = String, content_type = "application/openmetrics-text"),
        (status = 503, body = FaultBody),
    )
)]
async fn show_metrics(State(rooms): State<Arc<Rooms>>) -> Result<Response, Fault> {
    let machine = rooms.machine().await?;
    Ok(([(CONTENT_TYPE, metrics::CONTENT_TYPE)], metrics::text(&machine)).into_response())
}
