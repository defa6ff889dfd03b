//! Ctrl-C and `SIGTERM`.

use std::path::PathBuf;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tongban_node::tasks::Tasks;

use super::DemoError;

/// Turns Ctrl-C and `SIGTERM` into a value that everybody can watch.
pub(super) fn stop_signals(tasks: &Tasks) -> Result<watch::Receiver<bool>, DemoError> {
    let disk = |source| DemoError::Disk { path: PathBuf::from("signals"), source };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(disk)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(disk)?;
    let (stop, stopped) = watch::channel(false);
    let (over, over_later) = (tasks.stopped(), tasks.stopped());
    tasks.spawn("signals", async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            () = over => return,
        }
        stop.send_replace(true);
        over_later.await; // Its end must not be taken for another signal: the sender stays.
    });
    Ok(stopped)
}
