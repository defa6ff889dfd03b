//! Durations and sizes as people write them: a whole number and its unit, never a bare number.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// An amount of bytes, written like `64KiB`, `512k` or `2 MiB`.
///
/// `k`, `M` and `G`, alone or before `B`, count in thousands; `KiB`, `MiB` and `GiB` in 1,024s;
/// capitals do not matter.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ByteSize(pub u64);

/// Why a text is no quantity.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum QuantityError {
    /// The text is a number alone.
    #[error("`{value}` has no unit; write one of {units} after the number, such as `{example}`")]
    NoUnit {
        /// The text.
        value: String,
        /// The units there are.
        units: &'static str,
        /// A quantity that can be.
        example: &'static str,
    },
    /// The number has a fraction or a sign, or there is none.
    #[error("`{value}` is no whole number and unit; write it like `{example}`")]
    NoNumber {
        /// The text.
        value: String,
        /// A quantity that can be.
        example: &'static str,
    },
    /// The unit is not known.
    #[error("`{value}` has the unknown unit `{unit}`; write one of {units}")]
    Unit {
        /// The text.
        value: String,
        /// Its unit.
        unit: String,
        /// The units there are.
        units: &'static str,
    },
    /// The quantity does not fit into 64 bits.
    #[error("`{0}` is too large to count")]
    TooLarge(String),
}

/// A way of writing quantities: its units, each with how many of the smallest it makes.
struct Units {
    factors: &'static [(&'static str, u64)],
    names: &'static str,
    example: &'static str,
}

const DURATIONS: Units = Units {
    factors: &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)],
    names: "ms, s, min, h, d",
    example: "90s",
};

const SIZES: Units = Units {
    factors: &[
        ("b", 1),
        ("kib", 1 << 10),
        ("mib", 1 << 20),
        ("gib", 1 << 30),
        ("k", 1_000),
        ("kb", 1_000),
        ("m", 1_000_000),
        ("mb", 1_000_000),
        ("g", 1_000_000_000),
        ("gb", 1_000_000_000),
    ],
    names: "B, kB, MB, GB, KiB, MiB, GiB",
    example: "64KiB",
};

impl Units {
    fn parse(&self, text: &str, unit: &str) -> Result<u64, QuantityError> {
        let value: String = text.chars().take(40).collect();
        let number = text.trim_end_matches(|c: char| !c.is_ascii_digit());
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QuantityError::NoNumber { value, example: self.example });
        }
        if unit.is_empty() {
            let (units, example) = (self.names, self.example);
            return Err(QuantityError::NoUnit { value, units, example });
        }
        let Some((_, factor)) = self.factors.iter().find(|(name, _)| *name == unit) else {
            let unit = unit.chars().take(20).collect();
            return Err(QuantityError::Unit { value, unit, units: self.names });
        };
        let number: Option<u64> = number.parse().ok();
        number.and_then(|n| n.checked_mul(*factor)).ok_or(QuantityError::TooLarge(value))
    }
}

/// Returns what follows the leading number of `text`, without spaces around it.
fn unit_of(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_ascii_digit()).trim()
}

/// Parses a duration such as `150ms`, `5s`, `15min`, `2h` or `30d`; a space before the unit may
/// stand.
///
/// # Errors
///
/// [`QuantityError`] for a bare number, a fraction, another unit, or more milliseconds than fit
/// into 64 bits.
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    DURATIONS.parse(text, unit_of(text)).map(Duration::from_millis)
}

/// Writes a duration in the largest unit that gives a whole number; a fraction of a millisecond
/// is left out.
#[must_use]
pub fn show_duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    let fits = |factor: u64| ms > 0 && ms.is_multiple_of(u128::from(factor));
    let largest = DURATIONS.factors.iter().rev().find(|(_, factor)| fits(*factor));
    let (unit, factor) = largest.unwrap_or(&("ms", 1));
    format!("{}{unit}", ms / u128::from(*factor))
}

impl FromStr for ByteSize {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        SIZES.parse(text, &unit_of(text).to_ascii_lowercase()).map(Self)
    }
}

impl fmt::Display for ByteSize {
    /// Writes the size in the largest unit of 1,024s that gives a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |shift: u32| self.0 > 0 && self.0.is_multiple_of(1 << shift);
        let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
        let (unit, shift) = units.into_iter().find(|(_, shift)| fits(*shift)).unwrap_or(("B", 0));
        f.pad(&format!("{}{unit}", self.0 >> shift))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_duration_prints_and_parses_back(ms: u64, factor in 0_usize..5) {
            let (_, factor) = DURATIONS.factors[factor];
            let duration = Duration::from_millis(ms / factor * factor);
            prop_assert_eq!(parse_duration(&show_duration(duration)), Ok(duration));
        }

        #[test]
        fn any_size_prints_and_parses_back(bytes: u64, shift in 0_u32..40) {
            let size = ByteSize(bytes >> shift << shift);
            prop_assert_eq!(size.to_string().parse(), Ok(size));
        }

        #[test]
        fn no_text_breaks_the_parsers(text in ".*") {
            let _ = (parse_duration(&text), text.parse::<ByteSize>());
        }
    }

    #[test]
    fn quantities_are_read_as_written() {
        let sizes = ["64KiB", "512k", "2 MiB", "1GB", "0B", "3mib"].map(str::parse::<ByteSize>);
        let bytes = sizes.map(|size| size.unwrap().0);
        assert_eq!(bytes, [65_536, 512_000, 2_097_152, 1_000_000_000, 0, 3_145_728]);
        let texts = ["5s", "150ms", "2h", "15 min", "30d"];
        let ms = texts.map(|text| parse_duration(text).unwrap().as_millis());
        assert_eq!(ms, [5_000, 150, 7_200_000, 900_000, 2_592_000_000]);
        assert_eq!(show_duration(Duration::from_secs(5_400)), "90min");
    }

    #[test]
    fn what_is_no_quantity_is_told_what_to_write() {
        let duration = |text| parse_duration(text).unwrap_err();
        insta::assert_snapshot!(duration("5"), @"`5` has no unit; write one of ms, s, min, h, d after the number, such as `90s`");
        insta::assert_snapshot!(duration("5m"), @"`5m` has the unknown unit `m`; write one of ms, s, min, h, d");
        insta::assert_snapshot!(duration("1.5h"), @"`1.5h` is no whole number and unit; write it like `90s`");
        insta::assert_snapshot!(duration("-5s"), @"`-5s` is no whole number and unit; write it like `90s`");
        insta::assert_snapshot!(duration(""), @"`` is no whole number and unit; write it like `90s`");
        insta::assert_snapshot!(duration("213503982335d"), @"`213503982335d` is too large to count");
        let size = |text: &str| text.parse::<ByteSize>().unwrap_err();
        insta::assert_snapshot!(size("16"), @"`16` has no unit; write one of B, kB, MB, GB, KiB, MiB, GiB after the number, such as `64KiB`");
        insta::assert_snapshot!(size("16 TB"), @"`16 TB` has the unknown unit `tb`; write one of B, kB, MB, GB, KiB, MiB, GiB");
    }
}
