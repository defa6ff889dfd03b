//! Machines that have no business here: of another city, revoked.

use tongban_tests::machine::wait_for;

use super::*;

/// Why a running machine has no link, as its status says.
fn no_parent(machine: &Machine) -> String {
    let status: serde_json::Value =
        serde_json::from_str(&machine.ok(&["status", "--json"])).unwrap();
    status["no_parent"]["why"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_machine_of_another_city_gets_no_link_and_both_ends_say_why() {
    let (office, other) = (Office::running(), Office::running());
    let mut stranger = other.joined("510921103");
    let mut own = office.joined("510921103");
    stranger.sets.push(format!("link.parents={}", office.hub.link));
    stranger.start();
    wait_for("the status saying why", || !no_parent(&stranger).is_empty());
    let why = no_parent(&stranger);
    for word in [office.hub.link.as_str(), "not have certificates of the same city", "join"] {
        assert!(why.contains(word), "no `{word}` in: {why}");
    }
    take_case(&stranger); // The counter goes on.
    own.start();
    let id = take_case(&own);
    wait_for("the city's receipt for its own machine", || {
        own.ok(&["case", "show", &id]).contains("\"city\"")
    });
    let audit = office.hub.ok(&["audit", "--csv"]);
    assert!(audit.contains("510921103,township,明月镇,Mingyue Town,complete"), "{audit}");
}

#[test]
fn a_revoked_machine_is_told_so_writes_no_more_and_the_others_go_on() {
    let office = Office::running();
    let (mut out, mut stays) = (office.joined("510921103"), office.joined("510921104"));
    out.start();
    stays.start();
    let id = take_case(&out);
    wait_for("the city's receipt", || out.ok(&["case", "show", &id]).contains("\"city\""));
    let status: serde_json::Value = serde_json::from_str(&out.ok(&["status", "--json"])).unwrap();
    let node = status["node"].as_str().unwrap();

    let unknown = "0".repeat(32);
    check_refused(&office.hub.run(&["revoke", &unknown]), &[&unknown, "`machines` names those"]);
    check_refused(&office.hub.run(&["revoke", "12"]), &["`12`", "32 hexadecimal digits"]);
    office.hub.ok(&["revoke", node]);
    check_refused(&office.hub.run(&["revoke", node]), &[node, "is revoked already, from"]);
    wait_for("the machine learning it", || no_parent(&out).contains("was revoked from"));
    assert!(no_parent(&out).contains("ask the city"), "{}", no_parent(&out));
    let refused =
        out.run(&["case", "new", "--item", "T01", "--applicant", "王五", "--by", "李秀英"]);
    check_refused(&refused, &["was revoked from", "writes no more", "ask the city"]);

    // What it wrote before is kept, here and in the city; the others do not notice.
    assert!(out.ok(&["case", "show", &id]).contains("张 三"));
    let file = office.dir.path().join("case.evidence");
    office.hub.ok(&["evidence", "export", "--case", &id, "--out", text(&file)]);
    let other = take_case(&stays);
    wait_for("the city's receipt for another machine", || {
        stays.ok(&["case", "show", &other]).contains("\"city\"")
    });
}
