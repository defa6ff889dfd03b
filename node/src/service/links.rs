//! Carrying frames between a link and the engine's thread.

use std::sync::Arc;

use tokio::sync::mpsc;
use tongban_protocol::identity::PublicKey;

use super::inbox::{Closed, Command, Desk, LinkQueues};
use crate::engine::{SessionId, Side};
use crate::link::{Accepted, JoinCall, LaneSender, Link, LinkEndpoint, LinkReceiver};
use crate::tasks::Tasks;

/// Code of a close whose reason is in the text.
pub(super) const CLOSE_CODE: u32 = 16;

/// Lets in whoever knocks, until the endpoint is shut down.
pub(super) async fn accept(
    endpoint: Arc<LinkEndpoint>,
    desk: Desk,
    tasks: Tasks,
    joins: Option<mpsc::Sender<JoinCall>>,
) {
    while let Some(knock) = endpoint.accept().await {
        let (desk, joins) = (desk.clone(), joins.clone());
        tasks.spawn("link", async move {
            match knock.open().await {
                Ok(Accepted::Link(link)) => {
                    if let Ok((session, queues)) = desk.open(Side::Child).await {
                        carry(&desk, session, queues, link).await;
                    }
                }
                Ok(Accepted::Join(call)) => match joins {
                    Some(joins) => {
                        if let Err(refused) = joins.try_send(call) {
                            refused.into_inner().refuse("the hub is busy; try again in a minute");
                        }
                    }
                    None => call.refuse("this machine enrols nobody; use the address of the hub"),
                },
                Err(error) => tracing::info!(%error, "a visitor was not let in"),
            }
        });
    }
}

/// Carries frames both ways until the link or the session ends; returns why.
pub(super) async fn carry(
    desk: &Desk,
    session: SessionId,
    queues: LinkQueues,
    link: Link,
) -> String {
    let Link { handle, sender, receiver } = link;
    let key = PublicKey(handle.peer_key());
    let LinkQueues { before_control, control, journal, close } = queues;
    let [control_lane, journal_lane, _] = sender.into_lanes();
    let why = if desk.send(Command::Proved { session, key }).await.is_ok() {
        // Each branch may be dropped half-way: the link is closed behind it.
        let why = tokio::select! {
            why = write(control_lane, before_control, control) => why,
            why = write(journal_lane, Vec::new(), journal) => why,
            why = read(desk, session, receiver) => why,
            why = handle.closed() => why.to_string(),
            why = close => why.unwrap_or_else(|_| "the service is stopping".to_owned()),
        };
        handle.close(CLOSE_CODE, why.get(..why.len().min(900)).unwrap_or("see the log"));
        why
    } else {
        Closed.to_string()
    };
    let _ = desk.send(Command::Gone { session }).await; // The thread may have ended.
    tracing::info!(session = session.0, peer = %handle.remote_address(), why, "link over");
    why
}

async fn write(
    mut lane: LaneSender,
    before: Vec<Vec<u8>>,
    mut queue: mpsc::Receiver<Vec<u8>>,
) -> String {
    for frame in before {
        if let Err(error) = lane.send(&frame).await {
            return error.to_string();
        }
    }
    while let Some(frame) = queue.recv().await {
        if let Err(error) = lane.send(&frame).await {
            return error.to_string();
        }
    }
    // The engine let go of the session; the reason comes by another way.
    std::future::pending().await
}

async fn read(desk: &Desk, session: SessionId, mut receiver: LinkReceiver) -> String {
    loop {
        match receiver.next().await {
            Ok((lane, bytes)) => {
                if desk.send(Command::Frame { session, lane, bytes }).await.is_err() {
                    return Closed.to_string();
                }
            }
            Err(error) => return error.to_string(),
        }
    }
}
