//! Why something was not done with a ticket, in words.

use tongban_protocol::document::EventKind;
use tongban_protocol::queue::{Fault, TicketId};

use crate::replica::ReplicaError;
use crate::service::Closed;

/// Why something was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// This machine gave no such ticket.
    #[error("this machine gave no ticket {0}; a ticket is called where it was taken")]
    NotFound(TicketId),
    /// The rules do not allow it.
    #[error("{0}")]
    Unlawful(Fault),
    /// It is no group of this machine.
    #[error("`{group}` is no business group here; there are {known}")]
    NoSuchGroup {
        /// The start of what was given.
        group: String,
        /// Those that there are.
        known: String,
    },
    /// Every number of the day is given.
    #[error(
        "all {serial_max} numbers of {letter} are given today; add a business group with another letter to the settings (`queue.groups`)"
    )]
    Full {
        /// The letter.
        letter: char,
        /// How many there are.
        serial_max: u16,
    },
    /// There is nobody to be called.
    #[error("nobody waits in these groups")]
    NobodyWaits,
    /// Something was recorded meanwhile.
    #[error("somebody did something with {0} meanwhile; look at it again")]
    Moved(TicketId),
    /// This does not happen to a ticket that was called.
    #[error("`{}` is nothing that happens to a ticket that was called", .0.en())]
    NoStep(EventKind),
    /// The case is one of this centre's, and there is none of that number.
    #[error("this centre has no case `{0}`")]
    NoSuchCase(String),
    /// The window has no name, or one that fits no screen.
    #[error("name the window with 1 to {chars_max} characters, such as 3")]
    Window {
        /// The bound.
        chars_max: usize,
    },
    /// Nobody is named.
    #[error("`by` is empty; everything that happens to a ticket needs it")]
    Nameless,
    /// The span of days is none, or too long.
    #[error("the days must be in order, and at most {days_max} at once")]
    Span {
        /// The bound.
        days_max: usize,
    },
    /// The replica refused, or its store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The service has stopped; whether it was saved is not known.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl QueueError {
    /// The same for the page, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::NotFound(id) => format!("本机没有发过 {id} 号；号在哪台机器取，就在哪台叫"),
            Self::Unlawful(fault) => fault.zh(),
            Self::NoSuchGroup { group, known } => {
                format!("本机没有业务组“{group}”；现有：{known}")
            }
            Self::Full { letter, serial_max } => format!(
                "今日 {letter} 的 {serial_max} 个号已发完；请在设置 queue.groups 中加一个字母的业务组"
            ),
            Self::NobodyWaits => "所选业务组现在没有人等候".to_owned(),
            Self::Moved(id) => format!("{} 号刚被别人操作过，请再看一眼", id.number),
            Self::NoStep(kind) => format!("“{}”不是对已叫的号做的操作", kind.zh()),
            Self::NoSuchCase(case) => format!("本中心没有办件 {case}，请核对编号"),
            Self::Window { chars_max } => format!("请填窗口名称，1 至 {chars_max} 字，如 3"),
            Self::Nameless => "须写明经办人".to_owned(),
            Self::Span { days_max } => format!("日期须先后有序，一次最多 {days_max} 天"),
            Self::Replica(_) | Self::Closed(_) => format!("未保存：{self}"),
        }
    }
}
