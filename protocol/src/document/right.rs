//! Who may record what in whose documents.

use super::kind::EventKind;
use crate::place::Tier;

/// Whose case it is, seen from the author's centre.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ownership {
    /// The author's own centre's.
    Own,
    /// A centre's below the author's.
    Below,
}

impl EventKind {
    /// Whether a centre may record this in a document that belongs to `own` (its own) or lies below.
    ///
    /// The centre's own counter may do all that a counter does; whoever stands above may besides
    /// supervise, but receives nothing and imports nothing in another's name.
    #[must_use]
    pub const fn may_record(self, tier: Tier, own: Ownership) -> bool {
        match (self, own) {
            (
                Self::Receive | Self::Import | Self::Withdraw | Self::ReplyOrder | Self::Outage,
                own,
            ) => matches!(own, Ownership::Own),
            // Whoever stands above supervises. Nobody stands above the city; there it does itself.
            (
                Self::IssueOrder
                | Self::ReturnOrder
                | Self::CloseOrder
                | Self::Supervise
                | Self::IssueCard
                | Self::RuleAppeal
                | Self::WithdrawCard
                | Self::Resolve,
                own,
            ) => matches!((own, tier), (Ownership::Below, _) | (_, Tier::City)),
            (Self::CheckSample, _) => matches!(tier, Tier::City),
            (
                Self::NoticeSupplement
                | Self::Accept
                | Self::FinishStep
                | Self::Decide
                | Self::Deliver
                | Self::Terminate
                | Self::Reject
                | Self::Correct
                | Self::StartProcedure
                | Self::EndProcedure
                | Self::Extend
                | Self::HandUp
                | Self::Charge
                | Self::Complain
                | Self::Appeal
                | Self::Rate
                | Self::Refer
                | Self::Acknowledge
                | Self::AskSupplement
                | Self::Supplement
                | Self::Convene
                | Self::Minute
                | Self::OpenGreen
                | Self::CloseGreen,
                Ownership::Own | Ownership::Below,
            ) => true,
            (
                Self::Enrol
                | Self::Revoke
                | Self::Settle
                | Self::Publish
                | Self::Retire
                | Self::AnnounceDraw
                | Self::RevealDraw
                // The judge asks for these by their document.
                | Self::Serve
                | Self::FirstAsked
                | Self::PassOn
                | Self::Conclude
                | Self::Relay
                | Self::RelayResult
                | Self::EndRelay
                | Self::Appoint
                | Self::Leave
                | Self::Return
                | Self::EndPost,
                Ownership::Own | Ownership::Below,
            ) => false,
            (Self::Unknown(_), Ownership::Own | Ownership::Below) => true,
        }
    }
}
