//! 先检查: what a list would come to, before anything is taken.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tongban_protocol::supervision::{Card, Level};
use tongban_protocol::time::Timestamp;

use super::row::{Bad, Draft, Frame};
use super::{
    Drafts, Finished, How, ImportError, Mapping, NOTES_SHOWN_MAX, ROWS_AT_ONCE, RowNote, Sheet,
    check_mapping, drafts, items, steps, words,
};
use crate::cases::{CaseError, Rehearsed, rehearse};
use crate::records::Words;
use crate::replica::{Replica, ReplicaError};
use crate::service::Desk;
use crate::store::Store;

/// Rows that are held against the law and the rules; of the others only what they say is read.
pub const LOOKED_MAX: usize = 2_000;

/// What a list comes to, before anything is taken.
#[derive(Clone, Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Preview {
    /// Rows of the list: the sum of the next three.
    pub rows: usize,
    /// Rows that are sound.
    pub sound: usize,
    /// Rows that can be taken and should be looked at.
    pub doubtful: usize,
    /// Rows that cannot be taken.
    pub bad: usize,
    /// Of the sound and the doubtful, those that say the same as one before them.
    pub repeated: usize,
    /// Of the sound and the doubtful, those that are over: decided or delivered.
    pub finished: usize,
    /// Of the finished, those that would be kept as they came, without limits, cards and figures.
    pub kept: usize,
    /// Of the finished, those that would wait here until their result is handed over.
    pub waiting: usize,
    /// Of the sound and the doubtful, those that would be open cases of this centre.
    pub open: usize,
    /// Rows that were held against the rules, at most [`LOOKED_MAX`].
    pub looked: usize,
    /// What the rules in force would give them today.
    pub cards: Vec<CardCount>,
    /// The first that are doubted.
    pub doubts: Vec<RowNote>,
    /// The first that cannot be taken.
    pub faults: Vec<RowNote>,
}

/// How many cards one rule would give.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct CardCount {
    /// The rule's name.
    pub rule: String,
    /// What it says.
    pub title: Words,
    /// `warning`, `yellow` or `red`.
    #[schema(value_type = String)]
    pub level: Level,
    /// How many cards.
    pub cards: usize,
}

/// Says what a list comes to in a store that no service has open.
///
/// # Errors
///
/// As [`check_mapping`], and the store's.
pub fn check<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    (sheet, mapping): (&Sheet, &Mapping),
    how: &How,
) -> Result<Preview, ImportError> {
    check_mapping(mapping, &sheet.head)?;
    let items = items(replica, now)?;
    let frame = Frame { mapping, head: &sheet.head, items: &items, by: &how.by, now };
    let mut checking = Checking::new(drafts(&frame, &sheet.rows));
    while let Some(some) = checking.next_rows() {
        checking.add(look(replica, now, &some, how)?);
    }
    Ok(checking.preview(how.finished))
}

/// Says what a list comes to, a few rows at a time while others wait for the engine.
///
/// # Errors
///
/// As [`check`].
pub async fn check_at(
    desk: &Desk,
    now: Timestamp,
    (sheet, mapping): (Sheet, Mapping),
    how: How,
) -> Result<Preview, ImportError> {
    check_mapping(&mapping, &sheet.head)?;
    let items = desk.ask(move |engine| items(engine.replica(), now)).await??;
    let frame = Frame { mapping: &mapping, head: &sheet.head, items: &items, by: &how.by, now };
    let mut checking = Checking::new(drafts(&frame, &sheet.rows));
    while let Some(some) = checking.next_rows() {
        let how = how.clone();
        let looked = desk.ask(move |engine| look(engine.replica(), now, &some, &how));
        checking.add(looked.await??);
    }
    Ok(checking.preview(how.finished))
}

/// What a row would come to: its cards, or why it or what follows it would not be taken.
type Looked = Result<Rehearsed, CaseError>;

fn look<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    rows: &[Draft],
    how: &How,
) -> Result<Vec<Looked>, ReplicaError> {
    let mut looked = Vec::new();
    for draft in rows {
        let (past, after) = steps(draft, how);
        looked.push(match past.is_empty() {
            false => Ok(Rehearsed { cards: Vec::new(), fault: None }),
            true => match rehearse(replica, now, &draft.case, after) {
                Err(CaseError::Replica(error)) => return Err(error),
                found => found,
            },
        });
    }
    Ok(looked)
}

/// A list while it is held against the rules.
#[derive(Debug)]
struct Checking {
    rows: usize,
    drafts: Drafts,
    /// Rows that were looked at.
    looked: usize,
    /// Those of them that would not be taken, by their place.
    refused: BTreeSet<usize>,
    cards: BTreeMap<String, CardCount>,
}

impl Checking {
    fn new(drafts: Drafts) -> Self {
        let rows = drafts.sound.len() + drafts.bad.len();
        Self { rows, drafts, looked: 0, refused: BTreeSet::new(), cards: BTreeMap::new() }
    }

    /// The next rows to look at; none where all were, or enough.
    fn next_rows(&self) -> Option<Vec<Draft>> {
        let end = self.drafts.sound.len().min(LOOKED_MAX).min(self.looked + ROWS_AT_ONCE);
        let rows = self.drafts.sound.get(self.looked..end)?;
        (!rows.is_empty()).then(|| rows.to_vec())
    }

    fn add(&mut self, found: Vec<Looked>) {
        for found in found {
            let at = self.looked;
            self.looked += 1;
            let Some(draft) = self.drafts.sound.get_mut(at) else { return };
            match found {
                Ok(Rehearsed { cards, fault }) => {
                    if let Some(fault) = fault {
                        let (zh, en) = (fault.zh(), fault.to_string());
                        draft.doubts.push(Words::new(
                            format!("收件后的环节不能录入：{zh}"),
                            format!("what follows its receipt would not be taken: {en}"),
                        ));
                    }
                    for card in cards {
                        self.count(card);
                    }
                }
                Err(error) => {
                    let (line, faults) = (draft.line, vec![words(&error)]);
                    self.drafts.bad.push(Bad { line, faults });
                    self.refused.insert(at);
                }
            }
        }
    }

    fn count(&mut self, card: Card) {
        let Card { rule, title, title_en, level, .. } = card;
        let count = self.cards.entry(rule.clone()).or_insert_with(|| {
            let en = title_en.unwrap_or_else(|| title.clone());
            CardCount { rule, title: Words::new(title, en), level, cards: 0 }
        });
        count.cards += 1;
    }

    fn preview(self, finished: Finished) -> Preview {
        let Self { rows, drafts: Drafts { sound, mut bad }, looked, refused, cards } = self;
        let sound: Vec<Draft> = sound
            .into_iter()
            .enumerate()
            .filter_map(|(at, draft)| (!refused.contains(&at)).then_some(draft))
            .collect();
        bad.sort_by_key(|bad| bad.line);
        let count = |is_meant: fn(&Draft) -> bool| sound.iter().filter(|it| is_meant(it)).count();
        let doubtful = count(|draft| !draft.doubts.is_empty());
        let over = count(Draft::is_finished);
        let (kept, waiting) = match finished {
            Finished::Kept => (over, 0),
            Finished::Handled => {
                (0, count(|draft| draft.is_finished() && draft.delivered_at.is_none()))
            }
        };
        let keys: BTreeSet<&str> = sound.iter().map(|draft| draft.key.as_str()).collect();
        let doubted = sound.iter().filter(|draft| !draft.doubts.is_empty()).take(NOTES_SHOWN_MAX);
        let mut cards: Vec<CardCount> = cards.into_values().collect();
        cards.sort_by_key(|count| std::cmp::Reverse(count.level));
        Preview {
            rows,
            sound: sound.len() - doubtful,
            doubtful,
            bad: bad.len(),
            repeated: sound.len() - keys.len(),
            finished: over,
            kept,
            waiting,
            open: sound.len() - over,
            looked,
            cards,
            doubts: doubted.map(|it| RowNote { line: it.line, why: it.doubts.clone() }).collect(),
            faults: bad.into_iter().take(NOTES_SHOWN_MAX).map(RowNote::from).collect(),
        }
    }
}
