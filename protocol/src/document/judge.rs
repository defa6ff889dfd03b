//! What an author may change, operation by operation.
//!
//! An entry that is refused here is kept as evidence and has no effect. The verdict depends on
//! nothing but the entry and its author's credential, so every store comes to the same.

use automerge::legacy::{Key, ObjectId, Op, OpType};
use automerge::{ActorId, ScalarValue};

use super::change;
use super::event::Event;
use super::kind::EventKind;
use super::name::{DocumentKind, DocumentName};
use super::paper::{HEADER, Header, Material, Part};
use super::right::Ownership;
use super::scalar::{read_cbor, read_event_key, read_field};
use crate::case::joint::PARTS_MAX;
use crate::case::{MATERIALS_MAX, STEPS_MAX};
use crate::deadline::LIMIT_MAX;
use crate::identity::Credential;
use crate::journal::{Body, Change, Entry};
use crate::limits::{EVENT_BEFORE_ENTRY_MS_MAX, TEXT_BYTES_MAX};
use crate::place::Scope;
use crate::queue::Strip;
use crate::supervision::PROOF_MAX;

/// Why an entry has no effect.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no change, or one that this version cannot take apart.
    #[error("a change cannot be read: {0}")]
    Unreadable(String),
    /// The change was made under another author's name.
    #[error("a change is made in the name of another author")]
    OtherAuthor,
    /// The place is not one that a document has, or not one for this sort of value.
    #[error("{0} is no place where this may be written")]
    NoSuchPlace(String),
    /// The terms are longer than any guide, or the proof of a card than any case needs.
    #[error(
        "the terms of a case have more than {STEPS_MAX} steps, {MATERIALS_MAX} materials or {PARTS_MAX} parts, a limit of more than {LIMIT_MAX} days, or a part that waits for a later one; or a card names more than {PROOF_MAX} events"
    )]
    Unbounded,
    /// The event claims another tier than the author's.
    #[error("an event claims to be recorded at another tier than its author's")]
    OtherTier,
    /// Only the home's own centre writes there.
    #[error("{0} may be written by the centre that took the case only")]
    NotYours(&'static str),
    /// The tier may not record such an event here.
    #[error("this centre may not record `{}` ({}) in this document", .0.en(), .0.zh())]
    NotYourEvent(EventKind),
    /// What is set once was written again.
    #[error("{0} never changes once it is written")]
    Rewritten(&'static str),
    /// The event claims to be recorded after its entry.
    #[error("an event claims to be recorded after the entry that brought it")]
    FromTheFuture,
    /// The event claims to be recorded long before its entry, that is, before others that stand.
    #[error(
        "an event claims to be recorded {0} ms before the entry that brought it, above the limit of {EVENT_BEFORE_ENTRY_MS_MAX}"
    )]
    BackDated(i64),
    /// A text is over the bound.
    #[error("a text of {0} bytes is over the limit of {TEXT_BYTES_MAX}")]
    TooLong(usize),
    /// Only the city's hub gives receipts.
    #[error("only the city gives receipts")]
    ReceiptNotFromCity,
    /// This kind of document is not written in this home.
    #[error("a document of kind {0:?} does not belong into this home")]
    WrongHome(DocumentKind),
}

impl Refusal {
    /// Why, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Unreadable(why) => format!("无法读取更改内容：{why}"),
            Self::OtherAuthor => "更改冒用了其他作者的名义".to_owned(),
            Self::NoSuchPlace(place) => format!("{place} 处不能写入此内容"),
            Self::Unbounded => format!(
                "办件所载承诺过长：环节最多 {STEPS_MAX} 个，材料最多 {MATERIALS_MAX} 项，并联事项最多 {PARTS_MAX} 个，时限最长 {LIMIT_MAX} 天；一张牌最多列 {PROOF_MAX} 个环节"
            ),
            Self::OtherTier => "所写层级与登记中心的层级不符".to_owned(),
            Self::NotYours(what) => format!("只有收件的中心可以填写（{what}）"),
            Self::NotYourEvent(kind) => format!("本中心不能在此登记“{}”", kind.zh()),
            Self::Rewritten(what) => format!("写定之后不能更改（{what}）"),
            Self::FromTheFuture => "登记时间晚于所在记录的时间".to_owned(),
            Self::BackDated(ms) => {
                format!("登记时间比所在记录早 {ms} 毫秒，超过 {EVENT_BEFORE_ENTRY_MS_MAX} 毫秒")
            }
            Self::TooLong(bytes) => {
                format!("文字有 {bytes} 字节，超过 {TEXT_BYTES_MAX} 字节，请缩短")
            }
            Self::ReceiptNotFromCity => "只有市中心可以签发回执".to_owned(),
            Self::WrongHome(_) => "此类文书不能存放在这里".to_owned(),
        }
    }
}

/// How much of an entry this version understands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Grasp {
    /// All of it: the verdict is final.
    Whole,
    /// An event is of a kind that came with a later version. That version must judge the entry
    /// again; until then the event has no effect.
    Partial,
}

/// Judges an entry by its author's credential.
///
/// # Errors
///
/// The first [`Refusal`] found; the entry then has no effect as a whole.
pub fn judge(entry: &Entry, credential: &Credential) -> Result<Grasp, Refusal> {
    judge_noting(entry, credential).map(|(grasp, _)| grasp)
}

/// What an entry says by which its documents are looked for later.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Noted {
    /// The headers that it sets, and of which documents.
    pub headers: Vec<(DocumentName, Header)>,
    /// The cases in which it issues a card or says what a sample showed.
    pub supervised: Vec<DocumentName>,
    /// The cases for which it opens a green channel.
    pub green: Vec<DocumentName>,
}

/// Judges as [`judge`] does, and notes what it has to read anyway.
///
/// # Errors
///
/// As [`judge`].
pub fn judge_noting(entry: &Entry, credential: &Credential) -> Result<(Grasp, Noted), Refusal> {
    let mut noted = Noted::default();
    let grasp = match &entry.body {
        Body::Open(_) => Grasp::Whole,
        Body::Receipts(_) if credential.path.centre() == credential.path.city() => Grasp::Whole,
        Body::Receipts(_) => return Err(Refusal::ReceiptNotFromCity),
        Body::Changes(changes) => changes.iter().try_fold(Grasp::Whole, |grasp, change| {
            Ok(grasp.and(judge_change(entry, credential, change, &mut noted)?))
        })?,
    };
    Ok((grasp, noted))
}

impl Grasp {
    const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Whole, Self::Whole) => Self::Whole,
            (Self::Partial, _) | (_, Self::Partial) => Self::Partial,
        }
    }
}

fn judge_change(
    entry: &Entry,
    credential: &Credential,
    change: &Change,
    noted: &mut Noted,
) -> Result<Grasp, Refusal> {
    let kind = change.document.kind;
    let home = entry.journal.home;
    let scope = match kind {
        DocumentKind::Item
        | DocumentKind::Roster
        | DocumentKind::Calendar
        | DocumentKind::Rules => Scope::Public,
        DocumentKind::Case
        | DocumentKind::ServiceRecord
        | DocumentKind::Rating
        | DocumentKind::Order
        | DocumentKind::Post
        | DocumentKind::Outages => Scope::Office,
    };
    if scope != home.scope {
        return Err(Refusal::WrongHome(kind));
    }
    let parsed = change::read(&change.bytes).map_err(Refusal::Unreadable)?;
    if parsed.expanded.actor_id.to_bytes() != entry.journal.author.to_bytes() {
        return Err(Refusal::OtherAuthor);
    }
    let own =
        if credential.path.centre() == home.division { Ownership::Own } else { Ownership::Below };
    let genesis = ActorId::from([0_u8].as_slice());
    let document = change.document;
    let judge = OpJudge { entry, credential, document, own, genesis };
    let operations = &parsed.expanded.operations;
    operations.iter().try_fold(Grasp::Whole, |grasp, op| Ok(grasp.and(judge.op(op, noted)?)))
}

struct OpJudge<'a> {
    entry: &'a Entry,
    credential: &'a Credential,
    document: DocumentName,
    own: Ownership,
    genesis: ActorId,
}

impl OpJudge<'_> {
    fn op(&self, op: &Op, noted: &mut Noted) -> Result<Grasp, Refusal> {
        let nowhere = |what: &str| Refusal::NoSuchPlace(what.to_owned());
        let Key::Map(key) = &op.key else { return Err(nowhere("a list")) };
        // Removing is how a conflict is settled in favour of the value that counts.
        let scalar = match &op.action {
            OpType::Put(scalar) => Some(scalar),
            OpType::Delete => None,
            _ => return Err(nowhere(key)),
        };
        if op.insert {
            return Err(nowhere(key));
        }
        short([key])?;
        let part = match &op.obj {
            ObjectId::Root if key == HEADER => None,
            ObjectId::Id(id) if id.actor() == &self.genesis => {
                let part = Part::ALL.into_iter().find(|part| part.counter() == id.counter());
                Some(part.ok_or_else(|| nowhere(key))?)
            }
            ObjectId::Root | ObjectId::Id(_) => return Err(nowhere(key)),
        };
        match (part, scalar) {
            (None, Some(scalar)) => {
                noted.headers.push((self.document, self.header(op, scalar)?));
            }
            (Some(Part::Form), Some(scalar)) => self.field(scalar)?,
            (Some(Part::Form), None) => self.own_only("the form")?,
            (Some(Part::Materials), Some(scalar)) => self.material(scalar)?,
            (Some(Part::Materials), None) => self.own_only("the list of materials")?,
            (Some(Part::Events), Some(scalar)) => return self.event(op, key, scalar, noted),
            (None, None) => return Err(Refusal::Rewritten("the header")),
            (Some(Part::Events), None) => return Err(Refusal::Rewritten("an event")),
        }
        Ok(Grasp::Whole)
    }

    fn header(&self, op: &Op, scalar: &ScalarValue) -> Result<Header, Refusal> {
        if !op.pred.is_empty() {
            return Err(Refusal::Rewritten("the header"));
        }
        let header: Header = read_cbor(scalar).ok_or_else(|| nothing("the header"))?;
        let Header { number, item, item_name, applicant, channel, .. } = &header;
        short([number, item, item_name, applicant, channel])?;
        // Whoever leads a joint case from above refers its parts to those below.
        let centre = self.credential.path.centre();
        let refers = header.part_of.is_some_and(|it| it.lead.home.division == centre);
        if !(refers && header.taken_by == centre) {
            self.own_only("the header")?;
        }
        Ok(header)
    }

    fn field(&self, scalar: &ScalarValue) -> Result<(), Refusal> {
        self.own_only("the form")?;
        match scalar {
            ScalarValue::Str(text) => short([text])?,
            ScalarValue::Bytes(bytes) => short([bytes])?,
            _ => {}
        }
        read_field(scalar).map(drop).ok_or_else(|| nothing("the form"))
    }

    fn material(&self, scalar: &ScalarValue) -> Result<(), Refusal> {
        self.own_only("the list of materials")?;
        read_cbor::<Material>(scalar).map(drop).ok_or_else(|| nothing("the list of materials"))
    }

    fn event(
        &self,
        op: &Op,
        key: &str,
        scalar: &ScalarValue,
        noted: &mut Noted,
    ) -> Result<Grasp, Refusal> {
        if !op.pred.is_empty() {
            return Err(Refusal::Rewritten("an event"));
        }
        let event: Event = read_cbor(scalar).ok_or_else(|| nothing("the list of events"))?;
        let recorded = read_event_key(key).ok_or_else(|| Refusal::NoSuchPlace(key.to_owned()))?;
        if recorded > self.entry.time {
            return Err(Refusal::FromTheFuture);
        }
        let before = self.entry.time.instant().ms_since(recorded.instant());
        if before > EVENT_BEFORE_ENTRY_MS_MAX {
            return Err(Refusal::BackDated(before));
        }
        let detail = event.detail();
        let said = [&detail.document, &detail.reason, &detail.remedy, &detail.card, &detail.basis];
        let said = said.into_iter().chain([&detail.bulk, &detail.seed, &detail.channel]);
        let faults = detail.checklist.iter().flat_map(|it| it.faults());
        short(faults.map(|(_, _, reason)| reason))?;
        let said = said.flatten();
        let named = [&detail.materials, &detail.staff].into_iter().flatten().flatten();
        short([&event.by, &event.note].into_iter().chain(said).chain(named))?;
        short(detail.service_texts())?;
        let is_sound = detail.plan.as_ref().is_none_or(|plan| plan.is_sound())
            && detail.part.as_ref().is_none_or(|part| part.is_bounded())
            && detail.stated.as_ref().is_none_or(|stated| stated.is_bounded())
            && detail.template.as_ref().is_none_or(|template| template.plan.is_sound())
            && [detail.parts.as_ref().map(Vec::len), detail.answers.as_ref().map(Vec::len)]
                .into_iter()
                .flatten()
                .all(|count| count <= PARTS_MAX);
        if !is_sound || detail.terms.as_ref().is_some_and(|terms| !terms.is_bounded()) {
            return Err(Refusal::Unbounded);
        }
        if detail.tier.is_some_and(|tier| tier != self.credential.tier) {
            return Err(Refusal::OtherTier);
        }
        match event.kind {
            kind if !self.takes(kind) => Err(Refusal::NotYourEvent(kind)),
            EventKind::Unknown(_) => Ok(Grasp::Partial),
            EventKind::OpenGreen => {
                noted.green.push(self.document);
                Ok(Grasp::Whole)
            }
            EventKind::IssueCard | EventKind::CheckSample => {
                noted.supervised.push(self.document);
                Ok(Grasp::Whole)
            }
            _ => Ok(Grasp::Whole),
        }
    }

    /// Whether the document takes a kind of event from its author.
    fn takes(&self, kind: EventKind) -> bool {
        let may = kind.may_record(self.credential.tier, self.own);
        match self.document.kind {
            // Judged again by the version that knows it; until then it has no effect anyway.
            _ if matches!(kind, EventKind::Unknown(_)) => true,
            DocumentKind::Roster => self.own == Ownership::Own && kind.is_of_roster(),
            DocumentKind::Item | DocumentKind::Calendar => {
                self.own == Ownership::Own && kind.is_of_publication()
            }
            DocumentKind::Rules => {
                let is_of_rules = kind.is_of_publication() || kind.is_of_draw();
                self.own == Ownership::Own && is_of_rules
            }
            DocumentKind::ServiceRecord => {
                let is_ours = match Strip::of(self.document) {
                    Some(_) => kind.is_of_queue(),
                    None => kind.is_of_service(),
                };
                self.own == Ownership::Own && is_ours
            }
            DocumentKind::Post => self.own == Ownership::Own && kind.is_of_post(),
            DocumentKind::Outages => may && kind == EventKind::Outage,
            DocumentKind::Case => may && kind.is_of_case(),
            DocumentKind::Order => may && kind.is_of_order(),
            DocumentKind::Rating => may && kind == EventKind::Rate,
        }
    }

    fn own_only(&self, what: &'static str) -> Result<(), Refusal> {
        match self.own {
            Ownership::Own => Ok(()),
            Ownership::Below => Err(Refusal::NotYours(what)),
        }
    }
}

fn nothing(place: &str) -> Refusal {
    Refusal::NoSuchPlace(format!("{place} (with such a value)"))
}

fn short<T: AsRef<[u8]>>(texts: impl IntoIterator<Item = T>) -> Result<(), Refusal> {
    match texts.into_iter().map(|text| text.as_ref().len()).find(|bytes| *bytes > TEXT_BYTES_MAX) {
        Some(bytes) => Err(Refusal::TooLong(bytes)),
        None => Ok(()),
    }
}
