//! The values that waiting records are sent as.

use serde::{Deserialize, Serialize};
use tongban_protocol::time::Timestamp;

use crate::cases::{Stage, instant};
use crate::records::Words;

/// Which end comes first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// What waits longest.
    #[default]
    Oldest,
    /// What was recorded last.
    Newest,
}

/// Which waiting records are wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Asked {
    /// In which order.
    pub order: Order,
    /// Which page, from 1; one past the last gives the last.
    pub page: u64,
    /// How many on a page, at most [`super::RECORDS_SHOWN_MAX`].
    pub count: u64,
}

/// What waits on a machine for the city's word.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Waiting {
    /// Records written here and below, durable on this machine.
    pub saved: u64,
    /// Of these, durable at the centre above.
    pub held_above: u64,
    /// Of these, confirmed by the city's receipt.
    pub confirmed: u64,
    /// Not confirmed yet: `saved` less `confirmed`.
    pub count: u64,
    /// Of these, in journals that the centre above does not take further; all others go on.
    pub held_back: u64,
    /// When the oldest of them was recorded.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub since: Option<Timestamp>,
    /// Since when there is no link to a centre above; none while there is one, or where it is not
    /// known.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub no_link_since: Option<Timestamp>,
    /// The city's last word on what was written on this machine.
    pub receipt: Option<Receipt>,
    /// The journals with records that wait, own ones first, at most 200.
    pub journals: Vec<WaitingJournal>,
    /// In which order the records stand.
    pub order: Order,
    /// Which page of them this is, from 1.
    pub page: u64,
    /// How many pages there are.
    pub pages: u64,
    /// The records.
    pub records: Vec<WaitingRecord>,
}

/// 回执: up to which entry the city has signed that it holds a journal.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Receipt {
    /// The journal.
    pub journal: String,
    /// The last entry that it covers.
    pub number: u64,
    /// How many entries the journal has here.
    pub of: u64,
    /// When the city said so, by its own clock.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub witnessed_at: Timestamp,
}

/// A journal with records that wait.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct WaitingJournal {
    /// The division of the centre to which it belongs.
    pub home: String,
    /// The division of the centre that writes it.
    pub centre: String,
    /// Its name.
    pub journal: String,
    /// True if this machine writes it.
    pub is_own: bool,
    /// How many entries it has here.
    pub saved: u64,
    /// Of these, durable at the centre above.
    pub held_above: u64,
    /// Of these, confirmed by the city.
    pub confirmed: u64,
    /// When the oldest that waits was recorded.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub since: Option<Timestamp>,
    /// Why the centre above takes no more of it, if so; other journals go on.
    pub held_back: Option<HeldBack>,
    /// What its last record waits for.
    pub why: Words,
}

/// From where on a centre above does not take a journal.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct HeldBack {
    /// The first entry that it did not take.
    pub from: u64,
    /// How many records that holds back.
    pub count: u64,
    /// When it said so last.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Why, in its words.
    pub why: String,
}

/// A record that waits.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct WaitingRecord {
    /// The division of the centre to which it belongs.
    pub home: String,
    /// Its journal.
    pub journal: String,
    /// Its number there.
    pub number: u64,
    /// When it was recorded.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub recorded_at: Timestamp,
    /// What it is about, the first five of it.
    pub things: Vec<WaitingThing>,
    /// How many things it is about besides.
    pub more: usize,
    /// How far it has come.
    pub stage: Stage,
    /// True if the centre above does not take it, or one before it in its journal.
    pub is_held_back: bool,
    /// Why it is not in the city yet.
    pub why: Words,
}

/// What a waiting record is about.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct WaitingThing {
    /// What sort of document, or what else it is.
    pub what: Words,
    /// 办件编号, of a case.
    pub number: String,
    /// The item's name, of a case.
    pub item_name: String,
    /// The name of the case, to ask for it.
    pub case: Option<String>,
    /// What happened to it.
    pub happened: Words,
}
