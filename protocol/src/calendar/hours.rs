//! 办公时间: when on a working day somebody is at work, and how far so many working minutes reach.

use std::fmt;

use minicbor::{Decode, Encode};

use super::{Calendar, civil_day};
use crate::time::{SHANGHAI_OFFSET_MS, Timestamp};

/// The hours of an office, in minutes after midnight.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct OfficeHours {
    #[n(0)]
    opens_min: u16,
    #[n(1)]
    closes_min: u16,
}

impl Default for OfficeHours {
    /// 09:00 to 17:00.
    fn default() -> Self {
        Self { opens_min: 9 * 60, closes_min: 17 * 60 }
    }
}

impl fmt::Display for OfficeHours {
    /// `09:00–17:00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [opens, closes] = [self.opens_min, self.closes_min].map(|min| (min / 60, min % 60));
        write!(f, "{:02}:{:02}–{:02}:{:02}", opens.0, opens.1, closes.0, closes.1)
    }
}

/// When a last day ends for whoever must act on it (民法典 203: at 24:00, or where there are office
/// hours when they end).
#[derive(Clone, Copy, Debug, Decode, Default, Encode, Eq, PartialEq)]
#[cbor(index_only)]
pub enum DayEnd {
    /// 24:00.
    #[default]
    #[n(0)]
    Midnight,
    /// 下班: what is done after the offices have closed counts on the next working day.
    #[n(1)]
    Closing,
}

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;

/// Days walked before the end is given up: longer than any holiday, many times over.
const DAYS_MAX: usize = 366;

impl OfficeHours {
    /// Hours that begin before they end, within one day.
    #[must_use]
    pub const fn new(opens_min: u16, closes_min: u16) -> Option<Self> {
        let is_sound = opens_min < closes_min && closes_min <= 24 * 60;
        if is_sound { Some(Self { opens_min, closes_min }) } else { None }
    }

    /// True for an instant of a day after these hours have ended.
    #[must_use]
    pub fn are_over(self, at: Timestamp) -> bool {
        at.0.saturating_add(SHANGHAI_OFFSET_MS).rem_euclid(DAY_MS)
            >= i64::from(self.closes_min) * MINUTE_MS
    }

    /// When these hours begin and end on the day, counted from 1970-01-01 in Asia/Shanghai, as
    /// [`Timestamp::shanghai_day`] does.
    #[must_use]
    pub fn of(self, shanghai_day: i64) -> (Timestamp, Timestamp) {
        let midnight = Timestamp(shanghai_day.saturating_mul(DAY_MS) - SHANGHAI_OFFSET_MS);
        let after = |minutes: u16| midnight.plus_ms(i64::from(minutes) * MINUTE_MS);
        (after(self.opens_min), after(self.closes_min))
    }

    /// The instant at which so many working minutes have gone by since `from`; the end of time
    /// where a year is not enough.
    #[must_use]
    pub fn reach(self, calendar: &Calendar, from: Timestamp, minutes: u32) -> Timestamp {
        let never = Timestamp(i64::MAX);
        let mut left_ms = i64::from(minutes) * MINUTE_MS;
        let mut day = civil_day(from);
        let mut midnight = from.shanghai_day() * DAY_MS - SHANGHAI_OFFSET_MS;
        for _ in 0..DAYS_MAX {
            if calendar.is_working(day) {
                let opens = (midnight + i64::from(self.opens_min) * MINUTE_MS).max(from.0);
                let closes = midnight + i64::from(self.closes_min) * MINUTE_MS;
                if closes.saturating_sub(opens) >= left_ms {
                    return Timestamp(opens + left_ms);
                }
                left_ms -= closes.saturating_sub(opens).max(0);
            }
            let Ok(next) = day.tomorrow() else { return never };
            day = next;
            midnight += DAY_MS;
        }
        never
    }
}
