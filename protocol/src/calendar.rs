//! 工作日历: which days are worked, and the counting of days.
//!
//! A calendar is made of yearly notices of the State Council (《关于20XX年部分节假日安排的通知》).
//! Only such a notice makes a Saturday a working day. Outside the years whose notices are known
//! Monday to Friday are taken as worked, 1 January excepted, and what was counted there is
//! provisional.

mod almanac;
mod hours;
mod notice;
#[cfg(test)]
mod tests;

use jiff::civil::{Date, Weekday};

pub use almanac::{Almanac, Moved};
pub use hours::{DayEnd, OfficeHours};
pub use notice::{Exception, NoticeError, YearNotice};

use crate::time::Timestamp;

/// What kind of day a date is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum DayType {
    /// Monday to Friday, worked.
    Workday,
    /// Saturday or Sunday, worked in exchange for a day off (调休).
    MakeUp,
    /// Saturday or Sunday, not worked.
    Weekend,
    /// Monday to Friday, not worked.
    Holiday,
}

impl DayType {
    /// True when offices work on such a day.
    #[must_use]
    pub const fn is_working(self) -> bool {
        match self {
            Self::Workday | Self::MakeUp => true,
            Self::Weekend | Self::Holiday => false,
        }
    }
}

/// The last day of a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Due {
    /// The day.
    pub date: Date,
    /// True when counting to it crossed a year without a notice: the day may still move.
    pub provisional: bool,
}

/// The working days of the years whose notices are known; an estimate beyond them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Calendar {
    /// In the order of their years.
    years: Vec<YearNotice>,
}

impl Calendar {
    /// Takes a notice in; one for a year that is known already replaces the earlier one.
    pub fn take(&mut self, notice: YearNotice) {
        match self.years.binary_search_by_key(&notice.year(), YearNotice::year) {
            Ok(at) => self.years[at] = notice,
            Err(at) => self.years.insert(at, notice),
        }
    }

    /// The notices, by year.
    pub fn notices(&self) -> impl Iterator<Item = &YearNotice> {
        self.years.iter()
    }

    /// The notice of a year. Years mostly follow each other without a gap, so its place is known.
    fn notice(&self, year: i16) -> Option<&YearNotice> {
        let first = self.years.first()?.year();
        let at = usize::try_from(i32::from(year) - i32::from(first)).ok()?;
        match self.years.get(at) {
            Some(notice) if notice.year() == year => Some(notice),
            _ => {
                let found = self.years.binary_search_by_key(&year, YearNotice::year);
                found.ok().and_then(|at| self.years.get(at))
            }
        }
    }

    /// Returns true when the notice of that day's year is known.
    #[must_use]
    pub fn is_published(&self, date: Date) -> bool {
        self.notice(date.year()).is_some()
    }

    /// Returns what kind of day a date is; an estimate where no notice is known.
    #[must_use]
    pub fn day_type(&self, date: Date) -> DayType {
        self.day(date).0
    }

    /// What kind of day a date is, and whether the notice of its year is known.
    pub(crate) fn day(&self, date: Date) -> (DayType, bool) {
        let weekend = is_weekend(date);
        let notice = self.notice(date.year());
        let said = match notice {
            Some(notice) => notice.exception(date),
            None => ((date.month(), date.day()) == (1, 1)).then_some(Exception::Holiday),
        };
        let kind = match said {
            Some(Exception::MakeUp) => DayType::MakeUp,
            Some(Exception::Holiday) | None if weekend => DayType::Weekend,
            Some(Exception::Holiday) => DayType::Holiday,
            None => DayType::Workday,
        };
        (kind, notice.is_some())
    }

    /// Returns true when offices work on that day; an estimate where no notice is known.
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        self.day_type(date).is_working()
    }

    /// Returns the festival for which a day is off or worked in exchange, such as 春节.
    #[must_use]
    pub fn festival(&self, date: Date) -> Option<&str> {
        self.notice(date.year())?.festival(date)
    }

    /// Returns the last day of a limit of `working_days` that began on `began`.
    ///
    /// The day of the event is not counted, worked or not (民法典 201); a limit of none ends that
    /// same day. A limit that would run past the year 9999 ends with it.
    #[must_use]
    pub fn due(&self, began: Date, working_days: u16) -> Due {
        let mut due = Due { date: began, provisional: false };
        let mut left = working_days;
        while left > 0 {
            let Ok(next) = due.date.tomorrow() else {
                return Due { provisional: true, ..due };
            };
            let (kind, is_published) = self.day(next);
            due = Due { date: next, provisional: due.provisional || !is_published };
            left -= u16::from(kind.is_working());
        }
        due
    }

    /// Returns `date`, or the first working day after it (民法典 203).
    #[must_use]
    pub fn roll(&self, date: Date) -> Due {
        let mut due = Due { date, provisional: !self.is_published(date) };
        while !self.is_working(due.date) {
            let Ok(next) = due.date.tomorrow() else { return Due { provisional: true, ..due } };
            due = Due { date: next, provisional: due.provisional || !self.is_published(next) };
        }
        due
    }

    /// Counts the working days after `from`, up to and with `to`; none where `to` is not later.
    ///
    /// Whole weeks are not walked: what happened long ago costs no more than what happened today.
    #[must_use]
    pub fn working_days(&self, from: Date, to: Date) -> u32 {
        let Ok(days) = u32::try_from(from.until(to).map_or(0, |span| span.get_days())) else {
            return 0;
        };
        let rest = days_after(from).take((days % 7) as usize).filter(|day| !is_weekend(*day));
        let mut worked = i64::from(days / 7 * 5) + i64::try_from(rest.count()).unwrap_or(0);
        for year in from.year()..=to.year() {
            worked += match self.notice(year) {
                Some(notice) => notice.shift(from, to),
                None => {
                    let in_span = |day: &Date| from < *day && *day <= to;
                    let first = Date::new(year, 1, 1).ok().filter(in_span);
                    first.map_or(0, |day| Exception::Holiday.shift(day))
                }
            };
        }
        u32::try_from(worked).unwrap_or(0)
    }
}

/// The days after `day`, one by one, to the end of the year 9999.
pub(crate) fn days_after(day: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(day.tomorrow().ok(), |day| day.tomorrow().ok())
}

/// The civil day of an instant in Asia/Shanghai; the first or last day there is, outside the
/// years 1 to 9999.
#[must_use]
pub fn civil_day(instant: Timestamp) -> Date {
    let bound = if instant.0 < 0 { Date::MIN } else { Date::MAX };
    jiff::Timestamp::from_millisecond(instant.0)
        .map_or(bound, |it| jiff::tz::Offset::constant(8).to_datetime(it).date())
}

pub(super) fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}
