//! The green channel at the counter, and what an owner is told.

use tongban_protocol::case::green::INVESTMENT_YUAN;

use super::supervision::publish_item_and_rule;
use super::*;

fn opening(basis: GreenBasis, amount_yuan: Option<u64>) -> NewEvent {
    let green = GreenSaid {
        basis: Some(basis),
        amount_yuan,
        agent: "陈代办".to_owned(),
        mandate: "代〔2026〕3号".to_owned(),
        contact: None,
    };
    NewEvent { detail: Said { green: Some(green), ..Said::default() }, ..event("open-green") }
}

#[test]
fn a_green_channel_is_listed_at_every_tier_and_its_work_ends_where_the_journal_last_speaks_of_it() {
    let (mut town, mut city) = (town(), city());
    let plain = taken(&mut town, NINE, "李明");
    let id = taken(&mut town, NINE.plus_ms(1), "某投资公司");
    record(&mut town, NINE, id, opening(GreenBasis::Signed, None)).unwrap();
    town.commit().unwrap();
    recorded(&mut town, NINE, id, "accept");
    recorded(&mut town, NINE, plain, "accept");
    send(&mut town, &mut city, NINE);
    for counter in [&town, &city] {
        let listed = green(counter, &[id.home], 10).unwrap().cases;
        assert_eq!(listed.len(), 1);
        let note = listed[0].green.as_ref().unwrap();
        assert_eq!((&*note.basis, &*note.agent), ("signed", "陈代办"));
        let ends: Vec<u64> = counter.green_ends().values().copied().collect();
        assert_eq!(ends, [5], "opening, two cases, the channel, its acceptance; then another's");
        assert!(green(counter, &[], 10).unwrap().cases.is_empty());
    }
    let twice = record(&mut town, NINE, id, opening(GreenBasis::Venture, None)).unwrap_err();
    assert!(twice.to_string().contains("open already"), "{twice}");
}

#[test]
fn an_investment_is_judged_by_the_threshold_of_the_day_which_stands_in_the_event() {
    let mut town = town();
    let id = taken(&mut town, NINE, "某投资公司");
    let low = opening(GreenBasis::Investment, Some(INVESTMENT_YUAN));
    let low = record(&mut town, NINE, id, low).unwrap_err();
    assert!(low.to_string().contains("50000000"), "{low}");
    let bare = record(&mut town, NINE, id, event("open-green")).unwrap_err();
    assert!(bare.to_string().contains("绿色通道依据"), "{bare}");
    let high = opening(GreenBasis::Investment, Some(INVESTMENT_YUAN + 1));
    record(&mut town, NINE, id, high).unwrap();
    let file = town.case(id).unwrap().unwrap();
    let channel = file.folded.course.green.unwrap();
    assert_eq!(channel.green.threshold_yuan, Some(INVESTMENT_YUAN));
}

#[test]
fn an_owner_is_told_days_and_the_next_step_and_no_name_of_staff() {
    let mut town = town();
    let id = taken(&mut town, NINE, "某投资公司");
    record(&mut town, NINE, id, opening(GreenBasis::Foreign, None)).unwrap();
    town.commit().unwrap();
    recorded(&mut town, NINE, id, "accept");
    let step = NewEvent { note: "张伟 现场看过".to_owned(), ..event("finish-step") };
    record(&mut town, NINE, id, step).unwrap();
    town.commit().unwrap();
    let told = progress(&town, id, NINE).unwrap().unwrap();
    assert!(told.is_green);
    let text = serde_json::to_string(&told).unwrap();
    for name in ["张伟", "李芳", "陈代办", "某投资公司"] {
        assert!(!text.contains(name), "{name} in {text}");
    }
    let steps: Vec<&str> = told.steps.iter().map(|step| &*step.what.en).collect();
    assert_eq!(steps, ["receive", "open-green", "accept", "finish-step"]);
    assert_eq!((&*told.next.zh, &*told.steps[0].on), ("等待决定", "2026-11-02"));
    recorded(&mut town, NINE, id, "withdraw");
    let told = progress(&town, id, NINE).unwrap().unwrap();
    assert_eq!(told.next.en, "nothing more");
}

#[test]
fn the_board_of_the_channel_shows_the_overdue_first_and_since_when_nobody_did_anything() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_item_and_rule(&mut city, [&mut county, &mut town]);
    let fresh = taken(&mut town, NINE, "某公司");
    let old = taken(&mut town, NINE.plus_ms(1), "某投资公司");
    let gone = taken(&mut town, NINE.plus_ms(2), "已结的公司");
    for id in [fresh, old, gone] {
        record(&mut town, NINE, id, opening(GreenBasis::Signed, None)).unwrap();
        town.commit().unwrap();
    }
    recorded(&mut town, NINE, old, "accept");
    let mut close = event("close-green");
    close.detail.reason = Some("已办结".to_owned());
    record(&mut town, NINE, gone, close).unwrap();
    town.commit().unwrap();
    send(&mut town, &mut city, NINE);
    let later = NINE.plus_ms(4 * 86_400_000); // The promise of three working days is over.
    for counter in [&town, &city] {
        let board = green_board(counter, None, later).unwrap();
        let ids: Vec<&str> = board.lines.iter().map(|line| line.case.id.as_str()).collect();
        assert_eq!(ids, [old.to_string(), fresh.to_string()]);
        assert!(board.is_whole && board.lines.iter().all(|line| line.silent_days == 4));
        assert_eq!((board.overdue, board.lines[0].is_overdue()), (1, true));
        assert_eq!(board.lines[0].last.as_ref().unwrap().2, "accept");
        let elsewhere = green_board(counter, Some("510904101".parse().unwrap()), later).unwrap();
        assert_eq!(elsewhere.lines.len(), 0);
    }
}
