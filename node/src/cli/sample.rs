//! `sample list` and `sample draw`, of any machine.

use clap::Subcommand;
use tongban_config::settings::NodeSettings;

use super::access::Access;
use super::{CliError, Language, out};
use crate::samples::{self, DrawDetail, DrawnCase};

/// What every machine can say of the city's draws.
#[derive(Debug, Subcommand)]
pub enum SampleCommand {
    /// Lists the draws that the city announced, the newest first.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Draws: names the cases held here that were drawn, and what was found.
    Draw {
        /// The draw, as `sample list` prints it.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    command: SampleCommand,
) -> Result<(), CliError> {
    match command {
        SampleCommand::List { json } => list(settings, language, json),
        SampleCommand::Draw { id, json } => draw(settings, language, &id, json),
    }
}

fn list(settings: &NodeSettings, language: Language, json: bool) -> Result<(), CliError> {
    let draws: Vec<DrawDetail> = match Access::open(settings)? {
        Access::Service(api) => api.read("samples")?,
        Access::Store(_, replica) => samples::list(&replica)?,
    };
    if json {
        return out::json(&draws);
    }
    for draw in draws {
        let DrawDetail { id, from, to, per_centre, drawn_on, seed_hash, seed, .. } = draw;
        let seed = seed.unwrap_or_else(|| seed_hash.clone());
        out::line(format!("{id}  {from}–{to}  {per_centre}  {drawn_on}  {seed}"))?;
        for note in draw.anomalies {
            out::line(format!("    {}", pick(language, note.zh, note.en)))?;
        }
    }
    Ok(())
}

fn draw(settings: &NodeSettings, language: Language, id: &str, json: bool) -> Result<(), CliError> {
    let mut drawn: Vec<DrawnCase> = Vec::new();
    match Access::open(settings)? {
        Access::Service(api) => {
            let plain: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
            drawn = api.read(&format!("samples/{plain}/drawn"))?;
        }
        Access::Store(_, replica) => {
            for home in samples::homes(&replica) {
                drawn.extend(samples::drawn(&replica, id, home)?);
            }
        }
    }
    if json {
        return out::json(&drawn);
    }
    for case in drawn {
        let found = match case.found {
            None => pick(language, "待查".to_owned(), "not looked at".to_owned()),
            Some(found) if found.faults_zh.is_empty() => {
                pick(language, "无误".to_owned(), "nothing wrong".to_owned())
            }
            Some(found) => pick(language, found.faults_zh.join("；"), found.faults_en.join("; ")),
        };
        let DrawnCase { case, number, item_name, closed_on, .. } = case;
        out::line(format!("{case}  {number}  {closed_on}  {item_name}  {found}"))?;
    }
    Ok(())
}

fn pick(language: Language, zh: String, en: String) -> String {
    match language {
        Language::Zh => zh,
        Language::En => en,
    }
}
