//! Services, posts and the green channel from a township's counter to the city, by commands alone.
#![cfg(test)]

use serde_json::Value;
use tongban_tests::machine::{Machine, binary, wait_for};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A hub and a township that are linked.
fn city(dir: &std::path::Path) -> (Machine, Machine) {
    let mut hub = Machine::new(&binary("tongban-hub"), dir, "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    let node = Machine::new(&binary("tongban-node"), dir, "node");
    node.ok(&["join", &hub.ok(&["enrol", "510921103", "--address", &hub.link])]);
    (hub, node)
}

#[test]
fn a_service_and_a_question_are_entered_below_and_counted_in_the_city() {
    let dir = tempfile::tempdir().unwrap();
    let (hub, mut node) = city(dir.path());
    let visit = ["service", "record", "--kind", "visit", "--staff", "李芳", "--by", "李芳"];
    let at = ["--place", "文井镇 3 组", "--reason", "行动不便", "--start", "2013-12-12T09:00"];
    let visit = [&visit[..], &at].concat();
    let linked = ["--end", "2013-12-12T10:00", "--link", "B017"];
    // Without the service, and then through it.
    node.ok(&[&visit[..], &linked].concat());
    let backwards = node.run(&[&visit[..], &["--end", "2013-12-12T08:00"]].concat()).unwrap_err();
    assert!(backwards.contains("早于开始时间") && backwards.contains("before it begins"));
    node.start();
    let bare = node.ok(&[&visit[..], &["--end", "2013-12-12T10:00"]].concat());
    let shown = json(&node.ok(&["service", "show", &bare]));
    assert!(shown["uncounted"]["en"].as_str().unwrap().contains("linked to no case"), "{shown}");

    let asked = ["service", "first-asked", "--reason", "问低保", "--by", "李芳"];
    let asked = node.ok(&asked);
    let on =
        ["service", "hand-over", &asked, "--to", "王强", "--reason", "民政窗口", "--by", "李芳"];
    node.ok(&on);
    let early = node.run(&["service", "conclude", &asked, "--answer", "handled", "--by", "李芳"]);
    assert!(early.unwrap_err().contains("王强 answers for this question"));
    node.ok(&["service", "conclude", &asked, "--answer", "handled", "--by", "王强"]);

    let counted = "510921103  2013-12  visit  1  (not counted: 1 without a link, 0 repeated)";
    assert_eq!(node.ok(&["service", "count", "2013-12"]), counted);
    wait_for("the records in the city", || {
        hub.ok(&["service", "count", "2013-12"]) == counted
            && hub.ok(&["service", "list"]).contains("concluded")
    });
}
