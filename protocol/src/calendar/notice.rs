//! The notice of one year.

use std::collections::BTreeMap;
use std::ops::Bound;

use jiff::civil::{Date, Weekday};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::is_weekend;

/// What a notice says of a day.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(index_only)]
pub enum Exception {
    /// 放假: not worked. A weekend within a festival may be named too; it makes no difference.
    #[n(0)]
    Holiday,
    /// 上班: a Saturday or Sunday that is worked.
    #[n(1)]
    MakeUp,
}

impl Exception {
    /// How many working days more a week has for it.
    pub(super) fn shift(self, day: Date) -> i64 {
        match self {
            Self::MakeUp => 1,
            Self::Holiday if is_weekend(day) => 0,
            Self::Holiday => -1,
        }
    }
}

/// Which days of a year are off, and which weekend days are worked.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct YearNotice {
    year: i16,
    days: BTreeMap<Date, (Exception, String)>,
    named: Named,
}

/// Which days of a year a notice names, a bit each: most days are not, and each is asked for often.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Named([u32; 13]);

impl Named {
    /// The place of a day: a word for each month from 1, a bit for each day from 1.
    fn place(date: Date) -> (usize, u32) {
        (usize::from(date.month().unsigned_abs()), 1 << date.day())
    }

    fn insert(&mut self, date: Date) {
        let (month, day) = Self::place(date);
        self.0[month] |= day;
    }

    fn holds(self, date: Date) -> bool {
        let (month, day) = Self::place(date);
        self.0[month] & day != 0
    }
}

/// Why a notice was refused.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoticeError {
    /// The day is of another year.
    #[error("{date} is not in the year {year}, of which the notice is")]
    OtherYear {
        /// The day.
        date: Date,
        /// The notice's year.
        year: i16,
    },
    /// The day is named twice.
    #[error("{0} is named twice")]
    Twice(Date),
    /// The day is worked anyway.
    #[error(
        "{date} is a {weekday:?}, which is worked anyway; only a Saturday or Sunday can be made up"
    )]
    MakeUpOnWeekday {
        /// The day.
        date: Date,
        /// Which it is.
        weekday: Weekday,
    },
    /// It says nothing: every year has holidays.
    #[error("the notice of {0} names no day")]
    Empty(i16),
}

impl NoticeError {
    /// What is wrong, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::OtherYear { date, year } => format!("{date} 不在通知所说的 {year} 年内"),
            Self::Twice(date) => format!("{date} 出现两次"),
            Self::MakeUpOnWeekday { date, weekday } => {
                let day = weekday.to_monday_one_offset();
                let day = ["一", "二", "三", "四", "五", "六", "日"]
                    .get(usize::from(day.unsigned_abs()).saturating_sub(1))
                    .unwrap_or(&"");
                format!("{date} 是星期{day}，本来就上班；只有星期六、星期日可以调为上班")
            }
            Self::Empty(year) => format!("{year} 年的通知没有写任何一天"),
        }
    }
}

impl YearNotice {
    /// A notice of the days of `year` that are not what their weekday says, each with its festival.
    ///
    /// # Errors
    ///
    /// The first [`NoticeError`].
    pub fn new(
        year: i16,
        days: impl IntoIterator<Item = (Date, Exception, String)>,
    ) -> Result<Self, NoticeError> {
        let mut notice = Self { year, days: BTreeMap::new(), named: Named::default() };
        for (date, exception, festival) in days {
            if date.year() != year {
                return Err(NoticeError::OtherYear { date, year });
            }
            if exception == Exception::MakeUp && !is_weekend(date) {
                return Err(NoticeError::MakeUpOnWeekday { date, weekday: date.weekday() });
            }
            if notice.days.insert(date, (exception, festival)).is_some() {
                return Err(NoticeError::Twice(date));
            }
            notice.named.insert(date);
        }
        if notice.days.is_empty() { Err(NoticeError::Empty(year)) } else { Ok(notice) }
    }

    /// The year of which it speaks.
    #[must_use]
    pub const fn year(&self) -> i16 {
        self.year
    }

    /// The days that it names, in order, each with its festival.
    pub fn days(&self) -> impl Iterator<Item = (Date, Exception, &str)> {
        self.days.iter().map(|(date, (exception, festival))| (*date, *exception, festival.as_str()))
    }

    /// How many weekdays are off, the weekend days worked for them taken away.
    #[must_use]
    pub fn weekdays_off(&self) -> i64 {
        -self.days.iter().map(|(date, (exception, _))| exception.shift(*date)).sum::<i64>()
    }

    /// What it says of a day of its year.
    pub(super) fn exception(&self, date: Date) -> Option<Exception> {
        let day = self.named.holds(date).then(|| self.days.get(&date))?;
        day.map(|(exception, _)| *exception)
    }

    /// How many working days more than its weekdays the days after `from` have, up to and with `to`.
    pub(super) fn shift(&self, from: Date, to: Date) -> i64 {
        let days = self.days.range((Bound::Excluded(from), Bound::Included(to)));
        days.map(|(day, (exception, _))| exception.shift(*day)).sum()
    }

    pub(super) fn festival(&self, date: Date) -> Option<&str> {
        self.days.get(&date).map(|(_, festival)| festival.as_str())
    }
}

/// `[year, [[day of the year, exception, festival]…]]`.
impl<C> Encode<C> for YearNotice {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let days: Vec<(i16, Exception, &str)> = self
            .days()
            .map(|(date, exception, name)| (date.day_of_year(), exception, name))
            .collect();
        (self.year, days).encode(encoder, context)
    }
}

impl<'b, C> Decode<'b, C> for YearNotice {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, minicbor::decode::Error> {
        use minicbor::decode::Error;
        let (year, days) = <(i16, Vec<(i16, Exception, String)>)>::decode(decoder, context)?;
        let first = Date::new(year, 1, 1).map_err(|e| Error::message(e.to_string()))?;
        let dated = days.into_iter().map(|(day, exception, name)| {
            let date = first.with().day_of_year(day).build();
            date.map(|date| (date, exception, name)).map_err(|e| Error::message(e.to_string()))
        });
        let days: Vec<_> = dated.collect::<Result<_, _>>()?;
        Self::new(year, days).map_err(|e| Error::message(e.to_string()))
    }
}
