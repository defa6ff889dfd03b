//! 导入办件: cases out of a list that another system exported.
//!
//! The list rests beside the store while it is worked on, under the hash of its bytes, so that a
//! page that was left goes on; which column is which is remembered by the names of the columns.
//! Each row becomes a case the ordinary way ([`crate::cases`]): what was received days ago is a
//! late entry and marked as one. A row that was taken is not taken again. What is **not** here:
//! event logs in XES, which the hub reads, and pages.

mod bad;
mod kept;
mod mapping;
mod row;
mod sheet;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use tongban_protocol::document::{EventKind, Outcome, Role};
use tongban_protocol::time::Timestamp;

use crate::cases::{CaseError, NewEvent, Said, record, take_keyed};
use crate::membership::MembershipError;
use crate::records::Words;
use crate::replica::{Appended, Replica, ReplicaError};
use crate::service::{Closed, Desk};
use crate::store::Store;

use row::{Bad, Draft, Frame};

pub use bad::bad_rows;
pub use kept::{Imports, Name};
pub use mapping::{Field, Mapping, guess};
pub use row::ORIGINAL_NUMBER;
pub use sheet::{COLUMNS_MAX, FILE_BYTES_MAX, ROWS_MAX, Sheet, SheetRow};

/// Rows that are taken at a time while others wait for the engine.
const ROWS_AT_ONCE: usize = 25;

/// Rows that a preview tells of, of each sort.
pub const NOTES_SHOWN_MAX: usize = 50;

/// Why a list cannot be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// More than is read.
    #[error(
        "the file has {bytes} bytes, above the limit of {most}; split it (文件 {bytes} 字节，超过上限 {most}，请拆分)"
    )]
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// More rows than are read.
    #[error("the file has more than {0} rows; split it (超过 {0} 行，请拆分)")]
    TooManyRows(usize),
    /// More columns than are read.
    #[error(
        "the file has {found} columns, above the limit of {most} (有 {found} 列，超过上限 {most})"
    )]
    TooManyColumns {
        /// How many.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// Nothing, or a head alone.
    #[error(
        "there is nothing to import: the first row names the columns, and each other row is a case (没有可导入的内容：第一行是列名，其余每行一件)"
    )]
    Empty,
    /// In no encoding that is known.
    #[error(
        "the file is in neither UTF-8 nor GB18030; save it as CSV in one of them (文件不是 UTF-8 或 GB18030 编码，请另存为 CSV)"
    )]
    Encoding,
    /// No table.
    #[error("the file is no table: {0} (文件不是表格：{0})")]
    NoTable(String),
    /// A column is missing, or named twice.
    #[error("{en} ({zh})", en = .0.en, zh = .0.zh)]
    Mapping(Words),
    /// No such list is kept here.
    #[error("this list is not kept here any more; upload it again (该清单已不在本机，请重新上传)")]
    Gone,
    /// The disk beside the store.
    #[error(transparent)]
    Disk(#[from] MembershipError),
    /// Nobody may take cases, or the store failed.
    #[error(transparent)]
    Case(#[from] CaseError),
}

impl From<Closed> for ImportError {
    fn from(closed: Closed) -> Self {
        Self::Case(closed.into())
    }
}

impl From<ReplicaError> for ImportError {
    fn from(error: ReplicaError) -> Self {
        Self::Case(error.into())
    }
}

/// A row and what is said of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct RowNote {
    /// Its line in the file.
    pub line: u64,
    /// What is wrong with it or doubted of it.
    pub why: Vec<Words>,
}

/// What a list comes to, before anything is taken.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
pub struct Preview {
    /// Rows of the list: the sum of the next three.
    pub rows: usize,
    /// Rows that are sound.
    pub sound: usize,
    /// Rows that can be taken and should be looked at.
    pub doubtful: usize,
    /// Rows that cannot be taken.
    pub bad: usize,
    /// Of the sound and the doubtful, those that say the same as one before them.
    pub repeated: usize,
    /// The first that are doubted.
    pub doubts: Vec<RowNote>,
    /// The first that cannot be taken.
    pub faults: Vec<RowNote>,
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

/// Says what a list comes to.
///
/// # Errors
///
/// As [`check_mapping`].
pub fn preview(
    sheet: &Sheet,
    mapping: &Mapping,
    items: &[(String, String)],
    now: Timestamp,
) -> Result<Preview, ImportError> {
    check_mapping(mapping, &sheet.head)?;
    let frame = Frame { mapping, head: &sheet.head, items, by: "", now };
    let Drafts { sound, bad } = drafts(&frame, &sheet.rows);
    let is_doubtful = |draft: &&Draft| !draft.doubts.is_empty();
    let keys: std::collections::BTreeSet<&str> =
        sound.iter().map(|draft| draft.key.as_str()).collect();
    let doubtful = sound.iter().filter(is_doubtful);
    let doubts = doubtful.clone().take(NOTES_SHOWN_MAX);
    Ok(Preview {
        rows: sheet.rows.len(),
        sound: sound.len() - doubtful.clone().count(),
        doubtful: doubtful.count(),
        bad: bad.len(),
        repeated: sound.len() - keys.len(),
        doubts: doubts.map(|it| RowNote { line: it.line, why: it.doubts.clone() }).collect(),
        faults: bad.into_iter().take(NOTES_SHOWN_MAX).map(RowNote::from).collect(),
    })
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
    (by, role): (&str, Option<Role>),
) -> Result<Imported, ImportError> {
    check_mapping(mapping, &sheet.head)?;
    let items = items(replica, now)?;
    let frame = Frame { mapping, head: &sheet.head, items: &items, by, now };
    let Drafts { mut sound, bad } = drafts(&frame, &sheet.rows);
    let mut imported = Imported::of(sheet, bad);
    while !sound.is_empty() {
        let (rows, _) = take_rows(replica, now, next_rows(&mut sound), role)?;
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
    (by, role): (String, Option<Role>),
) -> Result<Imported, ImportError> {
    check_mapping(&mapping, &sheet.head)?;
    let items = desk.ask(move |engine| items(engine.replica(), now)).await??;
    let frame = Frame { mapping: &mapping, head: &sheet.head, items: &items, by: &by, now };
    let Drafts { mut sound, bad } = drafts(&frame, &sheet.rows);
    let mut imported = Imported::of(&sheet, bad);
    while !sound.is_empty() {
        let some = next_rows(&mut sound);
        let staged = desk.stage_any(move |replica, _| take_rows(replica, now, some, role));
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
    role: Option<Role>,
) -> Result<(Imported, Option<Appended>), ImportError> {
    let (mut rows, mut last) = (Imported::default(), None);
    for draft in drafts {
        let Draft { line, case, decided_at, key, .. } = draft;
        let (by, received_at) = (case.by.clone(), case.happened_at);
        let taken = match take_keyed(replica, now, &key, case) {
            Ok((taken, true)) => taken,
            Ok((_, false)) => {
                rows.before += 1;
                continue;
            }
            // Whoever may take none takes none: that is no fault of the row.
            Err(error @ (CaseError::Vacant(_) | CaseError::Replica(_) | CaseError::Closed(_))) => {
                return Err(error.into());
            }
            Err(error) => {
                rows.bad.push(RowNote { line, why: vec![words(&error)] });
                continue;
            }
        };
        rows.taken += 1;
        last = Some(taken.appended);
        for event in decided(by, received_at, decided_at, role) {
            match record(replica, now, taken.id, event) {
                Ok(appended) => last = Some(appended),
                Err(CaseError::Replica(error)) => return Err(error.into()),
                Err(error) => {
                    rows.unfinished.push(RowNote { line, why: vec![words(&error)] });
                    break;
                }
            }
        }
    }
    Ok((rows, last))
}

fn words(error: &CaseError) -> Words {
    let en = match error {
        CaseError::Unlawful { fault } => fault.to_string(),
        other => other.to_string(),
    };
    Words::new(error.zh(), en)
}

/// What follows the receipt of a case that was decided: its acceptance and its decision.
fn decided(
    by: String,
    received_at: Option<Timestamp>,
    decided_at: Option<Timestamp>,
    role: Option<Role>,
) -> Vec<NewEvent> {
    let event = |kind, happened_at, outcome| NewEvent {
        kind,
        note: String::new(),
        by: by.clone(),
        happened_at,
        detail: Said { role, outcome, ..Said::default() },
    };
    if decided_at.is_none() {
        return Vec::new();
    }
    vec![
        event(EventKind::Accept, received_at, None),
        event(EventKind::Decide, decided_at, Some(Outcome::Granted)),
    ]
}
