//! Staging at the desk what has errors of its own, or turns out to have nothing to save.

use std::sync::mpsc;

use rand_chacha::ChaCha12Rng;

use super::inbox::{Closed, Desk, WriteError};
use crate::replica::{Appended, Replica, ReplicaError};
use crate::store::SledStore;

impl Desk {
    /// Stages a change whose errors the replica does not know, and waits until it is durable.
    ///
    /// # Errors
    ///
    /// Those of `work`, and what [`Self::write`] gives.
    pub async fn stage<T, E>(
        &self,
        work: impl FnOnce(&mut Replica<SledStore>, &mut ChaCha12Rng) -> Result<(T, Appended), E>
        + Send
        + 'static,
    ) -> Result<(T, Appended), E>
    where
        T: Send + 'static,
        E: From<Closed> + From<ReplicaError> + std::fmt::Display + Send + 'static,
    {
        let staged = self.stage_any(move |replica, rng| {
            work(replica, rng).map(|(made, appended)| (made, Some(appended)))
        });
        let (made, appended) = staged.await?;
        Ok((made, appended.ok_or(Closed)?))
    }

    /// The same for a change that may have nothing to save: `work` then says so by giving no place.
    ///
    /// # Errors
    ///
    /// Those of `work`, and what [`Self::write`] gives.
    pub async fn stage_any<T, E>(
        &self,
        work: impl FnOnce(&mut Replica<SledStore>, &mut ChaCha12Rng) -> Result<(T, Option<Appended>), E>
        + Send
        + 'static,
    ) -> Result<(T, Option<Appended>), E>
    where
        T: Send + 'static,
        E: From<Closed> + From<ReplicaError> + std::fmt::Display + Send + 'static,
    {
        let (tx, rx) = mpsc::sync_channel(1);
        // There is room for one answer, and whoever asked may have gone home.
        let written = self.write(move |replica, rng| match work(replica, rng) {
            Ok((made, Some(appended))) => {
                let _ = tx.send(Ok((made, true)));
                Ok(appended)
            }
            Ok((made, None)) => {
                let _ = tx.send(Ok((made, false)));
                Err(ReplicaError::NotSaved("there was nothing to save".to_owned()))
            }
            Err(error) => {
                let words = ReplicaError::NotSaved(error.to_string());
                let _ = tx.send(Err(error));
                Err(words)
            }
        });
        match (written.await, rx.try_recv()) {
            (Ok(appended), Ok(Ok((made, _)))) => Ok((made, Some(appended))),
            (Err(_), Ok(Ok((made, false)))) => Ok((made, None)),
            (Err(_), Ok(Err(error))) => Err(error),
            (Err(WriteError::Replica(error)), _) => Err(error.into()),
            (Err(WriteError::Closed(closed)), _) => Err(closed.into()),
            (Ok(_), _) => Err(Closed.into()),
        }
    }
}
