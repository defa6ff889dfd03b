//! Import: another system's log becomes cases, kept as they came.
//!
//! A case is known by its log and its name there, so that a file imported twice doubles nothing
//! and a file that broke off is finished by importing it again. Not here: any judgement of what
//! the log says; see [`crate::figures`].

mod plan;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::io::Cursor;
use std::path::Path;
use std::sync::mpsc;

use axum::body::Bytes;
use serde::{Deserialize, Serialize};
use tongban_node::carry::nothing;
use tongban_node::clock;
use tongban_node::replica::{Appended, Replica, ReplicaError};
use tongban_node::service::{Closed, Desk, WriteError};
use tongban_node::store::Store;
use tongban_protocol::document::{DocumentId, DocumentName, Edit, View};
use tongban_protocol::limits::{CHANGES_PER_ENTRY_MAX, ENTRY_BYTES_MAX, TEXT_BYTES_MAX};
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::Value;
use utoipa::ToSchema;

use crate::words::Language;
use crate::xes::{LogError, LogReader, log_name};

pub use plan::{CasePlan, Replay};
pub(crate) use plan::{is_imported, place_of, trace_of};

/// Bytes of edits after which an entry takes no further case: whoever reads a case reads the
/// whole entry, and a slow link sends it in a fraction of a second.
const EDIT_BYTES_TARGET: usize = 8 * 1024;

/// Bytes of edits that surely fit into one entry: a change frames each edit in less than twice
/// its bytes.
const EDIT_BYTES_MAX: usize = ENTRY_BYTES_MAX / 2;

/// Refusals that are kept in words.
const REFUSED_MAX: usize = 20;

/// What an import did.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct Imported {
    /// Cases of the file.
    pub cases: u64,
    /// Cases that were new.
    pub cases_new: u64,
    /// Cases that were here already and got something more.
    pub cases_completed: u64,
    /// Events of the file.
    pub events: u64,
    /// Events that were new.
    pub events_new: u64,
    /// Entries that were signed.
    pub entries: u64,
    /// Cases that were not taken, for they break a bound.
    pub refused: u64,
    /// Why, for the first of them.
    pub reasons: Vec<String>,
}

/// Why an import stopped; what was committed stays, and the next run goes on behind it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{0}")]
    Log(#[from] LogError),
    /// The store or the replica did not take an entry.
    #[error("import stopped, what came before stays; import the file again: {0}")]
    Replica(#[from] ReplicaError),
    /// The hub is stopping.
    #[error("import stopped, what came before stays; import the file again: {0}")]
    Closed(#[from] Closed),
}

impl From<WriteError> for ImportError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Closed(closed) => Self::Closed(closed),
            WriteError::Replica(error) => Self::Replica(error),
        }
    }
}

impl Imported {
    /// What was done, in one line for each thing that a person should know.
    #[must_use]
    pub fn to_text(&self, language: Language) -> String {
        let Self { cases, cases_new, cases_completed, events, events_new, refused, .. } = self;
        let mut text = match language {
            Language::Zh => format!(
                "办件 {cases} 件（新增 {cases_new}，补全 {cases_completed}），环节 {events} 个（新增 {events_new}）"
            ),
            Language::En => format!(
                "{cases} cases ({cases_new} new, {cases_completed} completed), {events} events ({events_new} new)"
            ),
        };
        if *cases_new + *cases_completed == 0 && *refused == 0 {
            text.push_str(language.pick("；均已在库，未作改动", "; everything was here already"));
        }
        for reason in &self.reasons {
            text.push_str(language.pick("\n未导入：", "\nnot taken: "));
            text.push_str(reason);
        }
        let unnamed = refused.saturating_sub(self.reasons.len() as u64);
        if unnamed > 0 {
            let more = language.pick("件未导入", "more were not taken");
            text.push_str(&format!("\n… {unnamed} {more}"));
        }
        text
    }
}

/// An import under way: stages one entry at a time, so that a running hub can do other things
/// in between.
#[derive(Debug)]
pub struct Importer {
    reader: LogReader,
    replay: Replay,
    done: Imported,
    /// What is still to be written, in bundles that fit into an entry.
    waiting: VecDeque<Bundle>,
    is_read: bool,
}

/// Edits of one case that fit into one entry.
#[derive(Debug)]
struct Bundle {
    name: DocumentName,
    edits: Vec<Edit>,
    bytes: usize,
}

/// Imports a whole file into the home of the replica's own centre, durably.
///
/// The file is read to its end before anything of it is taken.
///
/// # Errors
///
/// [`ImportError`]: nothing was taken if it is the file's fault.
pub fn import_file<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    path: &Path,
) -> Result<Imported, ImportError> {
    read_whole(LogReader::open(path)?)?;
    let mut importer = Importer::new(LogReader::open(path)?, log_name(path));
    while importer.stage_next(replica, now)?.is_some() {
        replica.commit()?;
    }
    Ok(importer.into_imported())
}

/// Imports a file into the store of a running hub, entry by entry, so that links and pages go on.
///
/// # Errors
///
/// As [`import_file`]; [`ImportError::Closed`] when the hub stops meanwhile.
pub async fn import_at(desk: &Desk, file: &str, bytes: Bytes) -> Result<Imported, ImportError> {
    let open = |bytes: &Bytes| LogReader::new(Cursor::new(bytes.clone()), file);
    let whole = open(&bytes)?;
    tokio::task::spawn_blocking(|| read_whole(whole)).await.map_err(|_| Closed)??;
    let mut importer = Importer::new(open(&bytes)?, log_name(Path::new(file)));
    loop {
        let (tx, rx) = mpsc::sync_channel(1);
        desk.write(move |replica, _| {
            let (staged, outcome) = match importer.stage_next(replica, clock::now()) {
                Ok(Some(appended)) => (Ok(true), appended),
                Err(ImportError::Replica(error)) => return Err(error),
                Ok(None) => (Ok(false), nothing(replica)),
                Err(error) => (Err(error), nothing(replica)),
            };
            let _ = tx.send((importer, staged)); // Room for one; whoever asked may be gone.
            Ok(outcome)
        })
        .await?;
        let (back, staged) = rx.try_recv().map_err(|_| Closed)?;
        importer = back;
        if !staged? {
            return Ok(importer.into_imported());
        }
    }
}

/// Reads a log to its end, for the fault that may be in it.
fn read_whole(mut reader: LogReader) -> Result<(), LogError> {
    reader.try_for_each(|trace| trace.map(drop))
}

impl Importer {
    /// Starts an import of a log under a name; the name is part of each case's identity.
    #[must_use]
    pub fn new(reader: LogReader, log: impl Into<String>) -> Self {
        Self {
            reader,
            replay: Replay::new(log),
            done: Imported::default(),
            waiting: VecDeque::new(),
            is_read: false,
        }
    }

    /// Stages the next entry; `None` at the end of the file. The caller commits.
    ///
    /// # Errors
    ///
    /// [`ImportError`]; the import is over then.
    pub fn stage_next<S: Store>(
        &mut self,
        replica: &mut Replica<S>,
        now: Timestamp,
    ) -> Result<Option<Appended>, ImportError> {
        let centre = replica.member().centre();
        let (mut edits, mut bytes) = (Vec::new(), 0);
        loop {
            if self.waiting.is_empty() && !self.read_case(replica, centre)? {
                break;
            }
            let Some(next) = self.waiting.front() else { continue };
            if !edits.is_empty() && bytes + next.bytes > EDIT_BYTES_TARGET {
                break;
            }
            // Two bundles of one case go into two entries: the second builds on the first.
            if edits.iter().any(|(name, _)| *name == next.name) {
                break;
            }
            let Some(bundle) = self.waiting.pop_front() else { break };
            bytes += bundle.bytes;
            edits.push((bundle.name, bundle.edits));
            if edits.len() == CHANGES_PER_ENTRY_MAX {
                break;
            }
        }
        if edits.is_empty() {
            return Ok(None);
        }
        let appended = replica.append(now, Home::office(centre), edits)?;
        self.done.entries += 1;
        Ok(Some(appended))
    }

    /// What was done so far.
    #[must_use]
    pub const fn imported(&self) -> &Imported {
        &self.done
    }

    /// What was done.
    #[must_use]
    pub fn into_imported(self) -> Imported {
        self.done
    }

    /// Reads one case of the file and queues what is missing of it; false at the end.
    fn read_case<S: Store>(
        &mut self,
        replica: &Replica<S>,
        centre: Division,
    ) -> Result<bool, ImportError> {
        if self.is_read {
            return Ok(false);
        }
        let Some(trace) = self.reader.next().transpose()? else {
            self.is_read = true;
            return Ok(false);
        };
        let plan = self.replay.plan(&trace, centre);
        self.done.cases += 1;
        self.done.events += plan.events.len() as u64;
        if let Some(why) = too_long(&plan) {
            self.done.refused += 1;
            if self.done.reasons.len() < REFUSED_MAX {
                let place =
                    if trace.line > 0 { format!(" (line {})", trace.line) } else { String::new() };
                self.done.reasons.push(format!("case {}{place}: {why}", plan.header.number));
            }
            return Ok(true);
        }
        let id = DocumentId::case(centre, plan.ulid);
        let held = replica.paper(id)?.map(|paper| paper.view());
        let is_new = held.is_none();
        let edits = plan.edits_beyond(&held.unwrap_or_default());
        let events = edits.iter().filter(|edit| matches!(edit, Edit::Event(_))).count() as u64;
        self.done.events_new += events;
        self.done.cases_new += u64::from(is_new);
        self.done.cases_completed += u64::from(!is_new && !edits.is_empty());
        self.waiting.extend(bundles(id.name, edits));
        Ok(true)
    }
}

impl CasePlan {
    /// The edits that make a case which reads `held` complete; none if it is.
    ///
    /// Fields are set where they differ, and each event of the plan that is not there is added.
    #[must_use]
    pub fn edits_beyond(self, held: &View) -> Vec<Edit> {
        let mut edits = Vec::new();
        if held.header.is_none() {
            edits.push(Edit::Header(self.header));
        }
        // Compared as they rest, for a number that is none is not equal to itself.
        let bytes = |value: &Value| minicbor::to_vec(value).unwrap_or_default();
        for (key, value) in self.form {
            if held.form.get(&key).map(bytes) != Some(bytes(&value)) {
                edits.push(Edit::Field(key, value));
            }
        }
        let mut known: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        for (_, event) in &held.events {
            *known.entry(minicbor::to_vec(event).unwrap_or_default()).or_default() += 1;
        }
        for event in self.events {
            match known.get_mut(&minicbor::to_vec(&event).unwrap_or_default()) {
                Some(count) if *count > 0 => *count -= 1,
                _ => edits.push(Edit::Event(event)),
            }
        }
        edits
    }
}

/// Splits the edits of a case so that each part fits into an entry; the header comes first.
fn bundles(name: DocumentName, edits: Vec<Edit>) -> Vec<Bundle> {
    let mut bundles: Vec<Bundle> = Vec::new();
    for edit in edits {
        let size = bytes_of(&edit);
        match bundles.last_mut() {
            Some(last) if last.bytes + size <= EDIT_BYTES_TARGET => {
                last.bytes += size;
                last.edits.push(edit);
            }
            _ => bundles.push(Bundle { name, edits: vec![edit], bytes: size }),
        }
    }
    bundles
}

/// Roughly the bytes of an edit in an entry, its frame included.
fn bytes_of(edit: &Edit) -> usize {
    const FRAME_BYTES: usize = 48;
    let content = match edit {
        Edit::Header(header) => minicbor::to_vec(header).map_or(0, |bytes| bytes.len()),
        Edit::Field(key, value) => key.len() + value_bytes(value),
        Edit::Material(key, material) => {
            key.len() + minicbor::to_vec(material).map_or(0, |bytes| bytes.len())
        }
        Edit::Event(event) => minicbor::to_vec(event).map_or(0, |bytes| bytes.len()),
    };
    content + FRAME_BYTES
}

/// The bytes of a value as it rests: text as text, the rest as CBOR.
fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Instant(..)
        | Value::Integer(_)
        | Value::Number(_)
        | Value::Flag(_)
        | Value::Id(_)
        | Value::List(_) => minicbor::to_vec(value).map_or(0, |bytes| bytes.len()),
    }
}

/// Why a case cannot be written, if so: the same bounds hold for a clerk's words.
fn too_long(plan: &CasePlan) -> Option<String> {
    let over = |what: &str, bytes: usize, limit: usize| {
        Some(format!("{what} has {bytes} bytes, above the limit of {limit}; shorten it in the log"))
    };
    for (key, value) in &plan.form {
        let bytes = value_bytes(value);
        if bytes > TEXT_BYTES_MAX {
            return over(&format!("`{key}`"), bytes, TEXT_BYTES_MAX);
        }
    }
    for (at, event) in plan.events.iter().enumerate() {
        let text = event.by.len().max(event.note.len());
        if text > TEXT_BYTES_MAX {
            return over(&format!("a text of event {}", at + 1), text, TEXT_BYTES_MAX);
        }
        let bytes = bytes_of(&Edit::Event(event.clone()));
        if bytes > EDIT_BYTES_MAX {
            return over(&format!("event {}", at + 1), bytes, EDIT_BYTES_MAX);
        }
    }
    let header = bytes_of(&Edit::Header(plan.header.clone()));
    if header > EDIT_BYTES_MAX { over("the name", header, EDIT_BYTES_MAX) } else { None }
}
