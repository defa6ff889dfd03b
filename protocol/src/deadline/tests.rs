//! Limits and pauses on a small calendar.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::calendar::{Exception, YearNotice};

/// 2013 with Spring Festival from 9 to 15 February, 16 and 17 February worked.
fn calendar() -> Calendar {
    let off = (9..=15).map(|day| (date(2013, 2, day), Exception::Holiday, "春节".to_owned()));
    let worked = [16, 17].map(|day| (date(2013, 2, day), Exception::MakeUp, "春节".to_owned()));
    let mut calendar = Calendar::default();
    calendar.take(YearNotice::new(2013, off.chain(worked)).unwrap());
    calendar
}

fn due(began: Date, limit: Limit, pauses: &[Pause]) -> Option<Date> {
    last_day(&calendar(), began, limit, pauses).map(|due| due.date)
}

#[test]
fn the_day_of_the_event_is_not_counted() {
    assert_eq!(due(date(2013, 3, 1), Limit::WorkingDays(1), &[]), Some(date(2013, 3, 4)));
    assert_eq!(due(date(2013, 3, 1), Limit::WorkingDays(0), &[]), Some(date(2013, 3, 1)));
    assert_eq!(due(date(2013, 3, 2), Limit::WorkingDays(1), &[]), Some(date(2013, 3, 4)));
}

#[test]
fn calendar_days_count_every_day_and_end_on_a_working_day() {
    // 7 days from 1 March end on Friday the 8th; 8 would end on Saturday and end on Monday.
    assert_eq!(due(date(2013, 3, 1), Limit::Days(7), &[]), Some(date(2013, 3, 8)));
    assert_eq!(due(date(2013, 3, 1), Limit::Days(8), &[]), Some(date(2013, 3, 11)));
    // The last day falls into the festival; the Saturday after it is worked.
    assert_eq!(due(date(2013, 2, 5), Limit::Days(7), &[]), Some(date(2013, 2, 16)));
}

#[test]
fn hours_of_a_day_end_on_that_day_and_twenty_four_are_a_working_day() {
    assert_eq!(due(date(2013, 3, 1), Limit::Hours(23), &[]), Some(date(2013, 3, 1)));
    assert_eq!(due(date(2013, 3, 1), Limit::Hours(24), &[]), Some(date(2013, 3, 4)));
}

#[test]
fn a_day_of_the_year_is_the_next_one_and_rolls_over_days_off() {
    let by = |month, day| Limit::By(YearDay { month, day });
    assert_eq!(due(date(2013, 3, 1), by(3, 29), &[]), Some(date(2013, 3, 29)));
    assert_eq!(due(date(2013, 3, 1), by(3, 31), &[]), Some(date(2013, 4, 1)), "a Sunday");
    assert_eq!(due(date(2013, 3, 1), by(2, 30), &[]), Some(date(2014, 2, 28)), "no such day");
}

#[test]
fn of_a_pause_the_first_day_counts_and_the_last_does_not() {
    let pause = |from, to| Pause { from: date(2013, 3, from), to: Some(date(2013, 3, to)) };
    let limit = Limit::WorkingDays(3);
    let began = date(2013, 3, 4); // A Monday; without a pause the 7th.
    assert_eq!(due(began, limit, &[]), Some(date(2013, 3, 7)));
    // The 5th counts, 6th and 7th do not, the 8th counts, then Monday the 11th.
    assert_eq!(due(began, limit, &[pause(5, 7)]), Some(date(2013, 3, 11)));
    assert_eq!(due(began, limit, &[pause(5, 5)]), Some(date(2013, 3, 7)), "over the same day");
    assert_eq!(due(began, limit, &[pause(8, 20)]), Some(date(2013, 3, 7)), "after the end");
}

#[test]
fn while_a_pause_lasts_there_is_no_last_day_unless_it_came_before() {
    let open = |day| Pause { from: date(2013, 3, day), to: None };
    let began = date(2013, 3, 4);
    assert_eq!(due(began, Limit::WorkingDays(3), &[open(5)]), None);
    assert_eq!(due(began, Limit::WorkingDays(3), &[open(7)]), Some(date(2013, 3, 7)));
}

#[test]
fn the_walk_says_of_each_day_why_it_counts_or_not() {
    let pause = [Pause { from: date(2013, 2, 7), to: Some(date(2013, 2, 8)) }];
    let calendar = calendar();
    let told: Vec<String> = walk(&calendar, date(2013, 2, 6), Limit::WorkingDays(3), &pause)
        .map(|step| format!("{} {:?}", step.date.strftime("%m-%d"), step.count))
        .collect();
    insta::assert_snapshot!(told.join(", "), @"02-07 Counts(1), 02-08 Paused, 02-09 Weekend, 02-10 Weekend, 02-11 Holiday, 02-12 Holiday, 02-13 Holiday, 02-14 Holiday, 02-15 Holiday, 02-16 MakeUp(2), 02-17 MakeUp(3)");
    let rolled: Vec<String> = walk(&calendar, date(2013, 3, 6), Limit::Days(3), &[])
        .map(|step| format!("{} {:?}", step.date.strftime("%m-%d"), step.count))
        .collect();
    insta::assert_snapshot!(rolled.join(", "), @"03-07 Counts(1), 03-08 Counts(2), 03-09 Rolled, 03-10 Rolled, 03-11 Counts(3)");
}

proptest! {
    #[test]
    fn used_days_reach_the_limit_on_its_last_day_and_not_before(
        offset in 0_i64..300,
        count in 1_u16..60,
        spans in proptest::collection::vec((0_i64..80, 0_i64..20), 0..3),
        is_working in any::<bool>(),
    ) {
        let calendar = calendar();
        let days = |days: i64| jiff::Span::new().days(days);
        let began = date(2013, 1, 1).saturating_add(days(offset));
        let pauses: Vec<Pause> = spans
            .iter()
            .map(|(after, length)| {
                let from = began.saturating_add(days(*after));
                Pause { from, to: Some(from.saturating_add(days(*length))) }
            })
            .collect();
        let limit = if is_working { Limit::WorkingDays(count) } else { Limit::Days(count) };
        let due = last_day(&calendar, began, limit, &pauses).unwrap().date;
        prop_assert!(calendar.is_working(due));
        let used = |until| used_days(&calendar, (began, until), limit, &pauses);
        prop_assert!(used(due) >= u32::from(count));
        prop_assert!(used(due.yesterday().unwrap()) >= u32::from(count) - 1);
        if is_working {
            prop_assert_eq!(used(due), u32::from(count));
            prop_assert_eq!(used(due.yesterday().unwrap()), u32::from(count) - 1);
        }
    }
}
