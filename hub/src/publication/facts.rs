//! The calendar, the rules of supervision and what a city sets besides as they are published anew, and the two names that
//! every publication bears.

use serde::{Deserialize, Serialize};
use tongban_config::supervision::Supervision;
use tongban_config::{calendar, city, joint};
use tongban_node::replica::Replica;
use tongban_node::store::Store;
use tongban_protocol::calendar::YearNotice;
use tongban_protocol::case::Customs;
use tongban_protocol::case::joint::Template;
use tongban_protocol::catalogue::Item;
use tongban_protocol::document::{Detail, DocumentKind, Edit, Event, EventKind};
use tongban_protocol::supervision::RuleSet;
use tongban_protocol::time::Timestamp;
use utoipa::ToSchema;

use super::{PublishError, Sheet, only};

/// Facts that might be published: what is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// Items.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Item>,
    /// The text of a `calendar.csv`; years that it does not name stay.
    pub calendar: Option<String>,
    /// The text of a `supervision.toml`; its `use` names the set.
    pub rules: Option<String>,
    /// The text of a `city.toml`, of which only office hours, the end of the last day and the
    /// threshold of the green channel are published.
    pub customs: Option<String>,
    /// The text of a `joint.toml`.
    pub templates: Option<String>,
}

/// What the office wishes to publish of calendar and rules.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactsWish {
    /// Who answers for it.
    pub by: String,
    /// Who proposed it: somebody else.
    #[serde(default)]
    pub proposed_by: String,
    /// The text of a `calendar.csv`.
    #[serde(default)]
    pub calendar: Option<String>,
    /// The text of a `supervision.toml`.
    #[serde(default)]
    pub rules: Option<String>,
    /// The text of a `city.toml`.
    #[serde(default)]
    pub customs: Option<String>,
    /// The text of a `joint.toml`.
    #[serde(default)]
    pub templates: Option<String>,
}

/// What was published of calendar and rules.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PublishedFacts {
    /// The years that are new or differ.
    pub years: Vec<i16>,
    /// How many rules are in force now; none where they are the same as before.
    pub rules: Option<usize>,
    /// True where office hours or the threshold differ from before.
    pub customs: bool,
    /// The templates that are new or differ, with their versions.
    pub templates: Vec<String>,
}

/// Who stands for a publication.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signed<'a> {
    by: &'a str,
    proposed_by: Option<&'a str>,
}

impl<'a> Signed<'a> {
    /// With what a city begins, nobody has proposed anything yet.
    pub(super) const FOUNDING: Self = Self { by: "hub", proposed_by: None };

    /// 四眼原则: two names, of two people.
    pub(super) fn by(by: &'a str, proposed_by: &'a str) -> Result<Self, PublishError> {
        let (by, proposed_by) = (by.trim(), proposed_by.trim());
        if by.is_empty() || proposed_by.is_empty() {
            return Err(PublishError::Nameless);
        }
        if by.to_lowercase() == proposed_by.to_lowercase() {
            return Err(PublishError::OwnProposal(by.to_owned()));
        }
        Ok(Self { by, proposed_by: Some(proposed_by) })
    }

    pub(super) fn publish(self, at: Timestamp, detail: Detail) -> Event {
        let proposed_by = self.proposed_by.map(str::to_owned);
        let detail = Detail { proposed_by, ..detail };
        Event::new(EventKind::Publish, at, self.by, "").with(detail)
    }
}

impl Facts {
    /// The years of the calendar that are not published in these words.
    pub(super) fn years<S: Store>(
        &self,
        replica: &Replica<S>,
    ) -> Result<Vec<YearNotice>, PublishError> {
        let Some(text) = &self.calendar else { return Ok(Vec::new()) };
        let read = calendar::parse("calendar.csv", text)?;
        let known = replica.almanac().latest();
        let is_known = |notice: &&YearNotice| known.notices().any(|it| it == *notice);
        Ok(read.notices().filter(|notice| !is_known(notice)).cloned().collect())
    }

    /// The rules, where they are not those in force.
    pub(super) fn rules<S: Store>(
        &self,
        replica: &Replica<S>,
    ) -> Result<Option<RuleSet>, PublishError> {
        let Some(text) = &self.rules else { return Ok(None) };
        let read = Supervision::parse("supervision.toml", text)?;
        Ok(Some(read.rules()).filter(|rules| *rules != replica.rules()).cloned())
    }

    /// What the city sets besides, where it is not what it has set.
    pub(super) fn customs<S: Store>(
        &self,
        replica: &Replica<S>,
    ) -> Result<Option<Customs>, PublishError> {
        let Some(text) = &self.customs else { return Ok(None) };
        let read = city::customs(text)?;
        Ok((Some(read) != replica.published_customs()).then_some(read))
    }

    /// The templates that are not published in these words.
    pub(super) fn templates<S: Store>(
        &self,
        replica: &Replica<S>,
    ) -> Result<Vec<Template>, PublishError> {
        let Some(text) = &self.templates else { return Ok(Vec::new()) };
        let mut read = joint::parse("joint.toml", text)?;
        read.retain(|it| !replica.templates().contains(it));
        Ok(read)
    }
}

/// Says what of a calendar and rules is new, and what is to be written for it.
///
/// # Errors
///
/// [`PublishError`]: two names are needed, and files that can be read.
pub fn prepare_facts<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    wish: FactsWish,
) -> Result<(PublishedFacts, Vec<Sheet>), PublishError> {
    let FactsWish { by, proposed_by, calendar, rules, customs, templates } = wish;
    let signed = Signed::by(&by, &proposed_by)?;
    let facts = Facts { items: Vec::new(), calendar, rules, customs, templates };
    let (years, rules) = (facts.years(replica)?, facts.rules(replica)?);
    let (customs, templates) = (facts.customs(replica)?, facts.templates(replica)?);
    let published = PublishedFacts {
        years: years.iter().map(YearNotice::year).collect(),
        rules: rules.as_ref().map(|rules| rules.rules().len()),
        customs: customs.is_some(),
        templates: templates
            .iter()
            .map(|it| format!("{} {}", it.plan.template, it.plan.version))
            .collect(),
    };
    let sheets = calendar_sheet(now, signed, years.iter()).into_iter();
    let sheets = sheets.chain(rules.iter().map(|rules| rules_sheet(now, signed, rules)));
    let sheets = sheets.chain(customs.map(|customs| customs_sheet(now, signed, customs)));
    let sheets = sheets.chain(templates_sheet(now, signed, &templates));
    Ok((published, sheets.collect()))
}

/// Years of the calendar as they are written; none where there are none.
pub(super) fn calendar_sheet<'n>(
    since: Timestamp,
    signed: Signed<'_>,
    years: impl Iterator<Item = &'n YearNotice>,
) -> Option<Sheet> {
    let event = |notice: &YearNotice| {
        let detail = Detail { notice: Some(notice.clone()), ..Detail::default() };
        Edit::Event(signed.publish(since, detail))
    };
    let events: Vec<Edit> = years.map(event).collect();
    (!events.is_empty()).then(|| vec![(only(DocumentKind::Calendar), events)])
}

/// Rules as they are written.
pub(super) fn rules_sheet(now: Timestamp, signed: Signed<'_>, rules: &RuleSet) -> Sheet {
    let detail = Detail { rules: Some(Box::new(rules.clone())), ..Detail::default() };
    vec![(only(DocumentKind::Rules), vec![Edit::Event(signed.publish(now, detail))])]
}

/// What a city sets besides, as it is written.
pub(super) fn customs_sheet(now: Timestamp, signed: Signed<'_>, customs: Customs) -> Sheet {
    let detail = Detail { customs: Some(customs), ..Detail::default() };
    vec![(only(DocumentKind::Rules), vec![Edit::Event(signed.publish(now, detail))])]
}

/// Templates as they are written; none where there are none.
pub(super) fn templates_sheet(
    now: Timestamp,
    signed: Signed<'_>,
    templates: &[Template],
) -> Option<Sheet> {
    let event = |template: &Template| {
        let detail = Detail { template: Some(Box::new(template.clone())), ..Detail::default() };
        Edit::Event(signed.publish(now, detail))
    };
    let events: Vec<Edit> = templates.iter().map(event).collect();
    (!events.is_empty()).then(|| vec![(only(DocumentKind::Rules), events)])
}
