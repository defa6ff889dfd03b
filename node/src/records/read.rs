//! Lists, single records and counts.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::place::Home;
use tongban_protocol::service::{Record, ServiceKind, Uncounted, tally};

use super::read_record;
use super::values::{CountLine, HandOverLine, RecordDetail, Words, note};
use crate::replica::{RECORDS_MAX, Replica, ReplicaError};
use crate::store::Store;

/// Records on one page of a list, at most.
pub(crate) const RECORDS_PER_LIST_MAX: usize = 200;

/// A year or a month.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Period {
    year: i16,
    month: Option<i8>,
}

impl Period {
    /// Its first and its last day.
    #[must_use]
    pub fn days(self) -> (Date, Date) {
        let first = |year, month| Date::new(year, month, 1).unwrap_or(Date::MAX);
        let from = first(self.year, self.month.unwrap_or(1));
        let last = first(self.year, self.month.unwrap_or(12)).last_of_month();
        (from, last)
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (year, month) = text.split_once('-').map_or((text, None), |(y, m)| (y, Some(m)));
        let read = || {
            let year: i16 = year.parse().ok().filter(|year| (1900..=9998).contains(year))?;
            let month = match month {
                Some(month) => Some(month.parse().ok().filter(|m: &i8| (1..=12).contains(m))?),
                None => None,
            };
            Some(Self { year, month })
        };
        read().ok_or_else(|| {
            let text: String = text.chars().take(20).collect();
            format!("`{text}` is no period; write a year such as 2026, or a month such as 2026-11")
        })
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.month {
            Some(month) => write!(f, "{:04}-{month:02}", self.year),
            None => write!(f, "{:04}", self.year),
        }
    }
}

/// Lists the records of some homes, the newest first, at most 200; relay cards have a list of their
/// own ([`crate::relay`]).
///
/// # Errors
///
/// The store's.
pub fn list<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    limit: usize,
) -> Result<Vec<RecordDetail>, ReplicaError> {
    let mut ids = Vec::new();
    for home in homes {
        ids.extend(replica.documents(*home, DocumentKind::ServiceRecord, None, RECORDS_MAX)?);
    }
    ids.sort_unstable_by_key(|id| std::cmp::Reverse((id.name.ulid, id.home)));
    let mut listed = Vec::new();
    for id in ids {
        match read_record(replica, id)? {
            Some(record) if record.relayed.is_none() => listed.push(detail(id, record)),
            Some(_) | None => {}
        }
        if listed.len() >= limit.clamp(1, RECORDS_PER_LIST_MAX) {
            break;
        }
    }
    Ok(listed)
}

/// Reads one record; `None` if no such record is held here.
///
/// # Errors
///
/// The store's.
pub fn show<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
) -> Result<Option<RecordDetail>, ReplicaError> {
    Ok(read_record(replica, id)?.map(|record| detail(id, record)))
}

/// Counts the services of some homes in a period, kind by kind; a kind that was never given is
/// left out.
///
/// # Errors
///
/// The store's.
pub fn count<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    period: Period,
) -> Result<Vec<CountLine>, ReplicaError> {
    let mut lines = Vec::new();
    for home in homes {
        let mut records = Vec::new();
        for id in replica.documents(*home, DocumentKind::ServiceRecord, None, RECORDS_MAX)? {
            records.extend(read_record(replica, id)?);
        }
        let found = tally(&records, period.days());
        for kind in ServiceKind::ALL {
            let uncounted = |why| found.uncounted.get(&(*kind, why)).copied().unwrap_or_default();
            let line = CountLine {
                centre: home.division.to_string(),
                kind: kind.en().to_owned(),
                zh: kind.zh().to_owned(),
                counted: found.counted.get(kind).copied().unwrap_or_default(),
                unlinked: uncounted(Uncounted::NoLink),
                repeated: uncounted(Uncounted::Repeated),
            };
            if line.counted + line.unlinked + line.repeated > 0 {
                lines.push(line);
            }
        }
    }
    Ok(lines)
}

fn detail(id: DocumentId, record: Record) -> RecordDetail {
    let holder = record.holder().map(str::to_owned);
    let uncounted = record.uncounted().map(|why| Words::new(why.zh(), why.en()));
    let anomalies = record.anomalies.values().map(note).collect();
    let (recorded_at, by) =
        record.served.as_ref().map(|served| (served.recorded_at, served.by.clone())).unzip();
    let service = record.served.map(|served| served.service);
    let answered_at = record.answer.map(|(_, at)| at);
    let asked_at = record.first_asked.as_ref().map(|(_, at)| *at);
    let chain = record.chain.into_iter().map(|it| HandOverLine {
        from: it.from,
        to: it.to,
        at: it.at,
        reason: it.reason,
    });
    RecordDetail {
        id: id.to_string(),
        centre: id.home.division.to_string(),
        state: record.state.into(),
        kind: service.as_ref().map(|service| service.kind.en().to_owned()),
        zh: match (&service, &record.relayed) {
            (Some(service), _) => service.kind.zh(),
            (None, Some(_)) => "上级代办",
            (None, None) => "首问",
        }
        .to_owned(),
        start: service.as_ref().map(|service| service.start).or(asked_at),
        end: service.as_ref().map(|service| service.end).or(answered_at),
        place: service.as_ref().map(|service| service.place.clone()).unwrap_or_default(),
        staff: service.map(|service| service.staff).unwrap_or_default(),
        reason: record.reason,
        link: record.link.map(|link| link.to_string()),
        confirmed: record.confirmed,
        recorded_at,
        by,
        uncounted,
        first_asked: record.first_asked.map(|(by, _)| by),
        holder,
        chain: chain.collect(),
        answer: record.answer.map(|(answer, _)| Words::new(answer.zh(), answer.en())),
        anomalies,
    }
}
