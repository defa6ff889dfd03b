//! Measures what the README states: `cargo run --release -p tongban-tests --bin measure -- NAME…`.
//!
//! Figures that depend on the disk or the processor are ratios within one run.
#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on should stop")]

mod disk;
mod law;
mod pages;
mod processor;
mod report;
mod wire;

use std::io::Write;

/// One figure: what, how much, and the bound it is held against.
struct Row {
    what: String,
    value: String,
    bound: &'static str,
}

fn row(what: impl Into<String>, value: impl Into<String>, bound: &'static str) -> Row {
    Row { what: what.into(), value: value.into(), bound }
}

fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    type Measure = fn(&tokio::runtime::Runtime) -> Vec<Row>;
    let all: [(&str, Measure); 11] = [
        ("law", law::law),
        ("commit", disk::commit),
        ("verify", processor::verify),
        ("footprint", disk::footprint),
        ("transfer", wire::transfer),
        ("reconnect", wire::reconnect),
        ("first-copy", wire::first_copy),
        ("black-out", wire::black_out),
        ("fairness", wire::fairness),
        ("report", report::report),
        ("pages", pages::pages),
    ];
    let mut out = std::io::stdout().lock();
    if let [word, dir] = names.as_slice()
        && word == disk::SERVE
    {
        let (milliseconds, kilobytes) = disk::serve(&runtime, std::path::Path::new(dir));
        writeln!(out, "{milliseconds} {kilobytes}").unwrap();
        return;
    }
    writeln!(out, "| what | measured | at most |\n| --- | --- | --- |").unwrap();
    for (name, measure) in all {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            for Row { what, value, bound } in measure(&runtime) {
                writeln!(out, "| {what} | {value} | {bound} |").unwrap();
                out.flush().unwrap();
            }
        }
    }
}

/// The value at half of the sorted values.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
