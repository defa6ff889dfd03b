//! State is never stored: it is a fold over the events.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::breach::Breach;
use super::course::Course;
use super::fault::Fault;
use super::law;
use crate::calendar::Almanac;
use crate::document::{Event, EventId, EventKind, Outcome};
use crate::identity::Author;

/// An event that has no effect, with the reason.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Anomaly {
    /// It is not lawful from where the case had come to.
    Unlawful(Fault),
    /// Only a later version knows what this event does.
    NotUnderstood {
        /// The kind's code.
        code: u32,
    },
    /// Two centres decided differently while cut off from each other: the first in order stands,
    /// and a supervisor must settle the second.
    Contradiction {
        /// What the first decided.
        stands: String,
        /// What the second decided.
        against: String,
        /// Which of them stands by the word of supervision; `None` while it has not spoken.
        resolved: Option<Outcome>,
    },
}

impl Anomaly {
    /// True for what supervision has not ruled on yet.
    #[must_use]
    pub const fn awaits_ruling(&self) -> bool {
        matches!(self, Self::Contradiction { resolved: None, .. })
    }
}

/// What a case comes to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Folded {
    /// What it has come through, and where it stands.
    pub course: Course,
    /// What had no effect, and why.
    pub anomalies: BTreeMap<EventId, Anomaly>,
}

impl Folded {
    /// Supervision has said which of two decisions stands.
    fn resolve(&mut self, outcome: Option<Outcome>) {
        for anomaly in self.anomalies.values_mut() {
            if let Anomaly::Contradiction { resolved, .. } = anomaly {
                *resolved = resolved.or(outcome);
            }
        }
    }

    /// The same as of a day: a case on which nobody spoke in time is accepted by then.
    #[must_use]
    pub fn on(mut self, day: Date, almanac: &Almanac) -> Self {
        self.course.deem(day, almanac);
        self
    }
}

/// Folds events, which must come in the order of their ids, into what the case comes to.
#[must_use]
pub fn fold<'a>(
    events: impl IntoIterator<Item = &'a (EventId, Event)>,
    almanac: &Almanac,
) -> Folded {
    let mut folded = Folded::default();
    let mut decision: Option<(Author, &Event)> = None;
    for (id, event) in events {
        let course = &mut folded.course;
        let recorded_at = id.recorded.instant();
        if let Some(due) = course.deem_by(event, recorded_at, almanac)
            && course.is_of_licensing_law()
        {
            course.breaches.entry(*id).or_default().push(Breach::DeemedAcceptance { due });
        }
        let fault = match law::check(course, event, recorded_at, almanac) {
            Ok(state) => {
                course.take(*id, event, state, almanac);
                match event.kind {
                    EventKind::Decide => decision = Some((id.author, event)),
                    EventKind::Resolve => folded.resolve(event.detail().outcome),
                    _ => {}
                }
                continue;
            }
            Err(fault) => fault,
        };
        let anomaly = match (event.kind, decision) {
            (EventKind::Unknown(code), _) => Anomaly::NotUnderstood { code },
            (EventKind::Decide, Some((author, stands)))
                if author != id.author && is_other_decision(stands, event) =>
            {
                course.joint.contradicted.insert(*id);
                course.take_hand(event);
                let (stands, against) = (stands.note.clone(), event.note.clone());
                Anomaly::Contradiction { stands, against, resolved: None }
            }
            _ => Anomaly::Unlawful(fault),
        };
        folded.anomalies.insert(*id, anomaly);
    }
    folded
}

fn is_other_decision(stands: &Event, other: &Event) -> bool {
    stands.note != other.note || stands.detail().outcome != other.detail().outcome
}
