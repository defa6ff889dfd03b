//! 实际时间: when something happened, as somebody at the counter types it, and within which bounds.
//!
//! What the law makes of such a time is not here: it compares it with what went before.

use jiff::civil::{DateTime, Time};
use jiff::tz::Offset;
use maud::{Markup, html};
use tongban_protocol::case::FIRST_DAY;
use tongban_protocol::case::law::HAPPENED_AHEAD_MS_MAX;
use tongban_protocol::time::Timestamp;

use super::form::{Faults, Fields, Line, Sheet};
use super::language::Language;
use super::shell;

/// The field of a form that says when something really happened.
const HAPPENED: &str = "happened_at";

/// When something really happened, where the form says so; nothing typed means now.
///
/// # Errors
///
/// What is wrong, beside the field: no date with a time of day in the city's time, before
/// [`FIRST_DAY`], or after `now`.
pub(super) fn happened_at(typed: &Fields, now: Timestamp) -> Result<Option<Timestamp>, Faults> {
    let words = ("实际时间", "when it really happened");
    typed.wish(HAPPENED).map(|_| moment(typed, (HAPPENED, words), now)).transpose()
}

/// A time that must be given, in the city's time, of the field of this name with these words before
/// it; the bounds are those of [`happened_at`].
///
/// # Errors
///
/// As [`happened_at`].
pub(super) fn moment(
    typed: &Fields,
    (name, (zh, en)): (&'static str, (&str, &str)),
    now: Timestamp,
) -> Result<Timestamp, Faults> {
    let at = any_time(typed, (name, (zh, en)))?;
    if at < first() {
        let (zh, en) = (
            format!("“{zh}”不能早于 {FIRST_DAY}，请核对年份"),
            format!("{en}: the time is before {FIRST_DAY}; check the year"),
        );
        return Err(Faults::one(name, zh, en));
    }
    if at.ms_since(now) > HAPPENED_AHEAD_MS_MAX {
        let now = shell::clock(now);
        let (zh, en) = (
            format!("“{zh}”不能晚于现在（本机时钟为 {now}）"),
            format!("{en}: the time is yet to come; this machine's clock says {now}"),
        );
        return Err(Faults::one(name, zh, en));
    }
    Ok(at)
}

/// The field, folded away: most of what is entered happens now.
pub(super) fn field(sheet: &Sheet<'_>) -> Markup {
    let language = sheet.language;
    let (typed, fault) = (sheet.typed.text(HAPPENED), sheet.faults.of(HAPPENED, language));
    html! {
        details open[!typed.is_empty() || fault.is_some()] {
            summary { (language.say("补录：不是现在发生的", "It happened earlier")) }
            (line(sheet))
        }
    }
}

/// The field itself.
pub(super) fn line(sheet: &Sheet<'_>) -> Markup {
    let (language, typed) = (sheet.language, sheet.typed.text(HAPPENED));
    let hint = match language {
        Language::Chinese => {
            format!("不填即现在；{FIRST_DAY} 至现在，如 2026-11-30 09:30")
        }
        Language::English => {
            format!(
                "now where it stays empty; from {FIRST_DAY} until now, such as 2026-11-30 09:30"
            )
        }
    };
    let label = language.say("实际时间（补录时填写）", "When it really happened");
    sheet.line(Line::new(HAPPENED, label).hint(&hint).kind(input_kind(typed), "off").optional())
}

/// The kind of input for a time: what a browser would empty because it cannot show it as one stays
/// a text, as it was typed.
pub(super) fn input_kind(typed: &str) -> &'static str {
    if typed.is_empty() || typed.parse::<DateTime>().is_ok() { "datetime-local" } else { "text" }
}

fn first() -> Timestamp {
    let first = Offset::constant(8).to_timestamp(FIRST_DAY.to_datetime(Time::midnight()));
    Timestamp(first.map_or(i64::MIN, jiff::Timestamp::as_millisecond))
}

/// A time that must be given, whenever it is, as [`moment`] reads it.
///
/// # Errors
///
/// What is wrong, beside the field: it is no date with a time of day.
pub(super) fn any_time(
    typed: &Fields,
    (name, (zh, en)): (&'static str, (&str, &str)),
) -> Result<Timestamp, Faults> {
    local_time(typed.text(name)).ok_or_else(|| {
        Faults::one(
            name,
            format!("“{zh}”：请填日期和时间，如 2026-11-30 09:30"),
            format!("{en}: give a date and a time of day, such as 2026-11-30 09:30"),
        )
    })
}

/// Reads a date with a time of day as browsers send it and as people write it: `2026-11-30T09:30`,
/// `2026/11/30 9:30`, `2026年11月30日9时30分`; full-width digits and signs as well.
fn local_time(text: &str) -> Option<Timestamp> {
    let mut parts = vec![String::new()];
    for char in text.trim().chars() {
        let plain = match char {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(char) - 0xfee0)?,
            char => char,
        };
        match plain {
            '0'..='9' => parts.last_mut()?.push(plain),
            '-' | '/' | '.' | ':' | 'T' | 't' | '年' | '月' | '日' | '时' | '点' | '分' => {
                parts.push(String::new());
            }
            blank if blank.is_whitespace() => parts.push(String::new()),
            _ => return None,
        }
    }
    parts.retain(|part| !part.is_empty());
    let (day, time) = parts.split_at_checked(3)?;
    let [year, month, day] = day else { return None };
    let (hour, minute, second) = match time {
        [hour, minute] => (hour, minute, "0"),
        [hour, minute, second] => (hour, minute, second.as_str()),
        _ => return None,
    };
    if year.len() != 4 {
        return None;
    }
    let civil = DateTime::new(
        year.parse().ok()?,
        month.parse().ok()?,
        day.parse().ok()?,
        hour.parse().ok()?,
        minute.parse().ok()?,
        second.parse().ok()?,
        0,
    );
    let at = Offset::constant(8).to_timestamp(civil.ok()?).ok()?;
    Some(Timestamp(at.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::parse_instant;

    fn now() -> Timestamp {
        parse_instant("2026-11-30T12:00:00+08:00").unwrap()
    }

    fn read(text: &str) -> Result<Option<Timestamp>, String> {
        let typed = Fields::default().with(HAPPENED, text);
        happened_at(&typed, now())
            .map_err(|faults| faults.of(HAPPENED, Language::Chinese).unwrap().to_owned())
    }

    #[test]
    fn a_time_is_read_as_browsers_send_it_and_people_write_it() {
        let meant = parse_instant("2026-11-29T09:05:00+08:00").unwrap();
        for text in [
            "2026-11-29T09:05",
            "2026-11-29T09:05:00",
            " 2026/11/29 9:05 ",
            "２０２６－１１－２９　０９：０５",
            "2026年11月29日 9时5分",
        ] {
            assert_eq!(read(text), Ok(Some(meant)), "{text}");
        }
        assert_eq!(read(" "), Ok(None));
    }

    #[test]
    fn what_is_no_time_or_out_of_bounds_says_which_are_taken() {
        for text in [
            "昨天",
            "2026-11-29",
            "26-11-29 9:05",
            "2026-02-30 9:05",
            "2026-11-29 25:00",
            "2026-11-29T09:05+08:00",
        ] {
            let said = read(text).unwrap_err();
            assert!(said.contains("请填日期和时间"), "{text}: {said}");
        }
        assert!(read("1949-09-30 23:59").unwrap_err().contains("1949-10-01"));
        assert!(read("1949-10-01 00:00").is_ok());
        assert!(read("2026-12-01 12:00").unwrap_err().contains("2026-11-30 12:00"));
    }

    #[test]
    fn a_text_that_no_browser_shows_as_a_time_is_shown_as_a_text() {
        let faults = Faults::default();
        for (typed, kind) in
            [("", "datetime-local"), ("2026-11-29T09:05", "datetime-local"), ("昨天九点", "text")]
        {
            let fields = Fields::default().with(HAPPENED, typed);
            let sheet = Sheet { language: Language::Chinese, typed: &fields, faults: &faults };
            let shown = field(&sheet).into_string();
            assert!(shown.contains(&format!("type=\"{kind}\" value=\"{typed}\"")), "{shown}");
        }
    }
}
