//! 绿色通道看板 as a page.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::place::Division;

use super::line::due_or_dash;
use super::{page, sorry};
use crate::cases::{self, GREEN_LOOKED_MAX, GreenBoard, GreenLine};
use crate::clock;
use crate::replica::ReplicaError;
use crate::report::Centres;
use crate::web::Rooms;
use crate::web::form::number;
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::places::{address, place_name, place_options};
use crate::web::shell::{self, grouped};

/// Cases on one page.
const LINES_SHOWN: usize = 50;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Of this centre and those below it only.
    under: String,
    #[serde(deserialize_with = "number")]
    skip: usize,
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let (now, lookout) = (clock::now(), rooms.face.lookout.clone());
    let under: Option<Division> = asked.under.parse().ok();
    let looked = rooms.face.desk.ask(move |engine| {
        let board = cases::green_board(engine.replica(), under, now)?;
        Ok::<_, ReplicaError>((board, lookout.centres(engine)))
    });
    let (board, centres) = match looked.await {
        Ok(Ok(looked)) => looked,
        Ok(Err(error)) => return sorry(&clerk, language, error.into()),
        Err(closed) => return sorry(&clerk, language, closed.into()),
    };
    let main = html! {
        form.ask method="get" action="/green" {
            label { (language.say("中心", "centre")) " "
                select name="under" {
                    option value="" { (language.say("全部", "all")) }
                    (place_options(&centres, &asked.under, language))
                } }
            button type="submit" { (language.say("筛选", "filter")) }
        }
        p.quiet {
            (language.say("在办 ", "open: ")) (grouped(board.lines.len() as u64))
            (language.say(" 件，其中逾期 ", ", overdue: ")) (board.overdue)
            @if !board.is_whole { (language.say("；只看了最近的 ", "; looked at the newest ")) (GREEN_LOOKED_MAX) }
        }
        (table(&board, &centres, &asked, language))
    };
    page(&clerk, language, language.say("绿色通道", "Green channel"), &main).into_response()
}

fn table(board: &GreenBoard, centres: &Centres, asked: &Asked, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => {
            ["承诺", "法定", "事项", "代办员", "委托书", "中心", "状态", "最近一步", "静默"]
        }
        Language::English => [
            "promise",
            "legal limit",
            "item",
            "agent",
            "mandate",
            "centre",
            "state",
            "last event",
            "silent for",
        ],
    };
    let next = asked.skip.saturating_add(LINES_SHOWN);
    html! {
        @if board.lines.is_empty() {
            p { (language.say("没有在办的绿色通道件。", "No case with an open green channel.")) }
        } @else {
            div.scroll { table.desk {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for line in board.lines.iter().skip(asked.skip).take(LINES_SHOWN) { (row(line, centres, language)) } }
            } }
            @if next < board.lines.len() {
                p.pages { a href=(address("/green", &[("under", &asked.under), ("skip", &next.to_string())])) { (language.say("下一页", "next")) } }
            }
        }
    }
}

fn row(line: &GreenLine, centres: &Centres, language: Language) -> Markup {
    let case = &line.case;
    let green = case.green.as_ref();
    html! {
        tr {
            td { (due_or_dash(line.promise.as_ref(), language)) }
            td { (due_or_dash(line.legal.as_ref(), language)) }
            td { a href={ "/cases/" (case.id) } { (case.item_name) } br; code { (case.number) } }
            td { @if let Some(green) = green { (green.agent) } }
            td { @if let Some(green) = green { (green.mandate) br; span.quiet { (language.say(&green.zh, &green.basis)) } } }
            td { (place_name(centres, &case.centre, language)) }
            td { (language.say(&case.state.zh, &case.state.en)) }
            td.time { @if let Some((at, zh, en, by)) = &line.last {
                (language.say(zh, en)) " " (by) br; span.quiet { (shell::clock(*at)) } } }
            td { (line.silent_days) (language.say(" 天", " days")) }
        }
    }
}
