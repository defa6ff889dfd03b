//! What the catalogue held here says of an item on the day on which it is applied for.

use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::Terms;
use tongban_protocol::case::joint::{Plan, Template};
use tongban_protocol::catalogue::ItemId;
use tongban_protocol::catalogue::kind::{Kind, Necessity};
use tongban_protocol::document::MaterialState;
use tongban_protocol::place::Tier;
use tongban_protocol::time::Timestamp;

use crate::replica::{Replica, ReplicaError};
use crate::store::Store;

/// An item as it was offered that day.
#[derive(Debug, Default)]
pub(super) struct Offered {
    /// Its name; none where the catalogue has no such item.
    pub name: Option<String>,
    /// Its kind, where the catalogue tells.
    pub kind: Option<Kind>,
    /// What is owed to the applicant, where the item tells.
    pub terms: Option<Box<Terms>>,
    /// Who takes part, where several authorities decide together.
    pub plan: Option<Box<Plan>>,
    /// Its materials, and how each stands until it is handed in.
    pub materials: Vec<(String, MaterialState)>,
    /// What stands with the receipt, where the catalogue is no help.
    pub note: &'static str,
}

/// Looks an item up. A case is taken whatever the catalogue says: it may be older than the item,
/// and the applicant stands at the counter.
pub(super) fn offered<S: Store>(
    replica: &Replica<S>,
    item: &str,
    taken_at: Timestamp,
) -> Result<Offered, ReplicaError> {
    let day = civil_day(taken_at);
    if let Some(template) = replica.template(item, day) {
        return Ok(joint(template, replica.member().credential.tier));
    }
    let catalogue = replica.catalogue()?;
    if catalogue.versions().next().is_none() {
        return Ok(Offered::default()); // Nothing is published, so nothing can be missed there.
    }
    let id: Option<ItemId> = item.parse().ok();
    let Some(version) = id.and_then(|id| catalogue.version_on(&id, day).cloned()) else {
        let note = "本机目录当日无此事项，未定时限 (the catalogue held here has no such item on that day: no limits)";
        return Ok(Offered { note, ..Offered::default() });
    };
    let (item, publisher) = (version.item, version.publisher);
    let publisher = Some(publisher).filter(|it| *it != replica.member().credential.path.city());
    let terms = item.terms().map(|terms| Box::new(Terms { publisher, ..terms }));
    let note = match &terms {
        Some(_) => "",
        None => {
            "事项未写明办件类型或决定层级，未定时限 (the item does not tell sort or deciding tier: no limits)"
        }
    };
    let until = |necessity| match necessity {
        Some(Necessity::Required) | None => Some(MaterialState::Missing),
        Some(Necessity::MayFollow) => Some(MaterialState::MayFollow),
        Some(Necessity::Optional) => None,
    };
    let materials =
        item.materials.into_iter().filter_map(|it| Some((it.name, until(it.necessity)?)));
    let materials = materials.collect();
    let kind = item.kind;
    Ok(Offered { name: Some(item.name), kind, terms, materials, note, plan: None })
}

/// 一窗受理: one application for several authorities.
fn joint(template: &Template, tier: Tier) -> Offered {
    let terms = template.terms(tier);
    Offered {
        kind: None,
        name: Some(template.plan.title.clone()),
        materials: terms.materials.iter().map(|it| (it.clone(), MaterialState::Missing)).collect(),
        terms: Some(Box::new(terms)),
        plan: Some(Box::new(template.plan.clone())),
        note: "",
    }
}
