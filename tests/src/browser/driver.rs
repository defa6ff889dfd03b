//! `chromedriver` as a process, with one session, asked as the W3C's WebDriver says.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use ureq::http::Response;
use ureq::{Agent, Body};

/// Longest wait for an answer of the driver, and within it for a script and for a page.
const ANSWER_MS_MAX: u64 = 120_000;
const SCRIPT_MS_MAX: u64 = 60_000;
const PAGE_MS_MAX: u64 = 30_000;

/// A browser that shows no window, calls nobody by itself, and starts in Chinese.
const FLAGS: [&str; 15] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--lang=zh-CN",
    "--accept-lang=zh-CN,zh",
    "--window-size=1366,768",
];

/// Most bytes of an answer: a picture of a long page, or the log of a long story.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// A driver and its one session, both ended with it.
#[derive(Debug)]
pub(super) struct Driver {
    process: Child,
    agent: Agent,
    /// Where the session is asked; empty before there is one.
    session: String,
    profile: TempDir,
}

impl Driver {
    /// Starts a driver on a port that the system chooses, and a browser with a new profile.
    ///
    /// # Errors
    ///
    /// Why there is none: the driver or the browser is not installed or does not start.
    pub(super) fn start() -> Result<Self, String> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
        let process = command.spawn().map_err(|error| format!("chromedriver: {error}"))?;
        let patience = Some(Duration::from_millis(ANSWER_MS_MAX));
        let config = Agent::config_builder().http_status_as_error(false).proxy(None);
        let agent: Agent = config.timeout_global(patience).build().into();
        let profile = tempfile::tempdir().unwrap();
        let mut driver = Self { process, agent, session: String::new(), profile };
        driver.session = driver.begin()?;
        Ok(driver)
    }

    fn begin(&mut self) -> Result<String, String> {
        let out = BufReader::new(self.process.stdout.take().unwrap());
        let port = out.lines().map_while(Result::ok).find_map(|line| {
            let (_, rest) = line.split_once("started successfully on port ")?;
            Some(rest.trim_end_matches('.').to_owned())
        });
        let port = port.ok_or("chromedriver ended at once")?;
        let sessions = format!("http://127.0.0.1:{port}/session");
        let profile = format!("--user-data-dir={}", self.profile.path().display());
        let args: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
        let wish = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "timeouts": { "script": SCRIPT_MS_MAX, "pageLoad": PAGE_MS_MAX },
            "goog:chromeOptions": { "args": args },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        } } });
        let told = self.send(&sessions, &wish)?;
        let id = told["sessionId"].as_str().ok_or_else(|| format!("no session in {told}"))?;
        Ok(format!("{sessions}/{id}"))
    }

    /// Asks the session for something.
    pub(super) fn get(&self, path: &str) -> Result<Value, String> {
        told(self.agent.get(format!("{}/{path}", self.session)).call())
    }

    /// Has the session do something.
    pub(super) fn post(&self, path: &str, wish: &Value) -> Result<Value, String> {
        self.send(&format!("{}/{path}", self.session), wish)
    }

    /// Runs a script in the page; what it returns.
    pub(super) fn run(&self, script: &str, arguments: &Value) -> Result<Value, String> {
        self.post("execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// The lines that this log gained since it was last asked for.
    pub(super) fn log(&self, name: &str) -> Result<Vec<Value>, String> {
        let lines = self.post("se/log", &json!({ "type": name }))?;
        Ok(lines.as_array().cloned().unwrap_or_default())
    }

    fn send(&self, url: &str, wish: &Value) -> Result<Value, String> {
        told(self.agent.post(url).content_type("application/json").send(wish.to_string()))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // The browser ends with its session, and not with the driver.
            let _ = self.agent.delete(&self.session).call();
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What the driver answers, or in words why it does not.
fn told(answer: Result<Response<Body>, ureq::Error>) -> Result<Value, String> {
    let mut answer = answer.map_err(|error| error.to_string())?;
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    let text = body.read_to_string().map_err(|error| error.to_string())?;
    let mut told: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let value = told["value"].take();
    match (value["error"].is_string(), value["message"].as_str()) {
        (true, Some(message)) => Err(message.split_whitespace().collect::<Vec<_>>().join(" ")),
        (_, _) => Ok(value),
    }
}
