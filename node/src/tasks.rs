//! Background work that is named, counted and joined.
//!
//! This is the only module that starts tasks. A group ends in one of two ways: [`Tasks::shutdown`]
//! asks every task to stop, waits, and tells which did not; dropping the last handle aborts them.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet, time::timeout};
use tracing::error;

/// A group of running tasks that ends together; clones are handles to the same group.
#[derive(Clone, Debug)]
pub struct Tasks {
    group: Arc<Group>,
}

#[derive(Debug)]
struct Group {
    running: Mutex<JoinSet<()>>,
    counts: Arc<Counts>,
    stop: watch::Sender<bool>,
}

type Counts = Mutex<BTreeMap<&'static str, usize>>;

impl Default for Tasks {
    fn default() -> Self {
        Self::new()
    }
}

impl Tasks {
    /// Returns an empty group.
    #[must_use]
    pub fn new() -> Self {
        let (stop, _) = watch::channel(false);
        let group = Group { running: Mutex::default(), counts: Arc::default(), stop };
        Self { group: Arc::new(group) }
    }

    /// Starts a task under a name; must be called within a tokio runtime.
    ///
    /// A task that panics is logged under its name and takes nothing else down. A task started
    /// after [`Self::shutdown`] began still runs: it finds [`Self::stopped`] true at once.
    pub fn spawn(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let counted = Counted::new(name, Arc::clone(&self.group.counts));
        let mut running = lock(&self.group.running);
        while running.try_join_next().is_some() {} // Keeps the set as small as what still runs.
        running.spawn(async move {
            let _counted = counted;
            work.await;
        });
    }

    /// Returns how many tasks run under each name; names without a running task are left out.
    #[must_use]
    pub fn running(&self) -> BTreeMap<&'static str, usize> {
        lock(&self.group.counts).clone()
    }

    /// Waits until the group is asked to stop; a long-lived task selects on it.
    pub fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stop = self.group.stop.subscribe();
        async move {
            // An error means that the group is gone, which is a stop as well.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    /// Asks all tasks to stop, waits at most `patience`, then aborts what is left.
    ///
    /// Returns the names and numbers of the tasks that had to be aborted.
    pub async fn shutdown(&self, patience: Duration) -> BTreeMap<&'static str, usize> {
        self.group.stop.send_replace(true);
        let mut ending = std::mem::take(&mut *lock(&self.group.running));
        let joined = async { while ending.join_next().await.is_some() {} };
        if timeout(patience, joined).await.is_ok() {
            return BTreeMap::new();
        }
        let left = self.running();
        ending.shutdown().await;
        left
    }
}

/// Counts one task for as long as it lives.
struct Counted {
    name: &'static str,
    counts: Arc<Counts>,
}

impl Counted {
    fn new(name: &'static str, counts: Arc<Counts>) -> Self {
        *lock(&counts).entry(name).or_default() += 1;
        Self { name, counts }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if std::thread::panicking() {
            error!(task = self.name, "task panicked");
        }
        let mut counts = lock(&self.counts);
        if let Some(count) = counts.get_mut(self.name) {
            *count -= 1;
            if *count == 0 {
                counts.remove(self.name);
            }
        }
    }
}

/// Locks even if a holder panicked: what is kept here is valid after every single statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn shutdown_joins_tasks_that_listen() {
        let tasks = Tasks::new();
        for _ in 0..3 {
            tasks.spawn("listener", tasks.stopped());
        }
        assert_eq!(tasks.running(), BTreeMap::from([("listener", 3)]));
        assert_eq!(tasks.shutdown(PATIENCE).await, BTreeMap::new());
        assert_eq!(tasks.running(), BTreeMap::new());
    }

    #[tokio::test]
    async fn shutdown_names_the_tasks_that_do_not_listen() {
        let tasks = Tasks::new();
        tasks.spawn("deaf", std::future::pending());
        tasks.spawn("listener", tasks.stopped());
        let left = tasks.shutdown(Duration::from_millis(20)).await;
        assert_eq!(left, BTreeMap::from([("deaf", 1)]));
        assert_eq!(tasks.running(), BTreeMap::new());
    }

    #[tokio::test]
    async fn a_panic_ends_one_task_and_not_the_group() {
        let tasks = Tasks::new();
        tasks.spawn("clumsy", async { panic!("on purpose") });
        tasks.spawn("listener", tasks.stopped());
        assert_eq!(tasks.shutdown(PATIENCE).await, BTreeMap::new());
    }

    #[tokio::test]
    async fn dropping_the_last_handle_aborts_the_tasks() {
        let tasks = Tasks::new();
        let (alive, watched) = tokio::sync::oneshot::channel::<()>();
        tasks.spawn("holder", async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        });
        drop(tasks);
        assert!(watched.await.is_err());
    }
}
