//! Keeping a link to a parent: the preferred one while it answers, else the next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use tokio::sync::{mpsc, watch};

use super::inbox::{Command, Desk, LinkQueues};
use super::links;
use crate::clock;
use crate::engine::{NoParent, SessionId, Side};
use crate::link::{FIRST_BYTES_MAX, Lane, LinkEndpoint, NextDial, ParentSettings, Parents};
use crate::tasks::Tasks;

/// How often names of parents are looked up again while none can be found.
const LOOKUP_PAUSE: Duration = Duration::from_secs(5);

/// How old addresses may be while nobody answers at them: machines move.
const LOOKUP_AGE_MS_MAX: u64 = 60_000;

pub(super) struct Dialling {
    pub(super) endpoint: Arc<LinkEndpoint>,
    pub(super) desk: Desk,
    pub(super) parents: Vec<String>,
    pub(super) patience: ParentSettings,
    pub(super) tasks: Tasks,
}

impl Dialling {
    /// Dials, and dials again, until the group is asked to stop.
    pub(super) async fn run(self, mut rng: ChaCha12Rng) {
        let stopped = self.tasks.stopped();
        tokio::select! {
            () = stopped => {}
            () = self.keep_linked(&mut rng) => {}
        }
    }

    async fn keep_linked(&self, rng: &mut ChaCha12Rng) {
        let (mut addresses, mut looked_up_at) = (self.look_up().await, clock::steady_ms());
        let mut parents = Parents::new(&addresses, self.patience);
        let (lost_tx, mut lost) = mpsc::channel::<SocketAddr>(8);
        let mut serving: Option<watch::Sender<()>> = None;
        loop {
            while let Ok(address) = lost.try_recv() {
                parents.handle_lost(clock::steady_ms(), address, rng);
            }
            if parents.serving().is_none()
                && clock::steady_ms().saturating_sub(looked_up_at) > LOOKUP_AGE_MS_MAX
            {
                looked_up_at = clock::steady_ms();
                let found = self.look_up_once().await;
                if !found.is_empty() && found != addresses {
                    parents = Parents::new(&found, self.patience);
                    addresses = found;
                }
            }
            let wait = match parents.next_dial(clock::steady_ms()) {
                NextDial::Dial(address) => {
                    match self.dial(address, lost_tx.clone()).await {
                        Ok(guard) => {
                            parents.handle_up(clock::steady_ms(), address, rng);
                            serving = Some(guard); // Dropping the former one closes its link.
                        }
                        Err((why, zh)) => {
                            tracing::info!(parent = %address, why, "a parent did not answer");
                            note(&self.desk, address.to_string(), (why, zh)).await;
                            parents.handle_failed(clock::steady_ms(), address, rng);
                        }
                    }
                    continue;
                }
                NextDial::WaitUntil(due) => {
                    Duration::from_millis(due.saturating_sub(clock::steady_ms()))
                }
                NextDial::Rest => Duration::from_secs(3_600),
            };
            // Each branch may be dropped half-way: nothing is taken from the channel then.
            tokio::select! {
                Some(address) = lost.recv() => {
                    parents.handle_lost(clock::steady_ms(), address, rng);
                }
                () = self.desk.hurried() => {
                    parents.hurry(clock::steady_ms());
                    looked_up_at = 0; // Names may have moved meanwhile, too.
                }
                () = tokio::time::sleep(wait) => {}
            }
            let _ = &serving;
        }
    }

    async fn look_up(&self) -> Vec<SocketAddr> {
        loop {
            let found = self.look_up_once().await;
            if !found.is_empty() {
                return found;
            }
            tokio::time::sleep(LOOKUP_PAUSE).await;
        }
    }

    async fn look_up_once(&self) -> Vec<SocketAddr> {
        let mut found = Vec::new();
        for name in &self.parents {
            match tokio::net::lookup_host(name.as_str()).await {
                Ok(mut addresses) => found.extend(addresses.next()),
                Err(error) => {
                    tracing::warn!(parent = name, %error, "a name is not known");
                    let why = format!("the name is not known here: {error}; see to it");
                    let zh = "本机查不到这个名称的地址，请核对配置中的上级地址和本机的域名解析";
                    note(&self.desk, name.clone(), (why, zh)).await;
                }
            }
        }
        found
    }

    /// Dials one parent; the link lives until it breaks or the returned guard is dropped.
    async fn dial(
        &self,
        address: SocketAddr,
        lost: mpsc::Sender<SocketAddr>,
    ) -> Result<watch::Sender<()>, (String, &'static str)> {
        let opened = self.desk.open(Side::Parent).await;
        let (session, mut queues) =
            opened.map_err(|closed| (closed.to_string(), "本机服务正在停止"))?;
        let first = first_frames(&mut queues);
        let link = match self.endpoint.dial(address, &first).await {
            Ok(link) => link,
            Err(error) => {
                self.gone(session).await;
                return Err((error.to_string(), error.zh()));
            }
        };
        tracing::info!(session = session.0, parent = %address, early = link.handle.is_resumed_early(), "link up");
        let (guard, mut dropped) = watch::channel(());
        let (desk, handle) = (self.desk.clone(), link.handle.clone());
        self.tasks.spawn("parent", async move {
            tokio::select! {
                why = links::carry(&desk, session, queues, link) => {
                    let said = (why, "链路已断开，将自动重新连接；原因见所附原文");
                    note(&desk, address.to_string(), said).await;
                }
                _ = dropped.changed() => {
                    handle.close(links::CLOSE_CODE, "a preferred parent answers again");
                    let _ = desk.send(Command::Gone { session }).await; // The thread may have ended.
                }
            }
            let _ = lost.send(address).await; // Nobody listens once the group stops.
        });
        Ok(guard)
    }

    async fn gone(&self, session: SessionId) {
        let _ = self.desk.send(Command::Gone { session }).await; // The thread may have ended.
    }
}

/// Lets the status say why there is no link; the thread may have ended.
async fn note(desk: &Desk, address: String, (why, zh): (String, &'static str)) {
    let no_parent = NoParent { address, at: clock::now(), why, zh };
    let _ = desk.ask(move |engine| engine.note_no_parent(no_parent)).await;
}

/// What the session said before the link was up, as far as it may travel with the handshake;
/// the rest stays in the queues.
fn first_frames(queues: &mut LinkQueues) -> Vec<(Lane, Vec<u8>)> {
    let mut frames = Vec::new();
    let mut room = FIRST_BYTES_MAX;
    while let Ok(frame) = queues.control.try_recv() {
        let needs = frame.len() + 8;
        if needs > room || !queues.before_control.is_empty() {
            queues.before_control.push(frame);
            continue;
        }
        room -= needs;
        frames.push((Lane::Control, frame));
    }
    frames
}
