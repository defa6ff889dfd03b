//! 情节: the ways that a case goes, as data.

use tongban_protocol::case::CaseType;
use tongban_protocol::catalogue::Item;
use tongban_protocol::catalogue::guide::StatedLimit;
use tongban_protocol::deadline::Limit;

use super::Dice;

/// The way that a case goes.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Story {
    /// Accepted, worked on, decided, handed over.
    Plain,
    /// 一次性告知: told once what is missing.
    Supplement,
    /// The applicant withdraws.
    Withdraw,
    /// A special procedure lasts a while.
    Pause,
    /// The deciding tier grants more days.
    Extend,
    /// Decided against the applicant, with reasons and remedies.
    Refuse,
    /// Not accepted.
    Reject,
    /// Ended by the centre.
    Terminate,
    /// Told a second time of what could have been asked the first time.
    SecondNotice,
    /// Asked for a material that is on no list.
    Unlisted,
    /// Money is taken without a law.
    Fee,
    /// A complaint is found true.
    Complaint,
    /// Taken on paper, entered late, in time all the same.
    Paper,
    /// Taken on paper, and nobody spoke within five days.
    Deemed,
    /// Accepted on paper so long ago that the promise is broken.
    PromiseOver,
    /// The same of the legal limit.
    LegalOver,
    /// 并联审批: several authorities decide, each in a case of its own.
    Joint,
}

/// How many cases of a hundred go each way.
const STORIES: [(Story, i64); 17] = [
    (Story::Plain, 33),
    (Story::Joint, 5),
    (Story::Supplement, 10),
    (Story::Withdraw, 3),
    (Story::Pause, 6),
    (Story::Extend, 4),
    (Story::Refuse, 5),
    (Story::Reject, 3),
    (Story::Terminate, 2),
    (Story::SecondNotice, 4),
    (Story::Unlisted, 3),
    (Story::Fee, 3),
    (Story::Complaint, 3),
    (Story::Paper, 4),
    (Story::Deemed, 4),
    (Story::PromiseOver, 5),
    (Story::LegalOver, 3),
];

impl Story {
    /// One of them by chance; the plain one where the item does not go the other way.
    pub(super) fn pick(dice: &mut Dice, item: &Item) -> Self {
        let mut left = dice.between(1, STORIES.iter().map(|(_, share)| share).sum());
        let picked = STORIES.iter().find(|(_, share)| {
            left -= share;
            left <= 0
        });
        let story = picked.map_or(Self::Plain, |(story, _)| *story);
        if story.suits(item) { story } else { Self::Plain }
    }

    fn suits(self, item: &Item) -> bool {
        match self {
            Self::Supplement | Self::Unlisted => !item.materials.is_empty(),
            Self::SecondNotice => item.materials.len() >= 2,
            Self::Pause | Self::Extend => item.case_type != Some(CaseType::Immediate),
            Self::PromiseOver => item.promise.as_ref().is_some_and(|it| days(it.limit).is_some()),
            Self::LegalOver => item.legal.as_ref().is_some_and(|it| days(it.limit).is_some()),
            Self::Plain
            | Self::Withdraw
            | Self::Refuse
            | Self::Reject
            | Self::Terminate
            | Self::Fee
            | Self::Complaint
            | Self::Paper
            | Self::Deemed
            | Self::Joint => true,
        }
    }

    /// True when supervision has something to look at.
    pub(super) const fn is_troubled(self) -> bool {
        matches!(
            self,
            Self::SecondNotice
                | Self::Unlisted
                | Self::Fee
                | Self::Complaint
                | Self::Paper
                | Self::Deemed
                | Self::PromiseOver
                | Self::LegalOver
        )
    }

    /// How many days before its entry a case of an item was taken on paper, if it was.
    pub(super) fn days_ago(self, dice: &mut Dice, item: &Item) -> Option<i64> {
        let limit = |stated: &Option<StatedLimit>| {
            stated.as_ref().and_then(|it| days(it.limit)).unwrap_or(0)
        };
        match self {
            Self::Paper => Some(dice.between(4, 6)),
            Self::Deemed => Some(dice.between(18, 30)),
            Self::PromiseOver => Some(limit(&item.promise) * 8 / 5 + dice.between(4, 20)),
            Self::LegalOver => Some(limit(&item.legal) * 8 / 5 + dice.between(12, 30)),
            _ => None,
        }
    }
}

const fn days(limit: Limit) -> Option<i64> {
    match limit {
        Limit::WorkingDays(count) | Limit::Days(count) => Some(count as i64),
        Limit::Hours(_) | Limit::By(_) => None,
    }
}
