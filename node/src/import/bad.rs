//! The rows that were not taken, back as a file.

use super::{RowNote, Sheet};

/// The rows that were not taken, as a file of the same columns and why, to be mended and imported
/// again; with a byte order mark, for spreadsheets.
#[must_use]
pub fn bad_rows(sheet: &Sheet, bad: &[RowNote], is_english: bool) -> Vec<u8> {
    let mut bytes = b"\xef\xbb\xbf".to_vec();
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(&mut bytes);
    let why = if is_english { "why it was not taken" } else { "未导入原因" };
    // Writing to memory does not fail.
    let _ = writer.write_record(sheet.head.iter().map(String::as_str).chain([why]));
    for note in bad {
        let Ok(at) = sheet.rows.binary_search_by_key(&note.line, |row| row.line) else { continue };
        let said = note.why.iter().map(|why| if is_english { &*why.en } else { &*why.zh });
        let said = said.collect::<Vec<_>>().join(if is_english { "; " } else { "；" });
        let row = &sheet.rows[at].fields;
        let blanks = sheet.head.len().saturating_sub(row.len());
        let fields = row.iter().take(sheet.head.len()).map(String::as_str);
        let fields = fields.chain(std::iter::repeat_n("", blanks)).chain([said.as_str()]);
        let _ = writer.write_record(fields.map(unfunctioned));
    }
    let _ = writer.flush();
    drop(writer);
    bytes
}

/// A field that no spreadsheet takes for a formula.
fn unfunctioned(field: &str) -> String {
    match field.as_bytes().first() {
        Some(b'=' | b'@') => format!("'{field}"),
        _ => field.to_owned(),
    }
}
