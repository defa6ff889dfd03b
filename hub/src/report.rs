//! Reports: the figures of each log, computed from the cases that the store holds.
//!
//! They equal those computed from the log's file: see [`crate::figures`]. Memory holds a few
//! words for each case, never the cases.

use std::collections::BTreeMap;

use tongban_node::replica::{CaseFile, Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::place::Scope;

use crate::figures::{CaseRecord, Figures, Tally, combine};
use crate::import::{is_imported, place_of, trace_of};

const CASES_PER_READ: usize = 1_000;

/// Gives the figures of every log that was imported, by name.
///
/// # Errors
///
/// The store's.
pub fn report<S: Store>(replica: &Replica<S>) -> Result<Vec<Figures>, ReplicaError> {
    let mut logs: BTreeMap<String, Vec<(i64, DocumentId)>> = BTreeMap::new();
    each_case(replica, |case| {
        if let Some(header) = case.view.header.as_ref().filter(|_| is_imported(&case.view)) {
            let cases = logs.entry(header.item.clone()).or_default();
            cases.push((place_of(&case.view), case.id));
        }
        Ok::<_, ReplicaError>(())
    })?;
    let mut tallies = Vec::new();
    for (log, mut cases) in logs {
        cases.sort_unstable(); // Examples of anomalies come in the order of the file.
        let mut tally = Tally::new(log);
        for (_, id) in cases {
            if let Some(case) = replica.case(id)? {
                tally.add(&CaseRecord::of_trace(&trace_of(&case.view)));
            }
        }
        tallies.push(tally);
    }
    Ok(combine(tallies))
}

/// Reads every case of every home, one at a time.
pub(crate) fn each_case<S: Store, E: From<ReplicaError>>(
    replica: &Replica<S>,
    mut take: impl FnMut(CaseFile) -> Result<(), E>,
) -> Result<(), E> {
    for home in replica.homes().into_iter().filter(|home| home.scope == Scope::Office) {
        let mut after = None;
        loop {
            let page = replica.documents(home, DocumentKind::Case, after, CASES_PER_READ)?;
            for id in &page {
                if let Some(case) = replica.case(*id)? {
                    take(case)?;
                }
            }
            match page.last() {
                Some(last) if page.len() == CASES_PER_READ => after = Some(last.name.ulid),
                _ => break,
            }
        }
    }
    Ok(())
}
