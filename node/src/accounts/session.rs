//! Signing in, who is signed in, and signing out.

use data_encoding::HEXLOWER;
use rand_core::Rng;
use tongban_protocol::time::Timestamp;

use super::error::{AccountsError, SignInError};
use super::file::SessionRecord;
use super::ledger::Act;
use super::{Accounts, FAILURES_MAX, LOCK_MS, SESSIONS_MAX, Session, hash, password, random};

impl Accounts {
    /// Signs somebody in and returns what their browser keeps. Takes some 30 ms of processor, on
    /// purpose; async code calls it on a thread that may block.
    ///
    /// # Errors
    ///
    /// [`SignInError`], which does not tell a wrong name from a wrong password.
    pub fn sign_in(
        &self,
        now: Timestamp,
        rng: &mut impl Rng,
        name: &str,
        password: &str,
    ) -> Result<String, SignInError> {
        let name = name.trim();
        let hashed = {
            let state = self.lock();
            let account = state.kept.accounts.get(name).filter(|account| !account.is_closed);
            if let Some(until) = account.and_then(|it| it.locked_until).filter(|it| now < *it) {
                return Err(SignInError::Locked { until });
            }
            account.and_then(|account| account.password.clone())
        };
        if !password::verify(password, hashed.as_deref()) {
            self.note_failure(now, name)?;
            return Err(SignInError::Wrong);
        }
        let token = HEXLOWER.encode(&random::<32>(rng));
        {
            let mut state = self.lock();
            if let Some(account) = state.kept.accounts.get_mut(name) {
                (account.failures, account.locked_until) = (0, None);
            }
            let sessions = &mut state.kept.sessions;
            sessions.retain(|session| session.is_open(now));
            if sessions.len() >= SESSIONS_MAX {
                sessions.remove(0);
            }
            sessions.push(SessionRecord {
                token: hash(&token),
                name: name.to_owned(),
                since: now,
                device: None,
            });
            // On a full disk people must still be able to read; the sign-in ends with the service.
            if let Err(error) = state.kept.write(&self.path) {
                tracing::warn!(%error, "a sign-in is in memory only");
            }
        }
        if let Err(error) = self.ledger.note(now, Act::SignIn, name, "") {
            tracing::warn!(%error, name, "a sign-in was not noted");
        }
        Ok(token)
    }

    fn note_failure(&self, now: Timestamp, name: &str) -> Result<(), AccountsError> {
        let mut is_locked = false;
        if self.lock().kept.accounts.contains_key(name) {
            self.change(|state| {
                let Some(account) = state.kept.accounts.get_mut(name) else { return Ok(()) };
                account.failures += 1;
                if account.failures >= FAILURES_MAX {
                    account.failures = 0;
                    account.locked_until = Some(Timestamp(now.0.saturating_add(LOCK_MS)));
                    is_locked = true;
                }
                Ok(())
            })?;
        }
        self.ledger.note(now, if is_locked { Act::Lock } else { Act::Refuse }, name, "")
    }

    /// Who is signed in with what a browser keeps.
    #[must_use]
    pub fn session(&self, now: Timestamp, token: &str) -> Option<Session> {
        let hashed = hash(token);
        let state = self.lock();
        let mut sessions = state.kept.sessions.iter();
        let is_it = |it: &&SessionRecord| it.token == hashed && it.device.is_none();
        let session = sessions.find(is_it).filter(|it| it.is_open(now))?;
        let account = state.kept.accounts.get(&session.name).filter(|it| !it.is_closed)?;
        Some(Session {
            name: session.name.clone(),
            administers: account.administers,
            form_key: hash(&format!("form {token}")),
            since: session.since,
        })
    }

    /// Ends a sign-in.
    ///
    /// # Errors
    ///
    /// [`AccountsError::Disk`].
    pub fn sign_out(&self, now: Timestamp, token: &str) -> Result<(), AccountsError> {
        let Some(session) = self.session(now, token) else { return Ok(()) };
        let hashed = hash(token);
        self.change(|state| {
            state.kept.sessions.retain(|session| session.token != hashed);
            Ok(())
        })?;
        self.ledger.note(now, Act::SignOut, &session.name, "")
    }
}
