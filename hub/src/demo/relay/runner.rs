//! The one task of a relay.

use std::{
    future::poll_fn,
    io::{self, ErrorKind},
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use rand_chacha::{ChaCha8Rng, rand_core::SeedableRng as _};
use tokio::{
    io::ReadBuf,
    net::UdpSocket,
    sync::watch,
    time::{Instant, Sleep, sleep_until},
};
use tracing::warn;

use super::{
    DirectionCounters, RelayCounters, Weather,
    queue::{Bottleneck, Queue},
};

/// Moves datagrams between the clients' side and the target.
#[derive(Debug)]
pub(super) struct Runner {
    counters: Arc<RelayCounters>,
    weather: watch::Receiver<Weather>,
    target: SocketAddr,
    /// The socket that clients dial.
    public: Arc<UdpSocket>,
    /// One socket towards the target for each client, the longest silent first.
    clients: Vec<Client>,
    dice: ChaCha8Rng,
    up: Bottleneck,
    down: Bottleneck,
    queue: Queue<Datagram>,
    timer: Pin<Box<Sleep>>,
    buffer: Box<[u8; DATAGRAM_BYTES_MAX]>,
}

#[derive(Debug)]
struct Client {
    address: SocketAddr,
    socket: Arc<UdpSocket>,
}

#[derive(Debug)]
struct Datagram {
    way: Way,
    payload: Vec<u8>,
}

/// Where a datagram goes.
#[derive(Clone, Debug)]
enum Way {
    /// To the target, through a client's socket.
    Up(Arc<UdpSocket>),
    /// To this client, through the public socket.
    Down(SocketAddr),
}

impl Runner {
    pub(super) fn new(
        public: UdpSocket,
        target: SocketAddr,
        weather: watch::Receiver<Weather>,
        counters: Arc<RelayCounters>,
        seed: u64,
    ) -> Self {
        let now = Instant::now();
        Self {
            counters,
            weather,
            target,
            public: Arc::new(public),
            clients: Vec::new(),
            dice: ChaCha8Rng::seed_from_u64(seed),
            up: Bottleneck::new(now),
            down: Bottleneck::new(now),
            queue: Queue::default(),
            timer: Box::pin(sleep_until(now)),
            buffer: Box::new([0; DATAGRAM_BYTES_MAX]),
        }
    }

    /// Runs until the public socket fails.
    pub(super) async fn run(mut self) {
        let error = poll_fn(|context| self.poll(context)).await;
        warn!(%error, "relay stopped");
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        // Tokio's budget for a task ends the loop under load: reads then say `Pending`.
        loop {
            let (up, down) = match (self.poll_up(context), self.poll_down(context)) {
                (Poll::Ready(Err(error)), _) => return Poll::Ready(error),
                (up, down) => (up.is_ready(), down.is_ready()),
            };
            let waits = self.flush(context).is_pending();
            if !up && !down && (waits || !self.poll_timer(context)) {
                return Poll::Pending;
            }
        }
    }

    fn poll_up(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut buffer = ReadBuf::new(&mut self.buffer[..]);
        let received = std::task::ready!(self.public.poll_recv_from(context, &mut buffer));
        let (address, length) = (received?, buffer.filled().len());
        // Without a socket towards the target the datagram is lost, as on any bad day.
        if let Ok(socket) = self.socket_of(address) {
            self.pass(context, &Way::Up(socket), length);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_down(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut received = Poll::Pending;
        for index in 0..self.clients.len() {
            let mut buffer = ReadBuf::new(&mut self.buffer[..]);
            match self.clients[index].socket.poll_recv(context, &mut buffer) {
                Poll::Pending => continue,
                Poll::Ready(Ok(())) => {
                    let length = buffer.filled().len();
                    let way = Way::Down(self.clients[index].address);
                    self.pass(context, &way, length);
                }
                // The target is not up; the system says so once for a datagram.
                Poll::Ready(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {}
                Poll::Ready(Err(_)) => {
                    self.clients.remove(index);
                    return Poll::Ready(());
                }
            }
            received = Poll::Ready(());
        }
        received
    }

    /// Returns the client's socket, taking it from the longest silent client if there are too many.
    fn socket_of(&mut self, address: SocketAddr) -> io::Result<Arc<UdpSocket>> {
        let known = self.clients.iter().position(|client| client.address == address);
        if known.is_some_and(|index| index + 1 == self.clients.len()) {
            return Ok(Arc::clone(&self.clients[self.clients.len() - 1].socket));
        }
        let client = match known {
            Some(index) => self.clients.remove(index),
            None => Client { address, socket: Arc::new(dial(self.target)?) },
        };
        if self.clients.len() == CLIENTS_MAX {
            self.clients.remove(0);
        }
        let socket = Arc::clone(&client.socket);
        self.clients.push(client);
        Ok(socket)
    }

    /// Decides about the datagram in the buffer.
    fn pass(&mut self, context: &mut Context<'_>, way: &Way, length: usize) {
        let (now, weather) = (Instant::now(), *self.weather.borrow());
        let bottleneck = match way {
            Way::Up(_) => &mut self.up,
            Way::Down(_) => &mut self.down,
        };
        let arrival = bottleneck.arrival(now, length, &weather, &mut self.dice);
        let counters = way.counters(&self.counters);
        counters.count(length);
        let Some(due) = arrival else {
            counters.count_dropped();
            return;
        };
        let payload = &self.buffer[..length];
        if due <= now
            && self.queue.is_empty()
            && let Poll::Ready(sent) = way.poll_send(context, &self.public, payload)
        {
            count_unsent(counters, &sent);
            return;
        }
        let datagram = Datagram { way: way.clone(), payload: payload.to_vec() };
        if !self.queue.push(due, length, datagram) {
            counters.count_dropped();
        }
    }

    /// Sends what is due; pending while a socket takes no more.
    fn flush(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.queue.is_empty() {
            return Poll::Ready(());
        }
        let (now, cut) = (Instant::now(), self.weather.borrow().cut);
        while let Some(Datagram { way, payload }) = self.queue.peek_due(now) {
            let counters = way.counters(&self.counters);
            if cut {
                counters.count_dropped(); // It was on the line when the line was cut.
            } else {
                let sent = std::task::ready!(way.poll_send(context, &self.public, payload));
                count_unsent(counters, &sent);
            }
            self.queue.pop();
        }
        Poll::Ready(())
    }

    /// Tells whether something is due; if not, arranges to be called when it is.
    fn poll_timer(&mut self, context: &mut Context<'_>) -> bool {
        let Some(due) = self.queue.next_due() else { return false };
        if self.timer.deadline() != due {
            self.timer.as_mut().reset(due);
        }
        self.timer.as_mut().poll(context).is_ready()
    }
}

impl Way {
    fn counters<'counters>(
        &self,
        counters: &'counters RelayCounters,
    ) -> &'counters DirectionCounters {
        match self {
            Self::Up(_) => &counters.up,
            Self::Down(_) => &counters.down,
        }
    }

    fn poll_send(
        &self,
        context: &mut Context<'_>,
        public: &UdpSocket,
        payload: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self {
            Self::Up(socket) => socket.poll_send(context, payload),
            Self::Down(address) => public.poll_send_to(context, payload, *address),
        }
    }
}

fn count_unsent(counters: &DirectionCounters, sent: &io::Result<usize>) {
    if sent.is_err() {
        counters.count_dropped();
    }
}

/// Opens a socket towards the target without waiting: for UDP nothing is asked of the network.
fn dial(target: SocketAddr) -> io::Result<UdpSocket> {
    let local: SocketAddr = match target {
        SocketAddr::V4(_) => ([0, 0, 0, 0], 0).into(),
        SocketAddr::V6(_) => ([0_u16; 8], 0).into(),
    };
    let socket = std::net::UdpSocket::bind(local)?;
    socket.set_nonblocking(true)?;
    socket.connect(target)?;
    UdpSocket::from_std(socket)
}

/// Clients that a relay keeps apart; a node dials from one address, or two while it restarts.
const CLIENTS_MAX: usize = 8;

/// More than any UDP payload.
const DATAGRAM_BYTES_MAX: usize = 65_536;
