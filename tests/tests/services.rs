//! Services, posts and the green channel from a township's counter to the city, by commands alone.
#![cfg(test)]

use std::path::Path;

use serde_json::Value;
use tongban_node::clock;
use tongban_tests::machine::{Machine, binary, wait_for};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A hub and a township that are linked.
fn city(dir: &Path) -> (Machine, Machine) {
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

#[test]
fn posts_decide_who_accepts_and_the_green_channel_is_listed_in_the_city() {
    let dir = tempfile::tempdir().unwrap();
    let (mut hub, mut node) = city(dir.path());
    assert!(node.ok(&["status"]).contains("anybody may accept"));
    let appoint = |name: &str, partner: &str, until: &str| {
        let args = ["post", "appoint", name, "--partner", partner, "--until", until, "--by", "周"];
        node.run(&args)
    };
    let until = &clock::now().plus_ms(30 * 86_400_000).to_string()[..10];
    assert!(appoint("李芳", "李芳", until).unwrap_err().contains("同岗替代"));
    assert!(appoint("李芳", "王强", "2013-01-01").unwrap_err().contains("over already"));
    appoint("李芳", "王强", until).unwrap();
    let new = ["case", "new", "--item", "T02", "--applicant", "某投资公司", "--by", "李芳"];
    let refused = node.run(&new).unwrap_err();
    assert!(refused.contains("王强, who stands in for 李芳, has no post"), "{refused}");
    appoint("王强", "李芳", until).unwrap();
    node.start();
    let id = node.ok(&new);
    let strange = node.run(&["case", "event", &id, "accept", "--by", "赵敏"]).unwrap_err();
    assert!(strange.contains("赵敏 has no post"), "{strange}");

    let open = ["case", "event", &id, "open-green", "--by", "李芳", "--green", "investment"];
    let mandate = ["--agent", "陈代办", "--mandate", "代1号"];
    let low = [&open[..], &mandate, &["--amount", "50000000"]].concat();
    assert!(node.run(&low).unwrap_err().contains("not above 50000000"));
    node.ok(&[&open[..], &mandate, &["--amount", "60000000"]].concat());
    let number = json(&node.ok(&["case", "show", &id]))["number"].as_str().unwrap().to_owned();
    let told = node.ok(&["case", "progress", &number]);
    assert!(told.contains("open-green") && told.contains("green channel"), "{told}");
    assert!(!told.contains("李芳") && told.contains("next: by "), "{told}");
    let lists = |machine: &Machine| machine.ok(&["case", "list", "--green"]);
    wait_for("the channel in the city", || lists(&hub).contains("agent 陈代办"));

    // 李芳 leaves the centre: what she has is the partner's, wherever one looks.
    let ended = node.ok(&["post", "end", "李芳", "--by", "周"]);
    assert!(ended.ends_with(&id), "{ended}");
    wait_for("the hand-over in the city", || lists(&hub).contains("[王强 since"));
    assert!(node.ok(&["post", "list"]).contains("has a post that is ended"));
    assert_eq!(node.ok(&["case", "unattended"]), "", "王强 has it, and is there");
    // What lists and order know of the green channel, a restarted machine reads again.
    for machine in [&mut hub, &mut node] {
        machine.kill();
        assert!(lists(machine).contains("60000000"));
    }
}
