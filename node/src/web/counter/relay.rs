//! 上级系统代办: a card by paste, results by paste, and the cards that wait.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::EventKind;

use super::{page, sorry};
use crate::clock;
use crate::records::{NewEntry, NewRelay, RecordError, enter_at, parse_record};
use crate::relay::{
    self, Matched, OpenRelays, RELAYS_SHOWN_MAX, RelayDetail, Results, recognise, results,
};
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Line, Sheet, key, one_line};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::shell;

/// What a result is where the list says nothing else.
const USUAL_RESULT: &str = "已办结";

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
) -> Response {
    let typed = Fields::default().with("otherwise", USUAL_RESULT);
    draw(&rooms, &clerk, language, &Shown::of(typed)).await
}

/// What stands in the page besides the cards.
#[derive(Debug, Default)]
struct Shown {
    typed: Fields,
    faults: Faults,
    matched: Option<Matched>,
}

impl Shown {
    fn of(typed: Fields) -> Self {
        Self { typed, ..Self::default() }
    }
}

/// Takes what was pasted or typed.
pub(super) async fn take(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    let desk = &rooms.face.desk;
    let now = clock::now();
    let outcome = match typed.text("act") {
        "read" => match filled_in(&rooms, typed.clone()).await {
            Ok(typed) => return draw(&rooms, &clerk, language, &Shown::of(typed)).await,
            Err(fault) => return sorry(&clerk, language, fault),
        },
        "match" => {
            let list = results(typed.text("results"), &or_usual(&typed));
            if list.is_empty() {
                let faults = Faults::one(
                    "results",
                    "没有认出编号：每行一个编号和结果",
                    "no number was recognised: one to a line, with its result",
                );
                return draw(&rooms, &clerk, language, &Shown { faults, ..Shown::of(typed) }).await;
            }
            match relay::match_at(desk, now, Results { by: clerk.name.clone(), results: list })
                .await
            {
                Ok(matched) => {
                    let typed = typed.with("results", "");
                    let shown = Shown { matched: Some(matched), ..Shown::of(typed) };
                    return draw(&rooms, &clerk, language, &shown).await;
                }
                Err(error) => Err(("results", error)),
            }
        }
        "close" | "end" => step(&rooms, &clerk, &typed).await.map_err(|error| ("results", error)),
        _ => match entry(&typed, &clerk) {
            Ok(entry) => relay::begin_at(desk, now, entry).await.map(|_| ()).map_err(|error| {
                (if matches!(error, RecordError::NoSuchCase(_)) { "link" } else { "number" }, error)
            }),
            Err(faults) => {
                return draw(&rooms, &clerk, language, &Shown { faults, ..Shown::of(typed) }).await;
            }
        },
    };
    match outcome {
        Ok(()) => Redirect::to("/relay").into_response(),
        Err((field, error)) => {
            let fault = Fault::from(error);
            let faults =
                Faults::one(field, fault.zh.clone(), format!("{} {}", fault.en, fault.what));
            draw(&rooms, &clerk, language, &Shown { faults, ..Shown::of(typed) }).await
        }
    }
}

/// The fields as far as the pasted text fills them; what was typed into one stays.
async fn filled_in(rooms: &Rooms, typed: Fields) -> Result<Fields, Fault> {
    let today = civil_day(clock::now());
    let items = rooms.face.desk.ask(move |engine| {
        let catalogue = engine.replica().catalogue()?;
        Ok::<_, crate::replica::ReplicaError>(
            catalogue.on(today).map(|it| it.item.name.clone()).collect::<Vec<String>>(),
        )
    });
    let read = recognise(typed.text("text"), &items.await??, today);
    let found = [
        ("system", read.system),
        ("number", read.number),
        ("applicant", read.applicant),
        ("applicant_number", read.applicant_number),
        ("item", read.item),
    ];
    Ok(found.into_iter().fold(typed, |typed, (field, value)| {
        if typed.line(field).is_empty() { typed.with(field, one_line(&value)) } else { typed }
    }))
}

fn or_usual(typed: &Fields) -> String {
    typed.wish("otherwise").unwrap_or_else(|| USUAL_RESULT.to_owned())
}

fn entry(typed: &Fields, clerk: &Clerk) -> Result<NewEntry, Faults> {
    let mut faults = Faults::default();
    for (field, zh, en) in [
        ("system", "请填上级系统", "name the upper system"),
        ("number", "请填上级编号", "give the number of the upper system"),
        ("applicant", "请填申请人", "name the applicant"),
        ("item", "请填事项", "name the item"),
    ] {
        if typed.line(field).is_empty() {
            faults.note(field, zh, en);
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let relay = NewRelay {
        system: typed.line("system"),
        number: typed.line("number"),
        applicant: typed.line("applicant"),
        applicant_number: typed.wish("applicant_number"),
        item: typed.line("item"),
    };
    let link = typed.wish("link");
    Ok(NewEntry { relay: Some(relay), link, ..NewEntry::new(EventKind::Relay, clerk.name.clone()) })
}

/// One card gets its result, or is given up.
async fn step(rooms: &Rooms, clerk: &Clerk, typed: &Fields) -> Result<(), RecordError> {
    let by = clerk.name.clone();
    let id = parse_record(typed.text("id"))
        .map_err(|_| RecordError::NoSuchCase(typed.text("id").chars().take(60).collect()))?;
    let said = typed.wish("result");
    let entry = match typed.text("act") {
        "end" => NewEntry { reason: said, ..NewEntry::new(EventKind::EndRelay, by) },
        _ => NewEntry { result: said, ..NewEntry::new(EventKind::RelayResult, by) },
    };
    let (now, result) = (clock::now(), typed.wish("result"));
    match enter_at(&rooms.face.desk, now, Some(id), entry).await {
        // The second press of a button gives what the first recorded.
        Err(RecordError::Unlawful(fault)) => {
            let card = rooms.face.desk.ask(move |engine| relay::show(engine.replica(), id, now));
            let card = card.await??;
            let is_done = card.is_some_and(|card| card.result.is_some() && card.result == result);
            if is_done { Ok(()) } else { Err(RecordError::Unlawful(fault)) }
        }
        other => other.map(|_| ()),
    }
}

async fn draw(rooms: &Rooms, clerk: &Clerk, language: Language, shown: &Shown) -> Response {
    let now = clock::now();
    let open = match relay::open_at(&rooms.face.desk, now).await {
        Ok(open) => open,
        Err(error) => return sorry(clerk, language, error.into()),
    };
    let sheet = Sheet { language, typed: &shown.typed, faults: &shown.faults };
    let main = html! {
        (sheet.summary())
        @if let Some(matched) = &shown.matched { (outcome(matched, language)) }
        (card(&sheet, clerk))
        (matching(&sheet, clerk))
        (table(&open, clerk, language))
    };
    let title = language.say("上级系统代办", "Upper systems");
    let is_whole = shown.faults.is_empty();
    let status = if is_whole { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, page(clerk, language, title, &main)).into_response()
}

fn card(sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let line = |name, zh, en| sheet.line(Line::new(name, language.say(zh, en)));
    html! {
        section {
            h2 { (language.say("新的代办卡", "A new card")) }
            // A button without a field's consent must work while the fields are empty.
            form.sheet method="post" action="/relay" novalidate {
                (key(clerk))
                div.field {
                    label for="text" { (language.say("粘贴上级系统的页面、回执或一行文字", "Paste the page, receipt or line of the upper system")) }
                    textarea id="text" name="text" rows="5" autofocus accesskey="p" { (sheet.typed.text("text")) }
                }
                p { button name="act" value="read" { (language.say("识别", "Read it")) } }
                (line("system", "上级系统", "Upper system"))
                (line("number", "上级编号", "Its number"))
                (line("applicant", "申请人", "Applicant"))
                (sheet.line(Line::new("applicant_number", language.say("证件号", "Identity or credit code")).optional()))
                (line("item", "事项", "Item"))
                (sheet.line(Line::new("link", language.say("本中心办件编号", "Case here")).optional()))
                button.main name="act" value="save" { (language.say("保存代办卡", "Save the card")) }
            }
        }
    }
}

fn matching(sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    html! {
        section {
            h2 { (language.say("登记结果", "Results")) }
            form.sheet method="post" action="/relay" {
                (key(clerk))
                div.field {
                    label for="results" { (language.say("粘贴编号和结果，每行一条", "Paste numbers and results, one to a line")) }
                    textarea id="results" name="results" rows="4" aria-describedby="results-hint" { (sheet.typed.text("results")) }
                    (sheet.notes("results", language.say("编号在前，用空格、逗号或制表符隔开结果", "the number first, then a blank, comma or tab, and the result")))
                }
                (sheet.line(Line::new("otherwise", language.say("没有写结果的，记为", "Where no result stands, it is"))))
                button.main name="act" value="match" { (language.say("匹配并办结", "Match and close")) }
            }
        }
    }
}

/// What was matched, and what found no card.
fn outcome(matched: &Matched, language: Language) -> Markup {
    let all = matched.closed.len() + matched.unmatched.len();
    html! {
        div.saved role="status" {
            p { @match language {
                Language::Chinese => { "已匹配 " (matched.closed.len()) "/" (all) " 条；仍有 " (matched.still_open) " 张卡等待结果。" }
                Language::English => { "Matched " (matched.closed.len()) "/" (all) "; " (matched.still_open) " cards still wait." }
            } }
            @if !matched.closed.is_empty() {
                ul { @for card in &matched.closed {
                    li { code { (card.number) } " " (card.applicant) " " (card.item) "：" (card.result.as_deref().unwrap_or_default()) }
                } }
            }
            @if !matched.unmatched.is_empty() {
                p { (language.say("没有对应的代办卡：", "No card has these numbers: ")) }
                ul { @for line in &matched.unmatched { li { code { (line.number) } " " (line.result) } } }
            }
        }
    }
}

fn table(open: &OpenRelays, clerk: &Clerk, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["录入时间", "上级系统", "上级编号", "申请人", "事项", "办件", "办理"],
        Language::English => {
            ["entered at", "upper system", "its number", "applicant", "item", "case", "next"]
        }
    };
    html! {
        section {
            h2 {
                (language.say("等待结果", "Waiting for a result")) " "
                span.quiet { (open.count) " " (language.say("张，超过七天", "cards, over a week")) " " (open.late) "/" (open.count) }
            }
            @if open.count > RELAYS_SHOWN_MAX {
                p.quiet { (language.say("只列最早的 ", "Only the oldest are shown: ")) (open.cards.len()) "/" (open.count) }
            }
            @if open.cards.is_empty() { p.quiet { (language.say("没有。", "None.")) } } @else {
                div.scroll { table {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody { @for card in &open.cards { (row(card, clerk, language)) } }
                } }
            }
        }
    }
}

fn row(card: &RelayDetail, clerk: &Clerk, language: Language) -> Markup {
    let field = format!("result-{}", card.id);
    html! {
        tr {
            td.time { (shell::clock(card.at))
                @if card.is_late { br; span.key.behind { (language.say("超过七天", "over a week")) } } }
            td { (card.system) }
            td { code { (card.number) } }
            td { (card.applicant) }
            td { (card.item) }
            td { (card.link.as_deref().unwrap_or("—")) }
            td {
                form.inline method="post" action="/relay" {
                    (key(clerk))
                    input type="hidden" name="id" value=(card.id);
                    label for=(field) { (language.say("结果或原因", "result or reason")) } " "
                    input id=(field) name="result" maxlength="200" size="10" autocomplete="off" required;
                    button name="act" value="close" { (language.say("办结", "close")) } " "
                    button name="act" value="end" { (language.say("终止", "give up")) }
                }
            }
        }
    }
}
