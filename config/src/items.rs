//! What may be applied for, as a city's file of items tells it, with the sources.
//!
//! The file keeps what the sources say in their own words; here it becomes typed items. What a
//! source leaves out stays unknown. An item with a fault that a catalogue does not take is kept
//! and listed: it is a fact, though not one to publish.

mod json;
mod list;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use tongban_protocol::case::CaseType;
use tongban_protocol::catalogue::guide::{Basis, Fee, ItemStep, Requirement, StatedLimit};
use tongban_protocol::catalogue::item::ForeignCode;
use tongban_protocol::catalogue::kind::Kind;
use tongban_protocol::catalogue::{Fault, Item, check};
use tongban_protocol::deadline::{Limit, YearDay};
use tongban_protocol::place::Tier;

pub use json::import_json;
pub use list::{Imported, Quarantined, Reason, import};

use crate::facts::{FactsError, FactsProblem};

/// Most items of one file: a province's.
pub const ITEMS_MAX: usize = 100_000;

/// The items of a city, in the order of the file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Items(Vec<Listed>);

/// An item and where its figures come from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// The item.
    pub item: Item,
    /// The sources, the first the best.
    pub sources: Vec<Source>,
    /// The fields of which the sources say nothing.
    pub not_in_source: Vec<String>,
    /// Why it is not one to publish; empty for most.
    pub faults: Vec<Fault>,
}

/// Where a figure comes from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The title of the page or document.
    pub title: String,
    /// Who published it.
    pub body: String,
    /// In which year; `None` where the page does not say.
    pub year: Option<i16>,
    /// A official, B a copy of an official text, C newspaper or forum, D a hint only.
    pub trust: String,
}

impl Items {
    /// Reads a file of items.
    ///
    /// # Errors
    ///
    /// The first fault, with its line where the text is no JSON, else with item and field.
    pub fn parse(file: &str, text: &str) -> Result<Self, FactsError> {
        let whole = |line, problem| FactsError { file: file.to_owned(), line, problem };
        let read: File = serde_json::from_str(text.trim_start_matches('\u{feff}'))
            .map_err(|e| whole(Some(e.line()), FactsProblem::Json(e.to_string())))?;
        let mut ids = BTreeSet::new();
        let mut items = Vec::new();
        for value in read.items.into_iter().take(ITEMS_MAX) {
            let id = value.get("id").and_then(Value::as_str).unwrap_or("?");
            let id: String = id.chars().take(60).collect();
            let refuse =
                |(field, why)| whole(None, FactsProblem::Item { id: id.clone(), field, why });
            let said: Said = serde_json::from_value(value)
                .map_err(|e| refuse(("shape", format!("{e}; correct the item"))))?;
            let listed = said.read().map_err(refuse)?;
            if !ids.insert(listed.item.id.clone()) {
                return Err(refuse(("id", "stands in the file twice; remove one".to_owned())));
            }
            items.push(listed);
        }
        if items.is_empty() { Err(whole(None, FactsProblem::NoRows)) } else { Ok(Self(items)) }
    }

    /// The items, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &Listed> {
        self.0.iter()
    }

    /// Those that a catalogue takes.
    pub fn sound(&self) -> impl Iterator<Item = &Item> {
        self.0.iter().filter(|it| it.faults.is_empty()).map(|it| &it.item)
    }

    /// Those of which neither a legal limit nor a promise is known.
    pub fn without_limits(&self) -> impl Iterator<Item = &Item> {
        let unknown = |it: &&Item| it.legal.is_none() && it.promise.is_none();
        self.0.iter().map(|it| &it.item).filter(unknown)
    }
}

/// The file, as it is written.
#[derive(Deserialize)]
struct File {
    items: Vec<Value>,
}

/// An item, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    id: String,
    name: String,
    department: Option<String>,
    tier: Option<Tier>,
    accept_at: Option<Tier>,
    decide_at: Option<Tier>,
    kind: Option<String>,
    seed_class: Option<String>,
    legal_limit: Option<SaidLimit>,
    promised_limit: Option<SaidLimit>,
    case_type: Option<String>,
    #[serde(default)]
    steps: Vec<SaidStep>,
    #[serde(default)]
    materials: Vec<String>,
    #[serde(default)]
    legal_basis: Vec<String>,
    fee: Option<SaidFee>,
    sichuan_base_code: Option<String>,
    note: Option<String>,
    status: String,
    #[serde(default)]
    sources: Vec<Source>,
    #[serde(default)]
    not_in_source: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidLimit {
    value: Value,
    unit: String,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidStep {
    name: String,
    actor: Option<String>,
    limit: Option<SaidLimit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidFee {
    charged: bool,
    text: Option<String>,
}

/// A field, and what is wrong with it.
type Wrong = (&'static str, String);

impl Said {
    fn read(self) -> Result<Listed, Wrong> {
        let id = self.id.parse().map_err(|e| wrong("id", e))?;
        let known = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let limit = |field, said: Option<SaidLimit>| {
            said.map(SaidLimit::read).transpose().map_err(|why| (field, why))
        };
        let class = self.seed_class.as_deref().map(str::parse).transpose();
        let base = self
            .sichuan_base_code
            .map(|code| ForeignCode { system: "sichuan-base".to_owned(), code });
        let item = Item {
            status: self.status.parse().map_err(|e| wrong("status", e))?,
            kind: self.kind.as_deref().map(kind).transpose()?,
            class: class.map_err(|e| wrong("seed_class", e))?,
            case_type: self.case_type.as_deref().map(case_type).transpose()?,
            authority: known(&self.department),
            tier: self.tier,
            accept_at: self.accept_at,
            decide_at: self.decide_at,
            legal: limit("legal_limit", self.legal_limit)?,
            promise: limit("promised_limit", self.promised_limit)?,
            steps: self.steps.into_iter().map(SaidStep::read).collect::<Result<_, _>>()?,
            materials: self.materials.iter().map(|name| Requirement::named(name)).collect(),
            basis: self.legal_basis.into_iter().map(basis).collect(),
            fee: self.fee.map(SaidFee::read),
            foreign_codes: base.into_iter().collect(),
            note: known(&self.note),
            ..Item::named(id, &self.name)
        };
        let faults = check(&item);
        Ok(Listed { item, sources: self.sources, not_in_source: self.not_in_source, faults })
    }
}

impl SaidLimit {
    fn read(self) -> Result<StatedLimit, String> {
        let count = || {
            let count = self.value.as_u64().and_then(|count| u16::try_from(count).ok());
            count.ok_or_else(|| format!("`{}` is no number of {}", self.value, self.unit))
        };
        let limit = match self.unit.as_str() {
            "工作日" => Limit::WorkingDays(count()?),
            "日" => Limit::Days(count()?),
            "小时" => Limit::Hours(count()?),
            "期日" => Limit::By(year_day(self.value.as_str().unwrap_or_default())?),
            other => {
                return Err(format!(
                    "`{other}` is no unit; write `工作日`, `日`, `小时` or `期日`"
                ));
            }
        };
        Ok(StatedLimit { limit, note: self.note })
    }
}

/// Reads `每年3月31日前`.
fn year_day(text: &str) -> Result<YearDay, String> {
    let parts = || {
        let day = text.strip_prefix("每年")?.strip_suffix("前")?.strip_suffix('日')?;
        let (month, day) = day.split_once('月')?;
        Some(YearDay { month: month.parse().ok()?, day: day.parse().ok()? })
    };
    parts().ok_or_else(|| format!("`{text}` is no day of the year; write it like `每年3月31日前`"))
}

impl SaidStep {
    fn read(self) -> Result<ItemStep, Wrong> {
        let actor = self.actor.as_deref().map(str::parse).transpose();
        Ok(ItemStep {
            name: self.name,
            actor: actor.map_err(|e| wrong("steps", e))?,
            limit: self.limit.map(SaidLimit::read).transpose().map_err(|why| ("steps", why))?,
            standard: None,
            result: None,
            may_return_to: None,
        })
    }
}

impl SaidFee {
    fn read(self) -> Fee {
        // A text that names a document by its number, such as 财综〔2002〕73号, is its own basis.
        let cites = |text: &String| text.contains('〔') && text.contains('号');
        let basis = self.text.clone().filter(cites);
        Fee {
            is_charged: self.charged,
            standard: self.text,
            basis,
            reduction: None,
            is_payable_online: None,
        }
    }
}

const fn basis(law: String) -> Basis {
    Basis { law, article: None, text: None }
}

fn kind(text: &str) -> Result<Kind, Wrong> {
    // Some lists add in brackets what sort of power it is.
    let plain = text.split(['(', '（']).next().unwrap_or(text).trim();
    plain.parse().map_err(|e| wrong("kind", e))
}

fn case_type(text: &str) -> Result<CaseType, Wrong> {
    match text {
        "即办件" => Ok(CaseType::Immediate),
        "承诺件" => Ok(CaseType::Promised),
        "上报件" => Ok(CaseType::HandedUp),
        other => Err((
            "case_type",
            format!("`{other}` is no sort of case; write `即办件`, `承诺件` or `上报件`"),
        )),
    }
}

fn wrong(field: &'static str, error: impl std::fmt::Display) -> Wrong {
    (field, error.to_string())
}

#[cfg(test)]
mod tests;
