//! Group commit: writers that wait at the same moment share one write to the disk.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{BATCH_BYTES_MAX, Batch, StoreError};

/// The queue of batches that wait for the disk, in order of arrival.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<VecDeque<(Batch, Place)>>,
}

/// A writer's place in the queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    outcome: Arc<Mutex<Option<Result<(), StoreError>>>>,
}

/// Batches that are written together.
#[derive(Debug, Default)]
pub(super) struct Group {
    pub(super) batches: Vec<Batch>,
    places: Vec<Place>,
}

impl Queue {
    /// Lines a batch up. Whoever next holds the disk takes it along.
    pub(super) fn join(&self, batch: Batch) -> Place {
        let place = Place::default();
        held(&self.waiting).push_back((batch, place.clone()));
        place
    }

    /// Takes as many batches as fit into one write, at least one if any waits.
    pub(super) fn next_group(&self) -> Group {
        let mut waiting = held(&self.waiting);
        let mut group = Group::default();
        let mut bytes = 0;
        while let Some((batch, _)) = waiting.front() {
            bytes += batch.byte_size();
            if bytes > BATCH_BYTES_MAX && !group.batches.is_empty() {
                break;
            }
            let Some((batch, place)) = waiting.pop_front() else { break };
            group.batches.push(batch);
            group.places.push(place);
        }
        group
    }
}

impl Place {
    /// Returns what became of the batch, once somebody has written it.
    pub(super) fn outcome(&self) -> Option<Result<(), StoreError>> {
        held(&self.outcome).clone()
    }
}

impl Group {
    /// Tells every writer of the group what became of it.
    pub(super) fn settle(&mut self, outcome: &Result<(), StoreError>) {
        for place in mem::take(&mut self.places) {
            *held(&place.outcome) = Some(outcome.clone());
        }
    }
}

impl Drop for Group {
    // A writer that panicked must not leave the others waiting for ever.
    fn drop(&mut self) {
        let cause = "the thread that wrote the batch panicked".to_owned();
        self.settle(&Err(StoreError::Stopped { cause }));
    }
}

/// Locks a value that is sound between any two statements, so that a panic elsewhere spoils nothing.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Area;

    fn batch(bytes: usize) -> Batch {
        let mut batch = Batch::default();
        batch.put(Area::View, *b"k", vec![0; bytes]);
        batch
    }

    #[test]
    fn all_who_wait_are_taken_together_and_told_together() {
        let queue = Queue::default();
        let places: Vec<Place> = (0..3).map(|_| queue.join(batch(10))).collect();
        let mut group = queue.next_group();
        assert_eq!(group.batches.len(), 3);
        assert!(places.iter().all(|place| place.outcome().is_none()));
        group.settle(&Ok(()));
        assert!(places.iter().all(|place| place.outcome() == Some(Ok(()))));
        assert!(queue.next_group().batches.is_empty());
    }

    #[test]
    fn group_stays_within_the_limit_of_a_batch() {
        let queue = Queue::default();
        for _ in 0..3 {
            queue.join(batch(BATCH_BYTES_MAX / 2));
        }
        assert_eq!(queue.next_group().batches.len(), 1);
        assert_eq!(queue.next_group().batches.len(), 1);
        assert_eq!(queue.next_group().batches.len(), 1);
    }

    #[test]
    fn writers_are_told_when_the_one_who_wrote_for_them_panicked() {
        let queue = Queue::default();
        let place = queue.join(batch(1));
        drop(queue.next_group());
        assert!(matches!(place.outcome(), Some(Err(StoreError::Stopped { .. }))));
    }
}
