//! The cards as a table, each with its figures, its proof, and what may be done.

use maud::{Markup, html};
use tongban_protocol::document::{Role, Ruling};

use super::super::line::card_class;
use super::{Asked, Board};
use crate::cases::{CardDetail, DueNote, Sight, WatchCard};
use crate::web::form::key;
use crate::web::gate::Clerk;
use crate::web::language::Language;
use crate::web::places::{address, place_name};
use crate::web::shell::clock;

/// The table; that of cards to issue is a form with ticks.
pub(super) fn table(board: &Board, asked: &Asked, clerk: &Clerk, language: Language) -> Markup {
    let may_issue = asked.sight() == Sight::Due
        && clerk.role == Some(Role::Supervisor)
        && board.watched.cards.iter().any(|card| card.is_ours);
    let rows = rows(board, (asked.sight(), may_issue), clerk, language);
    html! {
        @if may_issue {
            form method="post" action="/watch/issue" {
                (key(clerk))
                @for (name, value) in [("sight", asked.sight().code()), ("under", &asked.under), ("level", &asked.level), ("rule", &asked.rule)] {
                    input type="hidden" name=(name) value=(value);
                }
                input type="hidden" name="skip" value=(asked.skip);
                (rows)
                p.buttons { button.main type="submit" { (language.say("发出勾选的牌", "Issue the cards that are ticked")) } }
            }
        } @else { (rows) }
    }
}

fn rows(
    board: &Board,
    (sight, may_issue): (Sight, bool),
    clerk: &Clerk,
    language: Language,
) -> Markup {
    let last = match sight {
        Sight::Due => ("处理", "to do"),
        Sight::Explained => ("为何不发", "why it is not due"),
        Sight::Standing | Sight::Unanswered => ("发出与答复", "issued and answered"),
        Sight::Appealed => ("申诉与裁定", "appeal and ruling"),
        Sight::Ruled => ("结果", "outcome"),
    };
    let heads = [("牌与依据", "card and proof"), ("办件", "case"), ("中心", "centre"), last];
    html! {
        div.scroll { table.watch {
            thead { tr {
                @if may_issue { th scope="col" { (language.say("勾选", "tick")) } }
                @for (zh, en) in heads { th scope="col" { (language.say(zh, en)) } }
            } }
            tbody { @for card in &board.watched.cards { tr {
                @if may_issue { td.pick { @if card.is_ours { (tick(card, language)) } } }
                td { (told(&card.card, language)) }
                td {
                    a href={ "/cases/" (card.case.id) } { code { (card.case.number) } } br;
                    (card.case.item_name) " " span.quiet { (language.say(&card.case.state.zh, &card.case.state.en)) }
                }
                td { (place_name(&board.centres, &card.case.centre, language)) }
                td { (standing(card, (sight, may_issue), clerk, language)) }
            } } }
        } }
    }
}

/// A card as forms name it.
fn named(card: &WatchCard) -> String {
    format!("{}|{}", card.case.id, card.card.name)
}

fn tick(card: &WatchCard, language: Language) -> Markup {
    let label = language.say("发此牌：", "issue this card: ");
    html! {
        input type="checkbox" name="pick" value=(named(card))
            aria-label={ (label) (language.say(&card.card.title, &card.card.title_en)) " " (card.case.number) };
    }
}

/// A card with its figures, and its proof behind them.
fn told(card: &CardDetail, language: Language) -> Markup {
    html! {
        span class=(card_class(card.level)) { (language.say(card.level.zh(), card.level.en())) } " " (language.say(&card.title, &card.title_en))
        @if card.points > 0 { " " span.quiet { (language.say("扣 ", "points ")) (card.points) } }
        br; (language.say(&card.figures, &card.figures_en))
        @if !card.proof.is_empty() {
            details { summary { (language.say("依据的环节", "the events that prove it")) " " (card.proof.len()) }
                ul { @for proof in &card.proof { li { (language.say(&proof.zh, &proof.kind)) " " code { (proof.event) } } } }
            }
        }
    }
}

fn standing(
    card: &WatchCard,
    (sight, may_issue): (Sight, bool),
    clerk: &Clerk,
    language: Language,
) -> Markup {
    match sight {
        Sight::Due => html! {
            @if may_issue && card.is_ours {
                button type="submit" name="one" value=(named(card)) { (language.say("发牌", "issue")) }
            }
            (outages(card, language))
        },
        Sight::Explained => outages(card, language),
        Sight::Appealed => html! { (issued(card, language)) (appeal(card, clerk, language)) },
        Sight::Standing | Sight::Unanswered | Sight::Ruled => html! {
            (issued(card, language))
            @if card.is_ours && clerk.role == Some(Role::Supervisor) && sight != Sight::Ruled {
                @let pairs = [("centre", card.case.centre.as_str()), ("case", &card.case.number), ("card", &card.card.name)];
                p { a href=(address("/orders", &pairs)) { (language.say("督办", "give an order")) } }
            }
        },
    }
}

/// The outages that concern a card.
fn outages(card: &WatchCard, language: Language) -> Markup {
    html! {
        @for outage in &card.card.outages {
            p.quiet {
                (language.say(&outage.zh, &outage.cause)) " " (clock(outage.from)) " – " (clock(outage.to))
                br; code { (outage.event) }
            }
        }
    }
}

/// What became of a card since it was issued.
fn issued(card: &WatchCard, language: Language) -> Markup {
    let Some(issued) = &card.card.issued else { return html! {} };
    let note = |due: &DueNote| {
        let class = if due.is_overdue { "key behind" } else { "quiet" };
        html! { p { span class=(class) { (language.say(&due.zh, &due.en)) } } }
    };
    let said = |said: &Option<(String, String)>| {
        html! { @if let Some((by, why)) = said { " " (by) @if !why.is_empty() { "：“" (why) "”" } } }
    };
    let both = |zh: &Option<String>, en: &Option<String>| {
        zh.as_deref().zip(en.as_deref()).map(|(zh, en)| language.say(zh, en).to_owned())
    };
    html! {
        p { (language.say("发出 ", "issued ")) (issued.on) }
        @if let Some(appeal) = both(&issued.appeal, &issued.appeal_en) { p { (language.say("申诉 ", "appeal ")) (appeal) (said(&card.appeal)) } }
        @if let Some([on, by, text]) = &issued.answered { p { (language.say("答复 ", "answer ")) (on) " " (by) "：“" (text) "”" } }
        @if let Some(due) = &issued.answer { (note(due)) }
        @if let Some(due) = &issued.rule { (note(due)) }
        @if let Some(ruling) = both(&issued.ruling, &issued.ruling_en) { p { b { (language.say("裁定：", "ruling: ")) (ruling) } (said(&card.ruling)) } }
        @if let Some(on) = &issued.withdrawn {
            p { b { (language.say("撤牌 ", "withdrawn ")) (on) }
                @if issued.ruling.is_none() { (said(&card.ruling)) }
                @if issued.bulk.is_some() { " " span.quiet { (language.say("（批量）", "(with others)")) } } }
        }
    }
}

/// Who handled the case, and the form of the ruling, or why whoever looks may not rule.
fn appeal(card: &WatchCard, clerk: &Clerk, language: Language) -> Markup {
    let handlers = card.handlers.join("、");
    let field = format!("reason-{}-{}", card.case.id, card.card.name);
    html! {
        @if !handlers.is_empty() {
            p.quiet { (language.say("经办人（及其搭档、所在中心）不得裁定：", "Not ruled on by those who handled the case, nor their partners or centre: ")) (handlers) }
        }
        @if clerk.role != Some(Role::Supervisor) {
            p.quiet { (language.say("由监察岗裁定。", "Ruled on by whoever has the post of a supervisor.")) }
        } @else if !card.is_ours {
            p.quiet { (language.say("由上级裁定。", "Ruled on by a centre above.")) }
        } @else if let Some(bar) = &card.bar {
            p.note { (language.say("您不能裁定此牌：", "You may not rule on this card: ")) (language.say(&bar.zh, &bar.en)) }
        } @else {
            form.rule method="post" action={ "/cases/" (card.case.id) "/events" } {
                (key(clerk))
                input type="hidden" name="kind" value="rule-appeal";
                input type="hidden" name="seen" value=(card.events);
                input type="hidden" name="card" value=(card.card.name);
                input type="hidden" name="back" value="watch";
                label for=(field) { (language.say("裁定理由", "Reason of the ruling")) } " "
                input id=(field) name="reason" maxlength="400" required autocomplete="off"; " "
                @for ruling in Ruling::ALL {
                    button name="ruling" value=(ruling.en()) { (language.say(ruling.zh(), ruling.en())) } " "
                }
            }
        }
    }
}
