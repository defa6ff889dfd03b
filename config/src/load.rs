//! The only place of this crate that reads files and the environment.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::city::{City, CityError};
use crate::fault::SettingsError;
use crate::layers::PREFIX;
use crate::settings::{HubSettings, NodeSettings, Sources};
use crate::text::{TextError, check_whole, decode};

/// Longest settings file, in bytes; the commented example has 4 KiB.
pub const SETTINGS_BYTES_MAX: u64 = 1 << 20;

/// Longest file of facts, in bytes; a line for each of the country's 40,000 divisions is 3 MiB.
pub const FACTS_BYTES_MAX: u64 = 16 << 20;

/// Why settings or facts could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file could not be read. The environment or the operator is to blame.
    #[error("{}: cannot be read: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said, or what is wrong with the bytes.
        source: io::Error,
    },
    /// What a file says cannot be taken as text. The operator is to blame.
    #[error("{}: {error} ({zh})", path.display(), zh = error.zh())]
    Text {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        error: TextError,
    },
    /// A variable is not UTF-8. The operator is to blame.
    #[error("variable {0}: not UTF-8; write it anew")]
    Variable(String),
    /// The settings are wrong. The operator is to blame.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The facts are wrong. The operator is to blame.
    #[error("{}: {error}", dir.display())]
    City {
        /// The folder of the facts.
        dir: PathBuf,
        /// What is wrong.
        error: Box<CityError>,
    },
}

/// Loads a node's settings from a file, if there is one, the environment and `key=value` flags.
///
/// # Errors
///
/// [`LoadError::File`] if the file cannot be read, [`LoadError::Settings`] with all faults.
pub fn node(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: impl IntoIterator<Item = String>,
) -> Result<NodeSettings, LoadError> {
    Ok(NodeSettings::read(&sources(file, environment, flags)?)?)
}

/// Loads a hub's settings; as [`node`].
///
/// # Errors
///
/// As [`node`].
pub fn hub(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: impl IntoIterator<Item = String>,
) -> Result<HubSettings, LoadError> {
    Ok(HubSettings::read(&sources(file, environment, flags)?)?)
}

/// Loads a city's facts from a folder with a `city.toml`, or the shipped city without one.
///
/// # Errors
///
/// [`LoadError::City`] with the folder, the file, the line and what to write instead.
pub fn city(dir: Option<&Path>) -> Result<City, LoadError> {
    let Some(dir) = dir else {
        return Ok(City::suining());
    };
    let read = |name: &str| {
        let text = read_text(&dir.join(name), FACTS_BYTES_MAX);
        text.map(Cow::Owned).map_err(|error| error.to_string())
    };
    City::parse(read)
        .map_err(|error| LoadError::City { dir: dir.to_owned(), error: Box::new(error) })
}

/// Reads the text of one file of facts.
///
/// # Errors
///
/// [`LoadError::File`] if it cannot be read or is too long, [`LoadError::Text`] if it is in
/// neither UTF-8 nor GB18030, or has lost a character.
pub fn facts(path: &Path) -> Result<String, LoadError> {
    let bytes = read_bytes(path, FACTS_BYTES_MAX)
        .map_err(|source| LoadError::File { path: path.to_owned(), source })?;
    let text = decode(&bytes).and_then(|text| check_whole(&text).map(|()| text));
    text.map_err(|error| LoadError::Text { path: path.to_owned(), error })
}

/// Returns the variables of this process that begin with `TONGBAN_`.
///
/// # Errors
///
/// [`LoadError::Variable`] if one of them is not UTF-8.
pub fn environment() -> Result<Vec<(String, String)>, LoadError> {
    utf8(std::env::vars_os())
}

fn utf8(
    pairs: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, LoadError> {
    let ours = |(name, _): &(OsString, OsString)| name.to_string_lossy().starts_with(PREFIX);
    let text = |(name, value): (OsString, OsString)| match (name.into_string(), value.into_string())
    {
        (Ok(name), Ok(value)) => Ok((name, value)),
        (Ok(name), Err(_)) => Err(LoadError::Variable(name)),
        (Err(name), _) => Err(LoadError::Variable(name.to_string_lossy().into_owned())),
    };
    pairs.filter(ours).map(text).collect()
}

fn sources(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    flags: impl IntoIterator<Item = String>,
) -> Result<Sources, LoadError> {
    let read = |path: &Path| match read_text(path, SETTINGS_BYTES_MAX) {
        Ok(text) => Ok((path.to_string_lossy().into_owned(), text)),
        Err(source) => Err(LoadError::File { path: path.to_owned(), source }),
    };
    Ok(Sources {
        file: file.map(read).transpose()?,
        environment: environment.into_iter().collect(),
        flags: flags.into_iter().collect(),
    })
}

fn read_bytes(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        let reason = format!("longer than {bytes_max} bytes; is it the right file?");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

fn read_text(path: &Path, bytes_max: u64) -> io::Result<String> {
    let bytes = read_bytes(path, bytes_max)?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("not UTF-8 at byte {at}; save it as UTF-8"),
        )
    })?;
    Ok(text)
}

#[cfg(test)]
mod tests;
