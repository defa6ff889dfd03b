//! What a city begins with, what changes later, and what a preview says of it.

use jiff::civil::date;
use tongban_node::cases::{NewCase, NewEvent, Said, record, take};
use tongban_node::publication::{Foreseen, ItemForeseen, Preview, write};
use tongban_protocol::case::Customs;
use tongban_protocol::catalogue::Item;
use tongban_protocol::deadline::Limit;
use tongban_protocol::document::EventKind;

use super::*;
use crate::fixture::{self, Desk, NINE};

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

const NEXT_YEAR: &str = "date,kind,name
2027-01-01,holiday,元旦
2027-02-08,holiday,春节
2027-02-09,holiday,春节
2027-02-10,holiday,春节
2027-02-11,holiday,春节
2027-02-12,holiday,春节
2027-05-03,holiday,劳动节
2027-10-01,holiday,国庆节
";

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
    let broken =
        FactsWish { calendar: Some("date\n".to_owned()), ..facts_wish("周敏", "吴刚") };
    let told = prepare_facts(&hub, NINE, broken).unwrap_err().to_string();
    assert!(told.starts_with("calendar.csv"), "{told}");
    let file = Some("草案/2027.csv".to_owned());
    let unlike =
        FactsWish { file, calendar: Some("date\n".to_owned()), ..facts_wish("周敏", "吴刚") };
    let told = prepare_facts(&hub, NINE, unlike).unwrap_err().to_string();
    assert!(told.starts_with("草案/2027.csv"), "errors name the file that was given: {told}");

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
fn a_calendar_that_leaves_a_year_out_or_most_of_one_is_refused() {
    let (_, hub) = founded();
    let refused = |calendar: String| {
        let wish = FactsWish { calendar: Some(calendar), ..facts_wish("周敏", "吴刚") };
        prepare_facts(&hub, NINE, wish).unwrap_err().to_string()
    };
    let gap = refused(NEXT_YEAR.replace("2027-10-01", "2027-10-04").replace("2027", "2028"));
    assert!(
        gap.starts_with("the year 2027 would be missing") && gap.contains("缺少 2027 年"),
        "{gap}"
    );
    let few = refused("date,kind,name\n2026-01-01,holiday,元旦\n".to_owned());
    assert!(few.starts_with("the notice of 2026 gives 1 weekdays off"), "{few}");
}

#[test]
fn a_version_of_a_template_that_was_published_says_nothing_else_later() {
    let (_, mut hub) = founded();
    let text = include_str!("../../../config/suining/joint.toml").replacen(
        "promise = 5",
        "promise = 6",
        1,
    );
    let wish =
        FactsWish { calendar: None, templates: Some(text), ..facts_wish("周敏", "吴刚") };
    let refused = prepare_facts(&hub, NINE, wish).unwrap_err().to_string();
    assert!(refused.starts_with("template `enterprise`, version 1 was published"), "{refused}");
    // Where another version of this program published it all the same, the first word stands.
    let first = hub.templates()[0].clone();
    let changed = Template { promise: Limit::WorkingDays(4), ..first.clone() };
    if let Some(sheet) = templates_sheet(NINE, Signed::by("周敏", "吴刚").unwrap(), &[changed])
    {
        write(&mut hub, NINE, sheet).unwrap();
    }
    hub.commit().unwrap();
    assert_eq!(hub.templates()[0], first);
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
    assert_eq!(moved.moved.len() as u64, moved.days_moved, "each is named");
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
