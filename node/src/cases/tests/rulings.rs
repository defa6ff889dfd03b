//! Who rules on a card: nobody with a hand in the case, none of their partners, no centre on its
//! own handling.

use tongban_protocol::document::{AppealGround, Role, Ruling};
use tongban_protocol::supervision::Mark;

use super::super::fixture::{publish_rules, red_rule};
use super::*;
use crate::posts::{PostWish, change};

fn by(name: &str, kind: &str, card: Option<&str>) -> NewEvent {
    let is_supervisors = kind != "accept" && kind != "decide" && kind != "appeal";
    let detail = Said {
        role: is_supervisors.then_some(Role::Supervisor),
        reason: Some("属实".to_owned()),
        appeal: (kind == "appeal").then_some(AppealGround::Outage),
        ruling: (kind == "rule-appeal").then_some(Ruling::Withdrawn),
        card: card.map(str::to_owned),
        ..Said::default()
    };
    NewEvent { by: name.to_owned(), detail, ..event(kind) }
}

fn said(counter: &mut Counter, id: DocumentId, event: NewEvent) -> Result<(), CaseError> {
    record(counter, NINE.plus_ms(9), id, event)?;
    counter.commit()?;
    Ok(())
}

/// A case of the town that was accepted by `name` and got an issued card, at all three.
fn carded(
    [town, county, city]: [&mut Counter; 3],
    name: &str,
    decides: Option<&str>,
) -> (DocumentId, String) {
    publish_rules(city, vec![red_rule(Mark::Complaint)]);
    send(city, town, NINE);
    send(city, county, NINE);
    let id = taken(town, NINE, "王小明");
    said(town, id, by(name, "accept", None)).unwrap();
    send(town, county, NINE);
    if let Some(name) = decides {
        said(county, id, by(name, "decide", None)).unwrap();
    }
    send(county, city, NINE);
    said(city, id, by("督", "complain", None)).unwrap();
    let card = cards(city, id, NINE).unwrap().unwrap().cards[0].name.clone();
    said(city, id, by("督", "issue-card", Some(&card))).unwrap();
    send(city, county, NINE);
    send(city, town, NINE);
    (id, card)
}

#[test]
fn a_blank_before_a_name_makes_nobody_else() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    let (id, card) = carded([&mut town, &mut county, &mut city], "李秀英 ", None);
    let shown = show(&city, id).unwrap().unwrap();
    assert_eq!(shown.events[1].by, "李秀英", "names are stored without blanks");
    let own = said(&mut city, id, by(" 李秀英", "withdraw-card", Some(&card))).unwrap_err();
    assert!(own.to_string().contains("has had a hand in this case"), "{own}");
    said(&mut city, id, by("王", "withdraw-card", Some(&card))).unwrap();
}

#[test]
fn the_centre_that_decided_does_not_rule_on_its_card_and_one_above_does() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    let (id, card) = carded([&mut town, &mut county, &mut city], "李芳", Some("县办"));
    for event in [by("县督", "withdraw-card", Some(&card)), by("李芳", "appeal", Some(&card))] {
        let is_appeal = event.kind == EventKind::Appeal;
        let told = said(&mut county, id, event).map_err(|error| error.to_string());
        assert_eq!(told.is_ok(), is_appeal, "{told:?}");
        assert!(told.map_or_else(|it| it.contains("须由其上级作出"), |()| true));
    }
    let own = said(&mut county, id, by("县督", "rule-appeal", Some(&card))).unwrap_err();
    assert!(own.is_callers() && own.to_string().contains("takes a centre above it"), "{own}");
    send(&mut county, &mut city, NINE);
    said(&mut city, id, by("市督", "rule-appeal", Some(&card))).unwrap();
    assert_eq!(cards(&city, id, NINE).unwrap().unwrap().points, 0);
}

#[test]
fn the_partner_of_a_handler_does_not_rule_on_the_card() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    for (name, partner) in [("李芳", "王强"), ("王强", "李芳")] {
        let wish = PostWish {
            kind: EventKind::Appoint,
            name: name.to_owned(),
            partner: Some(partner.to_owned()),
            role: None,
            until: Some(NINE.plus_ms(86_400_000)),
            to: None,
            by: "周敏".to_owned(),
            happened_at: None,
        };
        change(&mut town, NINE.plus_ms(-60_000), wish).unwrap();
    }
    town.commit().unwrap();
    let (id, card) = carded([&mut town, &mut county, &mut city], "李芳", None);
    for counter in [&mut county, &mut city] {
        let own = said(counter, id, by("王强 ", "withdraw-card", Some(&card))).unwrap_err();
        assert!(own.is_callers() && own.to_string().contains("互为 AB 岗"), "{own}");
    }
    said(&mut county, id, by("县督", "withdraw-card", Some(&card))).unwrap();
}
