//! 屏幕、取号机: browsers in the hall at which nobody is signed in.
//!
//! Whoever opens one signs in there and gives the sign-in away for one that is good for a single
//! page, so that nothing of theirs is left on a machine that everybody can touch.

use data_encoding::HEXLOWER;
use rand_core::Rng;
use serde::{Deserialize, Serialize};
use tongban_protocol::time::Timestamp;

use super::error::AccountsError;
use super::file::SessionRecord;
use super::ledger::Act;
use super::{Accounts, hash, random};

/// How long a machine in the hall may show its page, in milliseconds: then somebody of the centre
/// must open it again.
pub const DEVICE_MS: i64 = 90 * 24 * 3_600_000;

/// The characters of a name by which one is closed.
const ID_CHARS: usize = 12;

/// What a browser in the hall is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// 叫号屏: shows who is called.
    Screen,
    /// 取号机: gives tickets.
    Kiosk,
}

impl Device {
    /// The word for the page.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Screen => "叫号屏",
            Self::Kiosk => "取号机",
        }
    }

    /// The word for scripts and English pages.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Screen => "screen",
            Self::Kiosk => "kiosk",
        }
    }

    /// The page that it is for.
    #[must_use]
    pub const fn page(self) -> &'static str {
        match self {
            Self::Screen => "/queue/hall",
            Self::Kiosk => "/queue/kiosk",
        }
    }

    /// Whether it may ask for a path: its own page, and what that page asks for. Nothing else.
    #[must_use]
    pub fn reaches(self, is_read: bool, path: &str) -> bool {
        match self {
            Self::Screen => is_read && matches!(path, "/queue/hall" | "/queue/hall/now"),
            Self::Kiosk => path == "/queue/kiosk" || (is_read && path == "/queue/kiosk/slip"),
        }
    }
}

/// The sign-in of a browser in the hall.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct DeviceSession {
    /// By which it is closed.
    pub id: String,
    /// What it is for.
    pub device: Device,
    /// Who opened it.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// What each form of it carries; only where the browser itself is asked.
    pub form_key: String,
}

impl Accounts {
    /// Ends a clerk's sign-in and gives that browser one for a single page, which is returned.
    ///
    /// # Errors
    ///
    /// [`AccountsError::Unknown`] where nobody is signed in so; [`AccountsError::Disk`].
    pub fn open_device(
        &self,
        now: Timestamp,
        rng: &mut impl Rng,
        clerk_token: &str,
        device: Device,
    ) -> Result<String, AccountsError> {
        let clerk = self.session(now, clerk_token);
        let by = clerk.ok_or_else(|| AccountsError::Unknown(device.en().to_owned()))?.name;
        let (token, ended) = (HEXLOWER.encode(&random::<32>(rng)), hash(clerk_token));
        self.change(|state| {
            let sessions = &mut state.kept.sessions;
            sessions.retain(|session| session.token != ended);
            sessions.push(SessionRecord {
                token: hash(&token),
                name: by.clone(),
                since: now,
                device: Some(device),
            });
            Ok(())
        })?;
        self.ledger.note(now, Act::OpenDevice, device.zh(), &by)?;
        Ok(token)
    }

    /// The browser of the hall that keeps `token`; none where it is unknown, closed, or too old.
    #[must_use]
    pub fn device(&self, now: Timestamp, token: &str) -> Option<DeviceSession> {
        let hashed = hash(token);
        let devices = self.devices_where(now, |session| session.token == hashed);
        let form_key = hash(&format!("form {token}"));
        devices.into_iter().next().map(|device| DeviceSession { form_key, ..device })
    }

    /// Every browser of the hall, the longest open first.
    #[must_use]
    pub fn devices(&self, now: Timestamp) -> Vec<DeviceSession> {
        self.devices_where(now, |_| true)
    }

    fn devices_where(
        &self,
        now: Timestamp,
        is_asked: impl Fn(&SessionRecord) -> bool,
    ) -> Vec<DeviceSession> {
        let state = self.lock();
        let is_kept = |session: &&SessionRecord| {
            let account = state.kept.accounts.get(&session.name);
            is_asked(session) && session.is_open(now) && account.is_some_and(|it| !it.is_closed)
        };
        let found = state.kept.sessions.iter().filter(is_kept).filter_map(|session| {
            Some(DeviceSession {
                id: device_id(session),
                device: session.device?,
                by: session.name.clone(),
                since: session.since,
                form_key: String::new(),
            })
        });
        found.collect()
    }

    /// Closes a browser of the hall.
    ///
    /// # Errors
    ///
    /// [`AccountsError::Unknown`] where there is none of that name; [`AccountsError::Disk`].
    pub fn close_device(&self, now: Timestamp, id: &str, by: &str) -> Result<(), AccountsError> {
        let mut closed = None;
        self.change(|state| {
            let sessions = &mut state.kept.sessions;
            let at = sessions.iter().position(|it| it.device.is_some() && device_id(it) == id);
            let at = at.ok_or_else(|| AccountsError::Unknown(id.chars().take(60).collect()))?;
            closed = sessions.remove(at).device;
            Ok(())
        })?;
        self.ledger.note(now, Act::CloseDevice, closed.map_or("", Device::zh), by)
    }
}

fn device_id(session: &SessionRecord) -> String {
    session.token.chars().take(ID_CHARS).collect()
}
