//! 抽查: which closed cases are looked at, so that nobody can choose them.
//!
//! Before the period begins the city publishes the hash of a seed, so that it cannot pick a seed
//! that suits it; the seed itself only comes once every case of the period is in, so that no
//! centre knows what will be drawn. From then on everybody who holds the cases draws the same.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::calendar::civil_day;
use crate::document::{DocumentId, Event, EventId, EventKind};
use crate::hash::Sha;

/// Days between the end of the period and the draw, at least: longer than any festival, after which
/// a case of the last day may still be recorded in time.
pub const WAIT_DAYS_MIN: i32 = 10;

/// Most cases that are drawn of one centre.
pub const PER_CENTRE_MAX: u16 = 50;

/// Longest period, in days.
pub const PERIOD_DAYS_MAX: i32 = 366;

/// Shortest and longest seed, in bytes.
pub const SEED_BYTES: std::ops::RangeInclusive<usize> = 32..=128;

/// What is published before the period begins.
#[derive(Clone, Copy, Debug, Decode, Encode, Eq, PartialEq)]
pub struct Draw {
    /// The SHA-256 of the seed.
    #[n(0)]
    pub seed_hash: Sha,
    /// The first day of the period within which a case was closed.
    #[n(1)]
    #[cbor(with = "day")]
    pub from: Date,
    /// The last day.
    #[n(2)]
    #[cbor(with = "day")]
    pub to: Date,
    /// How many cases are drawn of each centre; all, where it closed fewer.
    #[n(3)]
    pub per_centre: u16,
    /// The first day on which the seed may be shown.
    #[n(4)]
    #[cbor(with = "day")]
    pub drawn_on: Date,
}

/// 真实、实时、完整、准确: what a case that was drawn is held against. Each is the reason for a no;
/// `None` is a yes.
#[derive(Clone, Debug, Decode, Default, Deserialize, Encode, Eq, PartialEq, Serialize)]
#[cbor(map)]
#[serde(default, deny_unknown_fields)]
pub struct Checklist {
    /// 真实: it happened, with this applicant.
    #[n(0)]
    pub not_truthful: Option<String>,
    /// 实时: it was recorded when it happened.
    #[n(1)]
    pub not_timely: Option<String>,
    /// 完整: nothing that belongs to it is missing.
    #[n(2)]
    pub not_complete: Option<String>,
    /// 准确: what it says is right.
    #[n(3)]
    pub not_accurate: Option<String>,
}

impl Checklist {
    /// The reasons of those answered with no, with the word for each.
    pub fn faults(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        [
            ("不真实", "not truthful", &self.not_truthful),
            ("不实时", "not timely", &self.not_timely),
            ("不完整", "not complete", &self.not_complete),
            ("不准确", "not accurate", &self.not_accurate),
        ]
        .into_iter()
        .filter_map(|(zh, en, reason)| Some((zh, en, reason.as_deref()?)))
    }

    /// True when every no has its reason.
    #[must_use]
    pub fn is_explained(&self) -> bool {
        self.faults().all(|(_, _, reason)| !reason.trim().is_empty())
    }
}

/// Why an announcement or a seed has no effect.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub enum DrawFault {
    /// It says nothing of what is drawn, or no seed.
    Nothing,
    /// It was announced already.
    Twice,
    /// The period ends before it begins, or is longer than [`PERIOD_DAYS_MAX`].
    Period,
    /// Announced when the period had begun.
    TooLate {
        /// The first day of the period.
        from: Date,
    },
    /// No centre is drawn, or more than [`PER_CENTRE_MAX`] of each.
    Count(u16),
    /// The draw comes less than [`WAIT_DAYS_MIN`] days after the period.
    TooSoonAfter,
    /// A seed without an announcement.
    NotAnnounced,
    /// The seed came before its day.
    TooSoon {
        /// The day.
        drawn_on: Date,
    },
    /// It is not the seed that was announced.
    OtherSeed,
    /// It was shown already.
    Shown,
}

impl DrawFault {
    /// What is wrong, for the page.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Nothing => "没有写明抽查内容或种子".to_owned(),
            Self::Twice => "本次抽查已经公告".to_owned(),
            Self::Period => format!("抽查期间首日晚于末日，或超过 {PERIOD_DAYS_MAX} 天"),
            Self::TooLate { from } => format!("须在抽查期间首日（{from}）当日或之前公告"),
            Self::Count(count) => format!("每个中心抽 {count} 件，应为 1 至 {PER_CENTRE_MAX} 件"),
            Self::TooSoonAfter => format!("揭示日至少在抽查期间结束 {WAIT_DAYS_MIN} 天之后"),
            Self::NotAnnounced => "没有先公告种子的散列值".to_owned(),
            Self::TooSoon { drawn_on } => format!("种子应在 {drawn_on} 当日或之后揭示"),
            Self::OtherSeed => "与公告的散列值不符，不是同一个种子".to_owned(),
            Self::Shown => "种子已经揭示".to_owned(),
        }
    }
}

impl fmt::Display for DrawFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("it says nothing of what is drawn, or no seed"),
            Self::Twice => f.write_str("this draw was announced already"),
            Self::Period => {
                write!(
                    f,
                    "the period ends before it begins, or is longer than {PERIOD_DAYS_MAX} days"
                )
            }
            Self::TooLate { from } => {
                write!(f, "the period begins on {from}; a draw is announced on that day at latest")
            }
            Self::Count(count) => {
                write!(f, "{count} cases of each centre are not within 1 to {PER_CENTRE_MAX}")
            }
            Self::TooSoonAfter => {
                write!(f, "the draw comes at least {WAIT_DAYS_MIN} days after the period")
            }
            Self::NotAnnounced => f.write_str("no hash of a seed was announced before"),
            Self::TooSoon { drawn_on } => {
                write!(f, "the seed is shown on {drawn_on} at the earliest")
            }
            Self::OtherSeed => f.write_str("this is not the seed whose hash was announced"),
            Self::Shown => f.write_str("the seed was shown already"),
        }
    }
}

/// What a draw has come to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct FoldedDraw {
    /// What was announced.
    pub draw: Option<Draw>,
    /// The seed, once it was shown and is the one that was announced.
    pub seed: Option<String>,
    /// What had no effect, and why.
    pub anomalies: BTreeMap<EventId, DrawFault>,
}

/// Folds the events of a draw's document, which must come in the order of their ids; others are
/// passed over.
#[must_use]
pub fn fold<'a>(events: impl IntoIterator<Item = &'a (EventId, Event)>) -> FoldedDraw {
    let mut folded = FoldedDraw::default();
    for (id, event) in events {
        let on = civil_day(id.recorded.instant());
        if let Err(fault) = folded.take(event, on) {
            folded.anomalies.insert(*id, fault);
        }
    }
    folded
}

impl FoldedDraw {
    /// Takes an event that was recorded on a day; the same check decides at the counter.
    ///
    /// # Errors
    ///
    /// Why it has no effect.
    pub fn take(&mut self, event: &Event, on: Date) -> Result<(), DrawFault> {
        match event.kind {
            EventKind::AnnounceDraw => {
                let draw = event.detail().draw.as_deref().ok_or(DrawFault::Nothing)?;
                if self.draw.is_some() {
                    return Err(DrawFault::Twice);
                }
                draw.check(on)?;
                self.draw = Some(*draw);
            }
            EventKind::RevealDraw => {
                let seed = event.detail().seed.as_deref().ok_or(DrawFault::Nothing)?;
                let draw = self.draw.ok_or(DrawFault::NotAnnounced)?;
                if self.seed.is_some() {
                    return Err(DrawFault::Shown);
                }
                if Sha::of(seed.as_bytes()) != draw.seed_hash {
                    return Err(DrawFault::OtherSeed);
                }
                if on < draw.drawn_on {
                    return Err(DrawFault::TooSoon { drawn_on: draw.drawn_on });
                }
                self.seed = Some(seed.to_owned());
            }
            _ => {}
        }
        Ok(())
    }
}

impl Draw {
    fn check(&self, on: Date) -> Result<(), DrawFault> {
        let longest = self.from.saturating_add(PERIOD_DAYS_MAX.days());
        if self.to < self.from || longest <= self.to {
            return Err(DrawFault::Period);
        }
        if self.from < on {
            return Err(DrawFault::TooLate { from: self.from });
        }
        if !(1..=PER_CENTRE_MAX).contains(&self.per_centre) {
            return Err(DrawFault::Count(self.per_centre));
        }
        if self.drawn_on < self.to.saturating_add(WAIT_DAYS_MIN.days()) {
            return Err(DrawFault::TooSoonAfter);
        }
        Ok(())
    }
}

/// The place of a case in a draw: the lowest come first. It is the SHA-256 of the seed and, right
/// behind it, the name of the case as `case list` prints it.
#[must_use]
pub fn rank(seed: &str, case: DocumentId) -> Sha {
    Sha::of(format!("{seed}{case}").as_bytes())
}

/// Draws from the cases of one centre the `count` with the lowest rank of those that are within
/// the period, which `is_within` says. It is asked for no more cases than it takes.
///
/// # Errors
///
/// Those of `is_within`.
pub fn draw<E>(
    seed: &str,
    count: u16,
    cases: impl IntoIterator<Item = DocumentId>,
    mut is_within: impl FnMut(DocumentId) -> Result<bool, E>,
) -> Result<Vec<DocumentId>, E> {
    let mut ranked: Vec<(Sha, DocumentId)> =
        cases.into_iter().map(|case| (rank(seed, case), case)).collect();
    ranked.sort_unstable();
    ranked.dedup();
    let mut drawn = Vec::new();
    for (_, case) in ranked {
        if drawn.len() >= usize::from(count) {
            break;
        }
        if is_within(case)? {
            drawn.push(case);
        }
    }
    Ok(drawn)
}

/// A day as text, such as `2013-12-13`.
mod day {
    use jiff::civil::Date;
    use minicbor::{Decoder, Encoder};

    pub(super) fn encode<C, W: minicbor::encode::Write>(
        day: &Date,
        encoder: &mut Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        encoder.str(&day.to_string())?.ok()
    }

    pub(super) fn decode<C>(
        decoder: &mut Decoder<'_>,
        _: &mut C,
    ) -> Result<Date, minicbor::decode::Error> {
        let text = decoder.str()?;
        text.parse().map_err(|_| minicbor::decode::Error::message("this is no day"))
    }
}
