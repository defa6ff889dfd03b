//! 入网: a token for a centre as text and as a picture, the tokens that are out, and the machines.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;
use serde::Deserialize;
use tongban_config::address::{AddressError, HostPort};
use tongban_config::city::City;
use tongban_config::tree::Centre;
use tongban_node::service::Desk;
use tongban_node::web::fault::Fault;
use tongban_node::web::form::{Faults, Fields, Line, Sheet, key};
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::shell::clock as shown;
use tongban_node::web::{desk_page, desk_sorry};
use tongban_node::{clock, entropy};
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::{Division, Tier};
use tongban_protocol::time::Timestamp;

use super::issued::{Given, Issued};
use super::{EnrolmentError, Office, TOKEN_LIFE, TokenLine};
use crate::desk::{MachineLine, machines, revoke_at};
use crate::proposals::page::new_id;

/// The page.
pub(crate) const PATH: &str = "/office/enrol";

/// Longest life of a token, in days.
const DAYS_MAX: u16 = 90;

const DAY_MS: i64 = 86_400_000;

/// Side of the picture of a token, in pixels at least.
const PICTURE_PX: u32 = 260;

/// What the page draws from.
#[derive(Debug)]
struct Rooms {
    desk: Desk,
    data_dir: PathBuf,
    city: Arc<City>,
    address: String,
    issued: Mutex<Issued>,
}

/// The page; `address` is where machines reach the hub, `host:port`.
pub(crate) fn router(desk: Desk, data_dir: PathBuf, city: Arc<City>, address: String) -> Router {
    let issued = Mutex::default();
    let rooms = Arc::new(Rooms { desk, data_dir, city, address, issued });
    Router::new().route(PATH, get(show).post(act)).with_state(rooms)
}

/// Which token was just issued.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    given: String,
}

async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(Asked { given }): Query<Asked>,
) -> Response {
    let given = rooms.issued().take(&given, &clerk.form_key);
    draw(&rooms, &clerk, (language, &fresh(&rooms), &Faults::default()), given.as_ref()).await
}

fn fresh(rooms: &Rooms) -> Fields {
    let days = TOKEN_LIFE.as_secs() / 86_400;
    let form = Fields::default().with("form", new_id(clock::now()).to_string());
    form.with("address", rooms.address.clone()).with("days", days.to_string())
}

impl Rooms {
    fn issued(&self) -> MutexGuard<'_, Issued> {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn not_administrator() -> Fault {
    Fault {
        status: StatusCode::FORBIDDEN,
        zh: "只有市中心的管理员可以办理入网".to_owned(),
        en: "only an administrator of the city enrols machines".to_owned(),
        ..Fault::refused("by", "")
    }
}

async fn draw(
    rooms: &Rooms,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
    given: Option<&Given>,
) -> Response {
    if !clerk.administers {
        return desk_sorry(clerk, language, not_administrator());
    }
    let listed = match rooms.desk.ask(|engine| machines(engine.replica())).await {
        Ok(Ok(listed)) => listed,
        Ok(Err(error)) => return desk_sorry(clerk, language, error.into()),
        Err(closed) => return desk_sorry(clerk, language, closed.into()),
    };
    let tokens = Office::load(&rooms.data_dir, rooms.city.clone()).and_then(|it| it.tokens());
    let (tokens, unread) = match tokens {
        Ok(tokens) => tokens,
        Err(error) => return desk_sorry(clerk, language, error.into()),
    };
    let sheet = Sheet { language, typed, faults };
    let main = html! {
        (sheet.summary())
        @if let Some(given) = given { (paper(given, language)) }
        div.screen {
            (issuing(rooms, &listed, &sheet, clerk))
            (out(rooms, (&tokens, &unread), clerk, language))
            (enrolled(rooms, &listed, clerk, language))
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, desk_page(clerk, language, language.say("入网", "Enrolment"), &main)).into_response()
}

/// What is handed to the centre: on paper, or copied.
fn paper(given: &Given, language: Language) -> Markup {
    let (token, until) = (given.token.to_string(), shown(given.token.expires_at));
    let code = QrCode::new(token.as_bytes()).ok(); // A token is far below what one holds.
    let picture = code
        .map(|code| code.render::<svg::Color<'_>>().min_dimensions(PICTURE_PX, PICTURE_PX).build());
    let words = language.say("入网令牌的二维码", "the token as a picture");
    html! {
        section.paper {
            h2 { (language.say("入网令牌：", "Token of ")) (given.name) " " (given.token.centre) }
            p { (language.say("只显示这一次，只能用一次，有效至 ", "Shown this once, good once, until ")) b { (until) } }
            p { code.link id="token" { (token) } }
            @if let Some(picture) = picture {
                // The picture stands in the page itself, without the head of a file.
                @let drawn = picture.find("<svg").map_or("", |at| &picture[at..]);
                figure.code role="img" aria-label=(words) { (PreEscaped(drawn)) }
            }
            p { (language.say("在该中心的机器上：", "On the centre's machine:")) }
            pre { "tongban-node --data-dir /var/lib/tongban join " (token) "\n" "tongban-node --data-dir /var/lib/tongban run" }
            p { (language.say("全市根密钥指纹（与市中心核对）：", "Fingerprint of the city's root, to compare: ")) br; code { (given.fingerprint) } }
        }
    }
}

fn issuing(rooms: &Rooms, listed: &[MachineLine], sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let root = rooms.city.tree.root();
    let has_machine = |centre: &Centre| {
        let code = centre.division.to_string();
        listed.iter().any(|it| it.centre == code && it.revoked_from.is_none())
    };
    let option = |centre: &Centre| {
        let code = centre.division.to_string();
        let name = language.say(&centre.name_zh, &centre.name_en);
        let mark = if has_machine(centre) {
            language.say("（已有机器）", " (has a machine)")
        } else {
            ""
        };
        html! { option value=(code) selected[sheet.typed.text("centre") == code] { (code) " " (name) (mark) } }
    };
    html! {
        section {
            h2 { (language.say("发入网令牌", "Issue a token")) }
            form.sheet method="post" action=(PATH) {
                (key(clerk))
                input type="hidden" name="form" value=(sheet.typed.text("form"));
                div.field {
                    label for="centre" { (language.say("中心", "Centre")) }
                    select id="centre" name="centre" {
                        @for county in rooms.city.tree.children(root.division) {
                            optgroup label=(language.say(&county.name_zh, &county.name_en)) {
                                (option(county))
                                @if county.tier == Tier::County {
                                    @for town in rooms.city.tree.children(county.division) { (option(town)) }
                                }
                            }
                        }
                    }
                    (sheet.notes("centre", ""))
                }
                (sheet.line(Line::new("address", language.say("市中心枢纽的地址", "Address of the hub"))
                    .hint(language.say("该中心的机器以此地址连接，形如 hub.suining.example:7443", "where its machine reaches the hub, such as hub.suining.example:7443"))))
                (sheet.line(Line::new("days", language.say("有效天数", "Days for which it is good")).kind("number", "off")))
                button.main name="act" value="issue" { (language.say("发令牌", "Issue it")) }
            }
        }
    }
}

fn out(
    rooms: &Rooms,
    (tokens, unread): (&[TokenLine], &[EnrolmentError]),
    clerk: &Clerk,
    language: Language,
) -> Markup {
    let now = clock::now();
    let is_open =
        |it: &&TokenLine| it.used_at.is_none() && it.taken_back.is_none() && now < it.expires_at;
    let (open, closed): (Vec<&TokenLine>, Vec<&TokenLine>) = tokens.iter().partition(is_open);
    html! {
        section {
            h2 { (language.say("未用的令牌", "Tokens that are out")) }
            @for error in unread { p.note role="alert" { (error) } }
            @if open.is_empty() { p.quiet { (language.say("没有。", "None.")) } }
            @else { (token_table(rooms, &open, Some(clerk), language)) }
            @if !closed.is_empty() { details {
                summary { (language.say("已用、已收回、已过期", "used, taken back, expired")) " " (closed.len()) }
                (token_table(rooms, &closed, None, language))
            } }
        }
    }
}

fn token_table(
    rooms: &Rooms,
    tokens: &[&TokenLine],
    clerk: Option<&Clerk>,
    language: Language,
) -> Markup {
    let heads = match language {
        Language::Chinese => ["中心", "发放", "有效至", "状态"],
        Language::English => ["centre", "issued", "until", "state"],
    };
    let act = |act: &(String, Timestamp)| format!("{} {}", act.0, shown(act.1));
    html! {
        div.scroll { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for it in tokens { tr {
                td { (it.centre) " " (name(rooms, it.centre, language)) }
                td { (it.issued.as_ref().map_or_else(|| language.say("命令行", "command line").to_owned(), act)) }
                td.time { (shown(it.expires_at)) }
                td {
                    @if let Some(at) = it.used_at { (language.say("已用于 ", "used at ")) (shown(at)) }
                    @else if let Some(back) = &it.taken_back { (language.say("已收回：", "taken back: ")) (act(back)) }
                    @else if let Some(clerk) = clerk {
                        form.inline method="post" action=(PATH) {
                            (key(clerk))
                            input type="hidden" name="token" value=(it.name);
                            button name="act" value="take-back" { (language.say("收回", "take back")) }
                        }
                    } @else { (language.say("已过期", "expired")) }
                }
            } } }
        } }
    }
}

fn name(rooms: &Rooms, division: Division, language: Language) -> String {
    let centre = rooms.city.tree.centre(division);
    centre.map_or_else(String::new, |it| language.say(&it.name_zh, &it.name_en).to_owned())
}

fn enrolled(rooms: &Rooms, listed: &[MachineLine], clerk: &Clerk, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["中心", "机器", "入网时间", "状态"],
        Language::English => ["centre", "machine", "enrolled", "state"],
    };
    let of = |line: &MachineLine| {
        line.centre.parse().map_or_else(|_| String::new(), |it| name(rooms, it, language))
    };
    html! {
        section {
            h2 { (language.say("已入网的机器", "Machines")) " " span.quiet { (listed.len()) } }
            div.scroll { table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for it in listed { tr {
                    td { (it.centre) " " (of(it)) }
                    td { code { (it.node) } }
                    td.time { (it.enrolled_at) }
                    td { @match &it.revoked_from {
                        Some(from) => { (language.say("已吊销，自 ", "revoked from ")) (from) }
                        None => details {
                            summary { (language.say("吊销…", "revoke…")) }
                            form.inline method="post" action=(PATH) {
                                (key(clerk))
                                input type="hidden" name="node" value=(it.node);
                                p { (language.say("此机器今后签名的记录一律无效，不能恢复。", "Whatever it signs from now on has no effect, for ever.")) }
                                button name="act" value="revoke" { (language.say("确认吊销", "Revoke it")) }
                            }
                        },
                    } }
                } } }
            } }
        }
    }
}

async fn act(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    if !clerk.administers {
        return desk_sorry(&clerk, language, not_administrator());
    }
    let done = match typed.text("act") {
        "issue" => issue_once(&rooms, &typed, &clerk),
        "take-back" => {
            take_back(&rooms, typed.text("token"), &clerk.name).map(|()| PATH.to_owned())
        }
        _ => revoke(&rooms, typed.text("node"), &clerk.name).await.map(|()| PATH.to_owned()),
    };
    match done {
        Ok(path) => Redirect::to(&path).into_response(),
        Err(faults) => draw(&rooms, &clerk, (language, &typed, &faults), None).await,
    }
}

/// Issues what a form asks for, and says where it is shown; the same form again issues nothing.
fn issue_once(rooms: &Rooms, typed: &Fields, clerk: &Clerk) -> Result<String, Faults> {
    let form = typed.text("form").parse().unwrap_or_else(|_| new_id(clock::now())).to_string();
    let mut issued = rooms.issued();
    if !issued.knows(&form, &clerk.form_key) {
        let given = issue(rooms, typed, &clerk.name)?;
        issued.keep(form.clone(), clerk.form_key.clone(), given);
    }
    Ok(format!("{PATH}?given={form}"))
}

fn issue(rooms: &Rooms, typed: &Fields, by: &str) -> Result<Given, Faults> {
    let mut faults = Faults::default();
    let centre = typed.line("centre").parse::<Division>();
    if centre.is_err() {
        faults.note("centre", "请选择中心", "choose a centre");
    }
    let address = HostPort::to_dial(&typed.line("address"));
    if let Err(error) = &address {
        let zh = match error {
            AddressError::NoAddress(_) => "地址应形如 hub.suining.example:7443",
            AddressError::Everywhere(_) => {
                "这是本机监听用的地址，别的机器无法连接；请填它们能连到的域名或地址"
            }
        };
        faults.note("address", zh, error.to_string());
    }
    let days = typed.line("days").parse::<u16>().ok().filter(|it| (1..=DAYS_MAX).contains(it));
    if days.is_none() {
        let (zh, en) = (format!("请填 1 到 {DAYS_MAX} 天"), format!("give 1 to {DAYS_MAX} days"));
        faults.note("days", zh, en);
    }
    let (Ok(centre), Ok(address), Some(days)) = (centre, address, days) else {
        return Err(faults);
    };
    let now = clock::now();
    let until = now.plus_ms(i64::from(days) * DAY_MS);
    let mut rng = entropy::generator()
        .map_err(|error| Faults::one("centre", error.to_string(), error.to_string()))?;
    let issued = Office::load(&rooms.data_dir, rooms.city.clone()).and_then(|office| {
        let token =
            office.issue_token(centre, &address.to_string(), (until, Some((by, now))), &mut rng)?;
        let name = rooms.city.tree.centre(centre).map_or_else(String::new, |it| it.name_zh.clone());
        Ok(Given { token, name, fingerprint: office.fingerprint().to_hex() })
    });
    issued.map_err(|error| Faults::one("centre", error.zh(), error.to_string()))
}

fn take_back(rooms: &Rooms, name: &str, by: &str) -> Result<(), Faults> {
    let office = Office::load(&rooms.data_dir, rooms.city.clone());
    let done = office.and_then(|office| office.cancel_token(name, clock::now(), by));
    done.map_err(|error| Faults::one("centre", error.zh(), error.to_string()))
}

async fn revoke(rooms: &Rooms, node: &str, by: &str) -> Result<(), Faults> {
    let node: NodeId =
        node.parse().map_err(|error| Faults::one("centre", "没有此机器", format!("{error}")))?;
    let now = clock::now();
    let done = revoke_at(&rooms.desk, now, node, (now, by.to_owned())).await;
    done.map_err(|error| {
        let fault = Fault::from(error);
        Faults::one("centre", fault.zh, fault.en)
    })
}

impl From<EnrolmentError> for Fault {
    fn from(error: EnrolmentError) -> Self {
        Self { zh: error.zh(), en: error.to_string(), ..Self::refused("token", "") }
    }
}
