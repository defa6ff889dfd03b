//! `post …`, and `case unattended`.

use clap::{Args, Subcommand};
use serde::Deserialize;
use tongban_config::settings::NodeSettings;
use tongban_protocol::document::{EventKind, Role};
use tongban_protocol::time::Timestamp;

use super::access::Access;
use super::case::offices;
use super::case_command::parse_time;
use super::{CliError, Language, out};
use crate::clock;
use crate::posts::{self, AttentionNote, PostDetail, PostWish, Unattended};

/// What is done with posts.
#[derive(Debug, Subcommand)]
pub enum PostCommand {
    /// Gives somebody a post, or renews it (定岗).
    Appoint {
        /// Whose post: the name under which they record events.
        name: String,
        /// Who stands in for them (B 岗).
        #[arg(long, value_name = "NAME")]
        partner: Option<String>,
        /// window, partner, department, chief, supervisor.
        #[arg(long, value_parser = str::parse::<Role>)]
        role: Option<Role>,
        /// The last day of the lease, at most a year from now, such as 2026-12-31.
        #[arg(long, value_name = "DAY", value_parser = parse_time)]
        until: Option<Timestamp>,
        /// Who says so.
        #[arg(long)]
        by: String,
    },
    /// Says who stands in for somebody; role and lease stay as they are (结对).
    Pair {
        /// Whose post.
        name: String,
        /// Who stands in for them.
        #[arg(long, value_name = "NAME")]
        partner: String,
        /// Who says so.
        #[arg(long)]
        by: String,
    },
    /// Marks somebody as away (离岗).
    Away(AwayArgs),
    /// Marks somebody as back (返岗).
    Back(AwayArgs),
    /// Ends a post, and hands its open cases over (撤岗).
    End {
        /// Whose post.
        name: String,
        /// Who takes the open cases over; the partner where it is left out.
        #[arg(long, value_name = "NAME")]
        to: Option<String>,
        /// Who says so.
        #[arg(long)]
        by: String,
    },
    /// Lists the posts of this centre and of those below it.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Who is away, or back.
#[derive(Args, Debug)]
pub struct AwayArgs {
    /// Whose post.
    name: String,
    /// From when, such as 2013-12-13T09:30; now where it is left out.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    /// Who says so.
    #[arg(long)]
    by: String,
}

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    command: PostCommand,
) -> Result<(), CliError> {
    let wish = |kind, name, by| PostWish {
        kind,
        name,
        by,
        partner: None,
        role: None,
        until: None,
        to: None,
        happened_at: None,
    };
    let wish = match command {
        PostCommand::Appoint { name, partner, role, until, by } => {
            PostWish { partner, role, until, ..wish(EventKind::Appoint, name, by) }
        }
        PostCommand::Pair { name, partner, by } => {
            PostWish { partner: Some(partner), ..wish(EventKind::Appoint, name, by) }
        }
        PostCommand::Away(AwayArgs { name, at, by }) => {
            PostWish { happened_at: at, ..wish(EventKind::Leave, name, by) }
        }
        PostCommand::Back(AwayArgs { name, at, by }) => {
            PostWish { happened_at: at, ..wish(EventKind::Return, name, by) }
        }
        PostCommand::End { name, to, by } => PostWish { to, ..wish(EventKind::EndPost, name, by) },
        PostCommand::List { json } => return list(settings, language, json),
    };
    change(settings, wish)
}

#[derive(Deserialize)]
struct Changed {
    cases: Vec<String>,
}

/// Changes a post, and names the cases that went over with it, one a line.
fn change(settings: &NodeSettings, wish: PostWish) -> Result<(), CliError> {
    let (kind, name) = (wish.kind, wish.name.clone());
    let cases = match Access::open(settings)? {
        Access::Service(api) => api.send::<Changed>("posts", &wish)?.cases,
        Access::Store(_, mut replica) => {
            let (_, cases) = posts::change(&mut replica, clock::now(), wish)?;
            replica.commit()?;
            cases
        }
    };
    out::line(format!("saved: {name} {} ({})", kind.en(), kind.zh()))?;
    cases.iter().try_for_each(out::line)
}

fn list(settings: &NodeSettings, language: Language, json: bool) -> Result<(), CliError> {
    let listed: Vec<PostDetail> = match Access::open(settings)? {
        Access::Service(api) => api.read("posts")?,
        Access::Store(_, replica) => posts::list(&replica, &offices(&replica), clock::now())?,
    };
    if json {
        return out::json(&listed);
    }
    for post in &listed {
        let PostDetail { centre, name, until, .. } = post;
        let partner = post.partner.as_deref().unwrap_or("—");
        let away = post.away_since.map(|at| at.to_string());
        out::line(match language {
            Language::Zh => format!(
                "{centre}  {name}  {}  B 岗 {partner}  任期至 {until}{}{}",
                post.role_zh,
                away.map(|at| format!("  {at} 起离岗")).unwrap_or_default(),
                post.why_zh.as_ref().map(|why| format!("  {why}")).unwrap_or_default()
            ),
            Language::En => format!(
                "{centre}  {name}  {}  partner {partner}  until {until}{}{}",
                post.role,
                away.map(|at| format!("  away since {at}")).unwrap_or_default(),
                post.why_en.as_ref().map(|why| format!("  {why}")).unwrap_or_default()
            ),
        })?;
    }
    Ok(())
}

/// Who has a case, since when and why, in one line.
pub(super) fn held(language: Language, note: &AttentionNote) -> String {
    let AttentionNote { holder, since, zh, en, .. } = note;
    match language {
        Language::Zh => {
            format!("【{} {since} 起：{zh}】", holder.as_deref().unwrap_or("上级中心"))
        }
        Language::En => {
            format!("[{} since {since}: {en}]", holder.as_deref().unwrap_or("the centre above"))
        }
    }
}

pub(super) fn unattended(
    settings: &NodeSettings,
    language: Language,
    json: bool,
) -> Result<(), CliError> {
    let found: Unattended = match Access::open(settings)? {
        Access::Service(api) => api.read("cases/unattended")?,
        Access::Store(_, replica) => posts::unattended(&replica, &offices(&replica), clock::now())?,
    };
    if json {
        return out::json(&found);
    }
    for case in &found.cases {
        let (id, item, applicant) = (&case.id, &case.item_name, &case.applicant);
        let note = case.attention.as_ref().map(|note| held(language, note)).unwrap_or_default();
        out::line(format!("{id}  {item}  {applicant}  {note}"))?;
    }
    if !found.is_whole {
        out::remark(match language {
            Language::Zh => "只查看了每个中心最新的 2000 件",
            Language::En => "only the newest 2000 cases of each centre were looked through",
        });
    }
    Ok(())
}
