//! 排队: the clerk's page. Who is at my window, who waits, who was passed over, and what the day
//! counts to. The pages of the hall are `hall` and `kiosk`.

mod act;
mod days;
mod hall;
mod kiosk;
mod ticket;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::queue::Priority;
use tongban_protocol::time::Timestamp;

use super::{page, sorry};
use crate::accounts::{Device, DeviceSession};
use crate::clock;
use crate::queue::{self, GroupLine, QueueDay, QueueView, TicketLine};
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Line, Sheet, key};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::shell::{CSS, asset};

pub(super) use act::end_in_case;

/// The style of the pages in the hall.
const STYLE_PATH: &str = "/assets/queue.css";

/// Tickets that one group lists; the others are counted.
const WAITING_SHOWN: usize = 30;

pub(super) fn router() -> Router<Arc<Rooms>> {
    Router::new()
        .route("/queue", get(show).post(act::act))
        .route("/queue/waiting", get(waiting_now))
        .route("/queue/devices", post(act::change_device))
        .route("/queue/days", get(days::show))
        .route("/queue/hall", get(hall::show))
        .route("/queue/hall/now", get(hall::now))
        .route("/queue/kiosk", get(kiosk::show).post(kiosk::take))
        .route("/queue/kiosk/slip", get(kiosk::slip))
        .route(STYLE_PATH, get(async || asset(CSS, include_str!("../assets/queue.css"))))
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The ticket that was just given here.
    #[serde(default)]
    gave: String,
    /// Which of several tickets at the window is handled now.
    #[serde(default)]
    ticket: String,
}

/// What the page shows.
struct Looked {
    view: QueueView,
    /// At which window this clerk called last.
    window: Option<String>,
    devices: Vec<DeviceSession>,
    now: Timestamp,
}

async fn look(rooms: &Rooms, clerk: &Clerk) -> Result<Looked, Fault> {
    let now = clock::now();
    let (groups, by) = (rooms.face.groups.clone(), clerk.name.clone());
    let looked = rooms.face.desk.ask(move |engine| {
        let replica = engine.replica();
        let view = queue::show(replica, &groups, now)?;
        Ok::<_, Fault>((view, queue::window_of(replica, now, &by)?))
    });
    let (view, window) = looked.await??;
    Ok(Looked { view, window, devices: rooms.face.accounts.devices(now), now })
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let typed = Fields::default().with("gave", asked.gave).with("id", asked.ticket);
    draw(&rooms, &clerk, (language, &typed, &Faults::default())).await
}

/// Who waits, alone, as the page asks for it again and again.
async fn waiting_now(
    State(rooms): State<Arc<Rooms>>,
    _: Clerk,
    language: Language,
) -> Result<Html<String>, Fault> {
    let view = hall::look(&rooms).await?;
    Ok(Html(waiting(&view, clock::now(), language).into_string()))
}

async fn draw(
    rooms: &Rooms,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
) -> Response {
    let looked = match look(rooms, clerk).await {
        Ok(looked) => looked,
        Err(fault) => return sorry(clerk, language, fault),
    };
    let window = typed.wish("window").or_else(|| looked.window.clone()).unwrap_or_default();
    let typed = typed.clone().with("window", window);
    let sheet = Sheet { language, typed: &typed, faults };
    let view = &looked.view;
    let is_mine = |ticket: &&TicketLine| ticket.by.as_deref() == Some(clerk.name.as_str());
    let mine: Vec<&TicketLine> = view.called.iter().filter(is_mine).collect();
    let chosen = mine.iter().find(|ticket| ticket.id == typed.text("id"));
    let focus = chosen.or_else(|| mine.first()).copied();
    let main = html! {
        (sheet.summary())
        @if let Some(id) = typed.wish("gave") { (gave(&id, view, language)) }
        @if clerk.role.is_none() {
            p.note { (language.say("您没有岗位，只能查看。", "You have no post, so you can only look.")) }
        }
        (calling(&sheet, view, clerk))
        @if let Some(focus) = focus { (ticket::served(focus, view, &sheet, clerk)) }
        @for other in mine.iter().filter(|it| focus.is_none_or(|focus| focus.id != it.id)) {
            p { a href={ "/queue?ticket=" (other.id) } { (other.number) } " " (language.say("也在我的窗口，未办结", "is at my window, too")) }
        }
        div #waiting data-refresh="/queue/waiting" data-pace="10000" { (waiting(view, looked.now, language)) }
        (ticket::skipped(&view.skipped, &sheet, clerk))
        (elsewhere(view, clerk, language))
        (giving(&sheet, view, clerk))
        (counted(&view.today, language))
        (devices(&looked.devices, clerk, language))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, page(clerk, language, language.say("排队叫号", "Queue"), &main)).into_response()
}

fn gave(id: &str, view: &QueueView, language: Language) -> Markup {
    let mut tickets = view.groups.iter().flat_map(|group| &group.waiting);
    let number = tickets.find(|ticket| ticket.id == id).map(|ticket| ticket.number.as_str());
    html! { @if let Some(number) = number {
        p.saved role="status" {
            (language.say("已发号 ", "Given: ")) b { (number) }
            " " a href={ "/queue/kiosk/slip?ticket=" (id) } { (language.say("打印号条", "print the slip")) }
        }
    } }
}

/// 叫下一位.
fn calling(sheet: &Sheet<'_>, view: &QueueView, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let is_asked = |group: &GroupLine| {
        let mut asked = sheet.typed.all("group").peekable();
        asked.peek().is_none() || asked.any(|it| it == group.zh)
    };
    html! {
        form.sheet method="post" action="/queue" {
            (key(clerk))
            input type="hidden" name="act" value="call";
            (sheet.line(Line::new("window", language.say("我的窗口", "My window"))))
            @if view.groups.len() > 1 {
                fieldset {
                    legend { (language.say("叫哪些业务组", "Call from")) }
                    @for (at, group) in view.groups.iter().enumerate() {
                        div.tick {
                            input id={ "group-" (at) } type="checkbox" name="group" value=(group.zh)
                                checked[is_asked(group)];
                            label for={ "group-" (at) } { (language.say(&group.zh, &group.en)) " " span.quiet { (group.waiting.len()) } }
                        }
                    }
                }
            }
            button.main type="submit" accesskey="j" autofocus[view.called.iter().all(|it| it.by.as_deref() != Some(clerk.name.as_str()))] { (language.say("叫下一位", "Call the next")) " (Alt+J)" }
        }
    }
}

/// Who waits, group by group.
fn waiting(view: &QueueView, now: Timestamp, language: Language) -> Markup {
    html! {
        section {
            h2 { (language.say("等候", "Waiting")) }
            div.lanes { @for group in &view.groups {
                div.lane {
                    h3 { (language.say(&group.zh, &group.en)) " " (group.waiting.len()) " " (language.say("人", "people")) }
                    @if group.waiting.is_empty() { p.quiet { (language.say("没有人等候。", "Nobody.")) } }
                    ul.plain { @for ticket in group.waiting.iter().take(WAITING_SHOWN) {
                        li { b { (ticket.number) } " " (ticket::why_first(ticket, language)) " "
                            span.quiet { (language.say("等了 ", "for ")) (minutes(ticket.waits_since, now)) (language.say(" 分钟", " min")) } }
                    } }
                }
            } }
        }
    }
}

/// Whole minutes from one time to another.
fn minutes(from: Timestamp, to: Timestamp) -> i64 {
    to.ms_since(from).max(0) / 60_000
}

/// A wait in minutes; a dash where nobody was called.
fn wait(minutes: Option<i64>) -> String {
    minutes.map_or_else(|| "—".to_owned(), |minutes| minutes.to_string())
}

/// What is at other windows.
fn elsewhere(view: &QueueView, clerk: &Clerk, language: Language) -> Markup {
    let is_other = |ticket: &&TicketLine| ticket.by.as_deref() != Some(clerk.name.as_str());
    let others: Vec<_> = view.called.iter().filter(is_other).collect();
    html! { @if !others.is_empty() {
        section {
            h2 { (language.say("其他窗口", "Other windows")) }
            ul.plain { @for ticket in others {
                li { b { (ticket.number) } " " (language.say(&ticket.state_words.zh, &ticket.state_words.en)) " · "
                    (language.say("窗口 ", "window ")) (ticket.window.as_deref().unwrap_or("—")) " · " (ticket.by.as_deref().unwrap_or("—")) }
            } }
        }
    } }
}

/// 发号 at the counter, with an appointment too.
fn giving(sheet: &Sheet<'_>, view: &QueueView, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    html! {
        details.next open[!sheet.faults.is_empty() && sheet.typed.text("act") == "take"] {
            summary { (language.say("发号（代取、预约）", "Give a ticket (for somebody, by appointment)")) }
            form.sheet method="post" action="/queue" {
                (key(clerk))
                input type="hidden" name="act" value="take";
                div.field {
                    label for="take-group" { (language.say("业务组", "Business group")) }
                    select id="take-group" name="take-group" {
                        @for group in view.groups.iter().filter(|it| !it.letter.is_empty()) {
                            option value=(group.letter) selected[sheet.typed.text("take-group") == group.letter] { (language.say(&group.zh, &group.en)) }
                        }
                    }
                }
                div.field {
                    label for="priority" { (language.say("优先", "Goes first as")) }
                    select id="priority" name="priority" {
                        option value="" { (language.say("无", "no")) }
                        @for priority in Priority::ALL {
                            option value=(priority.en()) selected[sheet.typed.text("priority") == priority.en()] { (language.say(priority.zh(), priority.en())) }
                        }
                    }
                }
                (sheet.line(Line::new("appointed", language.say("预约时间", "Appointed for"))
                    .kind("datetime-local", "off")
                    .hint(language.say("到点后优先叫号", "goes first from then on")).optional()))
                input type="hidden" name="request" value={ (clerk.form_key.get(..8).unwrap_or_default()) "-" (view.today.taken) };
                button type="submit" { (language.say("发号", "Give a ticket")) }
            }
        }
    }
}

/// What the day counts to, each figure with what it is of.
fn counted(today: &QueueDay, language: Language) -> Markup {
    let sums = |counts: &[queue::ReasonCount]| {
        let words = counts
            .iter()
            .map(|it| format!("{} {}", language.say(&it.words.zh, &it.words.en), it.count));
        words.collect::<Vec<_>>().join(language.say("，", ", "))
    };
    html! {
        section {
            h2 { (language.say("今日", "Today")) }
            dl.facts {
                div { dt { (language.say("取号", "Taken")) } dd { (today.taken) } }
                div { dt { (language.say("已办结", "Handled")) } dd { (today.handled) " / " (today.taken)
                    (language.say("：成件 ", ": cases ")) (today.cases)
                    @if !today.answers.is_empty() { "；" (sums(&today.answers)) }
                    @if !today.reasons.is_empty() { "；" (sums(&today.reasons)) } } }
                div { dt { (language.say("失效", "Expired")) } dd { (today.expired) " / " (today.taken) } }
                div { dt { (language.say("等候时间", "Wait")) } dd {
                    (language.say("中位数 ", "median ")) (wait(today.wait_median_minutes)) (language.say(" 分钟，九成不超过 ", " min, nine in ten at most "))
                    (wait(today.wait_p90_minutes)) (language.say(" 分钟（已叫 ", " min (of ")) (today.called) (language.say(" 个号）", " called)")) } }
            }
            p { a href="/queue/days" { (language.say("排号日报、号件对账", "Tickets by day, and against cases")) } }
        }
    }
}

/// 大厅设备: browsers that show a page of the hall.
fn devices(devices: &[DeviceSession], clerk: &Clerk, language: Language) -> Markup {
    html! {
        details.next {
            summary { (language.say("大厅的屏幕和取号机", "Screens and kiosks in the hall")) }
            p.quiet { (language.say(
                "请在大厅那台机器的浏览器里登录后按下面的按钮：您的登录随即结束，那里只能打开这一页。",
                "Sign in at the browser of that machine and press a button: your sign-in ends there, and it can open that page only.",
            )) }
            form.inline method="post" action="/queue/devices" {
                (key(clerk))
                button name="open" value=(Device::Screen.en()) { (language.say("本浏览器改作叫号屏", "Make this browser a screen")) } " "
                button name="open" value=(Device::Kiosk.en()) { (language.say("本浏览器改作取号机", "Make this browser a kiosk")) }
            }
            @for device in devices {
                form.inline method="post" action="/queue/devices" {
                    (key(clerk))
                    (language.say(device.device.zh(), device.device.en())) " · " (device.by) " · " (civil_day(device.since)) " "
                    button name="close" value=(device.id) { (language.say("关闭", "close")) }
                }
            }
            p { a href="/queue/hall" { (language.say("看叫号屏", "See the screen")) } " · "
                a href="/queue/kiosk" { (language.say("看取号机", "See the kiosk")) } }
        }
    }
}
