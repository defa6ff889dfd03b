//! The catalogue from the command lines of the city and of a county, to a counter below.
#![cfg(test)]

use serde_json::Value;
use tongban_node::clock;
use tongban_tests::machine::{Machine, binary, wait_for};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The versions of an item, as `item list --json` has them.
fn versions(hub: &Machine, id: &str) -> Vec<Value> {
    let all = json(&hub.ok(&["item", "list", "--json"]));
    all.as_array().unwrap().iter().filter(|it| it["item"]["id"] == id).cloned().collect()
}

#[test]
fn a_list_is_imported_checked_published_taken_at_a_counter_and_retired() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    let list = dir.path().join("list.csv");
    let good = "511A0138000000-511602000000-000-11511301008778183N-1-00";
    let rows = format!("item_name,item_code\n备案,{good}\n坏,{}\n", good.replace('N', "X"));
    std::fs::write(&list, rows).unwrap();
    let told = hub.ok(&["item", "import", list.to_str().unwrap()]);
    assert!(told.contains("list.csv:3: item_code"), "{told}");
    assert!(told.contains("1 items taken (0 of them replaced), 1 rows set aside"), "{told}");
    let late = dir.path().join("late.json");
    let text = r#"{"items": [
        {"id": "X01", "name": "慢", "status": "current", "case_type": "承诺件", "decide_at": "county",
         "legal_limit": {"value": 1, "unit": "工作日"}, "promised_limit": {"value": 2, "unit": "工作日"}},
        {"id": "X02", "name": "快", "status": "current", "case_type": "承诺件", "decide_at": "county",
         "materials": ["身份证"], "promised_limit": {"value": 2, "unit": "工作日"}}]}"#;
    std::fs::write(&late, text).unwrap();
    hub.ok(&["item", "import", late.to_str().unwrap()]);
    let checked = hub.run(&["item", "check"]).unwrap_err();
    assert!(
        checked.contains("X01 慢: promise: the promise of 2 working days is longer"),
        "{checked}"
    );
    // Without the hub, and then through it.
    hub.ok(&["item", "publish", "X02", "--by", "周敏", "--proposed-by", "吴"]);
    assert_eq!(versions(&hub, "X02").len(), 1);
    hub.start();
    let refused =
        hub.run(&["item", "publish", "--all", "--by", "周敏", "--proposed-by", "吴"]).unwrap_err();
    assert!(refused.contains("1 published, 1 unchanged, 1 refused"), "{refused}");
    let mut node = Machine::new(&binary("tongban-node"), dir.path(), "node");
    node.ok(&["join", &hub.ok(&["enrol", "510921103", "--address", &hub.link])]);
    node.start();
    let take = || {
        let args = ["case", "new", "--item", "X02", "--applicant", "张三", "--by", "李秀英"];
        node.ok(&args)
    };
    wait_for("the catalogue below", || {
        take().contains('快') || node.ok(&["case", "list"]).contains('快')
    });
    hub.ok(&[
        "item",
        "retire",
        "X02",
        "--from",
        "2026-01-01",
        "--by",
        "周敏",
        "--proposed-by",
        "吴",
    ]);
    assert_eq!(versions(&hub, "X02")[0]["retired_from"], "2026-01-01");
    assert!(
        hub.run(&[
            "item",
            "retire",
            "X02",
            "--from",
            "2026-01-01",
            "--by",
            "周敏",
            "--proposed-by",
            "吴"
        ])
        .is_err()
    );
}

/// Publishes a file by two people.
fn publish(hub: &Machine, what: &str, file: &str) -> String {
    hub.ok(&[what, "publish", file, "--by", "周敏", "--proposed-by", "吴刚"])
}

#[test]
fn calendar_and_rules_are_previewed_and_published_by_two_people_without_the_hub_and_through_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    wait_for("the founding facts", || !versions(&hub, "T01").is_empty());
    let id = hub.ok(&["case", "new", "--item", "Y02", "--applicant", "甲", "--by", "李"]);
    hub.ok(&["case", "event", &id, "accept", "--by", "李"]);
    let rules = dir.path().join("supervision.toml");
    let text = "use = \"s\"\n[sets.s]\ntitle = \"t\"\nsource = \"s\"\nrules = [{ id = \"at-once\", \
                title = \"t\", when = \"left\", clock = \"promise\", days = 60, level = \"yellow\" }]\n";
    std::fs::write(&rules, text).unwrap();
    let rules = rules.to_str().unwrap();
    let calendar = dir.path().join("calendar.csv");
    let next = tongban_protocol::calendar::civil_day(clock::now()).year() + 1;
    let off: String = (1..=14).map(|day| format!("{next}-10-{day:02},holiday,国庆节\n")).collect();
    let year = format!("date,kind,name\n{next}-01-01,holiday,元旦\n");
    std::fs::write(&calendar, &year).unwrap();
    let few = hub.run(&["calendar", "preview", calendar.to_str().unwrap()]).unwrap_err();
    assert!(few.contains("most of it seems to be missing"), "{few}");
    std::fs::write(&calendar, year + &off).unwrap();
    let calendar = calendar.to_str().unwrap();

    let told = hub.ok(&["rules", "preview", rules]);
    assert!(told.contains("1 open cases, 0 last days move"), "{told}");
    assert!(told.contains("cards that appear: at-once 1"), "{told}");
    let own = hub.run(&["rules", "publish", rules, "--by", "周敏", "--proposed-by", "周敏"]);
    assert!(own.unwrap_err().contains("cannot approve it too"));
    let alone = hub.run(&["rules", "publish", rules, "--by", "周敏"]).unwrap_err();
    assert!(alone.contains("two people"), "{alone}");
    assert!(!hub.ok(&["case", "cards", &id]).contains("at-once"), "nothing was published");
    assert!(publish(&hub, "rules", rules).contains("1 rules published"));
    assert!(hub.ok(&["case", "cards", &id]).contains("at-once"));
    assert!(hub.ok(&["calendar", "preview", calendar]).contains("nothing is published"));
    let twice = dir.path().join("twice.csv");
    let day = format!("{next}-01-01,holiday,元旦\n");
    std::fs::write(&twice, format!("date,kind,name\n{day}{day}")).unwrap();
    let twice = ["calendar", "preview", twice.to_str().unwrap()];
    let says_so = |why: &str| {
        let english = "line 2 already; remove one of the two rows";
        why.contains(english) && why.contains("在第 2 行已经出现")
    };
    assert!(says_so(&hub.run(&twice).unwrap_err()));

    hub.kill();
    assert!(says_so(&hub.run(&twice).unwrap_err()));
    assert!(hub.ok(&["item", "check", "--effect"]).contains("1 open cases"));
    assert!(publish(&hub, "calendar", calendar).contains(&next.to_string()));
    assert!(publish(&hub, "calendar", calendar).contains("nothing new"));
    hub.start();
    assert!(hub.ok(&["case", "cards", &id]).contains("at-once"), "a start takes nothing back");
}

/// Runs a command that is written in one line.
fn run(machine: &Machine, line: &str) -> Result<String, String> {
    machine.run(&line.split(' ').collect::<Vec<_>>())
}

/// A list of two items; the first promises so many working days.
fn list_of_a_county(days: u8) -> String {
    let item = |id: &str, days: u8| {
        format!(
            r#"{{"id": "{id}", "name": "事{id}", "status": "current", "case_type": "承诺件",
                "decide_at": "township", "materials": ["身份证"],
                "promised_limit": {{"value": {days}, "unit": "工作日"}}}}"#
        )
    };
    format!(r#"{{"items": [{}, {}]}}"#, item("X01", days), item("T01", 2))
}

#[test]
fn a_county_publishes_items_of_its_own_which_its_townships_offer_and_the_city_only_judges() {
    let dir = tempfile::tempdir().unwrap();
    let (hub_bin, node_bin) = (binary("tongban-hub"), binary("tongban-node"));
    let mut hub = Machine::new(&hub_bin, dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    let mut county = Machine::new(&node_bin, dir.path(), "county");
    let mut town = Machine::new(&node_bin, dir.path(), "town");
    for (machine, division) in [(&county, "510921"), (&town, "510921103")] {
        machine.ok(&["join", &hub.ok(&["enrol", division, "--address", &hub.link])]);
    }
    let file = dir.path().join("county.json");
    let import = |county: &Machine, days: u8| {
        std::fs::write(&file, list_of_a_county(days)).unwrap();
        county.ok(&["item", "import", file.to_str().unwrap()])
    };
    assert!(import(&county, 3).contains("2 items taken (0 of them replaced)"));
    assert!(run(&county, "item check").unwrap().contains("2 drafts, 0 of them with faults"));
    let own = run(&county, "item publish X01 --by 周敏 --proposed-by 周敏").unwrap_err();
    assert!(own.contains("cannot approve it too") && own.contains("四眼原则"), "{own}");
    assert!(versions(&county, "X01").is_empty(), "nothing was published");
    let missing = run(&county, "item publish X09 --by 周敏 --proposed-by 吴刚").unwrap_err();
    assert!(missing.contains("there is no draft X09"), "{missing}");

    // Without the county's service, and then through it.
    let told = run(&county, "item publish X01 --by 周敏 --proposed-by 吴刚").unwrap();
    assert!(told.contains("1 published, 0 unchanged, 0 refused"), "{told}");
    county.sets.push("link.listen=127.0.0.1:0".to_owned());
    county.start();
    town.sets.push(format!("link.parents={}", county.link));
    town.start();
    wait_for("the city's catalogue in the county", || !versions(&county, "T01").is_empty());
    import(&county, 2);
    let foreseen = run(&county, "item publish --all --preview").unwrap();
    assert!(foreseen.contains("X01: 0 open cases"), "{foreseen}");
    let alone = run(&county, "item publish --all --by 周敏").unwrap_err();
    assert!(alone.contains("two people"), "{alone}");
    let told = run(&county, "item publish --all --by 周敏 --proposed-by 吴刚").unwrap();
    assert!(told.contains("T01 version 1, here and below instead of that of 510900"), "{told}");

    wait_for("the county's catalogue in the township", || versions(&town, "X01").len() == 2);
    let newest = &versions(&town, "X01")[0];
    assert_eq!((&newest["publisher"], &newest["item"]["version"]), (&"510921".into(), &2.into()));
    let said = run(&town, "case new --item X01 --applicant 张三 --by 李秀英").unwrap();
    let id = said.split_whitespace().find(|it| it.starts_with("510921103-")).unwrap_or(&said);
    run(&town, &format!("case event {id} accept --by 李秀英")).unwrap();
    let shown = json(&run(&town, &format!("case clocks {id} --json")).unwrap());
    assert_eq!(shown["clocks"].as_array().map(Vec::is_empty), Some(false), "{shown}");
    wait_for("the case in the city, judged alike", || {
        let there = run(&hub, &format!("case clocks {id} --json"));
        there.is_ok_and(|there| json(&there) == shown)
    });
    assert!(versions(&hub, "X01").is_empty(), "the city offers no item of a county");

    run(&county, "item retire X01 --from 2026-01-01 --by 周敏 --proposed-by 吴刚").unwrap();
    let citys = run(&county, "item retire T02 --from 2026-01-01 --by 周敏 --proposed-by 吴刚");
    assert!(citys.unwrap_err().contains("each centre retires its own"));
    wait_for("the retirement in the township", || {
        versions(&town, "X01").iter().all(|it| it["retired_from"] == "2026-01-01")
    });
}
