//! Invented work: cases are taken at the counters and go their way through the tiers.
//!
//! Time is compressed: what takes days between two events takes a second or two here, and an
//! event happens when it is recorded, unless it was on paper before. Whoever has the next step
//! waits until what was done before has arrived in its own store, as a clerk does; and every
//! counter opens once it holds what the city has published.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{TryStreamExt, stream};
use tokio::sync::watch;
use tongban_config::city::City;
use tongban_config::tree::Centre;
use tongban_node::cases::{self, CaseCards, CaseError, CaseParts, NewCase, NewEvent};
use tongban_node::clock;
use tongban_node::replica::{Appended, EntryRef};
use tongban_protocol::document::{DocumentId, EventKind};
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::{Division, Scope, Tier};

use super::DemoError;
use super::generator::{GeneratedCase, Generator, Offer, Place, PlannedEvent};
use super::site::{Site, Sites};
use super::survey::Picture;
use crate::publication::unpublished;

/// Everything that cases need on their way.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) city: Arc<City>,
    pub(super) sites: Sites,
    pub(super) pictures: watch::Receiver<Arc<Picture>>,
    /// How many cases have come to the end of their plan.
    pub(super) filed: Arc<AtomicU64>,
}

/// A case on its way: which it is, how far each journal has taken it, and its card.
#[derive(Debug)]
struct Way {
    id: DocumentId,
    ends: BTreeMap<JournalId, u64>,
    card: Option<String>,
}

impl Way {
    fn take(&mut self, appended: Appended) {
        self.ends.insert(appended.journal, appended.number);
    }
}

impl Stage {
    /// Files `cases` cases, in turn at every centre, and sees them through.
    ///
    /// # Errors
    ///
    /// The first [`DemoError::Centre`]: a centre refused what it should not.
    pub(super) async fn file(&self, cases: u64, seed: u64) -> Result<(), DemoError> {
        let published = self.await_publication().await?;
        let offer = Arc::new(Offer::of(&self.city));
        let centres: Vec<&Centre> = self.city.tree.iter().collect();
        let count = centres.len() as u64;
        let counters = FuturesUnordered::new();
        for (turn, centre) in (0..).zip(centres) {
            let share = cases / count + u64::from(turn < cases % count);
            let generator = Generator::new(seed.wrapping_mul(1_000) + turn, offer.clone());
            let generator = generator.with_staff(seed);
            counters.push(self.open_counter(centre, share, generator, &published));
        }
        counters.try_collect().await
    }

    /// Waits until the city has published its facts, and says where they end.
    async fn await_publication(&self) -> Result<BTreeMap<JournalId, u64>, DemoError> {
        let root = self.city.tree.root().division;
        let hub = self.sites.get(root).ok_or(DemoError::Interrupted)?;
        let mut pictures = self.pictures.clone();
        loop {
            let city = self.city.clone();
            let missing =
                hub.desk.ask(move |it| unpublished(it.replica(), clock::now(), &city)).await;
            let missing = missing.map_err(DemoError::closed(root))?;
            if missing.map_err(DemoError::centre(root))?.is_empty() {
                break;
            }
            pictures.changed().await.map_err(|_| DemoError::Interrupted)?;
        }
        let ends = hub.desk.ask(|engine| {
            let all = engine.replica().frontier().iter();
            let public = all.filter(|(journal, _)| journal.home.scope == Scope::Public);
            public.map(|(journal, end)| (*journal, end.number)).collect()
        });
        ends.await.map_err(DemoError::closed(root))
    }

    /// Files a centre's share, evenly over the opening time.
    async fn open_counter(
        &self,
        centre: &Centre,
        share: u64,
        mut generator: Generator,
        published: &BTreeMap<JournalId, u64>,
    ) -> Result<(), DemoError> {
        let Some(site) = self.sites.get(centre.division) else { return Ok(()) };
        self.await_arrival(centre.division, published).await?;
        let place = place_of(&self.city, centre);
        let every = CASE_EVERY_MS.min(OPEN_FOR_MS / share.max(1));
        let first = centre.division.as_str().parse::<u64>().unwrap_or(0) % 997;
        let due = |turn: u64| Duration::from_millis(every * turn + first * every / 997);
        let cases: Vec<(GeneratedCase, Duration)> = (0..share)
            .filter_map(|turn| Some((generator.next_case(&place, clock::now())?, due(turn))))
            .collect();
        self.filed.fetch_add(share - cases.len() as u64, Relaxed); // No item is accepted here.
        let started = tokio::time::Instant::now();
        stream::iter(cases.into_iter().map(Ok::<_, DemoError>))
            .try_for_each_concurrent(CASES_AT_ONCE, |(case, due)| {
                let site = site.clone();
                async move {
                    tokio::time::sleep_until(started + due).await;
                    self.see_through(&site, case).await
                }
            })
            .await
    }

    async fn see_through(&self, site: &Site, mut case: GeneratedCase) -> Result<(), DemoError> {
        let events = std::mem::take(&mut case.events);
        let taken = cases::take_at(&site.desk, clock::now(), opening(case)).await;
        let taken = taken.map_err(refused(site.centre.division))?;
        let mut way = Way { id: taken.id, ends: BTreeMap::new(), card: None };
        way.take(taken.appended);
        for planned in events {
            if !self.play(site, &mut way, planned).await? {
                break;
            }
        }
        self.filed.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Does what is planned next; false where there is nothing to do it to.
    async fn play(
        &self,
        counter: &Site,
        way: &mut Way,
        planned: PlannedEvent,
    ) -> Result<bool, DemoError> {
        let PlannedEvent { by_tier, mut event, part, pause } = planned;
        tokio::time::sleep(pause).await;
        let by = actor(&self.city, &counter.centre, by_tier);
        let Some(site) = self.sites.get(by) else { return Ok(false) };
        self.await_arrival(by, &way.ends).await?;
        let Some(id) = whose(counter, way.id, part).await? else { return Ok(false) };
        if event.kind == EventKind::IssueCard {
            let given = site.desk.ask(move |it| cases::cards(it.replica(), id, clock::now()));
            let given = given.await.map_err(DemoError::closed(by))?;
            way.card = gravest(given.map_err(DemoError::centre(by))?);
        }
        if !name_card(&mut event, way.card.as_ref()) {
            return Ok(false);
        }
        let appended = cases::record_at(&site.desk, clock::now(), id, event).await;
        way.take(appended.map_err(refused(by))?);
        Ok(true)
    }

    /// Waits until a centre durably holds journals up to where they end.
    async fn await_arrival(
        &self,
        centre: Division,
        ends: &BTreeMap<JournalId, u64>,
    ) -> Result<(), DemoError> {
        let holds = |picture: &Arc<Picture>| {
            let mut ends = ends.iter();
            ends.all(|(journal, number)| {
                picture.holds(centre, EntryRef { journal: *journal, number: *number })
            })
        };
        let mut pictures = self.pictures.clone();
        let seen = pictures.wait_for(holds).await;
        seen.map(drop).map_err(|_| DemoError::Interrupted)
    }
}

fn refused(centre: Division) -> impl Fn(CaseError) -> DemoError {
    move |error| DemoError::Centre { centre, why: error.to_string() }
}

/// The case of a part, as its lead's counter knows it; the lead itself where no part is named.
async fn whose(
    counter: &Site,
    lead: DocumentId,
    part: Option<u16>,
) -> Result<Option<DocumentId>, DemoError> {
    let Some(part) = part else { return Ok(Some(lead)) };
    let centre = counter.centre.division;
    let asked = counter.desk.ask(move |it| cases::parts(it.replica(), lead, clock::now()));
    let parts = asked.await.map_err(DemoError::closed(centre))?;
    Ok(case_of(parts.map_err(DemoError::centre(centre))?, part))
}

fn case_of(parts: Option<CaseParts>, part: u16) -> Option<DocumentId> {
    let mut lanes = parts?.parts.into_iter();
    lanes.find(|lane| lane.part == part)?.id.parse().ok()
}

/// The gravest card that the rules give a case and nobody has issued, by its name.
fn gravest(given: Option<CaseCards>) -> Option<String> {
    let cards = given.into_iter().flat_map(|given| given.cards);
    let due = cards.filter(|card| card.issued.is_none());
    due.max_by_key(|card| card.level).map(|card| card.name)
}

/// Names the card of which an event speaks, if it speaks of one; false where there is none.
fn name_card(event: &mut NewEvent, card: Option<&String>) -> bool {
    let is_of_card = matches!(
        event.kind,
        EventKind::IssueCard | EventKind::Appeal | EventKind::RuleAppeal | EventKind::WithdrawCard
    );
    if is_of_card {
        event.detail.card = card.cloned();
    }
    !is_of_card || card.is_some()
}

/// The centre of a tier that stands above a centre, or the centre itself.
fn actor(city: &City, centre: &Centre, tier: Tier) -> Division {
    let mut at = centre;
    while at.tier < tier {
        let above = at.parent.and_then(|parent| city.tree.centre(parent));
        let Some(above) = above else { break };
        at = above;
    }
    at.division
}

fn place_of<'a>(city: &'a City, centre: &'a Centre) -> Place<'a> {
    let county = match centre.tier {
        Tier::Township => centre.parent.and_then(|parent| city.tree.centre(parent)),
        Tier::County | Tier::City => None,
    };
    let county = county.unwrap_or(centre);
    Place {
        county: county.division,
        county_name: &county.name_zh,
        division: centre.division,
        name: &centre.name_zh,
        tier: centre.tier,
    }
}

/// An application as it comes to the counter.
fn opening(case: GeneratedCase) -> NewCase {
    NewCase {
        item: case.item.id.to_string(),
        item_name: case.item.name.clone(),
        applicant: case.applicant,
        applicant_number: Some(case.id_number),
        channel: case.channel.to_owned(),
        form: case.form.into_iter().map(|(key, value)| (key, value.to_string())).collect(),
        materials: case.handed,
        by: case.by,
        happened_at: case.taken_at,
        request_id: None,
        ..NewCase::default()
    }
}

/// How long the counters are open for new cases at most, in milliseconds.
const OPEN_FOR_MS: u64 = 30_000;

/// How long a counter waits for the next case at most, in milliseconds.
const CASE_EVERY_MS: u64 = 4_000;

/// Cases of one centre that are on their way at once.
const CASES_AT_ONCE: usize = 256;
