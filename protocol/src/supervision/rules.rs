//! What supervision looks for, and what it gives.

use minicbor::{Decode, Encode};

use super::refusal::RulesError;
use crate::case::ClockKind;
use crate::document::words::words;

/// Most points that one card takes off: a month's score has no more.
pub const POINTS_MAX: u16 = 100;
/// Most working days that a centre is given for an answer, as with a supervision order.
pub const ANSWER_DAYS_MAX: u16 = 60;

/// 等次: how grave a card is.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Level {
    /// 预警: nothing is broken yet.
    #[n(0)]
    Warning,
    /// 黄牌.
    #[n(1)]
    Yellow,
    /// 红牌.
    #[n(2)]
    Red,
}

words! { Level, "level":
    Warning "warning" "预警",
    Yellow "yellow" "黄牌",
    Red "red" "红牌",
}

/// A clock that a rule watches; every step's at once.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Watched {
    /// 告知时限.
    #[n(0)]
    Notice,
    /// 法定时限.
    #[n(1)]
    Legal,
    /// 承诺时限.
    #[n(2)]
    Promise,
    /// 环节时限.
    #[n(3)]
    Step,
    /// 上报时限.
    #[n(4)]
    Review,
    /// 送达时限.
    #[n(5)]
    Delivery,
    /// 交接时限, of joint cases.
    #[n(6)]
    HandOver,
    /// 补发文书时限, of joint cases.
    #[n(7)]
    Paper,
    /// 听证时限.
    #[n(8)]
    Hearing,
}

words! { Watched, "clock":
    Notice "notice" "告知时限",
    Legal "legal" "法定时限",
    Promise "promise" "承诺时限",
    Step "step" "环节时限",
    Review "review" "上报时限",
    Delivery "delivery" "送达时限",
    HandOver "hand-over" "交接时限",
    Paper "paper" "补发文书时限",
    Hearing "hearing" "听证时限",
}

impl Watched {
    pub(super) const fn of(kind: ClockKind) -> Self {
        match kind {
            ClockKind::Notice => Self::Notice,
            ClockKind::Legal => Self::Legal,
            ClockKind::Promise => Self::Promise,
            ClockKind::Step(_) => Self::Step,
            ClockKind::Review => Self::Review,
            ClockKind::Delivery => Self::Delivery,
            ClockKind::HandOver => Self::HandOver,
            ClockKind::Paper => Self::Paper,
            ClockKind::Hearing => Self::Hearing,
        }
    }
}

/// Something wrong that an event shows.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Mark {
    /// 视为受理: nobody spoke within five days.
    #[n(0)]
    DeemedAcceptance,
    /// 二次补正.
    #[n(1)]
    SecondNotice,
    /// 要求清单以外的材料.
    #[n(2)]
    UnlistedMaterial,
    /// 未出具文书.
    #[n(3)]
    NoDocument,
    /// 指南未列的特别程序.
    #[n(4)]
    UnlistedProcedure,
    /// 现场核查少于两人.
    #[n(5)]
    WentAlone,
    /// 补录.
    #[n(6)]
    LateEntry,
    /// 无理由拒绝: refused without its reason or remedy.
    #[n(7)]
    RefusedWithoutReason,
    /// 无依据收费.
    #[n(8)]
    NoFeeBasis,
    /// 投诉属实.
    #[n(9)]
    Complaint,
    /// 逾期才申请延期.
    #[n(10)]
    LateExtension,
    /// 承诺与目录不符: the receipt says other terms than the version that it names.
    #[n(90)]
    TermsDiffer,
}

words! { Mark, "mark":
    DeemedAcceptance "deemed-acceptance" "视为受理",
    SecondNotice "second-notice" "二次补正",
    UnlistedMaterial "unlisted-material" "清单外材料",
    NoDocument "no-document" "未出具文书",
    UnlistedProcedure "unlisted-procedure" "指南未列特别程序",
    WentAlone "went-alone" "单人核查",
    LateEntry "late-entry" "补录",
    RefusedWithoutReason "refused-without-reason" "无理由拒绝",
    NoFeeBasis "no-fee-basis" "无依据收费",
    Complaint "complaint" "投诉属实",
    LateExtension "late-extension" "逾期延期",
    TermsDiffer "terms-differ" "承诺与目录不符",
}

/// When a rule applies.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub enum Trigger {
    /// A clock runs, and so much of its limit is used, in percent.
    #[n(0)]
    Used(#[n(0)] Watched, #[n(1)] u8),
    /// A clock runs, and at most so many days of it are left.
    #[n(1)]
    Left(#[n(0)] Watched, #[n(1)] u16),
    /// The last day of a clock went by more than so many working days ago; 0 is any.
    #[n(2)]
    Over(#[n(0)] Watched, #[n(1)] u16),
    /// A special procedure lasts longer than the applicant was told.
    #[n(3)]
    PauseOver,
    /// An event shows something wrong.
    #[n(4)]
    Marked(#[n(0)] Mark),
    /// 超时默许: an authority was silent past the limit of its part.
    #[n(5)]
    Silent,
    /// 缺席默认: an authority stayed away from the meeting on its part.
    #[n(20)]
    Absent,
}

/// One rule.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Rule {
    /// Its name in the set, such as `promise-over`.
    #[n(0)]
    pub id: String,
    /// What a card says for it.
    #[n(1)]
    pub title: String,
    /// When it applies.
    #[n(2)]
    pub trigger: Trigger,
    /// What it gives.
    #[n(3)]
    pub level: Level,
    /// Points off the month's score.
    #[n(4)]
    pub points: u16,
    /// Working days within which the centre must answer in writing; `None` where it need not.
    #[n(5)]
    pub answer_days: Option<u16>,
    /// What a card says for it in English; the title where nobody wrote one.
    #[n(6)]
    pub title_en: Option<String>,
}

impl Rule {
    /// What may not be said of any rule.
    pub(super) fn check(&self) -> Result<(), RulesError> {
        let Self { id, title, points, answer_days, .. } = self;
        if id.trim().is_empty() || id.contains(['/', ' ']) {
            return Err(RulesError::Id(id.clone()));
        }
        if title.trim().is_empty() {
            return Err(RulesError::Untitled(id.clone()));
        }
        if *points > POINTS_MAX {
            return Err(RulesError::Points { id: id.clone(), points: *points });
        }
        match *answer_days {
            Some(days) if !(1..=ANSWER_DAYS_MAX).contains(&days) => {
                Err(RulesError::AnswerDays { id: id.clone(), days })
            }
            Some(_) | None => Ok(()),
        }
    }
}

impl Trigger {
    /// True where it applies to a clock before the other applies to the same one, whatever the
    /// length of the limit. A share of the limit and days that are left do not compare.
    pub(super) fn comes_before(self, other: Self) -> bool {
        match (self, other) {
            (Self::Used(clock, sooner), Self::Used(same, later)) => clock == same && sooner < later,
            (Self::Left(clock, sooner), Self::Left(same, later)) => clock == same && sooner > later,
            (Self::Over(clock, sooner), Self::Over(same, later)) => clock == same && sooner < later,
            (Self::Used(clock, _) | Self::Left(clock, _), Self::Over(same, _)) => clock == same,
            _ => false,
        }
    }
}
