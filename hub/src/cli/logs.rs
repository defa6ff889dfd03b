//! Event logs: in as cases, their figures, and out again.

use std::fs::OpenOptions;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;

use flate2::Compression;
use flate2::write::GzEncoder;
use tongban_node::clock;
use tongban_node::membership::remedy;
use tongban_protocol::place::Division;

use super::office::{Access, access};
use super::{Failure, Loaded, say};
use crate::export::{Choice, export_cases, log_header};
use crate::import::import_file;
use crate::report::report as figures;
use crate::xes::LogWriter;

pub(super) fn import(loaded: &Loaded, file: &Path) -> Result<ExitCode, Failure> {
    let imported = match access(loaded)? {
        Access::Store(mut engine) => import_file(engine.replica_mut(), clock::now(), file)?,
        Access::Online(online) => {
            let unreadable = |e| format!("{}: {e}; {}", file.display(), remedy(&e));
            online.import(file, &std::fs::read(file).map_err(unreadable)?)?
        }
    };
    say(&format!("{}: {}", file.display(), imported.to_text(loaded.language)));
    Ok(if imported.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(super) fn report(loaded: &Loaded) -> Result<(), Failure> {
    let figures = match access(loaded)? {
        Access::Store(engine) => figures(engine.replica())?,
        Access::Online(online) => online.report()?,
    };
    say(&serde_json::to_string_pretty(&figures)?);
    Ok(())
}

pub(super) fn export(
    loaded: &Loaded,
    path: &Path,
    log: Option<String>,
    centre: Option<Division>,
) -> Result<(), Failure> {
    let access = access(loaded)?;
    let failed = |error: io::Error| -> Failure {
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                format!(
                    "{} exists already; nothing is written over, give another name",
                    path.display()
                )
            }
            _ => format!("{}: {error}; {}", path.display(), remedy(&error)),
        }
        .into()
    };
    let file = OpenOptions::new().write(true).create_new(true).open(path).map_err(failed)?;
    let mut file = BufWriter::new(file);
    let is_packed = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("gz"));
    let choice = Choice::new(log, centre);
    let write = |file: &mut BufWriter<_>| -> Result<(), Failure> {
        if is_packed {
            let mut packed = GzEncoder::new(file, Compression::default());
            write_log(&access, &choice, &mut packed)?;
            packed.finish().map_err(failed)?.flush().map_err(failed)
        } else {
            write_log(&access, &choice, file)?;
            file.flush().map_err(failed)
        }
    };
    if let Err(error) = write(&mut file) {
        let _ = std::fs::remove_file(path); // It is no whole log.
        return Err(error);
    }
    say(&path.display().to_string());
    Ok(())
}

fn write_log(access: &Access, choice: &Choice, into: &mut impl Write) -> Result<(), Failure> {
    match access {
        Access::Store(engine) => {
            let mut writer = LogWriter::plain(into, &log_header(choice.name()))?;
            export_cases(engine.replica(), choice, &mut writer)?;
            writer.finish()?;
        }
        Access::Online(online) => into.write_all(&online.export(choice)?)?,
    }
    Ok(())
}
