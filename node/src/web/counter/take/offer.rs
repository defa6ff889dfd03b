//! What may be applied for here today: the items by name, code and reading, and one of them in full.

use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::CaseType;
use tongban_protocol::catalogue::kind::Necessity;
use tongban_protocol::place::Tier;

use crate::clock;
use crate::replica::{Replica, ReplicaError};
use crate::service::Desk;
use crate::store::Store;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::initials::initials;
use crate::web::language::Language;

/// An item in the picker.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Pick {
    pub id: String,
    pub name: String,
    /// The first letters of its reading.
    pub initials: String,
    pub department: String,
    /// True where it is taken at this tier.
    is_here: bool,
}

/// What was meant by what was typed.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Picked<'a> {
    One(&'a Pick),
    Many(Vec<&'a Pick>),
}

impl Pick {
    fn new(id: &str, name: &str, department: &str, is_here: bool) -> Self {
        let (id, name, department) = (id.to_owned(), name.to_owned(), department.to_owned());
        Self { initials: initials(&name), id, name, department, is_here }
    }

    /// The item that is meant: by its code, by what the list of the browser puts in, or by what only
    /// one of them has in its name or reading. Nothing typed means all that are taken here.
    pub(super) fn resolve<'a>(known: &'a [Self], sought: &str) -> Picked<'a> {
        let code = sought.split(' ').next().unwrap_or_default();
        if let Some(pick) = known.iter().find(|pick| pick.id.eq_ignore_ascii_case(code)) {
            return Picked::One(pick);
        }
        let sought = sought.to_lowercase();
        let has = |pick: &&Self| match sought.is_empty() {
            true => pick.is_here,
            false => pick.name.to_lowercase().contains(&sought) || pick.initials.contains(&sought),
        };
        let found: Vec<&Self> = known.iter().filter(has).collect();
        match found.as_slice() {
            [one] if !sought.is_empty() => Picked::One(one),
            _ => Picked::Many(found),
        }
    }
}

/// Every item and template of today, those of this tier first.
pub(super) async fn picks(desk: &Desk) -> Result<Vec<Pick>, Fault> {
    Ok(desk.ask(|engine| read_picks(engine.replica())).await??)
}

fn read_picks<S: Store>(replica: &Replica<S>) -> Result<Vec<Pick>, ReplicaError> {
    let (today, tier) = (civil_day(clock::now()), replica.member().credential.tier);
    let catalogue = replica.catalogue()?;
    let mut picks: Vec<Pick> = Vec::new();
    for template in replica.templates() {
        if replica.template(&template.plan.template, today) == Some(template) {
            picks.push(Pick::new(&template.plan.template, &template.plan.title, "并联审批", true));
        }
    }
    for published in catalogue.on(today) {
        let item = &published.item;
        let is_here = item.accept_at.is_none_or(|accepts| accepts == tier);
        let department = item.authority.as_deref().unwrap_or_default();
        picks.push(Pick::new(item.id.as_str(), &item.name, department, is_here));
    }
    picks.sort_by(|one, other| (!one.is_here, &one.id).cmp(&(!other.is_here, &other.id)));
    picks.dedup_by(|one, other| one.id == other.id);
    Ok(picks)
}

/// A material of an item.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub name: String,
    necessity: Option<Necessity>,
}

/// An item as it is offered today.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    pub id: String,
    pub name: String,
    pub materials: Vec<Wanted>,
    /// 即办件 that this tier decides.
    pub is_done_here: bool,
    case_type: Option<CaseType>,
    legal: Option<String>,
    promise: Option<String>,
    decide_at: Option<Tier>,
}

impl Offer {
    /// What is known of an item that is not offered today: its id.
    pub(super) fn unknown(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            materials: Vec::new(),
            is_done_here: false,
            case_type: None,
            legal: None,
            promise: None,
            decide_at: None,
        }
    }

    /// The item of an id; none where it is not offered today.
    pub(super) async fn of(desk: &Desk, id: &str) -> Result<Option<Self>, Fault> {
        let id = id.to_owned();
        Ok(desk.ask(move |engine| read_offer(engine.replica(), &id)).await??)
    }

    /// What must be there and was not ticked.
    pub(super) fn missing(&self, typed: &Fields) -> Vec<String> {
        let is_must = |wanted: &&Wanted| {
            matches!(wanted.necessity, Some(Necessity::Required) | None)
                && typed.all("material").all(|handed| handed != wanted.name)
        };
        self.materials.iter().filter(is_must).map(|wanted| wanted.name.clone()).collect()
    }

    /// The limits in one line.
    pub(super) fn limits(&self, language: Language) -> String {
        let none = language.say("未写明", "not stated");
        let sort = self.case_type.map_or(none, |it| match it {
            CaseType::Immediate => language.say("即办件", "immediate"),
            CaseType::Promised => language.say("承诺件", "promised"),
            CaseType::HandedUp => language.say("上报件", "handed up"),
        });
        let decides = self.decide_at.map_or(none, |tier| match tier {
            Tier::Township => language.say("本级（乡镇）", "township"),
            Tier::County => language.say("区县", "county"),
            Tier::City => language.say("市", "city"),
        });
        let (promise, legal) =
            (self.promise.as_deref().unwrap_or(none), self.legal.as_deref().unwrap_or(none));
        match language {
            Language::Chinese => {
                format!("{sort} · 承诺 {promise} · 法定 {legal} · 决定层级 {decides}")
            }
            Language::English => {
                format!("{sort} · promise {promise} · legal limit {legal} · decided by {decides}")
            }
        }
    }
}

impl Wanted {
    pub(super) fn necessity(&self, language: Language) -> &'static str {
        match self.necessity {
            Some(Necessity::Required) | None => "",
            Some(Necessity::Optional) => language.say("非必要", "optional"),
            Some(Necessity::MayFollow) => language.say("容缺，可后补", "may follow"),
        }
    }
}

fn read_offer<S: Store>(replica: &Replica<S>, id: &str) -> Result<Option<Offer>, ReplicaError> {
    let (today, tier) = (civil_day(clock::now()), replica.member().credential.tier);
    let words = |limit: Option<tongban_protocol::deadline::Limit>| limit.map(|it| it.to_string());
    if let Some(template) = replica.template(id, today) {
        let terms = template.terms(tier);
        let wanted = |name: &String| Wanted { name: name.clone(), necessity: None };
        return Ok(Some(Offer {
            id: id.to_owned(),
            name: template.plan.title.clone(),
            materials: terms.materials.iter().map(wanted).collect(),
            is_done_here: false,
            case_type: Some(terms.case_type),
            legal: words(terms.legal),
            promise: words(terms.promise),
            decide_at: Some(terms.decide_at),
        }));
    }
    let catalogue = replica.catalogue()?;
    let Ok(id) = id.parse() else { return Ok(None) };
    let Some(published) = catalogue.version_on(&id, today) else { return Ok(None) };
    let item = &published.item;
    let terms = item.terms();
    let decide_at = terms.as_ref().map(|terms| terms.decide_at);
    let wanted =
        item.materials.iter().map(|it| Wanted { name: it.name.clone(), necessity: it.necessity });
    Ok(Some(Offer {
        id: item.id.to_string(),
        name: item.name.clone(),
        materials: wanted.collect(),
        is_done_here: item.case_type == Some(CaseType::Immediate) && decide_at == Some(tier),
        case_type: item.case_type,
        legal: words(terms.as_ref().and_then(|terms| terms.legal_limit(Some(tier)))),
        promise: words(terms.as_ref().and_then(|terms| terms.promise)),
        decide_at,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Pick> {
        let pick = |id, name| Pick::new(id, name, "民政局", true);
        vec![pick("T08", "最低生活保障"), pick("T10", "临时救助"), pick("T14", "残疾人证新办")]
    }

    fn check(sought: &str, expected: &[&str]) {
        let known = known();
        let found = match Pick::resolve(&known, sought) {
            Picked::One(pick) => vec![pick.id.as_str()],
            Picked::Many(found) => found.iter().map(|pick| pick.id.as_str()).collect(),
        };
        assert_eq!(found, expected, "{sought}");
    }

    #[test]
    fn an_item_is_found_by_code_name_reading_or_what_the_list_puts_in() {
        for sought in ["T10", "t10", "T10 临时救助", "临时", "lsjz", "LSJZ", "jz"] {
            check(sought, &["T10"]);
        }
        check("", &["T08", "T10", "T14"]);
        check("z", &["T08", "T10", "T14"]);
        check("没有", &[]);
    }

    #[test]
    fn rare_characters_and_signs_have_no_reading_and_do_no_harm() {
        assert_eq!(initials("低保(A类)𠮷 2"), "dbal2");
        assert_eq!(initials("👍"), "");
    }
}
