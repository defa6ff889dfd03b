//! AB 岗: who works at a centre, who stands in for them, and until when.
//!
//! A post is a document of its centre, one a person, under a name that follows from the person's.
//! Each has a lease: an account that outlives its owner comes to an end by itself. What lies with
//! somebody who is not there goes to the partner, and from there up; that is computed by
//! [`attention()`] and stored nowhere.

mod attention;
mod fault;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use minicbor::{Decode, Encode};
use ulid::Ulid;

pub use attention::{Attention, HAND_OVERS_MAX, Last, Missing, UNATTENDED_MIN, Why, attention};
pub use fault::{Fault, Gap, Vacancy};

use crate::calendar::civil_day;
use crate::case::law::HAPPENED_AHEAD_MS_MAX;
use crate::document::{DocumentKind, DocumentName, Event, EventId, EventKind, Role};
use crate::hash::Sha;
use crate::time::Timestamp;

/// Longest lease, in days: a year and a day.
pub const LEASE_DAYS_MAX: i32 = 366;

/// Cases that one hand-over may name: at 40 B each they fit into an entry twice.
pub const CASES_HANDED_MAX: usize = 1_500;

/// 定岗: who has a post, with whom, and until when.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Appointment {
    /// Whose post: the name under which they record events.
    #[n(0)]
    pub name: String,
    /// In which capacity.
    #[n(1)]
    pub role: Role,
    /// B 岗: who stands in; without one nothing is accepted.
    #[n(2)]
    pub partner: Option<String>,
    /// An instant of the last day of the lease.
    #[n(3)]
    pub until: Timestamp,
}

/// The name of the document of a person's post: the same on every machine of the centre.
#[must_use]
pub fn document_name(person: &str) -> DocumentName {
    let Sha(hash) = Sha::of(person.trim().as_bytes());
    let mut name = [0; 16];
    name.copy_from_slice(&hash[..16]);
    DocumentName { kind: DocumentKind::Post, ulid: Ulid::from_bytes(name) }
}

/// What a post comes to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Post {
    /// The last appointment; none where there was none.
    pub appointment: Option<Appointment>,
    /// When its owner was away; the last one may go on.
    pub absences: Vec<Absence>,
    /// 撤岗: when it was ended, and to whom its cases went.
    pub ends: Vec<HandedOver>,
    /// True while it is ended.
    pub is_ended: bool,
    /// What had no effect, and why; none for a kind of a later version.
    pub anomalies: BTreeMap<EventId, Option<Fault>>,
}

/// 离岗.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Absence {
    /// From when.
    pub from: Timestamp,
    /// Until when; `None` while it lasts.
    pub to: Option<Timestamp>,
}

/// What went where when a post was ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HandedOver {
    /// When.
    pub at: Timestamp,
    /// To whom.
    pub to: Option<String>,
    /// The cases, by their names.
    pub cases: Vec<String>,
}

/// The posts of a centre, by the names of those who have them.
pub type Roster = BTreeMap<String, Post>;

impl Post {
    /// Who stands in.
    #[must_use]
    pub fn partner(&self) -> Option<&str> {
        let partner = self.appointment.as_ref()?.partner.as_deref()?.trim();
        (!partner.is_empty()).then_some(partner)
    }

    /// Why the post is none on a day; `None` where it is one, whether or not its owner is away.
    #[must_use]
    pub fn gap(&self, on: Date) -> Option<Gap> {
        match &self.appointment {
            None => Some(Gap::None),
            Some(_) if self.is_ended => Some(Gap::Ended),
            Some(appointment) => {
                let until = civil_day(appointment.until);
                (on > until).then_some(Gap::Expired { until })
            }
        }
    }

    fn take(&mut self, id: EventId, event: &Event) {
        let detail = event.detail();
        let at = event.happened_at.min(id.recorded.instant());
        match event.kind {
            EventKind::Appoint => {
                self.appointment = detail.post.as_deref().cloned();
                self.is_ended = false;
            }
            EventKind::Leave => {
                // Never before an absence that is over, however late it was recorded.
                let before = self.absences.last().and_then(|absence| absence.to);
                let from = before.map_or(at, |before| at.max(before));
                self.absences.push(Absence { from, to: None });
            }
            EventKind::Return => {
                if let Some(absence) = self.absences.last_mut() {
                    absence.to = Some(at.max(absence.from));
                }
            }
            EventKind::EndPost => {
                let to = detail.to.as_deref().map(|to| to.trim().to_owned());
                let cases = detail.cases.clone().unwrap_or_default();
                self.ends.push(HandedOver { at: id.recorded.instant(), to, cases });
                self.is_ended = true;
            }
            _ => {} // Nothing else is let in.
        }
    }

    fn is_away(&self) -> bool {
        self.absences.last().is_some_and(|absence| absence.to.is_none())
    }
}

/// Decides whether an event may stand in a post; `recorded_at` is when it was recorded.
///
/// # Errors
///
/// The first [`Fault`] found.
pub fn check(post: &Post, event: &Event, recorded_at: Timestamp) -> Result<(), Fault> {
    if event.happened_at.ms_since(recorded_at) > HAPPENED_AHEAD_MS_MAX {
        return Err(Fault::NotYet { at: event.happened_at });
    }
    let detail = event.detail();
    match event.kind {
        EventKind::Appoint => {
            let appointment = detail.post.as_deref().filter(|it| !it.name.trim().is_empty());
            check_appointment(appointment.ok_or(Fault::Nameless)?, civil_day(recorded_at))
        }
        EventKind::Leave | EventKind::Return | EventKind::EndPost if post.appointment.is_none() => {
            Err(Fault::NoPost)
        }
        EventKind::Leave | EventKind::Return | EventKind::EndPost if post.is_ended => {
            Err(Fault::EndedAlready)
        }
        EventKind::Leave if post.is_away() => Err(Fault::AwayAlready),
        EventKind::Return if !post.is_away() => Err(Fault::NotAway),
        EventKind::EndPost if detail.to.is_none() && detail.cases.is_some() => {
            Err(Fault::NoSuccessor)
        }
        EventKind::Leave | EventKind::Return | EventKind::EndPost => Ok(()),
        event => Err(Fault::NotOfPost { event }),
    }
}

fn check_appointment(appointment: &Appointment, today: Date) -> Result<(), Fault> {
    let until = civil_day(appointment.until);
    if appointment.partner.as_deref().is_some_and(|it| it.trim() == appointment.name.trim()) {
        return Err(Fault::OwnPartner { name: appointment.name.clone() });
    }
    if until < today {
        return Err(Fault::LeaseOver { until });
    }
    if today.until(until).map_or(i32::MAX, |span| span.get_days()) > LEASE_DAYS_MAX {
        return Err(Fault::LeaseTooLong { until });
    }
    Ok(())
}

/// Folds events, which must come in the order of their ids, into what the post comes to.
#[must_use]
pub fn fold<'a>(events: impl IntoIterator<Item = &'a (EventId, Event)>) -> Post {
    let mut post = Post::default();
    for (id, event) in events {
        match check(&post, event, id.recorded.instant()) {
            Ok(()) => post.take(*id, event),
            Err(fault) => {
                let fault = (!matches!(event.kind, EventKind::Unknown(_))).then_some(fault);
                post.anomalies.insert(*id, fault);
            }
        }
    }
    post
}

/// Decides whether somebody may accept on a day: whoever accepts has a post, and a partner who
/// has one (同岗替代). Who is away at the moment is not asked.
///
/// # Errors
///
/// What is missing.
pub fn may_accept(roster: &Roster, name: &str, on: Date) -> Result<(), Vacancy> {
    let name = name.trim();
    let gap = |person: &str| roster.get(person).map_or(Some(Gap::None), |post| post.gap(on));
    if let Some(gap) = gap(name) {
        return Err(Vacancy::Own { name: name.to_owned(), gap });
    }
    let partner = roster.get(name).and_then(Post::partner);
    let Some(partner) = partner else { return Err(Vacancy::NoPartner { name: name.to_owned() }) };
    match gap(partner) {
        Some(gap) => {
            let (name, partner) = (name.to_owned(), partner.to_owned());
            Err(Vacancy::Partner { name, partner, gap })
        }
        None => Ok(()),
    }
}
