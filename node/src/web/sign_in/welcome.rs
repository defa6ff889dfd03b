//! 一次性链接: the pages with which people begin, and the links that lead there.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use tongban_protocol::document::{EventKind, Role};
use tongban_protocol::time::Timestamp;

use super::alone;
use crate::accounts::{Accounts, AccountsError, checked_name};
use crate::posts::{self, PostWish};
use crate::service::Desk;
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Line, Sheet};
use crate::web::gate::SIGN_IN;
use crate::web::guard::Address;
use crate::web::language::Language;
use crate::{clock, entropy};

/// Days for which the first posts are leased.
const FIRST_LEASE_DAYS: i64 = 365;

/// Where one-time links lead.
pub(in crate::web) const WELCOME: &str = "/welcome";

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

pub(super) async fn show(
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

pub(super) async fn begin(
    State(rooms): State<Arc<Rooms>>,
    Path(code): Path<String>,
    language: Language,
    address: Address,
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
    let path = first_posts(&rooms.face.desk, &accounts, &name, &partner).await?;
    let page = ready(language, (&name, &partner), (&address, &path));
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
    for (field, name) in [("name", Some(name)), ("partner", partner)] {
        if let Some(Err(error)) = name.filter(|name| !name.is_empty()).map(checked_name) {
            faults.note(field, error.zh(), error.to_string());
        }
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

/// A one-time link, whole, to be copied and handed to whom it is for.
pub(in crate::web) fn handed_over(
    language: Language,
    name: &str,
    (address, path): (&Address, &str),
) -> Markup {
    html! {
        p {
            label for="link" {
                (language.say("请把此链接交给 ", "Give this link to ")) b { (name) }
                (language.say("，由其设密码（三天内有效，只能用一次）：", ", who chooses a password with it (within three days, once):"))
            }
            input #link .link readonly size="60" value={ (address.0) (path) };
            @if address.is_loopback() {
                br; span.quiet { (language.say(
                    "此链接只能在本机打开；在别的电脑上办公的，请管理员先用那里能访问的地址打开本页，再发链接。",
                    "It opens on this machine only; for somebody at another one, open this page under the address that is reached from there, and give a link again.",
                )) }
            }
        }
    }
}

fn ready(
    language: Language,
    (name, partner): (&str, &str),
    link: (&Address, &str),
) -> Html<String> {
    let main = html! {
        p.note role="status" {
            b { (name) } (language.say("，可以收件了。", ", you can take cases now."))
        }
        (handed_over(language, partner, link))
        p { a.main href="/take" autofocus { (language.say("收第一件", "Take the first case")) } }
    };
    alone(language, language.say("设置完成", "All set"), &main)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_account_can_be_called_is_refused_before_anything_is_set_up() {
        let typed = Fields::default();
        let long = "长".repeat(61);
        for (name, partner, field) in [(&*long, "李秀英", "name"), ("周敏", &*long, "partner")]
        {
            let faults = check(&typed, name, Some(partner));
            let said = faults.of(field, Language::Chinese).unwrap_or_default();
            assert!(said.contains("1 至 60 字"), "{field}: {said}");
        }
        assert!(check(&typed, "周敏", Some("李秀英")).is_empty());
    }
}
