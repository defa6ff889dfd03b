//! How long to wait before the next try.

use rand_core::Rng;

/// Exponential pauses with full jitter, so that a hundred townships do not return in one second.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Backoff {
    /// The shortest pause, in milliseconds.
    pub pause_ms_min: u64,
    /// The longest pause, in milliseconds; it wins if it is below the shortest.
    pub pause_ms_max: u64,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { pause_ms_min: 1_000, pause_ms_max: 120_000 }
    }
}

impl Backoff {
    /// Returns the pause after so many failures in a row, in milliseconds.
    ///
    /// It is drawn evenly between the shortest pause and that pause doubled with every failure.
    pub fn pause_ms(&self, failures: u32, rng: &mut impl Rng) -> u64 {
        let doubled = self.pause_ms_min.saturating_mul(1 << failures.min(FAILURES_COUNTED_MAX));
        let ceiling = doubled.min(self.pause_ms_max);
        let floor = self.pause_ms_min.min(ceiling);
        // The remainder favours small values by less than one in 2^32: the span is milliseconds.
        floor + rng.next_u64() % (ceiling - floor).saturating_add(1)
    }
}

/// More doublings would say nothing new and overflow the shift.
const FAILURES_COUNTED_MAX: u32 = 32;

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};

    use super::*;

    fn spread(backoff: Backoff, failures: u32) -> (u64, u64) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let pauses: Vec<_> = (0..2_000).map(|_| backoff.pause_ms(failures, &mut rng)).collect();
        (*pauses.iter().min().unwrap(), *pauses.iter().max().unwrap())
    }

    #[test]
    fn pauses_spread_over_the_whole_doubling_range() {
        let backoff = Backoff { pause_ms_min: 100, pause_ms_max: 1_000 };
        assert_eq!(spread(backoff, 0), (100, 100));
        assert_eq!(spread(backoff, 1), (100, 200));
        assert_eq!(spread(backoff, 2), (100, 400));
        let (shortest, longest) = spread(backoff, 9);
        assert!(shortest < 105 && longest > 995 && longest <= 1_000, "{shortest} to {longest}");
    }

    #[test]
    fn pauses_stay_in_bounds_after_four_billion_failures() {
        let (_, longest) = spread(Backoff::default(), u32::MAX);
        assert!(longest <= 120_000);
        let never = Backoff { pause_ms_min: u64::MAX, pause_ms_max: u64::MAX };
        assert_eq!(spread(never, 3), (u64::MAX, u64::MAX));
        assert_eq!(spread(Backoff { pause_ms_min: 0, pause_ms_max: 0 }, 3), (0, 0));
        assert_eq!(spread(Backoff { pause_ms_min: 9, pause_ms_max: 5 }, 3), (5, 5));
    }
}
