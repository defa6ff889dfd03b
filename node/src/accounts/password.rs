//! Passwords: what will do, and how they rest.

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand_core::Rng;

/// Shortest password, in characters.
pub const PASSWORD_CHARS_MIN: usize = 8;

/// Longest password, in characters: a bound on the work of one sign-in.
pub const PASSWORD_CHARS_MAX: usize = 200;

/// Why a password will not do.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum PasswordFault {
    /// It is too short or too long.
    #[error("a password has {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters, not {0}")]
    Length(usize),
    /// It is the name, or one character again and again.
    #[error("that password is the first that anybody would try; choose another")]
    Obvious,
    /// It could not be hashed.
    #[error("the password could not be taken; choose another")]
    Unusable,
}

impl PasswordFault {
    /// The same for the page, in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::Length(chars) => format!(
                "密码须为 {PASSWORD_CHARS_MIN} 至 {PASSWORD_CHARS_MAX} 个字符，现为 {chars} 个"
            ),
            Self::Obvious => "此密码太容易猜中，请换一个".to_owned(),
            Self::Unusable => "此密码无法使用，请换一个".to_owned(),
        }
    }
}

/// Hashes a password with Argon2id (RFC 9106) and a salt of its own, as a PHC string.
pub(super) fn hash(
    name: &str,
    password: &str,
    rng: &mut impl Rng,
) -> Result<String, PasswordFault> {
    let chars = password.chars().count();
    if !(PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&chars) {
        return Err(PasswordFault::Length(chars));
    }
    let mut rest = password.chars();
    let is_monotone = rest.next().is_some_and(|first| rest.all(|other| other == first));
    if is_monotone || password.eq_ignore_ascii_case(name) || password.starts_with("12345678") {
        return Err(PasswordFault::Obvious);
    }
    let mut salt = [0; 16];
    rng.fill_bytes(&mut salt);
    let hashed = Argon2::default().hash_password_with_salt(password.as_bytes(), &salt);
    hashed.map(|hashed| hashed.to_string()).map_err(|_| PasswordFault::Unusable)
}

/// Whether a password is the one that was hashed. Nobody's takes as long as somebody's, so that the
/// time does not tell which names there are.
pub(super) fn verify(password: &str, hashed: Option<&str>) -> bool {
    let is_long = password.chars().count() > PASSWORD_CHARS_MAX;
    let password = if is_long { "" } else { password };
    let is_it = Argon2::default().verify_password(password.as_bytes(), hashed.unwrap_or(NOBODY));
    is_it.is_ok() && hashed.is_some() && !is_long
}

/// The hash of a password that nobody has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
