//! The cards of a case: what the rules give today, and what became of those that were issued.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::{Almanac, civil_day};
use tongban_protocol::case::law::RULING_DAYS;
use tongban_protocol::case::{Clock, Folded, Issued, clocks as clocks_of};
use tongban_protocol::document::{DocumentId, Event, EventId, EventKind};
use tongban_protocol::identity::NodeId;
use tongban_protocol::journal::JournalId;
use tongban_protocol::outage::Evidence;
use tongban_protocol::place::Home;
use tongban_protocol::supervision::{Card, Level, also_tell, cards as cards_of, explain};
use tongban_protocol::time::Timestamp;

use super::{AnomalyNote, instant};
use crate::orders;
use crate::replica::{CaseFile, Replica, ReplicaError};
use crate::store::Store;

/// The cards of a case as of a day.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct CaseCards {
    /// The case.
    pub id: String,
    /// The day, such as 2013-12-13.
    pub today: String,
    /// Points off by the cards that were issued and stand.
    pub points: u32,
    /// The cards: what the rules give, then what was issued and is given no more.
    pub cards: Vec<CardDetail>,
    /// The rules of a later version, which give no card here.
    #[serde(default)]
    pub unknown_rules: Vec<AnomalyNote>,
}

/// One card.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct CardDetail {
    /// Its name within the case, by which it is issued and appealed against.
    pub name: String,
    /// `warning`, `yellow` or `red`.
    #[schema(value_type = String)]
    pub level: Level,
    /// The word for the page.
    pub zh: String,
    /// What the rule says.
    pub title: String,
    /// The same in English, where the rule says it.
    #[serde(default)]
    pub title_en: String,
    /// Points off once it is issued.
    pub points: u16,
    /// The figures in words: once it is issued those that it was issued with.
    pub figures: String,
    /// The same in English.
    #[serde(default)]
    pub figures_en: String,
    /// The events that prove it.
    pub proof: Vec<ProofNote>,
    /// The outages that concern it, of the centre's machines and of others that handled the case.
    #[serde(default)]
    pub outages: Vec<OutageDetail>,
    /// True when they explain it: it is not due.
    #[serde(default)]
    pub is_explained: bool,
    /// What became of it; none while it is only computed.
    pub issued: Option<IssuedDetail>,
}

/// An event that proves a card.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct ProofNote {
    /// When it was recorded, and by which author.
    pub event: String,
    /// The word for scripts, such as `finish-step`; empty where the event is not held here.
    pub kind: String,
    /// The word for the page.
    pub zh: String,
}

/// An outage that a machine recorded, as far as nothing speaks against it.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct OutageDetail {
    /// `link` or `machine`.
    pub cause: String,
    /// The word for the page.
    pub zh: String,
    /// From when on.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub from: Timestamp,
    /// Until when.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub to: Timestamp,
    /// The event that recorded it: when, and by which author.
    pub event: String,
}

/// What became of a card.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct IssuedDetail {
    /// When it was issued.
    pub on: String,
    /// When it was appealed against, and why.
    pub appeal: Option<String>,
    /// The same in English.
    #[serde(default)]
    pub appeal_en: Option<String>,
    /// How the appeal was ruled on.
    pub ruling: Option<String>,
    /// The same in English.
    #[serde(default)]
    pub ruling_en: Option<String>,
    /// When it was withdrawn.
    pub withdrawn: Option<String>,
    /// The name of the bulk with which it was withdrawn, if it was one of many.
    pub bulk: Option<String>,
    /// Until when the centre must answer in writing; none where it need not, or has.
    #[serde(default)]
    pub answer: Option<DueNote>,
    /// Until when the appeal is to be ruled on; none where there is none, or it is ruled on.
    #[serde(default)]
    pub rule: Option<DueNote>,
    /// What the centre answered under an order about the card: when, who, and the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<[String; 3]>,
}

/// A day by which somebody must act on a card.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct DueNote {
    /// The last day, such as 2013-12-13.
    pub by: String,
    /// True once that day is over.
    pub is_overdue: bool,
    /// What is due until when, for the page.
    pub zh: String,
    /// The same in English.
    pub en: String,
}

impl DueNote {
    fn new((by, today): (Date, Date), (zh, en): (&str, &str)) -> Self {
        let is_overdue = today > by;
        let (late_zh, late_en) = if is_overdue { ("，已逾期", "; overdue") } else { ("", "") };
        let (zh, en) = (format!("{zh} {by}{late_zh}"), format!("{en} {by}{late_en}"));
        Self { by: by.to_string(), is_overdue, zh, en }
    }
}

/// Reads the cards of a case as of `now`; `None` if no such case is held here.
///
/// # Errors
///
/// The store's.
pub fn cards<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<CaseCards>, ReplicaError> {
    let Some(file) = replica.case(id)? else { return Ok(None) };
    let mut given = given(replica, &file, now)?;
    tell_elsewhere(replica, &file, &mut given, now)?;
    let issued = &file.folded.course.issued;
    let (almanac, today) = (replica.almanac(), replica.today(now));
    let answered = if issued.is_empty() { BTreeMap::new() } else { orders::answered(replica, id)? };
    let became = |name: &String, it: &Issued| {
        let rule = name.split_once('/').map_or(name.as_str(), |(rule, _)| rule);
        let of_today = || replica.rules().rule(rule).and_then(|rule| rule.answer_days);
        let days = it.stated.as_ref().map_or_else(of_today, |stated| stated.answer_days);
        let days = days.filter(|_| !answered.contains_key(name));
        let answered = answered.get(name).cloned();
        IssuedDetail { answered, ..became(it, days, (almanac, today)) }
    };
    let kinds = Kinds(&file.view.events);
    let mut cards: Vec<CardDetail> = Vec::new();
    for card in &given {
        let (name, told) = (card.name(), computed(card, kinds));
        cards.push(match issued.get(&name) {
            Some(it) => CardDetail { issued: Some(became(&name, it)), ..stated(it, told, kinds) },
            None => told,
        });
    }
    let gone = issued.iter().filter(|(name, _)| given.iter().all(|card| card.name() != **name));
    for (name, issued) in gone {
        let bare = CardDetail {
            name: name.clone(),
            level: issued.level,
            zh: issued.level.zh().to_owned(),
            title: String::new(),
            title_en: String::new(),
            points: issued.points,
            figures: String::new(),
            figures_en: String::new(),
            proof: vec![kinds.note(issued.event)],
            outages: Vec::new(),
            is_explained: false,
            issued: Some(became(name, issued)),
        };
        cards.push(stated(issued, bare, kinds));
    }
    let (points, today) = (file.folded.course.points(), today.to_string());
    let unknown = replica.rules().unknown().iter();
    let unknown_rules = unknown.map(|it| AnomalyNote { zh: it.zh(), en: it.en() }).collect();
    Ok(Some(CaseCards { id: id.to_string(), today, points, cards, unknown_rules }))
}

/// The cards that the rules give a case as of `now`, with the outages that concern them.
pub(super) fn given<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
    now: Timestamp,
) -> Result<Vec<Card>, ReplicaError> {
    let (almanac, today) = (replica.almanac(), replica.today(now));
    let folded = file.folded.clone().on(today, almanac);
    let events = &file.view.events;
    let mut cards = cards_of(events, &folded, replica.rules(), (almanac, today));
    if let (false, Some((_, first))) = (cards.is_empty(), events.first()) {
        let since = civil_day(first.happened_at);
        let outages = replica.outages(file.id.home, (since, today))?;
        explain(&mut cards, events, &folded, (almanac, today), &outages);
    }
    Ok(cards)
}

/// Tells with each card the outages of the machines of other centres that handled the case, as far
/// as those centres' records are held here: a township holds none of its county.
fn tell_elsewhere<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
    cards: &mut [Card],
    now: Timestamp,
) -> Result<(), ReplicaError> {
    let (almanac, today) = (replica.almanac(), replica.today(now));
    let events = &file.view.events;
    let (false, Some((_, first))) = (cards.is_empty(), events.first()) else { return Ok(()) };
    let since = civil_day(first.happened_at);
    let handled = events.iter().filter(|(_, event)| !event.kind.is_of_supervision());
    let mut elsewhere: BTreeMap<Home, BTreeSet<NodeId>> = BTreeMap::new();
    for (id, _) in handled {
        let journal = JournalId { home: file.id.home, author: id.author };
        let centre = replica.author_centre(journal).filter(|it| *it != file.id.home.division);
        if let Some(centre) = centre {
            elsewhere.entry(Home::office(centre)).or_default().insert(id.author.node);
        }
    }
    let mut found = Vec::new();
    for (home, machines) in elsewhere {
        let outages = replica.outages(home, (since, today))?;
        found.extend(outages.into_iter().filter(|it| machines.contains(&it.event.author.node)));
    }
    let folded = file.folded.clone().on(today, almanac);
    also_tell(cards, events, &folded, (almanac, today), &found);
    Ok(())
}

/// What a machine says of a case as of a day. It follows from the case's events and from what the
/// city published: every machine that holds the same says the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// What it has come to.
    pub folded: Folded,
    /// Its clocks.
    pub clocks: Vec<Clock>,
    /// The cards that the rules give it.
    pub cards: Vec<Card>,
    /// How many events it has.
    pub events: usize,
}

/// Judges a case as of `now`.
///
/// # Errors
///
/// The store's.
pub fn judge<S: Store>(
    replica: &Replica<S>,
    file: &CaseFile,
    now: Timestamp,
) -> Result<Judgement, ReplicaError> {
    let (almanac, today) = (replica.almanac(), replica.today(now));
    let folded = file.folded.clone().on(today, almanac);
    let clocks = clocks_of(&folded.course, almanac, today);
    let (cards, events) = (given(replica, file, now)?, file.view.events.len());
    Ok(Judgement { folded, clocks, cards, events })
}

fn computed(card: &Card, kinds: Kinds<'_>) -> CardDetail {
    CardDetail {
        name: card.name(),
        level: card.level,
        zh: card.level.zh().to_owned(),
        title: card.title.clone(),
        title_en: english(&card.title, card.title_en.as_ref()),
        points: card.points,
        figures: card.figures.zh.clone(),
        figures_en: card.figures.en.clone(),
        proof: card.proof.iter().map(|id| kinds.note(*id)).collect(),
        outages: card.outages.iter().map(outage).collect(),
        is_explained: card.is_explained,
        issued: None,
    }
}

/// A card as it was issued: what it states stays, whatever the rules give today.
fn stated(issued: &Issued, told: CardDetail, kinds: Kinds<'_>) -> CardDetail {
    let (level, zh, points) = (issued.level, issued.level.zh().to_owned(), issued.points);
    let told = CardDetail { level, zh, points, ..told };
    let Some(stated) = issued.stated.as_deref() else { return told };
    CardDetail {
        title: stated.title.clone(),
        title_en: english(&stated.title, stated.title_en.as_ref()),
        figures: stated.figures_zh.clone(),
        figures_en: stated.figures_en.clone(),
        proof: stated.proof.iter().map(|id| kinds.note(*id)).collect(),
        ..told
    }
}

/// A title in English; as it is where its rule says none.
fn english(title: &str, title_en: Option<&String>) -> String {
    title_en.map_or(title, String::as_str).to_owned()
}

/// The events of a case, to say of what kind one is.
#[derive(Clone, Copy)]
struct Kinds<'a>(&'a [(EventId, Event)]);

impl Kinds<'_> {
    fn note(self, id: EventId) -> ProofNote {
        let found = self.0.iter().find(|(other, _)| *other == id).map(|(_, event)| event.kind);
        let word = |said: Option<&'static str>| said.unwrap_or_default().to_owned();
        let (kind, zh) = (word(found.map(EventKind::en)), word(found.map(EventKind::zh)));
        ProofNote { event: event_name(id), kind, zh }
    }
}

fn outage(outage: &Evidence) -> OutageDetail {
    OutageDetail {
        cause: outage.cause.en().to_owned(),
        zh: outage.cause.zh().to_owned(),
        from: outage.from,
        to: outage.to,
        event: event_name(outage.event),
    }
}

/// What became of a card which is to be answered within `answer_days` working days, if at all. An
/// appeal is an answer too.
fn became(
    issued: &Issued,
    answer_days: Option<u16>,
    (almanac, today): (&Almanac, Date),
) -> IssuedDetail {
    let stands = issued.withdrawn.is_none();
    let due = |from: Date, days: u16| (almanac.latest().due(from, days).date, today);
    let answer = answer_days.filter(|_| stands && issued.appeal.is_none());
    let answer = answer.map(|days| due(issued.on, days));
    let appealed = issued.appeal.filter(|_| stands && issued.ruling.is_none());
    let rule = appealed.map(|(on, _)| due(on, RULING_DAYS));
    IssuedDetail {
        answer: answer.map(|due| DueNote::new(due, ("书面答复期限", "a written answer is due by"))),
        rule: rule
            .map(|due| DueNote::new(due, ("申诉裁定期限", "the appeal is to be ruled on by"))),
        on: issued.on.to_string(),
        appeal: issued.appeal.map(|(on, ground)| format!("{on} {}", ground.zh())),
        appeal_en: issued.appeal.map(|(on, ground)| format!("{on}, {}", ground.en())),
        ruling: issued.ruling.map(|ruling| ruling.zh().to_owned()),
        ruling_en: issued.ruling.map(|ruling| ruling.en().to_owned()),
        withdrawn: issued.withdrawn.map(|on| on.to_string()),
        bulk: issued.bulk.clone(),
        answered: None,
    }
}

fn event_name(id: EventId) -> String {
    format!("{} {}", id.recorded.instant(), id.author)
}
