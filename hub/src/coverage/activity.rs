//! Use: how much a centre did of late.

use std::collections::BTreeSet;

use serde::Serialize;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::document::{DocumentKind, DocumentName};
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

/// Over how many days use is counted.
pub const ACTIVITY_DAYS: i64 = 30;

const CASES_PER_READ: usize = 1_000;

/// How much a centre did.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Activity {
    /// Cases of its home.
    pub cases: u64,
    /// Of these, opened in the last [`ACTIVITY_DAYS`] days.
    pub opened_30_days: u64,
    /// Cases in which something was recorded in the last [`ACTIVITY_DAYS`] days, here or above.
    pub handled_30_days: u64,
}

/// Counts what a centre did up to `now`.
///
/// Reads the names of its cases and the entries of the last days; for a busy centre this takes
/// seconds, so ask seldom and keep the answer.
///
/// # Errors
///
/// The store's.
pub fn activity<S: Store>(
    replica: &Replica<S>,
    centre: Division,
    now: Timestamp,
) -> Result<Activity, ReplicaError> {
    let home = Home::office(centre);
    let from = now.plus_ms(-ACTIVITY_DAYS * 86_400_000);
    let from_ms = u64::try_from(from.0).unwrap_or(0);
    let (mut cases, mut opened) = (0, 0);
    let mut after = None;
    loop {
        let page = replica.documents(home, DocumentKind::Case, after, CASES_PER_READ)?;
        cases += page.len() as u64;
        // The name of a case begins with the instant at which it was opened.
        opened += page.iter().filter(|id| id.name.ulid.timestamp_ms() >= from_ms).count() as u64;
        match page.last() {
            Some(last) if page.len() == CASES_PER_READ => after = Some(last.name.ulid),
            _ => break,
        }
    }
    let mut handled = BTreeSet::new();
    for (journal, end) in replica.frontier().iter().filter(|(journal, _)| journal.home == home) {
        collect_handled(replica, *journal, (end.number, from), &mut handled)?;
    }
    let handled_30_days = handled.len() as u64;
    Ok(Activity { cases, opened_30_days: opened, handled_30_days })
}

fn collect_handled<S: Store>(
    replica: &Replica<S>,
    journal: JournalId,
    (last, from): (u64, Timestamp),
    handled: &mut BTreeSet<Ulid>,
) -> Result<(), ReplicaError> {
    for number in (1..=last).rev() {
        let Some(signed) = replica.entry(journal, number)? else { break };
        if signed.entry.time.instant() < from {
            break;
        }
        if let Body::Changes(changes) = signed.entry.body {
            let cases = |name: &DocumentName| name.kind == DocumentKind::Case;
            let names = changes.iter().map(|change| change.document).filter(cases);
            handled.extend(names.map(|name| name.ulid));
        }
    }
    Ok(())
}
