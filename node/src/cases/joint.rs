//! 并联审批 at the counter: parts are referred as cases of their own, and their answers are gathered
//! for the lead's decision.

mod seat;
mod told;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tongban_protocol::case::joint::{Answer, Answered, Part, PartOf, Plan};
use tongban_protocol::case::{Clock, ClockKind, Fault, State, clocks as clocks_of, law};
use tongban_protocol::document::{
    Detail, DocumentId, DocumentName, Edit, Event, EventKind, Header, MaterialState,
};
use tongban_protocol::place::{Division, Home};
use tongban_protocol::time::Timestamp;

use super::values::StateWord;
use super::{CaseError, NewEvent, lawful};
use crate::replica::{Appended, CaseFile, Replica, ReplicaError};
use crate::store::Store;

pub(super) use seat::seat;
pub(super) use told::{check_absent, tell_parts};

/// The parts of a joint case, as far as they are held here.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct CaseParts {
    /// The lead case.
    pub id: String,
    /// The template and its version, such as `investment 1`.
    pub template: String,
    /// 联办方案: its name.
    pub title: String,
    /// 牵头部门.
    pub lead: String,
    /// The day as of which this is told, such as 2013-12-13.
    pub today: String,
    /// The parts, in order.
    pub parts: Vec<Lane>,
}

/// One part of a joint case.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Lane {
    /// Its place, from 1.
    pub part: u16,
    /// What is decided.
    pub name: String,
    /// 并联审批部门.
    pub department: String,
    /// The centre of the authority.
    pub centre: String,
    /// The part's case.
    pub id: String,
    /// Where it stands; none while it was not referred, or has not arrived here.
    pub state: Option<StateWord>,
    /// When it was referred.
    pub referred_on: Option<String>,
    /// When its authority signed for it.
    pub signed_on: Option<String>,
    /// The last day for the answer.
    pub due: Option<String>,
    /// How the clock stands.
    pub standing: Option<String>,
    /// The same in English.
    #[serde(default)]
    pub standing_en: Option<String>,
    /// What counts as its answer today: `agreed`, `disagreed`, `forwarded`, `silent`, `absent`.
    pub answer: Option<String>,
    /// The same for the page.
    pub answer_zh: Option<String>,
    /// Parts that must have answered before it is referred.
    pub waits_for: Vec<String>,
    /// True while two answers contradict each other and nobody has said which stands.
    pub is_contradicted: bool,
    /// True where the lead's decision rests on another answer than the one held here.
    pub differs: bool,
}

/// Reads the parts of a joint case as of `now`; `None` if no such case is held here, or it is not
/// a joint one.
///
/// # Errors
///
/// The store's.
pub fn parts<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<CaseParts>, ReplicaError> {
    let Some(file) = replica.case(id)? else { return Ok(None) };
    let Some(plan) = file.folded.course.joint.plan.clone() else { return Ok(None) };
    let today = replica.today(now);
    let said: BTreeMap<u16, Answer> =
        file.folded.course.joint.answers.iter().map(|it| (it.place, it.answer)).collect();
    let standings = standings(replica, &file, &plan, today)?;
    let answered: BTreeSet<u16> =
        standings.iter().filter(|(_, it)| it.answer.is_some()).map(|(place, _)| *place).collect();
    let lane = |(place, standing): (u16, Standing)| {
        let part = plan.part(place)?;
        let waits = part.after.iter().filter(|before| !answered.contains(before));
        let waits = waits.filter_map(|before| Some(plan.part(*before)?.name.clone()));
        let said = said.get(&place).filter(|said| Some(**said) != standing.answer);
        let Standing { id, answer, case, referred_on } = standing;
        let course = case.as_ref().map(|case| &case.folded.course);
        let clock = course.and_then(|course| {
            let clocks = clocks_of(course, replica.almanac(), today);
            clocks.into_iter().find(|clock| clock.kind == ClockKind::Promise)
        });
        Some(Lane {
            part: place + 1,
            name: part.name.clone(),
            department: part.department.clone(),
            centre: part.centre.map(|it| it.to_string()).unwrap_or_default(),
            id: id.to_string(),
            state: course.map(|course| course.state.into()),
            referred_on: referred_on.map(|on| on.to_string()),
            signed_on: course.and_then(|it| it.accepted_on).map(|on| on.to_string()),
            due: clock.as_ref().and_then(|it| it.due).map(|due| due.date.to_string()),
            standing: clock.as_ref().map(Clock::zh),
            standing_en: clock.as_ref().map(Clock::en),
            answer: answer.map(|it| it.en().to_owned()),
            answer_zh: answer.map(|it| it.zh().to_owned()),
            waits_for: waits.collect(),
            is_contradicted: course.is_some_and(|it| !it.joint.contradicted.is_empty()),
            differs: said.is_some() && case.is_some(),
        })
    };
    Ok(Some(CaseParts {
        id: id.to_string(),
        template: format!("{} {}", plan.template, plan.version),
        title: plan.title.clone(),
        lead: plan.lead.clone(),
        today: today.to_string(),
        parts: standings.into_iter().filter_map(lane).collect(),
    }))
}

/// How a part stands, as far as its case is held here.
struct Standing {
    id: DocumentId,
    case: Option<CaseFile>,
    referred_on: Option<Date>,
    answer: Option<Answer>,
}

fn standings<S: Store>(
    replica: &Replica<S>,
    lead: &CaseFile,
    plan: &Plan,
    today: Date,
) -> Result<BTreeMap<u16, Standing>, ReplicaError> {
    let joint = &lead.folded.course.joint;
    let mut standings = BTreeMap::new();
    for place in plan.places() {
        let Some(part) = plan.part(place) else { continue };
        let id = PartOf { lead: lead.id, place }.document(home_of(replica, lead.id, part));
        let mut case = replica.case(id)?;
        if let Some(case) = &mut case {
            case.folded.course.deem(today, replica.almanac());
        }
        let answer = case.as_ref().and_then(|case| {
            let course = &case.folded.course;
            match (course.decided, course.state) {
                (Some((_, outcome)), _) => Some(Answer::of(outcome)),
                (None, State::Silent) => Some(Answer::Silent),
                (None, State::Absent) => Some(Answer::Absent),
                (None, _) => None,
            }
        });
        // What the lead says of a part that is not held here is all there is.
        let is_said = case.is_none() && joint.absent.contains(&place);
        let answer = answer.or_else(|| is_said.then_some(Answer::Absent));
        let referred_on = joint.referred.get(&place).copied();
        standings.insert(place, Standing { id, case, referred_on, answer });
    }
    Ok(standings)
}

/// Where the case of a part lives: with the lower of the two centres, so that both may write.
fn home_of<S: Store>(replica: &Replica<S>, lead: DocumentId, part: &Part) -> Division {
    let of_lead = lead.home.division;
    match part.centre {
        Some(centre) if replica.path_of(centre).is_some_and(|path| path.contains(of_lead)) => {
            centre
        }
        Some(_) | None => of_lead,
    }
}

/// The answers on which a decision of the lead would rest today.
///
/// # Errors
///
/// The store's.
pub(super) fn answers<S: Store>(
    replica: &Replica<S>,
    lead: &CaseFile,
    now: Timestamp,
) -> Result<Option<Vec<Answered>>, ReplicaError> {
    let Some(plan) = lead.folded.course.joint.plan.as_deref() else { return Ok(None) };
    let standings = standings(replica, lead, plan, replica.today(now))?;
    let answered = standings.into_iter();
    let answered = answered.filter_map(|(place, it)| Some(Answered { place, answer: it.answer? }));
    Ok(Some(answered.collect()))
}

/// Edits of several homes, by home.
type Sheets = BTreeMap<Home, Vec<(DocumentName, Vec<Edit>)>>;

/// Stages the notice to every part whose turn has come, or to those named, and the parts' cases.
///
/// # Errors
///
/// [`CaseError`] says why nothing was staged.
pub(super) fn refer<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    lead: CaseFile,
    mut event: NewEvent,
) -> Result<Appended, CaseError> {
    let centre = lead.id.home.division;
    if centre != replica.member().centre() {
        return Err(CaseError::NotLeading { centre });
    }
    let plan = lead.folded.course.joint.plan.clone().unwrap_or_default();
    if let (false, Some(place)) = (plan.parts.is_empty(), unknown(&plan, &event.detail.parts)) {
        return Err(CaseError::Unlawful { fault: Fault::NoSuchPart { place } });
    }
    let standings = standings(replica, &lead, &plan, replica.today(now))?;
    let is_answered = |place: &u16| standings.get(place).is_some_and(|it| it.answer.is_some());
    let wished = std::mem::take(&mut event.detail.parts);
    let is_wished = |place: &u16| wished.is_empty() || wished.contains(&(place + 1));
    let due: Vec<(u16, Part, DocumentId)> = standings
        .iter()
        .filter(|(place, it)| it.referred_on.is_none() && is_wished(place))
        .filter_map(|(place, it)| Some((*place, plan.part(*place)?.clone(), it.id)))
        .filter(|(_, part, _)| part.after.iter().all(is_answered))
        .collect();
    if due.is_empty() && lead.folded.course.joint.plan.is_some() {
        return Err(CaseError::NothingToRefer);
    }
    event.detail.parts = due.iter().map(|(place, ..)| place + 1).collect();
    let by = event.by.clone();
    let view = lead.view.clone();
    let lead_id = lead.id;
    let notice = lawful(replica, now, lead, event)?;
    let happened_at = notice.happened_at;
    let recorded_at = replica.recording_time(now).instant();
    let mut sheets = Sheets::new();
    for (place, part, id) in due {
        if replica.path_of(id.home.division).is_none() {
            return Err(CaseError::NotOnLine { part: part.name, centre: id.home.division });
        }
        let header = header(view.header.as_ref(), lead_id, place, &part);
        let is_held = replica.paper(id)?.is_some_and(|paper| paper.header().is_some());
        let mut edits = if is_held { Vec::new() } else { vec![Edit::Header(header)] };
        // 一套材料: what was handed in once is handed on with the notice.
        let is_handed = |name: &&String| {
            view.materials.get(*name).is_some_and(|it| it.state == MaterialState::Handed)
        };
        let handed = part.materials.iter().filter(is_handed).cloned().collect();
        let (part, materials) = (Some(Box::new(part)), Some(handed));
        let detail = Detail { part, materials, ..Detail::default() };
        let opened = Event::new(EventKind::Refer, happened_at, &by, "").with(detail);
        let part = standings.get(&place).and_then(|it| it.case.as_ref());
        let course = part.map(|part| part.folded.course.clone()).unwrap_or_default();
        match law::check(&course, &opened, recorded_at, replica.almanac()) {
            Ok(_) => edits.push(Edit::Event(opened)),
            Err(_) if is_held => continue, // Referred before, and the lead does not know of it.
            Err(fault) => return Err(CaseError::Unlawful { fault }),
        }
        sheets.entry(id.home).or_default().push((id.name, edits));
    }
    let own = sheets.remove(&lead_id.home).unwrap_or_default();
    append_each(replica, now, sheets)?;
    let edits = std::iter::once((lead_id.name, vec![Edit::Event(notice)])).chain(own);
    Ok(replica.append(now, lead_id.home, edits.collect())?)
}

/// The place, from 0, of the first of these parts that the plan does not have.
fn unknown(plan: &Plan, wished: &[u16]) -> Option<u16> {
    let places = wished.iter().map(|part| part.saturating_sub(1));
    places.into_iter().find(|place| plan.part(*place).is_none())
}

/// What a part's case begins with: the same whoever refers it.
fn header(lead: Option<&Header>, id: DocumentId, place: u16, part: &Part) -> Header {
    let of_lead = |take: fn(&Header) -> &String| lead.map(take).cloned().unwrap_or_default();
    Header {
        number: format!("{}/{}", of_lead(|it| &it.number), place + 1),
        item: part.item.clone().unwrap_or_else(|| of_lead(|it| &it.item)),
        item_name: part.name.clone(),
        applicant: of_lead(|it| &it.applicant),
        channel: "并联".to_owned(),
        taken_by: id.home.division,
        taken_at: lead.map_or(Timestamp(0), |header| header.taken_at),
        part_of: Some(PartOf { lead: id, place }),
    }
}

fn append_each<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    sheets: Sheets,
) -> Result<(), CaseError> {
    for (home, edits) in sheets {
        replica.append(now, home, edits)?;
    }
    Ok(())
}
