//! The receiving half of a link.

use std::{
    future::{Future as _, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use quinn::{AcceptUni, Connection, ConnectionError, ReadError, RecvStream};

use super::{
    Lane, LinkError, LinkHandle,
    error::close_code,
    lane::{LANES, LENGTH_BYTES, index},
};

/// Receives frames from all lanes at once, control first.
#[derive(Debug)]
pub struct LinkReceiver {
    handle: LinkHandle,
    lanes: [LaneReader; LANES],
    /// Streams of which the first byte has not come; QUIC lets the peer open one a lane.
    unnamed: Vec<RecvStream>,
}

impl LinkReceiver {
    pub(crate) fn new(handle: LinkHandle) -> Self {
        Self { handle, lanes: Default::default(), unnamed: Vec::new() }
    }

    /// Waits for the next frame of any lane; of those that are complete, the most urgent comes first.
    ///
    /// Cancel safe: what has been read of a frame is kept for the next call. Frames that arrived
    /// before the link ended come before the error.
    ///
    /// # Errors
    ///
    /// Any error means that the link has ended.
    pub async fn next(&mut self) -> Result<(Lane, Vec<u8>), LinkError> {
        let connection = self.handle.connection.clone();
        let mut accept = pin!(connection.accept_uni());
        poll_fn(|context| self.poll_next(context, &connection, accept.as_mut())).await
    }

    fn poll_next<'connection>(
        &mut self,
        context: &mut Context<'_>,
        connection: &'connection Connection,
        mut accept: Pin<&mut AcceptUni<'connection>>,
    ) -> Poll<Result<(Lane, Vec<u8>), LinkError>> {
        let mut ended = None;
        while let Poll::Ready(accepted) = accept.as_mut().poll(context) {
            match accepted {
                Ok(stream) => self.unnamed.push(stream),
                Err(error) => {
                    ended = Some(error);
                    break;
                }
            }
            accept.set(connection.accept_uni());
        }
        self.name_streams(context)?;
        for lane in Lane::ALL {
            let limit = self.handle.frame_limits().of(lane);
            match self.lanes[index(lane)].poll_frame(context, limit) {
                Poll::Ready(Ok(frame)) => return Poll::Ready(Ok((lane, frame))),
                Poll::Ready(Err(Fault::Lost(error))) => ended = Some(error),
                Poll::Ready(Err(fault)) => return Poll::Ready(Err(self.refuse(lane, fault))),
                Poll::Pending => {}
            }
        }
        match ended {
            Some(error) => Poll::Ready(Err(self.handle.explain(error))),
            None => Poll::Pending,
        }
    }

    /// Moves each stream whose first byte has come to its lane.
    fn name_streams(&mut self, context: &mut Context<'_>) -> Result<(), LinkError> {
        let mut index = 0;
        while let Some(stream) = self.unnamed.get_mut(index) {
            let mut tag = [0];
            match stream.poll_read(context, &mut tag) {
                Poll::Pending => index += 1,
                Poll::Ready(read) => {
                    let stream = self.unnamed.swap_remove(index);
                    if matches!(read, Ok(1..)) {
                        self.open(tag[0], stream)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, tag: u8, stream: RecvStream) -> Result<(), LinkError> {
        let lane = Lane::of_tag(tag).map(|lane| &mut self.lanes[index(lane)]);
        if let Some(lane @ LaneReader { source: Source::Unopened, .. }) = lane {
            lane.source = Source::Open(stream);
            return Ok(());
        }
        let error = LinkError::WrongLane { remote: self.handle.remote_address(), tag };
        self.handle.close(close_code::WRONG_LANE, &format!("lane tag {tag} is unknown or in use"));
        Err(error)
    }

    /// Closes the link, telling the peer why.
    fn refuse(&self, lane: Lane, fault: Fault) -> LinkError {
        let remote = self.handle.remote_address();
        match fault {
            Fault::TooLong(length) => {
                let limit = self.handle.frame_limits().of(lane);
                let reason = format!("{lane} frame of {length} bytes is over the limit of {limit}");
                self.handle.close(close_code::FRAME_TOO_LONG, &reason);
                LinkError::FrameTooLong { remote, lane, length, limit }
            }
            Fault::Broken => {
                let reason = format!("{lane} lane ended within a frame");
                self.handle.close(close_code::LANE_BROKEN, &reason);
                LinkError::LaneBroken { remote, lane }
            }
            Fault::Lost(error) => self.handle.explain(error),
        }
    }
}

/// Collects the frames of one lane.
#[derive(Debug, Default)]
struct LaneReader {
    source: Source,
    header: [u8; LENGTH_BYTES],
    header_filled: usize,
    frame: Vec<u8>,
}

#[derive(Debug, Default)]
enum Source {
    #[default]
    Unopened,
    Open(RecvStream),
    /// The peer will send no more on this lane.
    Ended,
}

/// Why a lane gives no more frames.
enum Fault {
    TooLong(u32),
    Broken,
    Lost(ConnectionError),
}

impl LaneReader {
    /// Never ready on a lane that is not open, or that ended after a whole frame.
    fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
        limit: u32,
    ) -> Poll<Result<Vec<u8>, Fault>> {
        let Source::Open(stream) = &mut self.source else { return Poll::Pending };
        while self.header_filled < LENGTH_BYTES {
            let read = ready!(stream.poll_read(context, &mut self.header[self.header_filled..]));
            match read.map_err(Fault::from)? {
                0 if self.header_filled == 0 => {
                    self.source = Source::Ended;
                    return Poll::Pending;
                }
                0 => return Poll::Ready(Err(Fault::Broken)),
                read => self.header_filled += read,
            }
        }
        let length = u32::from_be_bytes(self.header);
        if length > limit {
            return Poll::Ready(Err(Fault::TooLong(length)));
        }
        let length = length as usize;
        while self.frame.len() < length {
            let filled = self.frame.len();
            // The frame grows with what arrives: an announced length alone costs no memory.
            self.frame.resize(length.min(filled + READ_BYTES), 0);
            let read = stream.poll_read(context, &mut self.frame[filled..]);
            self.frame.truncate(filled + read_bytes(&read));
            match ready!(read) {
                Ok(0) => return Poll::Ready(Err(Fault::Broken)),
                Ok(_) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        self.header_filled = 0;
        Poll::Ready(Ok(std::mem::take(&mut self.frame)))
    }
}

impl From<ReadError> for Fault {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::ConnectionLost(error) => Self::Lost(error),
            ReadError::Reset(_)
            | ReadError::ClosedStream
            | ReadError::IllegalOrderedRead
            | ReadError::ZeroRttRejected => Self::Broken,
        }
    }
}

fn read_bytes(read: &Poll<Result<usize, ReadError>>) -> usize {
    match read {
        Poll::Ready(Ok(read)) => *read,
        Poll::Ready(Err(_)) | Poll::Pending => 0,
    }
}

/// How far a frame grows ahead of what has arrived.
const READ_BYTES: usize = 16 << 10;
