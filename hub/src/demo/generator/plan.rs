//! What each way of a case makes of an item's own steps.

mod joint;

use std::time::Duration;

use tongban_node::cases::{NewEvent, Said};
use tongban_protocol::case::CaseType;
use tongban_protocol::catalogue::Item;
use tongban_protocol::catalogue::guide::{Excluded, ItemStep};
use tongban_protocol::catalogue::kind::Level;
use tongban_protocol::document::{
    AppealGround, EventKind, Ground, Outcome, Procedure, Role, Ruling, Satisfaction,
};
use tongban_protocol::place::Tier;
use tongban_protocol::time::Timestamp;

pub(super) use joint::{as_item, template};

use super::story::Story;
use super::{DAY_MS, Dice, Place, people};

/// Something that will happen to a case.
#[derive(Clone, Debug)]
pub struct PlannedEvent {
    /// The tier whose centre does it.
    pub by_tier: Tier,
    /// What is recorded. A card is named when it is issued: it depends on what happened.
    pub event: NewEvent,
    /// Of a joint case, the part whose case it happens to, by its place from 1.
    pub part: Option<u16>,
    /// How long after the event before.
    pub pause: Duration,
}

/// The events of one case as they are laid out.
pub(super) struct Plan<'a> {
    pub(super) channel: &'static str,
    pub(super) events: Vec<PlannedEvent>,
    pub(super) handed: Vec<String>,
    pub(super) taken_at: Option<Timestamp>,
    at: Timestamp,
    dice: &'a mut Dice,
    item: &'a Item,
    place: &'a Place<'a>,
    seed: u64,
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        (dice, seed): (&'a mut Dice, u64),
        place: &'a Place<'a>,
        item: &'a Item,
        at: Timestamp,
    ) -> Self {
        let handed = item.materials.iter().map(|it| it.name.clone()).collect();
        let channel = if dice.chance(25) { ONLINE } else { "窗口" };
        Self { channel, events: Vec::new(), handed, taken_at: None, at, dice, item, place, seed }
    }

    /// Lays out a whole way, and what supervision makes of it.
    pub(super) fn tell(&mut self, story: Story) {
        let ago = story.days_ago(self.dice, self.item);
        self.taken_at = ago.map(|days| self.at.plus_ms(-days * DAY_MS));
        let here = self.place.tier;
        match story {
            Story::Reject => return self.reject(),
            Story::Supplement => self.ask_for(1, 0),
            Story::SecondNotice => {
                self.ask_for(2, 0);
                self.ask_for(2, 1);
            }
            Story::Unlisted => {
                self.notice(vec!["村(居)委会关系证明".to_owned()]);
                self.add(here, EventKind::Receive, "", Said::default());
            }
            _ => {}
        }
        self.accept(story);
        match story {
            Story::Withdraw => return self.add(here, EventKind::Withdraw, "", Said::default()),
            Story::Terminate => {
                let said = because(Ground::NotSupplemented, "逾期未补齐，经催告仍未到场");
                return self.add(here, EventKind::Terminate, "", said);
            }
            Story::Pause => self.pause(),
            Story::Extend => self.extend(),
            Story::Fee => {
                let said = Said { fee: Some(2_000), ..Said::default() };
                self.add(here, EventKind::Charge, "工本费", said);
            }
            _ => {}
        }
        let is_open = match story {
            Story::PromiseOver | Story::LegalOver => self.dice.chance(50),
            _ => self.dice.chance(8),
        };
        if !is_open {
            self.finish(story);
        }
        if story == Story::Complaint {
            let said = Said { reason: text("窗口让申请人往返三次"), ..supervisor() };
            self.supervise(EventKind::Complain, COMPLAINTS, said);
        }
        if story.is_troubled() && self.dice.chance(70) {
            self.card();
        }
    }

    /// Adds what a clerk of a tier does.
    fn add(&mut self, by_tier: Tier, kind: EventKind, note: &str, said: Said) {
        let is_here = by_tier == self.place.tier;
        let centre = if is_here { self.place.division } else { self.place.county };
        let by = people::clerk(self.dice, self.seed, centre, by_tier);
        let note = note.to_owned();
        self.push(by_tier, NewEvent { kind, note, by, happened_at: None, detail: said });
    }

    /// Adds what an office of the city does that is no counter.
    fn supervise(&mut self, kind: EventKind, by: &str, said: Said) {
        let (note, by) = (String::new(), by.to_owned());
        self.push(Tier::City, NewEvent { kind, note, by, happened_at: None, detail: said });
    }

    fn push(&mut self, by_tier: Tier, event: NewEvent) {
        let pause = Duration::from_millis(self.dice.between(100, PAUSE_MS_MAX).unsigned_abs());
        self.events.push(PlannedEvent { by_tier, event, part: None, pause });
    }

    /// Tells the applicant what is missing, and takes it: `of` materials come one by one.
    fn ask_for(&mut self, of: usize, nth: usize) {
        let names: Vec<String> = self.item.materials.iter().map(|it| it.name.clone()).collect();
        if nth == 0 {
            self.handed.truncate(names.len().saturating_sub(of));
        }
        let asked = names.iter().rev().nth(nth).cloned();
        self.notice(asked.into_iter().collect());
        self.add(self.place.tier, EventKind::Receive, "材料已补齐", Said::default());
    }

    fn notice(&mut self, materials: Vec<String>) {
        let said = Said { materials, ..Said::default() };
        self.add(self.place.tier, EventKind::NoticeSupplement, "", said);
    }

    /// Accepts, on the day of the paper if there is one; nobody did where it is deemed.
    fn accept(&mut self, story: Story) {
        self.add(self.place.tier, EventKind::Accept, "材料齐全，予以受理", Said::default());
        if story != Story::Deemed
            && let Some(accepted) = self.events.last_mut()
        {
            accepted.event.happened_at = self.taken_at;
        }
    }

    fn reject(&mut self) {
        let remedy = text("请向有管辖权的机关提出申请");
        let said = Said { remedy, ..because(Ground::NotCompetent, "不属本机关职权范围") };
        self.add(self.place.tier, EventKind::Reject, "", said);
    }

    fn pause(&mut self) {
        let listed: Vec<Procedure> =
            self.item.excluded.iter().filter_map(Excluded::procedure).collect();
        let choices = if listed.is_empty() { PROCEDURES.as_slice() } else { &listed };
        let (procedure, days) = (*self.dice.pick(choices), self.dice.between(5, 15));
        let said = Said {
            procedure: Some(procedure),
            document: text("特别程序告知书"),
            days: u16::try_from(days).ok(),
            ..Said::default()
        };
        let tier = self.decides_at();
        self.add(tier, EventKind::StartProcedure, "", said);
        self.add(tier, EventKind::EndProcedure, "", Said::default());
    }

    fn extend(&mut self) {
        let days = u16::try_from(self.dice.between(3, 10)).ok();
        let reason = text("案情复杂，需进一步核实");
        let said = Said { role: Some(Role::Chief), days, reason, ..Said::default() };
        self.add(self.decides_at(), EventKind::Extend, "", said);
    }

    /// The item's own steps, then the decision and the handing over.
    fn finish(&mut self, story: Story) {
        let here = self.place.tier;
        let is_reviewed = self.item.case_type == Some(CaseType::HandedUp);
        let mut is_handed_up = false;
        for step in &self.item.steps {
            let tier = self.tier_of(step);
            if is_reviewed && tier > here && !std::mem::replace(&mut is_handed_up, true) {
                self.add(here, EventKind::HandUp, "", Said::default());
            }
            self.add(tier, EventKind::FinishStep, &step.name, Said::default());
        }
        if is_reviewed && !is_handed_up {
            self.add(here, EventKind::HandUp, "", Said::default());
        }
        let said = if story == Story::Refuse { refusal() } else { granted() };
        self.add(self.decides_at(), EventKind::Decide, "", said);
        if !self.dice.chance(6) {
            let said = Said { channel: self.online(), ..Said::default() };
            self.add(here, EventKind::Deliver, "", said);
        }
        if self.dice.chance(60) {
            self.rate();
        }
    }

    /// The channel of what the applicant need not come for.
    fn online(&self) -> Option<String> {
        (self.channel == ONLINE).then(|| ONLINE.to_owned())
    }

    /// The applicant says how satisfied they were.
    fn rate(&mut self) {
        let rating = Some(*self.dice.pick(&RATINGS));
        let detail = Said { rating, ..Said::default() };
        let (kind, by) = (EventKind::Rate, "申请人".to_owned());
        let event = NewEvent { kind, note: String::new(), by, happened_at: None, detail };
        self.push(self.place.tier, event);
    }

    /// The city issues the gravest card that is due; some are appealed against and ruled on.
    fn card(&mut self) {
        let said = Said { reason: text("系统监察发现"), ..supervisor() };
        self.supervise(EventKind::IssueCard, ISSUERS, said);
        if self.dice.chance(15) {
            let said = Said { reason: text("设置有误，批量撤回"), ..supervisor() };
            return self.supervise(EventKind::WithdrawCard, ISSUERS, said);
        }
        if !self.dice.chance(55) {
            return;
        }
        let ground = *self.dice.pick(&[AppealGround::Outage, AppealGround::Applicant]);
        let reason = text("当日链路中断，见值守记录");
        let said = Said { appeal: Some(ground), reason, ..Said::default() };
        self.add(self.place.tier, EventKind::Appeal, "", said);
        if self.dice.chance(80) {
            let ruling = if self.dice.chance(50) { Ruling::Upheld } else { Ruling::Withdrawn };
            let reason = text("经核查链路记录");
            let said = Said { ruling: Some(ruling), reason, ..supervisor() };
            self.supervise(EventKind::RuleAppeal, JUDGES, said);
        }
    }

    /// The tier that decides; never one below the counter.
    fn decides_at(&self) -> Tier {
        self.item.decide_at.map_or(self.place.tier, |tier| tier.max(self.place.tier))
    }

    /// The tier of a step; what a village or a province does is recorded by the nearest centre.
    fn tier_of(&self, step: &ItemStep) -> Tier {
        let said = match step.actor {
            Some(Level::County) => Tier::County,
            Some(Level::City | Level::Province) => Tier::City,
            Some(Level::Village | Level::Township) | None => self.place.tier,
        };
        said.max(self.place.tier)
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn because(ground: Ground, reason: &str) -> Said {
    Said { ground: Some(ground), reason: text(reason), ..Said::default() }
}

fn granted() -> Said {
    Said { outcome: Some(Outcome::Granted), ..Said::default() }
}

fn refusal() -> Said {
    Said {
        outcome: Some(Outcome::Refused),
        reason: text("不符合法定条件"),
        remedy: text("六十日内可申请行政复议，六个月内可提起行政诉讼"),
        ..Said::default()
    }
}

fn supervisor() -> Said {
    Said { role: Some(Role::Supervisor), ..Said::default() }
}

const PROCEDURES: [Procedure; 4] =
    [Procedure::Hearing, Procedure::Testing, Procedure::Appraisal, Procedure::ExpertReview];

/// Applied for without coming.
const ONLINE: &str = "网上";

const RATINGS: [Satisfaction; 4] = [
    Satisfaction::VerySatisfied,
    Satisfaction::Satisfied,
    Satisfaction::BasicallySatisfied,
    Satisfaction::Dissatisfied,
];

/// Offices of the city, none of which handles cases.
const COMPLAINTS: &str = "政务监察投诉中心";
const ISSUERS: &str = "市电子监察室";
const JUDGES: &str = "市效能监察科";

/// How long there is between two events of a case at most, in milliseconds.
const PAUSE_MS_MAX: i64 = 1_200;
