//! What a machine says of its own outages, and what of it counts at every tier.

use jiff::civil::date;
use tongban_protocol::document::Role;
use tongban_protocol::outage::{Outage, OutageCause, OutageReport};
use tongban_protocol::supervision::Mark;

use super::super::fixture::{publish_rules, red_rule, send_those};
use super::*;

const DAY_MS: i64 = 86_400_000;

/// Has the town record that it was out for so many days from the morning of 2 November on.
fn record_outage(town: &mut Counter, cause: OutageCause, days: i64) {
    let (from, to) = (NINE, NINE.plus_ms(days * DAY_MS));
    let spans = vec![Outage { from, to, cause }];
    town.record_outages(to, OutageReport { spans, ..OutageReport::default() }).unwrap();
    town.commit().unwrap();
}

fn counted(counter: &Counter, home: Home) -> Vec<(Timestamp, Timestamp)> {
    let found = counter.outages(home, (date(2026, 11, 1), date(2026, 11, 30))).unwrap();
    found.iter().map(|it| (it.from, it.to)).collect()
}

#[test]
fn a_late_entry_of_a_machine_that_did_not_run_gets_no_card_at_any_tier() {
    for wrote_meanwhile in [false, true] {
        let (mut town, mut city) = (town(), city());
        publish_rules(&mut city, vec![red_rule(Mark::LateEntry)]);
        send(&mut city, &mut town, NINE.plus_ms(-1));
        if wrote_meanwhile {
            taken(&mut town, NINE.plus_ms(2 * DAY_MS), "张三");
        }
        record_outage(&mut town, OutageCause::Machine, 3);
        // Handed in on Monday the 2nd, recorded on Thursday the 5th.
        let now = NINE.plus_ms(3 * DAY_MS + 1);
        let case = NewCase { happened_at: Some(NINE), ..new_case("王小明") };
        let id = take(&mut town, now, &mut rng(3), case).unwrap().id;
        town.commit().unwrap();
        send(&mut town, &mut city, now);
        let told = |it: &Counter| cards(it, id, now).unwrap().unwrap();
        let (here, there) = (told(&town), told(&city));
        assert_eq!(serde_json::to_value(&here).unwrap(), serde_json::to_value(&there).unwrap());
        assert_eq!(here.cards[0].is_explained, !wrote_meanwhile);
        count_all(&mut city);
        let seen = |sight| {
            let wish = WatchWish { sight, ..WatchWish::default() };
            let found = watched(&city, &wish, now).unwrap().cards;
            found.iter().filter(|it| it.case.id == id.to_string()).count()
        };
        let apart = [seen(Sight::Due), seen(Sight::Explained)];
        assert_eq!(apart, [usize::from(wrote_meanwhile), usize::from(!wrote_meanwhile)]);
        let mut issue = event("issue-card");
        issue.detail.role = Some(Role::Supervisor);
        issue.detail.card = Some(here.cards[0].name.clone());
        let issued = record(&mut city, now, id, issue);
        assert_eq!(issued.is_ok(), wrote_meanwhile, "{issued:?}");
    }
}

#[test]
fn no_link_is_believed_to_be_down_while_the_city_answered_for_what_was_written() {
    let (mut town, mut city) = (town(), city());
    taken(&mut town, NINE.plus_ms(DAY_MS), "王小明");
    let home = Home::office(town.member().centre());
    let answered = NINE.plus_ms(2 * DAY_MS);
    send(&mut town, &mut city, answered);
    record_outage(&mut town, OutageCause::Link, 3);
    let over = NINE.plus_ms(3 * DAY_MS);
    assert_eq!(counted(&town, home), [(NINE, over)], "the town holds no receipt yet");
    witness(&mut city, answered);
    send(&mut city, &mut town, answered);
    send(&mut town, &mut city, over);
    assert_eq!(counted(&town, home), counted(&city, home));
    let [(from, to)] = counted(&town, home)[..] else { panic!("one outage") };
    assert_eq!(to, over);
    assert!((answered..answered.plus_ms(1_000)).contains(&from), "{from}");
}

#[test]
fn an_outage_of_the_county_that_handled_a_case_is_told_with_its_card_where_it_is_held() {
    let (mut town, mut county, mut city) = (town(), county(), city());
    publish_rules(&mut city, vec![red_rule(Mark::LateEntry)]);
    send(&mut city, &mut town, NINE.plus_ms(-1));
    send(&mut city, &mut county, NINE.plus_ms(-1));
    let id = taken(&mut town, NINE, "王小明");
    recorded(&mut town, NINE.plus_ms(1), id, "accept");
    send(&mut town, &mut county, NINE.plus_ms(2));
    // The county's machine was off for three days; what it did on the 2nd is recorded on the 5th.
    let (now, from) = (NINE.plus_ms(3 * DAY_MS), NINE.plus_ms(3));
    let spans = vec![Outage { from, to: now, cause: OutageCause::Machine }];
    county.record_outages(now, OutageReport { spans, ..OutageReport::default() }).unwrap();
    let step = NewEvent { happened_at: Some(NINE.plus_ms(2)), ..event("finish-step") };
    record(&mut county, now.plus_ms(1), id, step).unwrap();
    county.commit().unwrap();
    send(&mut county, &mut city, now.plus_ms(2));
    let own = Home::office(town.member().centre());
    send_those(&mut county, &mut town, now.plus_ms(2), |home| home == own);
    let told = |counter: &Counter| {
        let cards = cards(counter, id, now.plus_ms(3)).unwrap().unwrap().cards;
        (cards[0].outages.len(), cards[0].is_explained)
    };
    assert_eq!(told(&county), (1, false));
    assert_eq!(told(&city), (1, false));
    assert_eq!(told(&town), (0, false), "a township holds nothing of its county's home");
}
