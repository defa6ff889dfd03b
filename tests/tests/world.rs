//! Seeded worlds: storms that break nothing, and a lie that must be noticed.

#![cfg(test)]

use tongban_hub::coverage::Coverage;
use tongban_hub::witness::Witness;
use tongban_node::engine::Engine;
use tongban_node::store::FaultyStore;
use tongban_protocol::journal::{End, JournalId, Receipt};
use tongban_protocol::place::Scope;
use tongban_protocol::time::Timestamp;
use tongban_tests::world::{Duties, Plan, Report, run};

fn world(seed: u64) -> Report {
    run(seed, &Plan::of(seed), Duties::default())
}

fn check(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let report = world(seed);
        assert!(
            report.violations.is_empty(),
            "{:#?}\nrepeat with: cargo run -p tongban-tests --bin simulate -- --seed {seed}",
            report.violations
        );
    }
}

#[test]
fn no_storm_of_the_first_ten_breaks_a_promise() {
    check(0..10);
}

#[test]
fn no_storm_of_the_next_ten_breaks_a_promise() {
    check(10..20);
}

#[test]
fn one_seed_is_one_run() {
    let (first, second) = (world(7), world(7));
    assert_eq!(first, second);
    assert_ne!(first.trace, world(8).trace);
}

#[test]
fn storms_leave_cards_behind_that_all_tiers_agree_on() {
    let cards: u64 = (0..3).map(|seed| world(seed).facts["cards compared"]).sum();
    assert!(cards > 20, "{cards} cards are too few to compare");
}

#[test]
fn disk_that_lies_is_noticed() {
    let noticed = (0..5).any(|seed| {
        let plan = Plan { disks_lie: true, crashes: 8, ..Plan::of(seed) };
        !run(seed, &plan, Duties::default()).violations.is_empty()
    });
    assert!(noticed, "a world whose disks lie must break promises");
}

fn is_noticed(seeds: std::ops::Range<u64>, duties: Duties) -> bool {
    seeds.into_iter().any(|seed| !run(seed, &Plan::of(seed), duties).violations.is_empty())
}

#[test]
fn city_that_calls_everything_complete_is_noticed() {
    let duties =
        Duties { is_complete: |_, coverage| coverage.as_of.is_some(), ..Duties::default() };
    assert!(is_noticed(0..5, duties), "complete must not be said before it is true");
}

#[test]
fn city_that_believes_the_last_word_alone_is_noticed() {
    let is_complete: fn(&Engine<FaultyStore>, &Coverage) -> bool = |city, coverage| {
        let mut heard =
            city.heard().filter(|it| it.credential.path.centre() == coverage.centre).peekable();
        let frontier = city.replica().frontier();
        heard.peek().is_some()
            && heard.flat_map(|it| &it.last.statement.ends).all(|(journal, end)| {
                frontier.get(journal).is_some_and(|held| held.number >= end.number)
            })
    };
    let duties = Duties { is_complete, ..Duties::default() };
    assert!(is_noticed(0..40, duties), "an emptied machine must not make its centre complete");
}

#[test]
fn witness_that_signs_for_more_than_is_held_is_noticed() {
    let witness: fn(&mut Witness, &mut Engine<FaultyStore>, Timestamp) = |_, engine, now| {
        let node = engine.replica().member().author().node;
        let ends: Vec<(JournalId, End)> =
            engine.replica().frontier().iter().map(|(journal, end)| (*journal, *end)).collect();
        for (JournalId { home, author }, End { number, hash }) in ends {
            let said = engine.replica().receipted(JournalId { home, author });
            let is_due = said.is_none_or(|said| said.number <= number);
            if author.node != node && home.scope == Scope::Office && is_due {
                let receipt = Receipt { author, number: number + 1, hash };
                engine.replica_mut().append_receipts(now, home, vec![receipt]).ok();
            }
        }
    };
    assert!(is_noticed(0..3, Duties { witness, ..Duties::default() }));
}
