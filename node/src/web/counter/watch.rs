//! 监察: cards to issue, appeals to rule on, answers that are overdue.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::document::Role;

use super::{page, sorry};
use crate::cases::{self, CardDetail, WATCHED_MAX, WatchLine, Watched};
use crate::clock;
use crate::web::Rooms;
use crate::web::form::key;
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::shell::grouped;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// How many to pass over.
    #[serde(default)]
    skip: usize,
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let now = clock::now();
    let looked =
        rooms.face.desk.ask(move |engine| cases::watched(engine.replica(), asked.skip, now));
    let watched = match looked.await {
        Ok(Ok(watched)) => watched,
        Ok(Err(error)) => return sorry(&clerk, language, error.into()),
        Err(closed) => return sorry(&clerk, language, closed.into()),
    };
    let main = html! {
        p.quiet {
            (language.say("已看 ", "looked at ")) (grouped(watched.looked_at as u64)) "/" (grouped(watched.of as u64))
            (language.say(" 件临期、超期或有标记的办件，最急的在前", " cases that press, are over or have marks, the most pressing first"))
        }
        @if watched.lines.is_empty() { p { (language.say("没有要处理的。", "Nothing to do.")) } } @else {
            (table(&watched, &clerk, language))
        }
        @if asked.skip.saturating_add(WATCHED_MAX) < watched.of {
            p { a href={ "/watch?skip=" (asked.skip.saturating_add(WATCHED_MAX)) } { (language.say("下一批", "the next")) } }
        }
    };
    page(&clerk, language, language.say("监察", "Supervision"), &main).into_response()
}

fn table(watched: &Watched, clerk: &Clerk, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["办件", "中心", "待发的牌", "待裁定的申诉", "逾期未答复"],
        Language::English => {
            ["case", "centre", "cards to issue", "appeals to rule on", "answers overdue"]
        }
    };
    html! {
        div.scroll { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for line in &watched.lines { (row(line, clerk, language)) } }
        } }
    }
}

fn row(line: &WatchLine, clerk: &Clerk, language: Language) -> Markup {
    let case = &line.case;
    html! {
        tr {
            td {
                a href={ "/cases/" (case.id) } { code { (case.number) } } br;
                (case.item_name) " " span.quiet { (language.say(&case.state.zh, &case.state.en)) }
            }
            td { (case.centre) }
            td { @for card in &line.to_issue {
                div { (words(card, language)) @if clerk.role == Some(Role::Supervisor) { (issuing(card, line, clerk, language)) } }
            } }
            td { @for card in &line.to_rule { div { (words(card, language)) @if let Some(due) = card.issued.as_ref().and_then(|it| it.rule.as_ref()) {
                br; span.quiet { (language.say(&due.zh, &due.en)) } } } } }
            td { @for card in &line.unanswered { div { (words(card, language)) @if let Some(due) = card.issued.as_ref().and_then(|it| it.answer.as_ref()) {
                br; span.quiet { (language.say(&due.zh, &due.en)) } } } } }
        }
    }
}

fn words(card: &CardDetail, language: Language) -> Markup {
    html! {
        span.key.behind { (language.say(card.level.zh(), card.level.en())) } " "
        (language.say(&card.title, &card.title_en)) " "
        span.quiet { (language.say(&card.figures, &card.figures_en)) }
    }
}

/// 发牌, from the list; the figures that the rules give are its reason.
fn issuing(card: &CardDetail, line: &WatchLine, clerk: &Clerk, language: Language) -> Markup {
    html! {
        form.inline method="post" action={ "/cases/" (line.case.id) "/events" } {
            (key(clerk))
            input type="hidden" name="kind" value="issue-card";
            input type="hidden" name="seen" value=(line.events);
            input type="hidden" name="card" value=(card.name);
            input type="hidden" name="reason" value=(card.figures);
            button type="submit" { (language.say("发牌", "issue")) }
        }
    }
}
