//! The same figures at the counter and at the city, from the command line, the JSON service and the
//! printed page.
#![cfg(test)]

use serde_json::Value;
use tongban_tests::machine::{Machine, binary, wait_for};

fn report(machine: &Machine) -> Value {
    let text = machine.ok(&["metrics", "--by", "centre", "--json"]);
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The figures of the township's row.
fn town(machine: &Machine) -> Value {
    let report = report(machine);
    let rows = report["rows"].as_array().unwrap();
    rows.iter()
        .find(|row| row["key"] == "510921103")
        .map_or(Value::Null, |it| it["figures"].clone())
}

fn figure(figures: &Value, metric: &str) -> String {
    let all = figures.as_array().into_iter().flatten();
    let found = all.into_iter().find(|it| it["metric"] == metric);
    found.map_or_else(String::new, |it| format!("{}/{}", it["numerator"], it["denominator"]))
}

fn page(machine: &Machine, path: &str) -> (u16, String) {
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build().into();
    let mut answer = agent
        .get(format!("http://{}{path}", machine.http))
        .header("Authorization", format!("Bearer {}", machine.window().token))
        .call()
        .unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

#[test]
fn counter_and_city_report_the_same_figures_in_every_form() {
    let dir = tempfile::tempdir().unwrap();
    let mut hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    hub.sets.push("link.listen=127.0.0.1:0".to_owned());
    hub.ok(&["init"]);
    hub.start();
    let mut node = Machine::new(&binary("tongban-node"), dir.path(), "node");
    node.ok(&["join", &hub.ok(&["enrol", "510921103", "--address", &hub.link])]);
    node.start();
    wait_for("the catalogue below", || {
        let told = node.ok(&["metrics"]);
        !told.contains("promised speed-up 0/0")
    });
    let new = ["case", "new", "--item", "T05", "--applicant", "王小明", "--by", "李秀英"];
    let id = node.ok(&new);
    for event in ["accept", "decide", "deliver"] {
        node.ok(&["case", "event", &id, event, "--by", "李秀英"]);
    }
    node.ok(&["case", "event", &id, "rate", "--rating", "satisfied", "--by", "王小明"]);
    node.ok(&[new.as_slice(), &["--channel", "网上"]].concat());
    let figures = town(&node);
    assert_eq!(figure(&figures, "received"), "2.0/0.0");
    assert_eq!(figure(&figures, "satisfaction"), "1.0/1.0");
    assert_eq!(figure(&figures, "online-cases"), "1.0/2.0");
    wait_for("the same figures at the city", || figure(&town(&hub), "rated") == "1.0/1.0");
    // What an item offers is the city's to say; the rest is the same to the last byte.
    let of_cases = |figures: &Value| {
        let all = figures.as_array().unwrap().iter();
        all.filter(|it| !it["metric"].as_str().unwrap().ends_with("-items"))
            .cloned()
            .collect::<Vec<_>>()
    };
    wait_for("all of it", || of_cases(&town(&hub)) == of_cases(&figures));
    let text = hub.ok(&["metrics", "--by", "county"]);
    assert!(text.contains("/124 centres"), "{text}");
    assert!(
        text.contains("satisfied 1/1 = 100.0 %  |  rated of their own will 1/1 = 100.0 %"),
        "{text}"
    );
    assert!(text.contains("Pengxi County 510921"), "{text}");
    let csv = node.ok(&["metrics", "--by", "item", "--csv"]);
    assert!(csv.lines().next().unwrap().ends_with("filter_zh,filter_en"), "{csv}");
    for machine in [&hub, &node] {
        let (status, printed) = page(machine, "/report?by=centre&from=&to=");
        assert_eq!(status, 200, "{printed}");
        assert!(printed.contains("按时办结率") && printed.contains("截至"), "{printed}");
        assert!(!printed.contains("http://") && !printed.contains("https://"), "{printed}");
        let (_, english) = page(machine, "/report?lang=en");
        assert!(english.contains("finished wholly online"), "{english}");
        assert_eq!(page(machine, "/api/v1/metrics?from=2026-13").0, 400);
        assert_eq!(page(machine, "/api/v1/metrics?target=100").0, 400, "no target can be set");
    }
    // A machine that does not run says the same.
    let before = town(&node);
    node.kill();
    assert_eq!(town(&node), before);
}
