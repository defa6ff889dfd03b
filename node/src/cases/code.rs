//! 查询码: by which whoever applied asks after a case, and rates it, away from the window.
//!
//! A code follows from the key of the machine that took the case and from the case's name, so that
//! it rests nowhere and that machine can print it again. The case carries what only the code gives:
//! whoever has the code can be recognised wherever the case is held, and nobody reads it off.

use std::fmt;
use std::str::FromStr;

use tongban_protocol::document::DocumentId;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::SigningKey;
use tongban_protocol::value::Value;

use crate::replica::{CaseFile, Member};

/// The field of the form by which a code is recognised; it is shown nowhere.
pub const QUERY_CODE: &str = "query_code";

/// Characters of a code: forty bits, so that a guess hits once in a million million.
pub const QUERY_CODE_CHARS: usize = 8;

/// Digits and letters without those that are read as another: no I, L, O and U.
const LETTERS: [u8; 32] = *b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

const OF_CODES: &[u8] = b"tongban-query-code\0";
const OF_MARKS: &[u8] = b"tongban-query-mark\0";

/// A code, as it was printed or as somebody typed it.
#[derive(Clone, Eq, PartialEq)]
pub struct QueryCode(String);

/// Why a text is no code.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a query code has {QUERY_CODE_CHARS} digits and letters, such as 7KQ2-M0XD")]
pub struct QueryCodeError;

impl QueryCodeError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        format!("查询码为 {QUERY_CODE_CHARS} 位数字和字母，形如 7KQ2-M0XD，见收件凭证")
    }
}

impl QueryCode {
    /// The code of a case that the machine with this key took.
    pub(super) fn of(key: &SigningKey, case: DocumentId) -> Self {
        Self(letters(OF_CODES, &[&key.to_seed(), case.to_string().as_bytes()]))
    }

    /// What a case carries by which its code is recognised.
    pub(super) fn mark(&self, case: DocumentId) -> String {
        letters(OF_MARKS, &[self.0.as_bytes(), &[0], case.to_string().as_bytes()])
    }

    /// True when this is the code of a case.
    #[must_use]
    pub fn opens(&self, file: &CaseFile) -> bool {
        let mark = file.view.form.get(QUERY_CODE).and_then(Value::as_text);
        mark.is_some_and(|mark| mark == self.mark(file.id))
    }
}

/// The code of a case, to be printed; `None` where another machine took it, or one that gave no
/// codes yet.
#[must_use]
pub fn query_code(member: &Member, file: &CaseFile) -> Option<QueryCode> {
    Some(QueryCode::of(&member.key, file.id)).filter(|code| code.opens(file))
}

/// The first forty bits of a hash, five to a letter.
fn letters(of: &[u8], parts: &[&[u8]]) -> String {
    let hash = Sha::of(&[of, &parts.concat()].concat());
    let bits = hash.0[..5].iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let five = |at: usize| usize::try_from(bits >> (35 - 5 * at) & 31).unwrap_or_default();
    let letter = |at: usize| char::from(LETTERS[five(at)]);
    (0..QUERY_CODE_CHARS).map(letter).collect()
}

/// In two halves, as it is printed.
impl fmt::Display for QueryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = self.0.split_at(QUERY_CODE_CHARS / 2);
        write!(f, "{one}-{other}")
    }
}

/// No log has a code.
impl fmt::Debug for QueryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueryCode(…)")
    }
}

/// Reads a code as people type it: in any case, with or without the hyphen, and with O for 0.
impl FromStr for QueryCode {
    type Err = QueryCodeError;

    fn from_str(typed: &str) -> Result<Self, QueryCodeError> {
        let plain = typed.chars().filter(|char| !char.is_whitespace() && *char != '-');
        let meant = plain.map(|char| match char.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            char => char,
        });
        let code: String = meant.take(QUERY_CODE_CHARS + 1).collect();
        let is_known = |byte: u8| LETTERS.contains(&byte);
        let is_whole = code.len() == QUERY_CODE_CHARS && code.bytes().all(is_known);
        is_whole.then_some(Self(code)).ok_or(QueryCodeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(ulid: u128) -> DocumentId {
        DocumentId::case("510921103".parse().unwrap(), ulid::Ulid(ulid))
    }

    #[test]
    fn a_code_follows_from_key_and_case_and_from_nothing_else() {
        let [one, other] = [1, 2].map(|seed| SigningKey::from_seed([seed; 32]));
        let code = QueryCode::of(&one, case(7));
        // Receipts that were printed stay good: this never changes.
        assert_eq!(code.to_string(), "G5ZC-220C");
        assert_eq!(code.mark(case(7)), "R7TFEH5D");
        assert_eq!(code, QueryCode::of(&one, case(7)));
        assert_ne!(code, QueryCode::of(&one, case(8)));
        assert_ne!(code, QueryCode::of(&other, case(7)));
        assert_ne!(code.mark(case(7)), code.mark(case(8)));
        assert_eq!(format!("{code:?}"), "QueryCode(…)");
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code: QueryCode = "7KQ2-M0XD".parse().unwrap();
        for typed in ["7kq2m0xd", " 7KQ2 - MOXD ", "7kq2-moxd\r\n"] {
            assert_eq!(typed.parse(), Ok(code.clone()), "{typed}");
        }
        for bad in ["", "7KQ2-M0X", "7KQ2-M0XDD", "7KQ2-M0XU", "查询码查询码查询", "𠮷7KQ2M0X"]
        {
            assert_eq!(bad.parse::<QueryCode>(), Err(QueryCodeError), "{bad}");
        }
    }
}
