//! The published years day by day, the estimate beyond them, and broken calendars.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use tongban_protocol::calendar::{Calendar, DayType, Due, YearNotice};
use tongban_protocol::deadline::{Limit, last_day};

use crate::city::City;

fn calendar() -> Calendar {
    City::suining().calendar
}

fn refusal(rows: &str) -> String {
    super::parse("c.csv", &format!("date,kind,name\n{rows}")).unwrap_err().to_string()
}

#[test]
fn due_dates_agree_with_the_published_calendars() {
    let calendar = calendar();
    for (accepted, working_days, due) in [
        (date(2013, 1, 5), 1, date(2013, 1, 6)),
        (date(2013, 2, 6), 5, date(2013, 2, 18)),
        (date(2013, 2, 8), 20, date(2013, 3, 13)),
        (date(2013, 2, 10), 1, date(2013, 2, 16)),
        (date(2013, 6, 7), 2, date(2013, 6, 9)),
        (date(2013, 9, 27), 5, date(2013, 10, 10)),
        (date(2013, 12, 30), 20, date(2014, 1, 27)),
        (date(2014, 1, 29), 5, date(2014, 2, 11)),
        (date(2024, 2, 8), 5, date(2024, 2, 21)),
        (date(2025, 9, 30), 3, date(2025, 10, 11)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 9, 30), 20, date(2026, 11, 3)),
        (date(2026, 11, 22), 20, date(2026, 12, 18)),
    ] {
        let expected = Due { date: due, provisional: false };
        assert_eq!(calendar.due(accepted, working_days), expected, "{accepted} + {working_days}");
    }
}

#[test]
fn each_year_has_the_working_days_that_its_notice_gives() {
    let calendar = calendar();
    assert!(calendar.notices().map(YearNotice::year).eq(2013..=2026));
    for (year, expected) in [(2013, 250), (2014, 250), (2024, 251), (2025, 248), (2026, 248)] {
        let days = date(year, 1, 1).series(jiff::Span::new().days(1));
        let days = days.take_while(|day| day.year() == year);
        assert_eq!(days.filter(|day| calendar.is_working(*day)).count(), expected, "{year}");
    }
}

#[test]
fn a_limit_of_no_days_ends_on_the_day_itself() {
    let sunday = date(2013, 2, 10);
    assert_eq!(calendar().due(sunday, 0), Due { date: sunday, provisional: false });
}

#[test]
fn days_have_their_type_and_their_festival() {
    let calendar = calendar();
    assert_eq!(calendar.day_type(date(2013, 1, 4)), DayType::Workday);
    assert_eq!(calendar.day_type(date(2013, 1, 5)), DayType::MakeUp);
    assert_eq!(calendar.day_type(date(2013, 2, 9)), DayType::Weekend);
    assert_eq!(calendar.day_type(date(2013, 2, 11)), DayType::Holiday);
    assert_eq!(calendar.festival(date(2013, 1, 5)), Some("元旦"));
    assert_eq!(calendar.festival(date(2013, 1, 4)), None);
}

#[test]
fn a_limit_that_runs_into_an_unpublished_year_is_provisional() {
    let calendar = calendar();
    let last = calendar.due(date(2026, 12, 3), 20);
    assert_eq!(last, Due { date: date(2026, 12, 31), provisional: false });
    let next = calendar.due(date(2026, 12, 4), 20);
    assert_eq!(next, Due { date: date(2027, 1, 4), provisional: true });
    assert_eq!(calendar.day_type(date(2027, 1, 1)), DayType::Holiday);
    assert_eq!(calendar.day_type(date(2027, 2, 8)), DayType::Workday);
}

#[test]
fn a_limit_that_begins_before_the_first_notice_is_provisional() {
    let calendar = calendar();
    assert!(calendar.due(date(2012, 12, 30), 1).provisional);
    assert!(!calendar.due(date(2012, 12, 31), 1).provisional);
}

#[test]
fn a_limit_stops_at_the_end_of_time() {
    assert_eq!(calendar().due(Date::MAX, 3), Due { date: Date::MAX, provisional: true });
}

#[test]
fn a_broken_calendar_is_refused_with_its_line() {
    let day = "2013-01-01,holiday,元旦\n";
    insta::assert_snapshot!(refusal(&format!("{day}{day}")), @"c.csv:3: 2013-01-01 stands in line 2 already; remove one of the two rows");
    insta::assert_snapshot!(refusal("2013-01-04,makeup,元旦\n"), @"c.csv:2: 2013-01-04 is a Friday; only a Saturday or a Sunday can be `makeup`, remove the row or write `holiday`");
    insta::assert_snapshot!(refusal(&format!("{day}2015-01-01,holiday,元旦\n")), @"c.csv: the year 2014 has no row, though earlier and later years have; add its notice");
    insta::assert_snapshot!(refusal("2013-01-01,Holiday,元旦\n"), @"c.csv:2: `Holiday` is no kind of day; write `holiday` or `makeup`");
    insta::assert_snapshot!(refusal("2013-02-29,holiday,元旦\n"), @"c.csv:2: `2013-02-29` is no date; write it like `2013-10-01`");
    insta::assert_snapshot!(refusal("20130101,holiday,元旦\n"), @"c.csv:2: `20130101` is no date; write it like `2013-10-01`");
    insta::assert_snapshot!(refusal("2013-01-01T10,holiday,元旦\n"), @"c.csv:2: `2013-01-01T10` is no date; write it like `2013-10-01`");
    insta::assert_snapshot!(refusal("2013-01-01,holiday,\n"), @"c.csv:2: `name` is empty; write a value");
}

/// Counts on the fingers: day after day, from the file alone.
fn on_the_fingers(accepted: Date, working_days: usize) -> Date {
    static FILE: &str = include_str!("../../suining/calendar.csv");
    static DAYS: LazyLock<BTreeMap<&str, &str>> =
        LazyLock::new(|| FILE.lines().filter_map(|line| line.split_once(',')).collect());
    let mut days = accepted.tomorrow().unwrap().series(jiff::Span::new().days(1));
    let is_worked = |day: &Date| match DAYS.get(day.to_string().as_str()) {
        Some(said) => said.starts_with("makeup"),
        None => !["Saturday", "Sunday"].contains(&format!("{:?}", day.weekday()).as_str()),
    };
    if working_days == 0 {
        accepted
    } else {
        days.by_ref().filter(is_worked).nth(working_days - 1).unwrap()
    }
}

#[test]
fn each_day_of_the_published_years_has_the_due_dates_that_fingers_count() {
    let calendar = calendar();
    let last = date(2026, 12, 31);
    let days = date(2013, 1, 1).series(jiff::Span::new().days(1)).take_while(|day| *day <= last);
    let mut compared = 0;
    for accepted in days {
        for working_days in [0, 1, 2, 5, 10, 20, 45] {
            let due = last_day(&calendar, accepted, Limit::WorkingDays(working_days), &[]).unwrap();
            if !due.provisional {
                let expected = on_the_fingers(accepted, usize::from(working_days));
                assert_eq!(due.date, expected, "{accepted} + {working_days}");
                compared += 1;
            }
        }
    }
    assert!(compared > 35_000, "{compared}");
}

proptest! {
    #[test]
    fn a_due_date_is_worked_and_exactly_so_many_working_days_away(
        offset in 0_i32..6_000,
        working_days in 1_u16..90,
    ) {
        let calendar = City::suining().calendar;
        let accepted = date(2012, 6, 1).saturating_add(jiff::Span::new().days(offset));
        let due = calendar.due(accepted, working_days).date;
        prop_assert!(calendar.is_working(due));
        let days = accepted.tomorrow().unwrap().series(jiff::Span::new().days(1));
        let worked = days.take_while(|day| *day <= due).filter(|day| calendar.is_working(*day));
        prop_assert_eq!(worked.count(), usize::from(working_days));
    }
}
