//! 电子监察: rules over the clocks and the course of a case, and the cards that follow.
//!
//! Cards are computed from the case at every tier alike. One becomes binding when the supervising
//! tier issues it as a signed event; it is appealed, upheld or withdrawn by further events, and
//! never deleted.

mod card;
mod due;
mod effect;
mod explain;
mod refusal;
mod rules;
mod set;
mod stated;

pub use card::{Card, Figures, Subject, cards};
pub use due::{
    CardName, OrderDue, OrderGround, RED_ANSWER_DAYS, StandingCard, YELLOW_SPAN_DAYS, YELLOWS_MIN,
    orders_due,
};
pub use effect::{Basis, Effect, effect};
pub use explain::{LAST_DAYS, also_tell, explain};
pub use refusal::RulesError;
pub use rules::{ANSWER_DAYS_MAX, Level, Mark, POINTS_MAX, Rule, Trigger, Watched};
pub use set::{RuleSet, UnknownRule};
pub use stated::{PROOF_MAX, Stated};
