//! Orders and samples from the command line: from the city to a counter below, and back.
#![cfg(test)]

use serde_json::Value;
use tongban_tests::machine::{Machine, binary, wait_for};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A hub and a township's node that hold the same.
fn city() -> (tempfile::TempDir, Machine, Machine) {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    let mut node = Machine::new(&binary("tongban-node"), dir.path(), "node");
    node.ok(&["join", &hub.ok(&["enrol", "510921103", "--address", &hub.link])]);
    node.start();
    (dir, hub, node)
}

#[test]
fn an_order_of_the_city_is_answered_below_and_closed() {
    let (_dir, hub, node) = city();
    node.ok(&["case", "new", "--item", "T01", "--applicant", "张三", "--by", "李秀英"]);
    wait_for("the township's journal", || hub.ok(&["case", "list"]).contains("张三"));
    let issue = ["order", "issue", "--centre", "510921103", "--document", "遂监督〔2026〕3号"];
    let says = ["--days", "3", "--reason", "红牌三日未回应", "--by", "监察王"];
    let id = hub.ok(&[issue, says.as_slice().try_into().unwrap()].concat()).trim().to_owned();
    let state = |machine: &Machine| {
        let listed = json(&machine.ok(&["order", "list", "--all", "--json"]));
        listed[0]["state"].as_str().unwrap_or_default().to_owned()
    };
    wait_for("the order below", || state(&node) == "due");
    let above = node.run(&["order", "close", &id, "--note", "好", "--by", "李秀英"]).unwrap_err();
    assert!(above.contains("close-order"), "{above}");
    node.ok(&["order", "reply", &id, "--text", "已整改", "--by", "李秀英"]);
    wait_for("the answer above", || state(&hub) == "replied");
    let own = hub.run(&["order", "close", &id, "--note", "好", "--by", "李秀英"]).unwrap_err();
    assert!(own.contains("李秀英 gave the answer and may not judge it"), "{own}");
    hub.ok(&["order", "close", &id, "--note", "属实", "--by", "监察王"]);
    wait_for("the closure below", || state(&node) == "closed");
    let shown = json(&node.ok(&["order", "show", &id]));
    assert_eq!(shown["rounds"][0]["answer"][2], "已整改");
    assert_eq!(shown["closed"][1], "属实");
    assert_eq!(hub.ok(&["order", "due"]).trim(), "");
    let none = hub.run(&["order", "show", "510921103-01JD0000000000000000000000"]).unwrap_err();
    assert!(none.contains("`order list` shows those that are"), "{none}");
}

#[test]
fn cards_of_a_rule_are_withdrawn_together_or_refused_where_there_are_none() {
    let (_dir, hub, _node) = city();
    let refused = hub.run(&[
        "case",
        "withdraw-cards",
        "--rule",
        "promise-over",
        "--from",
        "2026-01-01",
        "--to",
        "2026-12-31",
        "--reason",
        "规则设错",
        "--by",
        "监察王",
        "--dry-run",
    ]);
    let refused = refused.unwrap_err();
    assert!(refused.contains("no issued card of rule `promise-over` matches"), "{refused}");
}

#[test]
fn a_draw_is_announced_with_its_hash_and_its_seed_stays_shut_until_its_day() {
    let (dir, hub, node) = city();
    let announce = |from: &str| {
        let to = from.replace("01-01", "01-31");
        let period = ["sample", "announce", "--from", from, "--to", &to];
        let rest = ["--drawn-on", "2031-02-10", "--per-centre", "2", "--by", "监察王"];
        hub.run(&[period, rest].concat())
    };
    let late = announce("2026-01-01").unwrap_err();
    assert!(late.contains("a draw is announced on that day at latest"), "{late}");
    let id = announce("2031-01-01").unwrap().trim().to_owned();
    let listed = |machine: &Machine| json(&machine.ok(&["sample", "list", "--json"]));
    wait_for("the announcement below", || listed(&node)[0]["id"] == *id);
    let hash = listed(&node)[0]["seed_hash"].as_str().unwrap().to_owned();
    let seed = std::fs::read_to_string(hub.dir.join("seeds").join(&hash)).unwrap();
    assert_eq!(seed.len(), 64);
    assert!(dir.path().exists() && listed(&node)[0]["seed"].is_null());
    let soon = hub.run(&["sample", "reveal", &id, "--by", "监察王"]).unwrap_err();
    assert!(soon.contains("2031-02-10 at the earliest"), "{soon}");
    let shut = node.run(&["sample", "draw", &id]).unwrap_err();
    assert!(shut.contains("the seed of this draw is not shown yet"), "{shut}");
}
