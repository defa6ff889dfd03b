//! 文书: the papers that an applicant is handed, to be printed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use tongban_protocol::document::{DocumentId, Event, EventKind, MaterialState, View};
use tongban_protocol::value::Value;

use super::{STYLE_PATH, sorry};
use crate::cases::{self, CaseClocks, QueryCode};
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
    clocks: CaseClocks,
    code: Option<QueryCode>,
}

impl Known {
    const fn sheet<'a>(&'a self, centre: &'a str) -> Sheet<'a> {
        let Self { paper, file, clocks, code } = self;
        Sheet { centre, paper, file, clocks, code: code.as_ref() }
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
        let read = replica.case(id)?.zip(cases::clocks(replica, id, now)?);
        let code = |file: &CaseFile| cases::query_code(replica.member(), file);
        Ok::<_, ReplicaError>(read.map(|(file, clocks)| (code(&file), file, clocks)))
    });
    let (code, file, clocks) =
        asked.await??.ok_or_else(|| Fault::not_found("id", id.to_string()))?;
    if event_of(&file, paper.kind).is_none() {
        return Err(Fault {
            zh: format!("本件没有“{}”这一环节，不能打印此文书", paper.kind.zh()),
            en: format!("there is no lawful `{}` in this case, so no such paper", paper.kind.en()),
            ..Fault::not_found("paper", paper.word)
        });
    }
    Ok(Known { paper, file, clocks, code })
}

/// The last event of a kind that has its effect.
fn event_of(file: &CaseFile, kind: EventKind) -> Option<&Event> {
    let mut events = file.view.events.iter().rev();
    let counts =
        |(id, event): &&(_, Event)| event.kind == kind && !file.folded.anomalies.contains_key(id);
    events.find(counts).map(|(_, event)| event)
}

struct Sheet<'a> {
    centre: &'a str,
    paper: &'static Paper,
    file: &'a CaseFile,
    clocks: &'a CaseClocks,
    /// 查询码: on the receipt alone, which the applicant takes home.
    code: Option<&'a QueryCode>,
}

impl Sheet<'_> {
    fn page(&self, language: Language) -> Html<String> {
        let title = language.say(self.paper.title.0, self.paper.title.1);
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
                        a href={ "/cases/" (self.file.id) } accesskey="b" { (language.say("返回本件", "Back to the case")) }
                        " " span.quiet { (language.say("打印：Ctrl+P", "print: Ctrl+P")) }
                    }
                    main {
                        p.centre { (self.centre) }
                        h1 { (title) }
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
        &self.file.view
    }

    fn number(&self) -> &str {
        self.view().header.as_ref().map_or("", |header| header.number.as_str())
    }

    fn event(&self) -> Option<&Event> {
        event_of(self.file, self.paper.kind)
    }

    fn facts(&self, language: Language) -> Markup {
        let field = |name: &str| match self.view().form.get(name) {
            Some(Value::Text(text)) => masked(text),
            Some(_) | None => String::new(),
        };
        let header = self.view().header.as_ref();
        let code = self.code.filter(|_| self.paper.kind == EventKind::Receive);
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
            @match self.paper.kind {
                EventKind::NoticeSupplement => {
                    p { (language.say(
                        "您提交的申请材料不齐全或不符合法定形式。依照行政许可法第三十二条第一款第四项，现将需要补正的全部内容一次告知：",
                        "Your application is incomplete. By article 32-4 of the Administrative Licensing Law everything that is missing is told at once:",
                    )) }
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
                    p { (language.say(
                        "五个工作日内未一次性告知补正的，自收到材料之日起即为受理（行政许可法第三十二条）。",
                        "If nothing is said within five working days, the application counts as accepted from the day of receipt (article 32).",
                    )) }
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

    fn limits(&self, language: Language) -> Markup {
        let shown = self.clocks.clocks.iter();
        let shown = shown.filter(|clock| matches!(clock.kind.as_str(), "promise" | "legal"));
        html! {
            ul { @for clock in shown {
                li { (clock.zh) " " (clock.limit)
                    @if let Some(due) = &clock.due { (language.say("，最迟 ", ", by ")) b { (due) } } }
            } }
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
            @if self.paper.kind == EventKind::Receive && self.code.is_some() {
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
