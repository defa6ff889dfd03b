//! What can be wrong with a file of facts, and how it is said.

use std::fmt;

use jiff::civil::{Date, Weekday};
use tongban_protocol::calendar::NoticeError;
use tongban_protocol::place::{Division, DivisionError, Tier};

/// Why a file of facts was refused. The operator who wrote the file is to blame.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct FactsError {
    /// The file, by the name that `city.toml` gives it.
    pub file: String,
    /// The line, counted from 1; none when the file as a whole is wrong.
    pub line: Option<usize>,
    /// What is wrong there.
    pub problem: FactsProblem,
}

impl fmt::Display for FactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.problem),
            None => write!(f, "{}: {}", self.file, self.problem),
        }
    }
}

impl FactsError {
    /// What is wrong, where and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self.line {
            Some(line) => format!("{} 第 {line} 行：{}", self.file, self.problem.zh()),
            None => format!("{}：{}", self.file, self.problem.zh()),
        }
    }
}

/// What is wrong at one place of a file of facts.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FactsProblem {
    /// The first line does not name the columns.
    #[error("the first line is `{found}`; write `{wanted}`")]
    Header {
        /// The line as it stands.
        found: String,
        /// The line that is needed.
        wanted: String,
    },
    /// A row has too few or too many fields.
    #[error("the row has {found} fields; write {wanted}, separated by commas")]
    Fields {
        /// How many there are.
        found: usize,
        /// How many columns the file has.
        wanted: usize,
    },
    /// A field is quoted; these files need no quotes.
    #[error("`{0}` has a quotation mark; write the value without quotes and without commas")]
    Quoted(String),
    /// A field that must say something is empty.
    #[error("`{0}` is empty; write a value")]
    Empty(&'static str),
    /// A field is no division code.
    #[error(transparent)]
    Code(#[from] DivisionError),
    /// A field is no tier.
    #[error("`{0}` is no tier; write `city`, `county` or `township`")]
    Tier(String),
    /// A division stands in the file twice.
    #[error("division {code} stands in line {first} already; remove one of the two rows")]
    Duplicate {
        /// The division.
        code: Division,
        /// The line of its first row.
        first: usize,
    },
    /// The parent of a division has no row.
    #[error("parent {parent} of {code} has no row; add one, or correct the parent")]
    Orphan {
        /// The division.
        code: Division,
        /// The parent it names.
        parent: Division,
    },
    /// A division that is not the city names no parent.
    #[error("{tier} {code} has no parent; write the code of the centre above it")]
    NoParent {
        /// The division.
        code: Division,
        /// Its tier, in words.
        tier: &'static str,
    },
    /// A city names a parent; the tree ends there.
    #[error("city {code} has the parent {parent}; leave the parent of the root empty")]
    RootParent {
        /// The city.
        code: Division,
        /// The parent it names.
        parent: Division,
    },
    /// A second city.
    #[error("{code} is a city, and so is {first} in line {line}; only the root can be one")]
    SecondRoot {
        /// The later city.
        code: Division,
        /// The earlier city.
        first: Division,
        /// The line of the earlier city.
        line: usize,
    },
    /// No row is a city.
    #[error("no row has the tier `city`; add the root, with an empty parent")]
    NoRoot,
    /// Following the parents leads back to the start.
    #[error("the parents of {code} lead back to it: {circle}; correct one of them")]
    Cycle {
        /// The division.
        code: Division,
        /// The codes on the way round, with arrows between them.
        circle: String,
    },
    /// A centre stands under one that is not above it.
    #[error(
        "{tier} {code} stands under {parent}, which is a {above}; a parent must be of a higher tier"
    )]
    Upside {
        /// The division.
        code: Division,
        /// Its tier, in words.
        tier: &'static str,
        /// Its parent.
        parent: Division,
        /// The parent's tier, in words.
        above: &'static str,
    },
    /// The days of a year are no notice.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// The root of the divisions is not the one that `city.toml` names.
    #[error("the root is {found}, but city.toml says `root = \"{wanted}\"`; correct one of them")]
    OtherRoot {
        /// The root of the file.
        found: Division,
        /// The root of `city.toml`.
        wanted: Division,
    },
    /// A division of the older list has no row among the changes.
    #[error("{0} of the older list has no row; add `{0},,unknown` if its successor is not known")]
    NoFate(Division),
    /// A code is not in the list it should be in.
    #[error("{code} is not in {list}; correct the code")]
    Stranger {
        /// The code.
        code: Division,
        /// The file it should be in.
        list: String,
    },
    /// A kind of change contradicts the two lists.
    #[error("`{kind}` cannot be: {because}")]
    Contradiction {
        /// The kind as written.
        kind: String,
        /// What the lists say.
        because: String,
    },
    /// A field is no kind of change.
    #[error(
        "`{0}` is no kind of change; write `unchanged`, `recoded`, `renamed`, `merged` or `unknown`"
    )]
    Change(String),
    /// A field is no date.
    #[error("`{0}` is no date; write it like `2013-10-01`")]
    Date(String),
    /// A field is no kind of day.
    #[error("`{0}` is no kind of day; write `holiday` or `makeup`")]
    DayKind(String),
    /// A date stands in the file twice.
    #[error("{date} stands in line {first} already; remove one of the two rows")]
    DateTwice {
        /// The date.
        date: Date,
        /// The line of its first row.
        first: usize,
    },
    /// A make-up day falls on a day that is worked anyway.
    #[error(
        "{date} is a {}; only a Saturday or a Sunday can be `makeup`, remove the row or write \
         `holiday`",
        weekday_name(*weekday)
    )]
    MakeupOnWeekday {
        /// The date.
        date: Date,
        /// Its day of the week.
        weekday: Weekday,
    },
    /// A year between the first and the last has no row.
    #[error("the year {0} has no row, though earlier and later years have; add its notice")]
    YearMissing(i16),
    /// The text is no JSON, or not of the shape that is wanted.
    #[error("{0}")]
    Json(String),
    /// A field of an item cannot be read.
    #[error("item {id}: {field}: {why}")]
    Item {
        /// The item's id, as far as it can be read.
        id: String,
        /// The field.
        field: &'static str,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// The file has a header and nothing else.
    #[error("there are no rows; write at least one")]
    NoRows,
}

impl FactsProblem {
    /// What is wrong and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Header { found, wanted } => format!("首行是“{found}”，应写“{wanted}”"),
            Self::Fields { found, wanted } => {
                format!("本行有 {found} 栏，应写 {wanted} 栏，以逗号分隔")
            }
            Self::Quoted(text) => format!("“{text}”带有引号，请去掉引号和其中的逗号"),
            Self::Empty(field) => format!("“{field}”未填写，请补上"),
            Self::Code(error) => format!("“{}”不是区划代码，请核对", error.0),
            Self::Tier(text) => format!("“{text}”不是层级，请写 city、county 或 township"),
            Self::Duplicate { code, first } => {
                format!("区划 {code} 在第 {first} 行已经出现，请删去一行")
            }
            Self::Orphan { code, parent } => {
                format!("{code} 的上级 {parent} 没有列出，请补上或改正上级")
            }
            Self::NoParent { code, .. } => format!("{code} 没有写上级，请写上级中心的代码"),
            Self::RootParent { code, parent } => {
                format!("市级 {code} 写了上级 {parent}，最上一级的上级应留空")
            }
            Self::SecondRoot { code, first, line } => {
                format!("{code} 是市级，第 {line} 行的 {first} 也是；市级只能有一个")
            }
            Self::NoRoot => "没有层级为 city 的行，请补上，其上级留空".to_owned(),
            Self::Cycle { code, circle } => {
                format!("{code} 的上级又绕回自身：{circle}，请改正其一")
            }
            Self::Upside { code, parent, .. } => {
                format!("{code} 的上级 {parent} 层级不比它高，请改正")
            }
            Self::Notice(error) => error.zh(),
            Self::OtherRoot { found, wanted } => {
                format!("最上一级是 {found}，city.toml 写的是 {wanted}，请改正其一")
            }
            Self::NoFate(code) => {
                format!("旧名单中的 {code} 没有去向；去向不明的请写“{code},,unknown”")
            }
            Self::Stranger { code, list } => format!("{list} 中没有 {code}，请核对代码"),
            Self::Contradiction { kind, because } => {
                format!("变更“{kind}”与两份名单不符（{because}）")
            }
            Self::Change(text) => {
                format!("“{text}”不是变更种类，请写 unchanged、recoded、renamed、merged 或 unknown")
            }
            Self::Date(text) => format!("“{text}”不是日期，请写成 2013-10-01 的样子"),
            Self::DayKind(text) => format!("“{text}”不是日子的种类，请写 holiday 或 makeup"),
            Self::DateTwice { date, first } => {
                format!("{date} 在第 {first} 行已经出现，请删去一行")
            }
            Self::MakeupOnWeekday { date, weekday } => {
                NoticeError::MakeUpOnWeekday { date: *date, weekday: *weekday }.zh()
            }
            Self::YearMissing(year) => {
                format!("缺少 {year} 年，而前后年份都有；请补上该年的放假通知")
            }
            Self::Json(why) => format!("内容格式有误（{why}）"),
            Self::Item { id, field, why } => format!("事项 {id} 的 {field} 有误（{why}）"),
            Self::NoRows => "没有内容，请至少写一行".to_owned(),
        }
    }
}

/// Returns the tier as it is written in the files.
pub(crate) const fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Township => "township",
        Tier::County => "county",
        Tier::City => "city",
    }
}

const fn weekday_name(weekday: Weekday) -> &'static str {
    match weekday {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}
