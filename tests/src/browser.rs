//! A real browser before the real pages: Chromium without a window, driven through WebDriver.
//!
//! A story opens a [`Browser`], does what a person does (reads, points at what the page calls
//! things, types, presses keys) and asks what no person sees: errors on the console, requests to
//! other hosts, faults of accessibility. Whatever a story names is looked for until it is there,
//! as long as a patient clerk would wait. Pictures of pages go to the folder `browser` beside the
//! binaries.
//!
//! What is **not** here: any knowledge of a page.

mod accessibility;
mod driver;
mod element;
mod keys;
mod network;

use std::cell::RefCell;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};

use self::driver::Driver;
use crate::machine::{binaries, seek};

pub use element::Element;
pub use network::Request;

/// Pause between two looks at a page; with the looks of [`seek`] that is half a minute.
const PACE: Duration = Duration::from_millis(250);

/// Lines of a page that a failed story tells.
const LINES_TOLD: usize = 40;

/// Says that there must be a browser; without it, stories that find none are passed over.
pub const MUST_VARIABLE: &str = "TONGBAN_BROWSER";

/// Where the file `axe.min.js` of the npm package `axe-core` lies; it is not in this repository.
pub const AXE_VARIABLE: &str = "TONGBAN_AXE";

/// A browser of its own, with a new profile: no cookie, no cache, no history.
#[derive(Debug)]
pub struct Browser {
    driver: Driver,
    requests: RefCell<Vec<Request>>,
}

impl Browser {
    /// Opens a browser; nothing where this machine has none, with the reason printed.
    #[must_use]
    pub fn open() -> Option<Self> {
        match Driver::start() {
            Ok(driver) => Some(Self { driver, requests: RefCell::default() }),
            Err(reason) => {
                pass_over(&format!("no browser: {reason}"));
                None
            }
        }
    }

    /// Opens a page and waits until it is loaded.
    #[track_caller]
    pub fn go(&self, url: &str) {
        self.driver.post("url", &json!({ "url": url })).unwrap();
    }

    /// Goes back to the page before.
    #[track_caller]
    pub fn back(&self) {
        self.driver.post("back", &json!({})).unwrap();
    }

    /// Loads the page again.
    #[track_caller]
    pub fn reload(&self) {
        self.driver.post("refresh", &json!({})).unwrap();
    }

    /// Where the browser is.
    #[track_caller]
    pub fn url(&self) -> String {
        self.driver.get("url").unwrap().as_str().unwrap().to_owned()
    }

    /// The first thing that a CSS selector picks.
    #[must_use]
    pub fn find(&self, css: &str) -> Element<'_> {
        Element::by_css(self, css)
    }

    /// The field, button or link that people see under these words: its label or its text, in
    /// full, or else the first that contains them.
    #[must_use]
    pub fn labelled(&self, words: &str) -> Element<'_> {
        Element::by_words(self, words)
    }

    /// How many things a CSS selector picks now.
    #[track_caller]
    pub fn count(&self, css: &str) -> u64 {
        let count =
            self.run("return document.querySelectorAll(arguments[0]).length", &json!([css]));
        count.as_u64().unwrap()
    }

    /// The text that people see.
    #[track_caller]
    pub fn text(&self) -> String {
        let text = self.run("return document.body ? document.body.innerText : ''", &json!([]));
        text.as_str().unwrap().to_owned()
    }

    /// Waits until people see this text.
    #[track_caller]
    pub fn wait_for_text(&self, text: &str) {
        let script = "return document.body.innerText.includes(arguments[0])";
        assert!(self.sees(script, text), "`{text}` does not appear at {}", self.place());
    }

    /// Waits until a CSS selector picks something.
    #[track_caller]
    pub fn wait_for(&self, css: &str) {
        let script = "return document.querySelector(arguments[0]) !== null";
        assert!(self.sees(script, css), "`{css}` does not appear at {}", self.place());
    }

    /// Looks until a script says that it is so; between two pages it says nothing.
    fn sees(&self, script: &str, wish: &str) -> bool {
        let is_so = || self.driver.run(script, &json!([wish])).is_ok_and(|it| it == true);
        seek(PACE, || is_so().then_some(())).is_some()
    }

    /// Where the browser is and how the page begins, for whoever reads why a story failed.
    fn place(&self) -> String {
        let text = self.text();
        let lines: Vec<&str> =
            text.lines().filter(|line| !line.is_empty()).take(LINES_TOLD).collect();
        format!("{}\n{}", self.url(), lines.join("\n"))
    }

    /// Runs a script in the page, past its policy; what it returns.
    #[track_caller]
    pub fn run(&self, script: &str, arguments: &Value) -> Value {
        self.driver.run(script, arguments).unwrap()
    }

    /// Keeps a picture of the whole page as `NAME.png`.
    #[track_caller]
    pub fn shoot(&self, name: &str) -> PathBuf {
        // The size of the page is the browser's own affair, so this is asked of it directly.
        let wish =
            json!({ "cmd": "Page.captureScreenshot", "params": { "captureBeyondViewport": true } });
        let shot = self.driver.post("goog/cdp/execute", &wish).unwrap();
        keep(&format!("{name}.png"), &decode(&shot["data"]))
    }

    /// Prints the page to `NAME.pdf`, A4, and counts the sheets.
    #[track_caller]
    pub fn print(&self, name: &str) -> usize {
        let wish = json!({ "background": true, "page": { "width": 21.0, "height": 29.7 } });
        let pdf = decode(&self.driver.post("print", &wish).unwrap());
        keep(&format!("{name}.pdf"), &pdf);
        let text = String::from_utf8_lossy(&pdf);
        text.matches("/Type /Page\n").count()
    }

    /// The errors on the browser's console since they were last asked for: failed scripts, what
    /// the page's policy forbade, what could not be loaded.
    #[track_caller]
    pub fn console_errors(&self) -> Vec<String> {
        let lines = self.driver.log("browser").unwrap();
        let severe = lines.iter().filter(|line| line["level"] == "SEVERE");
        severe.filter_map(|line| line["message"].as_str().map(str::to_owned)).collect()
    }
}

/// Says on the terminal why something of a story was not tried.
///
/// Fails instead where there must be a browser and all that it takes.
#[expect(clippy::disallowed_methods, reason = "what must be there is a fact of the machine")]
fn pass_over(reason: &str) {
    assert!(std::env::var(MUST_VARIABLE).is_err(), "{MUST_VARIABLE} is set, and {reason}");
    // Past the capture of the test runner, so that a story that was passed over is seen.
    let _ = writeln!(std::io::stderr(), "passed over: {reason}");
}

fn decode(text: &Value) -> Vec<u8> {
    BASE64.decode(text.as_str().unwrap().as_bytes()).unwrap()
}

fn keep(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = binaries().join("browser");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}
