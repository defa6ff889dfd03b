//! The closed lists of a guide, each with its word for the page and for scripts.

use minicbor::{Decode, Encode};

use crate::document::words::words;

/// 事项类型.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Kind {
    /// 行政许可.
    #[n(0)]
    Permit,
    /// 非行政许可审批, as there was until 2015.
    #[n(1)]
    OtherApproval,
    /// 行政给付.
    #[n(2)]
    Benefit,
    /// 行政确认.
    #[n(3)]
    Confirmation,
    /// 行政奖励.
    #[n(4)]
    Reward,
    /// 行政裁决.
    #[n(5)]
    Ruling,
    /// 其他行政权力.
    #[n(6)]
    OtherPower,
    /// 公共服务.
    #[n(7)]
    Service,
}

/// How the centre counts it: the two classes of its 190 items in 2013.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Class {
    /// 审批.
    #[n(0)]
    Approval,
    /// 公共服务.
    #[n(1)]
    Service,
}

/// 状态.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Status {
    /// 现行.
    #[n(0)]
    Current,
    /// 历史: abolished or taken over by another since.
    #[n(1)]
    Historic,
}

/// 服务对象.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Audience {
    /// 自然人.
    #[n(0)]
    Person,
    /// 法人.
    #[n(1)]
    LegalPerson,
    /// 其他组织.
    #[n(2)]
    Other,
}

/// How far up somebody stands, who acts in a step; wider than the tiers that have a centre.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Level {
    /// 村(社区).
    #[n(0)]
    Village,
    /// 乡镇(街道).
    #[n(1)]
    Township,
    /// 县(区).
    #[n(2)]
    County,
    /// 市.
    #[n(3)]
    City,
    /// 省.
    #[n(4)]
    Province,
}

/// 材料必要性.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Necessity {
    /// 必要.
    #[n(0)]
    Required,
    /// 非必要.
    #[n(1)]
    Optional,
    /// 容缺: may follow later.
    #[n(2)]
    MayFollow,
}

/// 材料来源.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Origin {
    /// 申请人自备.
    #[n(0)]
    Applicant,
    /// 政府部门核发.
    #[n(1)]
    Government,
    /// 中介机构.
    #[n(2)]
    Intermediary,
}

/// 办理形式.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Way {
    /// 窗口办理.
    #[n(0)]
    Counter,
    /// 网上办理.
    #[n(1)]
    Online,
    /// 自助办理.
    #[n(2)]
    SelfService,
    /// 上门办理.
    #[n(3)]
    Visit,
}

/// 网办深度: what of it can be done online.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum OnlineStep {
    /// 网上咨询.
    #[n(0)]
    Advice,
    /// 网上收件.
    #[n(1)]
    HandIn,
    /// 网上预审.
    #[n(2)]
    PreReview,
    /// 网上受理.
    #[n(3)]
    Acceptance,
    /// 网上办理.
    #[n(4)]
    Decision,
    /// 办理结果反馈.
    #[n(5)]
    Result,
    /// 电子证照.
    #[n(6)]
    Certificate,
}

words! { Kind, "kind of item":
    Permit "permit" "行政许可",
    OtherApproval "other-approval" "非行政许可审批",
    Benefit "benefit" "行政给付",
    Confirmation "confirmation" "行政确认",
    Reward "reward" "行政奖励",
    Ruling "ruling" "行政裁决",
    OtherPower "other-power" "其他行政权力",
    Service "service" "公共服务",
}

words! { Class, "class": Approval "approval" "审批", Service "service" "公共服务", }

words! { Status, "status": Current "current" "现行", Historic "historic" "历史", }

words! { Audience, "sort of applicant":
    Person "person" "自然人",
    LegalPerson "legal-person" "法人",
    Other "other" "其他组织",
}

words! { Level, "level":
    Village "village" "村(社区)",
    Township "township" "乡镇(街道)",
    County "county" "县(区)",
    City "city" "市",
    Province "province" "省",
}

words! { Necessity, "necessity":
    Required "required" "必要",
    Optional "optional" "非必要",
    MayFollow "may-follow" "容缺",
}

words! { Origin, "origin of a material":
    Applicant "applicant" "申请人自备",
    Government "government" "政府部门核发",
    Intermediary "intermediary" "中介机构",
}

words! { Way, "way of applying":
    Counter "counter" "窗口办理",
    Online "online" "网上办理",
    SelfService "self-service" "自助办理",
    Visit "visit" "上门办理",
}

words! { OnlineStep, "step done online":
    Advice "advice" "网上咨询",
    HandIn "hand-in" "网上收件",
    PreReview "pre-review" "网上预审",
    Acceptance "acceptance" "网上受理",
    Decision "decision" "网上办理",
    Result "result" "办理结果反馈",
    Certificate "certificate" "电子证照",
}
