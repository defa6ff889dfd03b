//! The forms of what may happen next to a case, and what becomes of them.

mod ask;
mod meant;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, PreEscaped, html};
use tongban_protocol::document::EventKind;

use self::ask::{fields, is_at_once};
use self::meant::{WAS_SO, blame, meant};
use super::case::{Dossier, draw};
use super::sorry;
use crate::cases::{self, CaseError, NextStep};
use crate::clock;
use crate::web::Rooms;
use crate::web::api::case_id;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Sheet, key};
use crate::web::gate::Clerk;
use crate::web::happened;
use crate::web::language::Language;

/// Says of a form that its event is chosen in it, and happened earlier.
const EARLIER: &str = "earlier";

/// A form for each step; one that was sent and came back is open.
pub(super) fn forms(dossier: &Dossier, clerk: &Clerk, sheet: &Sheet<'_>) -> Markup {
    let (language, to) = (sheet.language, format!("/cases/{}/events", dossier.detail.summary.id));
    let seen = dossier.detail.events.len();
    html! {
        @for step in dossier.steps.iter().filter(|step| is_at_once(step)) {
            form.inline method="post" action=(to) {
                (key(clerk))
                input type="hidden" name="kind" value=(step.kind.en());
                input type="hidden" name="seen" value=(seen);
                button type="submit" title=(article(step, language)) { (word(step.kind, language)) }
            }
        }
        (earlier(dossier, clerk, sheet))
        @for step in dossier.steps.iter().filter(|step| !is_at_once(step)) {
            @let is_mine = is_own(step.kind.en(), sheet);
            details.step open[is_mine] {
                summary { (word(step.kind, language)) " " span.quiet { (article(step, language)) } }
                (apart(&html! {
                    form.sheet id="kind" method="post" action=(to) {
                        (key(clerk))
                        input type="hidden" name="kind" value=(step.kind.en());
                        input type="hidden" name="seen" value=(seen);
                        (fields(step, dossier, is_mine, sheet))
                        button.main type="submit" { (language.say("保存：", "Save: ")) (word(step.kind, language)) }
                    }
                }, step.kind.en()))
            }
        }
    }
}

/// The steps that take one press, where one of them did not happen now.
fn earlier(dossier: &Dossier, clerk: &Clerk, sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let steps: Vec<&NextStep> = dossier.steps.iter().filter(|step| is_at_once(step)).collect();
    let words: Vec<String> = steps.iter().map(|step| word(step.kind, language)).collect();
    let options = steps.iter().zip(&words).map(|(step, word)| (step.kind.en(), word.as_str()));
    let options: Vec<_> = options.collect();
    let is_mine = is_own(EARLIER, sheet);
    let blank = (Fields::default(), Faults::default());
    let own = own(is_mine, sheet, &blank);
    let form = html! {
        form.sheet id="kind" method="post" action={ "/cases/" (dossier.detail.summary.id) "/events" } {
            (key(clerk))
            input type="hidden" name=(EARLIER) value="yes";
            input type="hidden" name="seen" value=(dossier.detail.events.len());
            (own.choice("kind", language.say("哪个环节", "Which step"), &options))
            (happened::field(&own))
            button.main type="submit" { (language.say("保存补录", "Save")) }
        }
    };
    html! {
        @if !steps.is_empty() {
            details.step open[is_mine] {
                summary { (language.say("补录一步", "A step that happened earlier")) " "
                    span.quiet { (language.say("上面的按钮记为现在发生", "the buttons above say that it happened now")) } }
                (apart(&form, EARLIER))
            }
        }
    }
}

/// True for the form of this name, where what was typed is its own.
fn is_own(form: &str, sheet: &Sheet<'_>) -> bool {
    origin(sheet.typed) == form
}

/// From which form of the page something came; empty where from none.
fn origin(typed: &Fields) -> &str {
    if typed.text(EARLIER).is_empty() { typed.text("kind") } else { EARLIER }
}

/// The sheet of one form: what was typed into it stands in it alone.
fn own<'a>(is_mine: bool, sheet: &Sheet<'a>, blank: &'a (Fields, Faults)) -> Sheet<'a> {
    match is_mine {
        true => *sheet,
        false => Sheet { typed: &blank.0, faults: &blank.1, ..*sheet },
    }
}

/// What is wrong with what was typed, with the way to its fields.
pub(super) fn summary(sheet: &Sheet<'_>) -> Markup {
    let known = cases::parse_kind(sheet.typed.text("kind")).map_or("", |kind| kind.en());
    let form = if origin(sheet.typed) == EARLIER { EARLIER } else { known };
    PreEscaped(sheet.summary().into_string().replace("href=\"#", &format!("href=\"#{form}-")))
}

/// A form whose fields have names of their own on a page with many forms: each id in it begins with
/// the form's name, and so does whatever points to one.
fn apart(form: &Markup, name: &str) -> Markup {
    let mut named = form.0.clone();
    for attribute in [" id=\"", " for=\"", " aria-describedby=\""] {
        let mut parts = named.split(attribute);
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (ids, rest) = part.split_once('"').unwrap_or((part, ""));
            let ids: Vec<String> = ids.split(' ').map(|id| format!("{name}-{id}")).collect();
            whole = format!("{whole}{attribute}{}\"{rest}", ids.join(" "));
        }
        named = whole;
    }
    PreEscaped(named)
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
    let outcome = match meant(&typed, &clerk, clock::now()) {
        Ok(event) => {
            let seen = typed.line("seen").parse().unwrap_or(usize::MAX);
            let (now, is_meant) = (clock::now(), typed.text(WAS_SO) == "yes");
            let staged = rooms.face.desk.stage(move |replica, _| {
                if !is_meant {
                    cases::foresee(replica, now, (id, seen), &event)?;
                }
                cases::record_seen(replica, now, (id, seen), event).map(|appended| ((), appended))
            });
            staged.await.map_err(blame)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::form::Line;

    #[test]
    fn a_field_that_two_forms_have_is_pointed_at_in_each() {
        let faults = Faults::one("reason", "须写明理由", "give the reason");
        let typed = Fields::default().with("reason", " id=\"x\"").with("kind", "terminate");
        let sheet = Sheet { language: Language::Chinese, typed: &typed, faults: &faults };
        let form = sheet.line(Line::new("reason", "理由").hint("如实"));
        let shown = apart(&form, "terminate").into_string();
        for words in [
            "label for=\"terminate-reason\"",
            "input id=\"terminate-reason\" name=\"reason\"",
            "value=\" id=&quot;x&quot;\"",
            "aria-describedby=\"terminate-reason-hint terminate-reason-fault\"",
            "p class=\"fault\" id=\"terminate-reason-fault\"",
        ] {
            assert!(shown.contains(words), "no {words} in {shown}");
        }
        assert!(summary(&sheet).into_string().contains("href=\"#terminate-reason\""));
    }
}
