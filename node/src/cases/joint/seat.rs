//! Which centre decides each part of a joint case.

use std::collections::BTreeMap;

use jiff::civil::Date;
use tongban_protocol::case::joint::Plan;
use tongban_protocol::catalogue::ItemId;
use tongban_protocol::place::{Division, Path, Tier};

use crate::cases::CaseError;
use crate::replica::Replica;
use crate::store::Store;

/// Says for each part the legal limit of its item on the day, and which centre decides it: the one that the clerk names, or the one of its
/// tier on the way from the lead up to the city.
///
/// # Errors
///
/// [`CaseError::NotOnLine`] for a centre that stands neither above nor below the lead's.
pub(in crate::cases) fn seat<S: Store>(
    replica: &Replica<S>,
    plan: &mut Plan,
    named: &BTreeMap<u16, Division>,
    day: Date,
) -> Result<(), CaseError> {
    let own = &replica.member().credential.path;
    let tier = replica.member().credential.tier;
    let catalogue = replica.catalogue()?;
    for (place, part) in (1..).zip(&mut plan.parts) {
        let centre = match named.get(&place) {
            Some(centre) => *centre,
            None => {
                let steps = (part.tier as usize).saturating_sub(tier as usize);
                above(own, steps)
            }
        };
        let path = replica.path_of(centre);
        let below = path.is_some_and(|path| path.contains(own.centre()));
        part.tier = match (own.contains(centre), below) {
            (true, _) => tier_above(tier, own, centre),
            (false, true) => match path.map_or(0, |path| path.ancestors().len()) {
                1 => Tier::County,
                _ => Tier::Township,
            },
            (false, false) => {
                return Err(CaseError::NotOnLine { part: part.name.clone(), centre });
            }
        };
        part.centre = Some(centre);
        let item = part.item.as_ref().and_then(|item| item.parse::<ItemId>().ok());
        let item = item.and_then(|item| catalogue.version_on(&item, day));
        part.legal = item.and_then(|it| it.item.legal.as_ref()).map(|stated| stated.limit);
    }
    Ok(())
}

fn above(path: &Path, steps: usize) -> Division {
    let steps = steps.checked_sub(1).and_then(|at| path.ancestors().get(at));
    steps.copied().unwrap_or_else(|| path.centre())
}

fn tier_above(own: Tier, path: &Path, centre: Division) -> Tier {
    match (own, centre) {
        (own, centre) if centre == path.centre() => own,
        (_, centre) if centre == path.city() => Tier::City,
        (..) => Tier::County,
    }
}
