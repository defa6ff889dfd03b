//! Signing in and out, and the one-time links with which people begin.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::document::{EventKind, Role};
use tongban_protocol::time::Timestamp;

use super::Rooms;
use super::fault::Fault;
use super::form::{Faults, Fields, Line, Sheet, key};
use super::gate::{Clerk, SIGN_IN};
use super::language::Language;
use super::shell::Shell;
use crate::accounts::{Accounts, AccountsError, SignInError};
use crate::posts::{self, PostWish};
use crate::service::Desk;
use crate::{clock, entropy};

/// Days for which the first posts are leased.
const FIRST_LEASE_DAYS: i64 = 365;

/// Where one-time links lead.
pub(super) const WELCOME: &str = "/welcome";

/// A form that came while nobody was signed in.
pub(super) struct Kept<'a> {
    /// Where it was sent to.
    pub path: &'a str,
    /// What was typed.
    pub typed: &'a Fields,
}

#[derive(Deserialize)]
struct Next {
    #[serde(default)]
    next: String,
}

pub(super) fn router() -> Router<Arc<Rooms>> {
    Router::new()
        .route(SIGN_IN, get(show).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/welcome/{code}", get(welcome).post(begin))
}

/// A page of this machine's own, never one of another.
fn own_path(wanted: &str) -> &str {
    let is_own = wanted.starts_with('/') && !wanted.starts_with("//") && !wanted.contains('\\');
    if is_own { wanted } else { "/" }
}

async fn show(
    State(rooms): State<Arc<Rooms>>,
    Query(Next { next }): Query<Next>,
    language: Language,
) -> Response {
    let typed = Fields::default().with("next", own_path(&next));
    page(language, &rooms.face.accounts, None, Some((&typed, &Faults::default()))).into_response()
}

/// The page that asks who it is; what was typed elsewhere goes along.
pub(super) fn page(
    language: Language,
    accounts: &Accounts,
    kept: Option<&Kept<'_>>,
    tried: Option<(&Fields, &Faults)>,
) -> Html<String> {
    let (none, faultless) = (Fields::default(), Faults::default());
    let (typed, faults) = tried.unwrap_or((&none, &faultless));
    let (next, text) = match kept {
        Some(kept) => (kept.path.to_owned(), kept.text()),
        None => (own_path(typed.text("next")).to_owned(), typed.text("kept").to_owned()),
    };
    let sheet = Sheet { language, typed, faults };
    let name = Line::new("name", language.say("姓名", "Name")).kind("text", "username");
    let password = Line::new("password", language.say("密码", "Password"));
    let main = html! {
        @if !text.is_empty() {
            p.note role="status" { (language.say(
                "登录已过期。您填的内容已保留，登录后继续，不会丢失。",
                "Your sign-in has ended. What you typed is kept, and goes on once you are signed in.",
            )) }
        }
        @if accounts.first_code().is_some() {
            p.note role="status" { (language.say(
                "本机尚无账号。请打开服务启动时在终端打印的一次性链接，设置第一位管理员。",
                "There are no accounts yet. Open the one-time link that the service printed at its start to make the first administrator.",
            )) }
        }
        form.sheet.narrow method="post" action=(SIGN_IN) {
            (sheet.summary())
            (sheet.line(name))
            (sheet.line(password.kind("password", "current-password")))
            input type="hidden" name="next" value=(next);
            @if !text.is_empty() { input type="hidden" name="kept" value=(text); }
            button.main type="submit" { (language.say("登录", "Sign in")) }
        }
    };
    alone(language, language.say("登录", "Sign in"), &main)
}

/// A page without the menu of those who are signed in.
fn alone(language: Language, title: &str, main: &Markup) -> Html<String> {
    Shell { language, title, styles: &[], script: None, links: &[], clerk: None }.page(main)
}

/// The page from which a kept form goes on, once somebody is signed in.
pub(super) fn go_on(
    language: Language,
    clerk: &Clerk,
    kept: &Kept<'_>,
    status: StatusCode,
) -> Response {
    let main = html! {
        form.sheet.narrow method="post" action=(kept.path) {
            p.note role="status" {
                (language.say("您已登录为 ", "You are signed in as ")) b { (clerk.name) }
                (language.say("。刚才填的内容都在，按“继续”提交。", ". What you typed is still here; it is sent with “Go on”."))
            }
            (key(clerk))
            @for (name, text) in kept.typed.pairs().filter(|(name, _)| *name != "form_key") {
                input type="hidden" name=(name) value=(text);
            }
            button.main type="submit" autofocus { (language.say("继续", "Go on")) }
        }
    };
    (status, alone(language, language.say("继续", "Go on"), &main)).into_response()
}

impl Kept<'_> {
    fn text(&self) -> String {
        let pairs = self.typed.pairs().filter(|(name, _)| *name != "form_key");
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    }
}

async fn sign_in(
    State(rooms): State<Arc<Rooms>>,
    language: Language,
    typed: Fields,
) -> Result<Response, Fault> {
    let (accounts, name) = (rooms.face.accounts.clone(), typed.line("name"));
    let password = typed.text("password").to_owned();
    // One at a time: each takes 19 MiB and some 30 ms, and guessers shall wait for each other.
    let _turn = rooms.signing_in.acquire().await;
    let tried = tokio::task::spawn_blocking(move || {
        let mut rng = entropy::generator().map_err(|error| error.to_string())?;
        Ok::<_, String>(accounts.sign_in(clock::now(), &mut rng, &name, &password))
    });
    let tried = tried.await.map_err(|error| Fault::broken(error.to_string()))?;
    let token = match tried.map_err(Fault::broken)? {
        Ok(token) => token,
        Err(SignInError::Accounts(error)) => return Err(Fault::broken(error.to_string())),
        Err(error) => {
            let faults = Faults::one("name", error.zh(), error.to_string());
            let page = page(language, &rooms.face.accounts, None, Some((&typed, &faults)));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let cookie = [rooms.gate.set_cookie(Some(&token))];
    let path = own_path(typed.text("next")).to_owned();
    let kept = Fields::parse(typed.text("kept").as_bytes());
    if kept.pairs().next().is_none() {
        return Ok((cookie, Redirect::to(&path)).into_response());
    }
    let session = rooms.face.accounts.session(clock::now(), &token);
    let session = session.ok_or_else(|| Fault::unavailable("the sign-in did not last"))?;
    let clerk = Clerk {
        name: session.name,
        role: None,
        administers: session.administers,
        form_key: session.form_key,
        more: rooms.gate.more,
        at: path.clone(),
    };
    let kept = Kept { path: &path, typed: &kept };
    Ok((cookie, go_on(language, &clerk, &kept, StatusCode::OK)).into_response())
}

async fn sign_out(State(rooms): State<Arc<Rooms>>, headers: HeaderMap) -> Result<Response, Fault> {
    if let Some(token) = rooms.gate.token(&headers) {
        let done = rooms.face.accounts.sign_out(clock::now(), &token);
        done?;
    }
    Ok(([rooms.gate.set_cookie(None)], Redirect::to(SIGN_IN)).into_response())
}

/// What a one-time link is for.
enum Welcome {
    /// The first administrator, and the first posts.
    First,
    /// Somebody who was invited.
    Invited(String),
}

fn meant(accounts: &Accounts, code: &str) -> Option<Welcome> {
    if accounts.first_code().as_deref() == Some(code) {
        return Some(Welcome::First);
    }
    accounts.invited(clock::now(), code).map(Welcome::Invited)
}

async fn welcome(
    State(rooms): State<Arc<Rooms>>,
    Path(code): Path<String>,
    language: Language,
) -> Response {
    match meant(&rooms.face.accounts, &code) {
        Some(welcome) => {
            let sheet = (&Fields::default(), &Faults::default());
            welcome_page(language, &rooms.face.name, &welcome, sheet).into_response()
        }
        None => no_such_link(language),
    }
}

fn no_such_link(language: Language) -> Response {
    let error = AccountsError::NoSuchLink;
    let main = html! {
        p.note { (match language { Language::Chinese => error.zh(), Language::English => error.to_string() }) }
        p { a href=(SIGN_IN) { (language.say("去登录", "Sign in")) } }
    };
    let title = language.say("链接无效", "This link is worth nothing");
    (StatusCode::NOT_FOUND, alone(language, title, &main)).into_response()
}

fn welcome_page(
    language: Language,
    centre: &str,
    welcome: &Welcome,
    (typed, faults): (&Fields, &Faults),
) -> Html<String> {
    let sheet = Sheet { language, typed, faults };
    let new = |name, label| Line::new(name, label).kind("password", "new-password");
    let password = new("password", language.say("设一个密码", "Choose a password"))
        .hint(language.say("至少 8 个字符，中文也可以", "At least 8 characters"));
    let main = html! {
        form.sheet.narrow method="post" {
            (sheet.summary())
            @match welcome {
                Welcome::First => {
                    p { (language.say("两步即可开始收件：您，和您不在时接手的人。", "Two steps and you can take cases: you, and who stands in for you.")) }
                    (sheet.line(Line::new("name", language.say("您的姓名", "Your name")).kind("text", "name")
                        .hint(language.say("以此名收件、受理，并管理本机账号", "Under this name you take cases, and keep the accounts of this machine"))))
                }
                Welcome::Invited(name) => p {
                    b { (name) } (language.say("，您好。请设密码，以后用它登录。", ", welcome. Choose the password with which you will sign in."))
                },
            }
            (sheet.line(password))
            (sheet.line(new("again", language.say("再输一遍", "Once more"))))
            @if matches!(welcome, Welcome::First) {
                (sheet.line(Line::new("partner", language.say("搭档（B 岗）姓名", "Your partner (B post)")).kind("text", "off")
                    .hint(language.say("您不在时由其接手；没有搭档不能受理", "Stands in while you are away; nobody accepts cases without one"))))
            }
            button.main type="submit" { (language.say("开始使用", "Begin")) }
        }
    };
    let title = format!("{centre} {}", language.say("欢迎使用通办", "· welcome to Tongban"));
    alone(language, &title, &main)
}

async fn begin(
    State(rooms): State<Arc<Rooms>>,
    Path(code): Path<String>,
    language: Language,
    typed: Fields,
) -> Result<Response, Fault> {
    let accounts = rooms.face.accounts.clone();
    let Some(welcome) = meant(&accounts, &code) else { return Ok(no_such_link(language)) };
    let again = |faults: &Faults| {
        let page = welcome_page(language, &rooms.face.name, &welcome, (&typed, faults));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    let (name, partner) = match &welcome {
        Welcome::First => (typed.line("name"), Some(typed.line("partner"))),
        Welcome::Invited(name) => (name.clone(), None),
    };
    let faults = check(&typed, &name, partner.as_deref());
    if !faults.is_empty() {
        return again(&faults);
    }
    let password = typed.text("password").to_owned();
    let is_first = matches!(welcome, Welcome::First);
    let _turn = rooms.signing_in.acquire().await;
    let (kept, named) = (accounts.clone(), name.clone());
    let made = tokio::task::spawn_blocking(move || {
        let mut rng = entropy::generator().map_err(|error| error.to_string())?;
        let now = clock::now();
        let done = match is_first {
            true => kept.set_up(now, &mut rng, &code, (&named, &password)),
            false => kept.accept(now, &mut rng, &code, &password).map(|_| ()),
        };
        Ok::<_, String>(done.map(|()| kept.sign_in(now, &mut rng, &named, &password)))
    });
    let made = made.await.map_err(|error| Fault::broken(error.to_string()))?;
    let token = match made.map_err(Fault::broken)? {
        Ok(token) => token.map_err(|error| Fault::broken(error.to_string()))?,
        Err(error) => return again(&blame(&error)),
    };
    let cookie = [rooms.gate.set_cookie(Some(&token))];
    let Some(partner) = partner else {
        return Ok((cookie, Redirect::to("/")).into_response());
    };
    let link = first_posts(&rooms.face.desk, &accounts, &name, &partner).await?;
    let page = ready(language, (&name, &partner), &link);
    Ok((cookie, page).into_response())
}

/// What is wrong, beside the field where it stands.
fn blame(error: &AccountsError) -> Faults {
    let field = match error {
        AccountsError::Password(_) => "password",
        _ => "name",
    };
    Faults::one(field, error.zh(), error.to_string())
}

fn check(typed: &Fields, name: &str, partner: Option<&str>) -> Faults {
    let mut faults = Faults::default();
    if name.is_empty() {
        faults.note("name", "请填姓名", "give your name");
    }
    if typed.text("password") != typed.text("again") {
        faults.note("again", "两次输入的密码不一样", "the two passwords differ");
    }
    match partner {
        Some("") => faults.note("partner", "请填搭档姓名", "name your partner"),
        Some(partner) if partner == name => {
            faults.note("partner", "搭档须是另一个人", "your partner is somebody else");
        }
        _ => {}
    }
    faults
}

/// The first two posts, each the other's partner; returns the partner's one-time link.
async fn first_posts(
    desk: &Desk,
    accounts: &Accounts,
    name: &str,
    partner: &str,
) -> Result<String, Fault> {
    let now = clock::now();
    let until = Timestamp(now.0.saturating_add(FIRST_LEASE_DAYS * 86_400_000));
    for (owner, other, role) in [(name, partner, Role::Window), (partner, name, Role::Partner)] {
        let wish = PostWish {
            kind: EventKind::Appoint,
            name: owner.to_owned(),
            partner: Some(other.to_owned()),
            role: Some(role),
            until: Some(until),
            to: None,
            by: name.to_owned(),
            happened_at: None,
        };
        posts::change_at(desk, now, wish).await?;
    }
    let mut rng = entropy::generator().map_err(|error| Fault::broken(error.to_string()))?;
    let code = accounts.invite(now, &mut rng, (partner, name), None)?;
    Ok(format!("{WELCOME}/{code}"))
}

fn ready(language: Language, (name, partner): (&str, &str), link: &str) -> Html<String> {
    let main = html! {
        p.note role="status" {
            b { (name) } (language.say("，可以收件了。", ", you can take cases now."))
        }
        p {
            (language.say("请把此链接交给 ", "Give this link to ")) b { (partner) }
            (language.say("，由其设密码（三天内有效，只能用一次）：", ", who chooses a password with it (within three days, once):"))
        }
        p { code.link { (link) } }
        p { a.main href="/take" autofocus { (language.say("收第一件", "Take the first case")) } }
    };
    alone(language, language.say("设置完成", "All set"), &main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_house_after_signing_in() {
        for bad in ["", "//evil.example", "https://evil.example", "/\\evil.example", "evil"] {
            assert_eq!(own_path(bad), "/", "{bad}");
        }
        assert_eq!(own_path("/cases/1?x=2"), "/cases/1?x=2");
    }
}
