//! Stores that hold the same entries report the same bytes.

mod catalogue;
mod orders;

use tongban_protocol::calendar::{Exception, YearNotice};
use tongban_protocol::case::CaseType;
use tongban_protocol::catalogue::{Item, document_name};
use tongban_protocol::deadline::Limit;
use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind, Satisfaction,
};
use tongban_protocol::exchange::Want;
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::JournalId;
use tongban_protocol::metrics::Ledger;
use tongban_protocol::place::{Home, Tier};
use ulid::Ulid;

use super::*;
use crate::cases::fixture::{CITY, COUNTY, NINE, TOWN, event, member, new_case, rng};
use crate::cases::{NewEvent, RatingFault, record, take};
use crate::replica::{Member, Replica};
use crate::store::FaultyStore;

type Machine = Replica<FaultyStore>;

const DAY_MS: i64 = 86_400_000;

fn city_member() -> Member {
    member(10, &[CITY], Tier::City, 1)
}

fn open(member: Member) -> Machine {
    Replica::open(FaultyStore::default(), member, 64).unwrap()
}

/// Brings one journal on by at most `count` entries; true if there was anything.
fn bring(from: &Machine, to: &mut Machine, journal: JournalId, count: u64) -> bool {
    let held = to.frontier().get(&journal).map_or(0, |end| end.number);
    let last = from.frontier()[&journal].number.min(held + count);
    let runs = from.read_wants(&[Want { journal, from: held + 1, to: last }]).unwrap();
    if runs.is_empty() {
        return false;
    }
    assert_eq!(to.ingest(NINE, runs, &mut rng(5)).unwrap(), []);
    to.commit().unwrap();
    true
}

fn send(from: &Machine, to: &mut Machine) {
    for journal in from.frontier().keys() {
        while bring(from, to, *journal, 999) {}
    }
}

fn count_all(machine: &mut Machine, at_once: usize) {
    for _ in 0..10_000 {
        if machine.count_facts(at_once).unwrap() == Counted::All {
            assert!(!machine.is_uncounted());
            return;
        }
    }
    panic!("counting has no end");
}

/// The report by month as bytes, as of two weeks after the first case.
fn bytes(machine: &Machine) -> String {
    let wish = Wish { by: Some(By::Month), ..Wish::default() };
    let around = centres_held(machine);
    let report = report(machine, &wish, &around, NINE.plus_ms(14 * DAY_MS)).unwrap();
    report.to_form(Form::Json, Language::Chinese)
}

fn total(machine: &Machine, metric: &str) -> (f64, f64) {
    let around = centres_held(machine);
    let report = report(machine, &Wish::default(), &around, NINE.plus_ms(14 * DAY_MS)).unwrap();
    let figures = &report.metrics.rows[0].figures;
    let found = figures.iter().find(|it| it.metric == metric).unwrap();
    (found.numerator, found.denominator)
}

/// The city publishes an item of ten days; a town and a county take cases of it.
struct Office {
    city: Machine,
    county: Machine,
    town: Machine,
    cases: Vec<DocumentId>,
}

fn publication(name: DocumentName, detail: Detail) -> (DocumentName, Vec<Edit>) {
    let event = Event::new(EventKind::Publish, NINE, "周敏", "").with(detail);
    (name, vec![Edit::Event(event)])
}

fn item() -> (DocumentName, Vec<Edit>) {
    let mut item = Item::named("T01".parse().unwrap(), "参保登记");
    (item.case_type, item.decide_at) = (Some(CaseType::Promised), Some(Tier::Township));
    item.authority = Some("人社局".to_owned());
    let stated = |days| Some(Limit::WorkingDays(days).into());
    (item.legal, item.promise) = (stated(20), stated(2));
    publication(document_name(&item.id), Detail { item: Some(Box::new(item)), ..Detail::default() })
}

fn holiday() -> (DocumentName, Vec<Edit>) {
    // 2 November 2026 is a Monday.
    let days = (3..=4).map(|day| jiff::civil::date(2026, 11, day));
    let days = days.map(|day| (day, Exception::Holiday, "节".to_owned()));
    let notice = Some(YearNotice::new(2026, days).unwrap());
    let name = DocumentName { kind: DocumentKind::Calendar, ulid: Ulid::from_parts(2, 1) };
    publication(name, Detail { notice, ..Detail::default() })
}

fn say(machine: &mut Machine, id: DocumentId, days: i64, kind: &str) {
    let now = NINE.plus_ms(days * DAY_MS);
    record(machine, now, id, event(kind)).unwrap();
    machine.commit().unwrap();
}

fn rating(level: Satisfaction) -> NewEvent {
    let mut rating = event("rate");
    rating.detail.rating = Some(level);
    rating
}

fn office() -> Office {
    let mut city = open(city_member());
    let mut county = open(member(11, &[COUNTY, CITY], Tier::County, 1));
    let mut town = open(member(12, &[TOWN, COUNTY, CITY], Tier::Township, 1));
    city.append(NINE, Home::public(CITY.parse().unwrap()), vec![item()]).unwrap();
    city.commit().unwrap();
    send(&city, &mut town);
    send(&city, &mut county);
    let mut cases = Vec::new();
    for (seed, applicant) in (1..).zip(["甲", "乙", "丙", "丁"]) {
        let mut case = new_case(applicant);
        case.happened_at = Some(NINE);
        cases.push(take(&mut town, NINE, &mut rng(seed), case).unwrap().id);
        town.commit().unwrap();
        say(&mut town, *cases.last().unwrap(), 0, "accept");
    }
    // One is decided in time, one late by the county, one withdrawn, and one stays open.
    say(&mut town, cases[0], 1, "decide");
    say(&mut town, cases[0], 1, "deliver");
    send(&town, &mut county);
    say(&mut county, cases[1], 4, "decide");
    send(&county, &mut town);
    say(&mut town, cases[2], 4, "withdraw");
    record(&mut town, NINE.plus_ms(4 * DAY_MS), cases[0], rating(Satisfaction::Satisfied)).unwrap();
    town.commit().unwrap();
    send(&town, &mut county);
    Office { city, county, town, cases }
}

#[test]
fn stores_that_hold_the_same_entries_report_the_same_bytes_whatever_their_order() {
    let Office { city: publisher, county, town, .. } = office();
    let fresh = || {
        let mut city = open(city_member());
        send(&publisher, &mut city);
        city
    };
    // Everything at once, from the town first.
    let mut first = fresh();
    send(&town, &mut first);
    send(&county, &mut first);
    count_all(&mut first, 256);
    assert_eq!(total(&first, "finished"), (2.0, 0.0));
    assert_eq!(total(&first, "on-time"), (1.0, 3.0), "one in time, one late, one open and overdue");
    assert_eq!(total(&first, "rated"), (1.0, 2.0));
    // The county's journals first: what it says builds on what has not arrived.
    let mut second = fresh();
    count_all(&mut second, 1);
    for journal in county.frontier().keys().filter(|it| it.author == county.member().author()) {
        while bring(&county, &mut second, *journal, 1) {
            count_all(&mut second, 1);
        }
    }
    send(&town, &mut second);
    count_all(&mut second, 3);
    // Entry by entry, the journals in turns, counted in between.
    let mut third = fresh();
    let journals: Vec<JournalId> = county.frontier().keys().rev().copied().collect();
    while journals.iter().filter(|it| bring(&county, &mut third, **it, 1)).count() > 0 {
        third.count_facts(1).unwrap();
    }
    count_all(&mut third, 2);
    for other in [&second, &third] {
        assert_eq!(other.frontier(), first.frontier());
        assert_eq!(other.ledger(), first.ledger());
        assert_eq!(bytes(other), bytes(&first));
    }
    // A township reports of what it holds in the same figures.
    let mut town = town;
    count_all(&mut town, 256);
    assert_eq!(town.ledger(), first.ledger());
}

#[test]
fn a_restarted_store_has_its_sums_again_and_one_that_crashed_while_counting_too() {
    let Office { city, county, .. } = office();
    let store = FaultyStore::default();
    let open = || Replica::open(store.clone(), city_member(), 64).unwrap();
    let mut machine = open();
    send(&city, &mut machine);
    send(&county, &mut machine);
    machine.count_facts(1).unwrap();
    machine.count_facts(1).unwrap(); // Not all of it.
    drop(machine);
    store.crash();
    let mut machine = open();
    count_all(&mut machine, 2);
    let (whole, told) = (machine.ledger().clone(), bytes(&machine));
    drop(machine);
    store.crash();
    let mut machine = open();
    assert_eq!(machine.ledger(), &Ledger::default());
    count_all(&mut machine, 256);
    assert_eq!((machine.ledger(), bytes(&machine)), (&whole, told));
}

#[test]
fn a_change_of_calendar_has_every_case_counted_anew() {
    let Office { mut city, county, .. } = office();
    send(&county, &mut city);
    count_all(&mut city, 256);
    let before = total(&city, "overtime");
    assert_eq!(before, (2.0, 3.0));
    city.append(NINE, Home::public(CITY.parse().unwrap()), vec![holiday()]).unwrap();
    city.commit().unwrap();
    assert!(city.is_uncounted());
    count_all(&mut city, 1);
    // With Tuesday and Wednesday off the second day was Friday.
    assert_eq!(total(&city, "overtime"), (1.0, 3.0));
    let mut other = open(city_member());
    send(&city, &mut other);
    count_all(&mut other, 256);
    assert_eq!((other.ledger(), bytes(&other)), (city.ledger(), bytes(&city)));
}

#[test]
fn what_a_revoked_machine_wrote_is_in_no_figure() {
    let Office { mut city, county, town, .. } = office();
    send(&county, &mut city);
    count_all(&mut city, 256);
    assert_eq!(total(&city, "received"), (4.0, 0.0));
    let name = DocumentName { kind: DocumentKind::Roster, ulid: Ulid::from_parts(1, 1) };
    let node: NodeId = town.member().credential.node();
    let revoke = Event::new(EventKind::Revoke, NINE.plus_ms(-DAY_MS), "周敏", &node.to_string());
    let edits = vec![(name, vec![Edit::Event(revoke)])];
    city.append(NINE, Home::public(CITY.parse().unwrap()), edits).unwrap();
    city.commit().unwrap();
    city.refresh_roster(NINE).unwrap();
    city.commit().unwrap();
    count_all(&mut city, 256);
    assert_eq!(city.ledger(), &Ledger::default());
}

#[test]
fn nothing_is_counted_that_is_not_durable_and_a_full_disk_loses_no_count() {
    let store = FaultyStore::default();
    let mut town =
        Replica::open(store.clone(), member(12, &[TOWN, COUNTY, CITY], Tier::Township, 1), 64)
            .unwrap();
    count_all(&mut town, 256);
    take(&mut town, NINE, &mut rng(1), new_case("甲")).unwrap();
    assert_eq!(town.count_facts(256).unwrap(), Counted::Held);
    assert_eq!(total(&town, "received"), (0.0, 0.0));
    town.commit().unwrap();
    store.fail_next_commit(crate::store::Fault::Full);
    assert!(town.count_facts(256).is_err());
    assert_eq!(total(&town, "received"), (0.0, 0.0));
    count_all(&mut town, 256);
    assert_eq!(total(&town, "received"), (1.0, 0.0));
}

#[test]
fn a_case_is_rated_once_after_its_decision_and_never_without_a_level() {
    let Office { mut town, mut county, cases, .. } = office();
    let refused = |machine: &mut Machine, id, event| {
        record(machine, NINE.plus_ms(5 * DAY_MS), id, event).unwrap_err().to_string()
    };
    let again = refused(&mut town, cases[0], rating(Satisfaction::VerySatisfied));
    assert!(again.contains(&RatingFault::Already.zh()), "{again}");
    let early = refused(&mut town, cases[3], rating(Satisfaction::Satisfied));
    assert!(early.contains(&RatingFault::NotFinished.zh()), "{early}");
    let silent = refused(&mut county, cases[1], event("rate"));
    assert!(silent.contains(&RatingFault::NoLevel.zh()), "{silent}");
    // Two rate at the same time, without a link: the first in order counts at every tier.
    for (machine, level) in
        [(&mut town, Satisfaction::Satisfied), (&mut county, Satisfaction::Dissatisfied)]
    {
        record(machine, NINE.plus_ms(5 * DAY_MS), cases[1], rating(level)).unwrap();
        machine.commit().unwrap();
    }
    send(&town, &mut county);
    send(&county, &mut town);
    count_all(&mut town, 256);
    count_all(&mut county, 256);
    assert_eq!(total(&town, "rated"), (2.0, 2.0));
    assert_eq!(town.ledger(), county.ledger());
}
