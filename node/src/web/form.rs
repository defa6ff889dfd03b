//! Forms of pages: what was typed, and what is wrong with it beside the field.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use maud::{Markup, html};
use serde::{Deserialize, Deserializer};

use super::fault::Fault;
use super::gate::Clerk;
use super::language::Language;
use crate::entropy;

/// Longest line that a field takes, in characters.
pub(super) const LINE_CHARS_MAX: usize = 400;

/// What somebody typed into a form, as it came.
#[derive(Clone, Debug, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a body of `application/x-www-form-urlencoded`; anything can be read.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field as it was typed; empty where it is not there.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(field, _)| field == name).map_or("", |(_, text)| text)
    }

    /// A field of one line, as it is meant: without pasted line breaks and outer blanks, and with
    /// full-width digits and letters as everybody's.
    #[must_use]
    pub fn line(&self, name: &str) -> String {
        one_line(self.text(name))
    }

    /// The same, or nothing where nothing was typed.
    #[must_use]
    pub fn wish(&self, name: &str) -> Option<String> {
        Some(self.line(name)).filter(|line| !line.is_empty())
    }

    /// True where the field came, empty or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(field, _)| field == name)
    }

    /// Every value of a field that may come more than once.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, text)| text.as_str())
    }

    /// Every field, in order.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The same fields with another value.
    #[must_use]
    pub fn with(mut self, name: &str, text: impl Into<String>) -> Self {
        self.0.retain(|(field, _)| field != name);
        self.0.push((name.to_owned(), text.into()));
        self
    }
}

impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Fault::malformed("body", "no form"))
    }
}

/// A text as one line: line breaks and tabs become a blank, full-width ASCII (ＡＢＣ１２３) and the
/// full-width blank become their everyday twins. Other characters stay, whatever they are.
#[must_use]
pub fn one_line(text: &str) -> String {
    let plain = text.chars().map(|char| match char {
        '\u{ff01}'..='\u{ff5e}' if char.is_alphanumeric() => {
            char::from_u32(u32::from(char) - 0xfee0).unwrap_or(char)
        }
        '\u{3000}' => ' ',
        char if char.is_control() => ' ',
        char => char,
    });
    plain.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Reads a number in the query of a page: what is none, or is left out, is zero.
///
/// # Errors
///
/// Only where the value is no text at all.
pub fn number<'de, D: Deserializer<'de>>(query: D) -> Result<usize, D::Error> {
    Ok(String::deserialize(query)?.trim().parse().unwrap_or_default())
}

/// What is wrong, by field.
#[derive(Clone, Debug, Default)]
pub struct Faults(BTreeMap<&'static str, (String, String)>);

impl Faults {
    /// Says what is wrong with a field; the first word about it stands.
    pub fn note(&mut self, field: &'static str, zh: impl Into<String>, en: impl Into<String>) {
        self.0.entry(field).or_insert_with(|| (zh.into(), en.into()));
    }

    /// One fault.
    #[must_use]
    pub fn one(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let mut faults = Self::default();
        faults.note(field, zh, en);
        faults
    }

    /// Says what others found wrong as well; the first word about a field stands.
    pub fn add(&mut self, others: Self) {
        for (field, words) in others.0 {
            self.0.entry(field).or_insert(words);
        }
    }

    /// True where nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn of(&self, field: &str, language: Language) -> Option<&str> {
        self.0.get(field).map(|(zh, en)| language.say(zh, en))
    }

    /// The fields that have a fault, and what it is.
    pub fn iter(&self, language: Language) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(move |(field, (zh, en))| (*field, language.say(zh, en)))
    }
}

/// A form as it is drawn: in which language, with what was typed, and what is wrong with that.
#[derive(Clone, Copy, Debug)]
pub struct Sheet<'a> {
    /// The language.
    pub language: Language,
    /// What was typed.
    pub typed: &'a Fields,
    /// What is wrong with it.
    pub faults: &'a Faults,
}

/// A field of one line.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its name.
    pub name: &'static str,
    /// What stands before it.
    pub label: &'a str,
    /// What helps to fill it in.
    pub hint: &'a str,
    /// The kind of input: `text`, `password`, `date`, …
    pub kind: &'static str,
    /// What browsers may fill in, as HTML's `autocomplete`.
    pub fill: &'static str,
    /// Whether it may stay empty.
    pub must: Must,
}

/// Whether a field may stay empty.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Must {
    /// It must be filled in.
    Fill,
    /// It may stay empty.
    Skip,
    /// It may stay empty once somebody was asked again.
    Ask,
}

impl<'a> Line<'a> {
    /// A field of text that must be filled in.
    #[must_use]
    pub const fn new(name: &'static str, label: &'a str) -> Self {
        Self { name, label, hint: "", kind: "text", fill: "off", must: Must::Fill }
    }

    /// The same with a hint.
    #[must_use]
    pub const fn hint(self, hint: &'a str) -> Self {
        Self { hint, ..self }
    }

    /// The same as another kind of input.
    #[must_use]
    pub const fn kind(self, kind: &'static str, fill: &'static str) -> Self {
        Self { kind, fill, ..self }
    }

    /// The same that stays empty only once somebody was asked again.
    #[must_use]
    pub const fn asked(self) -> Self {
        Self { must: Must::Ask, ..self }
    }

    /// The same that may stay empty.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { must: Must::Skip, ..self }
    }
}

impl Sheet<'_> {
    /// A field of one line with its label, hint and fault.
    #[must_use]
    pub fn line(&self, line: Line<'_>) -> Markup {
        let fault = self.faults.of(line.name, self.language);
        let typed = if line.kind == "password" { "" } else { self.typed.text(line.name) };
        html! {
            div.field {
                label for=(line.name) {
                    (line.label)
                    @if line.must == Must::Skip {
                        span.quiet { (self.language.say("（可不填）", " (optional)")) }
                    }
                }
                input id=(line.name) name=(line.name) type=(line.kind) value=(typed)
                    maxlength=(LINE_CHARS_MAX) autocomplete=(line.fill)
                    required[line.must == Must::Fill && line.kind != "date"]
                    aria-invalid=[fault.map(|_| "true")]
                    aria-describedby=[described(line.name, line.hint, fault)];
                (self.notes(line.name, line.hint))
            }
        }
    }

    /// A choice among codes with their words, with its label and fault.
    #[must_use]
    pub fn choice(&self, name: &str, label: &str, options: &[(&str, &str)]) -> Markup {
        let fault = self.faults.of(name, self.language);
        html! {
            div.field {
                label for=(name) { (label) }
                select id=(name) name=(name) aria-describedby=[described(name, "", fault)] {
                    @for (code, words) in options {
                        option value=(code) selected[self.typed.text(name) == *code] { (words) }
                    }
                }
                (self.notes(name, ""))
            }
        }
    }

    /// What stands below a field: its hint, and what is wrong with it.
    #[must_use]
    pub fn notes(&self, name: &str, hint: &str) -> Markup {
        html! {
            @if !hint.is_empty() { p.quiet id={ (name) "-hint" } { (hint) } }
            @if let Some(fault) = self.faults.of(name, self.language) {
                p.fault id={ (name) "-fault" } { (fault) }
            }
        }
    }

    /// What stands above a form that saves once something is wrong: where to look.
    #[must_use]
    pub fn summary(&self) -> Markup {
        self.summary_with(self.language.say(
            "未保存，所填内容仍在下面。请看：",
            "Nothing was saved; what you typed is still below. Please see:",
        ))
    }

    /// The same above a form that only asks for something.
    #[must_use]
    pub fn summary_of_question(&self) -> Markup {
        self.summary_with(self.language.say("请更正后再试：", "Please mend this and try again:"))
    }

    fn summary_with(&self, words: &str) -> Markup {
        html! {
            @if !self.faults.is_empty() {
                div.fault-summary role="alert" {
                    p { (words) }
                    ul { @for (field, fault) in self.faults.iter(self.language) {
                        li { a href={ "#" (field) } { (fault) } }
                    } }
                }
            }
        }
    }
}

fn described(name: &str, hint: &str, fault: Option<&str>) -> Option<String> {
    let hint = (!hint.is_empty()).then(|| format!("{name}-hint"));
    let fault = fault.map(|_| format!("{name}-fault"));
    match (hint, fault) {
        (Some(hint), Some(fault)) => Some(format!("{hint} {fault}")),
        (one, other) => one.or(other),
    }
}

/// The hidden field without which no form is taken.
#[must_use]
pub fn key(clerk: &Clerk) -> Markup {
    html! { input type="hidden" name="form_key" value=(clerk.form_key); }
}

/// A name of its own for a form: sent twice under it, it makes one record.
///
/// # Errors
///
/// The system gives no randomness.
pub(super) fn request_id() -> Result<String, Fault> {
    let seed = entropy::seed().map_err(|error| Fault::broken(error.to_string()))?;
    Ok(data_encoding::HEXLOWER.encode(&seed[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_text_becomes_the_line_that_was_meant() {
        let cases = [
            ("  李\r\n秀英\t ", "李 秀英"),
            ("５１０９２１１９７０", "5109211970"),
            ("ｘ　Ａ", "x A"),
            ("𠮷野家（䶮）👍", "𠮷野家（䶮）👍"),
            ("\u{0}\u{7f}", ""),
        ];
        for (typed, meant) in cases {
            assert_eq!(one_line(typed), meant, "{typed:?}");
        }
    }

    #[test]
    fn a_form_is_read_whatever_it_says() {
        let fields =
            Fields::parse("a=1&material=%E7%94%B3&material=b&broken=%E4%BD&=&&x".as_bytes());
        assert_eq!(fields.text("a"), "1");
        assert_eq!(fields.all("material").collect::<Vec<_>>(), ["申", "b"]);
        assert_eq!(fields.text("broken"), "\u{fffd}");
        assert_eq!((fields.text("x"), fields.text("none")), ("", ""));
    }

    #[test]
    fn what_was_typed_comes_back_escaped_and_a_password_never() {
        let fields = Fields::parse(b"name=%22%3E%3Cscript%3E&password=geheim99");
        let faults = Faults::one("name", "姓名不对", "wrong");
        let sheet = Sheet { language: Language::Chinese, typed: &fields, faults: &faults };
        let shown = html! {
            (sheet.line(Line::new("name", "姓名")))
            (sheet.line(Line::new("password", "密码").kind("password", "new-password")))
        };
        let shown = shown.into_string();
        assert!(shown.contains("value=\"&quot;&gt;&lt;script&gt;\"") && shown.contains("姓名不对"));
        assert!(!shown.contains("geheim99"), "{shown}");
    }
}
