//! 叫号屏: which numbers are called to which window, in digits that are read from afar.
//!
//! It shows numbers, windows and counts, and nothing personal: no priority, no name of a clerk.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};

use super::STYLE_PATH;
use crate::clock;
use crate::queue::{self, QueueView};
use crate::web::Rooms;
use crate::web::counter::SCRIPT_PATH;
use crate::web::fault::Fault;
use crate::web::gate::Hall;
use crate::web::language::Language;
use crate::web::shell::Shell;

/// Calls that fit the screen.
const CALLS_SHOWN: usize = 6;

/// The page.
pub(super) async fn show(State(rooms): State<Arc<Rooms>>, _: Hall, language: Language) -> Response {
    match board(&rooms, language).await {
        Ok(board) => {
            let main = html! { div.hall #board data-refresh="/queue/hall/now" data-pace="2000" data-alone aria-live="polite" { (board) } };
            let title = format!("{} · {}", rooms.face.name, language.say("叫号", "Now serving"));
            frame(language, &title, &main, true).into_response()
        }
        Err(fault) => fault.into_response(),
    }
}

/// What the page shows now, alone.
pub(super) async fn now(
    State(rooms): State<Arc<Rooms>>,
    _: Hall,
    language: Language,
) -> Result<Html<String>, Fault> {
    Ok(Html(board(&rooms, language).await?.into_string()))
}

/// A page of the hall; one that is live shows how things stand and takes nothing.
pub(super) fn frame(language: Language, title: &str, main: &Markup, is_live: bool) -> Html<String> {
    let (styles, script) = (&[STYLE_PATH], Some(SCRIPT_PATH));
    Shell { language, title, styles, script, is_live, links: &[], clerk: None }.page(main)
}

/// The queue as it stands now.
pub(super) async fn look(rooms: &Rooms) -> Result<QueueView, Fault> {
    let (groups, now) = (rooms.face.groups.clone(), clock::now());
    let shown = rooms.face.desk.ask(move |engine| queue::show(engine.replica(), &groups, now));
    Ok(shown.await??)
}

async fn board(rooms: &Rooms, language: Language) -> Result<Markup, Fault> {
    let view = look(rooms).await?;
    let called = view.called.iter().take(CALLS_SHOWN);
    Ok(html! {
        ul.calls {
            @for ticket in called {
                li.now[ticket.state == "called"] {
                    span.number { (ticket.number) }
                    @let (window, after) = where_to(ticket.window.as_deref().unwrap_or("—"), language);
                    span.window { (language.say("请到 ", "window ")) b { (window) } (after) }
                }
            }
            @if view.called.is_empty() { li.none { (language.say("请取号等候", "Please take a number")) } }
        }
        ul.counts { @for group in view.groups.iter().filter(|it| !it.letter.is_empty()) {
            li { (language.say(&group.zh, &group.en)) " " b { (group.waiting.len()) } " " (language.say("人等候", "waiting")) }
        } }
        @if !view.skipped.is_empty() {
            p.skipped { (language.say("过号：", "Did not come: "))
                @for ticket in &view.skipped { span { (ticket.number) } " " }
                (language.say("（请到窗口询问）", "(please ask at a window)")) }
        }
    })
}

/// A window as its clerk calls it (`3`, `3号`, `社保窗口`), without the words that stand around it.
fn where_to(label: &str, language: Language) -> (&str, &'static str) {
    let label = label.trim();
    let bare = match label.get(..6) {
        Some(word) if word.eq_ignore_ascii_case("window") => label[6..].trim(),
        Some(_) | None => label,
    };
    let bare = bare.strip_suffix("窗口").unwrap_or(bare).trim();
    let numbered = bare.strip_suffix('号').map(str::trim);
    let core = numbered.unwrap_or(bare);
    let is_number = numbered.is_some() || core.chars().all(|char| char.is_ascii_alphanumeric());
    match (core, language) {
        ("", _) => (label, ""),
        (core, Language::English) => (core, ""),
        (core, Language::Chinese) if is_number => (core, " 号窗口"),
        (core, Language::Chinese) => (core, " 窗口"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_for_a_window_is_not_said_twice() {
        for (label, zh, en) in [
            ("3", ("3", " 号窗口"), "3"),
            ("3号", ("3", " 号窗口"), "3"),
            (" 3 号窗口 ", ("3", " 号窗口"), "3"),
            ("A1", ("A1", " 号窗口"), "A1"),
            ("社保", ("社保", " 窗口"), "社保"),
            ("社保窗口", ("社保", " 窗口"), "社保"),
            ("窗口", ("窗口", ""), "窗口"),
            ("Window 5", ("5", " 号窗口"), "5"),
            ("—", ("—", " 窗口"), "—"),
        ] {
            assert_eq!(where_to(label, Language::Chinese), zh, "{label}");
            assert_eq!(where_to(label, Language::English).0, en, "{label}");
        }
    }
}
