//! Promises that must hold at every moment, storm or not.

use tongban_node::engine::{Engine, SessionId};
use tongban_node::store::FaultyStore;
use tongban_protocol::journal::{End, Frontier, JournalId};
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::{Place, World};

/// The simplest rule of coverage: a centre is complete, as of its last statement, when the city
/// holds all that this statement names.
#[must_use]
pub fn holds_all_that_was_stated(
    city: &Engine<FaultyStore>,
    centre: Division,
) -> Option<Timestamp> {
    let heard = city.heard().find(|heard| heard.credential.path.centre() == centre)?;
    let holds = |(journal, end): &(JournalId, End)| {
        city.replica().frontier().get(journal).is_some_and(|held| held.number >= end.number)
    };
    heard.last.statement.ends.iter().all(holds).then_some(heard.last.statement.at)
}

impl World {
    /// What was durable before a crash is durable after it.
    pub(super) fn check_nothing_lost(&mut self, place: Place, frontier: &Frontier) {
        let office = &self.offices[place];
        if office.is_emptied {
            return;
        }
        let lost = office.durable.iter().find(|(journal, end)| {
            let now = frontier.get(*journal).copied().unwrap_or_default();
            now.number < end.number || (now.number == end.number && now.hash != end.hash)
        });
        if let Some((journal, end)) = lost {
            let name = &office.name;
            self.violate(format!("{name} has lost entries up to {} of {journal}", end.number));
        }
    }

    /// Honest engines close a link for want of room or of a sound, and never blame each other.
    pub(super) fn check_close(&mut self, place: Place, session: SessionId, why: &str) {
        let cable = self.cables.get(&(session.0 / 2));
        let is_whole = cable.is_some_and(|cable| {
            let ends = [cable.lower, cable.upper];
            !cable.is_cut && ends.iter().all(|end| !self.offices[*end].has_jumped)
        });
        let is_silence = why.starts_with("nothing was heard") && !is_whole;
        let is_refusal =
            why.contains("the peer cannot store") || why.starts_with("the peer closed");
        if !is_silence && !is_refusal {
            let name = &self.offices[place].name;
            self.violate(format!("{name} closes session {}: {why}", session.0));
        }
    }

    /// After each commit: nothing is believed to be held above that is not durable there, no
    /// receipt covers what the city lacks, and complete means complete.
    pub(super) fn check_promises(&mut self, place: Place) {
        if place == 0 {
            return self.check_coverage();
        }
        let office = &self.offices[place];
        let Some(engine) = &office.engine else { return };
        let replica = engine.replica();
        let held_above = |journal: &JournalId| {
            let above = office.parents.iter().filter_map(|upper| {
                self.offices[*upper].durable.get(journal).map(|end| end.number)
            });
            above.max().unwrap_or(0)
        };
        let above_lost = office.parents.iter().any(|upper| self.offices[*upper].has_lost_disk);
        let city = &self.offices[0];
        let mut broken = Vec::new();
        for journal in replica.frontier().keys() {
            let believed = replica.held_by_parent(*journal);
            if !above_lost && believed > held_above(journal) {
                broken.push(format!(
                    "{} believes that {journal} is held above up to {believed}, which it is not",
                    office.name
                ));
            }
            let receipted = replica.receipted(*journal).map_or(0, |receipt| receipt.number);
            let at_city = city.durable.get(journal).map_or(0, |end| end.number);
            if !city.has_lost_disk && receipted > at_city {
                broken.push(format!(
                    "{} has a receipt for {receipted} of {journal}, and the city holds {at_city}",
                    office.name
                ));
            }
        }
        broken.into_iter().for_each(|what| self.violate(what));
    }

    fn check_coverage(&mut self) {
        let Some(city) = &self.offices[0].engine else { return };
        let mut broken = Vec::new();
        let mut verdicts = 0;
        for office in &self.offices[1..] {
            let centre = office.member.centre();
            let Some(as_of) = (self.duties.coverage)(city, centre) else { continue };
            verdicts += 1;
            let stated = office.stated.iter().filter(|(at, _)| *at == as_of);
            let Some(promised) = stated.map(|(_, count)| *count).min() else { continue };
            let since = office.promised_before_loss.min(promised);
            for promise in &office.promises[since..promised] {
                let (journal, number) = (promise.appended.journal, promise.appended.number);
                let held = city.replica().frontier().get(&journal).map_or(0, |end| end.number);
                let is_own = journal.home.division == centre;
                if is_own && held < number {
                    broken.push(format!(
                        "{} is called complete without entry {number} of {journal}",
                        office.name
                    ));
                }
            }
        }
        *self.facts.entry("verdicts of complete").or_default() += verdicts;
        broken.into_iter().for_each(|what| self.violate(what));
    }
}
