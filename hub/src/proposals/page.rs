//! 发布: what is in force, what waits for a second person, and the form that proposes more.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use maud::{Markup, html};
use tokio::sync::Mutex;
use tongban_config::text::decode;
use tongban_node::publication::{PublishError, figures, list as items};
use tongban_node::service::Desk;
use tongban_node::web::fault::Fault;
use tongban_node::web::form::{Faults, Fields, Line, Sheet, key};
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::shell::clock as shown;
use tongban_node::web::upload::Upload;
use tongban_node::web::{desk_page, desk_sorry};
use tongban_node::{clock, entropy};
use tongban_protocol::calendar::{YearNotice, civil_day};
use tongban_protocol::document::Role;
use tongban_protocol::time::Timestamp;
use ulid::Ulid;

use super::show::{self, foreseen};
use super::{FORMAT, Proposal, ProposalError, Subject, foresee, list, propose};

/// The page.
pub(super) const PATH: &str = "/office/publish";

/// Proposals that the page lists.
const SHOWN: usize = 50;

/// Longest text that is proposed, in bytes: a file of facts.
const TEXT_BYTES_MAX: usize = 2 << 20;

/// What the pages share.
#[derive(Debug)]
pub(crate) struct Publishing {
    pub(super) desk: Desk,
    pub(super) data_dir: PathBuf,
    /// Two people may press at once; one proposal is decided at a time.
    pub(super) deciding: Mutex<()>,
}

/// The pages, at [`PATH`] and below it.
pub(crate) fn router(desk: Desk, data_dir: PathBuf) -> Router {
    let publishing = Arc::new(Publishing { desk, data_dir, deciding: Mutex::default() });
    Router::new()
        .route(PATH, get(show_all).post(take))
        .route("/office/publish/{id}", get(show::show).post(show::decided))
        .with_state(publishing)
}

/// 拟稿 and 审核 are the work of whoever leads an office, supervises or administers.
pub(super) const fn may_publish(clerk: &Clerk) -> bool {
    clerk.administers || matches!(clerk.role, Some(Role::Chief | Role::Supervisor))
}

pub(super) fn not_yours() -> Fault {
    Fault {
        status: StatusCode::FORBIDDEN,
        zh: "发布由科室负责人、监察人员或管理员办理".to_owned(),
        en: "a chief, a supervisor or an administrator publishes".to_owned(),
        ..Fault::refused("by", "")
    }
}

async fn show_all(
    State(publishing): State<Arc<Publishing>>,
    clerk: Clerk,
    language: Language,
) -> Response {
    let typed = Fields::default().with("id", new_id(clock::now()).to_string());
    draw(&publishing, &clerk, (language, &typed, &Faults::default()), html! {}).await
}

/// What is in force.
struct InForce {
    years: Vec<i16>,
    rules: usize,
    hours: String,
    threshold: u64,
    templates: Vec<String>,
    items: usize,
    figures: [String; 2],
}

async fn in_force(desk: &Desk, language: Language) -> Result<InForce, PublishError> {
    let read = desk.ask(move |engine| -> Result<InForce, PublishError> {
        let replica = engine.replica();
        let (lines, customs) = (items(replica)?, replica.customs());
        let template = |it: &tongban_protocol::case::joint::Template| {
            format!("{} {}", it.plan.template, it.plan.version)
        };
        Ok(InForce {
            years: replica.almanac().latest().notices().map(YearNotice::year).collect(),
            rules: replica.rules().rules().len(),
            hours: customs.hours.to_string(),
            threshold: customs.green_threshold_yuan,
            templates: replica.templates().iter().map(template).collect(),
            items: lines.len(),
            figures: figures(&lines, civil_day(clock::now()), language),
        })
    });
    read.await?
}

async fn draw(
    publishing: &Publishing,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
    preview: Markup,
) -> Response {
    if !may_publish(clerk) {
        return desk_sorry(clerk, language, not_yours());
    }
    let in_force = match in_force(&publishing.desk, language).await {
        Ok(in_force) => in_force,
        Err(error) => return desk_sorry(clerk, language, error.into()),
    };
    let (proposals, unread) = match list(&publishing.data_dir) {
        Ok(listed) => listed,
        Err(error) => return desk_sorry(clerk, language, error.into()),
    };
    let sheet = Sheet { language, typed, faults };
    let main = html! {
        (sheet.summary())
        (preview)
        (waiting(&proposals, &unread, language))
        (form(&sheet, clerk))
        (known(&in_force, language))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = language.say("发布：日历、规则、事项", "Publishing: calendar, rules, items");
    (status, desk_page(clerk, language, title, &main)).into_response()
}

fn waiting(proposals: &[Proposal], unread: &[ProposalError], language: Language) -> Markup {
    let (open, closed): (Vec<_>, Vec<_>) = proposals.iter().partition(|it| it.outcome.is_none());
    html! {
        section {
            h2 { (language.say("待审核", "Waiting for a second person")) }
            @for error in unread { p.note role="alert" { (language.say(&error.zh(), &error.to_string())) } }
            @if open.is_empty() { p.quiet { (language.say("没有待审核的拟稿。", "Nothing waits.")) } }
            @else { (table(&open, language)) }
            @if !closed.is_empty() {
                details {
                    summary { (language.say("已处理", "Decided")) " " (closed.len()) }
                    (table(&closed[..closed.len().min(SHOWN)], language))
                }
            }
        }
    }
}

fn table(proposals: &[&Proposal], language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["拟稿时间", "内容", "拟稿人", "说明", "结果"],
        Language::English => ["proposed", "what", "by", "why", "outcome"],
    };
    html! {
        div.scroll { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for it in proposals {
                @let (_, zh, en) = it.subject.words();
                tr {
                    td.time { (shown(it.at)) }
                    td { a href={ (PATH) "/" (it.id) } { (language.say(zh, en)) } " " span.quiet { (it.file) } }
                    td.name { (it.by) }
                    td { (it.note) }
                    td { @match &it.outcome {
                        None => (language.say("待审核", "waits")),
                        Some(outcome) => {
                            @let (zh, en) = outcome.decision.words();
                            (language.say(zh, en)) " · " (outcome.by) " · " (shown(outcome.at))
                        }
                    } }
                }
            } }
        } }
    }
}

/// 拟稿.
fn form(sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let chosen = sheet.typed.text("subject");
    html! {
        section {
            h2 { (language.say("拟稿", "Propose")) }
            form.sheet method="post" action=(PATH) enctype="multipart/form-data" {
                (key(clerk))
                input type="hidden" name="id" value=(sheet.typed.text("id"));
                div.field {
                    label for="subject" { (language.say("内容", "What")) }
                    select id="subject" name="subject" {
                        @for subject in Subject::ALL {
                            @let (name, zh, en) = subject.words();
                            option value=(name) selected[name == chosen] { (language.say(zh, en)) }
                        }
                    }
                }
                div.field {
                    label for="choose" { (language.say("选文件，或把内容粘贴在下面", "Choose a file, or paste its text below")) }
                    input id="choose" name="choose" type="file" accept=".csv,.toml,.json,.txt" aria-describedby="choose-hint";
                    (sheet.notes("choose", language.say("UTF-8 或 GB18030；选了文件，就不看下面粘贴的内容", "UTF-8 or GB18030; what is pasted below does not count beside a file")))
                }
                (sheet.line(Line::new("file", language.say("文件名", "Name of the file"))
                    .hint(language.say("事项清单须以 .json 或 .csv 结尾", "a list of items ends in .json or .csv")).optional()))
                div.field {
                    label for="text" { (language.say("内容", "Text")) }
                    textarea id="text" name="text" rows="12" spellcheck="false"
                        aria-invalid=[sheet.faults.of("text", language).map(|_| "true")] { (sheet.typed.text("text")) }
                    (sheet.notes("text", language.say("未写明的年份、事项保持不变", "years and items that it does not name stay as they are")))
                }
                (sheet.line(Line::new("note", language.say("说明", "Why")).hint(language.say("依据的文件、拟施行的日期", "the notice that it follows, and from when on")).optional()))
                div.buttons {
                    button.main name="act" value="preview" { (language.say("预演对在办件的影响", "Show what it would do to open cases")) }
                    button name="act" value="propose" { (language.say("提交他人审核", "Hand to a second person")) }
                }
            }
        }
    }
}

fn known(in_force: &InForce, language: Language) -> Markup {
    let years = in_force.years.iter().map(i16::to_string).collect::<Vec<_>>().join(" ");
    let rows = [
        ("日历年份", "years of the calendar", years),
        ("监察规则（条）", "rules of supervision", in_force.rules.to_string()),
        ("办公时间", "office hours", in_force.hours.clone()),
        (
            "绿色通道门槛（元）",
            "threshold of the green channel, yuan",
            in_force.threshold.to_string(),
        ),
        ("并联方案", "templates of joint approval", in_force.templates.join("，")),
        ("事项版本", "versions of items", in_force.items.to_string()),
        ("即办件占比", "immediate share", in_force.figures[0].clone()),
        ("承诺提速", "promised speed-up", in_force.figures[1].clone()),
    ];
    html! {
        section {
            h2 { (language.say("现行", "In force")) }
            dl.facts { @for (zh, en, value) in rows { div { dt { (language.say(zh, en)) } dd { (value) } } } }
        }
    }
}

async fn take(
    State(publishing): State<Arc<Publishing>>,
    clerk: Clerk,
    language: Language,
    file: Option<Extension<Upload>>,
    typed: Fields,
) -> Response {
    if !may_publish(&clerk) {
        return desk_sorry(&clerk, language, not_yours());
    }
    let now = clock::now();
    let typed = match with_file(typed.clone(), file.map(|Extension(file)| file)) {
        Ok(typed) => typed,
        Err(faults) => {
            return draw(&publishing, &clerk, (language, &typed, &faults), html! {}).await;
        }
    };
    let wish = match read(&typed, &clerk, now) {
        Ok(wish) => wish,
        Err(faults) => {
            return draw(&publishing, &clerk, (language, &typed, &faults), html! {}).await;
        }
    };
    let typed = typed.with("id", wish.id.to_string()).with("file", wish.file.clone());
    let done = if typed.text("act") == "propose" {
        let _one = publishing.deciding.lock().await;
        let id = wish.id;
        match propose((&publishing.desk, &publishing.data_dir), now, wish).await {
            Ok(_) => return Redirect::to(&format!("{PATH}/{id}")).into_response(),
            Err(error) => Err(error),
        }
    } else {
        foresee(&publishing.desk, now, &wish).await
    };
    match done {
        Ok(effect) => {
            let told = foreseen(&effect, language);
            draw(&publishing, &clerk, (language, &typed, &Faults::default()), told).await
        }
        Err(error) => {
            let faults = Faults::one("text", error.zh(), error.to_string());
            draw(&publishing, &clerk, (language, &typed, &faults), html! {}).await
        }
    }
}

/// The form with the text of the file that came with it, in the place of what was pasted.
fn with_file(typed: Fields, file: Option<Upload>) -> Result<Fields, Faults> {
    let Some(Upload { name, bytes }) = file.filter(|file| !file.bytes.is_empty()) else {
        return Ok(typed);
    };
    match decode(&bytes) {
        Ok(text) => Ok(typed.with("text", text).with("file", name)),
        Err(error) => Err(Faults::one("choose", error.zh(), error.to_string())),
    }
}

/// A name for a proposal; where the system gives no randomness, the instant alone must do.
pub(crate) fn new_id(now: Timestamp) -> Ulid {
    let seed = entropy::seed().unwrap_or_default();
    let random = seed.iter().take(16).fold(0, |random, byte| random << 8 | u128::from(*byte));
    Ulid::from_parts(u64::try_from(now.0).unwrap_or_default(), random)
}

/// What was typed, as a proposal. Its name goes with the form, so that two presses make one.
fn read(typed: &Fields, clerk: &Clerk, now: Timestamp) -> Result<Proposal, Faults> {
    let subject = Subject::named(typed.text("subject"));
    let subject =
        subject.ok_or_else(|| Faults::one("subject", "请选择内容", "choose what it is"))?;
    let text = typed.text("text");
    if text.trim().is_empty() {
        return Err(Faults::one("text", "请选文件或粘贴内容", "choose a file or paste its text"));
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(Faults::one(
            "text",
            "内容超过 2 MiB，请分成几份拟稿",
            "the text is longer than 2 MiB; propose it in parts",
        ));
    }
    let file = typed.wish("file").unwrap_or_else(|| named(subject, text).to_owned());
    let id = typed.text("id").parse().unwrap_or_else(|_| new_id(now));
    let (text, note, by) = (text.to_owned(), typed.line("note"), clerk.name.clone());
    Ok(Proposal { format: FORMAT, id, subject, file, text, note, by, at: now, outcome: None })
}

/// What a text is called that was pasted.
fn named(subject: Subject, text: &str) -> &'static str {
    match subject {
        Subject::Calendar => "calendar.csv",
        Subject::Rules => "supervision.toml",
        Subject::Customs => "city.toml",
        Subject::Templates => "joint.toml",
        Subject::Items if text.trim_start().starts_with(['[', '{']) => "items.json",
        Subject::Items => "items.csv",
        Subject::Retirement => "retire.txt",
    }
}

impl From<ProposalError> for Fault {
    fn from(error: ProposalError) -> Self {
        let (zh, en) = (error.zh(), error.to_string());
        let place = match error {
            ProposalError::Unknown(id) => Self::not_found("id", id.to_string()),
            ProposalError::Publish(error) => return error.into(),
            _ => Self::refused("text", ""),
        };
        Self { zh, en, ..place }
    }
}
