//! The walks of the documentation, run as they are written.
#![cfg(test)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tongban_tests::browser::{AXE_VARIABLE, MUST_VARIABLE};
use tongban_tests::machine::binary;

/// A block of commands, and what it prints as the walk says; nothing is held against silence.
#[derive(Debug, Default)]
struct Step {
    line: usize,
    commands: String,
    printed: Vec<String>,
}

/// Reads the blocks of a walk: each `text` belongs to the `sh` before it.
fn steps(text: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut block = None;
    for (line, said) in text.lines().enumerate() {
        match (block, said.strip_prefix("```")) {
            (None, Some(kind)) => {
                if kind == "sh" {
                    steps.push(Step { line: line + 1, ..Step::default() });
                }
                block = Some(kind);
            }
            (Some(_), Some(_)) => block = None,
            (Some("sh"), None) => {
                let step = steps.last_mut().unwrap();
                step.commands.push_str(said);
                step.commands.push('\n');
            }
            (Some("text"), None) => steps.last_mut().unwrap().printed.push(said.to_owned()),
            (Some(_) | None, None) => {}
        }
    }
    steps
}

/// Whether a printed line is what the walk says, where `…` stands for anything.
fn fits(said: &str, printed: &str) -> bool {
    let mut rest = printed;
    let mut pieces = said.split('…').map(str::trim).peekable();
    let mut is_first = true;
    while let Some(piece) = pieces.next() {
        let found = match is_first {
            true => rest.strip_prefix(piece),
            false if pieces.peek().is_none() => rest.strip_suffix(piece).map(|_| ""),
            false => rest.split_once(piece).map(|(_, after)| after),
        };
        let Some(after) = found else { return false };
        (rest, is_first) = (after.trim_start(), false);
    }
    said.contains('…') || rest.is_empty()
}

/// One shell that says after each step where the next begins.
fn script(steps: &[Step]) -> String {
    let mut script =
        "set -eu\nPATH=\"$BINARIES:$PATH\"\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n"
            .to_owned();
    for (at, step) in steps.iter().enumerate() {
        write!(script, "echo '@@ {at}'\n{}", step.commands).unwrap();
    }
    script
}

#[track_caller]
fn walk(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("walks").join(file);
    let steps = steps(&std::fs::read_to_string(path).unwrap());
    let folder: PathBuf = binary("tongban-hub").parent().unwrap().to_owned();
    let dir = tempfile::tempdir().unwrap();
    let shell = Command::new("timeout")
        .args(["180", "bash", "-c", &script(&steps)])
        .current_dir(dir.path())
        .env("BINARIES", folder)
        .env_remove("TONGBAN_SETTINGS")
        .env_remove(AXE_VARIABLE)
        .env_remove(MUST_VARIABLE)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&shell.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&shell.stderr);
    for (at, step) in steps.iter().enumerate() {
        let begin = format!("@@ {at}\n");
        let part = told.split(&begin).nth(1).map(|rest| rest.split("@@ ").next().unwrap());
        let Some(part) = part else {
            panic!("{file}, line {}: was not reached\n{told}\n{complaint}", step.line)
        };
        if step.printed.is_empty() {
            continue;
        }
        let printed: Vec<&str> = part.lines().collect();
        let same = printed.len() == step.printed.len()
            && step.printed.iter().zip(&printed).all(|(said, printed)| fits(said, printed));
        assert!(same, "{file}, line {}: it printed\n{part}\n{complaint}", step.line);
    }
    assert!(shell.status.success(), "{file}: {}\n{told}\n{complaint}", shell.status);
}

#[test]
fn a_joint_case_goes_from_a_township_to_the_city_as_the_walk_says() {
    walk("joint.md");
}

#[test]
fn a_line_fits_what_the_walk_says_of_it_and_no_other() {
    for (said, printed) in [("a", "a"), ("a…", "ab"), ("…b", "ab"), ("a…c…e", "abcde"), ("…", "")]
    {
        assert!(fits(said, printed), "{said} {printed}");
    }
    for (said, printed) in [("a", "ab"), ("…b", "abc"), ("a…d", "abc"), ("b…", "ab")] {
        assert!(!fits(said, printed), "{said} {printed}");
    }
}
