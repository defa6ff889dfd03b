//! Seeded worlds: storms that break nothing, and a lie that must be noticed.

#![cfg(test)]

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
fn disk_that_lies_is_noticed() {
    let noticed = (0..5).any(|seed| {
        let plan = Plan { disks_lie: true, crashes: 8, ..Plan::of(seed) };
        !run(seed, &plan, Duties::default()).violations.is_empty()
    });
    assert!(noticed, "a world whose disks lie must break promises");
}

#[test]
fn city_that_calls_everything_complete_is_noticed() {
    let noticed = (0..5).any(|seed| {
        let duties = Duties {
            coverage: |city, centre| {
                let of_centre =
                    |it: &&tongban_node::engine::Heard| it.credential.path.centre() == centre;
                city.heard().find(of_centre).map(|heard| heard.last.statement.at)
            },
            ..Duties::default()
        };
        !run(seed, &Plan::of(seed), duties).violations.is_empty()
    });
    assert!(noticed, "complete must not be said before it is true");
}
