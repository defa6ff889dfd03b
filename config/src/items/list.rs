//! Lists of items as other systems export them: CSV, and dirty.
//!
//! What is sound is taken; a row with anything unsound is set aside whole, with its line, the
//! value and the reason, to be corrected and read again. No code of another system becomes a
//! key: each row gets an id of its own, the same whenever the same row is read.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use tongban_protocol::catalogue::item::ForeignCode;
use tongban_protocol::catalogue::kind::Kind;
use tongban_protocol::catalogue::{Fault, Item, check};
use tongban_protocol::hash::Sha;

use super::ITEMS_MAX;
use crate::facts::{FactsError, FactsProblem};

/// The columns without which a list is none.
const NEEDED: [&str; 2] = ["item_name", "item_code"];
/// The columns that are kept as another system's codes.
const CODES: [&str; 4] = ["item_code", "base_code", "area_code", "dept_code"];
/// The other columns that are read.
const OTHERS: [&str; 4] = ["department", "parent_item", "task_type", "task_type_name"];

/// Longest value that is told of a row, in characters.
pub(super) const VALUE_CHARS_MAX: usize = 120;

/// What came of a list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// The items that are sound, in the order of the list.
    pub items: Vec<Item>,
    /// The rows that are not.
    pub quarantined: Vec<Quarantined>,
    /// Columns that nothing was read of.
    pub columns_ignored: Vec<String>,
}

/// A row that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quarantined {
    /// Its first line, counted from 1.
    pub line: u64,
    /// The column, or of JSON the field.
    pub column: &'static str,
    /// What stands there, cut off where it is long.
    pub value: String,
    /// Why.
    pub reason: Reason,
}

/// Why a row was set aside.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// It has another number of fields than the first line.
    Fields,
    /// The name or the code is empty.
    Empty,
    /// The code has not the parts that such codes have, or dashes within them.
    CodeParts,
    /// The department within the code is no 统一社会信用代码 (GB 32100-2015).
    Department,
    /// No kind of item is called so.
    Kind,
    /// The same row stands in the list before.
    Twice,
    /// It is JSON and no item; what is wrong with it.
    Malformed(String),
    /// It has faults that no catalogue takes.
    Faulty(Vec<Fault>),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (zh, en) = match self {
            Self::Fields => ("字段数与首行不同", "another number of fields than the first line"),
            Self::Empty => ("名称或编码为空", "name or code is empty"),
            Self::CodeParts => (
                "编码的段数不对，或段内另有短横",
                "not the parts of an item code, or dashes within them",
            ),
            Self::Department => (
                "编码中的部门不是有效的统一社会信用代码（GB 32100-2015）",
                "the department in the code is no valid unified social credit code (GB 32100-2015)",
            ),
            Self::Kind => ("没有这种事项类型", "no kind of item is called so"),
            Self::Twice => ("与前面某行相同", "the same row stands in the list before"),
            Self::Malformed(why) => {
                return write!(f, "不能读作事项：{why} | cannot be read as an item: {why}");
            }
            Self::Faulty(faults) => {
                let said =
                    faults.iter().map(|it| format!("{}: {} | {}", it.field, it.zh(), it.en()));
                return f.write_str(&said.collect::<Vec<_>>().join("; "));
            }
        };
        write!(f, "{zh} | {en}")
    }
}

impl Imported {
    /// How many rows were set aside for each reason, by its word.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for row in &self.quarantined {
            *counts.entry(row.reason.word()).or_default() += 1;
        }
        counts
    }
}

impl Reason {
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Fields => "fields",
            Self::Empty => "empty",
            Self::CodeParts => "code-parts",
            Self::Department => "department",
            Self::Kind => "kind",
            Self::Twice => "twice",
            Self::Malformed(_) => "malformed",
            Self::Faulty(_) => "faulty",
        }
    }
}

/// Reads a list; its first line names the columns, in any order.
///
/// # Errors
///
/// [`FactsError`] where the first line lacks `item_name` or `item_code`, or there are too many
/// rows. Nothing that stands in a row is an error: it is set aside.
pub fn import(file: &str, text: &str) -> Result<Imported, FactsError> {
    let whole = |line, problem| FactsError { file: file.to_owned(), line, problem };
    let text = text.replace("\r\n", "\n"); // The reader counts a line of Windows too late.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let unreadable = |e: csv::Error| whole(None, FactsProblem::Json(e.to_string()));
    let header: Vec<String> =
        reader.headers().map_err(unreadable)?.iter().map(|it| it.trim().to_owned()).collect();
    if NEEDED.iter().any(|needed| !header.iter().any(|it| it == needed)) {
        let found = header.join(",").chars().take(200).collect();
        let wanted =
            format!("{}, and of {},{}", NEEDED.join(","), CODES[1..].join(","), OTHERS.join(","));
        return Err(whole(Some(1), FactsProblem::Header { found, wanted }));
    }
    let is_known = |name: &str| [&NEEDED[..], &CODES, &OTHERS].concat().contains(&name);
    let columns_ignored = header.iter().filter(|it| !is_known(it)).cloned().collect();
    let mut imported = Imported { columns_ignored, ..Imported::default() };
    let mut seen = BTreeSet::new();
    for record in reader.records() {
        let record = record.map_err(unreadable)?;
        if imported.items.len() + imported.quarantined.len() == ITEMS_MAX {
            let why = format!("more than {ITEMS_MAX} rows; split the list");
            return Err(whole(None, FactsProblem::Json(why)));
        }
        let row = Row { header: &header, record: &record };
        let read = row.read().and_then(|item| {
            let is_new = seen.insert(item.id.clone());
            if is_new { Ok(item) } else { Err(row.refuse("item_code", Reason::Twice)) }
        });
        match read {
            Ok(item) => imported.items.push(item),
            Err(quarantined) => imported.quarantined.push(quarantined),
        }
    }
    Ok(imported)
}

/// A row and the names of its columns.
struct Row<'a> {
    header: &'a [String],
    record: &'a csv::StringRecord,
}

impl Row<'_> {
    fn field(&self, column: &str) -> &str {
        let at = self.header.iter().position(|it| it == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default().trim()
    }

    fn refuse(&self, column: &'static str, reason: Reason) -> Quarantined {
        let line = self.record.position().map_or(0, csv::Position::line);
        let value = self.field(column).chars().take(VALUE_CHARS_MAX).collect();
        Quarantined { line, column, value, reason }
    }

    fn read(&self) -> Result<Item, Quarantined> {
        if self.record.len() != self.header.len() {
            return Err(self.refuse("item_name", Reason::Fields));
        }
        for column in NEEDED {
            if self.field(column).is_empty() {
                return Err(self.refuse(column, Reason::Empty));
            }
        }
        let code = self.field("item_code");
        let department =
            department_in(code).ok_or_else(|| self.refuse("item_code", Reason::CodeParts))?;
        if !is_credit_code(department) {
            return Err(self.refuse("item_code", Reason::Department));
        }
        let kind = match (self.field("task_type_name"), self.field("task_type")) {
            ("", "") => None,
            ("", number) => {
                Some(kind_of(number).ok_or_else(|| self.refuse("task_type", Reason::Kind))?)
            }
            (name, _) => {
                Some(name.parse().map_err(|_| self.refuse("task_type_name", Reason::Kind))?)
            }
        };
        let name = self.field("item_name");
        let Sha(hash) = Sha::of(format!("{code}\n{name}").as_bytes());
        let hex: String = hash[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        let id = format!("i{hex}").parse().map_err(|_| self.refuse("item_code", Reason::Empty))?;
        let some = |column| Some(self.field(column).to_owned()).filter(|text| !text.is_empty());
        let codes = CODES.iter().filter_map(|column| {
            Some(ForeignCode { system: format!("sichuan-{column}"), code: some(column)? })
        });
        let item = Item {
            kind,
            authority: some("department"),
            part_of: some("parent_item"),
            foreign_codes: codes.collect(),
            ..Item::named(id, name)
        };
        let faults = check(&item);
        if faults.is_empty() {
            Ok(item)
        } else {
            Err(self.refuse("item_name", Reason::Faulty(faults)))
        }
    }
}

/// The department of `base-division-000-department-1-00`; the base may have dashes of its own.
fn department_in(code: &str) -> Option<&str> {
    let mut parts = code.rsplit('-');
    let (end, one, department) = (parts.next()?, parts.next()?, parts.next()?);
    let (zeros, division, base) = (parts.next()?, parts.next()?, parts.next()?);
    let digits =
        |text: &str, count| text.len() == count && text.bytes().all(|b| b.is_ascii_digit());
    let is_whole = digits(end, 2)
        && digits(one, 1)
        && digits(zeros, 3)
        && digits(division, 12)
        && !base.is_empty()
        && !department.is_empty();
    is_whole.then_some(department)
}

/// 事项类型 by the number that stands in addresses.
fn kind_of(number: &str) -> Option<Kind> {
    Some(match number {
        "1" => Kind::Permit,
        "5" => Kind::Benefit,
        "7" => Kind::Confirmation,
        "8" => Kind::Reward,
        "9" => Kind::Ruling,
        "10" => Kind::OtherPower,
        "20" => Kind::Service,
        _ => return None,
    })
}

/// True for 18 characters of GB 32100-2015 with the right check character.
pub(super) fn is_credit_code(code: &str) -> bool {
    const CHARACTERS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let digits: Option<Vec<usize>> = code.chars().map(|c| CHARACTERS.find(c)).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 18) else { return false };
    let weights = std::iter::successors(Some(1), |weight| Some(weight * 3 % 31));
    let sum: usize =
        digits.iter().zip(weights).take(17).map(|(digit, weight)| digit * weight).sum();
    (31 - sum % 31) % 31 == digits[17]
}
