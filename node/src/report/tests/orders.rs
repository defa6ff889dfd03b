//! Merge laws of stores: whoever holds the same entries says the same of every case and reports
//! the same, whatever came first.

use proptest::collection::vec;
use proptest::prelude::*;
use tongban_protocol::document::Role;

use super::*;
use crate::cases::fixture::street::{Act, CITY_AT, Street, act, held};
use crate::cases::fixture::{Counter, city};
use crate::cases::{Said, cards, judge};
use crate::orders;

const CITY_HEARS: [Act; 2] = [Act::Send(0, 1), Act::Send(1, 2)];

/// A street with a late case, of which a card was issued and an order given; in between all sorts
/// of things, and the working days of the year.
fn street(acts: &[Act]) -> Street {
    let mut street = Street::open();
    let late = *held(&street.counters[0]).keys().next().unwrap();
    let say = |street: &mut Street, who: usize, event: NewEvent| {
        let now = street.clock(who);
        record(&mut street.counters[who], now, late, event).unwrap();
        street.counters[who].commit().unwrap();
    };
    say(&mut street, 0, event("accept"));
    let (first, second) = acts.split_at(acts.len() / 2);
    street.act_all(first);
    street.act(&Act::Wait(9));
    street.publish_calendar();
    street.act_all(&CITY_HEARS);
    let now = street.clock(CITY_AT);
    let given = cards(&street.counters[CITY_AT], late, now).unwrap().unwrap().cards;
    if let Some(card) = given.iter().find(|card| card.issued.is_none()) {
        let (role, card) = (Some(Role::Supervisor), Some(card.name.clone()));
        let detail = Said { role, card, ..Said::default() };
        say(&mut street, CITY_AT, NewEvent { detail, ..event("issue-card") });
    }
    let order = orders::NewOrder {
        centre: TOWN.parse().unwrap(),
        document: "督〔2026〕1号".to_owned(),
        reason: "逾期".to_owned(),
        days: 3,
        case: Some(late.to_string()),
        card: None,
        by: "督查科".to_owned(),
        happened_at: None,
    };
    orders::issue(&mut street.counters[CITY_AT], now, &mut rng(3), order).unwrap();
    street.counters[CITY_AT].commit().unwrap();
    street.act_all(second);
    street.act_all(&CITY_HEARS);
    street
}

/// Brings every entry to an empty store of the city, journal by journal in turns as `turns` says,
/// counted in between where that says so.
fn bring_all(from: &Counter, turns: &[(u8, u8)]) -> Counter {
    let mut to = city();
    let journals: Vec<JournalId> = from.frontier().keys().copied().collect();
    let bring = |to: &mut Counter, journal: JournalId, count: u64| {
        let held = to.frontier().get(&journal).map_or(0, |end| end.number);
        let last = from.frontier()[&journal].number.min(held + count);
        let runs = from.read_wants(&[Want { journal, from: held + 1, to: last }]).unwrap();
        if !runs.is_empty() {
            assert_eq!(to.ingest(NINE, runs, &mut rng(5)).unwrap(), []);
            to.commit().unwrap();
        }
    };
    for (at, count) in turns {
        bring(&mut to, journals[usize::from(*at) % journals.len()], u64::from(count / 2));
        if count % 2 == 0 {
            to.count_facts(1 + usize::from(count / 8)).unwrap();
        }
    }
    let first = usize::from(turns[0].0) % journals.len();
    for journal in journals[first..].iter().chain(&journals[..first]) {
        while to.frontier().get(journal) != from.frontier().get(journal) {
            bring(&mut to, *journal, 999);
        }
    }
    while to.count_facts(64).unwrap() == Counted::Part {}
    to
}

/// Everything that a store says, as bytes: each case with its clocks and cards, each order, and the
/// reports.
fn tell(counter: &Counter, now: Timestamp) -> Vec<String> {
    let mut told = Vec::new();
    for id in held(counter).into_keys() {
        let file = counter.case(id).unwrap().unwrap();
        told.push(format!("{id} {:?}", judge(counter, &file, now).unwrap()));
        let shown = cards(counter, id, now).unwrap().unwrap();
        told.push(serde_json::to_string(&shown).unwrap());
    }
    for home in counter.homes() {
        for id in counter.documents(home, DocumentKind::Order, None, 99).unwrap() {
            let shown = orders::show(counter, id, now).unwrap();
            told.push(serde_json::to_string(&shown).unwrap());
        }
    }
    for by in [By::Centre, By::Item, By::Month] {
        let wish = Wish { by: Some(by), ..Wish::default() };
        let report = report(counter, &wish, &centres_held(counter), now).unwrap();
        told.push(report.to_form(Form::Json, Language::Chinese));
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_order_of_the_same_entries_gives_the_same_cases_cards_orders_and_reports(
        acts in vec(act(), 8..40),
        turns in vec(vec((any::<u8>(), any::<u8>().prop_map(|it| it % 16)), 1..24), 2),
    ) {
        let street = street(&acts);
        let now = street.clock(CITY_AT).plus_ms(5 * DAY_MS);
        let from = &street.counters[CITY_AT];
        let [first, second] = [0, 1].map(|at| bring_all(from, &turns[at]));
        prop_assert_eq!(first.frontier(), second.frontier());
        prop_assert_eq!(first.ledger(), second.ledger());
        let told = tell(&first, now);
        prop_assert_eq!(&tell(&second, now), &told);
        prop_assert!(told.iter().any(|it| it.contains("督〔2026〕1号")));
    }
}
