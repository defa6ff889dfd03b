//! 批量撤牌 as a page: the cards are shown first, and withdrawn by a second press.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use tongban_protocol::document::AppealGround;

use crate::cases::{self, Bulk, CaseError, WithdrawWish};
use crate::clock;
use crate::web::Rooms;
use crate::web::counter::{page, sorry};
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Line, Sheet, key};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::machine::office_homes;

/// Cards that are named before they are withdrawn; the others are counted.
const CARDS_SHOWN: usize = 100;

/// The fields of the wish, as the form sends them.
const FIELDS: [&str; 6] = ["rule", "from", "to", "item", "ground", "reason"];

/// The page.
pub(in crate::web::counter) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
) -> Response {
    draw(&rooms, &clerk, (language, &Fields::default(), &Faults::default()), None).await
}

/// Shows what would be withdrawn, or withdraws it.
pub(in crate::web::counter) async fn withdraw(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    if let Err(fault) = clerk.check_supervisor() {
        return sorry(&clerk, language, fault);
    }
    let wish = match wish(&typed, &clerk) {
        Ok(wish) => wish,
        Err(faults) => return draw(&rooms, &clerk, (language, &typed, &faults), None).await,
    };
    let is_meant = typed.text("act") == "withdraw";
    let done = if is_meant { done(&rooms, wish).await } else { found(&rooms, wish).await };
    match done {
        Ok(_) if is_meant => Redirect::to("/watch?sight=ruled&saved=withdrawal").into_response(),
        Ok(found) => {
            let faults = Faults::default();
            draw(&rooms, &clerk, (language, &typed, &faults), Some(&found)).await
        }
        Err(fault) => {
            let faults = Faults::one("rule", fault.zh, format!("{} {}", fault.en, fault.what));
            draw(&rooms, &clerk, (language, &typed, &faults), None).await
        }
    }
}

async fn found(rooms: &Rooms, wish: WithdrawWish) -> Result<Bulk, Fault> {
    let found = rooms.face.desk.ask(move |engine| {
        let homes = office_homes(engine);
        cases::matching_cards(engine.replica(), &homes, &wish)
    });
    found.await?.map_err(blame)
}

async fn done(rooms: &Rooms, wish: WithdrawWish) -> Result<Bulk, Fault> {
    let (now, homes) = (clock::now(), rooms.face.desk.ask(|engine| office_homes(engine)).await?);
    let staged = rooms.face.desk.stage(move |replica, rng| {
        let (bulk, last) = cases::withdraw_cards(replica, now, rng, (&homes, wish))?;
        last.map(|last| (bulk, last)).ok_or_else(|| CaseError::NoMatch(String::new()))
    });
    staged.await.map(|(bulk, _)| bulk).map_err(blame)
}

fn blame(error: CaseError) -> Fault {
    let en = error.to_string();
    match error {
        CaseError::NoMatch(_) => Fault::ruled("rule", "没有符合条件的已发牌，未作撤销", en),
        CaseError::TooManyMatches(count) => Fault::ruled(
            "rule",
            format!("符合条件的牌有 {count} 张，过多；请缩短日期或限定事项"),
            en,
        ),
        error => error.into(),
    }
}

fn wish(typed: &Fields, clerk: &Clerk) -> Result<WithdrawWish, Faults> {
    let mut faults = Faults::default();
    let mut day = |name: &'static str, zh: &str, en: &str| {
        let day = typed.line(name).parse::<Date>();
        if day.is_err() {
            let zh = format!("“{zh}”：请填日期，如 2026-12-02");
            faults.note(name, zh, format!("{en}: give a day, such as 2026-12-02"));
        }
        day.unwrap_or_default()
    };
    let (from, to) = (day("from", "发出日期从", "issued from"), day("to", "到", "until"));
    let ground = typed.line("ground").parse::<AppealGround>();
    if let Err(error) = &ground {
        faults.note("ground", "请选原因", error.to_string());
    }
    let (rule, reason) = (typed.line("rule"), typed.line("reason"));
    if rule.is_empty() {
        faults.note("rule", "请选按哪条规则发的", "choose the rule by which they were given");
    }
    if reason.is_empty() {
        faults.note("reason", "请填说明", "say in words why");
    }
    let (true, Ok(ground)) = (faults.is_empty(), ground) else { return Err(faults) };
    let (item, by) = (typed.wish("item"), clerk.name.clone());
    Ok(WithdrawWish { rule, from, to, item, reason, ground, by, dry_run: false })
}

async fn draw(
    rooms: &Rooms,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
    found: Option<&Bulk>,
) -> Response {
    if let Err(fault) = clerk.check_supervisor() {
        return sorry(clerk, language, fault);
    }
    let rules = rooms.face.desk.ask(|engine| {
        let rules = engine.replica().rules().rules().iter();
        rules.map(|rule| (rule.id.clone(), rule.title.clone())).collect::<Vec<_>>()
    });
    let rules = match rules.await {
        Ok(rules) => rules,
        Err(closed) => return sorry(clerk, language, closed.into()),
    };
    let sheet = Sheet { language, typed, faults };
    let grounds: Vec<_> =
        AppealGround::ALL.iter().map(|it| (it.en(), language.say(it.zh(), it.en()))).collect();
    let rules: Vec<_> = rules.iter().map(|(id, title)| (id.as_str(), title.as_str())).collect();
    let day = |name, label| sheet.line(Line::new(name, label).kind("date", "off"));
    let main = html! {
        @if typed.text("act") == "withdraw" { (sheet.summary()) } @else { (sheet.summary_of_question()) }
        p.quiet { (language.say(
            "撤牌不删除记录：每张牌各记一条撤销，写明同一原因，可在办件里查到。",
            "Nothing is deleted: each card gets an event of its own that withdraws it, with the common cause.",
        )) }
        @if let Some(found) = found { (confirm(found, typed, clerk, language)) }
        form.sheet method="post" action="/watch/withdraw" {
            (key(clerk))
            (sheet.choice("rule", language.say("按哪条规则发的", "Given by which rule"), &rules))
            (day("from", language.say("发出日期从", "Issued from")))
            (day("to", language.say("到", "until")))
            (sheet.line(Line::new("item", language.say("只限事项（编码）", "Of this item only (code)")).optional()))
            (sheet.choice("ground", language.say("原因", "Cause"), &grounds))
            (sheet.line(Line::new("reason", language.say("说明", "In words"))))
            button type="submit" name="act" value="look" { (language.say("先看有哪些", "Show them first")) }
        }
        p { a href="/watch" { (language.say("回监察", "Back to supervision")) } }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = language.say("批量撤牌", "Withdraw cards");
    (status, page(clerk, language, title, &main)).into_response()
}

/// What would be withdrawn, and the button that does it.
fn confirm(found: &Bulk, typed: &Fields, clerk: &Clerk, language: Language) -> Markup {
    let count = found.cards.len();
    let heads = match language {
        Language::Chinese => ["办件", "牌", "扣分", "发出"],
        Language::English => ["case", "card", "points", "issued"],
    };
    html! {
        section {
            h2 { (language.say("将撤销 ", "To be withdrawn: ")) (count) (language.say(" 张牌", " cards")) }
            div.scroll { table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for card in found.cards.iter().take(CARDS_SHOWN) { tr {
                    td { a href={ "/cases/" (card.case) } { code { (card.case) } } }
                    td { (language.say(card.level.zh(), card.level.en())) " " (card.card) }
                    td { (card.points) }
                    td { (card.issued_on) }
                } } }
            } }
            @if count > CARDS_SHOWN { p.quiet { (language.say("以上只列出 ", "Only shown here: ")) (CARDS_SHOWN) } }
            form method="post" action="/watch/withdraw" {
                (key(clerk))
                @for name in FIELDS { input type="hidden" name=(name) value=(typed.text(name)); }
                p.buttons { button.main type="submit" name="act" value="withdraw" {
                    (language.say("撤销这些牌", "Withdraw these cards"))
                } }
            }
        }
    }
}
