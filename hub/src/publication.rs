//! 发布: the city's calendar, rules of supervision, templates and customs, in its public home, and
//! the items with which it begins; later ones are published as every centre publishes its own.
//!
//! The calendar comes a year at a time. Whatever changes what is published has two names: who
//! proposed it, and who approved it.

#[cfg(test)]
mod tests;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tongban_config::city::City;
use tongban_config::supervision::Supervision;
use tongban_node::publication::{
    Facts, PublishError, Sheet, Signed, item_sheets, midnight, write_at,
};
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::service::Desk;
use tongban_node::store::Store;
use tongban_protocol::calendar::YearNotice;
use tongban_protocol::case::Customs;
use tongban_protocol::case::joint::Template;
use tongban_protocol::document::{Detail, DocumentKind, DocumentName, Edit};
use tongban_protocol::supervision::RuleSet;
use tongban_protocol::time::Timestamp;
use ulid::Ulid;
use utoipa::ToSchema;

/// What the office wishes to publish of calendar and rules.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FactsWish {
    /// Who answers for it.
    pub by: String,
    /// Who proposed it: somebody else.
    #[serde(default)]
    pub proposed_by: String,
    /// The name of the file, for errors; the city's own where it is left out.
    #[serde(default)]
    pub file: Option<String>,
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
    let FactsWish { by, proposed_by, file, calendar, rules, customs, templates } = wish;
    let signed = Signed::by(&by, &proposed_by)?;
    let facts = Facts { file, items: Vec::new(), calendar, rules, customs, templates };
    facts.check_whole()?;
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

/// The same over the desk of a running hub, and writes it.
///
/// # Errors
///
/// As [`prepare_facts`]; [`PublishError::Closed`] when the service stops meanwhile.
pub async fn publish_facts_at(
    desk: &Desk,
    now: Timestamp,
    wish: FactsWish,
) -> Result<PublishedFacts, PublishError> {
    let asked = desk.ask(move |engine| prepare_facts(engine.replica(), now, wish));
    let (published, sheets) = asked.await??;
    write_at(desk, now, sheets).await?;
    Ok(published)
}

/// What of a city's facts was never published: the calendar, the rules of supervision, what the city
/// sets besides, the templates and the items with which it begins. What differs from what is
/// published waits for two people.
///
/// # Errors
///
/// The store's.
pub fn unpublished<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    city: &City,
) -> Result<Vec<Sheet>, ReplicaError> {
    let mut sheets = Vec::new();
    if let Some(first) = city.calendar.notices().next()
        && replica.almanac().latest().notices().next().is_none()
    {
        // With what a city begins, it has always counted.
        let since = Date::new(first.year(), 1, 1).map_or(now, midnight);
        sheets.extend(calendar_sheet(since, Signed::FOUNDING, city.calendar.notices()));
    }
    let rules = city.supervision.as_ref().map(Supervision::rules);
    if let Some(rules) = rules.filter(|_| replica.rules().rules().is_empty()) {
        sheets.push(rules_sheet(now, Signed::FOUNDING, rules));
    }
    if replica.published_customs().is_none() {
        sheets.push(customs_sheet(now, Signed::FOUNDING, city.customs));
    }
    if replica.templates().is_empty() {
        sheets.extend(templates_sheet(now, Signed::FOUNDING, &city.joint));
    }
    let catalogue = replica.catalogue()?;
    if catalogue.versions().next().is_none() && catalogue.set_aside().is_empty() {
        sheets.extend(item_sheets(now, Signed::FOUNDING, city.items.sound().cloned()));
    }
    Ok(sheets)
}

/// What of a city's facts is not what is published, by the command that would publish it.
#[must_use]
pub fn differing<S: Store>(replica: &Replica<S>, city: &City) -> Vec<&'static str> {
    let known = replica.almanac().latest();
    let is_known = |notice| known.notices().any(|it| it == notice);
    let rules = city.supervision.as_ref().map(Supervision::rules);
    let differs = [
        ("calendar publish", !city.calendar.notices().all(is_known)),
        ("rules publish", rules.is_some_and(|rules| rules != replica.rules())),
        ("customs publish", city.customs != replica.customs()),
        ("templates publish", !city.joint.iter().all(|it| replica.templates().contains(it))),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(command, _)| command).collect()
}

/// Years of the calendar as they are written; none where there are none.
fn calendar_sheet<'n>(
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
fn rules_sheet(now: Timestamp, signed: Signed<'_>, rules: &RuleSet) -> Sheet {
    let detail = Detail { rules: Some(Box::new(rules.clone())), ..Detail::default() };
    vec![(only(DocumentKind::Rules), vec![Edit::Event(signed.publish(now, detail))])]
}

/// What a city sets besides, as it is written.
fn customs_sheet(now: Timestamp, signed: Signed<'_>, customs: Customs) -> Sheet {
    let detail = Detail { customs: Some(customs), ..Detail::default() };
    vec![(only(DocumentKind::Rules), vec![Edit::Event(signed.publish(now, detail))])]
}

/// Templates as they are written; none where there are none.
fn templates_sheet(now: Timestamp, signed: Signed<'_>, templates: &[Template]) -> Option<Sheet> {
    let event = |template: &Template| {
        let detail = Detail { template: Some(Box::new(template.clone())), ..Detail::default() };
        Edit::Event(signed.publish(now, detail))
    };
    let events: Vec<Edit> = templates.iter().map(event).collect();
    (!events.is_empty()).then(|| vec![(only(DocumentKind::Rules), events)])
}

/// The name of the calendar, and of the rules: there is one of each, for ever.
const fn only(kind: DocumentKind) -> DocumentName {
    DocumentName { kind, ulid: Ulid::nil() }
}
