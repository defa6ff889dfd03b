//! Reading the queue of a day: the strips of this machine, and what pages show of them.

use jiff::civil::Date;
use tongban_config::groups::QueueGroup;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::place::Home;
use tongban_protocol::queue::{Line, STRIPS_MAX, State, Strip, Ticket, TicketNumber, fold, tally};
use tongban_protocol::time::Timestamp;

use super::own_office;
use super::values::{GroupLine, QueueDay, QueueView, TicketLine};
use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// Documents of one centre and day that are looked at: the strips of each letter of each machine, and
/// service records between them.
const DOCUMENTS_PER_DAY_MAX: usize = 1_000;

/// Days for which the window of a clerk is looked up.
const WINDOW_DAYS: usize = 3;

/// The tickets that this machine gave on a day.
#[derive(Clone, Debug)]
pub struct Board {
    /// The day.
    pub day: Date,
    /// The tickets.
    pub line: Line,
}

impl Board {
    /// Reads the board of a day; what is staged is on it.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn read<S: Store>(replica: &Replica<S>, day: Date) -> Result<Self, ReplicaError> {
        let mut line = Line::default();
        for letter in 'A'..='Z' {
            let of_letter = own_tickets(replica, day, letter)?;
            line.tickets.extend(of_letter.tickets);
            line.anomalies.extend(of_letter.anomalies);
        }
        Ok(Self { day, line })
    }
}

/// The tickets that this machine gave under a letter, staged ones included.
pub(super) fn own_tickets<S: Store>(
    replica: &Replica<S>,
    day: Date,
    letter: char,
) -> Result<Line, ReplicaError> {
    let mut line = Line::default();
    for hundred in 0..STRIPS_MAX {
        let strip = Strip::new(day, (letter, hundred), replica.member().credential.node());
        let read = read_strip(replica, own_office(replica), strip)?;
        line.tickets.extend(read.tickets);
        line.anomalies.extend(read.anomalies);
    }
    Ok(line)
}

/// The tickets of a strip; none where it is not held.
pub(super) fn read_strip<S: Store>(
    replica: &Replica<S>,
    home: Home,
    strip: Strip,
) -> Result<Line, ReplicaError> {
    Ok(fold(strip.day, &replica.events(DocumentId { home, name: strip.name() })?))
}

/// The strips of a home that are held here durably, of some days, in the order of their days; of at
/// most `count_max` documents, which are service records too.
///
/// # Errors
///
/// The store's.
pub fn strips<S: Store>(
    replica: &Replica<S>,
    home: Home,
    days: (Date, Date),
    count_max: usize,
) -> Result<Vec<Strip>, ReplicaError> {
    let (before, to) = Strip::span(days);
    let listed = replica.documents(home, DocumentKind::ServiceRecord, Some(before), count_max)?;
    let within = listed.into_iter().take_while(|id| id.name.ulid <= to);
    Ok(within.filter_map(|id| Strip::of(id.name)).collect())
}

/// The highest serial that other machines of this centre gave under a letter on a day, as far as it
/// is known here.
pub(super) fn highest_of_others<S: Store>(
    replica: &Replica<S>,
    day: Date,
    letter: char,
) -> Result<u16, ReplicaError> {
    let (home, machine) = (own_office(replica), replica.member().credential.node());
    let mut highest = 0;
    for strip in strips(replica, home, (day, day), DOCUMENTS_PER_DAY_MAX)? {
        if strip.letter == letter && !strip.is_of(machine) {
            let line = read_strip(replica, home, strip)?;
            let last = line.tickets.keys().next_back().map_or(0, |number| number.serial());
            highest = highest.max(last);
        }
    }
    Ok(highest)
}

/// At which window somebody called last, on this day or one of the three before.
///
/// # Errors
///
/// The store's.
pub fn window_of<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    by: &str,
) -> Result<Option<String>, ReplicaError> {
    let days = std::iter::successors(Some(civil_day(now)), |day| day.yesterday().ok());
    for day in days.take(WINDOW_DAYS + 1) {
        let board = Board::read(replica, day)?;
        let tickets = board.line.tickets.values();
        let called = tickets.filter(|it| it.window.as_ref().is_some_and(|(_, who)| who == by));
        if let Some(last) = called.max_by_key(|it| it.called_at) {
            return Ok(last.window.as_ref().map(|(window, _)| window.clone()));
        }
    }
    Ok(None)
}

/// The queue of this machine as it stands now: who waits in each group, who was called where, who
/// was passed over.
///
/// # Errors
///
/// The store's.
pub fn show<S: Store>(
    replica: &Replica<S>,
    groups: &[QueueGroup],
    now: Timestamp,
) -> Result<QueueView, ReplicaError> {
    let today = civil_day(now);
    let board = Board::read(replica, today)?;
    let line =
        |(number, ticket): (TicketNumber, &Ticket)| TicketLine::of(board.day, number, ticket);
    let mut lines: Vec<GroupLine> = groups
        .iter()
        .map(|group| GroupLine {
            letter: group.letter.to_string(),
            zh: group.zh.clone(),
            en: group.en.clone(),
            waiting: board.line.waiting(&group.zh).into_iter().map(line).collect(),
        })
        .collect();
    // Groups that the settings named earlier today; nobody in them is forgotten.
    for ticket in board.line.tickets.values().filter(|it| it.state == State::Waiting) {
        if lines.iter().all(|group| group.zh != ticket.group) {
            lines.push(GroupLine {
                letter: String::new(),
                zh: ticket.group.clone(),
                en: ticket.group.clone(),
                waiting: board.line.waiting(&ticket.group).into_iter().map(line).collect(),
            });
        }
    }
    let of = |states: &[State]| {
        let found = board.line.tickets.iter().filter(|(_, it)| states.contains(&it.state));
        let mut found: Vec<_> = found.map(|(number, it)| (*number, it)).collect();
        found.sort_by_key(|(number, it)| (std::cmp::Reverse(it.called_at), *number));
        found.into_iter().map(line).collect::<Vec<TicketLine>>()
    };
    let counted = tally(board.line.tickets.values(), (board.day, today));
    let centre = replica.member().centre();
    Ok(QueueView {
        day: board.day.to_string(),
        groups: lines,
        called: of(&[State::Called, State::Serving]),
        skipped: of(&[State::Skipped]),
        today: QueueDay::of(centre, board.day, &counted, board.line.anomalies.len()),
    })
}
