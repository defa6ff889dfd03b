//! Signing in and out, and the one-time links with which people begin ([`welcome`]).

mod welcome;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;

use super::Rooms;
use super::fault::Fault;
use super::form::{Faults, Fields, Line, Sheet, key};
use super::gate::{Clerk, SIGN_IN};
use super::language::Language;
use super::shell::Shell;
use crate::accounts::{Accounts, SignInError};
use crate::{clock, entropy};

pub(super) use welcome::{WELCOME, handed_over};

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
        .route("/welcome/{code}", get(welcome::show).post(welcome::begin))
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
            (sheet.summary_of_question())
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
    Shell { language, title, styles: &[], script: None, is_live: false, links: &[], clerk: None }
        .page(main)
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
