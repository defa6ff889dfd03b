//! Figures over a catalogue, each with what it divides.

use std::fmt;

use serde::Serialize;

use super::item::Item;
use crate::case::CaseType;

/// A share, with its numerator and its denominator.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// What is counted.
    pub numerator: f64,
    /// Out of what.
    pub denominator: f64,
    /// Items that are in neither, because what is counted is not known of them.
    pub left_out: usize,
}

impl Figure {
    /// The share, in percent; `None` where there is nothing to divide by.
    #[must_use]
    pub fn percent(&self) -> Option<f64> {
        (self.denominator > 0.0).then(|| self.numerator / self.denominator * 100.0)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Working days that came of calendar days may be broken; the others are whole.
        let short = |value: f64| (value * 10.0).round() / 10.0;
        write!(f, "{}/{}", short(self.numerator), short(self.denominator))?;
        match self.percent() {
            Some(percent) => write!(f, " = {percent:.1} %"),
            None => f.write_str(" = –"),
        }
    }
}

/// 即办件比例, by item: those done on the spot out of all whose sort is known.
#[must_use]
pub fn immediate_share<'a>(items: impl IntoIterator<Item = &'a Item>) -> Figure {
    let mut figure = Figure { numerator: 0.0, denominator: 0.0, left_out: 0 };
    for item in items {
        match item.case_type {
            Some(CaseType::Immediate) => figure.add(1.0, 1.0),
            Some(CaseType::Promised | CaseType::HandedUp) => figure.add(0.0, 1.0),
            None => figure.left_out += 1,
        }
    }
    figure
}

/// 承诺提速: (Σ legal − Σ promise) / Σ legal in working days, over items that have both.
///
/// What is done on the spot promises none. A day of the year has no length and is left out.
#[must_use]
pub fn promised_speed_up<'a>(items: impl IntoIterator<Item = &'a Item>) -> Figure {
    let mut figure = Figure { numerator: 0.0, denominator: 0.0, left_out: 0 };
    for item in items {
        let legal = item.legal.as_ref().and_then(|it| it.limit.in_working_days());
        let promise = match item.case_type {
            Some(CaseType::Immediate) => Some(0.0),
            Some(CaseType::Promised | CaseType::HandedUp) | None => {
                item.promise.as_ref().and_then(|it| it.limit.in_working_days())
            }
        };
        match (legal, promise) {
            (Some(legal), Some(promise)) => figure.add(legal - promise, legal),
            (Some(_) | None, Some(_) | None) => figure.left_out += 1,
        }
    }
    figure
}

impl Figure {
    fn add(&mut self, numerator: f64, denominator: f64) {
        self.numerator += numerator;
        self.denominator += denominator;
    }
}
