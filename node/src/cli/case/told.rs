//! What is told of one case: its clocks, cards, parts, and where it is on its way.

use tongban_config::settings::NodeSettings;

use super::super::access::Access;
use super::super::{CliError, Language, out};
use super::only;
use crate::cases::{
    self, CardDetail, CaseCards, CaseClocks, CaseError, CaseParts, ClockDetail, IssuedDetail, Lane,
    Why,
};
use crate::clock;

pub(super) fn why(settings: &NodeSettings, language: Language, case: &str) -> Result<(), CliError> {
    let access = Access::open(settings)?;
    let id = only(&access, case)?;
    let why: Why = match access {
        Access::Service(api) => api.read(&format!("cases/{id}/why"))?,
        Access::Store(_, replica) => cases::why(&replica, &[], id)?,
    };
    out::line(language.pick(&why.zh, &why.en))
}

pub(super) fn clocks(
    settings: &NodeSettings,
    language: Language,
    case: &str,
    (with_days, as_json): (bool, bool),
) -> Result<(), CliError> {
    let access = Access::open(settings)?;
    let id = only(&access, case)?;
    let told: CaseClocks = match access {
        Access::Service(api) => api.read(&format!("cases/{id}/clocks"))?,
        Access::Store(_, replica) => {
            cases::clocks(&replica, id, clock::now())?.ok_or(CaseError::NotFound(id))?
        }
    };
    if as_json {
        return out::json(&told);
    }
    let state = language.pick(&told.state.zh, &told.state.en);
    out::line(format!("{}  {}  {state}", told.id, told.today))?;
    told.clocks.iter().try_for_each(|clock| print_clock(language, clock, with_days))
}

fn print_clock(language: Language, clock: &ClockDetail, with_days: bool) -> Result<(), CliError> {
    let kind = language.pick(&clock.zh, &clock.kind);
    let limit = language.pick(&clock.limit, &clock.limit_en);
    let standing = language.pick(&clock.standing, &clock.standing_en);
    let step = clock.step.as_ref().map(|step| format!(" {step}")).unwrap_or_default();
    let due = clock.due.as_deref().unwrap_or("—");
    let (began, used) = (&clock.began, clock.used);
    let provisional =
        if clock.is_provisional { language.pick("（暂定）", " (provisional)") } else { "" };
    let used = match language {
        Language::Zh => format!("已用 {used}"),
        Language::En => format!("{used} used"),
    };
    out::line(format!("{kind}{step}  {limit}  {began} → {due}{provisional}  {used}  {standing}"))?;
    let moved = match language {
        Language::Zh => &clock.moved,
        Language::En => &clock.moved_en,
    };
    moved.iter().try_for_each(|moved| out::line(format!("    {moved}")))?;
    for day in clock.days.iter().filter(|_| with_days) {
        let number = day.number.map(|number| match language {
            Language::Zh => format!("第 {number} 天"),
            Language::En => format!("day {number}"),
        });
        let why = language.pick(&day.zh, &day.en);
        out::line(format!("    {}  {}  {why}", day.date, number.unwrap_or_default()))?;
    }
    Ok(())
}

pub(super) fn cards(
    settings: &NodeSettings,
    language: Language,
    case: &str,
    as_json: bool,
) -> Result<(), CliError> {
    let access = Access::open(settings)?;
    let id = only(&access, case)?;
    let told: CaseCards = match access {
        Access::Service(api) => api.read(&format!("cases/{id}/cards"))?,
        Access::Store(_, replica) => {
            cases::cards(&replica, id, clock::now())?.ok_or(CaseError::NotFound(id))?
        }
    };
    if as_json {
        return out::json(&told);
    }
    out::line(format!("{}  {}  {}", told.id, told.today, language.points(told.points)))?;
    told.cards.iter().try_for_each(|card| print_card(language, card))?;
    for rule in &told.unknown_rules {
        out::remark(language.pick(&rule.zh, &rule.en));
    }
    Ok(())
}

fn print_card(language: Language, card: &CardDetail) -> Result<(), CliError> {
    let figures = language.pick(&card.figures, &card.figures_en);
    let points = language.points(card.points);
    let level = language.pick(&card.zh, card.level.en());
    let title = language.pick(&card.title, &card.title_en);
    out::line(format!("{level}  {}  {title}  {points}  {figures}", card.name))?;
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
    card.issued.as_ref().map_or(Ok(()), |issued| print_issued(language, issued))
}

fn print_issued(language: Language, issued: &IssuedDetail) -> Result<(), CliError> {
    let (appeal, ruling, on) = (&issued.appeal, &issued.ruling, &issued.on);
    let said = match language {
        Language::Zh => [
            appeal.as_ref().map(|it| format!("；申诉 {it}")),
            ruling.as_ref().map(|it| format!("；裁定{it}")),
            issued.withdrawn.as_ref().map(|it| format!("；{it} 撤牌")),
            issued.bulk.as_ref().map(|it| format!("（批次 {it}）")),
        ],
        Language::En => [
            issued.appeal_en.as_ref().map(|it| format!("; appealed against {it}")),
            issued.ruling_en.as_ref().map(|it| format!("; ruling: {it}")),
            issued.withdrawn.as_ref().map(|it| format!("; withdrawn on {it}")),
            issued.bulk.as_ref().map(|it| format!(" (bulk {it})")),
        ],
    };
    let rest: String = said.into_iter().flatten().collect();
    out::line(match language {
        Language::Zh => format!("    {on} 发牌{rest}"),
        Language::En => format!("    issued on {on}{rest}"),
    })?;
    let mut dues = [&issued.answer, &issued.rule].into_iter().flatten();
    dues.try_for_each(|due| out::line(format!("    {}", language.pick(&due.zh, &due.en))))
}

pub(super) fn parts(
    settings: &NodeSettings,
    language: Language,
    case: &str,
    as_json: bool,
) -> Result<(), CliError> {
    let access = Access::open(settings)?;
    let id = only(&access, case)?;
    let told: CaseParts = match access {
        Access::Service(api) => api.read(&format!("cases/{id}/parts"))?,
        Access::Store(_, replica) => {
            cases::parts(&replica, id, clock::now())?.ok_or(CaseError::NoParts(id))?
        }
    };
    if as_json {
        return out::json(&told);
    }
    let CaseParts { id, today, title, lead, .. } = &told;
    out::line(match language {
        Language::Zh => format!("{id}  {today}  {title}（{lead}）"),
        Language::En => format!("{id}  {today}  {title} ({lead})"),
    })?;
    told.parts.iter().try_for_each(|lane| print_part(language, lane))
}

fn print_part(language: Language, lane: &Lane) -> Result<(), CliError> {
    let state = match (&lane.state, &lane.referred_on, language) {
        (Some(state), ..) => language.pick(&state.zh, &state.en).to_owned(),
        (None, Some(on), Language::Zh) => format!("{on} 抄告，尚未到达本机"),
        (None, Some(on), Language::En) => format!("referred on {on}, not arrived here yet"),
        (None, None, _) if lane.waits_for.is_empty() => {
            language.pick("待抄告", "waits to be referred").to_owned()
        }
        (None, None, Language::Zh) => format!("待“{}”答复后抄告", lane.waits_for.join("、")),
        (None, None, Language::En) => {
            format!("referred once `{}` is answered", lane.waits_for.join("`, `"))
        }
    };
    let standing = match language {
        Language::Zh => &lane.standing,
        Language::En => &lane.standing_en,
    };
    let due = lane.due.as_ref().zip(standing.as_ref());
    let due = due.map(|(due, standing)| format!("  → {due} {standing}")).unwrap_or_default();
    let answer = match language {
        Language::Zh => &lane.answer_zh,
        Language::En => &lane.answer,
    };
    let answer = answer.as_ref().map(|it| format!("  {it}")).unwrap_or_default();
    let marked = |is_so: bool, zh, en| if is_so { language.pick(zh, en) } else { "" };
    let against = marked(
        lane.is_contradicted,
        "  答复相互抵触，待裁决",
        "  two answers contradict each other, to be settled",
    );
    let differs = marked(
        lane.differs,
        "  与牵头决定所载答复不同",
        "  not the answer on which the lead decided",
    );
    let Lane { part, name, department, centre, id, .. } = lane;
    out::line(format!(
        "{part} {name}  {department} {centre}  {id}  {state}{due}{answer}{against}{differs}"
    ))
}
