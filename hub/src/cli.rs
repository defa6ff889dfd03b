//! The command line of `tongban-hub`.

mod office;
mod online;
mod running;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tongban_config::city::City;
use tongban_config::load;
use tongban_config::quantity::parse_duration;
use tongban_config::settings::HubSettings;
use tongban_protocol::document::DocumentId;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::Division;

use crate::demo::DemoArgs;
use crate::words::Language;

/// What a command ends with when it fails: one sentence for the person.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The hub of a city: enrolment, witness, coverage, evidence.
#[derive(Debug, Parser)]
#[command(name = "tongban-hub", version)]
pub struct Cli {
    #[command(flatten)]
    from: SettingsFrom,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Debug)]
struct SettingsFrom {
    /// The settings file; see config/suining/hub.toml.
    #[arg(long, global = true, value_name = "FILE", env = "TONGBAN_SETTINGS")]
    config: Option<PathBuf>,
    /// One setting, such as `http.listen=127.0.0.1:8080`; may be repeated.
    #[arg(long, global = true, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Where the city lies; short for `--set data_dir=DIR`.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The language of tables and sentences.
    #[arg(long, global = true, value_enum, default_value_t = Tongue::Zh)]
    lang: Tongue,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tongue {
    Zh,
    En,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sets a city up: the root's key, its certificate, and the hub's own.
    Init,
    /// Prints a one-time token with which one machine of a centre may join.
    Enrol {
        /// The centre's division, such as 510921103.
        division: Division,
        /// Where the machine reaches the hub, host:port; else `link.advertise`, else `link.listen`.
        #[arg(long)]
        address: Option<String>,
        /// How long the token is good.
        #[arg(long, default_value = "168h", value_parser = parse_duration)]
        valid: Duration,
    },
    /// Makes a machine's key worthless from an instant on.
    Revoke {
        /// The machine, as `audit --json` names it.
        node: NodeId,
        /// From when on, RFC 3339; now if not given.
        #[arg(long)]
        from: Option<String>,
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
    /// Takes over another system's event log; what is there already is not doubled.
    Import {
        /// A log, `.xes` or `.xes.gz`.
        file: PathBuf,
    },
    /// Prints the figures of the logs that were taken over, as JSON.
    Report {
        /// As JSON; there is no other form yet.
        #[arg(long)]
        json: bool,
    },
    /// Writes cases as an event log.
    Export {
        /// The file, `.xes` or `.xes.gz`.
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
}

#[derive(Debug, Subcommand)]
enum Evidence {
    /// Writes the evidence of a case or a centre to a file.
    Export {
        /// The case, as `case list` names it.
        #[arg(long, required_unless_present = "centre", conflicts_with = "centre")]
        case: Option<DocumentId>,
        /// The centre.
        #[arg(long)]
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
        #[arg(long)]
        root: String,
    },
}

/// Runs the command.
///
/// # Errors
///
/// What went wrong, what with, and what to do, for the person at the terminal.
pub fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Demo(args) => running::demo(args),
        Command::Evidence(Evidence::Verify { file, root }) => {
            let root = Sha::from_hex(&root)
                .ok_or("--root must be 64 hexadecimal digits, as `init` printed them")?;
            office::verify(&file, root, cli.from.language())
        }
        command => {
            let desk = cli.from.load()?;
            match command {
                Command::Init => office::init(&desk),
                Command::Enrol { division, address, valid } => {
                    office::enrol(&desk, division, address, valid)
                }
                Command::Run => running::run(desk),
                Command::Revoke { node, from } => office::revoke(&desk, node, from),
                Command::Audit { json, csv } => office::audit(&desk, json, csv),
                Command::Evidence(Evidence::Export { case, centre, out }) => {
                    office::evidence(&desk, case, centre, out)
                }
                Command::Import { file } => office::import(&desk, &file),
                Command::Report { json: _ } => office::report(&desk),
                Command::Export { xes, log, centre } => office::export(&desk, &xes, log, centre),
                Command::Demo(_) | Command::Evidence(Evidence::Verify { .. }) => Ok(()),
            }
        }
    }
}

/// Settings and facts, as every command but two needs them.
struct Loaded {
    settings: HubSettings,
    city: Arc<City>,
    language: Language,
}

impl SettingsFrom {
    const fn language(&self) -> Language {
        match self.lang {
            Tongue::Zh => Language::Zh,
            Tongue::En => Language::En,
        }
    }

    fn load(self) -> Result<Loaded, Failure> {
        let language = self.language();
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
