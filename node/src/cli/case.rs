//! `case …`.

use serde::Deserialize;
use tongban_config::settings::NodeSettings;
use tongban_protocol::document::DocumentId;
use tongban_protocol::place::{Home, Scope};

use super::access::Access;
use super::case_command::{CaseCommand, EventArgs, NewArgs, WithdrawArgs};
use super::{CliError, Language, import, out, post, progress};
use crate::cases::{
    self, AnomalyNote, Bulk, CaseCards, CaseClocks, CaseDetail, CaseError, CaseList, CaseParts,
    DoubtNote, NewCase, NewEvent, Why, WithdrawWish,
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
        CaseCommand::Clocks { id, days, json } => clocks(settings, id, days, json),
        CaseCommand::Cards { id, json } => cards(settings, language, id, json),
        CaseCommand::Parts { id, json } => parts(settings, id, json),
        CaseCommand::Unattended { json } => post::unattended(settings, language, json),
        CaseCommand::Progress { case, json } => progress::run(settings, language, &case, json),
        CaseCommand::Import(args) => import::run(settings, language, &args),
        CaseCommand::WithdrawCards(args) => withdraw_cards(settings, language, *args),
        CaseCommand::Why { id } => why(settings, language, id),
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
    let EventArgs { id, kind, note, by, at, said } = args;
    let event = NewEvent { kind, note, by, happened_at: at, detail: said.into() };
    let breaches = match Access::open(settings)? {
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

fn why(settings: &NodeSettings, language: Language, id: DocumentId) -> Result<(), CliError> {
    let why: Why = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("cases/{id}/why"))?,
        Access::Store(_, replica) => cases::why(&replica, &[], id)?,
    };
    match language {
        Language::Zh => out::line(why.zh),
        Language::En => out::line(why.en),
    }
}

fn clocks(
    settings: &NodeSettings,
    id: DocumentId,
    with_days: bool,
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
        for day in clock.days.iter().filter(|_| with_days) {
            let number = day.number.map(|number| format!("第 {number} 天")).unwrap_or_default();
            out::line(format!("    {}  {number}  {}", day.date, day.zh))?;
        }
    }
    Ok(())
}

fn cards(
    settings: &NodeSettings,
    language: Language,
    id: DocumentId,
    as_json: bool,
) -> Result<(), CliError> {
    let told: CaseCards = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("cases/{id}/cards"))?,
        Access::Store(_, replica) => {
            cases::cards(&replica, id, clock::now())?.ok_or(CaseError::NotFound(id))?
        }
    };
    if as_json {
        return out::json(&told);
    }
    out::line(format!("{}  {}  {}", told.id, told.today, language.points(told.points)))?;
    for card in &told.cards {
        let figures = language.pick(&card.figures, &card.figures_en);
        let points = language.points(card.points);
        let level = language.pick(&card.zh, card.level.en());
        out::line(format!("{level}  {}  {}  {points}  {figures}", card.name, card.title))?;
        for proof in &card.proof {
            let kind = language.pick(&proof.zh, &proof.kind);
            out::line(format!("    {kind}  {}", proof.event))?;
        }
        for outage in &card.outages {
            let cause = language.pick(&outage.zh, &outage.cause);
            out::line(format!("    {cause} {} → {}", outage.from, outage.to))?;
        }
        if card.is_explained {
            out::line(language.pick(
                "    停机期间不能录入，不发牌",
                "    the machine did not run and could record nothing: no card is due",
            ))?;
        }
        let Some(issued) = &card.issued else { continue };
        let appeal = issued.appeal.as_ref().map(|it| format!("；申诉 {it}"));
        let ruling = issued.ruling.as_ref().map(|it| format!("；裁定{it}"));
        let withdrawn = issued.withdrawn.as_ref().map(|it| format!("；{it} 撤牌"));
        let bulk = issued.bulk.as_ref().map(|it| format!("（批次 {it}）"));
        let rest: String = [appeal, ruling, withdrawn, bulk].into_iter().flatten().collect();
        out::line(format!("    {} 发牌{rest}", issued.on))?;
        for due in [&issued.answer, &issued.rule].into_iter().flatten() {
            out::line(format!("    {}", if language == Language::Zh { &due.zh } else { &due.en }))?;
        }
    }
    Ok(())
}

fn parts(settings: &NodeSettings, id: DocumentId, as_json: bool) -> Result<(), CliError> {
    let told: CaseParts = match Access::open(settings)? {
        Access::Service(api) => api.read(&format!("cases/{id}/parts"))?,
        Access::Store(_, replica) => {
            cases::parts(&replica, id, clock::now())?.ok_or(CaseError::NoParts(id))?
        }
    };
    if as_json {
        return out::json(&told);
    }
    out::line(format!("{}  {}  {}（{}）", told.id, told.today, told.title, told.lead))?;
    for lane in &told.parts {
        let state = match (&lane.state, &lane.referred_on) {
            (Some(state), _) => state.zh.clone(),
            (None, Some(on)) => format!("{on} 抄告，尚未到达本机"),
            (None, None) if lane.waits_for.is_empty() => "待抄告".to_owned(),
            (None, None) => format!("待“{}”答复后抄告", lane.waits_for.join("、")),
        };
        let due = lane.due.as_ref().zip(lane.standing.as_ref());
        let due = due.map(|(due, standing)| format!("  → {due} {standing}")).unwrap_or_default();
        let answer = lane.answer_zh.as_ref().map(|it| format!("  {it}")).unwrap_or_default();
        let against = if lane.is_contradicted { "  答复相互抵触，待裁决" } else { "" };
        let differs = if lane.differs { "  与牵头决定所载答复不同" } else { "" };
        out::line(format!(
            "{} {}  {} {}  {}  {state}{due}{answer}{against}{differs}",
            lane.part, lane.name, lane.department, lane.centre, lane.id
        ))?;
    }
    Ok(())
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
        let level = card.level.zh();
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
