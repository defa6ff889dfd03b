//! The source tree keeps its own rules; those that a lint cannot see are checked here.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates in their one direction: each may use those before it.
const CRATES: [&str; 5] = ["protocol", "config", "node", "hub", "tests"];
/// Lines of a file, and of a file of tests.
const LINES_MAX: usize = 400;
const TEST_LINES_MAX: usize = 600;

/// Files over the bound, with the lines they may have. This list may only shrink.
const LONG_FILES: [(&str, usize); 0] = [];
/// Files without a first line that says what they are. This list may only shrink.
const HEADLESS_FILES: [&str; 0] = [];
/// Files that may sleep, each with its reason. This list may only shrink.
const SLEEPERS: [(&str, &str); 7] = [
    ("hub/src/demo/invent.rs", "clerks of the demo city take their time"),
    ("hub/src/page/live.rs", "a page is told of changes at most once a second"),
    ("node/src/service/dial.rs", "a name that is not known yet is looked up again"),
    ("node/src/store/sled_files.rs", "sled gives no sign when its threads let go of the files"),
    ("node/src/web.rs", "open pages get a moment to end"),
    ("node/src/web/watch.rs", "a page is told of changes at most once a second"),
    ("tests/src/bin/measure/pages.rs", "a measured clerk looks up before she goes on"),
];

/// A text file of the tree: its path from the root, with `/`, and what is in it.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn is_tests(&self) -> bool {
        let stem = self.path.trim_end_matches(".rs");
        self.path.starts_with("tests/") || self.path.contains("/tests/") || stem.ends_with("tests")
    }

    /// Numbered lines of code, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// Places whose code has one of the words, as `path:line: word`.
    fn places(&self, words: &[&str]) -> Vec<String> {
        let found = |(number, line): (usize, &str)| {
            let word = words.iter().find(|word| line.contains(**word))?;
            Some(format!("{}:{number}: {word}", self.path))
        };
        self.code().filter_map(found).collect()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Reads the files of the tree whose paths end so, in order; build output is passed over, and so
/// is this file, which has to name what it forbids.
fn sources(endings: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = format!("{folder}{name}");
            if entry.file_type().unwrap().is_dir() {
                if !["target", ".git", "corpus", "artifacts"].contains(&name.as_str()) {
                    folders.push(format!("{path}/"));
                }
            } else if endings.iter().any(|end| path.ends_with(end)) && path != "tests/tests/tidy.rs"
            {
                found.push(Source { text: fs::read_to_string(entry.path()).unwrap(), path });
            }
        }
    }
    found.sort_by(|one, two| one.path.cmp(&two.path));
    assert!(!found.is_empty(), "no file ends in {endings:?}");
    found
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn assert_none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}\n{}", found.join("\n"));
}

/// Names between an opening and a closing text, in order of appearance.
fn between<'a>(text: &'a str, open: &'a str, close: &'a [char]) -> impl Iterator<Item = &'a str> {
    text.split(open).skip(1).map(move |rest| rest.split(close).next().unwrap_or(rest))
}

#[test]
fn no_file_outgrows_its_bound() {
    let mut exceptions = BTreeMap::from(LONG_FILES);
    let mut found = Vec::new();
    for source in sources(&[".rs"]) {
        let lines = source.text.lines().count();
        let usual = if source.is_tests() { TEST_LINES_MAX } else { LINES_MAX };
        let bound = exceptions.remove(source.path.as_str());
        if lines > bound.unwrap_or(usual) {
            found.push(format!("{}: {lines} lines", source.path));
        } else if bound.is_some() && lines <= usual {
            found.push(format!("{}: fits now, take it off LONG_FILES", source.path));
        }
    }
    found.extend(exceptions.keys().map(|path| format!("{path}: is gone from the tree")));
    assert_none(&found, "split the file by what changes together");
}

#[test]
fn each_file_opens_by_saying_what_it_is() {
    let headless: BTreeSet<String> = sources(&[".rs"])
        .into_iter()
        .filter(|source| !source.text.starts_with("//! "))
        .map(|source| source.path)
        .collect();
    let known = HEADLESS_FILES.map(str::to_owned).into();
    assert_eq!(headless, known, "begin with `//! `, or take it off HEADLESS_FILES");
}

#[test]
fn no_module_is_named_after_nothing() {
    let vague = ["util", "utils", "common", "helper", "helpers", "manager", "misc"];
    let found: Vec<String> = sources(&[".rs"])
        .iter()
        .filter(|source| {
            let stem = source.path.trim_end_matches(".rs");
            stem.split('/').any(|part| vague.contains(&part))
        })
        .map(|source| source.path.clone())
        .collect();
    assert_none(&found, "name the module after what it holds");
}

#[test]
fn nothing_unfinished_or_ignored_is_left() {
    let words = ["todo!", "unimplemented!", "#[ignore", "dbg!("];
    let found: Vec<String> = sources(&[".rs"]).iter().flat_map(|s| s.places(&words)).collect();
    assert_none(&found, "finish it or take it out");
}

#[test]
fn no_public_method_is_named_get() {
    let words = ["pub fn get_", "pub(crate) fn get_", "pub async fn get_"];
    let found: Vec<String> = sources(&[".rs"]).iter().flat_map(|s| s.places(&words)).collect();
    assert_none(&found, "name it after what it returns");
}

#[test]
fn only_those_with_a_reason_sleep() {
    let words = ["thread::sleep(", "time::sleep(", "time::sleep_until("];
    let sleepers: BTreeSet<String> = sources(&[".rs"])
        .into_iter()
        .filter(|source| !source.places(&words).is_empty())
        .map(|source| source.path)
        .collect();
    let known = SLEEPERS.map(|(path, _)| path.to_owned()).into();
    assert_eq!(sleepers, known, "arm a timer, or take it off SLEEPERS");
}

#[test]
fn no_path_of_one_machine_is_written_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().display().to_string();
    let places = [root.as_str(), "/home/", "/root/", "/Users/", "C:\\Users"];
    let mut found = Vec::new();
    for source in sources(&[".rs", ".md", ".toml", ".csv", ".ci/run"]) {
        for (number, line) in source.text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place)) {
                found.push(format!("{}:{}: {line}", source.path, number + 1));
            }
        }
    }
    assert_none(&found, "paths are told by settings or are relative to the tree");
}

#[test]
fn the_protocol_reads_no_clock_file_socket_or_environment() {
    let effects = [
        "std::env",
        "std::fs",
        "std::net",
        "std::process",
        "std::thread",
        "Instant::now",
        "SystemTime",
        "std::time::Instant",
        "OsRng",
        "SysRng",
        "getrandom",
        "async fn",
        ".await",
    ];
    let inside = |source: &&Source| source.path.starts_with("protocol/src/");
    let found: Vec<String> =
        sources(&[".rs"]).iter().filter(inside).flat_map(|s| s.places(&effects)).collect();
    assert_none(&found, "take it as an argument or hand it out as an effect");
}

#[test]
fn the_crates_use_each_other_in_one_direction() {
    let mut found = Vec::new();
    for (place, name) in CRATES.iter().enumerate() {
        let manifest = page(&format!("{name}/Cargo.toml"));
        assert!(manifest.contains("[lints]\nworkspace = true"), "{name}: keep the shared lints");
        for line in manifest.lines().filter(|line| line.starts_with("tongban-")) {
            let used = line.trim_start_matches("tongban-").split(['.', ' ']).next().unwrap();
            if !CRATES[..place].contains(&used) {
                found.push(format!("{name} uses {used}"));
            }
        }
    }
    assert_none(&found, "the order is protocol, config, node, hub, tests");
}

#[test]
fn dependencies_are_named_in_the_workspace_alone() {
    let mut found = Vec::new();
    for name in CRATES {
        let manifest = page(&format!("{name}/Cargo.toml"));
        let mut inside = false;
        for line in manifest.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if line.starts_with('[') {
                inside = line.ends_with("dependencies]");
            } else if inside && !line.contains("workspace = true") {
                found.push(format!("{name}: {line}"));
            }
        }
    }
    assert_none(&found, "write it into the workspace's Cargo.toml, with its reason");
}

#[test]
fn each_rare_branch_is_owned_by_exactly_one_test() {
    let (mut hits, mut checks) = (BTreeSet::new(), BTreeMap::<String, usize>::new());
    for source in sources(&[".rs"]) {
        let code = source.code().map(|(_, line)| line).collect::<Vec<_>>().join("\n");
        let close = [')', ',', '\n'];
        hits.extend(between(&code, "cov_mark::hit!(", &close).map(str::to_owned));
        for open in ["cov_mark::check!(", "cov_mark::check_count!("] {
            for mark in between(&code, open, &close) {
                *checks.entry(mark.to_owned()).or_default() += 1;
            }
        }
    }
    let mut found: Vec<String> = Vec::new();
    found.extend(
        hits.iter()
            .filter(|mark| !checks.contains_key(*mark))
            .map(|m| format!("{m}: no test checks it")),
    );
    for (mark, count) in &checks {
        if *count > 1 || !hits.contains(mark) {
            let branches = usize::from(hits.contains(mark));
            found.push(format!("{mark}: checked {count} times, on {branches} branches"));
        }
    }
    assert_none(&found, "pair each `hit!` with one `check!`");
}

#[test]
fn pages_point_at_what_exists() {
    let mut found = Vec::new();
    for source in sources(&[".md"]) {
        let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in between(&source.text, "](", &[')', '#', ' ']) {
            let elsewhere = target.is_empty() || target.contains("://");
            if !elsewhere && !root().join(folder).join(target).exists() {
                found.push(format!("{}: {target}", source.path));
            }
        }
        // `crate/…` in backticks is a path of the tree too.
        for name in source.text.split('`').skip(1).step_by(2) {
            let first = name.split('/').next().unwrap_or(name);
            let is_path = name.contains('/') && CRATES.contains(&first);
            let concrete = !name.contains(['{', '*', '<', '…', ' ', '\n']);
            if is_path && concrete && !root().join(name).exists() {
                found.push(format!("{}: `{name}`", source.path));
            }
        }
    }
    assert_none(&found, "no such file");
}

#[test]
fn commands_in_the_pages_name_what_can_be_run() {
    let mut found = Vec::new();
    for name in ["README.md", "CONTRIBUTING.md"] {
        let text = page(name);
        for block in between(&text, "```sh\n", &['`']) {
            for line in block.lines().filter(|line| !line.starts_with('#')) {
                let words: Vec<&str> = line.split_whitespace().collect();
                for pair in words.windows(2) {
                    let known = match pair[0] {
                        "-p" | "--package" => CRATES.map(|n| format!("tongban-{n}")).to_vec(),
                        "--test" => vec![stem_beside("tests/tests", pair[1])],
                        _ => continue,
                    };
                    if !known.iter().any(|package| package == pair[1]) {
                        found.push(format!("{name}: {line}"));
                    }
                }
            }
        }
    }
    assert_none(&found, "no such package or test");
}

/// Returns the name if the folder holds a file of that stem, otherwise nothing that matches.
fn stem_beside(folder: &str, name: &str) -> String {
    let is_there = root().join(folder).join(format!("{name}.rs")).exists();
    if is_there { name.to_owned() } else { String::new() }
}
