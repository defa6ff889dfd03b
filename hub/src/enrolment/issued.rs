//! Tokens that the page has just issued: each is shown once, to whoever issued it, and a form that
//! comes a second time issues no other.
//!
//! They are kept in memory alone. After a restart, or once many others were issued, one that was
//! never looked at cannot be shown any more; it is taken back and another is issued.

use std::collections::VecDeque;

use tongban_protocol::identity::Token;

/// Forms that are remembered.
const FORMS_MAX: usize = 64;

/// A token that is shown once and kept nowhere else.
#[derive(Clone, Debug)]
pub(super) struct Given {
    /// The token.
    pub(super) token: Token,
    /// What its centre is called.
    pub(super) name: String,
    /// The fingerprint of the city's root.
    pub(super) fingerprint: String,
}

/// What was issued of late.
#[derive(Debug, Default)]
pub(super) struct Issued(VecDeque<OfForm>);

/// What a form gave.
#[derive(Debug)]
struct OfForm {
    form: String,
    /// Whose sign-in issued it.
    form_key: String,
    /// Nothing once it was shown.
    given: Option<Given>,
}

impl Issued {
    /// True where this form has given its token.
    pub(super) fn knows(&self, form: &str, form_key: &str) -> bool {
        self.0.iter().any(|it| it.form == form && it.form_key == form_key)
    }

    /// Keeps a token until it is shown.
    pub(super) fn keep(&mut self, form: String, form_key: String, given: Given) {
        self.0.truncate(FORMS_MAX - 1);
        self.0.push_front(OfForm { form, form_key, given: Some(given) });
    }

    /// The token of a form, the first time that its own sign-in asks.
    pub(super) fn take(&mut self, form: &str, form_key: &str) -> Option<Given> {
        let found = self.0.iter_mut().find(|it| it.form == form && it.form_key == form_key);
        found?.given.take()
    }
}

#[cfg(test)]
mod tests {
    use tongban_protocol::hash::Sha;
    use tongban_protocol::time::Timestamp;

    use super::*;

    fn given() -> Given {
        let token = Token {
            address: "hub:7443".to_owned(),
            root: Sha::of(b"root"),
            centre: "510921103".parse().unwrap(),
            expires_at: Timestamp(0),
            secret: [9; 16],
        };
        Given { token, name: "文井镇".to_owned(), fingerprint: String::new() }
    }

    #[test]
    fn a_token_is_shown_once_to_whoever_issued_it() {
        let mut issued = Issued::default();
        issued.keep("a".to_owned(), "mine".to_owned(), given());
        assert!(issued.take("a", "another's").is_none());
        assert!(!issued.knows("a", "another's"));
        assert!(issued.take("a", "mine").is_some());
        assert!(issued.take("a", "mine").is_none() && issued.knows("a", "mine"));
    }

    #[test]
    fn of_many_forms_the_oldest_are_forgotten() {
        let mut issued = Issued::default();
        for form in 0..FORMS_MAX + 1 {
            issued.keep(form.to_string(), "mine".to_owned(), given());
        }
        assert_eq!(issued.0.len(), FORMS_MAX);
        assert!(!issued.knows("0", "mine") && issued.knows("1", "mine"));
    }
}
