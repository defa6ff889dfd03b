//! What the machines of a centre said, held against what the city holds.

use std::collections::BTreeMap;

use tongban_node::engine::{Heard, Said};
use tongban_node::replica::{Incident, IncidentKind};
use tongban_protocol::identity::{Author, NodeId};
use tongban_protocol::journal::{End, JournalId};
use tongban_protocol::place::{Division, Home, Scope};
use tongban_protocol::time::Timestamp;

use super::finding::{Finding, disagreement, rollback, worst_incident};
use super::{EnrolledNode, Facts, HeldEntry};

/// Time after an entry at which a machine must announce it, in milliseconds: what is durable is
/// announced within seconds.
const ANNOUNCE_MS_MAX: i64 = 60_000;

/// The facts by centre.
#[derive(Default)]
pub(super) struct Index<'a> {
    heard: BTreeMap<Division, Vec<&'a Heard>>,
    pub(super) roster: BTreeMap<Division, Vec<&'a EnrolledNode>>,
    revoked: BTreeMap<NodeId, Timestamp>,
    incidents: BTreeMap<Division, Vec<&'a Incident>>,
    held: BTreeMap<Division, u64>,
    /// What centres above say that they hold of a centre's journals.
    claims: BTreeMap<Division, Vec<(JournalId, u64)>>,
}

/// A machine whose word counts now.
#[derive(Clone, Copy)]
pub(super) struct Machine<'a> {
    pub(super) node: NodeId,
    /// When it was alive for certain; when it was enrolled, if it never spoke.
    pub(super) spoke_at: Timestamp,
    /// What it said last.
    pub(super) last: Option<&'a Said>,
}

/// What the machines of a centre said, against what is held.
#[derive(Default)]
pub(super) struct Account<'a> {
    pub(super) announced: BTreeMap<JournalId, u64>,
    pub(super) missing: u64,
    /// Announced and not held, and settled by the office.
    pub(super) given_up: u64,
    pub(super) finding: Option<Finding>,
    /// The machines that were not revoked, the one longest silent first.
    pub(super) machines: Vec<Machine<'a>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(facts: &Facts<'a>) -> Self {
        let mut index = Self::default();
        for node in facts.question.roster {
            index.roster.entry(node.centre).or_default().push(node);
            if let Some(at) = node.revoked_at {
                index.revoked.insert(node.node, at);
            }
        }
        for heard in facts.heard.iter().copied() {
            index.heard.entry(heard.credential.path.centre()).or_default().push(heard);
            index.add_claims(facts, heard);
        }
        for incident in facts.incidents {
            index.incidents.entry(incident.journal.home.division).or_default().push(incident);
        }
        for (journal, end) in facts.frontier {
            if journal.home == Home::office(journal.home.division) {
                *index.held.entry(journal.home.division).or_default() += end.number;
            }
        }
        index
    }

    /// A county holds what its townships wrote: whatever it says that it holds is out there.
    fn add_claims(&mut self, facts: &Facts<'_>, heard: &Heard) {
        let (node, centre) = (heard.credential.node(), heard.credential.path.centre());
        for (journal, end) in self.trusted(heard).flat_map(|said| &said.statement.ends) {
            let home = journal.home;
            let path = facts.question.tree.path(home.division);
            if home.scope == Scope::Office
                && home.division != centre
                && journal.author.node != node
                && path.is_some_and(|path| path.contains(centre))
            {
                self.claims.entry(home.division).or_default().push((*journal, end.number));
            }
        }
    }

    /// What a machine said before it was revoked: a stolen one must not make anybody look behind.
    fn trusted<'h>(&self, heard: &'h Heard) -> impl Iterator<Item = &'h Said> + use<'h> {
        let revoked = self.revoked.get(&heard.credential.node()).copied();
        heard.all().filter(move |said| revoked.is_none_or(|from| said.statement.at < from))
    }

    fn of_centre<T>(map: &BTreeMap<Division, Vec<T>>, centre: Division) -> &[T] {
        map.get(&centre).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn enrolled(&self, centre: Division) -> &[&'a EnrolledNode] {
        Self::of_centre(&self.roster, centre)
    }

    pub(super) fn held(&self, centre: Division) -> u64 {
        self.held.get(&centre).copied().unwrap_or(0)
    }

    /// Compares everything that the machines of a centre said with what is held.
    pub(super) fn account<E>(
        &self,
        facts: &Facts<'_>,
        centre: Division,
        entry_at: &impl Fn(JournalId, u64) -> Result<Option<HeldEntry>, E>,
    ) -> Result<Account<'a>, E> {
        let mut account = Account::default();
        for heard in Self::of_centre(&self.heard, centre).iter().copied() {
            self.compare(facts, heard, entry_at, &mut account)?;
        }
        for (journal, number) in Self::of_centre(&self.claims, centre) {
            let announced = account.announced.entry(*journal).or_default();
            *announced = (*number).max(*announced);
        }
        for (journal, announced) in &account.announced {
            let held = facts.held(*journal);
            let settled = facts.settled_through(*journal).min(*announced).max(held);
            account.given_up = account.given_up.saturating_add(settled - held);
            account.missing = account.missing.saturating_add(announced.saturating_sub(settled));
        }
        account.machines = self.machines(centre);
        if let Some(incident) = self.incident(facts, centre) {
            account.finding = Some(incident);
        }
        Ok(account)
    }

    fn machines(&self, centre: Division) -> Vec<Machine<'a>> {
        let heard = Self::of_centre(&self.heard, centre);
        let spoken = heard.iter().map(|heard| Machine {
            node: heard.credential.node(),
            spoke_at: heard.last.spoke_at(),
            last: Some(&heard.last),
        });
        let mute = self
            .enrolled(centre)
            .iter()
            .filter(|it| heard.iter().all(|heard| heard.credential.node() != it.node));
        let mute = mute.map(|it| Machine { node: it.node, spoke_at: it.enrolled_at, last: None });
        let mut machines: Vec<_> =
            spoken.chain(mute).filter(|it| !self.revoked.contains_key(&it.node)).collect();
        machines.sort_by_key(|it| it.spoke_at);
        machines
    }

    fn compare<E>(
        &self,
        facts: &Facts<'_>,
        heard: &Heard,
        entry_at: &impl Fn(JournalId, u64) -> Result<Option<HeldEntry>, E>,
        account: &mut Account<'_>,
    ) -> Result<(), E> {
        let home = Home::office(heard.credential.path.centre());
        let node = heard.credential.node();
        for said in self.trusted(heard) {
            for (journal, End { number, hash }) in said.statement.ends.iter().copied() {
                let is_own = journal.author.node == node && journal.home.scope == Scope::Office;
                if journal.home != home && !is_own {
                    continue; // A centre speaks for its own home and for what its machine signed.
                }
                let announced = account.announced.entry(journal).or_default();
                *announced = number.max(*announced);
                let is_held = number > 0 && number <= facts.held(journal);
                if is_held && number > facts.settled_through(journal) {
                    let entry = entry_at(journal, number)?;
                    if entry.is_none_or(|entry| entry.hash != hash) {
                        account.finding = Some(disagreement(journal, number, entry.is_some()));
                    }
                }
            }
        }
        if account.finding.is_none() && !self.revoked.contains_key(&node) {
            account.finding = rolled_back(facts, heard, home, entry_at)?;
        }
        Ok(())
    }

    /// The worst incident of a centre's homes that nothing has settled since.
    fn incident(&self, facts: &Facts<'_>, centre: Division) -> Option<Finding> {
        let open = Self::of_centre(&self.incidents, centre).iter().filter(|it| {
            let is_healed = it.kind == IncidentKind::Broken && facts.held(it.journal) >= it.number;
            let is_settled = facts.settled_through(it.journal) >= it.number;
            !is_healed && !is_settled && !self.revoked.contains_key(&it.journal.author.node)
        });
        worst_incident(open.copied())
    }
}

/// Of the life in which it speaks, a machine knows at least what it once announced or sent.
fn rolled_back<E>(
    facts: &Facts<'_>,
    heard: &Heard,
    home: Home,
    entry_at: &impl Fn(JournalId, u64) -> Result<Option<HeldEntry>, E>,
) -> Result<Option<Finding>, E> {
    let (node, statement) = (heard.credential.node(), &heard.last.statement);
    let lives = facts.frontier.keys().filter(|it| it.home == home && it.author.node == node);
    let newest = lives.map(|journal| journal.author.incarnation).max();
    let Some(incarnation) = statement.incarnation.or(newest) else { return Ok(None) };
    let journal = JournalId { home, author: Author { node, incarnation } };
    let told = statement.end_of(journal).map_or(0, |end| end.number);
    let ends = heard.earlier.iter().filter_map(|said| {
        let end = said.statement.end_of(journal)?;
        // Kept for that: it said less in between, though it may have caught up since.
        (told < end.number || said.is_contradicted).then_some(end.number)
    });
    let announced = ends.max().unwrap_or(0);
    let (held, settled) = (facts.held(journal), facts.settled_through(journal));
    if settled < announced {
        return Ok(Some(rollback(journal, told, (announced, held))));
    }
    if told < held
        && settled < held
        && let Some(last) = entry_at(journal, held)?
        && statement.at.ms_since(last.time.instant()) > ANNOUNCE_MS_MAX
        && last.witnessed_at.is_none_or(|at| heard.last.received_at > at.plus_ms(ANNOUNCE_MS_MAX))
    {
        return Ok(Some(rollback(journal, told, (announced, held))));
    }
    Ok(None)
}
