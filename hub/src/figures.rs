//! What a log says in figures: cases, times, deadlines kept, and what looks wrong.
//!
//! The figures come from cases, wherever these are kept: a log file and the documents that were
//! made of it must give the same. Not here: reading files, clocks, and any judgement of people.

mod anomalies;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::{Attribute, Value};

pub use anomalies::{Anomaly, AnomalyKind, EXAMPLES_MAX};

use crate::xes::{Trace, instant_of_text, value_of};
use anomalies::{CaseTimes, Found};

const DAY_MS: f64 = 86_400_000.0;
const START_KEYS: [&str; 2] = ["startdate", "startDate"];
const END_KEYS: [&str; 2] = ["enddate", "endDate"];

/// One case as the figures see it.
#[derive(Clone, Debug)]
pub struct CaseRecord<'a> {
    /// Attributes of the case.
    pub attributes: &'a [Attribute],
    /// Events in their order.
    pub events: Vec<EventRecord<'a>>,
    /// Name of the case (`concept:name`).
    pub name: Option<&'a str>,
}

/// One event as the figures see it.
#[derive(Clone, Copy, Debug)]
pub struct EventRecord<'a> {
    /// What was done (`concept:name`).
    pub activity: Option<&'a str>,
    /// When, and the offset of its clock in minutes east of UTC (`time:timestamp`).
    pub at: Option<(Timestamp, i16)>,
    /// All its attributes.
    pub attributes: &'a [Attribute],
    /// Who did it (`org:resource`).
    pub resource: Option<&'a str>,
}

impl<'a> CaseRecord<'a> {
    /// Sees a trace of a log as a case.
    #[must_use]
    pub fn of_trace(trace: &'a Trace) -> Self {
        let text = |list: &'a [Attribute], key| value_of(list, key).and_then(Value::as_text);
        let events = trace.events.iter().map(|event| EventRecord {
            activity: text(event, "concept:name"),
            at: value_of(event, "time:timestamp").and_then(instant),
            attributes: event,
            resource: text(event, "org:resource"),
        });
        Self {
            attributes: &trace.attributes,
            events: events.collect(),
            name: text(&trace.attributes, "concept:name"),
        }
    }
}

/// The figures of one log.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Figures {
    /// Name of the log.
    pub name: String,
    /// Cases.
    pub cases: u64,
    /// Events of all cases.
    pub events: u64,
    /// Cases with an end date.
    pub closed: u64,
    /// Cases without one.
    pub open: u64,
    /// Different activities.
    pub activities: u64,
    /// Different resources.
    pub resources: u64,
    /// Median of the days from start to end, over closed cases with a start, interpolated
    /// between the two middle ones, to 3 decimals; absent without such cases.
    pub days_median: Option<f64>,
    /// 95th percentile of the same by nearest rank, to 3 decimals.
    pub days_p95_nearest_rank: Option<f64>,
    /// The cases' deadlines.
    pub deadline: DeadlineFigures,
    /// Events against their planned instant.
    pub planned: KeptFigures,
    /// Events against their due instant.
    pub due: KeptFigures,
    /// What looks wrong, by kind; kinds not met are left out.
    pub anomalies: Vec<Anomaly>,
}

/// How the cases stand to their deadline; cases without one are not counted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct DeadlineFigures {
    /// Ended at the deadline or before.
    pub on_time: u64,
    /// Ended after it.
    pub late: u64,
    /// Not ended, and the deadline is before the latest event of the log.
    pub overdue_open: u64,
}

/// How many events have an instant to keep, and how many kept it.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeptFigures {
    /// Events that have the attribute.
    pub events: u64,
    /// Those that happened at that instant or before.
    pub kept: u64,
}

/// Takes cases one by one and gives the figures at the end.
///
/// Keeps a few words for each case and the names of activities and resources, not the events.
#[derive(Clone, Debug)]
pub struct Tally {
    activities: BTreeSet<String>,
    closed: u64,
    deadline: DeadlineFigures,
    due: KeptFigures,
    durations_ms: Vec<i64>,
    events: u64,
    extracted_at: Option<Timestamp>,
    found: Found,
    last_event: Option<Timestamp>,
    name: String,
    open_deadlines: Vec<Timestamp>,
    planned: KeptFigures,
    resources: BTreeSet<String>,
    times: Vec<CaseTimes>,
}

impl Tally {
    /// Starts the figures of the log `name`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            activities: BTreeSet::new(),
            closed: 0,
            deadline: DeadlineFigures::default(),
            due: KeptFigures::default(),
            durations_ms: Vec::new(),
            events: 0,
            extracted_at: None,
            found: Found::default(),
            last_event: None,
            name: name.into(),
            open_deadlines: Vec::new(),
            planned: KeptFigures::default(),
            resources: BTreeSet::new(),
            times: Vec::new(),
        }
    }

    /// Says when the log was taken from its system; else that is estimated, see [`AnomalyKind`].
    #[must_use]
    pub const fn extracted_at(mut self, instant: Timestamp) -> Self {
        self.extracted_at = Some(instant);
        self
    }

    /// Counts one case.
    pub fn add(&mut self, case: &CaseRecord<'_>) {
        let label = case.name.map_or_else(|| format!("#{}", self.times.len() + 1), str::to_owned);
        if case.name.is_none() {
            self.found.note(AnomalyKind::CaseWithoutName, &label);
        }
        let start = self.case_date(case, &START_KEYS, &label);
        let end = self.case_date(case, &END_KEYS, &label);
        let deadline = self.case_date(case, &["deadline"], &label);
        self.add_times(start, end, deadline, &label);
        let mut last = None;
        for event in &case.events {
            self.add_event(event, &label);
            last = last.max(event.at.map(|(at, _)| at));
        }
        self.last_event = self.last_event.max(last);
        self.times.push(CaseTimes { end, is_named: case.name.is_some(), label, last, start });
    }

    fn add_times(
        &mut self,
        start: Option<Timestamp>,
        end: Option<Timestamp>,
        deadline: Option<Timestamp>,
        label: &str,
    ) {
        let Some(end) = end else {
            self.open_deadlines.extend(deadline);
            return;
        };
        self.closed += 1;
        if let Some(start) = start {
            self.durations_ms.push(end.ms_since(start));
            if end < start {
                self.found.note(AnomalyKind::EndsBeforeStart, label);
            }
        }
        match deadline {
            Some(deadline) if end <= deadline => self.deadline.on_time += 1,
            Some(_) => self.deadline.late += 1,
            None => {}
        }
    }

    fn add_event(&mut self, event: &EventRecord<'_>, label: &str) {
        self.events += 1;
        match event.activity {
            Some(activity) => insert(&mut self.activities, activity),
            None => self.found.note(AnomalyKind::EventWithoutActivity, label),
        }
        if let Some(resource) = event.resource {
            insert(&mut self.resources, resource);
            if resource.trim().eq_ignore_ascii_case("test") {
                self.found.note(AnomalyKind::TestUser, resource);
            }
        }
        match event.at {
            Some((at, offset_minutes)) => self.found.note_instant(at, offset_minutes, label),
            None => self.found.note(AnomalyKind::EventWithoutTime, label),
        }
        let at = event.at.map(|(at, _)| at);
        for (key, kept) in [("planned", &mut self.planned), ("dueDate", &mut self.due)] {
            let Some(value) = value_of(event.attributes, key) else { continue };
            kept.events += 1;
            match (at, instant(value)) {
                (Some(at), Some((limit, _))) if at <= limit => kept.kept += 1,
                (_, Some(_)) => {}
                (_, None) => self.found.note(AnomalyKind::UnreadableDate, label),
            }
        }
    }

    /// Finds the first readable date under one of `keys`.
    fn case_date(
        &mut self,
        case: &CaseRecord<'_>,
        keys: &[&str],
        label: &str,
    ) -> Option<Timestamp> {
        let value = keys.iter().find_map(|key| value_of(case.attributes, key))?;
        let date = instant(value).map(|(instant, _)| instant);
        if date.is_none() {
            self.found.note(AnomalyKind::UnreadableDate, label);
        }
        date
    }

    /// Gives the figures of this log alone.
    #[must_use]
    pub fn finish(mut self) -> Figures {
        self.found.note_cases(&self.times, self.extracted_at);
        let overdue = |deadline: &&Timestamp| Some(**deadline) < self.last_event;
        self.deadline.overdue_open = count(self.open_deadlines.iter().filter(overdue).count());
        self.durations_ms.sort_unstable();
        let cases = count(self.times.len());
        Figures {
            name: self.name,
            cases,
            events: self.events,
            closed: self.closed,
            open: cases - self.closed,
            activities: count(self.activities.len()),
            resources: count(self.resources.len()),
            days_median: median_days(&self.durations_ms),
            days_p95_nearest_rank: p95_days(&self.durations_ms),
            deadline: self.deadline,
            planned: self.planned,
            due: self.due,
            anomalies: self.found.into_anomalies(),
        }
    }
}

/// Gives the figures of several logs and notes the cases whose name occurs in more than one.
#[must_use]
pub fn combine(mut tallies: Vec<Tally>) -> Vec<Figures> {
    let names = |tally: &Tally| -> BTreeSet<String> {
        tally.times.iter().filter(|times| times.is_named).map(|times| times.label.clone()).collect()
    };
    let all: Vec<BTreeSet<String>> = tallies.iter().map(names).collect();
    for (at, tally) in tallies.iter_mut().enumerate() {
        let others = || all.iter().enumerate().filter(|(other, _)| *other != at);
        for name in &all[at] {
            if others().any(|(_, names)| names.contains(name)) {
                tally.found.note(AnomalyKind::InAnotherLog, name);
            }
        }
    }
    tallies.into_iter().map(Tally::finish).collect()
}

/// The instant of a date, or of a text that is one.
fn instant(value: &Value) -> Option<(Timestamp, i16)> {
    match value {
        Value::Instant(instant, offset) => Some((*instant, *offset)),
        other => other.as_text().and_then(instant_of_text),
    }
}

fn insert(names: &mut BTreeSet<String>, name: &str) {
    if !names.contains(name) {
        names.insert(name.to_owned());
    }
}

fn count(number: usize) -> u64 {
    number as u64
}

fn median_days(sorted_ms: &[i64]) -> Option<f64> {
    let (low, high) =
        (sorted_ms.get(sorted_ms.len().checked_sub(1)? / 2)?, sorted_ms.get(sorted_ms.len() / 2)?);
    Some(days(low.midpoint(*high) as f64))
}

fn p95_days(sorted_ms: &[i64]) -> Option<f64> {
    let rank = (sorted_ms.len() * 95).div_ceil(100);
    sorted_ms.get(rank.checked_sub(1)?).map(|ms| days(*ms as f64))
}

/// Milliseconds as days, to 3 decimals.
fn days(ms: f64) -> f64 {
    (ms / DAY_MS * 1000.0).round() / 1000.0
}
