//! What waits, as a township and its county see it.

use tongban_protocol::outage::{Outage, OutageCause, OutageReport};
use tongban_protocol::place::Tier;

use super::*;
use crate::cases::fixture::{
    COUNTY, Counter, NINE, TOWN, city, county, event, member, new_case, open, rng, send, town,
    witness,
};
use crate::cases::{record, take};
use crate::engine::{NoParent, Output, SessionId};
use crate::outages::OutageWatch;
use crate::replica::AliveMark;
use crate::store::MemoryStore;

type Machine = Engine<MemoryStore>;

const LINK: SessionId = SessionId(1);

fn engine(counter: Counter) -> Machine {
    Engine::new(counter, rng(7)).unwrap()
}

/// Takes so many cases, one entry each; the first opens the journal besides.
fn busy(counter: &mut Counter, cases: u8) {
    for at in 0..cases {
        take(counter, NINE.plus_ms(at.into()), &mut rng(at), new_case("王小明")).unwrap();
        counter.commit().unwrap();
    }
}

fn asked(order: Order, page: u64, count: u64) -> Asked {
    Asked { order, page, count }
}

fn numbers(waiting: &Waiting) -> Vec<u64> {
    waiting.records.iter().map(|record| record.number).collect()
}

/// Links two machines and lets them say all they have to say.
fn link(lower: &mut Machine, upper: &mut Machine) {
    let keys = [&*upper, &*lower].map(|it| it.replica().member().key.public());
    lower.handle_connected(NINE, LINK, Side::Parent, keys[0]);
    upper.handle_connected(NINE, LINK, Side::Child, keys[1]);
    for _ in 0..50 {
        for (from, to) in [(true, false), (false, true)] {
            let mut sent = Vec::new();
            let speaker = if from { &mut *lower } else { &mut *upper };
            speaker.flush(NINE);
            while let Some(output) = speaker.poll_output() {
                if let Output::Send { lane, bytes, .. } = output {
                    sent.push((lane, bytes));
                }
            }
            let hearer = if to { &mut *lower } else { &mut *upper };
            for (lane, bytes) in sent {
                hearer.handle_frame(NINE, LINK, lane, &bytes);
            }
        }
    }
}

#[test]
fn every_record_that_waits_says_what_it_is_and_why_it_is_not_in_the_city() {
    let mut town = town();
    let taken = take(&mut town, NINE, &mut rng(1), new_case("王小明")).unwrap();
    town.commit().unwrap();
    record(&mut town, NINE.plus_ms(5), taken.id, event("accept")).unwrap();
    town.mark_alive(AliveMark { at: NINE, down_since: Some(NINE.plus_ms(-3_600_000)) });
    town.commit().unwrap();
    let mut town = engine(town);
    let (address, why) = ("10.0.0.1:4433".to_owned(), "no answer within 10 s".to_owned());
    town.note_no_parent(NoParent { address, at: NINE, why, zh: "没有应答" });
    let found = waiting(&town, asked(Order::Oldest, 1, 50)).unwrap();
    assert_eq!((found.count, found.saved, found.confirmed, found.held_above), (3, 3, 0, 0));
    assert_eq!(found.since, Some(found.records[0].recorded_at));
    assert!(found.receipt.is_none());
    let [opening, received, accepted] = &found.records[..] else { panic!("{:?}", found.records) };
    assert_eq!(opening.things[0].what.en, "the journal begins");
    let said = |record: &WaitingRecord| record.things[0].happened.zh.clone();
    assert_eq!([said(received), said(accepted)], ["收件", "受理"]);
    assert_eq!(accepted.things[0].number, taken.number);
    assert_eq!(accepted.things[0].item_name, "参保登记");
    assert_eq!(
        accepted.why.zh,
        "自 2026-11-02 08:00 起与上级没有连接（最近一次尝试：没有应答），接通后自动上传"
    );
    assert!(accepted.why.en.starts_with("no link to the centre above since 2026-11-02 08:00"));
}

#[test]
fn ten_pages_are_as_cheap_as_one_and_stand_in_either_order() {
    let mut town = town();
    busy(&mut town, 120);
    let town = engine(town);
    let page = |order, page, count| waiting(&town, asked(order, page, count)).unwrap();
    assert_eq!(numbers(&page(Order::Oldest, 1, 3)), [1, 2, 3]);
    assert_eq!(numbers(&page(Order::Newest, 1, 3)), [121, 120, 119]);
    assert_eq!(numbers(&page(Order::Newest, 2, 3)), [118, 117, 116]);
    let last = page(Order::Oldest, u64::MAX, u64::MAX);
    assert_eq!((last.page, last.pages, last.count), (3, 3, 121));
    assert_eq!(numbers(&last), (101..=121).collect::<Vec<_>>());
    assert_eq!(numbers(&page(Order::Oldest, 0, 0)), [1]);
}

#[test]
fn what_is_held_above_waits_for_the_city_and_what_is_confirmed_waits_no_more() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    busy(&mut town, 2);
    send(&mut town, &mut county, NINE);
    let town = engine(town);
    let found = waiting(&town, asked(Order::Oldest, 1, 50)).unwrap();
    assert_eq!((found.count, found.held_above), (3, 3));
    assert!(found.records[0].why.zh.contains("上级中心已保存，市中心尚未确认"));
    send(&mut county, &mut city, NINE);
    witness(&mut city, NINE.plus_ms(60_000));
    let mut county = engine(county);
    let below = waiting(&county, asked(Order::Oldest, 1, 50)).unwrap();
    assert_eq!((below.count, below.journals[0].is_own), (3, false), "the county forwards them");
    send(&mut city, county.replica_mut(), NINE.plus_ms(60_000));
    let below = waiting(&county, asked(Order::Oldest, 1, 50)).unwrap();
    assert_eq!((below.count, below.saved, below.confirmed), (0, 3, 3));
    assert!(below.records.is_empty() && below.journals.is_empty());
    let mut town = town;
    send(county.replica_mut(), town.replica_mut(), NINE.plus_ms(60_000));
    let receipt = waiting(&town, asked(Order::Oldest, 1, 50)).unwrap().receipt.unwrap();
    assert_eq!((receipt.number, receipt.of), (3, 3));
    let of_city = waiting(&engine(city), asked(Order::Oldest, 1, 50)).unwrap();
    assert_eq!((of_city.count, of_city.saved), (0, 0), "nothing is above the city");
}

#[test]
fn one_journal_that_is_refused_holds_back_itself_alone() {
    let other = || open(member(13, &["510921104", COUNTY, "510900"], Tier::Township, 1));
    let (mut town, mut twin, mut other, mut county, mut city) =
        (town(), town(), other(), county(), city());
    busy(&mut town, 3);
    busy(&mut other, 2);
    take(&mut twin, NINE, &mut rng(99), new_case("另一个人")).unwrap();
    twin.commit().unwrap();
    send(&mut twin, &mut city, NINE);
    send(&mut town, &mut county, NINE);
    send(&mut other, &mut county, NINE);
    let (mut county, mut city) = (engine(county), engine(city));
    link(&mut county, &mut city);
    let found = waiting(&county, asked(Order::Oldest, 1, 50)).unwrap();
    assert_eq!((found.saved, found.count), (7, 7), "nobody has signed a receipt yet");
    let [bad, good] = &found.journals[..] else { panic!("{:?}", found.journals) };
    assert_eq!((bad.home.as_str(), good.home.as_str()), (TOWN, "510921104"));
    assert_eq!((good.held_above, good.held_back.is_none()), (3, true), "{good:?}");
    let stop = bad.held_back.as_ref().expect("the city holds another entry 2");
    assert_eq!((stop.from, stop.count, found.held_back), (2, 3, 3), "{stop:?}");
    let held: Vec<u64> =
        found.records.iter().filter(|it| it.is_held_back).map(|it| it.number).collect();
    assert_eq!(held, [2, 3, 4]);
    assert!(found.records[1].why.zh.contains("上级未接收此条"), "{}", found.records[1].why.zh);
    assert!(found.records[2].why.en.contains("did not take entry 2 of the same journal"));
    assert_eq!(found.records[5].why.zh, "市中心已收到，等待其签发回执");
    // The others are confirmed, and the bad one still says why it is not.
    county.handle_disconnected(LINK);
    let found = waiting(&county, asked(Order::Oldest, 1, 50)).unwrap();
    assert!(found.journals[0].held_back.is_some(), "it is remembered while the link is down");
}

#[test]
fn outages_are_listed_with_what_is_still_open_first() {
    let mut town = town();
    let minute = |at: i64| NINE.plus_ms(at * 60_000);
    let mut watch = OutageWatch::default();
    for (at, is_linked) in [(0, true), (1, false), (6, true)] {
        if let Some(report) = watch.look(minute(at), is_linked) {
            town.record_outages(minute(at), report).unwrap();
        }
    }
    let span = Outage { from: minute(10), to: minute(40), cause: OutageCause::Machine };
    let report = OutageReport { spans: vec![span], short_count: 3, short_ms: 90_000 };
    town.record_outages(minute(40), report).unwrap();
    town.mark_alive(AliveMark { at: minute(50), down_since: Some(minute(45)) });
    town.commit().unwrap();
    let log = outages(&engine(town), minute(60)).unwrap();
    let told = |it: &OutageLine| (it.cause.clone(), it.to.is_some(), it.lasted_ms / 60_000);
    let told: Vec<_> = log.outages.iter().map(told).collect();
    let line = |cause: &str, is_over, minutes| (cause.to_owned(), is_over, minutes);
    assert_eq!(told, [line("link", false, 15), line("machine", true, 30), line("link", true, 5)]);
    assert_eq!((log.count, log.short_count, log.short_ms), (2, 3, 90_000));
}
