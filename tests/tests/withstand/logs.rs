//! Event logs that are broken, come twice, or are odd without being wrong.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::*;

const GOOD: &str = "<log>\n<trace><string key='concept:name' value='一'/>\n<event>\
    <string key='concept:name' value='受理'/>\
    <date key='time:timestamp' value='2013-12-13T09:30:00+08:00'/></event></trace>\n";

fn log(office: &Office, name: &str, text: &str) -> PathBuf {
    let path = office.dir.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Every broken file, and what is said of it.
fn check_broken(office: &Office) {
    let before = office.hub.ok(&["report"]);
    let date =
        "<trace><event>\n<date key='time:timestamp' value='2013-13-40'/></event></trace></log>";
    let mut packed = Vec::new();
    {
        let level = flate2::Compression::default();
        let mut gzip = flate2::write::GzEncoder::new(&mut packed, level);
        gzip.write_all(format!("{GOOD}</log>").as_bytes()).unwrap();
    }
    let shorn = office.dir.path().join("断.xes.gz");
    fs::write(&shorn, &packed[..packed.len() / 2]).unwrap();
    let stories = [
        (log(office, "cut.xes", GOOD), "cut.xes, line 4", "breaks off", "copy or export it again"),
        (shorn, "断.xes.gz", "", "again"),
        (
            log(office, "a letter.xes", "Dear office,"),
            "a letter.xes",
            "not XML",
            "choose a XES file",
        ),
        (log(office, "no.xes.gz", "Dear office,"), "no.xes.gz", "neither gzip nor XML", "again"),
        (log(office, "page.xes", "<html></html>"), "page.xes", "`html`", "choose a XES file"),
        (
            log(office, "date.xes", &format!("{GOOD}{date}")),
            "date.xes, line 5",
            "`time:timestamp` is `2013-13-40`",
            "write it as `2015-02-03T10:00:00.000+08:00`",
        ),
        (office.dir.path().join("none.xes"), "none.xes", "No such file", ""),
    ];
    for (file, place, what, remedy) in stories {
        check_refused(&office.hub.run(&["import", text(&file)]), &[place, what, remedy]);
        assert_eq!(office.hub.ok(&["report"]), before, "{place}: nothing was taken");
    }
}

#[test]
fn a_broken_log_changes_nothing_and_one_that_comes_twice_doubles_nothing() {
    let mut office = Office::new();
    check_broken(&office);
    let good = log(&office, "收 件.xes", &format!("{GOOD}</log>"));
    let said = office.hub.ok(&["import", text(&good)]);
    assert!(said.contains("1 cases (1 new, 0 completed), 1 events (1 new)"), "{said}");
    let report = office.hub.ok(&["report"]);
    assert!(report.contains("\"name\": \"收 件\"") && report.contains("\"cases\": 1"), "{report}");

    // The same through the running hub.
    office.hub.start();
    check_broken(&office);
    let again = office.hub.ok(&["import", text(&good)]);
    assert!(again.contains("everything was here already"), "{again}");
    assert_eq!(office.hub.ok(&["report"]), report);
    let out = office.dir.path().join("出.xes.gz");
    office.hub.ok(&["export", "--xes", text(&out), "--log", "收 件"]);
    assert!(fs::read(&out).unwrap().starts_with(&[0x1f, 0x8b]), "packed, as its name says");
    let refused = office.hub.run(&["export", "--xes", text(&out)]);
    check_refused(&refused, &["出.xes.gz exists already", "give another name"]);
    let none = office.dir.path().join("none-out.xes");
    let refused = office.hub.run(&["export", "--xes", text(&none), "--log", "nolog"]);
    check_refused(&refused, &["no case of log `nolog`", "`report` names the logs"]);
    assert!(!none.exists(), "no empty log is left behind");
}

#[test]
fn real_oddities_are_taken_as_they_are_and_listed_as_anomalies() {
    let office = Office::new();
    let event = |by: &str, day: &str| {
        format!(
            "<event><string key='concept:name' value='x'/><string key='org:resource' value='{by}'/>\
             <date key='time:timestamp' value='{day}T09:30:00+08:00'/></event>"
        )
    };
    let case = |name: &str, start: &str, end: &str, events: &str| {
        format!(
            "<trace><string key='concept:name' value='{name}'/>\
             <date key='startdate' value='{start}T08:00:00+08:00'/>\
             <date key='enddate' value='{end}T08:00:00+08:00'/>{events}</trace>"
        )
    };
    let usual = event("李秀英", "2013-05-02");
    let first = [
        case("A-1", "2013-05-09", "2013-05-01", &usual),
        case("A-2", "2013-05-01", "2031-05-01", &event("test", "2013-05-03")),
    ];
    let second = case("A-1", "2013-05-01", "2013-05-02", &usual);
    for (name, traces) in [("一.xes", first.concat()), ("二.xes", second)] {
        let file = log(&office, name, &format!("<log>{traces}</log>"));
        office.hub.ok(&["import", text(&file)]);
    }
    let report: serde_json::Value =
        serde_json::from_str(&office.hub.ok(&["report", "--json"])).unwrap();
    let of = |log: usize, kind: &str| {
        let anomalies = report[log]["anomalies"].as_array().unwrap();
        let found = anomalies.iter().find(|anomaly| anomaly["kind"] == kind);
        found.map(|anomaly| anomaly["examples"].to_string()).unwrap_or_default()
    };
    assert_eq!((&report[0]["cases"], &report[1]["cases"]), (&2.into(), &1.into()), "{report}");
    assert_eq!(of(0, "ends_before_start"), "[\"A-1\"]");
    assert_eq!(of(0, "ends_after_extraction"), "[\"A-2\"]");
    assert_eq!(of(0, "test_user"), "[\"test\"]");
    assert_eq!(
        (of(0, "in_another_log"), of(1, "in_another_log")),
        ("[\"A-1\"]".into(), "[\"A-1\"]".into())
    );
}
