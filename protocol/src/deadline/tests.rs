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

/// The last day, by walking on and counting what was walked past; nothing of it is shared with
/// what is tested.
fn counted(calendar: &Calendar, began: Date, limit: Limit, pauses: &[Pause]) -> Date {
    let is_paused =
        |day: Date| pauses.iter().any(|it| it.from < day && it.to.is_none_or(|to| day <= to));
    let is_off = |day: Date| !calendar.is_working(day);
    let (wanted, in_calendar_days) = match limit {
        Limit::WorkingDays(count) => (count, false),
        Limit::Days(count) => (count, true),
        Limit::Hours(_) | Limit::By(_) => unreachable!(),
    };
    let (mut day, mut used) = (began, 0);
    while used < wanted {
        day = day.tomorrow().unwrap();
        used += u16::from(!is_paused(day) && (in_calendar_days || !is_off(day)));
    }
    // 民法典 203: a last day that is off is the next day that is not.
    while wanted > 0 && (is_off(day) || is_paused(day)) {
        day = day.tomorrow().unwrap();
    }
    day
}

fn a_year() -> impl Strategy<Value = Vec<(i16, bool)>> {
    proptest::collection::vec((1_i16..366, any::<bool>()), 1..40)
}

/// A calendar in which days are off and weekend days worked at random.
fn at_random(years: &[Vec<(i16, bool)>]) -> Calendar {
    let mut calendar = Calendar::default();
    for (year, days) in (2013..).zip(years) {
        let named = days.iter().filter_map(|(of_year, is_off)| {
            let day = date(year, 1, 1).with().day_of_year(*of_year).build().ok()?;
            let kind = if *is_off { Exception::Holiday } else { Exception::MakeUp };
            (*is_off || crate::calendar::is_weekend(day)).then_some((day, (kind, "节".to_owned())))
        });
        let named: std::collections::BTreeMap<_, _> = named.collect();
        let named = named.into_iter().map(|(day, (kind, name))| (day, kind, name));
        if let Ok(notice) = YearNotice::new(year, named) {
            calendar.take(notice);
        }
    }
    calendar
}

/// Spans that do not overlap, each after the one before.
fn pauses_after(began: Date, spans: &[(i64, i64)]) -> Vec<Pause> {
    let days = |count: i64| jiff::Span::new().days(count);
    let mut pauses = Vec::new();
    let mut from = began;
    for (after, length) in spans {
        from = from.saturating_add(days(*after));
        let to = from.saturating_add(days(*length));
        pauses.push(Pause { from, to: Some(to) });
        from = to;
    }
    pauses
}

proptest! {
    #[test]
    fn a_last_day_is_the_one_that_a_count_day_by_day_comes_to(
        years in proptest::collection::vec(a_year(), 2),
        offset in 0_i64..500,
        count in 0_u16..90,
        spans in proptest::collection::vec((0_i64..40, 0_i64..30), 0..4),
        is_working in any::<bool>(),
    ) {
        let calendar = at_random(&years);
        let began = date(2013, 1, 1).saturating_add(jiff::Span::new().days(offset));
        let pauses = pauses_after(began, &spans);
        let limit = if is_working { Limit::WorkingDays(count) } else { Limit::Days(count) };
        let due = last_day(&calendar, began, limit, &pauses).unwrap().date;
        prop_assert_eq!(due, counted(&calendar, began, limit, &pauses));
        // While a pause lasts that began before the last day there is none.
        let open = Pause { from: began.saturating_add(jiff::Span::new().days(offset % 60)), to: None };
        let is_reached = due <= open.from;
        let ended = pauses.iter().copied().filter(|it| it.to.is_some_and(|to| to <= open.from));
        let so_far: Vec<Pause> = ended.chain([open]).collect();
        let last = last_day(&calendar, began, limit, &so_far).map(|due| due.date);
        if is_reached && so_far.len() == pauses.len() + 1 {
            prop_assert_eq!(last, Some(due));
        } else if let Some(last) = last {
            prop_assert!(last <= open.from);
        }
    }

    #[test]
    fn each_edition_of_a_calendar_moves_a_last_day_later_or_not_at_all(
        first in proptest::collection::vec(a_year(), 1..3),
        later in proptest::collection::vec((1_i64..200, proptest::collection::vec(a_year(), 2)), 0..3),
        offset in 0_i64..300,
        count in 1_u16..60,
        spans in proptest::collection::vec((0_i64..20, 0_i64..10), 0..2),
        is_working in any::<bool>(),
    ) {
        let at = |day: Date| crate::time::Timestamp(
            i64::from(date(1970, 1, 1).until(day).unwrap().get_days()) * 86_400_000,
        );
        let began = date(2013, 1, 1).saturating_add(jiff::Span::new().days(offset));
        let pauses = pauses_after(began, &spans);
        let limit = if is_working { Limit::WorkingDays(count) } else { Limit::Days(count) };
        let mut almanac = crate::calendar::Almanac::default();
        let mut editions = vec![(date(2012, 12, 1), at_random(&first))];
        for (after, years) in &later {
            let on = editions.last().unwrap().0.saturating_add(jiff::Span::new().days(*after));
            let mut next = editions.last().unwrap().1.clone();
            for notice in at_random(years).notices() {
                next.take(notice.clone());
            }
            editions.push((on, next));
        }
        for (on, calendar) in &editions {
            for notice in calendar.notices() {
                almanac.take(at(*on), notice.clone());
            }
        }
        let in_force = editions.iter().rposition(|(on, _)| *on <= began).unwrap_or(0);
        let mut expected = None;
        for (_, calendar) in &editions[in_force..] {
            let due = counted(calendar, began, limit, &pauses);
            let is_sure = !days_after(began)
                .take_while(|day| *day <= due)
                .any(|day| !calendar.is_published(day));
            expected = Some(match expected {
                Some((last, true)) if due <= last => (last, true),
                _ => (due, is_sure),
            });
        }
        let (due, moved) =
            almanac.settle(began, |it| last_day(it, began, limit, &pauses)).unwrap();
        prop_assert_eq!(Some((due.date, !due.provisional)), expected);
        prop_assert!(moved.iter().all(|it| it.from != it.to));
    }

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
        // Pauses may overlap here, and one may lie after the end.
        let is_used = |day: &Date| {
            let counts = !is_working || calendar.is_working(*day);
            counts && !pauses.iter().any(|pause| pause.holds(*day))
        };
        let until_due = days_after(began).take_while(|day| *day <= due);
        let walked = until_due.filter(is_used).count();
        prop_assert_eq!(used(due), u32::try_from(walked).unwrap());
        prop_assert!(used(due) >= u32::from(count));
        prop_assert!(used(due.yesterday().unwrap()) >= u32::from(count) - 1);
        if is_working {
            prop_assert_eq!(used(due), u32::from(count));
            prop_assert_eq!(used(due.yesterday().unwrap()), u32::from(count) - 1);
        }
    }
}
