//! The commands of whoever draws samples.

use std::process::ExitCode;

use clap::Subcommand;
use jiff::civil::Date;
use tongban_node::cli::SampleCommand as Told;
use tongban_node::samples::{AnnounceWish, CheckWish, check};
use tongban_node::{clock, entropy};
use tongban_protocol::sampling::Checklist;

use super::office::{Access, access};
use super::{Failure, Loaded, say};
use crate::samples::{RevealWish, announce, reveal};
use crate::words::Language;

#[derive(Debug, Subcommand)]
pub(super) enum SampleCommand {
    /// Announces a draw before its period begins, and keeps its seed in the folder `seeds`.
    Announce {
        /// The first day of the period within which a case is closed, such as 2026-12-01.
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// The last day.
        #[arg(long, value_name = "DATE")]
        to: Date,
        /// How many cases of each centre.
        #[arg(long, value_name = "NUMBER", default_value_t = 3)]
        per_centre: u16,
        /// The first day on which the seed may be shown, ten days after the period or later.
        #[arg(long, value_name = "DATE")]
        drawn_on: Date,
        /// Who announces it.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Shows the seed; from then on every machine draws the same.
    Reveal {
        /// The draw, as `sample list` prints it.
        id: String,
        /// The seed, where it does not lie in the folder `seeds` any more.
        #[arg(long)]
        seed: Option<String>,
        /// Who shows it.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    /// Says what somebody found in a case that was drawn; what is not named is a yes.
    Check {
        /// The draw, as `sample list` prints it.
        id: String,
        /// The case, as `sample draw` prints it.
        case: String,
        /// Why it is not truthful (不真实).
        #[arg(long, value_name = "REASON")]
        not_truthful: Option<String>,
        /// Why it was not recorded in time (不实时).
        #[arg(long, value_name = "REASON")]
        not_timely: Option<String>,
        /// What is missing (不完整).
        #[arg(long, value_name = "REASON")]
        not_complete: Option<String>,
        /// What is not right (不准确).
        #[arg(long, value_name = "REASON")]
        not_accurate: Option<String>,
        /// Who looked: somebody without a hand in the case.
        #[arg(long, value_name = "NAME")]
        by: String,
    },
    #[command(flatten)]
    Told(Told),
}

pub(super) fn run(loaded: &Loaded, command: SampleCommand) -> Result<ExitCode, Failure> {
    match command {
        SampleCommand::Told(told) => {
            return tongban_node::cli::sample(&loaded.settings.node, loaded.language, told);
        }
        SampleCommand::Announce { from, to, per_centre, drawn_on, by } => {
            announced(loaded, AnnounceWish { from, to, per_centre, drawn_on, by })?;
        }
        SampleCommand::Reveal { id, seed, by } => shown(loaded, &id, RevealWish { seed, by })?,
        SampleCommand::Check {
            id,
            case,
            not_truthful,
            not_timely,
            not_complete,
            not_accurate,
            by,
        } => {
            let checklist = Checklist { not_truthful, not_timely, not_complete, not_accurate };
            checked(loaded, &id, CheckWish { case, checklist, by })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn announced(loaded: &Loaded, wish: AnnounceWish) -> Result<(), Failure> {
    let draw = match access(loaded)? {
        Access::Store(mut engine) => {
            let (now, mut rng) = (clock::now(), entropy::generator()?);
            let dir = &loaded.settings.node.data_dir;
            let (draw, _) = announce(engine.replica_mut(), now, &mut rng, (dir, wish))?;
            engine.replica_mut().commit()?;
            draw
        }
        Access::Online(online) => online.announce(&wish)?,
    };
    say(&draw.id);
    Ok(())
}

fn shown(loaded: &Loaded, id: &str, wish: RevealWish) -> Result<(), Failure> {
    match access(loaded)? {
        Access::Store(mut engine) => {
            let dir = &loaded.settings.node.data_dir;
            reveal(engine.replica_mut(), clock::now(), (dir, id), wish)?;
            engine.replica_mut().commit()?;
        }
        Access::Online(online) => online.reveal(id, &wish)?,
    }
    say(&match loaded.language {
        Language::Zh => format!("种子已揭示；`sample draw {id}` 列出抽中的办件"),
        Language::En => format!("the seed is shown; `sample draw {id}` names the cases"),
    });
    Ok(())
}

fn checked(loaded: &Loaded, id: &str, wish: CheckWish) -> Result<(), Failure> {
    let case = wish.case.clone();
    match access(loaded)? {
        Access::Store(mut engine) => {
            check(engine.replica_mut(), clock::now(), id, wish)?;
            engine.replica_mut().commit()?;
        }
        Access::Online(online) => online.check(id, &wish)?,
    }
    say(&format!("saved: {case}"));
    Ok(())
}
