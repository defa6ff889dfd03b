//! `case …`.

use serde_json::Value;
use tongban_config::settings::NodeSettings;
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::{Home, Scope};

use super::access::Access;
use super::{CliError, EventArgs, Language, NewArgs, out};
use crate::cases::{self, CaseDetail, CaseError, CaseList, NewCase, NewEvent, Why};
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
    let EventArgs { id, kind, note, by, at } = args;
    let event = NewEvent { kind, note, by, happened_at: at };
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

/// The homes whose cases are held here.
fn offices<S: Store>(replica: &Replica<S>) -> Vec<Home> {
    replica.homes().into_iter().filter(|home| home.scope == Scope::Office).collect()
}
