//! 并联审批: a lead case, and a case for each of its parts.

use std::collections::BTreeSet;

use tongban_node::cases::Said;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::joint::{self, Gathering, Part, Template};
use tongban_protocol::catalogue::Item;
use tongban_protocol::catalogue::guide::Requirement;
use tongban_protocol::document::EventKind;
use tongban_protocol::place::Tier;
use tongban_protocol::time::Timestamp;

use super::{Dice, Plan, Story, granted, refusal, text};

impl Plan<'_> {
    /// Lays out a joint case: parts are referred in turn, each is signed for and answered by its
    /// authority, and the lead decides on the answers.
    pub(in crate::demo::generator) fn tell_joint(&mut self, plan: &joint::Plan) {
        let here = self.place.tier;
        self.accept(Story::Joint);
        let mut answered: BTreeSet<u16> = BTreeSet::new();
        let mut is_against = false;
        loop {
            let waits = |part: &Part| part.after.iter().any(|before| !answered.contains(before));
            let parts = || (0..).zip(&plan.parts);
            let due = parts().filter(|(place, part)| !answered.contains(place) && !waits(part));
            let due: Vec<(u16, &Part)> = due.collect();
            if due.is_empty() {
                break; // All have answered, or one waits for what never comes.
            }
            self.add(here, EventKind::Refer, "", Said::default());
            if answered.is_empty() && self.dice.chance(30) {
                self.meet(due.iter().map(|(place, _)| place + 1).collect());
            }
            for (place, part) in due {
                is_against |= self.answer(place + 1, part);
                answered.insert(place);
            }
        }
        if self.dice.chance(10) {
            return; // The lead has all answers, and has not decided yet.
        }
        let said = if is_against { refusal() } else { granted() };
        self.add(here, EventKind::Decide, "", said);
        self.add(here, EventKind::Deliver, "", Said::default());
    }

    /// Calls authorities to a survey on the spot, and writes down what came of it.
    fn meet(&mut self, parts: Vec<u16>) {
        let (gathering, meets_at) = (Some(Gathering::Survey), Some(self.at)); // At once.
        let said = Said { gathering, meets_at, parts, ..Said::default() };
        self.add(self.place.tier, EventKind::Convene, "联合踏勘", said);
        let said = Said { reason: text("现场与申报一致"), ..Said::default() };
        self.add(self.place.tier, EventKind::Minute, "", said);
    }

    /// A part is signed for and answered by its authority; true where the answer is no.
    fn answer(&mut self, place: u16, part: &Part) -> bool {
        let (tier, before) = (part.tier.max(self.place.tier), self.events.len());
        self.add(tier, EventKind::Acknowledge, "", Said::default());
        if self.dice.chance(20) && !part.materials.is_empty() {
            let materials = part.materials.iter().take(1).cloned().collect();
            let reason = text("与现行规划不符，需补充说明");
            let said = Said { materials, reason, ..Said::default() };
            self.add(tier, EventKind::AskSupplement, "", said);
            self.add(tier, EventKind::Supplement, "", Said::default());
        }
        let is_against = self.dice.chance(8);
        let said = if is_against { refusal() } else { granted() };
        self.add(tier, EventKind::Decide, "", said);
        self.events.iter_mut().skip(before).for_each(|planned| planned.part = Some(place));
        is_against
    }
}

/// One of the templates in force at an instant.
pub(in crate::demo::generator) fn template<'t>(
    dice: &mut Dice,
    templates: &'t [Template],
    at: Timestamp,
) -> Option<&'t Template> {
    let valid = templates.iter().filter(|it| it.is_valid_on(civil_day(at)));
    let valid: Vec<&Template> = valid.collect();
    valid.get(dice.below(valid.len())?).copied()
}

/// What stands in the place of an item where a case is taken by a template.
pub(in crate::demo::generator) fn as_item(template: &Template, tier: Tier) -> Option<Item> {
    let id = template.plan.template.parse().ok()?;
    let materials = template.terms(tier).materials;
    Some(Item {
        accept_at: Some(tier),
        decide_at: Some(tier),
        materials: materials.iter().map(|name| Requirement::named(name)).collect(),
        ..Item::named(id, &template.plan.title)
    })
}
