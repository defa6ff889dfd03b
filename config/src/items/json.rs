//! Lists of items in JSON, read item by item: what cannot be read is set aside, as a row of CSV is.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tongban_protocol::catalogue::Item;

use super::list::{Imported, Quarantined, Reason, VALUE_CHARS_MAX};
use super::{ITEMS_MAX, Said, Wrong};
use crate::facts::{FactsError, FactsProblem};

/// A city's file of items, with each item as it is written.
#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// Reads a list: a city's file of items, or an array of items as drafts are kept.
///
/// An item with a fault that no catalogue takes is taken all the same, for it can be corrected and
/// checked as a draft.
///
/// # Errors
///
/// [`FactsError`] where the text is no JSON, or there are no items or too many. What stands in an
/// item is no error: it is set aside.
pub fn import_json(file: &str, text: &str) -> Result<Imported, FactsError> {
    let whole = |line, problem| FactsError { file: file.to_owned(), line, problem };
    let text = text.trim_start_matches('\u{feff}');
    let are_drafts = text.trim_start().starts_with('[');
    let rows: Vec<&RawValue> = match are_drafts {
        true => serde_json::from_str(text),
        false => serde_json::from_str::<File<'_>>(text).map(|file| file.items),
    }
    .map_err(|e| whole(Some(e.line()), FactsProblem::Json(e.to_string())))?;
    match rows.len() {
        0 => return Err(whole(None, FactsProblem::NoRows)),
        count if count > ITEMS_MAX => {
            let why = format!("more than {ITEMS_MAX} items; split the list");
            return Err(whole(None, FactsProblem::Json(why)));
        }
        _ => {}
    }
    let mut imported = Imported::default();
    let mut seen = BTreeSet::new();
    for row in rows {
        let read = read(row, are_drafts).and_then(|item| {
            let is_new = seen.insert(item.id.clone());
            let twice = || ("id", "stands in the file twice; remove one".to_owned());
            is_new.then_some(item).ok_or_else(twice)
        });
        match read {
            Ok(item) => imported.items.push(item),
            Err(wrong) => imported.quarantined.push(set_aside(text, row, wrong)),
        }
    }
    Ok(imported)
}

fn read(row: &RawValue, is_draft: bool) -> Result<Item, Wrong> {
    let shape = |e: serde_json::Error| ("shape", e.to_string());
    let value: Value = serde_json::from_str(row.get()).map_err(shape)?;
    if is_draft {
        return serde_json::from_value(value).map_err(shape);
    }
    let said: Said = serde_json::from_value(value).map_err(shape)?;
    said.read().map(|listed| listed.item)
}

/// An item that cannot be read, with its line in the text and what stands in its field; where that
/// has none, with its id.
fn set_aside(text: &str, row: &RawValue, (column, why): Wrong) -> Quarantined {
    let before = row.get().as_ptr().addr() - text.as_ptr().addr();
    let breaks = text.bytes().take(before).filter(|byte| *byte == b'\n').count();
    let item: Value = serde_json::from_str(row.get()).unwrap_or_default();
    let found = item.get(column).or_else(|| item.get("id")).cloned().unwrap_or_default();
    let value = match found {
        Value::String(text) => text,
        other => other.to_string(),
    };
    Quarantined {
        line: u64::try_from(breaks).map_or(u64::MAX, |breaks| breaks.saturating_add(1)),
        column,
        value: value.chars().take(VALUE_CHARS_MAX).collect(),
        reason: Reason::Malformed(why),
    }
}
