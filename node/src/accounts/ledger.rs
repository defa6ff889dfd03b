//! What was done with the accounts: one line each, appended and synced.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tongban_protocol::time::Timestamp;

use super::error::AccountsError;

/// How long the file may grow, in bytes; then it is put aside and a new one begun.
const LEDGER_BYTES_MAX: u64 = 4 << 20;

/// What was done.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// 初始设置: the first administrator was made.
    SetUp,
    /// 邀请: somebody was given a one-time link.
    Invite,
    /// 设密码.
    SetPassword,
    /// 登录.
    SignIn,
    /// 登录被拒.
    Refuse,
    /// 锁定: refused once too often.
    Lock,
    /// 退出.
    SignOut,
    /// 停用.
    Close,
    /// 发令牌.
    IssueToken,
    /// 收回令牌.
    CloseToken,
    /// 开屏幕、取号机: a browser in the hall was opened.
    OpenDevice,
    /// 关屏幕、取号机.
    CloseDevice,
}

impl Act {
    /// The words for the page.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::SetUp => ("初始设置", "set up"),
            Self::Invite => ("邀请", "invited"),
            Self::SetPassword => ("设密码", "password set"),
            Self::SignIn => ("登录", "signed in"),
            Self::Refuse => ("登录被拒", "refused"),
            Self::Lock => ("锁定", "locked"),
            Self::SignOut => ("退出", "signed out"),
            Self::Close => ("停用", "closed"),
            Self::IssueToken => ("发令牌", "token issued"),
            Self::CloseToken => ("收回令牌", "token closed"),
            Self::OpenDevice => ("大厅设备开通", "hall page opened"),
            Self::CloseDevice => ("大厅设备关闭", "hall page closed"),
        }
    }
}

/// One line of it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Line {
    /// When.
    pub at: Timestamp,
    /// What.
    pub act: Act,
    /// With which account or token; of an unknown one its beginning.
    pub name: String,
    /// By whom, where that is somebody else.
    pub by: String,
}

/// The file.
#[derive(Debug)]
pub(super) struct Ledger {
    path: PathBuf,
    writing: Mutex<()>,
}

impl Ledger {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path, writing: Mutex::new(()) }
    }

    pub(super) fn note(
        &self,
        at: Timestamp,
        act: Act,
        name: &str,
        by: &str,
    ) -> Result<(), AccountsError> {
        let name: String = name.chars().take(60).collect();
        let line = Line { at, act, name, by: by.to_owned() };
        let mut text = serde_json::to_string(&line).unwrap_or_default();
        text.push('\n');
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let append = || {
            if self.path.metadata().is_ok_and(|it| it.len() > LEDGER_BYTES_MAX) {
                std::fs::rename(&self.path, self.path.with_extension(format!("log.{}", at.0)))?;
            }
            let mut file =
                OpenOptions::new().create(true).append(true).mode(0o600).open(&self.path)?;
            file.write_all(text.as_bytes())?;
            file.sync_data()
        };
        append().map_err(|source| AccountsError::Disk { path: self.path.clone(), source })
    }

    /// The newest lines first; one that a crash cut off is passed over.
    pub(super) fn newest(&self, count_max: usize) -> Result<Vec<Line>, AccountsError> {
        let text = match std::fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => {
                other.map_err(|source| AccountsError::Disk { path: self.path.clone(), source })?
            }
        };
        let lines = text.lines().rev().filter_map(|line| serde_json::from_str(line).ok());
        Ok(lines.take(count_max).collect())
    }
}
