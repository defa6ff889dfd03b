//! The kinds of events: their codes and words, and in which documents they stand.

use std::str::FromStr;

use minicbor::{Decode, Decoder, Encode, Encoder};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What sort of thing happened.
///
/// A kind that a later version brought is [`Self::Unknown`] here: it is kept, shown and sent on,
/// and has no effect until this machine has that version too.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum EventKind {
    /// 收件: the application was handed in.
    Receive,
    /// 补正告知: the applicant was told what is missing.
    NoticeSupplement,
    /// 受理: the application was accepted; the clock runs.
    Accept,
    /// 环节办结: a step of the procedure was done.
    FinishStep,
    /// 决定: granted, refused or handed up.
    Decide,
    /// 送达: the result was handed over.
    Deliver,
    /// 撤回: the applicant withdrew.
    Withdraw,
    /// 终止: the centre ended the case.
    Terminate,
    /// 导入: taken over from another system's log as it was.
    Import,
    /// 督办: supervision speaks. Only the centres above may.
    Supervise,
    /// 入网: a node was enrolled. Roster only.
    Enrol,
    /// 吊销: a node's key is worth nothing from `happened_at` on. Roster only.
    Revoke,
    /// 了结: the office answers for what is wrong with a journal. Roster only.
    Settle,
    /// 不予受理: the application was not accepted, or no permit is needed (行政许可法 32).
    Reject,
    /// 当场更正: a mistake was corrected on the spot (行政许可法 32-3).
    Correct,
    /// 特别程序: time that does not count begins (行政许可法 45).
    StartProcedure,
    /// 特别程序结束.
    EndProcedure,
    /// 延期: the head of the agency granted more days (行政许可法 42).
    Extend,
    /// 上报: the review is done and the case with the authority above (行政许可法 43).
    HandUp,
    /// 发布: an item, a year of the calendar or rules are in force. Public documents only.
    Publish,
    /// 停用: an item is applied for no more. Public documents only.
    Retire,
    /// 收费: money was taken (行政许可法 58).
    Charge,
    /// 投诉: a complaint that was looked into and found true.
    Complain,
    /// 发牌: supervision issues a card that the rules gave.
    IssueCard,
    /// 申诉: the centre appeals against a card.
    Appeal,
    /// 申诉裁定: somebody outside the case rules on the appeal.
    RuleAppeal,
    /// 撤牌: supervision withdraws a card; it stays to be seen.
    WithdrawCard,
    /// 抄告: a part of a joint case is handed to its authority; in the lead, and in the part's case.
    Refer,
    /// 签收: the authority signs for the notice.
    Acknowledge,
    /// 要求补件: an authority that decides together with others needs a supplement.
    AskSupplement,
    /// 补件: the supplement was handed on.
    Supplement,
    /// 召集: the lead calls the authorities to a joint survey or meeting.
    Convene,
    /// 会议纪要: what was settled there, and who stayed away.
    Minute,
    /// 裁决: of two contradictory decisions supervision says which stands.
    Resolve,
    /// 评价: somebody rated how a case was handled. In the case's document of ratings only.
    Rate,
    /// 督办立项: a centre above orders a centre to answer. Orders only, as the next three.
    IssueOrder,
    /// 督办回复: the centre answers.
    ReplyOrder,
    /// 督办退回: the answer is not enough; a further one is due.
    ReturnOrder,
    /// 督办销号: the order is done with.
    CloseOrder,
    /// 中断: a machine had no link upwards, or did not run. In records of outages only.
    Outage,
    /// 抽查公告: the city says which draw will be made, and the hash of its seed. Rules only.
    AnnounceDraw,
    /// 抽查揭示: the seed. Rules only.
    RevealDraw,
    /// 抽查结果: what somebody found who looked at a case that was drawn. Only the city.
    CheckSample,
    /// 服务: guiding, extended hours, a visit, an appointment, a service brought; as the next three,
    /// in service records only.
    Serve,
    /// 首问: somebody was asked first.
    FirstAsked,
    /// 转办: whoever answers for a question handed it on.
    PassOn,
    /// 办毕: the applicant confirmed a service, or a question came to its end.
    Conclude,
    /// 定岗: somebody has a post, with a partner and a lease; as the next three, in posts only.
    Appoint,
    /// 离岗: somebody is away.
    Leave,
    /// 返岗.
    Return,
    /// 撤岗: a post ends, and its open cases go to the partner.
    EndPost,
    /// 开通绿色通道.
    OpenGreen,
    /// 关闭绿色通道.
    CloseGreen,
    /// 上级代办: something was entered into the system of an upper authority, or what was copied of
    /// it is put right; as the next two, in service records only.
    Relay,
    /// 代办结果: what the upper system says of it.
    RelayResult,
    /// 代办终止: nothing more is waited for.
    EndRelay,
    /// 未知环节: a kind that only a later version knows, by its code.
    Unknown(u32),
}

/// No kind of event has such a name.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error(
    "`{0}` is no kind of event; there are {known}",
    known = WORDS.iter().map(|word| word.en).collect::<Vec<_>>().join(", ")
)]
pub struct UnknownEvent(String);

/// A kind and its words. Codes are never used twice and never change.
struct Word {
    kind: EventKind,
    code: u32,
    zh: &'static str,
    en: &'static str,
}

const WORDS: [Word; 56] = [
    Word { kind: EventKind::Receive, code: 0, zh: "收件", en: "receive" },
    Word {
        kind: EventKind::NoticeSupplement, code: 1, zh: "补正告知", en: "notice-supplement"
    },
    Word { kind: EventKind::Accept, code: 2, zh: "受理", en: "accept" },
    Word { kind: EventKind::FinishStep, code: 3, zh: "环节办结", en: "finish-step" },
    Word { kind: EventKind::Decide, code: 4, zh: "决定", en: "decide" },
    Word { kind: EventKind::Deliver, code: 5, zh: "送达", en: "deliver" },
    Word { kind: EventKind::Withdraw, code: 6, zh: "撤回", en: "withdraw" },
    Word { kind: EventKind::Terminate, code: 7, zh: "终止", en: "terminate" },
    Word { kind: EventKind::Import, code: 8, zh: "导入", en: "import" },
    Word { kind: EventKind::Supervise, code: 9, zh: "督办", en: "supervise" },
    Word { kind: EventKind::Enrol, code: 10, zh: "入网", en: "enrol" },
    Word { kind: EventKind::Revoke, code: 11, zh: "吊销", en: "revoke" },
    Word { kind: EventKind::Settle, code: 12, zh: "了结", en: "settle" },
    Word { kind: EventKind::Reject, code: 13, zh: "不予受理", en: "reject" },
    Word { kind: EventKind::Correct, code: 14, zh: "当场更正", en: "correct" },
    Word { kind: EventKind::StartProcedure, code: 15, zh: "特别程序", en: "start-procedure" },
    Word { kind: EventKind::EndProcedure, code: 16, zh: "特别程序结束", en: "end-procedure" },
    Word { kind: EventKind::Extend, code: 17, zh: "延期", en: "extend" },
    Word { kind: EventKind::HandUp, code: 18, zh: "上报", en: "hand-up" },
    Word { kind: EventKind::Publish, code: 19, zh: "发布", en: "publish" },
    Word { kind: EventKind::Retire, code: 20, zh: "停用", en: "retire" },
    Word { kind: EventKind::Charge, code: 21, zh: "收费", en: "charge" },
    Word { kind: EventKind::Complain, code: 22, zh: "投诉", en: "complain" },
    Word { kind: EventKind::IssueCard, code: 23, zh: "发牌", en: "issue-card" },
    Word { kind: EventKind::Appeal, code: 24, zh: "申诉", en: "appeal" },
    Word { kind: EventKind::RuleAppeal, code: 25, zh: "申诉裁定", en: "rule-appeal" },
    Word { kind: EventKind::WithdrawCard, code: 26, zh: "撤牌", en: "withdraw-card" },
    Word { kind: EventKind::Refer, code: 27, zh: "抄告", en: "refer" },
    Word { kind: EventKind::Acknowledge, code: 28, zh: "签收", en: "acknowledge" },
    Word { kind: EventKind::AskSupplement, code: 29, zh: "要求补件", en: "ask-supplement" },
    Word { kind: EventKind::Supplement, code: 30, zh: "补件", en: "supplement" },
    Word { kind: EventKind::Convene, code: 31, zh: "召集", en: "convene" },
    Word { kind: EventKind::Minute, code: 32, zh: "会议纪要", en: "minute" },
    Word { kind: EventKind::Resolve, code: 33, zh: "裁决", en: "resolve" },
    Word { kind: EventKind::Rate, code: 45, zh: "评价", en: "rate" },
    Word { kind: EventKind::IssueOrder, code: 48, zh: "督办立项", en: "issue-order" },
    Word { kind: EventKind::ReplyOrder, code: 49, zh: "督办回复", en: "reply-order" },
    Word { kind: EventKind::ReturnOrder, code: 50, zh: "督办退回", en: "return-order" },
    Word { kind: EventKind::CloseOrder, code: 51, zh: "督办销号", en: "close-order" },
    Word { kind: EventKind::Outage, code: 52, zh: "中断", en: "outage" },
    Word { kind: EventKind::AnnounceDraw, code: 53, zh: "抽查公告", en: "announce-draw" },
    Word { kind: EventKind::RevealDraw, code: 54, zh: "抽查揭示", en: "reveal-draw" },
    Word { kind: EventKind::CheckSample, code: 55, zh: "抽查结果", en: "check-sample" },
    Word { kind: EventKind::Serve, code: 58, zh: "服务", en: "serve" },
    Word { kind: EventKind::FirstAsked, code: 59, zh: "首问", en: "first-asked" },
    Word { kind: EventKind::PassOn, code: 60, zh: "转办", en: "pass-on" },
    Word { kind: EventKind::Conclude, code: 61, zh: "办毕", en: "conclude" },
    Word { kind: EventKind::Appoint, code: 62, zh: "定岗", en: "appoint" },
    Word { kind: EventKind::Leave, code: 63, zh: "离岗", en: "leave" },
    Word { kind: EventKind::Return, code: 64, zh: "返岗", en: "return" },
    Word { kind: EventKind::EndPost, code: 65, zh: "撤岗", en: "end-post" },
    Word { kind: EventKind::OpenGreen, code: 66, zh: "开通绿色通道", en: "open-green" },
    Word { kind: EventKind::CloseGreen, code: 67, zh: "关闭绿色通道", en: "close-green" },
    Word { kind: EventKind::Relay, code: 78, zh: "上级代办", en: "relay" },
    Word { kind: EventKind::RelayResult, code: 79, zh: "代办结果", en: "relay-result" },
    Word { kind: EventKind::EndRelay, code: 80, zh: "代办终止", en: "end-relay" },
];

impl EventKind {
    /// Every kind that this version knows.
    pub fn all() -> impl Iterator<Item = Self> {
        WORDS.iter().map(|word| word.kind)
    }

    /// True for what can happen to a case; the others are for other documents.
    #[must_use]
    pub const fn is_of_case(self) -> bool {
        !self.is_of_roster()
            && !self.is_of_publication()
            && !self.is_of_service()
            && !self.is_of_post()
            && !self.is_of_order()
            && !self.is_of_draw()
            && !matches!(self, Self::Outage | Self::Rate | Self::Unknown(_))
    }

    /// True for what stands in a service record.
    #[must_use]
    pub const fn is_of_service(self) -> bool {
        matches!(
            self,
            Self::Serve
                | Self::FirstAsked
                | Self::PassOn
                | Self::Conclude
                | Self::Relay
                | Self::RelayResult
                | Self::EndRelay
        )
    }

    /// True for what happens to a post.
    #[must_use]
    pub const fn is_of_post(self) -> bool {
        matches!(self, Self::Appoint | Self::Leave | Self::Return | Self::EndPost)
    }

    /// True for what stands in a draw of the city.
    #[must_use]
    pub const fn is_of_draw(self) -> bool {
        matches!(self, Self::AnnounceDraw | Self::RevealDraw)
    }

    /// True for what stands in a supervision order.
    #[must_use]
    pub const fn is_of_order(self) -> bool {
        matches!(self, Self::IssueOrder | Self::ReplyOrder | Self::ReturnOrder | Self::CloseOrder)
    }

    /// True for what supervision says of a case.
    #[must_use]
    pub const fn is_of_supervision(self) -> bool {
        matches!(
            self,
            Self::Supervise
                | Self::Complain
                | Self::IssueCard
                | Self::RuleAppeal
                | Self::WithdrawCard
                | Self::Resolve
                | Self::CheckSample
        )
    }

    /// True for what stands in the roster.
    #[must_use]
    pub const fn is_of_roster(self) -> bool {
        matches!(self, Self::Enrol | Self::Revoke | Self::Settle)
    }

    /// True for what stands in the catalogue, the calendar and the rules.
    #[must_use]
    pub const fn is_of_publication(self) -> bool {
        matches!(self, Self::Publish | Self::Retire)
    }

    /// The number under which it rests in documents.
    #[must_use]
    pub fn code(self) -> u32 {
        match self {
            Self::Unknown(code) => code,
            known => known.word().map_or(u32::MAX, |word| word.code),
        }
    }

    fn of_code(code: u32) -> Self {
        WORDS.iter().find(|word| word.code == code).map_or(Self::Unknown(code), |word| word.kind)
    }

    fn word(self) -> Option<&'static Word> {
        WORDS.iter().find(|word| word.kind == self)
    }

    /// The word for the page.
    #[must_use]
    pub fn zh(self) -> &'static str {
        self.word().map_or("未知环节", |word| word.zh)
    }

    /// The word for scripts.
    #[must_use]
    pub fn en(self) -> &'static str {
        self.word().map_or("unknown", |word| word.en)
    }
}

impl<C> Encode<C> for EventKind {
    fn encode<W: minicbor::encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.u32(self.code())?.ok()
    }
}

impl<'b, C> Decode<'b, C> for EventKind {
    fn decode(decoder: &mut Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        decoder.u32().map(Self::of_code)
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.en())
    }
}

impl<'de> Deserialize<'de> for EventKind {
    /// Reads the word for scripts.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl FromStr for EventKind {
    type Err = UnknownEvent;

    /// Reads the word for scripts.
    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        let word = WORDS.iter().find(|word| word.en == text);
        word.map(|word| word.kind).ok_or_else(|| UnknownEvent(text.to_owned()))
    }
}
