//! What a preview reads of files like those of a city.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tongban_config::supervision::Supervision;
use tongban_config::text::check_whole;
use tongban_config::{calendar, city, joint};
use tongban_protocol::calendar::YearNotice;
use tongban_protocol::case::Customs;
use tongban_protocol::case::joint::Template;
use tongban_protocol::catalogue::Item;
use tongban_protocol::supervision::RuleSet;
use utoipa::ToSchema;

use super::PublishError;
use crate::replica::Replica;
use crate::store::Store;

/// Facts that might be published: what is left out stays as it is.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Facts {
    /// The name of the file of which these are the texts, for errors; the city's own where it is
    /// left out.
    pub file: Option<String>,
    /// Items.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Item>,
    /// The text of a `calendar.csv`; years that it does not name stay.
    pub calendar: Option<String>,
    /// The text of a `supervision.toml`; its `use` names the set.
    pub rules: Option<String>,
    /// The text of a `city.toml`, of which only office hours, the end of the last day and the
    /// threshold of the green channel are published.
    pub customs: Option<String>,
    /// The text of a `joint.toml`.
    pub templates: Option<String>,
}

/// Weekdays off that the notice of a year names at least, those made up for taken away; every year
/// since 1949 had seven.
const WEEKDAYS_OFF_MIN: i64 = 7;

/// Why facts that can be read are not published.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum FactsRefusal {
    /// A version of a template that was published says something else.
    #[error(
        "template `{template}`, version {version} was published and says something else now; only \
         its `valid-to` may be added, the rest is the next version"
    )]
    VersionChanged {
        /// The template.
        template: String,
        /// The version.
        version: u32,
    },
    /// A year between those that are published and the new ones has no notice.
    #[error("the year {0} would be missing between years that are published; publish it too")]
    YearMissing(i16),
    /// The notice of a year names so few days that most of it must be missing.
    #[error(
        "the notice of {year} gives {days} weekdays off where every year has {WEEKDAYS_OFF_MIN} or \
         more; most of it seems to be missing"
    )]
    TooFewDays {
        /// The year.
        year: i16,
        /// How many weekdays off it names, those made up for taken away.
        days: i64,
    },
}

impl FactsRefusal {
    /// What is wrong and what to do, in Chinese.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::VersionChanged { template, version } => format!(
                "并联模板“{template}”第 {version} 版已经发布，内容不能再改（只能补写 valid-to），请改为下一版"
            ),
            Self::YearMissing(year) => {
                format!("已发布年份与新年份之间缺少 {year} 年的放假通知，请一并发布")
            }
            Self::TooFewDays { year, days } => format!(
                "{year} 年的通知只放假 {days} 个工作日，历年都不少于 {WEEKDAYS_OFF_MIN} 个，内容似不完整"
            ),
        }
    }
}

impl Facts {
    fn named<'a>(&'a self, own: &'a str) -> &'a str {
        self.file.as_deref().unwrap_or(own)
    }

    /// Refuses texts of which something was lost before they came here.
    ///
    /// # Errors
    ///
    /// [`PublishError::Text`] names the line.
    pub fn check_whole(&self) -> Result<(), PublishError> {
        let texts = [&self.calendar, &self.rules, &self.customs, &self.templates];
        Ok(texts.into_iter().flatten().try_for_each(|text| check_whole(text))?)
    }

    /// The years of the calendar that are not published in these words.
    ///
    /// # Errors
    ///
    /// [`PublishError`], where the text is none.
    pub fn years<S: Store>(&self, replica: &Replica<S>) -> Result<Vec<YearNotice>, PublishError> {
        let Some(text) = &self.calendar else { return Ok(Vec::new()) };
        let read = calendar::parse(self.named("calendar.csv"), text)?;
        let known = replica.almanac().latest();
        let is_known = |notice: &&YearNotice| known.notices().any(|it| it == *notice);
        let new: Vec<YearNotice> =
            read.notices().filter(|notice| !is_known(notice)).cloned().collect();
        let years: BTreeSet<i16> = known.notices().chain(&new).map(YearNotice::year).collect();
        let span = years.first().copied().zip(years.last().copied());
        let gap = span.and_then(|(first, last)| (first..=last).find(|it| !years.contains(it)));
        if let Some(year) = gap.filter(|_| !new.is_empty()) {
            return Err(FactsRefusal::YearMissing(year).into());
        }
        if let Some(notice) = new.iter().find(|it| it.weekdays_off() < WEEKDAYS_OFF_MIN) {
            let (year, days) = (notice.year(), notice.weekdays_off());
            return Err(FactsRefusal::TooFewDays { year, days }.into());
        }
        Ok(new)
    }

    /// The rules, where they are not those in force.
    ///
    /// # Errors
    ///
    /// [`PublishError`], where the text is none.
    pub fn rules<S: Store>(&self, replica: &Replica<S>) -> Result<Option<RuleSet>, PublishError> {
        let Some(text) = &self.rules else { return Ok(None) };
        let read = Supervision::parse(self.named("supervision.toml"), text)?;
        Ok(Some(read.rules()).filter(|rules| *rules != replica.rules()).cloned())
    }

    /// What the city sets besides, where it is not what it has set.
    ///
    /// # Errors
    ///
    /// [`PublishError`], where the text is none.
    pub fn customs<S: Store>(&self, replica: &Replica<S>) -> Result<Option<Customs>, PublishError> {
        let Some(text) = &self.customs else { return Ok(None) };
        let read = city::customs(text)?;
        Ok((Some(read) != replica.published_customs()).then_some(read))
    }

    /// The templates that are not published in these words.
    ///
    /// # Errors
    ///
    /// [`PublishError`], where the text is none.
    pub fn templates<S: Store>(&self, replica: &Replica<S>) -> Result<Vec<Template>, PublishError> {
        let Some(text) = &self.templates else { return Ok(Vec::new()) };
        let mut read = joint::parse(self.named("joint.toml"), text)?;
        read.retain(|it| !replica.templates().contains(it));
        let is_version = |known: &&Template, it: &Template| {
            (&known.plan.template, known.plan.version) == (&it.plan.template, it.plan.version)
        };
        for it in &read {
            let known = replica.templates().iter().find(|known| is_version(known, it));
            if known.is_some_and(|known| !known.is_same_version(it)) {
                let (template, version) = (it.plan.template.clone(), it.plan.version);
                return Err(FactsRefusal::VersionChanged { template, version }.into());
            }
        }
        Ok(read)
    }
}
