//! `case …`.

mod told;

use serde::Deserialize;
use tongban_config::settings::NodeSettings;
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::{Home, Scope};

use super::access::Access;
use super::case_command::{CaseCommand, EventArgs, NewArgs, WithdrawArgs};
use super::{CliError, Language, import, out, post, progress};
use crate::cases::{
    self, AnomalyNote, Bulk, CaseDetail, CaseError, CaseList, DoubtNote, NewCase, NewEvent,
    WithdrawWish,
};
use crate::posts;
use crate::replica::Replica;
use crate::store::Store;
use crate::{clock, entropy};

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    command: CaseCommand,
) -> Result<(), CliError> {
    match command {
        CaseCommand::New(args) => new(settings, language, *args),
        CaseCommand::Event(args) => event(settings, language, *args),
        CaseCommand::Show { case } => show(settings, &case),
        CaseCommand::List { limit, green, after, json } => {
            list(settings, language, (limit.into(), green), after, json)
        }
        CaseCommand::Clocks { case, days, json } => {
            told::clocks(settings, language, &case, (days, json))
        }
        CaseCommand::Cards { case, json } => told::cards(settings, language, &case, json),
        CaseCommand::Parts { case, json } => told::parts(settings, language, &case, json),
        CaseCommand::Unattended { json } => post::unattended(settings, language, json),
        CaseCommand::Progress { case, json } => progress::run(settings, language, &case, json),
        CaseCommand::Import(args) => import::run(settings, language, &args),
        CaseCommand::WithdrawCards(args) => withdraw_cards(settings, language, *args),
        CaseCommand::Why { case } => told::why(settings, language, &case),
    }
}

fn new(settings: &NodeSettings, language: Language, args: NewArgs) -> Result<(), CliError> {
    let case = NewCase {
        item: args.item,
        item_name: args.item_name,
        applicant: args.applicant,
        applicant_number: args.applicant_number,
        channel: args.channel,
        form: args.fields.into_iter().collect(),
        materials: args.materials,
        by: args.by,
        happened_at: args.at,
        renews_until: args.renews_until,
        authorities: args.authorities.into_iter().collect(),
        request_id: args.request_id,
    };
    let told = match Access::open(settings)? {
        Access::Service(api) => api.send("cases", &case)?,
        Access::Store(_, mut replica) => {
            let now = clock::now();
            let taken = cases::take(&mut replica, now, &mut entropy::generator()?, case)?;
            replica.commit()?;
            let (id, query_code) = (taken.id.to_string(), taken.code.map(|it| it.to_string()));
            Told { id, number: taken.number, doubts: taken.doubts, query_code }
        }
    };
    // Scripts read the name alone; what is for the clerk goes beside it.
    out::line(told.id)?;
    out::remark(format!("办件编号 number: {}", told.number));
    if let Some(code) = told.query_code {
        out::remark(format!("查询码 query code: {code}"));
    }
    for doubt in told.doubts {
        out::remark(match language {
            Language::Zh => format!("提示: 证件号{}", doubt.zh),
            Language::En => format!("warning: the applicant's number: {}", doubt.en),
        });
    }
    Ok(())
}

/// What the clerk is told of a case that was taken.
#[derive(Debug, Deserialize)]
struct Told {
    id: String,
    number: String,
    doubts: Vec<DoubtNote>,
    query_code: Option<String>,
}

fn event(settings: &NodeSettings, language: Language, args: EventArgs) -> Result<(), CliError> {
    let EventArgs { case, kind, note, by, at, said } = args;
    let event = NewEvent { kind, note, by, happened_at: at, detail: said.into() };
    let access = Access::open(settings)?;
    let id = only(&access, &case)?;
    let breaches = match access {
        Access::Service(api) => {
            let told: SavedEvent = api.send(&format!("cases/{id}/events"), &event)?;
            told.breaches
        }
        Access::Store(_, mut replica) => {
            cases::record(&mut replica, clock::now(), id, event)?;
            replica.commit()?;
            cases::told(&replica, id, kind)?
        }
    };
    out::line(format!("saved: {} ({})", kind.en(), kind.zh()))?;
    for breach in breaches {
        out::remark(match language {
            Language::Zh => format!("提示: {}", breach.zh),
            Language::En => format!("warning: {}", breach.en),
        });
    }
    Ok(())
}

/// What the clerk is told of an event that was recorded.
#[derive(Debug, Deserialize)]
struct SavedEvent {
    #[serde(default)]
    breaches: Vec<AnomalyNote>,
}

/// The cases of a name or number; at least one.
pub(super) fn named(access: &Access, case: &str) -> Result<Vec<DocumentId>, CliError> {
    let none = || CliError::NoSuchCase(case.chars().take(60).collect());
    let ids = match case.parse::<DocumentId>() {
        Ok(id) => vec![id],
        Err(_) => {
            let found: CaseList = match access {
                Access::Service(api) => api.read(&format!("cases?number={}", escaped(case)))?,
                Access::Store(_, replica) => cases::find(replica, case)?,
            };
            let ids = found.cases.iter().map(|case| case.id.parse());
            ids.collect::<Result<Vec<_>, _>>().map_err(|_| none())?
        }
    };
    if ids.is_empty() { Err(none()) } else { Ok(ids) }
}

/// The one case of a name or number.
fn only(access: &Access, case: &str) -> Result<DocumentId, CliError> {
    let ids = named(access, case)?;
    match ids.as_slice() {
        [id] => Ok(*id),
        _ => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            Err(CliError::SeveralCases(ids.join(", ")))
        }
    }
}

fn show(settings: &NodeSettings, case: &str) -> Result<(), CliError> {
    let access = Access::open(settings)?;
    for id in named(&access, case)? {
        let detail: CaseDetail = match &access {
            Access::Service(api) => api.read(&format!("cases/{id}"))?,
            Access::Store(_, replica) => {
                let mut shown = cases::show(replica, id)?.ok_or(CaseError::NotFound(id))?;
                posts::attend(replica, [&mut shown.summary], clock::now())?;
                shown
            }
        };
        out::json(&detail)?;
    }
    Ok(())
}

/// A text as it may stand in a query.
fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    text.bytes()
        .map(|byte| match byte {
            byte if plain(&byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

fn list(
    settings: &NodeSettings,
    language: Language,
    (limit, green): (usize, bool),
    after: Option<DocumentId>,
    json: bool,
) -> Result<(), CliError> {
    let list: CaseList = match Access::open(settings)? {
        Access::Service(api) => {
            let after = after.map(|id| format!("&after={id}")).unwrap_or_default();
            let green = if green { "&green=true" } else { "" };
            api.read(&format!("cases?limit={limit}{after}{green}"))?
        }
        Access::Store(_, replica) => {
            let homes = offices(&replica);
            let mut list = match green {
                true => cases::green(&replica, &homes, limit)?,
                false => cases::list(&replica, &homes, after, limit)?,
            };
            posts::attend(&replica, &mut list.cases, clock::now())?;
            list
        }
    };
    if json {
        return out::json(&list);
    }
    for case in &list.cases {
        let attention = case.attention.as_ref().map(|note| post::held(language, note));
        out::line(format!(
            "{}  {}  {}  {}  {}  {}{}{}",
            case.id,
            case.taken_at,
            language.pick(&case.state.zh, &case.state.en),
            language.pick(case.stage.zh(), case.stage.en()),
            case.item_name,
            case.applicant,
            case.green.as_ref().map(|note| progress::green(language, note)).unwrap_or_default(),
            attention.map(|held| format!("  {held}")).unwrap_or_default()
        ))?;
    }
    match list.next {
        Some(next) => out::line(format!("… --after {next}")),
        None => Ok(()),
    }
}

fn withdraw_cards(
    settings: &NodeSettings,
    language: Language,
    args: WithdrawArgs,
) -> Result<(), CliError> {
    let WithdrawArgs { rule, from, to, item, reason, ground, by, dry_run } = args;
    let wish = WithdrawWish { rule, from, to, item, reason, ground, by, dry_run };
    let bulk: Bulk = match Access::open(settings)? {
        Access::Service(api) => api.send("cards/withdraw", &wish)?,
        Access::Store(_, mut replica) => {
            let homes = offices(&replica);
            let mut rng = entropy::generator()?;
            let bulk = cases::withdraw_cards(&mut replica, clock::now(), &mut rng, (&homes, wish))?;
            replica.commit()?;
            bulk.0
        }
    };
    for card in &bulk.cards {
        let level = language.pick(card.level.zh(), card.level.en());
        out::line(format!("{}  {level}  {}  {}", card.issued_on, card.case, card.card))?;
    }
    let (count, name) = (bulk.cards.len(), &bulk.bulk);
    out::remark(match (language, dry_run) {
        (Language::Zh, true) => format!("将撤销 {count} 张牌；未作任何保存"),
        (Language::Zh, false) => format!("已撤销 {count} 张牌，批次 {name}"),
        (Language::En, true) => format!("{count} cards would be withdrawn; nothing was saved"),
        (Language::En, false) => format!("{count} cards are withdrawn, bulk {name}"),
    });
    Ok(())
}

/// The homes whose cases are held here.
pub(super) fn offices<S: Store>(replica: &Replica<S>) -> Vec<Home> {
    replica.homes().into_iter().filter(|home| home.scope == Scope::Office).collect()
}
