//! What a repeated request says otherwise than the first of that name.
//!
//! The form that was saved is compared as it stands, with what came later taken out of the
//! materials. A time that is left out is not compared: it means now, and now has passed.

use std::collections::BTreeSet;

use tongban_protocol::document::{EventKind, MaterialState};
use tongban_protocol::value::Value;

use super::{APPLICANT_NUMBER, NewCase, QUERY_CODE};
use crate::replica::{CaseFile, PHONE};

/// 渠道, where none is named.
pub(super) const USUAL_CHANNEL: &str = "窗口";

/// One thing that two requests of the same name say differently.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Difference {
    /// What, in Chinese.
    pub zh: String,
    /// What, in English.
    pub en: String,
    /// As it was saved; empty where nothing was.
    pub saved: String,
    /// As it is said now.
    pub said: String,
}

/// Everything in which `case`, checked, differs from the case that its request id made.
pub(super) fn differing(file: &CaseFile, case: &NewCase) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut compare = |(zh, en): (&str, &str), saved: &str, said: &str| {
        if saved != said {
            let (zh, en) = (zh.to_owned(), en.to_owned());
            found.push(Difference { zh, en, saved: saved.to_owned(), said: said.to_owned() });
        }
    };
    if let Some(header) = &file.view.header {
        compare(("事项", "item"), &header.item, &case.item);
        compare(("申请人", "applicant"), &header.applicant, &case.applicant);
        let channel = Some(case.channel.as_str()).filter(|it| !it.is_empty());
        compare(("渠道", "channel"), &header.channel, channel.unwrap_or(USUAL_CHANNEL));
        if let Some(at) = case.happened_at {
            compare(("时间", "time"), &header.taken_at.to_string(), &at.to_string());
        }
    }
    let saved = |field: &str| match file.view.form.get(field) {
        Some(Value::Text(text)) => text.as_str(),
        Some(_) | None => "",
    };
    let fields: BTreeSet<&String> = file.view.form.keys().chain(case.form.keys()).collect();
    for field in fields.into_iter().filter(|field| *field != QUERY_CODE) {
        let words = match field.as_str() {
            APPLICANT_NUMBER => ("证件号", "identity or credit code"),
            PHONE => ("联系电话", "telephone"),
            other => (other, other),
        };
        let said = case.form.get(field).map_or("", String::as_str);
        compare(words, saved(field), said);
    }
    let (handed, given) = (handed_first(file), case.materials.iter().map(String::as_str));
    let given: BTreeSet<&str> = given.collect();
    let list = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join("、");
    compare(("收到的材料", "materials handed in"), &list(&handed), &list(&given));
    let permit_ends = file.view.events.first().and_then(|(_, it)| it.detail().permit_ends);
    if let Some(until) = case.renews_until {
        let saved = permit_ends.map(|at| at.to_string()).unwrap_or_default();
        compare(("许可届满", "permit ends"), &saved, &until.to_string());
    }
    found
}

/// The materials that came with the case itself, not with what followed.
fn handed_first(file: &CaseFile) -> BTreeSet<&str> {
    let brings = |kind| matches!(kind, EventKind::Receive | EventKind::Supplement);
    let later = file.view.events.iter().skip(1).filter(|(_, it)| brings(it.kind));
    let later = later.filter_map(|(_, it)| it.detail().materials.as_ref());
    let later: BTreeSet<&str> = later.flatten().map(String::as_str).collect();
    let all = file.view.materials.iter();
    let handed = all.filter(|(_, material)| material.state == MaterialState::Handed);
    handed.map(|(name, _)| name.as_str()).filter(|name| !later.contains(name)).collect()
}
