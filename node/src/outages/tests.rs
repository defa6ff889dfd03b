//! A machine that is told the time and its links, and what it would record.

use super::*;

/// Monday 2026-11-02, nine in the morning in Suining.
const NINE: Timestamp = Timestamp(1_793_581_200_000);
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;

fn at(minutes: i64) -> Timestamp {
    NINE.plus_ms(minutes * MINUTE_MS)
}

fn span(from: i64, to: i64, cause: OutageCause) -> Outage {
    Outage { from: at(from), to: at(to), cause }
}

#[test]
fn an_outage_of_the_link_is_recorded_when_it_is_over() {
    let mut watch = OutageWatch::start(at(0), None, (&Almanac::default(), OfficeHours::default()));
    assert_eq!(watch.look(at(0), true), None);
    assert_eq!(watch.look(at(5), false), None);
    assert_eq!(watch.look(at(30), false), None, "it is not over");
    let report = watch.look(at(65), true).unwrap();
    assert_eq!(report.spans, [span(5, 65, OutageCause::Link)]);
    assert_eq!(watch.look(at(66), true), None, "it is recorded once");
}

#[test]
fn short_outages_are_counted_and_recorded_together_once_a_day() {
    let mut watch = OutageWatch::default();
    for minute in 0..10 {
        assert_eq!(watch.look(at(minute), false), None);
        assert_eq!(watch.look(at(minute).plus_ms(30_000), true), None);
    }
    assert_eq!(watch.look(at(23 * 60), true), None);
    let report = watch.look(at(24 * 60 + 1), true).unwrap();
    assert_eq!((report.spans.len(), report.short_count, report.short_ms), (0, 10, 300_000));
}

#[test]
fn a_bad_day_makes_a_bounded_number_of_records_and_loses_no_long_outage() {
    let mut watch = OutageWatch::default();
    let mut reports = Vec::new();
    for round in 0..60 {
        reports.extend(watch.look(at(10 * round), false));
        reports.extend(watch.look(at(10 * round + 2 + round % 3), true));
    }
    assert_eq!(reports.len(), RECORDS_PER_DAY_MAX as usize);
    let rest = watch.look(at(24 * 60), true).unwrap();
    assert_eq!((rest.spans.len(), rest.short_count), (SPANS_MAX, 20), "60 are 8, 32 and 20");
    let shortest = rest.spans.iter().map(|it| it.to.ms_since(it.from)).min();
    assert_eq!(shortest, Some(3 * MINUTE_MS), "the longest were kept");
}

#[test]
fn a_machine_that_was_off_in_office_hours_says_so_and_claims_no_more_than_it_knows() {
    let mark = |minutes, down| Some(AliveMark { at: at(minutes), down_since: down });
    let started = |mark, now| of_hours(OfficeHours::default(), mark, now);
    let off = started(mark(0, None), at(120));
    assert_eq!(off, Some(vec![span(5, 120, OutageCause::Machine)]), "the mark may be 5 min old");
    assert_eq!(started(mark(0, None), at(5)), None, "it came back before the next mark was due");
    assert_eq!(
        started(mark(8 * 60, None), at(24 * 60)),
        None,
        "off from five to nine is the night"
    );
    assert!(started(mark(8 * 60, None), at(24 * 60 + 1)).is_some());
    // From Friday evening to Monday morning.
    let friday = 4 * 24 * 60 + 8 * 60;
    assert_eq!(started(mark(friday, None), at(7 * 24 * 60)), None);
    assert_eq!(started(mark(60, None), at(0)), None, "the clock was set back");
    let down = started(mark(0, Some(at(-30))), at(120)).unwrap();
    assert_eq!(down.len(), 2, "the link was down before the machine was: {down:?}");
}

/// What a machine would record that starts again under the office hours of its city.
fn of_hours(hours: OfficeHours, mark: Option<AliveMark>, now: Timestamp) -> Option<Vec<Outage>> {
    let mut watch = OutageWatch::start(now, mark, (&Almanac::default(), hours));
    watch.look(now, true).map(|it| it.spans)
}

#[test]
fn office_hours_are_those_that_the_city_published() {
    let early = OfficeHours::new(8 * 60 + 30, 16 * 60).unwrap();
    let mark = |minutes| Some(AliveMark { at: at(minutes), down_since: None });
    // From half past four in the afternoon to a quarter to nine the next morning.
    assert_eq!(of_hours(OfficeHours::default(), mark(8 * 60), at(24 * 60 - 15)), None);
    assert!(of_hours(early, mark(8 * 60), at(24 * 60 - 15)).is_some());
    assert!(of_hours(OfficeHours::default(), mark(7 * 60), at(7 * 60 + 30)).is_some());
    assert_eq!(of_hours(early, mark(7 * 60), at(7 * 60 + 30)), None);
}

#[test]
fn what_could_not_be_recorded_is_given_again() {
    let mut watch = OutageWatch::default();
    watch.look(at(0), false);
    let report = watch.look(NINE.plus_ms(HOUR_MS), true).unwrap();
    watch.put_back(report.clone(), NINE.plus_ms(HOUR_MS));
    assert_eq!(watch.look(NINE.plus_ms(HOUR_MS + 1), true), Some(report));
}

#[test]
fn marks_are_made_every_five_minutes_and_when_the_link_changes() {
    let mut watch = OutageWatch::default();
    assert!(watch.mark(at(0)).is_some());
    assert!(watch.mark(at(4)).is_none());
    watch.look(at(4), false);
    assert_eq!(watch.mark(at(4)).unwrap().down_since, Some(at(4)));
    assert!(watch.mark(at(9)).is_some());
}
