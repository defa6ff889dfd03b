//! 异常: everything that is wrong with a journal, its proof, and who answered for it.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_node::clock;
use tongban_node::replica::{Incident, ReplicaError};
use tongban_node::web::fault::Fault;
use tongban_node::web::form::{Faults, Fields, Line, Sheet, key, number};
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::places::{address, place_name};
use tongban_node::web::shell::{clock as at, grouped};
use tongban_node::web::{desk_page, desk_sorry};
use tongban_protocol::journal::JournalId;

use super::CityDesk;
use crate::settlement::{self, Settlement, Settlements, Wish};

/// Incidents on one page.
const INCIDENTS_SHOWN: usize = 50;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Only those that nobody settled.
    open: bool,
    #[serde(deserialize_with = "number")]
    skip: usize,
    saved: bool,
}

/// An incident, and what settled it.
struct Found {
    incident: Incident,
    settled: Option<Settlement>,
}

/// The page.
pub(super) async fn show(
    State(desk): State<Arc<CityDesk>>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    draw(&desk, &clerk, (language, &Fields::default(), &Faults::default()), &asked).await
}

/// Answers by name for what is wrong with a journal.
pub(super) async fn settle(
    State(desk): State<Arc<CityDesk>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    if let Err(fault) = clerk.check_supervisor() {
        return desk_sorry(&clerk, language, fault);
    }
    match written(&desk, &clerk, &typed).await {
        Ok(()) => Redirect::to("/office/incidents?saved=true").into_response(),
        Err(faults) => draw(&desk, &clerk, (language, &typed, &faults), &Asked::default()).await,
    }
}

async fn written(desk: &CityDesk, clerk: &Clerk, typed: &Fields) -> Result<(), Faults> {
    let through = typed.wish("through").map(|text| text.parse::<u64>()).transpose();
    let through = through.map_err(|_| {
        Faults::one("through", "请填记录的编号，或留空", "give the number of an entry, or nothing")
    })?;
    let (journal, note) = (typed.line("journal"), typed.line("note"));
    if note.is_empty() {
        return Err(Faults::one("note", "请写明理由", "say why"));
    }
    let now = clock::now();
    let wish = Wish { journal, through, by: clerk.name.clone(), note };
    let settled = async {
        let asked = desk.desk.ask(move |engine| settlement::prepare(engine, now, &wish));
        let (_, event) = asked.await??;
        desk.desk.write(move |replica, _| settlement::write(replica, now, event)).await?;
        Ok::<_, Fault>(())
    };
    settled.await.map_err(|fault| Faults::one("journal", fault.zh, fault.en))
}

async fn draw(
    desk: &CityDesk,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
    asked: &Asked,
) -> Response {
    let looked = desk.desk.ask(|engine| {
        let replica = engine.replica();
        Ok::<_, ReplicaError>((replica.incidents(usize::MAX)?, settlement::read(replica)?))
    });
    let (incidents, settlements) = match looked.await {
        Ok(Ok(looked)) => looked,
        Ok(Err(error)) => return desk_sorry(clerk, language, error.into()),
        Err(closed) => return desk_sorry(clerk, language, closed.into()),
    };
    let all: Vec<Found> = incidents.into_iter().rev().map(|it| found(it, &settlements)).collect();
    let open = all.iter().filter(|it| it.settled.is_none()).count();
    let shown = all.iter().filter(|it| !asked.open || it.settled.is_none()).skip(asked.skip);
    let shown: Vec<&Found> = shown.take(INCIDENTS_SHOWN + 1).collect();
    let has_more = shown.len() > INCIDENTS_SHOWN;
    let sheet = Sheet { language, typed, faults };
    let next = asked.skip.saturating_add(INCIDENTS_SHOWN).to_string();
    let only_open = if asked.open { "true" } else { "" };
    let main = html! {
        @if asked.saved { p.saved role="status" { "○ " (language.say("已保存在本机：了结", "Saved on this machine: the settlement")) } }
        (sheet.summary())
        p.quiet {
            (language.say("共 ", "in all ")) (grouped(all.len() as u64))
            (language.say(" 项，未了结 ", ", not settled ")) (grouped(open as u64)) " "
            @if asked.open { a href="/office/incidents" { (language.say("看全部", "show all")) } }
            @else { a href="/office/incidents?open=true" { (language.say("只看未了结", "only those not settled")) } }
        }
        @if shown.is_empty() { p { (language.say("没有异常。", "None.")) } } @else {
            (table(desk, &shown[..shown.len().min(INCIDENTS_SHOWN)], clerk, language))
        }
        @if has_more { p.pages { a href=(address("/office/incidents", &[("open", only_open), ("skip", &next)])) { (language.say("下一页", "next")) } } }
        (settling(&sheet, clerk))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = language.say("异常与了结", "Incidents");
    (status, desk_page(clerk, language, title, &main)).into_response()
}

/// An incident is settled by what reaches up to its entry.
fn found(incident: Incident, settlements: &Settlements) -> Found {
    let settled = settlements.get(&incident.journal);
    let settled = settled.filter(|it| it.through >= incident.number).cloned();
    Found { incident, settled }
}

/// A journal by its whole name, which no other has.
fn whole_name(journal: &JournalId) -> String {
    format!("{} by {}.{}", journal.home, journal.author.node, journal.author.incarnation)
}

fn table(desk: &CityDesk, shown: &[&Found], clerk: &Clerk, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["发现时间", "中心", "类别", "位置与说明", "证据", "了结"],
        Language::English => ["found at", "centre", "kind", "place and why", "proof", "settled"],
    };
    let centres = desk.centres();
    html! {
        div.scroll { table {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { @for it in shown {
                @let incident = &it.incident;
                @let division = incident.journal.home.division;
                tr {
                    td.time {
                        (at(incident.found_at))
                        @if let Some(again) = incident.seen_again { br; span.quiet { "×" (grouped(again.times)) " – " (at(again.last_at)) } }
                    }
                    td { a href={ "/centres/" (division) } { (place_name(&centres, division.as_str(), language)) } }
                    td { span.key.incident { (language.say(incident.kind.zh(), incident.kind.en())) } }
                    td { code { (incident.journal) " #" (incident.number) } br; (incident.why) }
                    td {
                        @if incident.proof.is_some() {
                            (language.say("两条同号记录，各有签名。", "Two signed entries with one number. "))
                        }
                        a href={ "/api/v1/evidence/centre/" (division) } download={ "centre-" (division) ".evidence" } {
                            (language.say("下载证据", "download evidence")) }
                    }
                    td { (settled(it, clerk, language)) }
                }
            } }
        } }
    }
}

fn settled(it: &Found, clerk: &Clerk, language: Language) -> Markup {
    let journal = whole_name(&it.incident.journal);
    html! {
        @match &it.settled {
            Some(settlement) => {
                (settlement.by) " " (at(settlement.at)) br;
                "“" (settlement.note) "” " span.quiet { (language.say("至第 ", "up to entry ")) (settlement.through) }
            }
            None if clerk.check_supervisor().is_ok() => {
                @let pairs = [("journal", journal.as_str()), ("through", &it.incident.number.to_string())];
                form.inline method="post" action="/office/incidents" {
                    (key(clerk))
                    @for (name, value) in pairs { input type="hidden" name=(name) value=(value); }
                    input name="note" required maxlength="400" autocomplete="off" size="14"
                        aria-label={ (language.say("了结理由：", "why it is settled: ")) (it.incident.journal) " #" (it.incident.number) }; " "
                    button type="submit" { (language.say("了结", "settle")) }
                }
            }
            None => span.key.behind { (language.say("未了结", "not settled")) },
        }
    }
}

/// For what has no line above: entries that were announced and are lost for good.
fn settling(sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let is_open = !sheet.faults.is_empty();
    html! {
        @if clerk.check_supervisor().is_err() {
            p.quiet { (language.say("了结由监察岗具名办理。", "Settled, by name, by whoever has the post of a supervisor.")) }
        } @else {
            details.step open[is_open] {
                summary { (language.say("了结一个缺口（已声明、永远收不到的记录）", "Settle a gap: entries that were announced and will never come")) }
                form.sheet method="post" action="/office/incidents" {
                    (key(clerk))
                    (sheet.line(Line::new("journal", language.say("日志", "Journal"))
                        .hint(language.say("照中心页上的写法，如 510921103 by 7f3a9c21.0", "as the centre's page names it, such as 510921103 by 7f3a9c21.0"))))
                    (sheet.line(Line::new("through", language.say("至第几条", "Up to which entry"))
                        .hint(language.say("不填即到目前所知的最后一条", "all that is known so far where it is left out")).kind("number", "off").optional()))
                    (sheet.line(Line::new("note", language.say("理由（以您的姓名记下）", "Why (recorded under your name)"))))
                    button.main type="submit" { (language.say("了结", "Settle")) }
                }
            }
        }
    }
}
