//! Whether all stores agree: frontiers of every pair of parent and child, and documents, byte by
//! byte.

use std::sync::Arc;

use futures_util::stream::FuturesUnordered;
use futures_util::{TryStreamExt, stream};
use tongban_config::tree::Tree;
use tongban_node::engine::Engine;
use tongban_node::replica::ReplicaError;
use tongban_node::store::SledStore;
use tongban_protocol::document::{DocumentId, DocumentKind, Paper};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::{Division, Home, Tier};

use super::DemoError;
use super::build::blocking;
use super::site::{Site, Sites};

/// What a comparison found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Comparison {
    /// Documents that were compared.
    pub(super) documents: u64,
    /// What differs, in words.
    pub(super) differences: Vec<String>,
}

/// Names the pairs of parent and child whose frontiers of shared homes differ.
pub(super) async fn frontiers(tree: &Tree, sites: &Sites) -> Result<Vec<String>, DemoError> {
    let asked = FuturesUnordered::new();
    for child in sites.all() {
        let Some(path) = tree.path(child.centre.division) else { continue };
        for above in path.ancestors() {
            let Some(parent) = sites.get(*above) else { continue };
            asked.push(frontier_pair(child.clone(), parent, tree));
        }
    }
    let found: Vec<Option<String>> = asked.try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn frontier_pair(
    child: Arc<Site>,
    parent: Arc<Site>,
    tree: &Tree,
) -> Result<Option<String>, DemoError> {
    let (below, above) = (child.centre.division, parent.centre.division);
    let Some(path) = tree.path(below) else { return Ok(None) };
    let shared =
        |path| move |engine: &mut Engine<SledStore>| engine.replica().shared_frontier(&path);
    let lower = child.desk.ask(shared(path.clone())).await.map_err(DemoError::closed(below))?;
    let upper = parent.desk.ask(shared(path)).await.map_err(DemoError::closed(above))?;
    if lower == upper {
        return Ok(None);
    }
    let differing = lower.iter().filter(|(journal, end)| upper.get(journal) != Some(end)).count()
        + upper.keys().filter(|journal| !lower.contains_key(journal)).count();
    Ok(Some(format!("{below} and {above} hold {differing} journals to different ends")))
}

/// Compares the cases of every home as its own centre and the city have them: all, or every so
/// many, so that about `documents_max` are compared.
pub(super) async fn documents(
    tree: &Tree,
    sites: &Sites,
    documents_max: u64,
    total: u64,
) -> Result<Comparison, DemoError> {
    let stride = usize::try_from(total.div_ceil(documents_max.max(1))).unwrap_or(1).max(1);
    let homes = tree.iter().filter(|centre| centre.tier != Tier::City);
    stream::iter(homes.map(|home| Ok(compare_home(tree, sites, home.division, stride))))
        .try_buffer_unordered(HOMES_AT_ONCE)
        .try_fold(Comparison::default(), |mut all, one| async move {
            all.documents += one.documents;
            all.differences.extend(one.differences);
            Ok(all)
        })
        .await
}

async fn compare_home(
    tree: &Tree,
    sites: &Sites,
    centre: Division,
    stride: usize,
) -> Result<Comparison, DemoError> {
    // The county between them holds the same entries, as equal frontiers have shown.
    let ends = [centre, tree.root().division];
    let holders: Vec<Arc<Site>> = ends.iter().filter_map(|at| sites.get(*at)).collect();
    let mut comparison = Comparison::default();
    let mut lists = Vec::new();
    for holder in &holders {
        let list = ask(holder, move |engine| {
            let home = Home::office(centre);
            engine.replica().documents(home, DocumentKind::Case, None, usize::MAX)
        });
        lists.push(list.await?);
    }
    let Some(first) = lists.first() else { return Ok(comparison) };
    for (holder, list) in holders.iter().zip(&lists).filter(|(_, list)| *list != first) {
        let other = holder.centre.division;
        let (one, two) = (first.len(), list.len());
        comparison
            .differences
            .push(format!("{centre} lists {one} cases of its own, {other} lists {two}"));
    }
    let sample: Vec<DocumentId> = first.iter().step_by(stride).copied().collect();
    for ids in sample.chunks(PAPERS_AT_ONCE) {
        comparison.documents += ids.len() as u64;
        let mut prints: Vec<Vec<Option<Sha>>> = Vec::new();
        for holder in &holders {
            prints.push(fingerprints(holder, ids.to_vec()).await?);
        }
        for (place, id) in ids.iter().enumerate() {
            let mut found = prints.iter().map(|print| print.get(place).copied().flatten());
            let own = found.next().flatten();
            if own.is_none() || found.any(|other| other != own) {
                comparison.differences.push(format!("case {id} differs between centres"));
            }
        }
    }
    Ok(comparison)
}

/// Hashes documents as one centre has them; none for one that it cannot read.
async fn fingerprints(site: &Site, ids: Vec<DocumentId>) -> Result<Vec<Option<Sha>>, DemoError> {
    let papers: Vec<Option<Paper>> =
        ask(site, move |engine| ids.iter().map(|id| engine.replica().paper(*id)).collect()).await?;
    blocking(move || {
        let print = |paper: &Paper| paper.canonical().ok().map(|bytes| Sha::of(&bytes));
        Ok(papers.iter().map(|paper| paper.as_ref().and_then(print)).collect())
    })
    .await
}

async fn ask<T: Send + 'static>(
    site: &Site,
    question: impl FnOnce(&mut Engine<SledStore>) -> Result<T, ReplicaError> + Send + 'static,
) -> Result<T, DemoError> {
    let centre = site.centre.division;
    let answer = site.desk.ask(question).await.map_err(DemoError::closed(centre))?;
    answer.map_err(DemoError::centre(centre))
}

/// Homes compared at the same time: the city's store is asked by all of them.
const HOMES_AT_ONCE: usize = 8;

/// Documents read from a store between two other things that it does; some 50 kB each.
const PAPERS_AT_ONCE: usize = 16;
