//! What the city's office asks of its hub, whether the hub runs or not.
//!
//! Plain functions over an engine: the command line calls them on a store that it opened, the
//! running hub behind `/api/v1`.

use serde::{Deserialize, Serialize};
use tongban_node::engine::Engine;
use tongban_node::replica::{Appended, Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::document::DocumentId;
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;

use crate::enrolment::{read_roster, revoke_event, roster_name};
use crate::evidence::{CollectError, export_case, export_centre};
use crate::survey::Surveyor;
use crate::words::Language;

/// In which form an audit is printed.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A table for people.
    Text,
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
}

/// Whose evidence is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Subject {
    /// One case.
    Case(DocumentId),
    /// One centre, with all its cases.
    Centre(Division),
}

/// Why a machine cannot be revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevokeError {
    /// It was never enrolled.
    #[error("no machine {0} was ever enrolled; `audit --json` names those that were")]
    Unknown(NodeId),
    /// It is revoked from an earlier instant on.
    #[error("machine {node} is revoked already, from {from} on")]
    Already {
        /// The machine.
        node: NodeId,
        /// From when on.
        from: Timestamp,
    },
    /// It was not saved.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

/// Prints the verdict on every centre.
///
/// # Errors
///
/// The store's.
pub fn audit<S: Store>(
    surveyor: &mut Surveyor,
    engine: &Engine<S>,
    now: Timestamp,
    (form, language): (Form, Language),
) -> Result<String, ReplicaError> {
    let audit = surveyor.audit(engine, now)?;
    Ok(match form {
        Form::Text => audit.to_text(language),
        Form::Json => audit.to_json(),
        Form::Csv => audit.to_csv(),
    })
}

/// Stages the revocation of a machine from `from` on.
///
/// # Errors
///
/// [`RevokeError`] says why nothing was staged.
pub fn revoke<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    node: NodeId,
    from: Timestamp,
) -> Result<Appended, RevokeError> {
    let roster = read_roster(replica)?;
    let machine = roster.get(&node).ok_or(RevokeError::Unknown(node))?;
    if let Some(earlier) = machine.revoked_from.filter(|earlier| *earlier <= from) {
        return Err(RevokeError::Already { node, from: earlier });
    }
    let home = Home::public(replica.member().credential.path.city());
    let edits = vec![(roster_name(), vec![revoke_event(node, from, "city")])];
    Ok(replica.append(now, home, edits)?)
}

/// Collects the evidence of a case or a centre.
///
/// # Errors
///
/// [`CollectError`] when there is no such case or centre, or the store's.
pub fn evidence<S: Store>(
    engine: &Engine<S>,
    now: Timestamp,
    subject: Subject,
) -> Result<Vec<u8>, CollectError> {
    match subject {
        Subject::Case(id) => export_case(engine.replica(), engine.heard(), now, id),
        Subject::Centre(division) => export_centre(engine.replica(), engine.heard(), now, division),
    }
}
