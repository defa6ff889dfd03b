//! What the tickets of a day come to: a fold over their events.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Serialize;

use super::{Fault, NoCase, Priority, Said, State, TicketNumber, check};
use crate::document::{Event, EventId, EventKind};
use crate::service::Answer;
use crate::time::Timestamp;

/// The tickets of some strips, and what had no effect.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Line {
    /// The tickets by number.
    pub tickets: BTreeMap<TicketNumber, Ticket>,
    /// What had no effect, and why.
    pub anomalies: BTreeMap<EventId, Anomaly>,
}

/// A ticket.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Ticket {
    /// Where it stands.
    pub state: State,
    /// In which group it waits or was called last.
    pub group: String,
    /// Why it goes first.
    pub priority: Option<Priority>,
    /// 预约: for when.
    pub appointed_at: Option<Timestamp>,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// Since when it waits: since it was taken, or since it came back.
    pub since: Timestamp,
    /// At which window, and by whom, it was called last.
    pub window: Option<(String, String)>,
    /// When it was called for the first time.
    pub first_called_at: Option<Timestamp>,
    /// How it was chosen last.
    pub pick: Option<Pick>,
    /// When it was called or called again last.
    pub called_at: Option<Timestamp>,
    /// 重叫、返回: how often, since it was taken or transferred.
    pub recalls: u8,
    /// When somebody began to serve it, the last time.
    pub begun_at: Option<Timestamp>,
    /// 转号: from group to group.
    pub transfers: Vec<Transfer>,
    /// With what it ended, when, and by whom.
    pub ended: Option<(Ending, Timestamp, String)>,
    /// How many events it has had.
    pub events: u32,
    /// The last of them, and by whom.
    pub last: Option<(EventKind, String)>,
    /// By which its request is known again.
    pub request: Option<u64>,
}

/// How a ticket was chosen.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pick {
    /// When.
    pub at: Timestamp,
    /// Of which group.
    pub group: String,
    /// Whether it was one that goes first.
    pub is_first: bool,
}

/// 转号: one transfer.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Transfer {
    /// From which group.
    pub from: String,
    /// To which.
    pub to: String,
    /// By whom.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// With what a ticket ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Ending {
    /// 办件: by their numbers or names.
    Cases(Vec<String>),
    /// 咨询.
    Answer(Answer),
    /// Neither, for a coded reason; 其他 in words.
    NoCase(NoCase, String),
}

/// Why an event has no effect.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum Anomaly {
    /// The rules do not allow it.
    Unlawful(Fault),
    /// Only a later version knows what it does.
    NotUnderstood {
        /// The kind's code.
        code: u32,
    },
}

impl Ticket {
    /// True where it goes first now: by its priority, or once its appointment has come.
    #[must_use]
    pub fn is_first(&self, now: Timestamp) -> bool {
        self.priority.is_some() || self.appointed_at.is_some_and(|at| at <= now)
    }

    /// How long it waited for its first call, in milliseconds; none where it was never called.
    #[must_use]
    pub fn waited_ms(&self) -> Option<i64> {
        self.first_called_at.map(|at| at.ms_since(self.taken_at).max(0))
    }

    fn take(&mut self, event: &Event, at: Timestamp, state: State) {
        let (by, detail) = (event.by.trim().to_owned(), event.detail());
        let nothing = Said::default();
        let said = detail.ticket.as_deref().unwrap_or(&nothing);
        let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
        match event.kind {
            EventKind::TakeTicket => {
                self.group = text(&said.group);
                (self.priority, self.appointed_at) = (said.priority, said.appointed_at);
                (self.taken_at, self.since, self.request) = (at, at, said.request);
            }
            EventKind::CallTicket => {
                let (group, is_first) = (self.group.clone(), self.is_first(at));
                self.pick = Some(Pick { at, group, is_first });
                self.first_called_at.get_or_insert(at);
                self.called_at = Some(at);
                self.window = Some((text(&said.window), by.clone()));
            }
            EventKind::RecallTicket => {
                self.recalls += 1;
                self.called_at = Some(at);
                self.window = Some((text(&said.window), by.clone()));
            }
            EventKind::RejoinTicket => {
                self.recalls += 1;
                self.since = at;
            }
            EventKind::ServeTicket => self.begun_at = Some(at),
            EventKind::TransferTicket => {
                let (from, to) = (self.group.clone(), text(&said.group));
                self.transfers.push(Transfer { from, to: to.clone(), by: by.clone(), at });
                (self.group, self.recalls) = (to, 0);
            }
            EventKind::EndTicket => {
                let ending = match (said.no_case, detail.answer) {
                    (Some(why), _) => Ending::NoCase(why, text(&detail.reason)),
                    (None, Some(answer)) => Ending::Answer(answer),
                    (None, None) => Ending::Cases(detail.cases.clone().unwrap_or_default()),
                };
                self.ended = Some((ending, at, by.clone()));
            }
            _ => {} // Passing over says nothing more; no rule lets any other in.
        }
        self.state = state;
        self.events += 1;
        self.last = Some((event.kind, by));
    }
}

/// Folds the events of a day's strips, which must come in the order of their ids, into what the
/// tickets come to.
#[must_use]
pub fn fold<'a>(day: Date, events: impl IntoIterator<Item = &'a (EventId, Event)>) -> Line {
    let mut line = Line::default();
    for (id, event) in events {
        if let EventKind::Unknown(code) = event.kind {
            line.anomalies.insert(*id, Anomaly::NotUnderstood { code });
            continue;
        }
        let at = id.recorded.instant();
        let said = event.detail().ticket.as_deref().map_or("", |said| &said.number);
        let checked = match said.parse::<TicketNumber>() {
            Ok(number) => {
                let blank = Ticket::default();
                let ticket = line.tickets.get(&number).unwrap_or(&blank);
                check(day, ticket, event, at).map(|state| (number, state))
            }
            Err(_) => Err(Fault::BadNumber { number: said.chars().take(60).collect() }),
        };
        match checked {
            Ok((number, state)) => line.tickets.entry(number).or_default().take(event, at, state),
            Err(fault) => drop(line.anomalies.insert(*id, Anomaly::Unlawful(fault))),
        }
    }
    line
}
