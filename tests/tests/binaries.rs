//! The real binaries: hub, county, township; a dead county, a killed township, one evidence file.
#![cfg(test)]

use std::path::Path;

use tongban_tests::machine::{Machine, binary, wait_for};

#[test]
fn a_case_taken_with_the_county_down_and_the_machine_killed_is_in_the_citys_evidence() {
    let dir = tempfile::tempdir().unwrap();
    let (hub_bin, node_bin) = (binary("tongban-hub"), binary("tongban-node"));
    let mut hub = Machine::new(&hub_bin, dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    let set_up = hub.ok(&["init"]);
    let root = set_up.lines().find_map(|line| line.strip_prefix("root fingerprint: ")).unwrap();
    hub.start();
    let hub_link = hub.link.clone();
    let mut county = Machine::new(&node_bin, dir.path(), "county");
    let mut township = Machine::new(&node_bin, dir.path(), "township");
    for (machine, division) in [(&county, "510921"), (&township, "510921103")] {
        let token = hub.ok(&["enrol", division, "--address", &hub_link]);
        machine.ok(&["join", &token]);
        let twice = machine.run(&["join", &token]).unwrap_err();
        assert!(twice.contains("member already"), "{twice}");
    }
    county.sets.push("link.listen=127.0.0.1:0".to_owned());
    county.start();
    county.kill();
    let only_county = format!("link.parents={}", county.link);

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
    refuse_what_proves_nothing(&hub, &file, root);
    let audit = hub.ok(&["audit", "--csv"]);
    assert_eq!(audit.lines().count(), 125, "a head and 124 centres: {audit}");
}

/// Another root, or one bit of the file, and nothing is proved.
fn refuse_what_proves_nothing(hub: &Machine, file: &Path, root: &str) {
    let file_name = file.to_str().unwrap();
    let other = "0".repeat(64);
    let refused = hub.run(&["evidence", "verify", file_name, "--root", &other]).unwrap_err();
    assert!(refused.contains("proves nothing"), "{refused}");
    let mut bent = std::fs::read(file).unwrap();
    let middle = bent.len() / 2;
    bent[middle] ^= 1;
    std::fs::write(file, bent).unwrap();
    hub.run(&["evidence", "verify", file_name, "--root", root]).unwrap_err();
}

/// The commands that the README shows for one machine of a city, word by word.
fn shown(program: &str) -> Vec<Vec<&'static str>> {
    let readme = include_str!("../../README.md");
    let city = readme.split("## Run a city").nth(1).unwrap().split("\n## ").next().unwrap();
    let begin = format!("{program} --data-dir /var/lib/tongban ");
    let lines = city.lines().filter_map(|line| line.strip_prefix(&begin));
    lines.map(|line| line.split_whitespace().collect()).collect()
}

#[test]
fn a_city_that_is_set_up_as_the_readme_says_gets_its_links_and_keeps_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    // As it is by itself, but for the port, which is anybody's on a machine of tests.
    hub.sets.push("link.listen=0.0.0.0:0".to_owned());
    let [init, enrol, run] = &shown("tongban-hub")[..] else { panic!("other commands") };
    assert_eq!((&init[..], &run[..]), (&["init"][..], &["run"][..]));
    hub.ok(init);
    hub.start();
    assert!(hub.said.contains("link.advertise is not set"), "{}", hub.said);
    let reached = hub.link.replace("0.0.0.0", "127.0.0.1");
    let here = |word: &&'static str| {
        if word.ends_with(":7443") { reached.clone() } else { (*word).to_owned() }
    };
    let enrol: Vec<String> = enrol.iter().map(here).collect();
    let token = hub.ok(&enrol.iter().map(String::as_str).collect::<Vec<_>>());

    let mut node = Machine::new(&binary("tongban-node"), dir.path(), "node");
    let commands = shown("tongban-node");
    assert_eq!((&commands[0][..], &commands[1][..]), (&["join", "TOKEN"][..], &["run"][..]));
    node.ok(&["join", &token]);
    let papers = node.dir.join("membership.json");
    let parents = || {
        let text = std::fs::read_to_string(&papers).unwrap();
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["parents"].clone()
    };
    assert_eq!(parents(), serde_json::json!([reached]), "no address that nobody can dial");
    let is_linked = |node: &Machine| {
        let status: serde_json::Value =
            serde_json::from_str(&node.ok(&["status", "--json"])).unwrap();
        status["links"].as_array().is_some_and(|links| links.iter().any(|it| !it["peer"].is_null()))
    };
    node.start();
    wait_for("the link", || is_linked(&node));

    // A machine that got papers before this was so.
    node.kill();
    let lost = std::fs::read_to_string(&papers).unwrap().replace(&reached, &hub.link);
    std::fs::write(&papers, lost).unwrap();
    let refused = node.run(&["renew"]).unwrap_err();
    assert!(refused.contains("renew --address HOST:PORT"), "{refused}");
    let again = node.run(&["join", &token]).unwrap_err();
    assert!(again.contains("renew --address HOST:PORT"), "{again}");
    node.ok(&["renew", "--address", &reached]);
    assert_eq!(parents(), serde_json::json!([reached]));
    node.start();
    wait_for("the link of the healed machine", || is_linked(&node));
}
