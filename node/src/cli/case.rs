//! `case …`.

use serde_json::Value;
use tongban_config::settings::NodeSettings;
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::{Home, Scope};

use super::access::Access;
use super::{CliError, EventArgs, Language, NewArgs, out};
use crate::cases::{self, CaseClocks, CaseDetail, CaseError, CaseList, NewCase, NewEvent, Why};
use crate::replica::Replica;
use crate::store::Store;
use crate::{clock, entropy};

pub(super) fn new(settings: &NodeSettings, args: NewArgs) -> Result<(), CliError> {
    let case = NewCase {
        item: args.item,
        item_name: args.item_name,
        applicant: args.applicant,
        channel: args.channel,
        form: args.fields.into_iter().collect(),
        materials: args.materials,
        by: args.by,
        happened_at: args.at,
        request_id: args.request_id,
    };
    match Access::open(settings)? {
        Access::Service(api) => {
            let taken: Value = api.send("cases", &case)?;
            match taken.get("id").and_then(Value::as_str) {
                Some(id) => out::line(id),
                None => out::json(&taken),
            }
        }
        Access::Store(_, mut replica) => {
            let now = clock::now();
            let (id, _) = cases::take(&mut replica, now, &mut entropy::generator()?, case)?;
            replica.commit()?;
            out::line(id)
        }
    }
}

pub(super) fn event(settings: &NodeSettings, args: EventArgs) -> Result<(), CliError> {
    let EventArgs { id, kind, note, by, at, said } = args;
    let event = NewEvent { kind, note, by, happened_at: at, detail: said.into() };
    match Access::open(settings)? {
        Access::Service(api) => {
            let _: Value = api.send(&format!("cases/{id}/events"), &event)?;
        }
        Access::Store(_, mut replica) => {
            cases::record(&mut replica, clock::now(), id, event)?;
            replica.commit()?;
        }
    }
    out::line(format!("saved: {} ({})", kind.en(), kind.zh()))
}

pub(super) fn show(settings: &NodeSettings, id: DocumentId) -> Result<(), CliError> {
    let detail: CaseDetail = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("cases/{id}"))?,
        Access::Store(_, replica) => cases::show(&replica, id)?.ok_or(CaseError::NotFound(id))?,
    };
    out::json(&detail)
}

pub(super) fn list(
    settings: &NodeSettings,
    limit: usize,
    after: Option<DocumentId>,
    json: bool,
) -> Result<(), CliError> {
    let list: CaseList = match Access::open(settings)? {
        Access::Service(api) => {
            let after = after.map(|id| format!("&after={id}")).unwrap_or_default();
            api.read(&format!("cases?limit={limit}{after}"))?
        }
        Access::Store(_, replica) => cases::list(&replica, &offices(&replica), after, limit)?,
    };
    if json {
        return out::json(&list);
    }
    for case in &list.cases {
        out::line(format!(
            "{}  {}  {}  {}  {}  {}",
            case.id,
            case.taken_at,
            case.state.zh,
            case.stage.zh(),
            case.item_name,
            case.applicant
        ))?;
    }
    match list.next {
        Some(next) => out::line(format!("… --after {next}")),
        None => Ok(()),
    }
}

pub(super) fn why(
    settings: &NodeSettings,
    language: Language,
    id: DocumentId,
) -> Result<(), CliError> {
    let why: Why = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("cases/{id}/why"))?,
        Access::Store(_, replica) => cases::why(&replica, &[], id)?,
    };
    match language {
        Language::Zh => out::line(why.zh),
        Language::En => out::line(why.en),
    }
}

pub(super) fn clocks(
    settings: &NodeSettings,
    id: DocumentId,
    as_json: bool,
) -> Result<(), CliError> {
    let told: CaseClocks = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("cases/{id}/clocks"))?,
        Access::Store(_, replica) => {
            cases::clocks(&replica, id, clock::now())?.ok_or(CaseError::NotFound(id))?
        }
    };
    if as_json {
        return out::json(&told);
    }
    out::line(format!("{}  {}  {}", told.id, told.today, told.state.zh))?;
    for clock in &told.clocks {
        let step = clock.step.as_ref().map(|step| format!(" {step}")).unwrap_or_default();
        let due = clock.due.as_deref().unwrap_or("—");
        let provisional = if clock.is_provisional { "（暂定）" } else { "" };
        out::line(format!(
            "{}{step}  {}  {} → {due}{provisional}  已用 {}  {}",
            clock.zh, clock.limit, clock.began, clock.used, clock.standing
        ))?;
        for moved in &clock.moved {
            out::line(format!("    {moved}"))?;
        }
        for day in &clock.days {
            let number = day.number.map(|number| format!("第 {number} 天")).unwrap_or_default();
            out::line(format!("    {}  {number}  {}", day.date, day.zh))?;
        }
    }
    Ok(())
}

/// The homes whose cases are held here.
fn offices<S: Store>(replica: &Replica<S>) -> Vec<Home> {
    replica.homes().into_iter().filter(|home| home.scope == Scope::Office).collect()
}
