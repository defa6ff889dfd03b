//! The city's duties: the hub's own witness and surveyor, on virtual time.

use std::sync::Arc;
use std::time::Duration;

use tongban_config::city::City;
use tongban_config::tree::Tree;
use tongban_hub::coverage::{Coverage, Verdict};
use tongban_hub::enrolment::{enrol_event, read_roster, roster_name};
use tongban_hub::publication::unpublished;
use tongban_hub::survey::Surveyor;
use tongban_hub::witness::Witness;
use tongban_node::engine::Engine;
use tongban_node::publication::write;
use tongban_node::store::FaultyStore;
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::plan::Plan;
use super::truth::Truth;
use super::{Place, World};

/// Pause in which receipts are gathered, in milliseconds.
const PACE_MS: i64 = 5_000;
/// Silence that is no offence: longer than any storm, and than any clock jumps.
const SILENT_AFTER: Duration = Duration::from_hours(3);
/// One flush of the city in so many is followed by a look over all centres.
const LOOK_ONE_IN: i64 = 24;

/// What the hub does for the city; replaceable, so that a broken one can be tried.
#[derive(Clone, Copy, Debug)]
pub struct Duties {
    /// Gives the receipts that are due.
    pub witness: fn(&mut Witness, &mut Engine<FaultyStore>, Timestamp),
    /// Whether the city shows a centre as complete.
    pub is_complete: fn(&Engine<FaultyStore>, &Coverage) -> bool,
}

impl Default for Duties {
    fn default() -> Self {
        Self {
            witness: |witness, engine, now| {
                // What failed is tried again, which the checks at the end see.
                witness.handle_timeout(now, engine.replica_mut()).ok();
            },
            is_complete: |_, coverage| coverage.verdict == Verdict::Complete,
        }
    }
}

/// The city's duties and what they remember while its machine runs.
pub(super) struct CityHall {
    duties: Duties,
    pub(super) city: Arc<City>,
    witness: Witness,
    surveyor: Surveyor,
    pub(super) truth: Truth,
}

impl CityHall {
    pub(super) fn new(plan: &Plan, duties: Duties) -> Self {
        let mut facts =
            "code,tier,parent,name_zh,name_en\n510900,city,,遂宁市,Suining\n".to_owned();
        for county in 21..21 + plan.counties {
            facts += &format!("5109{county:02},county,510900,县{county},County {county}\n");
            for town in 0..plan.townships {
                let (code, above) =
                    (format!("5109{county:02}{town:03}"), format!("5109{county:02}"));
                facts +=
                    &format!("{code},township,{above},镇{county}{town},Town {county}-{town}\n");
            }
        }
        let tree = Tree::parse("divisions.csv", &facts).unwrap();
        let city = Arc::new(City { tree, succession: None, ..City::suining() });
        let (witness, surveyor) =
            (Witness::new(PACE_MS), Surveyor::new(city.clone(), SILENT_AFTER));
        Self { duties, city, witness, surveyor, truth: Truth::default() }
    }

    /// When receipts are due.
    pub(super) const fn poll_timeout(&self) -> Option<Timestamp> {
        self.witness.poll_timeout()
    }

    pub(super) fn handle_timeout(&mut self, engine: &mut Engine<FaultyStore>, now: Timestamp) {
        (self.duties.witness)(&mut self.witness, engine, now);
    }

    pub(super) fn handle_flushed(&mut self, engine: &mut Engine<FaultyStore>, now: Timestamp) {
        let advanced = engine.take_advanced();
        self.witness.handle_flushed(now, engine.replica(), &advanced);
    }

    /// The machine starts: what was only in its memory is gone.
    pub(super) fn restart(&mut self) {
        self.witness = Witness::new(PACE_MS);
        self.surveyor = Surveyor::new(self.city.clone(), SILENT_AFTER);
    }
}

impl World {
    /// Writes the machines into the roster, unless they stand there.
    pub(super) fn enrol_all(&mut self) {
        let Some(engine) = &self.offices[0].engine else { return };
        if !read_roster(engine.replica()).unwrap().is_empty() {
            return;
        }
        let members = self.offices[1..].iter().map(|office| &office.member);
        let machines: Vec<_> = members.map(|it| (it.author().node, it.centre())).collect();
        let ticket = self.ticket();
        self.with_engine(0, |engine, now| {
            let edits: Vec<_> =
                machines.iter().map(|(node, at)| enrol_event(*node, *at, None, now)).collect();
            engine.handle_command(ticket, |replica, _| {
                let home = Home::public(replica.member().centre());
                replica.append(now, home, vec![(roster_name(), edits)])
            });
        });
    }

    /// Publishes what the city's facts say and its public home does not say yet, as a hub does at
    /// each start.
    pub(super) fn publish_facts(&mut self) {
        let Some(engine) = &self.offices[0].engine else { return };
        let (now, city) = (self.local(0), self.hall.city.clone());
        let Ok(sheets) = unpublished(engine.replica(), now, &city) else { return };
        for sheet in sheets {
            let ticket = self.ticket();
            self.with_engine(0, |engine, now| {
                engine.handle_command(ticket, |replica, _| write(replica, now, sheet));
            });
        }
    }

    /// Looks over the city now and then, and holds what it says against the truth.
    pub(super) fn look_over(&mut self) {
        if self.one_in(LOOK_ONE_IN) {
            self.look();
        }
    }

    /// What the city says of every centre, held against the truth.
    pub(super) fn look(&mut self) -> Vec<(Coverage, bool)> {
        let now = self.local(0);
        let Some(engine) = &self.offices[0].engine else { return Vec::new() };
        let audit = self.hall.surveyor.look(engine, now).unwrap();
        let is_complete = self.hall.duties.is_complete;
        let said: Vec<(Coverage, bool)> = audit
            .into_iter()
            .map(|coverage| {
                let is_complete = is_complete(engine, &coverage);
                (coverage, is_complete)
            })
            .collect();
        for (coverage, _) in said.iter().skip(1).filter(|(_, is_complete)| *is_complete) {
            self.count("verdicts of complete");
            self.check_complete(coverage);
        }
        said
    }

    /// At the end honest centres are complete, and the others are shown as what they are.
    pub(super) fn check_city(&mut self) {
        for (coverage, is_complete) in self.look().into_iter().skip(1) {
            self.check_verdict(&coverage, is_complete);
        }
    }

    /// A disk has room, or none.
    pub(super) fn fill(&mut self, place: Place, is_full: bool) {
        let office = &mut self.offices[place];
        office.is_full = is_full;
        office.disk.fail_commits(is_full.then_some(tongban_node::store::Fault::Full));
    }
}
