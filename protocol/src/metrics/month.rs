//! Months, as reports count them.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A month of the civil calendar, such as `2026-11`.
#[derive(
    Clone, Copy, Debug, Decode, Deserialize, Encode, Eq, Ord, PartialEq, PartialOrd, Serialize,
)]
#[cbor(transparent)]
#[serde(try_from = "String", into = "String")]
pub struct Month(#[n(0)] i32);

/// Why a text is no month.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no month; give a year and a month, such as 2026-11（年-月）")]
pub struct MonthError(pub String);

impl Month {
    /// The month in which a day lies.
    #[must_use]
    pub fn of(day: Date) -> Self {
        Self(i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

impl FromStr for Month {
    type Err = MonthError;

    fn from_str(text: &str) -> Result<Self, MonthError> {
        let day: Result<Date, _> = format!("{text}-01").parse();
        let is_plain = text.len() == 7 && text.bytes().all(|it| it.is_ascii_digit() || it == b'-');
        day.ok()
            .filter(|_| is_plain)
            .map(Self::of)
            .ok_or_else(|| MonthError(text.chars().take(20).collect()))
    }
}

impl TryFrom<String> for Month {
    type Error = MonthError;

    fn try_from(text: String) -> Result<Self, MonthError> {
        text.parse()
    }
}

impl From<Month> for String {
    fn from(month: Month) -> Self {
        month.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_read_as_it_is_written_and_nothing_else_is() {
        for text in ["2013-01", "2026-12", "0001-06"] {
            assert_eq!(text.parse::<Month>().unwrap().to_string(), text);
        }
        for text in ["2013", "2013-13", "2013-1", "13-01", "2013-01-01", "", "2013-0é"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}
