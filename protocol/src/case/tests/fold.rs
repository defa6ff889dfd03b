//! The states of a case, and the fold that finds them.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::calendar::Almanac;
use crate::case::{Anomaly, Fault, Folded, State, fold};
use crate::document::{Event, EventId, EventKind};
use crate::identity::{Author, NodeId};
use crate::time::{HybridTime, Timestamp};

const GREEN: [EventKind; 2] = [EventKind::OpenGreen, EventKind::CloseGreen];

/// What is said of a case from outside its course.
const AT_ANY_TIME: [EventKind; 8] = [
    EventKind::Supervise,
    EventKind::Charge,
    EventKind::Complain,
    EventKind::IssueCard,
    EventKind::Appeal,
    EventKind::RuleAppeal,
    EventKind::WithdrawCard,
    EventKind::CheckSample,
];

fn id(recorded: u64, author: u8) -> EventId {
    let author = Author { node: NodeId([author; 16]), incarnation: 0 };
    EventId { recorded: HybridTime(recorded), author }
}

fn event(kind: EventKind, note: &str) -> Event {
    Event::new(kind, Timestamp(0), "李", note)
}

/// Folds events given as time, author, kind, note.
fn folded(events: &[(u64, u8, EventKind, &str)]) -> Folded {
    let events: Vec<(EventId, Event)> = events
        .iter()
        .map(|(time, author, kind, note)| (id(*time, *author), event(*kind, note)))
        .collect();
    fold(&events, &Almanac::default())
}

#[test]
fn each_state_allows_what_the_law_allows_and_nothing_else() {
    let mut table = String::new();
    for state in State::ALL {
        let steps: Vec<String> = EventKind::all()
            .filter(|kind| !AT_ANY_TIME.contains(kind) && !GREEN.contains(kind))
            .filter_map(|kind| state.after(kind).map(|next| format!("{} {}", kind.zh(), next.zh())))
            .collect();
        table += &format!("{}: {}\n", state.zh(), steps.join(", "));
    }
    insta::assert_snapshot!(table, @"
    草稿: 收件 收件, 导入 导入, 抄告 抄告
    收件: 补正告知 补正告知, 受理 受理, 撤回 撤回, 终止 终止, 不予受理 不予受理, 当场更正 收件
    补正告知: 收件 收件, 撤回 撤回, 终止 终止
    视为受理: 受理 受理, 环节办结 审查, 决定 决定, 撤回 撤回, 终止 终止, 特别程序 特别程序, 延期 视为受理, 上报 审查, 抄告 视为受理, 要求补件 待补件, 召集 视为受理, 会议纪要 视为受理
    受理: 环节办结 审查, 决定 决定, 撤回 撤回, 终止 终止, 特别程序 特别程序, 延期 受理, 上报 审查, 抄告 受理, 要求补件 待补件, 召集 受理, 会议纪要 受理
    审查: 环节办结 审查, 决定 决定, 撤回 撤回, 终止 终止, 特别程序 特别程序, 延期 审查, 上报 审查, 抄告 审查, 要求补件 待补件, 召集 审查, 会议纪要 审查
    特别程序: 撤回 撤回, 终止 终止, 特别程序结束 审查, 召集 特别程序
    决定: 送达 送达, 裁决 决定
    送达: 裁决 送达
    撤回: 
    终止: 
    不予受理: 
    导入: 导入 导入
    抄告: 撤回 撤回, 终止 终止, 签收 受理, 召集 抄告
    待补件: 撤回 撤回, 终止 终止, 补件 审查, 召集 待补件
    超时默许: 决定 决定, 撤回 撤回, 终止 终止
    缺席默认: 决定 决定, 撤回 撤回, 终止 终止
    视为准予延续: 决定 决定
    ");
}

#[test]
fn the_green_channel_is_opened_and_closed_while_anything_is_owed_and_moves_nothing() {
    for (state, kind) in State::ALL.iter().flat_map(|it| GREEN.map(|kind| (*it, kind))) {
        let is_owed = !state.is_closed() && !matches!(state, State::Draft | State::Imported);
        assert_eq!(state.after(kind), is_owed.then_some(state), "{state:?}");
    }
}

#[test]
fn supervision_speaks_at_any_time_and_moves_nothing() {
    for (state, kind) in State::ALL.iter().flat_map(|it| AT_ANY_TIME.map(|kind| (*it, kind))) {
        assert_eq!(state.after(kind), Some(state));
    }
}

#[test]
fn a_closed_case_allows_nothing_but_supervision() {
    for state in State::ALL.into_iter().filter(|state| state.is_closed()) {
        let allowed = EventKind::all().filter(|kind| state.after(*kind).is_some());
        // A contradiction may come to light after the result was handed over.
        let allowed: Vec<EventKind> = allowed.filter(|it| *it != EventKind::Resolve).collect();
        assert_eq!(allowed, AT_ANY_TIME, "{state:?}");
    }
}

#[test]
fn an_event_out_of_order_is_kept_without_effect_and_named() {
    use EventKind as E;
    let case = folded(&[
        (1, 1, E::Receive, ""),
        (2, 1, E::Decide, "准予"),
        (3, 1, E::Accept, ""),
        (4, 1, E::Deliver, ""),
    ]);
    assert_eq!(case.course.state, State::Accepted);
    let not_allowed = |from, event| Anomaly::Unlawful(Fault::NotAllowed { from, event });
    let due = [
        (id(2, 1), not_allowed(State::Received, E::Decide)),
        (id(4, 1), not_allowed(State::Accepted, E::Deliver)),
    ];
    assert_eq!(case.anomalies, due.into());
}

#[test]
fn of_two_decisions_made_apart_the_first_stands_and_the_second_contradicts() {
    use EventKind as E;
    let case = folded(&[
        (1, 1, E::Receive, ""),
        (2, 1, E::Accept, ""),
        (3, 1, E::Decide, "准予"),
        (3, 2, E::Decide, "不予"),
        (4, 1, E::Deliver, ""),
        (5, 1, E::Decide, "不予"),
        (6, 2, E::Supervise, ""),
    ]);
    assert_eq!(case.course.state, State::Delivered);
    let against = Anomaly::Contradiction {
        stands: "准予".to_owned(),
        against: "不予".to_owned(),
        resolved: None,
    };
    let own = Anomaly::Unlawful(Fault::NotAllowed { from: State::Delivered, event: E::Decide });
    assert_eq!(case.anomalies, [(id(3, 2), against), (id(5, 1), own)].into());
}

#[test]
fn two_centres_that_decided_the_same_do_not_contradict_each_other() {
    use EventKind as E;
    let case = folded(&[
        (1, 1, E::Receive, ""),
        (2, 1, E::Accept, ""),
        (3, 1, E::Decide, "准予"),
        (3, 2, E::Decide, "准予"),
    ]);
    let repeated = Anomaly::Unlawful(Fault::NotAllowed { from: State::Decided, event: E::Decide });
    assert_eq!(case.anomalies, [(id(3, 2), repeated)].into());
}

#[test]
fn an_event_of_a_later_version_moves_nothing_and_is_named() {
    let case = folded(&[(1, 1, EventKind::Receive, ""), (2, 1, EventKind::Unknown(99), "")]);
    assert_eq!(case.course.state, State::Received);
    assert_eq!(case.anomalies, [(id(2, 1), Anomaly::NotUnderstood { code: 99 })].into());
}

#[test]
fn nothing_that_happened_is_a_draft() {
    assert_eq!(folded(&[]), Folded::default());
}

proptest! {
    #[test]
    fn the_fold_depends_on_the_ids_and_not_on_the_order_of_arrival(
        events in vec((0..6_u64, 0..3_u8, proptest::sample::select(EventKind::all().collect::<Vec<_>>())), 0..12),
        order in vec(any::<u32>(), 12),
    ) {
        let mut sorted: Vec<(EventId, Event)> = events
            .iter()
            .map(|(time, author, kind)| (id(*time, *author), event(*kind, "")))
            .collect();
        sorted.sort_by_key(|(id, _)| *id);
        sorted.dedup_by_key(|(id, _)| *id);
        let mut arrived: Vec<(u32, (EventId, Event))> =
            order.into_iter().zip(sorted.clone()).collect();
        arrived.sort_by_key(|(key, _)| *key);
        let mut arrived: Vec<(EventId, Event)> = arrived.into_iter().map(|(_, it)| it).collect();
        arrived.sort_by_key(|(id, _)| *id);
        let whole = fold(&sorted, &Almanac::default());
        prop_assert_eq!(&fold(&arrived, &Almanac::default()), &whole);
        // What has no effect changes nothing when it is taken away.
        arrived.retain(|(id, _)| !whole.anomalies.contains_key(id));
        prop_assert_eq!(fold(&arrived, &Almanac::default()), Folded { anomalies: [].into(), ..whole });
    }
}
