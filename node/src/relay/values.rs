//! The values that relay cards are sent as.

use serde::{Deserialize, Serialize};
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::Division;
use tongban_protocol::service::{Record, RelayTally, State};
use tongban_protocol::time::Timestamp;

use super::is_late;
use crate::cases::instant;
use crate::records::RecordState;

/// A relay card.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct RelayDetail {
    /// The name under which everything asks for it.
    pub id: String,
    /// The code of its centre.
    pub centre: String,
    /// Where it stands.
    pub state: RecordState,
    /// Which upper system.
    pub system: String,
    /// Its number there.
    pub number: String,
    /// The applicant.
    pub applicant: String,
    /// 证件号.
    pub applicant_number: Option<String>,
    /// What was applied for.
    pub item: String,
    /// The case here, where there is one.
    pub link: Option<String>,
    /// Who entered it.
    pub by: String,
    /// When it was entered into the upper system.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// What the upper system says, or why it was given up.
    pub result: Option<String>,
    /// When that was recorded to have been said.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub result_at: Option<Timestamp>,
    /// True while it waits for its result, and has for more than a week.
    pub is_late: bool,
}

impl RelayDetail {
    /// What a record comes to; none where it is no relay card.
    pub(super) fn of(id: DocumentId, record: Record, now: Timestamp) -> Option<Self> {
        let is_open = record.state == State::Relayed;
        let card = record.relayed?;
        let (result, result_at) = record.result.unzip();
        Some(Self {
            id: id.to_string(),
            centre: id.home.division.to_string(),
            state: record.state.into(),
            is_late: is_open && is_late(card.at, now),
            system: card.relay.system,
            number: card.relay.number,
            applicant: card.relay.applicant,
            applicant_number: card.relay.applicant_number,
            item: card.relay.item,
            link: record.link.map(|link| link.to_string()),
            by: card.by,
            at: card.at,
            result,
            result_at,
        })
    }
}

/// The cards whose result is to come.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct OpenRelays {
    /// How many there are.
    pub count: usize,
    /// Of these, how many have waited for more than a week.
    pub late: usize,
    /// The oldest of them, at most 200.
    pub cards: Vec<RelayDetail>,
}

/// Results that an upper system gave.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Results {
    /// Who looked them up.
    pub by: String,
    /// The results, at most 1,000.
    pub results: Vec<RelayResult>,
}

/// One of them.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RelayResult {
    /// The number in the upper system.
    pub number: String,
    /// What it says.
    pub result: String,
}

/// What became of results.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Matched {
    /// The cards that got their result.
    pub closed: Vec<RelayDetail>,
    /// Results whose number no open card has.
    pub unmatched: Vec<RelayResult>,
    /// How many cards still wait.
    pub still_open: usize,
}

/// How many cards a centre began in a period, and what became of them.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct RelayCount {
    /// The code of the centre.
    pub centre: String,
    /// How many were begun: the sum of the other three.
    pub relayed: u32,
    /// Of these, those whose result is known.
    pub matched: u32,
    /// Of these, those that were given up.
    pub dropped: u32,
    /// Of these, those that still wait.
    pub open: u32,
}

impl RelayCount {
    pub(super) fn of(centre: Division, tally: RelayTally) -> Self {
        let RelayTally { relayed, matched, dropped, open } = tally;
        Self { centre: centre.to_string(), relayed, matched, dropped, open }
    }
}
