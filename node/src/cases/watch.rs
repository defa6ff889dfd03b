//! 监察: the cards of the cases held here, sorted by what supervision has to do with them.
//!
//! What nobody issued yet is looked for among the cases that press or have marks; what was issued,
//! among those in which supervision recorded something. One look judges a bounded number of cases
//! and says where the next goes on.

mod issue;

use jiff::civil::Date;
use tongban_protocol::document::{DocumentId, Event, EventKind, Ownership, Role, Ruling};
use tongban_protocol::place::{Division, Home, Scope};
use tongban_protocol::supervision::Level;
use tongban_protocol::time::Timestamp;

use super::{
    AnomalyNote, CardDetail, CaseError, CaseSummary, IssuedDetail, NewEvent, Said, cards, lawful,
    partner, summary,
};
use crate::replica::{Brief, CaseFile, Replica, ReplicaError};
use crate::store::Store;

pub use issue::{IssuedTogether, Pick, issue_cards};

/// Cases that one look judges; each takes a fraction of a millisecond.
pub const WATCHED_MAX: usize = 200;

/// Cards after which a look stops.
pub const WATCH_CARDS_MAX: usize = 50;

/// How many days before a last day a card may be due: warnings come a working day before it, and a
/// week of holidays may lie between.
const DAYS_BEFORE: i32 = 12;

/// Which cards.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Sight {
    /// 待发: the rules give them, and nobody has issued them.
    #[default]
    Due,
    /// 中断所致: the rules give them, and a proved outage explains them.
    Explained,
    /// 已发: issued, and they stand.
    Standing,
    /// 待裁定: issued and appealed against.
    Appealed,
    /// 逾期未答: issued, and the answer is overdue.
    Unanswered,
    /// 已裁定、已撤: ruled on or withdrawn.
    Ruled,
}

/// What is asked of one look.
#[derive(Clone, Debug, Default)]
pub struct WatchWish {
    /// Which cards.
    pub sight: Sight,
    /// Of cases of this centre and those below it only.
    pub under: Option<Division>,
    /// Of this colour only.
    pub level: Option<Level>,
    /// Of this rule only.
    pub rule: Option<String>,
    /// How many cases to pass over.
    pub skip: usize,
    /// Who asks: it is said of each appeal whether they may rule on it.
    pub by: String,
}

/// A card with what whoever supervises must know.
#[derive(Debug)]
pub struct WatchCard {
    /// What lists show of its case.
    pub case: CaseSummary,
    /// How many events the case has, for forms.
    pub events: usize,
    /// The card.
    pub card: CardDetail,
    /// Who handled the case; none of them may rule.
    pub handlers: Vec<String>,
    /// Who appealed, and the reason in their words.
    pub appeal: Option<(String, String)>,
    /// Who ruled on it or withdrew it last, and why.
    pub ruling: Option<(String, String)>,
    /// Why whoever asks may not rule on it; none where they may.
    pub bar: Option<AnomalyNote>,
    /// True where this centre stands above the case, or is the city.
    pub is_ours: bool,
}

/// What one look found.
#[derive(Debug, Default)]
pub struct Watched {
    /// The cards: those of the most pressing cases first, issued ones the newest case first.
    pub cards: Vec<WatchCard>,
    /// How many cases were looked at.
    pub looked_at: usize,
    /// How many there are to look at.
    pub of: usize,
    /// How many cases the next look passes over; none at the end.
    pub next: Option<usize>,
}

impl Sight {
    /// Every sight, what is to be done first.
    pub const ALL: [Self; 6] =
        [Self::Due, Self::Appealed, Self::Unanswered, Self::Standing, Self::Explained, Self::Ruled];

    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Due => "待发的牌",
            Self::Explained => "中断所致（不发）",
            Self::Standing => "已发有效",
            Self::Appealed => "待裁定的申诉",
            Self::Unanswered => "逾期未答复",
            Self::Ruled => "已裁定、已撤销",
        }
    }

    /// The word for English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Due => "cards to issue",
            Self::Explained => "explained by an outage",
            Self::Standing => "issued and standing",
            Self::Appealed => "appeals to rule on",
            Self::Unanswered => "answers overdue",
            Self::Ruled => "ruled on or withdrawn",
        }
    }

    /// The word for addresses.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Due => "due",
            Self::Explained => "explained",
            Self::Standing => "standing",
            Self::Appealed => "appealed",
            Self::Unanswered => "unanswered",
            Self::Ruled => "ruled",
        }
    }

    /// The sight of that code.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }

    fn shows(self, card: &CardDetail) -> bool {
        let issued = card.issued.as_ref();
        let is_over = |it: &IssuedDetail| it.ruling.is_some() || it.withdrawn.is_some();
        match self {
            Self::Due => issued.is_none() && !card.is_explained,
            Self::Explained => issued.is_none() && card.is_explained,
            Self::Standing => issued.is_some_and(|it| it.withdrawn.is_none()),
            Self::Appealed => issued.is_some_and(|it| it.rule.is_some()),
            Self::Unanswered => {
                issued.and_then(|it| it.answer.as_ref()).is_some_and(|due| due.is_overdue)
            }
            Self::Ruled => issued.is_some_and(is_over),
        }
    }
}

/// The rule of a card.
#[must_use]
pub fn rule_of(card: &str) -> &str {
    card.split_once('/').map_or(card, |(rule, _)| rule)
}

/// Looks at the cards of the cases held here as of `now`.
///
/// # Errors
///
/// The store's.
pub fn watched<S: Store>(
    replica: &Replica<S>,
    wish: &WatchWish,
    now: Timestamp,
) -> Result<Watched, ReplicaError> {
    let found = match wish.sight {
        Sight::Due | Sight::Explained => pressing(replica, wish.under, now),
        Sight::Standing | Sight::Appealed | Sight::Unanswered | Sight::Ruled => {
            supervised(replica, wish.under)?
        }
    };
    let mut watched = Watched { of: found.len(), ..Watched::default() };
    for id in found.into_iter().skip(wish.skip) {
        if watched.looked_at >= WATCHED_MAX || watched.cards.len() >= WATCH_CARDS_MAX {
            watched.next = Some(wish.skip.saturating_add(watched.looked_at));
            break;
        }
        watched.looked_at += 1;
        watched.cards.extend(of_case(replica, id, wish, now)?);
    }
    Ok(watched)
}

/// The cases that press or have marks, the most pressing first.
fn pressing<S: Store>(
    replica: &Replica<S>,
    under: Option<Division>,
    now: Timestamp,
) -> Vec<DocumentId> {
    let horizon = days_since_1970(replica.today(now)).saturating_add(DAYS_BEFORE);
    let is_due = |brief: &Brief| {
        brief.is_marked || (!brief.is_closed && brief.presses.is_some_and(|day| day <= horizon))
    };
    let mut found: Vec<(Option<i32>, DocumentId)> = replica
        .briefs()
        .filter(|(id, brief)| is_due(brief) && is_under(replica, id.home, under))
        .map(|(id, brief)| (brief.presses, id))
        .collect();
    found.sort_by_key(|(presses, _)| (presses.is_none(), *presses));
    found.into_iter().map(|(_, id)| id).collect()
}

/// The cases in which supervision recorded something, the newest first.
fn supervised<S: Store>(
    replica: &Replica<S>,
    under: Option<Division>,
) -> Result<Vec<DocumentId>, ReplicaError> {
    let mut found = Vec::new();
    for home in replica.homes() {
        if home.scope == Scope::Office && is_under(replica, home, under) {
            found.extend(replica.supervised(home, None, usize::MAX)?);
        }
    }
    found.sort_unstable_by_key(|id| std::cmp::Reverse((id.name.ulid, id.home)));
    Ok(found)
}

/// True for the home of a centre and of those below it; every home is under nothing.
pub(crate) fn is_under<S: Store>(
    replica: &Replica<S>,
    home: Home,
    under: Option<Division>,
) -> bool {
    let Some(under) = under else { return true };
    let below = || replica.path_of(home.division).is_some_and(|it| it.ancestors().contains(&under));
    home.division == under || below()
}

/// A day as briefs have it.
fn days_since_1970(day: Date) -> i32 {
    Date::constant(1970, 1, 1).until(day).map_or(i32::MAX, |span| span.get_days())
}

fn of_case<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    wish: &WatchWish,
    now: Timestamp,
) -> Result<Vec<WatchCard>, ReplicaError> {
    let Some((file, told)) = replica.case(id)?.zip(cards(replica, id, now)?) else {
        return Ok(Vec::new());
    };
    let is_wanted = |card: &CardDetail| {
        wish.sight.shows(card)
            && wish.level.is_none_or(|level| card.level == level)
            && wish.rule.as_deref().is_none_or(|rule| rule_of(&card.name) == rule)
    };
    let mut found = Vec::new();
    for card in told.cards.into_iter().filter(is_wanted) {
        let said = |kind: EventKind| {
            let of_card = |event: &&Event| {
                event.kind == kind && event.detail().card.as_ref() == Some(&card.name)
            };
            let newest = file.view.events.iter().rev().map(|(_, event)| event).find(of_card)?;
            Some((newest.by.clone(), newest.detail().reason.clone().unwrap_or_default()))
        };
        let is_appeal = wish.sight == Sight::Appealed;
        found.push(WatchCard {
            case: summary(replica, &file)?,
            events: file.view.events.len(),
            handlers: file.folded.course.handlers.iter().cloned().collect(),
            appeal: said(EventKind::Appeal),
            ruling: said(EventKind::RuleAppeal).or_else(|| said(EventKind::WithdrawCard)),
            bar: if is_appeal { bar(replica, &file, (&wish.by, &card.name), now) } else { None },
            is_ours: supervises(replica, id.home),
            card,
        });
    }
    Ok(found)
}

/// True where this centre may supervise the cases of a home.
fn supervises<S: Store>(replica: &Replica<S>, home: Home) -> bool {
    let member = replica.member();
    let is_own = home.division == member.centre();
    let own = if is_own { Ownership::Own } else { Ownership::Below };
    EventKind::IssueCard.may_record(member.credential.tier, own)
}

/// Why somebody may not rule on the appeal against a card: the same checks as when they do.
fn bar<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
    (by, card): (&str, &str),
    now: Timestamp,
) -> Option<AnomalyNote> {
    let detail = Said {
        role: Some(Role::Supervisor),
        card: Some(card.to_owned()),
        ruling: Some(Ruling::Upheld),
        reason: Some(card.to_owned()), // Any: it is not recorded.
        ..Said::default()
    };
    let kind = EventKind::RuleAppeal;
    let ruling =
        NewEvent { kind, note: String::new(), by: by.to_owned(), happened_at: None, detail };
    let event = lawful(replica, now, file.clone(), ruling);
    let error = event.and_then(|event| partner::check(replica, file, &event)).err()?;
    let en = error.to_string();
    Some(match error {
        CaseError::Unlawful { fault } => AnomalyNote { zh: fault.zh(), en: fault.to_string() },
        error => AnomalyNote { zh: error.zh(), en },
    })
}
