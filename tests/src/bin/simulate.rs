//! Runs seeded worlds: `simulate --seed 7`, or `simulate --seeds 200 --from 1000`.

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use tongban_tests::world::{Duties, Plan, Report, run};

/// Worlds that run side by side: each is a world of its own, and two cores are what there is.
const JOBS: u64 = 2;

/// Worlds after which it is said how far the run is: whoever waits shall see that it goes on.
const TOLD_EVERY: usize = 50;

const USAGE: &str = "usage: simulate --seed N | --seeds COUNT [--from N]";

fn main() -> ExitCode {
    let outcome = parse(std::env::args().skip(1)).map(|(from, count)| simulate(from, count));
    match outcome {
        Ok(Ok(true)) => ExitCode::SUCCESS,
        Ok(Ok(false) | Err(_)) => ExitCode::FAILURE,
        Err(what) => {
            writeln!(io::stderr(), "{what}; {USAGE}").ok();
            ExitCode::from(2)
        }
    }
}

/// Reads the first seed and how many there are.
fn parse(mut words: impl Iterator<Item = String>) -> Result<(u64, u64), String> {
    let (mut from, mut count, mut one) = (0, None, None);
    while let Some(word) = words.next() {
        let value = words.next().and_then(|value| value.parse::<u64>().ok());
        let value = value.ok_or_else(|| format!("`{word}` needs a number behind it"))?;
        match word.as_str() {
            "--seed" => one = Some(value),
            "--seeds" => count = Some(value),
            "--from" => from = value,
            _ => return Err(format!("`{word}` is unknown")),
        }
    }
    match (one, count) {
        (Some(seed), None) => Ok((seed, 1)),
        (None, Some(count)) => Ok((from, count)),
        _ => Err("either one seed or a number of seeds is needed".to_owned()),
    }
}

/// Runs the worlds and prints what came of them; true if all kept their promises.
fn simulate(from: u64, count: u64) -> io::Result<bool> {
    let next = AtomicU64::new(from);
    let reports = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..JOBS.min(count) {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= from.saturating_add(count) {
                        return;
                    }
                    let report = run(seed, &Plan::of(seed), Duties::default());
                    if let Ok(mut reports) = reports.lock() {
                        reports.push(report);
                        if reports.len().is_multiple_of(TOLD_EVERY) {
                            writeln!(io::stderr(), "{} of {count} worlds", reports.len()).ok();
                        }
                    }
                }
            });
        }
    });
    let mut reports = reports.into_inner().unwrap_or_default();
    reports.sort_by_key(|report| report.seed);
    print(&reports, count)
}

fn print(reports: &[Report], count: u64) -> io::Result<bool> {
    let mut out = io::stdout().lock();
    let mut facts = std::collections::BTreeMap::<&str, u64>::new();
    for report in reports {
        for (fact, times) in &report.facts {
            *facts.entry(fact).or_default() += times;
        }
        if count == 1 {
            writeln!(out, "seed {}: trace {}", report.seed, report.trace)?;
        }
        if !report.violations.is_empty() {
            writeln!(out, "seed {} breaks a promise:", report.seed)?;
            for violation in &report.violations {
                writeln!(out, "  {violation}")?;
            }
            writeln!(out, "  cargo run -p tongban-tests --bin simulate -- --seed {}", report.seed)?;
        }
    }
    let broken = reports.iter().filter(|report| !report.violations.is_empty()).count();
    let missing = count - reports.len() as u64;
    writeln!(out, "{} worlds, {broken} with broken promises, {missing} stopped", reports.len())?;
    for (fact, times) in facts {
        writeln!(out, "{times:>10} {fact}")?;
    }
    Ok(broken == 0 && missing == 0)
}
