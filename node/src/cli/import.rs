//! `case import`: a list of cases, by the running service or straight into the store.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use serde::de::DeserializeOwned;
use tongban_config::settings::NodeSettings;

use super::access::Access;
use super::api::Api;
use super::case_command::ImportArgs;
use super::{CliError, Language, out};
use crate::clock;
use crate::import::{
    self, Field, How, Imported, Imports, Mapping, Preview, RowNote, Sheet, bad_rows, guess,
};

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    args: &ImportArgs,
) -> Result<(), CliError> {
    let of_file = |source| CliError::File { path: args.file.display().to_string(), source };
    let bytes = std::fs::read(&args.file).map_err(of_file)?;
    let sheet = Sheet::read(&bytes)?;
    let imports = Imports::of(&settings.data_dir);
    let mapping = match &args.mapping {
        Some(mapping) => mapping.clone(),
        None => imports.remembered(&sheet.head).unwrap_or_else(|| guess(&sheet.head)),
    };
    import::check_mapping(&mapping, &sheet.head)?;
    for (name, field) in sheet.head.iter().zip(&mapping) {
        out::remark(format!("{name}: {} ({})", field.zh(), field.code()));
    }
    let now = clock::now();
    let how = How { by: args.by.clone(), role: None, finished: args.finished };
    let list = List { bytes: &bytes, mapping: &mapping, how: &how };
    if args.check {
        let found: Preview = match Access::open(settings)? {
            Access::Service(api) => list.ask(&api, "cases/import/check")?,
            Access::Store(_, replica) => import::check(&replica, now, (&sheet, &mapping), &how)?,
        };
        notes(language, found.faults.iter().chain(&found.doubts));
        return out::json(&found);
    }
    let imported: Imported = match Access::open(settings)? {
        Access::Service(api) => list.ask(&api, "cases/import")?,
        Access::Store(_, mut replica) => {
            import::import(&mut replica, now, (&sheet, &mapping), &how)?
        }
    };
    imports.remember(&sheet.head, &mapping)?;
    notes(language, imported.bad.iter().chain(&imported.unfinished));
    if let Some(path) = args.bad.as_deref().filter(|_| !imported.bad.is_empty()) {
        write_new(path, &bad_rows(&sheet, &imported.bad, language == Language::En))?;
    }
    let Imported { rows, taken, before, bad, .. } = &imported;
    out::line(match language {
        Language::Zh => {
            format!("共 {rows} 行：已导入 {taken}，以前已导入 {before}，未导入 {}", bad.len())
        }
        Language::En => format!(
            "{rows} rows: {taken} imported, {before} were there before, {} not imported",
            bad.len()
        ),
    })
}

/// What the running service is sent.
struct List<'a> {
    bytes: &'a [u8],
    mapping: &'a Mapping,
    how: &'a How,
}

impl List<'_> {
    fn ask<T: DeserializeOwned>(&self, api: &Api, path: &str) -> Result<T, CliError> {
        let codes: Vec<&str> = self.mapping.iter().map(|field: &Field| field.code()).collect();
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("by", &self.how.by)
            .append_pair("finished", self.how.finished.code())
            .append_pair("mapping", &codes.join(","))
            .finish();
        Ok(api.parse(&api.exchange(&format!("{path}?{query}"), self.bytes)?)?)
    }
}

fn notes<'a>(language: Language, notes: impl Iterator<Item = &'a RowNote>) {
    for note in notes.take(import::NOTES_SHOWN_MAX) {
        for why in &note.why {
            out::remark(match language {
                Language::Zh => format!("第 {} 行：{}", note.line, why.zh),
                Language::En => format!("line {}: {}", note.line, why.en),
            });
        }
    }
}

/// Writes a file that nobody else may read and that is not there yet.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let name = path.display().to_string();
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let written = opened.and_then(|mut file| file.write_all(bytes));
    written.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => CliError::Exists(name),
        _ => CliError::File { path: name, source },
    })
}
