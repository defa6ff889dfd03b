//! Instants and hybrid logical time; the clock itself is elsewhere.

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// Offset of Asia/Shanghai from UTC, in milliseconds; no summer time since 1991.
pub const SHANGHAI_OFFSET_MS: i64 = 8 * 3_600_000;

/// An instant: milliseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone,
    Copy,
    Decode,
    Default,
    Deserialize,
    Encode,
    Eq,
    Hash,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
)]
#[cbor(transparent)]
#[serde(transparent)]
pub struct Timestamp(#[n(0)] pub i64);

impl Timestamp {
    /// This instant and `ms` milliseconds more; stops at the end of time.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this instant; negative when it is later.
    #[must_use]
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// As people read it, in Asia/Shanghai: `2026-11-30 19:27`; the number itself outside the years
    /// 1 to 9999.
    #[must_use]
    pub fn to_minute(self) -> String {
        let text = self.to_string();
        text.get(..16).filter(|_| text.ends_with("+08:00")).unwrap_or(&text).replacen('T', " ", 1)
    }

    /// The civil day in Asia/Shanghai, counted from 1970-01-01.
    #[must_use]
    pub const fn shanghai_day(self) -> i64 {
        self.0.saturating_add(SHANGHAI_OFFSET_MS).div_euclid(86_400_000)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in Asia/Shanghai, to the second; the number itself outside the years 1 to 9999.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(instant) = jiff::Timestamp::from_millisecond(self.0) else {
            return write!(f, "{} ms", self.0);
        };
        let offset = jiff::tz::Offset::constant(8);
        let text = offset.to_datetime(instant).strftime("%Y-%m-%dT%H:%M:%S+08:00").to_string();
        f.pad(&text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timestamp({self})")
    }
}

/// Hybrid logical time: 48 bits of milliseconds since 1970, 16 bits of counter.
///
/// Totally ordered along each machine's own entries and along every message between machines,
/// whatever their clocks say.
#[derive(Clone, Copy, Decode, Default, Encode, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[cbor(transparent)]
pub struct HybridTime(#[n(0)] pub u64);

impl HybridTime {
    /// The milliseconds part as an instant.
    #[must_use]
    pub fn instant(self) -> Timestamp {
        Timestamp(i64::try_from(self.0 >> 16).unwrap_or(i64::MAX))
    }

    /// The first hybrid time of an instant; instants before 1970 count as 1970.
    #[must_use]
    pub fn first_of(instant: Timestamp) -> Self {
        let ms = u64::try_from(instant.0).unwrap_or(0).min((1 << 48) - 1);
        Self(ms << 16)
    }

    /// The next hybrid time after this one that is not before `now`.
    #[must_use]
    pub fn next(self, now: Timestamp) -> Self {
        Self::first_of(now).max(Self(self.0.saturating_add(1)))
    }
}

impl fmt::Debug for HybridTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HybridTime({}+{})", self.instant(), self.0 & 0xffff)
    }
}

/// Hands out hybrid times that never repeat and never run back.
///
/// A peer's time more than [`CLOCK_AHEAD_MS_MAX`] ahead of `now` is not adopted: one wrong clock
/// must not drag a whole city into the future.
#[derive(Clone, Debug, Default)]
pub struct HybridClock {
    last: HybridTime,
}

/// How far ahead of the local clock a peer's time may be and still be adopted, in milliseconds.
pub const CLOCK_AHEAD_MS_MAX: i64 = 24 * 3_600_000;

impl HybridClock {
    /// Starts after `last`, the latest time found in the store.
    #[must_use]
    pub const fn after(last: HybridTime) -> Self {
        Self { last }
    }

    /// Returns a time after every time handed out or seen.
    pub fn tick(&mut self, now: Timestamp) -> HybridTime {
        self.last = self.last.next(now);
        self.last
    }

    /// The time that the next tick will give.
    #[must_use]
    pub fn peek(&self, now: Timestamp) -> HybridTime {
        self.last.next(now)
    }

    /// Takes note of a time seen in another machine's entry.
    pub fn see(&mut self, seen: HybridTime, now: Timestamp) {
        if seen.instant().ms_since(now) <= CLOCK_AHEAD_MS_MAX {
            self.last = self.last.max(seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_an_instant_to_the_minute() {
        assert_eq!(Timestamp(1_793_581_259_999).to_minute(), "2026-11-02 09:00");
        assert_eq!(Timestamp(i64::MAX).to_minute(), format!("{} ms", i64::MAX));
    }

    #[test]
    fn hybrid_time_runs_on_when_the_clock_runs_back() {
        let mut clock = HybridClock::default();
        let first = clock.tick(Timestamp(5_000));
        let second = clock.tick(Timestamp(1_000));
        assert!(second > first);
        assert_eq!(second.instant(), Timestamp(5_000));
    }

    #[test]
    fn a_peer_far_in_the_future_is_not_followed() {
        let mut clock = HybridClock::default();
        clock.see(HybridTime::first_of(Timestamp(CLOCK_AHEAD_MS_MAX + 2)), Timestamp(1));
        assert_eq!(clock.tick(Timestamp(1)).instant(), Timestamp(1));
    }

    #[test]
    fn an_instant_prints_in_the_citys_time() {
        assert_eq!(Timestamp(1_386_864_000_000).to_string(), "2013-12-13T00:00:00+08:00");
        assert_eq!(Timestamp(i64::MAX).to_string(), "9223372036854775807 ms");
    }

    #[test]
    fn the_civil_day_turns_at_midnight_in_shanghai() {
        assert_eq!(Timestamp(16 * 3_600_000 - 1).shanghai_day(), 0);
        assert_eq!(Timestamp(16 * 3_600_000).shanghai_day(), 1);
    }
}
