//! 评价: what somebody says of how a case was handled, of their own will.
//!
//! A rating rests in a document of its own beside the case, so that it says nothing about the
//! state of the case and each case has one. One that was given away from the window rests with the
//! city instead, and does not come down to the centre that it is about. Nobody is rated by default:
//! what was not said is not there.

use tongban_protocol::case::Fault;
use tongban_protocol::case::law::HAPPENED_AHEAD_MS_MAX;
use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind, Satisfaction,
};
use tongban_protocol::place::Tier;
use tongban_protocol::time::Timestamp;

use super::values::RatingNote;
use super::{CaseError, NewEvent};
use crate::replica::{Appended, CaseFile, Replica, ReplicaError};
use crate::store::Store;

/// Longest text beside a rating, in characters.
pub const OPINION_CHARS_MAX: usize = 500;

/// Whoever rates away from the window gives no name.
const APPLICANT: &str = "申请人";

/// What somebody says of a case away from the window.
#[derive(Clone, Debug)]
pub struct Opinion {
    /// How satisfied they are.
    pub level: Satisfaction,
    /// In their own words, at most [`OPINION_CHARS_MAX`]; may be empty.
    pub words: String,
}

/// Why a rating was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum RatingFault {
    /// It says no level.
    #[error(
        "a rating says its level: very-dissatisfied, dissatisfied, basically-satisfied, satisfied or very-satisfied; nothing is rated by default"
    )]
    NoLevel,
    /// The case is not decided.
    #[error("the case is not decided yet; it is rated once it is")]
    NotFinished,
    /// The case was rated.
    #[error("the case was rated already; one rating of a case counts")]
    Already,
    /// There are too many words.
    #[error(
        "the words beside a rating have {0} characters, above the limit of {OPINION_CHARS_MAX}"
    )]
    TooLong(usize),
}

impl RatingFault {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::NoLevel => {
                "评价须说明满意度：非常满意、满意、基本满意、不满意、非常不满意；不作默认评价"
                    .to_owned()
            }
            Self::NotFinished => "办件尚未作出决定，办结后才能评价".to_owned(),
            Self::Already => "该办件已有评价，一事一评".to_owned(),
            Self::TooLong(chars) => {
                format!("评价意见最长 {OPINION_CHARS_MAX} 字，现为 {chars} 字")
            }
        }
    }
}

/// Stages a rating of a case.
pub(super) fn rate<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    file: &CaseFile,
    said: NewEvent,
) -> Result<Appended, CaseError> {
    let NewEvent { note, by, happened_at, detail, .. } = said;
    let rating = detail.rating.ok_or(RatingFault::NoLevel)?;
    if file.folded.course.decided.is_none() {
        return Err(RatingFault::NotFinished.into());
    }
    let name = DocumentName { kind: DocumentKind::Rating, ulid: file.id.name.ulid };
    let paper = replica.paper(DocumentId { home: file.id.home, name })?;
    if paper.is_some_and(|paper| !paper.events().is_empty()) {
        return Err(RatingFault::Already.into());
    }
    let detail = Detail { rating: Some(rating), channel: detail.channel, ..Detail::default() };
    let event = Event::new(EventKind::Rate, happened_at.unwrap_or(now), &by, &note).with(detail);
    // 评价 has no row in the law; what has not happened yet is none all the same.
    let happened_at = event.happened_at;
    if happened_at.ms_since(replica.recording_time(now).instant()) > HAPPENED_AHEAD_MS_MAX {
        return Err(CaseError::Unlawful { fault: Fault::NotYet { happened_at } });
    }
    Ok(replica.append(now, file.id.home, vec![(name, vec![Edit::Event(event)])])?)
}

/// Stages a rating that was given away from the window, in the city's own home; only the city can.
///
/// One that was given at the counter does not hinder it: both are kept, and the first counts.
///
/// # Errors
///
/// [`CaseError::Rating`] for what may not be rated, or was rated so before.
pub fn rate_away<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: DocumentId,
    opinion: Opinion,
) -> Result<Appended, CaseError> {
    let Opinion { level, words } = opinion;
    let chars = words.chars().count();
    if chars > OPINION_CHARS_MAX {
        return Err(RatingFault::TooLong(chars).into());
    }
    let file = replica.case(id)?.ok_or(CaseError::NotFound(id))?;
    if file.folded.course.decided.is_none() {
        return Err(RatingFault::NotFinished.into());
    }
    if replica.ratings(id)?.iter().any(|(_, event)| event.detail().case == Some(id)) {
        return Err(RatingFault::Already.into());
    }
    let (rating, channel) = (Some(level), Some("网上".to_owned()));
    let detail = Detail { rating, channel, case: Some(id), ..Detail::default() };
    let event = Event::new(EventKind::Rate, now, APPLICANT, &words).with(detail);
    let sealed = replica.sealed_ratings(id);
    Ok(replica.append(now, sealed.home, vec![(sealed.name, vec![Edit::Event(event)])])?)
}

/// The ratings of a case, for those who supervise: only the city is told any.
pub(super) fn notes<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
) -> Result<Vec<RatingNote>, ReplicaError> {
    if replica.member().credential.tier != Tier::City {
        return Ok(Vec::new());
    }
    let ratings = replica.ratings(id)?;
    let note = |(at, (_, event)): (usize, &(_, Event))| {
        let level = event.detail().rating?;
        Some(RatingNote {
            code: level.en().to_owned(),
            zh: level.zh().to_owned(),
            happened_at: event.happened_at,
            note: event.note.clone(),
            is_away: event.detail().case.is_some(),
            counts: at == 0,
        })
    };
    Ok(ratings.iter().enumerate().filter_map(note).collect())
}
