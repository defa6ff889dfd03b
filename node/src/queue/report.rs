//! What the tickets of centres count to, and what they say of cases that are not there.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::place::Home;
use tongban_protocol::queue::{Ending, Line, Strip, Tally, TicketNumber, tally};
use tongban_protocol::service::Link;
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::QueueError;
use super::board::{read_strip, strips};
use super::values::{QueueDay, Reconciliation, TicketCase};
use crate::records::is_held;
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// Most days of one report.
pub const DAYS_MAX: usize = 92;

/// Documents of one centre that are looked at for one report.
const DOCUMENTS_MAX: usize = 50_000;

/// Cases of one day and centre that are held against its tickets.
const CASES_MAX: usize = 2_000;

/// 窗口, as it stands in the header of a case that was taken at the counter.
const COUNTER: &str = "窗口";

/// The figures of some homes, a line for each centre and day that gave tickets.
///
/// # Errors
///
/// [`QueueError::Span`], or the store's.
pub fn days<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    (from, to): (Date, Date),
    now: Timestamp,
) -> Result<Vec<QueueDay>, QueueError> {
    let length = (to - from).get_days();
    if !usize::try_from(length).is_ok_and(|length| length < DAYS_MAX) {
        return Err(QueueError::Span { days_max: DAYS_MAX });
    }
    let today = civil_day(now);
    let mut found = Vec::new();
    for home in homes {
        let mut by_day: BTreeMap<Date, (Tally, usize)> = BTreeMap::new();
        for strip in strips(replica, *home, (from, to), DOCUMENTS_MAX)? {
            let line = read_strip(replica, *home, strip)?;
            let counted = tally(line.tickets.values(), (strip.day, today));
            let (sum, anomalies) = by_day.entry(strip.day).or_default();
            *sum = std::mem::take(sum).and(counted);
            *anomalies += line.anomalies.len();
        }
        let centre = home.division;
        let lines = by_day.into_iter();
        found.extend(lines.map(|(day, (sum, odd))| QueueDay::of(centre, day, &sum, odd)));
    }
    Ok(found)
}

/// How many tickets of a strip were handled: they ended in cases, an answer, or a coded reason.
///
/// # Errors
///
/// The store's.
pub fn handled<S: Store>(
    replica: &Replica<S>,
    home: Home,
    strip: Strip,
) -> Result<u32, ReplicaError> {
    let line = read_strip(replica, home, strip)?;
    Ok(tally(line.tickets.values(), (strip.day, strip.day)).handled())
}

/// Holds the tickets of a centre and day against its cases, in both directions.
///
/// # Errors
///
/// The store's.
pub fn reconcile<S: Store>(
    replica: &Replica<S>,
    home: Home,
    day: Date,
) -> Result<Reconciliation, ReplicaError> {
    let (mut named, mut unknown) = (BTreeSet::new(), Vec::new());
    let mut named_count = 0;
    for strip in strips(replica, home, (day, day), DOCUMENTS_MAX)? {
        for (number, case) in cases_of(&read_strip(replica, home, strip)?) {
            named_count += 1;
            if !is_held(replica, home.division, &case)? {
                unknown.push(TicketCase { ticket: number.to_string(), case: case.clone() });
            }
            match case.parse() {
                Ok(Link::Number(number)) => named.extend(replica.numbered(&number)?),
                Ok(Link::Case(id)) => drop(named.insert(id)),
                Ok(Link::Ticket(_)) | Err(_) => {}
            }
        }
    }
    let taken = counter_cases(replica, home, day)?;
    let is_whole = taken.len() <= CASES_MAX;
    let unticketed = taken.iter().filter(|(id, _)| !named.contains(id));
    Ok(Reconciliation {
        centre: home.division.to_string(),
        day: day.to_string(),
        named: named_count,
        unknown,
        counter_cases: u32::try_from(taken.len()).unwrap_or(u32::MAX),
        unticketed: unticketed.map(|(_, number)| number.clone()).collect(),
        is_whole,
    })
}

fn cases_of(line: &Line) -> Vec<(TicketNumber, String)> {
    let ended = line.tickets.iter().filter_map(|(number, ticket)| match &ticket.ended {
        Some((Ending::Cases(cases), ..)) => Some(cases.iter().map(|case| (*number, case.clone()))),
        Some((Ending::Answer(_) | Ending::NoCase(..), ..)) | None => None,
    });
    ended.flatten().collect()
}

/// The cases of a centre that were taken at the counter on a day, with their numbers; one more than
/// are looked at where there are more.
fn counter_cases<S: Store>(
    replica: &Replica<S>,
    home: Home,
    day: Date,
) -> Result<Vec<(DocumentId, String)>, ReplicaError> {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::Offset::constant(8));
    let midnight = day.to_zoned(zone).map_or(0, |it| it.timestamp().as_millisecond());
    let before = u64::try_from(midnight).unwrap_or_default().saturating_sub(1);
    let after = Ulid::from_parts(before, u128::MAX);
    let listed = replica.documents(home, DocumentKind::Case, Some(after), CASES_MAX + 1)?;
    let mut taken = Vec::new();
    for id in listed {
        let header = replica.paper(id)?.and_then(|paper| paper.header());
        let Some(header) = header else { continue };
        if civil_day(header.taken_at) > day {
            break;
        }
        if civil_day(header.taken_at) == day && header.channel == COUNTER {
            taken.push((id, header.number));
        }
    }
    Ok(taken)
}
