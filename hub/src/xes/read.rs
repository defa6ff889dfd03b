//! The reader: XML in, traces out, one in memory at a time.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use tongban_protocol::value::{Attribute, Value};

use super::date::instant_of_text;
use super::fault::{LogError, LogFault, excerpt};
use super::pull::{Markup, Pull, Tag};
use super::{Classifier, Extension, Global, LogHeader, Trace};

/// How much a log may ask for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// Deepest nesting of attributes.
    pub depth: usize,
    /// Longest tag, text or comment, in bytes as written.
    pub tag_bytes: u64,
    /// Longest trace, and longest header, in bytes of XML; memory is a small multiple of it.
    pub trace_bytes: u64,
    /// Longest log, in bytes of XML once unpacked.
    pub xml_bytes: u64,
}

impl Default for Limits {
    /// Real traces stay below 1 MB, real headers below 7 MB, real logs of a city below 1 GB.
    fn default() -> Self {
        Self { depth: 16, tag_bytes: 1 << 20, trace_bytes: 16 << 20, xml_bytes: 4 << 30 }
    }
}

/// Reads a XES log, plain or gzip; iterate for the traces.
///
/// After the first error, and after the end of the log, the iterator gives nothing more.
#[derive(Debug)]
pub struct LogReader {
    depth: usize,
    header: LogHeader,
    is_over: bool,
    pending: Option<Tag>,
    pull: Pull,
}

impl LogReader {
    /// Opens a file and reads up to its first trace.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or its header is no XES.
    pub fn open(path: &Path) -> Result<Self, LogError> {
        let name = path.display().to_string();
        match File::open(path) {
            Ok(file) => Self::new(file, &name),
            Err(e) => Err(LogError { fault: LogFault::Unreadable(e), file: name, line: 0 }),
        }
    }

    /// Reads up to the first trace of `input`; `name` is for messages.
    ///
    /// # Errors
    ///
    /// When the input cannot be read or its header is no XES.
    pub fn new(input: impl Read + Send + 'static, name: &str) -> Result<Self, LogError> {
        Self::with_limits(input, name, Limits::default())
    }

    /// As [`Self::new`], with other limits.
    ///
    /// # Errors
    ///
    /// As [`Self::new`].
    pub fn with_limits(
        input: impl Read + Send + 'static,
        name: &str,
        limits: Limits,
    ) -> Result<Self, LogError> {
        let pull = Pull::new(input, name, limits)?;
        let header = LogHeader::default();
        let mut reader = Self { depth: 0, header, is_over: false, pending: None, pull };
        reader.read_root()?;
        reader.read_header()?;
        Ok(reader)
    }

    /// What the log said before its first trace.
    #[must_use]
    pub const fn header(&self) -> &LogHeader {
        &self.header
    }

    fn read_root(&mut self) -> Result<(), LogError> {
        match self.pull.next()? {
            Markup::Open(tag) if tag.element == "log" => Ok(()),
            Markup::Open(tag) => Err(self.pull.error(LogFault::NotALog(excerpt(&tag.element)))),
            Markup::Close | Markup::End => Err(self.pull.error_at(0, LogFault::Empty)),
        }
    }

    fn read_header(&mut self) -> Result<(), LogError> {
        loop {
            match self.pull.next()? {
                Markup::Open(tag) if tag.element == "trace" => {
                    self.pending = Some(tag);
                    return Ok(());
                }
                Markup::Open(tag) => self.read_header_element(tag)?,
                Markup::Close => {
                    self.is_over = true;
                    return self.read_epilogue();
                }
                Markup::End => return Err(self.pull.error(LogFault::Truncated)),
            }
        }
    }

    fn read_header_element(&mut self, mut tag: Tag) -> Result<(), LogError> {
        match tag.element.as_str() {
            "extension" => {
                let name = self.pull.field(&mut tag, "name")?;
                let prefix = self.pull.field(&mut tag, "prefix")?;
                let uri = self.pull.field(&mut tag, "uri")?;
                self.header.extensions.push(Extension { name, prefix, uri });
                self.read_close("inside `extension`")
            }
            "classifier" => {
                let name = self.pull.field(&mut tag, "name")?;
                let keys = self.pull.field(&mut tag, "keys")?;
                let scope = tag.take("scope");
                self.header.classifiers.push(Classifier { keys, name, scope });
                self.read_close("inside `classifier`")
            }
            "global" => {
                let scope = self.pull.field(&mut tag, "scope")?;
                let attributes = self.read_attributes("inside `global`")?;
                self.header.globals.push(Global { attributes, scope });
                Ok(())
            }
            _ if tag.is_attribute() => {
                let attribute = self.read_attribute(tag)?;
                self.header.attributes.push(attribute);
                Ok(())
            }
            _ => Err(self.pull.not_allowed(&tag, "inside `log`")),
        }
    }

    fn read_next(&mut self) -> Result<Option<Trace>, LogError> {
        let next = match self.pending.take() {
            Some(tag) => Markup::Open(tag),
            None => self.pull.next()?,
        };
        match next {
            Markup::Open(tag) if tag.element == "trace" => self.read_trace(tag.line).map(Some),
            Markup::Open(tag) => {
                Err(self.pull.not_allowed(&tag, "inside `log` after its first trace"))
            }
            Markup::Close => self.read_epilogue().map(|()| None),
            Markup::End => Err(self.pull.error(LogFault::Truncated)),
        }
    }

    fn read_trace(&mut self, line: u64) -> Result<Trace, LogError> {
        self.pull.begin_part();
        let mut trace = Trace { attributes: Vec::new(), events: Vec::new(), line };
        loop {
            match self.pull.next()? {
                Markup::Open(tag) if tag.element == "event" => {
                    trace.events.push(self.read_attributes("inside `event`")?);
                }
                Markup::Open(tag) if tag.is_attribute() => {
                    trace.attributes.push(self.read_attribute(tag)?);
                }
                Markup::Open(tag) => return Err(self.pull.not_allowed(&tag, "inside `trace`")),
                Markup::Close => break,
                Markup::End => return Err(self.pull.error(LogFault::Truncated)),
            }
        }
        self.pull.begin_part();
        Ok(trace)
    }

    /// Reads to the very end, so that the checksum of gzip is looked at.
    fn read_epilogue(&mut self) -> Result<(), LogError> {
        match self.pull.next()? {
            Markup::End => Ok(()),
            Markup::Open(tag) => Err(self.pull.not_allowed(&tag, "after the end of the log")),
            Markup::Close => Err(self.pull.error(LogFault::BadXml("one end too many".to_owned()))),
        }
    }

    /// Reads attributes up to the end of the element they stand in.
    fn read_attributes(&mut self, inside: &'static str) -> Result<Vec<Attribute>, LogError> {
        let mut attributes = Vec::new();
        loop {
            match self.pull.next()? {
                Markup::Open(tag) if tag.is_attribute() => {
                    attributes.push(self.read_attribute(tag)?);
                }
                Markup::Open(tag) => return Err(self.pull.not_allowed(&tag, inside)),
                Markup::Close => return Ok(attributes),
                Markup::End => return Err(self.pull.error(LogFault::Truncated)),
            }
        }
    }

    fn read_attribute(&mut self, mut tag: Tag) -> Result<Attribute, LogError> {
        self.depth += 1;
        if self.depth > self.pull.limits.depth {
            return Err(self.pull.error(LogFault::TooDeep(self.pull.limits.depth)));
        }
        let key = self.pull.field(&mut tag, "key")?;
        let is_list = matches!(tag.element.as_str(), "list" | "container");
        let scalar = if is_list { None } else { Some(self.read_value(&key, &mut tag)?) };
        let mut listed = None;
        let mut nested = Vec::new();
        loop {
            match self.pull.next()? {
                Markup::Open(child) if child.element == "values" && tag.element == "list" => {
                    let values = self.read_attributes("inside `values`")?;
                    listed.get_or_insert_with(Vec::new).extend(values);
                }
                Markup::Open(child) if child.is_attribute() => {
                    nested.push(self.read_attribute(child)?);
                }
                Markup::Open(child) => {
                    return Err(self.pull.not_allowed(&child, "inside an attribute"));
                }
                Markup::Close => break,
                Markup::End => return Err(self.pull.error(LogFault::Truncated)),
            }
        }
        self.depth -= 1;
        let value = match (scalar, listed) {
            (Some(scalar), _) => scalar,
            (None, Some(values)) => Value::List(values),
            // A container, or a list of an older log, which has no `values`.
            (None, None) => Value::List(std::mem::take(&mut nested)),
        };
        Ok(Attribute { key, value, nested })
    }

    fn read_value(&self, key: &str, tag: &mut Tag) -> Result<Value, LogError> {
        let at = tag.line;
        let text = self.pull.field(tag, "value")?;
        let fault = |fault: fn(String, String) -> LogFault| {
            Err(self.pull.error_at(at, fault(excerpt(key), excerpt(&text))))
        };
        match tag.element.as_str() {
            "date" => match instant_of_text(&text) {
                Some((instant, offset)) => Ok(Value::Instant(instant, offset)),
                None => fault(|key, value| LogFault::BadDate { key, value }),
            },
            "int" => match text.trim().parse() {
                Ok(number) => Ok(Value::Integer(number)),
                Err(_) => fault(|key, value| LogFault::BadInt { key, value }),
            },
            "float" => match text.trim().parse() {
                Ok(number) => Ok(Value::Number(number)),
                Err(_) => fault(|key, value| LogFault::BadFloat { key, value }),
            },
            "boolean" => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" => Ok(Value::Flag(true)),
                "false" | "0" => Ok(Value::Flag(false)),
                _ => fault(|key, value| LogFault::BadBoolean { key, value }),
            },
            "id" => Ok(Value::Id(text)),
            _ => Ok(Value::Text(text)),
        }
    }

    fn read_close(&mut self, inside: &'static str) -> Result<(), LogError> {
        match self.pull.next()? {
            Markup::Close => Ok(()),
            Markup::Open(tag) => Err(self.pull.not_allowed(&tag, inside)),
            Markup::End => Err(self.pull.error(LogFault::Truncated)),
        }
    }
}

impl Iterator for LogReader {
    type Item = Result<Trace, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let next = self.read_next().transpose();
        if !matches!(next, Some(Ok(_))) {
            self.is_over = true;
        }
        next
    }
}
