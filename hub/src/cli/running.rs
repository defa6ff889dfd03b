//! The commands that run: the hub itself, and the demo city.

use std::sync::Arc;

use tokio::net::TcpListener;
use tongban_config::settings::{Congestion, HubSettings};
use tongban_node::link::{self, Backoff, LinkSettings, ParentSettings};
use tongban_node::service::ServiceSettings;
use tongban_node::store::StoreSettings;

use super::{Failure, Loaded, say};
use crate::demo::{self, DemoArgs};
use crate::faces::{self, Faces};
use crate::service::Hub;

pub(super) fn store_settings(settings: &HubSettings) -> StoreSettings {
    let store = &settings.node.store;
    StoreSettings { cache_bytes: store.cache.0, reserve_bytes: store.reserve.0 }
}

fn service_settings(settings: &HubSettings) -> ServiceSettings {
    let node = &settings.node;
    let millis =
        |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    ServiceSettings {
        data_dir: node.data_dir.clone(),
        listen: node.link.listen.unwrap_or_else(|| ([0, 0, 0, 0], 7443).into()),
        parents: Some(Vec::new()),
        link: LinkSettings {
            congestion: match node.link.congestion {
                Congestion::Bbr => link::Congestion::Bbr,
                Congestion::Cubic => link::Congestion::Cubic,
                Congestion::NewReno => link::Congestion::NewReno,
            },
            idle_timeout: node.link.idle_timeout,
            keep_alive: node.link.keep_alive,
            ..LinkSettings::default()
        },
        patience: ParentSettings {
            backoff: Backoff {
                pause_ms_min: millis(node.link.retry_min),
                pause_ms_max: millis(node.link.retry_max),
            },
            ..ParentSettings::default()
        },
        store: store_settings(settings),
    }
}

pub(super) fn run(loaded: Loaded) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let settings = &loaded.settings;
        let http = &settings.node.http;
        if !http.listen.ip().is_loopback() && !http.allow_remote {
            return Err(format!("http.listen = {} can be reached from elsewhere; set http.allow_remote = true if that is meant", http.listen).into());
        }
        let listener = TcpListener::bind(http.listen)
            .await
            .map_err(|e| format!("http.listen = {}: {e}; is it in use?", http.listen))?;
        let address = settings.node.link.advertise.as_ref().map(ToString::to_string);
        let hub = Hub::start(
            service_settings(settings),
            loaded.city.clone(),
            address,
            settings.witness.pace,
        )?;
        let page = listener.local_addr()?;
        let link = hub.service.link_address()?;
        let desk = hub.service.desk().clone();
        let faces = Faces::new(desk, hub.city.clone(), settings.coverage.silent_after);
        let tasks = hub.service.tasks().clone();
        hub.service.tasks().spawn("http", async move {
            faces::serve(listener, Arc::new(faces), &tasks).await;
        });
        say(&format!(
            "{}: http://{page} · link {link} · root {}",
            loaded.city.name_zh, hub.fingerprint
        ));
        wait_for_stop().await?;
        hub.service.stop().await;
        Ok(())
    })
}

pub(super) fn demo(args: DemoArgs) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = runtime.block_on(demo::run(args.into()))?;
    if outcome.holds { Ok(()) } else { Err("the city did not become complete".into()) }
}

async fn wait_for_stop() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}
