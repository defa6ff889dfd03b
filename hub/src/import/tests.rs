//! Logs that become cases, and again.

use std::io::Cursor;
use std::path::PathBuf;

use tongban_protocol::document::EventKind;
use tongban_protocol::value::Attribute;

use super::*;
use crate::export::{Choice, export_cases, log_header};
use crate::figures::{CaseRecord, Figures, Tally};
use crate::fixture::{self, Desk, NINE};
use crate::report::report;
use crate::xes::LogWriter;

/// Two cases of one name, one without, nested and repeated attributes, events out of order.
const LOG: &str = "<log>\
    <trace><string key='concept:name' value='a'/><date key='startdate' value='2013-05-01T08:00:00+08:00'/>\
      <date key='enddate' value='2013-05-09T08:00:00+08:00'/><date key='deadline' value='2013-05-08T08:00:00Z'/>\
      <string key='note' value='outer'><float key='inner' value='1.5'/></string>\
      <string key='twice' value='1'/><string key='twice' value='2'/><float key='odd' value='NaN'/>\
      <string key='tongban:place' value='theirs'/>\
      <event><string key='concept:name' value='end'/><string key='org:resource' value='TEST'/>\
        <date key='time:timestamp' value='2013-05-03T00:00:00+08:00'/><float key='x' value='NaN'/></event>\
      <event><string key='concept:name' value='begin'/><date key='time:timestamp' value='2013-05-02T10:00:00+08:00'/>\
        <date key='planned' value='2013-05-02T10:00:00+08:00'/></event>\
      <event><string key='concept:name' value='begin'/><date key='time:timestamp' value='2013-05-02T10:00:00+08:00'/></event>\
    </trace>\
    <trace><string key='concept:name' value='a'/><list key='l'><values><int key='n' value='1'/></values></list>\
      <event><string key='concept:name' value='lost'/></event></trace>\
    <trace><event><date key='time:timestamp' value='1969-05-02T10:00:00Z'/></event></trace>\
    </log>";

fn reader(text: &str) -> LogReader {
    LogReader::new(Cursor::new(text.to_owned().into_bytes()), "small.xes").unwrap()
}

fn import(desk: &mut Desk, text: &str, log: &str) -> Imported {
    let mut importer = Importer::new(reader(text), log);
    while importer.stage_next(desk, NINE).unwrap().is_some() {
        desk.commit().unwrap();
    }
    importer.into_imported()
}

fn figures_of(reader: LogReader, name: &str) -> Figures {
    let mut tally = Tally::new(name);
    for trace in reader {
        tally.add(&CaseRecord::of_trace(&trace.unwrap()));
    }
    tally.finish()
}

fn export(desk: &Desk, log: &str) -> Vec<u8> {
    let mut writer = LogWriter::plain(Vec::new(), &log_header(log)).unwrap();
    export_cases(desk, &Choice::Log(log.to_owned()), &mut writer).unwrap();
    writer.finish().unwrap().0
}

#[test]
fn the_figures_of_the_store_are_those_of_the_file() {
    let mut hub = fixture::city();
    let done = import(&mut hub, LOG, "small");
    assert_eq!((done.cases, done.cases_new, done.events, done.events_new), (3, 3, 5, 5));
    assert_eq!((done.refused, done.entries), (0, 1));
    assert_eq!(report(&hub).unwrap(), [figures_of(reader(LOG), "small")]);
}

#[test]
fn a_file_that_is_imported_twice_doubles_nothing() {
    let mut hub = fixture::city();
    import(&mut hub, LOG, "small");
    let before = hub.frontier().clone();
    let again = import(&mut hub, LOG, "small");
    assert_eq!((again.cases, again.cases_new, again.cases_completed), (3, 0, 0));
    assert_eq!((again.events_new, again.entries), (0, 0));
    assert_eq!(*hub.frontier(), before);
    let other = import(&mut hub, LOG, "other");
    assert_eq!(other.cases_new, 3, "a case is known by its log and its name there");
}

#[test]
fn an_import_that_broke_off_is_finished_by_importing_again() {
    let (start, end) = LOG.split_at(LOG.find("<event><string key='concept:name' value='begin'/><date key='time:timestamp' value='2013-05-02T10:00:00+08:00'/></event>").unwrap());
    let cut = format!("{start}{}", &end[end.find("</trace>").unwrap()..]);
    let mut hub = fixture::city();
    assert_eq!(import(&mut hub, &cut, "small").events_new, 4);
    let again = import(&mut hub, LOG, "small");
    assert_eq!((again.cases_new, again.cases_completed, again.events_new), (0, 1, 1));
    assert_eq!(report(&hub).unwrap(), [figures_of(reader(LOG), "small")]);
}

#[test]
fn what_is_exported_and_imported_again_has_the_same_figures_and_the_same_traces() {
    let mut hub = fixture::city();
    import(&mut hub, LOG, "small");
    let bytes = export(&hub, "small");
    let mut other = fixture::city();
    import(&mut other, std::str::from_utf8(&bytes).unwrap(), "small");
    assert_eq!(report(&other).unwrap(), report(&hub).unwrap());
    assert_eq!(export(&other, "small"), bytes);
    let sorted = |mut list: Vec<Attribute>| {
        list.sort_by(|a, b| a.key.cmp(&b.key));
        format!("{list:?}") // A number that is none is not equal to itself.
    };
    let back = LogReader::new(Cursor::new(bytes), "back.xes").unwrap();
    for (was, is) in reader(LOG).zip(back) {
        let (was, is) = (was.unwrap(), is.unwrap());
        assert_eq!(sorted(was.attributes), sorted(is.attributes));
        let events = |events: Vec<Vec<Attribute>>| {
            let mut all: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
            all.sort();
            all
        };
        assert_eq!(events(was.events), events(is.events));
    }
}

#[test]
fn a_plan_is_the_same_on_every_machine_and_keeps_the_order_of_the_file_within_an_instant() {
    let plans = || {
        let mut replay = Replay::new("small");
        let centre = fixture::division(fixture::TOWN);
        reader(LOG).map(|trace| replay.plan(&trace.unwrap(), centre)).collect::<Vec<_>>()
    };
    let [a, second, unnamed] = plans().try_into().unwrap();
    assert_eq!(a.header.number, "small/a");
    assert_eq!(a.ulid.timestamp_ms(), 1_367_366_400_000);
    let notes: Vec<_> = a.events.iter().map(|event| event.note.as_str()).collect();
    assert_eq!(notes, ["begin", "begin", "end"]);
    assert!(a.events.iter().all(|event| event.kind == EventKind::Import));
    assert!(a.events[0].attributes.len() > a.events[1].attributes.len());
    assert_eq!(
        (second.header.number.as_str(), unnamed.header.number.as_str()),
        ("small/a", "small/#3")
    );
    assert_ne!(a.ulid.to_bytes()[6..], second.ulid.to_bytes()[6..]);
    let ulids: Vec<_> = plans().iter().map(|plan| plan.ulid).collect();
    assert_eq!(ulids, [a.ulid, second.ulid, unnamed.ulid]);
}

#[test]
fn a_case_that_breaks_a_bound_is_named_and_the_others_are_taken() {
    let long = "长".repeat(6_000);
    let bad = format!(
        "<trace><string key='concept:name' value='b'/><string key='x' value='{long}'/></trace>"
    );
    let text = LOG.replacen("<log>", &format!("<log>\n{bad}"), 1);
    let mut hub = fixture::city();
    let done = import(&mut hub, &text, "small");
    assert_eq!((done.cases, done.cases_new, done.refused), (4, 3, 1));
    assert_eq!(
        done.reasons,
        [
            "case small/b (line 2): `x` has 18000 bytes, above the limit of 16384; shorten it in the log"
        ]
    );
}

#[test]
fn a_case_too_long_for_one_entry_is_spread_over_several() {
    let event = |n: usize| {
        format!(
            "<event><string key='concept:name' value='{n}'/><string key='x' value='{}'/></event>",
            "y".repeat(15_000)
        )
    };
    let events: String = (0..12).map(event).collect();
    let text = format!("<log><trace><string key='concept:name' value='b'/>{events}</trace></log>");
    let mut hub = fixture::city();
    let done = import(&mut hub, &text, "big");
    assert_eq!((done.events_new, done.entries), (12, 13));
    assert_eq!(report(&hub).unwrap(), [figures_of(reader(&text), "big")]);
    assert_eq!(import(&mut hub, &text, "big").entries, 0);
}

#[test]
fn a_file_that_breaks_off_stops_the_import_and_keeps_what_came_before() {
    let cut = &LOG[..LOG.rfind("<trace>").unwrap() + 20];
    let mut hub = fixture::city();
    let mut importer = Importer::new(reader(cut), "small");
    let error = importer.stage_next(&mut hub, NINE).unwrap_err();
    assert!(matches!(error, ImportError::Log(_)), "{error}");
}

/// The folder of the real logs if it is there; they are not part of the repository.
#[expect(clippy::disallowed_methods, reason = "where the logs are is a fact of the machine")]
fn real_log(log: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/logs");
    let path = std::env::var("TONGBAN_LOGS").map_or(beside, PathBuf::from).join(log);
    path.is_file().then_some(path)
}

#[test]
fn a_real_log_keeps_its_figures_through_the_store_and_back() {
    let Some(path) = real_log("receipt.xes.gz") else { return };
    let mut hub = fixture::city();
    let done = import_file(&mut hub, NINE, &path).unwrap();
    assert_eq!((done.cases_new, done.events_new, done.refused), (1_434, 8_577, 0));
    let figures = report(&hub).unwrap();
    assert_eq!(figures, [figures_of(LogReader::open(&path).unwrap(), "receipt")]);
    assert_eq!((figures[0].deadline.on_time, figures[0].days_median), (952, Some(50.637)));
    let bytes = export(&hub, "receipt");
    let back = LogReader::new(Cursor::new(bytes), "receipt.xes").unwrap();
    assert_eq!(figures, [figures_of(back, "receipt")]);
    assert_eq!(import_file(&mut hub, NINE, &path).unwrap().entries, 0);
}
