//! 发布: the items of a centre, in its public home; the city's hub publishes more there.
//!
//! A version that was published never changes: an item that differs becomes the next version, in
//! force from a day on. Drafts lie in a file of the data directory until they are published.
//! Whatever changes what is published has two names: who proposed it, and who approved it. What a
//! centre publishes is read by it and by those below it, before what those above it publish.

mod at_desk;
mod drafts;
mod facts;
mod preview;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tongban_config::facts::FactsError;
use tongban_config::fault::SettingsError;
use tongban_config::joint::JointError;
use tongban_config::supervision::SupervisionError;
use tongban_config::text::TextError;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::catalogue::check::{Problem, encoded_bytes};
use tongban_protocol::catalogue::{
    Fault, Item, ItemId, Published, check, document_name, immediate_share, promised_speed_up,
};
use tongban_protocol::document::{Detail, DocumentName, Edit, Event, EventKind};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;
use utoipa::ToSchema;

use crate::replica::{Appended, Replica, ReplicaError};
use crate::report::not_counted;
use crate::service::{Closed, WriteError};
use crate::store::Store;
use crate::web::language::Language;

pub use at_desk::{foresee_at, publish_at, retire_at, write_at};
pub use drafts::{DraftError, Drafts, Taken, parse_list, read_list};
pub use facts::{Facts, FactsRefusal};
pub use preview::{CASES_AT_ONCE, Foreseen, ItemForeseen, MovedDay, Preview};

/// Bytes of items in one entry, roughly: half of what an entry may have.
const ENTRY_BYTES: usize = 64 * 1024;
/// Items in one entry.
const ENTRY_ITEMS_MAX: usize = 128;

/// What is written in one entry.
pub type Sheet = Vec<(DocumentName, Vec<Edit>)>;

/// What the office wishes to publish.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishWish {
    /// Who answers for it.
    pub by: String,
    /// Who proposed it: somebody else.
    #[serde(default)]
    pub proposed_by: String,
    /// The items.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Item>,
}

/// What the office wishes to retire.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetireWish {
    /// Who answers for it.
    pub by: String,
    /// Who proposed it: somebody else.
    #[serde(default)]
    pub proposed_by: String,
    /// The item.
    #[schema(value_type = String)]
    pub id: ItemId,
    /// The first day on which it is applied for no more, such as `2026-12-01`.
    #[schema(value_type = String)]
    pub from: Date,
}

/// Who stands for a publication.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    by: &'a str,
    proposed_by: Option<&'a str>,
}

impl<'a> Signed<'a> {
    /// With what a city begins, nobody has proposed anything yet; for the hub's first start alone.
    pub const FOUNDING: Self = Self { by: "hub", proposed_by: None };

    /// 四眼原则: two names, of two people.
    ///
    /// # Errors
    ///
    /// [`PublishError::Nameless`] or [`PublishError::OwnProposal`].
    pub fn by(by: &'a str, proposed_by: &'a str) -> Result<Self, PublishError> {
        let (by, proposed_by) = (by.trim(), proposed_by.trim());
        if by.is_empty() || proposed_by.is_empty() {
            return Err(PublishError::Nameless);
        }
        if by.to_lowercase() == proposed_by.to_lowercase() {
            return Err(PublishError::OwnProposal(by.to_owned()));
        }
        Ok(Self { by, proposed_by: Some(proposed_by) })
    }

    /// A publication in these names.
    #[must_use]
    pub fn publish(self, at: Timestamp, detail: Detail) -> Event {
        let proposed_by = self.proposed_by.map(str::to_owned);
        let detail = Detail { proposed_by, ..detail };
        Event::new(EventKind::Publish, at, self.by, "").with(detail)
    }
}

/// What became of an item that was to be published.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, ToSchema)]
pub struct PublishLine {
    /// The item.
    pub id: String,
    /// Its version; the one in force already where nothing changed, 0 where it was refused.
    pub version: u32,
    /// True where this version is new.
    pub is_new: bool,
    /// The centre above whose item of this id gives way to it, here and below.
    pub instead_of: Option<String>,
    /// Why it was refused, in Chinese and in English.
    pub faults: Vec<[String; 2]>,
}

/// An item of the catalogue, for the office.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
pub struct ItemLine {
    /// The centre that published it.
    pub publisher: String,
    /// The first day on which it was applied for no more.
    #[schema(value_type = Option<String>)]
    pub retired_from: Option<Date>,
    /// What nobody stated.
    pub unknown: Vec<String>,
    /// The version as it was published.
    #[schema(value_type = Object)]
    pub item: Item,
}

/// Why nothing was published or retired.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Nobody answers for it.
    #[error(
        "a publication needs the names of two people: who proposed it and who answers for it ({zh})",
        zh = self.zh()
    )]
    Nameless,
    /// One person did both.
    #[error(
        "{0} proposed it and cannot approve it too; let somebody else answer for it ({zh})",
        zh = self.zh()
    )]
    OwnProposal(String),
    /// The calendar is none.
    #[error("{0} ({zh})", zh = .0.zh())]
    Calendar(#[from] FactsError),
    /// Something of their text was lost.
    #[error("{0} ({zh})", zh = .0.zh())]
    Text(#[from] TextError),
    /// They can be read, and are not published.
    #[error("{0} ({zh})", zh = .0.zh())]
    Refused(#[from] FactsRefusal),
    /// The rules of supervision are none.
    #[error(transparent)]
    Rules(#[from] SupervisionError),
    /// The templates of joint approval are none.
    #[error(transparent)]
    Templates(#[from] JointError),
    /// The description of the city is none.
    #[error(transparent)]
    City(#[from] SettingsError),
    /// There is no such item.
    #[error(
        "this centre publishes no item {0} on that day; `item list` says who publishes what, and \
         each centre retires its own ({zh})",
        zh = self.zh()
    )]
    Unknown(ItemId),
    /// The service has stopped.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// It was not saved.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

impl From<WriteError> for PublishError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Closed(closed) => closed.into(),
            WriteError::Replica(error) => error.into(),
        }
    }
}

impl PublishError {
    /// What is wrong and what to do, in Chinese; empty where the machine says so itself.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Nameless => "发布、停用须写明两个人的姓名：拟稿人与审核人".to_owned(),
            Self::OwnProposal(_) => "拟稿人不能审核自己的拟稿（四眼原则），请由他人审核".to_owned(),
            Self::Text(error) => error.zh(),
            Self::Calendar(error) => format!("日历有误：{}", error.zh()),
            Self::Refused(refusal) => refusal.zh(),
            Self::Rules(error) => format!("监察规则有误：{error}"),
            Self::Templates(error) => format!("并联方案有误：{error}"),
            Self::City(error) => format!("城市设置有误：{error}"),
            Self::Unknown(_) => {
                "本中心当日没有发布此事项；item list 列出各事项的发布者，各中心只能停用自己发布的"
                    .to_owned()
            }
            Self::Closed(_) | Self::Replica(_) => String::new(),
        }
    }
}

/// Says what becomes of each item, and what is to be written for it.
///
/// # Errors
///
/// [`PublishError::Nameless`], or the store's.
pub fn prepare<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    wish: PublishWish,
) -> Result<(Vec<PublishLine>, Vec<Sheet>), PublishError> {
    let PublishWish { by, proposed_by, items } = wish;
    let signed = Signed::by(&by, &proposed_by)?;
    let catalogue = replica.catalogue()?;
    let (centre, today) = (replica.member().centre(), civil_day(now));
    let known: BTreeSet<&ItemId> = catalogue.versions().map(|it| &it.item.id).collect();
    let (mut lines, mut fresh) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for item in items {
        let mut faults = check(&item);
        if !seen.insert(item.id.clone()) {
            faults.push(Fault { field: "id", problem: Problem::Twice(item.id.to_string()) });
        }
        let latest = catalogue.versions_of(&item.id, centre).next();
        let (version, is_new) = match latest {
            _ if !faults.is_empty() => (0, false),
            Some(latest) if says_the_same(&item, latest) => (latest.item.version, false),
            Some(latest) => (latest.item.version.saturating_add(1), true),
            None => (item.version, true),
        };
        let faults = faults.iter().map(|it| [said(it.field, &it.zh()), said(it.field, &it.en())]);
        let (id, faults) = (item.id.to_string(), faults.collect());
        let offered = catalogue.version_on(&item.id, today).map(|it| it.publisher);
        let instead_of = offered.filter(|it| is_new && *it != centre).map(|it| it.to_string());
        lines.push(PublishLine { id, version, is_new, instead_of, faults });
        if is_new {
            // Without a day it would be in force on days on which another version was.
            let valid_from = item.valid_from.or_else(|| known.contains(&item.id).then_some(today));
            fresh.push(Item { version, valid_from, ..item });
        }
    }
    Ok((lines, item_sheets(now, signed, fresh)))
}

fn said(field: &str, what: &str) -> String {
    format!("{field}: {what}")
}

/// True where an item says what its latest version says, and that was not retired.
fn says_the_same(item: &Item, latest: &Published) -> bool {
    let (version, valid_from) = (latest.item.version, item.valid_from.or(latest.item.valid_from));
    latest.retired_from.is_none() && Item { version, valid_from, ..item.clone() } == latest.item
}

/// Items as they are written.
pub fn item_sheets(
    now: Timestamp,
    signed: Signed<'_>,
    items: impl IntoIterator<Item = Item>,
) -> Vec<Sheet> {
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut filled = 0;
    for item in items {
        let bytes = encoded_bytes(&item);
        let name = document_name(&item.id);
        let detail = Detail { item: Some(Box::new(item)), ..Detail::default() };
        let edits = (name, vec![Edit::Event(signed.publish(now, detail))]);
        match sheets.last_mut() {
            Some(sheet) if filled + bytes <= ENTRY_BYTES && sheet.len() < ENTRY_ITEMS_MAX => {
                filled += bytes;
                sheet.push(edits);
            }
            Some(_) | None => {
                filled = bytes;
                sheets.push(vec![edits]);
            }
        }
    }
    sheets
}

/// Says how an item is retired.
///
/// # Errors
///
/// [`PublishError`] where there is nothing to retire, or nobody answers for it.
pub fn prepare_retirement<S: Store>(
    replica: &Replica<S>,
    wish: &RetireWish,
) -> Result<Sheet, PublishError> {
    let RetireWish { by, proposed_by, id, from } = wish;
    let signed = Signed::by(by, proposed_by)?;
    let catalogue = replica.catalogue()?;
    let centre = replica.member().centre();
    if !catalogue.versions_of(id, centre).any(|version| version.is_valid_on(*from)) {
        return Err(PublishError::Unknown(id.clone()));
    }
    let event =
        Event { kind: EventKind::Retire, ..signed.publish(midnight(*from), Detail::default()) };
    Ok(vec![(document_name(id), vec![Edit::Event(event)])])
}

/// The first instant of a day in Asia/Shanghai.
#[must_use]
pub fn midnight(day: Date) -> Timestamp {
    let instant = jiff::tz::Offset::constant(8).to_timestamp(day.at(0, 0, 0, 0));
    Timestamp(instant.map_or(i64::MAX, jiff::Timestamp::as_millisecond))
}

/// Stages what was prepared, as one entry of this centre's public home.
///
/// # Errors
///
/// The replica's.
pub fn write<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    sheet: Sheet,
) -> Result<Appended, ReplicaError> {
    let home = Home::public(replica.member().centre());
    replica.append(now, home, sheet)
}

/// Lists every version that was published, by item.
///
/// # Errors
///
/// The store's.
pub fn list<S: Store>(replica: &Replica<S>) -> Result<Vec<ItemLine>, ReplicaError> {
    let line = |it: &Published| ItemLine {
        publisher: it.publisher.to_string(),
        retired_from: it.retired_from,
        unknown: it.item.unknown().into_iter().map(str::to_owned).collect(),
        item: it.item.clone(),
    };
    Ok(replica.catalogue()?.versions().map(line).collect())
}

/// The figures of those items that are applied for on a day, with what they divide.
#[must_use]
pub fn figures(lines: &[ItemLine], day: Date, language: Language) -> [String; 2] {
    let current = |line: &&ItemLine| {
        line.item.is_valid_on(day) && line.retired_from.is_none_or(|from| day < from)
    };
    // The later version comes first, and is the one that counts.
    let mut seen = BTreeSet::new();
    let items: Vec<&Item> = lines
        .iter()
        .filter(current)
        .map(|line| &line.item)
        .filter(|item| seen.insert(item.id.clone()))
        .collect();
    let say = |figure: tongban_protocol::catalogue::Figure| match figure.left_out {
        0 => figure.to_string(),
        left_out => format!("{figure}{}", not_counted(left_out, language)),
    };
    [say(immediate_share(items.iter().copied())), say(promised_speed_up(items.iter().copied()))]
}
