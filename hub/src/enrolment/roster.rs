//! The roster: a public document of the city that names every machine, and those revoked.

use std::collections::BTreeMap;

use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::document::{DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind};
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::{Attribute, Value};
use ulid::Ulid;

/// A machine that was enrolled.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Enrolled {
    /// Its centre.
    pub centre: Division,
    /// When.
    pub at: Timestamp,
    /// Where machines below can reach it, `host:port`.
    pub advertise: Option<String>,
    /// From when on its key is worth nothing.
    pub revoked_from: Option<Timestamp>,
}

/// Every machine that was ever enrolled.
pub type Roster = BTreeMap<NodeId, Enrolled>;

/// The name of the roster: there is one, for ever.
#[must_use]
pub const fn roster_name() -> DocumentName {
    DocumentName { kind: DocumentKind::Roster, ulid: Ulid::nil() }
}

/// Enrols a machine in the roster; a second one changes its address and nothing else.
#[must_use]
pub fn enrol_event(
    node: NodeId,
    centre: Division,
    advertise: Option<String>,
    now: Timestamp,
) -> Edit {
    let mut event = Event::new(EventKind::Enrol, now, "hub", &node.to_string());
    event.attributes.push(Attribute::new("centre", Value::Text(centre.to_string())));
    if let Some(address) = advertise {
        event.attributes.push(Attribute::new("advertise", Value::Text(address)));
    }
    Edit::Event(event)
}

/// Revokes a machine: what it signs from `from` on has no effect anywhere.
#[must_use]
pub fn revoke_event(node: NodeId, from: Timestamp, by: &str) -> Edit {
    Edit::Event(Event::new(EventKind::Revoke, from, by, &node.to_string()))
}

/// Reads the roster.
///
/// # Errors
///
/// The store's.
pub fn read<S: Store>(replica: &Replica<S>) -> Result<Roster, ReplicaError> {
    let home = Home::public(replica.member().credential.path.city());
    let paper = replica.paper(DocumentId { home, name: roster_name() })?;
    let mut roster = Roster::new();
    for (_, event) in paper.map(|paper| paper.events()).unwrap_or_default() {
        let Ok(node) = event.note.parse::<NodeId>() else { continue };
        let text = |key: &str| {
            let found = event.attributes.iter().find(|attribute| attribute.key == key);
            found.and_then(|attribute| attribute.value.as_text()).map(str::to_owned)
        };
        match event.kind {
            EventKind::Enrol => {
                let Some(centre) = text("centre").and_then(|code| code.parse().ok()) else {
                    continue;
                };
                let (at, advertise) = (event.happened_at, text("advertise"));
                let new = Enrolled { centre, at, advertise: None, revoked_from: None };
                roster.entry(node).or_insert(new).advertise = advertise; // A later one moves it.
            }
            EventKind::Revoke => {
                if let Some(machine) = roster.get_mut(&node) {
                    let from = machine.revoked_from.get_or_insert(event.happened_at);
                    *from = event.happened_at.min(*from);
                }
            }
            _ => {} // Nothing else may stand in a roster.
        }
    }
    Ok(roster)
}
