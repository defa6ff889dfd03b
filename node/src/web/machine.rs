//! What this machine says of itself: to its page, to `/api/v1/status`, and to `/metrics`.

use std::path::Path;

use serde::{Serialize, Serializer};
use tongban_protocol::journal::JournalId;
use tongban_protocol::place::{Home, Scope};
use tongban_protocol::time::Timestamp;
use utoipa::ToSchema;

use crate::cases::{self, CaseSummary, Stage};
use crate::engine::{Engine, SOFTWARE, Side};
use crate::posts;
use crate::replica::{Incident, ReplicaError};
use crate::store::Store;
use crate::waiting::CLOCK_APART_MS_MAX;

/// Incidents that the page and the status list.
const INCIDENTS_SHOWN: usize = 10;

/// Cases that the page lists.
const CASES_SHOWN: usize = 20;

/// The machine at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Machine {
    /// What the centre is called.
    pub name: String,
    /// Its division.
    #[schema(example = "510921103")]
    pub centre: String,
    /// The node's id.
    pub node: String,
    /// How often the machine has been restored.
    pub incarnation: u32,
    /// Fingerprint of the city's root key.
    pub root: String,
    /// Always true: the service that answers runs.
    pub is_running: bool,
    /// Name and version of the software.
    pub software: String,
    /// The machine's clock.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String)]
    pub now: Timestamp,
    /// The links that are up.
    pub links: Vec<LinkLine>,
    /// Why no centre above is linked; null while one is, and before one was tried.
    pub no_parent: Option<NoParentLine>,
    /// When a centre above was heard last since this machine was started.
    #[serde(serialize_with = "rfc3339_or_null")]
    #[schema(value_type = Option<String>)]
    pub last_contact: Option<Timestamp>,
    /// How far the entries that this machine wrote have come.
    pub own_entries: OwnEntries,
    /// Journals that this machine holds.
    pub journals: u64,
    /// Entries of all authors that this machine holds.
    pub entries: u64,
    /// Own entries that no centre above has acknowledged; always 0 at the city.
    pub waiting: u64,
    /// Incidents found here.
    pub incidents: u64,
    /// How many posts (AB 岗) the centre has, or that it has none.
    pub posts: String,
    /// The newest of them.
    pub newest_incidents: Vec<IncidentLine>,
    /// What the store takes on disk; null if the disk does not tell.
    pub bytes_on_disk: Option<u64>,
    /// What is free on that disk, in bytes; null if the disk does not tell.
    pub free_bytes: Option<u64>,
    /// What a person must see to: a full disk, a write that failed, parts that were set aside.
    pub troubles: Vec<String>,
}

/// A link that is up.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct LinkLine {
    /// `parent` for a link up, `child` for one down.
    pub side: &'static str,
    /// The division of the centre at the other end, once it said hello.
    pub peer: Option<String>,
    /// Its software.
    pub software: Option<String>,
    /// Since when the link is up.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String)]
    pub since: Timestamp,
    /// Its clock less ours, in milliseconds.
    pub clock_ahead_ms: Option<i64>,
    /// True where the two clocks are so far apart that one is to be put right.
    pub is_clock_apart: bool,
    /// True when both sides have compared everything and nothing is on its way.
    pub is_in_step: bool,
}

/// What was tried last to reach a centre above, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct NoParentLine {
    /// The address that was dialled.
    pub address: String,
    /// When it failed, or the link ended.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String)]
    pub at: Timestamp,
    /// Why, in words.
    pub why: String,
    /// What that means, in Chinese.
    pub zh: String,
}

/// How far the entries that this machine wrote have come.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, ToSchema)]
pub struct OwnEntries {
    /// Durable here.
    pub saved: u64,
    /// Of these, durable at the centre above; null at the city, which has none.
    pub at_parent: Option<u64>,
    /// Of these, confirmed by the city's receipt; null at the city itself.
    pub confirmed: Option<u64>,
}

/// Something that should not have come.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct IncidentLine {
    /// What sort of wrong, in Chinese.
    pub kind_zh: String,
    /// The same in English.
    pub kind_en: String,
    /// The journal and the entry.
    pub place: String,
    /// Why, in words.
    pub why: String,
    /// When it was first found here.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String)]
    pub found_at: Timestamp,
    /// How often it was found.
    pub times: u64,
    /// When last.
    #[serde(serialize_with = "rfc3339")]
    #[schema(value_type = String)]
    pub last_seen_at: Timestamp,
}

/// A case on the page, with the sentence that says what it waits for.
#[derive(Clone, Debug)]
pub(super) struct CaseLine {
    pub(super) case: CaseSummary,
    /// Why it is not in the city yet, in Chinese and English; none once it is.
    pub(super) why: Option<(String, String)>,
}

/// What of an engine changes a page; two pages with the same mark differ in their age only.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct Mark {
    held: u64,
    receipted: u64,
    at_parent: u64,
    links: Vec<(u64, bool, bool)>,
    no_parent: Option<String>,
    stopped: usize,
    /// True when a link to a centre above is up and the centre has said hello.
    pub(super) is_linked: bool,
}

impl Mark {
    pub(super) fn of<S: Store>(engine: &Engine<S>) -> Self {
        let replica = engine.replica();
        let mut mark = Self::default();
        for (journal, end) in replica.frontier() {
            mark.held += end.number;
            mark.receipted += replica.receipted(*journal).map_or(0, |it| it.number);
            mark.at_parent += replica.held_by_parent(*journal);
        }
        mark.stopped = engine.stopped().len();
        mark.no_parent = engine.no_parent().map(|it| it.why.clone());
        for link in engine.links() {
            mark.links.push((link.session.0, link.peer.is_some(), link.is_in_step));
            mark.is_linked |= link.side == Side::Parent && link.peer.is_some();
        }
        mark
    }
}

impl Machine {
    /// Reads what an engine knows; name, last contact and free space come from outside.
    pub(super) fn read<S: Store>(engine: &Engine<S>, now: Timestamp) -> Result<Self, ReplicaError> {
        let replica = engine.replica();
        let member = replica.member();
        let incidents = replica.incidents(usize::MAX)?;
        let links: Vec<LinkLine> = engine
            .links()
            .into_iter()
            .map(|link| LinkLine {
                side: match link.side {
                    Side::Parent => "parent",
                    Side::Child => "child",
                },
                peer: link.peer.as_ref().map(|it| it.credential.path.centre().to_string()),
                software: link.peer.as_ref().map(|peer| peer.software.clone()),
                since: link.since,
                clock_ahead_ms: link.peer.as_ref().map(|peer| peer.clock_ahead_ms),
                is_clock_apart: link
                    .peer
                    .as_ref()
                    .is_some_and(|peer| peer.clock_ahead_ms.abs() > CLOCK_APART_MS_MAX),
                is_in_step: link.is_in_step,
            })
            .collect();
        let own_entries = OwnEntries::of(engine);
        Ok(Self {
            name: String::new(),
            centre: member.centre().to_string(),
            node: member.credential.node().to_string(),
            incarnation: member.incarnation,
            root: member.root.fingerprint().to_hex(),
            is_running: true,
            software: SOFTWARE.to_owned(),
            now,
            no_parent: engine.no_parent().map(|it| NoParentLine {
                address: it.address.clone(),
                at: it.at,
                why: it.why.clone(),
                zh: it.zh.to_owned(),
            }),
            last_contact: None,
            links,
            own_entries,
            journals: replica.frontier().len() as u64,
            entries: replica.frontier().values().map(|end| end.number).sum(),
            waiting: own_entries.at_parent.map_or(0, |held| own_entries.saved - held),
            incidents: incidents.len() as u64,
            posts: posts::in_words(replica)?,
            newest_incidents: incidents
                .iter()
                .rev()
                .take(INCIDENTS_SHOWN)
                .map(incident_line)
                .collect(),
            bytes_on_disk: replica.store().bytes_on_disk().ok(),
            free_bytes: None,
            troubles: replica.store().troubles(),
        })
    }

    /// True while a centre above was dialled and has not said hello yet.
    #[must_use]
    pub fn is_dialling(&self) -> bool {
        self.links.iter().any(|link| link.side == "parent" && link.peer.is_none())
    }

    /// The link to a centre above that has said hello.
    #[must_use]
    pub fn parent(&self) -> Option<&LinkLine> {
        self.links.iter().find(|link| link.side == "parent" && link.peer.is_some())
    }
}

impl OwnEntries {
    fn of<S: Store>(engine: &Engine<S>) -> Self {
        let replica = engine.replica();
        let credential = &replica.member().credential;
        let node = credential.node();
        let (mut saved, mut at_parent, mut confirmed) = (0, 0, 0);
        for (journal, end) in replica.frontier() {
            if journal.author.node != node {
                continue;
            }
            // What the city confirmed has passed the centre above, whichever way it took.
            let receipted = replica.receipted(*journal).map_or(0, |it| it.number).min(end.number);
            saved += end.number;
            confirmed += receipted;
            at_parent += replica.held_by_parent(*journal).min(end.number).max(receipted);
        }
        let is_city = credential.path.ancestors().is_empty();
        Self {
            saved,
            at_parent: (!is_city).then_some(at_parent),
            confirmed: (!is_city).then_some(confirmed),
        }
    }
}

/// The newest cases of this centre and those below it; at the city, of the city's own centre, as
/// its page is about one machine and not about a hundred thousand cases.
pub(super) fn newest_cases<S: Store>(engine: &Engine<S>) -> Result<Vec<CaseLine>, ReplicaError> {
    let replica = engine.replica();
    let credential = &replica.member().credential;
    let homes: Vec<Home> = if credential.path.ancestors().is_empty() {
        vec![Home::office(credential.path.centre())]
    } else {
        office_homes(engine)
    };
    let links = engine.links();
    let list = cases::list(replica, &homes, None, CASES_SHOWN)?;
    list.cases
        .into_iter()
        .map(|case| {
            let id = case.id.parse().ok().filter(|_| case.stage != Stage::City);
            let why = id.map(|id| cases::why(replica, &links, id)).transpose()?;
            Ok(CaseLine { case, why: why.map(|why| (why.zh, why.en)) })
        })
        .collect()
}

/// The homes of cases that this machine holds.
pub(super) fn office_homes<S: Store>(engine: &Engine<S>) -> Vec<Home> {
    let homes = engine.replica().homes();
    homes.into_iter().filter(|home| home.scope == Scope::Office).collect()
}

/// Free space on the disk of a folder, in bytes; none if the system does not tell.
pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let space = rustix::fs::statvfs(folder).ok()?;
    Some(space.f_bavail.saturating_mul(space.f_frsize))
}

fn incident_line(incident: &Incident) -> IncidentLine {
    IncidentLine {
        kind_zh: incident.kind.zh().to_owned(),
        kind_en: incident.kind.en().to_owned(),
        place: place(incident.journal, incident.number),
        why: incident.why.clone(),
        found_at: incident.found_at,
        times: incident.seen_again.map_or(1, |again| again.times),
        last_seen_at: incident.seen_again.map_or(incident.found_at, |again| again.last_at),
    }
}

fn place(journal: JournalId, number: u64) -> String {
    format!("{journal} #{number}")
}

fn rfc3339<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(at)
}

fn rfc3339_or_null<S: Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => serializer.collect_str(at),
        None => serializer.serialize_none(),
    }
}
