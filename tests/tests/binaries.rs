//! The real binaries: hub, county, township; a dead county, a killed township, one evidence file.
#![cfg(test)]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Looks at most this often before a story is given up, half a second apart.
const LOOKS_MAX: usize = 120;

/// Where cargo put the binaries of this workspace, built if they are not there yet.
fn binary(name: &str) -> PathBuf {
    let exe = std::env::current_exe().unwrap();
    let folder = exe.ancestors().nth(2).unwrap().to_owned();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", name, "--bin", name]);
    cargo.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    if folder.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "{name} does not build");
    folder.join(name)
}

/// A machine: its binary, its folder, and its process while it runs.
struct Machine {
    binary: PathBuf,
    dir: PathBuf,
    sets: Vec<String>,
    process: Option<Child>,
    link: String,
}

impl Machine {
    fn new(binary: &Path, dir: &TempDir, name: &str) -> Self {
        Self {
            binary: binary.to_owned(),
            dir: dir.path().join(name),
            sets: vec!["http.listen=127.0.0.1:0".to_owned()],
            process: None,
            link: String::new(),
        }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("--data-dir").arg(&self.dir).args(["--lang", "en"]);
        for set in &self.sets {
            command.args(["--set", set]);
        }
        command.args(args);
        command.env_remove("TONGBAN_LOGS").env_remove("TONGBAN_SETTINGS");
        command
    }

    fn run(&self, args: &[&str]) -> Result<String, String> {
        let output = self.command(args).output().unwrap();
        if output.status.success() {
            Ok(String::from_utf8(output.stdout).unwrap().trim().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn ok(&self, args: &[&str]) -> String {
        self.run(args).unwrap_or_else(|why| panic!("{args:?}: {why}"))
    }

    /// Starts the service and takes its addresses from the line that it prints.
    fn start(&mut self) {
        let mut child =
            self.command(&["run"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        while !line.contains("link ") {
            line.clear();
            assert!(out.read_line(&mut line).unwrap() > 0, "the service ended at once");
        }
        let word_after = |mark: &str| {
            let rest = line.split(mark).nth(1).unwrap_or_default();
            rest.split_whitespace().next().unwrap_or_default().to_owned()
        };
        self.link = word_after("link ");
        let http = word_after("http://");
        // The next start has the addresses of this one, as a machine in an office does.
        self.sets.retain(|set| !set.starts_with("http.listen") && !set.starts_with("link.listen"));
        self.sets.push(format!("http.listen={http}"));
        self.sets.push(format!("link.listen={}", self.link));
        self.process = Some(child);
    }

    /// Kills the process with signal 9, as a power cut would.
    fn kill(&mut self) {
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

/// Looks again and again until `seen` sees it.
fn wait_for(what: &str, mut seen: impl FnMut() -> bool) {
    let (_tx, never) = std::sync::mpsc::channel::<()>();
    for _ in 0..LOOKS_MAX {
        if seen() {
            return;
        }
        let _ = never.recv_timeout(Duration::from_millis(500));
    }
    panic!("{what} did not happen");
}

#[test]
fn a_case_taken_with_the_county_down_and_the_machine_killed_is_in_the_citys_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let (hub_bin, node_bin) = (binary("tongban-hub"), binary("tongban-node"));
    let mut hub = Machine::new(&hub_bin, &dir, "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    let set_up = hub.ok(&["init"]);
    let root = set_up.lines().find_map(|line| line.strip_prefix("root fingerprint: ")).unwrap();
    hub.start();
    let hub_link = hub.link.clone();
    let mut county = Machine::new(&node_bin, &dir, "county");
    let mut township = Machine::new(&node_bin, &dir, "township");
    for (machine, division) in [(&county, "510921"), (&township, "510921103")] {
        let token = hub.ok(&["enrol", division, "--address", &hub_link]);
        machine.ok(&["join", &token]);
        let twice = machine.run(&["join", &token]).unwrap_err();
        assert!(twice.contains("member already"), "{twice}");
    }
    county.sets.push("link.listen=127.0.0.1:0".to_owned());
    county.start();
    county.kill();
    let only_county = format!("link.parents=[\"{}\"]", county.link);

    // The county is down. The clerk takes cases; the machine is killed in the middle.
    township.sets.push(only_county);
    township.sets.push("link.retry_max=500ms".to_owned());
    let mut taken = Vec::new();
    for round in 0..3 {
        township.start();
        for number in 0..3 {
            let applicant = format!("张三{round}{number}");
            let said = township.ok(&[
                "case",
                "new",
                "--item",
                "T01",
                "--applicant",
                &applicant,
                "--by",
                "李秀英",
            ]);
            let id = said.split_whitespace().find(|word| word.starts_with("510921103-")).unwrap();
            taken.push(id.trim_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned());
        }
        township.kill();
    }
    township.start();
    for id in &taken {
        township.ok(&["case", "show", id]);
    }
    let why = township.ok(&["case", "why", &taken[0]]);
    assert!(!why.contains("city has confirmed"), "{why}");

    // Everything comes back.
    county.start();
    let last = taken.last().unwrap().clone();
    let file = dir.path().join("case.evidence");
    let file_name = file.to_str().unwrap();
    wait_for("the case reaching the city", || {
        hub.run(&["evidence", "export", "--case", &last, "--out", file_name]).is_ok()
    });
    wait_for("the city's receipt reaching the township", || {
        township.ok(&["case", "why", &last]).contains("city")
            && township.ok(&["case", "show", &last]).contains("\"city\"")
    });
    hub.ok(&["evidence", "export", "--case", &last, "--out", file_name]);
    let findings = hub.ok(&["evidence", "verify", file_name, "--root", root]);
    assert!(findings.contains(&last), "{findings}");
    let other = "0".repeat(64);
    let refused = hub.run(&["evidence", "verify", file_name, "--root", &other]).unwrap_err();
    assert!(refused.contains("proves nothing"), "{refused}");
    let mut bent = std::fs::read(&file).unwrap();
    let middle = bent.len() / 2;
    bent[middle] ^= 1;
    std::fs::write(&file, bent).unwrap();
    hub.run(&["evidence", "verify", file_name, "--root", root]).unwrap_err();
    let audit = hub.ok(&["audit", "--csv"]);
    assert_eq!(audit.lines().count(), 125, "a head and 124 centres: {audit}");
}
