//! Event logs, sound and broken.

use std::io::{Cursor, Read, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tongban_protocol::time::Timestamp;

use super::*;

const SAMPLE: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!-- a comment -->
<log xes.version="1.0" xmlns="http://www.xes-standard.org/">
	<extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
	<global scope="event"><date key="time:timestamp" value="1970-01-01T00:00:00Z"/></global>
	<classifier name="Activity" keys="concept:name lifecycle:transition"/>
	<string key="source" value="county"/>
	<trace>
		<string key="concept:name" value="case &quot;1&quot; &amp; &#10;more"/>
		<event>
			<string key="concept:name" value="受理"/>
			<date key="time:timestamp" value="2013-12-13T00:00:00.500+08:00"/>
			<int key="pages" value="-3"><boolean key="checked" value="true"/></int>
			<float key="fee" value="12.50"/>
			<id key="ref" value="f81d4fae-7dec-11d0-a765-00a0c91e6bf6"/>
			<list key="parts"><values><string key="part" value="a"/><string key="part" value="b"/></values></list>
			<container key="box"><int key="in" value="1"/></container>
		</event>
	</trace>
	<trace><event/></trace>
</log>
"#;

fn reader(input: impl AsRef<[u8]> + Send + 'static, name: &str) -> Result<LogReader, LogError> {
    LogReader::new(Cursor::new(input), name)
}

fn read(input: impl AsRef<[u8]> + Send + 'static, name: &str) -> Result<Vec<Trace>, LogError> {
    reader(input, name)?.collect()
}

/// The message for a log that cannot be read.
fn refusal(input: impl AsRef<[u8]> + Send + 'static, name: &str) -> String {
    read(input, name).expect_err("a bad log was read").to_string()
}

/// The message for a log with `inner` in its only trace, which begins on line 2.
fn refusal_inside(inner: &str) -> String {
    refusal(format!("<log>\n<trace>\n{inner}\n</trace>\n</log>"), "a.xes")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_log_gives_its_header_and_every_kind_of_value() {
    let mut log = reader(SAMPLE, "sample.xes").unwrap();
    let header = log.header().clone();
    assert_eq!(header.extensions[0].prefix, "time");
    assert_eq!(header.classifiers[0].keys, "concept:name lifecycle:transition");
    assert_eq!(header.globals[0].attributes[0].value, Value::Instant(Timestamp(0), 0));
    assert_eq!(value_of(&header.attributes, "source").unwrap().as_text(), Some("county"));
    let first = log.next().unwrap().unwrap();
    assert_eq!(first.line, 8);
    let name = value_of(&first.attributes, "concept:name").unwrap();
    assert_eq!(name.as_text(), Some("case \"1\" & \nmore"));
    let event = &first.events[0];
    let at = Value::Instant(Timestamp(1_386_864_000_500), 480);
    assert_eq!(value_of(event, "time:timestamp"), Some(&at));
    assert_eq!(value_of(event, "pages"), Some(&Value::Integer(-3)));
    assert_eq!(event[2].nested, [Attribute::new("checked", Value::Flag(true))]);
    assert_eq!(value_of(event, "fee"), Some(&Value::Number(12.5)));
    assert!(matches!(value_of(event, "ref"), Some(Value::Id(_))));
    let part = |text: &str| Attribute::new("part", Value::Text(text.to_owned()));
    assert_eq!(value_of(event, "parts"), Some(&Value::List(vec![part("a"), part("b")])));
    let inner = Attribute::new("in", Value::Integer(1));
    assert_eq!(value_of(event, "box"), Some(&Value::List(vec![inner])));
    assert_eq!(log.next().unwrap().unwrap().events, [Vec::new()]);
    assert!(log.next().is_none());
}

#[test]
fn gzip_is_told_by_its_content_not_by_its_name() {
    let plain = read(SAMPLE, "plain.xes.gz").unwrap();
    assert_eq!(read(gzip(SAMPLE.as_bytes()), "packed.xes").unwrap(), plain);
    let (head, tail) = SAMPLE.as_bytes().split_at(500);
    assert_eq!(read([gzip(head), gzip(tail)].concat(), "joined.gz").unwrap(), plain);
    let marked = format!("\u{feff}{SAMPLE}");
    assert_eq!(read(marked, "marked.xes").unwrap(), plain);
}

#[test]
fn traces_come_before_the_rest_of_the_log_is_read() {
    let endless = Cursor::new("<log>").chain(Endless("<trace><event/></trace>", 0));
    let log = LogReader::new(endless, "endless.xes").unwrap();
    assert_eq!(log.take(1000).filter(Result::is_ok).count(), 1000);
}

/// Repeats a text for ever.
struct Endless(&'static str, usize);

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let used = (&self.0.as_bytes()[self.1..]).read(buf)?;
        self.1 = (self.1 + used) % self.0.len();
        Ok(used)
    }
}

#[test]
fn a_log_cut_off_anywhere_is_refused() {
    let whole = SAMPLE.trim_end();
    let packed = gzip(whole.as_bytes());
    for cut in 0..whole.len() {
        assert!(read(whole.as_bytes()[..cut].to_vec(), "cut.xes").is_err(), "{cut} bytes");
    }
    for cut in 0..packed.len() {
        assert!(read(packed[..cut].to_vec(), "cut.gz").is_err(), "{cut} bytes packed");
    }
    let cut = &whole[..whole.find("<float").unwrap() + 12];
    insta::assert_snapshot!(refusal(cut, "cut.xes"), @"cut.xes, line 14: the file breaks off before the end of the log; copy or export it again");
    let half = packed[..packed.len() / 2].to_vec();
    assert!(refusal(half, "cut.xes.gz").ends_with("copy or export it again"));
}

#[test]
fn damaged_gzip_is_refused_at_the_end_at_the_latest() {
    let mut packed = gzip(SAMPLE.as_bytes());
    let at = packed.len() - 6;
    packed[at] ^= 1;
    let message = refusal(packed, "flipped.xes.gz");
    assert!(message.contains("the gzip data are damaged"), "{message}");
}

#[test]
fn what_is_no_log_is_refused_with_a_remedy() {
    insta::assert_snapshot!(refusal("", "a.xes"), @"a.xes: the file is empty; export the log again");
    insta::assert_snapshot!(refusal(" \n ", "a.xes"), @"a.xes: the file is empty; export the log again");
    insta::assert_snapshot!(refusal(gzip(b""), "a.xes.gz"), @"a.xes.gz: the file is empty; export the log again");
    let noise: Vec<u8> =
        (0..4000_u32).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    insta::assert_snapshot!(refusal(noise.clone(), "a.XES.GZ"), @"a.XES.GZ: the name ends in .gz, but this is neither gzip nor XML; copy or export it again");
    insta::assert_snapshot!(refusal(noise, "a.xes"), @"a.xes: this is not XML; choose a XES file, plain or gzip");
    insta::assert_snapshot!(refusal(gzip(b"case;event"), "a.xes.gz"), @"a.xes.gz: this is not XML; choose a XES file, plain or gzip");
    insta::assert_snapshot!(refusal("<!DOCTYPE html>\n<html></html>", "a.xes"), @"a.xes, line 2: the outermost element is `html`, not `log`; choose a XES file");
    insta::assert_snapshot!(refusal("<?xml version='1.0' encoding='GB18030'?><log/>", "a.xes"), @"a.xes, line 1: the encoding is `GB18030`; save the file as UTF-8");
    let gbk = b"<log>\n<string key='a' value='\xb0\xa1'/></log>".to_vec();
    insta::assert_snapshot!(refusal(gbk, "a.xes"), @"a.xes, line 2: the encoding is `not UTF-8`; save the file as UTF-8");
    let missing = LogReader::open(Path::new("no/such/file.xes")).unwrap_err().to_string();
    assert!(missing.starts_with("no/such/file.xes: the file cannot be read: "), "{missing}");
}

#[test]
fn a_bad_value_is_named_with_its_line() {
    insta::assert_snapshot!(refusal_inside("<event>\n<date key='time:timestamp' value='yesterday'/></event>"), @"a.xes, line 4: `time:timestamp` is `yesterday`, which is no date; write it as `2015-02-03T10:00:00.000+08:00`, with the offset from UTC");
    insta::assert_snapshot!(refusal_inside("<date key='end' value='2015-02-03T10:00:00'/>"), @"a.xes, line 3: `end` is `2015-02-03T10:00:00`, which is no date; write it as `2015-02-03T10:00:00.000+08:00`, with the offset from UTC");
    insta::assert_snapshot!(refusal_inside("<int key='n' value='9223372036854775808'/>"), @"a.xes, line 3: `n` is `9223372036854775808`, which is no whole number of 64 bits; write digits only");
    insta::assert_snapshot!(refusal_inside("<float key='n' value='1,5'/>"), @"a.xes, line 3: `n` is `1,5`, which is no number; write it as `12.5`");
    insta::assert_snapshot!(refusal_inside("<boolean key='n' value='ja'/>"), @"a.xes, line 3: `n` is `ja`, which is no boolean; write `true` or `false`");
    insta::assert_snapshot!(refusal_inside("<int value='1'/>"), @"a.xes, line 3: `int` has no `key`; add one");
    insta::assert_snapshot!(refusal_inside("<int key='n'/>"), @"a.xes, line 3: `int` has no `value`; add one");
    insta::assert_snapshot!(refusal_inside("<string key='n' value='&who;'/>"), @"a.xes, line 3: the XML is broken (at 1..4: unrecognized entity `who`); export the log again");
    insta::assert_snapshot!(refusal_inside("<string key='n' key='m' value=''/>"), @"a.xes, line 3: the XML is broken (position 15: duplicated attribute, previous declaration at position 7); export the log again");
}

#[test]
fn an_element_out_of_place_is_named() {
    insta::assert_snapshot!(refusal_inside("<trace/>"), @"a.xes, line 3: `trace` is not allowed inside `trace`; remove it or move it");
    insta::assert_snapshot!(refusal_inside("<event><event/></event>"), @"a.xes, line 3: `event` is not allowed inside `event`; remove it or move it");
    insta::assert_snapshot!(refusal_inside("<b>x</b>"), @"a.xes, line 3: `b` is not allowed inside `trace`; remove it or move it");
    insta::assert_snapshot!(refusal_inside("case 7"), @"a.xes, line 3: the text `case 7` stands between elements; remove it");
    insta::assert_snapshot!(refusal_inside("</event>"), @"a.xes, line 3: the XML is broken (ill-formed document: expected `</trace>`, but `</event>` was found); export the log again");
    insta::assert_snapshot!(refusal("<log><event/></log>", "a.xes"), @"a.xes, line 1: `event` is not allowed inside `log`; remove it or move it");
    insta::assert_snapshot!(refusal("<log><trace/><string key='a' value='b'/></log>", "a.xes"), @"a.xes, line 1: `string` is not allowed inside `log` after its first trace; remove it or move it");
    insta::assert_snapshot!(refusal("<log/><log/>", "a.xes"), @"a.xes, line 1: `log` is not allowed after the end of the log; remove it or move it");
    insta::assert_snapshot!(refusal("<log><trace/></log>more", "a.xes"), @"a.xes, line 1: the text `more` stands between elements; remove it");
}

#[test]
fn nothing_comes_after_the_first_error() {
    let mut log = reader("<log><trace/><oops/><trace/></log>", "a.xes").unwrap();
    assert!(log.next().unwrap().is_ok());
    assert!(log.next().unwrap().is_err());
    assert!(log.next().is_none());
}

#[test]
fn a_text_of_ten_megabytes_is_refused() {
    let text = "x".repeat(10 << 20);
    insta::assert_snapshot!(refusal_inside(&format!("<string key='a' value='{text}'/>")), @"a.xes, line 3: one tag, text or comment is longer than 1048576 bytes; shorten its value");
    insta::assert_snapshot!(refusal_inside(&" ".repeat(2 << 20)), @"a.xes, line 2: one tag, text or comment is longer than 1048576 bytes; shorten its value");
}

#[test]
fn nesting_is_bounded() {
    let nested = |depth: usize| {
        let open = "<string key='a' value='b'>".repeat(depth);
        format!("<log><trace>{open}{}</trace></log>", "</string>".repeat(depth))
    };
    assert!(read(nested(16), "a.xes").is_ok());
    insta::assert_snapshot!(refusal(nested(17), "a.xes"), @"a.xes, line 1: attributes are nested more than 16 deep; flatten them");
}

#[test]
fn a_bomb_is_refused_before_it_fills_the_memory() {
    let limits = Limits { xml_bytes: 8 << 20, trace_bytes: 1 << 20, ..Limits::default() };
    let refusal = |xml: String| {
        let log = LogReader::with_limits(Cursor::new(gzip(xml.as_bytes())), "a.gz", limits);
        let read: Result<Vec<_>, _> = log.and_then(Iterator::collect);
        read.expect_err("a bomb was read").to_string()
    };
    let events = "<event/>".repeat(2 << 17);
    insta::assert_snapshot!(refusal(format!("<log><trace>{events}")), @"a.gz, line 1: one trace, or what comes before the first, is longer than 1048576 bytes; split it");
    let traces = "<trace></trace>\n".repeat(2 << 19);
    insta::assert_snapshot!(refusal(format!("<log>{traces}")), @"a.gz, line 524288: the log has more than 8388608 bytes of XML; split it");
    let comments = format!("<!-- {} -->", "x".repeat(500 << 10)).repeat(20);
    insta::assert_snapshot!(refusal(comments), @"a.gz, line 1: one trace, or what comes before the first, is longer than 1048576 bytes; split it");
}

#[test]
fn forbidden_characters_are_replaced_and_counted() {
    let text = Value::Text("a\0b\u{1b}\u{ffff}\t\r\n\u{7f}".to_owned());
    let attributes = vec![Attribute::new("note", text)];
    let trace = Trace { attributes, ..Trace::default() };
    let mut writer = LogWriter::plain(Vec::new(), &LogHeader::default()).unwrap();
    writer.trace(&trace).unwrap();
    let (bytes, written) = writer.finish().unwrap();
    assert_eq!(written, Written { replaced: 3, traces: 1 });
    let back = read(bytes, "a.xes").unwrap();
    let note = value_of(&back[0].attributes, "note").unwrap();
    assert_eq!(note.as_text(), Some("a\u{fffd}b\u{fffd}\u{fffd}\t\r\n\u{7f}"));
}

#[test]
fn a_date_that_cannot_be_written_leaves_the_log_whole() {
    let far = Trace {
        attributes: vec![Attribute::new("end", Value::Instant(Timestamp(i64::MAX), 0))],
        ..Trace::default()
    };
    let mut writer = LogWriter::plain(Vec::new(), &LogHeader::default()).unwrap();
    let refusal = writer.trace(&far).unwrap_err().to_string();
    insta::assert_snapshot!(refusal, @"`end` is at 9223372036854775807 ms, outside the years 0 to 9999; correct it before the export");
    writer.trace(&Trace::default()).unwrap();
    let (bytes, written) = writer.finish().unwrap();
    assert_eq!((read(bytes, "a.xes").unwrap().len(), written.traces), (1, 1));
}

#[test]
fn a_log_is_named_after_its_file() {
    for (path, name) in [
        ("logs/receipt.xes.gz", "receipt"),
        ("bpic15-1.XES", "bpic15-1"),
        ("a.b.xes", "a.b"),
        (".xes", ".xes"),
        ("通办.xes.gz", "通办"),
        ("", ""),
    ] {
        assert_eq!(log_name(Path::new(path)), name);
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z:]{0,12}", "[ -~\t\r\n\u{80}-\u{d7ff}\u{e000}-\u{fffd}😀]{0,24}"]
}

fn value() -> impl Strategy<Value = Value> {
    // Years 1 to 9998, whatever the offset.
    let instant = (-62_135_000_000_000..253_370_000_000_000_i64, -1_439..1_439_i16);
    prop_oneof![
        text().prop_map(Value::Text),
        instant.prop_map(|(ms, offset)| Value::Instant(Timestamp(ms), offset)),
        any::<i64>().prop_map(Value::Integer),
        any::<f64>().prop_filter("equal to itself", |n| !n.is_nan()).prop_map(Value::Number),
        any::<bool>().prop_map(Value::Flag),
        text().prop_map(Value::Id),
    ]
}

fn attribute() -> impl Strategy<Value = Attribute> {
    let leaf = (text(), value()).prop_map(|(key, value)| Attribute::new(key, value));
    leaf.prop_recursive(3, 12, 4, |inner| {
        let some = || prop::collection::vec(inner.clone(), 0..4);
        let value = prop_oneof![value(), some().prop_map(Value::List)];
        (text(), value, some()).prop_map(|(key, value, nested)| Attribute { key, value, nested })
    })
}

fn attributes() -> impl Strategy<Value = Vec<Attribute>> {
    prop::collection::vec(attribute(), 0..4)
}

fn header() -> impl Strategy<Value = LogHeader> {
    let classifier = (text(), text(), prop::option::of(text()))
        .prop_map(|(keys, name, scope)| Classifier { keys, name, scope });
    let extension =
        (text(), text(), text()).prop_map(|(name, prefix, uri)| Extension { name, prefix, uri });
    let global =
        (attributes(), text()).prop_map(|(attributes, scope)| Global { attributes, scope });
    let parts = (
        attributes(),
        prop::collection::vec(classifier, 0..3),
        prop::collection::vec(extension, 0..3),
        prop::collection::vec(global, 0..3),
    );
    parts.prop_map(|(attributes, classifiers, extensions, globals)| LogHeader {
        attributes,
        classifiers,
        extensions,
        globals,
    })
}

fn trace() -> impl Strategy<Value = Trace> {
    let events = prop::collection::vec(attributes(), 0..4);
    (attributes(), events).prop_map(|(attributes, events)| Trace { attributes, events, line: 0 })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_as_it_was(
        header in header(),
        traces in prop::collection::vec(trace(), 0..4),
        packed: bool,
    ) {
        let start = if packed { LogWriter::gzip } else { LogWriter::plain };
        let mut writer = start(Vec::new(), &header).unwrap();
        for trace in &traces {
            writer.trace(trace).unwrap();
        }
        let (bytes, written) = writer.finish().unwrap();
        prop_assert_eq!(written, Written { replaced: 0, traces: traces.len() as u64 });
        let log = reader(bytes, "a.xes").unwrap();
        prop_assert_eq!(log.header(), &header);
        let back: Vec<Trace> = log.map(|trace| Trace { line: 0, ..trace.unwrap() }).collect();
        prop_assert_eq!(back, traces);
    }

    #[test]
    fn no_bytes_make_the_reader_fall_over(
        mut bytes in prop::collection::vec(any::<u8>(), 0..300),
        at in 0..SAMPLE.len(),
    ) {
        let _ = read(bytes.clone(), "noise.xes.gz");
        let mut mixed = SAMPLE.as_bytes()[..at].to_vec();
        mixed.append(&mut bytes);
        mixed.extend_from_slice(&SAMPLE.as_bytes()[at..]);
        let _ = read(gzip(&mixed), "mixed.xes");
        let _ = read(mixed, "mixed.xes");
    }
}
