//! The bytes under the XML: unpacked when they are gzip, counted, and bounded.

use std::io::{self, BufRead, Cursor, Read};

use flate2::read::MultiGzDecoder;

const CHUNK_BYTES: usize = 64 * 1024;
const MARK_BYTES: usize = 3;
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// A reader that knows its line and stops at a bound.
pub(super) struct Source {
    chunk: Vec<u8>,
    filled: usize,
    input: Box<dyn Read + Send>,
    line: u64,
    passed: u64,
    position: usize,
    stop_at: u64,
    /// True when the file itself is gzip.
    pub(super) is_gzip: bool,
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Source(line {}, {} bytes)", self.line, self.passed)
    }
}

impl Source {
    /// Looks at the first two bytes and unpacks from then on when they are those of gzip.
    pub(super) fn new(mut input: impl Read + Send + 'static) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(GZIP_MAGIC.len());
        input.by_ref().take(2).read_to_end(&mut magic)?;
        let is_gzip = magic == GZIP_MAGIC;
        let whole = Cursor::new(magic).chain(input);
        let input: Box<dyn Read + Send> =
            if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) };
        Ok(Self {
            chunk: vec![0; CHUNK_BYTES],
            filled: 0,
            input,
            line: 1,
            passed: 0,
            position: 0,
            stop_at: u64::MAX,
            is_gzip,
        })
    }

    /// The line that comes next, from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// How many bytes of XML have gone by.
    pub(super) const fn passed(&self) -> u64 {
        self.passed
    }

    /// Refuses to give out more once `passed` bytes have gone by; may overrun by one chunk.
    pub(super) const fn stop_at(&mut self, passed: u64) {
        self.stop_at = passed;
    }

    /// True when the bound was what stopped it.
    pub(super) const fn is_over(&self) -> bool {
        self.passed >= self.stop_at
    }
}

impl Read for Source {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let used = available.len().min(buf.len());
        buf[..used].copy_from_slice(&available[..used]);
        self.consume(used);
        Ok(used)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.is_over() {
            return Err(io::Error::other("over the bound"));
        }
        if self.position == self.filled {
            self.filled = 0;
            self.position = 0;
            // A byte order mark is only seen in one piece.
            while self.filled < MARK_BYTES {
                match self.input.read(&mut self.chunk[self.filled..])? {
                    0 => break,
                    read => self.filled += read,
                }
            }
        }
        Ok(&self.chunk[self.position..self.filled])
    }

    fn consume(&mut self, amount: usize) {
        let end = (self.position + amount).min(self.filled);
        let used = &self.chunk[self.position..end];
        self.line += used.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.passed += used.len() as u64;
        self.position = end;
    }
}
