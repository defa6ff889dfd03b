//! What stands before every page and handler: who may ask, and what browsers must not do.
//!
//! Who it is that asks is found out behind it, in [`super::gate`]. A page of another site in the
//! clerk's own browser can reach this address too, so two doors are shut here. A name that was
//! re-pointed at this machine (DNS rebinding) is not among [`Hosts`]; and a change comes either with
//! a content type that no form and no foreign script can send unasked, or as a form from a page of
//! this machine (request forgery).

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, HeaderValue,
    REFERRER_POLICY, SET_COOKIE, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use super::excuse::Person;
use super::fault::Fault;
use super::language::Language;
use super::upload::MULTIPART;

/// The names under which browsers may call this service.
#[derive(Clone, Debug)]
pub struct Hosts {
    names: BTreeSet<String>,
    is_remote: bool,
}

impl Hosts {
    /// The names for a service on `listen`: always those of the loopback; `more`, without port;
    /// and any bare address if other machines can reach it, since an address cannot be re-pointed.
    #[must_use]
    pub fn new(listen: SocketAddr, more: impl IntoIterator<Item = String>) -> Self {
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        let more = more.into_iter().map(|name| name.to_ascii_lowercase());
        let names = loopback.into_iter().chain(more).collect();
        Self { names, is_remote: !listen.ip().is_loopback() }
    }

    /// True when a `Host` header names this service; its port does not matter.
    #[must_use]
    pub fn contains(&self, host: &str) -> bool {
        let bracket = host.find(']').map_or(0, |at| at + 1);
        let end = host[bracket..].find(':').map_or(host.len(), |at| bracket + at);
        let name = &host[..end];
        let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let is_address = name.parse::<IpAddr>().is_ok()
            || inner.is_some_and(|name| name.parse::<Ipv6Addr>().is_ok());
        self.names.contains(&name.to_ascii_lowercase()) || (self.is_remote && is_address)
    }
}

/// Puts the guard before everything that a router serves.
pub fn guarded(router: Router, hosts: Hosts) -> Router {
    router.layer(from_fn_with_state(Arc::new(hosts), guard))
}

async fn guard(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let chosen = Language::in_query(request.uri().query());
    let person = Person::asking(&request);
    let response = match refusal(&hosts, &request) {
        Some(fault) => fault.into_response(),
        None => next.run(request).await,
    };
    let mut response = match person {
        Some(person) => person.read(response),
        None => response,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Some(language) = chosen {
        headers.append(SET_COOKIE, HeaderValue::from_static(cookie(language)));
    }
    response
}

fn refusal(hosts: &Hosts, request: &Request) -> Option<Fault> {
    let header = |name: HeaderName| request.headers().get(name).and_then(|it| it.to_str().ok());
    let host = request.uri().authority().map(|it| it.as_str()).or_else(|| header(HOST));
    if !host.is_some_and(|host| hosts.contains(host)) {
        return Some(Fault {
            status: StatusCode::MISDIRECTED_REQUEST,
            zh: "本服务不以此名称提供；请使用 http://localhost 加端口号访问".to_owned(),
            en: "this service is not known by that name; use http://localhost and its port"
                .to_owned(),
            what: host.unwrap_or("no Host header").chars().take(100).collect(),
            place: "Host",
        });
    }
    if let Some(origin) = foreign(request) {
        return Some(Fault {
            status: StatusCode::FORBIDDEN,
            zh: "此表单来自别的网站，已拒绝；请从本机页面操作".to_owned(),
            en: "this form comes from another site and was refused; use the pages of this machine"
                .to_owned(),
            what: origin.chars().take(100).collect(),
            place: "Origin",
        });
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let content = header(CONTENT_TYPE).unwrap_or("none");
    let essence = content.split(';').next().unwrap_or("").trim();
    let is_form = [FORM, MULTIPART].iter().any(|form| essence.eq_ignore_ascii_case(form))
        && !request.uri().path().starts_with("/api/");
    if !is_read
        && !is_form
        && !CONTENT_TYPES.iter().any(|allowed| essence.eq_ignore_ascii_case(allowed))
    {
        return Some(Fault {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            zh: format!("请求须带 Content-Type：{}", CONTENT_TYPES.join(" 或 ")),
            en: format!("the request needs a Content-Type: {}", CONTENT_TYPES.join(" or ")),
            what: content.chars().take(100).collect(),
            place: "Content-Type",
        });
    }
    None
}

/// Where a change comes from, if that is another site. Old browsers do not say; their forms still
/// need the key of a sign-in.
fn foreign(request: &Request) -> Option<&str> {
    let header = |name: &str| request.headers().get(name).and_then(|it| it.to_str().ok());
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    match header("sec-fetch-site") {
        Some("same-origin" | "none") => None,
        Some(site) => Some(header("origin").unwrap_or(site)),
        None => {
            let host =
                request.uri().authority().map(|it| it.as_str()).or_else(|| header("host"))?;
            let is_own = |origin: &&str| origin.split_once("://").is_some_and(|it| it.1 == host);
            header("origin").filter(|origin| !is_own(origin))
        }
    }
}

/// Where the browser reached this service, as `http://10.1.2.3:7181`: what a link begins with that
/// is handed to somebody else.
#[derive(Clone, Debug)]
pub(super) struct Address(pub String);

impl<S: Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = |name: &str| parts.headers.get(name).and_then(|it| it.to_str().ok());
        // The guard let this name pass. A form's origin says besides whether TLS stands before us.
        let host = parts.uri.authority().map(|it| it.as_str()).or_else(|| header("host"));
        let host = host.unwrap_or("localhost");
        let is_own = |origin: &&str| origin.split_once("://").is_some_and(|it| it.1 == host);
        let own = header("origin").filter(is_own).map(str::to_owned);
        Ok(Self(own.unwrap_or_else(|| format!("http://{host}"))))
    }
}

impl Address {
    /// True where only browsers on this machine can go there.
    pub(super) fn is_loopback(&self) -> bool {
        let host = self.0.split_once("://").map_or("", |it| it.1);
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|own| {
            host.strip_prefix(own).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    }
}

const fn cookie(language: Language) -> &'static str {
    match language {
        Language::Chinese => "lang=zh; Path=/; SameSite=Lax; Max-Age=31536000",
        Language::English => "lang=en; Path=/; SameSite=Lax; Max-Age=31536000",
    }
}

/// What the forms of pages are sent as.
pub(super) const FORM: &str = "application/x-www-form-urlencoded";

/// What a change may be sent as; a foreign page cannot send either without being asked first.
const CONTENT_TYPES: [&str; 2] = ["application/json", "application/octet-stream"];

const HEADERS: [(HeaderName, &str); 3] = [
    (
        CONTENT_SECURITY_POLICY,
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    ),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (REFERRER_POLICY, "same-origin"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_names_are_hosts_and_ports_do_not_matter() {
        let hosts = Hosts::new("127.0.0.1:7181".parse().unwrap(), ["Tongban.Suining".to_owned()]);
        for good in ["localhost", "LOCALHOST:7181", "127.0.0.1:1", "[::1]:80", "tongban.suining"] {
            assert!(hosts.contains(good), "{good}");
        }
        for bad in ["", ":80", "evil.example", "localhost.evil.example", "10.0.0.1", "[::1", "]:["]
        {
            assert!(!hosts.contains(bad), "{bad}");
        }
    }

    #[test]
    fn a_service_for_other_machines_takes_bare_addresses_but_no_names() {
        let hosts = Hosts::new("0.0.0.0:7181".parse().unwrap(), []);
        assert!(hosts.contains("10.1.2.3:7181") && hosts.contains("[fd00::7]:7181"));
        assert!(!hosts.contains("rebound.example:7181"));
    }
}
