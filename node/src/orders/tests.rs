//! An order from the county to a township and back.

use tongban_protocol::supervision::Mark;

use super::*;
use crate::cases::fixture::{
    Counter, NINE, TOWN, city, county, new_case, publish_rules, red_rule, rng, send, town,
};
use crate::cases::{NewEvent, Said, parse_kind, record as record_case, take};

const DAY_MS: i64 = 86_400_000;

fn wish() -> NewOrder {
    NewOrder {
        centre: TOWN.parse().unwrap(),
        document: "蓬监督〔2026〕3号".to_owned(),
        reason: "红牌三日未回应".to_owned(),
        days: 3,
        case: None,
        card: None,
        by: "监察王".to_owned(),
        happened_at: None,
    }
}

fn step(act: OrderAct, by: &str) -> OrderStep {
    let days = (act == OrderAct::Return).then_some(1);
    OrderStep {
        act, text: "文".to_owned(), days, role: None, by: by.to_owned(), happened_at: None
    }
}

/// A town with a case that the county and the city hold too.
fn street() -> (Counter, Counter, Counter, DocumentId) {
    let (mut town, mut county, mut city) = (town(), county(), city());
    let id = take(&mut town, NINE, &mut rng(1), new_case("王小明")).unwrap().id;
    town.commit().unwrap();
    send(&mut town, &mut county, NINE);
    send(&mut county, &mut city, NINE);
    (town, county, city, id)
}

#[test]
fn an_order_goes_down_is_answered_comes_up_and_is_closed_with_the_same_words_everywhere() {
    let (mut town, mut county, mut city, _) = street();
    let (id, _) = issue(&mut county, NINE, &mut rng(2), wish()).unwrap();
    county.commit().unwrap();
    send(&mut county, &mut town, NINE);
    let homes = [Home::office(TOWN.parse().unwrap())];
    let now = NINE.plus_ms(4 * DAY_MS); // Given on Monday the 2nd; three working days ended.
    let listed = list(&town, &homes, now, false).unwrap();
    assert_eq!((listed.len(), listed[0].is_late), (1, true));
    assert_eq!(listed[0].standing.as_deref(), Some("已超 1 个工作日"));
    record(&mut town, now, id, step(OrderAct::Reply, "李芳")).unwrap();
    town.commit().unwrap();
    send(&mut town, &mut county, now);
    let own = record(&mut county, now, id, step(OrderAct::Close, "李芳")).unwrap_err();
    assert!(own.to_string().contains("may not judge it"), "{own}");
    record(&mut county, now, id, step(OrderAct::Return, "监察王")).unwrap();
    county.commit().unwrap();
    send(&mut county, &mut town, now);
    record(&mut town, now, id, step(OrderAct::Reply, "李芳")).unwrap();
    town.commit().unwrap();
    send(&mut town, &mut county, now);
    record(&mut county, now, id, step(OrderAct::Close, "监察王")).unwrap();
    county.commit().unwrap();
    send(&mut county, &mut city, now);
    send(&mut county, &mut town, now);
    let told = |it: &Counter| serde_json::to_value(show(it, id, now).unwrap().unwrap()).unwrap();
    assert_eq!((told(&town), told(&county)), (told(&city), told(&city)));
    assert_eq!(told(&town)["state"], "closed");
    assert_eq!(told(&town)["rounds"].as_array().unwrap().len(), 2);
    assert_eq!(list(&city, &homes, now, false).unwrap().len(), 0);
    assert_eq!(list(&city, &homes, now, true).unwrap().len(), 1);
}

#[test]
fn a_form_that_is_sent_twice_gives_one_order_and_one_answer() {
    let (mut town, mut county, ..) = street();
    let name = Ulid::from_parts(1, 7);
    for _ in 0..2 {
        issue_named(&mut county, NINE, name, wish()).unwrap();
    }
    county.commit().unwrap();
    send(&mut county, &mut town, NINE);
    let homes = [Home::office(TOWN.parse().unwrap())];
    let listed = list(&town, &homes, NINE, true).unwrap();
    assert_eq!((listed.len(), listed[0].events.len()), (1, 1));
    let id = parse_id(&listed[0].id).unwrap();
    for _ in 0..2 {
        record_seen(&mut town, NINE, (id, 1), step(OrderAct::Reply, "李芳")).unwrap();
    }
    town.commit().unwrap();
    let old = record_seen(&mut town, NINE, (id, 1), step(OrderAct::Reply, "王芳")).unwrap_err();
    assert!(matches!(old, OrderError::Moved), "{old}");
    assert_eq!(show(&town, id, NINE).unwrap().unwrap().events.len(), 2);
}

#[test]
fn overdue_orders_come_first_then_those_whose_answer_is_to_be_judged() {
    let (_, mut county, ..) = street();
    let order = |county: &mut Counter, seed: u8, document: &str, days: u16| {
        let wish = NewOrder { document: document.to_owned(), days, ..wish() };
        let (id, _) = issue(county, NINE, &mut rng(seed), wish).unwrap();
        county.commit().unwrap();
        show(county, id, NINE).unwrap().unwrap()
    };
    let due = order(&mut county, 2, "二号", 9);
    let mut orders = vec![
        OrderDetail { state: "closed".to_owned(), document: "销号".to_owned(), ..due.clone() },
        OrderDetail { document: "一号".to_owned(), ..order(&mut county, 3, "一号", 3) },
        due.clone(),
        OrderDetail { state: "replied".to_owned(), document: "已答".to_owned(), ..due.clone() },
        OrderDetail { is_late: true, document: "逾期".to_owned(), ..due },
    ];
    pressing_first(&mut orders);
    let documents: Vec<&str> = orders.iter().map(|it| it.document.as_str()).collect();
    assert_eq!(documents, ["逾期", "已答", "一号", "二号", "销号"]);
}

#[test]
fn what_may_not_be_is_refused_where_it_is_tried_and_saves_nothing() {
    let (mut town, mut county, _, case) = street();
    let from_below = issue(&mut town, NINE, &mut rng(2), wish()).unwrap_err();
    assert!(from_below.to_string().contains("may not record `issue-order`"), "{from_below}");
    let refused = |county: &mut Counter, wish: NewOrder| {
        let error = issue(county, NINE, &mut rng(2), wish).unwrap_err();
        assert!(!county.is_staged());
        error.to_string()
    };
    let nameless = refused(&mut county, NewOrder { by: " ".to_owned(), ..wish() });
    assert!(nameless.contains("needs the name of a person"), "{nameless}");
    let long = refused(&mut county, NewOrder { days: 100, ..wish() });
    assert!(long.contains("回复时限 100 个工作日"), "{long}");
    let (case, card) = (Some(case.to_string()), Some("over/promise".to_owned()));
    let cardless = refused(&mut county, NewOrder { case, card, ..wish() });
    assert!(cardless.contains("no case held here in which a card `over/promise`"), "{cardless}");
    let id = parse_id("510921103-01JD0000000000000000000000").unwrap();
    let none = record(&mut county, NINE, id, step(OrderAct::Close, "监察王")).unwrap_err();
    assert!(none.to_string().contains("`order list` shows"), "{none}");
    assert!(parse_id("督办").is_err());
}

#[test]
fn an_unanswered_red_card_calls_for_an_order_until_there_is_one() {
    let (_, _, mut city, case) = street();
    let complain = NewEvent {
        detail: Said {
            role: Some(Role::Supervisor),
            reason: Some("乱收费".to_owned()),
            ..Said::default()
        },
        ..event("complain")
    };
    record_case(&mut city, NINE, case, complain).unwrap();
    city.commit().unwrap();
    let proof = city.case(case).unwrap().unwrap().view.events.last().unwrap().0;
    let card = format!("word/{:016x}-{}", proof.recorded.0, proof.author);
    publish_rules(&mut city, vec![red_rule(Mark::Complaint)]);
    let mut issued = event("issue-card");
    (issued.detail.role, issued.detail.card) = (Some(Role::Supervisor), Some(card.clone()));
    record_case(&mut city, NINE, case, issued).unwrap();
    city.commit().unwrap();
    let homes = [case.home];
    let due_on = |city: &Counter, days| due(city, &homes, NINE.plus_ms(days * DAY_MS)).unwrap();
    assert_eq!(due_on(&city, 3), []);
    let told = due_on(&city, 4);
    assert_eq!((told.len(), told[0].ground.as_str()), (1, "red-unanswered"));
    assert_eq!(
        (told[0].cards[0].card.as_str(), told[0].cards[0].person.as_str()),
        (&*card, "李芳")
    );
    let wish = NewOrder { case: Some(case.to_string()), card: Some(card), ..wish() };
    issue(&mut city, NINE.plus_ms(4 * DAY_MS), &mut rng(3), wish).unwrap();
    city.commit().unwrap();
    assert_eq!(due_on(&city, 4), []);
}

fn event(kind: &str) -> NewEvent {
    NewEvent {
        kind: parse_kind(kind).unwrap(),
        note: String::new(),
        by: "监察王".to_owned(),
        happened_at: None,
        detail: Said::default(),
    }
}
