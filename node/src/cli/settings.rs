//! From settings as they are written to settings as the service takes them.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use tongban_config::load::{self, LoadError};
use tongban_config::settings::{Congestion, NodeSettings, Store};

use crate::link::{Backoff, Congestion as LinkCongestion, LinkSettings, ParentSettings};
use crate::service::ServiceSettings;
use crate::store::StoreSettings;

/// Loads the settings of file, environment and flags.
pub(super) fn load(
    file: Option<&Path>,
    data_dir: Option<&Path>,
    mut flags: Vec<String>,
) -> Result<NodeSettings, LoadError> {
    flags.extend(data_dir.map(|dir| format!("data_dir={}", dir.display())));
    load::node(file, load::environment()?, flags)
}

/// What the service needs of the settings of a node.
#[must_use]
pub fn service_settings(settings: &NodeSettings) -> ServiceSettings {
    let link = &settings.link;
    let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let parents: Vec<String> = link.parents.iter().map(ToString::to_string).collect();
    let congestion = match link.congestion {
        Congestion::Bbr => LinkCongestion::Bbr,
        Congestion::Cubic => LinkCongestion::Cubic,
        Congestion::NewReno => LinkCongestion::NewReno,
    };
    let backoff = Backoff { pause_ms_min: ms(link.retry_min), pause_ms_max: ms(link.retry_max) };
    ServiceSettings {
        data_dir: settings.data_dir.clone(),
        listen: link.listen.unwrap_or(everywhere),
        parents: (!parents.is_empty()).then_some(parents),
        link: LinkSettings {
            congestion,
            idle_timeout: link.idle_timeout,
            keep_alive: link.keep_alive,
            ..LinkSettings::default()
        },
        patience: ParentSettings { backoff, ..ParentSettings::default() },
        store: store_settings(&settings.store),
    }
}

pub(super) fn store_settings(store: &Store) -> StoreSettings {
    StoreSettings { cache_bytes: store.cache.0, reserve_bytes: store.reserve.0 }
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
