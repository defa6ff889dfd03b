//! Who asks: a person who is signed in, or a program with a token.
//!
//! The gate stands behind [`super::guard`] and before every handler. It reads the cookie or the
//! token, and of a form what was typed; a form without the key of its sign-in goes no further, so
//! that no foreign page can send one. What was typed is never lost: a form that comes after its
//! sign-in ended is kept in the page that asks for the password, and goes on from there.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use tongban_config::text::decode;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::Role;
use tongban_protocol::place::Division;

use super::BODY_BYTES_MAX;
use super::fault::Fault;
use super::form::Fields;
use super::language::Language;
use super::shell::Door;
use super::sign_in::{self, Kept};
use super::upload::{self, Upload};
use crate::accounts::{Accounts, DEVICE_MS, DeviceSession, SESSION_MS, Scope, Session, needed};
use crate::clock;
use crate::posts;
use crate::service::Desk;

/// Longest form of somebody who is signed in, in bytes: a file of 2 MiB, of which each byte may
/// take three.
const FORM_BYTES_MAX: usize = 6 << 20;
/// The page whose form brings a list, of which what was chosen is kept whoever sends it.
const LISTS: &str = "/import";
/// Longest form with a list in it, in bytes: the list, pasted into a field, where every byte of
/// Chinese takes three.
const UPLOAD_BYTES_MAX: usize = 3 * crate::import::FILE_BYTES_MAX + 64 * 1024;

/// Where people sign in.
pub(super) const SIGN_IN: &str = "/sign-in";

/// What is served to whoever asks, besides the pages that [`Gate::open`] names.
const OPEN: [&str; 6] =
    ["/assets/", "/healthz", "/metrics", "/api/v1/openapi.json", SIGN_IN, "/welcome/"];

/// Lets in whoever may come in.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The accounts of this machine.
    pub accounts: Arc<Accounts>,
    /// Knows the posts.
    pub desk: Desk,
    /// The centre, which is in the cookie's name: machines on one host keep theirs apart.
    pub centre: Division,
    /// Pages that everybody may see; one that ends with `/` stands for all below it.
    pub open: &'static [&'static str],
    /// What stands in the menu besides that of every machine.
    pub more: &'static [Door],
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct Clerk {
    /// The name under which they record.
    pub name: String,
    /// In which capacity, by their post; none without one.
    pub role: Option<Role>,
    /// True for whoever keeps the accounts.
    pub administers: bool,
    /// What each of their forms carries.
    pub form_key: String,
    /// What stands in their menu besides that of every machine.
    pub more: &'static [Door],
    /// The page that they asked for.
    pub at: String,
}

impl Clerk {
    /// Lets whoever has the post of a supervisor pass.
    ///
    /// # Errors
    ///
    /// What is said to everybody else.
    pub fn check_supervisor(&self) -> Result<(), Fault> {
        if self.role == Some(Role::Supervisor) {
            return Ok(());
        }
        Err(Fault {
            status: StatusCode::FORBIDDEN,
            ..Fault::ruled(
                "role",
                "只有监察岗可以办理；岗位由管理员在“人员”页设定",
                "this takes the post of a supervisor; the administrator gives posts on the staff \
                 page"
                    .to_owned(),
            )
        })
    }
}

impl<S: Sync> FromRequestParts<S> for Clerk {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| unknown("no session"))
    }
}

/// Who is signed in, on a page that everybody may see.
#[derive(Clone, Debug)]
pub struct Anybody(pub Option<Clerk>);

impl<S: Sync> FromRequestParts<S> for Anybody {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get().cloned()))
    }
}

/// Who stands before a page of the hall: a clerk, or anybody at a browser that a clerk opened for
/// that page.
#[derive(Clone, Debug)]
pub struct Hall {
    /// Who is signed in; nobody at a browser of the hall.
    pub clerk: Option<Clerk>,
    /// What each form of the page carries.
    pub form_key: String,
}

impl<S: Sync> FromRequestParts<S> for Hall {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        let clerk = parts.extensions.get::<Clerk>().cloned();
        let device = parts.extensions.get::<DeviceSession>().map(|it| it.form_key.clone());
        let form_key = clerk.as_ref().map(|clerk| clerk.form_key.clone()).or(device);
        form_key.map(|form_key| Self { clerk, form_key }).ok_or_else(|| unknown("no session"))
    }
}

/// Whether it is known who asks, by a sign-in or a token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Asker {
    /// It is.
    Known,
    /// Anybody at all.
    Stranger,
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get().copied().unwrap_or(Self::Stranger))
    }
}

/// Puts the gate before everything that a router serves.
pub fn gated(router: Router, gate: Gate) -> Router {
    router.layer(from_fn_with_state(Arc::new(gate), pass))
}

impl Gate {
    fn cookie_name(&self) -> String {
        format!("tongban_{}", self.centre)
    }

    /// What the browser keeps of a sign-in, as it sent it.
    pub(super) fn token(&self, headers: &HeaderMap) -> Option<String> {
        let name = self.cookie_name();
        let cookies = headers.get_all(COOKIE).into_iter().filter_map(|it| it.to_str().ok());
        let mut pairs = cookies.flat_map(|text| text.split(';'));
        let found = pairs.find_map(|pair| pair.trim().strip_prefix(&name)?.strip_prefix('='));
        found.map(str::to_owned)
    }

    /// The header that makes the browser keep a sign-in, or forget it.
    pub(super) fn set_cookie(&self, token: Option<&str>) -> (axum::http::HeaderName, HeaderValue) {
        token.map_or_else(|| self.cookie("", 0), |token| self.cookie(token, SESSION_MS))
    }

    /// The header that makes the browser keep the sign-in of a machine in the hall.
    pub(super) fn set_device(&self, token: &str) -> (axum::http::HeaderName, HeaderValue) {
        self.cookie(token, DEVICE_MS)
    }

    fn cookie(&self, token: &str, lasts_ms: i64) -> (axum::http::HeaderName, HeaderValue) {
        let seconds = lasts_ms / 1_000;
        let text = format!(
            "{}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}",
            self.cookie_name()
        );
        (SET_COOKIE, HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("")))
    }

    fn is_open(&self, path: &str) -> bool {
        OPEN.iter().chain(self.open).any(|open| match open.strip_suffix('/') {
            Some(folder) if !folder.is_empty() => {
                path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
            }
            _ => path == *open,
        })
    }

    /// Whose session it is, as their post stands today.
    async fn clerk(&self, session: Session, at: &str) -> Result<Clerk, Response> {
        let Session { name, administers, form_key, .. } = session;
        let (asked, today) = (name.clone(), civil_day(clock::now()));
        let post = self.desk.ask(move |engine| posts::of(engine.replica(), &asked)).await;
        let post = post.map_err(|closed| Fault::from(closed).into_response())?;
        let post = post.map_err(|error| Fault::from(error).into_response())?;
        let role = post.filter(|post| post.gap(today).is_none());
        let role = role.and_then(|post| Some(post.appointment?.role));
        Ok(Clerk { name, role, administers, form_key, more: self.more, at: at.to_owned() })
    }
}

async fn pass(State(gate): State<Arc<Gate>>, mut request: Request, next: Next) -> Response {
    let now = clock::now();
    let path = request.uri().path().to_owned();
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let token = gate.token(request.headers());
    let session = token.as_deref().and_then(|token| gate.accounts.session(now, token));
    let device = token.and_then(|token| gate.accounts.device(now, &token));
    let device = device.filter(|it| it.device.reaches(is_read, &path));
    if path.starts_with("/api/") && !gate.is_open(&path) {
        let scope = match bearer(request.headers()) {
            Some(token) => gate.accounts.scope(now, token),
            None => session.map(|_| Scope::Read), // A page's own script asks, and changes nothing.
        };
        return match (scope, needed(is_read, &path)) {
            (None, _) => unknown(&path).into_response(),
            (Some(scope), needed) if scope < needed => narrow(scope, needed).into_response(),
            (Some(_), _) => {
                request.extensions_mut().insert(Asker::Known);
                next.run(request).await
            }
        };
    }
    let shown = bearer(request.headers()).and_then(|token| gate.accounts.scope(now, token));
    if session.is_some() || shown.is_some() {
        request.extensions_mut().insert(Asker::Known);
    }
    let clerk = match session {
        None => None,
        Some(session) => match gate.clerk(session, &path).await {
            Ok(clerk) => Some(clerk),
            Err(response) => return response,
        },
    };
    let mut typed = None;
    if !is_read {
        (request, typed) = match read_form(request, clerk.is_some()).await {
            Ok(read) => read,
            Err(fault) => return fault.into_response(),
        };
    }
    let is_open = gate.is_open(&path);
    let is_own = |clerk: &Clerk, typed: &Fields| typed.text("form_key") == clerk.form_key;
    let is_of = |device: &DeviceSession, typed: &Fields| typed.text("form_key") == device.form_key;
    match (&clerk, &typed) {
        (None, Some(typed)) if device.as_ref().is_some_and(|it| !is_of(it, typed)) => {
            return Redirect::to(&path).into_response(); // From a page before it was opened anew.
        }
        (None, _) if device.is_some() => {}
        (None, _) if !is_open => {
            return ask(&gate, &request, typed.map(|it| with_file(&request, it)), &path);
        }
        (Some(clerk), Some(typed)) if !is_open && !is_own(clerk, typed) => {
            let language = Language::of(request.uri().query(), request.headers());
            let typed = with_file(&request, typed.clone());
            let kept = Kept { path: &path, typed: &typed };
            return sign_in::go_on(language, clerk, &kept, StatusCode::FORBIDDEN).into_response();
        }
        _ => {}
    }
    let extensions = request.extensions_mut();
    extensions.insert(typed.unwrap_or_default());
    if let Some(clerk) = clerk {
        extensions.insert(clerk);
    } else if let Some(device) = device {
        extensions.insert(device);
    }
    next.run(request).await
}

/// What was typed, if the request is a form; a file that came with it goes on beside it.
async fn read_form(
    request: Request,
    is_signed_in: bool,
) -> Result<(Request, Option<Fields>), Fault> {
    let content = request.headers().get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let boundary = content.and_then(upload::boundary);
    if boundary.is_none() && !is_form(request.headers()) {
        return Ok((request, None));
    }
    let most = match (request.uri().path(), is_signed_in) {
        (LISTS, _) => UPLOAD_BYTES_MAX,
        (_, true) => FORM_BYTES_MAX,
        (_, false) => BODY_BYTES_MAX,
    };
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, most).await else {
        return Err(Fault {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            zh: format!("内容过长：最多 {most} 字节，请拆分"),
            en: format!("this is too long: {most} bytes at most; split it"),
            ..Fault::malformed("body", "the form is too long")
        });
    };
    let typed = match boundary {
        Some(boundary) => {
            let (fields, file) = upload::take_apart(&bytes, &boundary);
            parts.extensions.insert(file.unwrap_or_default());
            fields
        }
        None => Fields::parse(&bytes),
    };
    Ok((Request::from_parts(parts, Body::from(bytes)), Some(typed)))
}

/// A form that is kept, with the text of its file in the field where it could have been pasted.
fn with_file(request: &Request, typed: Fields) -> Fields {
    let file = request.extensions().get::<Upload>().filter(|file| !file.bytes.is_empty());
    match file.and_then(|file| Some((file, decode(&file.bytes).ok()?))) {
        Some((file, text)) => typed.with("text", text).with("file", file.name.clone()),
        None => typed,
    }
}

/// Asks who it is; what was typed is kept.
fn ask(gate: &Gate, request: &Request, typed: Option<Fields>, path: &str) -> Response {
    let language = Language::of(request.uri().query(), request.headers());
    match typed {
        Some(typed) => {
            let kept = Kept { path, typed: &typed };
            let page = sign_in::page(language, &gate.accounts, Some(&kept), None);
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
        None => {
            let wanted = request.uri().path_and_query().map_or("/", |it| it.as_str());
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("next", wanted)
                .finish();
            Redirect::to(&format!("{SIGN_IN}?{query}")).into_response()
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").map(str::trim)
}

fn is_form(headers: &HeaderMap) -> bool {
    let content = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    content.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(super::guard::FORM)
}

fn unknown(what: &str) -> Fault {
    Fault {
        status: StatusCode::UNAUTHORIZED,
        zh: "请先登录；程序须带 Authorization: Bearer 令牌（由管理员在“人员”页发放）".to_owned(),
        en: "sign in first; a program needs Authorization: Bearer and a token, which the \
             administrator gives on the staff page"
            .to_owned(),
        ..Fault::malformed("Authorization", what)
    }
}

fn narrow(scope: Scope, needed: Scope) -> Fault {
    Fault {
        status: StatusCode::FORBIDDEN,
        zh: format!("此令牌只限“{}”，此接口需要“{}”", scope.zh(), needed.zh()),
        en: format!("this token is for `{}` only, and this needs `{}`", scope.en(), needed.en()),
        ..Fault::malformed("Authorization", scope.en())
    }
}
