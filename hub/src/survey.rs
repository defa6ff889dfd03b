//! Looking over the city again and again: coverage with what one look must remember of the last.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tongban_config::city::City;
use tongban_config::tree::Centre;
use tongban_node::engine::Engine;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::report::{Centres, Lookout, Surroundings};
use tongban_node::store::{SledStore, Store};
use tongban_protocol::metrics::Named;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use crate::coverage::{
    ActivityCounter, Audit, Coverage, EnrolledNode, Question, Summary, behind_since, survey,
};
use crate::enrolment::read_roster;
use crate::settlement;

/// Looks over the city; keep it between two looks.
#[derive(Debug)]
pub struct Surveyor {
    city: Arc<City>,
    silent_after_ms: i64,
    behind_since: BTreeMap<Division, Timestamp>,
    counter: ActivityCounter,
}

impl Surveyor {
    /// A surveyor that has not looked yet.
    #[must_use]
    pub fn new(city: Arc<City>, silent_after: Duration) -> Self {
        Self {
            city,
            silent_after_ms: i64::try_from(silent_after.as_millis()).unwrap_or(i64::MAX),
            behind_since: BTreeMap::new(),
            counter: ActivityCounter::default(),
        }
    }

    /// The centres that are looked over.
    #[must_use]
    pub const fn city(&self) -> &Arc<City> {
        &self.city
    }

    /// The verdict on every centre, now.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn look<S: Store>(
        &mut self,
        engine: &Engine<S>,
        now: Timestamp,
    ) -> Result<Vec<Coverage>, ReplicaError> {
        let activity = self.counter.count(engine.replica(), now)?;
        let roster = enrolled(engine.replica())?;
        let settled = settlement::read(engine.replica())?;
        let question = Question {
            settled: &settled,
            tree: &self.city.tree,
            roster: &roster,
            activity: &activity,
            behind_since: &self.behind_since,
            silent_after_ms: self.silent_after_ms,
            now,
        };
        let coverage = survey(engine, question)?;
        self.behind_since = behind_since(&coverage);
        Ok(coverage)
    }

    /// The same as an audit, to be printed.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn audit<S: Store>(
        &mut self,
        engine: &Engine<S>,
        now: Timestamp,
    ) -> Result<Audit, ReplicaError> {
        Ok(Audit::of(now, self.look(engine, now)?))
    }
}

/// The centres of the city, those under a county with it, and how many are complete, now.
///
/// # Errors
///
/// The store's.
pub fn surroundings<S: Store>(
    surveyor: &mut Surveyor,
    engine: &Engine<S>,
    now: Timestamp,
) -> Result<Surroundings, ReplicaError> {
    let Summary { complete, centres, .. } = Summary::of(&surveyor.look(engine, now)?);
    Ok(Surroundings { centres: centres_of(&surveyor.city), complete: Some((complete, centres)) })
}

/// The centres of a city, those under a county with it.
#[must_use]
pub fn centres_of(city: &City) -> Centres {
    let tree = &city.tree;
    let named = |centre: &Centre| Named { zh: centre.name_zh.clone(), en: centre.name_en.clone() };
    let root = tree.root();
    let mut all = BTreeMap::from([(root.division, (named(root), root.division))]);
    for county in tree.children(root.division) {
        all.insert(county.division, (named(county), county.division));
        let below = tree.children(county.division);
        all.extend(below.map(|it| (it.division, (named(it), county.division))));
    }
    all
}

/// The hub's lookout: a surveyor that several may ask.
#[derive(Clone, Debug)]
pub struct CityLookout(pub Arc<Mutex<Surveyor>>);

impl Lookout for CityLookout {
    fn centres(&self, _: &Engine<SledStore>) -> Centres {
        let surveyor = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        centres_of(&surveyor.city)
    }

    fn look(
        &self,
        engine: &Engine<SledStore>,
        now: Timestamp,
    ) -> Result<Surroundings, ReplicaError> {
        let mut surveyor = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        surroundings(&mut surveyor, engine, now)
    }
}

fn enrolled<S: Store>(replica: &Replica<S>) -> Result<Vec<EnrolledNode>, ReplicaError> {
    let roster = read_roster(replica)?;
    Ok(roster
        .into_iter()
        .map(|(node, machine)| EnrolledNode {
            node,
            centre: machine.centre,
            enrolled_at: machine.at,
            revoked_at: machine.revoked_from,
        })
        .collect())
}
