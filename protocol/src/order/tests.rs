//! Orders as short stories.

use jiff::civil::date;

use super::*;
use crate::calendar::{Exception, YearNotice};
use crate::document::Detail;
use crate::identity::NodeId;
use crate::time::HybridTime;

/// December 2013, of which only Wednesday the 25th is off. The 2nd is a Monday.
fn almanac() -> Almanac {
    let mut almanac = Almanac::default();
    let days = [(date(2013, 12, 25), Exception::Holiday, "节".to_owned())];
    almanac.take(Timestamp(0), YearNotice::new(2013, days).unwrap());
    almanac
}

/// Ten in the morning of a day of December 2013.
fn morning(day: i64) -> Timestamp {
    Timestamp(1_385_863_200_000 + (day - 1) * 86_400_000)
}

/// An event on a day, by `by`: in the capacity that the table wants, with all that it wants.
fn event(day: i64, kind: EventKind, by: &str) -> Event {
    let rule = ORDER_RULES.iter().find(|rule| rule.event == kind).unwrap();
    let text = |need| rule.needs.contains(&need).then(|| "文".to_owned());
    let detail = Detail {
        role: Some(rule.roles[0]),
        reason: text(Need::Reason),
        document: text(Need::Document),
        days: rule.needs.contains(&Need::Days).then_some(3),
        ..Detail::default()
    };
    Event::new(kind, morning(day), by, "").with(detail)
}

fn fold_all(events: &[(i64, Event)]) -> FoldedOrder {
    let author = Author { node: NodeId([1; 16]), incarnation: 0 };
    let mut recorded = HybridTime::default();
    let events: Vec<(EventId, Event)> = events
        .iter()
        .map(|(day, event)| {
            recorded = recorded.next(morning(*day));
            (EventId { recorded, author }, event.clone())
        })
        .collect();
    fold(&events, &almanac())
}

/// What is wrong with the last of some events, each recorded when it happened.
fn last(events: &[(i64, Event)]) -> String {
    let folded = fold_all(events);
    folded.anomalies.values().last().map(ToString::to_string).unwrap_or_default()
}

fn on(day: i64, kind: EventKind, by: &str) -> (i64, Event) {
    (day, event(day, kind, by))
}

use EventKind::{CloseOrder, IssueOrder, ReplyOrder, ReturnOrder};

#[test]
fn an_order_is_answered_sent_back_answered_again_and_closed() {
    let story = [
        on(20, IssueOrder, "监察"),
        on(24, ReplyOrder, "李"),
        on(26, ReturnOrder, "监察"),
        on(27, ReplyOrder, "李"),
        on(30, CloseOrder, "监察"),
    ];
    let FoldedOrder { order, anomalies } = fold_all(&story);
    assert_eq!(anomalies, BTreeMap::new());
    assert_eq!((order.state, order.rounds.len()), (OrderState::Closed, 2));
    assert_eq!(order.closed, Some((date(2013, 12, 30), "文".to_owned())));
    // Asked on Friday the 20th: Monday, Tuesday, and Thursday the 26th, for the 25th is off.
    assert_eq!(order.rounds[0].due(&almanac()).date, date(2013, 12, 26));
    assert_eq!(order.rounds[1].due(&almanac()).date, date(2013, 12, 31));
}

#[test]
fn the_clock_of_an_order_counts_working_days_until_the_answer() {
    let issued = [on(20, IssueOrder, "监察")];
    let standing = |story: &[(i64, Event)], day| {
        let today = date(2013, 12, day);
        fold_all(story).order.clock(&almanac(), today).map(|(_, standing)| standing)
    };
    assert_eq!(standing(&[], 20), None);
    assert_eq!(standing(&issued, 20), Some(Standing::Runs { left: 3 }));
    assert_eq!(standing(&issued, 26), Some(Standing::Runs { left: 0 }));
    assert_eq!(standing(&issued, 30), Some(Standing::Overdue { days: 2 }));
    let kept = [issued.to_vec(), vec![on(26, ReplyOrder, "李")]].concat();
    assert_eq!(standing(&kept, 31), Some(Standing::Kept));
    let broken = [issued.to_vec(), vec![on(27, ReplyOrder, "李")]].concat();
    assert_eq!(standing(&broken, 31), Some(Standing::Broken { days: 1 }));
    // Said to be of the 26th, and recorded on the 30th: it counts on the 30th.
    let late = [issued.to_vec(), vec![(30, event(26, ReplyOrder, "李"))]].concat();
    assert_eq!(standing(&late, 31), Some(Standing::Broken { days: 2 }));
    let closed = [issued.to_vec(), vec![on(30, CloseOrder, "监察")]].concat();
    assert_eq!(standing(&closed, 31), Some(Standing::Void));
}

#[test]
fn what_an_order_does_not_allow_is_named_and_has_no_effect() {
    let with = |kind, change: fn(&mut Detail)| {
        let mut event = event(20, kind, "监察");
        let mut detail = event.detail().clone();
        change(&mut detail);
        event.detail = Some(Box::new(detail));
        (20, event)
    };
    for (story, says) in [
        (vec![on(20, ReplyOrder, "李")], "an order that is draft takes no `reply-order`"),
        (
            vec![with(IssueOrder, |it| it.role = None)],
            "a window may not record `issue-order`; it takes supervisor",
        ),
        (
            vec![with(IssueOrder, |it| it.document = None)],
            "`issue-order` must say its document number",
        ),
        (
            vec![with(IssueOrder, |it| it.days = Some(61))],
            "61 working days for an answer are more than 60",
        ),
        (
            vec![with(IssueOrder, |it| it.card = Some("x/legal".to_owned()))],
            "a card is named; name its case too",
        ),
        (
            vec![on(20, IssueOrder, "监察"), (20, event(19, ReplyOrder, "李"))],
            "it says that it happened on 2013-12-19, before it was asked on 2013-12-20",
        ),
        (
            vec![on(20, IssueOrder, "监察"), on(20, ReturnOrder, "监察")],
            "an order that is due takes no `return-order`",
        ),
        (
            vec![on(20, IssueOrder, "监察"), on(20, ReplyOrder, "李"), on(21, CloseOrder, "李")],
            "李 gave the answer and may not judge it",
        ),
        (
            vec![on(20, IssueOrder, "监察"), on(20, ReplyOrder, "李"), on(21, CloseOrder, " 李")],
            " 李 gave the answer and may not judge it",
        ),
        (
            vec![on(20, IssueOrder, "监察"), on(20, CloseOrder, "王"), on(21, ReplyOrder, "李")],
            "an order that is closed takes no `reply-order`",
        ),
    ] {
        assert_eq!(last(&story), format!("{says}; it has no effect"));
    }
}
