//! One question and one answer for a node that has no certificate yet.

use std::net::SocketAddr;

use quinn::{
    Connection, ConnectionError, ReadToEndError, RecvStream, SendStream, VarInt, WriteError,
};
use tokio::time::timeout;

use super::{LinkError, LinkSettings, error::close_code};

/// The largest request or answer of a join, in bytes.
pub const JOIN_BYTES_MAX: usize = 64 << 10;

/// A node's wish to join, to be answered or dropped; dropping it refuses without a reason.
///
/// The node has proved nothing: what it may have is for the request to show, with its token.
#[derive(Debug)]
pub struct JoinCall {
    exchange: JoinExchange,
    answers: SendStream,
    request: Vec<u8>,
}

impl JoinCall {
    pub(crate) async fn read(
        connection: Connection,
        settings: &LinkSettings,
    ) -> Result<Self, LinkError> {
        let exchange = JoinExchange::new(connection, settings);
        let (answers, request) = exchange
            .in_time(async {
                let accepted = exchange.connection.accept_bi().await;
                let (answers, questions) = accepted.map_err(|error| exchange.explain(error))?;
                Ok((answers, exchange.read(questions).await?))
            })
            .await?;
        Ok(Self { exchange, answers, request })
    }

    /// Returns what the node sent, at most [`JOIN_BYTES_MAX`].
    #[must_use]
    pub fn request(&self) -> &[u8] {
        &self.request
    }

    /// Returns the address of the node.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.exchange.remote
    }

    /// Answers, and waits until the node has read the answer.
    ///
    /// # Errors
    ///
    /// If the answer is too long, or the node does not confirm it within the handshake timeout; it
    /// may have read it all the same, so an answer must be one that can be given again.
    pub async fn respond(mut self, answer: &[u8]) -> Result<(), LinkError> {
        let Self { exchange, answers, .. } = &mut self;
        if answer.len() > JOIN_BYTES_MAX {
            exchange.refuse("answer is too long");
            return Err(LinkError::JoinTooLong { remote: exchange.remote });
        }
        exchange
            .in_time(async {
                exchange.write(answers, answer).await?;
                // The node closes when it has all; only that says that the answer has arrived.
                match exchange.connection.closed().await {
                    ConnectionError::ApplicationClosed(close) if close.error_code == DONE => Ok(()),
                    error => Err(exchange.explain(error)),
                }
            })
            .await
    }

    /// Refuses with a reason for the person at the node, below 1 kB.
    pub fn refuse(self, reason: &str) {
        self.exchange.refuse(reason);
    }
}

/// Asks over a fresh connection and returns the answer.
pub(crate) async fn ask(
    connection: Connection,
    settings: &LinkSettings,
    request: &[u8],
) -> Result<Vec<u8>, LinkError> {
    let exchange = JoinExchange::new(connection, settings);
    let answer = exchange
        .in_time(async {
            let opened = exchange.connection.open_bi().await;
            let (mut questions, answers) = opened.map_err(|error| exchange.explain(error))?;
            exchange.write(&mut questions, request).await?;
            exchange.read(answers).await
        })
        .await?;
    exchange.connection.close(DONE, b"joined");
    Ok(answer)
}

/// What both ends of a join have in common.
#[derive(Debug)]
struct JoinExchange {
    connection: Connection,
    remote: SocketAddr,
    patience: std::time::Duration,
}

impl JoinExchange {
    fn new(connection: Connection, settings: &LinkSettings) -> Self {
        let remote = connection.remote_address();
        Self { connection, remote, patience: settings.handshake_timeout }
    }

    async fn in_time<T>(
        &self,
        work: impl Future<Output = Result<T, LinkError>>,
    ) -> Result<T, LinkError> {
        let late = LinkError::TimedOut { remote: self.remote, patience: self.patience };
        timeout(self.patience, work).await.unwrap_or(Err(late))
    }

    async fn read(&self, mut stream: RecvStream) -> Result<Vec<u8>, LinkError> {
        stream.read_to_end(JOIN_BYTES_MAX).await.map_err(|error| match error {
            ReadToEndError::TooLong => {
                self.refuse(&format!("join message is over {JOIN_BYTES_MAX} bytes"));
                LinkError::JoinTooLong { remote: self.remote }
            }
            ReadToEndError::Read(quinn::ReadError::ConnectionLost(error)) => self.explain(error),
            ReadToEndError::Read(error) => self.misunderstood(&error),
        })
    }

    async fn write(&self, stream: &mut SendStream, message: &[u8]) -> Result<(), LinkError> {
        stream.write_all(message).await.map_err(|error| match error {
            WriteError::ConnectionLost(error) => self.explain(error),
            error => self.misunderstood(&error),
        })?;
        stream.finish().map_err(|error| self.misunderstood(&error))
    }

    fn refuse(&self, reason: &str) {
        self.connection.close(VarInt::from_u32(close_code::JOIN_REFUSED), reason.as_bytes());
    }

    fn explain(&self, error: ConnectionError) -> LinkError {
        LinkError::explain(error, self.remote, self.patience)
    }

    fn misunderstood(&self, error: &dyn std::error::Error) -> LinkError {
        LinkError::Misunderstood { remote: self.remote, detail: error.to_string() }
    }
}

const DONE: VarInt = VarInt::from_u32(close_code::DONE);
