//! The kinds of events that a case can have, and their words for scripts.

use tongban_protocol::document::EventKind;

/// Reads the kebab-case word of an event.
///
/// # Errors
///
/// The words that there are.
pub fn parse_kind(word: &str) -> Result<EventKind, String> {
    let is_known = |kind: &EventKind| kind.is_of_case() || *kind == EventKind::Rate;
    let known = word.parse().ok().filter(is_known);
    known.ok_or_else(|| {
        let words: Vec<&str> = kinds().chain([EventKind::Rate]).map(EventKind::en).collect();
        format!("`{word}` is no event of a case; there are {}", words.join(", "))
    })
}

/// The events that a case can have.
pub(crate) fn kinds() -> impl Iterator<Item = EventKind> {
    EventKind::all().filter(|kind| kind.is_of_case())
}
