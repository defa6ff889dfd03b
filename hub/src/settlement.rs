//! Settlements: the office closes what is wrong with a journal, by name and with a note.
//!
//! A fork, an entry without right, or entries that were announced and are lost for good stay
//! visible until somebody answers for them. A settlement is an event in the city's roster: it is
//! signed, travels to every centre, and stands in every audit. What was found stays kept as
//! evidence, and what goes wrong in the journal beyond the settled entry is seen as before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tongban_node::engine::Engine;
use tongban_node::replica::{Appended, Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::document::{DocumentId, Edit, Event, EventKind};
use tongban_protocol::identity::Author;
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::{Attribute, Value};
use utoipa::ToSchema;

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

/// What the office wishes to settle.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// The journal, as audits and lists of incidents name it, such as `510921103 by 7f3a9c21.0`.
    pub journal: String,
    /// Up to which entry; all that was held, announced or found so far where it is left out.
    pub through: Option<u64>,
    /// Who answers for it.
    pub by: String,
    /// Why, in words.
    pub note: String,
}

/// What was settled.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Settled {
    /// The journal.
    pub journal: String,
    /// Up to which entry.
    pub through: u64,
}

/// Why nothing was settled.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// Nobody answers for it.
    #[error("a settlement needs the name of a person and a note that says why")]
    Nameless,
    /// Nothing is known of the journal.
    #[error(
        "no entry, statement or incident speaks of a journal `{0}`; give its name as `audit` \
         prints it, such as `510921103 by 7f3a9c21.0`"
    )]
    Unknown(String),
    /// Several journals have that name in short.
    #[error(
        "`{0}` names more than one journal; write the machine's name out, as `machines` has it"
    )]
    Ambiguous(String),
    /// Nothing is known of the entry.
    #[error(
        "no entry, statement or incident speaks of entry {through} of {journal}; it is known from \
         1 to {known}"
    )]
    Beyond {
        /// The journal.
        journal: JournalId,
        /// Up to which entry.
        through: u64,
        /// The furthest entry that anything speaks of.
        known: u64,
    },
    /// As much of the journal is settled already.
    #[error("{journal} is settled up to entry {through} already; settle only what lies beyond")]
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

/// Stages the settlement of everything that is wrong with a journal.
///
/// # Errors
///
/// [`SettleError`] says why nothing was staged.
pub fn settle<S: Store>(
    engine: &mut Engine<S>,
    now: Timestamp,
    wish: &Wish,
) -> Result<Settled, SettleError> {
    let (settled, event) = prepare(engine, now, wish)?;
    write(engine.replica_mut(), now, event)?;
    Ok(settled)
}

/// Says what a wish settles, and with which event of the roster.
///
/// # Errors
///
/// [`SettleError`] says why it settles nothing.
pub fn prepare<S: Store>(
    engine: &Engine<S>,
    now: Timestamp,
    wish: &Wish,
) -> Result<(Settled, Event), SettleError> {
    let Wish { by, note, .. } = wish;
    if by.trim().is_empty() || note.trim().is_empty() {
        return Err(SettleError::Nameless);
    }
    let (journal, known) = find(engine, &wish.journal)?;
    let through = wish.through.unwrap_or(known);
    if through == 0 || through > known {
        return Err(SettleError::Beyond { journal, through, known });
    }
    if let Some(settled) = read(engine.replica())?.get(&journal).filter(|it| it.through >= through)
    {
        return Err(SettleError::Already { journal, through: settled.through });
    }
    let mut event = Event::new(EventKind::Settle, now, by.trim(), note.trim());
    event.attributes = vec![
        Attribute::new("home", Value::Text(journal.home.to_string())),
        Attribute::new("node", Value::Text(journal.author.node.to_string())),
        Attribute::new("incarnation", Value::Text(journal.author.incarnation.to_string())),
        Attribute::new("through", Value::Text(through.to_string())),
    ];
    Ok((Settled { journal: journal.to_string(), through }, event))
}

/// Stages a settlement that was prepared.
///
/// # Errors
///
/// The store's; and [`ReplicaError`] where this machine may not write the roster.
pub fn write<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    event: Event,
) -> Result<Appended, ReplicaError> {
    let home = Home::public(replica.member().credential.path.city());
    replica.append(now, home, vec![(roster_name(), vec![Edit::Event(event)])])
}

/// The journal of that name, and the furthest entry that anything speaks of.
fn find<S: Store>(engine: &Engine<S>, name: &str) -> Result<(JournalId, u64), SettleError> {
    let mut known: BTreeMap<JournalId, u64> = BTreeMap::new();
    let held = engine.replica().frontier().iter().map(|(journal, end)| (*journal, end.number));
    let said = engine.heard().flat_map(|heard| heard.all());
    let said = said.flat_map(|it| it.statement.ends.iter().map(|(id, end)| (*id, end.number)));
    let incidents = engine.replica().incidents(usize::MAX)?;
    let found = incidents.iter().map(|it| (it.journal, it.number));
    for (journal, number) in held.chain(said).chain(found) {
        let furthest = known.entry(journal).or_default();
        *furthest = number.max(*furthest);
    }
    // Lists of incidents print the entry behind the journal.
    let name = name.split(" #").next().unwrap_or_default().trim();
    let is_named = |journal: &JournalId| {
        let JournalId { home, author } = journal;
        let whole = format!("{home} by {}.{}", author.node, author.incarnation);
        journal.to_string() == name || whole == name
    };
    let mut named = known.into_iter().filter(|(journal, _)| is_named(journal));
    let one = named.next().ok_or_else(|| SettleError::Unknown(name.to_owned()))?;
    match named.next() {
        None => Ok(one),
        Some(_) => Err(SettleError::Ambiguous(name.to_owned())),
    }
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

    fn wish(journal: &str, through: Option<u64>, by: &str, note: &str) -> Wish {
        let (journal, by, note) = (journal.to_owned(), by.to_owned(), note.to_owned());
        Wish { journal, through, by, note }
    }

    #[test]
    fn a_settlement_needs_a_name_a_note_and_something_to_settle_and_is_read_back() {
        let (mut hub, mut town) = (fixture::city(), fixture::town());
        fixture::take_case(&mut town, NINE, 1);
        fixture::carry(&town, &mut hub, NINE);
        let home = Home::office(division(TOWN));
        let journal = JournalId { home, author: town.member().author() };
        let mut engine = Engine::new(hub, ChaCha12Rng::from_seed([3; 32])).unwrap();
        let mut refuse = |journal: &str, through, by, note| {
            settle(&mut engine, NINE, &wish(journal, through, by, note)).unwrap_err().to_string()
        };
        let name = journal.to_string();
        assert!(refuse(&name, None, " ", "why").contains("the name of a person"));
        assert!(refuse(&name, None, "周敏", "").contains("a note that says why"));
        assert!(refuse(&name, Some(3), "周敏", "why").ends_with("known from 1 to 2"));
        assert!(refuse(&name, Some(0), "周敏", "why").starts_with("no entry, statement or"));
        let unknown = refuse("510921103 by 00000000.7", None, "周敏", "why");
        assert!(unknown.contains("a journal `510921103 by 00000000.7`; give its name as `audit`"));
        let copied = format!("{name} #1"); // As a list of incidents prints the place.
        settle(&mut engine, NINE, &wish(&copied, None, "周敏", "重复登记，已作废")).unwrap();
        engine.replica_mut().commit().unwrap();
        let settled = read(engine.replica()).unwrap();
        let (by, note) = ("周敏".to_owned(), "重复登记，已作废".to_owned());
        assert_eq!(settled, [(journal, Settlement { through: 2, at: NINE, by, note })].into());
        let whole = format!("{home} by {}.0", journal.author.node);
        let again = settle(&mut engine, NINE, &wish(&whole, Some(1), "周敏", "why")).unwrap_err();
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
        let wish = wish(&journal.to_string(), Some(2), "周敏", "why");
        let refused = settle(&mut engine, NINE, &wish).unwrap_err();
        assert!(matches!(refused, SettleError::Replica(_)), "{refused}");
    }
}
