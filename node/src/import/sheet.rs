//! A list as another system exported it: bytes to columns and rows, whatever the export looked like.

use csv::{ReaderBuilder, Trim};
use tongban_config::text::decode;

use super::ImportError;

/// Largest file, in bytes: 10,000 cases of 400 B are half of it.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Rows that one file may have.
pub const ROWS_MAX: usize = 20_000;

/// Columns that it may have.
pub const COLUMNS_MAX: usize = 100;

/// How workbooks begin: ZIP (`.xlsx`, `.ods`), and OLE (`.xls`, `.et`).
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

/// What may stand between the columns.
const SEPARATORS: [u8; 3] = [b',', b'\t', b';'];

/// A file, read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Sheet {
    /// The first row.
    pub head: Vec<String>,
    /// The others, but for empty ones.
    pub rows: Vec<SheetRow>,
}

/// One row.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SheetRow {
    /// The line of the file in which it begins, from 1.
    pub line: u64,
    /// Its fields, as they stand there.
    pub fields: Vec<String>,
}

impl Sheet {
    /// Reads a file in UTF-8, with or without a byte order mark, or in GB18030; its columns are
    /// separated by commas, tabs or semicolons, whichever its first row has most of.
    ///
    /// # Errors
    ///
    /// [`ImportError`] where the file is too large, in no such encoding, or no table.
    pub fn read(bytes: &[u8]) -> Result<Self, ImportError> {
        if bytes.len() > FILE_BYTES_MAX {
            return Err(ImportError::TooLarge { bytes: bytes.len(), most: FILE_BYTES_MAX });
        }
        if WORKBOOKS.iter().any(|magic| bytes.starts_with(magic)) {
            return Err(ImportError::Workbook);
        }
        // A line ends one way, so that lines are counted right.
        let text = decode(bytes).map_err(|_| ImportError::Encoding)?;
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .delimiter(separator(&text))
            .from_reader(text.as_bytes());
        let mut sheet = Self::default();
        for record in reader.records() {
            let record = record.map_err(|error| ImportError::NoTable(error.to_string()))?;
            if record.iter().all(str::is_empty) {
                continue;
            }
            let line = record.position().map_or(0, csv::Position::line);
            let fields: Vec<String> = record.iter().map(str::to_owned).collect();
            if sheet.head.is_empty() {
                sheet.head = fields;
                continue;
            }
            if sheet.rows.len() >= ROWS_MAX {
                return Err(ImportError::TooManyRows(ROWS_MAX));
            }
            sheet.rows.push(SheetRow { line, fields });
        }
        match (sheet.head.len(), sheet.rows.len()) {
            (0, _) | (_, 0) => Err(ImportError::Empty),
            (columns, _) if columns > COLUMNS_MAX => {
                Err(ImportError::TooManyColumns { found: columns, most: COLUMNS_MAX })
            }
            _ => Ok(sheet),
        }
    }
}

/// What the first row is separated by.
fn separator(text: &str) -> u8 {
    let first = text.trim_start().lines().next().unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
    SEPARATORS.into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use encoding_rs::GB18030;

    use super::*;

    fn read(text: &str) -> Sheet {
        Sheet::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn every_usual_export_reads_the_same() {
        let plain = "事项,申请人\n参保登记,王小明\n";
        let (gb, _, is_bad) = GB18030.encode(plain);
        assert!(!is_bad);
        let expected = read(plain);
        assert_eq!(expected.head, ["事项", "申请人"]);
        assert_eq!(
            expected.rows,
            [SheetRow { line: 2, fields: vec!["参保登记".into(), "王小明".into()] }]
        );
        let others = [
            format!("\u{feff}{plain}").into_bytes(),
            gb.into_owned(),
            plain.replace(',', "\t").into_bytes(),
            plain.replace(',', ";").into_bytes(),
            plain.replace('\n', "\r\n").into_bytes(),
            b"\"\xe4\xba\x8b\xe9\xa1\xb9\",\xe7\x94\xb3\xe8\xaf\xb7\xe4\xba\xba\n\xe5\x8f\x82\xe4\xbf\x9d\xe7\x99\xbb\xe8\xae\xb0 ,\"\xe7\x8e\x8b\xe5\xb0\x8f\xe6\x98\x8e\"\n".to_vec(),
        ];
        for other in others {
            assert_eq!(Sheet::read(&other).unwrap(), expected, "{other:?}");
        }
    }

    #[test]
    fn a_break_within_quotes_is_no_new_row_and_lines_are_counted_past_it() {
        let sheet = read("a,b\n\"1\n2\",\"x, \"\"y\"\"\"\n\n,\n𠮷,䶮\n");
        assert_eq!(sheet.rows[0].fields, ["1\n2", "x, \"y\""]);
        assert_eq!(sheet.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 6]);
        assert_eq!(sheet.rows[1].fields, ["𠮷", "䶮"]);
    }

    #[test]
    fn what_is_no_table_is_refused_and_why() {
        for (bytes, says) in [
            (&b""[..], "first row names the columns"),
            (b"a,b\n", "first row names the columns"),
            (b"a\n\xff\xff\xff\n", "UTF-8 nor GB18030"),
            (b"PK\x03\x04\x14\x00\x06\x00", "CSV UTF-8"),
            (b"\xd0\xcf\x11\xe0\xa1\xb1", "另存为"),
        ] {
            let error = Sheet::read(bytes).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let large = Sheet::read(&vec![b'a'; FILE_BYTES_MAX + 1]).unwrap_err();
        assert!(matches!(large, ImportError::TooLarge { .. }), "{large}");
        let rows = "1\n".repeat(ROWS_MAX + 2);
        assert!(matches!(Sheet::read(rows.as_bytes()), Err(ImportError::TooManyRows(_))));
        let columns = format!("{}\n1\n", "a,".repeat(COLUMNS_MAX));
        let error = Sheet::read(columns.as_bytes()).unwrap_err();
        assert!(matches!(error, ImportError::TooManyColumns { .. }), "{error}");
    }
}
