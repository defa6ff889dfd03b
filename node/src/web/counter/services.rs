//! 服务记录: a service in two clicks, a question and who answers for it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use tongban_protocol::document::EventKind;
use tongban_protocol::place::Home;
use tongban_protocol::service::{Answer, ServiceKind};
use tongban_protocol::time::Timestamp;

use super::{page, sorry};
use crate::clock;
use crate::records::{self, NewEntry, NewService, RecordDetail, RecordError, parse_record};
use crate::web::Rooms;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Line, Sheet, key, request_id};
use crate::web::gate::Clerk;
use crate::web::happened::{input_kind, moment};
use crate::web::language::Language;
use crate::web::shell;

/// Records that the page lists.
const RECORDS_SHOWN: usize = 30;

/// What tells the request of a question from that of a service on the same page.
const ASKED: &str = "-asked";

/// How long a service took where nothing else is said, in milliseconds.
const USUAL_MS: i64 = 30 * 60_000;

/// The page.
pub(super) async fn show(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
) -> Response {
    let typed = match fresh(&rooms, &clerk) {
        Ok(typed) => typed,
        Err(fault) => return sorry(&clerk, language, fault),
    };
    draw(&rooms, &clerk, (language, &typed, &Faults::default())).await
}

/// A form as it is most often sent: by whoever asks, here, for the last half hour; with a name of
/// its own, so that sent twice it makes one record.
fn fresh(rooms: &Rooms, clerk: &Clerk) -> Result<Fields, Fault> {
    let now = clock::now();
    let minute = |at: Timestamp| at.to_string().chars().take(16).collect::<String>();
    let typed = Fields::default().with("request_id", request_id()?);
    Ok(typed
        .with("staff", clerk.name.clone())
        .with("place", rooms.face.name.clone())
        .with("start", minute(Timestamp(now.0.saturating_sub(USUAL_MS))))
        .with("end", minute(now)))
}

async fn draw(
    rooms: &Rooms,
    clerk: &Clerk,
    (language, typed, faults): (Language, &Fields, &Faults),
) -> Response {
    let home = Home::office(rooms.face.centre);
    let listed =
        rooms.face.desk.ask(move |engine| records::list(engine.replica(), &[home], RECORDS_SHOWN));
    let listed = match listed.await {
        Ok(Ok(listed)) => listed,
        Ok(Err(error)) => return sorry(clerk, language, error.into()),
        Err(closed) => return sorry(clerk, language, closed.into()),
    };
    let sheet = Sheet { language, typed, faults };
    let main = html! {
        (sheet.summary())
        (serving(&sheet, clerk))
        (asking(&sheet, clerk))
        (table(&listed, clerk, language))
    };
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let title = language.say("服务记录", "Services");
    (status, page(clerk, language, title, &main)).into_response()
}

/// The name of the page's request; that of a question has [`ASKED`] behind it.
fn request<'a>(sheet: &Sheet<'a>) -> &'a str {
    sheet.typed.text("request_id").trim_end_matches(ASKED)
}

fn serving(sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let time = |name, label| {
        sheet.line(Line::new(name, label).kind(input_kind(sheet.typed.text(name)), "off"))
    };
    html! {
        section {
            h2 { (language.say("记一次服务", "A service")) }
            form.sheet method="post" action="/services" {
                (key(clerk))
                input type="hidden" name="act" value="serve";
                input type="hidden" name="request_id" value=(request(sheet));
                (sheet.line(Line::new("link", language.say("办件编号或票号", "Case or ticket"))
                    .hint(language.say("没有的不计入统计", "without one it is kept, and counts in no figure")).optional()))
                (sheet.line(Line::new("staff", language.say("谁（几个人用、隔开）", "Who"))))
                (time("start", language.say("从", "From")))
                (time("end", language.say("到", "Until")))
                (sheet.line(Line::new("place", language.say("何处", "Where"))))
                (sheet.line(Line::new("reason", language.say("事由", "Why")).optional()))
                p.quiet { (language.say("按一下种类即保存：", "A press on the kind saves it:")) }
                div.buttons {
                    @for kind in ServiceKind::ALL {
                        button name="kind" value=(kind.en()) { (language.say(kind.zh(), kind.en())) }
                    }
                }
            }
        }
    }
}

/// 首问负责.
fn asking(sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    html! {
        section {
            h2 { (language.say("首问", "Somebody asked me first")) }
            form.sheet method="post" action="/services" {
                (key(clerk))
                input type="hidden" name="request_id" value={ (request(sheet)) (ASKED) };
                (sheet.line(Line::new("asked", language.say("问的是什么", "What was asked"))))
                button.main name="act" value="ask" { (language.say("记下，由我负责", "I answer for it")) }
            }
        }
    }
}

fn table(listed: &[RecordDetail], clerk: &Clerk, language: Language) -> Markup {
    let heads = match language {
        Language::Chinese => ["种类", "何时", "谁", "事由", "办件", "状态", "办理"],
        Language::English => ["kind", "when", "who", "why", "case", "state", "next"],
    };
    html! {
        section {
            h2 { (language.say("最近的记录", "The newest")) }
            @if listed.is_empty() { p.quiet { (language.say("还没有。", "None yet.")) } } @else {
                div.scroll { table {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody { @for record in listed { (row(record, clerk, language)) } }
                } }
            }
        }
    }
}

fn row(record: &RecordDetail, clerk: &Clerk, language: Language) -> Markup {
    let is_open = record.state.code == "asked";
    let en = match (&record.kind, record.first_asked.is_some()) {
        (Some(kind), _) => kind.replace('-', " "),
        (None, true) => "first asked".to_owned(),
        (None, false) => "upper system".to_owned(),
    };
    let what = language.say(&record.zh, &en);
    // Where nobody says why, the kind stands there.
    let why = if record.reason == record.zh { what } else { &record.reason };
    let who = record.holder.clone().unwrap_or_else(|| record.staff.join("、"));
    html! {
        tr {
            td { (what) }
            td.time { @if let Some(at) = record.start { (shell::clock(at)) } }
            td { (who)
                @for pass in &record.chain { br; span.quiet { (pass.from) "→" (pass.to) } } }
            td { (why) @if !record.place.is_empty() { br; span.quiet { (record.place) } } }
            td { (record.link.as_deref().unwrap_or("—"))
                @if let Some(why) = &record.uncounted { br; span.quiet { (language.say(&why.zh, &why.en)) } } }
            td { (language.say(&record.state.words.zh, &record.state.words.en))
                @if let Some(answer) = &record.answer { "：" (language.say(&answer.zh, &answer.en)) } }
            td { @if is_open { (closing(record, clerk, language)) } }
        }
    }
}

/// Handing a question on, or ending it.
fn closing(record: &RecordDetail, clerk: &Clerk, language: Language) -> Markup {
    let field = format!("to-{}", record.id);
    html! {
        form.inline method="post" action="/services" {
            (key(clerk))
            input type="hidden" name="id" value=(record.id);
            @for answer in Answer::ALL {
                button name="answer" value=(answer.en()) { (language.say(answer.zh(), answer.en())) } " "
            }
            label for=(field) { (language.say("转给", "hand to")) } " "
            input id=(field) name="to" maxlength="60" size="8" autocomplete="off";
            button name="act" value="pass" { (language.say("转办", "hand on")) }
        }
    }
}

/// Records what was asked for.
pub(super) async fn record(
    State(rooms): State<Arc<Rooms>>,
    clerk: Clerk,
    language: Language,
    typed: Fields,
) -> Response {
    let entered = match entry(&typed, &clerk) {
        Ok((id, entry)) => {
            records::enter_at(&rooms.face.desk, clock::now(), id, entry).await.map_err(Refused::By)
        }
        Err(faults) => Err(Refused::Before(faults)),
    };
    let Err(refused) = entered else { return Redirect::to("/services").into_response() };
    // Sent again, other words are another record; anything else is the same request still.
    let is_other = matches!(&refused, Refused::By(RecordError::Reused(_)));
    let faults = match refused {
        Refused::Before(faults) => faults,
        Refused::By(error) => blame(error, &typed),
    };
    let fresh = match fresh(&rooms, &clerk) {
        Ok(fresh) => fresh,
        Err(fault) => return sorry(&clerk, language, fault),
    };
    let is_kept = |name: &str| typed.has(name) && !(is_other && name == "request_id");
    let missing = fresh.pairs().filter(|(name, _)| !is_kept(name));
    let whole = missing.fold(typed.clone(), |typed, (name, text)| typed.with(name, text));
    draw(&rooms, &clerk, (language, &whole, &faults)).await
}

/// Why nothing was recorded.
enum Refused {
    /// The form cannot be read.
    Before(Faults),
    /// The counter does not take it.
    By(RecordError),
}

/// What is wrong, beside the field where it stands.
fn blame(error: RecordError, typed: &Fields) -> Faults {
    let is_question = typed.text("act") == "ask";
    let fault = Fault::from(error);
    let field = match fault.place {
        _ if is_question => "asked",
        "staff" => "staff",
        "start" => "start",
        "request_id" => "reason",
        _ => "link",
    };
    let en = match fault.what == fault.zh {
        true => fault.en.clone(),
        false => format!("{} ({})", fault.en, fault.what),
    };
    Faults::one(field, fault.zh, en)
}

type Asked = (Option<tongban_protocol::document::DocumentId>, NewEntry);

fn entry(typed: &Fields, clerk: &Clerk) -> Result<Asked, Faults> {
    let (now, by) = (clock::now(), clerk.name.clone());
    let request_id = typed.wish("request_id");
    if typed.text("act") == "ask" {
        let reason = typed.wish("asked");
        if reason.is_none() {
            return Err(Faults::one("asked", "请填问的是什么", "say what was asked"));
        }
        let entry = NewEntry { reason, request_id, ..NewEntry::new(EventKind::FirstAsked, by) };
        return Ok((None, entry));
    }
    if let Some(id) = typed.wish("id") {
        let id = parse_record(&id).map_err(|error| Faults::one("link", "没有此记录", error))?;
        let entry = match typed.text("act") {
            "pass" => {
                let reason = Some("转办".to_owned());
                NewEntry { to: typed.wish("to"), reason, ..NewEntry::new(EventKind::PassOn, by) }
            }
            _ => {
                let answer = typed.line("answer").parse().ok();
                NewEntry { answer, ..NewEntry::new(EventKind::Conclude, by) }
            }
        };
        return Ok((Some(id), entry));
    }
    let kind: Result<ServiceKind, _> = typed.line("kind").parse();
    let kind = kind.map_err(|error| Faults::one("reason", "请选服务种类", error.to_string()))?;
    let staff = typed.line("staff");
    let staff = staff.split(['、', ',', '，']).map(|name| name.trim().to_owned());
    let service = NewService {
        kind,
        staff: staff.filter(|name| !name.is_empty()).collect(),
        start: moment(typed, ("start", ("从", "from")), now)?,
        end: moment(typed, ("end", ("到", "until")), now)?,
        place: typed.line("place"),
    };
    let (reason, link) = (typed.wish("reason"), typed.wish("link"));
    let reason = reason.or_else(|| Some(kind.zh().to_owned()));
    let service = Some(service);
    let entry =
        NewEntry { service, reason, link, request_id, ..NewEntry::new(EventKind::Serve, by) };
    Ok((None, entry))
}
