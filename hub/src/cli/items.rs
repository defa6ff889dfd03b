//! The commands of whoever edits the catalogue.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use jiff::civil::Date;
use tongban_node::clock;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::catalogue::{Item, ItemId, check};

use super::facts::{SignedBy, print_foreseen};
use super::office::{Access, access};
use super::{Failure, Loaded, say};
use crate::publication::{
    Drafts, Facts, ItemLine, PublishLine, PublishWish, RetireWish, figures, list, prepare,
    prepare_retirement, read_list, write,
};
use crate::words::{Language, table};

#[derive(Debug, Subcommand)]
pub(super) enum ItemCommand {
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

pub(super) fn run(loaded: &Loaded, command: ItemCommand) -> Result<ExitCode, Failure> {
    match command {
        ItemCommand::Import { file, json } => import(loaded, &file, json),
        ItemCommand::Check { effect } => check_drafts(loaded, effect),
        ItemCommand::Publish { ids, all, signed, preview } => {
            let items = chosen(loaded, &ids, all)?;
            if preview {
                return foresee(loaded, Facts { items, ..Facts::default() });
            }
            let SignedBy { by, proposed_by } = signed;
            publish(loaded, PublishWish { by, proposed_by, items })
        }
        ItemCommand::Retire { id, from, signed } => {
            let SignedBy { by, proposed_by } = signed;
            retire(loaded, &RetireWish { by, proposed_by, id, from })
        }
        ItemCommand::List { json } => print_list(loaded, json),
    }
}

/// Fails where anything is wrong, so that scripts see it.
fn verdict(is_sound: bool) -> ExitCode {
    if is_sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn import(loaded: &Loaded, file: &Path, json: bool) -> Result<ExitCode, Failure> {
    let dir = &loaded.settings.node.data_dir;
    let taken = read_list(file)?;
    let mut drafts = Drafts::load(dir)?;
    let count = taken.items.len();
    let replaced = drafts.take(taken.items.clone());
    let path = drafts.save(dir)?;
    if json {
        say(&serde_json::to_string_pretty(&serde_json::json!({
            "taken": count, "replaced": replaced, "drafts": path.display().to_string(),
            "quarantined": taken.quarantined, "columns_ignored": taken.columns_ignored,
        }))?);
        return Ok(ExitCode::SUCCESS);
    }
    let mut lines: Vec<String> = taken
        .quarantined
        .iter()
        .map(|row| {
            format!(
                "{}:{}: {}: `{}`: {}",
                file.display(),
                row.line,
                row.column,
                row.value,
                row.reason
            )
        })
        .collect();
    let (aside, ignored) = (taken.quarantined.len(), taken.columns_ignored.join(", "));
    lines.push(match loaded.language {
        Language::Zh => format!(
            "读入 {count} 项（其中替换 {replaced} 项），存疑 {aside} 行，草稿：{}",
            path.display()
        ),
        Language::En => format!(
            "{count} items taken ({replaced} of them replaced), {aside} rows set aside, drafts: {}",
            path.display()
        ),
    });
    if !ignored.is_empty() {
        lines.push(format!("{}: {ignored}", loaded.language.pick("未读的列", "columns not read")));
    }
    say(&lines.join("\n"));
    Ok(ExitCode::SUCCESS)
}

fn check_drafts(loaded: &Loaded, effect: bool) -> Result<ExitCode, Failure> {
    let drafts = Drafts::load(&loaded.settings.node.data_dir)?;
    let (mut faulty, mut count, mut lines) = (0, 0, Vec::new());
    for item in drafts.iter() {
        let faults = check(item);
        count += 1;
        faulty += usize::from(!faults.is_empty());
        for fault in faults {
            let what = match loaded.language {
                Language::Zh => fault.zh(),
                Language::En => fault.en(),
            };
            lines.push(format!("{} {}: {}: {what}", item.id, item.name, fault.field));
        }
        let unknown = item.unknown();
        if !unknown.is_empty() {
            let word = loaded.language.pick("未知", "unknown");
            lines.push(format!("{} {}: {word}: {}", item.id, item.name, unknown.join(", ")));
        }
    }
    lines.push(match loaded.language {
        Language::Zh => format!("草稿 {count} 项，其中 {faulty} 项有错，不能发布"),
        Language::En => format!(
            "{count} drafts, {faulty} of them with faults that keep them from being published"
        ),
    });
    say(&lines.join("\n"));
    if effect {
        foresee(loaded, Facts { items: drafts.iter().cloned().collect(), ..Facts::default() })?;
    }
    Ok(verdict(faulty == 0))
}

fn foresee(loaded: &Loaded, facts: Facts) -> Result<ExitCode, Failure> {
    print_foreseen(loaded, facts)?;
    Ok(ExitCode::SUCCESS)
}

/// The drafts that were named, or all.
fn chosen(loaded: &Loaded, ids: &[ItemId], all: bool) -> Result<Vec<Item>, Failure> {
    let drafts = Drafts::load(&loaded.settings.node.data_dir)?;
    if all {
        return Ok(drafts.iter().cloned().collect());
    }
    let find = |id| {
        let missing = || format!("there is no draft {id}; `item import` makes drafts");
        Ok(drafts.find(id).cloned().ok_or_else(missing)?)
    };
    ids.iter().map(find).collect()
}

fn publish(loaded: &Loaded, wish: PublishWish) -> Result<ExitCode, Failure> {
    let lines = match access(loaded)? {
        Access::Store(mut engine) => {
            let now = clock::now();
            let (lines, sheets) = prepare(engine.replica(), now, wish)?;
            for sheet in sheets {
                write(engine.replica_mut(), now, sheet)?;
                engine.flush(now);
                if engine.replica().is_staged() {
                    return Err("not everything could be saved; see the log".into());
                }
            }
            lines
        }
        Access::Online(online) => online.publish(&wish)?,
    };
    let refused = lines.iter().filter(|line| !line.faults.is_empty()).count();
    let fresh = lines.iter().filter(|line| line.is_new).count();
    let mut said: Vec<String> = lines.iter().flat_map(|it| told(it, loaded.language)).collect();
    said.push(match loaded.language {
        Language::Zh => {
            format!("发布 {fresh} 项，未变 {} 项，拒绝 {refused} 项", lines.len() - fresh - refused)
        }
        Language::En => format!(
            "{fresh} published, {} unchanged, {refused} refused",
            lines.len() - fresh - refused
        ),
    });
    say(&said.join("\n"));
    Ok(verdict(refused == 0))
}

fn told(line: &PublishLine, language: Language) -> Vec<String> {
    let faults =
        line.faults.iter().map(|[zh, en]| format!("{} {}", line.id, language.pick(zh, en)));
    let fresh = line.is_new.then(|| match language {
        Language::Zh => format!("{} 第 {} 版", line.id, line.version),
        Language::En => format!("{} version {}", line.id, line.version),
    });
    faults.chain(fresh).collect()
}

fn retire(loaded: &Loaded, wish: &RetireWish) -> Result<ExitCode, Failure> {
    match access(loaded)? {
        Access::Store(mut engine) => {
            let now = clock::now();
            let sheet = prepare_retirement(engine.replica(), wish)?;
            write(engine.replica_mut(), now, sheet)?;
            engine.flush(now);
            if engine.replica().is_staged() {
                return Err("the item could not be retired; see the log".into());
            }
        }
        Access::Online(online) => online.retire(wish)?,
    }
    let RetireWish { id, from, .. } = wish;
    say(&match loaded.language {
        Language::Zh => format!("{id} 自 {from} 起停用"),
        Language::En => format!("{id} is applied for no more from {from} on"),
    });
    Ok(ExitCode::SUCCESS)
}

fn print_list(loaded: &Loaded, json: bool) -> Result<ExitCode, Failure> {
    let lines = match access(loaded)? {
        Access::Store(engine) => list(engine.replica())?,
        Access::Online(online) => online.items()?,
    };
    if json {
        say(&serde_json::to_string_pretty(&lines)?);
        return Ok(ExitCode::SUCCESS);
    }
    let head = match loaded.language {
        Language::Zh => ["事项", "版本", "名称", "法定", "承诺", "停用", "未知"],
        Language::En => ["item", "version", "name", "legal", "promise", "retired", "unknown"],
    };
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(row));
    let today = civil_day(clock::now());
    let [immediate, speed_up] = figures(&lines, today);
    let foot = match loaded.language {
        Language::Zh => format!("即办件比例 {immediate}\n承诺提速 {speed_up}"),
        Language::En => format!("done on the spot {immediate}\npromised speed-up {speed_up}"),
    };
    say(&format!("{}\n{foot}", table(&rows).trim_end()));
    Ok(ExitCode::SUCCESS)
}

fn row(line: &ItemLine) -> Vec<String> {
    let item = &line.item;
    let limit = |stated: Option<&tongban_protocol::catalogue::guide::StatedLimit>| {
        stated.map_or_else(|| "—".to_owned(), |stated| stated.limit.to_string())
    };
    vec![
        item.id.to_string(),
        item.version.to_string(),
        item.name.clone(),
        limit(item.legal.as_ref()),
        limit(item.promise.as_ref()),
        line.retired_from.map_or_else(|| "—".to_owned(), |from| from.to_string()),
        line.unknown.join(" "),
    ]
}
