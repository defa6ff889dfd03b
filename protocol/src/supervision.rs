//! 电子监察: rules over the clocks and the course of a case, and the cards that follow.
//!
//! Cards are computed from the case at every tier alike. One becomes binding when the supervising
//! tier issues it as a signed event; it is appealed, upheld or withdrawn by further events, and
//! never deleted.

mod card;
mod effect;
mod rules;

pub use card::{Card, Subject, cards};
pub use effect::{Basis, Effect, effect};
pub use rules::{Level, Mark, Rule, RuleSet, RulesError, Trigger, Watched};
