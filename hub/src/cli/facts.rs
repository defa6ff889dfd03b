//! The commands of whoever publishes the calendar, the rules of supervision, office hours
//! and the templates of joint approval.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use tongban_config::load;
use tongban_node::clock;

use super::office::{Access, access};
use super::{Failure, Loaded, say};
use crate::publication::{
    Facts, FactsWish, Foreseen, Preview, PublishedFacts, prepare_facts, write,
};
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

/// 四眼原则: the two people of a publication.
#[derive(Args, Debug)]
pub(super) struct SignedBy {
    /// Who answers for it.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(super) by: String,
    /// Who proposed it: somebody else.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub(super) proposed_by: String,
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
        FactsCommand::Preview { file } => print_foreseen(loaded, read(load::facts(&file)?)),
        FactsCommand::Publish { file, signed: SignedBy { by, proposed_by } } => {
            let Facts { calendar, rules, customs, templates, .. } = read(load::facts(&file)?);
            publish(loaded, FactsWish { by, proposed_by, calendar, rules, customs, templates })
        }
    }
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

/// Says what a publication would do.
pub(super) fn print_foreseen(loaded: &Loaded, facts: Facts) -> Result<(), Failure> {
    let foreseen = match access(loaded)? {
        Access::Store(engine) => {
            let (mut preview, cases) = Preview::begin(engine.replica(), clock::now(), facts)?;
            preview.look(engine.replica(), &cases)?;
            preview.finish()
        }
        Access::Online(online) => online.preview(&facts)?,
    };
    say(&told(&foreseen, loaded.language).join("\n"));
    Ok(())
}

fn told(foreseen: &Foreseen, language: Language) -> Vec<String> {
    let Foreseen { open, days_moved, .. } = foreseen;
    let mut lines = vec![match language {
        Language::Zh => format!("预演，未发布：在办 {open} 件，截止日变动 {days_moved} 处"),
        Language::En => {
            format!(
                "a preview, nothing is published: {open} open cases, {days_moved} last days move"
            )
        }
    }];
    let moved = foreseen.moved.iter();
    lines.extend(moved.map(|it| format!("  {} {} {} → {}", it.number, it.clock, it.from, it.to)));
    let more = days_moved.saturating_sub(foreseen.moved.len() as u64);
    if more > 0 {
        lines.push(match language {
            Language::Zh => format!("  另有 {more} 处"),
            Language::En => format!("  and {more} more"),
        });
    }
    let cards = |counts: &BTreeMap<String, u64>, word: &str| {
        let counts: Vec<String> =
            counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
        (!counts.is_empty()).then(|| format!("{word}: {}", counts.join(", ")))
    };
    lines.extend(cards(&foreseen.gained, language.pick("新增牌", "cards that appear")));
    lines.extend(cards(&foreseen.lost, language.pick("减少牌", "cards that vanish")));
    lines.extend(foreseen.items.iter().map(|item| {
        let (id, open, other) = (&item.id, item.open, item.other_terms);
        match language {
            Language::Zh => format!(
                "{id}：在办 {open} 件，各按收件当日的版本；其中 {other} 件收于新版生效之日以后而承诺不同"
            ),
            Language::En => format!(
                "{id}: {open} open cases, each by the version of its day; {other} of them were taken on days of the new version, by other terms"
            ),
        }
    }));
    lines
}
