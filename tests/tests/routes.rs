//! The description of the JSON service and what answers are the same, at a node and at the hub.
#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use tongban_tests::machine::{Machine, binary};

/// What is for people and their browsers is not in the description.
const PAGES: [&str; 6] = ["/", "/events", "/centres", "/centres/{division}", "/link", "/report"];

const METHODS: [&str; 2] = ["get", "post"];

/// The paths that these files of the source serve, but for pages.
fn served(files: &[&str]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for file in files {
        let text =
            std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file));
        let text = text.unwrap();
        let after = text.split(".route(\"").skip(1);
        paths.extend(after.map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    paths.retain(|path| !PAGES.contains(&path.as_str()));
    paths
}

/// Asks once; the status and the body.
fn ask(machine: &Machine, method: &str, path: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let url = format!("http://{}{path}", machine.http);
    let bearer = format!("Bearer {}", machine.window().token);
    let answer = match method {
        "get" => agent.get(&url).header("Authorization", bearer).call(),
        _ => {
            let request = agent.post(&url).content_type("application/json");
            request.header("Authorization", bearer).send("{}")
        }
    };
    let mut answer = answer.unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap_or_default())
}

/// Every documented path and method answers, no other method does, and every path that the
/// source serves is documented.
fn check_description(machine: &Machine, files: &[&str]) {
    let (status, text) = ask(machine, "get", "/api/v1/openapi.json");
    assert_eq!(status, 200, "{text}");
    let document: Value = serde_json::from_str(&text).unwrap();
    let paths: BTreeMap<String, Value> = serde_json::from_value(document["paths"].clone()).unwrap();
    let documented: BTreeSet<String> = paths.keys().cloned().collect();
    assert_eq!(documented, served(files));
    for (path, operations) in &paths {
        let known = operations.as_object().unwrap();
        assert!(!known.is_empty(), "{path} has no method");
        let filled = path.replace("{kind}", "case").replace("{id}", "x").replace("{name}", "x");
        for method in METHODS {
            let (status, body) = ask(machine, method, &filled);
            let answers = status != 405 && !body.contains("there is no such page");
            assert_eq!(answers, known.contains_key(method), "{method} {path}: {status} {body}");
            let Some(operation) = known.get(method) else { continue };
            let told = operation["responses"].as_object().unwrap();
            let is_said = |told: &Value| !told["description"].as_str().unwrap_or("").is_empty();
            assert!(told.values().all(is_said), "{method} {path}: an answer without a word");
            assert!(told.contains_key(&status.to_string()), "{method} {path}: {status} {body}");
        }
    }
}

#[test]
fn every_route_that_answers_is_described_and_every_described_one_answers() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    let mut node = Machine::new(&binary("tongban-node"), dir.path(), "node");
    node.ok(&["join", &hub.ok(&["enrol", "510921103", "--address", &hub.link])]);
    node.start();
    let of_node = [
        "node/src/web.rs",
        "node/src/web/items.rs",
        "node/src/web/link.rs",
        "node/src/web/orders.rs",
        "node/src/web/queue.rs",
        "node/src/web/samples.rs",
        "node/src/web/relays.rs",
        "node/src/web/imports.rs",
    ];
    check_description(&node, &of_node);
    let of_hub = [
        "hub/src/faces/facts.rs",
        "hub/src/faces/samples.rs",
        "hub/src/faces/office.rs",
        "hub/src/page.rs",
    ];
    check_description(&hub, &[&of_node[..], &of_hub[..]].concat());
}
