//! What a proposal would do, and what becomes of it.

use std::path::Path;

use jiff::civil::Date;
use tongban_node::publication::{
    DraftError, Facts, Foreseen, PublishError, PublishLine, PublishWish, RetireWish, Taken,
    foresee_at, parse_list, prepare, prepare_retirement, publish_at, retire_at,
};
use tongban_node::service::Desk;
use tongban_protocol::catalogue::ItemId;
use tongban_protocol::supervision::RuleSet;
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::{Decision, FORMAT, Outcome, Proposal, ProposalError, Subject, find, save};
use crate::publication::{FactsWish, PublishedFacts, prepare_facts, publish_facts_at};

/// What publishing a proposal would do, as it stands now.
#[derive(Clone, Debug, Default)]
pub struct Effect {
    /// Of calendar, rules, templates and customs: what is new.
    pub facts: PublishedFacts,
    /// Of rules: what differs from those in force.
    pub rules: RulesDiffer,
    /// Of items: what becomes of each.
    pub items: Vec<PublishLine>,
    /// Of a list of items: what was set aside, and what nothing was read of.
    pub list: Taken,
    /// The items that would be applied for no more, and from when on.
    pub retired: Vec<(ItemId, Date)>,
    /// What it does to the open cases held here.
    pub foreseen: Foreseen,
}

/// Rules by which a set differs from another.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct RulesDiffer {
    /// Those that only the new set has.
    pub added: Vec<String>,
    /// Those that only the old set has.
    pub removed: Vec<String>,
    /// Those that say something else.
    pub changed: Vec<String>,
}

impl RulesDiffer {
    fn between(old: &RuleSet, new: &RuleSet) -> Self {
        let find = |set: &RuleSet, id: &str| set.rules().iter().find(|it| it.id == id).cloned();
        let mut differ = Self::default();
        for rule in new.rules() {
            match find(old, &rule.id) {
                None => differ.added.push(rule.id.clone()),
                Some(known) if known != *rule => differ.changed.push(rule.id.clone()),
                Some(_) => {}
            }
        }
        let gone = old.rules().iter().filter(|it| find(new, &it.id).is_none());
        differ.removed.extend(gone.map(|it| it.id.clone()));
        differ
    }
}

impl Effect {
    /// True where it would change nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.facts == PublishedFacts::default()
            && self.retired.is_empty()
            && self.items.iter().all(|line| !line.is_new)
    }
}

/// Says what publishing a proposal would do.
///
/// # Errors
///
/// [`ProposalError`]: what makes its text none.
pub async fn foresee(
    desk: &Desk,
    now: Timestamp,
    proposal: &Proposal,
) -> Result<Effect, ProposalError> {
    let mut effect = Effect::default();
    let mut facts = Facts { file: Some(proposal.file.clone()), ..Facts::default() };
    // Somebody else will answer for it; who that is changes nothing of what it says.
    let by = || format!("二审 {}", proposal.by);
    match proposal.subject {
        Subject::Items => {
            effect.list = items(proposal)?;
            facts.items.clone_from(&effect.list.items);
            let items = effect.list.items.clone();
            let wish = PublishWish { by: by(), proposed_by: proposal.by.clone(), items };
            let asked = desk.ask(move |engine| prepare(engine.replica(), now, wish));
            effect.items = asked.await.map_err(PublishError::from)??.0;
        }
        Subject::Retirement => {
            effect.retired = retired(proposal)?;
            for (id, from) in effect.retired.clone() {
                let wish = RetireWish { by: by(), proposed_by: proposal.by.clone(), id, from };
                let asked = desk.ask(move |engine| prepare_retirement(engine.replica(), &wish));
                asked.await.map_err(PublishError::from)??;
            }
        }
        Subject::Calendar | Subject::Rules | Subject::Customs | Subject::Templates => {
            let wish = facts_wish(proposal, by());
            facts.calendar.clone_from(&wish.calendar);
            facts.rules.clone_from(&wish.rules);
            facts.customs.clone_from(&wish.customs);
            facts.templates.clone_from(&wish.templates);
            let read = facts.clone();
            let asked = desk.ask(move |engine| -> Result<_, PublishError> {
                let replica = engine.replica();
                let rules = read.rules(replica)?;
                let rules = rules.map(|new| RulesDiffer::between(replica.rules(), &new));
                Ok((prepare_facts(replica, now, wish)?.0, rules.unwrap_or_default()))
            });
            (effect.facts, effect.rules) = asked.await.map_err(PublishError::from)??;
        }
    }
    effect.foreseen = foresee_at(desk, now, facts).await?;
    Ok(effect)
}

/// Keeps a proposal for a second person. The same one given twice is one.
///
/// # Errors
///
/// [`ProposalError`]: what makes its text none, or that it would change nothing.
pub async fn propose(
    (desk, data_dir): (&Desk, &Path),
    now: Timestamp,
    wish: Proposal,
) -> Result<Proposal, ProposalError> {
    match find(data_dir, wish.id) {
        Err(ProposalError::Unknown(_)) => {}
        Ok(known) if (&known.by, &known.text) == (&wish.by, &wish.text) => return Ok(known),
        Ok(_) => return Err(ProposalError::Another),
        Err(error) => return Err(error),
    }
    if foresee(desk, now, &wish).await?.is_nothing() {
        return Err(ProposalError::Nothing);
    }
    let proposal = Proposal { format: FORMAT, at: now, outcome: None, ..wish };
    save(data_dir, &proposal)?;
    Ok(proposal)
}

/// Publishes a proposal, sends it back or takes it back.
///
/// # Errors
///
/// [`ProposalError`]: it was decided already, or `by` is not who may.
pub async fn decide(
    (desk, data_dir): (&Desk, &Path),
    now: Timestamp,
    id: Ulid,
    (decision, by, note): (Decision, &str, &str),
) -> Result<Proposal, ProposalError> {
    let mut proposal = find(data_dir, id)?;
    if let Some(outcome) = proposal.outcome {
        return Err(ProposalError::Decided(outcome));
    }
    match decision {
        Decision::Published => publish(desk, now, &proposal, by).await?,
        Decision::SentBack if note.trim().is_empty() => return Err(ProposalError::NoReason),
        Decision::TakenBack if by != proposal.by => {
            return Err(ProposalError::NotYours(proposal.by));
        }
        Decision::SentBack | Decision::TakenBack => {}
    }
    let outcome = Outcome { decision, by: by.to_owned(), at: now, note: note.trim().to_owned() };
    proposal.outcome = Some(outcome);
    save(data_dir, &proposal)?;
    Ok(proposal)
}

/// What was cut off half-way is published by doing it again: the same words are nothing new.
async fn publish(
    desk: &Desk,
    now: Timestamp,
    proposal: &Proposal,
    by: &str,
) -> Result<(), ProposalError> {
    let (by, proposed_by) = (by.to_owned(), proposal.by.clone());
    match proposal.subject {
        Subject::Items => {
            let items = items(proposal)?.items;
            publish_at(desk, now, PublishWish { by, proposed_by, items }).await?;
        }
        Subject::Retirement => {
            for (id, from) in retired(proposal)? {
                let (by, proposed_by) = (by.clone(), proposed_by.clone());
                retire_at(desk, RetireWish { by, proposed_by, id, from }).await?;
            }
        }
        Subject::Calendar | Subject::Rules | Subject::Customs | Subject::Templates => {
            publish_facts_at(desk, now, facts_wish(proposal, by)).await?;
        }
    }
    Ok(())
}

fn facts_wish(proposal: &Proposal, by: String) -> FactsWish {
    let text = |subject| (proposal.subject == subject).then(|| proposal.text.clone());
    FactsWish {
        by,
        proposed_by: proposal.by.clone(),
        file: Some(proposal.file.clone()),
        calendar: text(Subject::Calendar),
        rules: text(Subject::Rules),
        customs: text(Subject::Customs),
        templates: text(Subject::Templates),
    }
}

fn items(proposal: &Proposal) -> Result<Taken, DraftError> {
    parse_list(Path::new(&proposal.file), &proposal.text)
}

fn retired(proposal: &Proposal) -> Result<Vec<(ItemId, Date)>, ProposalError> {
    let read = |text: &str| -> Option<(ItemId, Date)> {
        let (id, day) = text.trim().split_once(char::is_whitespace)?;
        Some((id.parse().ok()?, day.trim().parse().ok()?))
    };
    let lines = proposal.text.lines().zip(1..).filter(|(text, _)| !text.trim().is_empty());
    let refused = |text: &str, line| {
        let text = text.chars().take(60).collect();
        ProposalError::Retirement { line, text }
    };
    lines.map(|(text, line)| read(text).ok_or_else(|| refused(text, line))).collect()
}
