//! The file of the working-day calendar.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use tongban_protocol::calendar::{Calendar, Exception, YearNotice};

use crate::facts::{FactsError, FactsProblem};
use crate::table::{self, Row};

const HEADER: [&str; 3] = ["date", "kind", "name"];

/// Reads a table with the columns `date,kind,name`; a kind is `holiday` or `makeup`.
///
/// The published years are those from the first to the last date.
///
/// # Errors
///
/// The first fault, with its line: no date, no kind, a date twice, a make-up day that is worked
/// anyway, a year between the first and the last without any row.
pub fn parse(file: &str, text: &str) -> Result<Calendar, FactsError> {
    let mut years: BTreeMap<i16, Vec<(Date, Exception, String)>> = BTreeMap::new();
    let mut lines = BTreeMap::new();
    for row in table::rows(file, text, HEADER)? {
        let day = read(&row)?;
        if let Some(first) = lines.insert(day.0, row.line) {
            return Err(row.refuse(FactsProblem::DateTwice { date: day.0, first }));
        }
        years.entry(day.0.year()).or_default().push(day);
    }
    let whole = |problem| FactsError { file: file.to_owned(), line: None, problem };
    let (Some((first, _)), Some((last, _))) = (years.first_key_value(), years.last_key_value())
    else {
        return Err(whole(FactsProblem::NoRows));
    };
    if let Some(year) = (*first..=*last).find(|year| !years.contains_key(year)) {
        return Err(whole(FactsProblem::YearMissing(year)));
    }
    let mut calendar = Calendar::default();
    for (year, days) in years {
        calendar.take(YearNotice::new(year, days).map_err(|e| whole(FactsProblem::Notice(e)))?);
    }
    Ok(calendar)
}

fn read(row: &Row<'_, 3>) -> Result<(Date, Exception, String), FactsError> {
    let [date, kind, name] = row.fields;
    // Ten characters: the parser also takes other ways of writing a date, and even an instant.
    let date: Date = match date.parse() {
        Ok(parsed) if date.len() == 10 => parsed,
        _ => return Err(row.refuse(FactsProblem::Date(date.to_owned()))),
    };
    let weekday = date.weekday();
    let exception = match kind {
        "holiday" => Exception::Holiday,
        "makeup" if matches!(weekday, Weekday::Saturday | Weekday::Sunday) => Exception::MakeUp,
        "makeup" => return Err(row.refuse(FactsProblem::MakeupOnWeekday { date, weekday })),
        other => return Err(row.refuse(FactsProblem::DayKind(other.to_owned()))),
    };
    if name.is_empty() {
        return Err(row.refuse(FactsProblem::Empty("name")));
    }
    Ok((date, exception, name.to_owned()))
}

#[cfg(test)]
mod tests;
