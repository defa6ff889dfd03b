//! `/metrics`, in the OpenMetrics text format: every metric stands in one table.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::machine::Machine;

/// The content type of the answer.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Copy)]
enum Kind {
    /// Only ever grows; `_total` is put behind its name.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// Where a metric's value comes from; a value that is not known is left out.
type Reading = fn(&Machine) -> Option<u64>;

#[rustfmt::skip]
const TABLE: [(&str, &str, Kind, Reading); 10] = [
    ("journal_entries_authored", "Entries that this machine wrote", Kind::Counter,
        |it| Some(it.own_entries.saved)),
    ("journal_entries_confirmed", "Own entries that the city has confirmed", Kind::Counter,
        |it| it.own_entries.confirmed),
    ("journal_entries_held", "Entries of all authors that this machine holds", Kind::Gauge,
        |it| Some(it.held_entries)),
    ("journal_entries_waiting", "Own entries that no centre above has acknowledged", Kind::Gauge,
        |it| Some(it.waiting_entries)),
    ("link_parents_up", "Links to centres above that are up", Kind::Gauge,
        |it| Some(it.links.iter().filter(|link| link.side == "parent").count() as u64)),
    ("link_children_up", "Links to centres below that are up", Kind::Gauge,
        |it| Some(it.links.iter().filter(|link| link.side == "child").count() as u64)),
    ("link_contact_age_seconds", "Time since a centre above was heard", Kind::Gauge,
        |it| Some(it.now.ms_since(it.last_contact?).max(0).unsigned_abs() / 1_000)),
    ("incident_found", "Incidents found on this machine", Kind::Counter,
        |it| Some(it.incident_count)),
    ("store_used_bytes", "What the store takes on disk", Kind::Gauge,
        |it| it.store_bytes),
    ("store_free_bytes", "What is free on the disk of the store", Kind::Gauge,
        |it| it.free_bytes),
];

/// Writes the machine's metrics.
pub(super) fn text(machine: &Machine) -> String {
    let mut registry = Registry::with_prefix("tongban");
    for (name, help, kind, reading) in TABLE {
        let Some(value) = reading(machine) else { continue };
        match kind {
            Kind::Counter => {
                let counter: Counter<u64, AtomicU64> = Counter::default();
                counter.inc_by(value);
                registry.register(name, help, counter);
            }
            Kind::Gauge => {
                let gauge: Gauge<i64> = Gauge::default();
                gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
                registry.register(name, help, gauge);
            }
        }
    }
    let mut text = String::new();
    // Writing into a string cannot fail.
    let _ = encode(&mut text, &registry);
    text
}
