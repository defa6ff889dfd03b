//! Why a log cannot be read, told to the person who has the file.

use std::fmt;
use std::io;

/// Why a log cannot be read: file, line, and what to do.
#[derive(Debug)]
pub struct LogError {
    /// What is wrong there.
    pub fault: LogFault,
    /// Name of the file as it was given.
    pub file: String,
    /// Line from 1; zero when the file as a whole is meant.
    pub line: u64,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.fault),
            line => write!(f, "{}, line {line}: {}", self.file, self.fault),
        }
    }
}

impl std::error::Error for LogError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            LogFault::Unreadable(e) => Some(e),
            _ => None,
        }
    }
}

/// What is wrong with a log.
#[derive(Debug, thiserror::Error)]
pub enum LogFault {
    /// A boolean is neither `true` nor `false`.
    #[error("`{key}` is `{value}`, which is no boolean; write `true` or `false`")]
    BadBoolean {
        /// Key of the attribute.
        key: String,
        /// The value, shortened.
        value: String,
    },
    /// A date is not RFC 3339 with an offset.
    #[error(
        "`{key}` is `{value}`, which is no date; \
         write it as `2015-02-03T10:00:00.000+08:00`, with the offset from UTC"
    )]
    BadDate {
        /// Key of the attribute.
        key: String,
        /// The value, shortened.
        value: String,
    },
    /// A number with a fraction cannot be read.
    #[error("`{key}` is `{value}`, which is no number; write it as `12.5`")]
    BadFloat {
        /// Key of the attribute.
        key: String,
        /// The value, shortened.
        value: String,
    },
    /// A whole number cannot be read or has more than 64 bits.
    #[error("`{key}` is `{value}`, which is no whole number of 64 bits; write digits only")]
    BadInt {
        /// Key of the attribute.
        key: String,
        /// The value, shortened.
        value: String,
    },
    /// The XML is not well-formed.
    #[error("the XML is broken ({0}); export the log again")]
    BadXml(String),
    /// The gzip data contradict themselves.
    #[error("the gzip data are damaged ({0}); copy the file again")]
    Damaged(String),
    /// There is nothing in it.
    #[error("the file is empty; export the log again")]
    Empty,
    /// It is written in another encoding than UTF-8.
    #[error("the encoding is `{0}`; save the file as UTF-8")]
    Encoding(String),
    /// An element lacks an XML attribute that it must have.
    #[error("`{element}` has no `{field}`; add one")]
    Lacks {
        /// The element.
        element: String,
        /// The XML attribute it lacks.
        field: &'static str,
    },
    /// Another kind of XML.
    #[error("the outermost element is `{0}`, not `log`; choose a XES file")]
    NotALog(String),
    /// An element stands where XES has no place for it.
    #[error("`{element}` is not allowed {inside}; remove it or move it")]
    NotAllowed {
        /// The element that came.
        element: String,
        /// Where it came, such as "inside `trace`".
        inside: &'static str,
    },
    /// The name promises gzip, the content is neither that nor XML.
    #[error("the name ends in .gz, but this is neither gzip nor XML; copy or export it again")]
    NotGzip,
    /// It is no XML at all.
    #[error("this is not XML; choose a XES file, plain or gzip")]
    NotXml,
    /// Text stands between elements.
    #[error("the text `{0}` stands between elements; remove it")]
    StrayText(String),
    /// Attributes are nested too deeply.
    #[error("attributes are nested more than {0} deep; flatten them")]
    TooDeep(usize),
    /// The whole log is too long once unpacked.
    #[error("the log has more than {0} bytes of XML; split it")]
    TooLong(u64),
    /// One tag, text or comment is too long.
    #[error("one tag, text or comment is longer than {0} bytes; shorten its value")]
    TooLongATag(u64),
    /// One trace, or all before the first, is too long.
    #[error("one trace, or what comes before the first, is longer than {0} bytes; split it")]
    TooLongATrace(u64),
    /// The end is missing.
    #[error("the file breaks off before the end of the log; copy or export it again")]
    Truncated,
    /// The file cannot be opened or read.
    #[error("the file cannot be read: {0}")]
    Unreadable(io::Error),
}

/// Shortens a value for a message: at most 60 characters, control characters made visible.
pub(super) fn excerpt(value: &str) -> String {
    shorten(value, 60)
}

/// Shortens what a parser says: it may hold a value.
pub(super) fn detail(error: &dyn fmt::Display) -> String {
    shorten(&error.to_string(), 160)
}

fn shorten(text: &str, chars_max: usize) -> String {
    let text = text.trim();
    let mut short: String = text.chars().take(chars_max).map(visible).collect();
    if text.chars().nth(chars_max).is_some() {
        short.push('…');
    }
    short
}

fn visible(c: char) -> char {
    if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }
}
