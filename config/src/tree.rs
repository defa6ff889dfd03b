//! The centres of a region as a tree: one city, and below it as many tiers as the data has.

use std::collections::BTreeMap;

use tongban_protocol::place::{Division, Path, Tier};

use crate::facts::{FactsError, FactsProblem, tier_name};
use crate::table::{self, Row};

/// One service centre.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Centre {
    /// The division it serves.
    pub division: Division,
    /// Its Chinese name, such as 蓬溪县.
    pub name_zh: String,
    /// Its name in Latin letters, such as Pengxi County.
    pub name_en: String,
    /// How far up it stands, as the data says; a region may have no counties.
    pub tier: Tier,
    /// The centre above it; none for the city.
    pub parent: Option<Division>,
}

/// The centres of a region. Never empty; each centre but the root has its parent in the tree,
/// and a parent is always of a higher tier.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tree {
    /// Each centre directly before its subtree; siblings by code.
    centres: Vec<Centre>,
    places: BTreeMap<Division, usize>,
    children: BTreeMap<Division, Vec<Division>>,
}

const HEADER: [&str; 5] = ["code", "tier", "parent", "name_zh", "name_en"];

impl Tree {
    /// Reads a table with the columns `code,tier,parent,name_zh,name_en`, in any order of rows.
    ///
    /// # Errors
    ///
    /// The first fault, with its line: a row that is no centre, a division that stands twice, a
    /// parent without a row, none or several roots, a circle, a parent that is not above.
    pub fn parse(file: &str, text: &str) -> Result<Self, FactsError> {
        let rows = table::rows(file, text, HEADER)?;
        let mut listed: Vec<(Centre, &Row<'_, 5>)> = Vec::with_capacity(rows.len());
        let mut places = BTreeMap::new();
        for row in &rows {
            let centre = read(row)?;
            let code = centre.division;
            if let Some(place) = places.insert(code, listed.len()) {
                let first = listed[place].1.line;
                return Err(row.refuse(FactsProblem::Duplicate { code, first }));
            }
            listed.push((centre, row));
        }
        let root = single_root(file, &listed)?;
        let find = |code: Division| places.get(&code).map(|place: &usize| &listed[*place].0);
        for (centre, row) in &listed {
            refuse_parent(centre, listed.len(), find)
                .map_or(Ok(()), |problem| Err(row.refuse(problem)))?;
        }
        Ok(Self::lay_out(root, listed.into_iter().map(|(centre, _)| centre).collect()))
    }

    fn lay_out(root: Division, found: Vec<Centre>) -> Self {
        let mut children: BTreeMap<Division, Vec<Division>> = BTreeMap::new();
        for centre in &found {
            children.entry(centre.division).or_default();
            if let Some(parent) = centre.parent {
                children.entry(parent).or_default().push(centre.division);
            }
        }
        children.values_mut().for_each(|siblings| siblings.sort_unstable());
        let mut left: BTreeMap<Division, Centre> =
            found.into_iter().map(|centre| (centre.division, centre)).collect();
        let (mut centres, mut places) = (Vec::with_capacity(left.len()), BTreeMap::new());
        let mut next = vec![root];
        while let Some(division) = next.pop() {
            next.extend(children[&division].iter().rev());
            if let Some(centre) = left.remove(&division) {
                places.insert(division, centres.len());
                centres.push(centre);
            }
        }
        Self { centres, places, children }
    }

    /// Returns the city's centre.
    #[must_use]
    pub fn root(&self) -> &Centre {
        &self.centres[0]
    }

    /// Returns the centre of a division.
    #[must_use]
    pub fn centre(&self, division: Division) -> Option<&Centre> {
        self.places.get(&division).map(|place| &self.centres[*place])
    }

    /// Returns the centres directly below a division, by code; none for a stranger.
    pub fn children(&self, division: Division) -> impl Iterator<Item = &Centre> {
        let below = self.children.get(&division).map(Vec::as_slice).unwrap_or_default();
        below.iter().filter_map(|child| self.centre(*child))
    }

    /// Returns a division's place: itself first, then its parent, up to the city.
    #[must_use]
    pub fn path(&self, division: Division) -> Option<Path> {
        let parent = |at: &Division| self.centre(*at).and_then(|centre| centre.parent);
        let start = self.centre(division)?.parent;
        let ancestors: Vec<Division> = std::iter::successors(start, parent).collect();
        Some(Path::new(division, &ancestors))
    }

    /// Returns all centres: each directly before those below it, siblings by code.
    pub fn iter(&self) -> std::slice::Iter<'_, Centre> {
        self.centres.iter()
    }

    /// Returns the number of centres of one tier.
    #[must_use]
    pub fn count(&self, tier: Tier) -> usize {
        self.iter().filter(|centre| centre.tier == tier).count()
    }
}

impl<'t> IntoIterator for &'t Tree {
    type Item = &'t Centre;
    type IntoIter = std::slice::Iter<'t, Centre>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

fn read(row: &Row<'_, 5>) -> Result<Centre, FactsError> {
    let [code, tier, parent, name_zh, name_en] = row.fields;
    let tier = match tier {
        "city" => Tier::City,
        "county" => Tier::County,
        "township" => Tier::Township,
        other => return Err(row.refuse(FactsProblem::Tier(other.to_owned()))),
    };
    for (column, value) in [("name_zh", name_zh), ("name_en", name_en)] {
        if value.is_empty() {
            return Err(row.refuse(FactsProblem::Empty(column)));
        }
    }
    let division: Division = code.parse().map_err(|error| row.refuse(FactsProblem::Code(error)))?;
    let parent = match (tier, parent) {
        (_, "") => None,
        (_, parent) => Some(parent.parse().map_err(|e| row.refuse(FactsProblem::Code(e)))?),
    };
    match (tier, parent) {
        (Tier::City, Some(parent)) => {
            Err(row.refuse(FactsProblem::RootParent { code: division, parent }))
        }
        (Tier::County | Tier::Township, None) => {
            Err(row.refuse(FactsProblem::NoParent { code: division, tier: tier_name(tier) }))
        }
        (Tier::City, None) | (Tier::County | Tier::Township, Some(_)) => {
            let (name_zh, name_en) = (name_zh.to_owned(), name_en.to_owned());
            Ok(Centre { division, name_zh, name_en, tier, parent })
        }
    }
}

fn refuse_parent<'c>(
    centre: &Centre,
    centres: usize,
    find: impl Fn(Division) -> Option<&'c Centre>,
) -> Option<FactsProblem> {
    let code = centre.division;
    let parent = centre.parent?;
    let Some(above) = find(parent) else {
        return Some(FactsProblem::Orphan { code, parent });
    };
    let way = std::iter::successors(Some(code), |at| find(*at).and_then(|centre| centre.parent));
    let way: Vec<Division> = way.take(centres + 1).collect();
    // A circle further up does not come back here; it is reported at a row that lies on it.
    if let Some(back) = way.iter().skip(1).position(|step| *step == code) {
        let codes: Vec<&str> = way.iter().take(back + 2).map(Division::as_str).collect();
        return Some(FactsProblem::Cycle { code, circle: codes.join(" → ") });
    }
    (above.tier <= centre.tier).then(|| FactsProblem::Upside {
        code,
        tier: tier_name(centre.tier),
        parent,
        above: tier_name(above.tier),
    })
}

fn single_root(file: &str, listed: &[(Centre, &Row<'_, 5>)]) -> Result<Division, FactsError> {
    let mut roots = listed.iter().filter(|(centre, _)| centre.parent.is_none());
    match (roots.next(), roots.next()) {
        (Some((root, _)), None) => Ok(root.division),
        (Some((first, row)), Some((second, later))) => {
            Err(later.refuse(FactsProblem::SecondRoot {
                code: second.division,
                first: first.division,
                line: row.line,
            }))
        }
        (None, _) => {
            let problem = FactsProblem::NoRoot;
            Err(FactsError { file: file.to_owned(), line: None, problem })
        }
    }
}

#[cfg(test)]
mod tests;
