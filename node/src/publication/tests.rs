//! Items of a centre: versions, what is refused, and the drafts.

use jiff::civil::date;
use tongban_protocol::case::CaseType;
use tongban_protocol::deadline::Limit;
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::{Path, Scope, Tier};
use tongban_protocol::supervision::Mark;

use super::*;
use crate::cases::fixture::{
    CITY, COUNTY, Counter, NINE, city, county, event, new_case, publish_rules, red_rule, rng, send,
    send_those, town,
};
use crate::cases::{judge, record, take};

const DAY_MS: i64 = 86_400_000;

fn wish(items: Vec<Item>) -> PublishWish {
    PublishWish { by: "周敏".to_owned(), proposed_by: "吴刚".to_owned(), items }
}

fn publish(hub: &mut Counter, now: Timestamp, items: Vec<Item>) -> Vec<PublishLine> {
    let (lines, sheets) = prepare(hub, now, wish(items)).unwrap();
    for sheet in sheets {
        write(hub, now, sheet).unwrap();
    }
    hub.commit().unwrap();
    lines
}

fn item(name: &str) -> Item {
    let case_type = Some(CaseType::Immediate);
    Item { case_type, ..Item::named("X01".parse().unwrap(), name) }
}

#[test]
fn a_changed_item_becomes_the_next_version_from_its_day_and_the_same_one_none() {
    let mut hub = city();
    let told = |lines: Vec<PublishLine>| {
        lines.iter().map(|it| (it.version, it.is_new)).collect::<Vec<_>>()
    };
    assert_eq!(told(publish(&mut hub, NINE, vec![item("一")])), [(1, true)]);
    assert_eq!(told(publish(&mut hub, NINE, vec![item("一")])), [(1, false)]);
    let later = NINE.plus_ms(DAY_MS);
    assert_eq!(told(publish(&mut hub, later, vec![item("二")])), [(2, true)]);
    let catalogue = hub.catalogue().unwrap();
    let name = |day| catalogue.version_on(&"X01".parse().unwrap(), day).unwrap().item.name.clone();
    assert_eq!((name(date(2026, 11, 2)), name(date(2026, 11, 3))), ("一".into(), "二".into()));
    let retire = |from, by: &str| RetireWish {
        by: by.into(),
        proposed_by: "吴刚".into(),
        id: "X01".parse().unwrap(),
        from,
    };
    let nameless = prepare_retirement(&hub, &retire(date(2026, 12, 1), " ")).unwrap_err();
    assert!(matches!(nameless, PublishError::Nameless));
    let sheet = prepare_retirement(&hub, &retire(date(2026, 12, 1), "周敏")).unwrap();
    write(&mut hub, later, sheet).unwrap();
    hub.commit().unwrap();
    let gone = prepare_retirement(&hub, &retire(date(2026, 12, 1), "周敏")).unwrap_err();
    assert!(matches!(gone, PublishError::Unknown(_)), "{gone}");
    let lines = list(&hub).unwrap();
    assert_eq!(lines[0].retired_from, Some(date(2026, 12, 1)));
    assert_eq!(figures(&lines, date(2026, 11, 30), Language::Chinese)[0], "1/1 = 100.0 %");
    assert_eq!(figures(&lines, date(2026, 12, 1), Language::Chinese)[0], "0/0 = –");
    // Applied for again: a new version, though it says what the last one said.
    assert_eq!(told(publish(&mut hub, later, vec![item("二")])), [(3, true)]);
}

#[test]
fn a_faulty_item_is_refused_with_its_fault_and_the_others_are_published() {
    let mut hub = city();
    let late = Item { promise: Some(Limit::WorkingDays(9).into()), ..item("慢") };
    let other = Item { id: "X02".parse().unwrap(), ..item("二") };
    let lines = publish(&mut hub, NINE, vec![late, other.clone(), other]);
    assert_eq!(lines.iter().map(|it| it.version).collect::<Vec<_>>(), [0, 1, 0]);
    assert!(lines[0].faults[0][0].starts_with("promise: 即办件承诺 9 个工作日"));
    assert_eq!(lines[2].faults[0][1], "id: `X02` stands there twice");
    assert_eq!(list(&hub).unwrap().len(), 1);
    let own = PublishWish { proposed_by: "周敏".to_owned(), ..wish(vec![item("一")]) };
    assert!(matches!(prepare(&hub, NINE, own), Err(PublishError::OwnProposal(_))));
}

/// An item with a promise, as a county publishes it.
fn promised(days: u16) -> Item {
    let case_type = Some(CaseType::Promised);
    let promise = Some(Limit::WorkingDays(days).into());
    let decide_at = Some(Tier::Township);
    Item { case_type, promise, decide_at, ..Item::named("T01".parse().unwrap(), "参保登记") }
}

#[test]
fn a_countys_item_binds_the_cases_below_it_and_the_city_that_lacks_it_judges_them_alike() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_rules(&mut city, vec![red_rule(Mark::LateEntry)]);
    send(&mut city, &mut county, NINE);
    let before = NINE.plus_ms(-DAY_MS);
    let [line] = &publish(&mut county, before, vec![promised(3)])[..] else { panic!("one") };
    assert_eq!((line.version, line.is_new, line.instead_of.as_deref()), (1, true, None));
    send(&mut county, &mut town, before);
    let listed = list(&town).unwrap();
    assert_eq!((listed.len(), listed[0].publisher.as_str()), (1, COUNTY));

    let id = take(&mut town, NINE, &mut rng(1), new_case("王小明")).unwrap().id;
    let later = NINE.plus_ms(9 * DAY_MS);
    publish(&mut county, NINE, vec![promised(2)]);
    send(&mut county, &mut town, NINE);
    let mut accept = event("accept");
    accept.happened_at = Some(NINE.plus_ms(DAY_MS));
    record(&mut town, later, id, accept).unwrap();
    town.commit().unwrap();
    send(&mut town, &mut county, later);
    // The city may not hold yet what the county publishes.
    send_those(&mut county, &mut city, later, |home| home.scope == Scope::Office);
    assert_eq!(city.catalogue().unwrap().versions().count(), 0);

    let file = |replica: &Counter| replica.case(id).unwrap().unwrap();
    let terms = file(&city).folded.course.terms.unwrap();
    assert_eq!((terms.version, terms.publisher), (1, Some(COUNTY.parse().unwrap())));
    assert_eq!(
        terms.promise,
        Some(Limit::WorkingDays(3)),
        "it keeps the terms with which it was taken"
    );
    let judged = |replica: &Counter| judge(replica, &file(replica), later).unwrap();
    let told = format!("{:?}", judged(&town));
    assert_eq!(
        (format!("{:?}", judged(&county)), format!("{:?}", judged(&city))),
        (told.clone(), told)
    );
    assert_eq!(judged(&city).cards.len(), 1, "{:?}", judged(&city));
    assert!(!judged(&city).clocks.is_empty());
}

#[test]
fn a_county_may_have_an_item_of_its_own_where_the_city_has_one_until_it_retires_it() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish(&mut city, NINE, vec![promised(5)]);
    send(&mut city, &mut county, NINE);
    let (later, id) = (NINE.plus_ms(DAY_MS), "T01".parse().unwrap());
    let [line] = &publish(&mut county, later, vec![promised(3)])[..] else { panic!("one") };
    assert_eq!((line.version, line.instead_of.as_deref()), (1, Some(CITY)));
    let [again] = &publish(&mut county, later, vec![promised(3)])[..] else { panic!("one") };
    assert_eq!((again.is_new, again.instead_of.as_deref()), (false, None));
    let publishers = |town: &Counter| {
        let catalogue = town.catalogue().unwrap();
        let publisher = |day| catalogue.version_on(&id, day).unwrap().publisher.to_string();
        [2, 3, 9].map(|day| publisher(date(2026, 11, day)))
    };
    send(&mut county, &mut town, later);
    assert_eq!(publishers(&town), [CITY, COUNTY, COUNTY], "days that have passed stay the city's");

    let wish = |id: &str| RetireWish {
        by: "周敏".to_owned(),
        proposed_by: "吴刚".to_owned(),
        id: id.parse().unwrap(),
        from: date(2026, 11, 9),
    };
    let citys = prepare_retirement(&town, &wish("T01")).unwrap_err().to_string();
    assert!(citys.contains("each centre retires its own"), "{citys}");
    let sheet = prepare_retirement(&county, &wish("T01")).unwrap();
    write(&mut county, later, sheet).unwrap();
    county.commit().unwrap();
    send(&mut county, &mut town, later);
    assert_eq!(publishers(&town), [CITY, COUNTY, CITY]);
}

#[test]
fn drafts_are_read_as_they_were_written_and_lists_of_every_form_give_drafts() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(Drafts::load(dir.path()).unwrap(), Drafts::default());
    let mut drafts = Drafts::default();
    assert_eq!(drafts.take(vec![item("一"), item("二")]), 1);
    let path = drafts.save(dir.path()).unwrap();
    assert_eq!(Drafts::load(dir.path()).unwrap(), drafts);
    assert_eq!(read_list(&path).unwrap().items, [item("二")]);
    let shipped =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/suining/items.json");
    assert_eq!(read_list(&shipped).unwrap().items.len(), 50);
    let list = dir.path().join("list.csv");
    std::fs::write(&list, "item_name,item_code,fee\n备案,511-1,0\n").unwrap();
    let taken = read_list(&list).unwrap();
    assert_eq!((taken.items.len(), taken.quarantined.len()), (0, 1));
    assert_eq!(taken.columns_ignored, ["fee"]);
    assert!(read_list(dir.path()).unwrap_err().to_string().ends_with(".json or .csv"));
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text.trim_end().strip_suffix(']').unwrap();
    std::fs::write(&path, format!("{text}, {{\"id\": \"X1\"}}]")).unwrap();
    let taken = read_list(&path).unwrap();
    assert_eq!(taken.items, [item("二")], "what is sound is taken");
    assert_eq!((taken.quarantined[0].column, taken.quarantined[0].value.as_str()), ("shape", "X1"));
    std::fs::write(&path, "[{}]").unwrap();
    assert!(Drafts::load(dir.path()).unwrap_err().to_string().contains("missing field `id`"));
}

#[test]
fn the_city_holds_what_was_promised_below_against_what_a_county_published() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish(&mut county, NINE, vec![promised(3)]);
    send(&mut county, &mut town, NINE);
    let honest = take(&mut town, NINE, &mut rng(1), new_case("王小明")).unwrap().id;
    // A machine that promises other than its county published.
    let view = town.case(honest).unwrap().unwrap().view;
    let mut receipt = view.events[0].1.clone();
    let detail = receipt.detail.as_mut().unwrap();
    detail.terms.as_mut().unwrap().promise = Some(Limit::WorkingDays(30));
    let (home, ulid) = (honest.home, ulid::Ulid::from_parts(1, 1));
    let other = DocumentId::case(home.division, ulid);
    let edits = vec![Edit::Header(view.header.unwrap()), Edit::Event(receipt)];
    town.append(NINE, home, vec![(other.name, edits)]).unwrap();
    town.commit().unwrap();
    let paths = [&town, &county].map(|it| it.member().credential.path.clone());
    let county_is_told = |home: Home| home.division.to_string() != CITY;
    send_those(&mut town, &mut county, NINE, county_is_told);
    let homes = county.homes();
    let shared: BTreeSet<Home> =
        homes.into_iter().filter(|it| county.is_shared(*it, &paths[1])).collect();
    assert!(shared.contains(&Home::public(COUNTY.parse().unwrap())));
    send_those(&mut county, &mut city, NINE, |home| shared.contains(&home));

    assert_eq!(city.catalogue().unwrap().versions().count(), 0, "the city offers none of it");
    let breaches =
        |replica: &Counter, id| replica.case(id).unwrap().unwrap().folded.course.breaches;
    for tier in [&town, &county, &city] {
        assert_eq!(breaches(tier, honest), [].into());
        let told: Vec<String> =
            breaches(tier, other).into_values().flatten().map(|it| it.to_string()).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("promise"), "{told:?}");
    }
    // What a county publishes goes to no other county, and up with what its townships publish.
    let sibling = Path::new("510922".parse().unwrap(), &[CITY.parse().unwrap()]);
    let of_county = Home::public(COUNTY.parse().unwrap());
    assert!(!city.is_shared(of_county, &sibling));
    assert!(city.is_shared(of_county, &paths[1]) && city.is_shared(of_county, &paths[0]));
    assert!(county.is_shared(Home::public(paths[0].centre()), &paths[0]));
}
