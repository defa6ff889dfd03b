//! Keeps open pages fresh: one look at the engine, however many pages are open.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::response::sse::Event;
use futures_util::{Stream, stream};
use tokio::sync::{OwnedSemaphorePermit, watch};
use tongban_protocol::time::Timestamp;

use super::Face;
use super::language::Language;
use super::machine::{CaseLine, Machine, Mark, free_bytes, newest_cases};
use super::status;
use crate::clock;
use crate::replica::ReplicaError;
use crate::service::Closed;
use crate::waiting::{Asked, Order, OutageLog, Waiting, outages, waiting};

/// Pause between two looks while a page is open.
const PACE: Duration = Duration::from_secs(1);

/// Looks after which the page is sent even if nothing but its age changed.
const LOOKS_PER_REFRESH: u32 = 10;

/// What the page shows, in both languages.
#[derive(Debug, Default)]
pub(super) struct Shown {
    zh: String,
    en: String,
}

/// Waiting records that the page of the machine shows; all of them have a page of their own.
const WAITING_SHOWN: Asked = Asked { order: Order::Oldest, page: 1, count: 10 };

/// What the page of the machine shows.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) machine: Machine,
    pub(super) cases: Vec<CaseLine>,
    pub(super) waiting: Waiting,
    pub(super) outages: OutageLog,
}

/// The last look, and when a centre above was heard last.
#[derive(Debug)]
pub(super) struct Watch {
    face: Face,
    shown: watch::Sender<Arc<Shown>>,
    last_contact: Mutex<Option<Timestamp>>,
}

/// Why a page cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub(super) enum LookError {
    /// The service is stopping.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// The store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

impl Watch {
    pub(super) fn new(face: Face) -> Self {
        let (shown, _) = watch::channel(Arc::default());
        Self { face, shown, last_contact: Mutex::new(None) }
    }

    /// Looks again and again until the service stops.
    pub(super) async fn run(self: Arc<Self>, stopped: impl Future<Output = ()>) {
        let looking = async {
            let (mut known, mut looks) = (Mark::default(), 0);
            while let Ok(mark) = self.face.desk.ask(|engine| Mark::of(engine)).await {
                if mark.is_linked {
                    self.note_contact(clock::now());
                }
                looks += 1;
                let is_due = mark != known || looks >= LOOKS_PER_REFRESH;
                if is_due && self.shown.receiver_count() > 0 {
                    (known, looks) = (mark, 0);
                    self.refresh().await;
                }
                tokio::time::sleep(PACE).await;
            }
        };
        // Either branch may be dropped half-way: nothing is written.
        tokio::select! {
            () = looking => {}
            () = stopped => {}
        }
    }

    async fn refresh(&self) {
        match self.picture().await {
            Ok(picture) => {
                let live = |language| status::live(&picture, language).into_string();
                let (zh, en) = (live(Language::Chinese), live(Language::English));
                self.shown.send_replace(Arc::new(Shown { zh, en }));
            }
            Err(error) => tracing::warn!(%error, "the page could not be drawn"),
        }
    }

    /// Reads the machine as it is now, with what its page shows besides.
    pub(super) async fn picture(&self) -> Result<Picture, LookError> {
        let now = clock::now();
        let read = self.face.desk.ask(move |engine| {
            let machine = Machine::read(engine, now)?;
            let (cases, waiting) = (newest_cases(engine)?, waiting(engine, WAITING_SHOWN)?);
            Ok::<_, ReplicaError>(Picture {
                machine,
                cases,
                waiting,
                outages: outages(engine, now)?,
            })
        });
        let mut picture = read.await??;
        self.fill_in(&mut picture.machine);
        Ok(picture)
    }

    /// Reads the machine as it is now.
    pub(super) async fn look(&self) -> Result<Machine, LookError> {
        let now = clock::now();
        let mut machine = self.face.desk.ask(move |engine| Machine::read(engine, now)).await??;
        self.fill_in(&mut machine);
        Ok(machine)
    }

    /// Adds what the engine does not know.
    fn fill_in(&self, machine: &mut Machine) {
        let now = machine.now;
        if machine.parent().is_some() {
            self.note_contact(now);
        }
        machine.name.clone_from(&self.face.name);
        machine.last_contact = *self.last_contact.lock().unwrap_or_else(PoisonError::into_inner);
        machine.free_bytes = free_bytes(&self.face.data_dir);
    }

    fn note_contact(&self, now: Timestamp) {
        *self.last_contact.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// What an open page is told until it closes or the service stops.
    pub(super) fn stream(
        self: &Arc<Self>,
        language: Language,
        seat: OwnedSemaphorePermit,
    ) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let shown = self.shown.subscribe();
        stream::unfold((shown, seat), move |(mut shown, seat)| async move {
            shown.changed().await.ok()?;
            let main = shown.borrow_and_update().clone();
            let event = Event::default().json_data(language.say(&main.zh, &main.en)).ok()?;
            Some((Ok(event), (shown, seat)))
        })
    }
}
