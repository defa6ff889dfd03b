//! Reads the plain tables of facts: commas, no quotes, `#` for comments, lines that are counted.

use crate::facts::{FactsError, FactsProblem};

/// One row of a table and where it stands.
#[derive(Debug)]
pub(crate) struct Row<'t, const COLUMNS: usize> {
    /// The file, for errors.
    pub file: &'t str,
    /// The line, counted from 1.
    pub line: usize,
    /// The fields, without spaces around them.
    pub fields: [&'t str; COLUMNS],
}

impl<const COLUMNS: usize> Row<'_, COLUMNS> {
    /// Puts `problem` at this row.
    pub(crate) fn refuse(&self, problem: impl Into<FactsProblem>) -> FactsError {
        FactsError { file: self.file.to_owned(), line: Some(self.line), problem: problem.into() }
    }
}

/// Splits `text` into rows below a first line that must be exactly `header`.
///
/// A byte order mark, Windows line ends, empty lines and lines that begin with `#` are accepted.
pub(crate) fn rows<'t, const COLUMNS: usize>(
    file: &'t str,
    text: &'t str,
    header: [&'static str; COLUMNS],
) -> Result<Vec<Row<'t, COLUMNS>>, FactsError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = (1..).zip(text.lines().map(str::trim));
    let wanted = header.join(",");
    let found = lines.next().map_or("", |(_, line)| line);
    if found != wanted {
        let found = found.chars().take(80).collect();
        let problem = FactsProblem::Header { found, wanted };
        return Err(FactsError { file: file.to_owned(), line: Some(1), problem });
    }
    let mut rows = Vec::new();
    for (line, content) in lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
        rows.push(row(file, line, content)?);
    }
    if rows.is_empty() {
        return Err(FactsError {
            file: file.to_owned(),
            line: None,
            problem: FactsProblem::NoRows,
        });
    }
    Ok(rows)
}

fn row<'t, const COLUMNS: usize>(
    file: &'t str,
    line: usize,
    content: &'t str,
) -> Result<Row<'t, COLUMNS>, FactsError> {
    let refuse = |problem| FactsError { file: file.to_owned(), line: Some(line), problem };
    let found = content.split(',').count();
    if found != COLUMNS {
        return Err(refuse(FactsProblem::Fields { found, wanted: COLUMNS }));
    }
    let mut fields = [""; COLUMNS];
    for (field, value) in fields.iter_mut().zip(content.split(',')) {
        if value.contains('"') {
            return Err(refuse(FactsProblem::Quoted(value.chars().take(40).collect())));
        }
        *field = value.trim();
    }
    Ok(Row { file, line, fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match rows("t.csv", text, ["a", "b"]) {
            Ok(rows) => {
                format!("{:?}", rows.iter().map(|r| (r.line, r.fields)).collect::<Vec<_>>())
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn rows_keep_their_line_numbers_past_comments_and_windows_line_ends() {
        insta::assert_snapshot!(check("\u{feff}a,b\r\n\r\n# why\r\n 1 , 2\r\n3,\r\n"),
            @r#"[(4, ["1", "2"]), (5, ["3", ""])]"#);
    }

    #[test]
    fn a_broken_table_is_refused_with_its_line() {
        insta::assert_snapshot!(check(""), @"t.csv:1: the first line is ``; write `a,b`");
        insta::assert_snapshot!(check("a;b\n"), @"t.csv:1: the first line is `a;b`; write `a,b`");
        insta::assert_snapshot!(check("a,b\n"), @"t.csv: there are no rows; write at least one");
        insta::assert_snapshot!(check("a,b\n1,2\n1,2,3\n"),
            @"t.csv:3: the row has 3 fields; write 2, separated by commas");
        insta::assert_snapshot!(check("a,b\n1,\"2\"\n"),
            @r#"t.csv:2: `"2"` has a quotation mark; write the value without quotes and without commas"#);
    }
}
