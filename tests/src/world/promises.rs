//! Promises that must hold at every moment, storm or not.

use tongban_node::engine::SessionId;
use tongban_protocol::journal::{Frontier, JournalId};

use super::dishonest::Fate;
use super::{Place, World};

impl World {
    /// What was durable before a crash is durable after it.
    pub(super) fn check_nothing_lost(&mut self, place: Place, frontier: &Frontier) {
        let office = &self.offices[place];
        if office.is_emptied || office.fate == Fate::RolledBack {
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
        if cable.is_some_and(|cable| {
            let centre = |place: Place| self.offices[place].member.centre();
            self.is_suspect(centre(cable.lower)) || self.is_suspect(centre(cable.upper))
        }) {
            return;
        }
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
            return self.look_over();
        }
        let office = &self.offices[place];
        let Some(engine) = office.engine.as_ref().filter(|_| office.fate.is_honest()) else {
            return;
        };
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
            let is_lied_to = self.withheld.contains(&journal.home.division);
            if !above_lost && !is_lied_to && believed > held_above(journal) {
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
}
