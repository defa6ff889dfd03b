//! 经过: the days on which the clocks of a case turn, gathered from its events.

mod issued;
mod lapse;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::breach::Breach;
use super::green::Channel;
use super::joint::JointCourse;
use super::law::{DELIVERY_DAYS, NOTICE_DAYS};
use super::marks::counted_on;
use super::state::State;
use super::terms::Terms;
use crate::calendar::{Almanac, Due, Moved, civil_day};
use crate::deadline::{Limit, Pause, last_day};
use crate::document::{DocumentName, Event, EventId, EventKind, Outcome, Procedure};
use crate::place::Tier;
use crate::sampling::Checklist;
use crate::time::Timestamp;

pub use issued::Issued;

/// What a case has come through.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Course {
    /// Where it stands.
    pub state: State,
    /// What was owed on the day of receipt, as far as the taking centre said.
    pub terms: Option<Box<Terms>>,
    /// When the application was first handed in.
    pub received_on: Option<Date>,
    /// When it was last handed in, with supplements: the five days of a notice begin anew.
    pub handed_in_on: Option<Date>,
    /// When it was accepted.
    pub accepted_on: Option<Date>,
    /// What was asked for, notice by notice.
    pub notices: Vec<Vec<String>>,
    /// The special procedures.
    pub procedures: Vec<Special>,
    /// The working days by which the limits were extended.
    pub extension: Option<Extension>,
    /// The steps that were done, and when.
    pub steps: Vec<(String, Date)>,
    /// When the review was done and the case with the authority above.
    pub handed_up_on: Option<Date>,
    /// When it was decided, and how.
    pub decided: Option<(Date, Outcome)>,
    /// When the result was handed over.
    pub delivered_on: Option<Date>,
    /// When nothing more was owed.
    pub closed_on: Option<Date>,
    /// Who has had a hand in the case: whoever recorded a lawful event that is not supervision's.
    pub handlers: BTreeSet<String>,
    /// The highest tier at which somebody had, as far as their events say.
    pub handled_at: Option<Tier>,
    /// The cards that were issued, by their names.
    pub issued: BTreeMap<String, Issued>,
    /// 绿色通道: the last that was opened.
    pub green: Option<Channel>,
    /// What was found where the case was drawn, by draw.
    pub samples: BTreeMap<DocumentName, Sampled>,
    /// What was wrong with events that have their effect.
    pub breaches: BTreeMap<EventId, Vec<Breach>>,
    /// When the last lawful event of each kind happened, as it says.
    pub claimed: BTreeMap<EventKind, Date>,
    /// The tier of the counter that took it, where the counter said so.
    pub received_at: Option<Tier>,
    /// The tier of the counter that accepted it, where the counter said so; of one that was silent,
    /// that of the counter that took it.
    pub accepted_at: Option<Tier>,
    /// The day from which the thirty days of a renewal are counted: that of the receipt, or of its
    /// record where that came late.
    pub applied_on: Option<Date>,
    /// The last day of the permit that is to be renewed (50).
    pub permit_ends: Option<Date>,
    /// What it has come through as a joint case, or as a part of one.
    pub joint: JointCourse,
}

/// What somebody found who looked at a case that was drawn.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sampled {
    /// When.
    pub on: Date,
    /// Who.
    pub by: String,
    /// What.
    pub checklist: Checklist,
}

/// 延期: of a case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Extension {
    /// By how many working days.
    pub days: u16,
    /// True where the promise was not over yet when it was extended.
    pub lengthens_promise: bool,
}

/// A special procedure of a case.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Special {
    /// Which.
    pub procedure: Procedure,
    /// While it lasts, nothing counts.
    pub pause: Pause,
    /// How many working days the applicant was told it would last.
    pub announced_days: u16,
}

impl Default for Course {
    /// Nothing has happened.
    fn default() -> Self {
        Self {
            state: State::Draft,
            terms: None,
            received_on: None,
            handed_in_on: None,
            accepted_on: None,
            notices: Vec::new(),
            procedures: Vec::new(),
            extension: None,
            steps: Vec::new(),
            handed_up_on: None,
            decided: None,
            delivered_on: None,
            closed_on: None,
            handlers: BTreeSet::new(),
            handled_at: None,
            issued: BTreeMap::new(),
            green: None,
            samples: BTreeMap::new(),
            breaches: BTreeMap::new(),
            claimed: BTreeMap::new(),
            received_at: None,
            accepted_at: None,
            applied_on: None,
            permit_ends: None,
            joint: JointCourse::default(),
        }
    }
}

impl Course {
    /// The points that the cards which stand take off.
    #[must_use]
    pub fn points(&self) -> u32 {
        let standing = self.issued.values().filter(|issued| issued.withdrawn.is_none());
        standing.map(|issued| u32::from(issued.points)).sum()
    }

    /// The working days by which the legal limit was lengthened.
    #[must_use]
    pub fn extended(&self) -> u16 {
        self.extension.map_or(0, |extension| extension.days)
    }

    /// The working days by which the promise was lengthened.
    #[must_use]
    pub fn promise_extended(&self) -> u16 {
        self.extension.filter(|it| it.lengthens_promise).map_or(0, |extension| extension.days)
    }

    /// 法定时限 of the decision, without extensions: [`Terms::legal_limit`].
    #[must_use]
    pub fn legal_limit(&self) -> Option<Limit> {
        self.terms.as_deref()?.legal_limit(self.accepted_at)
    }

    /// False where 行政许可法 does not hold: [`Terms::are_of_licensing_law`].
    #[must_use]
    pub fn is_of_licensing_law(&self) -> bool {
        self.terms.as_deref().is_none_or(Terms::are_of_licensing_law)
    }

    /// The spans in which nothing counts.
    #[must_use]
    pub fn pauses(&self) -> Vec<Pause> {
        let special = self.procedures.iter().map(|special| special.pause);
        special.chain(self.joint.supplements.iter().copied()).collect()
    }

    /// The last day of a limit that began with acceptance, and how it was moved; `None` before
    /// acceptance, and while a special procedure lasts.
    #[must_use]
    pub fn due(&self, limit: Limit, almanac: &Almanac) -> Option<(Due, Vec<Moved>)> {
        let (began, pauses) = (self.accepted_on?, self.pauses());
        almanac.settle(began, |calendar| last_day(calendar, began, limit, &pauses))
    }

    /// The last day on which the applicant may be told what is missing (行政许可法 32-4).
    #[must_use]
    pub fn notice_due(&self, almanac: &Almanac) -> Option<(Due, Vec<Moved>)> {
        let began = self.handed_in_on?;
        almanac.settle(began, |calendar| Some(calendar.due(began, NOTICE_DAYS)))
    }

    /// The last day on which a granted result may be handed over (行政许可法 44).
    #[must_use]
    pub fn delivery_due(&self, almanac: &Almanac) -> Option<(Due, Vec<Moved>)> {
        let (began, outcome) = self.decided?;
        let is_granted = outcome == Outcome::Granted;
        is_granted.then(|| almanac.settle(began, |it| Some(it.due(began, DELIVERY_DAYS))))?
    }

    /// The day on which an event counts as done: the day on which it happened, or, where it was
    /// recorded late, the day of recording; back-dating gains nothing. Where the city lets a last
    /// day end with its office hours, what is done after them counts on the next working day.
    #[must_use]
    pub fn acted_on(&self, event: &Event, recorded_at: Timestamp, almanac: &Almanac) -> Date {
        counted_on(event, recorded_at, almanac)
    }

    /// Takes a lawful event in, which leads to `state`.
    pub(super) fn take(&mut self, id: EventId, event: &Event, state: State, almanac: &Almanac) {
        let recorded_at = id.recorded.instant();
        let happened = civil_day(event.happened_at);
        let acted = self.acted_on(event, recorded_at, almanac);
        let breaches = self.breaches_of(event, recorded_at, almanac);
        if !breaches.is_empty() {
            self.breaches.entry(id).or_default().extend(breaches);
        }
        let detail = event.detail();
        self.claimed.insert(event.kind, happened);
        self.joint.take(event, acted);
        match event.kind {
            EventKind::Receive => {
                self.received_on.get_or_insert(happened);
                self.handed_in_on = Some(happened);
                if self.terms.is_none() {
                    self.terms.clone_from(&detail.terms);
                    self.permit_ends = detail.permit_ends.map(civil_day);
                    self.applied_on = Some(acted);
                    self.received_at = detail.tier;
                }
            }
            EventKind::NoticeSupplement | EventKind::AskSupplement => {
                self.notices.push(detail.materials.clone().unwrap_or_default());
            }
            // An earlier acceptance is to the office's cost: what the clerk says counts.
            EventKind::Accept | EventKind::Acknowledge if self.accepted_on.is_none() => {
                self.accepted_on = Some(happened);
                self.accepted_at = detail.tier;
            }
            EventKind::Refer if self.received_on.is_none() => {
                self.received_on = Some(happened);
                self.terms = detail.part.as_ref().map(|part| Box::new(part.terms()));
            }
            EventKind::Resolve => {
                let stands = self.decided.zip(detail.outcome);
                self.decided = stands.map(|((on, _), outcome)| (on, outcome));
            }
            EventKind::StartProcedure => self.procedures.extend(detail.procedure.map(|kind| {
                let announced_days = detail.days.unwrap_or_default();
                let pause = Pause { from: acted, to: None };
                Special { procedure: kind, pause, announced_days }
            })),
            EventKind::EndProcedure => {
                if let Some(Special { pause, .. }) = self.procedures.last_mut() {
                    pause.to = Some(happened.max(pause.from));
                }
            }
            EventKind::Extend => self.extend(detail.days.unwrap_or_default(), acted, almanac),
            EventKind::FinishStep => self.steps.push((event.note.clone(), acted)),
            EventKind::HandUp => self.handed_up_on = Some(acted),
            EventKind::Decide => {
                self.decided = Some((acted, detail.outcome.unwrap_or(Outcome::Granted)));
            }
            EventKind::Deliver => self.delivered_on = Some(acted),
            EventKind::CheckSample => {
                let checklist = detail.checklist.as_deref().cloned().unwrap_or_default();
                let found = Sampled { on: acted, by: event.by.clone(), checklist };
                self.samples.extend(detail.sample.map(|draw| (draw, found)));
            }
            EventKind::OpenGreen | EventKind::CloseGreen => {
                self.take_green(event.kind, detail, acted);
            }
            _ => self.take_card(id, event, acted),
        }
        self.take_hand(event);
        if state.is_closed() && !self.state.is_closed() {
            self.closed_on = Some(acted);
        }
        self.state = state;
    }

    /// Asked for once the promise is over, it lengthens the law alone: what was late stays late.
    fn extend(&mut self, days: u16, on: Date, almanac: &Almanac) {
        let promise = self.terms.as_ref().and_then(|terms| terms.promise);
        let due = promise.and_then(|limit| self.due(limit, almanac));
        let lengthens_promise = due.is_none_or(|(due, _)| on <= due.date);
        self.extension = Some(Extension { days, lengthens_promise });
    }
}
