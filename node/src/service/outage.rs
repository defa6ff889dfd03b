//! The duty of a node: it notes its own outages.

use tongban_protocol::time::Timestamp;

use super::Duty;
use crate::engine::{Engine, Side};
use crate::outages::OutageWatch;
use crate::store::SledStore;

/// How often it looks, in milliseconds.
const LOOK_MS: i64 = 5_000;

/// Looks at the links upwards, marks that the machine runs, and records what was out.
#[derive(Debug, Default)]
pub(super) struct OutageDuty {
    watch: Option<OutageWatch>,
    looked_at: Option<Timestamp>,
}

impl Duty for OutageDuty {
    fn handle_flushed(&mut self, _: Timestamp, _: &mut Engine<SledStore>) {}

    fn poll_timeout(&self) -> Option<Timestamp> {
        Some(self.looked_at.map_or(Timestamp(i64::MIN), |at| at.plus_ms(LOOK_MS)))
    }

    fn handle_timeout(&mut self, now: Timestamp, engine: &mut Engine<SledStore>) {
        self.looked_at = Some(now);
        let watch = self.watch.get_or_insert_with(|| {
            let mark = engine.replica().alive_mark().unwrap_or_else(|error| {
                tracing::error!(%error, "it is not known since when this machine did not run");
                None
            });
            let replica = engine.replica();
            OutageWatch::start(now, mark, (replica.almanac(), replica.office_hours()))
        });
        let links = engine.links();
        let is_linked = links.iter().any(|link| link.side == Side::Parent && link.peer.is_some());
        let replica = engine.replica_mut();
        if let Some(report) = watch.look(now, is_linked)
            && let Err(error) = replica.record_outages(now, report.clone())
        {
            tracing::warn!(%error, "an outage could not be recorded yet");
            watch.put_back(report, now);
        }
        if let Some(mark) = watch.mark(now) {
            replica.mark_alive(mark);
        }
    }
}
