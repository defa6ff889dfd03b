//! What must be withstood, by name, as the person meets it: the message names value, place and
//! remedy; nothing has changed, nothing is lost, and the next good input is taken.
//!
//! Frames over a link are in `bad_frames`, as that opens stores in its own process. Directories of the store that are damaged, full or in use have suites of their own.
#![cfg(test)]

mod entries;
mod logs;
mod settings;
mod strangers;
mod tokens;

use std::path::Path;

use tempfile::TempDir;
use tongban_tests::machine::{Machine, binary};

/// A city in a throw-away folder, whose hub is a real binary.
struct Office {
    dir: TempDir,
    hub: Machine,
}

impl Office {
    /// Sets a city up; its hub does not run yet.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "市 中心");
        hub.sets.push("link.listen=127.0.0.1:0".to_owned());
        hub.ok(&["init"]);
        Self { dir, hub }
    }

    /// The same, with the hub running.
    fn running() -> Self {
        let mut office = Self::new();
        office.hub.start();
        office
    }

    fn token(&self, centre: &str) -> String {
        self.hub.ok(&["enrol", centre, "--address", &self.hub.link])
    }

    /// A machine that has not joined.
    fn machine(&self, name: &str) -> Machine {
        Machine::new(&binary("tongban-node"), self.dir.path(), name)
    }

    /// A machine of a centre that has joined.
    fn joined(&self, centre: &str) -> Machine {
        let machine = self.machine(centre);
        machine.ok(&["join", &self.token(centre)]);
        machine
    }

    /// How many machines are enrolled.
    fn enrolled(&self) -> usize {
        let machines: serde_json::Value =
            serde_json::from_str(&self.hub.ok(&["machines", "--json"])).unwrap();
        machines.as_array().unwrap().len()
    }
}

/// Takes a case and returns its id.
fn take_case(machine: &Machine) -> String {
    machine.ok(&["case", "new", "--item", "T01", "--applicant", "张 三", "--by", "李秀英"])
}

/// The path of a file as an argument.
fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Expects a failure that says all of this.
fn check_refused(outcome: &Result<String, String>, words: &[&str]) {
    let said = outcome.as_ref().expect_err("it was taken");
    for word in words {
        assert!(said.contains(word), "no `{word}` in: {said}");
    }
}
