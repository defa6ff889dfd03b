//! The sled database of a store, read as it was after the last durable commit.
//!
//! While a batch is on its way to the disk, and for ever if it failed, the former values of its
//! keys hide what sled shows: nothing is read that a power cut could still take back.
//!
//! sled may panic over a damaged file, so every call goes through [`guarded`].

use std::{
    cmp::Ordering,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use sled::IVec;

use super::{
    Area, Batch, Checked, Cursor, Record, StoreError,
    stored::{cut, head_key, join, part_count, part_key},
};

/// What the keys of a batch held before it; none where there was nothing.
type Former = BTreeMap<Vec<u8>, Option<IVec>>;

/// An open sled database.
pub(super) struct Database {
    tree: sled::Db,
    hidden: RwLock<Former>,
    path: PathBuf,
}

/// A batch as sled takes it, and what it replaces.
pub(super) struct Plan {
    writes: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    former: Former,
}

impl Database {
    pub(super) fn new(tree: sled::Db, path: &Path) -> Self {
        Self { tree, hidden: RwLock::default(), path: path.to_owned() }
    }

    pub(super) fn read(&self, area: Area, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let damaged = || StoreError::Damaged { area, key: key.to_vec() };
        self.reading(&damaged, || {
            let hidden = self.hidden();
            let head_key = head_key(area, key);
            let Some(head) = self.shown(&hidden, &head_key)? else { return Ok(None) };
            self.value(&hidden, &head_key, &head)?.ok_or_else(damaged).map(Some)
        })
    }

    pub(super) fn scan(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.reading(&|| StoreError::Damaged { area, key: from.to_vec() }, || {
            let hidden = self.hidden();
            let Some((from, to)) = bounds(area, from, to) else { return Ok(Vec::new()) };
            let tree = self.tree.range(from.as_slice()..to.as_slice());
            let former = hidden.range::<Vec<u8>, _>(&from..&to);
            merged(tree, former, Ord::cmp)
                .take(count_max)
                .map(|found| self.record(&hidden, area, found))
                .collect()
        })
    }

    pub(super) fn scan_back(
        &self,
        area: Area,
        from: &[u8],
        to: &[u8],
        count_max: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.reading(&|| StoreError::Damaged { area, key: from.to_vec() }, || {
            let hidden = self.hidden();
            let Some((from, to)) = bounds(area, from, to) else { return Ok(Vec::new()) };
            let tree = self.tree.range(from.as_slice()..to.as_slice()).rev();
            let former = hidden.range::<Vec<u8>, _>(&from..&to).rev();
            merged(tree, former, |one, two| two.cmp(one))
                .take(count_max)
                .map(|found| self.record(&hidden, area, found))
                .collect()
        })
    }

    /// Verifies up to `count_max` records of one area.
    ///
    /// A page that cannot be read hides its neighbours, so the check goes on with the next area.
    pub(super) fn check(&self, from: &Cursor, count_max: usize) -> Result<Checked, StoreError> {
        let next_area = from.area.next().map(|area| Cursor { area, key: Vec::new() });
        let unreadable = || StoreError::Damaged { area: from.area, key: from.key.clone() };
        let step = self.reading(&unreadable, || {
            let hidden = self.hidden();
            let (from_key, to_key) = (head_key(from.area, &from.key), vec![from.area.byte() + 1]);
            let tree = self.tree.range(from_key.as_slice()..to_key.as_slice());
            let former = hidden.range::<Vec<u8>, _>(&from_key..&to_key);
            let mut checked = Checked { next: next_area.clone(), ..Checked::default() };
            for found in merged(tree, former, Ord::cmp) {
                let key = match &found {
                    Ok((key, _)) => key.get(1..).unwrap_or_default().to_vec(),
                    Err(_) => return Err(unreadable()),
                };
                if checked.count == count_max {
                    checked.next = Some(Cursor { area: from.area, key });
                    break;
                }
                checked.count += 1;
                match self.record(&hidden, from.area, found) {
                    Ok(_) => {}
                    Err(damage @ StoreError::Damaged { .. }) => checked.damage.push(damage),
                    Err(other) => return Err(other),
                }
            }
            Ok(checked)
        });
        match step {
            Err(damage @ StoreError::Damaged { .. }) => {
                Ok(Checked { count: 0, damage: vec![damage], next: next_area })
            }
            other => other,
        }
    }

    /// Turns batches into writes for sled; of two writes of one key the later wins.
    ///
    /// Nothing is written yet. The caller holds off other writers until it is done with the plan.
    /// `commit` is the number of this commit.
    pub(super) fn plan(&self, batches: &[Batch], commit: u64) -> Result<Plan, StoreError> {
        let mut wanted = BTreeMap::new();
        for write in batches.iter().flat_map(Batch::writes) {
            wanted.insert((write.area, write.key.as_slice()), write.value.as_deref());
        }
        let mut plan = Plan { writes: BTreeMap::new(), former: BTreeMap::new() };
        for ((area, key), value) in wanted {
            let damaged = || StoreError::Damaged { area, key: key.to_vec() };
            self.reading(&damaged, || self.plan_one(&mut plan, head_key(area, key), value))?;
        }
        plan.writes.insert(COMMITS_KEY.to_vec(), Some(commit.to_le_bytes().to_vec()));
        Ok(plan)
    }

    fn plan_one(
        &self,
        plan: &mut Plan,
        head_key: Vec<u8>,
        value: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let former = self.tree.get(&head_key).map_err(|error| self.failed(error))?;
        let former_parts = former.as_deref().map_or(0, part_count);
        let pieces = value.map(|value| cut(&head_key, value));
        let (head, parts) = pieces.map_or((None, Vec::new()), |cut| (Some(cut.head), cut.parts));
        let mut parts = parts.into_iter();
        for number in 0..u16::MAX {
            let part = parts.next();
            if part.is_none() && number >= former_parts {
                break;
            }
            let key = part_key(&head_key, number);
            let before = self.tree.get(&key).map_err(|error| self.failed(error))?;
            plan.former.insert(key.clone(), before);
            plan.writes.insert(key, part);
        }
        plan.former.insert(head_key.clone(), former);
        plan.writes.insert(head_key, head);
        Ok(())
    }

    /// Gives a plan to sled and has it written to the log file, hidden from readers.
    ///
    /// The caller syncs the log file and then calls [`Self::reveal`]. After an error the plan
    /// stays hidden for the life of this value.
    pub(super) fn apply(&self, plan: Plan) -> Result<(), StoreError> {
        *self.hidden_mut() = plan.former;
        let mut batch = sled::Batch::default();
        for (key, value) in plan.writes {
            match value {
                Some(value) => batch.insert(key, value),
                None => batch.remove(key),
            }
        }
        guarded(|| self.tree.apply_batch(batch).and_then(|()| self.tree.flush()))
            .ok_or_else(|| StoreError::from_panic("write", &self.path))?
            .map_err(|error| StoreError::from_sled("write", &self.path, error))?;
        Ok(())
    }

    /// Shows readers what was applied.
    pub(super) fn reveal(&self) {
        self.hidden_mut().clear();
    }

    pub(super) fn bytes_on_disk(&self) -> sled::Result<u64> {
        self.tree.size_on_disk()
    }

    fn record(
        &self,
        hidden: &Former,
        area: Area,
        found: sled::Result<(IVec, IVec)>,
    ) -> Result<Record, StoreError> {
        let (head_key, head) = found.map_err(|error| self.failed(error))?;
        let key = head_key.get(1..).unwrap_or_default().to_vec();
        match self.value(hidden, &head_key, &head)? {
            Some(value) => Ok(Record { key, value }),
            None => Err(StoreError::Damaged { area, key }),
        }
    }

    fn value(
        &self,
        hidden: &Former,
        head_key: &[u8],
        head: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        join(head_key, head, |part_key| self.shown(hidden, part_key))
    }

    fn shown(&self, hidden: &Former, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        match hidden.get(key) {
            Some(former) => Ok(former.clone()),
            None => self.tree.get(key).map_err(|error| self.failed(error)),
        }
    }

    /// Runs a read; a panic or an unreadable page of sled is damage.
    fn reading<T>(
        &self,
        damaged: &dyn Fn() -> StoreError,
        read: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        match guarded(read) {
            None => Err(damaged()),
            Some(Err(StoreError::Io { reason, .. })) if reason == UNREADABLE => Err(damaged()),
            Some(result) => result,
        }
    }

    fn failed(&self, error: sled::Error) -> StoreError {
        let path = self.path.clone();
        match error {
            sled::Error::Io(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                StoreError::Io { action: "read", path, reason: UNREADABLE.to_owned() }
            }
            sled::Error::Io(error) => {
                StoreError::Io { action: "read", path, reason: error.to_string() }
            }
            _ => StoreError::Io { action: "read", path, reason: UNREADABLE.to_owned() },
        }
    }

    // The map under the lock is replaced and cleared whole: after a panic it is still sound.
    fn hidden(&self) -> RwLockReadGuard<'_, Former> {
        self.hidden.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn hidden_mut(&self) -> RwLockWriteGuard<'_, Former> {
        self.hidden.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a call into sled and returns none if it panicked.
pub(super) fn guarded<T>(call: impl FnOnce() -> T) -> Option<T> {
    // What the call leaves behind half done is either dropped or never written again.
    catch_unwind(AssertUnwindSafe(call)).ok()
}

/// The stored keys of a range; none if it is empty, which sled and the standard library differ on.
fn bounds(area: Area, from: &[u8], to: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    (from < to).then(|| (head_key(area, from), head_key(area, to)))
}

/// Goes through the records of the tree with the former values in front of it, in one order.
fn merged<'a>(
    tree: impl Iterator<Item = sled::Result<(IVec, IVec)>>,
    former: impl Iterator<Item = (&'a Vec<u8>, &'a Option<IVec>)>,
    order: fn(&[u8], &[u8]) -> Ordering,
) -> impl Iterator<Item = sled::Result<(IVec, IVec)>> {
    let (mut tree, mut former) = (tree.peekable(), former.peekable());
    std::iter::from_fn(move || {
        loop {
            let next = match (tree.peek(), former.peek()) {
                (None, None) => return None,
                (Some(_), None) | (Some(Err(_)), Some(_)) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(Ok((key, _))), Some((hidden, _))) => order(key, hidden),
            };
            match next {
                Ordering::Less => return tree.next(),
                Ordering::Equal => drop(tree.next()),
                Ordering::Greater => {}
            }
            if let Some((key, Some(value))) = former.next() {
                return Some(Ok((IVec::from(key.as_slice()), value.clone())));
            }
        }
    })
}

/// The record that counts the commits; no area has the number zero.
pub(super) const COMMITS_KEY: &[u8] = b"\0commits";
/// Marks a page that sled cannot read, until it is named as a damaged record.
const UNREADABLE: &str = "the page cannot be read";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::contract::put;

    fn database(dir: &Path) -> Database {
        let tree = sled::Config::new().path(dir).flush_every_ms(None).open().unwrap();
        Database::new(tree, dir)
    }

    /// Everything that a reader can see.
    fn seen(database: &Database) -> String {
        let scan = |count_max| database.scan(Area::Entry, b"", b"z", count_max).unwrap();
        let keys = |records: Vec<Record>| {
            let text = |record: Record| {
                let key = String::from_utf8(record.key).unwrap();
                format!("{key}={}×{} ", record.value.len(), record.value[0])
            };
            records.into_iter().map(text).collect::<String>()
        };
        let read = [&b"a"[..], b"b", b"c", b"d"]
            .map(|key| database.read(Area::Entry, key).unwrap().map_or(0, |value| value.len()));
        let last = keys(database.scan_back(Area::Entry, b"", b"z", 1).unwrap());
        let checked = database.check(&Cursor { area: Area::Entry, key: vec![] }, 99).unwrap();
        assert_eq!(checked.damage, []);
        format!("{}| {}| last {last}| {read:?} {}", keys(scan(9)), keys(scan(2)), checked.count)
    }

    #[test]
    fn readers_see_the_former_records_until_a_batch_is_durable() {
        let dir = tempfile::tempdir().unwrap();
        let database = database(dir.path());
        let mut batch = Batch::default();
        batch.put(Area::Entry, *b"a", vec![1; 10]);
        batch.put(Area::Entry, *b"b", vec![2; 20_000]);
        batch.put(Area::Entry, *b"d", vec![4; 9_000]);
        database.apply(database.plan(&[batch], 1).unwrap()).unwrap();
        database.reveal();
        let before = "a=10×1 b=20000×2 d=9000×4 | a=10×1 b=20000×2 | last d=9000×4 \
                      | [10, 20000, 0, 9000] 3";
        assert_eq!(seen(&database), before);

        let mut batch = Batch::default();
        batch.put(Area::Entry, *b"a", vec![5; 30_000]);
        batch.put(Area::Entry, *b"b", vec![6; 5_000]);
        batch.put(Area::Entry, *b"c", vec![7; 1]);
        batch.delete(Area::Entry, *b"d");
        database.apply(database.plan(&[batch], 1).unwrap()).unwrap();
        assert_eq!(seen(&database), before);
        database.reveal();
        let after = "a=30000×5 b=5000×6 c=1×7 | a=30000×5 b=5000×6 | last c=1×7 \
                     | [30000, 5000, 1, 0] 3";
        assert_eq!(seen(&database), after);
    }

    #[test]
    fn shorter_value_leaves_no_parts_behind() {
        let dir = tempfile::tempdir().unwrap();
        let database = database(dir.path());
        for value in [vec![1; 50_000], vec![1; 5_000], vec![1; 10]] {
            database.apply(database.plan(&[put(b"k", &value)], 1).unwrap()).unwrap();
            database.reveal();
        }
        assert_eq!(database.tree.len(), 1 + 1);
        let mut batch = put(b"k", &[1; 50_000]);
        batch.delete(Area::Entry, *b"k");
        database.apply(database.plan(&[put(b"l", &[1; 9_000]), batch], 1).unwrap()).unwrap();
        assert_eq!(database.tree.len(), 1 + 3);
    }
}
