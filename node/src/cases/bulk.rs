//! 批量撤牌: withdrawing the cards that one wrong setting gave, each by its own reversing event.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rand_core::Rng;
use serde::{Deserialize, Serialize};
use tongban_protocol::case::law;
use tongban_protocol::document::{
    AppealGround, Detail, DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind, Role,
};
use tongban_protocol::place::Home;
use tongban_protocol::supervision::Level;
use tongban_protocol::time::Timestamp;

use super::{CaseError, partner};
use crate::replica::{Appended, Replica, ReplicaError};
use crate::store::Store;

/// Most cards that one command withdraws: they are staged together.
pub const CARDS_AT_ONCE_MAX: usize = 1_000;

/// Cases in one entry; a withdrawal is some 200 B.
const CASES_PER_ENTRY: usize = 64;

/// Which cards are to be withdrawn, and why.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawWish {
    /// The rule that gave them.
    pub rule: String,
    /// Issued on this day or later, such as 2013-12-02.
    #[schema(value_type = String)]
    pub from: Date,
    /// Issued on this day or earlier.
    #[schema(value_type = String)]
    pub to: Date,
    /// Of cases of this item only.
    #[serde(default)]
    pub item: Option<String>,
    /// Why.
    pub reason: String,
    /// The coded ground: `wrong-setting`, `outage`, `calendar-change`, …
    #[schema(value_type = String)]
    pub ground: AppealGround,
    /// Who withdraws them.
    pub by: String,
    /// Lists them and saves nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What was withdrawn together.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Bulk {
    /// The name that its events have in common; empty where nothing was saved.
    pub bulk: String,
    /// The cards, by home and case.
    pub cards: Vec<WithdrawnCard>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct WithdrawnCard {
    /// The case.
    pub case: String,
    /// The card's name within the case.
    pub card: String,
    /// `warning`, `yellow` or `red`.
    #[schema(value_type = String)]
    pub level: Level,
    /// Points that it took off.
    pub points: u16,
    /// When it was issued.
    pub issued_on: String,
}

/// Finds the issued cards that stand and match.
///
/// # Errors
///
/// [`CaseError::NoMatch`], [`CaseError::TooManyMatches`], or the store's.
pub fn matching_cards<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    wish: &WithdrawWish,
) -> Result<Bulk, CaseError> {
    let cards = found(replica, homes, wish)?.into_iter().map(|(_, card)| card).collect();
    Ok(Bulk { bulk: String::new(), cards })
}

/// Withdraws the issued cards that stand and match, each by an event of its own; gives where the
/// last of them landed. With `dry_run` nothing is staged.
///
/// # Errors
///
/// As [`matching_cards`], and what an event may be refused for; nothing was staged then.
pub fn withdraw_cards<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl Rng,
    (homes, wish): (&[Home], WithdrawWish),
) -> Result<(Bulk, Option<Appended>), CaseError> {
    for (field, text) in [("by", &wish.by), ("reason", &wish.reason)] {
        if text.trim().is_empty() {
            return Err(CaseError::Empty(field));
        }
    }
    let found = found(replica, homes, &wish)?;
    let cards = found.iter().map(|(_, card)| card.clone()).collect();
    if wish.dry_run {
        return Ok((Bulk { bulk: String::new(), cards }, None));
    }
    let bulk = replica.name_document(now, DocumentKind::Case, rng).ulid.to_string();
    let recorded_at = replica.recording_time(now).instant();
    let mut sheets: BTreeMap<Home, BTreeMap<DocumentName, Vec<Edit>>> = BTreeMap::new();
    for (case, card) in found {
        let detail = Detail {
            role: Some(Role::Supervisor),
            tier: Some(replica.member().credential.tier),
            card: Some(card.card),
            reason: Some(wish.reason.clone()),
            appeal: Some(wish.ground),
            bulk: Some(bulk.clone()),
            ..Detail::default()
        };
        let event = Event::new(EventKind::WithdrawCard, now, wish.by.trim(), "").with(detail);
        let file = replica.case(case)?.ok_or(CaseError::NotFound(case))?;
        partner::check(replica, &file, &event)?;
        let course = file.folded.on(replica.today(now), replica.almanac()).course;
        law::check(&course, &event, recorded_at, replica.almanac())
            .map_err(|fault| CaseError::Unlawful { fault })?;
        sheets.entry(case.home).or_default().entry(case.name).or_default().push(Edit::Event(event));
    }
    let mut last = None;
    for (home, cases) in sheets {
        let cases: Vec<(DocumentName, Vec<Edit>)> = cases.into_iter().collect();
        for some in cases.chunks(CASES_PER_ENTRY) {
            last = Some(replica.append(now, home, some.to_vec())?);
        }
    }
    Ok((Bulk { bulk, cards }, last))
}

fn found<S: Store>(
    replica: &Replica<S>,
    homes: &[Home],
    wish: &WithdrawWish,
) -> Result<Vec<(DocumentId, WithdrawnCard)>, CaseError> {
    let mut found = Vec::new();
    for home in homes {
        for id in replica.supervised(*home, None, usize::MAX)? {
            found.extend(matching(replica, id, wish)?);
        }
    }
    match found.len() {
        0 => Err(CaseError::NoMatch(wish.rule.chars().take(60).collect())),
        count if count > CARDS_AT_ONCE_MAX => Err(CaseError::TooManyMatches(count)),
        _ => Ok(found),
    }
}

fn matching<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    wish: &WithdrawWish,
) -> Result<Vec<(DocumentId, WithdrawnCard)>, ReplicaError> {
    let Some(file) = replica.case(id)? else { return Ok(Vec::new()) };
    let item = file.view.header.as_ref().map(|header| header.item.as_str());
    if wish.item.as_deref().is_some_and(|wanted| item != Some(wanted)) {
        return Ok(Vec::new());
    }
    let issued = file.folded.course.issued.iter().filter(|(name, issued)| {
        let rule = name.split_once('/').map_or(name.as_str(), |(rule, _)| rule);
        rule == wish.rule
            && issued.withdrawn.is_none()
            && (wish.from..=wish.to).contains(&issued.on)
    });
    let card = |(name, issued): (&String, &tongban_protocol::case::Issued)| WithdrawnCard {
        case: id.to_string(),
        card: name.clone(),
        level: issued.level,
        points: issued.points,
        issued_on: issued.on.to_string(),
    };
    Ok(issued.map(|it| (id, card(it))).collect())
}
