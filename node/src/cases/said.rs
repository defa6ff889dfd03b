//! What the law wants to be said with an event, as the counter sends it.

use serde::{Deserialize, Serialize};
use tongban_protocol::case::joint::Gathering;
use tongban_protocol::case::{Green, GreenBasis};
use tongban_protocol::document::{
    AppealGround, Detail, EventKind, Ground, Outcome, Procedure, Role, Ruling, Satisfaction,
};
use tongban_protocol::place::Tier;
use tongban_protocol::time::Timestamp;

/// What is said with an event, as far as the law wants it for its kind.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Said {
    /// 岗位: `window` where it is left out, `partner`, `department`, `chief`, `supervisor`.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// 文书号: of the paper given to the applicant; for an acceptance the case's number where it
    /// is left out.
    pub document: Option<String>,
    /// 理由.
    pub reason: Option<String>,
    /// 救济途径, or the right agency.
    pub remedy: Option<String>,
    /// 材料: those asked for, or corrected.
    pub materials: Vec<String>,
    /// Working days announced or granted.
    pub days: Option<u16>,
    /// 特别程序: `hearing`, `tender`, `auction`, `inspection`, `testing`, `quarantine`,
    /// `appraisal`, `expert-review`.
    #[schema(value_type = Option<String>)]
    pub procedure: Option<Procedure>,
    /// `granted`, `refused` or `forwarded`; read from the note where it is left out.
    #[schema(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
    /// 事由: `not-required`, `not-competent`, `not-supplemented`, `applicant-gone`, `other`.
    #[schema(value_type = Option<String>)]
    pub ground: Option<Ground>,
    /// The staff who went to the site.
    pub staff: Vec<String>,
    /// 牌: the card, by its name within the case.
    pub card: Option<String>,
    /// 申诉理由: `outage`, `calendar-change`, `wrong-setting`, `applicant`, `pause-misrecorded`.
    #[schema(value_type = Option<String>)]
    pub appeal: Option<AppealGround>,
    /// 裁定: `upheld` or `withdrawn`.
    #[schema(value_type = Option<String>)]
    pub ruling: Option<Ruling>,
    /// 收费: how much, in 分.
    pub fee: Option<u64>,
    /// 收费依据.
    pub basis: Option<String>,
    /// 并联事项: of a joint case the parts referred, called together, or found absent, by their
    /// places from 1; to refer, all whose turn has come where it is left out.
    pub parts: Vec<u16>,
    /// `survey` or `meeting`.
    #[schema(value_type = Option<String>)]
    pub gathering: Option<Gathering>,
    /// When it is. RFC 3339, or milliseconds since 1970.
    #[serde(with = "super::instant::optional")]
    #[schema(value_type = Option<String>)]
    pub meets_at: Option<Timestamp>,
    /// 绿色通道: on what it is opened.
    pub green: Option<GreenSaid>,
    /// 评价: `very-dissatisfied`, `dissatisfied`, `basically-satisfied`, `satisfied`,
    /// `very-satisfied`; for `rate`.
    #[schema(value_type = Option<String>)]
    pub rating: Option<Satisfaction>,
    /// 渠道: 网上 where the applicant did not have to come for it; at the counter where it is left
    /// out.
    pub channel: Option<String>,
}

/// On what the green channel is opened.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GreenSaid {
    /// 依据: `investment`, `foreign`, `signed`, `venture` or `designated`.
    #[schema(value_type = Option<String>)]
    pub basis: Option<GreenBasis>,
    /// 投资额, in yuan.
    pub amount_yuan: Option<u64>,
    /// 代办员.
    pub agent: String,
    /// 委托书号.
    pub mandate: String,
    /// How the owner is reached.
    pub contact: Option<String>,
}

impl GreenSaid {
    fn green(self) -> Option<Box<Green>> {
        let Self { basis, amount_yuan, agent, mandate, contact } = self;
        let threshold_yuan = None; // The counter's catalogue knows it.
        Some(Box::new(Green {
            basis: basis?,
            amount_yuan,
            threshold_yuan,
            agent,
            mandate,
            contact,
        }))
    }
}

impl Said {
    /// What rests with the event: what was said, and what follows from it.
    pub(super) fn detail(self, kind: EventKind, note: &str, case: &str, tier: Tier) -> Detail {
        fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
            (!list.is_empty()).then_some(list)
        }
        let document = self.document.or_else(|| paper(kind).map(|paper| format!("{case}{paper}")));
        let outcome = match kind {
            EventKind::Decide => self.outcome.or_else(|| Some(outcome_in(note))),
            _ => self.outcome,
        };
        // Which part ends is the word of its lead alone, who says it with its own end.
        let names_parts = !matches!(kind, EventKind::Withdraw | EventKind::Terminate);
        let parts = self.parts.into_iter().filter(|_| names_parts);
        Detail {
            role: self.role,
            document,
            reason: self.reason,
            remedy: self.remedy,
            materials: some(self.materials),
            days: self.days,
            procedure: self.procedure,
            outcome,
            ground: self.ground,
            staff: some(self.staff),
            card: self.card,
            appeal: self.appeal,
            ruling: self.ruling,
            fee: self.fee,
            basis: self.basis,
            green: self.green.and_then(GreenSaid::green),
            channel: self.channel,
            parts: some(parts.map(|part| part.saturating_sub(1)).collect()),
            gathering: self.gathering,
            meets_at: self.meets_at,
            tier: is_of_authority(kind).then_some(tier),
            ..Detail::default()
        }
    }
}

/// True for what only the authority that decides may do, or one above it.
const fn is_of_authority(kind: EventKind) -> bool {
    matches!(
        kind,
        EventKind::Accept
            | EventKind::Extend
            | EventKind::Acknowledge
            | EventKind::AskSupplement
            | EventKind::Supplement
            | EventKind::StartProcedure
            | EventKind::EndProcedure
            | EventKind::Withdraw
            | EventKind::Terminate
            | EventKind::Decide
            | EventKind::RuleAppeal
            | EventKind::WithdrawCard
    )
}

/// What is put behind a case's number for the paper that such an event gives the applicant.
const fn paper(kind: EventKind) -> Option<&'static str> {
    match kind {
        EventKind::Accept => Some("-受理"),
        EventKind::Reject => Some("-不予受理"),
        EventKind::NoticeSupplement => Some("-补正"),
        _ => None,
    }
}

/// The outcome that a note begins with: 不予…, 转报…; else it is granted.
fn outcome_in(note: &str) -> Outcome {
    match note.trim() {
        note if note.starts_with(Outcome::Refused.zh()) => Outcome::Refused,
        note if note.starts_with(Outcome::Forwarded.zh()) => Outcome::Forwarded,
        _ => Outcome::Granted,
    }
}
