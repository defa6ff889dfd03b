//! The sending half of a link.

use quinn::{Connection, ConnectionError, SendStream, WriteError};

use super::{
    FrameLimits, Lane, LinkError, LinkHandle,
    error::close_code,
    lane::{LANES, LENGTH_BYTES, index, priority},
};

/// Sends frames; its lanes may be taken apart so that one that waits does not hold up another.
#[derive(Debug)]
pub struct LinkSender {
    lanes: [LaneSender; LANES],
}

impl LinkSender {
    pub(crate) fn new(streams: LaneStreams, handle: &LinkHandle) -> Self {
        let mut streams = streams.into_iter();
        let lanes = Lane::ALL.map(|lane| {
            let state = streams.next().flatten().map_or(LaneState::Closed, LaneState::Open);
            LaneSender { lane, handle: handle.clone(), state }
        });
        Self { lanes }
    }

    /// Sends one frame; see [`LaneSender::send`].
    ///
    /// # Errors
    ///
    /// As [`LaneSender::send`].
    pub async fn send(&mut self, lane: Lane, frame: &[u8]) -> Result<(), LinkError> {
        self.lanes[index(lane)].send(frame).await
    }

    /// Returns the control, journal and attachment lanes, for use in different tasks.
    #[must_use]
    pub fn into_lanes(self) -> [LaneSender; LANES] {
        self.lanes
    }
}

/// Sends the frames of one lane, in order.
#[derive(Debug)]
pub struct LaneSender {
    lane: Lane,
    handle: LinkHandle,
    state: LaneState,
}

#[derive(Debug)]
enum LaneState {
    /// Nothing has been sent.
    Closed,
    /// All frames so far have been written in full.
    Open(SendStream),
    /// A frame was being written.
    Writing,
}

impl LaneSender {
    /// Returns the lane.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Sends one frame, waiting while the lane's window is full; the first opens the lane.
    ///
    /// When it returns the frame is in order behind those before it, which is no word about its
    /// arrival. **Not cancel safe**: once dropped half-way, the link closes at the next send.
    ///
    /// # Errors
    ///
    /// [`LinkError::SendTooLong`] if the frame is over the bound of the lane: nothing was sent and
    /// the link goes on. All other errors mean that the link has ended.
    pub async fn send(&mut self, frame: &[u8]) -> Result<(), LinkError> {
        let header = header(self.lane, frame, self.handle.frame_limits())?;
        let mut stream = match std::mem::replace(&mut self.state, LaneState::Writing) {
            LaneState::Open(stream) => stream,
            LaneState::Closed => self.open().await?,
            LaneState::Writing => return Err(self.refuse_after_break()),
        };
        self.write(&mut stream, &header).await?;
        self.write(&mut stream, frame).await?;
        self.state = LaneState::Open(stream);
        Ok(())
    }

    /// Either the link ended within the last send, or the caller dropped that send.
    fn refuse_after_break(&self) -> LinkError {
        if let Some(error) = self.handle.connection.close_reason() {
            return self.handle.explain(error);
        }
        let error = LinkError::SendBrokenOff { lane: self.lane };
        self.handle.close(close_code::BUG, &error.to_string());
        error
    }

    async fn open(&self) -> Result<SendStream, LinkError> {
        let mut stream = open(&self.handle.connection, self.lane)
            .await
            .map_err(|error| self.handle.explain(error))?;
        self.write(&mut stream, &[self.lane.tag()]).await?;
        Ok(stream)
    }

    async fn write(&self, stream: &mut SendStream, bytes: &[u8]) -> Result<(), LinkError> {
        let written = stream.write_all(bytes).await;
        written.map_err(|error| explain(&self.handle, self.lane, error))
    }
}

pub(crate) fn explain(handle: &LinkHandle, lane: Lane, error: WriteError) -> LinkError {
    match error {
        WriteError::ConnectionLost(error) => handle.explain(error),
        // The peer gave the lane up, which it does only together with the link.
        WriteError::Stopped(_) | WriteError::ClosedStream | WriteError::ZeroRttRejected => {
            let remote = handle.remote_address();
            handle.close(close_code::LANE_BROKEN, "lane given up by the receiver");
            LinkError::LaneBroken { remote, lane }
        }
    }
}

/// The streams that a link has before its first frame from the caller.
pub(crate) type LaneStreams = [Option<SendStream>; LANES];

/// The frames that go with a dial, as the bytes of each lane; kept to be sent again.
#[derive(Debug)]
pub(crate) struct FirstFrames {
    lanes: [Vec<u8>; LANES],
}

impl FirstFrames {
    pub(crate) fn encode(
        frames: &[(Lane, Vec<u8>)],
        limits: FrameLimits,
    ) -> Result<Self, LinkError> {
        let length = frames.iter().map(|(_, frame)| frame.len() + LENGTH_BYTES).sum();
        if length > FIRST_BYTES_MAX {
            return Err(LinkError::FirstTooLong { length });
        }
        let mut lanes: [Vec<u8>; LANES] = Default::default();
        for (lane, frame) in frames {
            let bytes = &mut lanes[index(*lane)];
            if bytes.is_empty() {
                bytes.push(lane.tag());
            }
            bytes.extend_from_slice(&header(*lane, frame, limits)?);
            bytes.extend_from_slice(frame);
        }
        Ok(Self { lanes })
    }

    /// Opens the lanes that have frames and writes these; may be done again on the same connection
    /// if what was written early was refused.
    pub(crate) async fn write(&self, connection: &Connection) -> Result<LaneStreams, WriteError> {
        let mut streams = LaneStreams::default();
        for lane in Lane::ALL {
            let bytes = &self.lanes[index(lane)];
            if !bytes.is_empty() {
                let mut stream = open(connection, lane).await?;
                stream.write_all(bytes).await?;
                streams[index(lane)] = Some(stream);
            }
        }
        Ok(streams)
    }
}

async fn open(connection: &Connection, lane: Lane) -> Result<SendStream, ConnectionError> {
    let stream = connection.open_uni().await?;
    // An error would mean that the link has closed, which the first write will tell.
    let _ = stream.set_priority(priority(lane));
    Ok(stream)
}

fn header(lane: Lane, frame: &[u8], limits: FrameLimits) -> Result<[u8; LENGTH_BYTES], LinkError> {
    let limit = limits.of(lane);
    match u32::try_from(frame.len()) {
        Ok(length) if length <= limit => Ok(length.to_be_bytes()),
        _ => Err(LinkError::SendTooLong { lane, length: frame.len(), limit }),
    }
}

/// The most that can go with a dial, in bytes with 4 a frame; it is kept until the peer took it.
pub const FIRST_BYTES_MAX: usize = 64 << 10;
