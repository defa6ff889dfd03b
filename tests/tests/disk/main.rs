//! The store's promises on a real disk, kept by the real binaries: killed, cut off from power,
//! damaged, full, read-only, in use, and of another format.
#![cfg(test)]

mod clerks;
mod damage;
mod directory;
mod kills;
mod mount;
mod power_cut;

use std::path::Path;

use tempfile::TempDir;
use tongban_tests::machine::{Machine, binary, copy};

/// A hub that runs, and a township that has joined it and does not run yet.
struct Town {
    dir: TempDir,
    hub: Machine,
    township: Machine,
}

impl Town {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
        hub.sets.push("link.listen=127.0.0.1:0".to_owned());
        hub.ok(&["init"]);
        hub.start();
        let mut township = Machine::new(&binary("tongban-node"), dir.path(), "township");
        let token = hub.ok(&["enrol", "510921103", "--address", &hub.link]);
        township.ok(&["join", &token]);
        township.sets.push("link.retry_max=500ms".to_owned());
        township.sets.push("store.reserve=4MiB".to_owned());
        Self { dir, hub, township }
    }

    /// A township alone: its hub is gone, and nothing that it writes is known elsewhere.
    fn alone() -> Self {
        let mut town = Self::new();
        town.hub.kill();
        town
    }

    /// The township's folder, moved to another disk.
    fn move_to(&mut self, place: &Path) {
        let to = place.join("township");
        copy(&self.township.dir, &to);
        let synced = std::process::Command::new("sync").arg("-f").arg(&to).status().unwrap();
        assert!(synced.success());
        self.township.dir = to;
    }
}

/// The next of a row of numbers that a seed begins.
fn next(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// Says why a test has nothing to do on this machine.
#[expect(clippy::print_stderr, reason = "a test that could not run must say so")]
fn pass_over(reason: &str) {
    eprintln!("passed over: {reason}");
}
