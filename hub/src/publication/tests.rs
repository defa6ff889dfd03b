//! Publishing: versions, what is refused, and what a city begins with.

use jiff::civil::date;
use tongban_node::cases::{NewCase, NewEvent, Said, record, take};
use tongban_protocol::case::{CaseType, Customs};
use tongban_protocol::deadline::Limit;

use super::*;
use crate::fixture::{self, Desk, NINE};

fn wish(items: Vec<Item>) -> PublishWish {
    PublishWish { by: "周敏".to_owned(), proposed_by: "吴刚".to_owned(), items }
}

fn publish(hub: &mut Desk, now: Timestamp, items: Vec<Item>) -> Vec<PublishLine> {
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
    let mut hub = fixture::city();
    let told = |lines: Vec<PublishLine>| {
        lines.iter().map(|it| (it.version, it.is_new)).collect::<Vec<_>>()
    };
    assert_eq!(told(publish(&mut hub, NINE, vec![item("一")])), [(1, true)]);
    assert_eq!(told(publish(&mut hub, NINE, vec![item("一")])), [(1, false)]);
    let later = NINE.plus_ms(86_400_000);
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
    assert_eq!(figures(&lines, date(2026, 11, 30))[0], "1/1 = 100.0 %");
    assert_eq!(figures(&lines, date(2026, 12, 1))[0], "0/0 = –");
    // Applied for again: a new version, though it says what the last one said.
    assert_eq!(told(publish(&mut hub, later, vec![item("二")])), [(3, true)]);
}

#[test]
fn a_faulty_item_is_refused_with_its_fault_and_the_others_are_published() {
    let mut hub = fixture::city();
    let late = Item { promise: Some(Limit::WorkingDays(9).into()), ..item("慢") };
    let other = Item { id: "X02".parse().unwrap(), ..item("二") };
    let lines = publish(&mut hub, NINE, vec![late, other.clone(), other]);
    assert_eq!(lines.iter().map(|it| it.version).collect::<Vec<_>>(), [0, 1, 0]);
    assert!(lines[0].faults[0][0].starts_with("promise: 即办件承诺 9 个工作日"));
    assert_eq!(lines[2].faults[0][1], "id: `X02` stands there twice");
    assert_eq!(list(&hub).unwrap().len(), 1);
}

/// A city whose facts are published, and its hub.
fn founded() -> (City, Desk) {
    let mut hub = fixture::city();
    let city = City::suining();
    for sheet in unpublished(&hub, NINE, &city).unwrap() {
        write(&mut hub, NINE, sheet).unwrap();
    }
    hub.commit().unwrap();
    (city, hub)
}

const NEXT_YEAR: &str = "date,kind,name\n2027-01-01,holiday,元旦\n";

fn facts_wish(by: &str, proposed_by: &str) -> FactsWish {
    let (by, proposed_by) = (by.to_owned(), proposed_by.to_owned());
    FactsWish { by, proposed_by, calendar: Some(NEXT_YEAR.to_owned()), ..FactsWish::default() }
}

#[test]
fn a_city_begins_with_its_facts_once_and_what_changes_waits_for_two_people() {
    let (city, mut hub) = founded();
    assert_eq!(unpublished(&hub, NINE, &city).unwrap(), Vec::<Sheet>::new());
    assert_eq!(hub.catalogue().unwrap().versions().count(), city.items.sound().count());
    assert_eq!(hub.catalogue().unwrap().set_aside(), []);
    assert_eq!(hub.almanac().latest(), &city.calendar);
    let next = tongban_config::calendar::parse("c.csv", NEXT_YEAR).unwrap();
    let mut changed = city;
    changed.calendar.take(next.notices().next().unwrap().clone());
    assert_eq!(unpublished(&hub, NINE, &changed).unwrap(), Vec::<Sheet>::new());

    for (by, proposed_by) in [("周敏", ""), ("", "周敏"), (" ", "吴刚")] {
        let refused = prepare_facts(&hub, NINE, facts_wish(by, proposed_by)).unwrap_err();
        assert!(matches!(refused, PublishError::Nameless), "{refused}");
    }
    let own = prepare_facts(&hub, NINE, facts_wish("Zhou Min", " zhou min ")).unwrap_err();
    assert!(matches!(own, PublishError::OwnProposal(_)), "{own}");
    let items = PublishWish { proposed_by: "周敏".to_owned(), ..wish(vec![item("一")]) };
    assert!(matches!(prepare(&hub, NINE, items), Err(PublishError::OwnProposal(_))));
    let broken =
        FactsWish { calendar: Some("date\n".to_owned()), ..facts_wish("周敏", "吴刚") };
    let told = prepare_facts(&hub, NINE, broken).unwrap_err().to_string();
    assert!(told.starts_with("calendar.csv"), "{told}");

    let (published, sheets) = prepare_facts(&hub, NINE, facts_wish("周敏", "吴刚")).unwrap();
    assert_eq!((published.years.as_slice(), published.rules), ([2027].as_slice(), None));
    let Edit::Event(event) = &sheets[0][0].1[0] else { panic!("{sheets:?}") };
    assert_eq!((event.by.as_str(), event.detail().proposed_by.as_deref()), ("周敏", Some("吴刚")));
    write(&mut hub, NINE, sheets.into_iter().next().unwrap()).unwrap();
    hub.commit().unwrap();
    assert!(hub.almanac().latest().is_published(date(2027, 3, 1)));
    let (again, sheets) = prepare_facts(&hub, NINE, facts_wish("周敏", "吴刚")).unwrap();
    assert_eq!((again, sheets), (PublishedFacts::default(), Vec::new()));
}

#[test]
fn a_version_of_a_template_is_ended_by_two_people_and_never_by_a_start() {
    let (mut city, mut hub) = founded();
    assert_eq!(hub.templates().len(), city.joint.len());
    let first = city.joint[0].plan.clone();
    city.joint[0].valid_to = Some(date(2015, 8, 31));
    assert_eq!(unpublished(&hub, NINE, &city).unwrap(), Vec::<Sheet>::new());
    assert_eq!(differing(&hub, &city), ["templates publish"]);
    let text = include_str!("../../../config/suining/joint.toml");
    let templates = Some(text.replacen("2015-09-30", "2015-08-31", 1));
    let wish = FactsWish { calendar: None, templates, ..facts_wish("周敏", "吴刚") };
    let (published, sheets) = prepare_facts(&hub, NINE, wish).unwrap();
    assert_eq!(published.templates, [format!("{} {}", first.template, first.version)]);
    write(&mut hub, NINE, sheets.into_iter().next().unwrap()).unwrap();
    hub.commit().unwrap();
    assert_eq!(differing(&hub, &city), Vec::<&str>::new());
    assert_eq!(hub.templates().len(), city.joint.len(), "it is the same version still");
}

#[test]
fn what_a_city_sets_besides_is_published_by_two_people_and_only_where_it_differs() {
    let (mut city, mut hub) = founded();
    assert_eq!(hub.published_customs(), Some(Customs::default()));
    let text = |yuan: u32| {
        let head = "name_zh = '群岛'\nname_en = 'Isles'\nroot = 'IS'\ndivisions = 'd.csv'\n";
        format!("{head}calendar = 'c.csv'\ngreen_channel_above_yuan = '{yuan}'\n")
    };
    let wish = |customs| FactsWish {
        calendar: None,
        customs: Some(customs),
        ..facts_wish("周敏", "吴刚")
    };
    let (same, sheets) = prepare_facts(&hub, NINE, wish(text(50_000_000))).unwrap();
    assert_eq!((same, sheets), (PublishedFacts::default(), Vec::new()));
    let broken = prepare_facts(&hub, NINE, wish("root = 'IS'\n".to_owned())).unwrap_err();
    assert!(matches!(broken, PublishError::City(_)), "{broken}");
    let (lower, sheets) = prepare_facts(&hub, NINE, wish(text(20_000_000))).unwrap();
    assert!(lower.customs && sheets.len() == 1, "{lower:?}");
    write(&mut hub, NINE, sheets.into_iter().next().unwrap()).unwrap();
    hub.commit().unwrap();
    assert_eq!(hub.customs().green_threshold_yuan, 20_000_000);
    // The file that a start would read says otherwise: it is told, and not published.
    assert_eq!(unpublished(&hub, NINE, &city).unwrap(), Vec::<Sheet>::new());
    assert_eq!(differing(&hub, &city), ["customs publish"]);
    city.customs = hub.customs();
    assert_eq!(differing(&hub, &city), Vec::<&str>::new());
}

fn foresee(hub: &Desk, now: Timestamp, facts: Facts) -> Foreseen {
    let (mut preview, cases) = Preview::begin(hub, now, facts).unwrap();
    preview.look(hub, &cases).unwrap();
    preview.finish()
}

#[test]
fn a_preview_says_which_last_days_move_and_which_cards_come_and_go_and_changes_nothing() {
    let (_, mut hub) = founded();
    let mut rng = <rand_chacha::ChaCha12Rng as rand_core::SeedableRng>::from_seed([3; 32]);
    let mut taken = Vec::new();
    for applicant in 0..30 {
        // Y02 promises 16 working days; 2 November and 16 days end on the 24th.
        let case = NewCase {
            item: "Y02".to_owned(),
            applicant: format!("申请人{applicant}"),
            by: "李".to_owned(),
            ..NewCase::default()
        };
        let made = take(&mut hub, NINE, &mut rng, case).unwrap();
        let accept = NewEvent {
            kind: EventKind::Accept,
            note: String::new(),
            by: "李".to_owned(),
            happened_at: None,
            detail: Said::default(),
        };
        record(&mut hub, NINE, made.id, accept).unwrap();
        taken.push(made);
    }
    hub.commit().unwrap();
    let frontier = hub.frontier().clone();
    let later = NINE.plus_ms(25 * 86_400_000);
    let same = foresee(&hub, later, Facts::default());
    assert_eq!((same.open, same.days_moved), (30, 0), "{same:?}");
    assert_eq!((same.gained.len(), same.lost.len()), (0, 0), "{same:?}");

    // The year's notice comes anew, with Tuesday the 24th off: the promise ends a day later, and
    // what is one day over by the old count is in its last day by the new one.
    let shipped = include_str!("../../../config/suining/calendar.csv");
    let rows = |line: &&str| line.starts_with("date") || line.starts_with("2026");
    let year = shipped.lines().filter(rows).chain(["2026-11-24,holiday,临时放假"]);
    let calendar = Some(year.collect::<Vec<_>>().join("\n") + "\n");
    let day_after = NINE.plus_ms(23 * 86_400_000);
    let moved = foresee(&hub, day_after, Facts { calendar, ..Facts::default() });
    assert_eq!(moved.moved.len(), 20, "only the first are named");
    assert!(moved.days_moved >= 60, "promise and law of 30 cases: {moved:?}");
    let first = moved.moved.iter().find(|it| it.clock == "承诺时限").unwrap();
    assert_eq!((first.from.as_str(), first.to.as_str()), ("2026-11-24", "2026-11-25"));
    assert_eq!(moved.lost.get("promise-over"), Some(&30), "{moved:?}");

    let strict = "use = \"s\"\n[sets.s]\ntitle = \"t\"\nsource = \"s\"\nrules = [\
        { id = \"soon\", title = \"t\", when = \"used\", clock = \"legal\", percent = 10, level = \"yellow\" }]";
    let rules = Facts { rules: Some(strict.to_owned()), ..Facts::default() };
    let foreseen = foresee(&hub, day_after, rules);
    assert_eq!(foreseen.gained.get("soon"), Some(&30), "{foreseen:?}");
    assert_eq!(foreseen.lost.get("promise-over"), Some(&30), "{foreseen:?}");

    let shipped = City::suining();
    let known = shipped.items.sound().find(|it| it.id.as_str() == "Y02").unwrap();
    let promise = Some(Limit::WorkingDays(16).into());
    let valid_from = Some(date(2026, 11, 1));
    let new = Item { promise, steps: Vec::new(), valid_from, ..known.clone() };
    let foreseen = foresee(&hub, day_after, Facts { items: vec![new], ..Facts::default() });
    let ItemForeseen { id, open, other_terms } = &foreseen.items[0];
    assert_eq!((id.as_str(), *open, *other_terms), ("Y02", 30, 30));
    assert_eq!(hub.frontier(), &frontier, "a preview writes nothing");
    assert!(!hub.is_staged());
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
    std::fs::write(&path, "[{}]").unwrap();
    assert!(Drafts::load(dir.path()).unwrap_err().to_string().contains("missing field `id`"));
}
