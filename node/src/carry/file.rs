//! The file: a magic, parts with their lengths, and a hash at the end.

use std::io::{self, Read, Seek, SeekFrom, Write};

use sha2::{Digest, Sha256};
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::identity::PublicKey;
use tongban_protocol::limits::JOURNAL_FRAME_BYTES_MAX;
use tongban_protocol::wire::{Run, block};

use super::{CarriedOut, CarryError, ENDS_MAX, Heading, HeadingV1, Load};

const MAGIC: &[u8; 8] = b"TBCARRY1";

/// Largest part: a heading with [`ENDS_MAX`] journals of at most 100 bytes each.
const PART_BYTES_MAX: usize = ENDS_MAX * 100 + 4_096;

const _: () = assert!(JOURNAL_FRAME_BYTES_MAX < PART_BYTES_MAX);

/// What a part of a file is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum PartKind {
    Heading,
    Block,
    Papers,
    End,
}

impl PartKind {
    const ALL: [Self; 4] = [Self::Heading, Self::Block, Self::Papers, Self::End];

    const fn byte(self) -> u8 {
        match self {
            Self::Heading => b'h',
            Self::Block => b'b',
            Self::Papers => b'p',
            Self::End => b'e',
        }
    }
}

/// A part of a file behind its heading.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// Entries.
    Block(Vec<Run>),
    /// What makes a machine a member; in backups only.
    Papers(Vec<u8>),
}

/// Writes a file, part by part.
#[derive(Debug)]
pub struct CarryWriter<W> {
    into: W,
    sha: Sha256,
    done: CarriedOut,
}

impl<W: Write> CarryWriter<W> {
    /// Begins a file with its heading.
    ///
    /// # Errors
    ///
    /// [`CarryError::Disk`].
    pub fn new(into: W, load: &Load) -> Result<Self, CarryError> {
        let mut writer = Self { into, sha: Sha256::new(), done: CarriedOut::default() };
        writer.done.journals = load.journals();
        writer.put(MAGIC)?;
        writer.part(PartKind::Heading, &minicbor::to_vec(load.heading()).unwrap_or_default())?;
        Ok(writer)
    }

    /// Writes entries, no more than one block's worth.
    ///
    /// # Errors
    ///
    /// [`CarryError::Disk`].
    pub fn block(&mut self, runs: &[Run]) -> Result<(), CarryError> {
        self.done.entries += runs.iter().map(|run| run.entries.len() as u64).sum::<u64>();
        self.part(PartKind::Block, &block::pack(runs))
    }

    /// Writes what makes a machine a member.
    ///
    /// # Errors
    ///
    /// [`CarryError::Disk`].
    pub fn papers(&mut self, papers: &[u8]) -> Result<(), CarryError> {
        self.part(PartKind::Papers, papers)
    }

    /// Ends the file.
    ///
    /// # Errors
    ///
    /// [`CarryError::Disk`].
    pub fn finish(mut self) -> Result<CarriedOut, CarryError> {
        let hash = self.sha.clone().finalize();
        self.part(PartKind::End, &hash)?;
        self.into.flush()?;
        Ok(self.done)
    }

    fn part(&mut self, kind: PartKind, payload: &[u8]) -> Result<(), CarryError> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        self.put(&[kind.byte()])?;
        self.put(&length.to_le_bytes())?;
        self.put(payload)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), CarryError> {
        self.sha.update(bytes);
        self.done.bytes += bytes.len() as u64;
        Ok(self.into.write_all(bytes)?)
    }
}

/// Reads a file that was found whole.
#[derive(Debug)]
pub struct CarryReader<R> {
    parts: Parts<R>,
    heading: Heading,
}

impl<R: Read + Seek> CarryReader<R> {
    /// Reads the whole file once to see that it is whole, and its heading.
    ///
    /// # Errors
    ///
    /// [`CarryError`] says why nothing of the file may be used.
    pub fn open(mut from: R, root: &PublicKey) -> Result<Self, CarryError> {
        check_whole(&mut from)?;
        from.seek(SeekFrom::Start(0))?;
        let mut parts = Parts::new(from)?;
        let heading = read_heading(&mut parts, root)?;
        Ok(Self { parts, heading })
    }

    /// What the file says of itself.
    pub const fn heading(&self) -> &Heading {
        &self.heading
    }

    /// The next part; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`CarryError`] if the file cannot be read any more.
    pub fn next_part(&mut self) -> Result<Option<Part>, CarryError> {
        let (kind, payload) = self.parts.next()?;
        match kind {
            PartKind::Block => Ok(Some(Part::Block(block::unpack(&payload)?))),
            PartKind::Papers => Ok(Some(Part::Papers(payload))),
            PartKind::End => Ok(None),
            PartKind::Heading => Err(CarryError::Damaged("it has two headings".to_owned())),
        }
    }
}

/// Reads the papers of a file that is whole, before anybody knows of which city it is.
pub(crate) fn peek_papers(from: &mut (impl Read + Seek)) -> Result<Option<Vec<u8>>, CarryError> {
    check_whole(&mut *from)?;
    from.seek(SeekFrom::Start(0))?;
    let mut parts = Parts::new(from)?;
    loop {
        let (kind, payload) = parts.next()?;
        match kind {
            PartKind::Papers => return Ok(Some(payload)),
            PartKind::End => return Ok(None),
            PartKind::Heading | PartKind::Block => {}
        }
    }
}

/// Reads a file to its end and compares the hash there.
fn check_whole(from: &mut (impl Read + Seek)) -> Result<(), CarryError> {
    from.seek(SeekFrom::Start(0))?;
    let mut parts = Parts::new(from)?;
    loop {
        let hash = parts.sha.clone().finalize();
        let (kind, payload) = parts.next()?;
        if kind != PartKind::End {
            continue;
        }
        if payload != hash.as_slice() {
            return Err(CarryError::Damaged("its hash does not fit".to_owned()));
        }
        if parts.from.read(&mut [0])? != 0 {
            return Err(CarryError::Damaged("something follows its end".to_owned()));
        }
        return Ok(());
    }
}

fn read_heading<R: Read>(parts: &mut Parts<R>, root: &PublicKey) -> Result<Heading, CarryError> {
    let (kind, payload) = parts.next()?;
    let malformed = |e: minicbor::decode::Error| CarryError::Damaged(e.to_string());
    let mut decoder = minicbor::Decoder::new(&payload);
    decoder.array().map_err(malformed)?;
    let version = decoder.u8().map_err(malformed)?;
    if version > 1 {
        return Err(CarryError::NewerVersion(version));
    }
    if kind != PartKind::Heading {
        return Err(CarryError::Damaged("it has no heading".to_owned()));
    }
    let HeadingV1 { root: theirs, statement: sealed, ends, .. } =
        minicbor::decode(&payload).map_err(malformed)?;
    let ours = root.fingerprint();
    if theirs != ours {
        return Err(CarryError::Foreign { theirs, ours });
    }
    let (statement, credential) = Statement::open(&sealed, root)?;
    Ok(Heading { sealed, statement, credential, ends })
}

/// The parts of a file as they lie in it.
#[derive(Debug)]
struct Parts<R> {
    from: R,
    sha: Sha256,
    at: u64,
}

impl<R: Read> Parts<R> {
    fn new(from: R) -> Result<Self, CarryError> {
        let mut parts = Self { from, sha: Sha256::new(), at: 0 };
        let mut magic = [0; MAGIC.len()];
        match parts.fill(&mut magic) {
            Ok(()) if &magic == MAGIC => Ok(parts),
            Ok(()) | Err(CarryError::CutShort(_)) => Err(CarryError::NotCarry),
            Err(error) => Err(error),
        }
    }

    fn next(&mut self) -> Result<(PartKind, Vec<u8>), CarryError> {
        let (mut kind, mut length) = ([0], [0; 4]);
        self.fill(&mut kind)?;
        self.fill(&mut length)?;
        let found = PartKind::ALL.into_iter().find(|it| it.byte() == kind[0]);
        let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
        let (Some(kind), true) = (found, length <= PART_BYTES_MAX) else {
            let why = format!("no part begins at byte {}", self.at.saturating_sub(5));
            return Err(CarryError::Damaged(why));
        };
        let mut payload = vec![0; length];
        self.fill(&mut payload)?;
        Ok((kind, payload))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), CarryError> {
        match self.from.read_exact(bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err(CarryError::CutShort(self.at));
            }
            Err(error) => return Err(error.into()),
        }
        self.sha.update(&*bytes);
        self.at += bytes.len() as u64;
        Ok(())
    }
}
