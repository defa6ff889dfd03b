//! What changes on an open page, sent as it happens.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tongban_node::web::language::Language;
use tongban_node::web::shell::{clock, grouped};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::Division;

use super::city;
use super::latest::Latest;
use super::picture::{CityPicture, Tile, VerdictWord};

/// Pause between two looks of an open page.
pub(super) const PACE: Duration = Duration::from_secs(1);

/// One tile, as the script needs it.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Cell {
    division: Division,
    verdict: &'static str,
    word: &'static str,
    number: String,
    title: String,
}

/// What a page shows that can change.
#[derive(Clone, Debug, Default, PartialEq)]
struct Shown {
    cells: BTreeMap<Division, Cell>,
    figures: BTreeMap<String, String>,
    incidents: String,
}

/// One client and what it was told.
struct Reader {
    latest: Arc<Latest>,
    language: Language,
    /// What the page showed when it was made.
    mark: String,
    shown: Option<Shown>,
    is_first: bool,
    _seat: OwnedSemaphorePermit,
}

/// The figures by the ids under which the page shows them.
pub(super) fn figures(picture: &CityPicture) -> BTreeMap<String, String> {
    let counts = picture.counts();
    let mut figures: BTreeMap<String, String> = VerdictWord::ALL
        .into_iter()
        .map(|verdict| (verdict.class().to_owned(), grouped(counts.of(verdict))))
        .collect();
    figures.insert("entries".to_owned(), grouped(picture.entries_held));
    figures.insert("cases".to_owned(), grouped(picture.cases));
    figures.insert("incidents".to_owned(), grouped(picture.incident_count));
    figures.insert("as-of".to_owned(), clock(picture.as_of));
    figures
}

/// Names what the tiles and incidents of a page show, so that a page that is up to date is told
/// nothing when its connection opens.
pub(super) fn mark(picture: &CityPicture, language: Language) -> String {
    let shown = Shown::of(picture, language);
    let cells: Vec<&Cell> = shown.cells.values().collect();
    let mut bytes = serde_json::to_vec(&cells).unwrap_or_default();
    bytes.extend_from_slice(shown.incidents.as_bytes());
    let mut hex = Sha::of(&bytes).to_hex();
    hex.truncate(16);
    hex
}

/// What a page is told, once a second at most, until it closes or the service stops.
pub(super) fn stream(
    latest: Arc<Latest>,
    language: Language,
    mark: String,
    seat: OwnedSemaphorePermit,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let reader = Reader { latest, language, mark, shown: None, is_first: true, _seat: seat };
    let batches = stream::unfold(reader, |mut reader| async move {
        let events = reader.next().await;
        Some((stream::iter(events.into_iter().map(Ok)), reader))
    });
    futures_util::StreamExt::flatten(batches)
}

impl Reader {
    async fn next(&mut self) -> Vec<Event> {
        if !std::mem::take(&mut self.is_first) {
            tokio::time::sleep(PACE).await;
        }
        // A picture that cannot be drawn is told by silence: the page greys itself.
        let Ok(picture) = self.latest.picture().await else { return Vec::new() };
        let next = Shown::of(&picture, self.language);
        let known = match self.shown.take() {
            Some(shown) => shown,
            None if mark(&picture, self.language) == self.mark => {
                Shown { figures: BTreeMap::new(), ..next.clone() }
            }
            None => Shown::default(),
        };
        let events = next.events_since(&known);
        self.shown = Some(next);
        events
    }
}

impl Shown {
    fn of(picture: &CityPicture, language: Language) -> Self {
        let cells = picture.tiles().map(|tile| (tile.division, Cell::of(tile, language))).collect();
        let incidents = city::incidents(picture, language).into_string();
        let mut figures = figures(picture);
        for county in &picture.counties {
            let complete =
                county.tiles().filter(|tile| tile.verdict == VerdictWord::Complete).count();
            figures.insert(format!("c-{}", county.centre.division), complete.to_string());
        }
        Self { cells, figures, incidents }
    }

    fn changed_cells(&self, known: &Self) -> Vec<&Cell> {
        let is_new = |cell: &&Cell| known.cells.get(&cell.division) != Some(*cell);
        self.cells.values().filter(is_new).collect()
    }

    fn events_since(&self, known: &Self) -> Vec<Event> {
        let mut events = Vec::new();
        let cells = self.changed_cells(known);
        if !cells.is_empty() {
            events.extend(Event::default().event("cells").json_data(cells));
        }
        let is_new = |(id, text): &(&String, &String)| known.figures.get(*id) != Some(*text);
        let figures: BTreeMap<&String, &String> = self.figures.iter().filter(is_new).collect();
        if !figures.is_empty() {
            events.extend(Event::default().event("figures").json_data(figures));
        }
        if self.incidents != known.incidents {
            events.extend(Event::default().event("incidents").json_data(&self.incidents));
        }
        events
    }
}

impl Cell {
    fn of(tile: &Tile, language: Language) -> Self {
        Self {
            division: tile.division,
            verdict: tile.verdict.class(),
            word: tile.verdict.word(language),
            number: tile.short_number(),
            title: tile.reason(language).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn only_the_cells_that_changed_are_sent() {
        let before = sample();
        let mut after = before.clone();
        after.counties[1].townships[3].verdict = VerdictWord::Incident;
        let language = Language::Chinese;
        let (known, next) = (Shown::of(&before, language), Shown::of(&after, language));
        let changed = next.changed_cells(&known);
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].division, after.counties[1].townships[3].division);
        assert_eq!((changed[0].verdict, changed[0].word), ("incident", "异常"));
        assert_ne!(mark(&before, language), mark(&after, language));
    }

    #[test]
    fn nothing_is_sent_when_nothing_changed() {
        let shown = Shown::of(&sample(), Language::English);
        assert!(shown.events_since(&shown).is_empty());
        assert_eq!(shown.events_since(&Shown::default()).len(), 3);
    }
}
