//! A TOML file as a flat list of keys, each with its line.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::{Given, Raw};
use crate::fault::{Fault, Origin, Problem};

/// Reads a file into `section.key` → value.
///
/// # Errors
///
/// The first place that is no TOML.
pub(super) fn flatten(name: &str, text: &str) -> Result<BTreeMap<String, Given>, Box<Fault>> {
    let origin = |span: Range<usize>| {
        let before = text.as_bytes().get(..span.start).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Origin::File { name: name.to_owned(), line }
    };
    let table = DeTable::parse(text).map_err(|error| {
        let origin = origin(error.span().unwrap_or_default());
        let problem = Problem::Syntax(error.message().trim().replace('\n', ", "));
        Box::new(Fault { origin, key: None, problem })
    })?;
    let mut keys = BTreeMap::new();
    walk("", table.get_ref(), &mut |key, span, raw| {
        keys.insert(key, Given { raw, origin: origin(span) });
    });
    Ok(keys)
}

fn walk(above: &str, table: &DeTable<'_>, found: &mut impl FnMut(String, Range<usize>, Raw)) {
    for (name, value) in table {
        let (span, name) = (name.span(), name.get_ref());
        // A name with a dot in it is not a section and its key.
        let name = if name.contains('.') { format!("\"{name}\"") } else { name.to_string() };
        let key = if above.is_empty() { name } else { format!("{above}.{name}") };
        match value.get_ref() {
            DeValue::Table(inner) if !inner.is_empty() => walk(&key, inner, found),
            DeValue::Table(_) => found(key, span, Raw::Section),
            DeValue::String(text) => found(key, span, Raw::Text(text.to_string())),
            DeValue::Integer(number) => found(key, span, Raw::Bare(number.to_string())),
            DeValue::Float(number) => found(key, span, Raw::Bare(number.as_str().to_owned())),
            DeValue::Boolean(flag) => found(key, span, Raw::Bare(flag.to_string())),
            DeValue::Datetime(date) => found(key, span, Raw::Bare(date.to_string())),
            DeValue::Array(values) => {
                let texts = values.iter().map(|value| value.get_ref().as_str().map(str::to_owned));
                found(key, span, Raw::List(texts.collect()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> String {
        match flatten("n.toml", text) {
            Ok(keys) => {
                let show = |(key, given): (&String, &Given)| format!("{key} {given:?}");
                keys.iter().map(show).collect::<Vec<_>>().join("\n")
            }
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn keys_keep_their_sections_and_lines() {
        insta::assert_snapshot!(check("a = 'x'\n\n[b]\nc = 5\nd = ['y']\n\"e.f\" = true\n"), @r#"
        a Given { raw: Text("x"), origin: File { name: "n.toml", line: 1 } }
        b."e.f" Given { raw: Bare("true"), origin: File { name: "n.toml", line: 6 } }
        b.c Given { raw: Bare("5"), origin: File { name: "n.toml", line: 4 } }
        b.d Given { raw: List(Some(["y"])), origin: File { name: "n.toml", line: 5 } }
        "#);
    }

    #[test]
    fn what_is_no_toml_is_refused_with_its_line() {
        insta::assert_snapshot!(check("a = 'x'\nb = 5s\n"), @"n.toml:2: not TOML: string values must be quoted, expected literal string");
        insta::assert_snapshot!(check("a = 'x'\na = 'y'\n"), @"n.toml:2: not TOML: duplicate key");
        insta::assert_snapshot!(check("[a\n"), @"n.toml:1: not TOML: unclosed table, expected `]`");
    }
}
