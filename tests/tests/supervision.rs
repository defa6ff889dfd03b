//! A card from the township's counter to the city's desk and back, by the commands of the README.
#![cfg(test)]

use serde_json::Value;
use tongban_node::clock;
use tongban_tests::machine::{Machine, binary, wait_for};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn cards(machine: &Machine, id: &str) -> Value {
    json(&machine.ok(&["case", "cards", id, "--json"]))
}

#[test]
fn a_card_is_the_same_everywhere_and_is_issued_heard_and_withdrawn() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    let mut node = Machine::new(&binary("tongban-node"), dir.path(), "node");
    node.ok(&["join", &hub.ok(&["enrol", "510921103", "--address", &hub.link])]);
    node.start();
    wait_for("the catalogue, the calendar and the rules below", || {
        let id = node.ok(&["case", "new", "--item", "T02", "--applicant", "试", "--by", "试"]);
        let known = node.ok(&["case", "clocks", &id]).contains("working day");
        node.ok(&["case", "event", &id, "withdraw", "--by", "试"]);
        known
    });

    // Two months ago, entered now: the promise of three working days is long over.
    let at = clock::now().plus_ms(-60 * 86_400_000).to_string();
    let new = ["case", "new", "--item", "T02", "--applicant", "王小明", "--by", "李秀英"];
    let id = node.ok(&[new.as_slice(), &["--at", &at]].concat());
    let accept = ["case", "event", &id, "accept", "--by", "李秀英", "--at", &at];
    node.ok(&accept);
    // The printed number names the case too.
    let number = json(&node.ok(&["case", "show", &id]))["number"].as_str().unwrap().to_owned();
    let told = node.ok(&["case", "clocks", &number, "--days"]);
    assert!(told.contains("promise  3 working days"), "{told}");
    assert!(told.contains("day 3"), "each day says why it counts: {told}");

    let refused = node.run(&["case", "event", &id, "notice-supplement", "--by", "李"]).unwrap_err();
    assert!(refused.contains("行政许可法第 32-4 条"), "{refused}");
    let bare = ["case", "event", &id, "decide", "--outcome", "refused", "--by", "李"];
    let refused = node.run(&bare).unwrap_err();
    assert!(refused.contains("the County decides this case"), "{refused}");

    let below = cards(&node, &id);
    let names: Vec<&str> =
        below["cards"].as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    assert!(names.contains(&"promise-far-over/promise"), "{below}");
    assert!(names.iter().any(|name| name.starts_with("late-entry/")), "{below}");
    wait_for("the case in the city", || hub.run(&["case", "show", &id]).is_ok());
    wait_for("the same cards in the city", || cards(&hub, &id) == below);

    let card = "promise-far-over/promise";
    let issue = ["case", "event", &id, "issue-card", "--card", card, "--by", "监察一科"];
    let refused = hub.run(&issue).unwrap_err();
    assert!(refused.contains("it takes supervisor"), "{refused}");
    hub.ok(&[issue.as_slice(), &["--role", "supervisor"]].concat());
    let told = hub.ok(&["case", "cards", &id]);
    assert!(told.contains("red  promise-far-over/promise"), "{told}");
    assert!(told.contains("the promise was broken by more than three working days"), "{told}");
    assert!(told.contains("10 points") && told.contains("    receive  "), "{told}");
    wait_for("the card at the counter", || cards(&node, &id)["points"] == 10);

    let appeal = ["case", "event", &id, "appeal", "--card", card, "--by", "李秀英"];
    node.ok(&[appeal.as_slice(), &["--appeal", "outage", "--reason", "断网三日"]].concat());
    let issued = |machine: &Machine| {
        let cards = cards(machine, &id);
        let all = cards["cards"].as_array().unwrap();
        all.iter().find(|it| it["name"] == card).unwrap()["issued"].clone()
    };
    wait_for("the appeal in the city", || issued(&hub)["appeal"].is_string());
    let rule = ["case", "event", &id, "rule-appeal", "--card", card, "--ruling", "withdrawn"];
    let rest = ["--role", "supervisor", "--reason", "属实"];
    let own = [rule.as_slice(), &rest, &["--by", "李秀英"]].concat();
    assert!(hub.run(&own).unwrap_err().contains("may not rule on it"));
    hub.ok(&[rule.as_slice(), &rest, &["--by", "监察二科"]].concat());
    wait_for("the ruling at the counter", || issued(&node)["withdrawn"].is_string());
    assert_eq!(cards(&node, &id)["points"], 0);
}
