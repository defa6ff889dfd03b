//! 事项目录: what may be applied for, in versions, as the centres publish it.
//!
//! Each centre publishes in its public home: a document an item, an event a version. What a
//! centre sees is made of what it and those above it published; where two publish one item, the
//! nearer one's version is that of the counter. The catalogue is a fold over the events, the same
//! whatever the order in which they came.

pub mod check;
pub mod guide;
pub mod item;
pub mod kind;
mod metric;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use jiff::civil::Date;
use ulid::Ulid;

pub use check::{Fault, check};
pub use item::{Item, ItemId, ItemIdError};
pub use metric::{Figure, immediate_share, promised_speed_up};

use crate::calendar::civil_day;
use crate::case::{Breach, Folded};
use crate::document::{DocumentId, DocumentKind, DocumentName, Event, EventId, EventKind};
use crate::hash::Sha;
use crate::place::{Division, Path};

/// The name of the document of an item: the same on every machine that publishes it.
#[must_use]
pub fn document_name(id: &ItemId) -> DocumentName {
    let Sha(hash) = Sha::of(id.as_str().as_bytes());
    let mut name = [0; 16];
    name.copy_from_slice(&hash[..16]);
    DocumentName { kind: DocumentKind::Item, ulid: Ulid::from_bytes(name) }
}

/// A version of an item that a centre published.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The version.
    pub item: Item,
    /// The centre that published it.
    pub publisher: Division,
    /// The event.
    pub event: EventId,
    /// The first day on which it was no longer applied for, once it is retired.
    pub retired_from: Option<Date>,
}

impl Published {
    /// True on the days on which it may be applied for.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.item.is_valid_on(day) && self.retired_from.is_none_or(|from| day < from)
    }
}

/// A publication without effect, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct SetAside {
    /// The centre that published it.
    pub publisher: Division,
    /// The event.
    pub event: EventId,
    /// The item and its version.
    pub item: (ItemId, u32),
    /// Why.
    pub reason: Reason,
}

/// Why a publication has no effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It has faults.
    Faulty(Vec<Fault>),
    /// That version was published before, with other words.
    VersionTwice,
    /// It stands in the document of another item.
    OtherDocument,
}

/// What may be applied for at a centre.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// By item; the nearer publisher first, and the later version first.
    items: BTreeMap<ItemId, Vec<Published>>,
    /// In the order of publisher and event.
    set_aside: Vec<SetAside>,
}

impl Catalogue {
    /// Folds the item documents that a centre holds; those of others than itself and the centres
    /// above it do not count. The events of a document may come in any order.
    #[must_use]
    pub fn fold(
        path: &Path,
        documents: impl IntoIterator<Item = (DocumentId, Vec<(EventId, Event)>)>,
    ) -> Self {
        let is_seen = |id: &DocumentId| path.contains(id.home.division);
        let documents = documents.into_iter().filter(|(id, _)| is_seen(id));
        let mut catalogue = Self::of_every_publisher(documents);
        let steps: Vec<Division> =
            [path.centre()].iter().chain(path.ancestors()).copied().collect();
        let distance = |it: &Published| steps.iter().position(|step| *step == it.publisher);
        for versions in catalogue.items.values_mut() {
            versions.sort_by_key(|it| (distance(it), Reverse(it.item.version)));
        }
        catalogue
    }

    /// Folds the item documents of any centres, of which none is nearer than another: what was
    /// promised is held against it, and nothing is applied for by it.
    #[must_use]
    pub fn of_every_publisher(
        documents: impl IntoIterator<Item = (DocumentId, Vec<(EventId, Event)>)>,
    ) -> Self {
        let mut catalogue = Self::default();
        for (id, mut events) in documents {
            if id.name.kind != DocumentKind::Item {
                continue;
            }
            events.sort_by_key(|(id, _)| *id);
            catalogue.take(id, id.home.division, &events);
        }
        for versions in catalogue.items.values_mut() {
            versions.sort_by_key(|it| (it.publisher, Reverse(it.item.version)));
        }
        catalogue.set_aside.sort_by_key(|it| (it.publisher, it.event));
        catalogue
    }

    fn take(&mut self, id: DocumentId, publisher: Division, events: &[(EventId, Event)]) {
        let mut versions: Vec<Published> = Vec::new();
        for (event_id, event) in events {
            if event.kind == EventKind::Retire {
                let from = civil_day(event.happened_at);
                for version in &mut versions {
                    version.retired_from =
                        Some(version.retired_from.map_or(from, |it| it.min(from)));
                }
            }
            let (EventKind::Publish, Some(item)) = (event.kind, &event.detail().item) else {
                continue;
            };
            let same = versions.iter().find(|it| it.item.version == item.version);
            let faults = check(item);
            let reason = match same {
                _ if document_name(&item.id) != id.name => Reason::OtherDocument,
                _ if !faults.is_empty() => Reason::Faulty(faults),
                Some(same) if same.item == **item => continue, // Said twice.
                Some(_) => Reason::VersionTwice,
                None => {
                    let (item, event) = ((**item).clone(), *event_id);
                    versions.push(Published { item, publisher, event, retired_from: None });
                    continue;
                }
            };
            let item = (item.id.clone(), item.version);
            self.set_aside.push(SetAside { publisher, event: *event_id, item, reason });
        }
        if let Some(first) = versions.first() {
            self.items.entry(first.item.id.clone()).or_default().extend(versions);
        }
    }

    /// The version that is applied for on a day: the nearest publisher's latest that is valid.
    #[must_use]
    pub fn version_on(&self, id: &ItemId, day: Date) -> Option<&Published> {
        self.items.get(id)?.iter().find(|version| version.is_valid_on(day))
    }

    /// The items that may be applied for on a day, by id.
    pub fn on(&self, day: Date) -> impl Iterator<Item = &Published> {
        self.items.keys().filter_map(move |id| self.version_on(id, day))
    }

    /// Every version, by item; the nearer publisher first, and the later version first.
    pub fn versions(&self) -> impl Iterator<Item = &Published> {
        self.items.values().flatten()
    }

    /// Every version of an item that a centre published, the later first.
    pub fn versions_of<'a>(
        &'a self,
        id: &ItemId,
        publisher: Division,
    ) -> impl Iterator<Item = &'a Published> {
        let versions = self.items.get(id).into_iter().flatten();
        versions.filter(move |it| it.publisher == publisher)
    }

    /// Holds the terms of a case's receipt against the version that they name: what differs is a
    /// breach of that event. Where the version is not held, nothing is said yet.
    ///
    /// `city` publishes what names no other publisher. The fold of a case knows no catalogue, so
    /// this comes after it.
    pub fn hold_against(&self, folded: &mut Folded, events: &[(EventId, Event)], city: Division) {
        let Some(terms) = &folded.course.terms else { return };
        let Ok(id) = terms.item.parse::<ItemId>() else { return };
        let publisher = terms.publisher.unwrap_or(city);
        let mut versions = self.versions_of(&id, publisher);
        let named = versions.find(|it| it.item.version == terms.version);
        let Some(offered) = named.and_then(|it| it.item.terms()) else { return };
        let parts = terms.differs_in(&offered);
        let said = |(_, event): &&(EventId, Event)| event.detail().terms.is_some();
        if let Some((receipt, _)) = events.iter().find(said)
            && !parts.is_empty()
        {
            let breaches = folded.course.breaches.entry(*receipt).or_default();
            breaches.push(Breach::TermsDiffer { parts });
        }
    }

    /// The publications without effect.
    #[must_use]
    pub fn set_aside(&self) -> &[SetAside] {
        &self.set_aside
    }
}
