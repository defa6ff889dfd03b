//! Which column of a list is which field of a case: guessed from the first row, and remembered.

use serde::{Deserialize, Serialize};

/// What a column is.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    Deserialize,
    Eq,
    Ord,
    PartialEq,
    PartialOrd,
    Serialize,
    utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// Not taken over.
    #[default]
    Ignore,
    /// 事项: the code or the name of the item.
    Item,
    /// 申请人.
    Applicant,
    /// 证件号.
    ApplicantNumber,
    /// 联系电话.
    Phone,
    /// 收件时间.
    ReceivedAt,
    /// 办结时间: when it was decided.
    DecidedAt,
    /// 送达时间: when the result was handed over.
    DeliveredAt,
    /// 原编号: the number in the system from which the list comes; what it names is taken once.
    Number,
    /// 渠道.
    Channel,
    /// Kept in the form, under the name of the column.
    Keep,
}

impl Field {
    /// Every field, in the order in which they are offered.
    pub const ALL: [Self; 11] = [
        Self::Ignore,
        Self::Item,
        Self::Applicant,
        Self::ApplicantNumber,
        Self::Phone,
        Self::ReceivedAt,
        Self::DecidedAt,
        Self::DeliveredAt,
        Self::Number,
        Self::Channel,
        Self::Keep,
    ];

    /// Those without which there is no case.
    pub const NEEDED: [Self; 3] = [Self::Item, Self::Applicant, Self::ReceivedAt];

    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Ignore => "不导入",
            Self::Item => "事项（编码或名称）",
            Self::Applicant => "申请人",
            Self::ApplicantNumber => "证件号",
            Self::Phone => "联系电话",
            Self::ReceivedAt => "收件时间",
            Self::DecidedAt => "决定（办结）时间",
            Self::DeliveredAt => "送达时间",
            Self::Number => "原编号",
            Self::Channel => "渠道",
            Self::Keep => "照原样保存",
        }
    }

    /// The word for English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Ignore => "leave out",
            Self::Item => "item, code or name",
            Self::Applicant => "applicant",
            Self::ApplicantNumber => "identity or credit code",
            Self::Phone => "telephone",
            Self::ReceivedAt => "received at",
            Self::DecidedAt => "decided at",
            Self::DeliveredAt => "delivered at",
            Self::Number => "number there",
            Self::Channel => "channel",
            Self::Keep => "keep as it is",
        }
    }

    /// The word for scripts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ignore => "ignore",
            Self::Item => "item",
            Self::Applicant => "applicant",
            Self::ApplicantNumber => "applicant-number",
            Self::Phone => "phone",
            Self::ReceivedAt => "received-at",
            Self::DecidedAt => "decided-at",
            Self::DeliveredAt => "delivered-at",
            Self::Number => "number",
            Self::Channel => "channel",
            Self::Keep => "keep",
        }
    }

    /// The field of a word for scripts.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }
}

/// Words by which a column is known, those that hold others first; behind a `=` the whole name.
const KNOWN: [(Field, &[&str]); 9] = [
    (
        Field::ApplicantNumber,
        &[
            "证件号",
            "证件编号",
            "身份证",
            "身份号码",
            "信用代码",
            "证照号",
            "idnumber",
            "idcard",
            "identity",
            "creditcode",
        ],
    ),
    (Field::Phone, &["电话", "手机", "联系方式", "phone", "mobile", "tel"]),
    (
        Field::DeliveredAt,
        &["送达", "取件", "领取", "领证", "发证", "delivered", "collected", "issued"],
    ),
    (
        Field::DecidedAt,
        &[
            "办结",
            "决定时间",
            "决定日期",
            "完成时间",
            "办理时间",
            "审批时间",
            "decided",
            "handled",
            "finished",
            "completed",
        ],
    ),
    (
        Field::ReceivedAt,
        &[
            "收件时间",
            "收件日期",
            "受理时间",
            "受理日期",
            "申请时间",
            "申请日期",
            "申报时间",
            "登记时间",
            "登记日期",
            "received",
            "accepted",
            "appliedat",
            "date",
        ],
    ),
    (
        Field::Number,
        &[
            "办件编号",
            "受理编号",
            "业务编号",
            "申请编号",
            "流水号",
            "受理号",
            "原编号",
            "上级编号",
            "caseno",
            "casenumber",
            "serial",
            "upstream",
            "业务号",
            "系统编号",
            "=编号",
            "=单号",
            "=number",
            "=no",
        ],
    ),
    (Field::Item, &["事项", "业务名称", "业务类型", "服务名称", "item", "service"]),
    (
        Field::Applicant,
        &[
            "申请人",
            "姓名",
            "参保人",
            "办事人",
            "单位名称",
            "企业名称",
            "申请单位",
            "applicant",
            "name",
        ],
    ),
    (Field::Channel, &["渠道", "来源", "channel"]),
];

/// Which column is which, in the order of the columns.
pub type Mapping = Vec<Field>;

/// What the columns seem to be: each field once, for the column that is named most like it.
#[must_use]
pub fn guess(head: &[String]) -> Mapping {
    let names: Vec<String> = head.iter().map(|name| plain(name)).collect();
    let mut mapping = vec![Field::Ignore; names.len()];
    for (field, words) in KNOWN {
        let rank = |name: &String| words.iter().position(|word| is_named(name, word));
        let free = names.iter().enumerate().filter(|(at, _)| mapping[*at] == Field::Ignore);
        let best =
            free.filter_map(|(at, name)| Some((rank(name)?, name.chars().count(), at))).min();
        if let Some((_, _, at)) = best {
            mapping[at] = field;
        }
    }
    mapping
}

fn is_named(name: &str, word: &str) -> bool {
    word.strip_prefix('=').map_or_else(|| name.contains(word), |whole| name == whole)
}

/// A name without blanks, brackets and case.
fn plain(name: &str) -> String {
    let kept = name.chars().filter(|char| char.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(head: &str) -> String {
        let head: Vec<String> = head.split(',').map(str::to_owned).collect();
        guess(&head).iter().map(|field| field.code()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn columns_are_guessed_from_their_names_in_both_languages() {
        assert_eq!(
            guessed("序号,受理编号,事项名称,申请人姓名,身份证号,联系电话,收件日期,办结日期,备注"),
            "ignore number item applicant applicant-number phone received-at decided-at ignore"
        );
        assert_eq!(
            guessed("Case No,Item,Applicant Name,ID Number,Mobile,Received at,Decided at"),
            "number item applicant applicant-number phone received-at decided-at"
        );
        assert_eq!(
            guessed("事项编码,事项名称,企业名称,统一社会信用代码"),
            "item ignore applicant applicant-number"
        );
        assert_eq!(guessed("a,b"), "ignore ignore");
    }

    #[test]
    fn a_number_and_a_delivery_are_known_by_their_usual_names() {
        for number in ["编号", "办件编号", "受理编号", "上级系统编号", "Case number"]
        {
            let head = format!("{number},事项编号,证件编号,申请人,收件时间,决定日期,送达日期");
            let said = guessed(&head);
            assert!(said.starts_with("number "), "{number}: {said}");
            assert!(said.ends_with("applicant received-at decided-at delivered-at"), "{said}");
        }
        // What numbers something else is no number of the case.
        assert_eq!(guessed("事项编号,人员编号,申请人"), "item ignore applicant");
    }

    #[test]
    fn every_word_names_its_field_again() {
        for field in Field::ALL {
            assert_eq!(Field::of_code(field.code()), Some(field));
        }
        assert_eq!(Field::of_code("x"), None);
    }
}
