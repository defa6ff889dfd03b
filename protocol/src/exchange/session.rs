//! The session: phases, and the place where the three children meet.

use std::collections::VecDeque;

use minicbor::bytes::ByteVec;

use super::compare::{Compare, Finding};
use super::error::ExchangeError;
use super::receiver::Receiver;
use super::sender::{Sender, Want};
use crate::identity::{Credential, PublicKey};
use crate::journal::{End, Frontier, JournalId};
use crate::limits::{HOMES_PER_SESSION_MAX, SESSION_SILENCE_MS_MAX, STATEMENTS_PER_FRAME_MAX};
use crate::time::Timestamp;
use crate::wire::{
    self, Ack, Block, Frame, FrameError, FrontierPart, Goodbye, Heartbeats, Hello, Lane,
    RefusedJournal, Run, block,
};

/// How this side introduces itself.
#[derive(Clone, Debug)]
pub struct Introduction {
    /// This node's sealed credential.
    pub credential: Vec<u8>,
    /// Name and version of the software.
    pub software: String,
    /// The city's root key.
    pub root: PublicKey,
}

/// Whom this session talks to.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// The peer's credential, checked against root and link.
    pub credential: Credential,
    /// The same as the city sealed it.
    pub sealed: Vec<u8>,
    /// The peer's software.
    pub software: String,
    /// The peer's clock less ours when its hello came, in milliseconds, delay included.
    pub clock_ahead_ms: i64,
}

/// What the driver must do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send these bytes as one frame.
    Send(Lane, Vec<u8>),
    /// The peer is known; a parent now calls [`Session::share`].
    Greeted(Peer),
    /// Read entries, no more than one block's worth, and call [`Session::handle_read`].
    Read(Vec<Want>),
    /// Make these runs durable and call [`Session::handle_stored`] with the block's number.
    Store(u64, Vec<Run>),
    /// The peer durably holds a journal up to this number.
    PeerHolds(JournalId, u64),
    /// The peer takes no more of a journal in this session, and says why; the others go on.
    PeerRefuses(RefusedJournal),
    /// These sealed statements were heard.
    Heard(Vec<Vec<u8>>),
    /// The session is over; close the link, after the frames before this one, with this reason.
    Close(String),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    AwaitHello,
    Talk { peer_minor: u8 },
    Closed,
}

/// One end of one link's exchange.
#[derive(Debug)]
pub struct Session {
    introduction: Introduction,
    peer_key: Option<PublicKey>,
    phase: Phase,
    has_shared: bool,
    peer_spoke: bool,
    compare: Compare,
    sender: Sender,
    receiver: Receiver,
    effects: VecDeque<Effect>,
    heard_at: Timestamp,
}

impl Session {
    /// Starts a session: the hello goes out at once.
    #[must_use]
    pub fn new(now: Timestamp, introduction: Introduction) -> Self {
        let hello = Frame::Hello(Hello {
            major: wire::MAJOR,
            minor: wire::MINOR,
            software: introduction.software.clone(),
            credential: introduction.credential.clone(),
            now,
        });
        let mut session = Self {
            introduction,
            peer_key: None,
            phase: Phase::AwaitHello,
            has_shared: false,
            peer_spoke: false,
            compare: Compare::default(),
            sender: Sender::default(),
            receiver: Receiver::default(),
            effects: VecDeque::new(),
            heard_at: now,
        };
        session.send(&hello);
        session
    }

    /// The link has proved that the peer holds this key; must come before the peer's hello.
    ///
    /// It is not needed to speak first: a child's hello and frontier may travel before the
    /// handshake is over.
    pub const fn handle_proved(&mut self, peer_key: PublicKey) {
        self.peer_key = Some(peer_key);
    }

    /// Says what both sides share and how far this side durably holds it; once.
    ///
    /// A child calls it at once, a parent when it knows whom it talks to.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::TooManyHomes`].
    pub fn share(&mut self, held: &Frontier) -> Result<(), ExchangeError> {
        for (journal, end) in held {
            self.hold(*journal, *end);
        }
        if self.compare.homes() > HOMES_PER_SESSION_MAX {
            return Err(ExchangeError::TooManyHomes(self.compare.homes()));
        }
        self.has_shared = true;
        if !self.peer_spoke && matches!(self.phase, Phase::Talk { .. }) {
            return Ok(()); // A parent answers the child's frontier, which is on its way.
        }
        self.open_frontier();
        Ok(())
    }

    /// A journal that both share is now durably held here up to `end`.
    pub fn handle_held(&mut self, journal: JournalId, end: End) {
        let before = self.compare.held(&journal).number;
        let theirs = self.sender.sent_to(&journal);
        self.hold(journal, end);
        if theirs > before {
            // More than we had to send: the peer had it before us.
            self.effects.push_back(Effect::PeerHolds(journal, theirs.min(end.number)));
        }
        if self.compare.is_heard(&journal.home) && !self.sender.is_known(&journal) {
            self.sender.peer_holds(journal, 0, end.number); // A journal that is new since.
        }
        self.poll_sender();
    }

    /// The green channel's work in a journal ends there; it is offered before that of others.
    pub fn prefer(&mut self, journal: JournalId, number: u64) {
        self.sender.prefer(journal, number);
    }

    /// Takes a frame of the peer.
    ///
    /// # Errors
    ///
    /// [`ExchangeError`] ends the session; say so with [`Self::close`].
    pub fn handle_frame(
        &mut self,
        now: Timestamp,
        lane: Lane,
        bytes: &[u8],
    ) -> Result<(), ExchangeError> {
        self.heard_at = now;
        let frame = match (Frame::decode(lane, bytes), self.phase) {
            (Err(FrameError::UnknownKind(_)), Phase::Talk { peer_minor })
                if peer_minor > wire::MINOR =>
            {
                return Ok(()); // Something that a newer peer may say and we need not know.
            }
            (frame, _) => frame?,
        };
        match (self.phase, frame) {
            (Phase::Closed, _) => Ok(()), // The peer had not yet seen our goodbye.
            (Phase::AwaitHello, Frame::Hello(hello)) => {
                self.greet(now, hello)?;
                self.receiver.take_early().iter().try_for_each(|block| self.take(block))
            }
            (_, Frame::Goodbye(goodbye)) => Err(ExchangeError::Goodbye(goodbye.why)),
            (Phase::Talk { .. }, Frame::Frontier(part)) => {
                self.hear(part);
                Ok(())
            }
            (Phase::Talk { .. }, Frame::Entries(block)) => self.take(&block),
            (Phase::Talk { .. }, Frame::Ack(ack)) => self.acknowledged(ack),
            (Phase::Talk { .. }, Frame::Heartbeat(heartbeats)) => {
                let statements = heartbeats.statements.into_iter().map(Vec::from);
                self.effects.push_back(Effect::Heard(statements.collect()));
                Ok(())
            }
            (Phase::AwaitHello, Frame::Entries(block)) => Ok(self.receiver.put_by(block)?),
            (Phase::AwaitHello, _) => {
                Err(ExchangeError::OutOfTurn("a frame came before the hello".to_owned()))
            }
            (Phase::Talk { .. }, Frame::Hello(_)) => {
                Err(ExchangeError::OutOfTurn("a second hello came".to_owned()))
            }
        }
    }

    /// Takes what [`Effect::Read`] asked for; runs may be shorter than wanted, or missing.
    pub fn handle_read(&mut self, runs: &[Run]) {
        if let Some(number) = self.sender.handle_read(runs) {
            self.send(&Frame::Entries(Block { number, packed: block::pack(runs) }));
        }
        self.poll_sender();
    }

    /// A block is durable, but for the journals that were refused.
    pub fn handle_stored(&mut self, block: u64, refused: Vec<RefusedJournal>) {
        if self.receiver.stored(block) {
            self.send(&Frame::Ack(Ack { block, refused }));
        }
    }

    /// Sends sealed statements.
    pub fn announce(&mut self, statements: &[Vec<u8>]) {
        if !matches!(self.phase, Phase::Talk { .. }) {
            return;
        }
        for chunk in statements.chunks(STATEMENTS_PER_FRAME_MAX) {
            let statements = chunk.iter().cloned().map(ByteVec::from).collect();
            self.send(&Frame::Heartbeat(Heartbeats { statements }));
        }
    }

    /// Lets the peer hear that this side is alive, as the answer to its statements.
    pub fn pulse(&mut self) {
        if matches!(self.phase, Phase::Talk { .. }) {
            self.send(&Frame::Heartbeat(Heartbeats { statements: Vec::new() }));
        }
    }

    /// Says goodbye and ends the session.
    pub fn close(&mut self, why: &str) {
        if self.phase != Phase::Closed {
            self.send(&Frame::Goodbye(Goodbye { why: why.chars().take(500).collect() }));
            self.phase = Phase::Closed;
            self.effects.push_back(Effect::Close(why.to_owned()));
        }
    }

    /// When [`Self::handle_timeout`] is due, if nothing is heard until then.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timestamp> {
        (self.phase != Phase::Closed).then(|| self.heard_at.plus_ms(SESSION_SILENCE_MS_MAX))
    }

    /// Looks at the clock.
    ///
    /// # Errors
    ///
    /// [`ExchangeError::Silent`] when nothing was heard for too long.
    pub fn handle_timeout(&mut self, now: Timestamp) -> Result<(), ExchangeError> {
        match self.poll_timeout() {
            Some(due) if now >= due => Err(ExchangeError::Silent),
            _ => Ok(()),
        }
    }

    /// What the driver must do next.
    pub fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    /// True when both sides have compared everything and nothing is on its way.
    #[must_use]
    pub fn is_in_step(&self) -> bool {
        self.compare.is_done() && self.sender.is_idle() && self.receiver.is_idle()
    }

    fn send(&mut self, frame: &Frame) {
        self.effects.push_back(Effect::Send(frame.lane(), frame.encode()));
    }

    fn greet(&mut self, now: Timestamp, hello: Hello) -> Result<(), ExchangeError> {
        if hello.major != wire::MAJOR {
            let software = hello.software.chars().take(80).collect();
            return Err(ExchangeError::OtherMajor { theirs: hello.major, software });
        }
        let credential = Credential::open(&hello.credential, &self.introduction.root)?;
        if self.peer_key != Some(credential.key) {
            return Err(ExchangeError::Impersonation { centre: credential.path.centre() });
        }
        self.phase = Phase::Talk { peer_minor: hello.minor };
        self.effects.push_back(Effect::Greeted(Peer {
            credential,
            sealed: hello.credential,
            software: hello.software.chars().take(80).collect(),
            clock_ahead_ms: hello.now.ms_since(now),
        }));
        Ok(())
    }

    fn hold(&mut self, journal: JournalId, end: End) {
        self.compare.hold(journal, end);
        self.sender.hold(journal, end.number);
    }

    fn open_frontier(&mut self) {
        for part in self.compare.open(self.peer_spoke) {
            self.send(&Frame::Frontier(part));
        }
        self.poll_sender();
    }

    fn hear(&mut self, part: FrontierPart) {
        let is_whole = part.is_whole;
        let (findings, answer) = self.compare.hear(part);
        for finding in findings {
            match finding {
                Finding::PeerHolds(journal, theirs) => {
                    let mine = self.compare.held(&journal).number;
                    self.sender.peer_holds(journal, theirs, mine);
                    // Where one holds more, the other's may be of another past: what follows
                    // shows whether it is, once it was taken by whoever lacks it.
                    if theirs == mine {
                        self.effects.push_back(Effect::PeerHolds(journal, mine));
                    }
                }
                Finding::Forked(journal, number) => {
                    self.sender.peer_holds(journal, number, number);
                    self.sender.show(journal, number);
                }
            }
        }
        for part in answer {
            self.send(&Frame::Frontier(part));
        }
        if is_whole {
            let is_first = !std::mem::replace(&mut self.peer_spoke, true);
            if is_first && self.has_shared && !self.compare.is_open() {
                self.open_frontier();
            }
        }
        self.poll_sender();
    }

    fn take(&mut self, block: &Block) -> Result<(), ExchangeError> {
        let runs = block::unpack(&block.packed)?;
        self.receiver.accept(block.number)?;
        for run in &runs {
            let mine = self.compare.held(&run.journal).number;
            self.sender.peer_holds(run.journal, run.last(), mine);
        }
        self.effects.push_back(Effect::Store(block.number, runs));
        Ok(())
    }

    fn acknowledged(&mut self, ack: Ack) -> Result<(), ExchangeError> {
        let ends = self.sender.handle_ack(ack.block).ok_or_else(|| {
            ExchangeError::OutOfTurn(format!("block {} was acknowledged unasked", ack.block))
        })?;
        for (journal, last) in ends {
            let held = match ack.refused.iter().find(|refused| refused.journal == journal) {
                Some(refused) if refused.show.is_some() => continue, // It holds another past.
                Some(refused) => refused.number.saturating_sub(1).min(last),
                None => last,
            };
            self.effects.push_back(Effect::PeerHolds(journal, held));
        }
        for refused in ack.refused {
            self.sender.stop(refused.journal);
            if let Some(number) = refused.show {
                self.sender.show(refused.journal, number);
            }
            self.effects.push_back(Effect::PeerRefuses(refused));
        }
        self.poll_sender();
        Ok(())
    }

    fn poll_sender(&mut self) {
        if self.phase == Phase::Closed {
            return;
        }
        if let Some(wants) = self.sender.poll_wants() {
            self.effects.push_back(Effect::Read(wants));
        }
    }
}
