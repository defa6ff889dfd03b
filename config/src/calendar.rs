//! Which days are worked: the State Council's yearly notices, and the counting of working days.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use jiff::civil::{Date, Weekday};

use crate::facts::{FactsError, FactsProblem};
use crate::table::{self, Row};

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

/// The last day of a limit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Due {
    /// The day.
    pub date: Date,
    /// True when counting to it crossed a year without a notice: the day may still move.
    pub provisional: bool,
}

/// The working days of the published years; an estimate beyond them.
///
/// Outside the published years Monday to Friday are taken as worked, 1 January excepted.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Calendar {
    days: BTreeMap<Date, Marked>,
    first_year: i16,
    last_year: i16,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Marked {
    kind: Kind,
    name: String,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kind {
    Holiday,
    MakeUp,
}

const HEADER: [&str; 3] = ["date", "kind", "name"];

impl Calendar {
    /// Reads a table with the columns `date,kind,name`; a kind is `holiday` or `makeup`.
    ///
    /// The published years are those from the first to the last date.
    ///
    /// # Errors
    ///
    /// The first fault, with its line: no date, no kind, a date twice, a make-up day that is
    /// worked anyway, a year between the first and the last without any row.
    pub fn parse(file: &str, text: &str) -> Result<Self, FactsError> {
        let mut days = BTreeMap::new();
        let mut lines = BTreeMap::new();
        for row in table::rows(file, text, HEADER)? {
            let (date, marked) = read(&row)?;
            if let Some(first) = lines.insert(date, row.line) {
                return Err(row.refuse(FactsProblem::DateTwice { date, first }));
            }
            days.insert(date, marked);
        }
        let whole = |problem| FactsError { file: file.to_owned(), line: None, problem };
        let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value())
        else {
            return Err(whole(FactsProblem::NoRows));
        };
        let (first_year, last_year) = (first.year(), last.year());
        let published = |year: &i16| days.keys().any(|date| date.year() == *year);
        if let Some(year) = (first_year..=last_year).find(|year| !published(year)) {
            return Err(whole(FactsProblem::YearMissing(year)));
        }
        Ok(Self { days, first_year, last_year })
    }

    /// Returns the years whose notices are known.
    #[must_use]
    pub const fn years(&self) -> RangeInclusive<i16> {
        self.first_year..=self.last_year
    }

    /// Returns what kind of day a date is; an estimate outside [`Self::years`].
    #[must_use]
    pub fn day_type(&self, date: Date) -> DayType {
        let weekend = is_weekend(date);
        if self.days.get(&date).is_some_and(|marked| marked.kind == Kind::MakeUp) {
            return DayType::MakeUp;
        }
        if weekend {
            return DayType::Weekend;
        }
        let new_year = !self.is_published(date) && date.month() == 1 && date.day() == 1;
        if new_year || self.days.contains_key(&date) { DayType::Holiday } else { DayType::Workday }
    }

    /// Returns true when offices work on that day; an estimate outside [`Self::years`].
    #[must_use]
    pub fn is_working(&self, date: Date) -> bool {
        match self.day_type(date) {
            DayType::Workday | DayType::MakeUp => true,
            DayType::Weekend | DayType::Holiday => false,
        }
    }

    /// Returns true when the notice of that day's year is known.
    #[must_use]
    pub fn is_published(&self, date: Date) -> bool {
        self.years().contains(&date.year())
    }

    /// Returns the festival for which a day is off or worked in exchange, such as 春节.
    #[must_use]
    pub fn festival(&self, date: Date) -> Option<&str> {
        self.days.get(&date).map(|marked| marked.name.as_str())
    }

    /// Returns the last day of a limit of `working_days` that began on `accepted`.
    ///
    /// The day of acceptance is not counted, worked or not; a limit of none ends that same day.
    /// A limit that would run past the year 9999 ends with it.
    #[must_use]
    pub fn due(&self, accepted: Date, working_days: u16) -> Due {
        let mut due = Due { date: accepted, provisional: false };
        let mut left = working_days;
        while left > 0 {
            let Ok(next) = due.date.tomorrow() else {
                return Due { provisional: true, ..due };
            };
            due = Due { date: next, provisional: due.provisional || !self.is_published(next) };
            left -= u16::from(self.is_working(next));
        }
        due
    }
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

fn read(row: &Row<'_, 3>) -> Result<(Date, Marked), FactsError> {
    let [date, kind, name] = row.fields;
    // Ten characters: the parser also takes other ways of writing a date, and even an instant.
    let date: Date = match date.parse() {
        Ok(parsed) if date.len() == 10 => parsed,
        _ => return Err(row.refuse(FactsProblem::Date(date.to_owned()))),
    };
    let kind = match kind {
        "holiday" => Kind::Holiday,
        "makeup" if is_weekend(date) => Kind::MakeUp,
        "makeup" => {
            let weekday = date.weekday();
            return Err(row.refuse(FactsProblem::MakeupOnWeekday { date, weekday }));
        }
        other => return Err(row.refuse(FactsProblem::DayKind(other.to_owned()))),
    };
    if name.is_empty() {
        return Err(row.refuse(FactsProblem::Empty("name")));
    }
    Ok((date, Marked { kind, name: name.to_owned() }))
}

#[cfg(test)]
mod tests;
