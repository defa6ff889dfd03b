//! One centre's page, as HTML.

use maud::{Markup, html};
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::shell::{Shell, clock, grouped};
use tongban_protocol::time::Timestamp;

use super::city::incident_table;
use super::picture::{CityPicture, IncidentLine, Tile};
use super::styles_for;

/// Renders the page of one centre.
#[must_use]
pub fn centre_page(
    picture: &CityPicture,
    tile: &Tile,
    clerk: Option<&Clerk>,
    language: Language,
) -> String {
    let title = format!("{} {}", tile.name(language), tile.division);
    let own = |incident: &&IncidentLine| incident.division == tile.division;
    let incidents: Vec<IncidentLine> = picture.incidents.iter().filter(own).cloned().collect();
    let main = html! {
        p.verdict { span.{ "key " (tile.verdict.class()) } { (tile.verdict.word(language)) } " " (tile.reason(language)) }
        (facts(tile, language))
        section {
            h2 { (language.say("异常", "Incidents")) }
            @if incidents.is_empty() {
                p.quiet { (language.say("最近的异常中没有该中心的。", "None among the newest.")) }
            } @else { (incident_table(picture, &incidents, language)) }
        }
        @if clerk.is_some() {
            p { a href={ "/api/v1/evidence/centre/" (tile.division) } download={ "centre-" (tile.division) ".evidence" } {
                (language.say("下载此中心的证据（任何机器都能核验）", "Download the evidence of this centre, which any machine can verify"))
            } }
        }
        p.drawn { (language.say("本页截至 ", "This page was drawn at ")) (clock(picture.as_of)) }
    };
    let shell = Shell {
        language,
        title: &title,
        styles: styles_for(clerk),
        script: None,
        is_live: false,
        links: &[
            ("/", language.say("覆盖总览", "coverage")),
            ("/centres", language.say("覆盖表", "table")),
        ],
        clerk,
    };
    shell.page(&main).0
}

fn facts(tile: &Tile, language: Language) -> Markup {
    let detail = &tile.detail;
    let unknown = language.say("不详", "not known");
    let time = |at: Option<Timestamp>| at.map_or_else(|| unknown.to_owned(), clock);
    let count = |count: Option<u64>| count.map_or_else(|| unknown.to_owned(), grouped);
    let rows = [
        ("结论截至", "verdict as of", time(tile.as_of)),
        ("最近联系", "last contact", time(detail.last_contact)),
        ("联系途径", "way", language.say(&detail.via_zh, &detail.via_en).to_owned()),
        (
            "市中心持有/该中心声明（记录）",
            "entries held by the city / announced",
            format!("{} / {}", grouped(detail.held), count(detail.announced)),
        ),
        (
            "上次联系时尚未送出（记录）",
            "entries not yet sent on when last heard",
            count(detail.waiting),
        ),
        ("办件总数", "cases", grouped(detail.cases)),
        ("近30天：收件", "cases opened in 30 days", grouped(detail.opened_30_days)),
        ("近30天：有办理动作的办件", "cases handled in 30 days", grouped(detail.handled_30_days)),
        ("近30天：办结的排号", "tickets handled in 30 days", grouped(detail.tickets_30_days)),
        (
            "近30天使用结论",
            "verdict on use",
            language.say(&detail.use_zh, &detail.use_en).to_owned(),
        ),
        ("补录环节 / 全部", "events entered late / all", detail.late.clone()),
        (
            "抽查：已查 / 有问题",
            "drawn cases looked at / with faults",
            format!("{} / {}", grouped(detail.sampled), grouped(detail.sample_faults)),
        ),
        ("软件", "software", detail.software.clone().unwrap_or_else(|| unknown.to_owned())),
    ];
    html! {
        dl.facts {
            @for (zh, en, value) in rows {
                div { dt { (language.say(zh, en)) } dd { (value) } }
            }
        }
    }
}
