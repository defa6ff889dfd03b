//! One row of a list as a case: what is sound, what is doubted, and what cannot be taken.
//!
//! What a row says is all looked at here; what the law says of it besides, see [`super::check()`].

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, date};
use jiff::tz::Offset;
use jiff::{Span, ToSpan};
use tongban_protocol::calendar::civil_day;
use tongban_protocol::case::FIRST_DAY;
use tongban_protocol::document::{Event, EventKind, Outcome, Role};
use tongban_protocol::hash::Sha;
use tongban_protocol::limits::TEXT_BYTES_MAX;
use tongban_protocol::number::ApplicantNumber;
use tongban_protocol::service::upstream_key;
use tongban_protocol::time::Timestamp;

use super::mapping::{Field, Mapping};
use super::sheet::SheetRow;
use crate::cases::{NewCase, NewEvent, Said, parse_instant};
use crate::records::Words;
use crate::replica::PHONE;
use crate::web::form::one_line;

/// Longest name of an applicant, in characters.
const APPLICANT_CHARS_MAX: usize = 100;

/// The field of the form in which the number of the other system rests.
pub const ORIGINAL_NUMBER: &str = "original_number";

/// What is known besides the row.
#[derive(Clone, Debug)]
pub(super) struct Frame<'a> {
    /// Which column is which.
    pub mapping: &'a Mapping,
    /// What the columns are called.
    pub head: &'a [String],
    /// The items of the catalogue: code and name.
    pub items: &'a [(String, String)],
    /// Who imports them.
    pub by: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// A row that can be taken.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// Its line in the file.
    pub line: u64,
    /// The case.
    pub case: NewCase,
    /// When it was decided; none where it is open.
    pub decided_at: Option<Timestamp>,
    /// When its result was handed over; none where it was not, or the list does not tell.
    pub delivered_at: Option<Timestamp>,
    /// What makes it this case and no other: given twice, it is taken once.
    pub key: String,
    /// What should be looked at.
    pub doubts: Vec<Words>,
}

impl Draft {
    /// True where it is over: decided or handed over.
    pub(super) const fn is_finished(&self) -> bool {
        self.decided_at.is_some() || self.delivered_at.is_some()
    }

    /// What happened to it in the other system, as it is kept; by whom there, no list tells, and so
    /// each event names who imported it.
    pub(super) fn past(&self) -> Vec<Event> {
        let steps = [
            (self.case.happened_at, EventKind::Receive),
            (self.decided_at, EventKind::Decide),
            (self.delivered_at, EventKind::Deliver),
        ];
        let by = &self.case.by;
        let event = |at, kind: EventKind| Event::new(EventKind::Import, at, by, kind.zh());
        steps.into_iter().filter_map(|(at, kind)| Some(event(at?, kind))).collect()
    }

    /// What follows its receipt where it is recorded as a case of this centre.
    pub(super) fn events(&self, role: Option<Role>) -> Vec<NewEvent> {
        let event = |kind, happened_at: Option<Timestamp>, outcome| {
            let detail = Said { role, outcome, ..Said::default() };
            let (note, by) = (String::new(), self.case.by.clone());
            happened_at.map(|_| NewEvent { kind, note, by, happened_at, detail })
        };
        let decided_at = self.decided_at.or(self.delivered_at);
        let accepted_at = decided_at.and(self.case.happened_at);
        let events = [
            event(EventKind::Accept, accepted_at, None),
            event(EventKind::Decide, decided_at, Some(Outcome::Granted)),
            event(EventKind::Deliver, self.delivered_at, None),
        ];
        events.into_iter().flatten().collect()
    }
}

/// A row that cannot be taken, and why.
#[derive(Clone, Debug)]
pub(super) struct Bad {
    /// Its line in the file.
    pub line: u64,
    /// Why.
    pub faults: Vec<Words>,
}

impl Frame<'_> {
    /// Reads a row.
    ///
    /// # Errors
    ///
    /// [`Bad`], with everything that is wrong with it.
    pub(super) fn read(&self, row: &SheetRow) -> Result<Draft, Bad> {
        let mut reading = Reading::default();
        if row.fields.len() > self.head.len() {
            reading.fault(
                format!("有 {} 列，表头只有 {} 列", row.fields.len(), self.head.len()),
                format!("it has {} columns, the first row {}", row.fields.len(), self.head.len()),
            );
        }
        let text = |field: Field| {
            let at = self.mapping.iter().position(|it| *it == field)?;
            row.fields.get(at).map(|text| one_line(text)).filter(|text| !text.is_empty())
        };
        let (item, item_name) = self.item(text(Field::Item), &mut reading);
        let applicant = applicant(text(Field::Applicant), &mut reading);
        let number = text(Field::ApplicantNumber);
        if let Some(number) = &number {
            self.check_number(number, &mut reading);
        }
        let received_at = self.instant(Field::ReceivedAt, text(Field::ReceivedAt), &mut reading);
        let decided_at = self.instant(Field::DecidedAt, text(Field::DecidedAt), &mut reading);
        if received_at.is_none() && text(Field::ReceivedAt).is_none() {
            reading.fault("没有收件时间", "it does not say when it was received");
        }
        let delivered_at = self.instant(Field::DeliveredAt, text(Field::DeliveredAt), &mut reading);
        check_order([received_at, decided_at, delivered_at], &mut reading);
        let mut form = self.kept(row);
        form.extend(text(Field::Phone).map(|phone| (PHONE.to_owned(), phone)));
        let original = text(Field::Number);
        form.extend(original.clone().map(|number| (ORIGINAL_NUMBER.to_owned(), number)));
        check_lengths(&form, &mut reading);
        if !reading.faults.is_empty() {
            return Err(Bad { line: row.line, faults: reading.faults });
        }
        let day = received_at.map(civil_day).unwrap_or(Date::ZERO);
        let key = match original.as_deref().and_then(upstream_key) {
            Some(key) => format!("number\0{day}\0{key}"),
            None => content_key(&row.fields),
        };
        let case = NewCase {
            item,
            item_name,
            applicant,
            applicant_number: number,
            channel: text(Field::Channel).unwrap_or_default(),
            form,
            by: self.by.to_owned(),
            happened_at: received_at,
            ..NewCase::default()
        };
        let doubts = reading.doubts;
        Ok(Draft { line: row.line, case, decided_at, delivered_at, key, doubts })
    }

    /// The item's code and name.
    fn item(&self, said: Option<String>, reading: &mut Reading) -> (String, String) {
        let Some(said) = said else {
            reading.fault("没有事项", "it names no item");
            return Default::default();
        };
        let is_meant =
            |(code, name): &&(String, String)| code.eq_ignore_ascii_case(&said) || *name == said;
        if let Some((code, name)) = self.items.iter().find(is_meant) {
            return (code.clone(), name.clone());
        }
        reading.doubt(
            format!("目录中没有事项“{said}”，按所写名称导入，没有时限"),
            format!("the catalogue has no item `{said}`; it is taken by that name, without limits"),
        );
        (said.clone(), said)
    }

    fn check_number(&self, number: &str, reading: &mut Reading) {
        match ApplicantNumber::read(number, civil_day(self.now)) {
            Ok(read) => {
                for doubt in &read.doubts {
                    reading.doubt(format!("证件号：{}", doubt.zh()), format!("number: {doubt}"));
                }
            }
            Err(no_shape) => reading.doubt(no_shape.zh(), no_shape.to_string()),
        }
    }

    fn instant(
        &self,
        field: Field,
        said: Option<String>,
        reading: &mut Reading,
    ) -> Option<Timestamp> {
        let said = said?;
        let Some(at) = instant(&said) else {
            reading.fault(
                format!("{}“{said}”不是时间，请写成 2026-11-02 或 2026-11-02 09:30", field.zh()),
                format!(
                    "{}: `{said}` is no time; write 2026-11-02 or 2026-11-02 09:30",
                    field.en()
                ),
            );
            return None;
        };
        if civil_day(at) < FIRST_DAY {
            reading.fault(
                format!("{}“{said}”早于 {FIRST_DAY}，请核对年份", field.zh()),
                format!("{}: `{said}` is before {FIRST_DAY}; check the year", field.en()),
            );
        }
        if at > self.now {
            reading.fault(
                format!("{}“{said}”还没有到", field.zh()),
                format!("{}: `{said}` has not come yet", field.en()),
            );
        }
        Some(at)
    }

    /// The columns that are kept under their own names.
    fn kept(&self, row: &SheetRow) -> BTreeMap<String, String> {
        let columns = self.mapping.iter().zip(self.head).zip(&row.fields);
        let kept = columns.filter(|((field, _), _)| **field == Field::Keep);
        let kept = kept.map(|((_, name), text)| (one_line(name), one_line(text)));
        kept.filter(|(name, text)| !name.is_empty() && !text.is_empty()).collect()
    }
}

/// What is found while a row is read.
#[derive(Debug, Default)]
struct Reading {
    faults: Vec<Words>,
    doubts: Vec<Words>,
}

impl Reading {
    fn fault(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.faults.push(Words::new(zh, en));
    }

    fn doubt(&mut self, zh: impl Into<String>, en: impl Into<String>) {
        self.doubts.push(Words::new(zh, en));
    }
}

/// Receipt, decision and delivery come in this order.
fn check_order(times: [Option<Timestamp>; 3], reading: &mut Reading) {
    let [received, decided, delivered] = times;
    let is_before = |late: Option<Timestamp>, early: Option<Timestamp>| {
        late.zip(early).is_some_and(|(late, early)| late < early)
    };
    if is_before(decided, received) {
        reading.fault("办结时间早于收件时间", "it was decided before it was received");
    }
    if is_before(delivered, decided.or(received)) {
        reading.fault(
            "送达时间早于收件或办结时间",
            "it was delivered before it was received or decided",
        );
    }
}

/// What a document takes as one text.
fn check_lengths(form: &BTreeMap<String, String>, reading: &mut Reading) {
    let is_long = |(name, text): &(&String, &String)| name.len().max(text.len()) > TEXT_BYTES_MAX;
    for (name, text) in form.iter().filter(is_long) {
        let name: String = name.chars().take(20).collect();
        reading.fault(
            format!("“{name}”长 {} 字节，超过上限 {TEXT_BYTES_MAX}", text.len()),
            format!("`{name}` has {} bytes, above the limit of {TEXT_BYTES_MAX}", text.len()),
        );
    }
}

fn applicant(said: Option<String>, reading: &mut Reading) -> String {
    let said = said.unwrap_or_default();
    match said.chars().count() {
        0 => reading.fault("没有申请人", "it names no applicant"),
        chars if chars > APPLICANT_CHARS_MAX => reading.fault(
            format!("申请人最长 {APPLICANT_CHARS_MAX} 字，现为 {chars} 字"),
            format!("the applicant has {chars} characters, above {APPLICANT_CHARS_MAX}"),
        ),
        _ => {}
    }
    said
}

/// A key of what the row says, however it is spaced.
fn content_key(fields: &[String]) -> String {
    let mut bytes = b"row\0".to_vec();
    for field in fields {
        bytes.extend_from_slice(one_line(field).as_bytes());
        bytes.push(0);
    }
    data_encoding::HEXLOWER.encode(&Sha::of(&bytes).0)
}

/// An instant as lists write it, in the city's time: `2026-11-02`, `2026/11/2 9:30`, `2026年11月2日`,
/// `20261102`, a day of a spreadsheet, RFC 3339.
fn instant(said: &str) -> Option<Timestamp> {
    let said: String = said
        .chars()
        .map(|char| match char {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(char) - 0xfee0).unwrap_or(char),
            char => char,
        })
        .collect();
    if let Ok(at) = parse_instant(&said) {
        return Some(at);
    }
    let said = said.replace(['年', '月', '/', '.'], "-").replace('日', " ");
    let said = said.trim();
    let (day, time) = said.split_once(' ').unwrap_or((said, ""));
    let parts: Vec<&str> = day.trim_end_matches('-').split('-').collect();
    let number = |text: &str| text.parse::<i16>().ok();
    let civil = match parts.as_slice() {
        [year, month, day] => {
            let small = |text: &str| text.parse::<i8>().ok();
            Date::new(number(year)?, small(month)?, small(day)?).ok()?
        }
        [days] if days.len() == 5 => spreadsheet_day(days)?,
        _ => return None,
    };
    at_time(civil, time.trim())
}

/// A day as spreadsheets number them: 1 is the first of 1900, and 60 the day that never was.
fn spreadsheet_day(days: &str) -> Option<Date> {
    let days: i32 = days.parse().ok().filter(|days| (20_000..80_000).contains(days))?;
    let span: Span = days.days();
    date(1899, 12, 30).checked_add(span).ok()
}

fn at_time(day: Date, time: &str) -> Option<Timestamp> {
    let mut parts = [0_i8; 3];
    if !time.is_empty() {
        let said: Vec<&str> = time.split(':').collect();
        if !(2..=3).contains(&said.len()) {
            return None;
        }
        for (part, said) in parts.iter_mut().zip(said) {
            *part = said.parse().ok()?;
        }
    }
    let civil = DateTime::new(day.year(), day.month(), day.day(), parts[0], parts[1], parts[2], 0);
    let instant = Offset::constant(8).to_timestamp(civil.ok()?).ok()?;
    Some(Timestamp(instant.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::fixture::NINE;

    #[test]
    fn days_are_read_however_they_are_written() {
        for said in [
            "2026-11-02 09:00",
            "2026/11/2 9:00:00",
            "2026年11月2日 9:00",
            "２０２６－１１－０２　０９：００",
            "2026.11.2 09:00",
            "2026-11-02T09:00:00+08:00",
            "2026-11-02T01:00:00Z",
        ] {
            assert_eq!(instant(&one_line(said)), Some(NINE), "{said}");
        }
        let midnight = Some(NINE.plus_ms(-9 * 3_600_000));
        for said in ["2026-11-02", "20261102", "46328", "2026年11月2日"] {
            assert_eq!(instant(said), midnight, "{said}");
        }
        for said in
            ["", "昨天", "2026-13-01", "2026-02-30", "2026-11-02 25:00", "1", "99999", "9:00"]
        {
            assert_eq!(instant(said), None, "{said}");
        }
    }
}
