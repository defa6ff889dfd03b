//! 中断: when a machine had no link upwards, or did not run, as it records itself.
//!
//! A record is evidence by itself, as far as nothing that others hold speaks against it: a machine
//! cannot have been cut off while the city answered for what it wrote meanwhile, nor have been off
//! while it wrote.

use minicbor::{Decode, Encode};
use serde::Serialize;

use crate::case::law::HAPPENED_AHEAD_MS_MAX;
use crate::document::{DocumentKind, DocumentName, Event, EventId, EventKind};
use crate::time::Timestamp;

use jiff::civil::Date;
use ulid::Ulid;

/// Most spans in one record; of more the longest are kept and the others counted.
pub const SPANS_MAX: usize = 32;

/// Shorter outages are counted only, in milliseconds.
pub const OUTAGE_MS_MIN: i64 = 60_000;

/// What was out.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum OutageCause {
    /// 断网: no link to any parent.
    #[n(0)]
    Link,
    /// 停机: the service did not run.
    #[n(1)]
    Machine,
}

impl OutageCause {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Link => "断网",
            Self::Machine => "停机",
        }
    }

    /// The word for scripts.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Machine => "machine",
        }
    }
}

/// One outage.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
pub struct Outage {
    /// When it began, by the machine's own clock.
    #[n(0)]
    pub from: Timestamp,
    /// When it was over.
    #[n(1)]
    pub to: Timestamp,
    /// What was out.
    #[n(2)]
    pub cause: OutageCause,
}

/// What a machine records: outages that are over, and how many short ones there were besides.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
pub struct OutageReport {
    /// The outages.
    #[n(0)]
    pub spans: Vec<Outage>,
    /// How many are only counted.
    #[n(1)]
    pub short_count: u32,
    /// How long these lasted together, in milliseconds.
    #[n(2)]
    pub short_ms: u64,
}

/// An outage as far as it counts.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Evidence {
    /// From when on nothing speaks against it.
    pub from: Timestamp,
    /// When it was over.
    pub to: Timestamp,
    /// What was out.
    pub cause: OutageCause,
    /// The event that recorded it.
    pub event: EventId,
}

/// The name of the document in which the machines of a centre record the outages of a month.
#[must_use]
pub fn document_name(day: Date) -> DocumentName {
    let first = day.first_of_month().duration_since(jiff::civil::date(1970, 1, 1)).as_millis();
    let ms = u64::try_from(first).unwrap_or_default();
    let random = u128::from_be_bytes(*b"\0\0\0\0\0\0\0\0\0\0outage");
    DocumentName { kind: DocumentKind::Outages, ulid: Ulid::from_parts(ms, random) }
}

/// The outages that some events record, as far as they count, in order.
///
/// `disproved` says of an outage until when something speaks against it that is held here.
///
/// # Errors
///
/// Those of `disproved`.
pub fn evidence<'a, E>(
    events: impl IntoIterator<Item = &'a (EventId, Event)>,
    mut disproved: impl FnMut(EventId, &Outage) -> Result<Option<Timestamp>, E>,
) -> Result<Vec<Evidence>, E> {
    let mut found = Vec::new();
    for (id, event) in events.into_iter().filter(|(_, event)| event.kind == EventKind::Outage) {
        let spans = event.detail().outages.iter().flat_map(|report| &report.spans);
        for outage in spans.take(SPANS_MAX) {
            let ahead = outage.to.ms_since(id.recorded.instant());
            if ahead > HAPPENED_AHEAD_MS_MAX || outage.from >= outage.to {
                continue; // It was not over when it was recorded.
            }
            let until = disproved(*id, outage)?.unwrap_or(outage.from);
            let Outage { from, to, cause } = *outage;
            let from = from.max(until);
            if from < to {
                found.push(Evidence { from, to, cause, event: *id });
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::document::Detail;
    use crate::identity::{Author, NodeId};
    use crate::time::HybridTime;

    fn recorded(at: i64, spans: &[(i64, i64)]) -> (EventId, Event) {
        let outage = |(from, to)| Outage {
            from: Timestamp(from),
            to: Timestamp(to),
            cause: OutageCause::Link,
        };
        let spans = spans.iter().copied().map(outage).collect();
        let report = OutageReport { spans, ..OutageReport::default() };
        let detail = Detail { outages: Some(Box::new(report)), ..Detail::default() };
        let author = Author { node: NodeId([1; 16]), incarnation: 0 };
        let recorded = HybridTime::first_of(Timestamp(at));
        let event = Event::new(EventKind::Outage, Timestamp(at), "node", "").with(detail);
        (EventId { recorded, author }, event)
    }

    fn counted(events: &[(EventId, Event)], contact: Option<i64>) -> Vec<(i64, i64)> {
        let disproved = |_, _: &Outage| Ok::<_, Infallible>(contact.map(Timestamp));
        let found = evidence(events, disproved).unwrap();
        found.iter().map(|it| (it.from.0, it.to.0)).collect()
    }

    #[test]
    fn an_outage_counts_from_the_last_time_that_something_speaks_against_it() {
        let events = [recorded(9_000_000, &[(1_000_000, 8_000_000)])];
        assert_eq!(counted(&events, None), [(1_000_000, 8_000_000)]);
        assert_eq!(counted(&events, Some(5_000_000)), [(5_000_000, 8_000_000)]);
        assert_eq!(counted(&events, Some(8_000_000)), [], "it was never out");
    }

    #[test]
    fn what_was_not_over_when_it_was_recorded_is_no_outage() {
        let events = [recorded(9_000_000, &[(1_000_000, 9_000_000 + HAPPENED_AHEAD_MS_MAX + 1)])];
        assert_eq!(counted(&events, None), []);
        assert_eq!(counted(&[recorded(9_000_000, &[(5, 5), (8, 7)])], None), []);
    }

    #[test]
    fn each_month_has_its_own_document() {
        let name = |month, day| document_name(jiff::civil::date(2013, month, day));
        assert_eq!(name(12, 1), name(12, 31));
        assert_ne!(name(11, 30), name(12, 1));
        assert_eq!(name(12, 31).ulid.timestamp_ms(), 1_385_856_000_000);
    }
}
