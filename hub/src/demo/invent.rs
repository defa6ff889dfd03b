//! Invented work: cases are taken at the counters and go their way through the tiers.
//!
//! Time is compressed: what takes days between two events takes a second or two here, and an
//! event happens when it is recorded. Whoever has the next step waits until what was done before
//! has arrived in its own store, as a clerk does.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{TryStreamExt, stream};
use tokio::sync::watch;
use tongban_config::city::City;
use tongban_config::tree::Centre;
use tongban_node::clock;
use tongban_node::replica::{EntryRef, ReplicaError};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::{
    Detail, DocumentKind, DocumentName, Edit, Event, EventKind, Header, Material, MaterialState,
    Outcome,
};
use tongban_protocol::place::{Division, Home, Tier};

use super::DemoError;
use super::generator::{GeneratedCase, Generator, Item, Place, PlannedEvent};
use super::site::{Site, Sites};
use super::survey::Picture;

/// Everything that cases need on their way.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    pub(super) city: Arc<City>,
    pub(super) sites: Sites,
    pub(super) pictures: watch::Receiver<Arc<Picture>>,
    /// How many cases have come to the end of their plan.
    pub(super) filed: Arc<AtomicU64>,
}

/// One entry of a case: who writes it, how long after the one before, and what.
#[derive(Debug)]
struct Step {
    by: Division,
    pause: Duration,
    edits: Vec<Edit>,
}

impl Stage {
    /// Files `cases` cases, in turn at every township and county, and sees them through.
    ///
    /// # Errors
    ///
    /// The first [`DemoError::Centre`]: a centre refused what it should not.
    pub(super) async fn file(&self, cases: u64, seed: u64) -> Result<(), DemoError> {
        let below = self.city.tree.iter().filter(|centre| centre.tier != Tier::City);
        let centres: Vec<&Centre> = below.collect();
        let count = centres.len() as u64;
        let counters = FuturesUnordered::new();
        for (turn, centre) in (0..).zip(centres) {
            let share = cases / count + u64::from(turn < cases % count);
            counters.push(self.open_counter(centre, share, seed.wrapping_mul(1_000) + turn));
        }
        counters.try_collect().await
    }

    /// Files a centre's share, evenly over the opening time.
    async fn open_counter(&self, centre: &Centre, share: u64, seed: u64) -> Result<(), DemoError> {
        let Some(site) = self.sites.get(centre.division) else { return Ok(()) };
        let mut generator = Generator::new(seed);
        let mut next = move |turn: u64| {
            let now = clock::now();
            let case = generator.next_case(&place_of(&self.city, centre), now);
            let spread = CASE_EVERY_MS.min(OPEN_FOR_MS / share.max(1));
            (case, Duration::from_millis(spread * turn + seed % 997 * spread / 997))
        };
        let cases: Vec<(GeneratedCase, Duration)> = (0..share).map(&mut next).collect();
        let started = tokio::time::Instant::now();
        stream::iter(cases.into_iter().map(Ok::<_, DemoError>))
            .try_for_each_concurrent(CASES_AT_ONCE, |(case, due)| {
                let site = site.clone();
                async move {
                    tokio::time::sleep_until(started + due).await;
                    self.see_through(&site, &case).await
                }
            })
            .await
    }

    async fn see_through(&self, site: &Site, case: &GeneratedCase) -> Result<(), DemoError> {
        let home = Home::office(site.centre.division);
        let name = self.name_case(site).await?;
        let mut before: Option<EntryRef> = None;
        for step in steps(&self.city, &site.centre, case) {
            tokio::time::sleep(step.pause).await;
            let Some(actor) = self.sites.get(step.by) else { return Ok(()) };
            if let Some(entry) = before {
                self.await_arrival(step.by, entry).await?;
            }
            let mut edits = step.edits;
            let appended = actor
                .desk
                .write(move |replica, _| {
                    if let Some(Edit::Header(header)) = edits.first_mut() {
                        let number = replica.next_number(civil_day(header.taken_at))?;
                        header.number = number
                            .map_err(|none| ReplicaError::NotSaved(none.to_string()))?
                            .to_string();
                    }
                    replica.append(clock::now(), home, vec![(name, edits)])
                })
                .await
                .map_err(DemoError::write(step.by))?;
            before = Some(EntryRef { journal: appended.journal, number: appended.number });
        }
        self.filed.fetch_add(1, Relaxed);
        Ok(())
    }

    async fn name_case(&self, site: &Site) -> Result<DocumentName, DemoError> {
        let name = site.desk.ask(|engine| {
            let mut rng = engine.rng().clone();
            let name = engine.replica().name_document(clock::now(), DocumentKind::Case, &mut rng);
            *engine.rng() = rng;
            name
        });
        name.await.map_err(DemoError::closed(site.centre.division))
    }

    async fn await_arrival(&self, centre: Division, entry: EntryRef) -> Result<(), DemoError> {
        let mut pictures = self.pictures.clone();
        let seen = pictures.wait_for(|picture| picture.holds(centre, entry)).await;
        seen.map(drop).map_err(|_| DemoError::Interrupted)
    }
}

/// Turns a plan into entries: what happens at one counter at one time is one entry.
fn steps(city: &City, centre: &Centre, case: &GeneratedCase) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let whole_ms = case.events.last().map_or(0, |event| event.after_ms).max(1);
    let mut last_ms = 0;
    let mut is_accepted = false;
    for (at, planned) in case.events.iter().enumerate() {
        let next = case.events.get(at + 1).map(|event| event.kind);
        let kinds = kinds_of(planned.kind, next, &mut is_accepted);
        let mut edits = if at == 0 { opening(centre, case) } else { Vec::new() };
        edits.extend(kinds.iter().map(|kind| Edit::Event(event(*kind, planned, case.item))));
        let share = (planned.after_ms - last_ms).max(0).unsigned_abs() * PLAYED_MS;
        last_ms = planned.after_ms;
        let pause = Duration::from_millis(share / whole_ms.unsigned_abs());
        steps.push(Step { by: actor(city, centre, planned.by_tier), pause, edits });
    }
    steps
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

/// The events that invented cases of a centre have, case by case.
#[cfg(test)]
pub(super) fn plans(city: &City, centre: &Centre, count: u64) -> Vec<Vec<Event>> {
    let mut generator = Generator::new(count);
    let event = |edit: Edit| if let Edit::Event(event) = edit { Some(event) } else { None };
    let events = |_| {
        let case = generator.next_case(&place_of(city, centre), clock::now());
        let steps = steps(city, centre, &case);
        steps.into_iter().flat_map(|step| step.edits).filter_map(event).collect()
    };
    (0..count).map(events).collect()
}

/// What a planned event is in the journal; `next` is what the plan has after it.
fn kinds_of(kind: &str, next: Option<&str>, is_accepted: &mut bool) -> &'static [EventKind] {
    use EventKind as E;
    match kind {
        // What lacks materials is received and not yet accepted; the clock does not run.
        "accept" if next == Some("supplement") => &[E::Receive],
        "accept" => {
            *is_accepted = true;
            &[E::Receive, E::Accept]
        }
        "supplement" => &[E::NoticeSupplement],
        "step" if !std::mem::replace(is_accepted, true) => &[E::Receive, E::Accept],
        "step" => &[E::FinishStep],
        "decide" => &[E::Decide],
        "deliver" => &[E::Deliver],
        _ => &[E::Withdraw],
    }
}

/// An event with what the law wants to be said of it.
fn event(kind: EventKind, planned: &PlannedEvent, item: &Item) -> Event {
    let text = |text: &str| Some(text.to_owned());
    let detail = match kind {
        EventKind::NoticeSupplement => {
            let missing = item.materials.iter().take(1).map(|name| (*name).to_owned()).collect();
            Detail { materials: Some(missing), document: text("补正"), ..Detail::default() }
        }
        EventKind::Accept => Detail { document: text("受理"), ..Detail::default() },
        EventKind::Decide => match planned.note.split_once(':') {
            Some((_, reason)) => Detail {
                outcome: Some(Outcome::Refused),
                reason: text(reason),
                remedy: text("六十日内可申请行政复议，六个月内可提起行政诉讼"),
                ..Detail::default()
            },
            None => Detail { outcome: Some(Outcome::Granted), ..Detail::default() },
        },
        _ => Detail::default(),
    };
    Event::new(kind, clock::now(), &planned.by, &planned.note).with(detail)
}

/// What opens a case; its number is given at the counter.
fn opening(centre: &Centre, case: &GeneratedCase) -> Vec<Edit> {
    let header = Header {
        number: String::new(),
        item: case.item.code.to_owned(),
        item_name: case.item.name.to_owned(),
        applicant: case.applicant.clone(),
        channel: "窗口".to_owned(),
        taken_by: centre.division,
        taken_at: clock::now(),
        part_of: None,
    };
    let fields = case.form.iter().map(|(key, value)| Edit::Field(key.clone(), value.clone()));
    let handed = Material { state: MaterialState::Handed, content: None };
    let materials =
        case.item.materials.iter().map(|name| Edit::Material((*name).to_owned(), handed));
    std::iter::once(Edit::Header(header)).chain(fields).chain(materials).collect()
}

/// How long the counters are open for new cases at most, in milliseconds.
const OPEN_FOR_MS: u64 = 30_000;

/// How long a counter waits for the next case at most, in milliseconds.
const CASE_EVERY_MS: u64 = 4_000;

/// How long the plan of one case takes, in milliseconds, when no link holds it up.
const PLAYED_MS: u64 = 5_000;

/// Cases of one centre that are on their way at once.
const CASES_AT_ONCE: usize = 256;
