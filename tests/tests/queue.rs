//! Tickets at a township's machine, through a power cut, to the figures of the city.
#![cfg(test)]

use serde_json::{Value, json};
use tongban_tests::machine::{Machine, binary, wait_for};

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into()
}

/// Sends something, and expects it to be saved; the name of the ticket.
fn post(machine: &Machine, path: &str, body: &Value) -> String {
    let request = agent().post(&format!("http://{}{path}", machine.http));
    let bearer = format!("Bearer {}", machine.window().token);
    let request = request.header("Authorization", bearer).content_type("application/json");
    let mut answer = request.send(&body.to_string()).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    assert_eq!(answer.status(), 201, "{path} {body}: {text}");
    serde_json::from_str::<Value>(&text).unwrap()["id"].as_str().unwrap().to_owned()
}

fn get(machine: &Machine, path: &str) -> Value {
    let bearer = format!("Bearer {}", machine.window().token);
    let request = agent().get(&format!("http://{}{path}", machine.http));
    let mut answer = request.header("Authorization", bearer).call().unwrap();
    serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
}

#[test]
fn a_ticket_that_was_given_is_never_given_again_and_what_was_handled_counts_in_the_city() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    let mut node = Machine::new(&binary("tongban-node"), dir.path(), "node");
    node.sets.push("queue.groups=A 综合 / General, C 社保".to_owned());
    node.ok(&["join", &hub.ok(&["enrol", "510921103", "--address", &hub.link])]);
    node.start();
    let take = |node: &Machine, group: &str| {
        post(node, "/api/v1/queue/tickets", &json!({"group": group, "by": "排队机"}))
    };
    let first = take(&node, "社保");
    assert!(first.ends_with("-C001"), "{first}");
    node.kill();
    node.start();
    let second = take(&node, "C");
    assert!(second.ends_with("-C002"), "{second}");

    let called = post(&node, "/api/v1/queue/call", &json!({"by": "李芳", "window": "3"}));
    assert_eq!(called, first);
    let events = format!("/api/v1/queue/tickets/{first}/events");
    post(&node, &events, &json!({"kind": "serve-ticket", "by": "李芳"}));
    let end = json!({"kind": "end-ticket", "by": "李芳", "answer": "answered"});
    post(&node, &events, &end);
    let day = format!("{}-{}-{}", &first[..4], &first[4..6], &first[6..8]);
    let path = format!("/api/v1/queue/days?from={day}&to={day}");
    let here = get(&node, &path);
    assert_eq!((&here[0]["taken"], &here[0]["handled"]), (&json!(2), &json!(1)), "{here}");
    wait_for("the tickets in the city", || get(&hub, &path) == here);
}
