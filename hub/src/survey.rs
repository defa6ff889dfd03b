//! Looking over the city again and again: coverage with what one look must remember of the last.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tongban_config::city::City;
use tongban_node::engine::Engine;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use crate::coverage::{
    ActivityCounter, Audit, Coverage, EnrolledNode, Question, behind_since, survey,
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
