//! Words and instants, as the office reads them.

use tongban_protocol::document::EventKind;
use tongban_protocol::time::Timestamp;

pub use tongban_node::cli::Language;
pub(crate) use tongban_node::cli::table;

/// The word for what happened.
#[must_use]
pub fn event_word(kind: EventKind, language: Language) -> &'static str {
    language.pick(kind.zh(), kind.en())
}

/// An instant as tables show it: `2026-11-22 17:05:09`, in the city's time.
pub(crate) fn instant(at: Timestamp) -> String {
    at.to_string().trim_end_matches("+08:00").replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_told_in_the_citys_time() {
        assert_eq!(instant(Timestamp(1_386_864_000_000)), "2013-12-13 00:00:00");
    }
}
