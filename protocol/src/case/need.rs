//! What an event must say before the law takes it, and the words for what is missing.

use serde::Serialize;

use crate::document::Detail;

/// What an event must say.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub enum Need {
    /// 理由.
    Reason,
    /// 救济途径, or the right agency.
    Remedy,
    /// 文号.
    Document,
    /// 材料: at least one.
    Materials,
    /// 天数.
    Days,
    /// Which special procedure.
    Procedure,
    /// The coded ground.
    Ground,
    /// 牌: which card.
    Card,
    /// The coded ground of an appeal.
    Appeal,
    /// How an appeal is ruled on.
    Ruling,
    /// 金额.
    Fee,
    /// 并联事项: at least one.
    Parts,
    /// The part that its authority is to decide.
    Part,
    /// 联合踏勘 or 联审会.
    Gathering,
    /// When they meet.
    MeetsAt,
    /// How it is decided.
    Outcome,
    /// Which draw.
    Sample,
    /// The four answers, each no with its reason.
    Checklist,
    /// 绿色通道依据.
    GreenBasis,
    /// 投资额.
    Amount,
    /// 代办员.
    Agent,
    /// 委托书号.
    Mandate,
}

impl Need {
    pub(crate) fn is_met(self, detail: &Detail) -> bool {
        let says = |text: &Option<String>| text.as_ref().is_some_and(|it| !it.trim().is_empty());
        match self {
            Self::Reason => says(&detail.reason),
            Self::Remedy => says(&detail.remedy),
            Self::Document => says(&detail.document),
            Self::Materials => detail.materials.as_ref().is_some_and(|it| {
                !it.is_empty() && it.iter().all(|material| !material.trim().is_empty())
            }),
            Self::Days => detail.days.is_some_and(|days| days > 0),
            Self::Procedure => detail.procedure.is_some(),
            Self::Ground => detail.ground.is_some(),
            Self::Card => says(&detail.card),
            Self::Appeal => detail.appeal.is_some(),
            Self::Ruling => detail.ruling.is_some(),
            Self::Fee => detail.fee.is_some(),
            Self::Parts => detail.parts.as_ref().is_some_and(|it| !it.is_empty()),
            Self::Part => detail.part.is_some(),
            Self::Gathering => detail.gathering.is_some(),
            Self::MeetsAt => detail.meets_at.is_some(),
            Self::Outcome => detail.outcome.is_some(),
            Self::Sample => detail.sample.is_some(),
            Self::Checklist => detail.checklist.as_ref().is_some_and(|it| it.is_explained()),
            Self::GreenBasis => detail.green.is_some(),
            Self::Amount => detail.green.as_ref().is_some_and(|it| it.amount_yuan.is_some()),
            Self::Agent => detail.green.as_ref().is_some_and(|it| !it.agent.trim().is_empty()),
            Self::Mandate => detail.green.as_ref().is_some_and(|it| !it.mandate.trim().is_empty()),
        }
    }

    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Reason => "理由",
            Self::Remedy => "救济途径或有权机关",
            Self::Document => "文书号",
            Self::Materials => "全部所缺材料",
            Self::Days => "工作日天数",
            Self::Procedure => "特别程序种类",
            Self::Ground => "事由代码",
            Self::Card => "哪一张牌",
            Self::Appeal => "申诉理由代码",
            Self::Ruling => "裁定结果",
            Self::Fee => "金额",
            Self::Parts => "哪些并联事项",
            Self::Part => "并联事项",
            Self::Gathering => "联合踏勘还是联审会",
            Self::MeetsAt => "何时召开",
            Self::Outcome => "决定结果",
            Self::Sample => "哪一次抽查",
            Self::Checklist => "四项结论，否定的须说明理由",
            Self::GreenBasis => "绿色通道依据（五类之一）",
            Self::Amount => "投资额",
            Self::Agent => "代办员姓名",
            Self::Mandate => "委托书号（业主自愿书面委托，帮办代办不包办）",
        }
    }

    /// The word for scripts.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Reason => "its reason",
            Self::Remedy => "where the applicant may turn",
            Self::Document => "the number of the paper given to the applicant",
            Self::Materials => "every material concerned",
            Self::Days => "how many working days",
            Self::Procedure => "which special procedure",
            Self::Ground => "its ground",
            Self::Card => "which card",
            Self::Appeal => "the ground of the appeal",
            Self::Ruling => "how it is ruled",
            Self::Fee => "how much",
            Self::Parts => "which parts",
            Self::Part => "which part",
            Self::Gathering => "whether it is a survey or a meeting",
            Self::MeetsAt => "when they meet",
            Self::Outcome => "which outcome stands",
            Self::Sample => "which draw",
            Self::Checklist => "the four answers, each no with its reason",
            Self::GreenBasis => "the basis of the green channel, one of five",
            Self::Amount => "how much is invested",
            Self::Agent => "the agent by name",
            Self::Mandate => "the number of the owner's written mandate, which is voluntary",
        }
    }
}
