//! 收件 as a page: which item, who, with what, and what becomes of it at once.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::document::{EventKind, Outcome};
use tongban_protocol::time::Timestamp;

use self::again::Again;
use self::offer::{Offer, Pick, Picked, picks};
use self::picker::{nothing_yet, picker};
use super::person::doubts;
use super::queue::end_in_case;
use super::{page, sorry};
use crate::cases::{self, APPLICANT_NUMBER, CaseError, NewCase, NewEvent, Said};
use crate::clock;
use crate::replica::PHONE;
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, LINE_CHARS_MAX, Line, Sheet, key, one_line, request_id};
use crate::web::gate::Clerk;
use crate::web::happened::{self, happened_at};
use crate::web::language::Language;

mod again;
mod offer;
mod picker;

/// Longest name of an applicant, in characters.
const APPLICANT_CHARS_MAX: usize = 100;

/// Longest number of a paper or a telephone, in characters: no country's are half as long.
const NUMBER_CHARS_MAX: usize = 40;

/// What may become of a case at once.
const ENDINGS: [&str; 4] = ["done", "accept", "notice", "receive"];

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
    if known.is_empty() {
        return match rooms.machine().await {
            Ok(machine) => nothing_yet(&clerk, language, &machine).into_response(),
            Err(fault) => sorry(&clerk, language, fault),
        };
    }
    let sought = one_line(&asked.item);
    match Pick::resolve(&known, &sought) {
        Picked::One(pick) => match fresh(pick, &asked.ticket) {
            Ok(typed) => form_page(&rooms, (&clerk, language), &typed, &Wrong::default()).await,
            Err(fault) => sorry(&clerk, language, fault),
        },
        Picked::Many(found) => {
            picker(&clerk, language, (&sought, &asked.ticket), &found).into_response()
        }
    }
}

/// An empty form, whose request has a name of its own: sent twice, it makes one case.
fn fresh(pick: &Pick, ticket: &str) -> Result<Fields, Fault> {
    let typed = Fields::default().with("item", pick.id.clone()).with("request_id", request_id()?);
    Ok(if ticket.is_empty() { typed } else { typed.with("ticket", ticket) })
}

/// What is wrong with a form that was sent.
#[derive(Debug, Default)]
struct Wrong {
    faults: Faults,
    again: Option<Again>,
}

impl From<Faults> for Wrong {
    fn from(faults: Faults) -> Self {
        Self { faults, again: None }
    }
}

/// The form of an item, with what was typed so far.
async fn form_page(
    rooms: &Rooms,
    (clerk, language): (&Clerk, Language),
    typed: &Fields,
    wrong: &Wrong,
) -> Response {
    let item = typed.line("item");
    let offer = match Offer::of(&rooms.face.desk, &item).await {
        // What was typed under an item that is gone stays on the page.
        Ok(offer) => offer.unwrap_or_else(|| Offer::unknown(&item)),
        Err(fault) => return sorry(clerk, language, fault),
    };
    let faults = &wrong.faults;
    let sheet = Sheet { language, typed, faults };
    let number = Line::new("number", language.say("证件号", "Identity or credit code")).optional();
    let main = html! {
        form.sheet method="post" action="/take" {
            (sheet.summary())
            @if let Some(again) = &wrong.again { (again.words(language)) }
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
                div #person aria-live="polite" {
                    (doubts(APPLICANT_NUMBER, &typed.line("number"), language))
                }
            }
            (sheet.line(Line::new("applicant", language.say("申请人", "Applicant"))))
            (sheet.line(Line::new("phone", language.say("联系电话", "Telephone")).kind("tel", "off").optional()))
            (doubts(PHONE, &typed.line("phone"), language))
            div.field {
                label for="channel" { (language.say("渠道", "Channel")) }
                select id="channel" name="channel" {
                    @for (zh, en) in CHANNELS {
                        option value=(zh) selected[typed.text("channel") == zh] { (language.say(zh, en)) }
                    }
                }
            }
            (materials(&offer, &sheet))
            (endings(&offer, &sheet))
            // Behind the buttons: whoever takes a case now does not pass it with the keyboard.
            (happened::field(&sheet))
        }
    };
    let title = format!("{}{}", language.say("收件：", "Take a case: "), offer.name);
    let status = match (&wrong.again, faults.is_empty()) {
        (Some(_), _) => StatusCode::CONFLICT,
        (None, true) => StatusCode::OK,
        (None, false) => StatusCode::UNPROCESSABLE_ENTITY,
    };
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
fn endings(offer: &Offer, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    html! {
        (sheet.notes("then", ""))
        div.buttons #then {
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
        Err(wrong) => {
            // Sent again, the other words are another case.
            let renamed = wrong.again.as_ref().map(|_| request_id());
            let typed = match renamed {
                None => typed,
                Some(Ok(request)) => typed.with("request_id", request),
                Some(Err(fault)) => return sorry(&clerk, language, fault),
            };
            form_page(&rooms, (&clerk, language), &typed, &wrong).await
        }
    }
}

async fn try_take(rooms: &Rooms, clerk: &Clerk, typed: &Fields) -> Result<String, Wrong> {
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
    let taken = taken.map_err(|error| match error {
        CaseError::Reused { id, number, differs } => {
            Wrong { again: Some(Again { id, number, differs }), ..Wrong::default() }
        }
        error => blame(&error.into()).into(),
    })?;
    for event in following(typed.text("then"), &missing, (clerk, happened_at)) {
        match cases::record_at(&rooms.face.desk, clock::now(), taken.id, event).await {
            // It is taken, and shown as far as it came; the law says there what it takes next.
            Ok(_) | Err(CaseError::Unlawful { .. } | CaseError::Vacant(_)) => {}
            Err(error) => return Err(blame(&error.into()).into()),
        }
    }
    if let Some(ticket) = typed.wish("ticket") {
        end_in_case(rooms, clerk, &ticket, &taken.number).await;
    }
    Ok(taken.id.to_string())
}

fn check(typed: &Fields, missing: &[String], clerk: &Clerk) -> Result<(), Faults> {
    let mut faults = lengths(typed);
    if typed.line("applicant").is_empty() {
        faults.note("applicant", "请填申请人", "name the applicant");
    }
    let channel = typed.line("channel");
    if !channel.is_empty() && CHANNELS.iter().all(|(zh, _)| *zh != channel) {
        faults.note("channel", "没有此渠道，请从列表中选", "there is no such channel; choose one");
    }
    let then = typed.text("then");
    if !ENDINGS.contains(&then) {
        let zh = "请按下面的一个按钮，选收件后怎么办";
        faults.note("then", zh, "press one of the buttons: it says what becomes of the case");
    }
    if matches!(then, "accept" | "done") && !missing.is_empty() {
        let names = missing.join("、");
        faults.note(
            "material",
            format!("还缺：{names}。收到的请打勾；不齐的请用“收件并一次性告知”"),
            format!("missing: {names}; tick what was handed in, or take the case as incomplete"),
        );
    }
    if then == "notice" && missing.is_empty() {
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

/// The fields that are longer than they may be.
fn lengths(typed: &Fields) -> Faults {
    let mut faults = Faults::default();
    for (field, chars_max, zh, en) in [
        ("number", NUMBER_CHARS_MAX, "证件号", "the identity or credit code"),
        ("applicant", APPLICANT_CHARS_MAX, "申请人", "the applicant"),
        ("phone", NUMBER_CHARS_MAX, "联系电话", "the telephone"),
    ] {
        let chars = typed.line(field).chars().count();
        if chars > chars_max {
            faults.note(
                field,
                format!("{zh}最长 {chars_max} 字，现为 {chars} 字"),
                format!("{en} has {chars} characters, above the limit of {chars_max}"),
            );
        }
    }
    faults
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
