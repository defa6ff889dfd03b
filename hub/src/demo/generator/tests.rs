//! Invented cases look like real ones.

use std::collections::BTreeSet;

use super::*;

/// 2013-12-13, a Friday, at 10 hours.
const FRIDAY: Timestamp = Timestamp(1_386_864_000_000 + 10 * HOUR_MS);

fn township() -> Place<'static> {
    Place {
        county: "510921".parse().unwrap(),
        county_name: "蓬溪县",
        division: "510921103".parse().unwrap(),
        name: "文井镇",
        tier: Tier::Township,
    }
}

fn cases(seed: u64, count: usize) -> Vec<GeneratedCase> {
    let mut generator = Generator::new(seed);
    (0..count).map(|_| generator.next_case(&township(), FRIDAY)).collect()
}

#[test]
fn the_same_seed_gives_the_same_cases() {
    assert_eq!(cases(7, 50), cases(7, 50));
    assert_ne!(cases(7, 50), cases(8, 50));
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
fn a_plan_begins_with_acceptance_and_keeps_office_hours() {
    for case in cases(3, 500) {
        let first = &case.events[0];
        assert_eq!((first.kind, first.after_ms, first.by_tier), ("accept", 0, Tier::Township));
        for pair in case.events.windows(2) {
            assert!(pair[0].after_ms < pair[1].after_ms, "{pair:?}");
            let at = FRIDAY.plus_ms(pair[1].after_ms);
            let hour = (at.0 + SHANGHAI_OFFSET_MS).rem_euclid(DAY_MS) / HOUR_MS;
            assert!((9..17).contains(&hour), "{at}");
            assert!((at.shanghai_day() + 3).rem_euclid(7) < 5, "{at}");
        }
        for event in case.events.iter().filter(|event| event.kind == "decide") {
            assert_eq!(event.by_tier, case.item.decide_at);
        }
    }
}

#[test]
fn every_turn_of_a_case_occurs() {
    let cases = cases(4, 500);
    let kinds = cases.iter().flat_map(|case| case.events.iter().map(|event| event.kind));
    let kinds: BTreeSet<&str> = kinds.collect();
    let known = ["accept", "decide", "deliver", "step", "supplement", "withdraw"];
    assert_eq!(kinds, BTreeSet::from(known));
    let ends =
        |kind: &str| cases.iter().filter(|case| case.events.last().unwrap().kind == kind).count();
    assert!(ends("deliver") > 400, "{}", ends("deliver"));
    assert!(ends("deliver") < 500, "some stay open");
    let items: BTreeSet<&str> = cases.iter().map(|case| case.item.code).collect();
    assert_eq!(items.len(), items_of(Tier::Township).len());
}

#[test]
fn people_live_where_the_centre_is_and_clerks_stay_the_same() {
    let cases = cases(5, 300);
    assert!(cases.iter().all(|case| case.address.starts_with("四川省遂宁市蓬溪县文井镇")));
    let clerks = |tier: Tier| -> BTreeSet<&str> {
        let events = cases.iter().flat_map(|case| &case.events);
        events.filter(|event| event.by_tier == tier).map(|event| event.by.as_str()).collect()
    };
    assert!((2..=3).contains(&clerks(Tier::Township).len()), "{:?}", clerks(Tier::Township));
    assert!((5..=8).contains(&clerks(Tier::County).len()), "{:?}", clerks(Tier::County));
}

#[test]
fn a_county_takes_the_items_of_a_county() {
    let county =
        Place { division: township().county, name: "蓬溪县", tier: Tier::County, ..township() };
    let case = Generator::new(1).next_case(&county, FRIDAY);
    assert!(case.item.code.starts_with('C'));
    assert!(case.events.iter().all(|event| event.by_tier >= Tier::County));
}
