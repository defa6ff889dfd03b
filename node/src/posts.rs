//! AB 岗 as the counter handles them: appointing, leaving, ending, and who has which case.
//!
//! Which posts there are and where unattended work goes is [`tongban_protocol::post`]. A centre
//! without any post works as if there were no such rule.

mod attend;
#[cfg(test)]
mod tests;
mod values;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, Edit, Event, EventId, EventKind, Role,
};
use tongban_protocol::place::Home;
use tongban_protocol::post::{
    Appointment, CASES_HANDED_MAX, Fault, Gap, Post, Roster, Vacancy, check, document_name, fold,
    may_accept,
};
use tongban_protocol::time::Timestamp;

use crate::accounts::{AccountsError, checked_name};
use crate::cases::instant;
use crate::replica::{Appended, Replica, ReplicaError};
use crate::service::{Closed, Desk};
use crate::store::Store;

pub use attend::{attend, unattended};
pub use values::{AttentionNote, PostDetail, Unattended};

/// Posts that one centre may have.
const POSTS_MAX: usize = 1_000;

/// What is to happen to a post.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostWish {
    /// `appoint`, `leave`, `return` or `end-post`.
    #[schema(value_type = String)]
    pub kind: EventKind,
    /// Whose post: the name under which they record events.
    pub name: String,
    /// Who stands in; of an appointment anew as it was where it is left out.
    #[serde(default)]
    pub partner: Option<String>,
    /// 岗位: as it was, or `window`, where it is left out.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// The last day of the lease; of an appointment anew as it was where it is left out.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub until: Option<Timestamp>,
    /// Who takes the open cases over when a post is ended; the partner where it is left out.
    #[serde(default)]
    pub to: Option<String>,
    /// Who says so.
    pub by: String,
    /// When it happened; now where it is left out.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub happened_at: Option<Timestamp>,
}

/// Why nothing happened to a post.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The rules do not allow it.
    #[error("{0} ({zh})", zh = .0.zh())]
    Unlawful(Fault),
    /// Whoever is to take the cases over has no post that lasts.
    #[error("{0} ({zh})", zh = .0.zh())]
    Successor(Vacancy),
    /// An appointment needs its last day.
    #[error("say until when the post is leased (须写明任期届满日)")]
    NoLease,
    /// Somebody is not named.
    #[error("`{0}` is empty; every post needs it (须写明姓名)")]
    Nameless(&'static str),
    /// A name is none that an account could have.
    #[error("`{field}`: {error} ({zh})", zh = .error.zh())]
    Name {
        /// Whose: `name` or `partner`.
        field: &'static str,
        /// What is wrong with it.
        error: AccountsError,
    },
    /// The replica refused, or its store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The service has stopped; whether it was saved is not known.
    #[error(transparent)]
    Closed(#[from] Closed),
}

/// Stages what is to happen to a post of this centre; the cases that went over with it.
///
/// # Errors
///
/// [`PostError`] says why nothing was staged.
pub fn change<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    wish: PostWish,
) -> Result<(Appended, Vec<String>), PostError> {
    for (field, text) in [("name", &wish.name), ("by", &wish.by)] {
        if text.trim().is_empty() {
            return Err(PostError::Nameless(field));
        }
    }
    // One that was appointed before there was a bound can still be ended.
    if wish.kind == EventKind::Appoint {
        let partner = wish.partner.as_ref().filter(|it| !it.trim().is_empty());
        for (field, name) in [("name", Some(&wish.name)), ("partner", partner)] {
            let checked = name.map(|name| checked_name(name)).transpose();
            checked.map_err(|error| PostError::Name { field, error })?;
        }
    }
    let home = Home::office(replica.member().centre());
    let roster = roster(replica, home)?;
    let name = wish.name.trim().to_owned();
    let post = roster.get(&name).cloned().unwrap_or_default();
    let detail = match wish.kind {
        EventKind::Appoint => {
            Detail { post: Some(appointment(&post, &wish)?), ..Detail::default() }
        }
        EventKind::EndPost => ending(replica, now, &roster, (&name, &post), wish.to)?,
        _ => Detail::default(),
    };
    let cases = detail.cases.clone().unwrap_or_default();
    let happened_at = wish.happened_at.unwrap_or(now);
    let event = Event::new(wish.kind, happened_at, wish.by.trim(), "").with(detail);
    check(&post, &event, replica.recording_time(now).instant()).map_err(PostError::Unlawful)?;
    let document = document_name(&name);
    Ok((replica.append(now, home, vec![(document, vec![Edit::Event(event)])])?, cases))
}

/// The same at the desk of a running service, which waits until it is durable.
///
/// # Errors
///
/// As [`change`]; [`PostError::Closed`] when the service stops meanwhile.
pub async fn change_at(
    desk: &Desk,
    now: Timestamp,
    wish: PostWish,
) -> Result<Vec<String>, PostError> {
    let changed = desk.stage(move |replica, _| {
        change(replica, now, wish).map(|(appended, cases)| (cases, appended))
    });
    changed.await.map(|(cases, _)| cases)
}

fn appointment(before: &Post, wish: &PostWish) -> Result<Box<Appointment>, PostError> {
    let before = before.appointment.as_ref();
    let until = wish.until.or_else(|| before.map(|it| it.until)).ok_or(PostError::NoLease)?;
    let partner = wish.partner.clone().or_else(|| before?.partner.clone());
    let role = wish.role.or_else(|| before.map(|it| it.role)).unwrap_or_default();
    let name = wish.name.trim().to_owned();
    Ok(Box::new(Appointment { name, role, partner, until }))
}

/// Ends a post: what is open goes to somebody who has one.
fn ending<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    roster: &Roster,
    (name, post): (&str, &Post),
    to: Option<String>,
) -> Result<Detail, PostError> {
    let home = Home::office(replica.member().centre());
    let mut cases = attend::held_by(replica, home, name, now)?;
    cases.truncate(CASES_HANDED_MAX); // The rest goes to the partner by the hours.
    let to = to.or_else(|| post.partner().map(str::to_owned));
    if let Some(to) = to.as_deref().filter(|_| !cases.is_empty()) {
        let today = civil_day(now);
        if let Some(gap) = roster.get(to.trim()).map_or(Some(Gap::None), |post| post.gap(today)) {
            return Err(PostError::Successor(Vacancy::Own { name: to.to_owned(), gap }));
        }
    }
    let cases = (!cases.is_empty()).then_some(cases);
    Ok(Detail { to, cases, ..Detail::default() })
}

/// The posts of a centre.
///
/// # Errors
///
/// The store's.
pub fn roster<S: Store>(replica: &Replica<S>, home: Home) -> Result<Roster, ReplicaError> {
    let posts = events(replica, home)?;
    Ok(roster_of(&posts, |_| true))
}

/// The post of somebody at this centre, whatever became of it; none where there never was one.
///
/// # Errors
///
/// The store's.
pub fn of<S: Store>(replica: &Replica<S>, person: &str) -> Result<Option<Post>, ReplicaError> {
    let home = Home::office(replica.member().centre());
    let paper = replica.paper(DocumentId { home, name: document_name(person) })?;
    Ok(paper.map(|paper| fold(&paper.events())))
}

/// The posts of a centre, in the order of their names.
///
/// # Errors
///
/// The store's.
pub fn list<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    now: Timestamp,
) -> Result<Vec<PostDetail>, ReplicaError> {
    let mut posts = Vec::new();
    for home in homes {
        let roster = roster(replica, *home)?;
        posts.extend(roster.iter().map(|(name, post)| {
            PostDetail::of(home.division, (name, post), &roster, civil_day(now))
        }));
    }
    Ok(posts)
}

/// True for what only somebody with a post and a partner may record.
pub(crate) const fn is_acceptance(kind: EventKind) -> bool {
    matches!(kind, EventKind::Receive | EventKind::Accept | EventKind::Acknowledge)
}

/// Whether somebody may accept at this centre now; everybody may where it has no posts.
///
/// # Errors
///
/// The store's; inside, what is missing.
pub(crate) fn check_acceptor<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    by: &str,
) -> Result<Result<(), Vacancy>, ReplicaError> {
    let home = Home::office(replica.member().centre());
    if !has_posts(replica, home)? {
        return Ok(Ok(()));
    }
    // Two posts decide; the others need not be read.
    let mut roster = Roster::new();
    let mut name = Some(by.trim().to_owned());
    for _ in 0..2 {
        let Some(person) = name.take() else { break };
        if let Some(post) = of(replica, &person)? {
            name = post.partner().map(str::to_owned);
            roster.insert(person, post);
        }
    }
    Ok(may_accept(&roster, by, civil_day(now)))
}

/// True where the centre keeps posts.
///
/// # Errors
///
/// The store's.
pub fn has_posts<S: Store>(replica: &Replica<S>, home: Home) -> Result<bool, ReplicaError> {
    Ok(!replica.documents(home, DocumentKind::Post, None, 1)?.is_empty())
}

/// How many posts this centre has, or that it has none, for `status`.
///
/// # Errors
///
/// The store's.
pub(crate) fn in_words<S: Store>(replica: &Replica<S>) -> Result<String, ReplicaError> {
    let home = Home::office(replica.member().centre());
    Ok(match replica.documents(home, DocumentKind::Post, None, POSTS_MAX)?.len() {
        0 => "未设 AB 岗，任何人都可收件、受理 (no posts are kept: anybody may accept)".to_owned(),
        posts => posts.to_string(),
    })
}

/// Every post of a centre as its events.
pub(crate) type PostEvents = Vec<Vec<(EventId, Event)>>;

pub(crate) fn events<S: Store>(
    replica: &Replica<S>,
    home: Home,
) -> Result<PostEvents, ReplicaError> {
    let mut posts = Vec::new();
    for id in replica.documents(home, DocumentKind::Post, None, POSTS_MAX)? {
        posts.extend(replica.paper(id)?.map(|paper| paper.events()));
    }
    Ok(posts)
}

/// The posts as far as `counts` lets their events in.
pub(crate) fn roster_of(posts: &PostEvents, counts: impl Fn(EventId) -> bool) -> Roster {
    let mut roster = BTreeMap::new();
    for events in posts {
        let post = fold(events.iter().filter(|(id, _)| counts(*id)));
        if let Some(appointment) = &post.appointment {
            roster.insert(appointment.name.trim().to_owned(), post);
        }
    }
    roster
}
