//! What the public homes say: the catalogue, the calendar and the rules of supervision, as far as
//! they are held here; and the cases that were read by them last.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock, Mutex, OnceLock, PoisonError};

use jiff::civil::Date;
use tongban_protocol::calendar::{Almanac, OfficeHours};
use tongban_protocol::case::Customs;
use tongban_protocol::case::joint::Template;
use tongban_protocol::catalogue::Catalogue;
use tongban_protocol::document::{DocumentId, DocumentKind, Event, EventId};
use tongban_protocol::hash::Sha;
use tongban_protocol::place::{Division, Home, Scope};
use tongban_protocol::supervision::RuleSet;
use tongban_protocol::time::Timestamp;

use super::{CaseFile, Replica, ReplicaError};
use crate::store::Store;

/// Documents of one kind that are read of one home: ten times a city's catalogue.
const DOCUMENTS_MAX: usize = 4_096;

/// Cases that are kept as they were read, at some 10 kB each: all that one page shows.
const CASES_MAX: usize = 512;

/// Entries by the alias of their journal and their number.
pub(super) type Entries = Vec<(u32, u64)>;

/// Documents and what stands in them.
type Documents = Vec<(DocumentId, Vec<(EventId, Event)>)>;

/// What was read of the public homes since they last changed.
#[derive(Debug, Default)]
pub(super) struct Publications {
    catalogue: OnceLock<Arc<Catalogue>>,
    every_catalogue: OnceLock<Arc<Catalogue>>,
    almanac: OnceLock<Almanac>,
    calendar_name: OnceLock<Sha>,
    rules: OnceLock<RuleSet>,
    customs: OnceLock<Option<Customs>>,
    templates: OnceLock<Vec<Template>>,
    /// With the entries from which each was read.
    cases: Mutex<BTreeMap<DocumentId, (Entries, CaseFile)>>,
    /// Something public waits to be durable; what is read until then is read again.
    is_staged: bool,
}

impl Publications {
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    pub(super) fn stage(&mut self, kind: DocumentKind) {
        self.is_staged |= match kind {
            DocumentKind::Item | DocumentKind::Calendar | DocumentKind::Rules => true,
            DocumentKind::Case
            | DocumentKind::Roster
            | DocumentKind::ServiceRecord
            | DocumentKind::Rating
            | DocumentKind::Order
            | DocumentKind::Post
            | DocumentKind::Outages => false,
        };
    }

    pub(super) const fn stage_all(&mut self) {
        self.is_staged = true;
    }

    /// What was staged is durable now.
    pub(super) fn settle(&mut self) {
        if self.is_staged {
            self.forget();
        }
    }

    /// A case, if it was read before and from the same entries.
    pub(super) fn known_case(&self, id: DocumentId, entries: &Entries) -> Option<CaseFile> {
        let cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        cases.get(&id).filter(|(from, _)| from == entries).map(|(_, file)| file.clone())
    }

    /// Keeps a case as it was read, unless the calendar could not be.
    pub(super) fn keep_case(&self, entries: Entries, file: CaseFile) {
        if self.almanac.get().is_none() {
            return;
        }
        let mut cases = self.cases.lock().unwrap_or_else(PoisonError::into_inner);
        if cases.len() >= CASES_MAX {
            cases.clear(); // What is on the page at hand comes back with the next look at it.
        }
        cases.insert(file.id, (entries, file));
    }
}

impl<S: Store> Replica<S> {
    /// What may be applied for at this centre, as far as it is durable here.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn catalogue(&self) -> Result<Arc<Catalogue>, ReplicaError> {
        if let Some(known) = self.publications.catalogue.get() {
            return Ok(known.clone());
        }
        let path = &self.member.credential.path;
        let mut documents = Vec::new();
        for division in [path.centre()].iter().chain(path.ancestors()) {
            documents.extend(self.published(*division, DocumentKind::Item)?);
        }
        let read = Arc::new(Catalogue::fold(path, documents));
        Ok(self.publications.catalogue.get_or_init(|| read).clone())
    }

    /// What every centre published whose public home is held here, those below this one too: what a
    /// receipt promised is held against it. None of theirs is applied for here.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn every_catalogue(&self) -> Result<Arc<Catalogue>, ReplicaError> {
        if let Some(known) = self.publications.every_catalogue.get() {
            return Ok(known.clone());
        }
        let mut documents = Vec::new();
        for home in self.homes().into_iter().filter(|home| home.scope == Scope::Public) {
            documents.extend(self.published(home.division, DocumentKind::Item)?);
        }
        let read = Arc::new(Catalogue::of_every_publisher(documents));
        Ok(self.publications.every_catalogue.get_or_init(|| read).clone())
    }

    /// The working days that the city published, as far as they are durable here; estimates
    /// where none are, or the store cannot be read.
    pub fn almanac(&self) -> &Almanac {
        static ESTIMATES: LazyLock<Almanac> = LazyLock::new(Almanac::default);
        if let Some(known) = self.publications.almanac.get() {
            return known;
        }
        match self.calendar_events() {
            Ok(events) => self.publications.almanac.get_or_init(|| Almanac::fold(events)),
            Err(error) => {
                tracing::error!(%error, "the calendar cannot be read");
                &ESTIMATES
            }
        }
    }

    /// The working days as they were published by an instant, by when each notice was recorded: what
    /// somebody could know who was handed a paper then.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn almanac_at(&self, at: Timestamp) -> Result<Almanac, ReplicaError> {
        let mut events = self.calendar_events()?;
        events.retain(|(id, _)| id.recorded.instant() <= at);
        Ok(Almanac::fold(events))
    }

    fn calendar_events(&self) -> Result<Vec<(EventId, Event)>, ReplicaError> {
        let city = self.member.credential.path.city();
        let mut documents = self.published(city, DocumentKind::Calendar)?;
        documents.extend(self.published(city, DocumentKind::Rules)?);
        Ok(documents.into_iter().flat_map(|(_, events)| events).collect())
    }

    /// 今天: the day on which it counts what is done now, and as of which clocks are read. Where the
    /// city lets a last day end with its office hours, it is the next working day after them.
    pub fn today(&self, now: Timestamp) -> Date {
        self.almanac().act_day(now)
    }

    /// What names everything that [`Self::almanac`] says.
    pub(super) fn calendar_name(&self) -> Sha {
        let almanac = self.almanac();
        match self.publications.almanac.get() {
            Some(_) => *self.publications.calendar_name.get_or_init(|| almanac.fingerprint()),
            None => almanac.fingerprint(), // It could not be read; perhaps it can the next time.
        }
    }

    /// The rules of supervision that the city published last, as far as they are durable here;
    /// none where none are, or the store cannot be read.
    pub fn rules(&self) -> &RuleSet {
        static NONE: LazyLock<RuleSet> = LazyLock::new(RuleSet::default);
        if let Some(known) = self.publications.rules.get() {
            return known;
        }
        let city = self.member.credential.path.city();
        match self.published(city, DocumentKind::Rules) {
            Ok(documents) => self.publications.rules.get_or_init(|| {
                let events = documents.into_iter().flat_map(|(_, events)| events);
                let published = events.filter(|(_, event)| event.detail().rules.is_some());
                let last = published.max_by_key(|(id, _)| *id);
                let rules = last.and_then(|(_, event)| event.detail().rules.clone());
                rules.map(|rules| *rules).unwrap_or_default()
            }),
            Err(error) => {
                tracing::error!(%error, "the rules of supervision cannot be read");
                &NONE
            }
        }
    }

    /// The templates of joint approval that the city published, as far as they are durable here.
    pub fn templates(&self) -> &[Template] {
        if let Some(known) = self.publications.templates.get() {
            return known;
        }
        let city = self.member.credential.path.city();
        match self.published(city, DocumentKind::Rules) {
            Ok(documents) => self.publications.templates.get_or_init(|| {
                let mut events: Vec<_> =
                    documents.into_iter().flat_map(|(_, events)| events).collect();
                events.sort_by_key(|(id, _)| *id);
                let told =
                    events.iter().filter_map(|(_, event)| event.detail().template.as_deref());
                let mut versions: BTreeMap<(&str, u32), Template> = BTreeMap::new();
                for it in told {
                    let name = (it.plan.template.as_str(), it.plan.version);
                    let known = versions.entry(name).or_insert_with(|| it.clone());
                    // A version stays as it was published; only its end may be said later.
                    if known.is_same_version(it) {
                        known.valid_to = it.valid_to;
                    }
                }
                versions.into_values().collect()
            }),
            Err(error) => {
                tracing::error!(%error, "the templates of joint approval cannot be read");
                &[]
            }
        }
    }

    /// The template by which an application is taken on a day: its latest version in force.
    pub(crate) fn template(&self, id: &str, day: Date) -> Option<&Template> {
        let valid = self.templates().iter();
        let valid = valid.filter(|it| it.plan.template == id && it.is_valid_on(day));
        valid.max_by_key(|it| it.plan.version)
    }

    /// What the city set last besides its rules of supervision; what is usual where nothing is.
    pub fn customs(&self) -> Customs {
        self.published_customs().unwrap_or_default()
    }

    /// What the city set last besides its rules of supervision, as far as it is durable here.
    pub fn published_customs(&self) -> Option<Customs> {
        let read = || {
            let documents = self.published(self.member.credential.path.city(), DocumentKind::Rules);
            let documents = documents.unwrap_or_else(|error| {
                tracing::error!(%error, "what the city set cannot be read");
                Vec::new()
            });
            let events = documents.into_iter().flat_map(|(_, events)| events);
            let set = events.filter_map(|(id, event)| Some((id, event.detail().customs?)));
            set.max_by_key(|(id, _)| *id).map(|(_, customs)| customs)
        };
        *self.publications.customs.get_or_init(read)
    }

    /// When the offices of the city are open.
    pub fn office_hours(&self) -> OfficeHours {
        self.customs().hours
    }

    fn published(
        &self,
        publisher: Division,
        kind: DocumentKind,
    ) -> Result<Documents, ReplicaError> {
        let mut read = Vec::new();
        for id in self.documents(Home::public(publisher), kind, None, DOCUMENTS_MAX)? {
            if let Some(paper) = self.paper(id)? {
                read.push((id, paper.events()));
            }
        }
        Ok(read)
    }
}
