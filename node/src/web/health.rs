//! `/healthz`: true only if the engine answers and the store takes writes.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::clock;
use crate::service::Desk;
use crate::store::{Area, Batch, Store};

/// How long the engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a good answer holds: each is a write, and the store hardly gives space back.
const GOOD_MS: u64 = 60_000;

/// How long a bad answer holds.
const BAD_MS: u64 = 2_000;

/// The record that is written to see whether the store takes writes.
const PROBE_KEY: &[u8] = b"probe";

/// The last answer, and when it was given.
#[derive(Clone, Debug, Default)]
pub(super) struct Health {
    last: Arc<Mutex<Option<(u64, Result<(), String>)>>>,
}

impl Health {
    /// Asks, or repeats an answer that still holds.
    ///
    /// # Errors
    ///
    /// What is wrong, in the store's own words.
    pub(super) async fn check(&self, desk: &Desk) -> Result<(), String> {
        // Held while the store is asked on purpose: whoever else asks waits for that answer.
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &*last {
            let holds_ms = if answer.is_ok() { GOOD_MS } else { BAD_MS };
            if clock::steady_ms().saturating_sub(*at) < holds_ms {
                return answer.clone();
            }
        }
        let asked = tokio::time::timeout(
            PATIENCE,
            desk.ask(|engine| {
                let mut batch = Batch::default();
                batch.put(Area::Meta, PROBE_KEY, clock::now().to_string());
                engine.replica().store().commit(&batch).map_err(|error| error.to_string())
            }),
        );
        let answer = match asked.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(closed)) => Err(closed.to_string()),
            Err(_) => Err(format!("the engine did not answer within {PATIENCE:?}")),
        };
        *last = Some((clock::steady_ms(), answer.clone()));
        answer
    }
}
