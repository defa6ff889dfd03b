//! The commands that run: the hub itself, and the demo city.

use std::sync::Arc;

use tokio::net::TcpListener;
use tongban_node::accounts::Accounts;
use tongban_node::cli::{service_settings, start_logging};
use tongban_node::entropy;

use super::{Failure, Loaded, say};
use crate::demo::{self, DemoArgs};
use crate::faces::{self, Faces};
use crate::service::Hub;
use crate::words::Language;

pub(super) fn run(loaded: Loaded) -> Result<(), Failure> {
    start_logging(&loaded.settings.node.log);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let settings = &loaded.settings;
        let http = &settings.node.http;
        let listener = TcpListener::bind(http.listen).await.map_err(|e| {
            format!(
                "TCP address {} cannot be opened: {e}; choose a free one as http.listen",
                http.listen
            )
        })?;
        let address = settings.node.link.advertise.as_ref().map(ToString::to_string);
        let hub = Hub::start(
            service_settings(&settings.node),
            loaded.city.clone(),
            address.clone(),
            settings.witness.pace,
        )?;
        let page = listener.local_addr()?;
        let link = hub.service.link_address()?;
        let desk = hub.service.desk().clone();
        let data_dir = settings.node.data_dir.clone();
        let silent_after = settings.coverage.silent_after;
        let accounts = Accounts::open(&data_dir, &mut entropy::generator()?)?;
        let accounts = Arc::new(accounts);
        let city = hub.city.clone();
        let faces = Faces::new(desk, data_dir, accounts.clone(), city, silent_after);
        let is_known = address.is_some() || !link.ip().is_unspecified();
        let faces = match address {
            Some(address) => faces.with_address(address),
            None if is_known => faces.with_address(link.to_string()),
            None => faces,
        };
        let faces = faces.with_groups(settings.node.queue_groups.clone());
        let faces = if settings.public.enabled { faces.with_public() } else { faces };
        let tasks = hub.service.tasks().clone();
        hub.service.tasks().spawn("http", async move {
            faces::serve(listener, Arc::new(faces), &tasks).await;
        });
        if let Some(code) = accounts.first_code() {
            say(&format!("first use (首次使用): http://{page}/welcome/{code}"));
        }
        if !is_known {
            say(&no_address(loaded.language, link.port()));
        }
        say(&format!(
            "{}: http://{page} link {link} root {}",
            loaded.city.name_zh, hub.fingerprint
        ));
        wait_for_stop().await?;
        hub.service.stop().await;
        Ok(())
    })
}

/// What is missing where a hub listens on all addresses and was not told which one others dial.
fn no_address(language: Language, port: u16) -> String {
    match language {
        Language::Zh => format!(
            "提示：未设置 link.advertise，枢纽不知道各中心用什么地址连接它；各机器沿用入网令牌中的地址。请设置，例如 --set link.advertise=hub.suining.example:{port}"
        ),
        Language::En => format!(
            "note: link.advertise is not set, so this hub does not know under which address others reach it; each machine goes on with the address of its token; set it, such as --set link.advertise=hub.suining.example:{port}"
        ),
    }
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
