//! What one machine is told: a TOML file, then the environment, then flags.
//!
//! The key `retry_max` of the section `link` is `link.retry_max`. In a file it stands in the
//! table `[link]`; in the environment it is `TONGBAN_LINK__RETRY_MAX`; as a flag it is
//! `--set link.retry_max=30s`. The flag wins over the environment, and that over the file.
//! Paths in a file are relative to the folder of the file.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use crate::address::HostPort;
use crate::fault::{Problem, SettingsError};
use crate::groups::{GROUPS_MAX, QueueGroup};
use crate::layers::{Reader, Relation};
use crate::quantity::ByteSize;

/// Most addresses of parents that can be given.
pub const PARENTS_MAX: usize = 8;

/// The variable that names the settings file; it is no setting itself.
pub const FILE_VARIABLE: &str = "TONGBAN_SETTINGS";

/// The variable that names the folder of event logs, for tests and the demo; no setting either.
pub const LOGS_VARIABLE: &str = "TONGBAN_LOGS";

/// Shortest duration that can be set; there only so that no timer spins.
const DURATION_MIN: Duration = Duration::from_millis(10);

const DATA_DIR_REMEDY: &str = "write `data_dir = \"/var/lib/tongban\"` above the sections of \
    the settings file, set TONGBAN_DATA_DIR, or pass `--set data_dir=/var/lib/tongban`";

/// Keys that have another name now: old, new.
const RENAMED: &[(&str, &str)] = &[];

const NOT_OF_A_NODE: &[(&str, &str)] = &[
    ("city.facts", "a setting of the hub; a node gets the city's facts from its parent"),
    ("public.enabled", "a setting of the hub, which has the pages for everybody; remove it here"),
    ("coverage.silent_after", "a setting of the hub, which judges coverage; remove it here"),
    ("witness.pace", "a setting of the hub, which gives receipts; remove it here"),
];

const NOT_OF_A_HUB: &[(&str, &str)] = &[
    ("link.parents", "a setting of a node; the hub has no parent, remove it here"),
    ("link.retry_max", "a setting of a node; the hub dials nobody, remove it here"),
    ("link.retry_min", "a setting of a node; the hub dials nobody, remove it here"),
];

/// Settings as they were written, before anything is read into them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sources {
    /// The settings file: its name, for errors and relative paths, and its text.
    pub file: Option<(String, String)>,
    /// Environment variables; those that do not begin with `TONGBAN_` are passed over.
    pub environment: Vec<(String, String)>,
    /// Overrides such as `link.retry_max=5s`; of two with one key the later counts.
    pub flags: Vec<String>,
}

/// The settings of a machine that runs a centre's node.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NodeSettings {
    /// `data_dir`: the folder that holds the store, the identity and the certificates.
    pub data_dir: PathBuf,
    /// `[http]`: the pages and the JSON service.
    pub http: Http,
    /// `[link]`: the links to parent and children.
    pub link: Link,
    /// `[store]`: the local store.
    pub store: Store,
    /// `[log]`: what is logged, and how.
    pub log: Log,
    /// `queue.groups`: the business groups in which people wait; one where none is given.
    pub queue_groups: Vec<QueueGroup>,
}

/// The settings of the machine that runs the hub.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HubSettings {
    /// What the hub has in common with every node.
    pub node: NodeSettings,
    /// `city.facts`: the folder of the city's facts; none for the shipped city.
    pub city_facts: Option<PathBuf>,
    /// `[coverage]`: when a centre counts as silent.
    pub coverage: Coverage,
    /// `[witness]`: how receipts are given.
    pub witness: Witness,
    /// `[public]`: the pages for everybody.
    pub public: Public,
}

/// Where pages and the JSON service are served.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Http {
    /// `listen`: the TCP address; a loopback address unless `allow_remote` was set.
    pub listen: SocketAddr,
    /// `allow_remote`: whether other machines may reach the pages.
    pub allow_remote: bool,
}

/// How a node links to its parent and its children.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// `listen`: the UDP address for children; none for a node without children.
    pub listen: Option<SocketAddr>,
    /// `advertise`: the address that is told to children, where it differs from `listen`.
    pub advertise: Option<HostPort>,
    /// `parents`: addresses to dial instead of those from enrolment; at most [`PARENTS_MAX`].
    pub parents: Vec<HostPort>,
    /// `congestion`: who decides how fast to send.
    pub congestion: Congestion,
    /// `retry_min`: first pause after a lost link; it doubles up to `retry_max`.
    pub retry_min: Duration,
    /// `retry_max`: longest pause between two tries; not below `retry_min`.
    pub retry_max: Duration,
    /// `idle_timeout`: silence after which a link counts as lost.
    pub idle_timeout: Duration,
    /// `keep_alive`: pause between packets that keep a link open; below `idle_timeout`.
    pub keep_alive: Duration,
}

/// A congestion controller.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Congestion {
    /// `bbr`: holds its speed on links that lose packets; the default.
    Bbr,
    /// `cubic`: the standard of RFC 9438.
    Cubic,
    /// `new-reno`: the standard of RFC 9002.
    NewReno,
}

/// How much the store may use.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Store {
    /// `cache`: memory for pages of the store.
    pub cache: ByteSize,
    /// `reserve`: disk space below which nothing is written any more.
    pub reserve: ByteSize,
}

/// What is logged, and how.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Log {
    /// `level`: the least important lines that are still logged.
    pub level: LogLevel,
    /// `format`: how a line looks.
    pub format: LogFormat,
}

/// How important a log line is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum LogLevel {
    /// `error`: a person must act.
    Error,
    /// `warn`: it healed.
    Warn,
    /// `info`: one line a session; the default.
    Info,
    /// `debug`: one line a frame.
    Debug,
    /// `trace`: everything.
    Trace,
}

/// How a log line looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LogFormat {
    /// `text`: for people; the default.
    Text,
    /// `json`: for machines.
    Json,
}

/// When the hub calls a centre what.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Coverage {
    /// `silent_after`: time without contact after which a centre is silent.
    pub silent_after: Duration,
}

/// How the hub gives receipts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Witness {
    /// `pace`: pause in which entries are gathered for one receipt.
    pub pace: Duration,
}

/// The pages for everybody: guides, progress by number and code, ratings.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Public {
    /// `enabled`: whether they are there at all; they are not by default.
    pub enabled: bool,
}

impl NodeSettings {
    /// Reads the settings of a node.
    ///
    /// # Errors
    ///
    /// Every fault at once: unknown keys, values that cannot be, values that contradict each
    /// other, `data_dir` missing.
    pub fn read(sources: &Sources) -> Result<Self, SettingsError> {
        let mut reader = sources.reader().elsewhere(NOT_OF_A_NODE);
        let settings = Self::take(&mut reader);
        reader.finish(settings)
    }

    fn take(reader: &mut Reader) -> Self {
        let mut settings = shared(reader, None);
        settings.link.parents = reader.list("link.parents", PARENTS_MAX);
        let (link, hour) = (&mut settings.link, Duration::from_hours(1));
        link.retry_min = reader.duration("link.retry_min", link.retry_min, DURATION_MIN..=hour);
        link.retry_max =
            reader.duration("link.retry_max", link.retry_max, DURATION_MIN..=hour * 24);
        let (min, max) = (link.retry_min, link.retry_max);
        reader.compare(("link.retry_min", min), Relation::AtMost, ("link.retry_max", max));
        settings
    }
}

impl HubSettings {
    /// Reads the settings of a hub.
    ///
    /// # Errors
    ///
    /// As [`NodeSettings::read`]; `link.parents`, `link.retry_min` and `link.retry_max` are of
    /// nodes only.
    pub fn read(sources: &Sources) -> Result<Self, SettingsError> {
        let mut reader = sources.reader().elsewhere(NOT_OF_A_HUB);
        let settings = Self::take(&mut reader);
        reader.finish(settings)
    }

    fn take(reader: &mut Reader) -> Self {
        let everywhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 7443);
        let node = shared(reader, Some(everywhere));
        let city_facts = reader.path("city.facts");
        let (default, most) = (Duration::from_mins(15), Duration::from_hours(30 * 24));
        let silent_after = reader.duration("coverage.silent_after", default, DURATION_MIN..=most);
        let (default, most) = (Duration::from_millis(200), Duration::from_mins(1));
        let pace = reader.duration("witness.pace", default, DURATION_MIN..=most);
        let (coverage, witness) = (Coverage { silent_after }, Witness { pace });
        let public = Public { enabled: reader.is_set("public.enabled") };
        Self { node, city_facts, coverage, witness, public }
    }
}

impl Sources {
    fn reader(&self) -> Reader {
        let own = |(name, _): &(&str, &str)| ![FILE_VARIABLE, LOGS_VARIABLE].contains(name);
        let pairs = self.environment.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let reader = Reader::default().renamed(RENAMED);
        let reader = match &self.file {
            Some((name, text)) => reader.file(name, text),
            None => reader,
        };
        reader.environment(pairs.filter(own)).flags(self.flags.iter().map(String::as_str))
    }
}

/// Reads what nodes and the hub have in common.
fn shared(reader: &mut Reader, listen: Option<SocketAddr>) -> NodeSettings {
    let http = http(reader);
    let link = link(reader, listen);
    let mib = |n: u64| ByteSize(n << 20);
    let store = Store {
        cache: reader.size("store.cache", mib(16), mib(1)..=mib(64 << 10)),
        reserve: reader.size("store.reserve", mib(32), mib(1)..=mib(1 << 20)),
    };
    let levels = [
        ("error", LogLevel::Error),
        ("warn", LogLevel::Warn),
        ("info", LogLevel::Info),
        ("debug", LogLevel::Debug),
        ("trace", LogLevel::Trace),
    ];
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let log = Log {
        level: reader.choice("log.level", &levels).unwrap_or(LogLevel::Info),
        format: reader.choice("log.format", &formats).unwrap_or(LogFormat::Text),
    };
    let mut queue_groups: Vec<QueueGroup> = reader.list("queue.groups", GROUPS_MAX);
    if let Err(error) = QueueGroup::check(&queue_groups) {
        reader.refuse("queue.groups", error.into());
    }
    if queue_groups.is_empty() {
        queue_groups.push(QueueGroup::general());
    }
    let data_dir = reader.path("data_dir");
    let data_dir = reader.require("data_dir", data_dir, DATA_DIR_REMEDY).unwrap_or_default();
    NodeSettings { data_dir, http, link, store, log, queue_groups }
}

fn http(reader: &mut Reader) -> Http {
    let given = reader.parsed("http.listen", |text| socket(text, "127.0.0.1:7181"));
    let listen = given.unwrap_or(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7181));
    let allow_remote = reader.is_set("http.allow_remote");
    if !listen.ip().is_loopback() && !allow_remote {
        reader.refuse("http.listen", Problem::Remote(listen.to_string()));
    }
    Http { listen, allow_remote }
}

fn link(reader: &mut Reader, listen: Option<SocketAddr>) -> Link {
    let hour = Duration::from_hours(1);
    let [idle, keep] = [60, 15].map(Duration::from_secs);
    let controllers =
        [("bbr", Congestion::Bbr), ("cubic", Congestion::Cubic), ("new-reno", Congestion::NewReno)];
    let link = Link {
        listen: reader.parsed("link.listen", |text| socket(text, "0.0.0.0:7443")).or(listen),
        advertise: reader.parsed("link.advertise", HostPort::to_dial),
        parents: Vec::new(),
        congestion: reader.choice("link.congestion", &controllers).unwrap_or(Congestion::Bbr),
        retry_min: Duration::from_millis(500),
        retry_max: Duration::from_secs(30),
        idle_timeout: reader.duration("link.idle_timeout", idle, DURATION_MIN..=hour),
        keep_alive: reader.duration("link.keep_alive", keep, DURATION_MIN..=hour),
    };
    let (keep, idle) = (link.keep_alive, link.idle_timeout);
    reader.compare(("link.keep_alive", keep), Relation::Below, ("link.idle_timeout", idle));
    link
}

fn socket(text: &str, example: &'static str) -> Result<SocketAddr, Problem> {
    text.parse().map_err(|_| {
        let value = text.chars().take(80).collect();
        Problem::Listen { value, example }
    })
}

#[cfg(test)]
mod tests;
