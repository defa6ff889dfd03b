//! 发牌: several cards at once, each by an event of its own.

use tongban_protocol::document::{DocumentId, EventKind, Role};
use tongban_protocol::time::Timestamp;

use crate::cases::{CARDS_AT_ONCE_MAX, CaseError, NewEvent, Said, record};
use crate::replica::{Appended, Replica};
use crate::store::Store;

/// A card that is to be issued.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Pick {
    /// The case.
    pub case: DocumentId,
    /// The card's name within the case.
    pub card: String,
}

/// What became of several cards.
#[derive(Debug, Default)]
pub struct IssuedTogether {
    /// Those that were issued.
    pub issued: Vec<Pick>,
    /// Those that were not, each with the reason: issued by somebody else meanwhile, not given by
    /// the rules any more.
    pub passed_over: Vec<(Pick, CaseError)>,
}

/// Stages the issue of several cards by a supervisor; gives where the last of them landed, if any.
/// One that cannot be issued keeps back none of the others.
///
/// # Errors
///
/// [`CaseError::TooManyMatches`] for more than [`CARDS_AT_ONCE_MAX`], or the store's.
pub fn issue_cards<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    picks: Vec<Pick>,
    by: &str,
) -> Result<(IssuedTogether, Option<Appended>), CaseError> {
    if picks.len() > CARDS_AT_ONCE_MAX {
        return Err(CaseError::TooManyMatches(picks.len()));
    }
    let (mut told, mut last) = (IssuedTogether::default(), None);
    for pick in picks {
        let detail =
            Said { role: Some(Role::Supervisor), card: Some(pick.card.clone()), ..Said::default() };
        let (by, kind) = (by.to_owned(), EventKind::IssueCard);
        let event = NewEvent { kind, note: String::new(), by, happened_at: None, detail };
        match record(replica, now, pick.case, event) {
            Ok(appended) => {
                last = Some(appended);
                told.issued.push(pick);
            }
            Err(error @ (CaseError::Replica(_) | CaseError::Closed(_))) => return Err(error),
            Err(error) => told.passed_over.push((pick, error)),
        }
    }
    Ok((told, last))
}
