//! Markup one piece at a time, with the line and the bounds; knows XML, not XES.

use std::io::{self, Read};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesDecl, BytesStart, Event};

use super::fault::{LogError, LogFault, detail, excerpt};
use super::has_ending;
use super::read::Limits;
use super::source::Source;

/// The start of an element.
#[derive(Debug)]
pub(super) struct Tag {
    /// Its name, without a namespace prefix.
    pub(super) element: String,
    fields: Vec<(String, String)>,
    /// The line of its `<`.
    pub(super) line: u64,
}

/// A piece of markup; what says nothing (comments, blanks) is left out.
#[derive(Debug)]
pub(super) enum Markup {
    Open(Tag),
    Close,
    End,
}

/// Reads markup and words the errors.
#[derive(Debug)]
pub(super) struct Pull {
    buffer: Vec<u8>,
    file: String,
    /// What may be asked for.
    pub(super) limits: Limits,
    line: u64,
    part_from: u64,
    root_seen: bool,
    version: XmlVersion,
    xml: quick_xml::Reader<Source>,
}

impl Tag {
    /// Takes the XML attribute `name` out.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.fields.iter().position(|(field, _)| field == name)?;
        Some(self.fields.swap_remove(at).1)
    }

    /// True when the element is one of the kinds of XES attributes.
    pub(super) fn is_attribute(&self) -> bool {
        matches!(
            self.element.as_str(),
            "string" | "date" | "int" | "float" | "boolean" | "id" | "list" | "container"
        )
    }
}

impl Pull {
    pub(super) fn new(
        input: impl Read + Send + 'static,
        file: &str,
        limits: Limits,
    ) -> Result<Self, LogError> {
        let source = Source::new(input).map_err(|e| LogError {
            fault: LogFault::Unreadable(e),
            file: file.to_owned(),
            line: 0,
        })?;
        let mut xml = quick_xml::Reader::from_reader(source);
        xml.config_mut().expand_empty_elements = true;
        Ok(Self {
            buffer: Vec::new(),
            file: file.to_owned(),
            limits,
            line: 0,
            part_from: 0,
            root_seen: false,
            version: XmlVersion::Implicit1_0,
            xml,
        })
    }

    /// Begins a new part: the bound on traces counts from here.
    pub(super) fn begin_part(&mut self) {
        self.part_from = self.xml.get_ref().passed();
    }

    /// Reads up to the next start or end of an element, or the end of the file.
    pub(super) fn next(&mut self) -> Result<Markup, LogError> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let next = loop {
            buffer.clear();
            if let Some(markup) = self.try_next(&mut buffer).transpose() {
                break markup;
            }
        };
        self.buffer = buffer;
        next
    }

    fn try_next(&mut self, buffer: &mut Vec<u8>) -> Result<Option<Markup>, LogError> {
        let source = self.xml.get_mut();
        self.line = source.line();
        let tag_end = source.passed().saturating_add(self.limits.tag_bytes);
        let part_end = self.part_from.saturating_add(self.limits.trace_bytes);
        source.stop_at(tag_end.min(part_end).min(self.limits.xml_bytes));
        let event = match self.xml.read_event_into(buffer) {
            Ok(event) => event,
            Err(e) => return Err(self.error_of(&e, part_end)),
        };
        let blank = |text: &str| {
            if text.trim().is_empty() { Ok(None) } else { Err(self.stray(text)) }
        };
        match event {
            Event::Start(start) | Event::Empty(start) => match tag_of(&start, self.version) {
                Ok((element, fields)) => {
                    self.root_seen = true;
                    Ok(Some(Markup::Open(Tag { element, fields, line: self.line })))
                }
                Err(detail) => Err(self.error(LogFault::BadXml(detail))),
            },
            Event::End(_) => Ok(Some(Markup::Close)),
            Event::Eof => Ok(Some(Markup::End)),
            Event::Text(text) => blank(&text.into_inner()),
            Event::CData(text) => blank(&text.into_inner()),
            Event::GeneralRef(name) => Err(self.stray(&format!("&{};", name.into_inner()))),
            Event::Decl(declaration) => self.read_declaration(&declaration).map(|()| None),
            // Nothing is fetched and no entity defined: a DOCTYPE has no effect.
            Event::Comment(_) | Event::PI(_) | Event::DocType(_) => Ok(None),
        }
    }

    fn read_declaration(&mut self, declaration: &BytesDecl<'_>) -> Result<(), LogError> {
        let version = declaration.xml_version();
        self.version = version.map_err(|e| self.error(LogFault::BadXml(detail(&e))))?;
        let encoding = match declaration.encoding() {
            None => return Ok(()),
            Some(Ok(encoding)) => encoding,
            Some(Err(e)) => return Err(self.error(LogFault::BadXml(detail(&e)))),
        };
        if encoding.eq_ignore_ascii_case("utf-8") || encoding.eq_ignore_ascii_case("us-ascii") {
            return Ok(());
        }
        Err(self.error(LogFault::Encoding(excerpt(&encoding))))
    }

    /// An error on the line that was read last.
    pub(super) fn error(&self, fault: LogFault) -> LogError {
        self.error_at(self.line, fault)
    }

    /// An error on a line.
    pub(super) fn error_at(&self, line: u64, fault: LogFault) -> LogError {
        LogError { fault, file: self.file.clone(), line }
    }

    /// An error about an element that has no place where it stands.
    pub(super) fn not_allowed(&self, tag: &Tag, inside: &'static str) -> LogError {
        let element = excerpt(&tag.element);
        self.error_at(tag.line, LogFault::NotAllowed { element, inside })
    }

    /// Takes an XML attribute that must be there out of a tag.
    pub(super) fn field(&self, tag: &mut Tag, field: &'static str) -> Result<String, LogError> {
        tag.take(field).ok_or_else(|| {
            let element = excerpt(&tag.element);
            self.error_at(tag.line, LogFault::Lacks { element, field })
        })
    }

    fn stray(&self, text: &str) -> LogError {
        if self.root_seen {
            let blank = &text[..text.len() - text.trim_start().len()];
            let line = self.line + blank.matches('\n').count() as u64;
            return self.error_at(line, LogFault::StrayText(excerpt(text)));
        }
        self.no_xml()
    }

    fn no_xml(&self) -> LogError {
        let promised = has_ending(&self.file, ".gz") && !self.xml.get_ref().is_gzip;
        self.error_at(0, if promised { LogFault::NotGzip } else { LogFault::NotXml })
    }

    fn error_of(&self, error: &quick_xml::Error, part_end: u64) -> LogError {
        match error {
            quick_xml::Error::Io(e) => self.error_of_input(e, part_end),
            // The parser says so only where the input ends inside markup.
            quick_xml::Error::Syntax(_) if self.root_seen => {
                self.error_at(self.xml.get_ref().line(), LogFault::Truncated)
            }
            quick_xml::Error::Encoding(_) if self.root_seen => {
                self.error(LogFault::Encoding("not UTF-8".to_owned()))
            }
            other if self.root_seen => self.error(LogFault::BadXml(detail(other))),
            _ => self.no_xml(),
        }
    }

    fn error_of_input(&self, error: &io::Error, part_end: u64) -> LogError {
        let source = self.xml.get_ref();
        let fault = if source.is_over() {
            if source.passed() >= self.limits.xml_bytes {
                LogFault::TooLong(self.limits.xml_bytes)
            } else if source.passed() >= part_end {
                LogFault::TooLongATrace(self.limits.trace_bytes)
            } else {
                LogFault::TooLongATag(self.limits.tag_bytes)
            }
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            LogFault::Truncated
        } else if source.is_gzip
            && matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput)
        {
            LogFault::Damaged(detail(error))
        } else {
            LogFault::Unreadable(io::Error::new(error.kind(), error.to_string()))
        };
        self.error(fault)
    }
}

type Named = (String, Vec<(String, String)>);

fn tag_of(start: &BytesStart<'_>, version: XmlVersion) -> Result<Named, String> {
    let mut fields = Vec::with_capacity(2);
    for field in start.attributes() {
        let field = field.map_err(|e| detail(&e))?;
        let value = field.normalized_value(version).map_err(|e| detail(&e))?;
        fields.push((field.key.as_ref().to_owned(), value.into_owned()));
    }
    Ok((start.local_name().as_ref().to_owned(), fields))
}
