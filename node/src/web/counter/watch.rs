//! 监察: cards to issue, appeals to rule on, answers that are overdue, and what was issued.
//!
//! What there is to do is [`crate::cases::watched`]; here are the choice of what is looked at, and
//! what becomes of the forms.

mod table;
mod withdraw;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::document::Role;
use tongban_protocol::supervision::{Level, Rule};

use self::table::table;
use super::{page, sorry};
use crate::cases::{self, CaseError, Pick, Sight, WatchWish, Watched};
use crate::clock;
use crate::records::Words;
use crate::replica::ReplicaError;
use crate::report::Centres;
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Fields, number};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::places::{address, place_options};
use crate::web::shell::grouped;

pub(super) use withdraw::{show as ask_withdrawal, withdraw};

/// What is looked at, as the address says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    sight: String,
    under: String,
    level: String,
    rule: String,
    #[serde(deserialize_with = "number")]
    skip: usize,
    /// How many cards were just issued.
    #[serde(deserialize_with = "number")]
    issued: usize,
    /// What else was just saved.
    saved: String,
}

/// Everything that the page shows.
struct Board {
    watched: Watched,
    centres: Centres,
    /// The rules by which cards are given, with their titles.
    rules: Vec<(String, Words)>,
}

impl Asked {
    fn sight(&self) -> Sight {
        Sight::of_code(&self.sight).unwrap_or_default()
    }

    fn wish(&self, clerk: &Clerk) -> WatchWish {
        WatchWish {
            sight: self.sight(),
            under: self.under.parse().ok(),
            level: self.level.parse().ok(),
            rule: Some(self.rule.clone()).filter(|rule| !rule.is_empty()),
            skip: self.skip,
            by: clerk.name.clone(),
        }
    }

    /// The address of the same board with other cards.
    fn at(&self, sight: Sight, skip: usize) -> String {
        let skip = if skip == 0 { String::new() } else { skip.to_string() };
        let pairs = [
            ("sight", sight.code()),
            ("under", &self.under),
            ("level", &self.level),
            ("rule", &self.rule),
            ("skip", &skip),
        ];
        address("/watch", &pairs)
    }
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    draw(&rooms, &clerk, language, (&asked, &html! {})).await
}

async fn draw(
    rooms: &Rooms,
    clerk: &Clerk,
    language: Language,
    (asked, note): (&Asked, &Markup),
) -> Response {
    let board = match look(rooms, asked.wish(clerk)).await {
        Ok(board) => board,
        Err(fault) => return sorry(clerk, language, fault),
    };
    let watched = &board.watched;
    let main = html! {
        (note)
        (saved(asked, language))
        (sights(asked, language))
        (filter(asked, &board, language))
        p.quiet {
            (language.say("已看 ", "looked at ")) (grouped((asked.skip.saturating_add(watched.looked_at)) as u64)) "/" (grouped(watched.of as u64))
            (language.say(" 件，找到 ", " cases, found ")) (watched.cards.len()) (language.say(" 张牌", " cards"))
        }
        @if asked.sight() == Sight::Due && clerk.role != Some(Role::Supervisor) {
            p.quiet { (language.say("发牌由监察岗办理。", "Cards are issued by whoever has the post of a supervisor.")) }
        }
        @if watched.cards.is_empty() { p { (language.say("没有。", "None.")) } } @else {
            (table(&board, asked, clerk, language))
        }
        p.pages {
            @if asked.skip > 0 { a href=(asked.at(asked.sight(), 0)) { (language.say("回第一批", "the first")) } " " }
            @if let Some(next) = watched.next { a href=(asked.at(asked.sight(), next)) { (language.say("下一批", "the next")) } }
        }
        @if clerk.role == Some(Role::Supervisor) {
            p { a href="/watch/withdraw" { (language.say("批量撤牌（一个原因误发了一批牌时）", "Withdraw many cards that one cause gave wrongly")) } }
        }
    };
    page(clerk, language, language.say("监察", "Supervision"), &main).into_response()
}

async fn look(rooms: &Rooms, wish: WatchWish) -> Result<Board, Fault> {
    let (now, lookout) = (clock::now(), rooms.face.lookout.clone());
    let looked = rooms.face.desk.ask(move |engine| {
        let centres = lookout.centres(engine);
        let replica = engine.replica();
        let rules = replica.rules().rules().iter();
        let title = |rule: &Rule| {
            let en = rule.title_en.as_ref().unwrap_or(&rule.title);
            Words::new(rule.title.clone(), en.clone())
        };
        let rules = rules.map(|rule| (rule.id.clone(), title(rule))).collect();
        let watched = cases::watched(replica, &wish, now)?;
        Ok::<_, ReplicaError>(Board { watched, centres, rules })
    });
    Ok(looked.await??)
}

fn saved(asked: &Asked, language: Language) -> Markup {
    let words = match (asked.issued, asked.saved.as_str()) {
        (0, "") => return html! {},
        (0, "ruling") => language.say("裁定", "the ruling").to_owned(),
        (0, _) => language.say("撤牌", "the withdrawal").to_owned(),
        (count, _) => match language {
            Language::Chinese => format!("发牌 {count} 张"),
            Language::English => format!("{count} cards issued"),
        },
    };
    html! { p.saved role="status" { "○ " (language.say("已保存在本机：", "Saved on this machine: ")) (words) } }
}

/// What may be looked at.
fn sights(asked: &Asked, language: Language) -> Markup {
    html! {
        nav.tabs aria-label=(language.say("看什么", "what to look at")) {
            @for sight in Sight::ALL {
                a href=(asked.at(sight, 0)) aria-current=[(sight == asked.sight()).then_some("page")] {
                    (language.say(sight.zh(), sight.en()))
                }
            }
        }
    }
}

fn filter(asked: &Asked, board: &Board, language: Language) -> Markup {
    let every = language.say("全部", "all");
    html! {
        form.ask method="get" action="/watch" {
            input type="hidden" name="sight" value=(asked.sight().code());
            label { (language.say("中心", "centre")) " "
                select name="under" { option value="" { (every) } (place_options(&board.centres, &asked.under, language)) } }
            label { (language.say("颜色", "colour")) " "
                select name="level" {
                    option value="" { (every) }
                    @for level in Level::ALL {
                        option value=(level.en()) selected[level.en() == asked.level] { (language.say(level.zh(), level.en())) }
                    }
                } }
            label { (language.say("规则", "rule")) " "
                select name="rule" {
                    option value="" { (every) }
                    @for (id, title) in &board.rules { option value=(id) selected[*id == asked.rule] { (language.say(&title.zh, &title.en)) } }
                } }
            button type="submit" { (language.say("筛选", "filter")) }
        }
    }
}

/// Issues the cards that were ticked, or the one whose button was pressed.
pub(super) async fn issue(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    let asked = Asked {
        sight: typed.line("sight"),
        under: typed.line("under"),
        level: typed.line("level"),
        rule: typed.line("rule"),
        skip: typed.line("skip").parse().unwrap_or_default(),
        ..Asked::default()
    };
    if let Err(fault) = clerk.check_supervisor() {
        return sorry(&clerk, language, fault);
    }
    let one = typed.wish("one");
    let named = one.as_deref().map_or_else(|| typed.all("pick").collect(), |one| vec![one]);
    let picks: Vec<Pick> = named.into_iter().filter_map(pick).collect();
    if picks.is_empty() {
        let words =
            language.say("没有勾选任何牌，未发牌。", "No card was ticked; nothing was issued.");
        let note = html! { p.fault-summary role="alert" { (words) } };
        let page = draw(&rooms, &clerk, language, (&asked, &note)).await;
        return (StatusCode::UNPROCESSABLE_ENTITY, page).into_response();
    }
    let (told_tx, told_rx) = std::sync::mpsc::sync_channel(1);
    let (now, by) = (clock::now(), clerk.name.clone());
    let staged = rooms.face.desk.stage(move |replica, _| {
        let (told, last) = cases::issue_cards(replica, now, picks, &by)?;
        let count = told.issued.len();
        let _ = told_tx.send(told.passed_over); // Room for one; whoever asked may be gone.
        last.map(|last| (count, last)).ok_or_else(|| CaseError::NoMatch(String::new()))
    });
    let staged = staged.await;
    let passed_over = told_rx.try_recv().unwrap_or_default();
    match staged {
        Ok((count, _)) if passed_over.is_empty() => {
            let path = asked.at(asked.sight(), asked.skip);
            Redirect::to(&format!("{path}&issued={count}")).into_response()
        }
        Err(error) if passed_over.is_empty() => sorry(&clerk, language, Fault::from(error)),
        outcome => {
            let issued = outcome.map_or(0, |(count, _)| count);
            let asked = Asked { issued, ..asked };
            let note = not_issued(passed_over, language);
            let page = draw(&rooms, &clerk, language, (&asked, &note)).await;
            (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
        }
    }
}

fn not_issued(passed_over: Vec<(Pick, CaseError)>, language: Language) -> Markup {
    html! {
        div.fault-summary role="alert" {
            p { (language.say("这些牌没有发出：", "These cards were not issued:")) }
            ul { @for (pick, error) in passed_over {
                @let fault = Fault::from(error);
                li { a href={ "/cases/" (pick.case) } { code { (pick.case) } } " " (pick.card) " — "
                    (language.say(&fault.zh, &fault.en)) " " span.quiet { (fault.what) } }
            } }
        }
    }
}

/// A card as the page names it: the case, a bar, and its name within the case.
fn pick(text: &str) -> Option<Pick> {
    let (case, card) = text.split_once('|')?;
    Some(Pick { case: case.parse().ok()?, card: card.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_named_in_the_language_of_the_page() {
        let rule = ("late".to_owned(), Words::new("超期录入", "entered late"));
        let board =
            Board { watched: Watched::default(), centres: Centres::new(), rules: vec![rule] };
        let shown = |language| filter(&Asked::default(), &board, language).into_string();
        assert!(shown(Language::Chinese).contains(">超期录入<"));
        assert!(shown(Language::English).contains(">entered late<"));
    }
}
