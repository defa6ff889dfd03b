//! What each step asks for: its fields, with what is known of the case as choices.

use maud::{Markup, html};
use tongban_protocol::case::joint::Gathering;
use tongban_protocol::case::{GreenBasis, Need};
use tongban_protocol::document::{AppealGround, EventKind, Ground, Outcome, Procedure, Ruling};

use super::super::case::{Dossier, material_word};
use super::meant::{SURE, WAS_SO, ends};
use super::own;
use crate::cases::{MaterialDetail, NextStep};
use crate::web::form::{Faults, Fields, Line, Sheet};
use crate::web::happened;
use crate::web::language::Language;

/// 现场踏勘: what a guide need not name, and is no step of it.
const SITE_CHECK: &str = "现场踏勘";

/// True for a step that takes nothing besides its button.
pub(super) fn is_at_once(step: &NextStep) -> bool {
    let asks = matches!(
        step.kind,
        EventKind::FinishStep
            | EventKind::Decide
            | EventKind::Receive
            | EventKind::Supplement
            | EventKind::Withdraw
    );
    step.needs.is_empty() && !asks
}

/// What a step must say.
pub(super) fn fields(
    step: &NextStep,
    dossier: &Dossier,
    is_mine: bool,
    sheet: &Sheet<'_>,
) -> Markup {
    let blank = (Fields::default(), Faults::default());
    let own = own(is_mine, sheet, &blank);
    let needs = match step.kind {
        EventKind::Decide => &[Need::Outcome, Need::Reason, Need::Remedy][..],
        EventKind::Receive | EventKind::Supplement => &[Need::Materials][..],
        _ => step.needs,
    };
    html! {
        @if step.kind == EventKind::FinishStep { (guide_steps(dossier, &own)) }
        @if step.kind == EventKind::Withdraw { (turned_away(&own)) }
        @for need in needs { (field(*need, step.kind, dossier, &own)) }
        @if step.kind == EventKind::NoticeSupplement { (beyond_the_list(&own)) }
        (it_was_so(step.kind, &own))
        @if ends(step.kind) { (sure(step.kind, &own)) }
        (happened::field(&own))
    }
}

/// The steps of the guide, those to do first; a line where the guide has none.
fn guide_steps(dossier: &Dossier, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let label = language.say("哪个环节", "Which step");
    let course = &dossier.course;
    let steps = course.terms.as_ref().map(|terms| terms.steps.as_slice()).unwrap_or_default();
    let is_done = |name: &str| course.steps.iter().any(|(done, _)| done == name);
    let mut names: Vec<&str> = steps.iter().map(|step| step.name.as_str()).collect();
    names.sort_by_key(|name| is_done(name));
    if !names.is_empty() && !names.contains(&SITE_CHECK) {
        names.push(SITE_CHECK);
    }
    let words = names.iter().map(|name| match steps.iter().any(|step| step.name == **name) {
        false => format!("{name}{}", language.say("（指南之外）", " (a check at the site)")),
        true if is_done(name) => format!("{name}{}", language.say("（已办）", " (done)")),
        true => (*name).to_owned(),
    });
    let words: Vec<String> = words.collect();
    let options: Vec<_> = names.iter().copied().zip(words.iter().map(String::as_str)).collect();
    let staff = language.say("到场人员", "Who went to the site");
    let hint = language.say(
        "现场核查须两人以上，姓名之间用顿号分开；不到现场的不填",
        "two at least, with commas between them; empty where nobody went",
    );
    html! {
        @if options.is_empty() { (sheet.line(Line::new("note", label))) }
        @else { (sheet.choice("note", label, &options)) }
        (sheet.line(Line::new("staff", staff).hint(hint).optional()))
    }
}

/// Why the applicant takes the application back.
fn turned_away(sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let label = language.say("撤回原因", "Why it is withdrawn");
    let hint = language.say(
        "只有申请人可以撤回；请写明申请人何时、如何提出",
        "only the applicant withdraws; say when and how the applicant asked for it",
    );
    sheet.line(Line::new("note", label).hint(hint))
}

/// Why something is asked for that is not on the list.
fn beyond_the_list(sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let label = language.say("目录外材料的理由", "Why others are needed");
    let hint = language.say(
        "只要求目录内的，不必填写；要求目录外的而不写理由，记为违规",
        "not for what is on the list; to ask for more without a reason is a breach",
    );
    sheet.line(Line::new("reason", label).hint(hint).asked())
}

/// What has to be ticked for something that will be on the record as a breach.
fn it_was_so(kind: EventKind, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let is_asked = sheet.faults.of(WAS_SO, language).is_some();
    let label = match kind {
        EventKind::Charge => language.say(
            "没有依据，照实记录（将记为违规）",
            "There is no basis; record it as it was (as a breach)",
        ),
        _ => language.say(
            "情况属实，照实记录（将记为违规）",
            "So it was; record it as it was (as a breach)",
        ),
    };
    html! {
        @if is_asked || sheet.typed.text(WAS_SO) == "yes" { (tick(WAS_SO, label, false, sheet)) }
    }
}

/// What has to be ticked before a case ends for good.
fn sure(kind: EventKind, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let label = match language {
        Language::Chinese => format!("确认{}：本件到此结束，不能恢复", kind.zh()),
        Language::English => {
            format!("I am sure: `{}` ends this case, and cannot be undone", kind.en())
        }
    };
    tick(SURE, &label, true, sheet)
}

fn tick(name: &'static str, label: &str, must: bool, sheet: &Sheet<'_>) -> Markup {
    let fault = sheet.faults.of(name, sheet.language).map(|_| format!("{name}-fault"));
    html! {
        div {
            div.tick {
                input id=(name) type="checkbox" name=(name) value="yes" required[must]
                    checked[sheet.typed.text(name) == "yes"] aria-describedby=[fault];
                label for=(name) { (label) }
            }
            (sheet.notes(name, ""))
        }
    }
}

fn field(need: Need, kind: EventKind, dossier: &Dossier, sheet: &Sheet<'_>) -> Markup {
    let (language, is_decision) = (sheet.language, kind == EventKind::Decide);
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
                .hint(language.say("法律、行政法规的条款；没有依据不得收费，没有依据的收费记为违规", "the law or regulation; without one nothing may be charged, and a fee is a breach")).asked()))
        },
        Need::Agent => line("agent"),
        Need::Mandate => line("mandate"),
        Need::MeetsAt => sheet.line(Line::new("meets_at", label).kind("datetime-local", "off")),
        Need::Outcome => {
            choice(sheet, "outcome", label, &coded(Outcome::ALL, Outcome::zh, Outcome::en))
        }
        Need::Procedure => choice(sheet, "procedure", label, &procedures(dossier)),
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

/// The special procedures; those of which the guide does not speak say so.
fn procedures(dossier: &Dossier) -> Vec<(String, String)> {
    let listed = dossier.course.terms.as_ref().map(|it| it.procedures.as_slice());
    let listed = listed.unwrap_or_default();
    let words = Procedure::ALL.iter().map(|it| match listed.is_empty() || listed.contains(it) {
        true => (it.en().to_owned(), it.zh().to_owned()),
        false => (it.en().to_owned(), format!("{}（指南未列）", it.zh())),
    });
    words.collect()
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
    let is_back = !sheet.typed.text("kind").is_empty();
    let is_ticked = |material: &MaterialDetail| match is_back {
        true => sheet.typed.all("material").any(|name| name == material.name),
        false => material.state == "missing",
    };
    html! {
        fieldset {
            legend { (label) }
            @for (at, material) in dossier.detail.materials.iter().enumerate() {
                div.tick {
                    input id={ "step-material-" (at) } type="checkbox" name="material" value=(material.name)
                        checked[is_ticked(material)];
                    label for={ "step-material-" (at) } { (material.name) " " span.quiet { (material_word(material, sheet.language)) } }
                }
            }
            (sheet.line(Line::new("more", sheet.language.say("目录外的", "Others")).optional()))
        }
    }
}
