//! 取号机: a ticket by one press, and a slip with how many wait before.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::queue::Priority;

use super::hall::{frame, look};
use crate::queue::{self, NewTicket, QueueView};
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::gate::Hall;
use crate::web::language::Language;
use crate::web::shell;
use crate::{clock, entropy};

/// Who a ticket of a kiosk says it was given by.
const BY_KIOSK: &str = "取号机";

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    hall: Hall,
    language: Language,
) -> Response {
    draw(&rooms, &hall, language, None).await
}

async fn draw(rooms: &Rooms, hall: &Hall, language: Language, why: Option<&str>) -> Response {
    let drawn = async {
        let seed = entropy::seed().map_err(|error| Fault::broken(error.to_string()))?;
        let request = data_encoding::HEXLOWER.encode(&seed[..16]);
        let view = look(rooms).await?;
        Ok::<Markup, Fault>(buttons(&view, (hall, &request), language, why))
    };
    let title = format!("{} · {}", rooms.face.name, language.say("取号", "Take a number"));
    let status = if why.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    match drawn.await {
        Ok(main) => (status, frame(language, &title, &main, false)).into_response(),
        Err(fault) => fault.into_response(),
    }
}

fn buttons(
    view: &QueueView,
    (hall, request): (&Hall, &str),
    language: Language,
    why: Option<&str>,
) -> Markup {
    html! {
        form.kiosk method="post" action="/queue/kiosk" {
            input type="hidden" name="form_key" value=(hall.form_key);
            input type="hidden" name="request" value=(request);
            @if let Some(why) = why { p.fault-summary role="alert" { (why) } }
            fieldset {
                legend { (language.say("需要优先照顾的请先选（窗口会看证件）", "If you go first, choose why (the window looks at the paper)")) }
                label { input type="radio" name="priority" value="" checked; " " (language.say("普通", "none")) }
                @for priority in Priority::ALL.iter().filter(|it| **it != Priority::Other) {
                    label { input type="radio" name="priority" value=(priority.en()); " " (language.say(priority.zh(), priority.en())) }
                }
            }
            p.quiet { (language.say("按一下业务即取号：", "Press a button to take a number:")) }
            @for group in view.groups.iter().filter(|it| !it.letter.is_empty()) {
                button.group name="group" value=(group.letter) {
                    b { (language.say(&group.zh, &group.en)) }
                    span { (group.waiting.len()) " " (language.say("人等候", "waiting")) }
                }
            }
        }
    }
}

/// Gives a ticket; a second press gives the same.
pub(super) async fn take(
    State(rooms): State<Arc<Rooms>>,
    hall: Hall,
    language: Language,
    typed: Fields,
) -> Response {
    let new = NewTicket {
        group: typed.line("group"),
        priority: typed.wish("priority").and_then(|it| it.parse().ok()),
        appointed_at: None,
        by: BY_KIOSK.to_owned(),
        request_id: typed.wish("request"),
    };
    let groups = rooms.face.groups.clone();
    match queue::take_at(&rooms.face.desk, clock::now(), groups, new).await {
        Ok((id, _)) => Redirect::to(&format!("/queue/kiosk/slip?ticket={id}")).into_response(),
        Err(error) => {
            let why = match language {
                Language::Chinese => error.zh(),
                Language::English => error.to_string(),
            };
            draw(&rooms, &hall, language, Some(&why)).await
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Given {
    #[serde(default)]
    ticket: String,
}

/// 号条: printed, and then the kiosk is ready for the next.
pub(super) async fn slip(
    State(rooms): State<Arc<Rooms>>,
    hall: Hall,
    language: Language,
    Query(Given { ticket }): Query<Given>,
) -> Response {
    let view = match look(&rooms).await {
        Ok(view) => view,
        Err(fault) => return fault.into_response(),
    };
    let found = view.groups.iter().find_map(|group| {
        let before = group.waiting.iter().position(|line| line.id == ticket)?;
        Some((group, before, &group.waiting[before]))
    });
    let back = if hall.clerk.is_some() { "/queue" } else { "/queue/kiosk" };
    let Some((group, before, line)) = found else { return Redirect::to(back).into_response() };
    let main = html! {
        // A clerk who prints one stays; a kiosk is ready for the next person by itself.
        div.slip data-print data-back=[hall.clerk.is_none().then_some(back)] {
            p.centre { (rooms.face.name) }
            p { (language.say(&group.zh, &group.en))
                @if let Some(why) = &line.priority { " · " (language.say(&why.zh, &why.en)) } }
            p.number { (line.number) }
            p { (language.say("前面还有 ", "")) b { (before) } (language.say(" 人等候", " wait before you")) }
            p.quiet { (shell::clock(line.taken_at)) }
            p.quiet { (language.say(
                "当日有效。叫到未到为过号，再叫三次仍未到即失效。",
                "Good today. Who does not come is called three times more; then the ticket expires.",
            )) }
        }
        p.screen { a.main href=(back) { (language.say("完成", "Done")) } }
    };
    frame(language, language.say("号条", "Ticket"), &main, false).into_response()
}
