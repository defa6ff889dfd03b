//! What the law wants to be said of an event, besides when, by whom and a note.
//!
//! One record with optional fields, each under its own number: a later version may add some, and
//! an earlier one passes over what it does not know. Which event needs which is the table of
//! [`crate::case::law`].

use minicbor::{Decode, Encode};

use super::name::{DocumentId, DocumentName};
use super::words::{AppealGround, Ground, Outcome, Procedure, Role, Ruling, Satisfaction};
use crate::calendar::YearNotice;
use crate::case::joint::{Answered, Gathering, Part, Plan, Template};
use crate::case::{Customs, Green, Terms};
use crate::catalogue::Item;
use crate::outage::OutageReport;
use crate::place::Tier;
use crate::post::Appointment;
use crate::sampling::{Checklist, Draw};
use crate::service::{Answer, Relay, Service};
use crate::supervision::{Level, RuleSet, Stated};
use crate::time::Timestamp;

/// What is said of an event besides.
#[derive(Clone, Debug, Decode, Default, Encode, PartialEq)]
#[cbor(map)]
pub struct Detail {
    /// 岗位: in which capacity the event was recorded; a window's where it is left out.
    #[n(0)]
    pub role: Option<Role>,
    /// 文号: the number of the paper that was given to the applicant.
    #[n(1)]
    pub document: Option<String>,
    /// 理由.
    #[n(2)]
    pub reason: Option<String>,
    /// 救济途径: where the applicant may turn against it; for a refusal for want of competence,
    /// the right agency.
    #[n(3)]
    pub remedy: Option<String>,
    /// The materials of which it speaks.
    #[n(4)]
    pub materials: Option<Vec<String>>,
    /// Working days: announced for a special procedure, granted by an extension.
    #[n(5)]
    pub days: Option<u16>,
    /// Which special procedure.
    #[n(6)]
    pub procedure: Option<Procedure>,
    /// How it was decided.
    #[n(7)]
    pub outcome: Option<Outcome>,
    /// Why it was not accepted, or ended.
    #[n(8)]
    pub ground: Option<Ground>,
    /// The staff who went, for a site check.
    #[n(9)]
    pub staff: Option<Vec<String>>,
    /// The tier at which it was recorded, as the author's credential says.
    #[n(10)]
    pub tier: Option<Tier>,
    /// What was promised on the day of receipt.
    #[n(11)]
    pub terms: Option<Box<Terms>>,
    /// A year of the calendar.
    #[n(12)]
    pub notice: Option<YearNotice>,
    /// A version of an item.
    #[n(13)]
    pub item: Option<Box<Item>>,
    /// The rules of supervision.
    #[n(14)]
    pub rules: Option<Box<RuleSet>>,
    /// The card of which it speaks, by its name within the case.
    #[n(15)]
    pub card: Option<String>,
    /// How grave the card is.
    #[n(16)]
    pub level: Option<Level>,
    /// Points off.
    #[n(17)]
    pub points: Option<u16>,
    /// Why a card is appealed against.
    #[n(18)]
    pub appeal: Option<AppealGround>,
    /// How the appeal was ruled on.
    #[n(19)]
    pub ruling: Option<Ruling>,
    /// 收费: how much, in 分.
    #[n(20)]
    pub fee: Option<u64>,
    /// 收费依据: the law that lets it be charged.
    #[n(21)]
    pub basis: Option<String>,
    /// 联办方案: by which a joint case was taken.
    #[n(22)]
    pub plan: Option<Box<Plan>>,
    /// The parts of a joint case of which it speaks, by their places: those referred, those
    /// called together, those who stayed away.
    #[n(23)]
    pub parts: Option<Vec<u16>>,
    /// 并联答复: on which a joint decision rests.
    #[n(24)]
    pub answers: Option<Vec<Answered>>,
    /// What the authorities are called to.
    #[n(25)]
    pub gathering: Option<Gathering>,
    /// When they meet.
    #[n(26)]
    pub meets_at: Option<Timestamp>,
    /// The part that an authority is to decide.
    #[n(27)]
    pub part: Option<Box<Part>>,
    /// A version of a template of joint cases.
    #[n(28)]
    pub template: Option<Box<Template>>,
    /// 评价: how satisfied the applicant was.
    #[n(50)]
    pub rating: Option<Satisfaction>,
    /// 渠道: how what happened came about, in the words of a header's channel; at the counter
    /// where it is left out.
    #[n(51)]
    pub channel: Option<String>,
    /// The case that an order is about (督办), or a rating that rests elsewhere than beside it.
    #[n(55)]
    pub case: Option<DocumentId>,
    /// 批次: what was withdrawn together for one cause has one name.
    #[n(56)]
    pub bulk: Option<String>,
    /// 中断: what a machine says of its own outages.
    #[n(57)]
    pub outages: Option<Box<OutageReport>>,
    /// 抽查: what is announced.
    #[n(58)]
    pub draw: Option<Box<Draw>>,
    /// 种子: the seed of a draw, once it is shown.
    #[n(59)]
    pub seed: Option<String>,
    /// 抽查结果: what was found.
    #[n(60)]
    pub checklist: Option<Box<Checklist>>,
    /// Which draw a case was drawn in.
    #[n(61)]
    pub sample: Option<DocumentName>,
    /// 牌面: what an issued card states.
    #[n(62)]
    pub stated: Option<Box<Stated>>,
    /// A service that was given.
    #[n(70)]
    pub service: Option<Box<Service>>,
    /// The case or ticket of a service.
    #[n(71)]
    pub link: Option<String>,
    /// 申请人确认: who confirmed a service, and how.
    #[n(72)]
    pub confirmed: Option<String>,
    /// To whom something is handed over.
    #[n(73)]
    pub to: Option<String>,
    /// What became of a question.
    #[n(74)]
    pub answer: Option<Answer>,
    /// Who has a post.
    #[n(75)]
    pub post: Option<Box<Appointment>>,
    /// The cases that are handed over, by their names.
    #[n(76)]
    pub cases: Option<Vec<String>>,
    /// 绿色通道: on what it is opened.
    #[n(77)]
    pub green: Option<Box<Green>>,
    /// What the city sets besides its rules of supervision.
    #[n(78)]
    pub customs: Option<Customs>,
    /// 上级系统代办: what was entered into the system of an upper authority.
    #[n(80)]
    pub relay: Option<Box<Relay>>,
    /// What an upper system says of what was entered there.
    #[n(81)]
    pub result: Option<String>,
    /// 拟稿人: who proposed what is published; whoever approved it is whom the event names.
    #[n(90)]
    pub proposed_by: Option<String>,
    /// 延续: on its last day the permit ends that is to be renewed; of a receipt.
    #[n(91)]
    pub permit_ends: Option<Timestamp>,
}

impl Detail {
    /// The texts of a service record, of a post and of a card.
    pub(super) fn service_texts(&self) -> impl Iterator<Item = &String> {
        let said = [&self.link, &self.confirmed, &self.to, &self.result].into_iter().flatten();
        let post = self.post.iter().flat_map(|post| [Some(&post.name), post.partner.as_ref()]);
        said.chain(self.service.iter().flat_map(|service| service.texts()))
            .chain(post.flatten())
            .chain(self.cases.iter().flatten())
            .chain(self.green.iter().flat_map(|green| green.texts()))
            .chain(self.stated.iter().flat_map(|stated| stated.texts()))
            .chain(self.relay.iter().flat_map(|relay| relay.texts()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_said_is_an_empty_record() {
        assert_eq!(minicbor::to_vec(Detail::default()).unwrap(), [0xa0]);
        assert_eq!(minicbor::decode::<Detail>(&[0xa1, 0x18, 99, 0x01]).unwrap(), Detail::default());
    }
}
