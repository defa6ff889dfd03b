//! Numbers of cases over crashes, restorations and days, and the numbers of applicants.

use std::collections::BTreeSet;

use jiff::civil::date;
use tongban_protocol::document::DocumentName;
use tongban_protocol::number::Allotment;

use tongban_protocol::number::NoNumberLeft;

use super::*;
use crate::replica::tests::office::{NOW, TOWN, member, open};
use crate::store::{Fault, FaultyStore};

const DAY_MS: i64 = 86_400_000;

/// Takes a case that was handed in now, without making it durable; gives serial and number.
fn numbered<S: Store>(replica: &mut Replica<S>, now: Timestamp, seed: u8) -> (u32, CaseNumber) {
    let case = NewCase { happened_at: None, ..new_case("王小明") };
    let taken = take(replica, now, &mut rng(seed), case).unwrap();
    let number: CaseNumber = taken.number.parse().unwrap();
    (number.serial(), number)
}

#[test]
fn serials_run_on_through_batches_days_and_late_entries_and_none_is_given_twice() {
    let mut town = town();
    let mut seen = BTreeSet::new();
    let mut serials = Vec::new();
    for (seed, (day, is_saved)) in
        (1..).zip([(0, false), (0, true), (0, true), (1, true), (0, true), (1, false), (1, true)])
    {
        let (serial, number) = numbered(&mut town, NINE.plus_ms(day * DAY_MS), seed);
        assert!(seen.insert(number), "{number} was given before");
        assert_eq!(number.allotment(), Allotment::of(town.member().author()));
        serials.push((number.day(), serial));
        if is_saved {
            town.commit().unwrap();
        }
    }
    let (first, second) = (date(2026, 11, 2), date(2026, 11, 3));
    let days: Vec<_> = serials.iter().map(|(day, _)| *day).collect();
    assert_eq!(days, [first, first, first, second, first, second, second]);
    let of = |day| serials.iter().filter(move |it| it.0 == day).map(|it| it.1).collect::<Vec<_>>();
    for serials in [of(first), of(second)] {
        assert!(serials.is_sorted_by(|a, b| a < b) && serials[0] <= 2, "{serials:?}");
    }
}

#[test]
fn the_day_of_a_number_is_the_civil_day_in_suining() {
    let mut town = town();
    let midnight = NINE.plus_ms(15 * 3_600_000);
    assert_eq!(numbered(&mut town, midnight.plus_ms(-1), 1).1.day(), date(2026, 11, 2));
    assert_eq!(numbered(&mut town, midnight, 2).1.day(), date(2026, 11, 3));
    let case = NewCase { happened_at: Some(Timestamp(i64::MIN)), ..new_case("王") };
    let refused = take(&mut town, NINE, &mut rng(3), case).unwrap_err();
    assert!(matches!(refused, CaseError::NoNumber(NoNumberLeft::Day(_))), "{refused}");
}

#[test]
fn a_number_that_became_durable_is_never_given_again_after_a_crash() {
    let store = FaultyStore::default();
    let mut counter = open(&store, TOWN, 0);
    let (_, saved) = numbered(&mut counter, NOW, 1);
    counter.commit().unwrap();
    let (_, lost) = numbered(&mut counter, NOW, 2);
    drop(counter);
    store.crash();
    let mut counter = open(&store, TOWN, 0);
    let (_, after) = numbered(&mut counter, NOW, 3);
    assert_ne!(after, saved);
    assert_eq!(after, lost, "nobody was promised it");
    store.fail_next_commit(Fault::Full);
    counter.commit().unwrap_err();
    assert_eq!(numbered(&mut counter, NOW, 4).1, lost, "nor was it saved");
    counter.commit().unwrap();
    assert_ne!(numbered(&mut counter, NOW, 5).1, lost);
}

#[test]
fn a_number_that_only_the_outbox_kept_is_never_given_again() {
    let store = FaultyStore::default();
    let mut counter = open(&store, TOWN, 0);
    let given: Vec<CaseNumber> = (1..4).map(|seed| numbered(&mut counter, NOW, seed).1).collect();
    counter.commit().unwrap();
    drop(counter);
    store.set_aside();
    let mut counter = open(&store, TOWN, 0);
    assert_eq!(counter.numbered(&given[1].to_string()).unwrap().len(), 1);
    let (_, next) = numbered(&mut counter, NOW, 9);
    assert!(next > given[2], "{next} after {given:?}");
}

#[test]
fn a_restored_machine_has_an_allotment_of_its_own() {
    let (old, restored) = (member(TOWN, 0).author(), member(TOWN, 3_600_000).author());
    assert_ne!(Allotment::of(old), Allotment::of(restored));
    let mut counter = open(&FaultyStore::default(), TOWN, 3_600_000);
    assert_eq!(numbered(&mut counter, NOW, 1).1.allotment(), Allotment::of(restored));
}

#[test]
fn a_day_that_has_spent_its_serials_gives_none_and_says_so() {
    let mut town = town();
    let centre = town.member().centre();
    let allotment = Allotment::of(town.member().author());
    let last = CaseNumber::next(centre, date(2026, 11, 2), allotment, 99_990).unwrap();
    let name = town.name_document(NINE, DocumentKind::Case, &mut rng(1));
    let id = DocumentId { home: Home::office(centre), name };
    town.append(
        NINE,
        id.home,
        vec![(name, edits(id, NINE, last, new_case("王"), Offered::default()))],
    )
    .unwrap();
    let refused =
        (2..20).find_map(|seed| take(&mut town, NINE, &mut rng(seed), new_case("王")).err());
    let refused = refused.expect("ten numbers are left at most");
    assert!(matches!(refused, CaseError::NoNumber(NoNumberLeft::Spent(_))), "{refused}");
    assert!(refused.is_callers());
    numbered(&mut town, NINE.plus_ms(DAY_MS), 30);
}

#[test]
fn a_case_is_found_by_its_number_wherever_it_is_held() {
    let (mut town, mut county) = (town(), county());
    let id = taken(&mut town, NINE, "王小明");
    taken(&mut town, NINE.plus_ms(1), "李四");
    let number = show(&town, id).unwrap().unwrap().summary.number;
    let found = |counter: &Counter, typed: &str| {
        find(counter, typed).map(|it| it.cases.into_iter().map(|case| case.id).collect::<Vec<_>>())
    };
    assert_eq!(found(&county, &number).unwrap(), Vec::<String>::new());
    send(&mut town, &mut county, NINE);
    for typed in [number.clone(), number.to_lowercase(), number.replace('-', " ")] {
        assert_eq!(found(&town, &typed).unwrap(), [id.to_string()], "{typed}");
        assert_eq!(found(&county, &typed).unwrap(), [id.to_string()], "{typed}");
    }
    let swapped = number.replace("1103", "1130");
    let refused = found(&town, &swapped).unwrap_err();
    assert!(matches!(refused, CaseError::Number { .. }), "{refused}");
    assert!(found(&town, "遂府〔2013〕1 号").unwrap().is_empty());
}

#[test]
fn a_number_that_came_from_elsewhere_is_found_as_it_is_written() {
    let mut town = town();
    let centre = town.member().centre();
    let number = town.next_number(date(2026, 11, 2)).unwrap().unwrap();
    for (seed, text) in [(1, "log/遂 1"), (2, "log/遂 1"), (3, "log/遂 10")] {
        let name: DocumentName = town.name_document(NINE, DocumentKind::Case, &mut rng(seed));
        let id = DocumentId { home: Home::office(centre), name };
        let mut edits = edits(id, NINE, number, new_case("王"), Offered::default());
        if let Edit::Header(header) = &mut edits[0] {
            text.clone_into(&mut header.number);
        }
        town.append(NINE, id.home, vec![(name, edits)]).unwrap();
    }
    town.commit().unwrap();
    assert_eq!(find(&town, " log/遂 1 ").unwrap().cases.len(), 2);
    assert_eq!(find(&town, "log/遂 10").unwrap().cases.len(), 1);
    assert_eq!(find(&town, "log/遂").unwrap().cases.len(), 0);
}

#[test]
fn what_is_doubted_of_an_applicants_number_is_said_and_the_case_is_taken() {
    let mut town = town();
    for (seed, (typed, kept, doubts)) in (1..).zip([
        ("11010519491231002x", Some("11010519491231002X"), vec![]),
        ("91350211M0000XUF46", Some("91350211M0000XUF46"), vec!["check"]),
        ("110105 19491331 0029", Some("110105194913310029"), vec!["no-birth-date", "check"]),
        ("护照 E12345", Some("护照 E12345"), vec!["no-shape"]),
        ("  ", None, vec![]),
    ]) {
        let by_flag = NewCase { applicant_number: Some(typed.to_owned()), ..new_case("王小明") };
        let mut by_form = new_case("王小明");
        by_form.form.insert(APPLICANT_NUMBER.to_owned(), typed.to_owned());
        for (half, case) in [(0, by_flag), (100, by_form)] {
            let taken = take(&mut town, NINE, &mut rng(seed + half), case).unwrap();
            town.commit().unwrap();
            let codes: Vec<&str> = taken.doubts.iter().map(|it| it.code.as_str()).collect();
            assert_eq!(codes, doubts, "{typed}");
            let form = show(&town, taken.id).unwrap().unwrap().form;
            let rests = form.get(APPLICANT_NUMBER).map(String::as_str);
            assert!(rests == kept || (half > 0 && kept.is_none()), "{typed}: {rests:?}");
        }
    }
}
