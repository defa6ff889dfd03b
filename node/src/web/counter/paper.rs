//! 文书: the papers that an applicant is handed, to be printed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use tongban_protocol::document::{DocumentId, Event, EventId, EventKind, MaterialState, View};
use tongban_protocol::time::Timestamp;
use tongban_protocol::value::Value;

use super::{STYLE_PATH, sorry};
use crate::cases::{self, Promised, QueryCode};
use crate::clock;
use crate::replica::{CaseFile, PHONE, ReplicaError};
use crate::web::Rooms;
use crate::web::api::case_id;
use crate::web::fault::Fault;
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::shell::{self, ICON_PATH, STYLE_PATH as COMMON_STYLE_PATH};

/// A paper: which event it is of, and what it says.
struct Paper {
    word: &'static str,
    kind: EventKind,
    title: (&'static str, &'static str),
}

const PAPERS: [Paper; 4] = [
    Paper { word: "receipt", kind: EventKind::Receive, title: ("收件凭证", "Receipt") },
    Paper {
        word: "acceptance",
        kind: EventKind::Accept,
        title: ("受理通知书", "Notice of acceptance"),
    },
    Paper {
        word: "notice",
        kind: EventKind::NoticeSupplement,
        title: ("补正材料一次性告知书", "Notice of everything that is missing"),
    },
    Paper {
        word: "rejection",
        kind: EventKind::Reject,
        title: ("不予受理决定书", "Decision not to accept"),
    },
];

/// What is printed so much later than it was recorded, in milliseconds, is printed again.
const REPRINT_AFTER_MS: i64 = 10 * 60_000;

/// A paper of a case, on a page of its own.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    Path((id, word)): Path<(String, String)>,
    clerk: Clerk,
    language: Language,
) -> Response {
    match read(&rooms, &id, &word).await {
        Ok(known) => known.sheet(&rooms.face.name).page(language).into_response(),
        Err(fault) => sorry(&clerk, language, fault),
    }
}

/// What a paper is drawn from.
struct Known {
    paper: &'static Paper,
    file: CaseFile,
    promised: Promised,
    code: Option<QueryCode>,
    recorded_at: Timestamp,
    now: Timestamp,
}

impl Known {
    const fn sheet<'a>(&'a self, centre: &'a str) -> Sheet<'a> {
        Sheet { centre, known: self }
    }
}

async fn read(rooms: &Rooms, id: &str, word: &str) -> Result<Known, Fault> {
    let id: DocumentId = case_id(id)?;
    let paper = PAPERS.iter().find(|paper| paper.word == word);
    let paper = paper
        .ok_or_else(|| Fault::not_found("paper", word.chars().take(40).collect::<String>()))?;
    let now = clock::now();
    let asked = rooms.face.desk.ask(move |engine| {
        let replica = engine.replica();
        let Some(file) = replica.case(id)? else { return Ok(None) };
        let recorded_at = event_of(&file, paper.kind).map(|(id, _)| id.recorded.instant());
        let promised = recorded_at.map(|at| cases::promised(replica, &file, at)).transpose()?;
        let code = cases::query_code(replica.member(), &file);
        Ok::<_, ReplicaError>(Some((code, file, recorded_at.zip(promised))))
    });
    let (code, file, made) = asked.await??.ok_or_else(|| Fault::not_found("id", id.to_string()))?;
    let (recorded_at, promised) = made.ok_or_else(|| Fault {
        zh: format!("本件没有“{}”这一环节，不能打印此文书", paper.kind.zh()),
        en: format!("there is no lawful `{}` in this case, so no such paper", paper.kind.en()),
        ..Fault::not_found("paper", paper.word)
    })?;
    Ok(Known { paper, file, promised, code, recorded_at, now })
}

/// The last event of a kind that has its effect.
fn event_of(file: &CaseFile, kind: EventKind) -> Option<&(EventId, Event)> {
    let mut events = file.view.events.iter().rev();
    events.find(|(id, event)| event.kind == kind && !file.folded.anomalies.contains_key(id))
}

struct Sheet<'a> {
    centre: &'a str,
    known: &'a Known,
}

impl Sheet<'_> {
    fn page(&self, language: Language) -> Html<String> {
        let title = language.say(self.known.paper.title.0, self.known.paper.title.1);
        let page = html! {
            (DOCTYPE)
            html lang=(language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width";
                    title { (title) " " (self.number()) }
                    link rel="icon" type="image/svg+xml" href=(ICON_PATH);
                    link rel="stylesheet" href=(COMMON_STYLE_PATH);
                    link rel="stylesheet" href=(STYLE_PATH);
                }
                body.paper {
                    nav.screen aria-label=(language.say("返回", "back")) {
                        a href={ "/cases/" (self.known.file.id) } accesskey="b" { (language.say("返回本件", "Back to the case")) }
                        " " span.quiet { (language.say("打印：Ctrl+P", "print: Ctrl+P")) }
                    }
                    main {
                        p.centre { (self.centre) }
                        h1 { (title) }
                        (self.printed_again(language))
                        (self.facts(language))
                        (self.body(language))
                        (self.seal(language))
                    }
                }
            }
        };
        Html(page.into_string())
    }

    fn view(&self) -> &View {
        &self.known.file.view
    }

    fn number(&self) -> &str {
        self.view().header.as_ref().map_or("", |header| header.number.as_str())
    }

    fn event(&self) -> Option<&Event> {
        event_of(&self.known.file, self.known.paper.kind).map(|(_, event)| event)
    }

    fn facts(&self, language: Language) -> Markup {
        let field = |name: &str| match self.view().form.get(name) {
            Some(Value::Text(text)) => masked(text),
            Some(_) | None => String::new(),
        };
        let header = self.view().header.as_ref();
        // 查询码: on the receipt alone, which the applicant takes home.
        let code = self.known.code.as_ref().filter(|_| self.known.paper.kind == EventKind::Receive);
        let document = self.event().and_then(|event| event.detail().document.clone());
        let rows = [
            ("办件编号", "number", self.number().to_owned()),
            ("查询码", "query code", code.map(ToString::to_string).unwrap_or_default()),
            ("文书号", "paper", document.unwrap_or_default()),
            ("事项", "item", header.map(|it| it.item_name.clone()).unwrap_or_default()),
            ("申请人", "applicant", header.map(|it| it.applicant.clone()).unwrap_or_default()),
            ("证件号", "identity", field(cases::APPLICANT_NUMBER)),
            ("联系电话", "telephone", field(PHONE)),
        ];
        html! {
            table.facts-table { tbody {
                @for (zh, en, value) in rows {
                    @if !value.is_empty() { tr { th scope="row" { (language.say(zh, en)) } td { (value) } } }
                }
            } }
        }
    }

    fn body(&self, language: Language) -> Markup {
        let Some(event) = self.event() else { return html! {} };
        let detail = event.detail();
        let on = shell::clock(event.happened_at);
        html! {
            @match self.known.paper.kind {
                EventKind::NoticeSupplement => {
                    p { (self.incomplete(language)) }
                    ol { @for material in detail.materials.iter().flatten() { li { (material) } } }
                    p { (language.say("补齐后请凭本书和办件编号再来；此后不再要求补交上列以外的材料。", "Please come again with these and this paper; nothing else will be asked for.")) }
                }
                EventKind::Reject => {
                    p { (language.say("理由：", "Reason: ")) (detail.reason.as_deref().unwrap_or_default()) }
                    p { (language.say("有权机关或救济途径：", "Right agency, or where to turn: ")) (detail.remedy.as_deref().unwrap_or_default()) }
                }
                EventKind::Accept => {
                    p { (on) " " (language.say("受理。时限：", "accepted. Limits:")) }
                    (self.limits(language))
                }
                _ => {
                    p { (on) " " (language.say("收到下列材料：", "received:")) }
                    (self.materials(language))
                    p { (self.what_silence_means(language)) }
                    (self.limits(language))
                }
            }
        }
    }

    fn materials(&self, language: Language) -> Markup {
        html! {
            table.facts-table { tbody {
                @for (name, material) in &self.view().materials {
                    tr {
                        td { (name) }
                        td { (match material.state {
                            MaterialState::Handed => language.say("已收", "handed in"),
                            MaterialState::Missing => language.say("未交", "missing"),
                            MaterialState::MayFollow => language.say("容缺，可后补", "may follow"),
                        }) }
                    }
                }
            } }
        }
    }

    /// Why everything that is missing is told at once: a permit by law, anything else as well.
    fn incomplete(&self, language: Language) -> &'static str {
        match self.known.promised.is_of_licensing_law {
            true => language.say(
                "您提交的申请材料不齐全或不符合法定形式。依照行政许可法第三十二条第一款第四项，现将需要补正的全部内容一次告知：",
                "Your application is incomplete. By article 32-4 of the Administrative Licensing Law everything that is missing is told at once:",
            ),
            false => language.say(
                "您提交的申请材料不齐全或不符合规定形式。现将需要补正的全部内容一次告知：",
                "Your application is incomplete. Everything that is missing is told at once:",
            ),
        }
    }

    /// What a receipt says of the days until somebody speaks.
    fn what_silence_means(&self, language: Language) -> &'static str {
        let promised = &self.known.promised;
        match (promised.is_accepted, promised.is_of_licensing_law) {
            (true, _) => language.say("本件已受理。", "The application is accepted."),
            (false, true) => language.say(
                "五个工作日内未一次性告知补正的，自收到材料之日起即为受理（行政许可法第三十二条）。",
                "If nothing is said within five working days, the application counts as accepted from the day of receipt (article 32).",
            ),
            (false, false) => language.say(
                "五个工作日内未一次性告知补正的，承诺时限自收到材料之日起计算。",
                "If nothing is said within five working days, what was promised counts from the day of receipt.",
            ),
        }
    }

    /// 承诺时限 and 法定时限 as they were promised then, and where the calendar has moved them since.
    fn limits(&self, language: Language) -> Markup {
        html! {
            @for owed in &self.known.promised.owed {
                @let name = language.say(owed.kind.zh(), owed.kind.en());
                p {
                    (name) " " @match language { Language::Chinese => (owed.limit), Language::English => (owed.limit.en()) }
                    @match owed.due {
                        Some(due) => {
                            (language.say("，最迟 ", ", by ")) b { (due) }
                            @if owed.is_provisional { (language.say("（暂计，当年日历未公布）", " (provisional: that year's calendar is not published)")) }
                        }
                        None => (language.say("，自受理之日起算", ", from the day of acceptance")),
                    }
                }
                @if let (Some(from), Some(to)) = (owed.due, owed.moved_to) {
                    p.note { @match language {
                        Language::Chinese => { "工作日历后来有变更：" (name) "由最迟 " (from) " 改为最迟 " b { (to) } "。" }
                        Language::English => { "The calendar has changed since: " (name) " by " (from) " is now by " b { (to) } "." }
                    } }
                }
            }
        }
    }

    /// 补打: what is printed later than it was made out, or says more than it did then.
    fn printed_again(&self, language: Language) -> Markup {
        let known = self.known;
        let is_later = known.now.ms_since(known.recorded_at) > REPRINT_AFTER_MS;
        let is_moved = known.promised.owed.iter().any(|owed| owed.moved_to.is_some());
        html! {
            @if is_later || is_moved {
                p.centre { b { (language.say("补打 ", "Printed again ")) (shell::clock(known.now)) }
                    (language.say("；原件 ", "; made out ")) (shell::clock(known.recorded_at)) }
            }
        }
    }

    fn seal(&self, language: Language) -> Markup {
        let by = self.event().map(|event| event.by.clone()).unwrap_or_default();
        let on = self.event().map(|event| shell::clock(event.happened_at)).unwrap_or_default();
        html! {
            div.foot {
                p { (language.say("经办：", "Handled by: ")) (by) }
                p { (on) }
                div.seal { (language.say("专用印章", "seal")) }
            }
            @if self.known.paper.kind == EventKind::Receive && self.known.code.is_some() {
                p.quiet { (language.say(
                    "凭办件编号和查询码可在市中心公众网页查询进度、评价服务；查询码只印给申请人，请勿告诉他人。",
                    "With the number and the query code you can follow the case and rate it on the city's public page; the code is for you alone.",
                )) }
            }
            p.quiet { (language.say("查询进度请告知办件编号。本凭证断网时出具同样有效。", "Quote the number to ask for progress. Valid also when issued without a link.")) }
        }
    }
}

/// A number of which paper that may be lost shows its two ends only.
fn masked(text: &str) -> String {
    const ENDS: usize = 4;
    let chars: Vec<char> = text.chars().collect();
    let hidden = |at: usize| at >= ENDS && at + ENDS < chars.len();
    chars.iter().enumerate().map(|(at, char)| if hidden(at) { '*' } else { *char }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_number_only_both_ends_are_printed() {
        assert_eq!(masked("11010519491231002X"), "1101**********002X");
        assert_eq!(masked("13800138000"), "1380***8000");
        assert_eq!(masked("𠮷野家"), "𠮷野家");
    }
}
