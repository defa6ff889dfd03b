//! 服务记录: what a centre does for people beside deciding their cases, who was asked first, and
//! what was entered into the system of an upper authority.
//!
//! A record is kept as it was entered and counts only with the case or ticket that it served:
//! nobody's word about himself is a figure. What may follow what is the table of [`RULES`]; the
//! counter and every store that a record comes to ask the same [`check`].

mod fault;
mod fold;
mod link;
mod relay;
mod tally;
#[cfg(test)]
mod tests;

use minicbor::{Decode, Encode};
use serde::Serialize;

pub use fault::Fault;
pub use fold::{Anomaly, HandOver, Record, Served, fold};
pub use link::{Link, NoLink};
pub use relay::{
    MatchedUp, Relay, RelayTally, Relayed, UPSTREAM_CHARS_MAX, match_up, tally_relays, upstream_key,
};
pub use tally::{Tally, Uncounted, tally};

use crate::case::law::HAPPENED_AHEAD_MS_MAX;
use crate::document::detail::Detail;
use crate::document::words::words;
use crate::document::{Event, EventKind, Role};
use crate::time::Timestamp;

/// Which service.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum ServiceKind {
    /// 导办: somebody was led through.
    #[n(0)]
    Guided,
    /// 延时: beyond the hours of the office.
    #[n(1)]
    Extended,
    /// 上门: at the applicant's home.
    #[n(2)]
    Visit,
    /// 预约: by appointment, holidays included.
    #[n(3)]
    Appointment,
    /// 送服务: brought to a park or a village.
    #[n(4)]
    Brought,
}

words! { ServiceKind, "service":
    Guided "guided" "导办",
    Extended "extended-hours" "延时",
    Visit "visit" "上门",
    Appointment "appointment" "预约",
    Brought "brought" "送服务",
}

/// What became of a question.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, Ord, PartialEq, PartialOrd)]
#[cbor(index_only)]
pub enum Answer {
    /// 已办理.
    #[n(0)]
    Handled,
    /// 已答复.
    #[n(1)]
    Answered,
    /// 已告知有权机关: it is another agency's, which was named.
    #[n(2)]
    Referred,
    /// 申请人放弃.
    #[n(3)]
    GivenUp,
}

words! { Answer, "outcome of a question":
    Handled "handled" "已办理",
    Answered "answered" "已答复",
    Referred "referred" "已告知有权机关",
    GivenUp "given-up" "申请人放弃",
}

/// A service that was given.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Service {
    /// Which.
    #[n(0)]
    pub kind: ServiceKind,
    /// Who gave it.
    #[n(1)]
    pub staff: Vec<String>,
    /// From when.
    #[n(2)]
    pub start: Timestamp,
    /// Until when.
    #[n(3)]
    pub end: Timestamp,
    /// Where.
    #[n(4)]
    pub place: String,
}

impl Service {
    /// Its texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        self.staff.iter().chain([&self.place])
    }
}

/// Longest service, in milliseconds: a day.
pub const SERVICE_MS_MAX: i64 = 24 * 3_600_000;

/// Where a record stands.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// 空白: nothing has happened yet.
    #[default]
    Blank,
    /// 已服务: given, and not confirmed by the applicant yet.
    Given,
    /// 申请人已确认.
    Confirmed,
    /// 首问负责中: somebody answers for a question.
    Asked,
    /// 首问已办毕.
    Concluded,
    /// 已录入上级系统: its result is to come.
    Relayed,
    /// 已有结果: what became of it there is known.
    Matched,
    /// 代办已终止.
    Dropped,
}

impl State {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Blank => "空白",
            Self::Given => "已服务，申请人未确认",
            Self::Confirmed => "申请人已确认",
            Self::Asked => "首问负责中",
            Self::Concluded => "首问已办毕",
            Self::Relayed => "已录入上级系统，等待结果",
            Self::Matched => "上级已有结果",
            Self::Dropped => "代办已终止",
        }
    }

    /// The word for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Blank => "blank",
            Self::Given => "given, not confirmed",
            Self::Confirmed => "confirmed",
            Self::Asked => "asked",
            Self::Concluded => "concluded",
            Self::Relayed => "relayed, no result yet",
            Self::Matched => "matched",
            Self::Dropped => "dropped",
        }
    }
}

/// What one event may do.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The event.
    pub event: EventKind,
    /// The state from which it is allowed.
    pub from: State,
    /// Where it leads.
    pub to: State,
    /// What it must say.
    pub needs: &'static [Need],
}

/// What an event must say.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The service itself: its kind, from when, until when.
    Service,
    /// 人员: at least one.
    Staff,
    /// 地点.
    Place,
    /// 事由.
    Reason,
    /// 申请人确认.
    Confirmation,
    /// 承办人: who takes over.
    Successor,
    /// What became of the question.
    Answer,
    /// 上级系统、编号、申请人、事项.
    Relay,
    /// What the upper system says.
    Result,
}

/// What may follow what, one row each.
pub const RULES: [Rule; 9] = [
    Rule {
        event: EventKind::Serve,
        from: State::Blank,
        to: State::Given,
        needs: &[Need::Service, Need::Staff, Need::Place, Need::Reason],
    },
    Rule {
        event: EventKind::Conclude,
        from: State::Given,
        to: State::Confirmed,
        needs: &[Need::Confirmation],
    },
    Rule {
        event: EventKind::FirstAsked,
        from: State::Blank,
        to: State::Asked,
        needs: &[Need::Reason],
    },
    Rule {
        event: EventKind::PassOn,
        from: State::Asked,
        to: State::Asked,
        needs: &[Need::Successor, Need::Reason],
    },
    Rule {
        event: EventKind::Conclude,
        from: State::Asked,
        to: State::Concluded,
        needs: &[Need::Answer],
    },
    Rule { event: EventKind::Relay, from: State::Blank, to: State::Relayed, needs: &[Need::Relay] },
    // What was copied wrongly is put right; the card stays the same.
    Rule {
        event: EventKind::Relay,
        from: State::Relayed,
        to: State::Relayed,
        needs: &[Need::Relay],
    },
    Rule {
        event: EventKind::RelayResult,
        from: State::Relayed,
        to: State::Matched,
        needs: &[Need::Result],
    },
    Rule {
        event: EventKind::EndRelay,
        from: State::Relayed,
        to: State::Dropped,
        needs: &[Need::Reason],
    },
];

impl Need {
    fn is_met(self, detail: &Detail) -> bool {
        let says = |text: &str| !text.trim().is_empty();
        let tells = |text: &Option<String>| text.as_deref().is_some_and(says);
        let service = detail.service.as_deref();
        match self {
            Self::Service => service.is_some(),
            Self::Staff => {
                service.is_some_and(|it| !it.staff.is_empty() && it.staff.iter().all(|it| says(it)))
            }
            Self::Place => service.is_some_and(|it| says(&it.place)),
            Self::Reason => tells(&detail.reason),
            Self::Confirmation => tells(&detail.confirmed),
            Self::Successor => tells(&detail.to),
            Self::Answer => detail.answer.is_some(),
            Self::Relay => detail.relay.as_deref().is_some_and(Relay::is_whole),
            Self::Result => tells(&detail.result),
        }
    }
}

/// Decides whether an event may stand in a record, and to what state it leads.
///
/// `recorded_at` is when it was recorded, at the counter now.
///
/// # Errors
///
/// The first [`Fault`] found.
pub fn check(record: &Record, event: &Event, recorded_at: Timestamp) -> Result<State, Fault> {
    let (from, kind) = (record.state, event.kind);
    let rule = RULES.iter().find(|rule| rule.event == kind && rule.from == from);
    let Some(rule) = rule else { return Err(Fault::NotAllowed { from, event: kind }) };
    let detail = event.detail();
    if let Some(need) = rule.needs.iter().find(|need| !need.is_met(detail)) {
        return Err(Fault::Missing { need: *need, event: kind });
    }
    if let Some(link) = detail.link.as_deref().filter(|link| link.parse::<Link>().is_err()) {
        return Err(Fault::BadLink { link: link.chars().take(60).collect() });
    }
    if let Some(relay) = detail.relay.as_deref().filter(|it| upstream_key(&it.number).is_none()) {
        return Err(Fault::BadUpstream { number: relay.number.chars().take(80).collect() });
    }
    let is_ahead = |at: Timestamp| at.ms_since(recorded_at) > HAPPENED_AHEAD_MS_MAX;
    let said = [Some(event.happened_at), detail.service.as_ref().map(|it| it.end)];
    if let Some(at) = said.into_iter().flatten().find(|at| is_ahead(*at)) {
        return Err(Fault::NotYet { at });
    }
    match detail.service.as_deref() {
        Some(service) if kind == EventKind::Serve => check_span(service)?,
        Some(_) | None => {}
    }
    if let Some(holder) = record.holder() {
        let (holder, to) = (holder.to_owned(), detail.to.as_deref().map(str::trim));
        // The chief may move what lies with somebody who is gone.
        if holder != event.by.trim() && detail.role != Some(Role::Chief) {
            return Err(Fault::NotHolder { by: event.by.clone(), holder });
        }
        if kind == EventKind::PassOn && to == Some(&holder) {
            return Err(Fault::ToOneself { by: holder });
        }
    }
    Ok(if kind == EventKind::Serve && Need::Confirmation.is_met(detail) {
        State::Confirmed
    } else {
        rule.to
    })
}

fn check_span(service: &Service) -> Result<(), Fault> {
    let (start, end) = (service.start, service.end);
    let lasted_ms = end.ms_since(start);
    if lasted_ms < 0 {
        return Err(Fault::EndsBeforeStart { start, end });
    }
    if lasted_ms > SERVICE_MS_MAX {
        return Err(Fault::TooLong { start, end });
    }
    Ok(())
}
