//! The commands of the office: on the store if it is free, else through the running hub.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tongban_node::cli::service_settings;
use tongban_node::engine::Engine;
use tongban_node::membership::write_whole;
use tongban_node::service::{StartError, open_replica};
use tongban_node::store::{SledStore, StoreError};
use tongban_node::{clock, entropy};
use tongban_protocol::document::DocumentId;
use tongban_protocol::hash::Sha;
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::Division;
use tongban_protocol::time::Timestamp;

use super::online::Online;
use super::{Failure, Loaded, say};
use crate::desk::{self, Form, Subject};
use crate::enrolment::Office;
use crate::export::{Choice, export_cases, log_header};
use crate::import::import_file;
use crate::report::report as figures;
use crate::survey::Surveyor;
use crate::words::Language;
use crate::xes::LogWriter;

/// The store of a hub that does not run, or the way to one that does.
enum Access {
    Store(Box<Engine<SledStore>>),
    Online(Online),
}

fn access(loaded: &Loaded) -> Result<Access, Failure> {
    let dir = &loaded.settings.node.data_dir;
    match open_replica(dir, service_settings(&loaded.settings.node).store) {
        Ok((_, replica)) => {
            let mut engine = Engine::new(replica, entropy::generator()?)?;
            engine.flush(clock::now()); // Reads the roster.
            Ok(Access::Store(Box::new(engine)))
        }
        Err(StartError::Store(StoreError::InUse { .. })) => {
            Ok(Access::Online(Online::new(loaded.settings.node.http.listen)))
        }
        Err(error) => Err(error.into()),
    }
}

fn store_only(loaded: &Loaded, what: &str) -> Result<Box<Engine<SledStore>>, Failure> {
    match access(loaded)? {
        Access::Store(engine) => Ok(engine),
        Access::Online(_) => Err(format!("the hub runs; stop it before you {what}").into()),
    }
}

pub(super) fn init(loaded: &Loaded) -> Result<(), Failure> {
    let dir = &loaded.settings.node.data_dir;
    let office = crate::service::init(dir, loaded.city.clone(), clock::now())?;
    say(&format!(
        "{} is set up in {}\nroot fingerprint: {}\nkeep the folder {} safe: whoever has it speaks for the city",
        loaded.city.name_zh,
        dir.display(),
        office.fingerprint(),
        dir.join("root").display(),
    ));
    Ok(())
}

pub(super) fn enrol(
    loaded: &Loaded,
    division: Division,
    address: Option<String>,
    valid: Duration,
) -> Result<(), Failure> {
    let link = &loaded.settings.node.link;
    let advertised = || link.advertise.as_ref().map(ToString::to_string);
    let listening = || {
        let reachable = link.listen.filter(|listen| !listen.ip().is_unspecified());
        reachable.map(|listen| listen.to_string())
    };
    let address = address.or_else(advertised).or_else(listening).ok_or(
        "where do machines reach this hub? give --address host:port, or set link.advertise",
    )?;
    let office = Office::load(&loaded.settings.node.data_dir, loaded.city.clone())?;
    let until = clock::now().plus_ms(i64::try_from(valid.as_millis())?);
    let mut rng = entropy::generator()?;
    let token = office.issue_token(division, &address, until, &mut rng)?;
    say(&token.to_string());
    Ok(())
}

pub(super) fn revoke(loaded: &Loaded, node: NodeId, from: Option<String>) -> Result<(), Failure> {
    let now = clock::now();
    let from = match from {
        Some(text) => {
            let instant: jiff::Timestamp = text.parse().map_err(|e| {
                format!("--from {text}: {e}; write it like 2026-11-22T08:00:00+08:00")
            })?;
            Timestamp(instant.as_millisecond())
        }
        None => now,
    };
    match access(loaded)? {
        Access::Store(mut engine) => {
            desk::revoke(engine.replica_mut(), now, node, from)?;
            engine.flush(now);
            if engine.replica().is_staged() {
                return Err("the revocation could not be saved; see the log".into());
            }
        }
        Access::Online(online) => online.revoke(node, from)?,
    }
    say(&format!("machine {node} is revoked from {from} on"));
    Ok(())
}

pub(super) fn audit(loaded: &Loaded, json: bool, csv: bool) -> Result<(), Failure> {
    let form = match (json, csv) {
        (true, _) => Form::Json,
        (_, true) => Form::Csv,
        _ => Form::Text,
    };
    let text = match access(loaded)? {
        Access::Store(engine) => {
            let silent_after = loaded.settings.coverage.silent_after;
            let mut surveyor = Surveyor::new(loaded.city.clone(), silent_after);
            desk::audit(&mut surveyor, &engine, clock::now(), (form, loaded.language))?
        }
        Access::Online(online) => online.audit(form, loaded.language)?,
    };
    say(&text);
    Ok(())
}

pub(super) fn evidence(
    loaded: &Loaded,
    case: Option<DocumentId>,
    centre: Option<Division>,
    out: Option<PathBuf>,
) -> Result<(), Failure> {
    let subject = match (case, centre) {
        (Some(case), _) => Subject::Case(case),
        (None, Some(centre)) => Subject::Centre(centre),
        (None, None) => return Err("give --case or --centre".into()),
    };
    let bytes = match access(loaded)? {
        Access::Store(engine) => desk::evidence(&engine, clock::now(), subject)?,
        Access::Online(online) => online.evidence(subject)?,
    };
    let path = out.unwrap_or_else(|| match subject {
        Subject::Case(id) => PathBuf::from(format!("{id}.evidence")),
        Subject::Centre(division) => PathBuf::from(format!("{division}.evidence")),
    });
    write_whole(&path, &bytes, 0o644)?;
    say(&format!("{}: {} bytes", path.display(), bytes.len()));
    Ok(())
}

pub(super) fn verify(file: &Path, root: Sha, language: Language) -> Result<(), Failure> {
    let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let findings = crate::evidence::verify(&bytes, root)
        .map_err(|e| format!("{} proves nothing: {e}", file.display()))?;
    say(&findings.to_text(language));
    Ok(())
}

pub(super) fn import(loaded: &Loaded, file: &Path) -> Result<(), Failure> {
    let mut engine = store_only(loaded, "import")?;
    let imported = import_file(engine.replica_mut(), clock::now(), file)?;
    say(&format!("{}: {imported:?}", file.display()));
    Ok(())
}

pub(super) fn report(loaded: &Loaded) -> Result<(), Failure> {
    let text = match access(loaded)? {
        Access::Store(engine) => serde_json::to_string_pretty(&figures(engine.replica())?)?,
        Access::Online(online) => online.report()?,
    };
    say(&text);
    Ok(())
}

pub(super) fn export(
    loaded: &Loaded,
    file: &Path,
    log: Option<String>,
    centre: Option<Division>,
) -> Result<(), Failure> {
    let engine = store_only(loaded, "export")?;
    let name = log.clone().unwrap_or_else(|| "tongban".to_owned());
    let choice = match (log, centre) {
        (Some(log), _) => Choice::Log(log),
        (None, Some(centre)) => Choice::Centre(centre),
        (None, None) => Choice::All,
    };
    let mut writer = LogWriter::create(file, &log_header(&name))?;
    export_cases(engine.replica(), &choice, &mut writer)?;
    let (_, written) = writer.finish()?;
    say(&format!("{}: {} cases", file.display(), written.traces));
    Ok(())
}
