//! What a service record comes to: a fold over its events.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Answer, Fault, Link, Relayed, Service, State, check};
use crate::document::{Event, EventId, EventKind};
use crate::time::Timestamp;

/// What a record comes to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Record {
    /// Where it stands.
    pub state: State,
    /// The service, if it is one.
    pub served: Option<Served>,
    /// Why it was given; what was asked.
    pub reason: String,
    /// The case or ticket, as it was given last.
    pub link: Option<Link>,
    /// Who confirmed it, and how.
    pub confirmed: Option<String>,
    /// Who was asked first, and when.
    pub first_asked: Option<(String, Timestamp)>,
    /// 转办: how it went from hand to hand.
    pub chain: Vec<HandOver>,
    /// What became of the question, and when.
    pub answer: Option<(Answer, Timestamp)>,
    /// What was entered into an upper system, if it is that.
    pub relayed: Option<Relayed>,
    /// What the upper system says of it, or why it was given up; and when.
    pub result: Option<(String, Timestamp)>,
    /// What had no effect, and why.
    pub anomalies: BTreeMap<EventId, Anomaly>,
}

/// A service as it was recorded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Served {
    /// The service.
    pub service: Service,
    /// Who entered it.
    pub by: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// 转办: one hand-over.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct HandOver {
    /// From whom.
    pub from: String,
    /// To whom.
    pub to: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
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

impl Record {
    /// Who answers for the question now; none where there is none, or it is concluded.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        let first = self.first_asked.as_ref().filter(|_| self.state == State::Asked)?;
        Some(self.chain.last().map_or(&*first.0, |last| &*last.to))
    }

    fn take(&mut self, id: EventId, event: &Event, state: State) {
        let (detail, by) = (event.detail(), event.by.trim().to_owned());
        let reason = detail.reason.clone().unwrap_or_default();
        match event.kind {
            EventKind::Serve => {
                self.reason = reason;
                self.served = detail.service.as_deref().map(|service| Served {
                    service: service.clone(),
                    by,
                    recorded_at: id.recorded.instant(),
                });
            }
            EventKind::FirstAsked => {
                self.reason = reason;
                self.first_asked = Some((by, event.happened_at));
            }
            EventKind::PassOn => {
                let to = detail.to.as_deref().unwrap_or_default().trim().to_owned();
                let from = self.holder().unwrap_or_default().to_owned();
                self.chain.push(HandOver { from, to, at: event.happened_at, reason });
            }
            EventKind::Conclude => {
                self.answer = detail.answer.map(|answer| (answer, event.happened_at));
            }
            EventKind::Relay => {
                let first = self.relayed.take().map(|it| (it.by, it.at, it.recorded_at));
                let (by, at, recorded_at) =
                    first.unwrap_or_else(|| (by, event.happened_at, id.recorded.instant()));
                self.relayed = detail.relay.as_deref().map(|relay| Relayed {
                    relay: relay.clone(),
                    by,
                    at,
                    recorded_at,
                });
            }
            EventKind::RelayResult => {
                let result = detail.result.clone().unwrap_or_default();
                self.result = Some((result, event.happened_at));
            }
            EventKind::EndRelay => self.result = Some((reason, event.happened_at)),
            _ => {} // No rule lets any other in.
        }
        if let Some(link) = detail.link.as_deref().and_then(|link| link.parse().ok()) {
            self.link = Some(link);
        }
        if detail.confirmed.is_some() {
            self.confirmed.clone_from(&detail.confirmed);
        }
        self.state = state;
    }
}

/// Folds events, which must come in the order of their ids, into what the record comes to.
#[must_use]
pub fn fold<'a>(events: impl IntoIterator<Item = &'a (EventId, Event)>) -> Record {
    let mut record = Record::default();
    for (id, event) in events {
        match check(&record, event, id.recorded.instant()) {
            Ok(state) => record.take(*id, event, state),
            Err(fault) => {
                let anomaly = match event.kind {
                    EventKind::Unknown(code) => Anomaly::NotUnderstood { code },
                    _ => Anomaly::Unlawful(fault),
                };
                record.anomalies.insert(*id, anomaly);
            }
        }
    }
    record
}
