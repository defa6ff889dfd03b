//! Export: cases as an event log that other tools can read.
//!
//! What was imported goes out as it came in, so that a log exported and imported again has the
//! same figures. Our own cases go out with their events named by kind. Not here: opening files.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use tongban_node::replica::{CaseFile, Replica, ReplicaError};
use tongban_node::store::Store;
use tongban_protocol::document::{DocumentId, Event, EventId};
use tongban_protocol::identity::{Author, Credential};
use tongban_protocol::journal::Body;
use tongban_protocol::place::Division;
use tongban_protocol::time::{SHANGHAI_OFFSET_MS, Timestamp};
use tongban_protocol::value::{Attribute, Value};

use crate::import::{is_imported, place_of, trace_of};
use crate::report::each_case;
use crate::words::{Language, event_word};
use crate::xes::{Classifier, Extension, LogHeader, LogWriteError, LogWriter, Trace};

/// Which cases go out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Choice {
    /// All.
    All,
    /// Those imported from the log of this name.
    Log(String),
    /// Those of a centre's home.
    Centre(Division),
}

/// Why an export stopped; the file has no end then and must be thrown away.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The cases cannot be read.
    #[error("export stopped: {0}")]
    Replica(#[from] ReplicaError),
    /// The log cannot be written.
    #[error("export stopped: {0}")]
    Log(#[from] LogWriteError),
    /// There is no case of that choice.
    #[error("no case of {0} is held here; `report` names the logs and `audit` the centres")]
    Nothing(String),
}

/// Where a case comes from; sorts as cases go out.
#[derive(Eq, Ord, PartialEq, PartialOrd)]
enum Source {
    /// From this log, at this place.
    Log(String, i64),
    /// From a counter.
    Own,
}

/// The head of an exported log.
#[must_use]
pub fn log_header(name: &str) -> LogHeader {
    let extension = |name: &str, prefix: &str| Extension {
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        uri: format!("http://www.xes-standard.org/{prefix}.xesext"),
    };
    let activity = Classifier {
        keys: "concept:name".to_owned(),
        name: "Activity".to_owned(),
        scope: Some("event".to_owned()),
    };
    LogHeader {
        attributes: vec![text("concept:name", name)],
        classifiers: vec![activity],
        extensions: vec![
            extension("Concept", "concept"),
            extension("Lifecycle", "lifecycle"),
            extension("Organizational", "org"),
            extension("Time", "time"),
        ],
        globals: Vec::new(),
    }
}

impl Choice {
    /// The choice of a command, which names a log, or a centre, or neither.
    #[must_use]
    pub fn new(log: Option<String>, centre: Option<Division>) -> Self {
        match (log, centre) {
            (Some(log), _) => Self::Log(log),
            (None, Some(centre)) => Self::Centre(centre),
            (None, None) => Self::All,
        }
    }

    /// What the exported log is called in its head.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Log(log) => log,
            Self::All | Self::Centre(_) => "tongban",
        }
    }
}

/// Writes the chosen cases and returns their number: imported ones in the order of their log,
/// our own after them.
///
/// # Errors
///
/// [`ExportError`]; see there.
pub fn export_cases<S: Store, W: Write>(
    replica: &Replica<S>,
    choice: &Choice,
    writer: &mut LogWriter<W>,
) -> Result<u64, ExportError> {
    let mut chosen: BTreeSet<(Source, DocumentId)> = BTreeSet::new();
    each_case(replica, |case| {
        let log = case.view.header.as_ref().map(|header| header.item.clone());
        let log = log.filter(|_| is_imported(&case.view));
        let is_chosen = match choice {
            Choice::All => true,
            Choice::Log(name) => log.as_ref() == Some(name),
            Choice::Centre(centre) => case.id.home.division == *centre,
        };
        if is_chosen {
            let place = place_of(&case.view);
            chosen.insert((log.map_or(Source::Own, |log| Source::Log(log, place)), case.id));
        }
        Ok::<_, ExportError>(())
    })?;
    match choice {
        Choice::Log(name) if chosen.is_empty() => {
            return Err(ExportError::Nothing(format!("log `{name}`")));
        }
        Choice::Centre(centre) if chosen.is_empty() => {
            return Err(ExportError::Nothing(format!("centre {centre}")));
        }
        Choice::All | Choice::Log(_) | Choice::Centre(_) => {}
    }
    let centres = centres_of_authors(replica)?;
    let mut written = 0;
    for (source, id) in chosen {
        let Some(case) = replica.case(id)? else { continue };
        let trace = match source {
            Source::Log(..) => trace_of(&case.view),
            Source::Own => own_trace(&centres, &case),
        };
        writer.trace(&trace)?;
        written += 1;
    }
    Ok(written)
}

/// A case of our own as a trace: who, where, when, and the form as it stands.
fn own_trace(centres: &BTreeMap<Author, Division>, case: &CaseFile) -> Trace {
    let view = &case.view;
    let number = view.header.as_ref().map_or_else(|| case.id.to_string(), |it| it.number.clone());
    let mut attributes = vec![
        text("concept:name", &number),
        text("tongban:case", &case.id.to_string()),
        text("tongban:state", case.folded.course.state.en()),
    ];
    if let Some(header) = &view.header {
        attributes.extend([
            text("item", &header.item),
            text("item_name", &header.item_name),
            text("applicant", &header.applicant),
            text("channel", &header.channel),
            text("taken_by", header.taken_by.as_str()),
            instant("startdate", header.taken_at),
        ]);
    }
    let closed = case.folded.course.state.is_closed();
    let effective = || view.events.iter().filter(|(id, _)| !case.folded.anomalies.contains_key(id));
    if let Some((_, last)) = effective().next_back().filter(|_| closed) {
        attributes.push(instant("enddate", last.happened_at));
    }
    for (key, value) in &view.form {
        attributes.push(Attribute::new(format!("form:{key}"), value.clone()));
    }
    let centre = |id: &EventId| centres.get(&id.author).copied().unwrap_or(case.id.home.division);
    let events = view.events.iter().map(|(id, event)| own_event(id, event, centre(id))).collect();
    Trace { attributes, events, line: 0 }
}

fn own_event(id: &EventId, event: &Event, centre: Division) -> Vec<Attribute> {
    let mut attributes = vec![
        text("concept:name", event_word(event.kind, Language::En)),
        text("lifecycle:transition", "complete"),
        text("org:group", centre.as_str()),
        text("org:resource", &event.by),
        instant("time:timestamp", event.happened_at),
        instant("tongban:recorded", id.recorded.instant()),
    ];
    if !event.note.is_empty() {
        attributes.push(text("tongban:note", &event.note));
    }
    attributes.extend(event.attributes.iter().cloned());
    attributes
}

/// For which centre each author signs, as the openings of the journals show.
fn centres_of_authors<S: Store>(
    replica: &Replica<S>,
) -> Result<BTreeMap<Author, Division>, ReplicaError> {
    let mut centres = BTreeMap::new();
    for journal in replica.frontier().keys() {
        if centres.contains_key(&journal.author) {
            continue;
        }
        if let Some(first) = replica.entry(*journal, 1)?
            && let Body::Open(opening) = &first.entry.body
            && let Ok(credential) = Credential::open(&opening.credential, &replica.member().root)
        {
            centres.insert(journal.author, credential.path.centre());
        }
    }
    Ok(centres)
}

fn text(key: &str, value: &str) -> Attribute {
    Attribute::new(key, Value::Text(value.to_owned()))
}

fn instant(key: &str, at: Timestamp) -> Attribute {
    let offset = i16::try_from(SHANGHAI_OFFSET_MS / 60_000).unwrap_or_default();
    Attribute::new(key, Value::Instant(at, offset))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use tongban_protocol::document::EventKind;

    use super::*;
    use crate::fixture::{self, NINE, TOWN};
    use crate::xes::{LogReader, value_of};

    fn exported(desk: &fixture::Desk, choice: &Choice) -> Vec<Trace> {
        let mut writer = LogWriter::plain(Vec::new(), &log_header("out")).unwrap();
        let written = export_cases(desk, choice, &mut writer).unwrap();
        let (bytes, _) = writer.finish().unwrap();
        let reader = LogReader::new(Cursor::new(bytes), "out.xes").unwrap();
        let traces: Vec<Trace> = reader.map(Result::unwrap).collect();
        assert_eq!(traces.len() as u64, written);
        traces
    }

    #[test]
    fn a_case_of_our_own_goes_out_with_its_kinds_its_centres_and_its_times() {
        let (mut town, mut county) = (fixture::town(), fixture::county());
        let id = fixture::take_case(&mut town, NINE, 1);
        fixture::carry(&town, &mut county, NINE);
        fixture::record(&mut county, NINE.plus_ms(5_000), id, EventKind::Accept);
        let traces = exported(&county, &Choice::All);
        let of = |list: &[Attribute], key| {
            value_of(list, key).and_then(Value::as_text).unwrap_or_default().to_owned()
        };
        let [trace] = traces.as_slice() else { panic!("{traces:?}") };
        assert_eq!(of(&trace.attributes, "concept:name"), "510921103-1");
        assert_eq!(of(&trace.attributes, "tongban:state"), "accepted");
        let keys = ["concept:name", "lifecycle:transition", "org:group", "org:resource"];
        let events: Vec<_> =
            trace.events.iter().map(|event| keys.map(|key| of(event, key))).collect();
        assert_eq!(
            events,
            [
                ["receive", "complete", "510921103", "李芳"],
                ["accept", "complete", "510921", "张伟"],
            ]
        );
        let happened = value_of(&trace.events[0], "time:timestamp").unwrap();
        assert_eq!(*happened, Value::Instant(NINE.plus_ms(-60_000), 480));
    }

    #[test]
    fn only_the_chosen_cases_go_out() {
        let mut town = fixture::town();
        fixture::take_case(&mut town, NINE, 1);
        assert_eq!(exported(&town, &Choice::Centre(fixture::division(TOWN))).len(), 1);
        for none in [Choice::Centre(fixture::division("510900")), Choice::Log("receipt".to_owned())]
        {
            let mut writer = LogWriter::plain(Vec::new(), &log_header("out")).unwrap();
            let refused = export_cases(&town, &none, &mut writer).unwrap_err();
            assert!(matches!(refused, ExportError::Nothing(_)), "{refused}");
        }
    }
}
