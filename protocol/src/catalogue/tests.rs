//! The catalogue: what may stand in it, the fold, and its figures.

use jiff::civil::date;
use proptest::prelude::*;

use super::guide::{Excluded, Fee, ItemStep, Requirement, StatedLimit};
use super::kind::Status;
use super::*;
use crate::case::CaseType;
use crate::deadline::{Limit, YearDay};
use crate::document::Detail;
use crate::identity::{Author, NodeId};
use crate::place::{Home, Tier};
use crate::time::{HybridTime, Timestamp};

fn id(text: &str) -> ItemId {
    text.parse().unwrap()
}

fn division(code: &str) -> Division {
    code.parse().unwrap()
}

fn item(text: &str, version: u32) -> Item {
    let (case_type, decide_at) = (Some(CaseType::Promised), Some(Tier::County));
    Item { version, case_type, decide_at, ..Item::named(id(text), "林木采伐许可证核发") }
}

fn stated(limit: Limit) -> Option<StatedLimit> {
    Some(limit.into())
}

fn words(item: &Item) -> String {
    let faults = check(item);
    let said: Vec<String> =
        faults.iter().map(|it| format!("{}: {} | {}", it.field, it.zh(), it.en())).collect();
    said.join("\n")
}

fn promise(promise: Limit, legal: Limit) -> bool {
    let item = Item { promise: stated(promise), legal: stated(legal), ..item("T01", 1) };
    check(&item).is_empty()
}

#[test]
fn a_promise_longer_than_the_law_is_a_fault_in_both_languages() {
    use Limit::WorkingDays;
    assert!(promise(WorkingDays(20), WorkingDays(20)));
    let item =
        Item { promise: stated(WorkingDays(21)), legal: stated(WorkingDays(20)), ..item("T01", 1) };
    insta::assert_snapshot!(words(&item), @"promise: 承诺时限 21 个工作日 长于法定时限 20 个工作日，承诺只能等于或短于法定（行政许可法第四十二条） | the promise of 21 working days is longer than the legal limit of 20 working days; it may only be as long or shorter (行政许可法 42)");
}

#[test]
fn limits_of_two_kinds_compare_by_weeks_and_a_day_of_the_year_by_nothing() {
    use Limit::{By, Days, Hours, WorkingDays};
    // From a Sunday five working days are over on Friday; fifteen take 19 days at best.
    assert!(promise(WorkingDays(5), Days(5)));
    assert!(!promise(WorkingDays(15), Days(15)));
    assert!(promise(WorkingDays(15), Days(19)));
    // From a Friday 20 working days last 28 days; 29 are more than that on any day.
    assert!(promise(Days(28), WorkingDays(20)));
    assert!(!promise(Days(29), WorkingDays(20)));
    assert!(promise(Hours(24), WorkingDays(1)));
    assert!(!promise(Hours(25), WorkingDays(1)));
    let march = By(YearDay { month: 3, day: 31 });
    assert!(promise(WorkingDays(300), march) && promise(march, WorkingDays(1)));
    assert!(!promise(By(YearDay { month: 2, day: 30 }), march));
}

#[test]
fn steps_add_up_to_the_promise_at_most_whatever_their_units() {
    let step = |name: &str, limit| {
        let (name, limit) = (name.to_owned(), stated(limit));
        ItemStep { name, limit, actor: None, standard: None, result: None, may_return_to: None }
    };
    let with = |promise, limits: &[Limit]| {
        let steps = limits.iter().enumerate().map(|(n, limit)| step(&n.to_string(), *limit));
        Item { promise: stated(promise), steps: steps.collect(), ..item("T01", 1) }
    };
    use Limit::{Days, Hours, WorkingDays};
    let soil = [WorkingDays(1), WorkingDays(11), WorkingDays(3), WorkingDays(1)];
    assert_eq!(check(&with(WorkingDays(16), &soil)), []);
    assert_eq!(check(&with(WorkingDays(1), &[Hours(1), Hours(23)])), []);
    let over = with(WorkingDays(15), &soil);
    insta::assert_snapshot!(words(&over), @"steps: 各环节合计 16 个工作日，长于承诺时限 15 个工作日；请缩短环节或改承诺 | the steps add up to 16 working days, longer than the promise of 15 working days; shorten steps or promise more");
    let mixed = with(WorkingDays(11), &[WorkingDays(11), Days(3)]);
    assert!(words(&mixed).contains("11 个工作日 + 3 日"), "{}", words(&mixed));
    assert_eq!(check(&with(WorkingDays(23), &[WorkingDays(20), Days(7)])), []);
    let endless = with(WorkingDays(u16::MAX), &vec![WorkingDays(u16::MAX); 70_000]);
    assert!(!check(&endless).is_empty());
}

#[test]
fn what_the_law_forbids_in_an_item_is_named_with_its_article() {
    let excluded = |name: &str| Excluded {
        name: name.to_owned(),
        limit: None,
        basis: None,
        fee: None,
        is_counted: None,
    };
    let fee = Fee {
        is_charged: true,
        standard: Some("20 元".to_owned()),
        basis: Some(" ".to_owned()),
        reduction: None,
        is_payable_online: None,
    };
    let bad = Item {
        version: 0,
        name: " ".to_owned(),
        status: Status::Historic,
        case_type: Some(CaseType::Immediate),
        accept_at: Some(Tier::Township),
        review_at: Some(Tier::Township),
        promise: stated(Limit::WorkingDays(2)),
        excluded: vec![excluded("听证"), excluded("专家评审"), excluded("公示")],
        materials: vec![Requirement::named("申请表"), Requirement::named("申请表")],
        fee: Some(fee),
        ..item("T01", 1)
    };
    insta::assert_snapshot!(words(&bad), @r"
    name: 未填写，请补上 | nothing stands there; fill it in
    materials: “申请表”出现两次 | `申请表` stands there twice
    version: 版本号从 1 起 | versions are numbered from 1
    valid_to: 历史事项须写明失效日期 valid_to | an item that is history needs its last day, valid_to
    decide_at: 即办件的受理层级与决定层级不同；不能当场决定的请改为承诺件或上报件 | an item done on the spot (即办件) is accepted at one tier and decided at another; make it a 承诺件 or 上报件
    promise: 即办件承诺 2 个工作日；即办件应当场或当日办结，否则请改为承诺件 | an item done on the spot (即办件) promises 2 working days; make it 0 or one working day, or the item a 承诺件
    excluded: “公示”不在可不计入时限的八种之内：听证、招标、拍卖、检验、检测、检疫、鉴定、专家评审（行政许可法第四十五条） | `公示` is none of the eight procedures that may be kept out of the limit: 听证, 招标, 拍卖, 检验, 检测, 检疫, 鉴定, 专家评审 (行政许可法 45)
    fee: 收费而无依据；没有法律、行政法规依据不得收费（行政许可法第五十八条） | something is charged without a basis; without a law or administrative regulation nothing may be (行政许可法 58)
    ");
    let downwards =
        Item { accept_at: Some(Tier::City), decide_at: Some(Tier::County), ..item("T01", 1) };
    assert!(words(&downwards).starts_with("decide_at: 决定或初审层级低于受理层级"));
    let backwards = Item {
        valid_from: Some(date(2014, 1, 1)),
        valid_to: Some(date(2013, 12, 31)),
        ..item("T01", 1)
    };
    assert_eq!(check(&backwards)[0].problem, check::Problem::EndsBeforeItBegins);
    let materials = (0..257).map(|at| Requirement::named(&at.to_string())).collect();
    let endless = Item { materials, ..item("T01", 1) };
    assert_eq!(
        words(&endless),
        "materials: 257 项，最多 256 项 | 257 are above the 256 there may be"
    );
}

#[test]
fn an_item_is_read_as_it_was_written_and_an_unknown_field_is_refused() {
    let whole = Item {
        valid_from: Some(date(2013, 10, 1)),
        legal: stated(Limit::By(YearDay { month: 3, day: 31 })),
        materials: vec![Requirement::named("申请表")],
        ..item("T01", 3)
    };
    let bytes = minicbor::to_vec(&whole).unwrap();
    assert_eq!(minicbor::decode::<Item>(&bytes).unwrap(), whole);
    // A later version's field is passed over.
    assert_eq!(minicbor::to_vec(item("T01", 1)).unwrap()[0] & 0xe0, 0xa0, "a map");
    assert_eq!(whole.unknown(), ["kind", "authority", "accept_at", "promise", "fee", "basis"]);
    assert_eq!(Item { case_type: None, ..whole.clone() }.terms(), None);
    assert_eq!(whole.terms().unwrap().materials, ["申请表"]);
    for bad in ["", "T 01", "-T01", "T01-", "事项", "../x", &"x".repeat(41)] {
        assert!(bad.parse::<ItemId>().is_err(), "{bad}");
    }
}

fn event_id(n: i64) -> EventId {
    let recorded = HybridTime(u64::try_from(n).unwrap());
    EventId { recorded, author: Author { node: NodeId([1; 16]), incarnation: 0 } }
}

fn publish(n: i64, item: Item) -> (EventId, Event) {
    let detail = Detail { item: Some(Box::new(item)), ..Detail::default() };
    (event_id(n), Event::new(EventKind::Publish, Timestamp(n), "周敏", "").with(detail))
}

fn retire(n: i64, day: Date) -> (EventId, Event) {
    let midnight = jiff::tz::Offset::constant(8).to_timestamp(day.at(0, 0, 0, 0)).unwrap();
    let at = Timestamp(midnight.as_millisecond());
    (event_id(n), Event::new(EventKind::Retire, at, "周敏", ""))
}

fn document(publisher: &str, item: &str) -> DocumentId {
    DocumentId { home: Home::public(division(publisher)), name: document_name(&id(item)) }
}

fn path() -> Path {
    Path::new(division("510921103"), &[division("510921"), division("510900")])
}

#[test]
fn a_case_gets_the_version_of_its_day_and_a_retired_item_is_applied_for_no_more() {
    let (first, second) = (date(2013, 1, 1), date(2014, 1, 1));
    let one = Item { valid_from: Some(first), ..item("T01", 1) };
    let two = Item { valid_from: Some(second), ..item("T01", 2) };
    let other = Item { name: "改过".to_owned(), ..one.clone() };
    let wrong = Item {
        version: 9,
        legal: stated(Limit::WorkingDays(1)),
        promise: stated(Limit::WorkingDays(2)),
        ..one.clone()
    };
    let events = vec![
        publish(1, one.clone()),
        publish(2, two),
        publish(3, other),
        publish(4, one),
        publish(5, wrong),
        publish(6, item("T02", 1)),
        retire(7, date(2015, 6, 1)),
    ];
    let catalogue = Catalogue::fold(&path(), [(document("510900", "T01"), events)]);
    let version = |day| catalogue.version_on(&id("T01"), day).map(|it| it.item.version);
    assert_eq!(version(date(2012, 12, 31)), None);
    assert_eq!(version(date(2013, 12, 31)), Some(1));
    assert_eq!(version(date(2014, 1, 1)), Some(2));
    assert_eq!(version(date(2015, 5, 31)), Some(2));
    assert_eq!(version(date(2015, 6, 1)), None);
    assert_eq!(catalogue.versions().count(), 2);
    let reasons: Vec<&Reason> = catalogue.set_aside().iter().map(|it| &it.reason).collect();
    assert!(matches!(
        reasons[..],
        [Reason::VersionTwice, Reason::Faulty(_), Reason::OtherDocument]
    ));
}

#[test]
fn a_countys_own_item_stands_beside_the_citys_and_before_it_at_its_counters() {
    let named = |name: &str| Item { name: name.to_owned(), ..item("T01", 1) };
    let documents = [
        (document("510900", "T01"), vec![publish(1, named("市"))]),
        (document("510921", "T01"), vec![publish(2, named("县"))]),
        (document("510921", "X01"), vec![publish(3, item("X01", 1))]),
        (document("510903", "T01"), vec![publish(4, named("别县"))]),
    ];
    let day = date(2026, 11, 22);
    let catalogue = Catalogue::fold(&path(), documents.clone());
    let names: Vec<&str> = catalogue.on(day).map(|it| it.item.name.as_str()).collect();
    assert_eq!(names, ["县", "林木采伐许可证核发"]);
    let city = Catalogue::fold(&Path::new(division("510900"), &[]), documents);
    assert_eq!(city.version_on(&id("T01"), day).unwrap().item.name, "市");
}

fn any_event() -> impl Strategy<Value = (EventId, Event)> {
    let publication =
        (1..6_i64, 0..3_u32, 0..4_i16, 0..4_u16).prop_map(|(n, version, year, days)| {
            let valid_from = Some(date(2013 + year, 1, 1));
            let (promise, legal) =
                (stated(Limit::WorkingDays(days)), stated(Limit::WorkingDays(2)));
            publish(
                n * 10 + i64::from(version),
                Item { valid_from, promise, legal, ..item("T01", version) },
            )
        });
    let retirement = (1..60_i64, 0..4_i16).prop_map(|(n, year)| retire(n, date(2013 + year, 6, 1)));
    prop_oneof![4 => publication, 1 => retirement]
}

proptest! {
    #[test]
    fn the_catalogue_is_the_same_whatever_the_order_of_events(
        events in prop::collection::vec(any_event(), 0..12),
        seed in any::<u64>(),
    ) {
        let mut unique: Vec<(EventId, Event)> = Vec::new();
        for event in events {
            if !unique.iter().any(|it| it.0 == event.0) {
                unique.push(event);
            }
        }
        let mut mixed = unique.clone();
        for at in (1..mixed.len()).rev() {
            let with = usize::try_from((seed >> (at % 32)) % (at as u64 + 1)).unwrap();
            mixed.swap(at, with);
        }
        let (city, county) = (document("510900", "T01"), document("510921", "T01"));
        let (half, rest) = unique.split_at(unique.len() / 2);
        let in_order = [(city, half.to_vec()), (county, rest.to_vec())];
        let (half, rest): (Vec<_>, Vec<_>) =
            mixed.into_iter().partition(|event| half.contains(event));
        let mixed = [(county, rest), (city, half)];
        prop_assert_eq!(Catalogue::fold(&path(), in_order), Catalogue::fold(&path(), mixed));
    }
}

#[test]
fn of_190_items_117_are_done_on_the_spot_and_932_days_became_190() {
    let one = |n: usize| {
        let case_type = if n < 117 { CaseType::Immediate } else { CaseType::Promised };
        Item { case_type: Some(case_type), ..item("T01", 1) }
    };
    let items: Vec<Item> = (0..190).map(one).collect();
    assert_eq!(immediate_share(&items).to_string(), "117/190 = 61.6 %");
    // Sixty items of 15 days, one of 32; 190 days in all are promised, and some at once.
    let limits = |n: usize| {
        let legal = Limit::WorkingDays(if n < 60 { 15 } else { 32 });
        let (case_type, promise) = match n {
            0..10 => (CaseType::Immediate, None),
            10..50 => (CaseType::Promised, stated(Limit::WorkingDays(3))),
            50..60 => (CaseType::Promised, stated(Limit::WorkingDays(4))),
            _ => (CaseType::HandedUp, stated(Limit::WorkingDays(30))),
        };
        Item { case_type: Some(case_type), promise, legal: stated(legal), ..item("T01", 1) }
    };
    let mut items: Vec<Item> = (0..61).map(limits).collect();
    items.push(item("T02", 1));
    let figure = promised_speed_up(&items);
    assert_eq!(figure.to_string(), "742/932 = 79.6 %");
    assert_eq!(figure.left_out, 1);
    let fifteen = Item { legal: stated(Limit::WorkingDays(15)), ..one(0) };
    assert_eq!(promised_speed_up([&fifteen]).to_string(), "15/15 = 100.0 %");
    assert_eq!(promised_speed_up([]).to_string(), "0/0 = –");
}
