//! Cases as the counter handles them: taking, recording, listing, and where each one is.
//!
//! Pages, the JSON API, the command line and imports all call the same functions, over any
//! [`Replica`]; the values that come back are what the API sends. Writes only stage: they are
//! saved once the replica has committed. [`take_at`] and [`record_at`] do that at the desk of a
//! running service.
//!
//! What is **not** here: sockets, pages, the clock, and the law, which is
//! [`tongban_protocol::case::law`].

mod applicant;
mod at_desk;
mod besides;
mod bulk;
mod cards;
mod channel;
mod clocks;
mod code;
mod desk;
mod differing;
mod error;
#[cfg(test)]
pub(crate) mod fixture;
pub(crate) mod instant;
mod joint;
mod keyed;
mod kinds;
mod offered;
mod owed;
mod partner;
mod progress;
mod rating;
mod read;
mod request;
mod said;
mod steps;
mod values;
mod watch;
mod why;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rand_core::Rng;
use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::{Course, Fault, GreenBasis, law};
use tongban_protocol::catalogue::kind::Kind;
use tongban_protocol::document::{
    Detail, DocumentId, DocumentKind, DocumentName, Edit, Event, EventKind, Header, Material,
    MaterialState,
};
use tongban_protocol::number::CaseNumber;
use tongban_protocol::place::{Division, Home, Tier};
use tongban_protocol::supervision::{Card, Stated};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::Value;

use crate::posts;
use crate::replica::{Appended, CaseFile, Replica};
use crate::store::Store;

use differing::USUAL_CHANNEL;
use offered::{Offered, offered};
use request::taken_again;

pub use applicant::{APPLICANT_NUMBER, number_doubts, phone_doubt};
pub use at_desk::{record_at, take_at};
pub use bulk::{
    Bulk, CARDS_AT_ONCE_MAX, WithdrawWish, WithdrawnCard, matching_cards, withdraw_cards,
};
pub use cards::{
    CardDetail, CaseCards, DueNote, IssuedDetail, Judgement, OutageDetail, ProofNote, cards, judge,
};
pub use channel::{GREEN_LOOKED_MAX, GreenBoard, GreenLine, green_board};
pub use clocks::{CaseClocks, ClockDetail, DayDetail, clocks};
pub use code::{QUERY_CODE, QUERY_CODE_CHARS, QueryCode, QueryCodeError, query_code};
pub use desk::{DESK_LINES_MAX, Desk as DeskCases, DeskLine, Due, Mood, Sought, desk};
pub use differing::Difference;
pub use error::CaseError;
pub(crate) use error::instead;
pub use instant::{InstantError, parse_instant};
pub use joint::{CaseParts, Lane, parts};
pub use keyed::{Rehearsed, rehearse, take_keyed};
pub(crate) use kinds::kinds;
pub use kinds::parse_kind;
pub use owed::{Owed, Promised, promised};
pub use progress::{CaseProgress, ProgressStep, progress};
pub use rating::{OPINION_CHARS_MAX, Opinion, RatingFault, rate_away};
pub(crate) use read::summary;
pub use read::{find, green, list, show, told};
pub(crate) use request::{Found, find_request};
pub use request::{REQUEST_ID_BYTES_MAX, REQUEST_MEMORY_MS};
pub use said::{GreenSaid, Said};
pub use steps::{NextStep, foresee, next_steps, record_seen, settle_field};
pub use values::{
    AnomalyNote, CaseDetail, CaseList, CaseSummary, DoubtNote, EventDetail, GreenNote,
    MaterialDetail, PartNote, RatingNote, Stage, StateWord,
};
pub(crate) use watch::is_under;
pub use watch::{
    IssuedTogether, Pick, Sight, WATCH_CARDS_MAX, WATCHED_MAX, WatchCard, WatchWish, Watched,
    issue_cards, rule_of, watched,
};
pub use why::{Why, why};

/// An application, as it is handed in.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCase {
    /// The item's code.
    pub item: String,
    /// The item's name on that day, where the catalogue held here does not know the item; the
    /// code where it is left out too.
    #[serde(default)]
    pub item_name: String,
    /// The applicant.
    pub applicant: String,
    /// 证件号: identity card, unified social credit code, or what there was before. It rests in the
    /// form as [`APPLICANT_NUMBER`]; what is doubted about it is said in the answer, and the case
    /// is taken all the same.
    #[serde(default)]
    pub applicant_number: Option<String>,
    /// 窗口, 网上, 自助, 上门 …; 窗口 where it is left out.
    #[serde(default)]
    pub channel: String,
    /// The fields of the form.
    #[serde(default)]
    pub form: BTreeMap<String, String>,
    /// The names of the materials that were handed in.
    #[serde(default)]
    pub materials: Vec<String>,
    /// Who took it: a name or a staff number.
    pub by: String,
    /// When it was handed in; now where it is left out. RFC 3339, or milliseconds since 1970.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub happened_at: Option<Timestamp>,
    /// 延续: the last day of the permit that is to be renewed. Nobody having decided by then, it
    /// counts as renewed where it was applied for thirty days before (行政许可法 50).
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub renews_until: Option<Timestamp>,
    /// Of a joint case, the centre that decides a part, by the part's place from 1, where it is
    /// not the one of its tier above this centre.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub authorities: BTreeMap<u16, Division>,
    /// The caller's own name for this request: given twice within 24 hours, it makes one case.
    #[serde(default)]
    pub request_id: Option<String>,
}

/// A case that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// Its name.
    pub id: DocumentId,
    /// 办件编号.
    pub number: String,
    /// Where its entry landed.
    pub appended: Appended,
    /// What should be confirmed about the applicant's number.
    pub doubts: Vec<DoubtNote>,
    /// 查询码, where this machine can tell it.
    pub code: Option<QueryCode>,
}

/// Something that happened to a case.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// What sort of thing: `accept`, `finish-step`, `decide`, …
    #[schema(value_type = String)]
    pub kind: EventKind,
    /// What else there is to say; for a step its name, for a decision its outcome.
    #[serde(default)]
    pub note: String,
    /// Who did it: a name or a staff number.
    pub by: String,
    /// When it happened; now where it is left out. RFC 3339, or milliseconds since 1970.
    #[serde(default, with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub happened_at: Option<Timestamp>,
    /// What the law wants to be said with it.
    #[serde(default)]
    pub detail: Said,
}

/// Stages a new case of this centre, as one entry: header, form, materials, and its receipt.
///
/// A request id that made a case within the last [`REQUEST_MEMORY_MS`] gives that case again and
/// stages nothing; one that says something else besides is refused, so that nobody takes the first
/// case for the second. The id counts for this centre alone. The entry of a case that is staged
/// but not durable yet is then named as the first one after the durable end of the journal.
///
/// # Errors
///
/// [`CaseError`] says why nothing was staged.
pub fn take<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl Rng,
    mut case: NewCase,
) -> Result<Taken, CaseError> {
    let doubts = admit(&mut case, now)?;
    let name = match &case.request_id {
        None => replica.name_document(now, DocumentKind::Case, rng),
        Some(request) if request.is_empty() || request.len() > REQUEST_ID_BYTES_MAX => {
            return Err(CaseError::RequestId(request.len()));
        }
        Some(request) => match find_request(replica, now, (DocumentKind::Case, request))? {
            Found::Before(id, at) => return taken_again(replica, id, at, (doubts, &case)),
            Found::Nothing(name) => name,
        },
    };
    let offered = offered(replica, &case.item, case.happened_at.unwrap_or(now))?;
    take_as(replica, now, name, (case, doubts), offered)
}

/// Checks what every case needs, and says what is doubted about the applicant's number.
fn admit(case: &mut NewCase, now: Timestamp) -> Result<Vec<DoubtNote>, CaseError> {
    for (field, text) in [("item", &case.item), ("applicant", &case.applicant), ("by", &case.by)] {
        if text.trim().is_empty() {
            return Err(CaseError::Empty(field));
        }
    }
    case.by = case.by.trim().to_owned(); // A blank makes nobody else.
    Ok(applicant::check(case, civil_day(now)))
}

/// Stages a new case under a name, as its item was offered that day.
fn take_as<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    name: DocumentName,
    (case, doubts): (NewCase, Vec<DoubtNote>),
    mut offered: Offered,
) -> Result<Taken, CaseError> {
    posts::check_acceptor(replica, now, &case.by)?.map_err(CaseError::Vacant)?;
    let id = DocumentId { home: Home::office(replica.member().centre()), name };
    let taken_at = case.happened_at.unwrap_or(now);
    if let Some(plan) = &mut offered.plan {
        joint::seat(replica, plan, &case.authorities, civil_day(taken_at))?;
    }
    // The law judges by the terms; of an item that gives none the catalogue knows more.
    if case.renews_until.is_some() && offered.kind.is_some_and(|kind| kind != Kind::Permit) {
        return Err(CaseError::Unlawful { fault: Fault::NoPermit });
    }
    let number = replica.next_number(civil_day(taken_at))??;
    let tier = replica.member().credential.tier;
    let receive = receipt((taken_at, tier), &case, &mut offered);
    let recorded_at = replica.recording_time(now).instant();
    law::check(&Course::default(), &receive, recorded_at, replica.almanac())
        .map_err(|fault| CaseError::Unlawful { fault })?;
    let mut edits = edits(id, taken_at, number, case, offered);
    let code = QueryCode::of(&replica.member().key, id);
    edits.push(Edit::Field(QUERY_CODE.to_owned(), Value::Text(code.mark(id))));
    edits.push(Edit::Event(receive));
    let appended = replica.append(now, id.home, vec![(name, edits)])?;
    Ok(Taken { id, number: number.to_string(), appended, doubts, code: Some(code) })
}

/// Stages an event of a case, unless the law does not allow it.
///
/// # Errors
///
/// [`CaseError::Unlawful`] names what is wrong and the article; the others say why nothing was
/// staged.
pub fn record<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    id: DocumentId,
    mut event: NewEvent,
) -> Result<Appended, CaseError> {
    event.by = event.by.trim().to_owned();
    if event.by.is_empty() {
        return Err(CaseError::Empty("by"));
    }
    let file = replica.case(id)?.ok_or(CaseError::NotFound(id))?;
    if event.kind == EventKind::Rate {
        return rating::rate(replica, now, &file, event);
    }
    if let Some((last, _)) = file.view.events.last() {
        replica.check_follows(id.home, *last, now)?; // Before the law wonders at the dates.
    }
    if event.kind == EventKind::Refer {
        return joint::refer(replica, now, file, event);
    }
    if posts::is_acceptance(event.kind) {
        posts::check_acceptor(replica, now, &event.by)?.map_err(CaseError::Vacant)?;
    }
    let event = lawful(replica, now, file.clone(), event)?;
    partner::check(replica, &file, &event)?;
    joint::check_absent(replica, now, &file, &event)?;
    let mut said = vec![Edit::Event(event.clone())];
    said.extend(handed_in(&event));
    let appended = replica.append(now, id.home, vec![(id.name, said)])?;
    joint::tell_parts(replica, now, &file, &event)?; // Only once the lead has taken it.
    Ok(appended)
}

/// The materials that came with an event: they are there from then on.
fn handed_in(event: &Event) -> impl Iterator<Item = Edit> {
    let brings = matches!(event.kind, EventKind::Receive | EventKind::Supplement);
    let named = event.detail().materials.clone().filter(|_| brings).unwrap_or_default();
    let handed = Material { state: MaterialState::Handed, content: None };
    named.into_iter().map(move |name| Edit::Material(name, handed))
}

/// Makes the event, as far as every tier will take it: the same check decides on arrival.
fn lawful<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    file: CaseFile,
    said: NewEvent,
) -> Result<Event, CaseError> {
    let NewEvent { kind, note, by, happened_at, detail: said } = said;
    let number = file.view.header.as_ref().map(|header| header.number.clone()).unwrap_or_default();
    let mut detail = said.detail(kind, &note, &number, replica.member().credential.tier);
    if kind == EventKind::Decide {
        detail.answers = joint::answers(replica, &file, now)?;
    }
    if let Some(green) = detail.green.as_mut().filter(|it| it.basis == GreenBasis::Investment) {
        green.threshold_yuan = Some(replica.customs().green_threshold_yuan);
    }
    if kind == EventKind::IssueCard {
        let mut given = cards::given(replica, &file, replica.recording_time(now).instant())?;
        given.retain(|card| !card.is_explained);
        let name = detail.card.clone().unwrap_or_default();
        if let Some(issued) = file.folded.course.issued.get(&name) {
            return Err(CaseError::IssuedTwice { name, on: issued.on });
        }
        let Some(card) = given.iter().find(|card| card.name() == name) else {
            let due = given.iter().map(Card::name).collect();
            return Err(CaseError::NoSuchCard { name, due });
        };
        (detail.level, detail.points) = (Some(card.level), Some(card.points));
        detail.stated = Some(Box::new(Stated::of(card, replica.rules().rule(&card.rule))));
        detail.reason.get_or_insert_with(|| card.figures.zh.clone());
    }
    let event = Event::new(kind, happened_at.unwrap_or(now), &by, &note).with(detail);
    let recorded_at = replica.recording_time(now).instant();
    let almanac = replica.almanac();
    let mut course = file.folded.course;
    course.deem_by(&event, recorded_at, almanac);
    law::check(&course, &event, recorded_at, almanac)
        .map(|_| event)
        .map_err(|fault| CaseError::Unlawful { fault })
}

fn edits(
    id: DocumentId,
    taken_at: Timestamp,
    number: CaseNumber,
    case: NewCase,
    offered: Offered,
) -> Vec<Edit> {
    let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
    let header = Header {
        number: number.to_string(),
        item_name: offered.name.unwrap_or_else(|| or(case.item_name, &case.item)),
        item: case.item,
        applicant: case.applicant,
        channel: or(case.channel, USUAL_CHANNEL),
        taken_by: id.home.division,
        taken_at,
        part_of: None,
    };
    let handed = Material { state: MaterialState::Handed, content: None };
    let mut edits = vec![Edit::Header(header)];
    edits.extend(case.form.into_iter().map(|(field, text)| Edit::Field(field, Value::Text(text))));
    let missing = offered.materials.into_iter().filter(|(name, _)| !case.materials.contains(name));
    let missing: Vec<_> = missing.collect();
    edits.extend(case.materials.into_iter().map(|name| Edit::Material(name, handed)));
    edits.extend(missing.into_iter().map(|(name, state)| {
        Edit::Material(name, Material { state, content: None }) // Until it is handed in.
    }));
    edits
}

/// 收件, with what is owed from then on.
fn receipt((taken_at, tier): (Timestamp, Tier), case: &NewCase, offered: &mut Offered) -> Event {
    let (terms, plan, permit_ends) = (offered.terms.take(), offered.plan.take(), case.renews_until);
    let detail = Detail { terms, plan, permit_ends, tier: Some(tier), ..Detail::default() };
    Event::new(EventKind::Receive, taken_at, &case.by, offered.note).with(detail)
}
