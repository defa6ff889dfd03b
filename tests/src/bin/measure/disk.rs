//! Durable commits against the bare disk, and what one node takes.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use tokio::runtime::Runtime;
use tongban_node::clock::steady_ms;
use tongban_node::service::open_replica;
use tongban_node::store::Store;
use tongban_node::{clock, replica::Appended};
use tongban_protocol::document::{DocumentId, DocumentKind, DocumentName, Edit, EventKind};
use tongban_protocol::place::Home;
use tongban_tests::town::{self, STORE, Town};

use super::{Row, median, row};

const CENTRE: &str = "510921103";

/// Seconds by a clock that does not run back, finer than milliseconds.
#[expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]
pub(super) fn seconds<T>(work: impl FnOnce() -> T) -> (f64, T) {
    let start = std::time::Instant::now();
    let done = work();
    (start.elapsed().as_secs_f64(), done)
}

pub(super) fn commit(runtime: &Runtime) -> Vec<Row> {
    let (bare, service, document) = runtime.block_on(async {
        let town = Town::start();
        let dir = town.enrol(CENTRE).await;
        town::file_cases(&dir, CENTRE, 1, 1);
        let bare = bare_syncs(&dir.join("bare"), 300);
        let service = town::node(&dir, vec!["127.0.0.1:9".to_owned()]);
        let document = service
            .desk()
            .ask(|engine| {
                let home = Home::office(CENTRE.parse().unwrap());
                engine.replica().documents(home, DocumentKind::Case, None, 1).unwrap()[0]
            })
            .await
            .unwrap();
        (bare, (town, dir, service), document)
    });
    let (town, dir, service) = service;
    let desk = service.desk();
    let write =
        |name: DocumentName| desk.write(move |replica, _| one_event(replica, document.home, name));
    let singles: Vec<f64> =
        (0..300).map(|_| seconds(|| runtime.block_on(write(document.name)).unwrap()).0).collect();
    let bare_again = bare_syncs(&dir.join("bare"), 300);
    let bare_p50 = median([bare, bare_again.clone()].concat());
    let single_p50 = median(singles);
    let (taken, commits) = seconds(|| runtime.block_on(many_writers(desk, document, 64, 60)));
    let bare_last = bare_syncs(&dir.join("bare"), 300);
    let bare_rate = 600.0 / (bare_again.iter().sum::<f64>() + bare_last.iter().sum::<f64>());
    let rate = f64::from(commits) / taken;
    runtime.block_on(async {
        service.stop().await;
        town.hub.service.stop().await;
    });
    vec![
        row(
            "durable commit of one case event, p50, against bare 4 KiB append + fdatasync",
            format!(
                "{:.2} × ({:.2} ms / {:.2} ms)",
                single_p50 / bare_p50,
                single_p50 * 1e3,
                bare_p50 * 1e3
            ),
            "2.5 ×",
        ),
        row(
            "64 writers: commits a second against bare fdatasync a second",
            format!("{:.1} × ({rate:.0} / {bare_rate:.0})", rate / bare_rate),
            "at least 10 ×",
        ),
    ]
}

fn one_event<S: Store>(
    replica: &mut tongban_node::replica::Replica<S>,
    home: Home,
    name: DocumentName,
) -> Result<Appended, tongban_node::replica::ReplicaError> {
    let now = clock::now();
    let event = town::step(EventKind::FinishStep, now, 1);
    replica.append(now, home, vec![(name, vec![Edit::Event(event)])])
}

async fn many_writers(
    desk: &tongban_node::service::Desk,
    document: DocumentId,
    writers: u32,
    each: u32,
) -> u32 {
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..writers {
        let desk = desk.clone();
        tasks.spawn(async move {
            // A case of its own, as each clerk has hers.
            let name = desk
                .ask(move |engine| {
                    let rng = engine.rng().clone();
                    let mut rng = rng;
                    let name =
                        engine.replica().name_document(clock::now(), DocumentKind::Case, &mut rng);
                    *engine.rng() = rng;
                    name
                })
                .await
                .unwrap();
            for _ in 0..each {
                desk.write(move |replica, _| one_event(replica, document.home, name))
                    .await
                    .unwrap();
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    writers * each
}

fn bare_syncs(path: &std::path::Path, count: usize) -> Vec<f64> {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    let page = [7_u8; 4096];
    (0..count)
        .map(|_| {
            seconds(|| {
                file.write_all(&page).unwrap();
                rustix::fs::fdatasync(&file).unwrap();
            })
            .0
        })
        .collect()
}

pub(super) fn footprint(runtime: &Runtime) -> Vec<Row> {
    let (town, dir) = runtime.block_on(async {
        let town = Town::start();
        let dir = town.enrol(CENTRE).await;
        (town, dir)
    });
    town::file_cases(&dir, CENTRE, 10_000, 13);
    let (_, mut replica) = open_replica(&dir, STORE).unwrap();
    let unsent = replica.store().bytes_on_disk().unwrap();
    let raw: u64 = replica
        .frontier()
        .iter()
        .map(|(journal, end)| {
            (1..=end.number)
                .map(|n| replica.entry_bytes(*journal, n).unwrap().unwrap().len() as u64)
                .sum::<u64>()
        })
        .sum();
    for (journal, end) in replica.frontier().clone() {
        replica.parent_holds(journal, end.number).unwrap();
    }
    replica.commit().unwrap();
    let disk = replica.store().bytes_on_disk().unwrap();
    drop(replica);
    // In a process of its own, so that no memory of this one is counted or used again.
    let serve = || -> Vec<u64> {
        let mut serving = std::process::Command::new(std::env::current_exe().unwrap());
        let served = serving.args([SERVE, dir.to_str().unwrap()]).output().unwrap();
        let served = String::from_utf8(served.stdout).unwrap();
        served.split_whitespace().map(|word| word.parse().unwrap()).collect()
    };
    serve(); // Ten thousand cases at once are counted once in the life of a machine, if ever.
    let served = serve();
    runtime.block_on(town.hub.service.stop());
    let (_, counted) = open_replica(&dir, STORE).unwrap();
    let counted = counted.store().bytes_on_disk().unwrap();
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let times = |bytes: u64| format!("{:.2} × ({} MB)", bytes as f64 / raw as f64, bytes >> 20);
    vec![
        row(
            "one node, 10,000 cases of 13 entries: resident memory",
            format!("{} MB", served[1] / 1024),
            "80 MB",
        ),
        row(
            "the same: start to serving",
            format!("{:.2} s", f64::from(u32::try_from(served[0]).unwrap()) / 1e3),
            "1 s",
        ),
        row(
            "the same: disk, as a multiple of the bytes of its entries, once a parent holds them",
            times(disk),
            "1.6 ×",
        ),
        row("the same with facts, briefs and snapshots of all cases", times(counted), "none"),
        row("the same while the outbox holds every entry a second time", times(unsent), "none"),
    ]
}

/// The word behind which the program serves a directory and prints milliseconds and kB.
pub(super) const SERVE: &str = "footprint-serve";

/// Opens and serves a node's directory until every case is counted; returns how long the opening
/// took in ms, and the memory in kB.
pub(super) fn serve(runtime: &Runtime, dir: &std::path::Path) -> (u64, u64) {
    runtime.block_on(async {
        let start = steady_ms();
        let service = town::node(dir, vec!["127.0.0.1:9".to_owned()]);
        service.desk().ask(|engine| engine.replica().frontier().len()).await.unwrap();
        let served = steady_ms() - start;
        let mut is_left = true;
        while is_left {
            // Cases are counted while nobody asks for anything.
            tokio::time::timeout(Duration::from_secs(2), std::future::pending::<()>()).await.ok();
            is_left = service.desk().ask(|engine| engine.replica().is_uncounted()).await.unwrap();
        }
        let resident = resident_kb();
        service.stop().await;
        (served, resident)
    })
}

/// Resident memory of this process, in kB.
pub(super) fn resident_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}

/// Processor time of this process so far, in seconds.
pub(super) fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = stat.rsplit(") ").next().unwrap_or_default();
    let ticks: Vec<f64> =
        after.split_whitespace().skip(11).take(2).filter_map(|t| t.parse().ok()).collect();
    ticks.iter().sum::<f64>() / 100.0
}
