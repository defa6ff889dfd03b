//! `carry …`, `backup` and `restore`: files.

use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use data_encoding::HEXLOWER_PERMISSIVE;
use tongban_config::settings::NodeSettings;
use tongban_protocol::identity::SigningKey;

use super::access::Access;
use super::settings::store_settings;
use super::{ApiError, CarryCommand, CliError, out};
use crate::backup::{self, KeyChoice, Source};
use crate::carry::{self, Cargo, CarriedIn, CarriedOut, CarryError, CarryReader};
use crate::engine::Engine;
use crate::{clock, entropy};

pub(super) fn carry(settings: &NodeSettings, command: CarryCommand) -> Result<ExitCode, CliError> {
    match command {
        CarryCommand::Out { file, all, answer } => {
            carry_out(settings, &file, all, answer.as_deref())?;
            Ok(ExitCode::SUCCESS)
        }
        CarryCommand::In { file } => carry_in(settings, &file),
    }
}

fn carry_out(
    settings: &NodeSettings,
    path: &Path,
    all: bool,
    answer: Option<&Path>,
) -> Result<(), CliError> {
    let access = Access::open(settings)?;
    let done = create(path, |file| match &access {
        Access::Service(api) => match answer {
            Some(answer) => {
                let answered = api.exchange("carry/out", &read(answer)?);
                copy(&answered.map_err(about(answer))?, file)
            }
            None if all => copy(&api.fetch("carry/out?all=true")?, file),
            None => copy(&api.fetch("carry/out")?, file),
        },
        Access::Store(_, replica) => {
            let cargo = match answer {
                Some(answer) => {
                    let reader = CarryReader::open(open(answer)?, &replica.member().root);
                    Cargo::Answer(Box::new(reader.map_err(at(answer))?.heading().clone()))
                }
                None if all => Cargo::All,
                None => Cargo::Unconfirmed,
            };
            carry::carry_out(replica, clock::now(), &cargo, file).map(Some).map_err(at(path))
        }
    })?;
    tell(path, done)
}

fn carry_in(settings: &NodeSettings, path: &Path) -> Result<ExitCode, CliError> {
    let report: CarriedIn = match Access::open(settings)? {
        Access::Service(api) => {
            let answer = api.exchange("carry/in", &read(path)?).map_err(about(path))?;
            api.parse(&answer)?
        }
        Access::Store(_, replica) => {
            let (now, mut rng) = (clock::now(), entropy::generator()?);
            let mut engine = Engine::new(*replica, entropy::generator()?)?;
            let taken = carry::carry_in(engine.replica_mut(), now, &mut rng, open(path)?);
            let report = taken.map_err(at(path))?;
            engine.hear(now, None, vec![report.statement.clone()])?;
            engine.replica_mut().commit()?;
            report
        }
    };
    out::line(format!(
        "{}: written by centre {} at {}, {} entries",
        path.display(),
        report.centre,
        report.written_at,
        report.entries
    ))?;
    for run in &report.taken {
        out::line(format!("taken    {}: entries {} to {}", run.journal, run.first, run.last))?;
    }
    for run in &report.refused {
        out::line(format!("refused  {} from entry {}: {}", run.journal, run.number, run.why))?;
    }
    if report.taken.is_empty() && report.refused.is_empty() {
        out::line("nothing new: everything in the file is held here already")?;
    }
    if report.refused.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    out::line(format!(
        "what was refused changed nothing here; let centre {} write its file anew with `carry out \
         --all`, and tell the city if the same is refused again",
        report.centre
    ))?;
    Ok(ExitCode::FAILURE)
}

pub(super) fn backup(settings: &NodeSettings, path: &Path, with_key: bool) -> Result<(), CliError> {
    let access = Access::open(settings)?;
    if with_key && matches!(access, Access::Service(_)) {
        let key = settings.data_dir.join("node.key");
        return Err(CliError::KeyWhileRunning(key.display().to_string()));
    }
    let key = if with_key { KeyChoice::Include } else { KeyChoice::LeaveOut };
    let done = create(path, |file| match &access {
        Access::Service(api) => copy(&api.fetch("backup")?, file),
        Access::Store(membership, replica) => {
            let done = backup::write_backup(replica, membership, key, clock::now(), file);
            done.map(Some).map_err(at(path))
        }
    })?;
    tell(path, done)?;
    match key {
        KeyChoice::Include => out::line("the key is in it: keep the file in a safe"),
        KeyChoice::LeaveOut => {
            let key = settings.data_dir.join("node.key");
            out::line(format!("the key is not in it: to restore, {} is needed too", key.display()))
        }
    }
}

pub(super) fn restore(
    settings: &NodeSettings,
    path: &Path,
    key: Option<&Path>,
) -> Result<(), CliError> {
    let key = key.map(read_key).transpose()?;
    let source = Source { file: open(path)?, key };
    let store = store_settings(&settings.store);
    let (now, mut rng) = (clock::now(), entropy::generator()?);
    let done = backup::restore(&settings.data_dir, store, source, now, &mut rng);
    let done = done.map_err(|source| {
        let path = path.display().to_string();
        CliError::Restore { path, source: Box::new(source) }
    })?;
    out::line(format!(
        "restored centre {} ({}) as of {}: {} entries; it goes on as incarnation {}",
        done.centre, done.name, done.written_at, done.entries, done.incarnation
    ))?;
    out::line("what it wrote later and the city holds comes back over the first link")
}

/// Writes a new file whole: what failed half-way is taken away again.
fn create<T>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let failed = |source| CliError::File { path: path.display().to_string(), source };
    let file = match OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(CliError::Exists(path.display().to_string()));
        }
        other => other.map_err(failed)?,
    };
    let mut file = BufWriter::new(file);
    let written = write(&mut file).and_then(|done| {
        file.flush().and_then(|()| file.get_ref().sync_all()).map_err(failed)?;
        Ok(done)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(path); // It is no whole file, and would be refused as such.
    }
    written
}

fn copy(bytes: &[u8], file: &mut impl Write) -> Result<Option<CarriedOut>, CliError> {
    let failed = |source| CliError::Carry {
        path: "the new file".to_owned(),
        source: CarryError::Disk(source),
    };
    file.write_all(bytes).map_err(failed)?;
    Ok(None)
}

fn tell(path: &Path, done: Option<CarriedOut>) -> Result<(), CliError> {
    let path = path.display();
    match done {
        Some(CarriedOut { entries, journals, bytes }) => out::line(format!(
            "wrote {path}: {entries} entries of {journals} journals in {bytes} bytes"
        )),
        None => out::line(format!("wrote {path}")),
    }
}

fn open(path: &Path) -> Result<BufReader<File>, CliError> {
    let failed = |source| CliError::File { path: path.display().to_string(), source };
    Ok(BufReader::new(File::open(path).map_err(failed)?))
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let failed = |source| CliError::File { path: path.display().to_string(), source };
    std::fs::read(path).map_err(failed)
}

fn read_key(path: &Path) -> Result<SigningKey, CliError> {
    let text = String::from_utf8(read(path)?).unwrap_or_default();
    let seed = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
    let seed = seed.and_then(|seed| <[u8; 32]>::try_from(seed).ok());
    seed.map(SigningKey::from_seed).ok_or_else(|| CliError::NoKey(path.display().to_string()))
}

/// Says with which file the service has a quarrel.
fn about(path: &Path) -> impl Fn(ApiError) -> ApiError {
    let path = path.display().to_string();
    move |ApiError(why)| ApiError(format!("{path}: {why}"))
}

fn at(path: &Path) -> impl Fn(CarryError) -> CliError {
    let path = path.display().to_string();
    move |source| CliError::Carry { path: path.clone(), source }
}

/// Applicants' names are in every file, and in some the key.
const OWNER_ONLY: u32 = 0o600;
