//! 评价: what somebody says of how a case was handled, of their own will.
//!
//! A rating rests in a document of its own beside the case, so that it says nothing about the
//! state of the case and each case has one. Nobody is rated by default: what was not said is not
//! there.

use tongban_protocol::case::Fault;
use tongban_protocol::case::law::HAPPENED_AHEAD_MS_MAX;
use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind,
};
use tongban_protocol::time::Timestamp;

use super::{CaseError, NewEvent};
use crate::replica::{Appended, CaseFile, Replica};
use crate::store::Store;

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
}

impl RatingFault {
    /// The same in Chinese.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::NoLevel => {
                "评价须说明满意度：非常满意、满意、基本满意、不满意、非常不满意；不作默认评价"
            }
            Self::NotFinished => "办件尚未作出决定，办结后才能评价",
            Self::Already => "该办件已有评价，一事一评",
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
