//! Chinese first, English on request.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;

/// The language of a page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Language {
    /// 简体中文, the first language of every page.
    Chinese,
    /// English.
    English,
}

impl Language {
    /// Picks the wording of this language.
    #[must_use]
    pub fn say<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Chinese => zh,
            Self::English => en,
        }
    }

    /// The value of HTML's `lang` attribute.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Chinese => "zh-CN",
            Self::English => "en",
        }
    }

    /// The value of `?lang=` and of the cookie.
    #[must_use]
    pub const fn short(self) -> &'static str {
        match self {
            Self::Chinese => "zh",
            Self::English => "en",
        }
    }

    /// The language that a request asks for: by `?lang=`, else by cookie, else by what the
    /// browser likes best; Chinese where none of them decides.
    #[must_use]
    pub fn of(query: Option<&str>, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let cookie = || text(COOKIE)?.split(';').find_map(|pair| pair.trim().strip_prefix("lang="));
        let liked = || text(ACCEPT_LANGUAGE)?.split([',', ';', '-']).next();
        let picked = Self::in_query(query).or_else(|| cookie().and_then(Self::from_short));
        let picked = picked.or_else(|| liked().map(str::trim).and_then(Self::from_short));
        picked.unwrap_or(Self::Chinese)
    }

    /// The language that a query string names.
    #[must_use]
    pub fn in_query(query: Option<&str>) -> Option<Self> {
        query?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Self::from_short)
    }

    fn from_short(text: &str) -> Option<Self> {
        match text {
            "zh" => Some(Self::Chinese),
            "en" => Some(Self::English),
            _ => None,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts.uri.query(), &parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: Option<&str>, cookie: &str, accept: &str, expected: Language) {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, cookie.parse().unwrap());
        headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
        assert_eq!(Language::of(query, &headers), expected, "{query:?} {cookie} {accept}");
    }

    #[test]
    fn the_query_outranks_the_cookie_and_the_cookie_the_browser() {
        check(Some("x=1&lang=en"), "lang=zh", "zh-CN", Language::English);
        check(None, "theme=dark; lang=en", "zh-CN,zh;q=0.9", Language::English);
        check(None, "", "en-GB,en;q=0.9,zh;q=0.1", Language::English);
        check(None, "", "zh-CN,en;q=0.9", Language::Chinese);
    }

    #[test]
    fn an_unknown_language_is_answered_in_chinese() {
        check(Some("lang=fr"), "lang=", "de-AT,en;q=0.5", Language::Chinese);
        check(Some("lang"), "lang=<script>", "*", Language::Chinese);
        assert_eq!(Language::of(None, &HeaderMap::new()), Language::Chinese);
    }
}
