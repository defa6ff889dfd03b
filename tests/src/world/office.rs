//! Offices: a machine with its disk, its clock and its engine while it runs.

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tongban_node::engine::{Engine, Output, SessionId};
use tongban_node::replica::{Appended, Member, Replica, ReplicaError};
use tongban_node::store::{DiskImage, FaultyStore};
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::{Credential, SigningKey};
use tongban_protocol::journal::Frontier;
use tongban_protocol::place::{Division, Path, Tier};
use tongban_protocol::time::Timestamp;

use super::dishonest::Fate;
use super::{EPOCH_MS, Event, Place, World};

/// Documents that a machine keeps in memory: few, so that they are read again often.
const PAPERS_MAX: usize = 4;

/// A machine that promised a person that something is saved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    pub(super) appended: Appended,
    pub(super) hash: Sha,
}

/// The link to a parent that an office uses.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uplink {
    pub(super) cable: u64,
    /// 0 for the nearest parent.
    pub(super) rank: usize,
}

/// A machine, running or not.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about the machine")]
#[derive(Debug)]
pub(super) struct Office {
    pub(super) name: String,
    /// Above it, nearest first.
    pub(super) parents: Vec<Place>,
    pub(super) member: Member,
    pub(super) disk: FaultyStore,
    /// An image of the disk that somebody keeps.
    pub(super) image: Option<DiskImage>,
    pub(super) engine: Option<Engine<FaultyStore>>,
    pub(super) clock_ahead_ms: i64,
    pub(super) drift_ppm: i64,
    /// What was durable when it was last seen running.
    pub(super) durable: Frontier,
    pub(super) promises: Vec<Promise>,
    /// What had been promised whenever it stated where its journals end.
    pub(super) stated: Vec<(Timestamp, usize)>,
    /// How many promises were made before its disk was lost last.
    pub(super) promised_before_loss: usize,
    pub(super) uplink: Option<Uplink>,
    pub(super) is_dialling: bool,
    pub(super) is_flush_queued: bool,
    pub(super) is_to_crash_after_commit: bool,
    /// Its disk has failed a sync, or will: it must be started anew.
    pub(super) is_doomed: bool,
    /// Its disk is full.
    pub(super) is_full: bool,
    pub(super) fate: Fate,
    pub(super) has_lost_disk: bool,
    pub(super) has_jumped: bool,
    /// Its disk was emptied since it ran last.
    pub(super) is_emptied: bool,
    pub(super) timer_ms: Option<i64>,
}

impl Office {
    /// A machine that is switched off, with a clock that is right.
    pub(super) fn new(member: Member, parents: Vec<Place>, disk: FaultyStore) -> Self {
        Self {
            name: member.centre().to_string(),
            parents,
            member,
            disk,
            image: None,
            engine: None,
            clock_ahead_ms: 0,
            drift_ppm: 0,
            durable: Frontier::new(),
            promises: Vec::new(),
            stated: Vec::new(),
            promised_before_loss: 0,
            uplink: None,
            is_dialling: false,
            is_flush_queued: false,
            is_to_crash_after_commit: false,
            is_doomed: false,
            is_full: false,
            fate: Fate::Honest,
            has_lost_disk: false,
            has_jumped: false,
            is_emptied: false,
            timer_ms: None,
        }
    }
}

impl World {
    /// Founds the city, its counties and their townships, and the routes between them.
    pub(super) fn build(&mut self) {
        let root = SigningKey::from_seed(self.seed_bytes());
        let division = |code: String| -> Division { code.parse().unwrap() };
        let city = division("510900".to_owned());
        self.found(&root, Path::new(city, &[]), Vec::new());
        for county in 21..21 + self.plan.counties {
            let place = self.offices.len();
            let above = division(format!("5109{county:02}"));
            self.found(&root, Path::new(above, &[city]), vec![0]);
            for town in 0..self.plan.townships {
                let centre = division(format!("5109{county:02}{town:03}"));
                self.found(&root, Path::new(centre, &[above, city]), vec![place, 0]);
            }
        }
        self.lay_routes();
    }

    fn seed_bytes(&mut self) -> [u8; 32] {
        let mut seed = [0; 32];
        self.rng.fill_bytes(&mut seed);
        seed
    }

    fn found(&mut self, root: &SigningKey, path: Path, parents: Vec<Place>) {
        let key = SigningKey::from_seed(self.seed_bytes());
        let tier = [Tier::City, Tier::County, Tier::Township][parents.len()];
        let issued_at = Timestamp(EPOCH_MS);
        let credential = Credential { key: key.public(), path, issued_at, tier };
        let sealed = credential.seal(root);
        let member = Member { key, sealed, credential, incarnation: 0, root: root.public() };
        let disk = FaultyStore::default();
        if self.plan.disks_lie {
            disk.lie_about_sync();
        }
        let office = Office {
            clock_ahead_ms: self.below(120_000) - 60_000,
            drift_ppm: self.below(400) - 200,
            ..Office::new(member, parents, disk)
        };
        self.offices.push(office);
    }

    /// What an office's own clock says.
    pub(super) fn local(&self, place: Place) -> Timestamp {
        let office = &self.offices[place];
        let drift_ms = self.now_ms * office.drift_ppm / 1_000_000;
        Timestamp(EPOCH_MS + self.now_ms + office.clock_ahead_ms + drift_ms)
    }

    /// Switches a machine on; with a disk that is full or broken it is tried again later.
    pub(super) fn start(&mut self, place: Place) {
        if self.offices[place].engine.is_some() {
            return;
        }
        let seed = self.rng.next_u64();
        let office = &self.offices[place];
        let opened = Replica::open(office.disk.clone(), office.member.clone(), PAPERS_MAX);
        let started =
            opened.and_then(|replica| Engine::new(replica, ChaCha12Rng::seed_from_u64(seed)));
        match started {
            Ok(engine) => {
                self.count("starts");
                self.check_nothing_lost(place, engine.replica().frontier());
                let office = &mut self.offices[place];
                office.durable.clone_from(engine.replica().frontier());
                office.engine = Some(engine);
                office.is_emptied = false;
                self.queue_dial(place, 500);
                self.queue_flush(place);
                if place == 0 {
                    self.hall.restart();
                    self.enrol_all();
                    self.publish_facts();
                }
            }
            Err(ReplicaError::Store(_)) => self.after(3_000, Event::Start(place)),
            Err(error) => {
                let name = &self.offices[place].name;
                self.violate(format!("{name} does not start: {error}"));
            }
        }
    }

    /// Cuts the power: only what is durable is left, and every link is gone.
    pub(super) fn crash(&mut self, place: Place) {
        let office = &mut self.offices[place];
        office.disk.crash();
        office.engine = None;
        if place == 0 {
            self.hall.truth.crash();
        }
        office.uplink = None;
        office.is_to_crash_after_commit = false;
        office.is_doomed = false;
        office.timer_ms = None;
        let cables: Vec<u64> = self
            .cables
            .iter()
            .filter(|(_, cable)| cable.lower == place || cable.upper == place)
            .map(|(id, _)| *id)
            .collect();
        for cable in cables {
            self.cut(cable);
        }
        self.count("crashes");
    }

    pub(super) fn queue_flush(&mut self, place: Place) {
        if !std::mem::replace(&mut self.offices[place].is_flush_queued, true) {
            let stall_ms = if self.one_in(12) { 400 } else { 8 };
            let pause_ms = self.below(stall_ms);
            self.after(pause_ms, Event::Flush(place));
        }
    }

    /// One turn of the driver: commit, then send and tell.
    pub(super) fn flush(&mut self, place: Place) {
        self.offices[place].is_flush_queued = false;
        let local = self.local(place);
        let Some(engine) = &mut self.offices[place].engine else { return };
        engine.flush(local);
        if place == 0 {
            self.hall.handle_flushed(engine, local);
        }
        let mut outputs = Vec::new();
        while let Some(output) = engine.poll_output() {
            outputs.push(output);
        }
        let frontier = engine.replica().frontier();
        let frontier = frontier.clone();
        self.offices[place].durable = frontier;
        if place == 0 && !self.offices[0].is_full && !self.offices[0].is_doomed {
            self.hall.truth.settle();
        }
        if self.offices[place].is_to_crash_after_commit {
            self.crash(place);
            self.after(4_000, Event::Start(place));
            return; // Committed, and nobody was told.
        }
        for output in outputs {
            match output {
                Output::Send { session, lane, bytes } => self.send(session, lane, bytes),
                Output::Close { session, why } => {
                    self.check_close(place, session, &why);
                    self.hang_up(session);
                }
                Output::Saved { outcome, .. } => self.tell(place, outcome),
            }
        }
        self.queue_timer(place);
        self.check_promises(place);
    }

    fn queue_timer(&mut self, place: Place) {
        let local = self.local(place);
        let office = &self.offices[place];
        let due = office.engine.as_ref().and_then(Engine::poll_timeout);
        let receipts = self.hall.poll_timeout().filter(|_| place == 0);
        let Some(due) = [due, receipts].into_iter().flatten().min() else { return };
        let at_ms = self.now_ms + due.ms_since(local).clamp(1, 3_600_000);
        if office.timer_ms.is_none_or(|queued| queued > at_ms) {
            self.offices[place].timer_ms = Some(at_ms);
            self.at(at_ms, Event::Timer(place));
        }
    }

    pub(super) fn timer(&mut self, place: Place) {
        let local = self.local(place);
        let office = &mut self.offices[place];
        if office.timer_ms.take_if(|due| *due <= self.now_ms).is_none() {
            return; // An earlier one came in between.
        }
        let Some(engine) = &mut office.engine else { return };
        engine.handle_timeout(local);
        if place == 0 {
            self.hall.handle_timeout(engine, local);
        }
        office.stated.push((local, office.promises.len()));
        self.queue_flush(place);
    }

    /// A person is told what came of a command.
    fn tell(&mut self, place: Place, outcome: Result<Appended, ReplicaError>) {
        match outcome {
            Ok(appended) => {
                self.count("saved");
                let office = &self.offices[place];
                let engine = office.engine.as_ref();
                let bytes = engine.map(|engine| {
                    engine.replica().entry_bytes(appended.journal, appended.number).unwrap()
                });
                let Some(Some(bytes)) = bytes else {
                    let name = &office.name;
                    return self.violate(format!("{name} saved {appended:?}, which is not there"));
                };
                let promise = Promise { appended, hash: Sha::of(&bytes) };
                self.offices[place].promises.push(promise);
            }
            Err(ReplicaError::Store(_) | ReplicaError::NotSaved(_)) => self.count("not saved"),
            Err(ReplicaError::ClocksDiffer { .. }) => self.count("not saved behind another clock"),
            Err(ReplicaError::Incomplete(_)) => self.count("not saved yet"),
            Err(ReplicaError::Revoked(_)) if self.offices[place].fate == Fate::Revoked => {
                self.count("not saved by a revoked machine");
            }
            Err(error) => {
                let name = &self.offices[place].name;
                self.violate(format!("{name} could not save: {error}"));
            }
        }
    }

    /// Hands something to an office's engine, if it runs.
    pub(super) fn with_engine(
        &mut self,
        place: Place,
        act: impl FnOnce(&mut Engine<FaultyStore>, Timestamp),
    ) {
        let local = self.local(place);
        if let Some(engine) = &mut self.offices[place].engine {
            act(engine, local);
            self.queue_flush(place);
        }
    }

    /// The session of one end of a cable.
    pub(super) const fn session(cable: u64, is_upper: bool) -> SessionId {
        SessionId(cable * 2 + is_upper as u64)
    }
}
