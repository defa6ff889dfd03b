//! The metrics as a table: what each divides, and which cases it looks at.

use serde::{Deserialize, Serialize};

use super::ledger::{Cell, Sum};
use crate::catalogue::kind::OnlineStep;
use crate::catalogue::{Figure, Item};
use crate::document::words::words;

/// What a figure is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// The numerator's share of the denominator, in percent.
    Percent,
    /// The numerator alone; the denominator says out of what, where there is anything.
    Count,
    /// The numerator for each of the denominator.
    Mean,
}

/// 提前 against which limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Against {
    /// 承诺时限.
    #[default]
    Promise,
    /// 法定时限.
    Legal,
}

words! { Against, "limit to be early against":
    Promise "promise" "承诺时限",
    Legal "legal" "法定时限",
}

/// What a figure is counted from.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// The sums over the cases.
    pub cell: &'a Cell,
    /// The items that are offered.
    pub items: &'a [&'a Item],
    /// The day of the report, as days since 1970.
    pub today: i32,
    /// Whoever decided a case, counted once in each centre.
    pub clerks: usize,
    /// What early is held against.
    pub against: Against,
    /// From which level on a rating is a satisfied one: 3 with 基本满意, 4 without.
    pub satisfied_from: u8,
}

/// A metric: its words, and how it is counted.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name for scripts.
    pub code: &'static str,
    /// Its name.
    pub zh: &'static str,
    /// Its name in English.
    pub en: &'static str,
    /// What is counted, and out of what, in Chinese.
    pub formula_zh: &'static str,
    /// The same in English.
    pub formula_en: &'static str,
    /// Which cases or items are looked at.
    pub filter: Filter,
    /// What the figure is.
    pub unit: Unit,
    /// 开通与使用同列: the metric that stands on the same line, so that an offer is never read
    /// without its use.
    pub beside: Option<&'static str>,
    pub(super) count: fn(&Offer<'_>) -> Figure,
}

/// Which cases or items a metric looks at.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Filter {
    /// The items of the catalogue on the day of the report.
    Items,
    /// Cases received within the months.
    Received,
    /// Cases decided within the months; those withdrawn, terminated or not accepted are left out.
    Finished,
    /// These, and open cases whose last day lies within the months and is over.
    FinishedOrOverdue,
    /// Cases ended without a decision within the months.
    Ended,
}

impl Filter {
    /// The words for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Items => "统计当日目录内的事项",
            Self::Received => "区间内收件的办件",
            Self::Finished => "区间内办结的办件，含不予，不含撤回、终止、不予受理",
            Self::FinishedOrOverdue => "区间内办结的办件，加截止日在区间内、至今未办结的超期办件",
            Self::Ended => "区间内撤回、终止或不予受理的办件",
        }
    }

    /// The same in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Items => "items of the catalogue on the day of the report",
            Self::Received => "cases received within the months",
            Self::Finished => {
                "cases decided within the months, refusals too, without those withdrawn, terminated or not accepted"
            }
            Self::FinishedOrOverdue => {
                "cases decided within the months, and open ones whose last day lies within them and is over"
            }
            Self::Ended => "cases withdrawn, terminated or not accepted within the months",
        }
    }
}

/// Counts a metric.
#[must_use]
pub fn figure(metric: &Metric, offer: &Offer<'_>) -> Figure {
    (metric.count)(offer)
}

impl Metric {
    /// The value of a figure of this metric: percent, a count, or a mean; `None` where there is
    /// nothing to divide by. Percent have one decimal, the others two.
    #[must_use]
    pub fn value(&self, figure: &Figure) -> Option<f64> {
        let (value, ten_to) = match self.unit {
            Unit::Percent => (figure.percent(), 10.0),
            Unit::Count => (Some(figure.numerator), 100.0),
            Unit::Mean => (figure.percent().map(|percent| percent / 100.0), 100.0),
        };
        value.map(|value| (value * ten_to).round() / ten_to)
    }
}

impl Offer<'_> {
    /// One sum out of another; what is not in the second is left out.
    pub(super) fn share(&self, numerator: Sum, denominator: Sum, all: Sum) -> Figure {
        let left_out = self.cell.sum(all) - self.cell.sum(denominator);
        let (numerator, denominator) = (self.cell.sum(numerator), self.cell.sum(denominator));
        plain(numerator, denominator, left_out)
    }

    pub(super) fn overdue(&self) -> i64 {
        self.cell.overdue(self.today)
    }

    /// Items that offer a step online.
    pub(super) fn online(&self, step: OnlineStep) -> Figure {
        let known = self.items.iter().map(|item| item.practical.as_ref()?.online.as_ref());
        let (mut numerator, mut denominator, mut left_out) = (0, 0, 0);
        for steps in known {
            match steps {
                Some(steps) => {
                    denominator += 1;
                    numerator += i64::from(steps.contains(&step));
                }
                None => left_out += 1,
            }
        }
        plain(numerator, denominator, left_out)
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of cases are far below 2^53")]
pub(super) fn plain(numerator: i64, denominator: i64, left_out: i64) -> Figure {
    Figure {
        numerator: numerator as f64,
        denominator: denominator as f64,
        left_out: usize::try_from(left_out).unwrap_or(0),
    }
}
