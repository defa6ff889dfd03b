//! 收件 as a page: which item, who, with what, and what becomes of it at once.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::document::{EventKind, Outcome};
use tongban_protocol::time::Timestamp;

use self::offer::{Offer, Pick, Picked, picks};
use super::queue::end_in_case;
use super::{page, sorry};
use crate::cases::{self, CaseError, NewCase, NewEvent, Said};
use crate::replica::PHONE;
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, LINE_CHARS_MAX, Line, Sheet, key, one_line};
use crate::web::gate::Clerk;
use crate::web::happened::{self, happened_at};
use crate::web::language::Language;
use crate::{clock, entropy};

mod offer;

/// Longest name of an applicant, in characters.
const APPLICANT_CHARS_MAX: usize = 100;

/// 渠道, as they rest in the header.
const CHANNELS: [(&str, &str); 4] =
    [("窗口", "counter"), ("上门", "visit"), ("电话", "telephone"), ("网上", "online")];

#[derive(Deserialize)]
pub(super) struct Asked {
    /// What was typed as the item.
    #[serde(default)]
    item: String,
    /// 排号: the ticket for which the case is taken, where there is one.
    #[serde(default)]
    ticket: String,
}

/// The picker, or the form of an item.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let known = match picks(&rooms.face.desk).await {
        Ok(known) => known,
        Err(fault) => return sorry(&clerk, language, fault),
    };
    let sought = one_line(&asked.item);
    match Pick::resolve(&known, &sought) {
        Picked::One(pick) => match fresh(pick, &asked.ticket) {
            Ok(typed) => form_page(&rooms, (&clerk, language), &typed, &Faults::default()).await,
            Err(fault) => sorry(&clerk, language, fault),
        },
        Picked::Many(found) => {
            picker(&clerk, language, (&sought, &asked.ticket), &found).into_response()
        }
    }
}

/// An empty form, whose request has a name of its own: sent twice, it makes one case.
fn fresh(pick: &Pick, ticket: &str) -> Result<Fields, Fault> {
    let seed = entropy::seed().map_err(|error| Fault::broken(error.to_string()))?;
    let request = data_encoding::HEXLOWER.encode(&seed[..16]);
    let typed = Fields::default().with("item", pick.id.clone()).with("request_id", request);
    Ok(if ticket.is_empty() { typed } else { typed.with("ticket", ticket) })
}

fn picker(
    clerk: &Clerk,
    language: Language,
    (sought, ticket): (&str, &str),
    found: &[&Pick],
) -> Html<String> {
    let link = |item: &str| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("item", item);
        if !ticket.is_empty() {
            query.append_pair("ticket", ticket);
        }
        format!("/take?{}", query.finish())
    };
    let main = html! {
        form.seek method="get" action="/take" role="search" {
            @if !ticket.is_empty() { input type="hidden" name="ticket" value=(ticket); }
            label for="item" { (language.say("办什么事", "What for")) }
            input id="item" name="item" value=(sought) list="items" autofocus autocomplete="off"
                placeholder=(language.say("事项名称、拼音首字母或编号，如 yljz、T10", "name, code, or first letters of the reading"));
            datalist id="items" {
                @for pick in found { option value={ (pick.id) " " (pick.name) } { (pick.initials) } }
            }
            button.main type="submit" { (language.say("选定", "Choose")) }
        }
        @if found.is_empty() {
            p role="status" {
                (language.say("没有这样的事项：", "There is no such item: ")) b { (sought) } " "
                a href=(link("")) { (language.say("看全部", "show all")) }
            }
        }
        p { a href="/import" { (language.say("从表格导入一批", "Import a list")) } }
        ul.picks {
            @for pick in found {
                li { a href=(link(&pick.id)) { (pick.name) } " " span.quiet { (pick.id) " " (pick.department) } }
            }
        }
    };
    page(clerk, language, language.say("收件：选事项", "Take a case: the item"), &main)
}

/// The form of an item, with what was typed so far.
async fn form_page(
    rooms: &Rooms,
    (clerk, language): (&Clerk, Language),
    typed: &Fields,
    faults: &Faults,
) -> Response {
    let offer = match Offer::of(&rooms.face.desk, &typed.line("item")).await {
        Ok(Some(offer)) => offer,
        Ok(None) => return Redirect::to("/take").into_response(),
        Err(fault) => return sorry(clerk, language, fault),
    };
    let sheet = Sheet { language, typed, faults };
    let number = Line::new("number", language.say("证件号", "Identity or credit code")).optional();
    let main = html! {
        form.sheet method="post" action="/take" {
            (sheet.summary())
            (key(clerk))
            input type="hidden" name="item" value=(offer.id);
            input type="hidden" name="request_id" value=(typed.text("request_id"));
            @if let Some(ticket) = typed.wish("ticket") {
                input type="hidden" name="ticket" value=(ticket);
                p.saved { (language.say("为 ", "For ticket ")) b { (ticket) } (language.say(" 号收件，保存后该号即办结。", "; it ends with the case once that is saved.")) }
            }
            p.quiet { (offer.limits(language)) }
            div.field {
                label for="number" { (number.label) span.quiet { (language.say("（可不填）", " (optional)")) } }
                input id="number" name="number" value=(typed.text("number")) autocomplete="off"
                    maxlength=(LINE_CHARS_MAX) autofocus data-fill="person" data-from="/take/person";
                (sheet.notes("number", ""))
                div #person aria-live="polite" {}
            }
            (sheet.line(Line::new("applicant", language.say("申请人", "Applicant"))))
            (sheet.line(Line::new("phone", language.say("联系电话", "Telephone")).kind("tel", "off").optional()))
            div.field {
                label for="channel" { (language.say("渠道", "Channel")) }
                select id="channel" name="channel" {
                    @for (zh, en) in CHANNELS {
                        option value=(zh) selected[typed.text("channel") == zh] { (language.say(zh, en)) }
                    }
                }
            }
            (happened::field(&sheet))
            (materials(&offer, &sheet))
            (endings(&offer, language))
        }
    };
    let title = format!("{}{}", language.say("收件：", "Take a case: "), offer.name);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, page(clerk, language, &title, &main)).into_response()
}

/// 材料清单: a line each, ticked once it was handed in.
fn materials(offer: &Offer, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let is_handed = |name: &str| sheet.typed.all("material").any(|handed| handed == name);
    html! {
        fieldset #material {
            legend { (language.say("材料（收到的打勾）", "Materials (tick what was handed in)")) }
            @if offer.materials.is_empty() {
                p.quiet { (language.say("本事项未列材料。", "This item lists none.")) }
            }
            @for (at, material) in offer.materials.iter().enumerate() {
                div.tick {
                    input id={ "material-" (at) } type="checkbox" name="material" value=(material.name)
                        checked[is_handed(&material.name)];
                    label for={ "material-" (at) } {
                        (material.name) " " span.quiet { (material.necessity(language)) }
                    }
                }
            }
            (sheet.notes("material", ""))
        }
    }
}

/// What becomes of it at once; the first button is that of the Enter key.
fn endings(offer: &Offer, language: Language) -> Markup {
    html! {
        div.buttons {
            @if offer.is_done_here {
                button.main name="then" value="done" { (language.say("当场办结", "Done on the spot")) }
            }
            button.main[!offer.is_done_here] name="then" value="accept" { (language.say("收件并受理", "Take and accept")) }
            button name="then" value="notice" { (language.say("材料不齐：收件并一次性告知", "Incomplete: take and tell all that is missing")) }
            button name="then" value="receive" { (language.say("只收件", "Take only")) }
        }
    }
}

/// Takes the case, and does with it what was chosen.
pub(super) async fn take(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    match try_take(&rooms, &clerk, &typed).await {
        Ok(id) => Redirect::to(&format!("/cases/{id}?saved=take")).into_response(),
        Err(faults) => form_page(&rooms, (&clerk, language), &typed, &faults).await,
    }
}

async fn try_take(rooms: &Rooms, clerk: &Clerk, typed: &Fields) -> Result<String, Faults> {
    let item = typed.line("item");
    let offer = Offer::of(&rooms.face.desk, &item).await.map_err(|fault| blame(&fault))?;
    let missing = offer.map(|offer| offer.missing(typed)).unwrap_or_default();
    check(typed, &missing, clerk)?;
    let happened_at = happened_at(typed, clock::now())?;
    let form = typed.wish("phone").map(|phone| (PHONE.to_owned(), phone));
    let case = NewCase {
        item,
        applicant: typed.line("applicant"),
        applicant_number: typed.wish("number"),
        channel: typed.line("channel"),
        form: form.into_iter().collect(),
        materials: typed.all("material").map(str::to_owned).collect(),
        by: clerk.name.clone(),
        happened_at,
        request_id: typed.wish("request_id"),
        ..NewCase::default()
    };
    let taken = cases::take_at(&rooms.face.desk, clock::now(), case).await;
    let taken = taken.map_err(|error| blame(&error.into()))?;
    for event in following(typed.text("then"), &missing, (clerk, happened_at)) {
        match cases::record_at(&rooms.face.desk, clock::now(), taken.id, event).await {
            // It is taken, and shown as far as it came; the law says there what it takes next.
            Ok(_) | Err(CaseError::Unlawful { .. } | CaseError::Vacant(_)) => {}
            Err(error) => return Err(blame(&error.into())),
        }
    }
    if let Some(ticket) = typed.wish("ticket") {
        end_in_case(rooms, clerk, &ticket, &taken.number).await;
    }
    Ok(taken.id.to_string())
}

fn check(typed: &Fields, missing: &[String], clerk: &Clerk) -> Result<(), Faults> {
    let mut faults = Faults::default();
    let applicant = typed.line("applicant");
    match applicant.chars().count() {
        0 => faults.note("applicant", "请填申请人", "name the applicant"),
        chars if chars > APPLICANT_CHARS_MAX => faults.note(
            "applicant",
            format!("申请人最长 {APPLICANT_CHARS_MAX} 字，现为 {chars} 字"),
            format!(
                "the applicant has {chars} characters, above the limit of {APPLICANT_CHARS_MAX}"
            ),
        ),
        _ => {}
    }
    let is_complete = matches!(typed.text("then"), "accept" | "done");
    if is_complete && !missing.is_empty() {
        let names = missing.join("、");
        faults.note(
            "material",
            format!("还缺：{names}。收到的请打勾；不齐的请用“收件并一次性告知”"),
            format!("missing: {names}; tick what was handed in, or take the case as incomplete"),
        );
    }
    if typed.text("then") == "notice" && missing.is_empty() {
        let zh = "材料都已打勾，没有要告知的；请用“收件并受理”";
        faults.note("material", zh, "everything is ticked, so there is nothing to tell; accept it");
    }
    if clerk.role.is_none() {
        let zh = "您没有岗位或岗位已到期，不能收件；请管理员在“人员”页定岗";
        faults.note(
            "applicant",
            zh,
            "you have no post, or its lease is over; ask the administrator",
        );
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// What is recorded right after the receipt.
fn following(
    then: &str,
    missing: &[String],
    (clerk, happened_at): (&Clerk, Option<Timestamp>),
) -> Vec<NewEvent> {
    let event = |kind: EventKind, detail: Said| NewEvent {
        kind,
        note: String::new(),
        by: clerk.name.clone(),
        happened_at,
        detail: Said { role: clerk.role, ..detail },
    };
    let accept = || event(EventKind::Accept, Said::default());
    match then {
        "accept" => vec![accept()],
        "notice" => {
            let materials = missing.to_vec();
            vec![event(EventKind::NoticeSupplement, Said { materials, ..Said::default() })]
        }
        "done" => {
            let outcome = Some(Outcome::Granted);
            let decide = event(EventKind::Decide, Said { outcome, ..Said::default() });
            vec![accept(), decide, event(EventKind::Deliver, Said::default())]
        }
        _ => Vec::new(),
    }
}

/// A fault beside the field that it names.
fn blame(fault: &Fault) -> Faults {
    let field = match fault.place {
        "applicant_number" => "number",
        "materials" => "material",
        _ => "applicant",
    };
    Faults::one(field, fault.zh.clone(), format!("{} ({})", fault.en, fault.what))
}
