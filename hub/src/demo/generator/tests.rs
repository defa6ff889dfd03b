//! Invented cases look like real ones.

use std::collections::BTreeSet;

use tongban_protocol::deadline::Limit;
use tongban_protocol::document::EventKind::{self, FinishStep};

use super::*;

/// 2013-12-13, a Friday, at 10 hours.
const FRIDAY: Timestamp = Timestamp(1_386_864_000_000 + 10 * 3_600_000);

fn township() -> Place<'static> {
    Place {
        county: "510921".parse().unwrap(),
        county_name: "蓬溪县",
        division: "510921103".parse().unwrap(),
        name: "文井镇",
        tier: Tier::Township,
    }
}

fn offer() -> Arc<Offer> {
    Arc::new(Offer::of(&City::suining()))
}

fn cases(seed: u64, count: usize) -> Vec<GeneratedCase> {
    let mut generator = Generator::new(seed, offer());
    (0..count).map(|_| generator.next_case(&township(), FRIDAY).unwrap()).collect()
}

#[test]
fn the_same_seed_gives_the_same_cases() {
    let told = |seed| format!("{:?}", cases(seed, 50));
    assert_eq!(told(7), told(7));
    assert_ne!(told(7), told(8));
}

#[test]
fn identity_numbers_pass_their_own_check() {
    assert_eq!(id_check_digit("11010519491231002"), Some('X'));
    assert_eq!(id_check_digit("44052418800101001"), Some('4'));
    for bad in ["", "1101051949123100", "110105194912310022", "1101051949123100X", "一二三四五"]
    {
        assert_eq!(id_check_digit(bad), None, "{bad}");
    }
    for case in cases(1, 300) {
        let (digits, check) = case.id_number.split_at(17);
        assert_eq!(id_check_digit(digits).unwrap().to_string(), check);
        assert!(digits.starts_with("510921"), "{digits}");
        let year: i32 = digits[6..10].parse().unwrap();
        assert!((1928..=1995).contains(&year), "{digits}");
        let is_male = digits.ends_with(['1', '3', '5', '7', '9']);
        let sex = if is_male { "男" } else { "女" };
        assert_eq!(case.form["性别"].as_text(), Some(sex));
    }
}

#[test]
fn a_case_is_as_long_as_a_real_one() {
    let sizes = cases(2, 200).into_iter().map(|case| {
        let form = serde_json::to_string(&case.form).unwrap();
        form.len()
            + case.applicant.len()
            + case.id_number.len()
            + case.phone.len()
            + case.address.len()
    });
    let sizes: Vec<usize> = sizes.collect();
    let mean = sizes.iter().sum::<usize>() / sizes.len();
    assert!((900..1_400).contains(&mean), "{mean} bytes");
}

#[test]
fn a_decision_is_made_by_the_tier_of_the_item_after_all_of_its_steps() {
    for case in cases(3, 500) {
        if case.story == Story::Joint {
            let parts = case.events.iter().filter_map(|planned| planned.part);
            assert!(parts.collect::<BTreeSet<u16>>().len() >= 2, "{case:?}");
            continue;
        }
        let kinds = || case.events.iter().map(|planned| planned.event.kind);
        let Some(decided) = kinds().position(|kind| kind == EventKind::Decide) else { continue };
        assert_eq!(Some(case.events[decided].by_tier), case.item.decide_at, "{case:?}");
        let steps = case.events[..decided].iter().filter(|it| it.event.kind == FinishStep);
        let steps: Vec<&str> = steps.map(|planned| planned.event.note.as_str()).collect();
        let named: Vec<&str> = case.item.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(steps, named);
    }
}

#[test]
fn a_case_on_paper_is_older_than_the_limit_that_it_breaks() {
    let late = cases(4, 500).into_iter().filter(|case| case.story == Story::PromiseOver);
    let ages: Vec<(u16, i64)> = late
        .map(|case| {
            let Limit::WorkingDays(promise) = case.item.promise.as_ref().unwrap().limit else {
                panic!("{case:?}")
            };
            let accepted = case.events.iter().find(|it| it.event.kind == EventKind::Accept);
            assert_eq!(accepted.unwrap().event.happened_at, case.taken_at);
            (promise, FRIDAY.ms_since(case.taken_at.unwrap()) / DAY_MS)
        })
        .collect();
    assert!(ages.len() > 5 && ages.iter().all(|(limit, age)| i64::from(*limit) < *age), "{ages:?}");
}

#[test]
fn people_live_where_the_centre_is_and_clerks_stay_the_same() {
    let cases = cases(5, 300);
    assert!(cases.iter().all(|case| case.address.starts_with("四川省遂宁市蓬溪县文井镇")));
    let clerks = |tier: Tier| -> BTreeSet<&str> {
        let events = cases.iter().flat_map(|case| &case.events);
        let events = events.filter(|it| it.event.kind != EventKind::Rate); // Applicants do.
        events.filter(|it| it.by_tier == tier).map(|it| it.event.by.as_str()).collect()
    };
    assert!((2..=3).contains(&clerks(Tier::Township).len()), "{:?}", clerks(Tier::Township));
    assert!((5..=8).contains(&clerks(Tier::County).len()), "{:?}", clerks(Tier::County));
}

#[test]
fn a_counter_takes_the_items_of_its_tier() {
    let county =
        Place { division: township().county, name: "蓬溪县", tier: Tier::County, ..township() };
    let city = Place { tier: Tier::City, ..county };
    for (place, letter) in [(township(), ['T', 'C']), (county, ['C', 'C']), (city, ['Y', 'Y'])] {
        let mut generator = Generator::new(1, offer());
        for _ in 0..50 {
            let case = generator.next_case(&place, FRIDAY).unwrap();
            let is_known = case.item.id.as_str().starts_with(letter);
            assert!(is_known || case.story == Story::Joint, "{:?}", case.item.id);
            assert_eq!(case.item.accept_at, Some(place.tier));
            assert!(case.events.iter().all(|event| event.by_tier >= place.tier));
        }
    }
    assert!(Generator::new(1, Arc::default()).next_case(&county, FRIDAY).is_none());
}
