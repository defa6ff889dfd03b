//! Machines that do what they must not, and how the city must show them.
//!
//! What they do stays theirs: honest machines lose nothing, agree, and are complete.

use std::collections::BTreeSet;

use tongban_hub::coverage::{Coverage, Trouble, Verdict};
use tongban_hub::desk;
use tongban_hub::enrolment::read_roster;
use tongban_node::engine::Engine;
use tongban_node::replica::{IncidentKind, Replica, ReplicaError};
use tongban_node::store::FaultyStore;
use tongban_protocol::document::{DocumentKind, Edit, Event as CaseEvent, EventKind, Paper};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::{Body, Change, Entry, JournalId};
use tongban_protocol::place::{Division, Home, Tier};
use tongban_protocol::wire::block::{pack, unpack};
use tongban_protocol::wire::{Block, Frame, Lane, Run};

use super::faults::Fault;
use super::{Event, Place, World};

/// What becomes of a machine in its world.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    /// It does what it should.
    Honest,
    /// Its disk was copied, and the copy runs too.
    Cloned,
    /// An old image of its disk is put back, and it writes on.
    RolledBack,
    /// Its county keeps its entries back and passes on its words.
    Withheld,
    /// It signs what it may not.
    Unlawful,
    /// Its key is worth nothing any more, and it does not know.
    Revoked,
}

/// Something that is done against the rules.
#[derive(Debug)]
pub(super) enum Mischief {
    /// A second machine starts from a copy of the disk.
    Clone(Place),
    /// An image of the disk is kept.
    TakeImage(Place),
    /// The image is put back.
    PutBack(Place),
    /// The county of a township begins to withhold.
    Withhold(Place),
    /// A township supervises itself.
    Overstep(Place),
    /// The city revokes a machine.
    Revoke(Place),
    /// Whatever was not carried through in the storm is carried through.
    Last,
}

impl Fate {
    pub(super) fn is_honest(self) -> bool {
        self == Self::Honest
    }

    /// Whether all stores come to the same in the machine's home.
    const fn is_agreed(self) -> bool {
        match self {
            Self::Honest | Self::Unlawful | Self::Revoked => true,
            Self::Cloned | Self::RolledBack | Self::Withheld => false,
        }
    }
}

impl World {
    /// Decides which townships are dishonest, how and when.
    pub(super) fn plan_mischief(&mut self) {
        let is_town = |place: &Place| self.offices[*place].parents.len() == 2;
        let mut towns: Vec<Place> = (0..self.offices.len()).filter(is_town).collect();
        for _ in 0..self.plan.dishonest {
            let at = usize::try_from(self.below(i64::try_from(towns.len()).unwrap())).unwrap();
            if towns.is_empty() {
                return;
            }
            let place = towns.swap_remove(at);
            let at_ms = self.plan.storm_ms / 4 + self.below(self.plan.storm_ms / 2);
            let (fate, mischief) = match self.below(5) {
                0 => (Fate::Cloned, Mischief::Clone(place)),
                1 => {
                    let later_ms = at_ms + 5_000 + self.below(20_000);
                    self.at(later_ms, Event::Fault(Fault::Mischief(Mischief::PutBack(place))));
                    (Fate::RolledBack, Mischief::TakeImage(place))
                }
                2 => (Fate::Withheld, Mischief::Withhold(place)),
                3 => (Fate::Unlawful, Mischief::Overstep(place)),
                _ => (Fate::Revoked, Mischief::Revoke(place)),
            };
            self.offices[place].fate = fate;
            self.at(at_ms, Event::Fault(Fault::Mischief(mischief)));
        }
    }

    pub(super) fn commit_mischief(&mut self, mischief: Mischief) {
        match mischief {
            Mischief::Clone(place) => self.clone_disk(place),
            Mischief::TakeImage(place) => {
                let image = self.offices[place].disk.image();
                self.offices[place].image = Some(image);
            }
            Mischief::PutBack(place) => self.put_back(place),
            Mischief::Withhold(place) => {
                self.count("townships withheld");
                self.withheld.insert(self.offices[place].member.centre());
            }
            Mischief::Overstep(place) => self.overstep(place),
            Mischief::Revoke(place) => self.revoke(place),
            Mischief::Last => self.carry_through(),
        }
    }

    /// Lets each dishonest machine do at the end what the storm may have kept it from.
    pub(super) fn strike_last(&mut self) {
        self.after(20_000, Event::Fault(Fault::Mischief(Mischief::Last)));
    }

    fn carry_through(&mut self) {
        for place in 0..self.offices.len() {
            let office = &self.offices[place];
            let home = Home::office(office.member.centre());
            match office.fate {
                Fate::Honest | Fate::RolledBack => {}
                Fate::Cloned | Fate::Withheld => self.command(place, home, None),
                Fate::Unlawful => self.overstep(place),
                Fate::Revoked => self.revoke(place),
            }
        }
    }

    fn clone_disk(&mut self, place: Place) {
        self.count("disks cloned");
        let office = &self.offices[place];
        let disk = FaultyStore::default();
        disk.restore(office.disk.image());
        let twin = super::office::Office {
            name: format!("{}'s twin", office.name),
            fate: Fate::Cloned,
            ..super::office::Office::new(office.member.clone(), office.parents.clone(), disk)
        };
        self.offices.push(twin);
        self.lay_routes();
        let twin = self.offices.len() - 1;
        self.after(1, Event::Start(twin));
        self.after(3_000, Event::Work(twin));
    }

    fn put_back(&mut self, place: Place) {
        let Some(image) = self.offices[place].image.take() else { return };
        self.count("old disks put back");
        self.crash(place);
        let office = &mut self.offices[place];
        office.disk.restore(image);
        office.is_emptied = true;
        office.durable.clear();
        self.start(place);
        // It writes before it hears of anything.
        let home = Home::office(self.offices[place].member.centre());
        self.command(place, home, None);
        self.flush(place);
    }

    /// Signs an event that a township may not record, as a changed program would.
    fn overstep(&mut self, place: Place) {
        let mut is_done = false;
        self.with_engine(place, |engine, now| {
            let replica = engine.replica();
            let incidents = replica.incidents(usize::MAX).unwrap();
            let member = replica.member().clone();
            let (author, home) = (member.author(), Home::office(member.centre()));
            let journal = JournalId { home, author };
            let cases = replica.documents(home, DocumentKind::Case, None, 1).unwrap();
            let Some(end) = replica.frontier().get(&journal).copied() else { return };
            let (Some(case), true, false) =
                (cases.first(), incidents.is_empty(), replica.is_staged())
            else {
                return;
            };
            let last = replica.entry(journal, end.number).unwrap().unwrap();
            let time = last.entry.time.next(now);
            let event = CaseEvent::new(EventKind::Supervise, now, "李", "自己督办自己");
            let bytes = Paper::default().edit(author, vec![Edit::Event(event)], || time).unwrap();
            let change = Change { document: case.name, bytes: bytes.unwrap() };
            let entry = Entry {
                version: Entry::VERSION,
                previous: end.hash,
                journal,
                number: end.number + 1,
                time,
                body: Body::Changes(vec![change]),
            };
            let entries = vec![entry.seal(&member.key).unwrap().bytes];
            let run = Run { journal, first: end.number + 1, entries };
            let mut rng = engine.rng().clone();
            let refused = engine.replica_mut().ingest(now, vec![run], &mut rng).unwrap();
            is_done = refused.is_empty();
        });
        if is_done {
            self.count("entries without right");
        }
    }

    fn revoke(&mut self, place: Place) {
        let node = self.offices[place].member.author().node;
        let ticket = self.ticket();
        self.with_engine(0, |engine, now| {
            let roster = read_roster(engine.replica()).unwrap();
            if roster.get(&node).is_some_and(|machine| machine.revoked_from.is_none()) {
                engine.handle_command(ticket, |replica, _| {
                    desk::revoke(replica, now, node, (now, desk::CITY)).map_err(|error| match error
                    {
                        desk::RevokeError::Replica(error) => error,
                        _ => ReplicaError::NotSaved(error.to_string()),
                    })
                });
            }
        });
    }

    /// What is left of a frame that a withholding county sends up; `None` if it leaves it alone.
    pub(super) fn withhold(&mut self, lower: Place, lane: Lane, bytes: &[u8]) -> Option<Vec<u8>> {
        let path = &self.offices[lower].member.credential;
        if self.withheld.is_empty() || path.tier != Tier::County {
            return None;
        }
        let Ok(Frame::Entries(block)) = Frame::decode(lane, bytes) else { return None };
        let mut runs = unpack(&block.packed).unwrap();
        let count = runs.len();
        let towns = self.offices.iter().filter(|it| self.withheld.contains(&it.member.centre()));
        let nodes: BTreeSet<NodeId> = towns.map(|it| it.member.author().node).collect();
        runs.retain(|run| !nodes.contains(&run.journal.author.node));
        if runs.len() == count {
            return None;
        }
        self.count("blocks withheld");
        Some(Frame::Entries(Block { number: block.number, packed: pack(&runs) }).encode())
    }

    /// The keys of machines that are not honest.
    pub(super) fn dishonest_nodes(&self) -> BTreeSet<NodeId> {
        let dishonest = self.offices.iter().filter(|office| !office.fate.is_honest());
        dishonest.map(|office| office.member.author().node).collect()
    }

    /// Whether a link between two centres need not be whole.
    pub(super) fn is_suspect(&self, centre: Division) -> bool {
        let office = |it: &&super::office::Office| it.member.centre() == centre;
        let is_dishonest = self.offices.iter().filter(office).any(|it| !it.fate.is_honest());
        let withholds =
            self.offices.iter().filter(|it| self.withheld.contains(&it.member.centre()));
        is_dishonest
            || withholds.clone().any(|it| it.member.credential.path.ancestors()[0] == centre)
    }

    /// Whether all stores must come to the same in a home.
    pub(super) fn is_agreed(&self, home: Home) -> bool {
        let of_home = |it: &&super::office::Office| it.member.centre() == home.division;
        self.offices.iter().filter(of_home).all(|it| it.fate.is_agreed())
    }

    pub(super) fn is_of_revoked(&self, home: Home) -> bool {
        let mut offices = self.offices.iter();
        offices.any(|it| it.member.centre() == home.division && it.fate == Fate::Revoked)
    }

    /// At the end: honest centres are complete, the others are what they are and never complete.
    pub(super) fn check_verdict(&mut self, coverage: &Coverage, is_complete: bool) {
        let centre = coverage.centre;
        let of_centre: Vec<Place> = (0..self.offices.len())
            .filter(|place| self.offices[*place].member.centre() == centre)
            .collect();
        let fate = self.offices[of_centre[0]].fate;
        let differs = of_centre.iter().any(|place| self.differs_from_city(*place));
        let is_incident = matches!(coverage.verdict, Verdict::Incident { .. });
        let is_behind = matches!(coverage.verdict, Verdict::Behind { .. });
        let (is_shown, fact) = match fate {
            Fate::Honest => (is_complete, "honest centres complete"),
            Fate::Cloned => (is_incident || is_behind, "clones shown"),
            Fate::RolledBack if differs => (is_incident || is_behind, "old disks shown"),
            Fate::Withheld if differs => (is_behind, "withholding shown"),
            Fate::Unlawful if self.has_overstepped(of_centre[0]) => {
                let trouble = Trouble::Refused;
                (coverage.verdict == Verdict::Incident { trouble }, "entries without right shown")
            }
            Fate::Revoked if self.is_revoked(of_centre[0]) => {
                (coverage.verdict == Verdict::NotEnrolled, "revoked machines shown")
            }
            _ => (true, "mischief without effect"),
        };
        self.count(fact);
        if !is_shown || (is_complete && fate == Fate::Cloned) {
            self.violate(format!("{centre} ({fate:?}) is shown as: {}", coverage.reason_en));
        }
        if is_incident {
            self.count("incidents shown");
        }
    }

    /// Whether a machine holds another past than the city, or more.
    fn differs_from_city(&self, place: Place) -> bool {
        let replica = |place: Place| self.offices[place].engine.as_ref().map(Engine::replica);
        let (Some(own), Some(city)) = (replica(place), replica(0)) else { return false };
        let author = own.member().author();
        let ends = own.frontier().iter().filter(|(journal, _)| journal.author.node == author.node);
        let bytes = |at: &Replica<FaultyStore>, journal, number| {
            at.entry_bytes(journal, number).unwrap().map(|bytes| Sha::of(&bytes))
        };
        ends.into_iter().any(|(journal, end)| {
            bytes(own, *journal, end.number) != bytes(city, *journal, end.number)
        })
    }

    fn has_overstepped(&self, place: Place) -> bool {
        let engine = self.offices[place].engine.as_ref();
        engine.is_some_and(|engine| {
            let incidents = engine.replica().incidents(usize::MAX).unwrap();
            incidents.iter().any(|it| it.kind == IncidentKind::Refused)
        })
    }

    fn is_revoked(&self, place: Place) -> bool {
        let node = self.offices[place].member.author().node;
        let city = self.offices[0].engine.as_ref();
        city.is_some_and(|city| city.replica().revoked().contains_key(&node))
    }
}
