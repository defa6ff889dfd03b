//! Enrolment tokens: what the city hands to a centre so that one machine may join.

use std::fmt;
use std::str::FromStr;

use data_encoding::{Encoding, Specification};
use minicbor::{Decode, Encode};

use crate::hash::Sha;
use crate::place::Division;
use crate::time::Timestamp;

/// Everything a machine needs to join: printable, with a checksum, good once.
///
/// It prints as `TB1-` and groups of five characters of Crockford's base 32; case, spaces and
/// dashes do not matter when it is read, and `O`, `I`, `L` are taken for `0`, `1`, `1`.
#[derive(Clone, Decode, Encode, Eq, PartialEq)]
pub struct Token {
    /// Where the hub listens, `host:port`.
    #[n(0)]
    pub address: String,
    /// SHA-256 of the root's public key.
    #[n(1)]
    pub root: Sha,
    /// The centre that joins.
    #[n(2)]
    pub centre: Division,
    /// The token is worthless from then on.
    #[n(3)]
    pub expires_at: Timestamp,
    /// Known to the hub and to whoever holds the token.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub secret: [u8; 16],
}

/// Why a text is no usable token.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TokenError {
    /// It does not begin like a token of this version.
    #[error(
        "the token must begin with `TB1-`, not with `{0}`; copy the whole line that `enrol` printed"
    )]
    OtherKind(String),
    /// A character that no token has.
    #[error("the token has `{0}` at character {1}, which no token has; type it again")]
    BadCharacter(char, usize),
    /// The checksum does not fit: mistyped or cut short.
    #[error(
        "the token is mistyped or cut short: its checksum does not fit its {0} characters; copy it again"
    )]
    BadChecksum(usize),
    /// It is past its time.
    #[error("the token expired at {expired_at}, and it is {now}; ask the city for a new one")]
    Expired {
        /// When it ended.
        expired_at: Timestamp,
        /// What the clock says.
        now: Timestamp,
    },
}

const PREFIX: &str = "TB1";
const CHECKSUM_BYTES: usize = 5;

fn base32() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    specification.translate.from.push_str("OILoilabcdefghjkmnpqrstvwxyz");
    specification.translate.to.push_str("011011ABCDEFGHJKMNPQRSTVWXYZ");
    specification.encoding().unwrap_or(data_encoding::BASE32_DNSSEC)
}

impl Token {
    /// Refuses a token whose time is over.
    ///
    /// # Errors
    ///
    /// [`TokenError::Expired`].
    pub fn check_time(&self, now: Timestamp) -> Result<(), TokenError> {
        if now >= self.expires_at {
            return Err(TokenError::Expired { expired_at: self.expires_at, now });
        }
        Ok(())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = minicbor::to_vec(self).map_err(|_| fmt::Error)?;
        let sum = Sha::of(&bytes);
        bytes.extend_from_slice(&sum.0[..CHECKSUM_BYTES]);
        f.write_str(PREFIX)?;
        for group in base32().encode(&bytes).as_bytes().chunks(5) {
            write!(f, "-{}", String::from_utf8_lossy(group))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Token {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({} at {}, until {})", self.centre, self.address, self.expires_at)
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let tight: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let body = tight
            .get(..PREFIX.len())
            .filter(|prefix| prefix.eq_ignore_ascii_case(PREFIX))
            .and_then(|prefix| tight.get(prefix.len()..))
            .ok_or_else(|| TokenError::OtherKind(tight.chars().take(4).collect()))?;
        let chars = body.chars().count();
        let bytes = base32().decode(body.as_bytes()).map_err(|e| {
            match body.get(e.position..).and_then(|rest| rest.chars().next()) {
                Some(c) if e.kind == data_encoding::DecodeKind::Symbol => {
                    TokenError::BadCharacter(c, e.position + PREFIX.len() + 1)
                }
                _ => TokenError::BadChecksum(chars),
            }
        })?;
        let (payload, sum) = bytes
            .len()
            .checked_sub(CHECKSUM_BYTES)
            .and_then(|end| bytes.split_at_checked(end))
            .ok_or(TokenError::BadChecksum(chars))?;
        if sum != &Sha::of(payload).0[..CHECKSUM_BYTES] {
            return Err(TokenError::BadChecksum(chars));
        }
        minicbor::decode(payload).map_err(|_| TokenError::BadChecksum(chars))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token() -> Token {
        Token {
            address: "203.0.113.7:7443".to_owned(),
            root: Sha::of(b"root"),
            centre: "510921103".parse().unwrap(),
            expires_at: Timestamp(1_000),
            secret: [9; 16],
        }
    }

    #[test]
    fn a_token_reads_back_however_it_was_typed() {
        let printed = token().to_string();
        for typed in [
            printed.clone(),
            printed.to_lowercase(),
            printed.replace('-', " "),
            printed.replace('0', "o").replace('1', "l").replacen('l', "1", 1),
        ] {
            assert_eq!(typed.parse::<Token>().unwrap(), token(), "{typed}");
        }
    }

    #[test]
    fn a_token_is_over_at_its_last_instant() {
        assert!(token().check_time(Timestamp(999)).is_ok());
        let late = token().check_time(Timestamp(1_000)).unwrap_err();
        assert!(late.to_string().contains("ask the city for a new one"), "{late}");
    }

    proptest! {
        #[test]
        fn a_mistyped_or_truncated_token_is_never_taken(at in 4_usize..200, with in "[0-9A-Z*é]", cut in 0_usize..200) {
            let printed = token().to_string();
            let mut chars: Vec<char> = printed.chars().collect();
            let at = at % chars.len();
            chars[at] = with.chars().next().unwrap();
            let bent: String = chars.into_iter().collect();
            if let Ok(read) = bent.parse::<Token>() {
                prop_assert_eq!(read, token(), "only look-alikes may pass: {}", bent);
            }
            let cut = cut % printed.len();
            prop_assert!(printed[..cut].parse::<Token>().is_err());
        }
    }
}
