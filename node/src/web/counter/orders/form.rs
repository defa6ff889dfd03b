//! The forms of orders, and what was meant by them.

use maud::{Markup, html};
use tongban_protocol::document::Role;
use tongban_protocol::order::ORDER_DAYS_MAX;
use ulid::Ulid;

use crate::clock;
use crate::entropy;
use crate::orders::{NewOrder, OrderAct, OrderDetail, OrderError, OrderStep};
use crate::report::Centres;
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields, Line, Sheet, key};
use crate::web::gate::Clerk;
use crate::web::places::place_options;

/// Working days for an answer where nothing else is said.
const USUAL_DAYS: &str = "5";

/// An empty form, whose order has a name of its own: sent twice, it gives one order.
pub(super) fn fresh() -> Result<Fields, Fault> {
    let seed = entropy::seed().map_err(|error| Fault::unavailable(error.to_string()))?;
    let random = seed.iter().take(16).fold(0, |all: u128, byte| all << 8 | u128::from(*byte));
    let ms = u64::try_from(clock::now().0).unwrap_or_default();
    let name = Ulid::from_parts(ms, random).to_string();
    Ok(Fields::default().with("name", name).with("days", USUAL_DAYS))
}

/// 督办立项.
pub(super) fn giving(sheet: &Sheet<'_>, below: &Centres, clerk: &Clerk) -> Markup {
    let language = sheet.language;
    let is_begun = !sheet.faults.is_empty() || !sheet.typed.text("centre").is_empty();
    html! {
        details.step open[is_begun] {
            summary { (language.say("下达督办", "Give an order")) }
            form.sheet method="post" action="/orders" {
                (key(clerk))
                input type="hidden" name="name" value=(sheet.typed.text("name"));
                div.field {
                    label for="centre" { (language.say("给哪个中心", "To which centre")) }
                    select id="centre" name="centre" { (place_options(below, sheet.typed.text("centre"), language)) }
                    (sheet.notes("centre", ""))
                }
                (sheet.line(Line::new("document", language.say("督办文号", "Number of the order"))))
                (sheet.line(Line::new("reason", language.say("所督何事", "What is asked, and why"))))
                (sheet.line(Line::new("days", language.say("几个工作日内答复", "Working days for the answer")).kind("number", "off")))
                (sheet.line(Line::new("case", language.say("办件编号", "Case")).optional()))
                (sheet.line(Line::new("card", language.say("牌", "Card"))
                    .hint(language.say("从监察页点“督办”时自动填好", "filled in when you come from the page of supervision")).optional()))
                button.main type="submit" { (language.say("下达", "Give it")) }
            }
        }
    }
}

/// What may happen to an order from here: `may` says whether this is its own centre, and whether
/// this centre gives it orders.
pub(super) fn steps(
    order: &OrderDetail,
    [is_own, is_above]: [bool; 2],
    clerk: &Clerk,
    sheet: &Sheet<'_>,
) -> Markup {
    let language = sheet.language;
    let answered = order.rounds.last().and_then(|round| round.answer.as_ref());
    let is_mine = answered.is_some_and(|[_, by, _]| *by == clerk.name);
    let hidden = html! { (key(clerk)) input type="hidden" name="seen" value=(order.events.len()); };
    let action = format!("/orders/{}", order.id);
    let text = |label| sheet.line(Line::new("text", label));
    html! {
        @if order.state == "due" && is_own && clerk.role.is_some() {
            form.sheet method="post" action=(action) {
                (hidden)
                (text(language.say("答复", "The answer")))
                button.main type="submit" name="act" value="reply" { (language.say("答复", "Answer")) }
            }
        } @else if order.state == "due" {
            p.quiet { (language.say("等该中心答复。", "The centre is to answer.")) }
        }
        @if order.state == "replied" && is_above {
            @if clerk.role != Some(Role::Supervisor) {
                p.quiet { (language.say("销号或退回由监察岗办理。", "Closed or sent back by whoever has the post of a supervisor.")) }
            } @else if is_mine {
                p.note { (language.say("答复是您写的，不能由您销号或退回。", "You gave the answer, and may not judge it.")) }
            } @else {
                form.sheet method="post" action=(action) {
                    (hidden)
                    (text(language.say("意见", "Your opinion of the answer")))
                    (sheet.line(Line::new("days", language.say("退回时：几个工作日内再答复", "If sent back: working days for a further answer")).kind("number", "off").optional()))
                    div.buttons {
                        button.main type="submit" name="act" value="close" { (language.say("销号", "Close")) }
                        button type="submit" name="act" value="return" { (language.say("退回", "Send back")) }
                    }
                }
            }
        }
    }
}

/// What was meant by the form of a new order, under which name.
pub(super) fn new_order(typed: &Fields, clerk: &Clerk) -> Result<(Ulid, NewOrder), Faults> {
    let mut faults = Faults::default();
    let name = Ulid::from_string(&typed.line("name"));
    if name.is_err() {
        faults.note("document", "此页已旧，请重开本页再填", "this page is old; open it anew");
    }
    let centre = typed.line("centre").parse();
    if centre.is_err() {
        faults.note("centre", "请选中心", "choose a centre");
    }
    if typed.line("document").is_empty() {
        faults.note("document", "请填督办文号", "give the number of the order");
    }
    if typed.line("reason").is_empty() {
        faults.note("reason", "请填所督何事", "say what is asked, and why");
    }
    let days = days(typed);
    if days.is_none() {
        let (zh, en) = day_words();
        faults.note("days", zh, en);
    }
    let (true, Ok(name), Ok(centre), Some(days)) = (faults.is_empty(), name, centre, days) else {
        return Err(faults);
    };
    let order = NewOrder {
        centre,
        document: typed.line("document"),
        reason: typed.line("reason"),
        days,
        case: typed.wish("case"),
        card: typed.wish("card"),
        by: clerk.name.clone(),
        happened_at: None,
    };
    Ok((name, order))
}

/// What is to happen to an order.
pub(super) fn wished_step(typed: &Fields, clerk: &Clerk) -> Result<OrderStep, Faults> {
    let act = match typed.text("act") {
        "reply" => OrderAct::Reply,
        "return" => OrderAct::Return,
        "close" => OrderAct::Close,
        _ => return Err(Faults::one("text", "请按一个按钮", "press one of the buttons")),
    };
    let Some(role) = clerk.role else {
        return Err(Faults::one("text", "您没有岗位，不能办理", "you have no post"));
    };
    if act != OrderAct::Reply {
        clerk.check_supervisor().map_err(|fault| Faults::one("text", fault.zh, fault.en))?;
    }
    if typed.line("text").is_empty() {
        let (zh, en) = match act {
            OrderAct::Reply => ("请填答复", "give the answer"),
            OrderAct::Return | OrderAct::Close => ("请填意见", "give your opinion of the answer"),
        };
        return Err(Faults::one("text", zh, en));
    }
    let days = days(typed);
    if act == OrderAct::Return && days.is_none() {
        let (zh, en) = day_words();
        return Err(Faults::one("days", zh, en));
    }
    let days = days.filter(|_| act == OrderAct::Return);
    let (text, by) = (typed.line("text"), clerk.name.clone());
    Ok(OrderStep { act, text, days, role: Some(role), by, happened_at: None })
}

fn days(typed: &Fields) -> Option<u16> {
    typed.line("days").parse().ok().filter(|days| (1..=ORDER_DAYS_MAX).contains(days))
}

fn day_words() -> (String, String) {
    let zh = format!("答复的工作日：请填 1 至 {ORDER_DAYS_MAX} 的整数");
    (zh, format!("working days for the answer: a whole number from 1 to {ORDER_DAYS_MAX}"))
}

/// What is wrong, beside a field.
pub(super) fn blame(field: &'static str, error: OrderError) -> Faults {
    let fault = Fault::from(error);
    Faults::one(field, fault.zh, fault.en)
}
