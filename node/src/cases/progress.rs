//! 进度: what the owner of a case is told: what was done on which day, what comes next, and both
//! last days. No name of staff, and nothing of anybody else's case.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tongban_protocol::case::{Channel, ClockKind, Course, State, clocks as clocks_of};
use tongban_protocol::document::{DocumentId, Event, EventKind};
use tongban_protocol::time::Timestamp;

use super::StateWord;
use crate::records::Words;
use crate::replica::{CaseFile, Replica, ReplicaError};
use crate::store::Store;

/// The progress of a case as of a day.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct CaseProgress {
    /// 办件编号.
    pub number: String,
    /// The item's name.
    pub item_name: String,
    /// The day, such as 2013-12-13.
    pub today: String,
    /// Where the case stands.
    pub state: StateWord,
    /// True while it has the green channel.
    pub is_green: bool,
    /// What was done, in order.
    pub steps: Vec<ProgressStep>,
    /// What comes next.
    pub next: Words,
    /// The last day that was promised; none where none was, or while time does not count.
    pub promise_due: Option<String>,
    /// The last day by law.
    pub legal_due: Option<String>,
    /// True while a last day may still move, because a year has no notice yet.
    pub is_provisional: bool,
}

/// Something that was done.
#[derive(Clone, Debug, Deserialize, Serialize, utoipa::ToSchema)]
pub struct ProgressStep {
    /// The day.
    pub on: String,
    /// What.
    #[serde(flatten)]
    pub what: Words,
}

/// Reads the progress of a case as of `now`; `None` if no such case is held here.
///
/// # Errors
///
/// The store's.
pub fn progress<S: Store>(
    replica: &Replica<S>,
    id: DocumentId,
    now: Timestamp,
) -> Result<Option<CaseProgress>, ReplicaError> {
    let Some(CaseFile { view, folded, .. }) = replica.case(id)? else { return Ok(None) };
    let (almanac, today) = (replica.almanac(), replica.today(now));
    let folded = folded.on(today, almanac);
    let course = &folded.course;
    let counted = view.events.iter().filter(|(id, event)| {
        !folded.anomalies.contains_key(id) && !event.kind.is_of_supervision()
    });
    let steps = counted.filter_map(|(id, event)| {
        let on = course.acted_on(event, id.recorded.instant(), almanac);
        Some(ProgressStep { on: on.to_string(), what: told(event, course)? })
    });
    let clocks = clocks_of(course, almanac, today);
    let due = |kind| clocks.iter().find(|clock| clock.kind == kind).and_then(|clock| clock.due);
    let dues = [due(ClockKind::Promise), due(ClockKind::Legal)];
    let is_provisional = dues.iter().flatten().any(|due| due.provisional);
    let [promise_due, legal_due] = dues.map(|due| due.map(|due| due.date.to_string()));
    let header = view.header.as_ref();
    Ok(Some(CaseProgress {
        number: header.map(|it| it.number.clone()).unwrap_or_default(),
        item_name: header.map(|it| it.item_name.clone()).unwrap_or_default(),
        today: today.to_string(),
        state: course.state.into(),
        is_green: course.green.as_ref().is_some_and(Channel::is_open),
        steps: steps.collect(),
        next: next(course, course.notice_due(almanac).map(|(due, _)| due.date)),
        promise_due,
        legal_due,
        is_provisional,
    }))
}

/// An event in words; a step only by a name that the guide gives it, for a note may name people.
fn told(event: &Event, course: &Course) -> Option<Words> {
    let kind = event.kind;
    if matches!(kind, EventKind::Appeal | EventKind::Import) {
        return None;
    }
    let listed = course.terms.iter().flat_map(|terms| &terms.steps);
    let step = listed.map(|step| &step.name).find(|name| **name == event.note);
    let more = match (kind, event.detail().outcome) {
        (EventKind::FinishStep, _) => step.map(|step| (step.clone(), step.clone())),
        (EventKind::Decide, Some(outcome)) => {
            Some((outcome.zh().to_owned(), outcome.en().to_owned()))
        }
        _ => None,
    };
    Some(match more {
        Some((zh, en)) => {
            Words::new(format!("{}：{zh}", kind.zh()), format!("{}: {en}", kind.en()))
        }
        None => Words::new(kind.zh(), kind.en()),
    })
}

/// The step of the guide that comes after the last one that was finished. Until one was, nothing
/// tells how far the case is: the first steps of many guides are what taking and accepting did.
fn open_step<'a>(listed: &[&'a str], done: &[(String, Date)]) -> Option<&'a str> {
    let last = listed.iter().rposition(|name| done.iter().any(|it| it.0 == *name))?;
    listed.get(last + 1).copied()
}

fn next(course: &Course, notice_due: Option<Date>) -> Words {
    let listed = course.terms.iter().flat_map(|terms| &terms.steps);
    let listed: Vec<&str> = listed.map(|step| step.name.as_str()).collect();
    match course.state {
        State::Draft => Words::new("等待收件", "the application is to be handed in"),
        State::Received => {
            let by = notice_due.map(|due| due.to_string()).unwrap_or_default();
            Words::new(
                format!("中心最迟 {by} 受理或一次性告知补正"),
                format!("by {by} it is accepted, or all that is missing is told at once"),
            )
        }
        State::SupplementNoticed => {
            let wanted = course.notices.last().map(|it| it.join("、")).unwrap_or_default();
            Words::new(format!("请补交：{wanted}"), format!("please hand in: {wanted}"))
        }
        State::Deemed | State::Accepted | State::InReview => {
            match open_step(&listed, &course.steps) {
                Some(step) => Words::new(format!("下一环节：{step}"), format!("next step: {step}")),
                None => Words::new("等待决定", "the decision"),
            }
        }
        State::Paused => {
            let special = course.procedures.last();
            let days = special.map(|it| it.announced_days).unwrap_or_default();
            let name = special.map(|it| it.procedure);
            Words::new(
                format!("{}，告知需 {days} 个工作日，不计时", name.map_or("", |it| it.zh())),
                format!(
                    "{}, announced for {days} working days; time does not count",
                    name.map_or("", |it| it.en())
                ),
            )
        }
        State::Referred | State::Supplementing | State::Silent | State::Absent => {
            Words::new("等待并联部门答复", "the answers of the authorities that decide together")
        }
        State::Renewed => Words::new(
            "原许可视为准予延续，等待补发文书",
            "the permit is renewed by law; its paper follows",
        ),
        State::Decided => Words::new("等待送达，可到窗口领取", "the result is handed over"),
        State::Delivered
        | State::Withdrawn
        | State::Terminated
        | State::Rejected
        | State::Imported => Words::new("已办结，无后续环节", "nothing more"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn the_step_that_comes_next_is_the_one_after_the_last_that_was_finished() {
        let listed = ["村(居)协办员或乡镇事务所受理并上传", "审核", "审批", "发证"];
        let next = |done: &[&str]| {
            let day = date(2026, 11, 2);
            let done: Vec<_> = done.iter().map(|name| ((*name).to_owned(), day)).collect();
            open_step(&listed, &done)
        };
        assert_eq!(next(&[]), None, "accepting may have been the first, and nothing tells");
        assert_eq!(next(&["审核"]), Some("审批"));
        assert_eq!(next(&["审批", "审核"]), Some("发证"), "in the order of the guide");
        assert_eq!(next(&["发证"]), None);
        assert_eq!(next(&["现场看过"]), None, "a step that the guide does not know");
    }
}
