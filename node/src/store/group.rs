//! Group commit: writers that wait at the same moment share one write to the disk.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
};

use super::{BATCH_BYTES_MAX, Batch, StoreError};

/// The queue of writers before the disk, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Queue {
    line: Mutex<Line>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct Line {
    waiting: VecDeque<(Batch, Place)>,
    is_disk_taken: bool,
}

/// Where a writer finds what became of its batch.
type Place = Arc<Mutex<Option<Result<(), StoreError>>>>;

/// The batches that one of the writers writes for all; dropping it lets the line move on.
#[derive(Debug)]
struct Group<'a> {
    queue: &'a Queue,
    places: Vec<Place>,
    outcome: Result<(), StoreError>,
}

impl Queue {
    /// Has a batch written, by this thread or by one that takes it along.
    ///
    /// `write` is never called by two threads at once.
    pub(super) fn commit(
        &self,
        batch: Batch,
        write: impl Fn(&[Batch]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let place = Place::default();
        let mut line = held(&self.line);
        line.waiting.push_back((batch, Arc::clone(&place)));
        loop {
            if let Some(outcome) = held(&place).take() {
                return outcome;
            }
            if line.is_disk_taken {
                line = self.moved.wait(line).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            line.is_disk_taken = true;
            let (batches, places) = line.next_group().into_iter().unzip::<_, _, Vec<_>, _>();
            drop(line);
            let cause = "the thread that wrote the batch panicked".to_owned();
            let mut group =
                Group { queue: self, places, outcome: Err(StoreError::Stopped { cause }) };
            group.outcome = write(&batches);
            drop(group);
            line = held(&self.line);
        }
    }
}

impl Line {
    /// Takes as many batches as fit into one write, and at least one.
    fn next_group(&mut self) -> VecDeque<(Batch, Place)> {
        let mut bytes = 0;
        let fitting = self.waiting.iter().take_while(|(batch, _)| {
            bytes += batch.byte_size();
            bytes <= BATCH_BYTES_MAX
        });
        let count = fitting.count().max(1).min(self.waiting.len());
        let rest = self.waiting.split_off(count);
        mem::replace(&mut self.waiting, rest)
    }
}

impl Drop for Group<'_> {
    fn drop(&mut self) {
        for place in &self.places {
            *held(place) = Some(self.outcome.clone());
        }
        held(&self.queue.line).is_disk_taken = false;
        self.queue.moved.notify_all();
    }
}

/// Locks a value that is sound between any two statements, so that a panic elsewhere spoils nothing.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{panic::AssertUnwindSafe, thread};

    use super::*;
    use crate::store::contract::put;

    /// Commits one batch, and the others while the first is being written; returns the sizes of
    /// the writes in order, and each writer's outcome.
    fn groups(others: &[Batch], outcome: &Result<(), StoreError>) -> (Vec<usize>, Vec<bool>) {
        let queue = Queue::default();
        let sizes = Mutex::new(Vec::new());
        let write = |batches: &[Batch]| {
            while sizes.lock().unwrap().is_empty() && held(&queue.line).waiting.len() < others.len()
            {
                thread::yield_now();
            }
            sizes.lock().unwrap().push(batches.len());
            outcome.clone()
        };
        let outcomes = thread::scope(|scope| {
            let first = scope.spawn(|| queue.commit(put(b"first", b""), write));
            while !held(&queue.line).is_disk_taken {
                thread::yield_now();
            }
            let rest: Vec<_> = others
                .iter()
                .map(|batch| scope.spawn(|| queue.commit(batch.clone(), write)))
                .collect();
            std::iter::once(first)
                .chain(rest)
                .map(|writer| writer.join().unwrap().is_ok())
                .collect()
        });
        (sizes.into_inner().unwrap(), outcomes)
    }

    #[test]
    fn all_who_wait_are_written_together_and_told_the_same() {
        let small = vec![put(b"k", b"v"); 3];
        assert_eq!(groups(&small, &Ok(())), (vec![1, 3], vec![true; 4]));
        let failure = Err(StoreError::Stopped { cause: "test".to_owned() });
        assert_eq!(groups(&small, &failure), (vec![1, 3], vec![false; 4]));
    }

    #[test]
    fn one_write_stays_within_the_limit_of_a_batch() {
        let big = vec![put(b"k", &vec![0; BATCH_BYTES_MAX / 2]); 3];
        assert_eq!(groups(&big, &Ok(())), (vec![1, 1, 1, 1], vec![true; 4]));
    }

    #[test]
    fn writer_that_panics_leaves_the_queue_to_the_next() {
        let queue = Queue::default();
        let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| {
            queue.commit(put(b"k", b"v"), |_| panic!("as if by a bug"))
        }));
        assert!(panicked.is_err());
        assert_eq!(queue.commit(put(b"k", b"v"), |_| Ok(())), Ok(()));
    }
}
