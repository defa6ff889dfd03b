//! Joint cases between a county and the city, each of which works while the other is away.

use tongban_protocol::case::joint::{Gathering, Part, Plan, Template};
use tongban_protocol::deadline::Limit;
use tongban_protocol::document::{Detail, DocumentKind, DocumentName, Edit, Event, Outcome, Role};
use tongban_protocol::place::Tier;
use ulid::Ulid;

use super::*;
use crate::cases::Said;
use crate::cases::fixture::{TOWN, member, open, send_those};

/// Two parts: one of the city, one of the county; the second waits for the first.
fn published(city: &mut Counter) {
    let part = |name: &str, tier, after: &[u16]| Part {
        name: name.to_owned(),
        department: format!("{name}局"),
        tier,
        centre: None,
        item: None,
        limit: Limit::WorkingDays(5),
        materials: vec!["项目申请报告".to_owned()],
        after: after.to_vec(),
        silence_consents: true,
        legal: None,
    };
    let plan = Plan {
        template: "investment".to_owned(),
        version: 1,
        title: "投资建设项目".to_owned(),
        lead: "发展和改革局".to_owned(),
        parts: vec![part("选址意见", Tier::City, &[]), part("用地预审", Tier::County, &[0])],
    };
    let (legal, promise) = (Limit::WorkingDays(45), Limit::WorkingDays(18));
    let template = Template { plan, legal, promise, valid_from: None, valid_to: None };
    let detail = Detail { template: Some(Box::new(template)), ..Detail::default() };
    let event = Event::new(EventKind::Publish, NINE, "市", "").with(detail);
    let name = DocumentName { kind: DocumentKind::Rules, ulid: Ulid::nil() };
    let home = Home::public(city.member().centre());
    city.append(NINE, home, vec![(name, vec![Edit::Event(event)])]).unwrap();
    city.commit().unwrap();
}

/// A city with the template, and a county that has heard of it.
fn pair() -> (Counter, Counter) {
    let (mut city, mut county) = (city(), county());
    published(&mut city);
    send(&mut city, &mut county, NINE);
    (city, county)
}

fn lead(counter: &mut Counter, authorities: &[(u16, &str)]) -> Result<DocumentId, CaseError> {
    let authorities = authorities.iter().map(|(part, at)| (*part, at.parse().unwrap()));
    let case = NewCase {
        item: "investment".to_owned(),
        materials: vec!["项目申请报告".to_owned()],
        authorities: authorities.collect(),
        ..new_case("四川某公司")
    };
    let taken = take(counter, NINE, &mut rng(3), case)?;
    counter.commit().unwrap();
    Ok(taken.id)
}

fn say(
    counter: &mut Counter,
    minutes: i64,
    id: DocumentId,
    kind: &str,
    detail: Said,
) -> Result<(), CaseError> {
    let by = format!("{}的人", counter.member().centre());
    let event = NewEvent { by, detail, ..event(kind) };
    record(counter, NINE.plus_ms(minutes * 60_000), id, event)?;
    counter.commit().unwrap();
    Ok(())
}

fn refused() -> Said {
    let text = |text: &str| Some(text.to_owned());
    Said {
        outcome: Some(Outcome::Refused),
        reason: text("不符规划"),
        remedy: text("行政复议"),
        ..Said::default()
    }
}

fn lanes(counter: &Counter, lead: DocumentId) -> Vec<(String, Option<String>)> {
    let parts = parts(counter, lead, NINE.plus_ms(3_600_000)).unwrap().unwrap().parts;
    let state = |lane: &Lane| match &lane.state {
        Some(state) => state.code.clone(),
        None => format!("waits for {}", lane.waits_for.join(", ")),
    };
    parts.iter().map(|lane| (state(lane), lane.answer.clone())).collect()
}

#[test]
fn a_joint_case_is_referred_in_turn_answered_above_and_decided_on_the_answers() {
    let (mut city, mut county) = pair();
    let id = lead(&mut county, &[]).unwrap();
    say(&mut county, 1, id, "accept", Said::default()).unwrap();
    let early = say(&mut county, 2, id, "decide", Said::default()).unwrap_err();
    assert!(early.to_string().contains("not answered yet: 选址意见, 用地预审"), "{early}");
    say(&mut county, 3, id, "refer", Said::default()).unwrap();
    assert_eq!(
        lanes(&county, id),
        [("referred".to_owned(), None), ("waits for 选址意见".to_owned(), None)]
    );
    let ninth = Said { parts: vec![9], ..Said::default() };
    let none = say(&mut county, 4, id, "refer", ninth).unwrap_err();
    assert!(none.to_string().contains("the plan of this case has no part 9"), "{none}");
    let again = say(&mut county, 4, id, "refer", Said::default()).unwrap_err();
    assert!(matches!(again, CaseError::NothingToRefer), "{again}");
    let child = parts(&county, id, NINE).unwrap().unwrap().parts[0].id.parse().unwrap();
    let own = say(&mut county, 5, child, "acknowledge", Said::default()).unwrap_err();
    assert!(own.to_string().contains("the City decides this part"), "{own}");
    send(&mut county, &mut city, NINE.plus_ms(400_000));
    let held = city.case(child).unwrap().unwrap().view;
    let number = county.case(id).unwrap().unwrap().view.header.unwrap().number;
    assert_eq!(held.header.unwrap().number, format!("{number}/1"));
    let handed_on = held.events[0].1.detail().materials.clone();
    assert_eq!(handed_on, Some(vec!["项目申请报告".to_owned()]), "one set serves all");
    say(&mut city, 10, child, "acknowledge", Said::default()).unwrap();
    say(&mut city, 11, child, "decide", Said::default()).unwrap();
    send(&mut city, &mut county, NINE.plus_ms(800_000));
    say(&mut county, 20, id, "refer", Said::default()).unwrap();
    let second = parts(&county, id, NINE).unwrap().unwrap().parts[1].id.parse().unwrap();
    say(&mut county, 21, second, "acknowledge", Said::default()).unwrap();
    say(&mut county, 22, second, "decide", Said::default()).unwrap();
    say(&mut county, 23, id, "decide", Said::default()).unwrap();
    send(&mut county, &mut city, NINE.plus_ms(1_600_000));
    let agreed = |state: &str| (state.to_owned(), Some("agreed".to_owned()));
    for counter in [&county, &city] {
        assert_eq!(lanes(counter, id), [agreed("decided"), agreed("decided")]);
        assert_eq!(counter.case(id).unwrap().unwrap().folded.anomalies.len(), 0);
    }
}

#[test]
fn the_city_leads_and_a_county_that_never_holds_the_lead_answers_while_cut_off() {
    let (mut city, mut county) = pair();
    let far = lead(&mut city, &[(2, "510904")]).unwrap_err();
    assert!(far.to_string().contains("no machine of 510904 is known here"), "{far}");
    send(&mut county, &mut city, NINE); // It has joined, and its credential is known.
    let none = lead(&mut city, &[(2, COUNTY)]);
    assert!(none.is_err(), "a county that has written nothing is not known yet");
    taken(&mut county, NINE, "王小明");
    send(&mut county, &mut city, NINE);
    let id = lead(&mut city, &[(2, COUNTY)]).unwrap();
    let said = parts(&city, id, NINE).unwrap().unwrap().parts;
    assert_eq!((said[0].centre.as_str(), said[1].centre.as_str()), (CITY, COUNTY));
    say(&mut city, 1, id, "accept", Said::default()).unwrap();
    say(&mut city, 2, id, "refer", Said::default()).unwrap();
    let [first, second] = [0, 1].map(|at| said[at].id.parse::<DocumentId>().unwrap());
    say(&mut city, 3, first, "acknowledge", Said::default()).unwrap();
    say(&mut city, 4, first, "decide", Said::default()).unwrap();
    say(&mut city, 5, id, "refer", Said::default()).unwrap();
    let meets_at = NINE.plus_ms(420_000);
    let survey = Said {
        gathering: Some(Gathering::Survey),
        meets_at: Some(meets_at),
        parts: vec![2],
        ..Said::default()
    };
    say(&mut city, 5, id, "convene", survey).unwrap();
    assert_eq!(second.home, Home::office(COUNTY.parse().unwrap()));
    let own = Home::office(CITY.parse().unwrap());
    send_those(&mut city, &mut county, NINE.plus_ms(360_000), |home| home != own);
    assert!(county.case(id).unwrap().is_none(), "the lead lives in the city's own home");
    let called = county.case(second).unwrap().unwrap().folded.course.joint.called;
    assert_eq!(called.map(|it| it.meets_at), Some(meets_at), "the county hears of the survey");
    assert_eq!(city.case(first).unwrap().unwrap().folded.course.joint.called, None);
    let shown = show(&county, second).unwrap().unwrap();
    assert_eq!(shown.part_of.as_ref().map(|it| it.is_held), Some(false));
    say(&mut county, 7, second, "acknowledge", Said::default()).unwrap();
    // Both answer while the link is down, and differently.
    say(&mut county, 8, second, "decide", Said::default()).unwrap();
    let stead = say(&mut city, 9, second, "decide", refused()).unwrap_err();
    assert!(stead.to_string().contains("`referred` takes no `decide`"), "{stead}");
    say(&mut city, 10, second, "acknowledge", Said::default()).unwrap();
    say(&mut city, 11, second, "decide", refused()).unwrap();
    send(&mut county, &mut city, NINE.plus_ms(720_000));
    let lane = |city: &Counter| parts(city, id, NINE).unwrap().unwrap().parts[1].clone();
    assert!(lane(&city).is_contradicted);
    assert_eq!(lane(&city).answer.as_deref(), Some("agreed"), "the first stands until then");
    let resolve = Said { role: Some(Role::Supervisor), ..refused() };
    let handler = say(&mut city, 13, second, "resolve", resolve.clone()).unwrap_err();
    assert!(handler.to_string().contains("has had a hand in this case"), "{handler}");
    let by = "督查科".to_owned();
    let event = NewEvent { by, detail: resolve, ..event("resolve") };
    record(&mut city, NINE.plus_ms(840_000), second, event).unwrap();
    city.commit().unwrap();
    assert!(!lane(&city).is_contradicted);
    assert_eq!(lane(&city).answer.as_deref(), Some("disagreed"));
    send_those(&mut city, &mut county, NINE.plus_ms(900_000), |home| home != own);
    let held = |counter: &Counter| counter.case(second).unwrap().unwrap().folded;
    assert_eq!(held(&county), held(&city));
}

#[test]
fn an_authority_that_stayed_away_counts_as_absent_once_it_had_signed_and_not_before() {
    let (mut city, mut county) = pair();
    let id = lead(&mut county, &[]).unwrap();
    say(&mut county, 1, id, "accept", Said::default()).unwrap();
    say(&mut county, 2, id, "refer", Said::default()).unwrap();
    let child: DocumentId = parts(&county, id, NINE).unwrap().unwrap().parts[0].id.parse().unwrap();
    let called = |minutes: i64| Said {
        gathering: Some(Gathering::Meeting),
        meets_at: Some(NINE.plus_ms(minutes * 60_000)),
        parts: vec![1],
        ..Said::default()
    };
    let away = Said { parts: vec![1], reason: Some("无故缺席".to_owned()), ..Said::default() };
    say(&mut county, 3, id, "convene", called(4)).unwrap();
    let unsigned = say(&mut county, 5, id, "minute", away.clone()).unwrap_err();
    assert!(unsigned.to_string().contains("had not signed for the notice"), "{unsigned}");
    assert!(!county.is_staged());
    send(&mut county, &mut city, NINE.plus_ms(360_000));
    say(&mut city, 7, child, "acknowledge", Said::default()).unwrap();
    send(&mut city, &mut county, NINE.plus_ms(480_000));
    say(&mut county, 9, id, "convene", called(10)).unwrap();
    say(&mut county, 11, id, "minute", away).unwrap();
    send(&mut county, &mut city, NINE.plus_ms(720_000));
    for counter in [&county, &city] {
        assert_eq!(lanes(counter, id)[0], ("absent".to_owned(), Some("absent".to_owned())));
        let clocks = clocks(counter, child, NINE.plus_ms(800_000)).unwrap().unwrap().clocks;
        assert!(clocks.iter().any(|clock| clock.kind == "paper"), "the paper is owed");
    }
    let no = say(&mut city, 13, child, "decide", refused()).unwrap_err();
    assert!(no.to_string().contains("the paper is owed and cannot be a refusal"), "{no}");
    say(&mut city, 14, child, "decide", Said::default()).unwrap();
}

#[test]
fn when_the_applicant_withdraws_nobody_goes_on_with_a_part() {
    let (_, mut county) = pair();
    let id = lead(&mut county, &[]).unwrap();
    say(&mut county, 1, id, "accept", Said::default()).unwrap();
    say(&mut county, 2, id, "refer", Said::default()).unwrap();
    say(&mut county, 3, id, "withdraw", Said::default()).unwrap();
    assert_eq!(lanes(&county, id)[0], ("terminated".to_owned(), None));
}

#[test]
fn a_part_ends_with_a_lead_that_was_withdrawn_the_day_before_the_part_was_referred() {
    let (_, mut county) = pair();
    let id = lead(&mut county, &[]).unwrap();
    say(&mut county, 1, id, "accept", Said::default()).unwrap();
    say(&mut county, 24 * 60, id, "refer", Said::default()).unwrap();
    let event = NewEvent { happened_at: Some(NINE.plus_ms(120_000)), ..event("withdraw") };
    record(&mut county, NINE.plus_ms(25 * 3_600_000), id, event).unwrap();
    county.commit().unwrap();
    assert_eq!(lanes(&county, id)[0], ("terminated".to_owned(), None));
}

#[test]
fn a_withdrawal_that_is_refused_leaves_every_part_as_it_was() {
    let (mut city, mut county) = pair();
    let mut town = town();
    send(&mut city, &mut town, NINE);
    let id = lead(&mut town, &[]).unwrap();
    say(&mut town, 1, id, "accept", Said::default()).unwrap();
    say(&mut town, 2, id, "refer", Said::default()).unwrap();
    send(&mut town, &mut county, NINE.plus_ms(180_000));
    let refused = say(&mut county, 4, id, "withdraw", Said::default()).unwrap_err();
    assert!(matches!(refused, CaseError::Replica(ReplicaError::Refused(_))), "{refused}");
    county.commit().unwrap();
    assert_eq!(lanes(&county, id)[0].0, "referred");
}

#[test]
fn a_part_that_arrives_before_its_lead_counts_at_once_and_the_lead_finds_it_when_it_arrives() {
    let (mut city, mut county) = pair();
    let mut town = town();
    taken(&mut town, NINE, "王小明"); // A machine that has written is known.
    send(&mut city, &mut town, NINE);
    send(&mut town, &mut county, NINE);
    let id = lead(&mut county, &[(2, TOWN)]).unwrap();
    say(&mut county, 1, id, "accept", Said::default()).unwrap();
    say(&mut county, 2, id, "refer", Said::default()).unwrap();
    let part = |place: usize, at: &Counter| -> DocumentId {
        parts(at, id, NINE).unwrap().unwrap().parts[place].id.parse().unwrap()
    };
    let [first, second] = [part(0, &county), part(1, &county)];
    send(&mut county, &mut city, NINE.plus_ms(180_000));
    say(&mut city, 4, first, "acknowledge", Said::default()).unwrap();
    say(&mut city, 5, first, "decide", Said::default()).unwrap();
    send(&mut city, &mut county, NINE.plus_ms(360_000));
    say(&mut county, 7, id, "refer", Said::default()).unwrap();
    // Another machine of the city hears of the part alone.
    let mut other = open(member(13, &[CITY], Tier::City, 1));
    let of_town = second.home;
    send_those(&mut county, &mut other, NINE.plus_ms(480_000), |home| home == of_town);
    assert!(other.case(id).unwrap().is_none(), "the lead has not arrived");
    assert_eq!(show(&other, second).unwrap().unwrap().part_of.map(|it| it.is_held), Some(false));
    let clocks = clocks(&other, second, NINE).unwrap().unwrap().clocks;
    assert_eq!(clocks.iter().map(|it| it.kind.as_str()).collect::<Vec<_>>(), ["hand-over"]);
    say(&mut other, 9, second, "acknowledge", Said::default()).unwrap();
    send(&mut county, &mut other, NINE.plus_ms(600_000));
    assert_eq!(show(&other, second).unwrap().unwrap().part_of.map(|it| it.is_held), Some(true));
    assert_eq!(lanes(&other, id)[1], ("accepted".to_owned(), None));
    for counter in [&mut county, &mut city] {
        send(&mut other, counter, NINE.plus_ms(660_000));
    }
    for counter in [&county, &other] {
        let folded = counter.case(id).unwrap().unwrap().folded;
        assert_eq!(folded.anomalies.len(), 0);
        assert_eq!(lanes(counter, id), lanes(&county, id));
    }
}

#[test]
fn a_part_whose_lead_has_not_arrived_is_told_with_its_lead() {
    let (mut city, mut county) = pair();
    let id = lead(&mut county, &[]).unwrap();
    say(&mut county, 1, id, "accept", Said::default()).unwrap();
    say(&mut county, 2, id, "refer", Said::default()).unwrap();
    let child: DocumentId = parts(&county, id, NINE).unwrap().unwrap().parts[0].id.parse().unwrap();
    send(&mut county, &mut city, NINE.plus_ms(180_000));
    let told = show(&city, child).unwrap().unwrap().part_of.unwrap();
    assert_eq!((told.lead, told.part, told.is_held), (id.to_string(), 1, true));
    assert!(show(&city, id).unwrap().unwrap().part_of.is_none());
}
