//! A ticket at a window, with the buttons that are allowed now.

use maud::{Markup, html};
use tongban_protocol::document::EventKind;
use tongban_protocol::queue::{NoCase, RECALLS_MAX, is_given_at_a_window};
use tongban_protocol::service::Answer;

use crate::queue::{QueueView, TicketLine};
use crate::web::form::{Line, Sheet, key};
use crate::web::gate::Clerk;
use crate::web::language::Language;

/// Why it goes first, as a mark.
pub(super) fn why_first(ticket: &TicketLine, language: Language) -> Markup {
    html! {
        @if let Some(why) = &ticket.priority { span.key.behind { (language.say(&why.zh, &why.en)) } }
        @if let Some(at) = ticket.appointed_at {
            " " span.key.calm { (language.say("预约 ", "appointed ")) (at.to_string().get(11..16).unwrap_or_default()) }
        }
    }
}

/// What every form of a ticket carries.
fn hidden(ticket: &TicketLine, sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let window = ticket.window.as_deref().unwrap_or_default();
    let window = sheet.typed.wish("window").unwrap_or_else(|| window.to_owned());
    html! {
        (key(clerk))
        input type="hidden" name="act" value="step";
        input type="hidden" name="id" value=(ticket.id);
        input type="hidden" name="seen" value=(ticket.events);
        input type="hidden" name="window" value=(window);
    }
}

fn button(kind: EventKind, language: Language, alt: &str) -> Markup {
    let is_main = matches!(kind, EventKind::ServeTicket);
    html! {
        button.main[is_main] name="kind" value=(kind.en()) accesskey=(alt) autofocus[is_main] {
            (language.say(kind.zh(), words(kind))) " (Alt+" (alt.to_uppercase()) ")"
        }
    }
}

fn words(kind: EventKind) -> &'static str {
    match kind {
        EventKind::RecallTicket => "call again",
        EventKind::SkipTicket => "did not come",
        EventKind::ServeTicket => "is here, begin",
        _ => kind.en(),
    }
}

/// The person at my window.
pub(super) fn served(
    ticket: &TicketLine,
    view: &QueueView,
    sheet: &Sheet<'_>,
    clerk: &Clerk,
) -> Markup {
    let language = sheet.language;
    html! {
        section.case-head {
            h2 { (ticket.number) " · " (ticket.group) " " (why_first(ticket, language)) }
            p { b { (language.say(&ticket.state_words.zh, &ticket.state_words.en)) }
                " · " (language.say("窗口 ", "window ")) (ticket.window.as_deref().unwrap_or("—"))
                @if ticket.recalls > 0 { " · " (language.say("已重叫 ", "called again ")) (ticket.recalls) "/" (RECALLS_MAX) } }
            @if ticket.state == "called" {
                form.buttons method="post" action="/queue" {
                    (hidden(ticket, sheet, clerk))
                    (button(EventKind::ServeTicket, language, "b"))
                    @if ticket.recalls < RECALLS_MAX { (button(EventKind::RecallTicket, language, "k")) }
                    (button(EventKind::SkipTicket, language, "g"))
                }
            } @else {
                p { a.main href={ "/take?ticket=" (ticket.id) } { (language.say("为此号收件", "Take a case for this ticket")) } }
                (ending(ticket, sheet, clerk))
            }
            (moving(ticket, view, sheet, clerk))
        }
    }
}

/// The three ways in which a ticket ends.
fn ending(ticket: &TicketLine, sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let end = EventKind::EndTicket.en();
    let answers = Answer::ALL.iter().filter(|answer| is_given_at_a_window(**answer));
    html! {
        form.sheet method="post" action="/queue" {
            (hidden(ticket, sheet, clerk))
            input type="hidden" name="kind" value=(end);
            (sheet.line(Line::new("case", language.say("办件编号（多件用、隔开）", "Case numbers"))
                .hint(language.say("已有的办件：取件、补件、查询进度", "a case that is there already")).optional()))
            button name="how" value="case" { (language.say("以办件办结", "End with the case")) }
        }
        form.sheet method="post" action="/queue" {
            (hidden(ticket, sheet, clerk))
            input type="hidden" name="kind" value=(end);
            p { (language.say("咨询：", "A question: "))
                @for answer in answers { button name="how" value=(answer.en()) { (language.say(answer.zh(), answer.en())) } " " } }
        }
        form.sheet method="post" action="/queue" {
            (hidden(ticket, sheet, clerk))
            input type="hidden" name="kind" value=(end);
            p { (language.say("未成件的原因：", "No case, because: ")) }
            (sheet.line(Line::new("reason", language.say("其他原因", "Another reason")).optional()))
            div.buttons { @for why in NoCase::ALL { button name="how" value=(why.en()) { (language.say(why.zh(), why.en())) } } }
        }
    }
}

/// 转号.
fn moving(ticket: &TicketLine, view: &QueueView, sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let others = view.groups.iter().filter(|it| it.zh != ticket.group && !it.letter.is_empty());
    html! { @if others.clone().next().is_some() {
        form.inline method="post" action="/queue" {
            (hidden(ticket, sheet, clerk))
            input type="hidden" name="kind" value=(EventKind::TransferTicket.en());
            label for={ "to-" (ticket.id) } { (language.say("转到", "To another group")) } " "
            select id={ "to-" (ticket.id) } name="to" { @for group in others { option value=(group.letter) { (language.say(&group.zh, &group.en)) } } }
            " " button type="submit" { (language.say("转号", "transfer")) }
        }
    } }
}

/// 过号: who was called and did not come.
pub(super) fn skipped(tickets: &[TicketLine], sheet: &Sheet<'_>, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    html! { @if !tickets.is_empty() {
        section {
            h2 { (language.say("过号", "Did not come")) }
            @for ticket in tickets {
                form.inline method="post" action="/queue" {
                    (hidden(ticket, sheet, clerk))
                    b { (ticket.number) } " " span.quiet { (ticket.group) " · " (language.say("已重叫 ", "called again ")) (ticket.recalls) "/" (RECALLS_MAX) } " "
                    @if ticket.recalls < RECALLS_MAX {
                        button name="kind" value=(EventKind::RecallTicket.en()) { (language.say("叫到我的窗口", "call to my window")) } " "
                    }
                    button name="kind" value=(EventKind::RejoinTicket.en()) { (language.say("返回等候", "waits again")) }
                }
            }
        }
    } }
}
