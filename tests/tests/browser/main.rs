//! The pages in a real browser, served by the real binaries: what people see and can do, in both
//! languages, with no other host asked, no error on the console, and nothing that keeps somebody
//! from using them.
#![cfg(test)]

mod city;
mod instruments;
mod machine;
mod paste;

use tempfile::TempDir;
use tongban_tests::browser::Browser;
use tongban_tests::machine::{Machine, binary, copy};

/// A township with few words.
const TOWNSHIP: &str = "510921103";

/// What every page is asked for, and a name for its pictures.
const LANGUAGES: [(&str, &str); 2] = [("zh", "zh-CN"), ("en", "en")];

/// A hub that runs, and a township that has joined it and does not run yet.
struct Town {
    hub: Machine,
    township: Machine,
    dir: TempDir,
}

impl Town {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
        hub.sets.push("link.listen=127.0.0.1:0".to_owned());
        hub.ok(&["init"]);
        hub.start();
        let mut township = Machine::new(&binary("tongban-node"), dir.path(), "township");
        township.sets.push("link.retry_max=500ms".to_owned());
        township.ok(&["join", &hub.ok(&["enrol", TOWNSHIP, "--address", &hub.link])]);
        Self { hub, township, dir }
    }

    /// A second machine with the township's key and store.
    fn clone_township(&self) -> Machine {
        let mut clone = Machine::new(&binary("tongban-node"), self.dir.path(), "clone");
        clone.sets.push("link.retry_max=500ms".to_owned());
        copy(&self.township.dir, &clone.dir);
        clone
    }
}

/// Keeps a picture of the page that is open, and holds what every page has to keep.
#[track_caller]
fn check(browser: &Browser, machine: &Machine, name: &str) {
    browser.shoot(name);
    assert_eq!(browser.requests_beyond(&machine.http), [""; 0], "{name} asks others");
    assert_eq!(browser.console_errors(), [""; 0], "{name} has errors");
    let violations = browser.violations();
    assert!(violations.is_empty(), "{name} keeps people out:\n{}", violations.join("\n"));
}

/// Opens a page of a machine in each language and checks it.
fn check_both(browser: &Browser, machine: &Machine, path: &str, name: &str) {
    let more = if path.contains('?') { '&' } else { '?' };
    for (language, tag) in LANGUAGES {
        browser.go(&format!("http://{}{path}{more}lang={language}", machine.http));
        assert_eq!(browser.count(&format!("html[lang={tag}]")), 1, "{name} is not in {language}");
        check(browser, machine, &format!("{name}-{language}"));
    }
}
