//! 账号: who may sign in at this machine, and how that is proved.
//!
//! Accounts rest in a file beside the store, as the membership does: a password must not travel in
//! a journal, and an office must be able to sign in while its store is set aside. Who works at the
//! centre, in which role, with whom as partner and until when is a post ([`crate::posts`]), which
//! is signed and travels; the account of the same name only proves that it is them. Programs have
//! tokens with a scope instead of a password, and whoever may read the data directory has the
//! operator's.
//!
//! What is **not** here: cookies and pages, and what a role may do, which is the law's.

mod device;
mod error;
mod file;
mod ledger;
mod password;
mod scope;
mod session;
#[cfg(test)]
mod tests;
mod token;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use data_encoding::BASE32_NOPAD;
use rand_core::Rng;
use tongban_protocol::hash::Sha;
use tongban_protocol::time::Timestamp;

use self::file::{AccountRecord, AccountsV1, Invitation};
use self::ledger::Ledger;
use crate::membership::{MembershipError, write_whole};

pub use device::{DEVICE_MS, Device, DeviceSession};
pub use error::{AccountsError, SignInError};
pub use ledger::{Act, Line};
pub use password::{PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, PasswordFault};
pub use scope::{Scope, needed};

/// How long one sign-in lasts, in milliseconds: a shift and some more.
pub const SESSION_MS: i64 = 12 * 3_600_000;

/// How long a one-time link may be used, in milliseconds.
pub const INVITATION_MS: i64 = 72 * 3_600_000;

/// Wrong passwords in a row until an account is locked.
pub const FAILURES_MAX: u32 = 5;

/// How long it is locked then, in milliseconds.
pub const LOCK_MS: i64 = 15 * 60_000;

/// Accounts of one machine.
const ACCOUNTS_MAX: usize = 500;

/// Sign-ins that are remembered; the oldest gives way.
const SESSIONS_MAX: usize = 1_000;

/// Tokens of programs.
const TOKENS_MAX: usize = 100;

/// Longest name, in characters.
pub const NAME_CHARS_MAX: usize = 60;

/// Somebody who is signed in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Session {
    /// The account's name: the one under which they record.
    pub name: String,
    /// True for whoever keeps the accounts.
    pub administers: bool,
    /// What each form of this sign-in carries, so that no foreign page can send one.
    pub form_key: String,
    /// Since when.
    pub since: Timestamp,
}

/// An account as the administrator sees it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountLine {
    /// The name.
    pub name: String,
    /// True for whoever keeps the accounts.
    pub administers: bool,
    /// False until a password was set.
    pub has_password: bool,
    /// Until when a one-time link may be used, where one is open.
    pub invited_until: Option<Timestamp>,
    /// Until when it is locked, where it is.
    pub locked_until: Option<Timestamp>,
    /// True where nobody may sign in with it any more.
    pub is_closed: bool,
}

/// The accounts, sign-ins and tokens of one machine.
#[derive(Debug)]
pub struct Accounts {
    path: PathBuf,
    ledger: Ledger,
    /// None where it could not be left in the data directory.
    operator: Option<String>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    kept: AccountsV1,
    /// The code with which the first administrator is made; only while there is none.
    first: Option<String>,
}

impl Accounts {
    /// Reads the accounts of a data directory, and leaves the operator's token there if it has none.
    ///
    /// A disk that takes no more keeps nobody out: then there is no new token.
    ///
    /// # Errors
    ///
    /// [`AccountsError`] says which file cannot be read.
    pub fn open(data_dir: &Path, rng: &mut impl Rng) -> Result<Self, AccountsError> {
        let path = data_dir.join("accounts.json");
        let kept = AccountsV1::read(&path)?;
        let operator = operator_token(data_dir).ok().filter(|token| token.starts_with(OPERATOR));
        let operator = operator.or_else(|| leave_token(data_dir, rng));
        let first = kept.accounts.is_empty().then(|| secret(rng));
        let ledger = Ledger::new(data_dir.join("accounts.log"));
        Ok(Self { path, ledger, operator, state: Mutex::new(State { kept, first }) })
    }

    /// The code of the one-time link that makes the first administrator; none once there is one.
    #[must_use]
    pub fn first_code(&self) -> Option<String> {
        self.lock().first.clone()
    }

    /// Makes the first administrator.
    ///
    /// # Errors
    ///
    /// [`AccountsError::NoSuchLink`] for a wrong code or once there is one; else what is wrong with
    /// name or password.
    pub fn set_up(
        &self,
        now: Timestamp,
        rng: &mut impl Rng,
        code: &str,
        (name, password): (&str, &str),
    ) -> Result<(), AccountsError> {
        let name = checked_name(name)?;
        let hashed = password::hash(&name, password, rng)?;
        self.change(|state| {
            if state.first.as_deref() != Some(code) || !state.kept.accounts.is_empty() {
                return Err(AccountsError::NoSuchLink);
            }
            let account = AccountRecord {
                password: Some(hashed),
                administers: true,
                ..AccountRecord::default()
            };
            state.kept.accounts.insert(name.clone(), account);
            Ok(())
        })?;
        self.lock().first = None;
        self.ledger.note(now, Act::SetUp, &name, "")
    }

    /// Says what would keep [`Self::invite`] from making or opening an account, besides the disk.
    ///
    /// # Errors
    ///
    /// What is wrong with the name; [`AccountsError::TooMany`].
    pub fn check_invitation(&self, name: &str) -> Result<(), AccountsError> {
        let name = checked_name(name)?;
        room(&self.lock().kept, &name)
    }

    /// Makes an account, or lets somebody who has one choose a new password: by a one-time code,
    /// which is returned. An account that was closed is open again.
    ///
    /// # Errors
    ///
    /// What is wrong with the name; [`AccountsError::TooMany`].
    pub fn invite(
        &self,
        now: Timestamp,
        rng: &mut impl Rng,
        (name, by): (&str, &str),
        administers: Option<bool>,
    ) -> Result<String, AccountsError> {
        let name = checked_name(name)?;
        let code = secret(rng);
        self.change(|state| {
            room(&state.kept, &name)?;
            let account = state.kept.accounts.entry(name.clone()).or_default();
            let until = Timestamp(now.0.saturating_add(INVITATION_MS));
            account.invitation = Some(Invitation { code: hash(&code), until });
            account.is_closed = false;
            account.administers = administers.unwrap_or(account.administers);
            Ok(())
        })?;
        self.ledger.note(now, Act::Invite, &name, by)?;
        Ok(code)
    }

    /// Whom a one-time code invites; none where it is unknown, used, or too old.
    #[must_use]
    pub fn invited(&self, now: Timestamp, code: &str) -> Option<String> {
        let hash = hash(code);
        let state = self.lock();
        let mut accounts = state.kept.accounts.iter();
        let found = accounts.find(|(_, it)| it.is_invited(now, &hash))?;
        Some(found.0.clone())
    }

    /// Sets the password of whom the code invites, ends their sign-ins, and returns the name.
    ///
    /// # Errors
    ///
    /// [`AccountsError::NoSuchLink`], or what is wrong with the password.
    pub fn accept(
        &self,
        now: Timestamp,
        rng: &mut impl Rng,
        code: &str,
        password: &str,
    ) -> Result<String, AccountsError> {
        let name = self.invited(now, code).ok_or(AccountsError::NoSuchLink)?;
        let hashed = password::hash(&name, password, rng)?;
        let hash = hash(code);
        self.change(|state| {
            let account = state.kept.accounts.get_mut(&name);
            let account = account.filter(|it| it.is_invited(now, &hash));
            let account = account.ok_or(AccountsError::NoSuchLink)?;
            account.password = Some(hashed);
            account.invitation = None;
            (account.failures, account.locked_until) = (0, None);
            state.kept.sessions.retain(|session| session.name != name);
            Ok(())
        })?;
        self.ledger.note(now, Act::SetPassword, &name, "")?;
        Ok(name)
    }

    /// Closes an account and ends its sign-ins; the last administrator's stays open.
    ///
    /// # Errors
    ///
    /// [`AccountsError::Unknown`], [`AccountsError::LastAdministrator`].
    pub fn close(&self, now: Timestamp, name: &str, by: &str) -> Result<(), AccountsError> {
        self.change(|state| {
            let others = |(other, it): (&String, &AccountRecord)| {
                other != name && it.administers && !it.is_closed && it.password.is_some()
            };
            let has_other = state.kept.accounts.iter().any(others);
            let account = state.kept.accounts.get_mut(name);
            let account = account.ok_or_else(|| AccountsError::Unknown(name.to_owned()))?;
            if account.administers && !has_other {
                return Err(AccountsError::LastAdministrator);
            }
            (account.is_closed, account.invitation) = (true, None);
            state.kept.sessions.retain(|session| session.name != name);
            Ok(())
        })?;
        self.ledger.note(now, Act::Close, name, by)
    }

    /// Every account, by name.
    #[must_use]
    pub fn list(&self, now: Timestamp) -> Vec<AccountLine> {
        let state = self.lock();
        let line = |(name, account): (&String, &AccountRecord)| AccountLine {
            name: name.clone(),
            administers: account.administers,
            has_password: account.password.is_some(),
            invited_until: account.invitation.as_ref().map(|it| it.until).filter(|it| now < *it),
            locked_until: account.locked_until.filter(|it| now < *it),
            is_closed: account.is_closed,
        };
        state.kept.accounts.iter().map(line).collect()
    }

    /// What was done with the accounts, the newest first.
    ///
    /// # Errors
    ///
    /// [`AccountsError::Disk`].
    pub fn newest(&self, count_max: usize) -> Result<Vec<Line>, AccountsError> {
        self.ledger.newest(count_max)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what is kept, and writes it; nothing is changed where either fails.
    fn change(
        &self,
        change: impl FnOnce(&mut State) -> Result<(), AccountsError>,
    ) -> Result<(), AccountsError> {
        let mut state = self.lock();
        let before = state.kept.clone();
        let done = change(&mut state).and_then(|()| state.kept.write(&self.path));
        if done.is_err() {
            state.kept = before;
        }
        done
    }
}

/// Reads the token that the running service left for whoever may read its data directory.
///
/// # Errors
///
/// [`MembershipError::Disk`].
pub fn operator_token(data_dir: &Path) -> Result<String, MembershipError> {
    let path = operator_path(data_dir);
    std::fs::read_to_string(&path).map_err(|source| MembershipError::Disk { path, source })
}

/// What the operator's token begins with.
const OPERATOR: &str = "TBO-";

fn leave_token(data_dir: &Path, rng: &mut impl Rng) -> Option<String> {
    let token = format!("{OPERATOR}{}", secret(rng));
    match write_whole(&operator_path(data_dir), token.as_bytes(), 0o600) {
        Ok(()) => Some(token),
        Err(error) => {
            tracing::warn!(%error, "commands will not reach this service while it runs");
            None
        }
    }
}

fn operator_path(data_dir: &Path) -> PathBuf {
    data_dir.join("operator.token")
}

fn room(kept: &AccountsV1, name: &str) -> Result<(), AccountsError> {
    if kept.accounts.len() >= ACCOUNTS_MAX && !kept.accounts.contains_key(name) {
        return Err(AccountsError::TooMany { count_max: ACCOUNTS_MAX });
    }
    Ok(())
}

/// A name without outer blanks, if it can be one of an account.
///
/// # Errors
///
/// [`AccountsError::Name`].
pub(crate) fn checked_name(name: &str) -> Result<String, AccountsError> {
    let name = name.trim();
    let is_odd = name.chars().any(char::is_control);
    if name.is_empty() || is_odd || name.chars().count() > NAME_CHARS_MAX {
        return Err(AccountsError::Name { chars_max: NAME_CHARS_MAX });
    }
    Ok(name.to_owned())
}

fn random<const N: usize>(rng: &mut impl Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill_bytes(&mut bytes);
    bytes
}

/// 160 bits that a person can type.
fn secret(rng: &mut impl Rng) -> String {
    BASE32_NOPAD.encode(&random::<20>(rng))
}

/// Secrets of full strength rest as their hash, without salt: they cannot be guessed.
fn hash(secret: &str) -> String {
    Sha::of(secret.as_bytes()).to_hex()
}
