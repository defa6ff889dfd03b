//! 人员: who has a post and an account here, which programs have a token, and what was done with them.

mod act;

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::Role;
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::{page, sorry};
use crate::accounts::{AccountLine, AccountsError, Line as Noted, Scope};
use crate::clock;
use crate::posts::{self, PostDetail};
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Line, Sheet, key};
use crate::web::gate::Clerk;
use crate::web::guard::Address;
use crate::web::language::Language;
use crate::web::shell;
use crate::web::sign_in::handed_over;

/// Lines of what was done with the accounts.
const NOTED_MAX: usize = 50;

/// Days for which a post is leased where nothing else is said.
const LEASE_DAYS: i64 = 365;

/// Days for which a token lasts.
const TOKEN_DAYS: i64 = 365;

/// What the page shows.
struct Staff {
    accounts: Vec<AccountLine>,
    posts: Vec<PostDetail>,
    tokens: Vec<(String, Scope, Timestamp)>,
    noted: Vec<Noted>,
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
) -> Response {
    let typed = Fields::default().with("until", default_until());
    draw(&rooms, &clerk, (language, &typed, &Faults::default()), None).await
}

fn default_until() -> String {
    civil_day(days_from_now(LEASE_DAYS)).to_string()
}

fn days_from_now(days: i64) -> Timestamp {
    Timestamp(clock::now().0.saturating_add(days * 86_400_000))
}

async fn read(rooms: &Rooms) -> Result<Staff, Fault> {
    let (now, centre) = (clock::now(), rooms.face.centre);
    let posts = rooms
        .face
        .desk
        .ask(move |engine| posts::list(engine.replica(), &[Home::office(centre)], now));
    let accounts = &rooms.face.accounts;
    Ok(Staff {
        accounts: accounts.list(now),
        posts: posts.await??,
        tokens: accounts.tokens(),
        noted: accounts.newest(NOTED_MAX)?,
    })
}

async fn draw(
    rooms: &Rooms,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
    given: Option<&Given>,
) -> Response {
    if !clerk.administers {
        return sorry(clerk, language, not_administrator());
    }
    let staff = match read(rooms).await {
        Ok(staff) => staff,
        Err(fault) => return sorry(clerk, language, fault),
    };
    let sheet = Sheet { language, typed, faults };
    let main = html! {
        @if let Some(given) = given { (given_once(given, language)) }
        (sheet.summary())
        (people(&staff, clerk, language))
        (appointing(&sheet, clerk))
        (programs(&staff, &sheet, clerk))
        (what_was_done(&staff.noted, language))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, page(clerk, language, language.say("人员", "Staff"), &main)).into_response()
}

fn not_administrator() -> Fault {
    Fault {
        status: StatusCode::FORBIDDEN,
        zh: "只有管理员可以管理人员".to_owned(),
        en: "only an administrator keeps the staff".to_owned(),
        ..Fault::refused("by", "")
    }
}

/// What is shown once and kept nowhere.
enum Given {
    Link {
        name: String,
        address: Address,
        path: String,
    },
    /// A post without a link: the accounts could not be written.
    NoLink {
        name: String,
        error: AccountsError,
    },
    Token {
        name: String,
        token: String,
    },
}

fn given_once(given: &Given, language: Language) -> Markup {
    html! {
        @match given {
            Given::Link { name, address, path } => {
                div.saved role="status" { (handed_over(language, name, (address, path))) }
            }
            Given::NoLink { name, error } => {
                @let en = error.to_string();
                p.note role="alert" {
                    b { (name) } (language.say(
                        "：岗位已登记，但链接没有发出。请排除下列故障后在表中按“发链接”：",
                        ": the post is recorded, but there is no link. Mend this, then press “give a link” in the table: ",
                    ))
                    (language.say(&error.zh(), &en))
                }
            }
            Given::Token { name, token } => {
                p.saved role="status" {
                    b { (name) } (language.say(" 的令牌（只显示这一次）：", ": its token, shown this once: "))
                    code.link { (token) }
                }
            }
        }
    }
}

fn people(staff: &Staff, clerk: &Clerk, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["姓名", "岗位", "搭档（B 岗）", "岗位至", "可受理", "账号", "操作"],
        Language::English => {
            ["name", "post", "partner", "until", "may accept", "account", "change"]
        }
    };
    let without_post = staff.accounts.iter();
    let without_post =
        without_post.filter(|account| staff.posts.iter().all(|post| post.name != account.name));
    html! {
        section { div.scroll { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for post in &staff.posts {
                    @let account = staff.accounts.iter().find(|account| account.name == post.name);
                    tr {
                        td.name { (post.name) }
                        td { (language.say(&post.role_zh, &post.role))
                            @if post.is_ended { " " span.quiet { (language.say("已撤岗", "ended")) } }
                            @if post.away_since.is_some() { " " span.key.silent { (language.say("离岗", "away")) } } }
                        td { (post.partner.as_deref().unwrap_or("—")) }
                        td { (post.until) }
                        td { @if post.may_accept { (language.say("是", "yes")) } @else {
                            (language.say(post.why_zh.as_deref().unwrap_or_default(), post.why_en.as_deref().unwrap_or_default())) } }
                        td { (account_words(account, language)) }
                        td { (acts(&post.name, Some(post), account, (clerk, language))) }
                    }
                }
                @for account in without_post {
                    tr {
                        td.name { (account.name) }
                        td { "—" } td { "—" } td { "—" } td { "—" }
                        td { (account_words(Some(account), language)) }
                        td { (acts(&account.name, None, Some(account), (clerk, language))) }
                    }
                }
            }
        } } }
    }
}

fn account_words(account: Option<&AccountLine>, language: Language) -> String {
    let Some(account) = account else { return language.say("无", "none").to_owned() };
    let mut words = Vec::new();
    if account.administers {
        words.push(language.say("管理员", "administrator").to_owned());
    }
    words.push(match (account.is_closed, account.has_password) {
        (true, _) => language.say("已停用", "closed").to_owned(),
        (false, true) => language.say("可登录", "may sign in").to_owned(),
        (false, false) => language.say("未设密码", "no password yet").to_owned(),
    });
    let until = |zh, en, at| format!("{} {}", language.say(zh, en), shell::clock(at));
    words.extend(account.locked_until.map(|at| until("锁定至", "locked until", at)));
    words.extend(account.invited_until.map(|at| until("链接有效至", "link until", at)));
    words.join(language.say("，", ", "))
}

fn acts(
    name: &str,
    post: Option<&PostDetail>,
    account: Option<&AccountLine>,
    (clerk, language): (&Clerk, Language),
) -> Markup {
    let mut acts = vec![("invite", "发链接（设密码）", "give a link")];
    if let Some(post) = post.filter(|post| !post.is_ended) {
        acts.push(match post.away_since {
            Some(_) => ("return", "返岗", "is back"),
            None => ("leave", "离岗", "is away"),
        });
        acts.push(("end-post", "撤岗", "end the post"));
    }
    if account.is_some_and(|account| !account.is_closed) {
        acts.push(("close", "停用账号", "close the account"));
    }
    html! {
        form.inline method="post" action="/staff" {
            (key(clerk))
            input type="hidden" name="name" value=(name);
            @for (act, zh, en) in acts { button name="act" value=(act) { (language.say(zh, en)) } " " }
        }
    }
}

/// 定岗: a new post, or another partner, role or lease of one that is there.
fn appointing(sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    html! {
        section {
            h2 { (language.say("定岗、增加人员", "Appoint somebody")) }
            form.sheet method="post" action="/staff" {
                (key(clerk))
                (sheet.line(Line::new("name", language.say("姓名", "Name"))))
                div.field {
                    label for="role" { (language.say("岗位", "Post")) }
                    select id="role" name="role" {
                        @for role in Role::ALL {
                            option value=(role.en()) selected[sheet.typed.text("role") == role.en()] { (language.say(role.zh(), role.en())) }
                        }
                    }
                    (sheet.notes("role", ""))
                }
                (sheet.line(Line::new("partner", language.say("搭档（B 岗）姓名", "Partner"))
                    .hint(language.say("没有搭档不能受理", "nobody accepts without one")).optional()))
                (sheet.line(Line::new("until", language.say("岗位至", "Until")).kind("date", "off")))
                div.tick {
                    input id="administers" type="checkbox" name="administers" value="yes";
                    label for="administers" { (language.say("同时是管理员", "is an administrator, too")) }
                }
                button.main name="act" value="appoint" { (language.say("定岗并发链接", "Appoint and give a link")) }
            }
        }
    }
}

fn programs(staff: &Staff, sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    html! {
        section {
            h2 { (language.say("程序的令牌", "Tokens of programs")) }
            @for (name, scope, until) in &staff.tokens {
                form.inline method="post" action="/staff" {
                    (key(clerk))
                    input type="hidden" name="name" value=(name);
                    (name) " · " (language.say(scope.zh(), scope.en())) " · " (civil_day(*until)) " "
                    button name="act" value="close-token" { (language.say("收回", "take back")) }
                }
            }
            form.sheet method="post" action="/staff" {
                (key(clerk))
                div.field {
                    label for="program" { (language.say("程序名称", "Program")) }
                    input id="program" name="name" maxlength="60" required autocomplete="off";
                }
                div.field {
                    label for="scope" { (language.say("可以做什么", "What it may do")) }
                    select id="scope" name="scope" {
                        @for scope in Scope::ALL { option value=(scope.en()) { (language.say(scope.zh(), scope.en())) } }
                    }
                }
                button name="act" value="issue-token" { (language.say("发令牌（一年）", "Give a token (a year)")) }
            }
        }
    }
}

fn what_was_done(noted: &[Noted], language: Language) -> Markup {
    html! {
        section {
            h2 { (language.say("账号记录", "What was done with the accounts")) }
            div.scroll { table { tbody {
                @for line in noted {
                    @let (zh, en) = line.act.words();
                    tr { td.time { (shell::clock(line.at)) } td { (language.say(zh, en)) } td { (line.name) } td { (line.by) } }
                }
            } } }
        }
    }
}

/// Does what was asked for.
pub(super) async fn change(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    address: Address,
    typed: Fields,
) -> Response {
    if !clerk.administers {
        return sorry(&clerk, language, not_administrator());
    }
    let done = act::act(&rooms, &clerk, address, &typed).await;
    let fresh = Fields::default().with("until", default_until());
    match done {
        Ok(given) => {
            draw(&rooms, &clerk, (language, &fresh, &Faults::default()), given.as_ref()).await
        }
        Err(faults) => draw(&rooms, &clerk, (language, &typed, &faults), None).await,
    }
}
