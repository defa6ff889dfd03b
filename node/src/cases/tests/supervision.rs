//! The law and the cards at the counter, the same at every tier.

use tongban_protocol::calendar::DayEnd;
use tongban_protocol::case::Customs;
use tongban_protocol::document::{AppealGround, Detail, DocumentName, Outcome, Role};
use tongban_protocol::supervision::{Level, Mark, Rule, RuleSet, Trigger, Watched};

use super::super::fixture::{publish_rules, red_rule};
use super::*;

/// Has the city publish one item, one rule and nothing else, and sends it down.
pub(super) fn publish_item_and_rule(city: &mut Counter, below: [&mut Counter; 2]) {
    let rule = Rule {
        id: "over".to_owned(),
        title: "超过承诺时限".to_owned(),
        trigger: Trigger::Over(Watched::Promise, 0),
        level: Level::Yellow,
        points: 5,
        answer_days: Some(1),
        title_en: None,
    };
    let rules = RuleSet::new(vec![rule]).unwrap();
    let mut item = Item::named("T01".parse().unwrap(), "参保登记");
    (item.case_type, item.decide_at) = (Some(CaseType::Promised), Some(Tier::Township));
    item.promise = Some(Limit::WorkingDays(3).into());
    let publish = |detail: Detail| {
        vec![Edit::Event(Event::new(EventKind::Publish, NINE, "周敏", "").with(detail))]
    };
    let rules = publish(Detail { rules: Some(Box::new(rules)), ..Detail::default() });
    let name = document_name(&item.id);
    let item = publish(Detail { item: Some(Box::new(item)), ..Detail::default() });
    let only = DocumentName { kind: DocumentKind::Rules, ulid: Ulid::nil() };
    let home = Home::public(city.member().centre());
    city.append(NINE.plus_ms(-3_600_000), home, vec![(only, rules), (name, item)]).unwrap();
    city.commit().unwrap();
    for counter in below {
        send(city, counter, NINE);
    }
}

const DAY_MS: i64 = 86_400_000;

#[test]
fn every_tier_gives_the_same_card_and_the_city_alone_issues_it() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_item_and_rule(&mut city, [&mut county, &mut town]);
    let id = taken(&mut town, NINE, "王小明");
    recorded(&mut town, NINE.plus_ms(1), id, "accept");
    send(&mut town, &mut county, NINE);
    send(&mut county, &mut city, NINE);
    // Accepted on Monday the 2nd: three working days end on Thursday the 5th.
    let given = |counter: &Counter, now| cards(counter, id, now).unwrap().unwrap();
    let last = NINE.plus_ms(3 * DAY_MS);
    assert_eq!(given(&town, last).cards.len(), 0);
    let over = NINE.plus_ms(4 * DAY_MS);
    let told = serde_json::to_value(given(&town, over)).unwrap();
    assert_eq!(told["cards"][0]["name"], "over/promise");
    assert_eq!(told["cards"][0]["proof"].as_array().unwrap().len(), 2);
    for counter in [&county, &city] {
        assert_eq!(serde_json::to_value(given(counter, over)).unwrap(), told);
        let [here, there] = [counter, &town].map(|it| clocks(it, id, over).unwrap().unwrap());
        assert_eq!(
            serde_json::to_value(here.clocks).unwrap(),
            serde_json::to_value(there.clocks).unwrap()
        );
    }

    let issue = |card: &str, role: &str| NewEvent {
        detail: Said {
            card: Some(card.to_owned()),
            role: Some(role.parse().unwrap()),
            ..Said::default()
        },
        ..event("issue-card")
    };
    let wrong = record(&mut city, over, id, issue("over/legal", "supervisor")).unwrap_err();
    assert_eq!(
        wrong.to_string(),
        "the rules give this case no card `over/legal`; they give over/promise (按规则本件没有应发的牌“over/legal”，应发的是：over/promise)"
    );
    let window = record(&mut city, over, id, issue("over/promise", "window")).unwrap_err();
    assert!(window.to_string().contains("it takes supervisor"), "{window}");
    let below = record(&mut town, over, id, issue("over/promise", "supervisor")).unwrap_err();
    assert!(below.to_string().contains("may not record `issue-card`"), "{below}");
    record(&mut city, over, id, issue("over/promise", "supervisor")).unwrap();
    city.commit().unwrap();
    send(&mut city, &mut town, over);
    let issued = given(&town, over);
    assert_eq!((issued.points, issued.cards[0].issued.is_some()), (5, true));
    let again = record(&mut city, over, id, issue("over/promise", "supervisor")).unwrap_err();
    assert!(again.is_callers() && !city.is_staged(), "{again}");
    let said = again.to_string();
    assert!(
        said.contains("issued on 2026-11-06 already") && said.contains("一牌只发一次"),
        "{said}"
    );
}

#[test]
fn after_closing_time_of_its_last_day_every_page_reads_a_clock_as_acts_count() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_item_and_rule(&mut city, [&mut county, &mut town]);
    let customs = Customs { last_day: DayEnd::Closing, ..Customs::default() };
    let detail = Detail { customs: Some(customs), ..Detail::default() };
    let set = Event::new(EventKind::Publish, NINE, "周敏", "").with(detail);
    let name = DocumentName { kind: DocumentKind::Rules, ulid: Ulid::nil() };
    let home = Home::public(city.member().centre());
    city.append(NINE, home, vec![(name, vec![Edit::Event(set)])]).unwrap();
    city.commit().unwrap();
    send(&mut city, &mut town, NINE);
    let id = taken(&mut town, NINE, "王小明");
    recorded(&mut town, NINE.plus_ms(1), id, "accept");
    // Thursday the 5th, the last of three days: at four, and at half past five.
    let read = |hours: i64| {
        let now = NINE.plus_ms(3 * DAY_MS + hours * 1_800_000);
        let clocks = clocks(&town, id, now).unwrap().unwrap();
        let promise = clocks.clocks.iter().find(|it| it.kind == "promise").unwrap().clone();
        let cards = cards(&town, id, now).unwrap().unwrap();
        let progress = progress(&town, id, now).unwrap().unwrap();
        assert_eq!((&cards.today, &progress.today), (&clocks.today, &clocks.today));
        (clocks.today, promise.standing, cards.cards.len())
    };
    assert_eq!(read(14), ("2026-11-05".to_owned(), "今天到期".to_owned(), 0));
    assert_eq!(read(17), ("2026-11-06".to_owned(), "已超 1 个工作日".to_owned(), 1));
}

#[test]
fn an_issued_card_states_what_it_was_issued_for_whatever_the_rules_come_to_be() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_item_and_rule(&mut city, [&mut county, &mut town]);
    let id = taken(&mut town, NINE, "王小明");
    recorded(&mut town, NINE.plus_ms(1), id, "accept");
    send(&mut town, &mut city, NINE);
    let friday = NINE.plus_ms(4 * DAY_MS);
    let mut issue = event("issue-card");
    issue.detail.card = Some("over/promise".to_owned());
    issue.detail.role = Some(Role::Supervisor);
    record(&mut city, friday, id, issue).unwrap();
    city.commit().unwrap();
    let told = |counter: &Counter, days| {
        cards(counter, id, NINE.plus_ms(days * DAY_MS)).unwrap().unwrap().cards.remove(0)
    };
    let before = told(&city, 4);
    assert_eq!((before.title.as_str(), before.points), ("超过承诺时限", 5));
    assert!(before.figures.contains("已超 1 个工作日"), "{}", before.figures);
    let kinds: Vec<&str> = before.proof.iter().map(|it| it.kind.as_str()).collect();
    assert_eq!(kinds, ["receive", "accept"]);
    assert_eq!(before.issued.as_ref().unwrap().answer.as_ref().unwrap().by, "2026-11-09");
    let later = told(&city, 7);
    assert_eq!(later.figures, before.figures, "the figures of the day of issue");
    // The city takes other rules: what was issued still says why.
    let mut other = red_rule(Mark::Complaint);
    other.answer_days = None;
    publish_rules(&mut city, vec![other]);
    let after = told(&city, 4);
    assert_eq!(serde_json::to_value(&after).unwrap(), serde_json::to_value(&before).unwrap());
}

#[test]
fn each_issued_card_tells_until_when_it_is_answered_and_its_appeal_ruled_on() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_item_and_rule(&mut city, [&mut county, &mut town]);
    let id = taken(&mut town, NINE, "王小明");
    recorded(&mut town, NINE.plus_ms(1), id, "accept");
    send(&mut town, &mut city, NINE);
    let friday = NINE.plus_ms(4 * DAY_MS);
    let say = |counter: &mut Counter, at, kind: &str, by: &str, role| {
        let detail = Said {
            card: Some("over/promise".to_owned()),
            role: Some(role),
            reason: Some("系统故障".to_owned()),
            appeal: Some(AppealGround::Outage),
            ..Said::default()
        };
        let by = by.to_owned();
        record(counter, at, id, NewEvent { by, detail, ..event(kind) }).unwrap();
        counter.commit().unwrap();
    };
    say(&mut city, friday, "issue-card", "督查科", Role::Supervisor);
    send(&mut city, &mut town, friday);
    let told = |counter: &Counter, days: i64| {
        let told = cards(counter, id, NINE.plus_ms(days * DAY_MS)).unwrap().unwrap();
        let issued = told.cards[0].issued.clone().unwrap();
        (issued.answer.map(|it| (it.zh, it.en)), issued.rule.map(|it| (it.zh, it.en)))
    };
    let note = |zh: &str, en: &str| Some((zh.to_owned(), en.to_owned()));
    // Issued on Friday the 6th, to be answered within one working day: on Monday the 9th.
    let answer = note("书面答复期限 2026-11-09", "a written answer is due by 2026-11-09");
    assert_eq!(told(&town, 7), (answer, None));
    let late =
        note("书面答复期限 2026-11-09，已逾期", "a written answer is due by 2026-11-09; overdue");
    assert_eq!(told(&town, 8), (late, None));
    say(&mut town, NINE.plus_ms(7 * DAY_MS), "appeal", "张伟", Role::Window);
    // Appealed on Monday the 9th: five working days end on Monday the 16th.
    let rule = note("申诉裁定期限 2026-11-16", "the appeal is to be ruled on by 2026-11-16");
    assert_eq!(told(&town, 14), (None, rule));
    assert!(told(&town, 15).1.unwrap().1.ends_with("; overdue"));
}

#[test]
fn what_the_counter_refuses_names_the_article_and_saves_nothing() {
    let mut town = town();
    let id = taken(&mut town, NINE, "王小明");
    let refused = |town: &mut Counter, kind: &str, detail: Said| {
        let error = record(town, NINE, id, NewEvent { detail, ..event(kind) }).unwrap_err();
        assert!(error.is_callers() && !town.is_staged());
        error.to_string()
    };
    let said = refused(&mut town, "notice-supplement", Said::default());
    assert!(said.contains("须写明全部所缺材料（行政许可法第 32-4 条）"), "{said}");
    recorded(&mut town, NINE, id, "accept");
    let refusal = Said { outcome: Some(Outcome::Refused), ..Said::default() };
    let said = refused(&mut town, "decide", refusal);
    assert!(said.contains("“决定”须写明理由（行政许可法第 38 条）"), "{said}");
    let words = NewEvent { note: "不予：材料不实".to_owned(), ..event("decide") };
    let said = record(&mut town, NINE, id, words).unwrap_err().to_string();
    assert!(said.contains("须写明理由"), "the note alone is a refusal too: {said}");
}

#[test]
fn all_cards_of_a_wrong_setting_are_withdrawn_for_one_cause_and_each_by_its_own_event() {
    let mut city = city();
    publish_rules(&mut city, vec![red_rule(Mark::Complaint)]);
    let supervise = |kind: &str, card: Option<String>| NewEvent {
        detail: Said {
            role: Some(Role::Supervisor),
            reason: Some("态度".to_owned()),
            card,
            ..Said::default()
        },
        ..event(kind)
    };
    let carded = |city: &mut Counter, at: Timestamp| {
        let id = taken(city, at, "王小明");
        record(city, at.plus_ms(1), id, supervise("complain", None)).unwrap();
        let card = cards(city, id, at).unwrap().unwrap().cards[0].name.clone();
        record(city, at.plus_ms(2), id, supervise("issue-card", Some(card))).unwrap();
        city.commit().unwrap();
        id
    };
    let first = carded(&mut city, NINE);
    let second = carded(&mut city, NINE.plus_ms(DAY_MS));
    let later = carded(&mut city, NINE.plus_ms(2 * DAY_MS));
    let now = NINE.plus_ms(3 * DAY_MS);
    let (homes, day) = ([first.home], |day| jiff::civil::date(2026, 11, day));
    let wish = WithdrawWish {
        rule: "word".to_owned(),
        from: day(2),
        to: day(3),
        item: Some("T01".to_owned()),
        reason: "规则设错".to_owned(),
        ground: AppealGround::WrongSetting,
        by: "监察王".to_owned(),
        dry_run: true,
    };
    let withdraw = |city: &mut Counter, wish: &WithdrawWish| {
        withdraw_cards(city, now, &mut rng(7), (&homes, wish.clone()))
    };
    let (listed, _) = withdraw(&mut city, &wish).unwrap();
    assert_eq!((listed.cards.len(), city.is_staged()), (2, false));
    let wish = WithdrawWish { dry_run: false, ..wish };
    let (done, _) = withdraw(&mut city, &wish).unwrap();
    city.commit().unwrap();
    assert_eq!(done.cards, listed.cards);
    for id in [first, second] {
        let told = cards(&city, id, now).unwrap().unwrap();
        let issued = told.cards[0].issued.as_ref().unwrap();
        assert_eq!((told.points, issued.bulk.as_ref()), (0, Some(&done.bulk)));
    }
    assert_eq!(cards(&city, later, now).unwrap().unwrap().points, 10);
    for wish in [
        wish.clone(),
        WithdrawWish { rule: "wor".to_owned(), to: day(30), ..wish.clone() },
        WithdrawWish { item: Some("T02".to_owned()), to: day(30), ..wish },
    ] {
        let none = withdraw(&mut city, &wish).unwrap_err();
        assert!(matches!(none, CaseError::NoMatch(_)), "{none}");
    }
}

#[test]
fn terms_that_the_version_does_not_have_are_a_finding_wherever_that_version_is_held() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_item_and_rule(&mut city, [&mut county, &mut town]);
    let honest = taken(&mut town, NINE, "王小明");
    let note = |counter: &Counter, id| {
        let shown = show(counter, id).unwrap().unwrap();
        let marks = shown.events.iter().flat_map(|event| &event.breaches);
        marks.map(|mark| mark.zh.clone()).collect::<Vec<_>>()
    };
    assert_eq!(note(&town, honest), Vec::<String>::new());
    // A machine that gives itself more days than the version allows, and one more material.
    let file = town.case(honest).unwrap().unwrap();
    let mut terms = file.folded.course.terms.unwrap();
    terms.promise = Some(Limit::WorkingDays(30));
    terms.materials.push("村委会证明".to_owned());
    let forged = |town: &mut Counter, seed, terms| {
        let name = town.name_document(NINE, DocumentKind::Case, &mut rng(seed));
        let detail = Detail { terms: Some(terms), ..Detail::default() };
        let receive = Event::new(EventKind::Receive, NINE, "李", "").with(detail);
        let home = Home::office(town.member().centre());
        town.append(NINE, home, vec![(name, vec![Edit::Event(receive)])]).unwrap();
        town.commit().unwrap();
        DocumentId { home, name }
    };
    let id = forged(&mut town, 9, terms.clone());
    send(&mut town, &mut county, NINE);
    send(&mut county, &mut city, NINE);
    for counter in [&town, &county, &city] {
        assert_eq!(note(counter, id), ["收件时所载承诺时限、材料与所引事项版本不符"]);
    }
    // A version that nobody here holds may come yet: nothing is said of it.
    terms.version = 7;
    let unheard = forged(&mut town, 10, terms.clone());
    assert_eq!(note(&town, unheard), Vec::<String>::new());
    terms.publisher = Some(COUNTY.parse().unwrap());
    let elsewhere = forged(&mut town, 11, terms);
    assert_eq!(note(&town, elsewhere), Vec::<String>::new());
}
