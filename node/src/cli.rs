//! The command line of a node.
//!
//! Commands about cases, status, stick and backup work whether or not the service runs: if it
//! has the store open, they ask it over its local HTTP service, else they open the store
//! themselves.

mod access;
mod api;
mod case;
mod case_command;
mod check;
mod error;
mod foreseen;
mod import;
mod item;
mod join;
mod metrics;
mod order;
mod out;
mod post;
mod progress;
mod relay;
mod said;
mod sample;
mod serve;
mod service;
mod settings;
mod status;
mod stick;
#[cfg(test)]
mod tests;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tongban_config::address::HostPort;
use tongban_config::settings::{FILE_VARIABLE, NodeSettings};
use tongban_protocol::identity::{Token, TokenError};

use crate::publication::Facts;

use error::CliError;

pub use api::{Api, ApiError};
pub use case_command::{CaseCommand, EventArgs, ImportArgs, NewArgs, WithdrawArgs};
pub use check::{Audit, audit};
pub use item::{ItemCommand, SignedBy};
pub use join::{HubAddress, JoinError, join_city, read_answer, renew_papers};
pub use metrics::MetricsArgs;
pub use order::OrderCommand;
pub use post::{AwayArgs, PostCommand};
pub use sample::SampleCommand;
pub use serve::start_logging;
pub use service::{RecordArgs, ServiceCommand, WhoArgs};
pub use settings::service_settings;
pub use words::{Language, table};

/// 通办: the node of a township or county service centre.
#[derive(Debug, Parser)]
#[command(name = "tongban-node", version, max_term_width = 100)]
pub struct Cli {
    /// The settings file.
    #[arg(long, global = true, value_name = "FILE", env = FILE_VARIABLE)]
    config: Option<PathBuf>,
    /// A setting that wins over file and environment, such as `link.retry_max=5s`.
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// The folder of store and identity; short for `--set data_dir=DIR`.
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The language of tables and sentences.
    #[arg(long, global = true, value_enum, default_value_t = Language::Zh)]
    lang: Language,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Joins the city with a one-time token (入网).
    Join {
        /// What `tongban-hub enrol` printed: TB1-…
        #[arg(value_parser = parse_token)]
        token: Token,
    },
    /// Gets fresh papers from the hub: certificate and addresses (换证). `run` does it by itself.
    Renew {
        /// Where the hub is asked, and from then on dialled, if the papers no longer say it.
        #[arg(long, value_name = "HOST:PORT", value_parser = HostPort::to_dial)]
        address: Option<HostPort>,
    },
    /// Runs the service until it is told to stop.
    Run,
    /// Says where this machine stands (状态).
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Verifies every record of the store and every journal; the service must not run.
    Check {
        /// Sets the store aside under a new name; the next run rebuilds it from the city.
        #[arg(long)]
        set_aside: bool,
    },
    /// Writes everything into one file; the service may run (备份).
    Backup {
        /// The file to write; nothing is written over.
        file: PathBuf,
        /// Puts the node's key in as well: keep such a file in a safe. The service must not run.
        #[arg(long)]
        with_key: bool,
    },
    /// Puts a backup back into an empty data_dir, as a new incarnation (恢复).
    Restore {
        /// The backup.
        file: PathBuf,
        /// A copy of `node.key`, for a backup that was made without the key.
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Carries entries on a USB stick, where there is no link (U 盘).
    #[command(subcommand)]
    Carry(CarryCommand),
    /// Takes, shows and explains cases (办件).
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
    /// Tells the city's draws and which cases they took (抽查).
    #[command(subcommand)]
    Sample(SampleCommand),
    /// Edits the catalogue of this centre (事项目录): drafts, checks, publications.
    #[command(subcommand)]
    Item(ItemCommand),
    /// Prints every metric of the cases held here, with what it divides (统计).
    Metrics(MetricsArgs),
}

/// `carry`, of a node and of the hub.
#[derive(Debug, Subcommand)]
pub enum CarryCommand {
    /// Writes what the city has not confirmed.
    Out {
        /// The file to write; nothing is written over.
        file: PathBuf,
        /// Writes everything that is held here.
        #[arg(long, conflicts_with = "answer")]
        all: bool,
        /// Writes what the writer of this file lacks, receipts among it.
        #[arg(long, value_name = "THEIR_FILE")]
        answer: Option<PathBuf>,
    },
    /// Takes a file in, and says what was taken and what was refused.
    In {
        /// The file.
        file: PathBuf,
    },
}

fn parse_token(text: &str) -> Result<Token, TokenError> {
    text.parse()
}

/// Runs one command; errors go to the standard error, and the exit code says how it went.
#[must_use]
pub fn run(cli: Cli) -> ExitCode {
    let language = cli.lang;
    match dispatch(cli) {
        Ok(code) => code,
        Err(CliError::Output(_)) => ExitCode::FAILURE, // Nobody listens any more.
        Err(error) => {
            out::complain(language, &error);
            ExitCode::FAILURE
        }
    }
}

/// Carries entries out or in, for a machine of any tier.
///
/// # Errors
///
/// One sentence that says what is wrong and what to do.
pub fn carry(
    settings: &NodeSettings,
    command: CarryCommand,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    Ok(stick::carry(settings, command)?)
}

/// Takes, records and tells of cases, for a machine of any tier.
///
/// # Errors
///
/// One sentence that says what is wrong and what to do.
pub fn case(
    settings: &NodeSettings,
    language: Language,
    command: CaseCommand,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    case::run(settings, language, command)?;
    Ok(ExitCode::SUCCESS)
}

/// Records services and who answers for a question, for a machine of any tier.
///
/// # Errors
///
/// One sentence that says what is wrong and what to do.
pub fn service(
    settings: &NodeSettings,
    language: Language,
    command: ServiceCommand,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    service::run(settings, language, command)?;
    Ok(ExitCode::SUCCESS)
}

/// Says who works at a centre, for a machine of any tier.
///
/// # Errors
///
/// One sentence that says what is wrong and what to do.
pub fn post(
    settings: &NodeSettings,
    language: Language,
    command: PostCommand,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    post::run(settings, language, command)?;
    Ok(ExitCode::SUCCESS)
}

/// Gives, answers and tells of supervision orders, for a machine of any tier.
///
/// # Errors
///
/// One sentence that says what is wrong and what to do.
pub fn order(
    settings: &NodeSettings,
    language: Language,
    command: OrderCommand,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    order::run(settings, language, command)?;
    Ok(ExitCode::SUCCESS)
}

/// Tells the city's draws, for a machine of any tier.
///
/// # Errors
///
/// One sentence that says what is wrong and what to do.
pub fn sample(
    settings: &NodeSettings,
    language: Language,
    command: SampleCommand,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    sample::run(settings, language, command)?;
    Ok(ExitCode::SUCCESS)
}

/// Edits the catalogue of a machine's centre, whatever its tier.
///
/// # Errors
///
/// One sentence that says what is wrong and what to do.
pub fn item(
    settings: &NodeSettings,
    language: Language,
    command: ItemCommand,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    Ok(item::run(settings, language, command)?)
}

/// Says what a publication would do to the open cases held on a machine, and publishes nothing.
///
/// # Errors
///
/// One sentence that says what is wrong and what to do.
pub fn foresee(
    settings: &NodeSettings,
    language: Language,
    facts: Facts,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Ok(foreseen::foresee(settings, language, facts)?)
}

fn dispatch(cli: Cli) -> Result<ExitCode, CliError> {
    let settings = settings::load(cli.config.as_deref(), cli.data_dir.as_deref(), cli.settings)?;
    match cli.command {
        Command::Join { token } => join::run(&settings, &token)?,
        Command::Renew { address } => join::renew(&settings, address)?,
        Command::Run => serve::run(&settings)?,
        Command::Status { json } => status::run(&settings, cli.lang, json)?,
        Command::Check { set_aside } => return check::run(&settings, set_aside),
        Command::Backup { file, with_key } => stick::backup(&settings, &file, with_key)?,
        Command::Restore { file, key } => stick::restore(&settings, &file, key.as_deref())?,
        Command::Carry(command) => return stick::carry(&settings, command),
        Command::Case(command) => case::run(&settings, cli.lang, command)?,
        Command::Post(command) => post::run(&settings, cli.lang, command)?,
        Command::Service(command) => service::run(&settings, cli.lang, command)?,
        Command::Order(command) => order::run(&settings, cli.lang, command)?,
        Command::Sample(command) => sample::run(&settings, cli.lang, command)?,
        Command::Item(command) => return item::run(&settings, cli.lang, command),
        Command::Metrics(args) => metrics::run(&settings, cli.lang, args)?,
    }
    Ok(ExitCode::SUCCESS)
}
