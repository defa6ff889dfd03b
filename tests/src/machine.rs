//! The real binaries as processes: started, asked over their command line, and killed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::browser::{AXE_VARIABLE, MUST_VARIABLE};

/// Where programs ask a machine: its address, and the token that it left in its data directory.
#[derive(Clone, Debug)]
pub struct Window {
    /// Host and port.
    pub http: String,
    /// The operator's token.
    pub token: String,
}

/// Looks at most this often before a story is given up.
const LOOKS_MAX: usize = 120;

/// The folder in which cargo puts the binaries of this workspace.
#[must_use]
pub fn binaries() -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    exe.ancestors().nth(2).unwrap().to_owned()
}

/// Where cargo put a binary of this workspace, built if it is not there yet.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    let folder = binaries();
    let mut cargo = Command::new(env!("CARGO"));
    // The whole workspace, so that features are those of the test run and nothing is built anew.
    cargo.args(["build", "--quiet", "--workspace", "--bins"]);
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    // What cargo tells a test of its package would have build scripts run again, and all above them.
    let is_told =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(is_told)) {
        cargo.env_remove(name);
    }
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "{name} does not build");
    folder.join(name)
}

/// A machine: its binary, its folder, and its process while it runs.
#[derive(Debug)]
pub struct Machine {
    binary: PathBuf,
    /// Its data directory.
    pub dir: PathBuf,
    /// Its settings, `key=value`.
    pub sets: Vec<String>,
    process: Option<Child>,
    /// Where its links come in, once it was started.
    pub link: String,
    /// Where its pages are, once it was started.
    pub http: String,
    /// What it printed when it was started, before its addresses.
    pub said: String,
    /// The page with which its first administrator begins, where it has none.
    pub welcome: Option<String>,
}

impl Machine {
    /// A machine whose folder has this name.
    #[must_use]
    pub fn new(binary: &Path, dir: &Path, name: &str) -> Self {
        Self {
            binary: binary.to_owned(),
            dir: dir.join(name),
            sets: vec!["http.listen=127.0.0.1:0".to_owned()],
            process: None,
            link: String::new(),
            http: String::new(),
            said: String::new(),
            welcome: None,
        }
    }

    /// A command on this machine's folder.
    #[must_use]
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--data-dir").arg(&self.dir).args(["--lang", "en"]);
        for set in &self.sets {
            command.args(["--set", set]);
        }
        command.args(args);
        command.env("TONGBAN_LOGS", "elsewhere").env_remove("TONGBAN_SETTINGS"); // The first is no setting.
        command.env_remove(AXE_VARIABLE).env_remove(MUST_VARIABLE); // Neither are these.
        command
    }

    /// What a command prints; what it complains of if it fails.
    ///
    /// # Errors
    ///
    /// The standard output and the standard error of a command that failed.
    pub fn run(&self, args: &[&str]) -> Result<String, String> {
        let output = self.command(args).output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
        } else {
            let said = [output.stdout, output.stderr].concat();
            Err(String::from_utf8_lossy(&said).into_owned())
        }
    }

    /// What a command prints that must not fail.
    pub fn ok(&self, args: &[&str]) -> String {
        let outcome = self.run(args);
        assert!(outcome.is_ok(), "{args:?}: {outcome:?}");
        outcome.unwrap()
    }

    /// Starts the service and takes its addresses from the line that it prints.
    pub fn start(&mut self) {
        let mut child =
            self.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        self.said.clear();
        while !line.contains("link ") {
            self.said.push_str(&line);
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "the service ended at once");
            let link = line.split_whitespace().find(|word| word.contains("/welcome/"));
            self.welcome = link.map(str::to_owned).or_else(|| self.welcome.take());
        }
        let word_after = |mark: &str| {
            let rest = line.split(mark).nth(1).unwrap_or_default();
            rest.split_whitespace().next().unwrap_or_default().to_owned()
        };
        self.link = word_after("link ");
        self.http = word_after("http://");
        // The next start has the addresses of this one, as a machine in an office does.
        self.sets.retain(|set| !set.starts_with("http.listen") && !set.starts_with("link.listen"));
        self.sets.push(format!("http.listen={}", self.http));
        self.sets.push(format!("link.listen={}", self.link));
        self.process = Some(child);
    }

    /// Where programs ask it while it runs.
    #[must_use]
    pub fn window(&self) -> Window {
        let token = std::fs::read_to_string(self.dir.join("operator.token")).unwrap();
        Window { http: self.http.clone(), token }
    }

    /// Kills the process with signal 9, as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.process.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Copies a folder with everything in it.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let into = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &into);
        } else {
            std::fs::copy(entry.path(), into).unwrap();
        }
    }
}

/// Looks again and again until `seen` sees it.
pub fn wait_for(what: &str, mut seen: impl FnMut() -> bool) {
    let seen = seek(Duration::from_millis(500), || seen().then_some(()));
    assert!(seen.is_some(), "{what} did not happen");
}

/// Looks again and again, with this pause between, until there is something; nothing if there
/// never is.
pub fn seek<T>(pause: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let (_tx, never) = std::sync::mpsc::channel::<()>();
    for _ in 0..LOOKS_MAX {
        if let Some(found) = look() {
            return Some(found);
        }
        let _ = never.recv_timeout(pause);
    }
    None
}
