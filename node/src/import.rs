//! 导入办件: cases out of a list that another system exported.
//!
//! The list rests beside the store while it is worked on, under the hash of its bytes, so that a
//! page that was left goes on; which column is which is remembered by the names of the columns.
//! A row of an open case becomes one the ordinary way ([`crate::cases`]): what was received days
//! ago is a late entry and marked as one. What another system finished is kept as it came, unless
//! whoever imports says that it was handled here ([`Finished`]). A row that was taken is not taken
//! again. What is **not** here: event logs in XES, which the hub reads, and pages.

mod bad;
mod check;
mod error;
mod kept;
mod mapping;
mod row;
mod sheet;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use tongban_protocol::document::{Event, Role};
use tongban_protocol::time::Timestamp;

use crate::cases::{CaseError, NewEvent, record, take_keyed};
use crate::records::Words;
use crate::replica::{Appended, Replica, ReplicaError};
use crate::service::Desk;
use crate::store::Store;

use row::{Bad, Draft, Frame};

pub use bad::bad_rows;
pub use check::{CardCount, LOOKED_MAX, Preview, check, check_at};
pub use error::ImportError;
pub use kept::{Imports, Name};
pub use mapping::{Field, Mapping, guess};
pub use row::ORIGINAL_NUMBER;
pub use sheet::{COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX, Sheet, SheetRow};

/// Rows that are taken at a time while others wait for the engine.
const ROWS_AT_ONCE: usize = 25;

/// Rows that a preview tells of, of each sort.
pub const NOTES_SHOWN_MAX: usize = 50;

/// What becomes of rows that are over.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Finished {
    /// 作为历史保存: kept as it came from the other system. No limit runs, no rule gives a card, and
    /// no figure counts it.
    #[default]
    Kept,
    /// 作为本中心办件: accepted, decided and delivered here, with all that follows from it.
    Handled,
}

impl Finished {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Kept, Self::Handled];

    /// The word for scripts.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Handled => "handled",
        }
    }

    /// The choice of a word for scripts.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.code() == code)
    }
}

/// Who imports a list, and how.
#[derive(Clone, Debug, Default)]
pub struct How {
    /// Who takes the cases.
    pub by: String,
    /// In which role.
    pub role: Option<Role>,
    /// What becomes of rows that are over.
    pub finished: Finished,
}

/// A row and what is said of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RowNote {
    /// Its line in the file.
    pub line: u64,
    /// What is wrong with it or doubted of it.
    pub why: Vec<Words>,
}

/// What became of a list.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Imported {
    /// Rows of the list: the sum of the next three.
    pub rows: usize,
    /// Rows that are cases now.
    pub taken: usize,
    /// Rows that were cases before.
    pub before: usize,
    /// Rows that were not taken, and why.
    pub bad: Vec<RowNote>,
    /// Cases that were taken, and of which what came after did not go in.
    pub unfinished: Vec<RowNote>,
}

/// Checks that the columns say what a case needs, each once.
///
/// # Errors
///
/// [`ImportError::Mapping`] names what is missing or stands twice.
pub fn check_mapping(mapping: &Mapping, head: &[String]) -> Result<(), ImportError> {
    if mapping.len() != head.len() {
        let (columns, known) = (head.len(), mapping.len());
        return Err(ImportError::Mapping(Words::new(
            format!("有 {columns} 列，只对应了 {known} 列"),
            format!("there are {columns} columns, and {known} are said what they are"),
        )));
    }
    for field in Field::ALL {
        let count = mapping.iter().filter(|it| **it == field).count();
        let is_free = matches!(field, Field::Ignore | Field::Keep);
        let words = match (count, Field::NEEDED.contains(&field)) {
            (0, true) => Words::new(
                format!("没有指定哪一列是“{}”", field.zh()),
                format!("no column is the `{}`", field.en()),
            ),
            (2.., _) if !is_free => Words::new(
                format!("“{}”指定了 {count} 列", field.zh()),
                format!("{count} columns are the `{}`", field.en()),
            ),
            _ => continue,
        };
        return Err(ImportError::Mapping(words));
    }
    Ok(())
}

/// A list that was read row by row.
#[derive(Debug, Default)]
struct Drafts {
    sound: Vec<Draft>,
    bad: Vec<Bad>,
}

fn drafts(frame: &Frame<'_>, rows: &[SheetRow]) -> Drafts {
    let mut drafts = Drafts::default();
    for row in rows {
        match frame.read(row) {
            Ok(draft) => drafts.sound.push(draft),
            Err(bad) => drafts.bad.push(bad),
        }
    }
    drafts
}

/// The items of the catalogue as of today, by code and name.
///
/// # Errors
///
/// The store's.
pub fn items<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
) -> Result<Vec<(String, String)>, ReplicaError> {
    let today = replica.today(now);
    let catalogue = replica.catalogue()?;
    let items = catalogue.on(today).map(|it| &it.item);
    Ok(items.map(|item| (item.id.as_str().to_owned(), item.name.clone())).collect())
}

impl From<Bad> for RowNote {
    fn from(bad: Bad) -> Self {
        Self { line: bad.line, why: bad.faults }
    }
}

/// Takes the rows of a list straight into a store that no service has open.
///
/// # Errors
///
/// As [`import_at`].
pub fn import<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    (sheet, mapping): (&Sheet, &Mapping),
    how: &How,
) -> Result<Imported, ImportError> {
    check_mapping(mapping, &sheet.head)?;
    let items = items(replica, now)?;
    let frame = Frame { mapping, head: &sheet.head, items: &items, by: &how.by, now };
    let Drafts { mut sound, bad } = drafts(&frame, &sheet.rows);
    let mut imported = Imported::of(sheet, bad);
    while !sound.is_empty() {
        let (rows, _) = take_rows(replica, now, next_rows(&mut sound), how)?;
        replica.commit()?;
        imported.add(rows);
    }
    Ok(imported.in_order())
}

fn next_rows(rows: &mut Vec<Draft>) -> Vec<Draft> {
    rows.drain(..rows.len().min(ROWS_AT_ONCE)).collect()
}

/// Takes the rows of a list that can be taken, a few at a time; what was taken stays taken, should
/// it stop half-way, and goes on from there the next time.
///
/// # Errors
///
/// As [`check_mapping`]; [`CaseError::Vacant`] where `by` may take no cases; the store's.
pub async fn import_at(
    desk: &Desk,
    now: Timestamp,
    (sheet, mapping): (Sheet, Mapping),
    how: How,
) -> Result<Imported, ImportError> {
    check_mapping(&mapping, &sheet.head)?;
    let items = desk.ask(move |engine| items(engine.replica(), now)).await??;
    let frame = Frame { mapping: &mapping, head: &sheet.head, items: &items, by: &how.by, now };
    let Drafts { mut sound, bad } = drafts(&frame, &sheet.rows);
    let mut imported = Imported::of(&sheet, bad);
    while !sound.is_empty() {
        let (some, how) = (next_rows(&mut sound), how.clone());
        let staged = desk.stage_any(move |replica, _| take_rows(replica, now, some, &how));
        let (rows, _) = staged.await?;
        imported.add(rows);
    }
    Ok(imported.in_order())
}

impl Imported {
    fn of(sheet: &Sheet, bad: Vec<Bad>) -> Self {
        let bad = bad.into_iter().map(RowNote::from).collect();
        Self { rows: sheet.rows.len(), bad, ..Self::default() }
    }

    /// The rows that were not taken, as they stand in the list.
    fn in_order(mut self) -> Self {
        self.bad.sort_by_key(|note| note.line);
        self
    }

    fn add(&mut self, rows: Self) {
        self.taken += rows.taken;
        self.before += rows.before;
        self.bad.extend(rows.bad);
        self.unfinished.extend(rows.unfinished);
    }
}

/// Stages some rows; what the rules refuse of one leaves the others alone.
fn take_rows<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    drafts: Vec<Draft>,
    how: &How,
) -> Result<(Imported, Option<Appended>), ImportError> {
    let (mut rows, mut last) = (Imported::default(), None);
    for draft in drafts {
        let line = draft.line;
        let (past, after) = steps(&draft, how);
        let taken = match take_keyed(replica, now, &draft.key, (draft.case, past)) {
            Ok((taken, true)) => taken,
            Ok((_, false)) => {
                rows.before += 1;
                continue;
            }
            Err(error) if is_of_all(&error) => return Err(error.into()),
            Err(error) => {
                rows.bad.push(RowNote { line, why: vec![words(&error)] });
                continue;
            }
        };
        rows.taken += 1;
        last = Some(taken.appended);
        for event in after {
            match record(replica, now, taken.id, event) {
                Ok(appended) => last = Some(appended),
                Err(error) if is_of_all(&error) => return Err(error.into()),
                Err(error) => {
                    rows.unfinished.push(RowNote { line, why: vec![words(&error)] });
                    break;
                }
            }
        }
    }
    Ok((rows, last))
}

/// What happened to a row elsewhere, or what is recorded of it here after its receipt.
fn steps(draft: &Draft, how: &How) -> (Vec<Event>, Vec<NewEvent>) {
    match how.finished {
        Finished::Kept if draft.is_finished() => (draft.past(), Vec::new()),
        Finished::Kept | Finished::Handled => (Vec::new(), draft.events(how.role)),
    }
}

/// Whoever may take none takes none, and a machine in trouble stops: that is no fault of the row.
const fn is_of_all(error: &CaseError) -> bool {
    matches!(error, CaseError::Vacant(_)) || !error.is_callers()
}

fn words(error: &CaseError) -> Words {
    let en = match error {
        CaseError::Unlawful { fault } => fault.to_string(),
        other => other.to_string(),
    };
    Words::new(error.zh(), en)
}
