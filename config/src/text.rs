//! Texts that people choose as files: their encoding, and what was lost on the way.

use encoding_rs::GB18030;

/// What programs write in the place of a character that they could not read.
const LOST: char = '\u{fffd}';

/// Why a text is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum TextError {
    /// In no encoding that is known.
    #[error("the file is in neither UTF-8 nor GB18030; save it in one of them")]
    Encoding,
    /// Something was lost before it came here.
    #[error(
        "line {line} has a character that was lost when the text was saved or copied (U+FFFD); choose the original file, in UTF-8 or GB18030, or type that line anew"
    )]
    Lost {
        /// The first such line, from 1.
        line: usize,
    },
}

impl TextError {
    /// The same in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Encoding => "文件不是 UTF-8 或 GB18030 编码，请另存为其中一种".to_owned(),
            Self::Lost { line } => format!(
                "第 {line} 行有在另存或复制时损坏的字符（{LOST}），请选择原始文件（UTF-8 或 GB18030），或重新录入该行"
            ),
        }
    }
}

/// The text of a file in UTF-8, with or without a byte order mark, or in GB18030.
///
/// # Errors
///
/// [`TextError::Encoding`] where it is in neither.
pub fn decode(bytes: &[u8]) -> Result<String, TextError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    let text = GB18030.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(std::borrow::Cow::into_owned).ok_or(TextError::Encoding)
}

/// Refuses a text of which something was lost, before anybody signs it.
///
/// # Errors
///
/// [`TextError::Lost`] names the line.
pub fn check_whole(text: &str) -> Result<(), TextError> {
    match text.lines().position(|line| line.contains(LOST)) {
        Some(at) => Err(TextError::Lost { line: at + 1 }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_the_same_in_every_encoding_that_offices_use() {
        let text = "date,kind,name\n2027-01-01,holiday,元旦（䶮）\n";
        let (gb, _, is_bad) = GB18030.encode(text);
        assert!(!is_bad);
        for bytes in [text.as_bytes(), &gb, format!("\u{feff}{text}").as_bytes()] {
            assert_eq!(decode(bytes).as_deref(), Ok(text));
        }
        assert_eq!(decode(b"\xff\xff"), Err(TextError::Encoding));
    }

    #[test]
    fn a_text_that_lost_a_character_is_refused_with_its_line() {
        assert_eq!(check_whole("元旦\n春节"), Ok(()));
        let lost = check_whole("元旦\n春\u{fffd}").unwrap_err();
        assert_eq!(lost, TextError::Lost { line: 2 });
        insta::assert_snapshot!(lost.zh(), @"第 2 行有在另存或复制时损坏的字符（�），请选择原始文件（UTF-8 或 GB18030），或重新录入该行");
    }
}
