//! What becomes of a datagram, and the order in which delayed ones leave.

use std::{cmp::Ordering, collections::BinaryHeap, time::Duration};

use rand_core::Rng;
use tokio::time::Instant;

use super::Weather;

/// One direction's bottleneck: at the stated rate, one datagram after the other.
#[derive(Debug)]
pub(super) struct Bottleneck {
    free_at: Instant,
}

impl Bottleneck {
    pub(super) const fn new(now: Instant) -> Self {
        Self { free_at: now }
    }

    /// Returns when a datagram that comes now arrives; `None` if it never does.
    pub(super) fn arrival(
        &mut self,
        now: Instant,
        bytes: usize,
        weather: &Weather,
        dice: &mut impl Rng,
    ) -> Option<Instant> {
        let threshold = weather.loss_percent / 100.0 * DICE_SIDES;
        if weather.cut || f64::from(dice.next_u32()) < threshold {
            return None;
        }
        let mut through_at = now;
        if let Some(rate) = weather.rate_bytes_per_second {
            let start = self.free_at.max(now);
            if start - now > WAIT_MAX {
                return None;
            }
            let micros = (bytes as u64).saturating_mul(1_000_000) / rate.max(1);
            through_at = start + Duration::from_micros(micros.min(MICROS_MAX));
            self.free_at = through_at;
        }
        Some(through_at + weather.one_way_delay)
    }
}

/// Datagrams on their way, the soonest first; those due at one time keep their order.
#[derive(Debug)]
pub(super) struct Queue<T> {
    waiting: BinaryHeap<Waiting<T>>,
    bytes: usize,
    next_number: u64,
}

#[derive(Debug)]
struct Waiting<T> {
    due: Instant,
    number: u64,
    bytes: usize,
    datagram: T,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { waiting: BinaryHeap::new(), bytes: 0, next_number: 0 }
    }
}

impl<T> Queue<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds a datagram unless the queue is full; tells whether it did.
    #[must_use]
    pub(super) fn push(&mut self, due: Instant, bytes: usize, datagram: T) -> bool {
        if self.bytes + bytes > QUEUE_BYTES_MAX {
            return false;
        }
        self.bytes += bytes;
        self.waiting.push(Waiting { due, number: self.next_number, bytes, datagram });
        self.next_number += 1;
        true
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        self.waiting.peek().map(|waiting| waiting.due)
    }

    /// Returns the first datagram if it is due.
    pub(super) fn peek_due(&self, now: Instant) -> Option<&T> {
        let first = self.waiting.peek()?;
        (first.due <= now).then_some(&first.datagram)
    }

    pub(super) fn pop(&mut self) {
        if let Some(gone) = self.waiting.pop() {
            self.bytes -= gone.bytes;
        }
    }
}

impl<T> Ord for Waiting<T> {
    /// The heap gives the greatest first, so sooner is greater.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.due, other.number).cmp(&(self.due, self.number))
    }
}

impl<T> PartialOrd for Waiting<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Waiting<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Waiting<T> {}

/// How long a datagram may wait for the bottleneck.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// A datagram of 64 kB at one byte a second; keeps times far from overflow.
const MICROS_MAX: u64 = 65_536 * 1_000_000;

/// Bound of what one relay holds, both directions together.
const QUEUE_BYTES_MAX: usize = 16 << 20;

/// As many as there are `u32`.
const DICE_SIDES: f64 = 4_294_967_296.0;

#[cfg(test)]
mod tests {
    use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};

    use super::*;

    fn arrivals(weather: Weather, datagrams: usize) -> Vec<Option<u128>> {
        let (now, mut dice) = (Instant::now(), ChaCha8Rng::seed_from_u64(5));
        let mut bottleneck = Bottleneck::new(now);
        let mut arrival = |_| bottleneck.arrival(now, 1_000, &weather, &mut dice);
        (0..datagrams).map(&mut arrival).map(|at| at.map(|at| (at - now).as_millis())).collect()
    }

    #[test]
    fn fair_weather_holds_nothing_up() {
        assert_eq!(arrivals(Weather::default(), 2), [Some(0), Some(0)]);
    }

    #[test]
    fn a_narrow_link_spaces_datagrams_out_and_drops_what_waits_over_a_second() {
        let narrow = Weather {
            one_way_delay: Duration::from_millis(150),
            rate_bytes_per_second: Some(4_000),
            ..Weather::default()
        };
        let expected = [Some(400), Some(650), Some(900), Some(1_150), Some(1_400), None, None];
        assert_eq!(arrivals(narrow, 7), expected);
        let stopped = Weather { rate_bytes_per_second: Some(0), ..narrow };
        assert_eq!(arrivals(stopped, 3)[1..], [None, None]);
    }

    #[test]
    fn loss_is_as_frequent_as_stated_and_cut_is_total() {
        let lossy = Weather { loss_percent: 10.0, ..Weather::default() };
        let lost = arrivals(lossy, 20_000).iter().filter(|at| at.is_none()).count();
        assert!((1_900..2_100).contains(&lost), "{lost} of 20000 lost");
        let always = Weather { loss_percent: 100.0, ..Weather::default() };
        assert_eq!(arrivals(always, 3), [None; 3]);
        assert_eq!(arrivals(Weather { cut: true, ..Weather::default() }, 3), [None; 3]);
    }

    #[test]
    fn the_queue_keeps_the_order_of_what_is_due_together_and_its_bound() {
        let (now, mut queue) = (Instant::now(), Queue::default());
        for (due_ms, name) in [(2, "c"), (1, "a"), (1, "b")] {
            assert!(queue.push(now + Duration::from_millis(due_ms), 1, name));
        }
        assert_eq!(queue.peek_due(now), None);
        let mut order = String::new();
        while let Some(name) = queue.peek_due(now + Duration::from_millis(2)) {
            order.push_str(name);
            queue.pop();
        }
        assert_eq!(order, "abc");
        assert!(queue.push(now, QUEUE_BYTES_MAX, "large"));
        assert!(!queue.push(now, 1, "one too many"));
        queue.pop();
        assert!(queue.is_empty() && queue.push(now, 1, "fits again"));
    }
}
