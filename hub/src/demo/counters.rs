//! Counters to look at: one township, its county and the city, with accounts that are ready.
//!
//! Those who work there in the invented cases have the posts, each the next one's partner, so that
//! a clerk who signs in sees their own work.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tongban_config::groups::QueueGroup;
use tongban_node::accounts::Accounts;
use tongban_node::posts::{PostWish, change_at};
use tongban_node::report::Alone;
use tongban_node::tasks::Tasks;
use tongban_node::web::guard::Hosts;
use tongban_node::web::{self, Face};
use tongban_node::{clock, entropy};
use tongban_protocol::document::{EventKind, Role};
use tongban_protocol::place::Tier;
use tongban_protocol::time::Timestamp;

use super::DemoError;
use super::generator::clerks;
use super::site::Site;

/// How long the posts are leased, in milliseconds: a year.
const LEASE_MS: i64 = 365 * 86_400_000;

/// Those of a site who can sign in: the first administers, the second approves what the first
/// proposed.
const ACCOUNTS: usize = 2;

/// The accounts of a site whose first clerks sign in with `password`; the first keeps them.
pub(super) fn accounts(
    site: &Site,
    dir: &Path,
    (seed, password): (u64, &str),
) -> Result<Arc<Accounts>, DemoError> {
    let refused = |why: String| DemoError::Centre { centre: site.centre.division, why };
    let mut rng = entropy::generator().map_err(|error| refused(error.to_string()))?;
    let folder = dir.join(site.centre.division.as_str());
    let accounts = Accounts::open(&folder, &mut rng).map_err(|error| refused(error.to_string()))?;
    if let Some(code) = accounts.first_code() {
        let names = who_signs_in(site, seed);
        let first = names.first().map_or("", String::as_str);
        let now = clock::now();
        let made = accounts.set_up(now, &mut rng, &code, (first, password));
        made.map_err(|error| refused(error.to_string()))?;
        for name in names.iter().skip(1) {
            let code = accounts.invite(now, &mut rng, (name, first), None);
            let code = code.map_err(|error| refused(error.to_string()))?;
            let accepted = accounts.accept(now, &mut rng, &code, password);
            accepted.map_err(|error| refused(error.to_string()))?;
        }
    }
    Ok(Arc::new(accounts))
}

/// The post of a site's clerk of that place, from 0. A county has a supervisor beside those who
/// decide, so that both sorts of work can be looked at.
pub(super) const fn role(tier: Tier, at: usize) -> Role {
    match (tier, at) {
        (Tier::Township, _) => Role::Window,
        (Tier::County, 1) | (Tier::City, _) => Role::Supervisor,
        (Tier::County, _) => Role::Department,
    }
}

/// Who signs in at a site.
pub(super) fn who_signs_in(site: &Site, seed: u64) -> Vec<String> {
    let mut names = clerks(seed, site.centre.division, site.centre.tier);
    names.truncate(ACCOUNTS);
    names
}

/// Gives everybody who works at a site their post.
pub(super) async fn appoint(site: &Site, seed: u64) -> Result<(), DemoError> {
    let names = clerks(seed, site.centre.division, site.centre.tier);
    let now = clock::now();
    for (at, name) in names.iter().enumerate() {
        let partner = names.get((at + 1) % names.len()).cloned();
        let wish = PostWish {
            kind: EventKind::Appoint,
            name: name.clone(),
            partner,
            role: Some(role(site.centre.tier, at)),
            until: Some(Timestamp(now.0.saturating_add(LEASE_MS))),
            to: None,
            by: name.clone(),
            happened_at: None,
        };
        let appointed = change_at(&site.desk, now, wish).await;
        appointed.map_err(|error| DemoError::Centre {
            centre: site.centre.division,
            why: error.to_string(),
        })?;
    }
    Ok(())
}

/// Serves the counter of a site until the demo ends, and says where.
pub(super) async fn open(
    site: &Site,
    dir: &Path,
    accounts: Arc<Accounts>,
    (listen, tasks): (SocketAddr, &Tasks),
) -> Result<SocketAddr, DemoError> {
    let page = |source| DemoError::Page { address: listen, source };
    let listener = TcpListener::bind(listen).await.map_err(page)?;
    let address = listener.local_addr().map_err(page)?;
    let face = Face {
        desk: site.desk.clone(),
        name: site.centre.name_zh.clone(),
        centre: site.centre.division,
        accounts,
        open: &["/report"],
        more: &[],
        data_dir: dir.join(site.centre.division.as_str()),
        description: web::openapi,
        lookout: Arc::new(Alone),
        groups: vec![QueueGroup::general()],
    };
    let serving = tasks.clone();
    tasks.spawn("counter", async move {
        web::serve(listener, face, Hosts::new(address, []), &serving).await;
    });
    Ok(address)
}
