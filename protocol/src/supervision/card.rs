//! The cards of a case as of a day.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::rules::{Level, Mark, Rule, Trigger, Watched};
use super::set::RuleSet;
use crate::calendar::{Almanac, civil_day};
use crate::case::{
    Anomaly, Breach, Clock, ClockKind, Fault, Folded, Need, Standing, clocks as clocks_of,
};
use crate::deadline::Limit;
use crate::document::{Event, EventId, EventKind};
use crate::outage::Evidence;

/// What a card is for, within its case.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Subject {
    /// A clock.
    Clock(ClockKind),
    /// The special procedure of that place among the case's.
    Procedure(usize),
    /// An event.
    Event(EventId),
}

/// The figures of a card in words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Figures {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// A card: what was broken, by which rule, and what proves it.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// The rule's name.
    pub rule: String,
    /// What the rule says.
    pub title: String,
    /// The same in English, where it says it.
    pub title_en: Option<String>,
    /// What it is for.
    pub subject: Subject,
    /// How grave.
    pub level: Level,
    /// Points off the month's score.
    pub points: u16,
    /// The figures in words.
    pub figures: Figures,
    /// The events that prove it, in order.
    pub proof: Vec<EventId>,
    /// What the rule looks for.
    pub trigger: Trigger,
    /// The outages that concern it; see [`super::explain()`].
    pub outages: Vec<Evidence>,
    /// True when they explain it: it is not due.
    pub is_explained: bool,
}

impl Card {
    /// The name of the card within its case, the same at every tier. It holds the name of its rule:
    /// where another rule gives a graver card for the same subject, that one has a name of its own.
    #[must_use]
    pub fn name(&self) -> String {
        match self.subject {
            Subject::Clock(kind) => match kind {
                ClockKind::Step(place) => format!("{}/step-{place}", self.rule),
                other => format!("{}/{}", self.rule, other.en()),
            },
            Subject::Procedure(place) => format!("{}/procedure-{place}", self.rule),
            Subject::Event(id) => format!("{}/{:016x}-{}", self.rule, id.recorded.0, id.author),
        }
    }
}

/// Computes the cards of a case as of `today`, in the order of subjects: of each clock and procedure
/// the gravest, of an event the gravest for each thing that is wrong with it.
///
/// `events` are those that were folded. Nothing here depends on the machine: every tier that holds
/// the same events, calendar and rules gives the same cards.
#[must_use]
pub fn cards(
    events: &[(EventId, Event)],
    folded: &Folded,
    rules: &RuleSet,
    (almanac, today): (&Almanac, Date),
) -> Vec<Card> {
    let clocks = clocks_of(&folded.course, almanac, today);
    let case = Examined { events, folded, almanac, today, clocks };
    let mut found: BTreeMap<(Subject, Option<Mark>), Card> = BTreeMap::new();
    // The gravest first, so that a lighter card for the same is not even made.
    for level in [Level::Red, Level::Yellow, Level::Warning] {
        for rule in rules.rules().iter().filter(|rule| rule.level == level) {
            let mark = match rule.trigger {
                Trigger::Marked(mark) => Some(mark),
                _ => None,
            };
            for card in case.cards(rule, |subject| !found.contains_key(&(subject, mark))) {
                found.entry((card.subject, mark)).or_insert(card);
            }
        }
    }
    found.into_values().collect()
}

/// A case as a rule looks at it.
struct Examined<'a> {
    events: &'a [(EventId, Event)],
    folded: &'a Folded,
    almanac: &'a Almanac,
    today: Date,
    clocks: Vec<Clock>,
}

impl Examined<'_> {
    /// The cards that a rule gives, those for a clock only where it is open to one.
    fn cards(&self, rule: &Rule, is_open: impl Fn(Subject) -> bool) -> Vec<Card> {
        match rule.trigger {
            Trigger::Used(watched, _) | Trigger::Left(watched, _) | Trigger::Over(watched, _) => {
                let watched = self.clocks.iter().filter(|it| Watched::of(it.kind) == watched);
                let due = watched
                    .filter(|it| applies(rule.trigger, it) && is_open(Subject::Clock(it.kind)));
                due.map(|clock| self.clock_card(rule, clock)).collect()
            }
            Trigger::PauseOver => self.pause_cards(rule),
            Trigger::Marked(mark) => self.mark_cards(rule, mark),
            Trigger::Silent => self.silence_card(rule).into_iter().collect(),
            Trigger::Absent => self.absence_card(rule).into_iter().collect(),
        }
    }

    fn clock_card(&self, rule: &Rule, clock: &Clock) -> Card {
        let due = clock.due.map(|due| due.date.to_string()).unwrap_or_default();
        let Clock { kind, limit, began, used, standing, .. } = clock;
        let unit = match limit {
            Limit::Days(_) => ("自然日", "calendar days"),
            Limit::WorkingDays(_) | Limit::Hours(_) | Limit::By(_) => ("工作日", "working days"),
        };
        let figures = Figures {
            zh: format!(
                "{} {limit}，{began} 起，最迟 {due} 办结，已用 {used} 个{}，{}",
                kind.zh(),
                unit.0,
                standing.zh()
            ),
            en: format!(
                "{} {}, from {began}, to be done by {due}, {used} {} used, {}",
                kind.en(),
                limit.en(),
                unit.1,
                standing.en()
            ),
        };
        let proof = self.proof(|kind| turns(clock.kind, kind));
        card(rule, Subject::Clock(clock.kind), figures, proof)
    }

    fn silence_card(&self, rule: &Rule) -> Option<Card> {
        let joint = &self.folded.course.joint;
        let (due, part) = (joint.silent_since?, joint.part.as_deref()?);
        let (department, name) = (&part.department, &part.name);
        let figures = Figures {
            zh: format!("{department}最迟应于 {due} 答复“{name}”，没有答复"),
            en: format!("{department} was to answer `{name}` by {due} and did not"),
        };
        let proof = self.proof(|kind| matches!(kind, EventKind::Refer | EventKind::Acknowledge));
        Some(card(rule, Subject::Clock(ClockKind::Promise), figures, proof))
    }

    fn absence_card(&self, rule: &Rule) -> Option<Card> {
        let joint = &self.folded.course.joint;
        let (on, part) = (joint.absent_since?, joint.part.as_deref()?);
        let (department, name) = (&part.department, &part.name);
        let meets_on = joint.called.as_ref().map_or(on, |called| civil_day(called.meets_at));
        let figures = Figures {
            zh: format!(
                "{department}缺席 {meets_on} 的联合踏勘或联审会（“{name}”），{on} 起按缺席默认计"
            ),
            en: format!(
                "{department} stayed away on {meets_on} from the meeting on `{name}`, which counts as consent since {on}"
            ),
        };
        let proof = self.proof(|kind| {
            matches!(kind, EventKind::Acknowledge | EventKind::Convene | EventKind::Minute)
        });
        let minute = self.proof(|kind| kind == EventKind::Minute).last().copied()?;
        Some(card(rule, Subject::Event(minute), figures, proof))
    }

    fn pause_cards(&self, rule: &Rule) -> Vec<Card> {
        let mut cards = Vec::new();
        for (place, special) in self.folded.course.procedures.iter().enumerate() {
            let until = special.pause.to.unwrap_or(self.today);
            let lasted = self.almanac.latest().working_days(special.pause.from, until);
            if lasted <= u32::from(special.announced_days) {
                continue;
            }
            let (procedure, from) = (special.procedure, special.pause.from);
            let announced = special.announced_days;
            let figures = Figures {
                zh: format!(
                    "{}自 {from} 起已 {lasted} 个工作日，告知为 {announced} 个工作日",
                    procedure.zh()
                ),
                en: format!(
                    "{} from {from} has taken {lasted} working days, {announced} were announced",
                    procedure.en()
                ),
            };
            let proof = self.proof_of_procedure(place);
            cards.push(card(rule, Subject::Procedure(place), figures, proof));
        }
        cards
    }

    fn mark_cards(&self, rule: &Rule, mark: Mark) -> Vec<Card> {
        let breaches = self.folded.course.breaches.iter().flat_map(|(id, breaches)| {
            let shown = breaches.iter().filter(|breach| mark_of(breach) == Some(mark));
            shown.map(|breach| (*id, Figures { zh: breach.zh(), en: breach.to_string() }))
        });
        let anomalies = self.folded.anomalies.iter().filter_map(|(id, anomaly)| match anomaly {
            Anomaly::Unlawful(fault) if mark_of_fault(fault) == Some(mark) => {
                Some((*id, Figures { zh: fault.zh(), en: fault.to_string() }))
            }
            _ => None,
        });
        let found = breaches.chain(anomalies);
        found.map(|(id, figures)| card(rule, Subject::Event(id), figures, vec![id])).collect()
    }

    /// The events that began and ended the procedure of a place.
    fn proof_of_procedure(&self, place: usize) -> Vec<EventId> {
        let of = |kind| matches!(kind, EventKind::StartProcedure | EventKind::EndProcedure);
        let mut begun = 0;
        let mut proof = Vec::new();
        for (id, event) in self.effective().filter(|(_, event)| of(event.kind)) {
            begun += usize::from(event.kind == EventKind::StartProcedure);
            if begun == place + 1 {
                proof.push(*id);
            }
        }
        proof
    }

    /// The events with effect whose kind matters.
    fn proof(&self, matters: impl Fn(EventKind) -> bool) -> Vec<EventId> {
        self.effective().filter(|(_, event)| matters(event.kind)).map(|(id, _)| *id).collect()
    }

    fn effective(&self) -> impl Iterator<Item = &(EventId, Event)> {
        self.events.iter().filter(|(id, _)| !self.folded.anomalies.contains_key(id))
    }
}

fn card(rule: &Rule, subject: Subject, figures: Figures, proof: Vec<EventId>) -> Card {
    Card {
        rule: rule.id.clone(),
        title: rule.title.clone(),
        title_en: rule.title_en.clone(),
        subject,
        level: rule.level,
        points: rule.points,
        figures,
        proof,
        trigger: rule.trigger,
        outages: Vec::new(),
        is_explained: false,
    }
}

/// Whether a rule on a clock applies to it today.
fn applies(trigger: Trigger, clock: &Clock) -> bool {
    match (trigger, clock.standing) {
        (Trigger::Used(_, percent), Standing::Runs { .. }) => {
            let limit = match clock.limit {
                Limit::WorkingDays(count) | Limit::Days(count) => u32::from(count),
                Limit::Hours(count) => u32::from(count / 24),
                Limit::By(_) => 0,
            };
            // What is done on the spot has no share to warn at.
            limit > 0 && clock.used * 100 >= limit * u32::from(percent)
        }
        (Trigger::Left(_, days), Standing::Runs { left }) => {
            clock.limit != Limit::WorkingDays(0) && left <= u32::from(days)
        }
        (Trigger::Over(_, more_than), Standing::Overdue { days } | Standing::Broken { days }) => {
            days > u32::from(more_than)
        }
        _ => false,
    }
}

/// Whether an event of a kind begins, stops or shifts a clock.
const fn turns(clock: ClockKind, event: EventKind) -> bool {
    match clock {
        ClockKind::Notice => matches!(event, EventKind::Receive | EventKind::NoticeSupplement),
        ClockKind::Delivery => matches!(event, EventKind::Decide | EventKind::Deliver),
        ClockKind::Hearing => matches!(event, EventKind::StartProcedure | EventKind::EndProcedure),
        ClockKind::Legal | ClockKind::Promise | ClockKind::Step(_) | ClockKind::Review => matches!(
            event,
            EventKind::Receive
                | EventKind::Accept
                | EventKind::FinishStep
                | EventKind::HandUp
                | EventKind::StartProcedure
                | EventKind::EndProcedure
                | EventKind::Extend
                | EventKind::Decide
                | EventKind::Acknowledge
                | EventKind::AskSupplement
                | EventKind::Supplement
        ),
        ClockKind::HandOver => {
            matches!(event, EventKind::Accept | EventKind::Refer | EventKind::Acknowledge)
        }
        ClockKind::Paper => {
            matches!(event, EventKind::Refer | EventKind::Acknowledge | EventKind::Decide)
        }
    }
}

const fn mark_of(breach: &Breach) -> Option<Mark> {
    match breach {
        Breach::SecondNotice { .. } => Some(Mark::SecondNotice),
        Breach::UnlistedMaterial { .. } => Some(Mark::UnlistedMaterial),
        Breach::DeemedAcceptance { .. } => Some(Mark::DeemedAcceptance),
        Breach::NoDocument => Some(Mark::NoDocument),
        Breach::UnlistedProcedure => Some(Mark::UnlistedProcedure),
        Breach::WentAlone => Some(Mark::WentAlone),
        Breach::LateEntry { .. } => Some(Mark::LateEntry),
        Breach::NoFeeBasis { .. } => Some(Mark::NoFeeBasis),
        Breach::Complaint { .. } => Some(Mark::Complaint),
        Breach::TermsDiffer { .. } => Some(Mark::TermsDiffer),
        Breach::LateDelivery { .. } => None, // The delivery clock shows it.
        Breach::UnlistedStep { .. } => None, // The clock of the step goes on.
    }
}

const fn mark_of_fault(fault: &Fault) -> Option<Mark> {
    match fault {
        Fault::Missing {
            need: Need::Reason | Need::Remedy,
            event: EventKind::Reject | EventKind::Decide,
            ..
        } => Some(Mark::RefusedWithoutReason),
        Fault::ExtensionAfterExpiry { .. } => Some(Mark::LateExtension),
        _ => None,
    }
}
