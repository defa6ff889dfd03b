//! 经手: who has had a hand in a case, and at which tier, so that nobody rules on their own.

use super::course::Course;
use super::fault::Fault;
use crate::document::{Event, EventKind};
use crate::place::Tier;

impl Course {
    /// True where somebody has had a hand in the case; blanks around a name make nobody else.
    #[must_use]
    pub fn has_handled(&self, name: &str) -> bool {
        self.handlers.contains(name.trim())
    }

    /// Notes who recorded what is not supervision's, and the highest tier that did.
    pub(super) fn take_hand(&mut self, event: &Event) {
        if !event.kind.is_of_supervision() {
            self.handlers.insert(event.by.trim().to_owned());
            self.handled_at = self.handled_at.max(event.detail().tier);
        }
    }

    /// Whoever rules on a card has had no hand in the case, and speaks for a centre above the one
    /// that handled it; above the city there is none. Who does not say at which tier speaks for a
    /// township.
    pub(super) fn check_ruler(&self, event: &Event) -> Result<(), Fault> {
        if self.has_handled(&event.by) {
            return Err(Fault::OwnCause { by: event.by.clone() });
        }
        let tier = event.detail().tier.unwrap_or(Tier::Township);
        let handled = self.handled_at.unwrap_or(Tier::Township);
        if tier > handled || tier == Tier::City {
            return Ok(());
        }
        Err(Fault::WrongTier { event: event.kind, tier, decides: handled })
    }
}

/// True for what only a centre above the one that handled a case may do.
pub(super) const fn is_ruling(event: EventKind) -> bool {
    matches!(event, EventKind::RuleAppeal | EventKind::WithdrawCard)
}

/// The word for a tier.
pub(super) const fn tier_zh(tier: Tier) -> &'static str {
    match tier {
        Tier::Township => "乡镇",
        Tier::County => "县级",
        Tier::City => "市级",
    }
}

/// Why a tier may not do something, in English.
pub(super) fn wrong_tier(event: EventKind, tier: Tier, decides: Tier) -> String {
    let word = event.en();
    if is_ruling(event) {
        return format!("the {decides:?} handled this case; `{word}` takes a centre above it");
    }
    format!("the {decides:?} decides this case; the {tier:?} may not `{word}`")
}
