//! Figures, against small logs counted by hand and the real ones.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::*;
use crate::xes::LogReader;

/// The folder of the real logs if it holds `log`; they are not part of the repository.
#[expect(clippy::disallowed_methods, reason = "where the logs are is a fact of the machine")]
fn real_logs(log: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/logs");
    let folder = std::env::var("TONGBAN_LOGS").map_or(beside, PathBuf::from);
    if folder.join(log).is_file() {
        return Some(folder);
    }
    // Past the capture of the test runner, so that a skipped test is seen.
    let mut stderr = std::io::stderr();
    let _ = writeln!(
        stderr,
        "skipped: no {log} in {}; set TONGBAN_LOGS to the folder of the real logs",
        folder.display()
    );
    None
}

fn tally_of(path: &Path) -> Tally {
    let mut tally = Tally::new(crate::xes::log_name(path));
    for trace in LogReader::open(path).unwrap() {
        tally.add(&CaseRecord::of_trace(&trace.unwrap()));
    }
    tally
}

fn tally_of_text(name: &str, traces: &str) -> Tally {
    let text = std::io::Cursor::new(format!("<log>{traces}</log>"));
    let mut tally = Tally::new(name);
    for trace in LogReader::new(text, name).unwrap() {
        tally.add(&CaseRecord::of_trace(&trace.unwrap()));
    }
    tally
}

fn date(key: &str, day: &str) -> String {
    format!("<date key='{key}' value='{day}T12:00:00+08:00'/>")
}

fn case(name: &str, inner: &str) -> String {
    format!("<trace><string key='concept:name' value='{name}'/>{inner}</trace>")
}

fn event(activity: &str, resource: &str, day: &str) -> String {
    format!(
        "<event><string key='concept:name' value='{activity}'/>\
         <string key='org:resource' value='{resource}'/>{}</event>",
        date("time:timestamp", day)
    )
}

fn found(figures: &Figures, kind: AnomalyKind) -> Option<(u64, String)> {
    let anomaly = figures.anomalies.iter().find(|anomaly| anomaly.kind == kind)?;
    Some((anomaly.count, anomaly.examples.join(" ")))
}

fn without_anomalies(figures: &Figures) -> Json {
    let mut json = serde_json::to_value(figures).unwrap();
    json.as_object_mut().unwrap().remove("anomalies").unwrap();
    json
}

#[test]
fn the_receipt_log_gives_the_figures_known_of_it() {
    let Some(folder) = real_logs("receipt.xes.gz") else { return };
    let figures = tally_of(&folder.join("receipt.xes.gz")).finish();
    let known = json!({
        "name": "receipt", "cases": 1434, "events": 8577, "closed": 1329, "open": 105,
        "activities": 27, "resources": 48,
        "days_median": 50.637, "days_p95_nearest_rank": 132.104,
        "deadline": {"on_time": 952, "late": 377, "overdue_open": 39},
        "planned": {"events": 0, "kept": 0}, "due": {"events": 0, "kept": 0},
    });
    assert_eq!(without_anomalies(&figures), known);
    let backwards = found(&figures, AnomalyKind::EndsBeforeStart);
    assert_eq!(backwards, Some((2, "case-10862 case-8267".to_owned())));
    let testers = found(&figures, AnomalyKind::TestUser);
    assert_eq!(testers, Some((7, "TEST test".to_owned())));
}

#[test]
fn three_municipalities_give_the_figures_known_of_them() {
    let logs = ["bpic15-1.xes.gz", "bpic15-2.xes.gz", "bpic15-3.xes.gz"];
    let Some(folder) = real_logs(logs[2]) else { return };
    let figures = combine(logs.map(|log| tally_of(&folder.join(log))).into());
    let none = json!({"on_time": 0, "late": 0, "overdue_open": 0});
    let known = [
        json!({
            "name": "bpic15-1", "cases": 1199, "events": 52217, "closed": 956, "open": 243,
            "activities": 398, "resources": 23,
            "days_median": 64.267, "days_p95_nearest_rank": 365.551, "deadline": none,
            "planned": {"events": 46204, "kept": 40970}, "due": {"events": 3340, "kept": 3196},
        }),
        json!({
            "name": "bpic15-2", "cases": 832, "events": 44354, "closed": 711, "open": 121,
            "activities": 410, "resources": 11,
            "days_median": 117.958, "days_p95_nearest_rank": 1091.514, "deadline": none,
            "planned": {"events": 35452, "kept": 32383}, "due": {"events": 398, "kept": 390},
        }),
        json!({
            "name": "bpic15-3", "cases": 1409, "events": 59681, "closed": 1260, "open": 149,
            "activities": 383, "resources": 14,
            "days_median": 37.0, "days_p95_nearest_rank": 187.958, "deadline": none,
            "planned": {"events": 50952, "kept": 46840}, "due": {"events": 3850, "kept": 2977},
        }),
    ];
    assert_eq!(figures.iter().map(without_anomalies).collect::<Vec<_>>(), known);
    let shared = Some((1, "6038724".to_owned()));
    let elsewhere = |log: &Figures| found(log, AnomalyKind::InAnotherLog);
    assert_eq!(figures.iter().map(elsewhere).collect::<Vec<_>>(), [shared.clone(), None, shared]);
    let ahead = found(&figures[0], AnomalyKind::StartsAfterExtraction);
    assert_eq!(ahead, Some((1, "3256221".to_owned())));
    assert_eq!(found(&figures[0], AnomalyKind::Midnight).map(|(count, _)| count), Some(23_990));
}

#[test]
fn a_real_log_is_written_and_read_back_as_it_was() {
    let Some(folder) = real_logs("receipt.xes.gz") else { return };
    let open = || LogReader::open(&folder.join("receipt.xes.gz")).unwrap();
    let mut writer = crate::xes::LogWriter::gzip(Vec::new(), open().header()).unwrap();
    for trace in open() {
        writer.trace(&trace.unwrap()).unwrap();
    }
    let (bytes, written) = writer.finish().unwrap();
    assert_eq!((written.traces, written.replaced), (1434, 0));
    let mut back = LogReader::new(std::io::Cursor::new(bytes), "back.xes.gz").unwrap();
    assert_eq!(back.header(), open().header());
    for trace in open() {
        let (trace, again) = (trace.unwrap(), back.next().unwrap().unwrap());
        assert_eq!((trace.attributes, trace.events), (again.attributes, again.events));
    }
    assert!(back.next().is_none());
}

#[test]
fn an_empty_log_has_no_median() {
    let figures = Tally::new("none").finish();
    assert_eq!(
        (figures.cases, figures.days_median, figures.days_p95_nearest_rank),
        (0, None, None)
    );
    assert!(figures.anomalies.is_empty());
}

#[test]
fn the_median_lies_between_the_two_middle_cases() {
    let days = |days: &[i64]| days.iter().map(|day| day * 86_400_000).collect::<Vec<_>>();
    assert_eq!(median_days(&days(&[1, 2, 5, 9])), Some(3.5));
    assert_eq!(median_days(&days(&[1, 2, 5])), Some(2.0));
    assert_eq!(median_days(&[0, 1]), Some(0.0));
    let hundred: Vec<i64> = (1..=100).collect();
    assert_eq!(p95_days(&days(&hundred)), Some(95.0));
    assert_eq!(p95_days(&days(&[4])), Some(4.0));
    assert_eq!(p95_days(&days(&[1, 2])), Some(2.0));
}

#[test]
fn a_deadline_is_kept_at_the_same_instant_in_another_offset() {
    let end = "<date key='enddate' value='2013-05-01T12:00:00+08:00'/>";
    let same = "<date key='deadline' value='2013-05-01T04:00:00Z'/>";
    let before = "<date key='deadline' value='2013-05-01T12:00:00+09:00'/>";
    let after = date("deadline", "2013-05-03");
    let traces = [
        case("kept", &format!("{end}{same}")),
        case("late", &format!("{end}{before}")),
        case("overdue", before),
        case("open", &format!("{after}{}", event("a", "b", "2013-05-02"))),
        case("none", ""),
    ];
    let figures = tally_of_text("log", &traces.concat()).finish();
    let known = DeadlineFigures { on_time: 1, late: 1, overdue_open: 1 };
    assert_eq!((figures.deadline, figures.closed, figures.open), (known, 2, 3));
}

#[test]
fn what_is_missing_is_an_anomaly_and_not_an_error() {
    let odd = "<trace><event/></trace>";
    let text =
        "<string key='deadline' value='soon'/><string key='enddate' value='2013-05-01T12:00:00Z'/>";
    let figures = tally_of_text("log", &format!("{odd}{}{odd}", case("a", text))).finish();
    assert_eq!((figures.cases, figures.events, figures.closed, figures.activities), (3, 2, 1, 0));
    assert_eq!(found(&figures, AnomalyKind::CaseWithoutName), Some((2, "#1 #3".to_owned())));
    assert_eq!(found(&figures, AnomalyKind::EventWithoutActivity).map(|(count, _)| count), Some(2));
    assert_eq!(found(&figures, AnomalyKind::EventWithoutTime).map(|(count, _)| count), Some(2));
    assert_eq!(found(&figures, AnomalyKind::UnreadableDate), Some((1, "a".to_owned())));
}

#[test]
fn names_are_looked_for_within_a_log_and_across_logs() {
    let cases = |names: &[&str]| names.iter().map(|name| case(name, "")).collect::<String>();
    let one = tally_of_text("one", &cases(&["a", "b", "b"]));
    let two = tally_of_text("two", &cases(&["c", "a"]));
    let figures = combine(vec![one, two]);
    assert_eq!(found(&figures[0], AnomalyKind::CaseTwice), Some((1, "b".to_owned())));
    assert_eq!(found(&figures[0], AnomalyKind::InAnotherLog), Some((1, "a".to_owned())));
    assert_eq!(found(&figures[1], AnomalyKind::InAnotherLog), Some((1, "a".to_owned())));
}

#[test]
fn a_lone_event_far_ahead_is_after_the_extraction() {
    let busy: String = (0..2_000).map(|_| event("a", "b", "2013-05-02")).collect();
    let ahead = case("ahead", &event("a", "b", "2013-12-01"));
    let traces = format!("{}{ahead}", case("busy", &busy));
    let figures = tally_of_text("log", &traces).finish();
    let late = found(&figures, AnomalyKind::EventAfterExtraction);
    assert_eq!(late, Some((1, "ahead".to_owned())));
    let told = tally_of_text("log", &traces).extracted_at(Timestamp(i64::MAX)).finish();
    assert_eq!(found(&told, AnomalyKind::EventAfterExtraction), None);
    let few = case("busy", &event("a", "b", "2013-05-02")) + &ahead;
    let figures = tally_of_text("log", &few).finish();
    assert_eq!(found(&figures, AnomalyKind::EventAfterExtraction), None, "a quiet log is no error");
}

#[test]
fn midnight_is_that_of_the_clock_which_wrote_it() {
    let at = |time: &str| format!("<event><date key='time:timestamp' value='{time}'/></event>");
    let times = ["2013-05-01T00:00:00+08:00", "2013-05-01T00:00:00Z", "2013-05-01T00:00:01Z"];
    let figures = tally_of_text("log", &case("a", &times.map(at).concat())).finish();
    assert_eq!(found(&figures, AnomalyKind::Midnight), Some((2, "a".to_owned())));
}

#[test]
fn at_most_five_examples_are_kept() {
    let traces: String = (0..9)
        .map(|n| {
            case(
                &n.to_string(),
                &(date("startdate", "2013-05-02") + &date("enddate", "2013-05-01")),
            )
        })
        .collect();
    let figures = tally_of_text("log", &traces).finish();
    let backwards = found(&figures, AnomalyKind::EndsBeforeStart);
    assert_eq!(backwards, Some((9, "0 1 2 3 4".to_owned())));
    assert_eq!(figures.days_median, Some(-1.0));
}
