//! The commands of whoever edits the catalogue.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::civil::Date;
use serde_json::Value;
use tongban_config::settings::NodeSettings;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::catalogue::guide::StatedLimit;
use tongban_protocol::catalogue::{Item, ItemId, check};

use super::access::Access;
use super::foreseen::foresee;
use super::{CliError, Language, out, table};
use crate::clock;
use crate::publication::{
    Drafts, Facts, ItemLine, PublishLine, PublishWish, RetireWish, figures, list, prepare,
    prepare_retirement, read_list, write,
};

/// What is done with the items of a centre.
#[derive(Debug, Subcommand)]
pub enum ItemCommand {
    /// Reads a list into the drafts: what is sound; the rest is told with line and reason.
    Import {
        /// A `.csv` of another system, or a `.json`.
        file: PathBuf,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Says what is wrong with the drafts, and what nobody stated.
    Check {
        /// And what their publication would do to the open cases held here.
        #[arg(long)]
        effect: bool,
    },
    /// Publishes drafts that have no fault; one that differs becomes the next version.
    #[command(group = clap::ArgGroup::new("which").required(true).args(["ids", "all"]))]
    Publish {
        /// The drafts.
        ids: Vec<ItemId>,
        /// All drafts.
        #[arg(long)]
        all: bool,
        /// The two people.
        #[command(flatten)]
        signed: SignedBy,
        /// Publish nothing; say what it would do to the open cases held here.
        #[arg(long)]
        preview: bool,
    },
    /// Takes an item out of the catalogue from a day on.
    Retire {
        /// The item.
        id: ItemId,
        /// The first day on which it is applied for no more, such as 2026-12-01.
        #[arg(long, value_name = "DATE")]
        from: Date,
        /// The two people.
        #[command(flatten)]
        signed: SignedBy,
    },
    /// Lists every version of every item that was published.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// 四眼原则: the two people of a publication.
#[derive(Args, Debug)]
pub struct SignedBy {
    /// Who answers for it.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub by: String,
    /// Who proposed it: somebody else.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub proposed_by: String,
}

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    command: ItemCommand,
) -> Result<ExitCode, CliError> {
    let dir = &settings.data_dir;
    match command {
        ItemCommand::Import { file, json } => import(dir, language, &file, json)?,
        ItemCommand::Check { effect } => return check_drafts(settings, language, effect),
        ItemCommand::Publish { ids, all, signed, preview } => {
            let items = chosen(&Drafts::load(dir)?, &ids, all)?;
            if preview {
                foresee(settings, language, Facts { items, ..Facts::default() })?;
                return Ok(ExitCode::SUCCESS);
            }
            let SignedBy { by, proposed_by } = signed;
            return publish(settings, language, PublishWish { by, proposed_by, items });
        }
        ItemCommand::Retire { id, from, signed } => {
            let SignedBy { by, proposed_by } = signed;
            retire(settings, language, &RetireWish { by, proposed_by, id, from })?;
        }
        ItemCommand::List { json } => print_list(settings, language, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Fails where anything is wrong, so that scripts see it.
fn verdict(is_sound: bool) -> ExitCode {
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn import(dir: &Path, language: Language, file: &Path, json: bool) -> Result<(), CliError> {
    let taken = read_list(file)?;
    let mut drafts = Drafts::load(dir)?;
    let count = taken.items.len();
    let replaced = drafts.take(taken.items.clone());
    let path = drafts.save(dir)?;
    if json {
        return out::json(&serde_json::json!({
            "taken": count, "replaced": replaced, "drafts": path.display().to_string(),
            "quarantined": taken.quarantined, "columns_ignored": taken.columns_ignored,
        }));
    }
    for row in &taken.quarantined {
        let (file, line) = (file.display(), row.line);
        out::line(format!("{file}:{line}: {}: `{}`: {}", row.column, row.value, row.reason))?;
    }
    let (aside, ignored) = (taken.quarantined.len(), taken.columns_ignored.join(", "));
    out::line(match language {
        Language::Zh => format!(
            "读入 {count} 项（其中替换 {replaced} 项），存疑 {aside} 行，草稿：{}",
            path.display()
        ),
        Language::En => format!(
            "{count} items taken ({replaced} of them replaced), {aside} rows set aside, drafts: {}",
            path.display()
        ),
    })?;
    if !ignored.is_empty() {
        out::line(format!("{}: {ignored}", language.pick("未读的列", "columns not read")))?;
    }
    Ok(())
}

fn check_drafts(
    settings: &NodeSettings,
    language: Language,
    effect: bool,
) -> Result<ExitCode, CliError> {
    let drafts = Drafts::load(&settings.data_dir)?;
    let (mut faulty, mut count) = (0, 0);
    for item in drafts.iter() {
        let faults = check(item);
        count += 1;
        faulty += usize::from(!faults.is_empty());
        for fault in faults {
            let what = match language {
                Language::Zh => fault.zh(),
                Language::En => fault.en(),
            };
            out::line(format!("{} {}: {}: {what}", item.id, item.name, fault.field))?;
        }
        let unknown = item.unknown();
        if !unknown.is_empty() {
            let word = language.pick("未知", "unknown");
            out::line(format!("{} {}: {word}: {}", item.id, item.name, unknown.join(", ")))?;
        }
    }
    out::line(match language {
        Language::Zh => format!("草稿 {count} 项，其中 {faulty} 项有错，不能发布"),
        Language::En => format!(
            "{count} drafts, {faulty} of them with faults that keep them from being published"
        ),
    })?;
    if effect {
        let items = drafts.iter().cloned().collect();
        foresee(settings, language, Facts { items, ..Facts::default() })?;
    }
    Ok(verdict(faulty == 0))
}

/// The drafts that were named, or all.
fn chosen(drafts: &Drafts, ids: &[ItemId], all: bool) -> Result<Vec<Item>, CliError> {
    if all {
        return Ok(drafts.iter().cloned().collect());
    }
    let find = |id: &ItemId| {
        let missing = || CliError::NoDraft(id.clone());
        drafts.find(id).cloned().ok_or_else(missing)
    };
    ids.iter().map(find).collect()
}

fn publish(
    settings: &NodeSettings,
    language: Language,
    wish: PublishWish,
) -> Result<ExitCode, CliError> {
    let lines: Vec<PublishLine> = match Access::open(settings)? {
        Access::Service(api) => api.send("items/publish", &wish)?,
        Access::Store(_, mut replica) => {
            let now = clock::now();
            let (lines, sheets) = prepare(&replica, now, wish)?;
            for sheet in sheets {
                write(&mut replica, now, sheet)?;
                replica.commit()?;
            }
            lines
        }
    };
    let refused = lines.iter().filter(|line| !line.faults.is_empty()).count();
    let fresh = lines.iter().filter(|line| line.is_new).count();
    lines.iter().flat_map(|it| told(it, language)).try_for_each(out::line)?;
    out::line(match language {
        Language::Zh => {
            format!("发布 {fresh} 项，未变 {} 项，拒绝 {refused} 项", lines.len() - fresh - refused)
        }
        Language::En => format!(
            "{fresh} published, {} unchanged, {refused} refused",
            lines.len() - fresh - refused
        ),
    })?;
    Ok(verdict(refused == 0))
}

fn told(line: &PublishLine, language: Language) -> Vec<String> {
    let faults =
        line.faults.iter().map(|[zh, en]| format!("{} {}", line.id, language.pick(zh, en)));
    let instead = line.instead_of.as_ref().map(|above| match language {
        Language::Zh => format!("，在本中心及下级代替 {above} 发布的同编号事项"),
        Language::En => format!(", here and below instead of that of {above}"),
    });
    let instead = instead.unwrap_or_default();
    let fresh = line.is_new.then(|| match language {
        Language::Zh => format!("{} 第 {} 版{instead}", line.id, line.version),
        Language::En => format!("{} version {}{instead}", line.id, line.version),
    });
    faults.chain(fresh).collect()
}

fn retire(settings: &NodeSettings, language: Language, wish: &RetireWish) -> Result<(), CliError> {
    match Access::open(settings)? {
        Access::Service(api) => drop(api.send::<Value>("items/retire", wish)?),
        Access::Store(_, mut replica) => {
            let sheet = prepare_retirement(&replica, wish)?;
            write(&mut replica, clock::now(), sheet)?;
            replica.commit()?;
        }
    }
    let RetireWish { id, from, .. } = wish;
    out::line(match language {
        Language::Zh => format!("{id} 自 {from} 起停用"),
        Language::En => format!("{id} is applied for no more from {from} on"),
    })
}

fn print_list(settings: &NodeSettings, language: Language, json: bool) -> Result<(), CliError> {
    let lines: Vec<ItemLine> = match Access::open(settings)? {
        Access::Service(api) => api.read("items")?,
        Access::Store(_, replica) => list(&replica)?,
    };
    if json {
        return out::json(&lines);
    }
    let head = match language {
        Language::Zh => ["事项", "发布", "版本", "名称", "法定", "承诺", "停用", "未知"],
        Language::En => {
            ["item", "publisher", "version", "name", "legal", "promise", "retired", "unknown"]
        }
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(|line| row(language, line)));
    let [immediate, speed_up] = figures(&lines, civil_day(clock::now()), language.into());
    out::line(table(&rows).trim_end())?;
    out::line(match language {
        Language::Zh => format!("即办件比例 {immediate}\n承诺提速 {speed_up}"),
        Language::En => format!("done on the spot {immediate}\npromised speed-up {speed_up}"),
    })
}

fn row(language: Language, line: &ItemLine) -> Vec<String> {
    let item = &line.item;
    let limit = |stated: Option<&StatedLimit>| match (stated, language) {
        (None, _) => "—".to_owned(),
        (Some(stated), Language::Zh) => stated.limit.to_string(),
        (Some(stated), Language::En) => stated.limit.en(),
    };
    vec![
        item.id.to_string(),
        line.publisher.clone(),
        item.version.to_string(),
        item.name.clone(),
        limit(item.legal.as_ref()),
        limit(item.promise.as_ref()),
        line.retired_from.map_or_else(|| "—".to_owned(), |from| from.to_string()),
        line.unknown.join(" "),
    ]
}
