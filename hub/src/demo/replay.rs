//! Replayed work: the cases of event logs, event by event in the order of their instants.
//!
//! Log by log the cases go to county by county, there to a township by a hash of their name, so
//! that every run has them at the same centres. An event is written by the township's own node,
//! one entry each; several writes of a township are under way at once and share a commit.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::Poll;

use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{mpsc, watch};
use tongban_config::city::City;
use tongban_config::tree::{Centre, Tree};
use tongban_node::clock;
use tongban_node::replica::Appended;
use tongban_node::service::{Desk, WriteError};
use tongban_protocol::document::{DocumentKind, DocumentName, Edit, Event};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::{Division, Home, Tier};
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::DemoError;
use super::site::Sites;
use crate::import::{CasePlan, Replay};
use crate::xes::{LogReader, Trace, log_name, value_of};

/// Everything that is to be written, in order; kept small, for real logs have many events.
#[derive(Debug, Default)]
pub(super) struct Script {
    lines: Vec<Line>,
    pub(super) cases: u64,
}

/// One entry to come.
#[derive(Debug)]
struct Line {
    /// When its event happened; what belongs to one case never comes before what it follows.
    at: Timestamp,
    centre: Division,
    ulid: Ulid,
    /// Header and form, before the first event.
    opening: Option<Box<CasePlan>>,
    /// The event as CBOR, which takes a fifth of the memory.
    event: Option<Box<[u8]>>,
}

impl Script {
    /// How many entries are to be written.
    pub(super) const fn entries(&self) -> u64 {
        self.lines.len() as u64
    }

    /// What is noted in each entry, for tests of the order.
    #[cfg(test)]
    pub(super) fn notes(&self) -> Vec<String> {
        let note = |line: &Line| {
            let event: Option<Event> =
                line.event.as_ref().map(|bytes| minicbor::decode(bytes).unwrap());
            event.map(|event| event.note).unwrap_or_default()
        };
        self.lines.iter().map(note).collect()
    }

    /// Reads the logs; this takes seconds for a real one.
    ///
    /// # Errors
    ///
    /// [`DemoError::Log`] names file and line; [`DemoError::Interrupted`] once `stop` is true.
    pub(super) fn read(
        logs: &[PathBuf],
        city: &City,
        stop: &watch::Receiver<bool>,
    ) -> Result<Self, DemoError> {
        let mut script = Self::default();
        let counties: Vec<&Centre> =
            city.tree.iter().filter(|centre| centre.tier == Tier::County).collect();
        for (path, county) in logs.iter().zip(counties.iter().cycle()) {
            let mut replay = Replay::new(log_name(path));
            for trace in LogReader::open(path)? {
                if *stop.borrow() {
                    return Err(DemoError::Interrupted);
                }
                let trace = trace?;
                let centre = township_of(&city.tree, county, &trace, script.cases);
                script.add(replay.plan(&trace, centre), centre);
            }
        }
        script.lines.sort_by_key(|line| line.at); // Stable: ties stay in the order of the files.
        Ok(script)
    }

    fn add(&mut self, mut plan: CasePlan, centre: Division) {
        self.cases += 1;
        let (ulid, mut at) = (plan.ulid, plan.header.taken_at);
        let events = std::mem::take(&mut plan.events);
        let mut opening = Some(Box::new(plan));
        if events.is_empty() {
            self.lines.push(Line { at, centre, ulid, opening: opening.take(), event: None });
        }
        for (place, event) in events.into_iter().enumerate() {
            at = if place == 0 { event.happened_at } else { event.happened_at.max(at) };
            let bytes = minicbor::to_vec(&event).unwrap_or_default();
            let event = Some(bytes.into_boxed_slice());
            self.lines.push(Line { at, centre, ulid, opening: opening.take(), event });
        }
    }

    /// Writes it all; `written` counts what is durable at its township.
    ///
    /// # Errors
    ///
    /// The first [`DemoError::Centre`]: a centre refused what it should not.
    pub(super) async fn play(
        self,
        sites: &Sites,
        written: &Arc<AtomicU64>,
    ) -> Result<(), DemoError> {
        let mut queues = BTreeMap::new();
        let mut writers = Vec::new();
        for site in sites.all().iter().filter(|site| site.centre.tier != Tier::City) {
            let (tx, rx) = mpsc::channel(LINES_WAITING_MAX);
            let division = site.centre.division;
            queues.insert(division, tx);
            writers.push(write_lines(division, site.desk.clone(), rx, written.clone()));
        }
        let hand_out = async move {
            for line in self.lines {
                // A writer that is gone has failed, and says so itself.
                if let Some(queue) = queues.get(&line.centre)
                    && queue.send(line).await.is_err()
                {
                    return Ok(());
                }
            }
            Ok(())
        };
        tokio::try_join!(hand_out, try_join_all(writers)).map(drop)
    }
}

/// The township of the county to which a case goes.
fn township_of(tree: &Tree, county: &Centre, trace: &Trace, place: u64) -> Division {
    let name = value_of(&trace.attributes, "concept:name").and_then(|name| name.as_text());
    let name = name.map_or_else(|| place.to_string(), str::to_owned);
    let townships: Vec<&Centre> = tree.children(county.division).collect();
    let hash = Sha::of(name.as_bytes()).0;
    let number = hash.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let turn = usize::try_from(number % (townships.len() as u64).max(1)).unwrap_or(0);
    townships.get(turn).map_or(county.division, |township| township.division)
}

type Writing = Pin<Box<dyn Future<Output = Result<Appended, WriteError>> + Send>>;

/// Writes the lines of one centre in order, several under way at once.
async fn write_lines(
    centre: Division,
    desk: Desk,
    mut lines: mpsc::Receiver<Line>,
    written: Arc<AtomicU64>,
) -> Result<(), DemoError> {
    let mut under_way: FuturesUnordered<Writing> = FuturesUnordered::new();
    loop {
        let line = tokio::select! {
            biased;
            Some(outcome) = under_way.next() => {
                outcome.map_err(DemoError::write(centre))?;
                written.fetch_add(1, Relaxed);
                continue;
            }
            line = lines.recv(), if under_way.len() < WRITES_UNDER_WAY_MAX => line,
            else => None,
        };
        let Some(line) = line else { break };
        let mut writing = write_line(centre, desk.clone(), line);
        // Handed in now, so that lines reach the engine in their order.
        match poll_fn(|context| Poll::Ready(writing.as_mut().poll(context))).await {
            Poll::Ready(outcome) => {
                outcome.map_err(DemoError::write(centre))?;
                written.fetch_add(1, Relaxed);
            }
            Poll::Pending => under_way.push(writing),
        }
    }
    while let Some(outcome) = under_way.next().await {
        outcome.map_err(DemoError::write(centre))?;
        written.fetch_add(1, Relaxed);
    }
    Ok(())
}

fn write_line(centre: Division, desk: Desk, line: Line) -> Writing {
    let Line { ulid, opening, event, .. } = line;
    let mut edits = Vec::new();
    if let Some(plan) = opening {
        edits.push(Edit::Header(plan.header));
        edits.extend(plan.form.into_iter().map(|(key, value)| Edit::Field(key, value)));
    }
    let event = event.and_then(|bytes| minicbor::decode::<Event>(&bytes).ok());
    edits.extend(event.map(Edit::Event));
    let name = DocumentName { kind: DocumentKind::Case, ulid };
    let home = Home::office(centre);
    Box::pin(async move {
        let edits = vec![(name, edits)];
        desk.write(move |replica, _| replica.append(clock::now(), home, edits)).await
    })
}

/// Lines that wait for one centre, so that one busy township does not hold up all others at once.
const LINES_WAITING_MAX: usize = 256;

/// Writes of one centre that share a commit.
const WRITES_UNDER_WAY_MAX: usize = 64;
