//! What supervision sees, and issues together.

use tongban_protocol::document::{AppealGround, Role, Ruling};
use tongban_protocol::place::Division;
use tongban_protocol::supervision::{Level, Mark, Rule};

use super::super::fixture::{TOWN, publish_rules, red_rule};
use super::*;
use crate::posts::{PostWish, change};

fn said(by: &str, kind: &str, card: Option<&str>) -> NewEvent {
    let detail = Said {
        role: (kind != "appeal" && kind != "accept").then_some(Role::Supervisor),
        reason: Some("断网三日".to_owned()),
        appeal: (kind == "appeal").then_some(AppealGround::Outage),
        ruling: (kind == "rule-appeal").then_some(Ruling::Upheld),
        card: card.map(str::to_owned),
        ..Said::default()
    };
    NewEvent { by: by.to_owned(), detail, ..event(kind) }
}

/// Thursday, three days later.
const LATER: Timestamp = NINE.plus_ms(3 * 86_400_000);

/// A city with a case of the town, accepted by 李秀英 and complained about, which was entered late:
/// two rules give a card each.
fn street() -> (Counter, Counter, DocumentId) {
    let (mut town, mut city) = (town(), city());
    let yellow = Rule { id: "tone".to_owned(), level: Level::Yellow, ..red_rule(Mark::LateEntry) };
    publish_rules(&mut city, vec![red_rule(Mark::Complaint), yellow]);
    send(&mut city, &mut town, NINE);
    let id = taken(&mut town, NINE, "王小明");
    let accept = NewEvent { happened_at: Some(NINE), ..said("李秀英", "accept", None) };
    record(&mut town, LATER, id, accept).unwrap();
    town.commit().unwrap();
    send(&mut town, &mut city, LATER);
    record(&mut city, LATER, id, said("督一", "complain", None)).unwrap();
    city.commit().unwrap();
    (town, city, id)
}

/// What one look finds, once everything is counted.
fn seen(city: &mut Counter, wish: WatchWish) -> Vec<WatchCard> {
    count_all(city);
    watched(city, &wish, LATER).unwrap().cards
}

fn sight(sight: Sight) -> WatchWish {
    WatchWish { sight, by: "督二".to_owned(), ..WatchWish::default() }
}

fn picks(cards: &[WatchCard]) -> Vec<Pick> {
    let pick =
        |it: &WatchCard| Pick { case: it.case.id.parse().unwrap(), card: it.card.name.clone() };
    cards.iter().map(pick).collect()
}

#[test]
fn cards_that_are_ticked_are_issued_together_and_a_second_press_issues_none() {
    let (_, mut city, _) = street();
    let due = seen(&mut city, sight(Sight::Due));
    assert_eq!(due.len(), 2);
    assert!(due.iter().all(|it| it.is_ours && !it.card.proof.is_empty()));
    let wrong = Pick { card: "nothing/at-all".to_owned(), ..picks(&due)[0].clone() };
    let picked = [picks(&due), vec![wrong]].concat();
    let (told, last) = issue_cards(&mut city, LATER, picked.clone(), "督二").unwrap();
    city.commit().unwrap();
    assert_eq!((told.issued.len(), told.passed_over.len()), (2, 1));
    assert!(last.is_some() && told.passed_over[0].1.to_string().contains("no card"));
    let (again, last) = issue_cards(&mut city, LATER, picked, "督二").unwrap();
    assert_eq!((again.issued.len(), again.passed_over.len(), last), (0, 3, None));
    assert!(!city.is_staged());
    assert_eq!(seen(&mut city, sight(Sight::Due)).len(), 0);
    let standing = seen(&mut city, sight(Sight::Standing));
    assert_eq!(standing.len(), 2);
    assert!(standing.iter().all(|it| it.card.issued.is_some()));
}

#[test]
fn a_look_shows_only_the_centre_the_colour_and_the_rule_that_are_asked_for() {
    let (_, mut city, _) = street();
    let under = |code: &str| {
        let under: Option<Division> = Some(code.parse().unwrap());
        WatchWish { under, ..sight(Sight::Due) }
    };
    for (code, count) in [(TOWN, 2), (COUNTY, 2), (CITY, 2), ("510921104", 0)] {
        assert_eq!(seen(&mut city, under(code)).len(), count, "{code}");
    }
    let yellow = WatchWish { level: Some(Level::Yellow), ..sight(Sight::Due) };
    assert_eq!(rule_of(&seen(&mut city, yellow)[0].card.name), "tone");
    let word = WatchWish { rule: Some("word".to_owned()), ..sight(Sight::Due) };
    let word = seen(&mut city, word);
    assert_eq!((word.len(), word[0].card.level), (1, Level::Red));
    let past = WatchWish { skip: 1, ..sight(Sight::Due) };
    assert_eq!(seen(&mut city, past).len(), 0);
}

#[test]
fn an_appeal_says_who_may_not_rule_on_it_before_they_try() {
    let (mut town, mut city, id) = street();
    let due = seen(&mut city, sight(Sight::Due));
    issue_cards(&mut city, LATER, picks(&due), "督一").unwrap();
    city.commit().unwrap();
    assert_eq!(seen(&mut city, sight(Sight::Appealed)).len(), 0);
    send(&mut city, &mut town, LATER);
    let card = due[0].card.name.clone();
    record(&mut town, LATER, id, said("李秀英", "appeal", Some(&card))).unwrap();
    let wish = PostWish {
        kind: EventKind::Appoint,
        name: "李秀英".to_owned(),
        partner: Some("陈平".to_owned()),
        role: Some(Role::Window),
        until: Some(LATER.plus_ms(86_400_000)),
        to: None,
        by: "吴刚".to_owned(),
        happened_at: None,
    };
    change(&mut town, LATER, wish).unwrap();
    town.commit().unwrap();
    send(&mut town, &mut city, LATER);
    let bar = |city: &mut Counter, by: &str| {
        let wish = WatchWish { by: by.to_owned(), ..sight(Sight::Appealed) };
        let found = seen(city, wish).remove(0);
        assert_eq!(found.appeal, Some(("李秀英".to_owned(), "断网三日".to_owned())));
        assert!(found.handlers.contains(&"李秀英".to_owned()));
        found.bar.map(|bar| format!("{} {}", bar.zh, bar.en))
    };
    assert!(bar(&mut city, "李秀英").unwrap().contains("has had a hand in this case"));
    assert!(bar(&mut city, "陈平").unwrap().contains("互为 AB 岗"));
    assert_eq!(bar(&mut city, "督二"), None);
    record(&mut city, LATER, id, said("督二", "rule-appeal", Some(&card))).unwrap();
    city.commit().unwrap();
    assert_eq!(seen(&mut city, sight(Sight::Appealed)).len(), 0);
    let ruled = seen(&mut city, sight(Sight::Ruled));
    assert_eq!((ruled.len(), ruled[0].ruling.as_ref().unwrap().0.as_str()), (1, "督二"));
}
