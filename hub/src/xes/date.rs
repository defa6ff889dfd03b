//! RFC 3339 instants that remember the offset in which they were written.

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::Offset;
use tongban_protocol::time::Timestamp;

static PARSER: DateTimeParser = DateTimeParser::new();

/// Reads an RFC 3339 instant; gives it with its offset in minutes east of UTC.
///
/// Fractions of a millisecond are cut off towards the past. `None` when the text is no instant,
/// lacks an offset, or names a zone.
#[must_use]
pub fn instant_of_text(text: &str) -> Option<(Timestamp, i16)> {
    let pieces = PARSER.parse_pieces(text.trim()).ok()?;
    if pieces.time_zone_annotation().is_some() {
        return None;
    }
    let offset = pieces.to_numeric_offset()?;
    let local = pieces.date().to_datetime(pieces.time()?);
    let instant = offset.to_timestamp(local).ok()?;
    let ms = instant.as_nanosecond().div_euclid(1_000_000);
    let minutes = i16::try_from(offset.seconds() / 60).ok()?;
    Some((Timestamp(i64::try_from(ms).ok()?), minutes))
}

/// Writes an instant as RFC 3339 with milliseconds, in the given offset.
///
/// An offset of more than a day falls back to UTC. `None` outside the years 0 to 9999, which
/// RFC 3339 cannot write.
#[must_use]
pub fn text_of_instant(instant: Timestamp, offset_minutes: i16) -> Option<String> {
    let instant = jiff::Timestamp::from_millisecond(instant.0).ok()?;
    let seconds = i32::from(offset_minutes) * 60;
    let offset = Offset::from_seconds(seconds).unwrap_or(Offset::UTC);
    let offset = if seconds.abs() < 86_400 { offset } else { Offset::UTC };
    let local = offset.to_datetime(instant);
    if !(0..=9999).contains(&local.year()) {
        return None;
    }
    let sign = if offset.seconds() < 0 { '-' } else { '+' };
    let minutes = offset.seconds().abs() / 60;
    let day = local.strftime("%Y-%m-%dT%H:%M:%S%.3f");
    Some(format!("{day}{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_keeps_its_offset_and_its_milliseconds() {
        let read = |text| instant_of_text(text).map(|(instant, offset)| (instant.0, offset));
        assert_eq!(read("1970-01-01T00:00:00.000+01:00"), Some((-3_600_000, 60)));
        assert_eq!(read("1970-01-01T00:00:00Z"), Some((0, 0)));
        assert_eq!(read("1970-01-01T00:00:00.1239999-03:30"), Some((12_600_123, -210)));
        assert_eq!(read("1969-12-31T23:59:59.9995Z"), Some((-1, 0)));
    }

    #[test]
    fn what_is_no_instant_is_refused() {
        let bad = [
            "",
            "UNKNOWN",
            "2015-02-30T00:00:00Z",
            "2015-02-03",
            "2015-02-03T10:00:00",
            "2015-02-03T25:00:00Z",
            "1422921600000",
            "2015-02-03T10:00:00+01:00[Europe/Amsterdam]",
        ];
        for text in bad {
            assert_eq!(instant_of_text(text), None, "{text}");
        }
    }

    #[test]
    fn an_instant_is_written_as_it_was_read() {
        for text in ["2015-03-29T02:30:00.001+02:00", "0001-01-01T00:00:00.000-11:30"] {
            let (instant, offset) = instant_of_text(text).unwrap();
            assert_eq!(text_of_instant(instant, offset).unwrap(), text);
        }
        assert_eq!(
            text_of_instant(Timestamp(0), i16::MAX).unwrap(),
            "1970-01-01T00:00:00.000+00:00"
        );
        assert_eq!(text_of_instant(Timestamp(i64::MAX), 0), None);
    }
}
