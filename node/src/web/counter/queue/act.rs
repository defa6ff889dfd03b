//! What the buttons of the queue do.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use tongban_protocol::document::EventKind;
use tongban_protocol::queue::TicketId;

use super::draw;
use crate::accounts::Device;
use crate::queue::{self, NewCall, NewTicket, QueueError, TicketStep};
use crate::web::Rooms;
use crate::web::counter::sorry;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields};
use crate::web::gate::Clerk;
use crate::web::happened::any_time;
use crate::web::language::Language;
use crate::{clock, entropy};

/// Calls, gives a ticket, or does what a button says with one.
pub(super) async fn act(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    match try_act(&rooms, &clerk, &typed).await {
        Ok(to) => Redirect::to(&to).into_response(),
        Err(faults) => draw(&rooms, &clerk, (language, &typed, &faults)).await,
    }
}

async fn try_act(rooms: &Rooms, clerk: &Clerk, typed: &Fields) -> Result<String, Faults> {
    if clerk.role.is_none() {
        let zh = "您没有岗位或岗位已到期，不能叫号；请管理员在“人员”页定岗";
        return Err(Faults::one("window", zh, "you have no post, or its lease is over"));
    }
    let (desk, groups, now) = (&rooms.face.desk, rooms.face.groups.clone(), clock::now());
    match typed.text("act") {
        "call" => {
            let call = NewCall {
                by: clerk.name.clone(),
                window: typed.line("window"),
                groups: typed.all("group").map(str::to_owned).collect(),
            };
            queue::call_at(desk, now, groups, call).await.map_err(|error| blame(&error))?;
            Ok("/queue".to_owned())
        }
        "take" => {
            let taken = queue::take_at(desk, now, groups, new_ticket(typed, clerk)?).await;
            let (id, _) = taken.map_err(|error| blame(&error))?;
            Ok(format!("/queue?gave={id}"))
        }
        _ => {
            let (id, step) = ticket_step(typed, clerk)?;
            queue::step_at(desk, now, groups, id, step).await.map_err(|error| blame(&error))?;
            Ok("/queue".to_owned())
        }
    }
}

fn new_ticket(typed: &Fields, clerk: &Clerk) -> Result<NewTicket, Faults> {
    let field = ("appointed", ("预约时间", "the appointed time"));
    let appointed_at = typed.wish(field.0).map(|_| any_time(typed, field)).transpose()?;
    Ok(NewTicket {
        group: typed.line("take-group"),
        priority: typed.wish("priority").and_then(|it| it.parse().ok()),
        appointed_at,
        by: clerk.name.clone(),
        request_id: typed.wish("request"),
    })
}

fn ticket_step(typed: &Fields, clerk: &Clerk) -> Result<(TicketId, TicketStep), Faults> {
    let id: Result<TicketId, _> = typed.line("id").parse();
    let id = id.map_err(|error| Faults::one("window", error.to_string(), error.to_string()))?;
    let kind: Result<EventKind, _> = typed.line("kind").parse();
    let kind = kind.map_err(|error| Faults::one("window", "没有此操作", error.to_string()))?;
    let mut step = TicketStep::new(kind, clerk.name.clone());
    step.seen = typed.line("seen").parse().ok();
    match kind {
        EventKind::RecallTicket => step.window = Some(typed.line("window")),
        EventKind::TransferTicket => step.group = typed.wish("to"),
        EventKind::EndTicket => {
            let how = typed.line("how");
            (step.answer, step.no_case) = (how.parse().ok(), how.parse().ok());
            if how == "case" {
                let cases = typed.line("case");
                let cases = cases.split(['、', ',', '，']).map(|case| case.trim().to_owned());
                step.cases = cases.filter(|case| !case.is_empty()).collect();
                if step.cases.is_empty() {
                    return Err(Faults::one("case", "请填办件编号", "give the number of the case"));
                }
            } else {
                step.reason = typed.wish("reason");
            }
        }
        _ => {}
    }
    Ok((id, step))
}

/// A fault beside the field that it is about.
fn blame(error: &QueueError) -> Faults {
    use tongban_protocol::queue::{Fault as Unlawful, Need};
    let field = match error {
        QueueError::NoSuchCase(_)
        | QueueError::Unlawful(Unlawful::BadCase { .. } | Unlawful::TooManyCases) => "case",
        QueueError::Unlawful(Unlawful::Missing { need: Need::Ending, .. }) => "reason",
        QueueError::NoSuchGroup { .. } | QueueError::Full { .. } => "take-group",
        _ => "window",
    };
    Faults::one(field, error.zh(), error.to_string())
}

/// Ends the ticket for which a case was taken; one that was called only is begun before.
///
/// The case is saved already: a ticket that cannot end so stays at the window, to be seen there.
pub(in crate::web::counter) async fn end_in_case(
    rooms: &Rooms,
    clerk: &Clerk,
    ticket: &str,
    number: &str,
) {
    let Ok(id) = ticket.parse::<TicketId>() else { return };
    let (desk, groups) = (&rooms.face.desk, &rooms.face.groups);
    let serve = TicketStep::new(EventKind::ServeTicket, clerk.name.clone());
    // It is begun already, mostly.
    let _ = queue::step_at(desk, clock::now(), groups.clone(), id, serve).await;
    let mut end = TicketStep::new(EventKind::EndTicket, clerk.name.clone());
    end.cases = vec![number.to_owned()];
    if let Err(error) = queue::step_at(desk, clock::now(), groups.clone(), id, end).await {
        tracing::warn!(%error, "a ticket did not end with its case");
    }
}

/// Makes this browser a screen or a kiosk, or closes one.
pub(super) async fn change_device(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    headers: HeaderMap,
    typed: Fields,
) -> Response {
    let (accounts, now) = (&rooms.face.accounts, clock::now());
    let wanted = [Device::Screen, Device::Kiosk];
    let wanted = wanted.into_iter().find(|device| device.en() == typed.text("open"));
    let done = match (wanted, rooms.gate.token(&headers)) {
        (Some(device), Some(token)) => entropy::generator()
            .map_err(|error| Fault::broken(error.to_string()))
            .and_then(|mut rng| Ok(accounts.open_device(now, &mut rng, &token, device)?))
            .map(|token| {
                ([rooms.gate.set_device(&token)], Redirect::to(device.page())).into_response()
            }),
        _ => accounts
            .close_device(now, &typed.line("close"), &clerk.name)
            .map_err(Fault::from)
            .map(|()| Redirect::to("/queue").into_response()),
    };
    done.unwrap_or_else(|fault| sorry(&clerk, language, fault))
}
