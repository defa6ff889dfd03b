//! Why a case is not in the city yet, in one plain sentence.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tongban_protocol::document::DocumentId;
use tongban_protocol::journal::{Body, JournalId};
use tongban_protocol::place::Path;
use tongban_protocol::time::Timestamp;

use super::values::Stage;
use crate::engine::{LinkStatus, Side};
use crate::replica::{ArrivalStage, EntryRef, IncidentKind, Replica, ReplicaError};
use crate::store::Store;

/// Incidents looked through for one case.
const INCIDENTS_READ_MAX: usize = 1_000;

/// Where a case is on its way to the city, and what it waits for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Why {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// How far all of it has come; none for a case that is not held here.
    pub stage: Option<Stage>,
}

/// How far the entries of a case have come.
struct Progress {
    all: usize,
    /// Entries that no centre above is known to hold.
    here: Vec<EntryRef>,
    /// Entries that the centre above holds and the city has not confirmed.
    above: Vec<EntryRef>,
    /// The last entry that the centre above holds.
    held: Option<u64>,
    /// The last entry that the city has confirmed.
    confirmed: Option<u64>,
    /// When the city last confirmed anything of these journals.
    witnessed_at: Option<Timestamp>,
}

/// Says where a case is on its way to the city, and what it waits for.
///
/// `links` are those that are up now. A case that is staged but not durable counts as not held.
///
/// # Errors
///
/// The store's.
pub fn why<S: Store>(
    replica: &Replica<S>,
    links: &[LinkStatus],
    id: DocumentId,
) -> Result<Why, ReplicaError> {
    if let Some(incident) = incident(replica, id)? {
        return Ok(incident);
    }
    let progress = progress(replica, id)?;
    let path = &replica.member().credential.path;
    let said = if progress.all == 0 {
        not_here(id)
    } else if progress.here.is_empty() && progress.above.is_empty() {
        confirmed(progress.all, witnessed(replica, id)?)
    } else if path.ancestors().is_empty() {
        at_the_city(&progress)
    } else if progress.here.is_empty() {
        held_above(&progress, path, links)
    } else {
        waiting(&progress, links)
    };
    let stage = match (progress.all, progress.here.is_empty(), progress.above.is_empty()) {
        (0, _, _) => None,
        (_, false, _) => Some(Stage::Here),
        (_, true, false) => Some(Stage::Parent),
        (_, true, true) => Some(Stage::City),
    };
    Ok(Why { zh: said.0, en: said.1, stage })
}

/// The same in Chinese and in English.
type Said = (String, String);

fn not_here(id: DocumentId) -> Said {
    (
        format!("本机没有办件 {id}；请核对办件标识，或到收件中心查询"),
        format!("case {id} is not held here; check its name, or ask the centre that took it"),
    )
}

fn confirmed(all: usize, at: Option<Timestamp>) -> Said {
    let at = shown(at);
    (
        format!("市中心已确认全部 {all} 条记录，确认时间 {at}"),
        format!("the city has confirmed all {}, at {at}", entries(all)),
    )
}

fn at_the_city(progress: &Progress) -> Said {
    let open = progress.here.len() + progress.above.len();
    (
        format!("市中心已保存全部 {} 条记录，其中 {open} 条等待签发回执", progress.all),
        format!(
            "the city holds all {}; {open} of them get their receipt with the next round",
            entries(progress.all)
        ),
    )
}

fn held_above(progress: &Progress, path: &Path, links: &[LinkStatus]) -> Said {
    let (open, held) = (progress.above.len(), progress.held.unwrap_or(0));
    let (zh_done, en_done) = match progress.confirmed {
        Some(last) => (
            format!("市中心已确认到第 {last} 条"),
            format!("the city has confirmed up to entry {last}"),
        ),
        None => ("市中心尚未确认".to_owned(), "the city has confirmed none yet".to_owned()),
    };
    let linked = links.iter().filter(|it| it.side == Side::Parent).find_map(|it| it.peer.as_ref());
    let above = match path.ancestors() {
        [only] => Some(*only),
        _ => linked.map(|peer| peer.credential.path.centre()),
    };
    if above == Some(path.city()) {
        return (
            format!("市中心已保存到第 {held} 条，{zh_done}，{open} 条等待市中心的回执"),
            format!(
                "the city holds it up to entry {held}; {en_done}; {} for the city's receipt",
                wait(open)
            ),
        );
    }
    let named = above.map(|centre| format!(" {centre}")).unwrap_or_default();
    (
        format!("上级中心{named} 已保存到第 {held} 条，{zh_done}，{open} 条等待上级转送市中心"),
        format!(
            "the centre above{named} holds it up to entry {held}; {en_done}; {} for that centre's link \
             to the city",
            wait(open)
        ),
    )
}

fn waiting(progress: &Progress, links: &[LinkStatus]) -> Said {
    let (zh_what, en_what) = (zh_list(&progress.here), en_list(&progress.here));
    let parents: Vec<&LinkStatus> = links.iter().filter(|it| it.side == Side::Parent).collect();
    let linked = parents.iter().find_map(|link| Some((link, link.peer.as_ref()?)));
    if let Some((link, peer)) = linked {
        let (centre, since) = (peer.credential.path.centre(), link.since.to_minute());
        return (
            format!("已保存在本机（{zh_what}），与 {centre} 的连接自 {since} 起正常，正在上传"),
            format!(
                "saved on this machine ({en_what}); the link to centre {centre} is up since {since}, \
                 and it is being sent"
            ),
        );
    }
    let last = match progress.witnessed_at.map(Timestamp::to_minute) {
        Some(at) => (format!("市中心上次确认 {at}"), format!("the city last confirmed at {at}")),
        None => {
            ("市中心尚未确认过".to_owned(), "the city has not confirmed anything yet".to_owned())
        }
    };
    if parents.is_empty() {
        return (
            format!("已保存在本机（{zh_what}），等待与上级中心的连接；{}", last.0),
            format!(
                "saved on this machine ({en_what}); it waits for a link to the centre above; {}",
                last.1
            ),
        );
    }
    (
        format!("已保存在本机（{zh_what}），正在与上级中心建立连接；{}", last.0),
        format!(
            "saved on this machine ({en_what}); the centre above is being dialled and has not \
             answered yet; {}",
            last.1
        ),
    )
}

fn progress<S: Store>(replica: &Replica<S>, id: DocumentId) -> Result<Progress, ReplicaError> {
    let mut progress = Progress {
        all: 0,
        here: Vec::new(),
        above: Vec::new(),
        held: None,
        confirmed: None,
        witnessed_at: None,
    };
    for entry in replica.entries_of(id)? {
        progress.all += 1;
        let receipt = replica.receipted(entry.journal);
        progress.witnessed_at = progress.witnessed_at.max(receipt.map(|it| it.witnessed_at));
        match replica.stage_of(entry) {
            ArrivalStage::City => {
                progress.confirmed = progress.confirmed.max(Some(entry.number));
                progress.held = progress.held.max(Some(entry.number));
            }
            ArrivalStage::Parent => {
                progress.held = progress.held.max(Some(entry.number));
                progress.above.push(entry);
            }
            ArrivalStage::Here => progress.here.push(entry),
        }
    }
    Ok(progress)
}

/// When the city had first confirmed all entries of a case.
fn witnessed<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
) -> Result<Option<Timestamp>, ReplicaError> {
    let mut ends: BTreeMap<JournalId, EntryRef> = BTreeMap::new();
    for entry in replica.entries_of(id)? {
        ends.insert(entry.journal, entry); // The last of each journal: a receipt is of all before.
    }
    let mut last = None;
    for entry in ends.into_values() {
        last = last.max(replica.witnessed_at(entry)?);
    }
    Ok(last)
}

/// What the incidents found here have to do with the case, if anything.
fn incident<S: Store>(replica: &Replica<S>, id: DocumentId) -> Result<Option<Why>, ReplicaError> {
    let own = replica.entries_of(id)?;
    for incident in replica.incidents(INCIDENTS_READ_MAX)? {
        let journal = incident.journal;
        if journal.home != id.home {
            continue;
        }
        let (number, why) = (incident.number, &incident.why);
        let said = match incident.kind {
            IncidentKind::Fork => {
                let behind = |it: &EntryRef| {
                    it.journal == journal && replica.stage_of(*it) != ArrivalStage::City
                };
                own.iter().any(behind).then(|| (
                    format!("日志 {journal} 在第 {number} 条分叉，不再接收新记录，请市中心处理：{why}"),
                    format!("journal {journal} forked at entry {number} and takes no more entries until the city has settled it: {why}"),
                ))
            }
            IncidentKind::Refused | IncidentKind::Revoked => {
                let has_effect = own.contains(&EntryRef { journal, number });
                let is_about = !has_effect && mentions(replica, journal, number, id)?;
                is_about.then(|| (
                    format!("日志 {journal} 第 {number} 条已留存为证据，不生效：{why}"),
                    format!("entry {number} of {journal} is kept as evidence and has no effect: {why}"),
                ))
            }
            IncidentKind::Broken => None, // Nothing of it was taken, so it says nothing of a case.
        };
        if let Some((zh, en)) = said {
            let stage = own.iter().map(|entry| replica.stage_of(*entry)).min();
            return Ok(Some(Why { zh, en, stage: stage.map(Stage::from) }));
        }
    }
    Ok(None)
}

fn mentions<S: Store>(
    replica: &Replica<S>,
    journal: JournalId,
    number: u64,
    id: DocumentId,
) -> Result<bool, ReplicaError> {
    let signed = replica.entry(journal, number)?;
    Ok(signed.is_some_and(|signed| match signed.entry.body {
        Body::Changes(changes) => changes.iter().any(|change| change.document == id.name),
        Body::Open(_) | Body::Receipts(_) => false,
    }))
}

fn shown(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "—".to_owned(), Timestamp::to_minute)
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

fn wait(count: usize) -> String {
    if count == 1 { "1 entry waits".to_owned() } else { format!("{count} entries wait") }
}

fn zh_list(waiting: &[EntryRef]) -> String {
    format!("记录 {}，共 {} 条", ranges(waiting), waiting.len())
}

fn en_list(waiting: &[EntryRef]) -> String {
    let noun = if waiting.len() == 1 { "entry" } else { "entries" };
    format!("{noun} {}", ranges(waiting))
}

/// The numbers, runs of them as `3–5`; the first eight runs.
fn ranges(waiting: &[EntryRef]) -> String {
    let mut numbers: Vec<u64> = waiting.iter().map(|entry| entry.number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => runs.push((number, number)),
        }
    }
    let more = if runs.len() > RUNS_SHOWN_MAX { " …" } else { "" };
    let run = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}–{last}"),
    };
    let shown: Vec<String> = runs.iter().take(RUNS_SHOWN_MAX).map(run).collect();
    format!("{}{more}", shown.join(", "))
}

/// Runs of numbers in one sentence.
const RUNS_SHOWN_MAX: usize = 8;
