//! 中断日志: when a centre had no link upwards or its machine did not run, as it recorded itself,
//! and what is still open.

use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::DocumentId;
use tongban_protocol::outage::{OutageCause, document_name};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use crate::cases::instant;
use crate::engine::{Engine, Side};
use crate::replica::ReplicaError;
use crate::store::Store;

/// Outages that are listed; the records of the last months have them all.
pub const OUTAGES_SHOWN_MAX: usize = 50;

/// Months that are looked through, this one included.
const MONTHS: i32 = 6;

/// The outages of a centre.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
pub struct OutageLog {
    /// The newest, that which is still open first; at most 50.
    pub outages: Vec<OutageLine>,
    /// How many were recorded in the last six months, those not listed too.
    pub count: usize,
    /// Besides, how many short ones were only counted: under a minute, or too many at once.
    pub short_count: u64,
    /// How long these lasted together, in milliseconds.
    pub short_ms: u64,
}

/// One outage.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct OutageLine {
    /// `link` where there was no link, `machine` where the service did not run.
    pub cause: String,
    /// The word for the page.
    pub zh: String,
    /// When it began, by the machine's own clock.
    #[serde(with = "instant")]
    #[schema(value_type = String)]
    pub from: Timestamp,
    /// When it was over; none while it is open.
    #[serde(with = "instant::optional")]
    #[schema(value_type = Option<String>)]
    pub to: Option<Timestamp>,
    /// How long it lasted, or has lasted, in milliseconds.
    pub lasted_ms: u64,
}

impl OutageLine {
    fn new(cause: OutageCause, (from, to): (Timestamp, Option<Timestamp>), now: Timestamp) -> Self {
        Self {
            cause: cause.en().to_owned(),
            zh: cause.zh().to_owned(),
            from,
            to,
            lasted_ms: to.unwrap_or(now).ms_since(from).max(0).unsigned_abs(),
        }
    }
}

/// The outages of this centre in the last six months, as recorded, the newest first.
///
/// # Errors
///
/// The store's.
pub fn outages<S: Store>(engine: &Engine<S>, now: Timestamp) -> Result<OutageLog, ReplicaError> {
    let replica = engine.replica();
    let home = Home::office(replica.member().centre());
    let mut log = OutageLog::default();
    let mut spans = Vec::new();
    for back in 0..MONTHS {
        let name = document_name(civil_day(now).saturating_sub(back.months()));
        let Some(paper) = replica.paper(DocumentId { home, name })? else { continue };
        for (_, event) in paper.events() {
            let Some(report) = &event.detail().outages else { continue };
            spans.extend(report.spans.iter().copied());
            log.short_count += u64::from(report.short_count);
            log.short_ms = log.short_ms.saturating_add(report.short_ms);
        }
    }
    spans.sort_unstable();
    log.count = spans.len();
    let is_linked =
        engine.links().iter().any(|link| link.side == Side::Parent && link.peer.is_some());
    let open = replica.alive_mark()?.and_then(|mark| mark.down_since).filter(|_| !is_linked);
    log.outages.extend(open.map(|from| OutageLine::new(OutageCause::Link, (from, None), now)));
    let over = spans.iter().rev();
    let over = over.map(|it| OutageLine::new(it.cause, (it.from, Some(it.to)), now));
    log.outages.extend(over.take(OUTAGES_SHOWN_MAX - log.outages.len()));
    Ok(log)
}
