//! The forms of what may happen next to a case, and what becomes of them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use tongban_protocol::case::joint::Gathering;
use tongban_protocol::case::{GreenBasis, Need};
use tongban_protocol::document::{AppealGround, EventKind, Ground, Outcome, Procedure, Ruling};

use super::case::{Dossier, draw};
use super::sorry;
use crate::cases::{self, CaseError, NewEvent, NextStep, Said};
use crate::clock;
use crate::web::Rooms;
use crate::web::api::case_id;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Line, Sheet, key};
use crate::web::gate::Clerk;
use crate::web::language::Language;

/// A form for each step; one that was sent and came back is open.
pub(super) fn forms(dossier: &Dossier, clerk: &Clerk, sheet: &Sheet<'_>) -> Markup {
    let seen = dossier.detail.events.len();
    html! {
        @for step in &dossier.steps {
            @let fields = fields(step, dossier, sheet);
            @match fields {
                None => form.inline method="post" action={ "/cases/" (dossier.detail.summary.id) "/events" } {
                    (hidden(step, seen, clerk))
                    button type="submit" title=(article(step, sheet.language)) { (word(step.kind, sheet.language)) }
                },
                Some(fields) => details.step open[sheet.typed.text("kind") == step.kind.en()] {
                    summary { (word(step.kind, sheet.language)) " " span.quiet { (article(step, sheet.language)) } }
                    form.sheet method="post" action={ "/cases/" (dossier.detail.summary.id) "/events" } {
                        (hidden(step, seen, clerk))
                        (fields)
                        button.main type="submit" { (sheet.language.say("保存：", "Save: ")) (word(step.kind, sheet.language)) }
                    }
                }
            }
        }
    }
}

fn hidden(step: &NextStep, seen: usize, clerk: &Clerk) -> Markup {
    html! {
        (key(clerk))
        input type="hidden" name="kind" value=(step.kind.en());
        input type="hidden" name="seen" value=(seen);
    }
}

fn word(kind: EventKind, language: Language) -> String {
    match (kind, language) {
        (EventKind::Receive, Language::Chinese) => "补正后再收件".to_owned(),
        (EventKind::Receive, Language::English) => "take the supplement".to_owned(),
        (kind, Language::Chinese) => kind.zh().to_owned(),
        (kind, Language::English) => kind.en().replace('-', " "),
    }
}

fn article(step: &NextStep, language: Language) -> String {
    match (step.article, language) {
        ("", _) => String::new(),
        (article, Language::Chinese) => format!("行政许可法第 {article} 条"),
        (article, Language::English) => format!("Administrative Licensing Law, article {article}"),
    }
}

/// What a step must say; none where nothing besides its button.
fn fields(step: &NextStep, dossier: &Dossier, sheet: &Sheet<'_>) -> Option<Markup> {
    let language = sheet.language;
    let note = match step.kind {
        EventKind::FinishStep => Some((language.say("哪个环节", "Which step"), true)),
        EventKind::Decide | EventKind::Receive | EventKind::Supplement => None,
        _ if step.needs.is_empty() => return None,
        _ => None,
    };
    let is_decision = step.kind == EventKind::Decide;
    let needs = match step.kind {
        EventKind::Decide => &[Need::Outcome, Need::Reason, Need::Remedy][..],
        EventKind::Receive | EventKind::Supplement => &[Need::Materials][..],
        _ => step.needs,
    };
    let is_mine = sheet.typed.text("kind") == step.kind.en();
    let blank = (Fields::default(), Faults::default());
    // What was typed into one form stands in that form only.
    let own = Sheet {
        language,
        typed: if is_mine { sheet.typed } else { &blank.0 },
        faults: if is_mine { sheet.faults } else { &blank.1 },
    };
    Some(html! {
        @if let Some((label, _)) = note { (own.line(Line::new("note", label))) }
        @for need in needs { (field(*need, is_decision, dossier, &own)) }
    })
}

fn field(need: Need, is_decision: bool, dossier: &Dossier, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let label = language.say(need.zh(), need.en());
    let line = |name| {
        let line = Line::new(name, label);
        // Only a refusal must say why, and where the applicant may turn (38).
        sheet.line(if is_decision { line.optional() } else { line })
    };
    match need {
        Need::Reason => line("reason"),
        Need::Remedy => line("remedy"),
        Need::Document => line("document"),
        Need::Days => sheet.line(Line::new("days", label).kind("number", "off")),
        Need::Fee => html! {
            (sheet.line(Line::new("fee", language.say("金额（元）", "Amount (yuan)"))))
            (sheet.line(Line::new("basis", language.say("收费依据", "Basis"))
                .hint(language.say("法律、行政法规的条款；没有依据不得收费", "the law or regulation; without one nothing may be charged")).optional()))
        },
        Need::Agent => line("agent"),
        Need::Mandate => line("mandate"),
        Need::MeetsAt => sheet.line(Line::new("meets_at", label).kind("datetime-local", "off")),
        Need::Outcome => {
            choice(sheet, "outcome", label, &coded(Outcome::ALL, Outcome::zh, Outcome::en))
        }
        Need::Procedure => {
            choice(sheet, "procedure", label, &coded(Procedure::ALL, Procedure::zh, Procedure::en))
        }
        Need::Ground => choice(sheet, "ground", label, &coded(Ground::ALL, Ground::zh, Ground::en)),
        Need::Appeal => choice(
            sheet,
            "appeal",
            label,
            &coded(AppealGround::ALL, AppealGround::zh, AppealGround::en),
        ),
        Need::Ruling => choice(sheet, "ruling", label, &coded(Ruling::ALL, Ruling::zh, Ruling::en)),
        Need::Card => {
            let cards = dossier.cards.cards.iter();
            let cards =
                cards.map(|card| (card.name.clone(), format!("{} {}", card.zh, card.title)));
            choice(sheet, "card", label, &cards.collect::<Vec<_>>())
        }
        Need::Materials => missing(dossier, sheet, label),
        Need::GreenBasis => {
            choice(sheet, "green", label, &coded(GreenBasis::ALL, GreenBasis::zh, GreenBasis::en))
        }
        Need::Gathering => {
            choice(sheet, "gathering", label, &coded(Gathering::ALL, Gathering::zh, Gathering::en))
        }
        Need::Parts => {
            let lanes = dossier.parts.iter().flat_map(|parts| &parts.parts);
            let lanes = lanes.map(|lane| (lane.part.to_string(), lane.name.clone()));
            choice(sheet, "part", label, &lanes.collect::<Vec<_>>())
        }
        Need::Amount | Need::Part | Need::Sample | Need::Checklist => html! {},
    }
}

/// Codes with the words for the page: Chinese, and the code itself as English.
fn coded<T: Copy>(
    all: &[T],
    zh: fn(T) -> &'static str,
    en: fn(T) -> &'static str,
) -> Vec<(String, String)> {
    all.iter().map(|it| (en(*it).to_owned(), zh(*it).to_owned())).collect()
}

fn choice(sheet: &Sheet<'_>, name: &str, label: &str, options: &[(String, String)]) -> Markup {
    let language = sheet.language;
    let words = options.iter().map(|(code, zh)| (code.as_str(), language.say(zh, code)));
    sheet.choice(name, label, &words.collect::<Vec<_>>())
}

/// The materials that are not there yet, ticked: a notice must name all of them at once (32-4).
fn missing(dossier: &Dossier, sheet: &Sheet<'_>, label: &str) -> Markup {
    html! {
        fieldset {
            legend { (label) }
            @for (at, material) in dossier.detail.materials.iter().enumerate() {
                div.tick {
                    input id={ "step-material-" (at) } type="checkbox" name="material" value=(material.name)
                        checked[material.state == "missing"];
                    label for={ "step-material-" (at) } { (material.name) " " span.quiet { (material.zh) } }
                }
            }
            (sheet.line(Line::new("more", sheet.language.say("目录外的（须说明理由）", "Others (with a reason)")).optional()))
        }
    }
}

/// Records what was sent from the page.
pub(super) async fn record(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    let id = match case_id(&id) {
        Ok(id) => id,
        Err(fault) => return sorry(&clerk, language, fault),
    };
    let outcome = match event(&typed, &clerk) {
        Ok(event) => {
            let seen = typed.line("seen").parse().unwrap_or(usize::MAX);
            let now = clock::now();
            let staged = rooms.face.desk.stage(move |replica, _| {
                cases::record_seen(replica, now, (id, seen), event).map(|appended| ((), appended))
            });
            staged.await.map_err(|error: CaseError| blame(&error.into()))
        }
        Err(faults) => Err(faults),
    };
    match outcome {
        // The ruling on an appeal goes back to the board from which it came.
        Ok(_) if typed.text("back") == "watch" => {
            Redirect::to("/watch?sight=appealed&saved=ruling").into_response()
        }
        Ok(_) => Redirect::to(&format!("/cases/{id}?saved=event")).into_response(),
        Err(faults) => {
            let sheet = Sheet { language, typed: &typed, faults: &faults };
            draw(&rooms, &clerk, id, (&sheet, "")).await
        }
    }
}

fn blame(fault: &Fault) -> Faults {
    let en = if fault.what == fault.zh {
        fault.en.clone()
    } else {
        format!("{} ({})", fault.en, fault.what)
    };
    Faults::one("reason", fault.zh.clone(), en)
}

/// Fields that are sent as the words of the JSON service.
const WORDS: [&str; 10] = [
    "procedure",
    "ground",
    "card",
    "appeal",
    "ruling",
    "outcome",
    "reason",
    "remedy",
    "document",
    "gathering",
];

/// What was meant by a form.
fn event(typed: &Fields, clerk: &Clerk) -> Result<NewEvent, Faults> {
    let Some(role) = clerk.role else {
        let zh = "您没有岗位或岗位已到期，不能办件";
        return Err(Faults::one("reason", zh, "you have no post, or its lease is over"));
    };
    let kind = cases::parse_kind(&typed.line("kind"));
    let kind = kind.map_err(|error| Faults::one("reason", "没有此环节", error))?;
    let said = WORDS.iter().filter_map(|name| Some(((*name).to_owned(), typed.wish(name)?.into())));
    let said: serde_json::Map<_, _> = said.collect();
    let detail: Said = serde_json::from_value(said.into())
        .map_err(|error| Faults::one("reason", "所选的内容不在列表中", error.to_string()))?;
    let materials = typed.all("material").map(str::to_owned).chain(typed.wish("more"));
    let parts = typed.all("part").filter_map(|part| part.parse().ok());
    let green = typed.wish("green").map(|_| cases::GreenSaid {
        basis: typed.line("green").parse().ok(),
        agent: typed.line("agent"),
        mandate: typed.line("mandate"),
        ..cases::GreenSaid::default()
    });
    let detail = Said {
        role: Some(role),
        materials: materials.collect(),
        days: number(typed, "days")?,
        fee: fee(typed)?,
        basis: typed.wish("basis"),
        parts: parts.collect(),
        meets_at: meets_at(typed)?,
        green,
        ..detail
    };
    Ok(NewEvent {
        kind,
        note: typed.line("note"),
        by: clerk.name.clone(),
        happened_at: None,
        detail,
    })
}

fn number(typed: &Fields, name: &'static str) -> Result<Option<u16>, Faults> {
    let read = typed.wish(name).map(|text| text.parse());
    read.transpose().map_err(|_| Faults::one(name, "请填一个整数", "give a whole number"))
}

/// Yuan as they are typed, with at most two decimals, in 分.
fn fee(typed: &Fields) -> Result<Option<u64>, Faults> {
    let Some(text) = typed.wish("fee") else { return Ok(None) };
    let (yuan, fen) = text.split_once('.').unwrap_or((&text, ""));
    let fen = format!("{fen:0<2}");
    let read = yuan.parse::<u64>().ok().zip(fen.parse::<u64>().ok().filter(|_| fen.len() == 2));
    let read = read.and_then(|(yuan, fen)| yuan.checked_mul(100)?.checked_add(fen));
    read.map(Some)
        .ok_or_else(|| Faults::one("fee", "金额如 20 或 20.50", "an amount such as 20 or 20.50"))
}

fn meets_at(typed: &Fields) -> Result<Option<tongban_protocol::time::Timestamp>, Faults> {
    let read = typed.wish("meets_at").map(|text| cases::parse_instant(&format!("{text}:00+08:00")));
    read.transpose().map_err(|error| Faults::one("meets_at", "请填日期和时间", error.to_string()))
}

/// Writes one of two values that stand against each other.
pub(super) async fn settle(
    State(rooms): State<Arc<Rooms>>,
    Path(id): Path<String>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    let settled = async {
        let id = case_id(&id)?;
        let (field, value) = (typed.text("field").to_owned(), typed.text("value").to_owned());
        let now = clock::now();
        let written = rooms.face.desk.stage(move |replica, _| {
            cases::settle_field(replica, now, id, (field, value)).map(|appended| ((), appended))
        });
        written.await.map_err(|error: CaseError| Fault::from(error))?;
        Ok::<_, Fault>(id)
    };
    match settled.await {
        Ok(id) => Redirect::to(&format!("/cases/{id}?saved=event")).into_response(),
        Err(fault) => sorry(&clerk, language, fault),
    }
}
