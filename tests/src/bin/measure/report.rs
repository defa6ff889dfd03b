//! What reports cost: a year of a city from its sums, and cases that changed.

use std::collections::BTreeMap;
use std::hint::black_box;

use tokio::runtime::Runtime;
use tongban_config::city::City;
use tongban_node::clock::{self, steady_ms};
use tongban_node::replica::{Counted, Replica};
use tongban_node::report::COUNT_AT_ONCE;
use tongban_node::service::open_replica;
use tongban_node::store::SledStore;
use tongban_protocol::case::CaseType;
use tongban_protocol::document::{DocumentKind, Edit, EventKind, Outcome};
use tongban_protocol::metrics::{
    Against, By, Facts, Finished, Ledger, Month, Named, Question, measure,
};
use tongban_protocol::place::{Division, Home};
use tongban_tests::town::{self, STORE, Town};

use super::{Row, row};

const CASES: usize = 1_000_000;
const CHANGED: usize = 10_000;
const ITEMS: usize = 190;
const CENTRE: &str = "510921103";

pub(super) fn report(runtime: &Runtime) -> Vec<Row> {
    let city = City::suining();
    let centres: Vec<Division> = city.tree.iter().map(|centre| centre.division).collect();
    let months: Vec<Month> =
        (1..=12).map(|month| format!("2026-{month:02}").parse().unwrap()).collect();
    let kept: Vec<Vec<u8>> =
        (0..CASES).map(|at| minicbor::to_vec(facts(at, &centres, &months)).unwrap()).collect();
    let start = steady_ms();
    let mut ledger = Ledger::default();
    for facts in &kept {
        ledger.put(&minicbor::decode::<Facts>(facts).unwrap());
    }
    let load = seconds(start);
    let named: BTreeMap<_, _> =
        centres.iter().map(|centre| (*centre, (Named::default(), *centre))).collect();
    let question = Question {
        today: "2026-12-31".parse().unwrap(),
        from: None,
        to: None,
        by: Some(By::Centre),
        against: Against::Promise,
        satisfied_from: 3,
        centres: &named,
        items: &[],
        known: &[],
    };
    let start = steady_ms();
    let told = measure(&ledger, &question);
    let json = serde_json::to_string(&told).unwrap();
    let report = seconds(start);
    assert_eq!(told.rows[0].figures[0].numerator.to_string(), CASES.to_string());
    black_box(json);
    let (cells, (first, refresh)) = (ledger.cells().count(), refresh(runtime));
    vec![
        row(
            format!("report of a city by centre over {CASES} closed cases ({cells} sums)"),
            format!("{report:.2} s"),
            "1 s",
        ),
        row(
            format!("the sums put together from the facts of {CASES} cases"),
            format!("{load:.1} s"),
            "–",
        ),
        row(
            format!("{CHANGED} cases of 13 entries counted for the first time, on a disk"),
            format!("{first:.1} s"),
            "–",
        ),
        row(format!("{CHANGED} changed cases counted again"), format!("{refresh:.1} s"), "–"),
    ]
}

fn seconds(start: u64) -> f64 {
    f64::from(u32::try_from(steady_ms() - start).unwrap()) / 1e3
}

/// A finished case: centres, items and months in turns that do not meet.
fn facts(at: usize, centres: &[Division], months: &[Month]) -> Facts {
    let month = months[at / 7 % months.len()];
    let is_immediate = !at.is_multiple_of(3);
    let used = u32::try_from(at % 11).unwrap();
    let case_type = if is_immediate { CaseType::Immediate } else { CaseType::Promised };
    let finished = Finished {
        month,
        outcome: Outcome::Granted,
        used: if is_immediate { 0 } else { used },
        paused: 0,
        legal: Some(20 * 168),
        is_on_time: Some(used < 10),
        is_before_promise: (!is_immediate).then_some(used < 9),
        is_before_legal: (!is_immediate).then_some(true),
        is_on_the_spot: is_immediate,
        is_wholly_online: false,
        by: format!("职员{}", at % 5),
    };
    Facts {
        centre: centres[at % centres.len()],
        item: format!("T{}", at / 13 % ITEMS),
        case_type: Some(case_type),
        received: month,
        finished: Some(finished),
        ended: None,
        due: None,
        is_online: at.is_multiple_of(20),
        events: 13,
        late_events: u32::from(at.is_multiple_of(50)),
        points: 0,
        rating: at.is_multiple_of(4).then_some(5),
        accepted: Some(16_000 + i32::try_from(at % 250).unwrap_or(0)),
    }
}

/// Counts cases of 13 entries of a replica on a disk, and those again that all had one more.
fn refresh(runtime: &Runtime) -> (f64, f64) {
    let (town, dir) = runtime.block_on(async {
        let town = Town::start();
        let dir = town.enrol(CENTRE).await;
        (town, dir)
    });
    town::file_cases(&dir, CENTRE, CHANGED, 13);
    let (_, mut replica) = open_replica(&dir, STORE).unwrap();
    let first = count(&mut replica);
    let home = Home::office(CENTRE.parse().unwrap());
    for id in replica.documents(home, DocumentKind::Case, None, CHANGED).unwrap() {
        let now = clock::now();
        let edits = vec![(id.name, vec![Edit::Event(town::step(EventKind::FinishStep, now, 1))])];
        replica.append(now, home, edits).unwrap();
        if replica.staged_bytes() > 1 << 20 {
            replica.commit().unwrap();
        }
    }
    replica.commit().unwrap();
    let again = count(&mut replica);
    drop(replica);
    runtime.block_on(town.hub.service.stop());
    (first, again)
}

/// Seconds until everything is counted.
fn count(replica: &mut Replica<SledStore>) -> f64 {
    let start = steady_ms();
    while replica.count_facts(COUNT_AT_ONCE).unwrap() == Counted::Part {}
    seconds(start)
}
