//! Some engines and the links between them, carried by hand.

use std::collections::{BTreeMap, VecDeque};

use tongban_protocol::document::{DocumentId, DocumentName, Edit};
use tongban_protocol::journal::Receipt;
use tongban_protocol::place::Home;
use tongban_protocol::wire::Frame;
use tongban_protocol::wire::block::unpack;

use super::super::*;
use crate::replica::tests::office::*;
use crate::store::FaultyStore;

type Place = &'static str;

#[derive(Debug)]
struct Cable {
    lower: (Place, SessionId),
    upper: (Place, SessionId),
    is_jammed: bool,
}

/// The homes in a block, in their order; none where it is none.
fn homes_in(lane: Lane, bytes: &[u8]) -> Option<Vec<Home>> {
    let Ok(Frame::Entries(block)) = Frame::decode(lane, bytes) else { return None };
    Some(unpack(&block.packed).unwrap().iter().map(|run| run.journal.home).collect())
}

/// Engines by centre, with one true clock for all.
pub(super) struct Street {
    now: Timestamp,
    offices: BTreeMap<Place, (FaultyStore, &'static [Place], Engine<FaultyStore>)>,
    cables: Vec<Cable>,
    in_flight: VecDeque<(Place, SessionId, Lane, Vec<u8>)>,
    saved: BTreeMap<u64, Result<Appended, ReplicaError>>,
    closed: Vec<String>,
    blocks: Vec<(Place, Vec<Home>)>,
    next: u64,
}

impl Street {
    pub(super) fn new(paths: &[&'static [Place]]) -> Self {
        let mut street = Self {
            now: NOW,
            offices: BTreeMap::new(),
            cables: Vec::new(),
            in_flight: VecDeque::new(),
            saved: BTreeMap::new(),
            closed: Vec::new(),
            blocks: Vec::new(),
            next: 0,
        };
        for path in paths {
            street.start(path, FaultyStore::default(), 0);
        }
        street
    }

    fn start(&mut self, path: &'static [Place], disk: FaultyStore, incarnation: u32) {
        let replica = open(&disk, path, incarnation);
        self.next += 1;
        let engine = Engine::new(replica, rng(self.next)).unwrap();
        self.offices.insert(path[0], (disk, path, engine));
    }

    /// Starts a centre's engine anew over its disk; its links are gone.
    pub(super) fn restart(&mut self, path: &'static [Place], incarnation: u32) {
        let uppers: Vec<(Place, Place)> =
            self.cables.iter().map(|cable| (cable.lower.0, cable.upper.0)).collect();
        for (lower, upper) in uppers {
            if lower == path[0] || upper == path[0] {
                self.unplug(lower, upper);
            }
        }
        let disk = self.disk(path);
        self.start(path, disk, incarnation);
    }

    pub(super) fn disk(&self, path: &[Place]) -> FaultyStore {
        self.offices[path[0]].0.clone()
    }

    pub(super) fn engine(&self, path: &[Place]) -> &Engine<FaultyStore> {
        &self.offices[path[0]].2
    }

    pub(super) fn replica(&self, path: &[Place]) -> &Replica<FaultyStore> {
        self.engine(path).replica()
    }

    fn engine_mut(&mut self, place: Place) -> &mut Engine<FaultyStore> {
        &mut self.offices.get_mut(place).unwrap().2
    }

    pub(super) fn link(&mut self, lower: &[Place], upper: &[Place]) {
        let now = self.now;
        let keys = [upper, lower].map(|path| self.replica(path).member().key.public());
        let ids = [SessionId(self.next + 1), SessionId(self.next + 2)];
        self.next += 2;
        self.engine_mut(lower[0]).handle_connected(now, ids[0], Side::Parent, keys[0]);
        self.engine_mut(upper[0]).handle_connected(now, ids[1], Side::Child, keys[1]);
        let (lower, upper) = ((lower[0], ids[0]), (upper[0], ids[1]));
        self.cables.push(Cable { lower, upper, is_jammed: false });
    }

    pub(super) fn cut(&mut self, lower: &[Place], upper: &[Place]) {
        self.unplug(lower[0], upper[0]);
    }

    fn unplug(&mut self, lower: Place, upper: Place) {
        let gone: Vec<Cable> = self
            .cables
            .extract_if(.., |cable| cable.lower.0 == lower && cable.upper.0 == upper)
            .collect();
        for (place, session) in gone.iter().flat_map(|cable| [cable.lower, cable.upper]) {
            self.engine_mut(place).handle_disconnected(session);
            self.in_flight.retain(|(_, to, _, _)| *to != session);
        }
    }

    /// From now on the link swallows every frame.
    pub(super) fn jam(&mut self, lower: &[Place], upper: &[Place]) {
        let ends = (lower[0], upper[0]);
        let cables = self.cables.iter_mut();
        cables
            .filter(|cable| (cable.lower.0, cable.upper.0) == ends)
            .for_each(|cable| cable.is_jammed = true);
    }

    /// Lets the upper end of a link receive these bytes.
    pub(super) fn inject(&mut self, lower: &[Place], upper: &[Place], lane: Lane, bytes: &[u8]) {
        let ends = (lower[0], upper[0]);
        let cable = self.cables.iter().find(|cable| (cable.lower.0, cable.upper.0) == ends);
        let Some((place, session)) = cable.map(|cable| cable.upper) else { return };
        let now = self.now;
        self.engine_mut(place).handle_frame(now, session, lane, bytes);
    }

    /// Carries frames until nobody has anything to say.
    pub(super) fn settle(&mut self) {
        self.carry(false);
    }

    /// The same, with every block before every other frame.
    pub(super) fn settle_with_journal_lane_first(&mut self) {
        self.carry(true);
    }

    fn carry(&mut self, journal_first: bool) {
        for _ in 0..10_000 {
            self.poll_all();
            let journal = |frame: &(_, _, Lane, _)| frame.2 == Lane::Journal;
            let overtaker = self.in_flight.iter().position(journal).filter(|_| journal_first);
            let Some(frame) = self.in_flight.remove(overtaker.unwrap_or(0)) else { return };
            let (place, session, lane, bytes) = frame;
            let now = self.now;
            self.engine_mut(place).handle_frame(now, session, lane, &bytes);
        }
        panic!("the engines never come to an end");
    }

    fn poll_all(&mut self) {
        let now = self.now;
        for (place, (_, _, engine)) in &mut self.offices {
            engine.flush(now);
            while let Some(output) = engine.poll_output() {
                match output {
                    Output::Send { session, lane, bytes } => {
                        self.blocks.extend(homes_in(lane, &bytes).map(|homes| (*place, homes)));
                        let cable = self.cables.iter().find_map(|cable| {
                            let is_lower = cable.lower.1 == session;
                            let other = if is_lower { cable.upper } else { cable.lower };
                            (is_lower || cable.upper.1 == session)
                                .then_some((other, cable.is_jammed))
                        });
                        if let Some(((place, other), false)) = cable {
                            self.in_flight.push_back((place, other, lane, bytes));
                        }
                    }
                    Output::Close { why, .. } => self.closed.push(why),
                    Output::Saved { ticket, outcome } => {
                        self.saved.insert(ticket.0, outcome);
                    }
                }
            }
        }
    }

    /// The homes in each block that a centre has sent since the last call, in their order.
    pub(super) fn blocks_of(&mut self, path: &[Place]) -> Vec<Vec<Home>> {
        let all = std::mem::take(&mut self.blocks);
        let own = all.into_iter().filter(|(place, _)| *place == path[0]);
        own.map(|(_, homes)| homes).collect()
    }

    /// Why sessions were closed by the engine that noticed first, since the last call.
    pub(super) fn closed(&mut self) -> Vec<String> {
        let all = std::mem::take(&mut self.closed);
        let first = all.iter().filter(|why| !why.starts_with("the peer closed"));
        first.map(|why| why.split(": ").next().unwrap_or_default().to_owned()).collect()
    }

    /// Lets time pass, with timers at its end.
    pub(super) fn pass_ms(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
        let now = self.now;
        for (_, _, engine) in self.offices.values_mut() {
            if engine.poll_timeout().is_some_and(|due| now >= due) {
                engine.handle_timeout(now);
            }
        }
        self.settle();
    }

    fn command(
        &mut self,
        place: Place,
        command: impl FnOnce(
            &mut Replica<FaultyStore>,
            &mut ChaCha12Rng,
        ) -> Result<Appended, ReplicaError>,
    ) -> u64 {
        self.next += 1;
        let ticket = self.next;
        self.engine_mut(place).handle_command(Ticket(ticket), command);
        ticket
    }

    pub(super) fn append(
        &mut self,
        path: &[Place],
        home: Home,
        edits: Vec<(DocumentName, Vec<Edit>)>,
    ) -> Result<Appended, ReplicaError> {
        let now = self.now;
        let ticket = self.command(path[0], |replica, _| replica.append(now, home, edits));
        self.poll_all();
        self.saved.remove(&ticket).unwrap()
    }

    pub(super) fn edit(
        &mut self,
        path: &[Place],
        id: DocumentId,
        edits: Vec<Edit>,
    ) -> Result<Appended, ReplicaError> {
        self.append(path, id.home, vec![(id.name, edits)])
    }

    /// Files so many cases before the store is asked for anything.
    pub(super) fn file_together(
        &mut self,
        path: &[Place],
        count: usize,
    ) -> Vec<Result<(DocumentId, Appended), ReplicaError>> {
        let now = self.now;
        let mut filed = Vec::new();
        for _ in 0..count {
            let mut case = None;
            let ticket = self.command(path[0], |replica, rng| {
                let (id, appended) = file(replica, now, rng)?;
                case = Some(id);
                Ok(appended)
            });
            filed.push((ticket, case));
        }
        self.poll_all();
        let outcome = |(ticket, case): (u64, Option<DocumentId>)| {
            let appended = self.saved.remove(&ticket).unwrap()?;
            Ok((case.unwrap(), appended))
        };
        filed.into_iter().map(outcome).collect()
    }

    /// Files three cases before the store is asked for anything; the second command fails once it
    /// has staged its own.
    pub(super) fn file_around_a_failure(
        &mut self,
        path: &[Place],
    ) -> Vec<Result<Appended, ReplicaError>> {
        let now = self.now;
        let tickets = [false, true, false].map(|fails| {
            self.command(path[0], |replica, rng| {
                let (_, appended) = file(replica, now, rng)?;
                if fails {
                    Err(ReplicaError::NotSaved("half-way".to_owned()))
                } else {
                    Ok(appended)
                }
            })
        });
        self.poll_all();
        tickets.into_iter().map(|ticket| self.saved.remove(&ticket).unwrap()).collect()
    }

    pub(super) fn try_file(
        &mut self,
        path: &[Place],
    ) -> Result<(DocumentId, Appended), ReplicaError> {
        self.file_together(path, 1).remove(0)
    }

    pub(super) fn file(&mut self, path: &[Place]) -> (DocumentId, Appended) {
        self.try_file(path).unwrap()
    }

    /// The city gives receipts for everything it holds of others.
    pub(super) fn witness(&mut self) {
        let city = self.replica(CITY);
        let author = city.member().author();
        let mut homes: BTreeMap<Home, Vec<Receipt>> = BTreeMap::new();
        for (journal, end) in city.frontier().iter().filter(|(it, _)| it.author != author) {
            let receipt = Receipt { author: journal.author, number: end.number, hash: end.hash };
            homes.entry(journal.home).or_default().push(receipt);
        }
        let now = self.now;
        for (home, receipts) in homes {
            self.command(CITY[0], |city, _| city.append_receipts(now, home, receipts));
        }
    }

    /// Linked centres hold the same of what they share, and nothing was refused anywhere.
    pub(super) fn check_agreement(&self) {
        for cable in &self.cables {
            let [lower, upper] = [cable.lower.0, cable.upper.0].map(|at| &self.offices[at].2);
            let path = &lower.replica().member().credential.path;
            let shared = lower.replica().shared_frontier(path);
            assert_eq!(shared, upper.replica().shared_frontier(path), "{cable:?}");
            assert!(lower.links().iter().all(|link| link.is_in_step));
            assert!(upper.links().iter().all(|link| link.is_in_step));
            let forms = |engine: &Engine<FaultyStore>, id| {
                engine.replica().paper(id).unwrap().unwrap().canonical().unwrap()
            };
            let homes = shared.keys().map(|journal| journal.home);
            for home in homes {
                let kind = tongban_protocol::document::DocumentKind::Case;
                for id in lower.replica().documents(home, kind, None, 99).unwrap() {
                    assert_eq!(forms(lower, id), forms(upper, id), "{id}");
                }
            }
        }
        for (_, path, engine) in self.offices.values() {
            assert_eq!(engine.replica().incidents(9).unwrap(), [], "{path:?}");
        }
    }
}
