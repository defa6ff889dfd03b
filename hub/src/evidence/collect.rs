//! Collecting: which journals a case or a centre needs, and up to where.

use std::collections::BTreeMap;

use minicbor::bytes::ByteVec;
use tongban_node::engine::Heard;
use tongban_node::replica::{Incident, Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::document::DocumentId;
use tongban_protocol::identity::Credential;
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;

use super::file::{JournalV1, PayloadV1, StatementV1, seal};
use super::{CollectError, Subject};

/// The journals of a file, and up to which entry they go in.
type Reach = BTreeMap<JournalId, u64>;

/// Makes the evidence of one case: every journal that touched it, from its opening to the last
/// entry that did, and the city's receipts up to the one that covers it.
///
/// `heard` are the statements of the engine; those of the case's centre go in.
///
/// # Errors
///
/// [`CollectError`].
pub fn export_case<'h, S: Store>(
    replica: &Replica<S>,
    heard: impl IntoIterator<Item = &'h Heard>,
    now: Timestamp,
    id: DocumentId,
) -> Result<Vec<u8>, CollectError> {
    let mut reach = Reach::new();
    for entry in replica.entries_of(id)? {
        let last = reach.entry(entry.journal).or_default();
        *last = entry.number.max(*last);
    }
    if reach.is_empty() {
        return Err(CollectError::NoSuchCase(id));
    }
    let incidents = incidents_of(replica, id.home)?;
    // What had no effect touched the case too, if only as evidence against its author.
    for incident in &incidents {
        let entry = replica.entry(incident.journal, incident.number)?;
        let Some(Body::Changes(changes)) = entry.map(|signed| signed.entry.body) else { continue };
        if changes.iter().any(|change| change.document == id.name) {
            let last = reach.entry(incident.journal).or_default();
            *last = incident.number.max(*last);
        }
    }
    add_receipts(replica, id.home, &mut reach)?;
    collect(replica, heard, (now, Subject::Case(id)), (reach, incidents))
}

/// Makes the evidence of one centre: every journal of its home, whole.
///
/// # Errors
///
/// [`CollectError`].
pub fn export_centre<'h, S: Store>(
    replica: &Replica<S>,
    heard: impl IntoIterator<Item = &'h Heard>,
    now: Timestamp,
    centre: Division,
) -> Result<Vec<u8>, CollectError> {
    let home = Home::office(centre);
    let journals = replica.frontier().iter().filter(|(journal, _)| journal.home == home);
    let reach: Reach = journals.map(|(journal, end)| (*journal, end.number)).collect();
    if reach.is_empty() {
        return Err(CollectError::NoSuchCentre(centre));
    }
    let incidents = incidents_of(replica, home)?;
    collect(replica, heard, (now, Subject::Centre(centre)), (reach, incidents))
}

fn collect<'h, S: Store>(
    replica: &Replica<S>,
    heard: impl IntoIterator<Item = &'h Heard>,
    (made_at, subject): (Timestamp, Subject),
    (mut reach, incidents): (Reach, Vec<Incident>),
) -> Result<Vec<u8>, CollectError> {
    let (home, case) = match subject {
        Subject::Case(id) => (id.home, Some(id.name)),
        Subject::Centre(centre) => (Home::office(centre), None),
    };
    // Where an author was revoked, the city's roster says so, and from when on.
    if reach.keys().any(|journal| replica.revoked().contains_key(&journal.author.node)) {
        let roster = Home::public(replica.member().credential.path.city());
        let all = replica.frontier().iter().filter(|(journal, _)| journal.home == roster);
        reach.extend(all.map(|(journal, end)| (*journal, end.number)));
    }
    let mut journals = Vec::with_capacity(reach.len());
    for (journal, last) in reach {
        let mut entries = Vec::new();
        for number in 1..=last {
            let bytes = replica.entry_bytes(journal, number)?.ok_or_else(|| {
                ReplicaError::Corrupt(format!("entry {number} of {journal} is missing"))
            })?;
            entries.push(ByteVec::from(bytes));
        }
        journals.push(JournalV1 { journal, entries });
    }
    let of_home = heard.into_iter().filter(|it| it.credential.path.centre() == home.division);
    let statements = of_home
        .flat_map(Heard::all)
        .map(|it| StatementV1 { received_at: it.received_at, sealed: it.sealed.clone() })
        .collect();
    let root = replica.member().root;
    let payload = PayloadV1 { root, home, case, made_at, journals, incidents, statements };
    Ok(seal(&payload, replica.member()))
}

fn incidents_of<S: Store>(replica: &Replica<S>, home: Home) -> Result<Vec<Incident>, ReplicaError> {
    let mut incidents = replica.incidents(usize::MAX)?;
    incidents.retain(|incident| incident.journal.home == home);
    Ok(incidents)
}

/// Adds the city's journals of the home, up to the first receipt that covers each journal's end.
fn add_receipts<S: Store>(
    replica: &Replica<S>,
    home: Home,
    reach: &mut Reach,
) -> Result<(), ReplicaError> {
    for (journal, end) in replica.frontier().iter().filter(|(journal, _)| journal.home == home) {
        if !is_of_city(replica, *journal)? {
            continue;
        }
        let mut open = reach.clone();
        open.remove(journal);
        let mut last_useful = 0;
        for number in 1..=end.number {
            let Some(signed) = replica.entry(*journal, number)? else { break };
            let Body::Receipts(receipts) = signed.entry.body else { continue };
            for receipt in receipts {
                let about = JournalId { home, author: receipt.author };
                if let Some(last) = open.get(&about) {
                    last_useful = number; // Even one that covers a part says so much.
                    if receipt.number >= *last {
                        open.remove(&about);
                    }
                }
            }
            if open.is_empty() {
                break;
            }
        }
        if last_useful > 0 {
            let reached = reach.entry(*journal).or_default();
            *reached = last_useful.max(*reached);
        }
    }
    Ok(())
}

fn is_of_city<S: Store>(replica: &Replica<S>, journal: JournalId) -> Result<bool, ReplicaError> {
    let first = replica.entry(journal, 1)?;
    let Some(Body::Open(opening)) = first.map(|signed| signed.entry.body) else { return Ok(false) };
    let credential = Credential::open(&opening.credential, &replica.member().root);
    Ok(credential.is_ok_and(|it| it.path.centre() == it.path.city()))
}
