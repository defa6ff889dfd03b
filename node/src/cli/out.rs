//! What a person at the terminal reads.

use std::io::{self, Write};

use serde::Serialize;

use super::{CliError, Language};

/// Writes one line to the standard output.
pub(super) fn line(text: impl std::fmt::Display) -> Result<(), CliError> {
    writeln!(io::stdout().lock(), "{text}").map_err(CliError::Output)
}

/// Writes a value as indented JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    line(serde_json::to_string_pretty(value).unwrap_or_default())
}

/// Writes a remark beside the output, to the standard error.
pub(super) fn remark(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{text}"); // What was asked for stands on the output.
}

/// Writes an error to the standard error, in the asked language first.
pub(super) fn complain(language: Language, error: &CliError) {
    let (word, error) = (language.pick("错误", "error"), language.first(&error.to_string()));
    let _ = writeln!(io::stderr().lock(), "{word}: {error}"); // There is nowhere else to say it.
}
