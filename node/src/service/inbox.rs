//! The engine's thread, and the desk where others hand things in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use rand_chacha::ChaCha12Rng;
use tokio::sync::{Notify, mpsc, oneshot};
use tongban_protocol::identity::PublicKey;
use tongban_protocol::time::Timestamp;
use tongban_protocol::wire::Lane;

use super::Duty;
use crate::clock;
use crate::engine::{Engine, Output, SessionId, Side, Ticket};
use crate::replica::{Appended, Replica, ReplicaError};
use crate::report::COUNT_AT_ONCE;
use crate::store::SledStore;

/// Things that may wait for the engine's thread.
const INBOX_MAX: usize = 1_024;

/// Things that are handed to the engine before a flush: a bound on the latency of the first.
const GROUP_MAX: usize = 256;

/// Bytes of frames that are handed to the engine before a flush, but for the last: compressed ten to
/// one, as blocks are, they make 5 MiB that one commit holds several times.
const GROUP_FRAME_BYTES_MAX: usize = 512 << 10;

/// Control frames that may wait for a link; a peer that reads slower than that is cut off.
const CONTROL_QUEUE_MAX: usize = 4_096;

/// Blocks that may wait for a link; the exchange itself keeps fewer on their way.
const JOURNAL_QUEUE_MAX: usize = 64;

/// How often the thread looks up if nothing is due.
const LONGEST_NAP: Duration = Duration::from_secs(5);

/// How long nothing must be wanted before cases are counted for reports, in milliseconds.
const COUNT_AFTER_MS: i64 = 100;

/// How long counting rests after the store failed, in milliseconds.
const COUNT_AGAIN_MS: i64 = 60_000;

/// The service has stopped.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the service is stopping; try again once it runs")]
pub struct Closed;

/// Why something was not saved.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The service has stopped; whether the command was saved is not known.
    #[error(transparent)]
    Closed(#[from] Closed),
    /// It was refused, or the store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
}

type Question = Box<dyn FnOnce(&mut Engine<SledStore>) + Send>;
type Writing = Box<
    dyn FnOnce(&mut Replica<SledStore>, &mut ChaCha12Rng) -> Result<Appended, ReplicaError> + Send,
>;

/// What a link's writers read from.
#[derive(Debug)]
pub(super) struct LinkQueues {
    /// Control frames that go before those of the queue.
    pub(super) before_control: Vec<Vec<u8>>,
    pub(super) control: mpsc::Receiver<Vec<u8>>,
    pub(super) journal: mpsc::Receiver<Vec<u8>>,
    /// Why the engine closed the link.
    pub(super) close: oneshot::Receiver<String>,
}

#[derive(Debug)]
struct LinkOut {
    control: mpsc::Sender<Vec<u8>>,
    journal: mpsc::Sender<Vec<u8>>,
    close: oneshot::Sender<String>,
}

pub(super) enum Command {
    Open { side: Side, answer: oneshot::Sender<(SessionId, LinkQueues)> },
    Proved { session: SessionId, key: PublicKey },
    Frame { session: SessionId, lane: Lane, bytes: Vec<u8> },
    Gone { session: SessionId },
    Ask(Question),
    Write { work: Writing, answer: oneshot::Sender<Result<Appended, ReplicaError>> },
    Stop { why: String, answer: oneshot::Sender<()> },
}

/// Where commands and questions are handed in; cheap to clone.
#[derive(Clone, Debug)]
pub struct Desk {
    inbox: mpsc::Sender<Command>,
    /// Wakes whoever keeps the link to a parent.
    hurry: Arc<Notify>,
}

impl Desk {
    /// Asks the engine something, between two flushes.
    ///
    /// # Errors
    ///
    /// [`Closed`] when the service has stopped.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Engine<SledStore>) -> T + Send + 'static,
    ) -> Result<T, Closed> {
        let (tx, rx) = oneshot::channel();
        let question: Question = Box::new(move |engine| {
            let _ = tx.send(question(engine)); // Whoever asked may have gone home.
        });
        self.send(Command::Ask(question)).await?;
        rx.await.map_err(|_| Closed)
    }

    /// Stages a change and waits until it is durable.
    ///
    /// # Errors
    ///
    /// [`WriteError`]: nothing was saved, unless it is [`WriteError::Closed`].
    pub async fn write(
        &self,
        work: impl FnOnce(&mut Replica<SledStore>, &mut ChaCha12Rng) -> Result<Appended, ReplicaError>
        + Send
        + 'static,
    ) -> Result<Appended, WriteError> {
        let (answer, rx) = oneshot::channel();
        self.send(Command::Write { work: Box::new(work), answer }).await?;
        Ok(rx.await.map_err(|_| Closed)??)
    }

    /// Has every parent tried at once that is better than the one that serves, instead of when its
    /// pause is over. Nothing is waited for; without parents nothing happens.
    pub fn dial_now(&self) {
        self.hurry.notify_one();
    }

    /// Waits until somebody asks for the parents to be tried at once.
    pub(super) async fn hurried(&self) {
        self.hurry.notified().await;
    }

    pub(super) async fn open(&self, side: Side) -> Result<(SessionId, LinkQueues), Closed> {
        let (answer, rx) = oneshot::channel();
        self.send(Command::Open { side, answer }).await?;
        rx.await.map_err(|_| Closed)
    }

    pub(super) async fn send(&self, command: Command) -> Result<(), Closed> {
        self.inbox.send(command).await.map_err(|_| Closed)
    }

    pub(super) async fn stop(&self, why: &str) {
        let (answer, rx) = oneshot::channel();
        if self.send(Command::Stop { why: why.to_owned(), answer }).await.is_ok() {
            let _ = rx.await; // An error means that the thread has ended, which was the wish.
        }
    }
}

struct Keeper {
    engine: Engine<SledStore>,
    duty: Option<Box<dyn Duty>>,
    inbox: mpsc::Receiver<Command>,
    links: BTreeMap<SessionId, LinkOut>,
    waiting: BTreeMap<Ticket, oneshot::Sender<Result<Appended, ReplicaError>>>,
    count: u64,
    stopped: Option<oneshot::Sender<()>>,
    /// When cases are counted again after the store failed.
    count_from: Timestamp,
}

/// Starts the engine's thread; must be called within a tokio runtime, whose timer it uses.
pub(super) fn start(
    engine: Engine<SledStore>,
    duty: Option<Box<dyn Duty>>,
) -> std::io::Result<(Desk, std::thread::JoinHandle<()>)> {
    let (tx, inbox) = mpsc::channel(INBOX_MAX);
    let (links, waiting) = (BTreeMap::new(), BTreeMap::new());
    let name = format!("engine {}", engine.replica().member().centre());
    let mut keeper = Keeper {
        engine,
        duty,
        inbox,
        links,
        waiting,
        count: 0,
        stopped: None,
        count_from: Timestamp(0),
    };
    let runtime = tokio::runtime::Handle::current();
    let thread = std::thread::Builder::new().name(name).spawn(move || keeper.run(&runtime))?;
    Ok((Desk { inbox: tx, hurry: Arc::new(Notify::new()) }, thread))
}

impl Keeper {
    fn run(&mut self, runtime: &tokio::runtime::Handle) {
        while self.stopped.is_none() {
            let (nap, mut is_idle) = (self.nap(), false);
            let first =
                runtime.block_on(async { tokio::time::timeout(nap, self.inbox.recv()).await });
            match first {
                Ok(Some(command)) => self.handle(command),
                Ok(None) => return,
                Err(_) => is_idle = true, // Something is due.
            }
            self.gather();
            self.step();
            if is_idle {
                self.count();
            }
        }
        if let Some(stopped) = self.stopped.take() {
            let _ = stopped.send(()); // Whoever asked may have gone home.
        }
    }

    /// Takes what waits already, within the bounds of a group.
    fn gather(&mut self) {
        let mut bytes = 0;
        for _ in 1..GROUP_MAX {
            let Ok(command) = self.inbox.try_recv() else { return };
            if let Command::Frame { bytes: frame, .. } = &command {
                bytes += frame.len();
            }
            self.handle(command);
            if bytes >= GROUP_FRAME_BYTES_MAX {
                return;
            }
        }
    }

    fn nap(&self) -> Duration {
        let duty = self.duty.as_ref().and_then(|duty| duty.poll_timeout());
        let now = clock::now();
        let count = self.engine.replica().is_uncounted().then(|| now.plus_ms(COUNT_AFTER_MS));
        let count = count.map(|due| due.max(self.count_from));
        let due = [self.engine.poll_timeout(), duty, count].into_iter().flatten().min();
        let ms = due.map(|due| due.ms_since(now).max(0).unsigned_abs());
        ms.map_or(LONGEST_NAP, Duration::from_millis).min(LONGEST_NAP)
    }

    /// Counts on for reports, while nobody wants anything else.
    fn count(&mut self) {
        let now = clock::now();
        if now < self.count_from || !self.engine.replica().is_uncounted() {
            return;
        }
        if let Err(error) = self.engine.replica_mut().count_facts(COUNT_AT_ONCE) {
            tracing::warn!(%error, "cases cannot be counted for reports; it is tried again");
            self.count_from = now.plus_ms(COUNT_AGAIN_MS);
        }
    }

    fn step(&mut self) {
        let now = clock::now();
        self.engine.handle_timeout(now);
        if let Some(duty) = &mut self.duty
            && duty.poll_timeout().is_some_and(|due| now >= due)
        {
            duty.handle_timeout(now, &mut self.engine);
        }
        self.engine.flush(now);
        if let Some(duty) = &mut self.duty {
            duty.handle_flushed(now, &mut self.engine);
        }
        drop(self.engine.take_advanced()); // Without a duty nobody asks, and it would only grow.
        while let Some(output) = self.engine.poll_output() {
            self.carry_out(output);
        }
    }

    fn handle(&mut self, command: Command) {
        match command {
            Command::Open { side, answer } => self.open(side, answer),
            Command::Proved { session, key } => self.engine.handle_proved(session, key),
            Command::Frame { session, lane, bytes } => {
                self.engine.handle_frame(clock::now(), session, lane, &bytes);
            }
            Command::Gone { session } => {
                self.engine.handle_disconnected(session);
                self.links.remove(&session);
            }
            Command::Ask(question) => question(&mut self.engine),
            Command::Write { work, answer } => {
                self.count += 1;
                let ticket = Ticket(self.count);
                self.waiting.insert(ticket, answer);
                self.engine.handle_command(ticket, work);
            }
            Command::Stop { why, answer } => {
                self.engine.close(clock::now(), &why);
                self.stopped = Some(answer);
            }
        }
    }

    /// Begins a session; what it says first waits in the queues when the answer arrives.
    fn open(&mut self, side: Side, answer: oneshot::Sender<(SessionId, LinkQueues)>) {
        self.count += 1;
        let session = SessionId(self.count);
        let (control, control_rx) = mpsc::channel(CONTROL_QUEUE_MAX);
        let (journal, journal_rx) = mpsc::channel(JOURNAL_QUEUE_MAX);
        let (close, close_rx) = oneshot::channel();
        self.links.insert(session, LinkOut { control, journal, close });
        self.engine.handle_dialling(clock::now(), session, side);
        while let Some(output) = self.engine.poll_output() {
            self.carry_out(output);
        }
        let queues = LinkQueues {
            before_control: Vec::new(),
            control: control_rx,
            journal: journal_rx,
            close: close_rx,
        };
        if answer.send((session, queues)).is_err() {
            self.engine.handle_disconnected(session);
            self.links.remove(&session);
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Send { session, lane, bytes } => {
                let Some(link) = self.links.get(&session) else { return };
                let queue = match lane {
                    Lane::Control => &link.control,
                    Lane::Journal | Lane::Attachment => &link.journal,
                };
                if queue.try_send(bytes).is_err() {
                    tracing::warn!(session = session.0, "the peer reads too slowly and is cut off");
                    self.engine.handle_disconnected(session);
                    self.close(session, "this side waits too long for the peer to read");
                }
            }
            Output::Close { session, why } => self.close(session, &why),
            Output::Saved { ticket, outcome } => {
                if let Some(answer) = self.waiting.remove(&ticket) {
                    let _ = answer.send(outcome); // The clerk's page may be closed.
                }
            }
        }
    }

    fn close(&mut self, session: SessionId, why: &str) {
        if let Some(link) = self.links.remove(&session) {
            let _ = link.close.send(why.to_owned()); // The link may be gone already.
        }
    }
}
