//! 清单: what lists show and searches look through of each case, kept up beside its facts.
//!
//! In memory are the newest cases only; an older one is found by its number.

use std::collections::BTreeMap;

use minicbor::{Decode, Encode};
use tongban_protocol::case::State;
use tongban_protocol::document::{DocumentId, View};
use tongban_protocol::place::{Home, Tier};
use tongban_protocol::value::Value;
use ulid::Ulid;

use super::{CaseFile, Replica};
use crate::cases::APPLICANT_NUMBER;
use crate::store::Store;

/// Cases that are kept in memory: 50,000 at some 300 B are 15 MB, a county's year.
pub const BRIEFS_MAX: usize = 50_000;

/// The field of the form in which the applicant's telephone rests.
pub const PHONE: &str = "phone";

/// What a list needs to know of a case before it is read.
#[derive(Clone, Debug, Decode, Encode, Eq, PartialEq)]
#[cbor(map)]
pub struct Brief {
    /// Number, applicant, item, and the numbers by which people look for it; in lower case.
    #[n(0)]
    pub text: String,
    /// True once nothing more is owed to the applicant.
    #[n(1)]
    pub is_closed: bool,
    /// The day that presses next, as days since 1970; none while it waits for the applicant or a
    /// special procedure, or where nothing was promised.
    #[n(2)]
    pub presses: Option<i32>,
    /// Which tier decides, where the terms say it.
    #[n(3)]
    pub decide_at: Option<Tier>,
    /// True once a lower tier has handed it up.
    #[n(4)]
    pub is_handed_up: bool,
    /// True where a card was issued or an event has a mark, so that supervision looks at it.
    #[n(5)]
    pub is_marked: bool,
}

/// The newest cases, by when they were taken.
#[derive(Debug, Default)]
pub(super) struct Briefs(BTreeMap<(Ulid, Home), (DocumentId, Brief)>);

impl Brief {
    /// The brief of a case; `presses` is the day of its facts.
    pub(super) fn of(file: &CaseFile, presses: Option<i32>) -> Self {
        let course = &file.folded.course;
        Self {
            text: text(&file.view),
            is_closed: course.state.is_closed() || course.state == State::Imported,
            presses,
            decide_at: course.terms.as_ref().map(|terms| terms.decide_at),
            is_handed_up: course.handed_up_on.is_some(),
            is_marked: !course.issued.is_empty() || !course.breaches.is_empty(),
        }
    }
}

fn text(view: &View) -> String {
    let mut text = String::new();
    let mut add = |part: &str| {
        text.push_str(&part.to_lowercase());
        text.push('\n');
    };
    if let Some(header) = &view.header {
        for part in [&header.number, &header.applicant, &header.item_name, &header.item] {
            add(part);
        }
    }
    for field in [APPLICANT_NUMBER, PHONE] {
        if let Some(Value::Text(said)) = view.form.get(field) {
            add(said);
        }
    }
    text
}

impl Briefs {
    pub(super) fn put(&mut self, id: DocumentId, brief: Brief) {
        self.0.insert((id.name.ulid, id.home), (id, brief));
        if self.0.len() > BRIEFS_MAX {
            self.0.pop_first();
        }
    }

    pub(super) fn take(&mut self, id: DocumentId) {
        self.0.remove(&(id.name.ulid, id.home));
    }
}

impl<S: Store> Replica<S> {
    /// The newest cases as they were counted last, the newest first; at most [`BRIEFS_MAX`].
    pub fn briefs(&self) -> impl Iterator<Item = (DocumentId, &Brief)> {
        self.tally.briefs.0.values().rev().map(|(id, brief)| (*id, brief))
    }
}
