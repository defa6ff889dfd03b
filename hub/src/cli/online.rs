//! Asking a hub that runs, over its local address.

use std::net::SocketAddr;
use std::path::Path;

use serde_json::Value;
use tongban_node::cli::{Api, ApiError};
use tongban_node::samples::{AnnounceWish, CheckWish};
use tongban_protocol::identity::NodeId;
use tongban_protocol::time::Timestamp;

use crate::desk::{Form, MachineLine, Subject};
use crate::export::Choice;
use crate::figures::Figures;
use crate::import::Imported;
use crate::publication::{FactsWish, PublishedFacts};
use crate::samples::{DrawName, RevealWish};
use crate::settlement::{Settled, Wish};
use crate::words::Language;

pub(super) struct Online(Api);

impl Online {
    pub(super) fn new(listen: SocketAddr, data_dir: &Path) -> Self {
        Self(Api::new(listen, data_dir))
    }

    pub(super) fn audit(&self, form: Form, language: Language) -> Result<String, ApiError> {
        let form = match form {
            Form::Text => "text",
            Form::Json => "json",
            Form::Csv => "csv",
        };
        let lang = language.pick("zh", "en");
        let text = self.0.fetch(&format!("audit?form={form}&lang={lang}"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    pub(super) fn metrics(&self, query: &str) -> Result<String, ApiError> {
        let text = self.0.fetch(&format!("metrics?{query}"))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    pub(super) fn machines(&self) -> Result<Vec<MachineLine>, ApiError> {
        self.0.read("machines")
    }

    pub(super) fn report(&self) -> Result<Vec<Figures>, ApiError> {
        self.0.read("report")
    }

    pub(super) fn evidence(&self, subject: Subject) -> Result<Vec<u8>, ApiError> {
        match subject {
            Subject::Case(id) => self.0.fetch(&format!("evidence/case/{id}")),
            Subject::Centre(division) => self.0.fetch(&format!("evidence/centre/{division}")),
        }
    }

    pub(super) fn revoke(&self, node: NodeId, from: Timestamp) -> Result<(), ApiError> {
        let body = serde_json::json!({ "node": node.to_string(), "from_ms": from.0 });
        self.0.send::<Value>("revoke", &body).map(drop)
    }

    pub(super) fn settle(&self, wish: &Wish) -> Result<Settled, ApiError> {
        self.0.send("settle", &serde_json::json!(wish))
    }

    pub(super) fn announce(&self, wish: &AnnounceWish) -> Result<DrawName, ApiError> {
        self.0.send("samples/announce", wish)
    }

    pub(super) fn reveal(&self, id: &str, wish: &RevealWish) -> Result<(), ApiError> {
        self.0.send::<Value>(&format!("samples/{}/reveal", escaped(id)), wish).map(drop)
    }

    pub(super) fn check(&self, id: &str, wish: &CheckWish) -> Result<(), ApiError> {
        self.0.send::<Value>(&format!("samples/{}/check", escaped(id)), wish).map(drop)
    }

    pub(super) fn publish_facts(&self, wish: &FactsWish) -> Result<PublishedFacts, ApiError> {
        self.0.send("facts/publish", &serde_json::json!(wish))
    }

    pub(super) fn import(&self, file: &Path, log: &[u8]) -> Result<Imported, ApiError> {
        let name = escaped(&file.display().to_string());
        self.0.parse(&self.0.exchange(&format!("import?file={name}"), log)?)
    }

    pub(super) fn export(&self, choice: &Choice) -> Result<Vec<u8>, ApiError> {
        match choice {
            Choice::All => self.0.fetch("export"),
            Choice::Log(log) => self.0.fetch(&format!("export?log={}", escaped(log))),
            Choice::Centre(division) => self.0.fetch(&format!("export?centre={division}")),
        }
    }
}

/// A text as it stands in the query of an address.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let escape = |byte: u8| {
        if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    text.bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_any_name_can_be_named_in_an_address() {
        assert_eq!(escaped("a-1.xes.gz"), "a-1.xes.gz");
        assert_eq!(escaped("二 号&x=1%"), "%E4%BA%8C%20%E5%8F%B7%26x%3D1%25");
    }
}
