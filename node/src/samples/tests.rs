//! A draw of the city over a township's cases.

use jiff::civil::date;

use super::*;
use crate::cases::fixture::{Counter, NINE, city, county, event, new_case, rng, send, town};
use crate::cases::{record, take};

const SEED: &str = "0123456789abcdef0123456789abcdef";
const DAY_MS: i64 = 86_400_000;

fn wish() -> AnnounceWish {
    AnnounceWish {
        from: date(2026, 11, 2),
        to: date(2026, 11, 30),
        per_centre: 2,
        drawn_on: date(2026, 12, 10),
        by: "监察王".to_owned(),
    }
}

/// A case that was withdrawn so many days after 2 November.
fn closed(town: &mut Counter, day: i64, seed: u8) -> DocumentId {
    let now = NINE.plus_ms(day * DAY_MS);
    let case = crate::cases::NewCase { happened_at: Some(now), ..new_case("王小明") };
    let id = take(town, now, &mut rng(seed), case).unwrap().id;
    record(town, now.plus_ms(1), id, event("withdraw")).unwrap();
    town.commit().unwrap();
    id
}

#[test]
fn township_county_and_city_draw_the_same_and_the_city_says_what_it_found() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    let (id, _) = announce(&mut city, NINE, &mut rng(1), (wish(), SEED)).unwrap();
    city.commit().unwrap();
    for seed in 10..14 {
        closed(&mut town, i64::from(seed) - 8, seed);
    }
    let outside = closed(&mut town, 29, 20);
    let open = take(&mut town, NINE.plus_ms(DAY_MS * 30), &mut rng(21), new_case("李")).unwrap().id;
    town.commit().unwrap();
    let now = NINE.plus_ms(40 * DAY_MS);
    let home = Home::office(town.member().centre());
    let early = drawn(&town, &id, home).unwrap_err();
    assert!(matches!(early, SampleError::NotFound(_)), "{early}");
    let shut = drawn(&city, &id, home).unwrap_err();
    assert!(matches!(shut, SampleError::NotShown(_)), "{shut}");
    let seed = |seed: &str| (seed.to_owned(), "监察王");
    let soon = reveal(&mut city, NINE.plus_ms(DAY_MS), &id, seed(SEED)).unwrap_err();
    assert!(soon.to_string().contains("2026-12-10"), "{soon}");
    let other = reveal(&mut city, now, &id, seed("other")).unwrap_err();
    assert!(other.to_string().contains("not the seed"), "{other}");
    reveal(&mut city, now, &id, seed(SEED)).unwrap();
    city.commit().unwrap();
    send(&mut city, &mut town, now);
    send(&mut town, &mut county, now);
    send(&mut city, &mut county, now);
    send(&mut county, &mut city, now);
    let told = drawn(&city, &id, home).unwrap();
    assert_eq!(told.len(), 2);
    for counter in [&town, &county] {
        assert_eq!(drawn(counter, &id, home).unwrap(), told);
    }
    let names: Vec<&str> = told.iter().map(|it| it.case.as_str()).collect();
    assert!(!names.contains(&&*outside.to_string()) && !names.contains(&&*open.to_string()));
    let found = |case: &str, by: &str, why: &str| CheckWish {
        case: case.to_owned(),
        checklist: Checklist { not_timely: Some(why.to_owned()), ..Checklist::default() },
        by: by.to_owned(),
    };
    for (wish, says) in [
        (found(&open.to_string(), "监察王", "补录"), "none of those that were drawn"),
        (found(names[0], "张伟", "补录"), "has had a hand in this case"),
        (found(names[0], "监察王", " "), "each no with its reason"),
        (found(names[0], "", "补录"), "needs the name of a person"),
    ] {
        let refused = check(&mut city, now, &id, wish).unwrap_err().to_string();
        assert!(refused.contains(says), "{refused}");
    }
    check(&mut city, now, &id, found(names[0], "监察王", "补录")).unwrap();
    city.commit().unwrap();
    let twice = check(&mut city, now, &id, found(names[0], "监察王", "补录")).unwrap_err();
    assert!(twice.to_string().contains("was said already"), "{twice}");
    send(&mut city, &mut town, now);
    let shown = drawn(&town, &id, home).unwrap();
    assert_eq!(shown[0].found.as_ref().unwrap().faults_zh, ["不实时：补录"]);
    assert_eq!(list(&town).unwrap()[0].seed.as_deref(), Some(SEED));
}

#[test]
fn only_the_city_announces_and_only_before_the_period() {
    let mut town = town();
    let below = announce(&mut town, NINE, &mut rng(1), (wish(), SEED)).unwrap_err();
    assert!(below.to_string().contains("is not held here"), "{below}");
    let mut city = city();
    let late = announce(&mut city, NINE.plus_ms(DAY_MS), &mut rng(1), (wish(), SEED)).unwrap_err();
    assert!(late.to_string().contains("须在抽查期间首日"), "{late}");
    let short = announce(&mut city, NINE, &mut rng(1), (wish(), "short")).unwrap_err();
    assert!(matches!(short, SampleError::Seed));
    assert!(!city.is_staged() && list(&city).unwrap().is_empty());
}
