//! A case as a page: where it stands and why, what happened, and what may happen next.

mod limits;

use std::sync::Arc;

use axum::extract::{Path as UrlPath, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::case::Course;
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::{Division, Path, Tier};

use self::limits::{clocks, handed_up};
use super::event::{forms, summary};
use super::line::{card_class, tick};
use super::person::doubts;
use super::{page, sorry};
use crate::cases::{
    self, CaseCards, CaseClocks, CaseDetail, CaseParts, EventDetail, MaterialDetail, NextStep, Why,
};
use crate::clock;
use crate::posts;
use crate::replica::ReplicaError;
use crate::web::Rooms;
use crate::web::api::case_id;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Sheet, key};
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::shell;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// What was just saved, to be said above.
    #[serde(default)]
    saved: String,
}

/// Everything that the page shows of a case.
pub(super) struct Dossier {
    pub detail: CaseDetail,
    pub clocks: CaseClocks,
    pub cards: CaseCards,
    pub parts: Option<CaseParts>,
    pub why: Why,
    pub steps: Vec<NextStep>,
    /// What it has come through, as of today.
    pub course: Course,
    /// The centre to which it was handed up; none where it was not, or nobody knows it here.
    pub handed_to: Option<Division>,
}

impl Dossier {
    async fn read(rooms: &Rooms, clerk: &Clerk, id: DocumentId) -> Result<Self, Fault> {
        let (now, role) = (clock::now(), clerk.role);
        let read = rooms.face.desk.ask(move |engine| {
            let links = engine.links();
            let replica = engine.replica();
            let (Some(file), Some(mut detail)) = (replica.case(id)?, cases::show(replica, id)?)
            else {
                return Ok(None);
            };
            posts::attend(replica, [&mut detail.summary], now)?;
            let steps = role.map(|role| cases::next_steps(replica, &file, role, now));
            let clocks = cases::clocks(replica, id, now)?;
            let cards = cases::cards(replica, id, now)?;
            let (parts, why) = (cases::parts(replica, id, now)?, cases::why(replica, &links, id)?);
            let steps = steps.unwrap_or_default();
            let course = file.folded.on(replica.today(now), replica.almanac()).course;
            let path = replica.path_of(id.home.division);
            let handed_to = path.and_then(|path| handed_to(&course, path));
            let both = clocks.zip(cards);
            Ok::<_, ReplicaError>(both.map(|(clocks, cards)| Self {
                detail,
                clocks,
                cards,
                parts,
                why,
                steps,
                course,
                handed_to,
            }))
        });
        read.await??.ok_or_else(|| Fault::not_found("id", id.to_string()))
    }
}

/// Who decides on a case that was handed up, of those above the centre that took it.
fn handed_to(course: &Course, path: &Path) -> Option<Division> {
    course.handed_up_on?;
    let decides = course.terms.as_deref()?.decide_at;
    match decides {
        Tier::City => Some(path.city()),
        Tier::County => path.ancestors().iter().rev().nth(1).copied(),
        Tier::Township => None,
    }
}

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    UrlPath(id): UrlPath<String>,
    clerk: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Response {
    let id = match case_id(&id) {
        Ok(id) => id,
        Err(fault) => return sorry(&clerk, language, fault),
    };
    let (typed, faults) = (Fields::default(), Faults::default());
    let sheet = Sheet { language, typed: &typed, faults: &faults };
    draw(&rooms, &clerk, id, (&sheet, &asked.saved)).await
}

/// Draws the page, with what was typed into one of its forms and what is wrong with that.
pub(super) async fn draw(
    rooms: &Rooms,
    clerk: &Clerk,
    id: DocumentId,
    (sheet, saved): (&Sheet<'_>, &str),
) -> Response {
    let language = sheet.language;
    let dossier = match Dossier::read(rooms, clerk, id).await {
        Ok(dossier) => dossier,
        Err(fault) => return sorry(clerk, language, fault),
    };
    let case = &dossier.detail.summary;
    let main = html! {
        @if !saved.is_empty() { (just_saved(&dossier, language)) }
        (head(&dossier, language))
        (summary(sheet))
        section.next {
            h2 { (language.say("下一步", "What may happen next")) }
            @if clerk.role.is_none() {
                p.quiet { (language.say("您没有岗位，只能查看。", "You have no post here, and can only look.")) }
            } @else if dossier.steps.is_empty() {
                p.quiet { (language.say("本岗位现在没有可办的环节。", "Nothing that your post may record now.")) }
            }
            (forms(&dossier, clerk, sheet))
        }
        (clocks(&dossier, language))
        (timeline(&dossier.detail, language))
        (materials(&dossier.detail, language))
        (form_fields(&dossier.detail, clerk, language))
        @if let Some(parts) = &dossier.parts { (lanes(parts, language)) }
        (cards(&dossier.cards, language))
    };
    let title = format!("{} {}", case.applicant, case.item_name);
    let status =
        if sheet.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, page(clerk, language, &title, &main)).into_response()
}

fn just_saved(dossier: &Dossier, language: Language) -> Markup {
    html! {
        p.saved role="status" {
            "○ " (language.say("已保存在本机，断电不丢。", "Saved on this machine, safe from a power cut. "))
            (language.say(&dossier.why.zh, &dossier.why.en))
        }
    }
}

fn head(dossier: &Dossier, language: Language) -> Markup {
    let case = &dossier.detail.summary;
    let has = |kind: &str| dossier.detail.events.iter().any(|it| it.kind.en() == kind);
    let papers = [
        ("receipt", true, "收件凭证", "receipt"),
        ("acceptance", has("accept"), "受理通知书", "notice of acceptance"),
        ("notice", has("notice-supplement"), "补正告知书", "notice of what is missing"),
        ("rejection", has("reject"), "不予受理决定书", "notice of rejection"),
    ];
    html! {
        div.case-head {
            p {
                b.number { (case.number) } " "
                span.key.calm { (language.say(&case.state.zh, &case.state.en)) } " "
                (tick(case.stage, language))
                @if case.green.is_some() { " " span.key.green { (language.say("绿色通道", "green channel")) } }
            }
            p.quiet { (language.say(&dossier.why.zh, &dossier.why.en)) }
            (handed_up(dossier, language))
            @if dossier.detail.is_waiting {
                p.note { (language.say("本件还有内容在路上，以下只是已到的部分。", "More of this case is on its way; this is what has arrived.")) }
            }
            @if let Some(note) = &case.attention { p.note { (language.say(&note.zh, &note.en)) } }
            @if let Some(part) = &dossier.detail.part_of {
                p { (language.say("并联事项，牵头件：", "A part of the joint case "))
                    @if part.is_held { a href={ "/cases/" (part.lead) } { (part.lead) } } @else { code { (part.lead) } } }
            }
            p.papers {
                (language.say("打印：", "Print: "))
                @for (paper, is_there, zh, en) in papers {
                    @if is_there { a href={ "/cases/" (case.id) "/papers/" (paper) } { (language.say(zh, en)) } " " }
                }
            }
        }
    }
}

fn timeline(detail: &CaseDetail, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["到达", "环节", "何时", "经办", "说明"],
        Language::English => ["arrival", "event", "when", "by", "note"],
    };
    html! {
        section {
            h2 { (language.say("经过", "What happened")) }
            div.scroll { table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { @for event in &detail.events { (event_row(event, language)) } }
            } }
        }
    }
}

fn event_row(event: &EventDetail, language: Language) -> Markup {
    const A_MINUTE_MS: i64 = 60_000;
    let is_late = event.recorded_at.ms_since(event.happened_at).abs() > A_MINUTE_MS;
    html! {
        tr {
            td { (tick(event.stage, language)) }
            td {
                @match language {
                    Language::Chinese => (event.zh),
                    Language::English => (event.kind.en().replace('-', " ")),
                }
                @if let Some(anomaly) = &event.anomaly {
                    br; span.key.incident { (language.say("无效", "no effect")) } " " (language.say(&anomaly.zh, &anomaly.en))
                }
                @for breach in &event.breaches {
                    br; span.key.behind { (language.say("违规", "breach")) } " " (language.say(&breach.zh, &breach.en))
                }
            }
            td.time {
                (shell::clock(event.happened_at))
                @if is_late { br; span.quiet { (language.say("录入 ", "recorded ")) (shell::clock(event.recorded_at)) } }
                @if let Some(at) = event.witnessed_at { br; span.quiet { (language.say("市收 ", "city ")) (shell::clock(at)) } }
            }
            td { (event.by) }
            td {
                (event.note)
                @let besides = language.say(&event.besides.zh, &event.besides.en);
                @if !besides.is_empty() { @if !event.note.is_empty() { br; } (besides) }
            }
        }
    }
}

fn materials(detail: &CaseDetail, language: Language) -> Markup {
    html! {
        @if !detail.materials.is_empty() {
            section {
                h2 { (language.say("材料", "Materials")) }
                ul.ticks { @for material in &detail.materials {
                    li { (material_word(material, language)) " " (material.name) }
                } }
            }
        }
    }
}

/// Whether a material is there.
pub(super) fn material_word(material: &MaterialDetail, language: Language) -> String {
    language.say(&material.zh, &material.state.replace('-', " ")).to_owned()
}

/// The form; where two places wrote different things, side by side, to be settled.
fn form_fields(detail: &CaseDetail, clerk: &Clerk, language: Language) -> Markup {
    let name = |field: &str| match field {
        cases::APPLICANT_NUMBER => language.say("证件号", "number").to_owned(),
        crate::replica::PHONE => language.say("联系电话", "telephone").to_owned(),
        other => other.to_owned(),
    };
    html! {
        @if !detail.form.is_empty() {
            section {
                h2 { (language.say("登记内容", "Form")) }
                dl.facts { @for (field, value) in &detail.form {
                    div {
                        dt { (name(field)) }
                        dd {
                            @match detail.conflict_values.get(field) {
                                None => { (value) (doubts(field, value, language)) }
                                Some(values) => {
                                    p.note { (language.say("两处填得不一样，请选一个：", "Two places wrote different things; choose one:")) }
                                    @for value in values {
                                        form.inline method="post" action={ "/cases/" (detail.summary.id) "/settle" } {
                                            (key(clerk))
                                            input type="hidden" name="field" value=(field);
                                            button name="value" value=(value) { (value) }
                                        }
                                    }
                                }
                            }
                        }
                    }
                } }
            }
        }
    }
}

/// 并联: one lane for each authority.
fn lanes(parts: &CaseParts, language: Language) -> Markup {
    html! {
        section {
            h2 { (language.say("并联审批", "Joint approval")) " " span.quiet { (parts.title) } }
            div.lanes { @for lane in &parts.parts {
                div.lane {
                    h3 { (lane.part) " " (lane.name) }
                    p.quiet { (lane.department) " " (lane.centre) }
                    @if let Some(state) = &lane.state { p { span.key.calm { (language.say(&state.zh, &state.en)) } } }
                    @if let (Some(zh), Some(en)) = (&lane.answer_zh, &lane.answer) { p { b { (language.say(zh, en)) } } }
                    @if let (Some(zh), Some(en)) = (&lane.standing, &lane.standing_en) { p { (language.say(zh, en)) " " @if let Some(due) = &lane.due { (due) } } }
                    @if let Some(on) = &lane.signed_on { p.quiet { (language.say("签收 ", "signed ")) (on) } }
                    @if lane.is_contradicted || lane.differs {
                        p { span.key.incident { (language.say("答复有矛盾，待裁决", "contradictory answers")) } }
                    }
                    @if lane.state.is_some() { p { a href={ "/cases/" (lane.id) } { (language.say("打开", "open")) } } }
                }
            } }
        }
    }
}

fn cards(cards: &CaseCards, language: Language) -> Markup {
    html! {
        @if !cards.cards.is_empty() {
            section {
                h2 { (language.say("预警纠错", "Cards")) " " span.quiet { (language.say("扣 ", "points ")) (cards.points) } }
                @for card in &cards.cards {
                    details.card-proof {
                        summary { span class=(card_class(card.level)) { (language.say(&card.zh, card.level.en())) } " " (language.say(&card.title, &card.title_en))
                            @if card.issued.is_none() { " " span.quiet { (language.say("（规则所给，尚未发出）", "(by the rules, not issued)")) } } }
                        p { (language.say(&card.figures, &card.figures_en)) }
                        ul { @for proof in &card.proof { li { (language.say(&proof.zh, &proof.kind)) " " code { (proof.event) } } } }
                        @for outage in &card.outages { p.quiet { (language.say(&outage.zh, &outage.cause)) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_red_card_is_red_here_as_on_the_board_of_supervision() {
        for (level, class) in [("red", "key incident"), ("yellow", "key behind")] {
            let card = serde_json::json!({
                "name": "over/promise", "level": level, "zh": "牌", "title": "超过承诺时限",
                "points": 5, "figures": "", "proof": [], "issued": null,
            });
            let all = serde_json::json!({ "id": "", "today": "", "points": 0, "cards": [card] });
            let read: CaseCards = serde_json::from_value(all).unwrap();
            let shown = cards(&read, Language::Chinese).into_string();
            assert!(shown.contains(&format!("<span class=\"{class}\">牌</span>")), "{shown}");
        }
    }

    #[test]
    fn whether_a_material_is_there_is_said_in_the_language_of_the_page() {
        for (state, zh, en) in [("missing", "缺", "missing"), ("may-follow", "容缺", "may follow")]
        {
            let [name, state, said] = ["身份证", state, zh].map(str::to_owned);
            let material = MaterialDetail { name, state, zh: said };
            assert_eq!(material_word(&material, Language::Chinese), zh);
            assert_eq!(material_word(&material, Language::English), en);
        }
    }
}
