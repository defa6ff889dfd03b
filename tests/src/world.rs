//! A city on virtual time, and the one loop that drives it.
//!
//! The loop takes the next event of a queue ordered by (time, order of arrival), hands it to an
//! engine, and queues what comes of it. [`people`](self) work at counters, `net` carries frames,
//! `faults` break things until the storm is over, `dishonest` machines do what they must not, and
//! `hub` runs the city's duties. `check` then compares what every store holds with what was
//! promised to people, and `truth` what the city says with what it was told. Whatever is broken is collected as a sentence, not a panic.

mod check;
mod counter;
mod dishonest;
mod faults;
mod hub;
mod net;
mod office;
mod people;
mod plan;
mod promises;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};
use tongban_protocol::hash::Sha;
use tongban_protocol::limits::SESSION_SILENCE_MS_MAX;
use tongban_protocol::place::Division;
use tongban_protocol::wire::Lane;

use self::faults::Fault;
use self::hub::CityHall;
use self::net::{Cable, Route};
use self::office::Office;

pub use hub::Duties;
pub use plan::Plan;

/// What came of a world.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Report {
    /// Its seed.
    pub seed: u64,
    /// A hash over every event, in order: equal where the runs were.
    pub trace: Sha,
    /// How often what happened.
    pub facts: BTreeMap<&'static str, u64>,
    /// Broken promises, in words; at most [`VIOLATIONS_MAX`].
    pub violations: Vec<String>,
}

/// Broken promises that a report keeps; the first ones say what there is to say.
pub const VIOLATIONS_MAX: usize = 12;

/// Midnight before the world begins, 2026-03-02 in Suining, in milliseconds.
const EPOCH_MS: i64 = 1_772_380_800_000;
/// Rest after the storm that a world may need at most, in milliseconds.
const REST_MS_MAX: i64 = 900_000;
/// Longer than an engine waits for a sound of its peer, in milliseconds.
const QUIET_MS: i64 = SESSION_SILENCE_MS_MAX + 20_000;
/// Events in one world; more are a loop.
const EVENTS_MAX: u64 = 2_000_000;

/// An office, by its place in the list: the city first.
type Place = usize;

/// Something that happens.
#[derive(Debug)]
enum Event {
    /// The upper end of a new link learns of it.
    Accept { cable: u64 },
    /// A frame arrives.
    Frame { cable: u64, is_up: bool, lane: Lane, bytes: Vec<u8> },
    /// One end notices that its link is gone.
    Gone { cable: u64, is_upper: bool },
    /// The lower end gives up a link for a better one.
    Leave { cable: u64 },
    /// An office looks for a parent.
    Dial(Place),
    /// A driver makes durable what came in, and sends what there is to send.
    Flush(Place),
    /// A timer of an engine.
    Timer(Place),
    /// Somebody at a counter does something.
    Work(Place),
    /// Something breaks, or is mended.
    Fault(Fault),
    /// A machine is switched on.
    Start(Place),
}

/// A city on virtual time.
struct World {
    plan: Plan,
    hall: CityHall,
    rng: ChaCha12Rng,
    now_ms: i64,
    queue: BTreeMap<(i64, u64), Event>,
    next: u64,
    offices: Vec<Office>,
    cables: BTreeMap<u64, Cable>,
    routes: BTreeMap<(Place, Place), Route>,
    /// Townships whose counties withhold their entries.
    withheld: BTreeSet<Division>,
    is_storm: bool,
    trace: Sha,
    facts: BTreeMap<&'static str, u64>,
    violations: Vec<String>,
}

/// Runs the world of a seed through its storm, lets it rest, and checks what was promised.
#[must_use]
pub fn run(seed: u64, plan: &Plan, duties: Duties) -> Report {
    let mut world = World::new(seed, plan.clone(), duties);
    world.run_until(plan.storm_ms);
    world.calm();
    world.rest();
    world.check_city();
    world.check_at_rest();
    let World { trace, facts, violations, .. } = world;
    Report { seed, trace, facts, violations }
}

impl World {
    fn new(seed: u64, plan: Plan, duties: Duties) -> Self {
        let mut world = Self {
            hall: CityHall::new(&plan, duties),
            rng: ChaCha12Rng::seed_from_u64(seed),
            now_ms: 0,
            queue: BTreeMap::new(),
            next: 0,
            offices: Vec::new(),
            cables: BTreeMap::new(),
            routes: BTreeMap::new(),
            withheld: BTreeSet::new(),
            is_storm: true,
            trace: Sha::default(),
            facts: BTreeMap::new(),
            violations: Vec::new(),
            plan,
        };
        world.build();
        world.plan_faults();
        for place in 0..world.offices.len() {
            let (start, work) = (world.below(5_000), world.below(world.plan.work_pause_ms * 2));
            world.after(start, Event::Start(place));
            world.after(work, Event::Work(place));
        }
        world
    }

    /// A number from 0 to `bound` less one.
    fn below(&mut self, bound: i64) -> i64 {
        let bound = u64::try_from(bound.max(1)).unwrap();
        i64::try_from(self.rng.next_u64() % bound).unwrap()
    }

    fn one_in(&mut self, times: i64) -> bool {
        self.below(times) == 0
    }

    fn after(&mut self, pause_ms: i64, event: Event) {
        self.at(self.now_ms + pause_ms, event);
    }

    fn at(&mut self, at_ms: i64, event: Event) {
        self.next += 1;
        self.queue.insert((at_ms, self.next), event);
    }

    fn count(&mut self, fact: &'static str) {
        *self.facts.entry(fact).or_default() += 1;
    }

    fn violate(&mut self, what: impl Into<String>) {
        if self.violations.len() < VIOLATIONS_MAX {
            self.violations.push(format!("at {} ms: {}", self.now_ms, what.into()));
        }
    }

    fn run_until(&mut self, end_ms: i64) {
        while let Some(entry) = self.queue.first_entry()
            && entry.key().0 <= end_ms
        {
            let ((at_ms, _), event) = entry.remove_entry();
            self.now_ms = at_ms;
            self.note(&event);
            self.handle(event);
            if self.facts.get("events").is_some_and(|count| *count > EVENTS_MAX) {
                self.violate("the world never comes to an end");
                return;
            }
        }
        self.now_ms = end_ms;
    }

    /// Adds an event to the trace.
    fn note(&mut self, event: &Event) {
        self.count("events");
        let mut bytes = self.trace.0.to_vec();
        bytes.extend_from_slice(&self.now_ms.to_be_bytes());
        match event {
            Event::Frame { cable, bytes: frame, .. } => {
                bytes.extend_from_slice(&cable.to_be_bytes());
                bytes.extend_from_slice(frame);
            }
            other => bytes.extend_from_slice(format!("{other:?}").as_bytes()),
        }
        self.trace = Sha::of(&bytes);
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Accept { cable } => self.accept(cable),
            Event::Frame { cable, is_up, lane, bytes } => self.deliver(cable, is_up, lane, &bytes),
            Event::Gone { cable, is_upper } => self.notice(cable, is_upper),
            Event::Leave { cable } => self.leave(cable),
            Event::Dial(place) => self.dial(place),
            Event::Flush(place) => self.flush(place),
            Event::Timer(place) => self.timer(place),
            Event::Work(place) => self.work(place),
            Event::Fault(fault) => self.strike(fault),
            Event::Start(place) => self.start(place),
        }
    }

    /// The storm is over: whatever is broken is mended, and nobody enters anything more.
    fn calm(&mut self) {
        self.is_storm = false;
        self.strike_last();
        for route in self.routes.values_mut() {
            route.is_down = false;
            route.loss_percent = 0;
        }
        for place in 0..self.offices.len() {
            self.fill(place, false);
            if self.offices[place].is_doomed {
                self.crash(place);
            }
            if self.offices[place].engine.is_none() {
                self.after(0, Event::Start(place));
            }
        }
    }

    /// Lets time pass until all agree and nothing more comes of it.
    fn rest(&mut self) {
        for _ in 0..2 {
            let end_ms = self.now_ms + REST_MS_MAX;
            loop {
                self.run_until(self.now_ms + 1_000);
                let Some(why) = self.unrest() else { break };
                if self.now_ms >= end_ms {
                    self.violate(format!("no rest after {REST_MS_MAX} ms: {why}"));
                    return;
                }
            }
            self.run_until(self.now_ms + 5_000);
        }
        self.run_until(self.now_ms + QUIET_MS); // No link may be given up for want of news.
    }
}
