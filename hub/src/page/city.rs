//! The city at a glance, as HTML.

use maud::{Markup, html};
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::shell::{Shell, clock, grouped};

use super::live;
use super::picture::{CityPicture, CountyRow, IncidentLine, Tile, VerdictWord};
use super::styles_for;

/// Renders the page of the whole city.
#[must_use]
pub fn city_page(picture: &CityPicture, clerk: Option<&Clerk>, language: Language) -> String {
    let title = match language {
        Language::Chinese => format!("{} 通办 · 覆盖总览", picture.name_zh),
        Language::English => format!("{} Tongban · coverage", picture.name_en),
    };
    let main = html! {
        p.stale-note id="live" role="status" data-mark=(live::mark(picture, language)) {
            (language.say(
                "与市中心枢纽的实时连接已断开：以下是断开前的情况，不代表现在。",
                "The live connection to the hub is broken: this is how it was, not how it is.",
            ))
        }
        @if let Some(note) = &picture.note {
            p.note { (language.say(&note.zh, &note.en)) }
        }
        (figures(picture, language))
        @for county in &picture.counties { (row(county, language)) }
        (incidents(picture, language))
        (legend(language))
    };
    let shell = Shell {
        language,
        title: &title,
        styles: styles_for(clerk),
        script: Some(super::SCRIPT_PATH),
        is_live: true,
        links: &[
            ("/centres", language.say("覆盖表", "table")),
            ("/report", language.say("统计报表", "figures")),
            ("/desk", language.say("工作台", "desk")),
            ("/api/v1/coverage", "JSON"),
        ],
        clerk,
    };
    shell.page(&main).0
}

/// The figures above the tiles; the ids are those that live updates name.
fn figures(picture: &CityPicture, language: Language) -> Markup {
    let words = |zh: &'static str, en: &'static str| language.say(zh, en).to_owned();
    let (live, counts) = (live::figures(picture), picture.counts());
    let figure = |id: &str| live.get(id).cloned().unwrap_or_default();
    html! {
        section.figures aria-label=(words("总数", "figures")) {
            (tile(&picture.city, language, ("tile city", "city")))
            dl.verdicts {
                @for verdict in VerdictWord::ALL {
                    div.{ "count " (verdict.class()) }.zero[counts.of(verdict) == 0] {
                        dt { (verdict.word(language)) }
                        dd { b id={ "n-" (verdict.class()) } { (figure(verdict.class())) }
                            span.of { "/" (grouped(counts.centres)) } }
                    }
                }
            }
            dl.totals {
                div { dt { (words("市中心持有记录", "entries held")) } dd id="n-entries" { (figure("entries")) } }
                div { dt { (words("办件", "cases")) } dd id="n-cases" { (figure("cases")) } }
                div { dt { a href="#incidents" { (words("异常记录", "incidents found")) } } dd id="n-incidents" { (figure("incidents")) } }
                div { dt { (words("截至", "as of")) } dd id="n-as-of" { (clock(picture.as_of)) } }
            }
        }
    }
}

fn row(county: &CountyRow, language: Language) -> Markup {
    let complete = county.tiles().filter(|tile| tile.verdict == VerdictWord::Complete).count();
    let all = county.tiles().count();
    html! {
        section.county aria-label=(county.centre.name(language)) {
            div.head {
                (tile(&county.centre, language, ("tile own", "county")))
                p.share {
                    b id={ "c-" (county.centre.division) } { (complete) } "/" (all) " "
                    (language.say("个中心到齐", "centres complete"))
                }
            }
            div.tiles { @for township in &county.townships { (tile(township, language, ("tile", "township"))) } }
        }
    }
}

/// One centre as a link to its page.
fn tile(tile: &Tile, language: Language, (class, tier): (&str, &str)) -> Markup {
    html! {
        a.{ (class) " " (tile.verdict.class()) } id={ "d" (tile.division) }
            data-tier=(tier) href={ "/centres/" (tile.division) } title=(tile.reason(language)) {
            span { (tile.name(language)) } " "
            b { (tile.verdict.word(language)) }
            i { (tile.short_number()) }
        }
    }
}

/// The newest incidents, or the word that there are none.
pub(super) fn incidents(picture: &CityPicture, language: Language) -> Markup {
    html! {
        section id="incidents" {
            h2 { (language.say("异常", "Incidents")) }
            @if picture.incidents.is_empty() {
                p.quiet { (language.say("没有异常。", "None.")) }
            } @else {
                (incident_table(picture, &picture.incidents, language))
                @if picture.incident_count > picture.incidents.len() as u64 {
                    p.quiet {
                        (language.say("以上为最近", "The newest")) " " (picture.incidents.len()) " / "
                        (grouped(picture.incident_count))
                    }
                }
            }
        }
    }
}

/// Incidents as a table, each with a link to its centre.
pub(super) fn incident_table(
    picture: &CityPicture,
    incidents: &[IncidentLine],
    language: Language,
) -> Markup {
    let name =
        |incident: &IncidentLine| picture.tile(incident.division).map(|it| it.name(language));
    let heads = match language {
        Language::Chinese => ["发现时间", "中心", "类别", "位置", "说明"],
        Language::English => ["found at", "centre", "kind", "place", "why"],
    };
    html! {
        div.scroll { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody {
                @for incident in incidents {
                    tr {
                        td.time {
                            (clock(incident.found_at))
                            @if incident.times > 1 {
                                " – " (clock(incident.last_seen_at)) " ×" (grouped(incident.times))
                            }
                        }
                        td { a href={ "/centres/" (incident.division) } {
                            @if let Some(name) = name(incident) { (name) " " }
                            (incident.division)
                        } }
                        td.kind { (language.say(&incident.kind_zh, &incident.kind_en)) }
                        td { code { (incident.place) } }
                        td { (incident.why) }
                    }
                }
            }
        } }
    }
}

fn legend(language: Language) -> Markup {
    html! {
        section.legend aria-label=(language.say("图例", "legend")) {
            h2 { (language.say("图例", "Legend")) }
            ul {
                @for verdict in VerdictWord::ALL {
                    li { span.{ "key " (verdict.class()) } { (verdict.word(language)) } " "
                        (verdict.meaning(language)) }
                }
            }
            p.quiet {
                (language.say(
                    "“−3”表示该中心已声明、市中心尚未持有的记录数。只有绿色表示市中心已确认。",
                    "“−3” is the number of announced entries that the city does not hold. Only green means that the city has confirmed.",
                ))
            }
        }
    }
}
