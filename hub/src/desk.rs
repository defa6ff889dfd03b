//! What the city's office asks of its hub, whether the hub runs or not.
//!
//! Plain functions over an engine: the command line calls them on a store that it opened, the
//! running hub behind `/api/v1`.

use serde::{Deserialize, Serialize};
use tongban_node::engine::Engine;
use tongban_node::replica::{Appended, Replica, ReplicaError};
use tongban_node::service::{Closed, Desk};
use tongban_node::store::Store;
use tongban_protocol::document::DocumentId;
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;
use utoipa::ToSchema;

use crate::enrolment::{Enrolled, read_roster, revoke_event, roster_name};
use crate::evidence::{CollectError, export_case, export_centre};
use crate::survey::Surveyor;
use crate::words::Language;

/// Who revokes where no person is named: a program, or the command line.
pub const CITY: &str = "city";

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
    #[error("no machine {0} was ever enrolled; `machines` names those that were")]
    Unknown(NodeId),
    /// It is revoked from an earlier instant on.
    #[error("machine {node} is revoked already, from {from} on")]
    Already {
        /// The machine.
        node: NodeId,
        /// From when on.
        from: Timestamp,
    },
    /// The service has stopped.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// It was not saved.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

/// A machine that was enrolled, for the office.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct MachineLine {
    /// The name that `revoke` takes.
    pub node: String,
    /// Its centre's division.
    pub centre: String,
    /// When it was enrolled, RFC 3339.
    pub enrolled_at: String,
    /// Where machines below reach it, `host:port`.
    pub advertise: Option<String>,
    /// From when on its key is worth nothing, RFC 3339.
    pub revoked_from: Option<String>,
}

/// Lists the machines that were ever enrolled, by centre.
///
/// # Errors
///
/// The store's.
pub fn machines<S: Store>(replica: &Replica<S>) -> Result<Vec<MachineLine>, ReplicaError> {
    let line = |(node, machine): (NodeId, Enrolled)| MachineLine {
        node: node.to_string(),
        centre: machine.centre.to_string(),
        enrolled_at: machine.at.to_string(),
        advertise: machine.advertise,
        revoked_from: machine.revoked_from.map(|from| from.to_string()),
    };
    let mut machines: Vec<MachineLine> = read_roster(replica)?.into_iter().map(line).collect();
    machines.sort_by(|a, b| (&a.centre, &a.enrolled_at).cmp(&(&b.centre, &b.enrolled_at)));
    Ok(machines)
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

/// Stages the revocation of a machine from an instant on, by whoever answers for it.
///
/// # Errors
///
/// [`RevokeError`] says why nothing was staged.
pub fn revoke<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    node: NodeId,
    (from, by): (Timestamp, &str),
) -> Result<Appended, RevokeError> {
    let roster = read_roster(replica)?;
    let machine = roster.get(&node).ok_or(RevokeError::Unknown(node))?;
    if let Some(earlier) = machine.revoked_from.filter(|earlier| *earlier <= from) {
        return Err(RevokeError::Already { node, from: earlier });
    }
    let home = Home::public(replica.member().credential.path.city());
    let edits = vec![(roster_name(), vec![revoke_event(node, from, by)])];
    Ok(replica.append(now, home, edits)?)
}

/// The same over the desk of a running hub, durable.
///
/// # Errors
///
/// As [`revoke`]; [`RevokeError::Closed`] when the service stops meanwhile.
pub async fn revoke_at(
    desk: &Desk,
    now: Timestamp,
    node: NodeId,
    (from, by): (Timestamp, String),
) -> Result<(), RevokeError> {
    let staged = desk.stage(move |replica, _| {
        revoke(replica, now, node, (from, &by)).map(|appended| ((), appended))
    });
    staged.await.map(drop)
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
