//! What became of each division of an older list: a case keeps the code of its day.

use std::collections::BTreeMap;

use tongban_protocol::place::Division;

use crate::facts::{FactsError, FactsProblem};
use crate::table::{self, Row};
use crate::tree::{Centre, Tree};

/// What became of one division.
///
/// It speaks of code and name only: a division that is unchanged may still have taken in others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Fate {
    /// It has the same code and the same name.
    Unchanged,
    /// It has the same name under this other code.
    Recoded(Division),
    /// It has another name or another grade (乡 to 镇), under this code, which may be a new one.
    Renamed(Division),
    /// It went into this other division, which others came from as well.
    Merged(Division),
    /// The lists do not tell.
    Unknown,
}

/// Where each division of an older list went, and where each of a newer list came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Succession {
    before: Tree,
    after: Tree,
    fates: BTreeMap<Division, Fate>,
}

/// A list of divisions and the file it came from.
pub(crate) struct List {
    /// The file.
    pub file: String,
    /// What it lists.
    pub tree: Tree,
}

const HEADER: [&str; 3] = ["from", "to", "kind"];

impl Succession {
    /// Reads a table with the columns `from,to,kind`: one row for each division of `before`.
    ///
    /// # Errors
    ///
    /// The first fault, with its line: a code that is not in its list, a division with two rows
    /// or with none, a kind that the codes and names in the two lists contradict.
    pub(crate) fn parse(
        file: &str,
        text: &str,
        before: List,
        after: List,
    ) -> Result<Self, FactsError> {
        let mut fates = BTreeMap::new();
        let mut lines = BTreeMap::new();
        let mut heirs: BTreeMap<Division, Division> = BTreeMap::new();
        for row in table::rows(file, text, HEADER)? {
            let from = listed(&row, row.fields[0], &before)?;
            let code = from.division;
            if let Some(first) = lines.insert(code, row.line) {
                return Err(row.refuse(FactsProblem::Duplicate { code, first }));
            }
            let fate = read(&row, from, &after)?;
            if let Some(to) = heir(code, fate)
                && let Some(other) = heirs.insert(to, code)
            {
                let because =
                    format!("{other} became {to} already, so {code} was `merged` into it");
                return Err(contradiction(&row, because));
            }
            fates.insert(code, fate);
        }
        match before.tree.iter().find(|centre| !fates.contains_key(&centre.division)) {
            Some(centre) => {
                let problem = FactsProblem::NoFate(centre.division);
                Err(FactsError { file: file.to_owned(), line: None, problem })
            }
            None => Ok(Self { before: before.tree, after: after.tree, fates }),
        }
    }

    /// Returns the older list.
    #[must_use]
    pub const fn before(&self) -> &Tree {
        &self.before
    }

    /// Returns the newer list.
    #[must_use]
    pub const fn after(&self) -> &Tree {
        &self.after
    }

    /// Returns what became of a division of the older list; none for a stranger.
    #[must_use]
    pub fn fate(&self, old: Division) -> Option<Fate> {
        self.fates.get(&old).copied()
    }

    /// Returns the code that a division of the older list has now, where that is known.
    #[must_use]
    pub fn successor(&self, old: Division) -> Option<Division> {
        let fate = self.fate(old)?;
        match fate {
            Fate::Merged(to) => Some(to),
            Fate::Unchanged | Fate::Recoded(_) | Fate::Renamed(_) | Fate::Unknown => {
                heir(old, fate)
            }
        }
    }

    /// Returns the divisions of the older list that are known to have become `new`, by code.
    pub fn predecessors(&self, new: Division) -> impl Iterator<Item = Division> {
        self.fates.keys().copied().filter(move |old| self.successor(*old) == Some(new))
    }

    /// Returns each division of the older list and what became of it, by code.
    pub fn iter(&self) -> impl Iterator<Item = (Division, Fate)> {
        self.fates.iter().map(|(old, fate)| (*old, *fate))
    }
}

/// The division that goes on as `old`, rather than only taking it in.
const fn heir(old: Division, fate: Fate) -> Option<Division> {
    match fate {
        Fate::Unchanged => Some(old),
        Fate::Recoded(to) | Fate::Renamed(to) => Some(to),
        Fate::Merged(_) | Fate::Unknown => None,
    }
}

fn listed<'l>(row: &Row<'_, 3>, code: &str, list: &'l List) -> Result<&'l Centre, FactsError> {
    let code: Division = code.parse().map_err(|error| row.refuse(FactsProblem::Code(error)))?;
    let stranger = || row.refuse(FactsProblem::Stranger { code, list: list.file.clone() });
    list.tree.centre(code).ok_or_else(stranger)
}

fn read(row: &Row<'_, 3>, from: &Centre, after: &List) -> Result<Fate, FactsError> {
    let [_, to, kind] = row.fields;
    if !["unchanged", "recoded", "renamed", "merged", "unknown"].contains(&kind) {
        return Err(row.refuse(FactsProblem::Change(kind.to_owned())));
    }
    if kind == "unknown" {
        let because = || format!("the successor {to} is given; leave it empty or write its kind");
        return if to.is_empty() { Ok(Fate::Unknown) } else { Err(contradiction(row, because())) };
    }
    if to.is_empty() {
        let because = "no successor is given; write its code, or `unknown`";
        return Err(contradiction(row, because.to_owned()));
    }
    let to = listed(row, to, after)?;
    let (same_code, same_name) = (from.division == to.division, from.name_zh == to.name_zh);
    match (kind, same_code, same_name) {
        ("unchanged", true, true) => Ok(Fate::Unchanged),
        ("recoded", false, true) => Ok(Fate::Recoded(to.division)),
        ("renamed", _, false) => Ok(Fate::Renamed(to.division)),
        ("merged", false, _) => Ok(Fate::Merged(to.division)),
        _ => {
            let (old, new) = (from.division, to.division);
            let because = format!("{old} is {}, {new} is {}", from.name_zh, to.name_zh);
            Err(contradiction(row, because))
        }
    }
}

fn contradiction(row: &Row<'_, 3>, because: String) -> FactsError {
    row.refuse(FactsProblem::Contradiction { kind: row.fields[2].to_owned(), because })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "code,tier,parent,name_zh,name_en\n10,city,,城,City\n";

    fn list(file: &str, rows: &str) -> List {
        let tree = Tree::parse(file, &format!("{HEAD}{rows}")).unwrap();
        List { file: file.to_owned(), tree }
    }

    fn check(rows: &str) -> Result<Succession, FactsError> {
        let before =
            "1A,county,10,甲县,A\n1B,county,10,乙县,B\n1C,county,10,丙县,C\n1D,county,10,丁县,D\n";
        let after = "1A,county,10,甲县,A\n2B,county,10,乙县,B\n2C,county,10,丙市,C\n";
        let text = format!("from,to,kind\n10,10,unchanged\n{rows}");
        Succession::parse("c.csv", &text, list("old.csv", before), list("new.csv", after))
    }

    fn refusal(rows: &str) -> String {
        check(rows).unwrap_err().to_string()
    }

    #[test]
    fn a_succession_is_read_both_ways() {
        let all = check("1A,1A,unchanged\n1B,2B,recoded\n1C,2C,renamed\n1D,2C,merged\n").unwrap();
        let code = |text: &str| text.parse::<Division>().unwrap();
        assert_eq!(all.successor(code("1B")), Some(code("2B")));
        assert_eq!(all.fate(code("1D")), Some(Fate::Merged(code("2C"))));
        assert_eq!(all.predecessors(code("2C")).collect::<Vec<_>>(), [code("1C"), code("1D")]);
        assert_eq!(all.predecessors(code("1D")).count(), 0);
        assert_eq!(all.fate(code("99")), None);
    }

    #[test]
    fn a_fate_that_is_not_known_is_said_to_be_unknown() {
        let all = check("1A,1A,unchanged\n1B,,unknown\n1C,2C,renamed\n1D,,unknown\n").unwrap();
        let code: Division = "1B".parse().unwrap();
        assert_eq!((all.fate(code), all.successor(code)), (Some(Fate::Unknown), None));
    }

    #[test]
    fn a_change_that_the_lists_contradict_is_refused() {
        insta::assert_snapshot!(refusal("1A,2B,unchanged\n"), @"c.csv:3: `unchanged` cannot be: 1A is 甲县, 2B is 乙县");
        insta::assert_snapshot!(refusal("1A,1A,renamed\n"), @"c.csv:3: `renamed` cannot be: 1A is 甲县, 1A is 甲县");
        insta::assert_snapshot!(refusal("1A,2B,unknown\n"), @"c.csv:3: `unknown` cannot be: the successor 2B is given; leave it empty or write its kind");
        insta::assert_snapshot!(refusal("1A,,merged\n"), @"c.csv:3: `merged` cannot be: no successor is given; write its code, or `unknown`");
        insta::assert_snapshot!(refusal("1C,2C,renamed\n1D,2C,renamed\n"), @"c.csv:4: `renamed` cannot be: 1C became 2C already, so 1D was `merged` into it");
    }

    #[test]
    fn a_row_that_is_missing_or_strange_is_named() {
        insta::assert_snapshot!(refusal("1A,1A,unchanged\n"), @"c.csv: 1B of the older list has no row; add `1B,,unknown` if its successor is not known");
        insta::assert_snapshot!(refusal("1A,1A,unchanged\n1A,1A,unchanged\n"), @"c.csv:4: division 1A stands in line 3 already; remove one of the two rows");
        insta::assert_snapshot!(refusal("2B,2B,unchanged\n"), @"c.csv:3: 2B is not in old.csv; correct the code");
        insta::assert_snapshot!(refusal("1A,1B,recoded\n"), @"c.csv:3: 1B is not in new.csv; correct the code");
        insta::assert_snapshot!(refusal("1A,1A,same\n"), @"c.csv:3: `same` is no kind of change; write `unchanged`, `recoded`, `renamed`, `merged` or `unknown`");
    }
}
