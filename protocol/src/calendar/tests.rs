//! Notices, editions, and days off.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

/// 2013 after its notice, as far as these tests look.
fn spring_2013() -> YearNotice {
    let off = (9..=15).map(|day| (date(2013, 2, day), Exception::Holiday, "春节".to_owned()));
    let worked = [16, 17].map(|day| (date(2013, 2, day), Exception::MakeUp, "春节".to_owned()));
    YearNotice::new(2013, off.chain(worked)).unwrap()
}

fn published(on: Date) -> Timestamp {
    let instant = on.at(9, 0, 0, 0).to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    Timestamp(instant.unwrap().timestamp().as_millisecond())
}

#[test]
fn a_notice_travels_and_is_checked_on_arrival() {
    let bytes = minicbor::to_vec(spring_2013()).unwrap();
    assert_eq!(minicbor::decode::<YearNotice>(&bytes).unwrap(), spring_2013());
    let refusal = |days: &[(i16, Exception, &str)]| {
        let bytes = minicbor::to_vec((2013_i16, days)).unwrap();
        minicbor::decode::<YearNotice>(&bytes).unwrap_err().to_string()
    };
    insta::assert_snapshot!(refusal(&[(4, Exception::MakeUp, "元旦")]), @"decode error: 2013-01-04 is a Friday, which is worked anyway; only a Saturday or Sunday can be made up");
    insta::assert_snapshot!(refusal(&[(1, Exception::Holiday, "元旦"), (1, Exception::Holiday, "元旦")]), @"decode error: 2013-01-01 is named twice");
    insta::assert_snapshot!(refusal(&[]), @"decode error: the notice of 2013 names no day");
    insta::assert_snapshot!(refusal(&[(366, Exception::Holiday, "元旦")]), @"decode error: number of days for `2013` is invalid, must be in range `1..=365`");
}

#[test]
fn a_day_off_at_the_end_moves_to_the_next_working_day() {
    let mut calendar = Calendar::default();
    calendar.take(spring_2013());
    let monday_after = Due { date: date(2013, 2, 16), provisional: false };
    assert_eq!(calendar.roll(date(2013, 2, 10)), monday_after, "16 February is made up");
    assert_eq!(calendar.working_days(date(2013, 2, 8), date(2013, 2, 18)), 3);
    assert_eq!(calendar.working_days(date(2013, 2, 18), date(2013, 2, 8)), 0);
}

#[test]
fn a_certain_day_moves_later_and_never_earlier() {
    let mut almanac = Almanac::default();
    almanac.take(published(date(2012, 12, 8)), spring_2013());
    let count = |calendar: &Calendar| Some(calendar.due(date(2013, 2, 8), 1));
    let certain = Due { date: date(2013, 2, 16), provisional: false };
    assert_eq!(almanac.settle(date(2013, 2, 8), count), Some((certain, vec![])));

    // A second notice works fewer days: the day moves later, and it is told.
    let longer = (9..=17).map(|day| (date(2013, 2, day), Exception::Holiday, "春节".to_owned()));
    almanac.take(published(date(2013, 2, 9)), YearNotice::new(2013, longer).unwrap());
    let later = Due { date: date(2013, 2, 18), provisional: false };
    let moved =
        Moved { published_on: date(2013, 2, 9), from: date(2013, 2, 16), to: date(2013, 2, 18) };
    assert_eq!(almanac.settle(date(2013, 2, 8), count), Some((later, vec![moved])));

    // A third one works more again: what was promised by then stays.
    almanac.take(published(date(2013, 2, 10)), spring_2013());
    assert_eq!(almanac.settle(date(2013, 2, 8), count), Some((later, vec![moved])));
    // Whoever begins after it counts by it alone.
    let begun = |calendar: &Calendar| Some(calendar.due(date(2013, 2, 11), 1));
    assert_eq!(almanac.settle(date(2013, 2, 11), begun), Some((certain, vec![])));
}

#[test]
fn a_provisional_day_is_what_the_notice_then_says() {
    let mut almanac = Almanac::default();
    let count = |calendar: &Calendar| Some(calendar.due(date(2013, 2, 15), 1));
    let guess = Due { date: date(2013, 2, 18), provisional: true };
    assert_eq!(almanac.settle(date(2013, 2, 15), count), Some((guess, vec![])));
    almanac.take(published(date(2013, 2, 16)), spring_2013());
    let (due, moved) = almanac.settle(date(2013, 2, 15), count).unwrap();
    assert_eq!(due, Due { date: date(2013, 2, 16), provisional: false });
    assert_eq!(moved.len(), 1, "earlier, for it was provisional");
}

#[test]
fn the_civil_day_is_that_of_shanghai() {
    assert_eq!(civil_day(Timestamp(16 * 3_600_000 - 1)), date(1970, 1, 1));
    assert_eq!(civil_day(Timestamp(16 * 3_600_000)), date(1970, 1, 2));
    assert_eq!(civil_day(Timestamp(i64::MAX)), Date::MAX);
    assert_eq!(civil_day(Timestamp(i64::MIN)), Date::MIN);
}

proptest! {
    #[test]
    fn working_days_are_those_that_a_walk_counts(
        start in 0_i32..1_200,
        length in -10_i32..900,
        marked in proptest::collection::btree_map(1_i16..=365, any::<bool>(), 1..40),
    ) {
        let first = date(2013, 1, 1);
        let days = marked.into_iter().filter_map(|(day, is_off)| {
            let day = first.with().day_of_year(day).build().unwrap();
            let exception = if is_off { Exception::Holiday } else { Exception::MakeUp };
            (is_off || is_weekend(day)).then(|| (day, exception, "节".to_owned()))
        });
        let mut calendar = Calendar::default();
        if let Ok(notice) = YearNotice::new(2013, days) {
            calendar.take(notice);
        }
        let from = date(2011, 6, 1).saturating_add(jiff::Span::new().days(start));
        let to = from.saturating_add(jiff::Span::new().days(length));
        let walked = days_after(from).take_while(|day| *day <= to);
        let walked = walked.filter(|day| calendar.is_working(*day)).count();
        prop_assert_eq!(calendar.working_days(from, to), u32::try_from(walked).unwrap());
    }
}
