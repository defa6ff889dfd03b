//! 时限: limits, pauses, and the walk from the day of an event to the last day of its limit.
//!
//! The day of the event is not counted (民法典 201). Limits of 行政许可法 are working days (82);
//! a limit in calendar days that ends on a day off ends on the next working day (民法典 203).
//! While a special procedure lasts nothing is counted (行政许可法 45): the day on which it starts
//! counts as used, the day on which it ends does not.

#[cfg(test)]
mod tests;

use std::fmt;

use jiff::civil::{Date, date};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, DayType, Due, days_after};

/// Longest limit, in its own unit: ten years of days.
pub const LIMIT_MAX: u16 = 3_660;

/// Days that a walk may take: ten years of working days with every pause of a case between.
const WALK_DAYS_MAX: usize = 40 * 366;

/// How long something may take.
#[derive(Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    /// 工作日; none of them is 即办, the same day.
    #[n(0)]
    WorkingDays(#[n(0)] u16),
    /// 日, 自然日.
    #[n(1)]
    Days(#[n(0)] u16),
    /// 小时: for steps within a day; 24 of them are one working day, as guides add them up.
    #[n(2)]
    Hours(#[n(0)] u16),
    /// 期日: by that day of the year, each year.
    #[n(3)]
    By(#[n(0)] YearDay),
}

/// A day that comes every year.
#[derive(Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, PartialEq, Serialize)]
pub struct YearDay {
    /// 1 to 12.
    #[n(0)]
    pub month: i8,
    /// From 1; the last of February where there is no 29th.
    #[n(1)]
    pub day: i8,
}

impl Limit {
    /// The same with `days` more, working days where it counts such.
    #[must_use]
    pub const fn plus(self, days: u16) -> Self {
        match self {
            Self::WorkingDays(count) => Self::WorkingDays(count.saturating_add(days)),
            Self::Days(count) => Self::Days(count.saturating_add(days)),
            Self::Hours(count) => Self::WorkingDays((count / 24).saturating_add(days)),
            Self::By(day) => Self::By(day),
        }
    }

    /// The same in English, for an error message.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Self::WorkingDays(0) => "the same day".to_owned(),
            Self::WorkingDays(1) => "1 working day".to_owned(),
            Self::WorkingDays(count) => format!("{count} working days"),
            Self::Days(1) => "1 day".to_owned(),
            Self::Days(count) => format!("{count} days"),
            Self::Hours(1) => "1 hour".to_owned(),
            Self::Hours(count) => format!("{count} hours"),
            Self::By(YearDay { month, day }) => format!("by {month:02}-{day:02} of each year"),
        }
    }

    /// True up to [`LIMIT_MAX`].
    #[must_use]
    pub const fn is_bounded(self) -> bool {
        match self {
            Self::WorkingDays(count) | Self::Days(count) => count <= LIMIT_MAX,
            Self::Hours(_) | Self::By(_) => true,
        }
    }

    /// Its length in working days, for sums and ratios; five of seven calendar days are worked.
    ///
    /// `None` for a day of the year, which has no length.
    #[must_use]
    pub fn in_working_days(self) -> Option<f64> {
        match self {
            Self::WorkingDays(count) => Some(f64::from(count)),
            Self::Days(count) => Some(f64::from(count) * 5.0 / 7.0),
            Self::Hours(count) => Some(f64::from(count) / 24.0),
            Self::By(_) => None,
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkingDays(0) => f.write_str("即办"),
            Self::WorkingDays(count) => write!(f, "{count} 个工作日"),
            Self::Days(count) => write!(f, "{count} 日"),
            Self::Hours(count) => write!(f, "{count} 小时"),
            Self::By(YearDay { month, day }) => write!(f, "每年 {month} 月 {day} 日前"),
        }
    }
}

/// A span in which nothing is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Pause {
    /// The day on which it starts, which counts.
    pub from: Date,
    /// The day on which it ends, which does not count; `None` while it lasts.
    pub to: Option<Date>,
}

impl Pause {
    fn holds(&self, day: Date) -> bool {
        self.from < day && self.to.is_none_or(|to| day <= to)
    }
}

/// Why a day counts, or does not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DayCount {
    /// It is the n-th day of the limit.
    Counts(u16),
    /// It is the n-th, a weekend day worked in exchange.
    MakeUp(u16),
    /// Saturday or Sunday.
    Weekend,
    /// A festival.
    Holiday,
    /// A special procedure lasts.
    Paused,
    /// The limit would end here, on a day off, and ends on the next working day.
    Rolled,
}

/// One day of the walk.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Step {
    /// The day.
    pub date: Date,
    /// Why it counts, or does not.
    pub count: DayCount,
    /// True where no notice of its year is known.
    pub provisional: bool,
}

/// Walks from the day of an event through the days of a limit; the last step is the last day.
///
/// The walk of a limit of none, and of a day of the year, is empty. A walk into a pause that still
/// lasts has no end: it stops after the last day that was counted.
pub fn walk<'a>(
    calendar: &'a Calendar,
    began: Date,
    limit: Limit,
    pauses: &'a [Pause],
) -> impl Iterator<Item = Step> + 'a {
    let (wanted, in_working_days) = match limit {
        Limit::WorkingDays(count) => (count, true),
        Limit::Days(count) => (count, false),
        Limit::Hours(count) => (count / 24, true),
        Limit::By(_) => (0, true),
    };
    let lasts = |day: Date| pauses.iter().any(|pause| pause.to.is_none() && pause.from < day);
    let mut used = 0;
    let mut is_over = wanted == 0;
    days_after(began).take(WALK_DAYS_MAX).map_while(move |date| {
        if is_over || lasts(date) {
            return None;
        }
        let (kind, is_published) = calendar.day(date);
        let is_last = used + 1 == wanted;
        let count = if pauses.iter().any(|pause| pause.holds(date)) {
            DayCount::Paused
        } else if kind.is_working() || (!in_working_days && !is_last) {
            used += 1;
            is_over = used == wanted;
            if kind == DayType::MakeUp { DayCount::MakeUp(used) } else { DayCount::Counts(used) }
        } else if !in_working_days {
            DayCount::Rolled
        } else if kind == DayType::Weekend {
            DayCount::Weekend
        } else {
            DayCount::Holiday
        };
        Some(Step { date, count, provisional: !is_published })
    })
}

/// Returns the last day of a limit, or `None` while a pause lasts that began before it.
#[must_use]
pub fn last_day(calendar: &Calendar, began: Date, limit: Limit, pauses: &[Pause]) -> Option<Due> {
    match limit {
        Limit::WorkingDays(0) | Limit::Days(0) => {
            return Some(Due { date: began, provisional: false });
        }
        Limit::Hours(hours) if hours < 24 => return Some(Due { date: began, provisional: false }),
        Limit::By(day) => return Some(calendar.roll(day.on_or_after(began))),
        Limit::WorkingDays(_) | Limit::Days(_) | Limit::Hours(_) => {}
    }
    let (mut due, mut is_reached) = (Due { date: began, provisional: false }, false);
    let wanted = match limit {
        Limit::WorkingDays(count) | Limit::Days(count) => count,
        Limit::Hours(count) => count / 24,
        Limit::By(_) => 0,
    };
    for step in walk(calendar, began, limit, pauses) {
        due = Due { date: step.date, provisional: due.provisional || step.provisional };
        is_reached = matches!(step.count, DayCount::Counts(n) | DayCount::MakeUp(n) if n == wanted);
    }
    is_reached.then_some(due)
}

/// Counts the days of a limit's kind that were used after `began`, up to and with `until`.
#[must_use]
pub fn used_days(
    calendar: &Calendar,
    (began, until): (Date, Date),
    limit: Limit,
    pauses: &[Pause],
) -> u32 {
    let days = |from: Date, to: Date| match limit {
        Limit::Days(_) => u32::try_from(from.until(to).map_or(0, |it| it.get_days())).unwrap_or(0),
        Limit::WorkingDays(_) | Limit::Hours(_) | Limit::By(_) => calendar.working_days(from, to),
    };
    let mut used = days(began, until);
    let mut pauses = pauses.to_vec();
    pauses.sort_unstable_by_key(|pause| pause.from);
    // What was paused already counts once, where pauses overlap.
    let mut paused_until = began;
    for Pause { from, to } in pauses {
        let (from, to) = (from.max(paused_until), to.map_or(until, |to| to.min(until)));
        if from < to {
            used = used.saturating_sub(days(from, to));
            paused_until = to;
        }
    }
    used
}

impl YearDay {
    /// This day in the year of `from`, or in the next where it has passed.
    fn on_or_after(self, from: Date) -> Date {
        let of = |year: i16| {
            let first = date(year, 1, 1).with().month(self.month.clamp(1, 12)).build();
            let month = first.unwrap_or(Date::MAX);
            month.with().day(self.day.clamp(1, month.days_in_month())).build().unwrap_or(month)
        };
        let this = of(from.year());
        if this >= from { this } else { of(from.year().saturating_add(1).min(9_999)) }
    }
}
