//! What a preview reads of files like those of a city.

use serde::{Deserialize, Serialize};
use tongban_config::supervision::Supervision;
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

impl Facts {
    fn named<'a>(&'a self, own: &'a str) -> &'a str {
        self.file.as_deref().unwrap_or(own)
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
        Ok(read.notices().filter(|notice| !is_known(notice)).cloned().collect())
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
        Ok(read)
    }
}
