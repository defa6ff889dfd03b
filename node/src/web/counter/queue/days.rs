//! 排号日报: what the tickets of each centre that is held here came to, day by day. A centre is open
//! on the days on which it handled some.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::place::Home;

use crate::clock;
use crate::queue::{self, QueueDay};
use crate::web::Rooms;
use crate::web::counter::{page, sorry};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::machine::office_homes;

/// Days that the page shows where nothing else is asked for.
const DAYS_SHOWN: u16 = 7;

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
    let counted = rooms.face.desk.ask(move |engine| {
        let homes: Vec<Home> = office_homes(engine);
        queue::days(engine.replica(), &homes, (from, today), now)
    });
    let counted = match counted.await {
        Ok(Ok(counted)) => counted,
        Ok(Err(error)) => return sorry(&clerk, language, error.into()),
        Err(closed) => return sorry(&clerk, language, closed.into()),
    };
    let main = html! {
        p { (language.say("按办结的号看，各中心开门的日子（共 ", "By the tickets handled, the days on which centres were open (of "))
            (count) (language.say(" 天）：", "):")) }
        (open_days(&counted))
        (table(&counted, language))
        p { a href="/queue" { (language.say("回排队", "Back to the queue")) } }
    };
    page(&clerk, language, language.say("排号日报", "Tickets by day"), &main).into_response()
}

/// On how many days each centre handled tickets.
fn open_days(counted: &[QueueDay]) -> Markup {
    let centres: BTreeSet<&str> = counted.iter().map(|day| day.centre.as_str()).collect();
    let open = |centre: &str| counted.iter().filter(|it| it.centre == centre && it.handled > 0);
    html! { ul.plain { @for centre in centres { li { code { (centre) } " " b { (open(centre).count()) } } } } }
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
    let wait = |minutes: Option<i64>| minutes.map_or("—".to_owned(), |it| it.to_string());
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
