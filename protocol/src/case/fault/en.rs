//! Why an event has no effect, in English.

use std::fmt;

use super::{Fault, State, roles, states};
use crate::case::hand::wrong_tier;
use crate::document::{EventKind, Role};

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAllowed { from, event } => self.en_not_allowed(f, *from, *event)?,
            Self::Missing { need, event, .. } => {
                write!(f, "`{}` must say {}", event.en(), need.en())?;
            }
            Self::WrongRole { role, event, .. } => {
                let may: Vec<&str> = roles(*event).map(Role::en).collect();
                let (role, event) = (role.en(), event.en());
                write!(f, "a {role} may not record `{event}`; it takes {}", may.join(", "))?;
            }
            Self::WrongTier { event, tier, decides } => {
                f.write_str(&wrong_tier(*event, *tier, *decides))?;
            }
            Self::ExtensionTooLong { days, days_max } => {
                write!(f, "{days} working days are above the {days_max} that the law allows")?;
            }
            Self::NoSuchCard { name } => {
                write!(f, "no card `{name}` was issued for this case, or it was withdrawn")?;
            }
            Self::OwnSample { by } | Self::OwnCause { by } => {
                let may_not = self.en_plain();
                write!(f, "{by} has had a hand in this case and may not {may_not}")?;
            }
            Self::NotJoint { event } => {
                write!(f, "only a joint case or a part of one takes `{}`", event.en())?;
            }
            Self::NoSuchPart { place } => {
                write!(f, "the plan of this case has no part {}", u32::from(*place) + 1)?;
            }
            Self::NotYourPart { decides } => write!(f, "the {decides:?} decides this part")?,
            Self::Unanswered { parts } => write!(f, "not answered yet: {}", parts.join(", "))?,
            Self::NotThatAnswer { part, answer } => {
                write!(f, "nothing in this case lets `{part}` count as {}", answer.en())?;
            }
            Self::NotInvited { part } => write!(f, "`{part}` was not called")?,
            Self::SilenceStands { due } => write!(
                f,
                "silence past {due} counts as consent; the paper is owed and cannot be a refusal"
            )?,
            Self::NotYet { .. }
            | Self::BeforeReceipt { .. }
            | Self::ExtensionAfterExpiry { .. }
            | Self::AppealTooLate { .. }
            | Self::NotMet { .. }
            | Self::Untimely(_) => self.en_of_days(f)?,
            Self::Absence(fault) => write!(f, "{fault}")?,
            Self::TooManyDays { event, days, days_max } => {
                let event = event.en();
                write!(f, "`{event}` cannot say {days} working days; up to {days_max} are taken")?;
            }
            Self::ExtendedTwice
            | Self::AppealedTwice
            | Self::NothingToRule
            | Self::SampledTwice
            | Self::NotConvened
            | Self::RenewalStands
            | Self::NoPermit
            | Self::NothingToResolve
            | Self::GreenTwice
            | Self::NotGreen => f.write_str(self.en_plain())?,
            Self::BelowThreshold { amount_yuan, threshold_yuan } => write!(
                f,
                "an investment of {amount_yuan} yuan is not above {threshold_yuan}, which the green channel asks for"
            )?,
        }
        self.cite(f)
    }
}

impl Fault {
    fn cite(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.article() {
            "" => Ok(()),
            article => write!(f, " (Administrative Licensing Law, article {article})"),
        }
    }

    fn en_not_allowed(
        &self,
        f: &mut fmt::Formatter<'_>,
        from: State,
        event: EventKind,
    ) -> fmt::Result {
        write!(f, "a case in state `{}` takes no `{}`", from.en(), event.en())?;
        match self.article() {
            "" => write!(f, " (rule of cases: only from {})", states(event, State::en, ", ")),
            _ => Ok(()),
        }
    }

    /// What is wrong with the day on which it is said to have happened.
    fn en_of_days(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet { happened_at } => write!(f, "{happened_at} has not come yet"),
            Self::BeforeReceipt { received_on, happened_on } => {
                write!(f, "{happened_on} is before the day of receipt, {received_on}")
            }
            Self::ExtensionAfterExpiry { due, on } => {
                write!(f, "the legal limit ended on {due}; on {on} it is too late to extend it")
            }
            Self::AppealTooLate { due, on } => {
                write!(f, "an appeal was due by {due}; on {on} it is too late")
            }
            Self::NotMet { meets_at } => write!(f, "they meet at {meets_at}, not before"),
            Self::Untimely(fault) => write!(f, "{fault}"),
            _ => Ok(()),
        }
    }

    /// What is wrong, where there is nothing to fill in; what somebody may not do.
    const fn en_plain(&self) -> &'static str {
        match self {
            Self::ExtendedTwice => "the limit was extended once already",
            Self::AppealedTwice => "this card was appealed against already",
            Self::NothingToRule => "this card has no appeal to rule on",
            Self::SampledTwice => "what this sample showed was said already",
            Self::NotConvened => "nobody was called to a survey or meeting",
            Self::NoPermit => "only a permit can be renewed",
            Self::RenewalStands => "the permit is renewed by law and cannot be refused any more",
            Self::NothingToResolve => {
                "no two decisions contradict each other here, or it was settled"
            }
            Self::GreenTwice => "the green channel is open already",
            Self::NotGreen => "this case has no green channel to close",
            Self::OwnSample { .. } => "look at it for a sample",
            Self::OwnCause { .. } => "rule on it",
            _ => "",
        }
    }
}
