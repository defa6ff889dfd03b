//! 服务评价: what the owner of a case says of it, away from the window.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use tongban_node::cases::{CaseError, OPINION_CHARS_MAX, Opinion, RatingFault, rate_away};
use tongban_node::clock;
use tongban_node::web::fault::Fault;
use tongban_node::web::form::{Faults, Fields, Sheet};
use tongban_node::web::language::Language;
use tongban_protocol::document::Satisfaction;

use super::{Public, Slip, Visitor, held_back, slip_fields, too_often};

/// The empty form, which a link may open with its number; or thanks.
pub(super) async fn ask(
    State(public): State<Arc<Public>>,
    RawQuery(query): RawQuery,
    language: Language,
) -> Response {
    let asked = Fields::parse(query.unwrap_or_default().as_bytes());
    match asked.text("done") {
        "" => {
            let typed = Fields::default().with("number", asked.line("number"));
            form(&public, language, &typed, &Faults::default())
        }
        _ => public.page(language, language.say("服务评价", "rate"), &thanks(language)),
    }
}

/// Takes a rating; the button on the page of progress only opens the form.
pub(super) async fn take(
    State(public): State<Arc<Public>>,
    visitor: Visitor,
    language: Language,
    typed: Fields,
) -> Response {
    if typed.text("step") == "open" {
        return form(&public, language, &typed, &Faults::default());
    }
    let (slip, opinion) = match read(&typed) {
        Ok(read) => read,
        Err(faults) => return wrong(&public, language, &typed, &faults),
    };
    if let Err(wait) = public.pass(visitor) {
        return held_back(wait, form(&public, language, &typed, &too_often(wait)));
    }
    let now = clock::now();
    let found = public.desk.ask(move |engine| slip.open(engine.replica())).await;
    let id = match found {
        Ok(Ok(Some(id))) => id,
        Ok(Ok(None)) => return wrong(&public, language, &typed, &Slip::no_match()),
        Ok(Err(error)) => return public.sorry(language, &error.into()),
        Err(closed) => return public.sorry(language, &closed.into()),
    };
    let staged = public.desk.stage(move |replica, _| {
        rate_away(replica, now, id, opinion).map(|appended| ((), appended))
    });
    match staged.await {
        Ok(_) => Redirect::to("/public/rate?done=yes").into_response(),
        Err(CaseError::Rating(fault)) => wrong(&public, language, &typed, &blame(fault)),
        Err(error) => public.sorry(language, &Fault::from(error)),
    }
}

/// Reads the form; everything that is wrong is said at once.
fn read(typed: &Fields) -> Result<(Slip, Opinion), Faults> {
    let mut faults = Faults::default();
    let level = typed.text("rating").parse::<Satisfaction>().ok();
    if level.is_none() {
        faults.note("rating", "请选择一项；没有默认选项", "choose one; none is chosen for you");
    }
    let words = typed.text("words").replace("\r\n", "\n").trim().to_owned();
    let chars = words.chars().count();
    if chars > OPINION_CHARS_MAX {
        let fault = RatingFault::TooLong(chars);
        faults.note("words", fault.zh(), fault.to_string());
    }
    match (Slip::read(typed), level) {
        (Ok(slip), Some(level)) if faults.is_empty() => Ok((slip, Opinion { level, words })),
        (Err(mut all), _) => {
            all.add(faults);
            Err(all)
        }
        (Ok(_), _) => Err(faults),
    }
}

/// A fault beside the field that it is about.
fn blame(fault: RatingFault) -> Faults {
    let field = match fault {
        RatingFault::NoLevel => "rating",
        RatingFault::NotFinished | RatingFault::Already => "number",
        RatingFault::TooLong(_) => "words",
    };
    Faults::one(field, fault.zh(), fault.to_string())
}

fn wrong(public: &Public, language: Language, typed: &Fields, faults: &Faults) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, form(public, language, typed, faults)).into_response()
}

fn form(public: &Public, language: Language, typed: &Fields, faults: &Faults) -> Response {
    let say = |zh, en| language.say(zh, en);
    let sheet = Sheet { language, typed, faults };
    let fault = |field| faults.of(field, language).map(|_| format!("{field}-fault"));
    let main = html! {
        p.note { (say(
            "评价只由市中心保存，办理中心看不到单件评价，只能看到满 10 件以后的合计。自愿评价，一件一次，没有默认选项。",
            "Ratings are kept by the city. The centre that handled the case never sees a single one, only totals of ten or more. It is up to you, once for a case, and nothing is chosen for you.",
        )) }
        form.sheet method="post" action="/public/rate" {
            (sheet.summary())
            (slip_fields(sheet))
            fieldset.field id="rating" aria-describedby=[fault("rating")] {
                legend { (say("您满意吗？", "How satisfied are you?")) }
                @for level in Satisfaction::ALL.iter().rev() {
                    div.tick {
                        input id=(level.en()) type="radio" name="rating" value=(level.en()) required
                            checked[typed.text("rating") == level.en()];
                        label for=(level.en()) { (say(level.zh(), words_of(*level))) }
                    }
                }
                (sheet.notes("rating", ""))
            }
            div.field {
                label for="words" { (say("还想说的", "In your own words")) span.quiet { (say("（可不填）", " (optional)")) } }
                textarea id="words" name="words" rows="5" maxlength=(OPINION_CHARS_MAX)
                    aria-invalid=[fault("words").map(|_| "true")]
                    aria-describedby="words-hint" { "\n" (typed.text("words")) }
                (sheet.notes("words", &match language {
                    Language::Chinese => format!("最长 {OPINION_CHARS_MAX} 字，请勿填写个人信息"),
                    Language::English => format!("at most {OPINION_CHARS_MAX} characters, and nothing that names people"),
                }))
            }
            div.buttons { button.main { (say("提交评价", "Send the rating")) } }
        }
    };
    public.page(language, say("服务评价", "rate"), &main)
}

const fn words_of(level: Satisfaction) -> &'static str {
    match level {
        Satisfaction::VeryDissatisfied => "very dissatisfied",
        Satisfaction::Dissatisfied => "dissatisfied",
        Satisfaction::BasicallySatisfied => "basically satisfied",
        Satisfaction::Satisfied => "satisfied",
        Satisfaction::VerySatisfied => "very satisfied",
    }
}

fn thanks(language: Language) -> Markup {
    html! {
        p.saved role="status" { (language.say(
            "评价已由市中心保存，谢谢。若在窗口已评价过本件，以先评的一次计入统计，两次都保留。",
            "The city has kept your rating. Thank you. Where the case was rated at the window before, the first one is counted and both are kept.",
        )) }
        p { a href="/public/" { (language.say("返回办事指南", "Back to the guides")) } }
    }
}
