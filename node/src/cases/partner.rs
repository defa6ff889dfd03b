//! AB 岗 and rulings: whoever stands in for somebody who handled a case does not rule on its cards.
//!
//! It binds the counter alone, as posts do; on arrival nothing is refused for it.

use std::collections::BTreeSet;

use tongban_protocol::document::{Event, EventKind};
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Home;

use super::CaseError;
use crate::posts;
use crate::replica::{CaseFile, Replica};
use crate::store::Store;

/// Refuses a ruling or a withdrawal by a partner of a handler, by the posts held here of the
/// centres that wrote in the case.
///
/// # Errors
///
/// [`CaseError::PartnersCause`], or the store's.
pub(super) fn check<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
    event: &Event,
) -> Result<(), CaseError> {
    if !matches!(event.kind, EventKind::RuleAppeal | EventKind::WithdrawCard) {
        return Ok(());
    }
    let by = event.by.trim();
    let wrote = file.view.events.iter().filter(|(_, event)| !event.kind.is_of_supervision());
    let homes: BTreeSet<Home> = wrote
        .filter_map(|(id, _)| {
            let journal = JournalId { home: file.id.home, author: id.author };
            replica.author_centre(journal).map(Home::office)
        })
        .collect();
    for home in homes {
        let roster = posts::roster(replica, home)?;
        let stands_in = |who: &str, whom: &str| {
            roster.get(who).and_then(|post| post.partner()).is_some_and(|partner| partner == whom)
        };
        let handlers = &file.folded.course.handlers;
        let handler = handlers.iter().find(|it| stands_in(it, by) || stands_in(by, it));
        if let Some(handler) = handler {
            let (by, handler) = (by.to_owned(), handler.clone());
            return Err(CaseError::PartnersCause { by, handler });
        }
    }
    Ok(())
}
