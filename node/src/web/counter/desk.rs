//! 工作台 as a page.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::line::{case_line, heads};
use super::{page, sorry};
use crate::cases::{self, DESK_LINES_MAX, DeskCases, Sought};
use crate::clock;
use crate::queue;
use crate::relay;
use crate::report::count;
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{number, one_line};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::shell::grouped;

/// Chunks of cases that one look counts before it shows what there is.
const COUNTS_PER_LOOK: usize = 4;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// What is sought.
    #[serde(default)]
    q: String,
    /// How many to pass over.
    #[serde(default)]
    #[serde(deserialize_with = "number")]
    skip: usize,
}

/// How many wait in the hall.
async fn waiting(rooms: &Rooms) -> Result<usize, Fault> {
    let (groups, now) = (rooms.face.groups.clone(), clock::now());
    let shown = rooms.face.desk.ask(move |engine| queue::show(engine.replica(), &groups, now));
    Ok(shown.await??.groups.iter().map(|group| group.waiting.len()).sum())
}

async fn look(rooms: &Rooms, asked: &Asked) -> Result<DeskCases, Fault> {
    let sought = Sought { text: one_line(&asked.q), skip: asked.skip };
    let now = clock::now();
    let looked = rooms.face.desk.ask(move |engine| {
        for _ in 0..COUNTS_PER_LOOK {
            if engine.replica().is_uncounted() {
                count(engine, now)?;
            }
        }
        cases::desk(engine.replica(), &sought, now)
    });
    Ok(looked.await??)
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let (desk, waiting) = match (look(&rooms, &asked).await, waiting(&rooms).await) {
        (Ok(desk), Ok(waiting)) => (desk, waiting),
        (Err(fault), _) | (_, Err(fault)) => return sorry(&clerk, language, fault),
    };
    let relays = match relay::waiting_at(&rooms.face.desk, clock::now()).await {
        Ok(counted) => counted,
        Err(error) => return sorry(&clerk, language, error.into()),
    };
    let main = html! {
        (late_relays(relays, language))
        form.seek method="get" action="/desk" role="search" {
            label for="q" { (language.say("查找", "Find")) }
            input id="q" name="q" type="search" value=(asked.q) accesskey="s" autocomplete="off"
                autofocus data-fill="desk" data-from="/desk/lines"
                placeholder=(language.say("姓名、编号、电话、事项", "name, number, telephone, item"));
            button type="submit" { (language.say("查找", "Find")) }
            a.main href="/take" { (language.say("收件", "Take a case")) " (Alt+N)" }
            @if waiting > 0 { a href="/queue" { (language.say("排队 ", "Waiting: ")) (waiting) (language.say(" 人", "")) } }
        }
        div #desk aria-live="polite" { (table(&desk, &asked, language)) }
    };
    let title = format!("{} · {}", rooms.face.name, language.say("工作台", "desk"));
    page(&clerk, language, &title, &main).into_response()
}

/// Cards of upper systems that have waited for too long.
fn late_relays((all, late): (usize, usize), language: Language) -> Markup {
    html! {
        @if late > 0 {
            p.note { a href="/relay" { @match language {
                Language::Chinese => { (late) "/" (all) " 张上级代办卡超过七天没有结果" }
                Language::English => { (late) "/" (all) " cards of upper systems have had no result for over a week" }
            } } }
        }
    }
}

/// The lines alone, as somebody types.
pub(super) async fn lines(
    State(rooms): State<Arc<Rooms>>,
    language: Language,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Fault> {
    let desk = look(&rooms, &asked).await?;
    Ok(Html(table(&desk, &asked, language).into_string()))
}

fn table(desk: &DeskCases, asked: &Asked, language: Language) -> Markup {
    let is_search = !one_line(&asked.q).is_empty();
    let what = match is_search {
        true => language.say("找到", "found"),
        false => language.say("待办", "to do"),
    };
    html! {
        p.quiet {
            (what) " " (grouped(desk.count as u64)) " " (language.say("件", "cases"))
            @if !is_search { (language.say("，最急的在前", ", the most pressing first")) }
            @if !desk.is_whole { (language.say("；清单正在整理，稍后刷新", "; the list is still being put together, reload in a moment")) }
        }
        @if desk.lines.is_empty() {
            p { (language.say(
                if is_search { "没有找到。换个字，或用办件编号。" } else { "没有待办的件。" },
                if is_search { "Nothing was found. Try another word, or the number." } else { "Nothing to do." },
            )) }
        } @else {
            div.scroll { table.desk {
                thead { tr { @for head in heads(language) { th scope="col" { (head) } } } }
                tbody { @for line in &desk.lines { (case_line(line, language)) } }
            } }
            (pages(desk, asked, language))
        }
    }
}

fn pages(desk: &DeskCases, asked: &Asked, language: Language) -> Markup {
    let at = |skip: usize| {
        let pairs = [("q", asked.q.clone()), ("skip", skip.to_string())];
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("/desk?{query}")
    };
    let next = asked.skip.saturating_add(DESK_LINES_MAX);
    html! {
        p.pages {
            @if asked.skip > 0 {
                a href=(at(asked.skip.saturating_sub(DESK_LINES_MAX))) { (language.say("上一页", "previous")) } " "
            }
            @if next < desk.count { a href=(at(next)) { (language.say("下一页", "next")) } }
        }
    }
}
