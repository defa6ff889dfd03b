//! Whether all agree when the storm is over, byte for byte.

use std::collections::{BTreeMap, BTreeSet};

use tongban_node::cases::judge;
use tongban_node::engine::{Engine, LinkStatus};
use tongban_node::replica::{ArrivalStage, Counted, EntryRef, Replica};
use tongban_node::report::{Wish, centres_held, count, report};
use tongban_node::store::FaultyStore;
use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::exchange::Want;
use tongban_protocol::hash::Sha;
use tongban_protocol::journal::proof::audit_journal;
use tongban_protocol::journal::{End, Frontier, JournalId};
use tongban_protocol::metrics::{By, Row};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::dishonest::Fate;
use super::{EPOCH_MS, Place, World};

/// Two months after the world began: everything is judged and counted as of then.
const LOOK_BACK_MS: i64 = EPOCH_MS + 60 * 86_400_000;

/// Every kind of document.
const KINDS: [DocumentKind; 10] = [
    DocumentKind::Case,
    DocumentKind::Item,
    DocumentKind::Roster,
    DocumentKind::Calendar,
    DocumentKind::Rules,
    DocumentKind::ServiceRecord,
    DocumentKind::Rating,
    DocumentKind::Order,
    DocumentKind::Post,
    DocumentKind::Outages,
];

impl World {
    /// What is still going on, in words; `None` when all is at rest.
    pub(super) fn unrest(&self) -> Option<String> {
        for (place, office) in self.offices.iter().enumerate() {
            let name = &office.name;
            let Some(engine) = &office.engine else { return Some(format!("{name} is off")) };
            if self.is_suspect(office.member.centre()) {
                continue;
            }
            let is_whole = |link: &LinkStatus| {
                let cable = self.cables.get(&(link.session.0 / 2));
                let ends = cable.map(|cable| [cable.lower, cable.upper]);
                let centre = |place: Place| self.offices[place].member.centre();
                let mut ends = ends.into_iter().flatten();
                link.is_in_step || ends.any(|place| self.is_suspect(centre(place)))
            };
            if let Some(link) = engine.links().iter().find(|link| !is_whole(link)) {
                return Some(format!("{name}: session {} is not in step", link.session.0));
            }
            let waiting = engine.replica().waiting();
            if place != 0 && waiting > 0 {
                return Some(format!("{name}: {waiting} entries wait"));
            }
            if place != 0 && office.uplink.is_none_or(|uplink| uplink.rank != 0) {
                return Some(format!("{name} is not linked to its nearest parent"));
            }
        }
        self.disagreement()
    }

    fn disagreement(&self) -> Option<String> {
        for (lower, upper) in self.pairs() {
            let (here, there) = self.shared(lower, upper);
            let is_agreed = |(journal, _): &(&JournalId, &End)| self.is_agreed(journal.home);
            let sees = |frontier: &Frontier| -> Frontier {
                frontier.iter().filter(is_agreed).map(|(journal, end)| (*journal, *end)).collect()
            };
            let (here, there) = (sees(&here), sees(&there));
            if here != there {
                let differs = here.keys().chain(there.keys());
                let differs: BTreeSet<&JournalId> =
                    differs.filter(|journal| here.get(journal) != there.get(journal)).collect();
                let names = (&self.offices[lower].name, &self.offices[upper].name);
                return Some(format!("{} and {} differ in {differs:?}", names.0, names.1));
            }
        }
        None
    }

    fn pairs(&self) -> Vec<(Place, Place)> {
        let pairs = self.offices.iter().enumerate().filter(|(_, it)| {
            matches!(it.fate, Fate::Honest | Fate::Unlawful) // The others need not agree.
        });
        pairs.filter_map(|(lower, it)| Some((lower, *it.parents.first()?))).collect()
    }

    fn shared(&self, lower: Place, upper: Place) -> (Frontier, Frontier) {
        let path = &self.offices[lower].member.credential.path;
        let frontier = |place: Place| {
            let engine = self.offices[place].engine.as_ref();
            engine.map(|engine| engine.replica().shared_frontier(path)).unwrap_or_default()
        };
        (frontier(lower), frontier(upper))
    }

    /// Everything that must be true once all is at rest.
    pub(super) fn check_at_rest(&mut self) {
        if let Some(why) = self.unrest() {
            self.violate(format!("not at rest: {why}"));
        }
        for place in 0..self.offices.len() {
            self.check_office(place);
        }
        for (lower, upper) in self.pairs() {
            self.check_papers(lower, upper);
        }
        let reports: Vec<Vec<Row>> =
            (0..self.offices.len()).map(|place| self.report(place)).collect();
        for (lower, upper) in self.pairs() {
            self.check_reports(&reports[lower], &reports[upper]);
        }
        self.audit_city();
        self.check_numbers();
        for place in 0..self.offices.len() {
            self.check_disk(place);
        }
    }

    /// Nothing was refused, and every promise to a person is kept here and at the city.
    fn check_office(&mut self, place: Place) {
        let mut broken = Vec::new();
        let office = &self.offices[place];
        let name = &office.name;
        let replica = |place: Place| self.offices[place].engine.as_ref().map(Engine::replica);
        let (Some(own), Some(city)) = (replica(place), replica(0)) else { return };
        if !office.fate.is_honest() {
            return;
        }
        let dishonest = self.dishonest_nodes();
        let incidents = own.incidents(usize::MAX).unwrap().into_iter();
        for incident in incidents.filter(|it| !dishonest.contains(&it.journal.author.node)) {
            broken
                .push(format!("{name} reports an incident about an honest machine: {incident:?}"));
        }
        for promise in &office.promises {
            let (journal, number) = (promise.appended.journal, promise.appended.number);
            for (holder, at) in [(own, name.as_str()), (city, "the city")] {
                let bytes = holder.entry_bytes(journal, number).unwrap();
                if bytes.map(|bytes| Sha::of(&bytes)) != Some(promise.hash) {
                    broken.push(format!("{name} saved {number} of {journal}; {at} lacks it"));
                }
            }
            let stage = own.stage_of(EntryRef { journal, number });
            if place != 0 && stage != ArrivalStage::City {
                broken.push(format!("{name} has no receipt for {number} of {journal}: {stage:?}"));
            }
        }
        broken.into_iter().for_each(|what| self.violate(what));
    }

    /// Equal frontiers are equal documents, byte for byte, and equal states.
    fn check_papers(&mut self, lower: Place, upper: Place) {
        let mut broken = Vec::new();
        let (shared, _) = self.shared(lower, upper);
        let homes: BTreeSet<Home> = shared.keys().map(|journal| journal.home).collect();
        let replica = |place: Place| self.offices[place].engine.as_ref().map(Engine::replica);
        let (Some(here), Some(there)) = (replica(lower), replica(upper)) else { return };
        let (mut count, mut void, mut cards) = (0, 0, 0);
        let now = Timestamp(LOOK_BACK_MS);
        for home in homes.into_iter().filter(|home| self.is_agreed(*home)) {
            for kind in KINDS {
                let list = |at: &Replica<FaultyStore>| at.documents(home, kind, None, usize::MAX);
                let (ours, theirs) = (list(here).unwrap(), list(there).unwrap());
                if ours != theirs {
                    broken.push(format!("{home} has other documents below than above"));
                }
                count += ours.len() as u64;
                if kind == DocumentKind::Case {
                    let files = ours.iter().filter_map(|id| here.case(*id).unwrap());
                    let due = files.map(|file| judge(here, &file, now).unwrap().cards.len());
                    cards += due.sum::<usize>() as u64;
                }
                for what in ours.into_iter().filter_map(|id| difference(id, here, there, now)) {
                    if self.is_of_revoked(home) && what.contains(" waits ") {
                        // Its county had built on a journal that nobody else held, and lost its
                        // disk; the revoked machine, which has it still, is let in no more.
                        void += 1;
                    } else {
                        broken.push(what);
                    }
                }
            }
        }
        *self.facts.entry("documents compared").or_default() += count;
        *self.facts.entry("cards compared").or_default() += cards;
        *self.facts.entry("documents of revoked machines that wait").or_default() += void;
        broken.into_iter().for_each(|what| self.violate(what));
    }

    /// The figures that an office reports of each centre of which it holds cases.
    fn report(&mut self, place: Place) -> Vec<Row> {
        let local = self.local(place);
        let Some(engine) = &mut self.offices[place].engine else { return Vec::new() };
        // The city may have signed receipts that wait for its next turn.
        let mut counted = count(engine, local).unwrap();
        while counted == Counted::Part {
            counted = count(engine, local).unwrap();
        }
        let replica = engine.replica();
        let wish = Wish { by: Some(By::Centre), ..Wish::default() };
        let told = report(replica, &wish, &centres_held(replica), Timestamp(LOOK_BACK_MS)).unwrap();
        if counted == Counted::Held {
            self.violate(format!("{} cannot count its cases", self.offices[place].name));
        }
        told.metrics.rows.into_iter().filter(|row| !row.key.is_empty()).collect()
    }

    /// Equal entries are equal figures.
    fn check_reports(&mut self, lower: &[Row], upper: &[Row]) {
        let (mut broken, mut count) = (Vec::new(), 0);
        for here in lower {
            let centre = here.key.parse().unwrap();
            let Some(there) = upper.iter().find(|there| there.key == here.key) else { continue };
            if !self.is_agreed(Home::office(centre)) || self.is_of_revoked(Home::office(centre)) {
                continue;
            }
            count += u64::from(here.figures[0].numerator > 0.0);
            let mut pairs = here.figures.iter().zip(&there.figures);
            if let Some((below, above)) = pairs.find(|(below, above)| below != above) {
                broken.push(format!("{centre} reports {below:?} below and {above:?} above"));
            }
        }
        *self.facts.entry("reports compared").or_default() += count;
        broken.into_iter().for_each(|what| self.violate(what));
    }

    /// An auditor with nothing but the root's key follows every journal of the city.
    fn audit_city(&mut self) {
        let Some(city) = &self.offices[0].engine else { return };
        let replica = city.replica();
        let mut broken = Vec::new();
        for (journal, end) in replica.frontier() {
            let mut entries = Vec::new();
            while let Some(run) = {
                let from = entries.len() as u64 + 1;
                let want = Want { journal: *journal, from, to: end.number };
                replica.read_wants(&[want]).unwrap().pop()
            } {
                entries.extend(run.entries);
            }
            let root = &self.offices[0].member.root;
            match audit_journal(entries.iter().map(Vec::as_slice), root) {
                Ok(tail) if tail.as_ref().map(|tail| tail.end) == Some(*end) => {}
                found => broken.push(format!("{journal} does not stand an audit: {found:?}")),
            }
        }
        broken.into_iter().for_each(|what| self.violate(what));
    }

    /// No case number was given twice, whatever crashed or was restored meanwhile.
    fn check_numbers(&mut self) {
        let Some(city) = &self.offices[0].engine else { return };
        let replica = city.replica();
        let mut cases: BTreeMap<String, DocumentId> = BTreeMap::new();
        let mut broken = Vec::new();
        for home in replica.homes().into_iter().filter(|home| self.is_agreed(*home)) {
            for id in replica.documents(home, DocumentKind::Case, None, usize::MAX).unwrap() {
                let header = replica.paper(id).unwrap().and_then(|paper| paper.header());
                let Some(number) = header.map(|header| header.number) else { continue };
                let found = replica.numbered(&number).unwrap();
                if found != [id] {
                    broken.push(format!("{number} of {id} finds {found:?}"));
                }
                if let Some(other) = cases.insert(number, id) {
                    broken.push(format!("{other} and {id} have one number"));
                }
            }
        }
        *self.facts.entry("case numbers").or_default() += cases.len() as u64;
        broken.into_iter().for_each(|what| self.violate(what));
    }

    /// A last power cut: the disk alone has everything.
    fn check_disk(&mut self, place: Place) {
        self.crash(place);
        let office = &self.offices[place];
        match Replica::open(office.disk.clone(), office.member.clone(), 1) {
            Ok(replica) => {
                let frontier = replica.frontier().clone();
                self.check_nothing_lost(place, &frontier);
            }
            Err(error) => {
                let name = &office.name;
                self.violate(format!("{name} does not open at the end: {error}"));
            }
        }
    }
}

fn difference(
    id: DocumentId,
    here: &Replica<FaultyStore>,
    there: &Replica<FaultyStore>,
    now: Timestamp,
) -> Option<String> {
    let (Some(ours), Some(theirs)) = (here.paper(id).unwrap(), there.paper(id).unwrap()) else {
        return Some(format!("{id} is listed and not there"));
    };
    if ours.is_waiting() || theirs.is_waiting() {
        let place = if ours.is_waiting() { "below" } else { "above" };
        return Some(format!("{id} waits {place} for a change that will never come"));
    }
    if ours.canonical().unwrap() != theirs.canonical().unwrap() {
        return Some(format!("{id} has other bytes below than above"));
    }
    if id.name.kind != DocumentKind::Case {
        return None;
    }
    let told = |at: &Replica<FaultyStore>| {
        let file = at.case(id).unwrap();
        file.map(|file| judge(at, &file, now).unwrap())
    };
    (told(here) != told(there))
        .then(|| format!("{id} has another state, clock or card below than above"))
}
