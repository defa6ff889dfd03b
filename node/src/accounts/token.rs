//! 令牌: what programs show instead of a password.

use rand_core::Rng;
use tongban_protocol::time::Timestamp;

use super::error::AccountsError;
use super::file::TokenRecord;
use super::ledger::Act;
use super::scope::Scope;
use super::{Accounts, TOKENS_MAX, checked_name, hash, secret};

impl Accounts {
    /// Gives a program a token, which is returned and kept nowhere. A name names one token; the
    /// one before is worth nothing then.
    ///
    /// # Errors
    ///
    /// What is wrong with the name; [`AccountsError::TooMany`].
    pub fn issue_token(
        &self,
        now: Timestamp,
        rng: &mut impl Rng,
        (program, by): (&str, &str),
        (scope, until): (Scope, Timestamp),
    ) -> Result<String, AccountsError> {
        let program = checked_name(program)?;
        let token = format!("TBK-{}", secret(rng));
        self.change(|state| {
            let tokens = &mut state.kept.tokens;
            if tokens.len() >= TOKENS_MAX && !tokens.contains_key(&program) {
                return Err(AccountsError::TooMany { count_max: TOKENS_MAX });
            }
            tokens.insert(program.clone(), TokenRecord { token: hash(&token), scope, until });
            Ok(())
        })?;
        self.ledger.note(now, Act::IssueToken, &program, by)?;
        Ok(token)
    }

    /// Takes a program's token back.
    ///
    /// # Errors
    ///
    /// [`AccountsError::Unknown`].
    pub fn close_token(
        &self,
        now: Timestamp,
        program: &str,
        by: &str,
    ) -> Result<(), AccountsError> {
        self.change(|state| {
            let gone = state.kept.tokens.remove(program);
            gone.map(|_| ()).ok_or_else(|| AccountsError::Unknown(program.to_owned()))
        })?;
        self.ledger.note(now, Act::CloseToken, program, by)
    }

    /// The programs with a token: name, scope, and until when.
    #[must_use]
    pub fn tokens(&self) -> Vec<(String, Scope, Timestamp)> {
        let state = self.lock();
        let tokens = state.kept.tokens.iter();
        tokens.map(|(name, token)| (name.clone(), token.scope, token.until)).collect()
    }

    /// What whoever shows `token` may do; none where it is unknown or too old.
    #[must_use]
    pub fn scope(&self, now: Timestamp, token: &str) -> Option<Scope> {
        let hashed = hash(token);
        if self.operator.as_ref().is_some_and(|operator| hashed == hash(operator)) {
            return Some(Scope::Office);
        }
        let state = self.lock();
        let mut tokens = state.kept.tokens.values();
        tokens.find(|it| it.token == hashed && now < it.until).map(|it| it.scope)
    }
}
