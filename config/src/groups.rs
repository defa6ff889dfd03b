//! 业务组: the groups in which people wait in the hall of a centre.

use std::fmt;
use std::str::FromStr;

/// Most groups of one machine: one for each letter.
pub const GROUPS_MAX: usize = 26;

/// Longest name of a group, in characters: more does not fit a hall screen.
const NAME_CHARS_MAX: usize = 20;

/// A business group, written as `A 综合` or `A 综合 / General`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct QueueGroup {
    /// The letter with which its tickets begin, A to Z.
    pub letter: char,
    /// Its name; tickets carry it.
    pub zh: String,
    /// Its name on English pages.
    pub en: String,
}

/// What is wrong with the groups.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GroupError {
    /// The text is no group.
    #[error(
        "`{0}` is no business group; write a letter and a name of at most {NAME_CHARS_MAX} characters, like `A 综合` or `A 综合 / General`"
    )]
    NoGroup(String),
    /// A letter or a name stands for two.
    #[error("`{0}` stands for two business groups; give each a letter and a name of its own")]
    Twice(String),
}

impl QueueGroup {
    /// The group of a centre that says nothing else.
    #[must_use]
    pub fn general() -> Self {
        Self { letter: 'A', zh: "综合".to_owned(), en: "General".to_owned() }
    }

    /// Looks whether each letter and each name stands for one group.
    pub(crate) fn check(groups: &[Self]) -> Result<(), GroupError> {
        for (at, group) in groups.iter().enumerate() {
            let before = &groups[..at];
            if before.iter().any(|other| other.letter == group.letter) {
                return Err(GroupError::Twice(group.letter.to_string()));
            }
            if before.iter().any(|other| other.zh == group.zh) {
                return Err(GroupError::Twice(group.zh.clone()));
            }
        }
        Ok(())
    }
}

impl FromStr for QueueGroup {
    type Err = GroupError;

    fn from_str(text: &str) -> Result<Self, GroupError> {
        let parse = || {
            let (letter, names) = text.trim().split_once(' ')?;
            let letter = letter.parse::<char>().ok()?.to_ascii_uppercase();
            let (zh, en) = names.split_once('/').unwrap_or((names, names));
            let (zh, en) = (zh.trim().to_owned(), en.trim().to_owned());
            let fits = |name: &str| (1..=NAME_CHARS_MAX).contains(&name.chars().count());
            let is_sound = letter.is_ascii_uppercase() && fits(&zh) && fits(&en);
            is_sound.then_some(Self { letter, zh, en })
        };
        parse().ok_or_else(|| GroupError::NoGroup(text.chars().take(60).collect()))
    }
}

impl fmt::Display for QueueGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} / {}", self.letter, self.zh, self.en)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_letter_and_one_or_two_names() {
        let parsed = |text: &str| text.parse::<QueueGroup>().map(|group| group.to_string());
        assert_eq!(parsed("a 综合"), Ok("A 综合 / 综合".to_owned()));
        assert_eq!(parsed(" B  社保 / Insurance "), Ok("B 社保 / Insurance".to_owned()));
        for bad in ["", "综合", "A", "AB 综合", "1 综合", "A /", &format!("A {}", "长".repeat(21))]
        {
            assert!(parsed(bad).is_err(), "{bad}");
        }
        assert_eq!(parsed("A 综合 / General"), Ok(QueueGroup::general().to_string()));
    }
}
