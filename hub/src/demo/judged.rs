//! Whether every store says the same of every case: how it stands, its clocks and its cards, as of
//! one day; and whether all report the same figures.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::{TryStreamExt, stream};
use serde::Serialize;
use tongban_config::tree::Tree;
use tongban_node::cases::{Judgement, judge};
use tongban_node::clock;
use tongban_node::engine::Engine;
use tongban_node::replica::{Counted, ReplicaError};
use tongban_node::report::{Wish, centres_held, count, report};
use tongban_node::store::SledStore;
use tongban_protocol::document::{DocumentId, DocumentKind, Ruling};
use tongban_protocol::hash::Sha;
use tongban_protocol::metrics::{By, Measured, Row};
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
    /// Every metric over all centres, by its code, as the city's store reports it.
    pub(super) metrics: BTreeMap<String, Measured>,
    /// What differs, in words: for each store and home the first case, and the first figure.
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
    /// Of those appealed against, the ones that were ruled on.
    pub ruled: u64,
    /// Of these, the ones that stand.
    pub upheld: u64,
    /// Of those issued, the ones that were withdrawn, by a ruling or without.
    pub withdrawn: u64,
    /// Points off by those that stand.
    pub points: u64,
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
    let wanted = rows(&city, at).await?;
    let below = tree.iter().filter_map(|centre| sites.get(centre.division));
    let below = below.filter(|site| site.centre.division != root);
    let differences = stream::iter(below.map(|site| Ok((site, &wanted))))
        .map_ok(|(site, wanted)| async move { other_figure(&site, wanted, at).await })
        .try_buffer_unordered(HOMES_AT_ONCE)
        .try_filter_map(|difference| async move { Ok(difference) })
        .try_collect::<Vec<String>>();
    all.differences.extend(differences.await?);
    let figures = wanted.into_iter().next().map(|all| all.figures).unwrap_or_default();
    all.metrics = figures.into_iter().map(|figure| (figure.metric.clone(), figure)).collect();
    Ok(all)
}

/// The report of a store by centre, all centres first.
async fn rows(site: &Site, at: Timestamp) -> Result<Vec<Row>, DemoError> {
    while ask(site, |engine| count(engine, clock::now())).await? == Counted::Part {}
    let wish = Wish { by: Some(By::Centre), ..Wish::default() };
    let report = ask(site, move |engine| {
        report(engine.replica(), &wish, &centres_held(engine.replica()), at)
    });
    Ok(report.await?.metrics.rows)
}

/// Names the first figure of a centre that a store reports otherwise than the city.
async fn other_figure(
    holder: &Site,
    wanted: &[Row],
    at: Timestamp,
) -> Result<Option<String>, DemoError> {
    let store = holder.centre.division;
    let told = rows(holder, at).await?;
    let said = told.iter().filter(|row| !row.key.is_empty()).find_map(|row| {
        let centre = &row.key;
        let Some(city) = wanted.iter().find(|wanted| wanted.key == *centre) else {
            return Some(format!("store {store} reports centre {centre} and the city does not"));
        };
        let mut pairs = row.figures.iter().zip(&city.figures);
        let (here, there) = pairs.find(|(here, there)| here != there)?;
        Some(format!(
            "store {store} reports {} of centre {centre} as {here:?} and the city as {there:?}",
            here.metric
        ))
    });
    Ok(said)
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
        let judged = |id| {
            let file = replica.case(id)?;
            Ok((id, file.map(|file| judge(replica, &file, at)).transpose()?))
        };
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
            self.ruled += u64::from(issued.ruling.is_some());
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
        self.ruled += other.ruled;
        self.upheld += other.upheld;
        self.withdrawn += other.withdrawn;
        self.points += other.points;
    }
}

/// Homes judged at the same time: the city's store is asked by all of them.
const HOMES_AT_ONCE: usize = 8;

/// Cases judged by a store between two other things that it does.
const CASES_AT_ONCE: usize = 32;
