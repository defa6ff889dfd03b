//! The one place that reads the clock.

use tongban_protocol::time::Timestamp;

/// What the machine's clock says.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Timestamp(since.ok().and_then(|it| i64::try_from(it.as_millis()).ok()).unwrap_or(0))
}

/// Milliseconds of a clock that does not run back, from an arbitrary start.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
pub fn steady_ms() -> u64 {
    static START: std::sync::LazyLock<std::time::Instant> =
        std::sync::LazyLock::new(std::time::Instant::now);
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}
