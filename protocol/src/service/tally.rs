//! How many services count, kind by kind, and why the others do not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Record, ServiceKind};
use crate::calendar::civil_day;

/// Why a record does not count.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Uncounted {
    /// It names neither a case nor a ticket.
    NoLink,
    /// The same service for the same case or ticket of that day counts already.
    Repeated,
}

impl Uncounted {
    /// Why, for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NoLink => "没有关联办件或排号，不计数",
            Self::Repeated => "同日同一办件或排号的同类服务已计数",
        }
    }

    /// Why, for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::NoLink => "linked to no case and no ticket, so it does not count",
            Self::Repeated => {
                "the same service of that day for the same case or ticket counts already"
            }
        }
    }
}

/// The services of a centre in a span of days.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Those that count.
    pub counted: BTreeMap<ServiceKind, u32>,
    /// Those that do not, and why.
    pub uncounted: BTreeMap<(ServiceKind, Uncounted), u32>,
}

impl Record {
    /// Why the record counts in no figure, as far as it tells alone; `None` where it counts, and
    /// where it is no service.
    #[must_use]
    pub fn uncounted(&self) -> Option<Uncounted> {
        (self.served.is_some() && self.link.is_none()).then_some(Uncounted::NoLink)
    }

    /// The day of the service.
    #[must_use]
    pub fn day(&self) -> Option<Date> {
        self.served.as_ref().map(|served| civil_day(served.service.start))
    }
}

/// Counts the services of one centre that began within `days`, both included.
///
/// The records must come in the order of their documents, so that every store counts the same one
/// of two that say the same.
#[must_use]
pub fn tally<'a>(records: impl IntoIterator<Item = &'a Record>, days: (Date, Date)) -> Tally {
    let mut tally = Tally::default();
    let mut seen = BTreeSet::new();
    for record in records {
        let (Some(served), Some(day)) = (&record.served, record.day()) else { continue };
        if !(days.0..=days.1).contains(&day) {
            continue;
        }
        let kind = served.service.kind;
        let uncounted = match &record.link {
            None => Some(Uncounted::NoLink),
            Some(link) => (!seen.insert((kind, link, day))).then_some(Uncounted::Repeated),
        };
        *match uncounted {
            None => tally.counted.entry(kind).or_default(),
            Some(why) => tally.uncounted.entry((kind, why)).or_default(),
        } += 1;
    }
    tally
}
