//! 督办: orders with their clocks, giving one, and answering, sending back or closing it.

mod form;

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::document::{DocumentId, EventKind, Ownership, Role};
use tongban_protocol::place::Division;

use self::form::{giving, new_order, steps, wished_step};
use super::{page, sorry};
use crate::cases::is_under;
use crate::clock;
use crate::orders::{self, OrderDetail, OrderError, RoundDetail, parse_id};
use crate::replica::{Replica, ReplicaError};
use crate::report::Centres;
use crate::store::Store;
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Sheet, number};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::machine::office_homes;
use crate::web::places::{address, place_name, place_options};
use crate::web::shell::{self, grouped};

/// Orders on one page.
const ORDERS_SHOWN: usize = 50;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Of this centre and those below it only.
    under: String,
    /// Those that are closed, too.
    all: bool,
    #[serde(deserialize_with = "number")]
    skip: usize,
    /// What was just saved.
    saved: String,
    /// What the form of a new order says already.
    centre: String,
    case: String,
    card: String,
}

/// Everything that the page of a list shows.
struct Board {
    orders: Vec<OrderDetail>,
    centres: Centres,
    /// The centres that may be given an order from here.
    below: Centres,
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let typed = match form::fresh() {
        Ok(typed) => typed,
        Err(fault) => return sorry(&clerk, language, fault),
    };
    let typed = typed
        .with("centre", asked.centre.clone())
        .with("case", asked.case.clone())
        .with("card", asked.card.clone());
    draw(&rooms, &clerk, (language, &typed, &Faults::default()), &asked).await
}

/// Gives an order.
pub(super) async fn give(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    if let Err(fault) = clerk.check_supervisor() {
        return sorry(&clerk, language, fault);
    }
    let given = match new_order(&typed, &clerk) {
        Ok((name, wish)) => {
            let now = clock::now();
            let staged = rooms.face.desk.stage(move |replica, _| {
                let case = wish.case.as_deref().map(|case| named(replica, case)).transpose()?;
                orders::issue_named(replica, now, name, orders::NewOrder { case, ..wish })
            });
            staged.await.map_err(|error| form::blame("reason", error))
        }
        Err(faults) => Err(faults),
    };
    match given {
        Ok((id, _)) => Redirect::to(&format!("/orders/{id}?saved=order")).into_response(),
        Err(faults) => draw(&rooms, &clerk, (language, &typed, &faults), &Asked::default()).await,
    }
}

/// The case that somebody names, by its number or by its name.
fn named<S: Store>(replica: &Replica<S>, text: &str) -> Result<String, OrderError> {
    let found = replica.numbered(text)?;
    Ok(found.first().map_or_else(|| text.to_owned(), ToString::to_string))
}

async fn draw(
    rooms: &Rooms,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
    asked: &Asked,
) -> Response {
    let board = match look(rooms, asked).await {
        Ok(board) => board,
        Err(fault) => return sorry(clerk, language, fault),
    };
    let sheet = Sheet { language, typed, faults };
    let main = html! {
        (sheet.summary())
        (filter(asked, &board, language))
        (table(&board, asked, language))
        @if !board.below.is_empty() {
            p { a href="/orders/due" { (language.say("应督办：哪些牌够得上督办", "Which cards call for an order")) } }
            @if clerk.role == Some(Role::Supervisor) {
                (giving(&sheet, &board.below, clerk))
            } @else {
                p.quiet { (language.say("督办由监察岗下达。", "Orders are given by whoever has the post of a supervisor.")) }
            }
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, page(clerk, language, language.say("督办", "Orders"), &main)).into_response()
}

async fn look(rooms: &Rooms, asked: &Asked) -> Result<Board, Fault> {
    let (now, lookout) = (clock::now(), rooms.face.lookout.clone());
    let (under, all): (Option<Division>, _) = (asked.under.parse().ok(), asked.all);
    let looked = rooms.face.desk.ask(move |engine| {
        let mut homes = office_homes(engine);
        homes.retain(|home| is_under(engine.replica(), *home, under));
        let mut orders = orders::list(engine.replica(), &homes, now, all)?;
        orders::pressing_first(&mut orders);
        let centres = lookout.centres(engine);
        let mut below = centres.clone();
        below.retain(|centre, _| may_order(engine.replica(), *centre));
        Ok::<_, ReplicaError>(Board { orders, centres, below })
    });
    Ok(looked.await??)
}

/// True where this centre may give orders to another.
fn may_order<S: Store>(replica: &Replica<S>, centre: Division) -> bool {
    let member = replica.member();
    let own = if centre == member.centre() { Ownership::Own } else { Ownership::Below };
    EventKind::IssueOrder.may_record(member.credential.tier, own)
}

fn filter(asked: &Asked, board: &Board, language: Language) -> Markup {
    html! {
        form.ask method="get" action="/orders" {
            label { (language.say("中心", "centre")) " "
                select name="under" {
                    option value="" { (language.say("全部", "all")) }
                    (place_options(&board.centres, &asked.under, language))
                } }
            label { input type="checkbox" name="all" value="true" checked[asked.all]; (language.say("含已销号", "closed ones too")) }
            button type="submit" { (language.say("筛选", "filter")) }
        }
    }
}

fn table(board: &Board, asked: &Asked, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["文号", "中心", "状态", "期限", "所督何事", "答复"],
        Language::English => ["document", "centre", "state", "last day", "what is asked", "answer"],
    };
    let next = asked.skip.saturating_add(ORDERS_SHOWN);
    let all = if asked.all { "true" } else { "" };
    html! {
        p.quiet { (grouped(board.orders.len() as u64)) (language.say(" 件，逾期的在前", " orders, overdue ones first")) }
        @if board.orders.is_empty() { p { (language.say("没有督办。", "None.")) } } @else {
            div.scroll { table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for order in board.orders.iter().skip(asked.skip).take(ORDERS_SHOWN) { tr {
                    td { a href={ "/orders/" (order.id) } { (order.document) } }
                    td { (place_name(&board.centres, &order.centre, language)) }
                    td { (language.say(&order.zh, &order.state)) }
                    td { (due(order, language)) }
                    @let round = order.rounds.last();
                    td { @if let Some(round) = round { (round.reason) } }
                    td { @if let Some([on, by, text]) = round.and_then(|it| it.answer.as_ref()) { (text) " " span.quiet { (by) " " (on) } } @else { "—" } }
                } } }
            } }
            @if next < board.orders.len() {
                p.pages { a href=(address("/orders", &[("under", &asked.under), ("all", all), ("skip", &next.to_string())])) { (language.say("下一页", "next")) } }
            }
        }
    }
}

/// The last day of an order and how its clock stands, in words.
fn due(order: &OrderDetail, language: Language) -> Markup {
    let is_due = order.state == "due";
    let class = match (order.is_late, is_due) {
        (true, _) => "key incident",
        (false, true) => "key calm",
        (false, false) => "key silent",
    };
    let standing = order.standing.as_deref().zip(order.standing_en.as_deref());
    html! {
        @if let Some((zh, en)) = standing { span class=(class) { (language.say(zh, en)) } " " }
        @if let Some(day) = &order.due { span.quiet { (day) } }
    }
}

/// The orders that cards call for.
pub(super) async fn due_orders(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
) -> Response {
    let (now, lookout) = (clock::now(), rooms.face.lookout.clone());
    let looked = rooms.face.desk.ask(move |engine| {
        let homes = office_homes(engine);
        let due = orders::due(engine.replica(), &homes, now)?;
        Ok::<_, ReplicaError>((due, lookout.centres(engine)))
    });
    let (due, centres) = match looked.await {
        Ok(Ok(looked)) => looked,
        Ok(Err(error)) => return sorry(&clerk, language, error.into()),
        Err(closed) => return sorry(&clerk, language, closed.into()),
    };
    let main = html! {
        p.quiet { (due.len()) (language.say(" 项，按已发有效的牌算", " grounds, by the cards that were issued and stand")) }
        @for order in due.iter().take(ORDERS_SHOWN) {
            section.card-proof {
                h2 { (place_name(&centres, &order.centre, language)) " " span.quiet { (language.say(&order.zh, &order.en)) } }
                ul { @for card in &order.cards {
                    li {
                        span.key.behind { (language.say(card.level.zh(), card.level.en())) } " " (card.issued_on) " " (card.person) " "
                        a href={ "/cases/" (card.case) } { (card.item) " " (card.card) } " "
                        a href=(address("/orders", &[("centre", &order.centre), ("case", &card.case), ("card", &card.card)])) { (language.say("就此督办", "give an order about it")) }
                    }
                } }
            }
        }
        p { a href="/orders" { (language.say("回督办", "Back to orders")) } }
    };
    page(&clerk, language, language.say("应督办", "Orders that are called for"), &main)
        .into_response()
}

/// One order.
pub(super) async fn open(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let (typed, faults) = (Fields::default(), Faults::default());
    draw_one(&rooms, &clerk, &id, (&Sheet { language, typed: &typed, faults: &faults }, &asked))
        .await
}

/// Records what happens to an order.
pub(super) async fn step(
    State(rooms): State<Arc<Rooms>>,
    Path(text): Path<String>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    let id = match parse_id(&text) {
        Ok(id) => id,
        Err(error) => return sorry(&clerk, language, error.into()),
    };
    let recorded = match wished_step(&typed, &clerk) {
        Ok(wish) => {
            let (now, seen) = (clock::now(), typed.line("seen").parse().unwrap_or(usize::MAX));
            let staged = rooms
                .face
                .desk
                .stage(move |replica, _| orders::record_seen(replica, now, (id, seen), wish));
            staged.await.map_err(|error| form::blame("text", error))
        }
        Err(faults) => Err(faults),
    };
    match recorded {
        Ok(_) => Redirect::to(&format!("/orders/{id}?saved=step")).into_response(),
        Err(faults) => {
            let sheet = Sheet { language, typed: &typed, faults: &faults };
            draw_one(&rooms, &clerk, &text, (&sheet, &Asked::default())).await
        }
    }
}

async fn read(rooms: &Rooms, id: &str) -> Result<(OrderDetail, Centres, [bool; 2]), Fault> {
    let order: DocumentId = parse_id(id)?;
    let (now, lookout) = (clock::now(), rooms.face.lookout.clone());
    let read = rooms.face.desk.ask(move |engine| {
        let replica = engine.replica();
        let centre = order.home.division;
        let may = [centre == replica.member().centre(), may_order(replica, centre)];
        let read = orders::show(replica, order, now)?;
        Ok::<_, ReplicaError>(read.map(|read| (read, lookout.centres(engine), may)))
    });
    Ok(read.await??.ok_or_else(|| OrderError::NotFound(id.to_owned()))?)
}

async fn draw_one(
    rooms: &Rooms,
    clerk: &Clerk,
    id: &str,
    (sheet, asked): (&Sheet<'_>, &Asked),
) -> Response {
    let language = sheet.language;
    let (order, centres, may) = match read(rooms, id).await {
        Ok(read) => read,
        Err(fault) => return sorry(clerk, language, fault),
    };
    let main = html! {
        @if !asked.saved.is_empty() {
            p.saved role="status" { "○ " (language.say("已保存在本机，断电不丢。", "Saved on this machine, safe from a power cut.")) }
        }
        (sheet.summary())
        div.case-head {
            p { b { (place_name(&centres, &order.centre, language)) } " "
                span.key.calm { (language.say(&order.zh, &order.state)) } " " (due(&order, language)) }
            @if let Some(case) = &order.case {
                p { (language.say("办件：", "About the case: ")) a href={ "/cases/" (case) } { code { (case) } }
                    @if let Some(card) = &order.card { " " (card) } }
            }
            @if let Some([on, note]) = &order.closed { p { b { (language.say("已销号 ", "closed ")) (on) } " " (note) } }
        }
        (steps(&order, may, clerk, sheet))
        section {
            h2 { (language.say("来往", "What was asked and answered")) }
            @for it in &order.rounds { (round(it, language)) }
        }
        (record(&order, language))
        p { a href="/orders" { (language.say("回督办", "Back to orders")) } }
    };
    let title = format!("{} {}", language.say("督办", "Order"), order.document);
    let status =
        if sheet.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, page(clerk, language, &title, &main)).into_response()
}

fn round(round: &RoundDetail, language: Language) -> Markup {
    html! {
        div.card-proof {
            p { b { (round.asked_on) } " " (round.reason) }
            p.quiet { (round.days) (language.say(" 个工作日内答复，最迟 ", " working days, until ")) (round.due) }
            @match &round.answer {
                Some([on, by, text]) => p { (language.say("答复 ", "answered ")) (on) " " (by) "：“" (text) "”" },
                None => p.quiet { (language.say("还没有答复", "not answered yet")) },
            }
        }
    }
}

fn record(order: &OrderDetail, language: Language) -> Markup {
    html! {
        section {
            h2 { (language.say("记录", "What was recorded")) }
            ul { @for event in &order.events { li {
                (language.say(&event.zh, event.kind.en())) " " (shell::clock(event.recorded_at)) " " (event.by)
                @if let Some(anomaly) = &event.anomaly {
                    " " span.key.incident { (language.say("无效", "no effect")) } " " (language.say(&anomaly.zh, &anomaly.en))
                }
            } } }
        }
    }
}
