//! What a number tells of an applicant, and what is held of them already.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Html;
use maud::{Markup, html};
use serde::Deserialize;
use tongban_protocol::calendar::civil_day;
use tongban_protocol::document::DocumentId;
use tongban_protocol::number::{ApplicantNumber, NoShape, Sex};
use tongban_protocol::value::Value;

use crate::cases::{APPLICANT_NUMBER, DoubtNote, number_doubts, phone_doubt};
use crate::clock;
use crate::replica::{PHONE, Replica, ReplicaError};
use crate::store::Store;
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::one_line;
use crate::web::gate::Clerk;
use crate::web::language::Language;

/// Earlier cases that are offered.
const EARLIER_MAX: usize = 3;

/// Shortest number for which earlier cases are looked up.
const NUMBER_CHARS_MIN: usize = 8;

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The number, as far as it was typed.
    #[serde(default)]
    q: String,
}

/// An earlier case of the same applicant.
struct Earlier {
    id: DocumentId,
    applicant: String,
    phone: String,
    item_name: String,
    number: String,
}

/// What stands below the number while it is typed.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    _: Clerk,
    language: Language,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Fault> {
    let typed = one_line(&asked.q);
    if typed.is_empty() {
        return Ok(Html(String::new()));
    }
    let reading = ApplicantNumber::read(&typed, civil_day(clock::now()));
    let plain = match &reading {
        Ok(reading) => reading.number.as_str().to_owned(),
        Err(NoShape(_)) => typed.clone(),
    };
    let sought = plain.to_lowercase();
    let earlier = match plain.chars().count() >= NUMBER_CHARS_MIN {
        true => rooms.face.desk.ask(move |engine| earlier(engine.replica(), &sought)).await??,
        false => Vec::new(),
    };
    let fragment = html! {
        @match &reading {
            Ok(reading) => {
                (told(&reading.number, language))
                @for doubt in reading.doubts.iter().map(DoubtNote::from) {
                    p.doubt { (language.say(&doubt.zh, &doubt.en)) }
                }
            }
            Err(shape) => @if plain.chars().count() >= NUMBER_CHARS_MIN {
                @let en = shape.to_string();
                p.doubt { (language.say(&shape.zh(), &en)) }
            }
        }
        (offered(&earlier, language))
    };
    Ok(Html(fragment.into_string()))
}

/// What should be confirmed about a value of the form, where it stands; nothing of a field whose
/// values cannot be doubted. No doubt keeps anything from being saved.
pub(super) fn doubts(field: &str, value: &str, language: Language) -> Markup {
    let found = match field {
        _ if value.trim().is_empty() => Vec::new(),
        APPLICANT_NUMBER => number_doubts(value, civil_day(clock::now())),
        PHONE => phone_doubt(value).into_iter().collect(),
        _ => Vec::new(),
    };
    html! { @for doubt in found { p.doubt { (language.say(&doubt.zh, &doubt.en)) } } }
}

fn told(number: &ApplicantNumber, language: Language) -> Markup {
    let ApplicantNumber::Person(person) = number else { return html! {} };
    let division: String = person.as_str().chars().take(6).collect();
    html! {
        p.quiet {
            @if let Some(birth) = person.birth { (language.say("出生 ", "born ")) (birth) " · " }
            (match person.sex {
                Sex::Male => language.say("男", "male"),
                Sex::Female => language.say("女", "female"),
            })
            " · " (language.say("区划 ", "division ")) (division)
        }
    }
}

fn offered(earlier: &[Earlier], language: Language) -> Markup {
    html! {
        @for case in earlier {
            p.quiet {
                (language.say("以前办过：", "before: "))
                a href={ "/cases/" (case.id) } { (case.item_name) " " (case.number) } " " (case.applicant) " "
                button type="button" data-applicant=(case.applicant) data-phone=(case.phone) {
                    (language.say("填入", "fill in"))
                }
            }
        }
    }
}

fn earlier<S: Store>(replica: &Replica<S>, sought: &str) -> Result<Vec<Earlier>, ReplicaError> {
    let has = |text: &str| text.lines().any(|line| line == sought);
    let found = replica.briefs().filter(|(_, brief)| has(&brief.text)).take(EARLIER_MAX);
    let found: Vec<DocumentId> = found.map(|(id, _)| id).collect();
    let mut cases = Vec::new();
    for id in found {
        let Some(file) = replica.case(id)? else { continue };
        let Some(header) = file.view.header else { continue };
        let phone = match file.view.form.get(PHONE) {
            Some(Value::Text(phone)) => phone.clone(),
            Some(_) | None => String::new(),
        };
        let (applicant, item_name) = (header.applicant, header.item_name);
        cases.push(Earlier { id, applicant, phone, item_name, number: header.number });
    }
    Ok(cases)
}
