//! What programs may do over `/api/v1`.

use serde::{Deserialize, Serialize};

/// What a token is good for; each holds those before it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// 查询: to read.
    Read,
    /// 办件: to take cases, import them, record their events, and relay work to upper systems, too.
    Cases,
    /// 全部: everything that the office can ask: backups, posts, orders, publications.
    Office,
}

impl Scope {
    /// Every scope, the narrowest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Cases, Self::Office];

    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Read => "查询",
            Self::Cases => "办件",
            Self::Office => "全部",
        }
    }

    /// The word for scripts.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Cases => "cases",
            Self::Office => "office",
        }
    }
}

/// True for the path `root` and all below it.
fn is_of(path: &str, root: &str) -> bool {
    path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What a request of `/api/v1` needs; `path` is the whole path.
#[must_use]
pub fn needed(is_read: bool, path: &str) -> Scope {
    let below = path.strip_prefix("/api/v1/").unwrap_or_default();
    let is_whole = below == "backup" || below.starts_with("carry/");
    match (is_whole, is_read) {
        (true, _) => Scope::Office, // Everything that is held goes out of the house.
        (false, true) => Scope::Read,
        (false, false) if is_of(below, "cases") || is_of(below, "relays") => Scope::Cases,
        (false, false) => Scope::Office,
    }
}
