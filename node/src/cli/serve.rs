//! `run`: the service until somebody stops it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tongban_config::settings::{Log, LogFormat, LogLevel, NodeSettings};
use tracing_subscriber::EnvFilter;

use super::join::{HubAddress, renew_papers};
use super::settings::service_settings;
use super::{CliError, out};
use crate::accounts::Accounts;
use crate::entropy;
use crate::membership::Membership;
use crate::report::Alone;
use crate::service::Service;
use crate::web::guard::Hosts;
use crate::web::{self, Face};

pub(super) fn run(settings: &NodeSettings) -> Result<(), CliError> {
    start_logging(&settings.log);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(CliError::Runtime)?;
    runtime.block_on(serve(settings))
}

/// Logs to the standard error, as the settings say; foreign crates only from warnings on.
pub fn start_logging(log: &Log) {
    let level = match log.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "debug",
        LogLevel::Trace => "trace",
    };
    let others = if log.level == LogLevel::Error { "error" } else { "warn" };
    let filter = EnvFilter::new(format!(
        "{others},tongban_protocol={level},tongban_config={level},tongban_node={level},\
         tongban_hub={level}"
    ));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // A program that embeds this one may log already; its choice stands.
    let _ = match log.format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().try_init(),
    };
}

async fn serve(settings: &NodeSettings) -> Result<(), CliError> {
    let address = settings.http.listen;
    let listen = |source| CliError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(CliError::Runtime)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(CliError::Runtime)?;
    let service = Service::start(service_settings(settings), None, None)?;
    let membership = Membership::load(&settings.data_dir)?;
    let accounts = Accounts::open(&settings.data_dir, &mut entropy::generator()?)?;
    let accounts = Arc::new(accounts);
    let face = Face {
        desk: service.desk().clone(),
        centre: membership.member()?.centre(),
        name: membership.welcome.name,
        accounts: accounts.clone(),
        open: &["/report"],
        more: &[],
        data_dir: settings.data_dir.clone(),
        description: web::openapi,
        lookout: Arc::new(Alone),
        groups: settings.queue_groups.clone(),
    };
    let tasks = service.tasks().clone();
    service.tasks().spawn("http", async move {
        web::serve(listener, face, Hosts::new(address, Vec::new()), &tasks).await;
    });
    service.tasks().spawn("renewal", keep_renewed(settings.clone(), service.tasks().stopped()));
    if let Some(code) = accounts.first_code() {
        out::line(format!("first use (首次使用): http://{address}/welcome/{code}"))?;
    }
    // Last: whoever started the service may read no further.
    out::line(format!("http://{address}  link {}", service.link_address()?))?;
    // Both may be dropped half-way: a signal is an edge, and either is enough.
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    service.stop().await;
    Ok(())
}

/// Asks for fresh papers at each start and then daily, for certificates end and addresses change.
async fn keep_renewed(settings: NodeSettings, stopped: impl Future<Output = ()>) {
    let renew = async {
        let mut daily = tokio::time::interval(RENEWAL_PAUSE);
        loop {
            daily.tick().await;
            let hub = HubAddress::OfPapers(settings.link.parents.last());
            let advertise = settings.link.advertise.as_ref().map(ToString::to_string);
            match renew_papers(&settings.data_dir, advertise, hub).await {
                Ok(fresh) => tracing::info!(parents = ?fresh.welcome.parents, "papers renewed"),
                Err(error) => tracing::info!(%error, "the papers could not be renewed yet"),
            }
        }
    };
    // The papers are written whole or not at all, so it may be dropped half-way.
    tokio::select! {
        () = stopped => {}
        () = renew => {}
    }
}

/// Time between two renewals of papers.
const RENEWAL_PAUSE: Duration = Duration::from_hours(24);

/// Threads for links and pages; the engine has its own.
const WORKERS: usize = 2;
