//! The city as the page shows it: plain data, drawn by whoever knows.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use tongban_node::web::language::Language;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

/// The verdict on a centre, as a colour and a word.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictWord {
    /// 到齐: the city holds everything that the centre announced. The only green.
    Complete,
    /// 未到齐: entries were announced that the city does not hold. Amber.
    Behind,
    /// 失联: no word for too long. Grey: being offline is nobody's fault.
    Silent,
    /// 未入网: no machine has joined. Grey.
    NotEnrolled,
    /// 异常: a fork, a gap or entries without right. The only red.
    Incident,
}

/// One centre.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tile {
    /// Its division.
    pub division: Division,
    /// Its Chinese name.
    pub name_zh: String,
    /// Its name in Latin letters.
    pub name_en: String,
    /// The verdict.
    pub verdict: VerdictWord,
    /// How many announced entries the city does not hold, where that is known and not zero.
    pub number: Option<u64>,
    /// Why that is the verdict, in one sentence.
    pub reason_zh: String,
    /// The same in English.
    pub reason_en: String,
    /// For when the verdict holds, in milliseconds since 1970.
    pub as_of: Option<Timestamp>,
    /// What stands on the centre's own page.
    pub detail: Detail,
}

/// What is known of a centre beside the verdict.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Detail {
    /// Entries of its home that the city holds.
    pub held: u64,
    /// Entries that it announced; none if it never spoke.
    pub announced: Option<u64>,
    /// When it was heard last, in milliseconds since 1970.
    pub last_contact: Option<Timestamp>,
    /// By which way its word comes.
    pub via_zh: String,
    /// The same in English.
    pub via_en: String,
    /// Cases of its home.
    pub cases: u64,
    /// Of these, opened in the last 30 days.
    pub opened_30_days: u64,
    /// Cases in which something was recorded in the last 30 days.
    pub handled_30_days: u64,
    /// Tickets that were handled in the last 30 days.
    pub tickets_30_days: u64,
    /// Cases that the city drew and somebody looked at.
    pub sampled: u64,
    /// Of these, those with something wrong.
    pub sample_faults: u64,
    /// The verdict on its use.
    pub use_zh: String,
    /// The same in English.
    pub use_en: String,
    /// Events that were entered late, of how many.
    pub late: String,
    /// Entries that no other machine had acknowledged when it spoke last.
    pub waiting: Option<u64>,
    /// Its software.
    pub software: Option<String>,
}

/// A county's centre and those below it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CountyRow {
    /// The county's own centre.
    pub centre: Tile,
    /// The centres of its townships.
    pub townships: Vec<Tile>,
}

/// Something that should not have come, newest first where there are several.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IncidentLine {
    /// The centre to whose home it belongs.
    pub division: Division,
    /// What sort of wrong.
    pub kind_zh: String,
    /// The same in English.
    pub kind_en: String,
    /// The journal and the entry.
    pub place: String,
    /// Why, in words.
    pub why: String,
    /// When the city first found it, in milliseconds since 1970.
    pub found_at: Timestamp,
    /// How often it found it.
    pub times: u64,
    /// When last, in milliseconds since 1970.
    pub last_seen_at: Timestamp,
}

/// A line of plain words in both languages.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Note {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The whole city at one moment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CityPicture {
    /// The city's Chinese name.
    pub name_zh: String,
    /// Its name in Latin letters.
    pub name_en: String,
    /// When the picture was drawn, in milliseconds since 1970.
    pub as_of: Timestamp,
    /// The city's own centre.
    pub city: Tile,
    /// The counties.
    pub counties: Vec<CountyRow>,
    /// Entries that the city holds, of all centres.
    pub entries_held: u64,
    /// Cases that the city holds, of all centres.
    pub cases: u64,
    /// How many incidents there are.
    pub incident_count: u64,
    /// The newest of them.
    pub incidents: Vec<IncidentLine>,
    /// What else the page must say, such as that this is a demo.
    pub note: Option<Note>,
}

/// How many centres there are of each verdict.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Counts {
    /// All centres, the city's own included.
    pub centres: u64,
    /// 到齐.
    pub complete: u64,
    /// 未到齐.
    pub behind: u64,
    /// 失联.
    pub silent: u64,
    /// 未入网.
    pub not_enrolled: u64,
    /// 异常.
    pub incident: u64,
}

/// The picture cannot be drawn now.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the picture of the city cannot be drawn: {0}")]
pub struct Unavailable(pub String);

/// A picture on its way.
pub type Drawing<'a> = Pin<Box<dyn Future<Output = Result<CityPicture, Unavailable>> + Send + 'a>>;

/// Where pictures come from.
pub trait PictureSource: fmt::Debug + Send + Sync {
    /// Draws the city as it is now; the page asks at most once a second.
    fn picture(&self) -> Drawing<'_>;
}

impl VerdictWord {
    /// Every verdict, best first.
    pub const ALL: [Self; 5] =
        [Self::Complete, Self::Behind, Self::Silent, Self::NotEnrolled, Self::Incident];

    /// The word for the page.
    #[must_use]
    pub fn word(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Complete => ("到齐", "complete"),
            Self::Behind => ("未到齐", "behind"),
            Self::Silent => ("失联", "silent"),
            Self::NotEnrolled => ("未入网", "not enrolled"),
            Self::Incident => ("异常", "incident"),
        };
        language.say(zh, en)
    }

    /// What it means, for the legend.
    #[must_use]
    pub fn meaning(self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Complete => {
                ("该中心声明的记录市中心已全部持有", "the city holds everything announced")
            }
            Self::Behind => ("有已声明的记录未到市中心", "announced entries have not arrived"),
            Self::Silent => (
                "超过时限没有联系，断网不算过错",
                "no word for too long; being offline is no fault",
            ),
            Self::NotEnrolled => ("还没有机器入网", "no machine has joined"),
            Self::Incident => (
                "分叉、缺口或无权记录，须人工核查",
                "fork, gap or refused entries: a person must look",
            ),
        };
        language.say(zh, en)
    }

    /// The class in the stylesheet, and the value in JSON.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Behind => "behind",
            Self::Silent => "silent",
            Self::NotEnrolled => "not-enrolled",
            Self::Incident => "incident",
        }
    }
}

impl Counts {
    /// Centres with a verdict.
    #[must_use]
    pub const fn of(&self, verdict: VerdictWord) -> u64 {
        match verdict {
            VerdictWord::Complete => self.complete,
            VerdictWord::Behind => self.behind,
            VerdictWord::Silent => self.silent,
            VerdictWord::NotEnrolled => self.not_enrolled,
            VerdictWord::Incident => self.incident,
        }
    }
}

impl CountyRow {
    /// The county's centre first, then its townships.
    pub fn tiles(&self) -> impl Iterator<Item = &Tile> {
        std::iter::once(&self.centre).chain(&self.townships)
    }
}

impl CityPicture {
    /// Every centre: the city's, then county by county.
    pub fn tiles(&self) -> impl Iterator<Item = &Tile> {
        std::iter::once(&self.city).chain(self.counties.iter().flat_map(CountyRow::tiles))
    }

    /// The tile of a centre.
    #[must_use]
    pub fn tile(&self, division: Division) -> Option<&Tile> {
        self.tiles().find(|tile| tile.division == division)
    }

    /// How many centres there are of each verdict.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for tile in self.tiles() {
            counts.centres += 1;
            let count = match tile.verdict {
                VerdictWord::Complete => &mut counts.complete,
                VerdictWord::Behind => &mut counts.behind,
                VerdictWord::Silent => &mut counts.silent,
                VerdictWord::NotEnrolled => &mut counts.not_enrolled,
                VerdictWord::Incident => &mut counts.incident,
            };
            *count += 1;
        }
        counts
    }
}

impl Tile {
    /// The centre's name.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        language.say(&self.name_zh, &self.name_en)
    }

    /// The reason of the verdict.
    #[must_use]
    pub fn reason(&self, language: Language) -> &str {
        language.say(&self.reason_zh, &self.reason_en)
    }

    /// The short number beside the word, empty where there is none.
    #[must_use]
    pub fn short_number(&self) -> String {
        match self.number {
            None | Some(0) => String::new(),
            Some(number) => format!("−{}", tongban_node::web::shell::grouped(number)),
        }
    }
}
