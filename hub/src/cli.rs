//! The command line of `tongban-hub`.

mod facts;
mod logs;
mod office;
mod online;
mod running;
mod samples;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use tongban_config::address::HostPort;
use tongban_config::city::City;
use tongban_config::load;
use tongban_config::quantity::parse_duration;
use tongban_config::settings::{FILE_VARIABLE, HubSettings};
use tongban_node::cases::parse_instant;
use tongban_node::cli::{
    CarryCommand, CaseCommand, ItemCommand, MetricsArgs, OrderCommand, PostCommand, ServiceCommand,
};
use tongban_protocol::document::DocumentId;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use crate::demo::DemoArgs;
use crate::settlement::Wish;
use crate::words::Language;

/// What a command ends with when it fails: one sentence for the person.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The hub of a city: enrolment, witness, coverage, evidence.
#[derive(Debug, Parser)]
#[command(name = "tongban-hub", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    from: SettingsFrom,
    #[command(subcommand)]
    command: Command,
}

impl Cli {
    /// The language of tables and sentences.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.from.lang
    }
}

#[derive(Args, Debug)]
struct SettingsFrom {
    /// The settings file.
    #[arg(long, global = true, value_name = "FILE", env = FILE_VARIABLE)]
    config: Option<PathBuf>,
    /// A setting that wins over file and environment, such as `http.listen=127.0.0.1:8080`.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The folder of the city: root, store, identity; short for `--set data_dir=DIR`.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The language of tables and sentences.
    #[arg(long, global = true, value_enum, default_value_t = Language::Zh)]
    lang: Language,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sets a city up: the root's key, its certificate, and the hub's own.
    Init,
    /// Prints a one-time token with which one machine of a centre may join.
    Enrol {
        /// The centre's division, such as 510921103.
        division: Division,
        /// Where the machine reaches the hub; else `link.advertise`, else `link.listen`.
        #[arg(long, value_name = "HOST:PORT", value_parser = HostPort::to_dial)]
        address: Option<HostPort>,
        /// How long the token is good: 1min to 365d.
        #[arg(long, value_name = "TIME", default_value = "7d", value_parser = parse_valid)]
        valid: Duration,
    },
    /// Lists the machines that were ever enrolled, with the names that `revoke` takes.
    Machines {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a machine's key worthless from an instant on.
    Revoke {
        /// The machine, as `machines` names it.
        node: NodeId,
        /// From when on, such as 2026-11-22T08:00; now if not given.
        #[arg(long, value_name = "TIME", value_parser = parse_time)]
        from: Option<Timestamp>,
    },
    /// Answers by name for what is wrong with a journal, or will never come of it.
    Settle {
        /// The journal as `audit` names it, in quotes, such as "510921103 by 7f3a9c21.0".
        journal: String,
        /// Up to which entry; all that was held, announced or found so far if not given.
        #[arg(long, value_name = "NUMBER")]
        through: Option<u64>,
        /// Who answers for it.
        #[arg(long, value_name = "NAME")]
        by: String,
        /// Why, in words; it stands in the city's roster for ever.
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// Runs the hub.
    Run,
    /// Prints the verdict on every centre.
    Audit {
        /// As JSON.
        #[arg(long, conflicts_with = "csv")]
        json: bool,
        /// As CSV.
        #[arg(long)]
        csv: bool,
    },
    /// Writes or verifies evidence.
    #[command(subcommand)]
    Evidence(Evidence),
    /// Edits the catalogue (事项目录): drafts, checks, publications.
    #[command(subcommand)]
    Item(ItemCommand),
    /// Publishes the calendar of working days (工作日历), after a preview.
    #[command(subcommand)]
    Calendar(facts::FactsCommand),
    /// Publishes the rules of supervision (电子监察规则), after a preview.
    #[command(subcommand)]
    Rules(facts::FactsCommand),
    /// Previews and publishes what `city.toml` sets besides: office hours and threshold (办公时间).
    #[command(subcommand)]
    Customs(facts::FactsCommand),
    /// Previews and publishes the templates of joint approval (并联方案), `joint.toml`.
    #[command(subcommand)]
    Templates(facts::FactsCommand),
    /// Takes, records and tells of cases, and issues their cards (办件).
    #[command(subcommand)]
    Case(CaseCommand),
    /// Records services, and who answers for a question (服务记录).
    #[command(subcommand)]
    Service(ServiceCommand),
    /// Says who works here, who stands in for whom, and until when (AB 岗).
    #[command(subcommand)]
    Post(PostCommand),
    /// Gives, answers and closes supervision orders (督办).
    #[command(subcommand)]
    Order(OrderCommand),
    /// Draws closed cases to be looked at, and says what was found (抽查).
    #[command(subcommand)]
    Sample(samples::SampleCommand),
    /// Carries entries on a USB stick, where there is no link (U 盘).
    #[command(subcommand)]
    Carry(CarryCommand),
    /// Takes over another system's event log, whole or not at all; nothing is doubled.
    Import {
        /// A log, `.xes` or `.xes.gz`; its name without endings becomes the log's.
        file: PathBuf,
    },
    /// Prints the figures of the logs that were taken over, and what looks wrong in them, as JSON.
    Report {
        /// As JSON; there is no other form yet.
        #[arg(long)]
        json: bool,
    },
    /// Writes cases as an event log.
    Export {
        /// The file to write, `.xes` or `.xes.gz`; nothing is written over.
        #[arg(long, value_name = "FILE")]
        xes: PathBuf,
        /// Only the cases of this log.
        #[arg(long, conflicts_with = "centre")]
        log: Option<String>,
        /// Only the cases of this centre.
        #[arg(long)]
        centre: Option<Division>,
    },
    /// Shows a whole city at work in this process, over bad links.
    Demo(DemoArgs),
    /// Prints every metric of the city's cases, with what it divides (统计).
    Metrics(MetricsArgs),
}

#[derive(Debug, Subcommand)]
enum Evidence {
    /// Writes the evidence of a case or a centre to a file.
    #[command(group = clap::ArgGroup::new("whose").required(true).args(["case", "centre"]))]
    Export {
        /// The case, as `case list` names it.
        #[arg(long, value_name = "ID")]
        case: Option<DocumentId>,
        /// The centre, with all its cases.
        #[arg(long, value_name = "DIVISION")]
        centre: Option<Division>,
        /// The file; `NAME.evidence` here if not given.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Verifies a file with nothing but the fingerprint of the city's root.
    Verify {
        /// The file.
        file: PathBuf,
        /// The fingerprint, 64 hexadecimal digits, as `init` printed it.
        #[arg(long, value_name = "FINGERPRINT", value_parser = parse_root)]
        root: Sha,
    },
}

/// A shorter life would be over before the token is typed, a longer one is as good as none.
const VALID: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(365 * 24);

fn parse_valid(text: &str) -> Result<Duration, String> {
    let valid = parse_duration(text).map_err(|e| e.to_string())?;
    let within = Some(valid).filter(|valid| VALID.contains(valid));
    within.ok_or_else(|| "a token is good for 1min to 365d".to_owned())
}

fn parse_time(text: &str) -> Result<Timestamp, String> {
    parse_instant(text).map_err(|e| e.to_string())
}

fn parse_root(text: &str) -> Result<Sha, &'static str> {
    Sha::from_hex(text.trim()).ok_or("64 hexadecimal digits are needed, as `init` printed them")
}

/// Runs the command; the exit code says how it went.
///
/// # Errors
///
/// What went wrong, what with, and what to do, for the person at the terminal.
pub fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Demo(args) => {
            if cli.from.data_dir.is_some() || !cli.from.set.is_empty() {
                return Err("the demo takes no settings; see `demo --help` for what it takes, \
                            such as --dir and --http"
                    .into());
            }
            running::demo(args)?;
        }
        Command::Evidence(Evidence::Verify { file, root }) => {
            office::verify(&file, root, cli.from.lang)?;
        }
        command => {
            let desk = cli.from.load()?;
            match command {
                Command::Init => office::init(&desk)?,
                Command::Enrol { division, address, valid } => {
                    office::enrol(&desk, division, address, valid)?;
                }
                Command::Run => running::run(desk)?,
                Command::Machines { json } => office::machines(&desk, json)?,
                Command::Revoke { node, from } => office::revoke(&desk, node, from)?,
                Command::Settle { journal, through, by, note } => {
                    office::settle(&desk, &Wish { journal, through, by, note })?;
                }
                Command::Audit { json, csv } => office::audit(&desk, json, csv)?,
                Command::Evidence(Evidence::Export { case, centre, out }) => {
                    office::evidence(&desk, case, centre, out)?;
                }
                Command::Item(command) => return office::item(&desk, command),
                Command::Calendar(command) => facts::calendar(&desk, command)?,
                Command::Rules(command) => facts::rules(&desk, command)?,
                Command::Customs(command) => facts::customs(&desk, command)?,
                Command::Templates(command) => facts::templates(&desk, command)?,
                Command::Case(command) => return office::case(&desk, command),
                Command::Post(command) => return office::post(&desk, command),
                Command::Service(command) => return office::service(&desk, command),
                Command::Order(command) => return office::order(&desk, command),
                Command::Sample(command) => return samples::run(&desk, command),
                Command::Carry(command) => return office::carry(&desk, command),
                Command::Import { file } => return logs::import(&desk, &file),
                Command::Report { json: _ } => logs::report(&desk)?,
                Command::Export { xes, log, centre } => logs::export(&desk, &xes, log, centre)?,
                Command::Metrics(args) => office::metrics(&desk, args)?,
                Command::Demo(_) | Command::Evidence(Evidence::Verify { .. }) => {}
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Settings and facts, as every command but two needs them.
struct Loaded {
    settings: HubSettings,
    city: Arc<City>,
    language: Language,
}

impl SettingsFrom {
    fn load(self) -> Result<Loaded, Failure> {
        let language = self.lang;
        let mut flags = self.set;
        flags.extend(self.data_dir.map(|dir| format!("data_dir={}", dir.display())));
        let settings = load::hub(self.config.as_deref(), load::environment()?, flags)?;
        let city = Arc::new(load::city(settings.city_facts.as_deref())?);
        Ok(Loaded { settings, city, language })
    }
}

/// Prints one thing to the terminal; a reader that went away is no failure.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}
