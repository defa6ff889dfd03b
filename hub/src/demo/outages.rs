//! Outages by chance: now this county is cut off, now that one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use tokio::sync::watch;

use super::site::{Outage, Skies};

/// What has been cut so far.
#[derive(Debug, Default)]
pub(super) struct OutageCount(AtomicU64);

impl OutageCount {
    pub(super) fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Cuts one county after the other, with pauses, until `over` is true; then all links are up.
pub(super) async fn run(
    skies: Arc<Skies>,
    seed: u64,
    count: Arc<OutageCount>,
    mut over: watch::Receiver<bool>,
) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed ^ SALT);
    let counties = skies.counties();
    let mut turn = pick(&mut dice, counties.len() as u64);
    loop {
        let pause = PAUSE_MS_MIN + pick(&mut dice, PAUSE_MS_SPAN);
        if is_over_within(&mut over, pause).await {
            return;
        }
        let Some(county) = usize::try_from(turn).ok().and_then(|at| counties.get(at)) else {
            return; // There is no county.
        };
        turn = (turn + 1) % counties.len() as u64;
        let outage = match pick(&mut dice, 4) {
            0 => Outage::Uplink,
            1 => Outage::All,
            _ => Outage::County,
        };
        let length = LENGTH_MS_MIN + pick(&mut dice, LENGTH_MS_SPAN);
        tracing::info!(%county, ?outage, ms = length, "a county is cut off");
        count.0.fetch_add(1, Relaxed);
        skies.cut(*county, outage);
        let is_over = is_over_within(&mut over, length).await;
        skies.restore(*county);
        if is_over {
            return;
        }
    }
}

async fn is_over_within(over: &mut watch::Receiver<bool>, ms: u64) -> bool {
    let waited = over.wait_for(|over| *over);
    // An error means that nobody is left to say so, which is the same.
    tokio::time::timeout(Duration::from_millis(ms), waited).await.is_ok()
}

fn pick(dice: &mut ChaCha8Rng, below: u64) -> u64 {
    dice.next_u64() % below.max(1)
}

/// Keeps the outages' dice apart from those of the links and the cases.
const SALT: u64 = 0x6f75_7461_6765_7321;

const PAUSE_MS_MIN: u64 = 2_000;
const PAUSE_MS_SPAN: u64 = 5_000;

/// Longer than the links' idle timeout, so that townships turn to the city.
const LENGTH_MS_MIN: u64 = 8_000;
const LENGTH_MS_SPAN: u64 = 8_000;
