//! Carrying entries on a USB stick, where there is no link: the same entries, the same checks,
//! the same receipts.
//!
//! A file begins with a [`Heading`]: who wrote it, a signed statement of where its journals end,
//! and how far it holds the journals that both sides share. Blocks follow as they travel over a
//! link, and a hash of everything ends it, so that a file that was cut short is refused before
//! anything of it is used. What a centre carries in is checked entry by entry, as on a link; the
//! file itself is trusted in nothing.
//!
//! A township carries out what the city has not confirmed; the city carries that in and answers
//! with a file of what the township lacks, receipts among it.
//!
//! What is **not** here: attachments, and the pages around this.

mod at_desk;
mod file;
mod intake;
mod load;

#[cfg(test)]
mod tests;

use std::io::{Read, Seek, Write};

use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use tongban_protocol::hash::Sha;
use tongban_protocol::heartbeat::{Statement, StatementError};
use tongban_protocol::identity::Credential;
use tongban_protocol::journal::{End, JournalId};
use tongban_protocol::time::Timestamp;
use tongban_protocol::wire::BlockError;

use crate::replica::{Replica, ReplicaError};
use crate::service::{Closed, WriteError};
use crate::store::Store;

pub(crate) use at_desk::write_at;
pub use at_desk::{answer_at, in_at, nothing, out_at};
pub(crate) use file::peek_papers;
pub use file::{CarryReader, CarryWriter, Part};
pub use intake::{CarriedIn, Intake, RefusedRun, TakenRun};
pub use load::{Cargo, Load};

/// Journals that a heading names at most; with more it names none, and the answer is longer.
pub const ENDS_MAX: usize = 65_536;

/// What a file says of itself, once it was checked.
#[derive(Clone, Debug)]
pub struct Heading {
    /// The statement of whoever wrote the file, as it was signed.
    pub sealed: Vec<u8>,
    /// The same, opened.
    pub statement: Statement,
    /// Who wrote the file.
    pub credential: Credential,
    /// How far the writer held the journals that it shares with the other side.
    pub ends: Vec<(JournalId, End)>,
}

/// A heading as it stands in the file.
#[derive(Debug, Decode, Encode)]
struct HeadingV1 {
    #[n(0)]
    version: u8,
    /// Fingerprint of the city's root.
    #[n(1)]
    root: Sha,
    #[cbor(n(2), with = "minicbor::bytes")]
    statement: Vec<u8>,
    #[n(3)]
    ends: Vec<(JournalId, End)>,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct CarriedOut {
    /// Entries.
    pub entries: u64,
    /// Journals that they belong to.
    pub journals: u64,
    /// The length of the file.
    pub bytes: u64,
}

/// Why a file cannot be written, or was refused.
#[derive(Debug, thiserror::Error)]
pub enum CarryError {
    /// The file is something else.
    #[error("this is no carry file: it does not begin with `TBCARRY1`; was it the right one?")]
    NotCarry,
    /// The file ends too early.
    #[error(
        "the file ends at byte {0} without its end mark: it was cut short; copy or write it again"
    )]
    CutShort(u64),
    /// The file is not what was written.
    #[error("the file has changed since it was written ({0}); copy or write it again")]
    Damaged(String),
    /// A newer program wrote the file.
    #[error("the file is of version {0}, and this software knows version 1; update it")]
    NewerVersion(u8),
    /// The file belongs to another city.
    #[error("the file is of another city, with the root {theirs}; this machine's root is {ours}")]
    Foreign {
        /// The fingerprint in the file.
        theirs: Sha,
        /// The fingerprint of this machine's root.
        ours: Sha,
    },
    /// The statement in the heading does not hold.
    #[error("the file's {0}")]
    Statement(#[from] StatementError),
    /// A block does not unpack.
    #[error("{0}")]
    Block(#[from] BlockError),
    /// The disk or the stick does not let us.
    #[error("the file cannot be read or written: {0}")]
    Disk(#[from] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// The service has stopped; what was taken before stays.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl From<WriteError> for CarryError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Closed(closed) => Self::Closed(closed),
            WriteError::Replica(error) => Self::Replica(error),
        }
    }
}

/// Writes a file of what the other side may lack.
///
/// # Errors
///
/// [`CarryError`]; what was written so far is no whole file and will be refused.
pub fn carry_out<S: Store>(
    replica: &Replica<S>,
    now: Timestamp,
    cargo: &Cargo,
    into: impl Write,
) -> Result<CarriedOut, CarryError> {
    let mut load = Load::new(replica, now, cargo)?;
    let mut writer = CarryWriter::new(into, &load)?;
    while let Some(runs) = load.next_runs(replica)? {
        writer.block(&runs)?;
    }
    writer.finish()
}

/// Takes a file in, block by block, each durable before the next.
///
/// # Errors
///
/// [`CarryError`]; entries that were taken before the error stay. A journal that is refused is no
/// error: it stands in the result with its reason.
pub fn carry_in<S: Store>(
    replica: &mut Replica<S>,
    now: Timestamp,
    rng: &mut impl CryptoRng,
    from: impl Read + Seek,
) -> Result<CarriedIn, CarryError> {
    let mut reader = CarryReader::open(from, &replica.member().root)?;
    let mut intake = Intake::new(&reader);
    while let Some(part) = reader.next_part()? {
        let Part::Block(runs) = part else { continue };
        intake.take(replica, now, runs, rng)?;
        replica.commit()?;
    }
    intake.settle(replica)?;
    replica.commit()?;
    Ok(intake.finish(replica))
}
