//! Whether every store says the same of every case: how it stands, its clocks and its cards, as of
//! one day; and what the city's store says of them all.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{TryStreamExt, stream};
use serde::Serialize;
use tongban_config::tree::Tree;
use tongban_node::cases::{Judgement, judge};
use tongban_node::engine::Engine;
use tongban_node::replica::ReplicaError;
use tongban_node::store::SledStore;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::{Breach, ClockKind, Standing, State};
use tongban_protocol::catalogue::{Figure, Item, immediate_share, promised_speed_up};
use tongban_protocol::document::{DocumentId, DocumentKind, Ruling};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::{Division, Home};
use tongban_protocol::supervision::Level;
use tongban_protocol::time::Timestamp;

use super::DemoError;
use super::site::{Site, Sites};

/// What a comparison of judgements found.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Judged {
    /// Cases, as the city holds them.
    pub(super) cases: u64,
    pub(super) cards: CardCounts,
    pub(super) metrics: Metrics,
    /// What differs, in words: for each store and home the first case.
    pub(super) differences: Vec<String>,
}

/// The cards of all cases, as the city's store gives them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CardCounts {
    /// What the rules give today, by level, whether it was issued or not.
    pub due: BTreeMap<Level, u64>,
    /// The same by rule.
    pub due_by_rule: BTreeMap<String, u64>,
    /// Those that were issued.
    pub issued: u64,
    /// The same by level.
    pub issued_by_level: BTreeMap<Level, u64>,
    /// Of those issued, the ones that were appealed against.
    pub appealed: u64,
    /// Of those appealed against, the ones that stand by a ruling.
    pub upheld: u64,
    /// Of those issued, the ones that were withdrawn, by a ruling or without.
    pub withdrawn: u64,
    /// Points off by those that stand.
    pub points: u64,
}

/// What the cases come to, as the city's store says, each share with what it divides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Metrics {
    /// Cases by state, parts of joint cases left aside.
    pub states: BTreeMap<&'static str, u64>,
    /// Parts of joint cases, each with a case of its own.
    pub parts: u64,
    /// Decided cases by outcome.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// 按时办结: decided within the promise, out of those decided that had one.
    pub on_time: Figure,
    /// The same by the legal limit.
    pub within_law: Figure,
    /// 视为受理, out of those that were accepted at all.
    pub deemed: Figure,
    /// 补录: events recorded late, out of all.
    pub late_entries: Figure,
    /// 即办件比例, by item.
    pub immediate_items: Figure,
    /// 承诺提速, in working days.
    pub promised_speed_up: Figure,
}

const NOTHING: Figure = Figure { numerator: 0.0, denominator: 0.0, left_out: 0 };

impl Default for Metrics {
    fn default() -> Self {
        Self {
            states: BTreeMap::new(),
            parts: 0,
            outcomes: BTreeMap::new(),
            on_time: NOTHING,
            within_law: NOTHING,
            deemed: NOTHING,
            late_entries: NOTHING,
            immediate_items: NOTHING,
            promised_speed_up: NOTHING,
        }
    }
}

/// Has every store judge every case of every home that it holds, as of `at`, and holds them
/// against the city's.
pub(super) async fn judged(tree: &Tree, sites: &Sites, at: Timestamp) -> Result<Judged, DemoError> {
    let root = tree.root().division;
    let city = sites.get(root).ok_or(DemoError::Interrupted)?;
    let homes = tree.iter().map(|home| Ok(judge_home(tree, sites, &city, (home.division, at))));
    let mut all: Judged = stream::iter(homes)
        .try_buffer_unordered(HOMES_AT_ONCE)
        .try_fold(Judged::default(), |all, one| async move { Ok(all.plus(one)) })
        .await?;
    let catalogue = ask(&city, |engine| engine.replica().catalogue()).await?;
    let items = || catalogue.on(civil_day(at)).map(|published| &published.item);
    all.metrics.immediate_items = immediate_share(items().collect::<Vec<&Item>>());
    all.metrics.promised_speed_up = promised_speed_up(items().collect::<Vec<&Item>>());
    Ok(all)
}

async fn judge_home(
    tree: &Tree,
    sites: &Sites,
    city: &Arc<Site>,
    (centre, at): (Division, Timestamp),
) -> Result<Judged, DemoError> {
    let home = Home::office(centre);
    let mut found = Judged::default();
    let mut wanted: Vec<(DocumentId, Sha)> = Vec::new();
    for ids in list(city, home).await?.chunks(CASES_AT_ONCE) {
        for (id, judgement) in judgements(city, ids.to_vec(), at).await? {
            found.cases += 1;
            wanted.push((id, digest(judgement.as_ref())));
            if let Some(judgement) = &judgement {
                found.cards.add(judgement);
                found.metrics.add(judgement);
            }
        }
    }
    let path = tree.path(centre);
    let below = path
        .iter()
        .flat_map(|path| [path.centre()].into_iter().chain(path.ancestors().iter().copied()));
    for holder in below.filter(|it| *it != city.centre.division).filter_map(|it| sites.get(it)) {
        found.differences.extend(difference(&holder, home, &wanted, at).await?);
    }
    Ok(found)
}

/// Names the first case of a home that a store judges otherwise than the city.
async fn difference(
    holder: &Site,
    home: Home,
    wanted: &[(DocumentId, Sha)],
    at: Timestamp,
) -> Result<Option<String>, DemoError> {
    let store = holder.centre.division;
    let ids = list(holder, home).await?;
    for (ids, wanted) in ids.chunks(CASES_AT_ONCE).zip(wanted.chunks(CASES_AT_ONCE)) {
        let judgements = judgements(holder, ids.to_vec(), at).await?;
        for ((id, judgement), wanted) in judgements.iter().zip(wanted) {
            if (*id, digest(judgement.as_ref())) != *wanted {
                return Ok(Some(format!(
                    "store {store} judges case {id} of home {home} otherwise than the city"
                )));
            }
        }
    }
    let (here, there) = (ids.len(), wanted.len());
    Ok((here != there).then(|| {
        format!("store {store} holds {here} cases of home {home} and the city holds {there}")
    }))
}

async fn list(site: &Site, home: Home) -> Result<Vec<DocumentId>, DemoError> {
    ask(site, move |engine| engine.replica().documents(home, DocumentKind::Case, None, usize::MAX))
        .await
}

async fn judgements(
    site: &Site,
    ids: Vec<DocumentId>,
    at: Timestamp,
) -> Result<Vec<(DocumentId, Option<Judgement>)>, DemoError> {
    ask(site, move |engine| {
        let replica = engine.replica();
        let judged = |id| Ok((id, replica.case(id)?.map(|file| judge(replica, &file, at))));
        ids.into_iter().map(judged).collect()
    })
    .await
}

/// What every store must come to, as one figure: all that was judged, in words.
fn digest(judgement: Option<&Judgement>) -> Sha {
    Sha::of(format!("{judgement:?}").as_bytes())
}

async fn ask<T: Send + 'static>(
    site: &Site,
    question: impl FnOnce(&mut Engine<SledStore>) -> Result<T, ReplicaError> + Send + 'static,
) -> Result<T, DemoError> {
    let centre = site.centre.division;
    let answer = site.desk.ask(question).await.map_err(DemoError::closed(centre))?;
    answer.map_err(DemoError::centre(centre))
}

impl Judged {
    fn plus(mut self, other: Self) -> Self {
        self.cases += other.cases;
        self.cards.plus(other.cards);
        self.metrics.plus(other.metrics);
        self.differences.extend(other.differences);
        self
    }
}

fn add_all<K: Ord>(counts: &mut BTreeMap<K, u64>, more: BTreeMap<K, u64>) {
    for (key, count) in more {
        *counts.entry(key).or_default() += count;
    }
}

impl CardCounts {
    fn add(&mut self, judgement: &Judgement) {
        for card in &judgement.cards {
            *self.due.entry(card.level).or_default() += 1;
            *self.due_by_rule.entry(card.rule.clone()).or_default() += 1;
        }
        let course = &judgement.folded.course;
        for issued in course.issued.values() {
            self.issued += 1;
            *self.issued_by_level.entry(issued.level).or_default() += 1;
            self.appealed += u64::from(issued.appeal.is_some());
            self.upheld += u64::from(issued.ruling == Some(Ruling::Upheld));
            self.withdrawn += u64::from(issued.withdrawn.is_some());
        }
        self.points += u64::from(course.points());
    }

    fn plus(&mut self, other: Self) {
        add_all(&mut self.due, other.due);
        add_all(&mut self.due_by_rule, other.due_by_rule);
        add_all(&mut self.issued_by_level, other.issued_by_level);
        self.issued += other.issued;
        self.appealed += other.appealed;
        self.upheld += other.upheld;
        self.withdrawn += other.withdrawn;
        self.points += other.points;
    }
}

impl Metrics {
    fn add(&mut self, judgement: &Judgement) {
        let course = &judgement.folded.course;
        if course.joint.part.is_some() {
            self.parts += 1; // Its lead is counted.
            return;
        }
        *self.states.entry(course.state.en()).or_default() += 1;
        if let Some((_, outcome)) = course.decided {
            *self.outcomes.entry(outcome.en()).or_default() += 1;
            let kept = |kind| {
                let clock = judgement.clocks.iter().find(|clock| clock.kind == kind);
                clock.map(|clock| clock.standing == Standing::Kept)
            };
            count(&mut self.on_time, kept(ClockKind::Promise));
            count(&mut self.within_law, kept(ClockKind::Legal));
        }
        let breaches = || course.breaches.values().flatten();
        let is_deemed = course.state == State::Deemed
            || breaches().any(|breach| matches!(breach, Breach::DeemedAcceptance { .. }));
        if course.accepted_on.is_some() {
            count(&mut self.deemed, Some(is_deemed));
        }
        let late = breaches().filter(|breach| matches!(breach, Breach::LateEntry { .. })).count();
        self.late_entries.numerator += late as f64;
        self.late_entries.denominator += judgement.events as f64;
    }

    fn plus(&mut self, other: Self) {
        add_all(&mut self.states, other.states);
        add_all(&mut self.outcomes, other.outcomes);
        self.parts += other.parts;
        let pairs = [
            (&mut self.on_time, other.on_time),
            (&mut self.within_law, other.within_law),
            (&mut self.deemed, other.deemed),
            (&mut self.late_entries, other.late_entries),
        ];
        for (sum, more) in pairs {
            sum.numerator += more.numerator;
            sum.denominator += more.denominator;
            sum.left_out += more.left_out;
        }
    }
}

/// Counts one case into a share; `None` where it has nothing to be counted by.
fn count(figure: &mut Figure, is_counted: Option<bool>) {
    match is_counted {
        Some(is_counted) => {
            figure.numerator += f64::from(u8::from(is_counted));
            figure.denominator += 1.0;
        }
        None => figure.left_out += 1,
    }
}

/// Homes judged at the same time: the city's store is asked by all of them.
const HOMES_AT_ONCE: usize = 8;

/// Cases judged by a store between two other things that it does.
const CASES_AT_ONCE: usize = 32;
