//! 待传: what rests on this machine and is not in the city yet, record by record, with one plain
//! sentence on each.
//!
//! How far each journal has come is known without reading it, so a page of ten thousand waiting
//! records costs what the fifty shown cost. Journals wait each for itself: one that a centre above
//! does not take holds back nothing but its own later records. What is **not** here: sending,
//! which is the engine's, and where one case stands, which is [`crate::cases::why`].

mod outages;
mod values;
mod why;

#[cfg(test)]
mod tests;

use tongban_protocol::document::{DocumentId, DocumentKind, EventId};
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::place::Scope;
use tongban_protocol::time::{HybridTime, Timestamp};

use crate::cases::Stage;
use crate::engine::{Engine, Side, Stop};
use crate::records::Words;
use crate::replica::{EntryRef, Replica, ReplicaError};
use crate::store::Store;

pub use outages::{OUTAGES_SHOWN_MAX, OutageLine, OutageLog, outages};
pub use values::{
    Asked, HeldBack, Order, Receipt, Waiting, WaitingJournal, WaitingRecord, WaitingThing,
};

/// How far the clocks of two machines may be apart before one is to be put right, in milliseconds.
/// At ten minutes others take what is recorded here for what has not happened yet.
pub const CLOCK_APART_MS_MAX: i64 = 60_000;

/// Records on one page: each is read with the documents that it speaks of.
pub const RECORDS_SHOWN_MAX: u64 = 50;

/// Journals that are named; a county has four to each of its townships.
const JOURNALS_SHOWN_MAX: usize = 200;

/// Documents of one record that are named; an import may have hundreds.
const THINGS_SHOWN_MAX: usize = 5;

/// Says what waits on this machine for the city's word, and what each record waits for.
///
/// What counts is what was written here and at the centres below, in the homes of offices: what
/// came from above is there already.
///
/// # Errors
///
/// The store's.
pub fn waiting<S: Store>(engine: &Engine<S>, asked: Asked) -> Result<Waiting, ReplicaError> {
    let replica = engine.replica();
    let mut waiting = Waiting { order: asked.order, page: 1, pages: 1, ..Waiting::default() };
    if replica.member().credential.path.ancestors().is_empty() {
        return Ok(waiting);
    }
    let mut queues = Vec::new();
    for queue in queues_of(engine) {
        waiting.saved += queue.end;
        waiting.held_above += queue.above;
        waiting.confirmed += queue.confirmed;
        if queue.end > queue.confirmed {
            queues.push(queue);
        }
    }
    waiting.count = waiting.saved - waiting.confirmed;
    waiting.held_back = queues.iter().map(Queue::held_back).sum();
    waiting.receipt = last_receipt(engine);
    let link = why::Link::of(engine)?;
    waiting.no_link_since = link.down_since();
    for queue in queues.iter().take(JOURNALS_SHOWN_MAX) {
        let line = journal_line(replica, queue, &link)?;
        waiting.since = [waiting.since, line.since].into_iter().flatten().min();
        waiting.journals.push(line);
    }
    let (first, last) = window(&mut waiting, asked);
    for entry in numbered(&queues, asked.order, first, last) {
        waiting.records.extend(record(replica, entry, &link)?);
    }
    Ok(waiting)
}

/// How far a journal has come that goes up from here.
#[derive(Clone, Debug)]
struct Queue {
    journal: JournalId,
    is_own: bool,
    end: u64,
    /// Of these, held by the centre above.
    above: u64,
    confirmed: u64,
    stop: Option<Stop>,
}

impl Queue {
    /// How many of its records a centre above does not take.
    fn held_back(&self) -> u64 {
        let first = self.stop.as_ref().map(|stop| stop.number.max(self.above + 1));
        first.map_or(0, |first| (self.end + 1).saturating_sub(first))
    }
}

/// The journals that go up from here, own ones first.
fn queues_of<S: Store>(engine: &Engine<S>) -> Vec<Queue> {
    let replica = engine.replica();
    let credential = &replica.member().credential;
    let goes_up = |journal: &JournalId| {
        let author = replica.author_centre(*journal);
        journal.home.scope == Scope::Office
            && author.is_some_and(|centre| !credential.path.ancestors().contains(&centre))
    };
    let queue = |(journal, end): (&JournalId, &tongban_protocol::journal::End)| {
        let confirmed = replica.receipted(*journal).map_or(0, |it| it.number).min(end.number);
        let stop = engine.stopped().get(journal).filter(|it| it.number <= end.number);
        // Of a fork the centre above has as many entries, and not the same.
        let most = stop.map_or(end.number, |stop| stop.number.saturating_sub(1));
        let held = replica.held_by_parent(*journal).min(most);
        Queue {
            journal: *journal,
            is_own: journal.author.node == credential.node(),
            end: end.number,
            // What the city confirmed has passed the centre above, whichever way it took.
            above: held.max(confirmed),
            confirmed,
            stop: stop.cloned(),
        }
    };
    let mut queues: Vec<Queue> =
        replica.frontier().iter().filter(|(it, _)| goes_up(it)).map(queue).collect();
    queues.sort_by_key(|queue| (!queue.is_own, queue.journal));
    queues
}

/// The city's last word on what was written on this machine.
fn last_receipt<S: Store>(engine: &Engine<S>) -> Option<Receipt> {
    let replica = engine.replica();
    let own = queues_of(engine).into_iter().filter(|queue| queue.is_own);
    let receipted = own.filter_map(|queue| {
        let receipt = replica.receipted(queue.journal)?;
        Some(Receipt {
            journal: queue.journal.to_string(),
            number: receipt.number,
            of: queue.end,
            witnessed_at: receipt.witnessed_at,
        })
    });
    receipted.max_by_key(|receipt| receipt.witnessed_at)
}

fn journal_line<S: Store>(
    replica: &Replica<S>,
    queue: &Queue,
    link: &why::Link,
) -> Result<WaitingJournal, ReplicaError> {
    let first = replica.entry(queue.journal, queue.confirmed + 1)?;
    let author = replica.author_centre(queue.journal);
    Ok(WaitingJournal {
        home: queue.journal.home.division.to_string(),
        centre: author.map(|it| it.to_string()).unwrap_or_default(),
        journal: queue.journal.to_string(),
        is_own: queue.is_own,
        saved: queue.end,
        held_above: queue.above,
        confirmed: queue.confirmed,
        since: first.map(|signed| signed.entry.time.instant()),
        held_back: queue.stop.as_ref().map(|stop| HeldBack {
            from: stop.number,
            count: queue.held_back(),
            at: stop.at,
            why: stop.why.clone(),
        }),
        why: link.says(queue, queue.end),
    })
}

/// Which records are on the page, counted from 0, as `first..last`.
fn window(waiting: &mut Waiting, asked: Asked) -> (u64, u64) {
    let each = asked.count.clamp(1, RECORDS_SHOWN_MAX);
    waiting.pages = waiting.count.div_ceil(each).max(1);
    waiting.page = asked.page.clamp(1, waiting.pages);
    let first = (waiting.page - 1) * each;
    (first, waiting.count.min(first + each))
}

/// The waiting records from one place in their order to another. Journals follow each other, as
/// they wait each for itself; within one the records stand as they were written.
fn numbered(
    queues: &[Queue],
    order: Order,
    first: u64,
    last: u64,
) -> impl Iterator<Item = (&Queue, u64)> {
    let mut spans = Vec::new();
    let mut before = 0;
    let turns: Vec<&Queue> = match order {
        Order::Oldest => queues.iter().collect(),
        Order::Newest => queues.iter().rev().collect(),
    };
    for queue in turns {
        let count = queue.end - queue.confirmed;
        let (from, to) = (first.max(before), last.min(before + count));
        if from < to {
            spans.push((queue, from - before, to - before));
        }
        before += count;
    }
    spans.into_iter().flat_map(move |(queue, from, to)| {
        (from..to).map(move |at| match order {
            Order::Oldest => (queue, queue.confirmed + 1 + at),
            Order::Newest => (queue, queue.end - at),
        })
    })
}

fn record<S: Store>(
    replica: &Replica<S>,
    (queue, number): (&Queue, u64),
    link: &why::Link,
) -> Result<Option<WaitingRecord>, ReplicaError> {
    let journal = queue.journal;
    let Some(signed) = replica.entry(journal, number)? else { return Ok(None) };
    let before = replica.entry(journal, number.saturating_sub(1))?;
    let times = (before.map(|it| it.entry.time), signed.entry.time);
    let (mut things, mut more) = (Vec::new(), 0);
    match &signed.entry.body {
        Body::Changes(changes) => {
            for change in changes.iter().take(THINGS_SHOWN_MAX) {
                let id = DocumentId { home: journal.home, name: change.document };
                things.push(thing(replica, id, journal, times)?);
            }
            more = changes.len().saturating_sub(THINGS_SHOWN_MAX);
        }
        Body::Open(_) => things.push(plain("开始本日志", "the journal begins")),
        Body::Receipts(_) => things.push(plain("回执", "receipts")),
    }
    Ok(Some(WaitingRecord {
        home: journal.home.division.to_string(),
        journal: journal.to_string(),
        number,
        recorded_at: signed.entry.time.instant(),
        things,
        more,
        stage: Stage::from(replica.stage_of(EntryRef { journal, number })),
        is_held_back: number > queue.above
            && queue.stop.as_ref().is_some_and(|stop| stop.number <= number),
        why: link.says(queue, number),
    }))
}

/// What an entry did to one document.
fn thing<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    journal: JournalId,
    (before, until): (Option<HybridTime>, HybridTime),
) -> Result<WaitingThing, ReplicaError> {
    let (zh, en) = kind_words(id.name.kind);
    let mut thing = plain(zh, en);
    let Some(paper) = replica.paper(id)? else { return Ok(thing) };
    if let Some(header) = paper.header() {
        thing.number = header.number;
        thing.item_name = header.item_name;
        thing.case = Some(id.to_string());
    }
    // An entry brings what its author recorded since the entry before.
    let is_of_entry = |event: &EventId| {
        event.author == journal.author
            && event.recorded <= until
            && before.is_none_or(|before| event.recorded > before)
    };
    let events = paper.events();
    let events: Vec<_> = events.iter().filter(|(event, _)| is_of_entry(event)).collect();
    thing.happened = if events.is_empty() {
        Words::new("资料变更", "its data changed")
    } else {
        let words = |pick: fn(&tongban_protocol::document::EventKind) -> &'static str| {
            events.iter().map(|(_, event)| pick(&event.kind)).collect::<Vec<_>>()
        };
        Words::new(words(|kind| kind.zh()).join("、"), words(|kind| kind.en()).join(", "))
    };
    Ok(thing)
}

fn plain(zh: &str, en: &str) -> WaitingThing {
    let nothing = || Words::new("", "");
    WaitingThing {
        what: Words::new(zh, en),
        number: String::new(),
        item_name: String::new(),
        case: None,
        happened: nothing(),
    }
}

const fn kind_words(kind: DocumentKind) -> (&'static str, &'static str) {
    match kind {
        DocumentKind::Case => ("办件", "case"),
        DocumentKind::Item => ("事项", "item"),
        DocumentKind::Roster => ("名册", "roster"),
        DocumentKind::Calendar => ("日历", "calendar"),
        DocumentKind::Rules => ("规则", "rules"),
        DocumentKind::ServiceRecord => ("服务记录", "service record"),
        DocumentKind::Rating => ("评价", "rating"),
        DocumentKind::Order => ("督办", "supervision order"),
        DocumentKind::Post => ("岗位", "post"),
        DocumentKind::Outages => ("中断记录", "record of outages"),
    }
}

/// Whether a link to a centre above is up that has said hello, and since when it is or is not.
fn parent<S: Store>(engine: &Engine<S>) -> (Option<(String, Timestamp, bool)>, bool) {
    let links = engine.links();
    let mut parents = links.iter().filter(|link| link.side == Side::Parent);
    let is_dialling = parents.clone().next().is_some();
    let linked = parents.find_map(|link| {
        let path = &link.peer.as_ref()?.credential.path;
        Some((path.centre().to_string(), link.since, path.centre() == path.city()))
    });
    (linked, is_dialling)
}
