//! What can be wrong with accounts, as it is said to the person.

use std::path::PathBuf;

use tongban_protocol::time::Timestamp;

use super::password::PasswordFault;
use crate::membership::{MembershipError, remedy};

/// Why an account was not made or changed; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The name is none.
    #[error("a name has 1 to {chars_max} characters, and no line breaks")]
    Name {
        /// The bound.
        chars_max: usize,
    },
    /// The password will not do.
    #[error(transparent)]
    Password(#[from] PasswordFault),
    /// The one-time link is worth nothing.
    #[error("this link is unknown, was used, or is too old; ask the administrator for a new one")]
    NoSuchLink,
    /// Nobody has such an account.
    #[error("there is no account or token `{0}`")]
    Unknown(String),
    /// Nobody could keep the accounts any more.
    #[error("this is the last administrator who can sign in; make another one first")]
    LastAdministrator,
    /// There are enough.
    #[error("there are {count_max} already; close some first")]
    TooMany {
        /// The bound.
        count_max: usize,
    },
    /// The file is not what was written.
    #[error(
        "{path} cannot be understood: {why}; restore it, or move it away to set accounts up anew"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The disk does not let us.
    #[error("{path}: {source}; {remedy}", remedy = remedy(source))]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The same, when a file is written whole.
    #[error(transparent)]
    Write(#[from] MembershipError),
}

impl AccountsError {
    /// The same for the page, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Name { chars_max } => format!("姓名须为 1 至 {chars_max} 字，不能换行"),
            Self::Password(fault) => fault.zh(),
            Self::NoSuchLink => "此链接无效、已用过或已过期；请向管理员要新的链接".to_owned(),
            Self::Unknown(name) => format!("没有账号或令牌“{name}”"),
            Self::LastAdministrator => "这是最后一位能登录的管理员；请先设另一位管理员".to_owned(),
            Self::TooMany { count_max } => format!("已有 {count_max} 个；请先停用一些"),
            Self::Malformed { path, .. } => {
                format!("{} 无法读懂；请从备份恢复，或移开后重新设置账号", path.display())
            }
            Self::Disk { .. } | Self::Write(_) => format!("磁盘写入失败，未保存：{self}"),
        }
    }
}

/// Why somebody was not signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Name or password is wrong.
    #[error("name or password is wrong; after five wrong ones the account is locked for a while")]
    Wrong,
    /// Too many wrong passwords came.
    #[error("too many wrong passwords: this account is locked until {until}")]
    Locked {
        /// Until when.
        until: Timestamp,
    },
    /// The sign-in could not be kept.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
}

impl SignInError {
    /// The same for the page, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Wrong => "姓名或密码不对；连错五次账号将锁定一段时间".to_owned(),
            Self::Locked { until } => {
                format!("密码连错过多，账号锁定至 {}", until.to_minute())
            }
            Self::Accounts(error) => error.zh(),
        }
    }
}
