//! 报表: every metric over the cases that this machine holds, at every tier alike.
//!
//! The figures come out of the sums that the replica keeps; what is new is counted first. Each
//! report says as of when it is, and how fresh what lies under it is.

mod sheet;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use sheet::{Line, amount, not_counted, pick};

use serde::{Deserialize, Deserializer, Serialize};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::catalogue::Item;
use tongban_protocol::metrics::{Against, By, Metrics, Month, Named, Question, measure};
use tongban_protocol::place::{Division, Scope};
use tongban_protocol::time::Timestamp;

use crate::clock;
use crate::engine::Engine;
use crate::names::name_of;
use crate::replica::{Counted, Replica, ReplicaError};
use crate::service::Desk;
use crate::store::{SledStore, Store};
use crate::web::fault::Fault;
use crate::web::language::Language;

/// Cases or entries that are counted between two other things that the engine does: some tens of
/// milliseconds.
pub const COUNT_AT_ONCE: usize = 256;

/// Rounds after which a report goes out although there is always something new: enough for a
/// province's first count.
const ROUNDS_MAX: usize = 1 << 20;

/// What is wished for.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Wish {
    /// By what the report is divided.
    pub by: Option<By>,
    /// The first month.
    #[serde(deserialize_with = "month")]
    pub from: Option<Month>,
    /// The last month.
    #[serde(deserialize_with = "month")]
    pub to: Option<Month>,
    /// What early is held against; the promise where it is left out.
    pub early: Option<Against>,
    /// From which level on a rating is a satisfied one: 3 with 基本满意, which is so where it is
    /// left out; 4 without; 5 for 非常满意 alone is none of the published ways.
    pub satisfied_from: Option<u8>,
    /// In which form.
    pub form: Option<Form>,
    /// In which language, where the form has one.
    pub lang: Option<Tongue>,
}

/// Reads a month; a field of a page that was left empty is none.
fn month<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Month>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let month = (!text.trim().is_empty()).then(|| text.trim().parse()).transpose();
    month.map_err(serde::de::Error::custom)
}

/// A form of a report.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// For programs.
    Json,
    /// For spreadsheets.
    Csv,
    /// For a terminal.
    Text,
}

/// A language, as a query names it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Tongue {
    /// 中文.
    Zh,
    /// English.
    En,
}

impl Wish {
    /// The language that is wished for; Chinese where none is.
    #[must_use]
    pub fn language(&self) -> Language {
        match self.lang {
            Some(Tongue::En) => Language::English,
            Some(Tongue::Zh) | None => Language::Chinese,
        }
    }

    /// The wish as the query of an address.
    #[must_use]
    pub fn to_query(&self) -> String {
        let mut pairs = Vec::new();
        let mut add = |name: &str, value: Option<String>| {
            pairs.extend(value.map(|value| format!("{name}={value}")));
        };
        add("by", self.by.map(|by| by.en().to_owned()));
        add("from", self.from.map(|month| month.to_string()));
        add("to", self.to.map(|month| month.to_string()));
        add("early", self.early.map(|against| against.en().to_owned()));
        add("satisfied_from", self.satisfied_from.map(|level| level.to_string()));
        let form = |form| match form {
            Form::Json => "json",
            Form::Csv => "csv",
            Form::Text => "text",
        };
        add("form", self.form.map(|it| form(it).to_owned()));
        add("lang", self.lang.map(|_| self.language().short().to_owned()));
        pairs.join("&")
    }
}

/// Centres with their names and their counties; a county and the city belong to themselves.
pub type Centres = BTreeMap<Division, (Named, Division)>;

/// What a machine knows of the centres around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Surroundings {
    /// The centres that have a row of their own.
    pub centres: Centres,
    /// How many centres were complete, out of how many; only the city knows.
    pub complete: Option<(u64, u64)>,
}

/// Whoever knows the centres around a machine.
pub trait Lookout: fmt::Debug + Send + Sync {
    /// The centres alone, without looking at any.
    fn centres(&self, engine: &Engine<SledStore>) -> Centres;

    /// What is around, now.
    ///
    /// # Errors
    ///
    /// The store's.
    fn look(
        &self,
        engine: &Engine<SledStore>,
        now: Timestamp,
    ) -> Result<Surroundings, ReplicaError>;
}

/// The lookout of a node: it knows the centres of which it holds cases.
#[derive(Clone, Copy, Debug)]
pub struct Alone;

impl Lookout for Alone {
    fn centres(&self, engine: &Engine<SledStore>) -> Centres {
        centres_held(engine.replica()).centres
    }

    fn look(&self, engine: &Engine<SledStore>, _: Timestamp) -> Result<Surroundings, ReplicaError> {
        Ok(centres_held(engine.replica()))
    }
}

/// The centres of which cases are held here, by their names, where those are known; else by their
/// codes.
#[must_use]
pub fn centres_held<S: Store>(replica: &Replica<S>) -> Surroundings {
    let homes = replica.homes().into_iter().filter(|home| home.scope == Scope::Office);
    let centre = |division: Division| {
        // Below the city stands the county: a centre's own path says which.
        let path = replica.path_of(division);
        let county = path.and_then(|path| path.ancestors().iter().rev().nth(1).copied());
        let code = || Named { zh: division.to_string(), en: division.to_string() };
        let name = name_of(division).cloned().unwrap_or_else(code);
        (division, (name, county.unwrap_or(division)))
    };
    let centres = homes.map(|home| centre(home.division)).collect();
    Surroundings { centres, complete: None }
}

/// A report.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Report {
    /// The instant as of which it is, RFC 3339.
    pub as_of: String,
    /// The centre whose machine says so.
    pub centre: Division,
    /// By what it is divided.
    pub by: Option<By>,
    /// The first month.
    pub from: Option<Month>,
    /// The last month.
    pub to: Option<Month>,
    /// What early was held against.
    pub early: Against,
    /// From which level on a rating was a satisfied one.
    pub satisfied_from: u8,
    /// How fresh what lies under it is.
    pub freshness: Freshness,
    /// The figures.
    #[serde(flatten)]
    pub metrics: Metrics,
}

/// How fresh what lies under a report is.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Freshness {
    /// Entries of cases that are held, by all centres.
    pub entries: u64,
    /// When the newest of them was recorded, RFC 3339; none where there is none.
    pub newest: Option<String>,
    /// Centres of which the city held everything that they had announced; none below the city.
    pub complete: Option<u64>,
    /// Out of so many.
    pub centres: Option<u64>,
}

/// Counts on, for a moment: what is handed in is made durable first.
///
/// # Errors
///
/// The store's.
pub fn count<S: Store>(engine: &mut Engine<S>, now: Timestamp) -> Result<Counted, ReplicaError> {
    engine.flush(now);
    engine.replica_mut().count_facts(COUNT_AT_ONCE)
}

/// Makes a report of what was counted.
///
/// # Errors
///
/// The store's.
pub fn report<S: Store>(
    replica: &Replica<S>,
    wish: &Wish,
    around: &Surroundings,
    now: Timestamp,
) -> Result<Report, ReplicaError> {
    let (catalogue, today) = (replica.catalogue()?, civil_day(now));
    let items: Vec<&Item> = catalogue.on(today).map(|it| &it.item).collect();
    let known: Vec<&Item> = catalogue.versions().map(|it| &it.item).collect();
    let (early, satisfied_from) =
        (wish.early.unwrap_or_default(), wish.satisfied_from.unwrap_or(3));
    let question = Question {
        today,
        from: wish.from,
        to: wish.to,
        by: wish.by,
        against: early,
        satisfied_from,
        centres: &around.centres,
        items: &items,
        known: &known,
    };
    let (entries, newest) = replica.entries_of_offices();
    let freshness = Freshness {
        entries,
        newest: newest.map(|newest| newest.to_string()),
        complete: around.complete.map(|(complete, _)| complete),
        centres: around.complete.map(|(_, centres)| centres),
    };
    Ok(Report {
        as_of: now.to_string(),
        centre: replica.member().centre(),
        by: wish.by,
        from: wish.from,
        to: wish.to,
        early,
        satisfied_from,
        freshness,
        metrics: measure(replica.ledger(), &question),
    })
}

/// Counts everything and makes a report, on a store that no service has open.
///
/// # Errors
///
/// The store's.
pub fn report_whole(
    engine: &mut Engine<SledStore>,
    wish: &Wish,
    lookout: &dyn Lookout,
    now: Timestamp,
) -> Result<Report, ReplicaError> {
    for _ in 0..ROUNDS_MAX {
        if count(engine, now)? != Counted::Part {
            break;
        }
    }
    let around = lookout.look(engine, now)?;
    report(engine.replica(), wish, &around, now)
}

/// Counts everything at the desk of a running service, in turns with what else it does, and makes
/// a report.
///
/// # Errors
///
/// What the caller is told.
pub async fn report_at(
    desk: &Desk,
    wish: Wish,
    lookout: Arc<dyn Lookout>,
) -> Result<Report, Fault> {
    for _ in 0..ROUNDS_MAX {
        if desk.ask(|engine| count(engine, clock::now())).await?? != Counted::Part {
            break;
        }
    }
    let asked = desk.ask(move |engine| {
        let now = clock::now();
        let around = lookout.look(engine, now)?;
        report(engine.replica(), &wish, &around, now)
    });
    Ok(asked.await??)
}
