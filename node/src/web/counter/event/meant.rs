//! What was meant by the form of a step, and where on it something is wrong.

use tongban_protocol::case::{Breach, Fault as Unlawful, Need};
use tongban_protocol::document::EventKind;
use tongban_protocol::time::Timestamp;

use super::EARLIER;
use crate::cases::{self, CaseError, NewEvent, Said};
use crate::web::fault::Fault;
use crate::web::form::{Faults, Fields};
use crate::web::gate::Clerk;
use crate::web::happened::{any_time, happened_at};

/// Ticked for what is to be recorded though it is a breach: it was so.
pub(super) const WAS_SO: &str = "was_so";
/// Ticked for what ends a case for good.
pub(super) const SURE: &str = "sure";

/// Fields that are sent as the words of the JSON service.
const WORDS: [&str; 10] = [
    "procedure",
    "ground",
    "card",
    "appeal",
    "ruling",
    "outcome",
    "reason",
    "remedy",
    "document",
    "gathering",
];

/// True for what ends a case before anybody decided it.
pub(super) const fn ends(kind: EventKind) -> bool {
    matches!(kind, EventKind::Withdraw | EventKind::Terminate | EventKind::Reject)
}

/// What was meant by a form.
pub(super) fn meant(typed: &Fields, clerk: &Clerk, now: Timestamp) -> Result<NewEvent, Faults> {
    let Some(role) = clerk.role else {
        let zh = "您没有岗位或岗位已到期，不能办件";
        return Err(Faults::one("kind", zh, "you have no post, or its lease is over"));
    };
    let kind = cases::parse_kind(&typed.line("kind"));
    let kind = kind.map_err(|error| Faults::one("kind", "没有此环节", error))?;
    check(kind, typed)?;
    let said = WORDS.iter().filter_map(|name| Some(((*name).to_owned(), typed.wish(name)?.into())));
    let said: serde_json::Map<_, _> = said.collect();
    let detail: Said = serde_json::from_value(said.into())
        .map_err(|error| Faults::one("kind", "所选的内容不在列表中", error.to_string()))?;
    let materials = typed.all("material").map(str::to_owned).chain(typed.wish("more"));
    let parts = typed.all("part").filter_map(|part| part.parse().ok());
    let green = typed.wish("green").map(|_| cases::GreenSaid {
        basis: typed.line("green").parse().ok(),
        agent: typed.line("agent"),
        mandate: typed.line("mandate"),
        ..cases::GreenSaid::default()
    });
    let detail = Said {
        role: Some(role),
        materials: materials.collect(),
        days: number(typed, "days")?,
        staff: names(&typed.line("staff")),
        fee: fee(typed)?,
        basis: typed.wish("basis"),
        parts: parts.collect(),
        meets_at: meets_at(typed)?,
        green,
        ..detail
    };
    let happened_at = happened_at(typed, now)?;
    Ok(NewEvent { kind, note: typed.line("note"), by: clerk.name.clone(), happened_at, detail })
}

/// What a page asks for besides the law.
fn check(kind: EventKind, typed: &Fields) -> Result<(), Faults> {
    let mut faults = Faults::default();
    match kind {
        EventKind::FinishStep if typed.line("note").is_empty() => {
            faults.note("note", "请选或写明是哪个环节", "say which step it is");
        }
        EventKind::Withdraw if typed.line("note").is_empty() => {
            faults.note("note", "请写明撤回的原因", "say why it is withdrawn");
        }
        _ => {}
    }
    if ends(kind) && typed.text(SURE) != "yes" {
        let zh = format!("“{}”后本件即告结束，不能恢复；确认请勾选", kind.zh());
        let en = format!("`{}` ends this case for good; tick that you are sure", kind.en());
        faults.note(SURE, zh, en);
    }
    if !typed.text(EARLIER).is_empty() && typed.line("happened_at").is_empty() {
        let en = "say when it happened; a button above says that it is now";
        faults.note("happened_at", "请填实际时间；现在发生的，请按上面的按钮", en);
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Where on the form something is wrong.
pub(super) fn blame(error: CaseError) -> Faults {
    let place = match &error {
        CaseError::Foreseen(breaches) => return breached(breaches),
        CaseError::Unlawful { fault: Unlawful::Missing { need, .. } } => field_of(*need),
        CaseError::Unlawful {
            fault: Unlawful::Untimely(_) | Unlawful::BeforeReceipt { .. } | Unlawful::NotYet { .. },
        } => "happened_at",
        _ => "kind",
    };
    let fault = Fault::from(error);
    let en = if fault.what == fault.zh {
        fault.en.clone()
    } else {
        format!("{} ({})", fault.en, fault.what)
    };
    Faults::one(place, fault.zh, en)
}

/// What would be a breach, beside the field that could mend it.
fn breached(breaches: &[Breach]) -> Faults {
    let mut faults = Faults::default();
    for breach in breaches {
        let place = match breach {
            Breach::NoFeeBasis { .. } => "basis",
            Breach::UnlistedMaterial { .. } => "reason",
            Breach::SecondNotice { .. } => "more",
            Breach::UnlistedProcedure => "procedure",
            Breach::UnlistedStep { .. } => "note",
            Breach::WentAlone => "staff",
            _ => "kind",
        };
        let (zh, en) = (breach.zh(), breach.to_string());
        faults.note(
            place,
            format!("{zh}：请补正；照此保存将记为违规"),
            format!("{en}: mend it; saved as it is, it is a breach"),
        );
    }
    let zh = "无法补正、确属如此的，请勾选后再保存";
    faults.note(WAS_SO, zh, "if it cannot be mended and was so, tick this and save again");
    faults
}

/// The field in which something is said.
const fn field_of(need: Need) -> &'static str {
    match need {
        Need::Reason => "reason",
        Need::Remedy => "remedy",
        Need::Document => "document",
        Need::Materials => "more",
        Need::Days => "days",
        Need::Procedure => "procedure",
        Need::Ground => "ground",
        Need::Card => "card",
        Need::Appeal => "appeal",
        Need::Ruling => "ruling",
        Need::Fee => "fee",
        Need::Parts => "part",
        Need::Gathering => "gathering",
        Need::MeetsAt => "meets_at",
        Need::Outcome => "outcome",
        Need::GreenBasis => "green",
        Need::Agent => "agent",
        Need::Mandate => "mandate",
        Need::Amount | Need::Part | Need::Sample | Need::Checklist => "kind",
    }
}

/// Names, with whatever stands between them.
fn names(text: &str) -> Vec<String> {
    let names = text.split(['、', '，', ',', '；', ';']).map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn number(typed: &Fields, name: &'static str) -> Result<Option<u16>, Faults> {
    let read = typed.wish(name).map(|text| text.parse());
    read.transpose()
        .map_err(|_| Faults::one(name, "天数请填一个整数", "give the days as a whole number"))
}

/// Yuan as they are typed, with at most two decimals, in 分.
fn fee(typed: &Fields) -> Result<Option<u64>, Faults> {
    let Some(text) = typed.wish("fee") else { return Ok(None) };
    let (yuan, fen) = text.split_once('.').unwrap_or((&text, ""));
    let fen = format!("{fen:0<2}");
    let read = yuan.parse::<u64>().ok().zip(fen.parse::<u64>().ok().filter(|_| fen.len() == 2));
    let read = read.and_then(|(yuan, fen)| yuan.checked_mul(100)?.checked_add(fen));
    read.map(Some)
        .ok_or_else(|| Faults::one("fee", "金额如 20 或 20.50", "an amount such as 20 or 20.50"))
}

fn meets_at(typed: &Fields) -> Result<Option<Timestamp>, Faults> {
    let field = ("meets_at", ("召开时间", "when they meet"));
    typed.wish(field.0).map(|_| any_time(typed, field)).transpose()
}
