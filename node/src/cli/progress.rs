//! `case progress`, and the green channel in lists.

use tongban_config::settings::NodeSettings;

use super::access::Access;
use super::case::named;
use super::{CliError, Language, out};
use crate::cases::{self, CaseError, CaseProgress, GreenNote};
use crate::clock;

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    case: &str,
    json: bool,
) -> Result<(), CliError> {
    let access = Access::open(settings)?;
    for id in named(&access, case)? {
        let told: CaseProgress = match &access {
            Access::Service(api) => api.read(&format!("cases/{id}/progress"))?,
            Access::Store(_, replica) => {
                cases::progress(replica, id, clock::now())?.ok_or(CaseError::NotFound(id))?
            }
        };
        if json {
            out::json(&told)?;
        } else {
            print(language, &told)?;
        }
    }
    Ok(())
}

fn print(language: Language, told: &CaseProgress) -> Result<(), CliError> {
    let CaseProgress { number, item_name, today, state, .. } = told;
    let provisional = match (language, told.is_provisional) {
        (_, false) => "",
        (Language::Zh, true) => "（暂定）",
        (Language::En, true) => " (provisional)",
    };
    let due = |due: &Option<String>| due.clone().unwrap_or_else(|| "—".to_owned());
    let (promise, legal) = (due(&told.promise_due), due(&told.legal_due));
    let green = match (language, told.is_green) {
        (_, false) => "",
        (Language::Zh, true) => "  绿色通道",
        (Language::En, true) => "  green channel",
    };
    out::line(match language {
        Language::Zh => format!("{number}  {item_name}  {today}  {}{green}", state.zh),
        Language::En => format!("{number}  {item_name}  {today}  {}{green}", state.en),
    })?;
    for step in &told.steps {
        out::line(match language {
            Language::Zh => format!("    {}  {}", step.on, step.what.zh),
            Language::En => format!("    {}  {}", step.on, step.what.en),
        })?;
    }
    out::line(match language {
        Language::Zh => format!("接下来: {}", told.next.zh),
        Language::En => format!("next: {}", told.next.en),
    })?;
    out::line(match language {
        Language::Zh => {
            format!("承诺最后一日: {promise}{provisional}  法定最后一日: {legal}{provisional}")
        }
        Language::En => {
            format!("last day promised: {promise}{provisional}  by law: {legal}{provisional}")
        }
    })
}

/// A green channel in one line of a list.
pub(super) fn green(language: Language, note: &GreenNote) -> String {
    let GreenNote { basis, zh, agent, opened_on, closed_on, .. } = note;
    let amount = note.amount_yuan;
    match language {
        Language::Zh => format!(
            "  [绿色通道 {zh}{}  代办员 {agent}  {opened_on} 开通{}]",
            amount.map(|yuan| format!(" {yuan} 元")).unwrap_or_default(),
            closed_on.as_ref().map(|on| format!("，{on} 关闭")).unwrap_or_default()
        ),
        Language::En => format!(
            "  [green channel {basis}{}  agent {agent}  opened {opened_on}{}]",
            amount.map(|yuan| format!(" {yuan} yuan")).unwrap_or_default(),
            closed_on.as_ref().map(|on| format!(", closed {on}")).unwrap_or_default()
        ),
    }
}
