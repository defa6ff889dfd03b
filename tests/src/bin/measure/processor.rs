//! What the hub's processor does for each entry.

use tokio::runtime::Runtime;
use tongban_node::clock;
use tongban_node::entropy;
use tongban_node::service::open_replica;
use tongban_protocol::exchange::Want;
use tongban_protocol::identity::SigningKey;
use tongban_protocol::wire::Run;
use tongban_tests::town::{self, STORE, Town};

use super::disk::{processor_seconds, seconds};
use super::{Row, row};

const CENTRE: &str = "510921103";

pub(super) fn verify(runtime: &Runtime) -> Vec<Row> {
    let mut rows = Vec::new();
    for (cases, events, what) in
        [(1_000_u32, 13, "13 entries a case"), (10_000, 1, "1 entry a case")]
    {
        let (dir, town) = runtime.block_on(async {
            let town = Town::start();
            (town.enrol(CENTRE).await, town)
        });
        town::file_cases(&dir, CENTRE, cases as usize, events);
        let blocks = read_all(&dir);
        let hub_dir = town.dir.path().join("hub");
        runtime.block_on(town.hub.service.stop());
        let (_, mut hub) = open_replica(&hub_dir, STORE).unwrap();
        let mut rng = entropy::generator().unwrap();
        let entries: u32 =
            blocks.iter().flatten().map(|run| u32::try_from(run.entries.len()).unwrap()).sum();
        let before = processor_seconds();
        let (taken, ()) = seconds(|| {
            for runs in blocks {
                assert!(hub.ingest(clock::now(), runs, &mut rng).unwrap().is_empty());
                hub.commit().unwrap();
            }
        });
        let processor = processor_seconds() - before;
        let single = bare_verification();
        let rate = f64::from(entries) / processor;
        rows.push(row(
            format!("hub, {what}: verified and durable entries a second of processor, as a share of bare Ed25519 verifications"),
            format!("{:.0} % ({rate:.0} / {:.0}; {:.2} s wall)", 100.0 * rate * single, 1.0 / single, taken),
            "at least 40 %",
        ));
        if events == 1 {
            rows.push(row(
                "hub processor for 1,000 cases of one entry",
                format!("{:.0} ms", processor * 1e6 / f64::from(cases)),
                "150 ms",
            ));
        }
    }
    rows
}

fn read_all(dir: &std::path::Path) -> Vec<Vec<Run>> {
    let (_, replica) = open_replica(dir, STORE).unwrap();
    let mut blocks = Vec::new();
    for (journal, end) in replica.frontier() {
        let mut from = 1;
        while from <= end.number {
            let runs =
                replica.read_wants(&[Want { journal: *journal, from, to: end.number }]).unwrap();
            from = runs.last().map_or(u64::MAX, |run| run.last() + 1);
            blocks.push(runs);
        }
    }
    blocks
}

/// Seconds for one Ed25519 verification of a message of an entry's size.
fn bare_verification() -> f64 {
    let key = SigningKey::from_seed([3; 32]);
    let message = [5_u8; 400];
    let signature = key.sign(&message);
    let (taken, ok) = seconds(|| (0..2_000).all(|_| key.public().verifies(&signature, &message)));
    assert!(ok);
    taken / 2_000.0
}
