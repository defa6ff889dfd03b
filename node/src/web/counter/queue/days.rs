//! 排号日报: what the tickets of each centre that is held here came to, day by day. A centre is open
//! on the days on which it handled some.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::place::Home;

use super::wait;
use crate::clock;
use crate::queue::{self, QueueDay, QueueError, Reconciliation};
use crate::web::Rooms;
use crate::web::counter::{page, sorry};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::machine::office_homes;

/// Days that the page shows where nothing else is asked for.
const DAYS_SHOWN: u16 = 7;

/// Cases without a ticket that are named; the others are counted.
const UNTICKETED_SHOWN: usize = 50;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// How many days, today included.
    days: Option<u16>,
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let (now, count) = (clock::now(), asked.days.unwrap_or(DAYS_SHOWN).max(1));
    let today = civil_day(now);
    let from = today.saturating_sub(i64::from(count - 1).days());
    let own = Home::office(rooms.face.centre);
    let counted = rooms.face.desk.ask(move |engine| {
        let homes: Vec<Home> = office_homes(engine);
        let counted = queue::days(engine.replica(), &homes, (from, today), now)?;
        Ok::<_, QueueError>((counted, queue::reconcile(engine.replica(), own, today)?))
    });
    let (counted, held) = match counted.await {
        Ok(Ok(counted)) => counted,
        Ok(Err(error)) => return sorry(&clerk, language, error.into()),
        Err(closed) => return sorry(&clerk, language, closed.into()),
    };
    let main = html! {
        p { (language.say("按办结的号看，各中心开门的日子（共 ", "By the tickets handled, the days on which centres were open (of "))
            (count) (language.say(" 天）：", "):")) }
        (open_days(&counted))
        (table(&counted, language))
        (against_cases(&held, language))
        p { a href="/queue" { (language.say("回排队", "Back to the queue")) } }
    };
    page(&clerk, language, language.say("排号日报", "Tickets by day"), &main).into_response()
}

/// On how many days each centre handled tickets.
fn open_days(counted: &[QueueDay]) -> Markup {
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    for day in counted {
        *open.entry(&day.centre).or_default() += usize::from(day.handled > 0);
    }
    html! { ul.plain { @for (centre, days) in open { li { code { (centre) } " " b { (days) } } } } }
}

fn table(counted: &[QueueDay], language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => [
            "中心",
            "日期",
            "取号",
            "已办结/取号",
            "成件",
            "咨询",
            "其他原因",
            "失效/取号",
            "未办结",
            "等候中位数/九成（分钟，已叫）",
        ],
        Language::English => [
            "centre",
            "day",
            "taken",
            "handled / taken",
            "cases",
            "answers",
            "reasons",
            "expired / taken",
            "not ended",
            "wait, median / nine in ten (min, of called)",
        ],
    };
    let sum = |counts: &[queue::ReasonCount]| counts.iter().map(|it| it.count).sum::<u32>();
    html! {
        @if counted.is_empty() { p.quiet { (language.say("还没有取号。", "No tickets yet.")) } } @else {
            div.scroll { table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for day in counted.iter().rev() { tr {
                    td { code { (day.centre) } }
                    td.time { (day.day) }
                    td { (day.taken) }
                    td { (day.handled) " / " (day.taken) }
                    td { (day.cases) }
                    td { (sum(&day.answers)) }
                    td { (sum(&day.reasons)) }
                    td { (day.expired) " / " (day.taken) }
                    td { (day.unended) }
                    td { (wait(day.wait_median_minutes)) " / " (wait(day.wait_p90_minutes)) " （" (day.called) "）" }
                } } }
            } }
        }
    }
}

/// 号件对账 of this centre's day.
fn against_cases(held: &Reconciliation, language: Language) -> Markup {
    html! {
        section {
            h2 { (language.say("今日号件对账（本中心）", "Today's tickets against cases, of this centre")) }
            p { (language.say("号上写的办件 ", "cases on tickets ")) (held.named) (language.say("，其中查无 ", ", of these not found ")) (held.unknown.len())
                (language.say("；窗口收件 ", "; taken at the counter ")) (held.counter_cases) (language.say("，其中没有号的 ", ", of these without a ticket ")) (held.unticketed.len())
                @if !held.is_whole { (language.say("（办件过多，只核对了一部分）", " (there are too many; only a part was looked at)")) } }
            ul.plain {
                @for missing in &held.unknown { li { b { (missing.ticket) } " → " code { (missing.case) } } }
                @for number in held.unticketed.iter().take(UNTICKETED_SHOWN) { li { code { (number) } " " (language.say("没有号", "without a ticket")) } }
            }
        }
    }
}
