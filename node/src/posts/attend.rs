//! Which cases lie with somebody who is not there.

use std::collections::BTreeMap;

use tongban_protocol::case::{Folded, State};
use tongban_protocol::document::{DocumentId, DocumentKind};
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Home;
use tongban_protocol::post::{Attention, Last, Roster, Why, attention};
use tongban_protocol::time::Timestamp;

use super::values::{AttentionNote, Unattended};
use super::{has_posts, roster};
use crate::cases::{CaseSummary, summary};
use crate::replica::{CaseFile, Replica, ReplicaError};
use crate::store::Store;

/// The newest cases of a centre that are looked through, at a fifth of a millisecond each.
const CASES_LOOKED_MAX: usize = 2_000;

/// Says of each case of a list who has it, where that is not whoever handled it last.
///
/// # Errors
///
/// The store's.
pub fn attend<'a, S: Store>(
    replica: &Replica<S>,
    cases: impl IntoIterator<Item = &'a mut CaseSummary>,
    now: Timestamp,
) -> Result<(), ReplicaError> {
    let mut rosters: BTreeMap<Home, Roster> = BTreeMap::new();
    for case in cases {
        let Ok(id) = case.id.parse::<DocumentId>() else { continue };
        if case.state.is_closed {
            continue;
        }
        let posts = match rosters.get(&id.home) {
            Some(known) => known,
            None => rosters.entry(id.home).or_insert(roster(replica, id.home)?),
        };
        if posts.is_empty() {
            continue;
        }
        if let Some(file) = replica.case(id)? {
            let found = has(replica, &file, posts, now).filter(|it| it.why != Why::Handled);
            case.attention = found.map(AttentionNote::from);
        }
    }
    Ok(())
}

/// The open cases of some homes on which nobody works, the longest waiting first.
///
/// # Errors
///
/// The store's.
pub fn unattended<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    now: Timestamp,
) -> Result<Unattended, ReplicaError> {
    let mut found = Unattended { cases: Vec::new(), is_whole: true };
    for home in homes {
        if !has_posts(replica, *home)? {
            continue;
        }
        let posts = roster(replica, *home)?;
        let (files, is_whole) = open_cases(replica, *home)?;
        found.is_whole &= is_whole;
        for file in files {
            let Some(held) = has(replica, &file, &posts, now) else { continue };
            if held.is_unattended() {
                let attention = Some(held.into());
                found.cases.push(CaseSummary { attention, ..summary(replica, &file)? });
            }
        }
    }
    found.cases.sort_by_key(|case| case.attention.as_ref().map(|note| note.since));
    Ok(found)
}

/// The open cases of a centre that somebody has, by their names.
pub(super) fn held_by<S: Store>(
    replica: &Replica<S>,
    home: Home,
    name: &str,
    now: Timestamp,
) -> Result<Vec<String>, ReplicaError> {
    let posts = roster(replica, home)?;
    let (files, _) = open_cases(replica, home)?;
    let mut held = Vec::new();
    for file in files {
        let found = has(replica, &file, &posts, now);
        let is_theirs = found.is_some_and(|it| match &it.why {
            Why::Handled | Why::HandedOver { .. } => it.holder.as_deref() == Some(name),
            // It was theirs before it moved on, and comes back with them.
            Why::Unattended { from, .. } | Why::NobodyThere { from, .. } => from == name,
        });
        if is_theirs {
            held.push(file.id.to_string());
        }
    }
    Ok(held)
}

fn open_cases<S: Store>(
    replica: &Replica<S>,
    home: Home,
) -> Result<(Vec<CaseFile>, bool), ReplicaError> {
    let ids = replica.newest(home, DocumentKind::Case, None, CASES_LOOKED_MAX + 1)?;
    let is_whole = ids.len() <= CASES_LOOKED_MAX;
    let read = ids.into_iter().take(CASES_LOOKED_MAX).map(|id| replica.case(id));
    let open = read.filter_map(Result::transpose);
    let open = open.filter(|file| file.as_ref().is_ok_and(|file| is_open(&file.folded)));
    Ok((open.collect::<Result<Vec<_>, _>>()?, is_whole))
}

const fn is_open(folded: &Folded) -> bool {
    let state = folded.course.state;
    !state.is_closed() && !matches!(state, State::Draft | State::Imported)
}

/// Who has an open case; `None` where it is closed, or lies with another centre.
fn has<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
    posts: &Roster,
    now: Timestamp,
) -> Option<Attention> {
    if !is_open(&file.folded) {
        return None;
    }
    let mut handled = file.view.events.iter().rev().filter(|(id, event)| {
        !event.kind.is_of_supervision() && !file.folded.anomalies.contains_key(id)
    });
    let (id, event) = handled.next()?;
    let home = file.id.home;
    let centre = replica.author_centre(JournalId { home, author: id.author })?;
    if centre != home.division {
        return None;
    }
    let name = file.id.to_string();
    let last = Last { case: &name, by: &event.by, at: id.recorded.instant() };
    let office = (replica.almanac().latest(), replica.office_hours());
    Some(attention(last, posts, office, now))
}
