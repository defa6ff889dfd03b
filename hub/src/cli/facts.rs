//! The commands of whoever publishes the calendar, the rules of supervision, office hours
//! and the templates of joint approval.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use tongban_config::load;
use tongban_node::cli::{SignedBy, foresee};
use tongban_node::clock;
use tongban_node::publication::{Facts, write};

use super::office::{Access, access};
use super::{Failure, Loaded, say};
use crate::publication::{FactsWish, PublishedFacts, prepare_facts};
use crate::words::Language;

#[derive(Debug, Subcommand)]
pub(super) enum FactsCommand {
    /// Says what its publication would do to the open cases held here; publishes nothing.
    Preview {
        /// A file like the city's own, such as `calendar.csv` or `supervision.toml`.
        file: PathBuf,
    },
    /// Publishes what of it is new or differs; all centres judge by it once they have it.
    Publish {
        /// A file like the city's own, such as `calendar.csv` or `supervision.toml`.
        file: PathBuf,
        #[command(flatten)]
        signed: SignedBy,
    },
}

pub(super) fn calendar(loaded: &Loaded, command: FactsCommand) -> Result<(), Failure> {
    run(loaded, command, |text| Facts { calendar: Some(text), ..Facts::default() })
}

pub(super) fn rules(loaded: &Loaded, command: FactsCommand) -> Result<(), Failure> {
    run(loaded, command, |text| Facts { rules: Some(text), ..Facts::default() })
}

pub(super) fn customs(loaded: &Loaded, command: FactsCommand) -> Result<(), Failure> {
    run(loaded, command, |text| Facts { customs: Some(text), ..Facts::default() })
}

pub(super) fn templates(loaded: &Loaded, command: FactsCommand) -> Result<(), Failure> {
    run(loaded, command, |text| Facts { templates: Some(text), ..Facts::default() })
}

fn run(loaded: &Loaded, command: FactsCommand, read: fn(String) -> Facts) -> Result<(), Failure> {
    match command {
        FactsCommand::Preview { file } => {
            let facts = Facts { file: named(&file), ..read(load::facts(&file)?) };
            foresee(&loaded.settings.node, loaded.language, facts)
        }
        FactsCommand::Publish { file, signed: SignedBy { by, proposed_by } } => {
            let Facts { calendar, rules, customs, templates, .. } = read(load::facts(&file)?);
            let file = named(&file);
            let wish = FactsWish { by, proposed_by, file, calendar, rules, customs, templates };
            publish(loaded, wish)
        }
    }
}

/// A file as errors name it.
fn named(file: &Path) -> Option<String> {
    Some(file.display().to_string())
}

fn publish(loaded: &Loaded, wish: FactsWish) -> Result<(), Failure> {
    let published = match access(loaded)? {
        Access::Store(mut engine) => {
            let now = clock::now();
            let (published, sheets) = prepare_facts(engine.replica(), now, wish)?;
            for sheet in sheets {
                write(engine.replica_mut(), now, sheet)?;
                engine.flush(now);
                if engine.replica().is_staged() {
                    return Err("not everything could be saved; see the log".into());
                }
            }
            published
        }
        Access::Online(online) => online.publish_facts(&wish)?,
    };
    let PublishedFacts { years, rules, customs, templates } = published;
    let years: Vec<String> = years.iter().map(i16::to_string).collect();
    let mut lines = Vec::new();
    if !years.is_empty() {
        let word = loaded.language.pick("已发布日历年份", "years published");
        lines.push(format!("{word}: {}", years.join(" ")));
    }
    lines.extend(rules.map(|count| match loaded.language {
        Language::Zh => format!("已发布规则 {count} 条"),
        Language::En => format!("{count} rules published"),
    }));
    if customs {
        let word =
            loaded.language.pick("已发布办公时间与门槛", "office hours and threshold published");
        lines.push(word.to_owned());
    }
    if !templates.is_empty() {
        let word = loaded.language.pick("已发布并联方案", "templates published");
        lines.push(format!("{word}: {}", templates.join(", ")));
    }
    if lines.is_empty() {
        lines.push(loaded.language.pick("与已发布的相同，未变", "nothing new").to_owned());
    }
    say(&lines.join("\n"));
    Ok(())
}
