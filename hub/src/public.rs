//! 公众页: what everybody may see and do without a name, where the hub's settings turn it on.
//!
//! Guides, what each centre really offers, how a case stands, and what its owner says of it. A case
//! is opened with its number and the code on its receipt, and nothing of it that names a person is
//! shown. A form here needs no sign-in: whoever has the code may send it, and a foreign page has no
//! code; the guard refuses what browsers say comes from another site.
//!
//! What is **not** here: sessions, any state of a visitor, and any word of a single rating.

mod centre;
mod item;
mod limit;
mod offer;
mod progress;
mod rate;
mod search;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, html};
use tongban_config::city::City;
use tongban_node::cases::QueryCode;
use tongban_node::clock;
use tongban_node::replica::{Replica, ReplicaError};
use tongban_node::service::Desk;
use tongban_node::store::Store;
use tongban_node::web::fault::Fault;
use tongban_node::web::form::{Faults, Fields, Line, Sheet};
use tongban_node::web::language::Language;
use tongban_node::web::shell::{CSS, Shell, asset};
use tongban_protocol::document::DocumentId;
use tongban_protocol::number::CaseNumber;

use self::limit::{Limiter, Wait};

const STYLE_PATH: &str = "/assets/public.css";

/// What the public pages draw from.
#[derive(Debug)]
pub struct Public {
    desk: Desk,
    city: Arc<City>,
    limiter: Mutex<Limiter>,
}

impl Public {
    /// The public pages of a running hub, whose desk this is.
    #[must_use]
    pub fn new(desk: Desk, city: Arc<City>) -> Self {
        Self { desk, city, limiter: Mutex::default() }
    }

    /// Lets a question about a case through, or says when to ask again.
    fn pass(&self, visitor: Visitor) -> Result<(), Wait> {
        let mut limiter = self.limiter.lock().unwrap_or_else(PoisonError::into_inner);
        limiter.try_pass(clock::steady_ms(), visitor.0)
    }

    /// A page in the frame that all of these have.
    fn page(&self, language: Language, title: &str, main: &Markup) -> Response {
        let name = language.say(&self.city.name_zh, &self.city.name_en);
        let title = match language {
            Language::Chinese => format!("{name}政务服务 · {title}"),
            Language::English => format!("{name} government services · {title}"),
        };
        let links = [
            ("/public/", language.say("办事指南", "guides")),
            ("/public/centres/", language.say("服务中心", "centres")),
            ("/public/progress", language.say("进度查询", "progress")),
            ("/public/rate", language.say("服务评价", "rate")),
        ];
        let shell = Shell {
            language,
            title: &title,
            styles: &[STYLE_PATH],
            script: None,
            is_live: false,
            links: &links,
            clerk: None,
        };
        shell.page(main).into_response()
    }

    /// The page that says why there is nothing to see.
    fn sorry(&self, language: Language, fault: &Fault) -> Response {
        let title = language.say("无法显示", "cannot be shown");
        let main = html! { p.note role="alert" { (language.say(&fault.zh, &fault.en)) } };
        (fault.status, self.page(language, title, &main)).into_response()
    }
}

/// The public pages, all under `/public/`.
pub fn router(public: Arc<Public>) -> Router {
    Router::new()
        .route("/public", get(async || Redirect::permanent("/public/")))
        .route("/public/", get(search::show))
        .route("/public/items/{id}", get(item::show))
        .route("/public/centres/", get(centre::list))
        .route("/public/centres/{division}", get(centre::show))
        .route("/public/progress", get(progress::ask).post(progress::tell))
        .route("/public/rate", get(rate::ask).post(rate::take))
        .route(STYLE_PATH, get(async || asset(CSS, include_str!("public/assets/public.css"))))
        .with_state(public)
}

/// From where somebody asks.
#[derive(Clone, Copy, Debug)]
struct Visitor(IpAddr);

impl<S: Sync> FromRequestParts<S> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |it| it.0.ip());
        let forwarded = parts.headers.get_all("x-forwarded-for").into_iter().next_back();
        Ok(Self(from_whom(peer, forwarded.and_then(|it| it.to_str().ok()))))
    }
}

/// Whoever asks: the peer, or for whom a web server on this machine says that it asks; what others
/// say of themselves counts for nothing.
fn from_whom(peer: IpAddr, forwarded: Option<&str>) -> IpAddr {
    let last = forwarded.and_then(|all| all.rsplit(',').next()?.trim().parse().ok());
    last.filter(|_| peer.to_canonical().is_loopback()).unwrap_or(peer)
}

/// Number and code, as the applicant has them on paper.
struct Slip {
    number: CaseNumber,
    code: QueryCode,
}

impl Slip {
    /// Reads number and code; what can be seen to be wrong without looking is said beside each.
    fn read(typed: &Fields) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let number = typed.line("number").parse::<CaseNumber>();
        if let Err(error) = &number {
            faults.note("number", error.zh(), error.to_string());
        }
        let code = typed.line("code").parse::<QueryCode>();
        if let Err(error) = &code {
            faults.note("code", error.zh(), error.to_string());
        }
        Ok(Self { number: number.map_err(|_| faults.clone())?, code: code.map_err(|_| faults)? })
    }

    /// The case that it opens. An unknown number and a wrong code are the same nothing.
    fn open<S: Store>(&self, replica: &Replica<S>) -> Result<Option<DocumentId>, ReplicaError> {
        for id in replica.numbered(&self.number.to_string())? {
            if replica.case(id)?.is_some_and(|file| self.code.opens(&file)) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// What is said where it opens nothing.
    fn no_match() -> Faults {
        Faults::one(
            "code",
            "没有编号和查询码相符的办件：请对照收件凭证重新输入；刚收的件可能尚未传到市中心，请稍后再查",
            "no case has this number and this code: compare them with the receipt; what was taken just now may not have reached the city yet",
        )
    }
}

/// The two fields of the receipt.
fn slip_fields(sheet: Sheet<'_>) -> Markup {
    let language = sheet.language;
    let number = Line::new("number", language.say("办件编号", "Number of the case"));
    let code = Line::new("code", language.say("查询码", "Query code"));
    html! {
        (sheet.line(number.hint(language.say("见收件凭证，形如 510921103-20261102-MB7I-00001-O", "on the receipt, such as 510921103-20261102-MB7I-00001-O"))))
        (sheet.line(code.hint(language.say("见收件凭证，8 位", "on the receipt, 8 characters"))))
    }
}

/// What is wrong when somebody asks too often.
fn too_often(wait: Wait) -> Faults {
    let seconds = wait.seconds;
    Faults::one(
        "number",
        format!("查询过于频繁，请 {seconds} 秒后再试"),
        format!("too many questions; please try again in {seconds} seconds"),
    )
}

/// An answer that says when to come again.
fn held_back(wait: Wait, page: Response) -> Response {
    let mut answer = (StatusCode::TOO_MANY_REQUESTS, page).into_response();
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait.seconds));
    answer
}
