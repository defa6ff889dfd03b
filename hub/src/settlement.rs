//! Settlements: the office closes what is wrong with a journal, by name and with a note.
//!
//! A fork, an entry without right, or entries that were announced and are lost for good stay
//! visible until somebody answers for them. A settlement is an event in the city's roster: it is
//! signed, travels to every centre, and stands in every audit. What was found stays kept as
//! evidence, and what goes wrong in the journal beyond the settled entry is seen as before.

use std::collections::BTreeMap;

use tongban_node::engine::Engine;
use tongban_node::replica::{Appended, Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::document::{DocumentId, Edit, Event, EventKind};
use tongban_protocol::identity::Author;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::{Attribute, Value};

use crate::enrolment::roster_name;

/// What the office settled of a journal.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settlement {
    /// Up to which entry.
    pub through: u64,
    /// When.
    pub at: Timestamp,
    /// Who answers for it.
    pub by: String,
    /// Why, in words.
    pub note: String,
}

/// What the office settled, the furthest of each journal.
pub type Settlements = BTreeMap<JournalId, Settlement>;

/// Why nothing was settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Nobody answers for it.
    #[error("a settlement needs the name of a person and a note that says why")]
    Nameless,
    /// Nothing is known of the journal.
    #[error("no entry, statement or incident speaks of entry {through} of {journal}")]
    Unknown {
        /// The journal.
        journal: JournalId,
        /// Up to which entry.
        through: u64,
    },
    /// As much of the journal is settled already.
    #[error("{journal} is settled up to entry {through} already")]
    Already {
        /// The journal.
        journal: JournalId,
        /// Up to which entry.
        through: u64,
    },
    /// It was not saved.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

/// Stages the settlement of everything that is wrong with a journal up to entry `through`.
///
/// # Errors
///
/// [`SettleError`] says why nothing was staged.
pub fn settle<S: Store>(
    engine: &mut Engine<S>,
    now: Timestamp,
    (journal, through): (JournalId, u64),
    by: &str,
    note: &str,
) -> Result<Appended, SettleError> {
    if by.trim().is_empty() || note.trim().is_empty() {
        return Err(SettleError::Nameless);
    }
    let replica = engine.replica();
    let held = replica.frontier().get(&journal).map_or(0, |end| end.number);
    let words = engine.heard().flat_map(|heard| heard.all());
    let announced = words.filter_map(|said| said.statement.end_of(journal)).map(|end| end.number);
    let incidents = replica.incidents(usize::MAX)?;
    let found = incidents.iter().filter(|it| it.journal == journal).map(|it| it.number);
    let known = announced.chain(found).chain([held]).max().unwrap_or(0);
    if through == 0 || through > known {
        return Err(SettleError::Unknown { journal, through });
    }
    if let Some(settled) = read(replica)?.get(&journal).filter(|it| it.through >= through) {
        return Err(SettleError::Already { journal, through: settled.through });
    }
    let mut event = Event::new(EventKind::Settle, now, by.trim(), note.trim());
    event.attributes = vec![
        Attribute::new("home", Value::Text(journal.home.to_string())),
        Attribute::new("node", Value::Text(journal.author.node.to_string())),
        Attribute::new("incarnation", Value::Text(journal.author.incarnation.to_string())),
        Attribute::new("through", Value::Text(through.to_string())),
    ];
    let home = Home::public(replica.member().credential.path.city());
    let edits = vec![(roster_name(), vec![Edit::Event(event)])];
    Ok(engine.replica_mut().append(now, home, edits)?)
}

/// Reads what was settled.
///
/// # Errors
///
/// The store's.
pub fn read<S: Store>(replica: &Replica<S>) -> Result<Settlements, ReplicaError> {
    let home = Home::public(replica.member().credential.path.city());
    let paper = replica.paper(DocumentId { home, name: roster_name() })?;
    let mut settled = Settlements::new();
    for (_, event) in paper.map(|paper| paper.events()).unwrap_or_default() {
        if event.kind != EventKind::Settle {
            continue;
        }
        let Some((journal, through)) = subject(&event) else { continue };
        let known = settled.get(&journal).map_or(0, |known: &Settlement| known.through);
        if through > known {
            let (at, by, note) = (event.happened_at, event.by, event.note);
            settled.insert(journal, Settlement { through, at, by, note });
        }
    }
    Ok(settled)
}

fn subject(event: &Event) -> Option<(JournalId, u64)> {
    let text = |key: &str| {
        event.attributes.iter().find(|it| it.key == key).and_then(|it| it.value.as_text())
    };
    let home = text("home")?;
    let home = match home.strip_suffix("/public") {
        Some(division) => Home::public(division.parse().ok()?),
        None => Home::office(home.parse().ok()?),
    };
    let author = Author {
        node: text("node")?.parse().ok()?,
        incarnation: text("incarnation")?.parse().ok()?,
    };
    Some((JournalId { home, author }, text("through")?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha12Rng;
    use rand_core::SeedableRng;

    use super::*;
    use crate::fixture::{self, NINE, TOWN, division};

    #[test]
    fn a_settlement_needs_a_name_a_note_and_something_to_settle_and_is_read_back() {
        let (mut hub, mut town) = (fixture::city(), fixture::town());
        fixture::take_case(&mut town, NINE, 1);
        fixture::carry(&town, &mut hub, NINE);
        let home = Home::office(division(TOWN));
        let journal = JournalId { home, author: town.member().author() };
        let mut engine = Engine::new(hub, ChaCha12Rng::from_seed([3; 32])).unwrap();
        let mut refuse = |through, by, note| {
            settle(&mut engine, NINE, (journal, through), by, note).unwrap_err().to_string()
        };
        assert!(refuse(2, " ", "why").contains("the name of a person"));
        assert!(refuse(2, "周敏", "").contains("a note that says why"));
        assert!(refuse(3, "周敏", "why").starts_with("no entry, statement or incident"));
        assert!(refuse(0, "周敏", "why").starts_with("no entry, statement or incident"));
        settle(&mut engine, NINE, (journal, 2), "周敏", "重复登记，已作废").unwrap();
        engine.replica_mut().commit().unwrap();
        let settled = read(engine.replica()).unwrap();
        let (by, note) = ("周敏".to_owned(), "重复登记，已作废".to_owned());
        assert_eq!(settled, [(journal, Settlement { through: 2, at: NINE, by, note })].into());
        let again = settle(&mut engine, NINE, (journal, 1), "周敏", "why").unwrap_err();
        assert!(matches!(again, SettleError::Already { through: 2, .. }), "{again}");
    }

    #[test]
    fn a_settlement_stands_in_the_roster_and_only_the_city_may_write_it() {
        let (mut county, mut town) = (fixture::county(), fixture::town());
        fixture::take_case(&mut town, NINE, 1);
        fixture::carry(&town, &mut county, NINE);
        let home = Home::office(division(TOWN));
        let journal = JournalId { home, author: town.member().author() };
        let mut engine = Engine::new(county, ChaCha12Rng::from_seed([3; 32])).unwrap();
        let refused = settle(&mut engine, NINE, (journal, 2), "周敏", "why").unwrap_err();
        assert!(matches!(refused, SettleError::Replica(_)), "{refused}");
    }
}
