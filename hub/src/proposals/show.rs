//! One proposal: what it says, what it would do today, and the buttons of whoever may decide.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use tongban_node::clock;
use tongban_node::publication::MovedDay;
use tongban_node::web::fault::Fault;
use tongban_node::web::form::{Faults, Fields, Line, Sheet, key};
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::shell::clock as shown;
use tongban_node::web::{desk_page, desk_sorry};
use ulid::Ulid;

use super::page::{PATH, Publishing, may_publish, not_yours};
use super::{Decision, Effect, Proposal, ProposalError, decide, find, foresee};

/// Moved days that stand open; the others are folded up.
const DAYS_SHOWN: usize = 20;

/// Items that the page lists one by one.
const ITEMS_SHOWN: usize = 200;

pub(super) async fn show(
    State(publishing): State<Arc<Publishing>>,
    Path(id): Path<String>,
    clerk: Clerk,
    language: Language,
) -> Response {
    draw(&publishing, &clerk, &id, (language, &Fields::default(), &Faults::default())).await
}

fn named(id: &str) -> Result<Ulid, Fault> {
    id.parse().map_err(|_| {
        let shown: String = id.chars().take(40).collect();
        Fault {
            zh: format!("没有拟稿“{shown}”，请从列表进入"),
            en: format!("there is no proposal `{shown}`; choose one from the list"),
            ..Fault::not_found("id", shown)
        }
    })
}

async fn draw(
    publishing: &Publishing,
    clerk: &Clerk,
    id: &str,
    (language, typed, faults): (Language, &Fields, &Faults),
) -> Response {
    if !may_publish(clerk) {
        return desk_sorry(clerk, language, not_yours());
    }
    let found = named(id).and_then(|id| Ok(find(&publishing.data_dir, id)?));
    let proposal = match found {
        Ok(proposal) => proposal,
        Err(fault) => return desk_sorry(clerk, language, fault),
    };
    let effect = match proposal.outcome {
        None => Some(foresee(&publishing.desk, clock::now(), &proposal).await),
        Some(_) => None, // What it did stands in the journal.
    };
    let sheet = Sheet { language, typed, faults };
    let (_, zh, en) = proposal.subject.words();
    let main = html! {
        (sheet.summary())
        (head(&proposal, language))
        @match &effect {
            None => {}
            Some(Ok(effect)) => { (foreseen(effect, language)) }
            Some(Err(error)) => p.note role="alert" { (language.say(&error.zh(), &error.to_string())) }
        }
        @if proposal.outcome.is_none() { (deciding(&proposal, clerk, &sheet, effect.as_ref())) }
        details {
            summary { (language.say("原文", "The text as it was proposed")) }
            pre { (proposal.text) }
        }
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = format!("{}{}", language.say("拟稿：", "Proposal: "), language.say(zh, en));
    (status, desk_page(clerk, language, &title, &main)).into_response()
}

fn head(proposal: &Proposal, language: Language) -> Markup {
    html! {
        section.case-head {
            p { b { (proposal.by) } " " (language.say("拟于", "proposed it at")) " " (shown(proposal.at)) " · " (proposal.file) }
            @if !proposal.note.is_empty() { p { (proposal.note) } }
            @if let Some(outcome) = &proposal.outcome {
                @let (zh, en) = outcome.decision.words();
                p.saved role="status" { (language.say(zh, en)) " · " b { (outcome.by) } " · " (shown(outcome.at))
                    @if !outcome.note.is_empty() { " · " (outcome.note) } }
            }
        }
    }
}

/// 四眼原则: whoever proposed it may take it back, and everybody else may decide.
fn deciding(
    proposal: &Proposal,
    clerk: &Clerk,
    sheet: &Sheet<'_>,
    effect: Option<&Result<Effect, ProposalError>>,
) -> Markup {
    let language = sheet.language;
    let is_own = clerk.name.to_lowercase() == proposal.by.to_lowercase();
    let is_sound = matches!(effect, Some(Ok(effect)) if !effect.is_nothing());
    html! {
        section {
            h2 { (language.say("审核", "Decide")) }
            form.sheet method="post" action={ (PATH) "/" (proposal.id) } {
                (key(clerk))
                @if is_own {
                    p.quiet { (language.say("这是您拟的稿，须由另一人审核发布。", "You proposed it; somebody else publishes it.")) }
                    button name="act" value="taken-back" { (language.say("撤回", "Take it back")) }
                } @else {
                    (sheet.line(Line::new("reason", language.say("退回理由", "Reason, where it is sent back")).optional()))
                    div.buttons {
                        @if is_sound { button.main name="act" value="published" { (language.say("审核通过并发布", "Approve and publish")) } }
                        button name="act" value="sent-back" { (language.say("退回", "Send it back")) }
                    }
                }
            }
        }
    }
}

/// What publishing would do.
pub(super) fn foreseen(effect: &Effect, language: Language) -> Markup {
    let facts = &effect.facts;
    let years = facts.years.iter().map(i16::to_string).collect::<Vec<_>>().join(" ");
    html! {
        section {
            h2 { (language.say("预演（今日，未发布）", "What it would do today; nothing is published")) }
            @if effect.is_nothing() { p.note role="status" { (language.say("内容与已发布的相同。", "All of it is published already.")) } }
            ul {
                @if !years.is_empty() { li { (language.say("新的或有变化的年份：", "years that are new or differ: ")) (years) } }
                @if let Some(count) = facts.rules { li { (language.say("监察规则共 ", "rules of supervision: ")) (count) (language.say(" 条", "")) } }
                @for (zh, en, rules) in [("新增规则", "new rules", &effect.rules.added), ("删除规则", "rules that go", &effect.rules.removed), ("修改规则", "rules that change", &effect.rules.changed)] {
                    @if !rules.is_empty() { li { (language.say(zh, en)) ": " (rules.join(", ")) } }
                }
                @if facts.customs { li { (language.say("办公时间或门槛有变化", "office hours or the threshold change")) } }
                @if !facts.templates.is_empty() { li { (language.say("并联方案：", "templates: ")) (facts.templates.join(", ")) } }
                @for (id, from) in &effect.retired { li { (id) " " (language.say("停用自 ", "is retired from ")) (from) } }
            }
            (open_cases(effect, language))
            (items(effect, language))
        }
    }
}

fn open_cases(effect: &Effect, language: Language) -> Markup {
    let foreseen = &effect.foreseen;
    let cards = |counts: &BTreeMap<String, u64>| {
        let counts = counts.iter().map(|(rule, count)| format!("{rule} {count}"));
        counts.collect::<Vec<_>>().join("，")
    };
    html! {
        p { (language.say("在办件 ", "open cases ")) b { (foreseen.open) }
            (language.say("，截止日变动 ", ", last days that move ")) b { (foreseen.days_moved) } }
        @if !foreseen.gained.is_empty() { p { (language.say("新增牌：", "cards that appear: ")) (cards(&foreseen.gained)) } }
        @if !foreseen.lost.is_empty() { p { (language.say("减少牌：", "cards that vanish: ")) (cards(&foreseen.lost)) } }
        @if !foreseen.moved.is_empty() {
            @let (shown, folded) = foreseen.moved.split_at(foreseen.moved.len().min(DAYS_SHOWN));
            (moved_days(shown, language))
            @if !folded.is_empty() { details {
                summary { (language.say("其余变动 ", "the others: ")) (folded.len()) (language.say(" 处", "")) }
                (moved_days(folded, language))
            } }
            @if foreseen.days_moved > foreseen.moved.len() as u64 {
                p.quiet { (language.say("另有 ", "and ")) (foreseen.days_moved - foreseen.moved.len() as u64) (language.say(" 处未逐一列出", " more that are not listed")) }
            }
        }
    }
}

fn moved_days(moved: &[MovedDay], language: Language) -> Markup {
    let heads = [("办件编号", "case"), ("时限", "clock"), ("原截止日", "from"), ("新截止日", "to")];
    html! {
        div.scroll { table {
            thead { tr { @for (zh, en) in heads { th scope="col" { (language.say(zh, en)) } } } }
            tbody { @for it in moved { tr { td { (it.number) } td { (it.clock) } td { (it.from) } td { (it.to) } } } }
        } }
    }
}

fn items(effect: &Effect, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["事项", "版本", "结果", "在办件", "其中承诺不同"],
        Language::English => ["item", "version", "outcome", "open cases", "of them by other terms"],
    };
    let open: BTreeMap<&str, _> =
        effect.foreseen.items.iter().map(|it| (it.id.as_str(), it)).collect();
    let list = &effect.list;
    html! {
        @if !effect.items.is_empty() {
            div.scroll { table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for line in effect.items.iter().take(ITEMS_SHOWN) { tr {
                    td { (line.id) }
                    td { @if line.version > 0 { (line.version) } @else { "—" } }
                    td {
                        @if line.is_new { (language.say("发布", "is published")) }
                        @else if line.faults.is_empty() { (language.say("未变", "unchanged")) }
                        @else { @for [zh, en] in &line.faults { div.fault { (language.say(zh, en)) } } }
                        @if let Some(above) = &line.instead_of { div.quiet { (language.say("代替上级事项：", "instead of the item of ")) (above) } }
                    }
                    @let meets = open.get(line.id.as_str());
                    td { (meets.map_or(0, |it| it.open)) }
                    td { (meets.map_or(0, |it| it.other_terms)) }
                } } }
            } }
            @if effect.items.len() > ITEMS_SHOWN { p.quiet { (language.say("另有 ", "and ")) (effect.items.len() - ITEMS_SHOWN) (language.say(" 项", " more")) } }
        }
        @if !list.quarantined.is_empty() {
            details {
                summary { (language.say("搁置的行", "rows that were set aside")) " " (list.quarantined.len()) }
                ul { @for row in list.quarantined.iter().take(ITEMS_SHOWN) {
                    li { (language.say("第 ", "line ")) (row.line) (language.say(" 行 ", " ")) (row.column) " " code { (row.value) } " " (row.reason) }
                } }
            }
        }
    }
}

/// Decides.
pub(super) async fn decided(
    State(publishing): State<Arc<Publishing>>,
    Path(id): Path<String>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    if !may_publish(&clerk) {
        return desk_sorry(&clerk, language, not_yours());
    }
    let ulid = match named(&id) {
        Ok(ulid) => ulid,
        Err(fault) => return desk_sorry(&clerk, language, fault),
    };
    let decision = match typed.text("act") {
        "published" => Decision::Published,
        "taken-back" => Decision::TakenBack,
        _ => Decision::SentBack,
    };
    let reason = typed.line("reason");
    let done = {
        let _one = publishing.deciding.lock().await;
        let place = (&publishing.desk, publishing.data_dir.as_path());
        decide(place, clock::now(), ulid, (decision, &clerk.name, &reason)).await
    };
    match done {
        Ok(_) => Redirect::to(&format!("{PATH}/{ulid}")).into_response(),
        Err(error) => {
            let field = if matches!(error, ProposalError::NoReason) { "reason" } else { "text" };
            let faults = Faults::one(field, error.zh(), error.to_string());
            draw(&publishing, &clerk, &id, (language, &typed, &faults)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use tongban_node::publication::Foreseen;

    use super::*;

    #[test]
    fn every_last_day_that_moves_can_be_looked_at() {
        let day = |number: usize| MovedDay {
            number: format!("NR-{number:03}"),
            clock: "承诺时限".to_owned(),
            from: "2026-12-01".to_owned(),
            to: "2026-12-02".to_owned(),
        };
        let moved: Vec<MovedDay> = (0..249).map(day).collect();
        let foreseen = Foreseen { days_moved: 260, moved, ..Foreseen::default() };
        let effect = Effect { foreseen, ..Effect::default() };
        let page = open_cases(&effect, Language::Chinese).into_string();
        let (open, folded) = page.split_once("<details>").unwrap();
        assert!(open.contains("NR-019") && !open.contains("NR-020"), "{open}");
        assert!(folded.contains("其余变动 229 处") && folded.contains("NR-248"), "{folded}");
        assert!(folded.contains("另有 11 处未逐一列出"), "{folded}");
    }
}
