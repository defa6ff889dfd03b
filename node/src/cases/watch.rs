//! 监察: the cases on which supervision has to act, looked up among those that press or have marks.

use jiff::civil::Date;
use tongban_protocol::document::DocumentId;
use tongban_protocol::time::Timestamp;

use super::{CardDetail, CaseSummary, cards, summary};
use crate::replica::{Brief, Replica, ReplicaError};
use crate::store::Store;

/// Cases that one look judges; each takes a fraction of a millisecond.
pub const WATCHED_MAX: usize = 200;

/// How many days before a last day a card may be due: warnings come a working day before it, and a
/// week of holidays may lie between.
const DAYS_BEFORE: i32 = 12;

/// A case on which supervision has to act.
#[derive(Clone, Debug)]
pub struct WatchLine {
    /// What lists show of it.
    pub case: CaseSummary,
    /// How many events it has, for the form that issues.
    pub events: usize,
    /// 待发: cards that the rules give and nobody has issued.
    pub to_issue: Vec<CardDetail>,
    /// 待裁定: issued cards that were appealed against.
    pub to_rule: Vec<CardDetail>,
    /// 逾期未答: issued cards whose answer is overdue.
    pub unanswered: Vec<CardDetail>,
}

/// What supervision sees.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// The cases with something to do, the most pressing first.
    pub lines: Vec<WatchLine>,
    /// How many cases were looked at.
    pub looked_at: usize,
    /// How many press or have marks, those not looked at too.
    pub of: usize,
}

/// Looks at the cases held here as of `now`, passing over the first `skip`.
///
/// # Errors
///
/// The store's.
pub fn watched<S: Store>(
    replica: &Replica<S>,
    skip: usize,
    now: Timestamp,
) -> Result<Watched, ReplicaError> {
    let horizon = days_since_1970(replica.today(now)).saturating_add(DAYS_BEFORE);
    let is_due = |brief: &Brief| {
        brief.is_marked || (!brief.is_closed && brief.presses.is_some_and(|day| day <= horizon))
    };
    let mut found: Vec<(Option<i32>, DocumentId)> = replica
        .briefs()
        .filter(|(_, brief)| is_due(brief))
        .map(|(id, brief)| (brief.presses, id))
        .collect();
    found.sort_by_key(|(presses, _)| (presses.is_none(), *presses));
    let mut watched = Watched { of: found.len(), ..Watched::default() };
    for (_, id) in found.into_iter().skip(skip).take(WATCHED_MAX) {
        watched.looked_at += 1;
        watched.lines.extend(line(replica, id, now)?);
    }
    Ok(watched)
}

/// A day as briefs have it.
fn days_since_1970(day: Date) -> i32 {
    Date::constant(1970, 1, 1).until(day).map_or(i32::MAX, |span| span.get_days())
}

fn line<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<WatchLine>, ReplicaError> {
    let Some((file, told)) = replica.case(id)?.zip(cards(replica, id, now)?) else {
        return Ok(None);
    };
    let (mut to_issue, mut to_rule, mut unanswered) = (Vec::new(), Vec::new(), Vec::new());
    for card in told.cards {
        match &card.issued {
            None if !card.is_explained => to_issue.push(card),
            Some(issued) if issued.rule.is_some() => to_rule.push(card),
            Some(issued) if issued.answer.as_ref().is_some_and(|due| due.is_overdue) => {
                unanswered.push(card);
            }
            None | Some(_) => {}
        }
    }
    if to_issue.is_empty() && to_rule.is_empty() && unanswered.is_empty() {
        return Ok(None);
    }
    let (case, events) = (summary(replica, &file)?, file.view.events.len());
    Ok(Some(WatchLine { case, events, to_issue, to_rule, unanswered }))
}
