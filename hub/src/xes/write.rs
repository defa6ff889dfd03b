//! The writer: XES that [`super::LogReader`] reads back as it was.

use std::fmt::Write as _;
use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use tongban_protocol::value::{Attribute, Value};

use super::date::text_of_instant;
use super::{LogHeader, Trace};

/// Why a log cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LogWriteError {
    /// The date lies outside the years 0 to 9999, which XES cannot write.
    #[error("`{key}` is at {ms} ms, outside the years 0 to 9999; correct it before the export")]
    Date {
        /// Key of the attribute.
        key: String,
        /// The instant, in milliseconds since 1970.
        ms: i64,
    },
    /// The target does not take the bytes.
    #[error("the log cannot be written: {0}")]
    Target(#[from] io::Error),
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Written {
    /// Characters that XML 1.0 forbids and that were replaced.
    pub replaced: u64,
    /// Traces.
    pub traces: u64,
}

/// Writes a log trace by trace.
///
/// Characters that XML 1.0 forbids even as references (control characters but tab, line feed and
/// carriage return; U+FFFE and U+FFFF) become U+FFFD and are counted. Lists and containers are
/// both written as lists.
#[derive(Debug)]
pub struct LogWriter<W: Write> {
    sink: Sink<W>,
    text: String,
    written: Written,
}

#[derive(Debug)]
enum Sink<W: Write> {
    Gzip(Box<GzEncoder<W>>),
    Plain(W),
}

impl<W: Write> LogWriter<W> {
    /// Writes the header as plain XML.
    ///
    /// # Errors
    ///
    /// When the target refuses, or a date of the header cannot be written.
    pub fn plain(target: W, header: &LogHeader) -> Result<Self, LogWriteError> {
        Self::begin(Sink::Plain(target), header)
    }

    /// Writes the header as gzip.
    ///
    /// # Errors
    ///
    /// When the target refuses, or a date of the header cannot be written.
    pub fn gzip(target: W, header: &LogHeader) -> Result<Self, LogWriteError> {
        Self::begin(Sink::Gzip(Box::new(GzEncoder::new(target, Compression::default()))), header)
    }

    fn begin(sink: Sink<W>, header: &LogHeader) -> Result<Self, LogWriteError> {
        let mut writer = Self { sink, text: String::new(), written: Written::default() };
        writer.text.push_str(concat!(
            r#"<?xml version="1.0" encoding="UTF-8"?>"#,
            "\n",
            r#"<log xes.version="1849.2016" xes.features="nested-attributes""#,
            r#" xmlns="http://www.xes-standard.org/">"#,
            "\n",
        ));
        for extension in &header.extensions {
            writer.text.push_str("\t<extension");
            writer.field("name", &extension.name);
            writer.field("prefix", &extension.prefix);
            writer.field("uri", &extension.uri);
            writer.text.push_str("/>\n");
        }
        for global in &header.globals {
            writer.text.push_str("\t<global");
            writer.field("scope", &global.scope);
            writer.text.push_str(">\n");
            writer.attributes(&global.attributes, 2)?;
            writer.text.push_str("\t</global>\n");
        }
        for classifier in &header.classifiers {
            writer.text.push_str("\t<classifier");
            writer.field("name", &classifier.name);
            if let Some(scope) = &classifier.scope {
                writer.field("scope", scope);
            }
            writer.field("keys", &classifier.keys);
            writer.text.push_str("/>\n");
        }
        writer.attributes(&header.attributes, 1)?;
        writer.flush_text()?;
        Ok(writer)
    }

    /// Writes one trace; [`Trace::line`] is not kept.
    ///
    /// # Errors
    ///
    /// When the target refuses, or a date cannot be written; nothing of the trace has been
    /// written in that case, and the next trace may follow.
    pub fn trace(&mut self, trace: &Trace) -> Result<(), LogWriteError> {
        let replaced = self.written.replaced;
        let done = self.trace_text(trace);
        if done.is_err() {
            self.text.clear();
            self.written.replaced = replaced;
            return done;
        }
        self.written.traces += 1;
        self.flush_text()
    }

    fn trace_text(&mut self, trace: &Trace) -> Result<(), LogWriteError> {
        self.text.push_str("\t<trace>\n");
        self.attributes(&trace.attributes, 2)?;
        for event in &trace.events {
            self.text.push_str("\t\t<event>\n");
            self.attributes(event, 3)?;
            self.text.push_str("\t\t</event>\n");
        }
        self.text.push_str("\t</trace>\n");
        Ok(())
    }

    /// Ends the log and hands the target back, flushed but not synced.
    ///
    /// # Errors
    ///
    /// When the target refuses; without this call the log lacks its end.
    pub fn finish(mut self) -> Result<(W, Written), LogWriteError> {
        self.text.push_str("</log>\n");
        self.flush_text()?;
        let mut target = match self.sink {
            Sink::Gzip(gzip) => gzip.finish()?,
            Sink::Plain(target) => target,
        };
        target.flush()?;
        Ok((target, self.written))
    }

    fn flush_text(&mut self) -> Result<(), LogWriteError> {
        match &mut self.sink {
            Sink::Gzip(gzip) => gzip.write_all(self.text.as_bytes())?,
            Sink::Plain(target) => target.write_all(self.text.as_bytes())?,
        }
        self.text.clear();
        Ok(())
    }

    fn attributes(&mut self, attributes: &[Attribute], depth: usize) -> Result<(), LogWriteError> {
        attributes.iter().try_for_each(|attribute| self.attribute(attribute, depth))
    }

    fn attribute(&mut self, attribute: &Attribute, depth: usize) -> Result<(), LogWriteError> {
        let (element, text) = written(attribute)?;
        self.indent(depth);
        self.text.push('<');
        self.text.push_str(element);
        self.field("key", &attribute.key);
        if let Some(text) = text {
            self.field("value", &text);
        }
        if attribute.nested.is_empty() && element != "list" {
            self.text.push_str("/>\n");
            return Ok(());
        }
        self.text.push_str(">\n");
        if let Value::List(values) = &attribute.value {
            self.indent(depth + 1);
            self.text.push_str("<values>\n");
            self.attributes(values, depth + 2)?;
            self.indent(depth + 1);
            self.text.push_str("</values>\n");
        }
        self.attributes(&attribute.nested, depth + 1)?;
        self.indent(depth);
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "</{element}>");
        Ok(())
    }

    fn indent(&mut self, depth: usize) {
        self.text.extend(std::iter::repeat_n('\t', depth));
    }

    fn field(&mut self, name: &str, value: &str) {
        self.text.push(' ');
        self.text.push_str(name);
        self.text.push_str("=\"");
        for c in value.chars() {
            match c {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                // Plain, they would be read as blanks.
                '\t' => self.text.push_str("&#9;"),
                '\n' => self.text.push_str("&#10;"),
                '\r' => self.text.push_str("&#13;"),
                '\0'..'\u{20}' | '\u{fffe}' | '\u{ffff}' => {
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    self.written.replaced += 1;
                }
                _ => self.text.push(c),
            }
        }
        self.text.push('"');
    }
}

/// The element and the text of a value; a list has no text.
fn written(attribute: &Attribute) -> Result<(&'static str, Option<String>), LogWriteError> {
    let (element, text) = match &attribute.value {
        Value::Text(text) => ("string", text.clone()),
        Value::Instant(instant, offset) => match text_of_instant(*instant, *offset) {
            Some(text) => ("date", text),
            None => {
                let key = attribute.key.clone();
                return Err(LogWriteError::Date { key, ms: instant.0 });
            }
        },
        Value::Integer(number) => ("int", number.to_string()),
        Value::Number(number) => ("float", text_of_number(*number)),
        Value::Flag(flag) => ("boolean", flag.to_string()),
        Value::Id(id) => ("id", id.clone()),
        Value::List(_) => return Ok(("list", None)),
    };
    Ok((element, Some(text)))
}

/// A number in the words of XML Schema: `INF`, not `inf`.
fn text_of_number(number: f64) -> String {
    if number.is_infinite() {
        return (if number > 0.0 { "INF" } else { "-INF" }).to_owned();
    }
    format!("{number:?}")
}
