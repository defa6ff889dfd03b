//! How large a world is and how bad its weather.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// Size and weather of a world.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Counties below the city.
    pub counties: usize,
    /// Townships below each county.
    pub townships: usize,
    /// How long things break, in milliseconds.
    pub storm_ms: i64,
    /// Mean pause between two commands at one counter, in milliseconds.
    pub work_pause_ms: i64,
    /// Longest delay of a frame on the worst route, in milliseconds.
    pub delay_ms_max: i64,
    /// Share of frames that must be sent again on the worst route, in percent.
    pub loss_percent_max: i64,
    /// Links that break.
    pub cuts: i64,
    /// Routes that are down for a while, each.
    pub outages: i64,
    /// Machines that lose power, each at a moment of its own.
    pub crashes: i64,
    /// Disks that are full for a while.
    pub full_disks: i64,
    /// Commits that fail with nobody knowing whether the batch is on the disk.
    pub failed_syncs: i64,
    /// Disks that are set aside or replaced, where one failure alone would not lose anything.
    pub lost_disks: i64,
    /// Clocks that jump.
    pub clock_jumps: i64,
    /// Machines that do what they must not, each in a township of its own.
    pub dishonest: i64,
    /// Disks say that they have written what they have not: the checker must notice.
    pub disks_lie: bool,
}

impl Plan {
    /// The plan of a seed: two counties with three townships each, in weather from calm to wild.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut rng = ChaCha12Rng::seed_from_u64(seed ^ 0x0057_4541_5448_4552);
        let mut up_to = |most: u64| i64::try_from(rng.next_u64() % (most + 1)).unwrap_or(i64::MAX);
        Self {
            counties: 2,
            townships: 3,
            storm_ms: 120_000,
            work_pause_ms: 8_000 + up_to(8_000),
            delay_ms_max: 20 + up_to(600),
            loss_percent_max: up_to(30),
            cuts: up_to(20),
            outages: up_to(6),
            crashes: up_to(10),
            full_disks: up_to(3),
            failed_syncs: up_to(3),
            lost_disks: up_to(3),
            clock_jumps: up_to(2),
            dishonest: up_to(2),
            disks_lie: false,
        }
    }
}
