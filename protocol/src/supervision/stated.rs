//! 牌面: what a card states once it is issued, whatever the rules come to be.

use minicbor::{Decode, Encode};

use super::card::{Card, Figures};
use super::rules::Rule;
use crate::document::EventId;

/// Most events that an issued card names as its proof; of more the last are named.
pub const PROOF_MAX: usize = 64;

/// What an issued card states.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(map)]
pub struct Stated {
    /// What its rule says.
    #[n(0)]
    pub title: String,
    /// The figures in words.
    #[n(1)]
    pub figures_zh: String,
    /// The same in English.
    #[n(2)]
    pub figures_en: String,
    /// The events that prove it, in order.
    #[n(3)]
    pub proof: Vec<EventId>,
    /// Working days within which the centre must answer in writing; `None` where it need not.
    #[n(4)]
    pub answer_days: Option<u16>,
    /// What its rule says in English, where it says it.
    #[n(5)]
    pub title_en: Option<String>,
}

impl Stated {
    /// What a card states that `rule` gives.
    #[must_use]
    pub fn of(card: &Card, rule: Option<&Rule>) -> Self {
        let Figures { zh, en } = card.figures.clone();
        let first = card.proof.len().saturating_sub(PROOF_MAX);
        Self {
            title: card.title.clone(),
            figures_zh: zh,
            figures_en: en,
            proof: card.proof[first..].to_vec(),
            answer_days: rule.and_then(|rule| rule.answer_days),
            title_en: card.title_en.clone(),
        }
    }

    /// True where it names no more than a card may.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.proof.len() <= PROOF_MAX
    }

    /// Its texts.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &String> {
        [&self.title, &self.figures_zh, &self.figures_en].into_iter().chain(&self.title_en)
    }
}
