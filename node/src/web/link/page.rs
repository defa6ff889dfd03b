//! What the pages of the link look like. Offline is grey, and nothing here is ever green.

use std::sync::Arc;

use axum::Router;
use axum::response::Html;
use axum::routing::{get, post};
use maud::{Markup, html};
use tongban_protocol::time::Timestamp;

use super::{press_dial, show_waiting};
use crate::waiting::{Order, OutageLine, OutageLog, Waiting, WaitingRecord};
use crate::web::form::key;
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::shell::{clock, grouped};
use crate::web::{Rooms, counter};

pub(super) fn router() -> Router<Arc<Rooms>> {
    Router::new().route("/link/dial", post(press_dial)).route("/link/waiting", get(show_waiting))
}

/// What stands above the part that is kept fresh: what somebody can do.
pub(in crate::web) fn actions(clerk: &Clerk, was_dialled: bool, language: Language) -> Markup {
    html! {
        @if was_dialled {
            p.note role="status" { (language.say(
                "已请求立即连接上级；结果见下方“链路”。",
                "The centre above is being dialled; what comes of it stands under Links.",
            )) }
        }
        form.inline method="post" action="/link/dial" {
            (key(clerk))
            button type="submit" { (language.say("立即连接", "Dial now")) }
        }
        span.quiet {
            (language.say("没有网络时，可用U盘带出：", "Where there is no line, on a stick: "))
            code { "tongban-node carry out FILE" }
        }
    }
}

/// What waits, in the part that is kept fresh: the sums, the journals, and the oldest records.
pub(in crate::web) fn part_of_page(
    waiting: &Waiting,
    log: &OutageLog,
    language: Language,
) -> Markup {
    html! {
        section {
            h2 { (language.say("等待上传和确认", "Waiting to be sent and confirmed")) }
            (sums(waiting, language))
            @if !waiting.records.is_empty() {
                (records(waiting, language))
                p { a href="/link/waiting" { (language.say("逐条查看全部", "All of them, record by record")) }
                    " · " a href="/link/waiting?order=newest" { (language.say("最新的在前", "the newest first")) } }
            }
        }
        (outage_table(log, language))
    }
}

/// The page with all records that wait.
pub(super) fn list(
    name: &str,
    waiting: &Waiting,
    now: Timestamp,
    (clerk, language): (&Clerk, Language),
) -> Html<String> {
    let order = match waiting.order {
        Order::Oldest => "oldest",
        Order::Newest => "newest",
    };
    let at = |page: u64| format!("/link/waiting?order={order}&page={page}");
    let main = html! {
        p { a href="/link" { (language.say("回链路", "Back to the link")) }
            " · " a href="/link/waiting?order=oldest" { (language.say("最早的在前", "the oldest first")) }
            " · " a href="/link/waiting?order=newest" { (language.say("最新的在前", "the newest first")) } }
        (sums(waiting, language))
        @if !waiting.records.is_empty() { (records(waiting, language)) }
        p.pages {
            @if waiting.page > 1 { a href=(at(waiting.page - 1)) { (language.say("上一页", "previous")) } " " }
            (language.say("第", "page")) " " (grouped(waiting.page)) "/" (grouped(waiting.pages)) " " (language.say("页", ""))
            @if waiting.page < waiting.pages { " " a href=(at(waiting.page + 1)) { (language.say("下一页", "next")) } }
        }
        p.quiet { (language.say("本页截至 ", "As of ")) (clock(now)) }
    };
    let title = format!("{name} · {}", language.say("待传记录", "what waits"));
    counter::page(clerk, language, &title, &main)
}

/// How much waits, of how much, since when; what is held back; and the last receipt.
fn sums(waiting: &Waiting, language: Language) -> Markup {
    let [count, saved] = [waiting.count, waiting.saved].map(grouped);
    let here = grouped(waiting.saved - waiting.held_above);
    html! {
        p {
            @match language {
                Language::Chinese => { b { (count) } "/" (saved) " 条尚未经市中心确认，其中 " (here) " 条还只在本机" }
                Language::English => { b { (count) } "/" (saved) " records are not confirmed by the city, " (here) " of them on this machine alone" }
            }
            @if let Some(since) = waiting.since {
                (language.say("；最早的记录于 ", "; the oldest is of ")) (clock(since))
            }
            (language.say("。", "."))
            @if let Some(since) = waiting.no_link_since {
                " " span.key.silent { (language.say("离线", "offline")) } " "
                (language.say("与上级没有连接，自 ", "No link to the centre above since ")) (clock(since))
            }
        }
        (held_back(waiting, language))
        p { (language.say("最近回执：", "Last receipt: "))
            @match &waiting.receipt {
                Some(receipt) => {
                    @match language {
                        Language::Chinese => { "市中心确认到第 " (grouped(receipt.number)) "/" (grouped(receipt.of)) " 条，" }
                        Language::English => { "the city confirmed up to entry " (grouped(receipt.number)) "/" (grouped(receipt.of)) ", " }
                    }
                    (clock(receipt.witnessed_at)) " " code { (receipt.journal) }
                }
                None => { (language.say("还没有", "none yet")) }
            }
        }
    }
}

/// Which journals are held back, and that the others go on.
fn held_back(waiting: &Waiting, language: Language) -> Markup {
    let stopped = waiting.journals.iter().filter_map(|it| Some((it, it.held_back.as_ref()?)));
    let [held, others] =
        [waiting.held_back, waiting.count.saturating_sub(waiting.held_back)].map(grouped);
    html! {
        @if waiting.held_back > 0 {
            p role="status" {
                span.key.behind { (language.say("受阻", "held back")) } " "
                @match language {
                    Language::Chinese => { (held) "/" (grouped(waiting.count)) " 条受阻，其余 " (others) " 条照常上传：" }
                    Language::English => { (held) "/" (grouped(waiting.count)) " are held back, and the other " (others) " go on:" }
                }
            }
            ul { @for (journal, stop) in stopped {
                li { code { (journal.journal) } " "
                    @match language {
                        Language::Chinese => { "自第 " (stop.from) " 条起上级不接收（" (clock(stop.at)) "）：" }
                        Language::English => { "from entry " (stop.from) " on, the centre above takes none (" (clock(stop.at)) "): " }
                    }
                    (stop.why) }
            } }
        }
    }
}

fn records(waiting: &Waiting, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => {
            ["记录时间", "内容", "发生了什么", "第几条", "到达", "为何还没到市中心"]
        }
        Language::English => {
            ["recorded at", "what", "what happened", "entry", "arrival", "why not in the city yet"]
        }
    };
    html! {
        div.scroll { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for record in &waiting.records { (row(record, language)) } }
        } }
    }
}

fn row(record: &WaitingRecord, language: Language) -> Markup {
    html! {
        tr {
            td.time { (clock(record.recorded_at)) }
            td { @for (at, thing) in record.things.iter().enumerate() {
                @if at > 0 { br; }
                (language.say(&thing.what.zh, &thing.what.en))
                @if let Some(case) = &thing.case { " " a href={ "/cases/" (case) } { code { (thing.number) } } }
                @if !thing.item_name.is_empty() { " " (thing.item_name) }
            }
            @if record.more > 0 { br; span.quiet { "+ " (record.more) } } }
            td { @for (at, thing) in record.things.iter().enumerate() {
                @if at > 0 { br; }
                (language.say(&thing.happened.zh, &thing.happened.en))
            } }
            td { (record.home) " #" (grouped(record.number)) }
            td { span.key.silent { (language.say(record.stage.zh(), record.stage.en())) } }
            td.why {
                @if record.is_held_back { span.key.behind { (language.say("受阻", "held back")) } " " }
                (language.say(&record.why.zh, &record.why.en))
            }
        }
    }
}

fn outage_table(log: &OutageLog, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["种类", "从", "到", "时长"],
        Language::English => ["kind", "from", "until", "length"],
    };
    let open = log.outages.iter().filter(|outage| outage.to.is_none()).count();
    html! {
        section {
            h2 {
                (language.say("中断日志", "Outages")) " "
                span.quiet { (language.say("近六个月，显示", "of six months, shown ")) " "
                    (log.outages.len()) "/" (grouped((log.count + open) as u64)) }
            }
            @if log.outages.is_empty() {
                p.quiet { (language.say("没有登记的中断。", "None was recorded.")) }
            } @else {
                div.scroll { table {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody { @for outage in &log.outages { (outage_row(outage, language)) } }
                } }
            }
            @if log.short_count > 0 {
                p.quiet { @match language {
                    Language::Chinese => { "另有 " (grouped(log.short_count)) " 次短时中断只计数，合计 " (length(log.short_ms, language)) "。" }
                    Language::English => { "Besides, " (grouped(log.short_count)) " short ones are only counted, " (length(log.short_ms, language)) " in all." }
                } }
            }
        }
    }
}

fn outage_row(outage: &OutageLine, language: Language) -> Markup {
    let word = match outage.cause.as_str() {
        "machine" => language.say("停机", "did not run"),
        _ => language.say("断网", "no link"),
    };
    html! {
        tr {
            td { span.key.silent { (word) } }
            td.time { (clock(outage.from)) }
            td.time { @match outage.to { Some(to) => (clock(to)), None => (language.say("仍未恢复", "still open")) } }
            td { (length(outage.lasted_ms, language)) }
        }
    }
}

/// A length of time in its two largest units.
pub(in crate::web) fn length(ms: u64, language: Language) -> String {
    let seconds = ms / 1_000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let units = match language {
        Language::Chinese => ["天", "小时", "分", "秒"],
        Language::English => [" d", " h", " min", " s"],
    };
    let parts = [days, hours, minutes, seconds % 60].into_iter().zip(units);
    let parts: Vec<String> = parts
        .skip_while(|(count, _)| *count == 0)
        .take(2)
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count}{unit}"))
        .collect();
    if parts.is_empty() { format!("0{}", units[3]) } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_said_in_its_two_largest_units() {
        let said = [0, 59_999, 60_000, 3_661_000, 90_000_000, 864_000_000]
            .map(|ms| length(ms, Language::English));
        assert_eq!(said, ["0 s", "59 s", "1 min", "1 h 1 min", "1 d 1 h", "10 d"]);
        assert_eq!(length(3_660_000, Language::Chinese), "1小时 1分");
    }
}
