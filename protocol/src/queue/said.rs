//! What an event says of a ticket, and the coded words for it.

use minicbor::{Decode, Encode};

use crate::document::words::words;
use crate::time::Timestamp;

/// 优先: why somebody goes first. The paper that shows it is looked at and not kept.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Priority {
    /// 军人: soldiers, veterans, and their families.
    #[n(0)]
    Military,
    /// 老年人.
    #[n(1)]
    Elderly,
    /// 残疾人.
    #[n(2)]
    Disabled,
    /// 孕妇, and whoever carries an infant.
    #[n(3)]
    Infant,
    /// 其他: whom the leader on duty lets go first.
    #[n(4)]
    Other,
}

words! { Priority, "priority":
    Military "military" "军人军属",
    Elderly "elderly" "老年人",
    Disabled "disabled" "残疾人",
    Infant "infant" "孕妇、携婴幼儿",
    Other "other" "其他照顾",
}

/// Why a ticket ended without a case and without an answer.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum NoCase {
    /// 材料未带齐: and the applicant would rather come again than hand in what there is.
    #[n(0)]
    Materials,
    /// 不属本中心.
    #[n(1)]
    NotHere,
    /// 系统故障: what the item needs does not run.
    #[n(2)]
    SystemDown,
    /// 改网上办理.
    #[n(3)]
    Online,
    /// 离开: the applicant went away.
    #[n(4)]
    Left,
    /// 误取号: taken by mistake, or twice.
    #[n(5)]
    Mistaken,
    /// 其他, with its reason.
    #[n(6)]
    Other,
}

words! { NoCase, "reason without a case":
    Materials "materials" "材料未带齐",
    NotHere "not-here" "不属本中心",
    SystemDown "system-down" "系统故障",
    Online "online" "改网上办理",
    Left "left" "申请人离开",
    Mistaken "mistaken" "误取号",
    Other "other" "其他",
}

/// What an event says of a ticket. Cases, answer and reason stand beside it, in the detail.
#[derive(Clone, Debug, Decode, Default, Encode, Eq, PartialEq)]
#[cbor(map)]
pub struct Said {
    /// The number, such as `A001`.
    #[n(0)]
    pub number: String,
    /// 业务组: of which it was taken, or to which it goes.
    #[n(1)]
    pub group: Option<String>,
    /// 优先.
    #[n(2)]
    pub priority: Option<Priority>,
    /// 预约: for when it was agreed upon.
    #[n(3)]
    pub appointed_at: Option<Timestamp>,
    /// 窗口.
    #[n(4)]
    pub window: Option<String>,
    /// Why it ended without a case.
    #[n(5)]
    pub no_case: Option<NoCase>,
    /// By which a request that is sent twice is known again: the start of a hash of its name.
    #[n(6)]
    pub request: Option<u64>,
}

impl Said {
    /// Says nothing of a ticket but its number.
    #[must_use]
    pub fn of(number: super::TicketNumber) -> Self {
        Self { number: number.to_string(), ..Self::default() }
    }

    /// Its texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        [Some(&self.number), self.group.as_ref(), self.window.as_ref()].into_iter().flatten()
    }
}
