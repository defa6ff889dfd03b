//! From a trace to a case, and back.

use std::collections::{BTreeMap, BTreeSet};

use tongban_protocol::document::{Event, EventKind, Header, View};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::{Attribute, Value};
use ulid::Ulid;

use crate::xes::{Trace, instant_of_text, value_of};

/// Fields of the form whose name begins so are ours; a log's own are put behind it once more.
const OURS: &str = "tongban:";
/// The case's place in its log, counted from 1.
const PLACE: &str = "tongban:place";
/// The log's name for the case, where its traces have one.
const NAME: &str = "concept:name";
/// Names under which logs keep a case's beginning.
const START_KEYS: [&str; 2] = ["startdate", "startDate"];

/// Makes cases of traces, one after another as they stand in their log.
///
/// The same traces in the same order give the same cases, on every machine. What a log calls by
/// one name twice becomes two cases.
#[derive(Clone, Debug)]
pub struct Replay {
    log: String,
    place: i64,
    names: BTreeSet<[u8; 16]>,
}

/// What an imported case will be.
#[derive(Clone, Debug, PartialEq)]
pub struct CasePlan {
    /// Its name in any home.
    pub ulid: Ulid,
    /// Its header; the item is the log.
    pub header: Header,
    /// The log's attributes of the case, and its place there.
    pub form: BTreeMap<String, Value>,
    /// The events by their instants; those of one instant in the order of the file.
    pub events: Vec<Event>,
}

impl Replay {
    /// Starts at the beginning of the log of this name.
    #[must_use]
    pub fn new(log: impl Into<String>) -> Self {
        Self { log: log.into(), place: 0, names: BTreeSet::new() }
    }

    /// Plans the next case, as one that `taken_by` took.
    #[must_use]
    pub fn plan(&mut self, trace: &Trace, taken_by: Division) -> CasePlan {
        self.place += 1;
        let name = value_of(&trace.attributes, NAME).map(Value::to_string);
        let label = name.unwrap_or_else(|| format!("#{}", self.place));
        let events = events_of(trace);
        let start = START_KEYS.iter().find_map(|key| value_of(&trace.attributes, key));
        let start = start.and_then(instant_of).or_else(|| events.first().map(|it| it.happened_at));
        let taken_at = start.unwrap_or_default();
        let text = |key| value_of(&trace.attributes, key).map(Value::to_string);
        let header = Header {
            number: format!("{}/{label}", self.log),
            item: self.log.clone(),
            item_name: self.log.clone(),
            applicant: text("applicant").unwrap_or_default(),
            channel: text("channel").unwrap_or_else(|| "导入".to_owned()),
            taken_by,
            taken_at,
            part_of: None,
        };
        let mut form = form_of(&trace.attributes);
        form.insert(PLACE.to_owned(), Value::Integer(self.place));
        CasePlan { ulid: self.ulid(&label, taken_at), header, form, events }
    }

    /// A name that depends on the log, the case's name and its start alone; the second case of
    /// that name gets another.
    fn ulid(&mut self, label: &str, start: Timestamp) -> Ulid {
        let mut key = format!("{}\0{label}", self.log).into_bytes();
        loop {
            let mut short = [0; 16];
            short.copy_from_slice(&Sha::of(&key).0[..16]);
            if self.names.insert(short) {
                return Ulid::from_parts(
                    u64::try_from(start.0).unwrap_or(0),
                    u128::from_be_bytes(short),
                );
            }
            key.push(0);
        }
    }
}

/// True for a case that was imported: its events are another system's.
pub(crate) fn is_imported(view: &View) -> bool {
    view.form.contains_key(PLACE)
}

/// Where an imported case stood in its log; cases of our own come behind, by their names.
pub(crate) fn place_of(view: &View) -> i64 {
    match view.form.get(PLACE) {
        Some(Value::Integer(place)) => *place,
        _ => i64::MAX,
    }
}

/// Makes the trace of an imported case again; case attributes come in the order of their keys.
///
/// What was recorded here later, such as supervision, is no part of the log.
pub(crate) fn trace_of(view: &View) -> Trace {
    let mut attributes = Vec::new();
    for (key, value) in view.form.iter().filter(|(key, _)| *key != PLACE) {
        let key = key.strip_prefix(OURS).unwrap_or(key);
        match value {
            Value::List(all) => attributes.extend(all.iter().cloned()),
            Value::Text(_)
            | Value::Instant(..)
            | Value::Integer(_)
            | Value::Number(_)
            | Value::Flag(_)
            | Value::Id(_) => attributes.push(Attribute::new(key, value.clone())),
        }
    }
    let events = view.events.iter().filter(|(_, event)| event.kind == EventKind::Import);
    let events = events.map(|(_, event)| event.attributes.clone()).collect();
    Trace { attributes, events, line: 0 }
}

/// One field for each key. Lists, what has nested attributes and what comes twice rest as a list
/// of whole attributes, so that nothing is lost; all else rests plainly, for people to read.
fn form_of(attributes: &[Attribute]) -> BTreeMap<String, Value> {
    let mut by_key: BTreeMap<&str, Vec<&Attribute>> = BTreeMap::new();
    for attribute in attributes {
        by_key.entry(&attribute.key).or_default().push(attribute);
    }
    let field = |key: &str| {
        let is_ours = key.is_empty() || key.starts_with(OURS);
        if is_ours { format!("{OURS}{key}") } else { key.to_owned() }
    };
    let value = |all: Vec<&Attribute>| match all.as_slice() {
        [one] if one.nested.is_empty() && !matches!(one.value, Value::List(_)) => one.value.clone(),
        _ => Value::List(all.into_iter().cloned().collect()),
    };
    by_key.into_iter().map(|(key, all)| (field(key), value(all))).collect()
}

fn events_of(trace: &Trace) -> Vec<Event> {
    let text =
        |list: &[Attribute], key| value_of(list, key).map(Value::to_string).unwrap_or_default();
    let mut last = None;
    let mut events: Vec<Event> = Vec::with_capacity(trace.events.len());
    for attributes in &trace.events {
        // An event without an instant stays behind the one before it.
        let at = value_of(attributes, "time:timestamp").and_then(instant_of).or(last);
        last = at;
        let happened_at = at.unwrap_or_default();
        let (by, note) = (text(attributes, "org:resource"), text(attributes, NAME));
        let event = Event::new(EventKind::Import, happened_at, &by, &note);
        events.push(Event { attributes: attributes.clone(), ..event });
    }
    events.sort_by_key(|event| event.happened_at);
    events
}

fn instant_of(value: &Value) -> Option<Timestamp> {
    value.as_instant().or_else(|| instant_of_text(value.as_text()?).map(|(at, _)| at))
}
