//! Why a list cannot be imported, for whoever brought it.

use std::fmt;

use crate::cases::CaseError;
use crate::membership::MembershipError;
use crate::records::Words;
use crate::replica::ReplicaError;
use crate::service::Closed;

/// Why a list cannot be imported.
#[derive(Debug)]
pub enum ImportError {
    /// More than is read.
    TooLarge {
        /// Its bytes.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// More rows than are read.
    TooManyRows(usize),
    /// More columns than are read.
    TooManyColumns {
        /// How many.
        found: usize,
        /// The limit.
        most: usize,
    },
    /// A workbook of a spreadsheet program.
    Workbook,
    /// Nothing, or a head alone.
    Empty,
    /// In no encoding that is known.
    Encoding,
    /// No table.
    NoTable(String),
    /// A column is missing, or named twice.
    Mapping(Words),
    /// No such list is kept here.
    Gone,
    /// The disk beside the store.
    Disk(MembershipError),
    /// Nobody may take cases, or the store failed.
    Case(CaseError),
}

impl ImportError {
    /// What is wrong and what to do.
    #[must_use]
    pub fn words(&self) -> Words {
        match self {
            Self::TooLarge { bytes, most } => Words::new(
                format!("文件 {bytes} 字节，超过上限 {most}，请拆分"),
                format!("the file has {bytes} bytes, above the limit of {most}; split it"),
            ),
            Self::TooManyRows(most) => Words::new(
                format!("超过 {most} 行，请拆分"),
                format!("the file has more than {most} rows; split it"),
            ),
            Self::TooManyColumns { found, most } => Words::new(
                format!("有 {found} 列，超过上限 {most}"),
                format!("the file has {found} columns, above the limit of {most}"),
            ),
            Self::Workbook => Words::new(
                "这是表格软件的工作簿（.xlsx、.xls、.et），请在 Excel 或 WPS 中用“另存为”存成“CSV UTF-8（逗号分隔）”后再上传",
                "this is a workbook (.xlsx, .xls, .ods); open it, choose Save as, and take `CSV UTF-8`",
            ),
            Self::Empty => Words::new(
                "没有可导入的内容：第一行是列名，其余每行一件",
                "there is nothing to import: the first row names the columns, and each other row is a case",
            ),
            Self::Encoding => Words::new(
                "文件不是 UTF-8 或 GB18030 编码，请另存为 CSV",
                "the file is in neither UTF-8 nor GB18030; save it as CSV in one of them",
            ),
            Self::NoTable(why) => {
                Words::new(format!("文件不是表格：{why}"), format!("the file is no table: {why}"))
            }
            Self::Mapping(words) => words.clone(),
            Self::Gone => Words::new(
                "该清单已不在本机，请重新上传",
                "this list is not kept here any more; upload it again",
            ),
            Self::Disk(error) => {
                Words::new(format!("本机磁盘出错，未保存（{error}）"), error.to_string())
            }
            Self::Case(error) => Words::new(error.zh(), error.to_string()),
        }
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(error) => error.fmt(f),
            Self::Case(error) => error.fmt(f), // It says so in both languages.
            other => {
                let Words { zh, en } = other.words();
                write!(f, "{en} ({zh})")
            }
        }
    }
}

impl std::error::Error for ImportError {}

impl From<MembershipError> for ImportError {
    fn from(error: MembershipError) -> Self {
        Self::Disk(error)
    }
}

impl From<CaseError> for ImportError {
    fn from(error: CaseError) -> Self {
        Self::Case(error)
    }
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
