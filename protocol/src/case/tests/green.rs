//! The green channel: on what it is opened, and what is refused.

use super::*;
use crate::case::green::{Green, GreenBasis, INVESTMENT_YUAN};
use crate::case::{Fault, State, law};

fn opening(basis: GreenBasis, amount_yuan: Option<u64>, agent: &str, mandate: &str) -> Event {
    let (agent, mandate) = (agent.to_owned(), mandate.to_owned());
    let threshold_yuan = Some(INVESTMENT_YUAN);
    let green = Green { basis, amount_yuan, threshold_yuan, agent, mandate, contact: None };
    let detail = Detail { green: Some(Box::new(green)), ..Detail::default() };
    Event::new(EventKind::OpenGreen, morning("12-03"), "李", "").with(detail)
}

fn signed() -> Event {
    opening(GreenBasis::Signed, None, "陈代办", "代〔2013〕11号")
}

fn at(day: &str, event: Event) -> (EventId, Event) {
    let author = Author { node: NodeId([1; 16]), incarnation: 0 };
    (EventId { recorded: HybridTime::first_of(morning(day)), author }, event)
}

fn told(events: &[(EventId, Event)]) -> Folded {
    let received = at("12-02", Event::new(EventKind::Receive, morning("12-02"), "李", ""));
    fold_events(&[&[received], events].concat(), &almanac())
}

#[track_caller]
fn check_refused(before: &[(EventId, Event)], event: Event, says: [&str; 2]) -> Fault {
    let course = told(before).course;
    let fault = law::check(&course, &event, morning("12-03"), &almanac()).unwrap_err();
    let said = [fault.zh(), fault.to_string()];
    assert!(said[0].contains(says[0]) && said[1].contains(says[1]), "{said:?}");
    let after = told(&[before, &[at("12-04", event)]].concat());
    assert_eq!(after.anomalies.len(), 1, "on arrival it is kept without effect");
    fault
}

#[test]
fn it_is_opened_by_one_of_five_grounds_and_closed_again_and_the_clock_runs_on() {
    let open = told(&[at("12-03", signed())]);
    let channel = open.course.green.clone().unwrap();
    assert!(channel.is_open());
    assert_eq!((channel.opened_on, open.course.state), (day("12-03"), State::Received));
    let close = Event::new(EventKind::CloseGreen, morning("12-04"), "李", "")
        .with(Detail { reason: Some("项目终止".to_owned()), ..Detail::default() });
    let closed = told(&[at("12-03", signed()), at("12-04", close.clone())]);
    assert_eq!(closed.course.green.unwrap().closed_on, Some(day("12-04")));
    let mut never = close;
    never.happened_at = morning("12-03");
    check_refused(&[], never, ["没有开通", "no green channel"]);
    check_refused(&[at("12-03", signed())], signed(), ["已经开通", "open already"]);
}

#[test]
fn an_investment_must_exceed_what_was_the_threshold_on_that_day() {
    let investment = |amount| opening(GreenBasis::Investment, amount, "陈代办", "代1号");
    assert!(told(&[at("12-03", investment(Some(INVESTMENT_YUAN + 1)))]).course.green.is_some());
    let exactly = investment(Some(INVESTMENT_YUAN));
    check_refused(&[], exactly, ["没有超过 50000000", "not above 50000000"]);
    check_refused(&[], investment(None), ["投资额", "how much is invested"]);
    let mut lower = investment(Some(20_000_001));
    lower.detail.as_mut().unwrap().green.as_mut().unwrap().threshold_yuan = Some(20_000_000);
    assert!(told(&[at("12-03", lower)]).course.green.is_some(), "judged by what was frozen");
}

#[test]
fn it_needs_a_basis_an_agent_and_a_mandate() {
    let bare = Event::new(EventKind::OpenGreen, morning("12-03"), "李", "");
    check_refused(&[], bare, ["绿色通道依据", "basis of the green channel"]);
    let agentless = opening(GreenBasis::Signed, None, " ", "代1号");
    check_refused(&[], agentless, ["代办员", "agent"]);
    let unasked = opening(GreenBasis::Signed, None, "陈代办", "");
    let fault = check_refused(&[], unasked, ["委托书", "mandate"]);
    assert!(fault.zh().contains("自愿"), "{}", fault.zh());
}
