//! 拼音首字母: names of items are found by the first letters of their reading.

use pinyin::ToPinyin;

/// The first letter of the reading of each character; letters and digits as they are.
#[must_use]
pub fn initials(name: &str) -> String {
    let letter = |char: char| match char.to_pinyin() {
        Some(reading) => reading.plain().chars().next(),
        None => char.is_ascii_alphanumeric().then(|| char.to_ascii_lowercase()),
    };
    name.chars().filter_map(letter).collect()
}
