//! From a number to its case and to the next number, and to the cases that supervision marked.
//!
//! Whatever entry sets a header puts one record into this index, in the entry's own batch, whether
//! it was made here, came over a link or came back out of the outbox. So the last number of this
//! machine's allotment in the index is the last that it gave: there is no counter that a crash
//! could part from the case. A restored machine has another allotment and begins anew.

use jiff::civil::Date;
use tongban_protocol::document::{DocumentId, DocumentKind, DocumentName, Noted};
use tongban_protocol::journal::JournalId;
use tongban_protocol::number::{Allotment, CHARS_BEFORE_SERIAL, CaseNumber, NoNumberLeft};
use tongban_protocol::place::{Home, Scope};
use ulid::Ulid;

use super::layout::{
    NumberKey, after, number_key, number_prefix, supervised_key, supervised_prefix,
};
use super::{Replica, ReplicaError};
use crate::store::{Area, Store};

/// Longest number that can be looked for, in bytes; ours have 27 without their dashes.
const NUMBER_BYTES_MAX: usize = 128;

/// Cases of one home found for one number; a second one is a fault already.
const SAME_NUMBER_MAX: usize = 16;

impl<S: Store> Replica<S> {
    /// The next number of this machine for a case that its centre accepts on a day.
    ///
    /// It is given once an entry with it in a header is staged; until then it is the next again.
    ///
    /// # Errors
    ///
    /// The store's; inside, that no number is left.
    pub fn next_number(&self, day: Date) -> Result<Result<CaseNumber, NoNumberLeft>, ReplicaError> {
        let (centre, allotment) = (self.member.centre(), Allotment::of(self.member.author()));
        let first = match CaseNumber::next(centre, day, allotment, 0) {
            Ok(first) => first.compact(),
            Err(none) => return Ok(Err(none)),
        };
        let start = first.get(..CHARS_BEFORE_SERIAL).unwrap_or_default();
        let durable = self.last_serial(&number_prefix(NumberKey::Own(start), self.office()))?;
        let staged = self.staged_serials.get(&day).copied().unwrap_or_default();
        Ok(CaseNumber::next(centre, day, allotment, durable.max(staged)))
    }

    /// The serial of the last number in the index that begins so.
    fn last_serial(&self, start: &[u8]) -> Result<u32, ReplicaError> {
        let Some(last) = self.store.last(Area::View, start, &after(start))? else { return Ok(0) };
        let serial = last.key.get(start.len()..).and_then(|rest| rest.get(..5));
        let serial = serial.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        serial.ok_or_else(|| ReplicaError::Corrupt("a number of a case in the index".to_owned()))
    }

    /// Stages what an entry says by which its documents are looked for later.
    pub(super) fn index_noted(&mut self, journal: JournalId, entry: u64, noted: &Noted) {
        let home = journal.home;
        for name in &noted.supervised {
            let id = DocumentId { home, name: *name };
            self.staged.put(Area::View, supervised_key(id), Vec::new());
        }
        for name in &noted.green {
            self.index_green(DocumentId { home, name: *name }, journal, entry);
        }
        for (name, header) in &noted.headers {
            let id = DocumentId { home, name: *name };
            if name.kind != DocumentKind::Case || header.number.len() > NUMBER_BYTES_MAX {
                continue;
            }
            let key = match header.number.parse::<CaseNumber>() {
                Ok(number) => {
                    let is_mine = number.allotment() == Allotment::of(self.member.author());
                    if home == self.office() && is_mine {
                        let last = self.staged_serials.entry(number.day()).or_default();
                        *last = number.serial().max(*last);
                    }
                    number_key(NumberKey::Own(&number.compact()), id)
                }
                Err(_) => number_key(NumberKey::Foreign(header.number.trim()), id),
            };
            self.staged.put(Area::View, key, Vec::new());
        }
    }

    /// The durable cases here whose header was set with a number, as people type it; mostly one.
    ///
    /// What has no effect may be among them: a case is asked for its number before it is shown.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn numbered(&self, number: &str) -> Result<Vec<DocumentId>, ReplicaError> {
        let own = number.parse::<CaseNumber>().map(|number| number.compact()).ok();
        let key = own.as_deref().map_or_else(|| NumberKey::Foreign(number.trim()), NumberKey::Own);
        let mut found = Vec::new();
        for home in self.homes().into_iter().filter(|home| home.scope == Scope::Office) {
            let mut start = number_prefix(key, home);
            start.push(0);
            let records = self.store.scan(Area::View, &start, &after(&start), SAME_NUMBER_MAX)?;
            found.extend(records.iter().filter_map(|record| {
                let ulid = Ulid::from_bytes(record.key.get(start.len()..)?.try_into().ok()?);
                let name = DocumentName { kind: DocumentKind::Case, ulid };
                Some(DocumentId { home, name })
            }));
        }
        Ok(found)
    }

    /// The durable cases of a home in which supervision recorded something of its own, in the order
    /// in which they were taken, after `after`. What has no effect may be among it.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn supervised(
        &self,
        home: Home,
        after_case: Option<Ulid>,
        count_max: usize,
    ) -> Result<Vec<DocumentId>, ReplicaError> {
        let start = supervised_prefix(home);
        let named =
            |ulid| DocumentId { home, name: DocumentName { kind: DocumentKind::Case, ulid } };
        let from =
            after_case.map_or_else(|| start.clone(), |ulid| after(&supervised_key(named(ulid))));
        let records = self.store.scan(Area::View, &from, &after(&start), count_max)?;
        let id =
            |key: &[u8]| Some(named(Ulid::from_bytes(key.get(start.len()..)?.try_into().ok()?)));
        Ok(records.iter().filter_map(|record| id(&record.key)).collect())
    }

    fn office(&self) -> Home {
        Home::office(self.member.centre())
    }
}
