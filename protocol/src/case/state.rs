//! The states of a case (行政许可法 29 to 45).

use serde::Serialize;

use super::law::RULES;
use crate::document::EventKind;

/// Where a case stands.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// 草稿: nothing has happened yet.
    Draft,
    /// 收件.
    Received,
    /// 补正告知.
    SupplementNoticed,
    /// 视为受理: nobody spoke within five days, so it is accepted since its receipt (32-4).
    Deemed,
    /// 受理.
    Accepted,
    /// 审查: at least one step is done.
    InReview,
    /// 特别程序: time does not count (45).
    Paused,
    /// 决定.
    Decided,
    /// 送达.
    Delivered,
    /// 撤回.
    Withdrawn,
    /// 终止.
    Terminated,
    /// 不予受理.
    Rejected,
    /// 导入: another system's case, kept as it came.
    Imported,
    /// 抄告: a part of a joint case, not signed for yet.
    Referred,
    /// 待补件: a part whose authority needs a supplement; time does not count.
    Supplementing,
    /// 超时默许: a part whose authority was silent past its limit. It is no permit; the paper is owed.
    Silent,
    /// 缺席默认: a part whose authority stayed away from the meeting. It is no permit either.
    Absent,
    /// 视为准予延续: nobody decided on a renewal before the permit ended (50).
    Renewed,
}

impl State {
    /// All there are.
    pub const ALL: [Self; 18] = [
        Self::Draft,
        Self::Received,
        Self::SupplementNoticed,
        Self::Deemed,
        Self::Accepted,
        Self::InReview,
        Self::Paused,
        Self::Decided,
        Self::Delivered,
        Self::Withdrawn,
        Self::Terminated,
        Self::Rejected,
        Self::Imported,
        Self::Referred,
        Self::Supplementing,
        Self::Silent,
        Self::Absent,
        Self::Renewed,
    ];

    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Draft => "草稿",
            Self::Received => "收件",
            Self::SupplementNoticed => "补正告知",
            Self::Deemed => "视为受理",
            Self::Accepted => "受理",
            Self::InReview => "审查",
            Self::Paused => "特别程序",
            Self::Decided => "决定",
            Self::Delivered => "送达",
            Self::Withdrawn => "撤回",
            Self::Terminated => "终止",
            Self::Rejected => "不予受理",
            Self::Imported => "导入",
            Self::Referred => "抄告",
            Self::Supplementing => "待补件",
            Self::Silent => "超时默许",
            Self::Absent => "缺席默认",
            Self::Renewed => "视为准予延续",
        }
    }

    /// The word for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Received => "received",
            Self::SupplementNoticed => "supplement noticed",
            Self::Deemed => "deemed accepted",
            Self::Accepted => "accepted",
            Self::InReview => "in review",
            Self::Paused => "paused",
            Self::Decided => "decided",
            Self::Delivered => "delivered",
            Self::Withdrawn => "withdrawn",
            Self::Terminated => "terminated",
            Self::Rejected => "rejected",
            Self::Imported => "imported",
            Self::Referred => "referred",
            Self::Supplementing => "supplementing",
            Self::Silent => "silent",
            Self::Absent => "absent",
            Self::Renewed => "deemed renewed",
        }
    }

    /// True when nothing more is owed to the applicant.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        matches!(self, Self::Delivered | Self::Withdrawn | Self::Terminated | Self::Rejected)
    }

    /// The state after an event, or `None` when no rule allows it from here.
    #[must_use]
    pub fn after(self, event: EventKind) -> Option<Self> {
        let rule = RULES.iter().find(|rule| rule.event == event && rule.from.contains(&self))?;
        Some(rule.to.unwrap_or(self))
    }
}
