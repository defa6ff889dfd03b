//! What looks wrong in a log, with a few examples of each kind.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tongban_protocol::time::Timestamp;

/// Most examples kept of one kind.
pub const EXAMPLES_MAX: usize = 5;

const DAY_MS: i64 = 86_400_000;
/// A gap longer than this cuts off the days behind it, when hardly anything happened on them.
const QUIET_DAYS: i64 = 30;

/// What can look wrong. Nothing of it stops an import.
///
/// The extraction is where the log was taken from its system. Where it is not given, it is the
/// end of the last day (UTC) with events; but a few days at the end that stand more than 30 days
/// apart from those before them, and hold at most one event in a thousand, are taken for dates
/// that somebody entered ahead.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AnomalyKind {
    /// A case has no name; its example is its place in the log, such as `#17`.
    CaseWithoutName,
    /// A case's name occurs more than once in the log.
    CaseTwice,
    /// A case's name occurs in another of the logs that were combined.
    InAnotherLog,
    /// A case ends before it starts.
    EndsBeforeStart,
    /// A case starts after the extraction.
    StartsAfterExtraction,
    /// A case ends after the extraction.
    EndsAfterExtraction,
    /// A case has an event after the extraction.
    EventAfterExtraction,
    /// An event was done by a user called `test`; the examples are the users.
    TestUser,
    /// An event is at midnight of its own clock: only the order in the file tells the sequence.
    Midnight,
    /// An event has no activity.
    EventWithoutActivity,
    /// An event has no instant.
    EventWithoutTime,
    /// A date (start, end, deadline, planned, due) is no instant.
    UnreadableDate,
}

/// How often something looks wrong, and where.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Anomaly {
    /// What looks wrong.
    pub kind: AnomalyKind,
    /// How many cases or events.
    pub count: u64,
    /// Up to [`EXAMPLES_MAX`] different names, first met first; names of cases if not said else.
    pub examples: Vec<String>,
}

/// What a case leaves behind for the end.
#[derive(Clone, Debug)]
pub(super) struct CaseTimes {
    pub(super) end: Option<Timestamp>,
    pub(super) is_named: bool,
    pub(super) label: String,
    pub(super) last: Option<Timestamp>,
    pub(super) start: Option<Timestamp>,
}

/// What was found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    days: BTreeMap<i64, u64>,
    kinds: BTreeMap<AnomalyKind, (u64, Vec<String>)>,
}

impl Found {
    pub(super) fn note(&mut self, kind: AnomalyKind, example: &str) {
        let (count, examples) = self.kinds.entry(kind).or_default();
        *count += 1;
        if examples.len() < EXAMPLES_MAX && !examples.iter().any(|known| known == example) {
            examples.push(example.to_owned());
        }
    }

    pub(super) fn note_instant(&mut self, at: Timestamp, offset_minutes: i16, label: &str) {
        *self.days.entry(at.0.div_euclid(DAY_MS)).or_default() += 1;
        let local_ms = at.plus_ms(i64::from(offset_minutes) * 60_000).0;
        if local_ms.rem_euclid(DAY_MS) == 0 {
            self.note(AnomalyKind::Midnight, label);
        }
    }

    /// Notes what shows only once all cases are known.
    pub(super) fn note_cases(&mut self, cases: &[CaseTimes], extracted_at: Option<Timestamp>) {
        let mut names = BTreeSet::new();
        let extraction = extracted_at.or_else(|| self.estimate_extraction());
        for case in cases {
            if case.is_named && !names.insert(case.label.as_str()) {
                self.note(AnomalyKind::CaseTwice, &case.label);
            }
            for (kind, instant) in [
                (AnomalyKind::StartsAfterExtraction, case.start),
                (AnomalyKind::EndsAfterExtraction, case.end),
                (AnomalyKind::EventAfterExtraction, case.last),
            ] {
                if extraction.is_some() && instant > extraction {
                    self.note(kind, &case.label);
                }
            }
        }
    }

    fn estimate_extraction(&self) -> Option<Timestamp> {
        let all: u64 = self.days.values().sum();
        let mut last = *self.days.keys().next_back()?;
        let (mut later, mut behind) = (last, 0);
        for (day, events) in self.days.iter().rev() {
            if later - day > QUIET_DAYS {
                last = *day;
            }
            behind += events;
            if behind * 1000 > all {
                break;
            }
            later = *day;
        }
        Some(Timestamp((last + 1) * DAY_MS - 1))
    }

    pub(super) fn into_anomalies(self) -> Vec<Anomaly> {
        let listed = self.kinds.into_iter();
        listed.map(|(kind, (count, examples))| Anomaly { kind, count, examples }).collect()
    }
}
