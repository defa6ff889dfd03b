//! Whether a centre is in use, in words: evidence only, each with what it is counted out of.

use super::activity::Activity;
use crate::words::Language;

impl Activity {
    /// True when of late something was recorded in a case, or a ticket was handled: signing in is
    /// no use.
    #[must_use]
    pub const fn is_in_use(&self) -> bool {
        self.handled_30_days > 0 || self.tickets_30_days > 0
    }

    /// 存疑: it is in use, and of its cases that the city drew some were not truthful.
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        self.is_in_use() && self.untruthful > 0
    }

    /// The verdict on use, such as `在用存疑 1/3`: so many of the drawn cases were not truthful.
    #[must_use]
    pub fn use_words(&self, language: Language) -> String {
        let Self { untruthful, sampled, .. } = self;
        match (self.is_in_use(), self.is_in_doubt()) {
            (false, _) => language.pick("未用", "not in use").to_owned(),
            (true, false) => language.pick("在用", "in use").to_owned(),
            (true, true) => match language {
                Language::Zh => format!("在用存疑（不真实 {untruthful}/{sampled}）"),
                Language::En => format!("in use with doubt (not truthful {untruthful}/{sampled})"),
            },
        }
    }

    /// How many events were entered late, of how many; a dash where none is counted.
    #[must_use]
    pub fn late_words(&self) -> String {
        fraction(self.late_events, self.events)
    }

    /// How many drawn cases had faults, of how many; a dash where nobody looked at any.
    #[must_use]
    pub fn sample_words(&self) -> String {
        fraction(self.sample_faults, self.sampled)
    }
}

fn fraction(some: u64, all: u64) -> String {
    if all == 0 { "—".to_owned() } else { format!("{some}/{all}") }
}
