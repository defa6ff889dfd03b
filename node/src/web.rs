//! Pages and the JSON service of one machine, and what the hub's pages share with them.

pub mod fault;
pub mod guard;
pub mod language;
pub mod shell;

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use self::guard::{Hosts, guarded};
use self::shell::{CSS, STYLE, STYLE_PATH, asset};
use crate::tasks::Tasks;

/// How long open requests may take to end when the service stops.
const DRAIN: Duration = Duration::from_secs(2);

/// Serves pages and handlers behind the guard until `tasks` is asked to stop.
pub async fn serve_router(listener: TcpListener, router: Router, hosts: Hosts, tasks: &Tasks) {
    let style = Router::new().route(STYLE_PATH, get(async || asset(CSS, STYLE)));
    let app = guarded(router.merge(style), hosts);
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
