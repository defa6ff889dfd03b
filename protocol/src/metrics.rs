//! 统计: what the cases come to in figures, each with what it divides.
//!
//! A case contributes [`Facts`], computed from its fold alone and the same on every day. Facts go
//! into a [`Ledger`] of sums and are taken out of it again exactly, so that a changed case costs
//! no more than itself, and two stores with the same entries give the same report whatever the
//! order in which these came. What depends on the day of the report (which open cases are overdue)
//! is left open in the sums: they keep the last days.
//!
//! Nothing here sets a target, and no rating is ever supposed: what people do of their own will is
//! counted as they did it.

mod facts;
mod ledger;
mod metric;
mod month;
mod report;
mod table;
#[cfg(test)]
mod tests;

pub use facts::{Ended, Facts, Finished, day_number};
pub use ledger::{Cell, Ledger, Sum};
pub use metric::{Against, Filter, Metric, Offer, Unit, figure};
pub use month::{Month, MonthError};
pub use report::{
    By, Definition, Measured, Metrics, Named, Question, RATINGS_TOLD_MIN, Row, measure,
};
pub use table::METRICS;
