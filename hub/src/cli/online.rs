//! Asking a hub that runs, over its local address.

use std::net::SocketAddr;

use tongban_protocol::identity::NodeId;
use tongban_protocol::time::Timestamp;

use super::Failure;
use crate::desk::{Form, Subject};
use crate::words::Language;

/// The largest answer that is read: the evidence of a busy centre.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

pub(super) struct Online {
    base: String,
}

impl Online {
    pub(super) fn new(listen: SocketAddr) -> Self {
        Self { base: format!("http://{listen}/api/v1") }
    }

    pub(super) fn audit(&self, form: Form, language: Language) -> Result<String, Failure> {
        let form = match form {
            Form::Text => "text",
            Form::Json => "json",
            Form::Csv => "csv",
        };
        let lang = language.pick("zh", "en");
        Ok(String::from_utf8(self.get(&format!("/audit?form={form}&lang={lang}"))?)?)
    }

    pub(super) fn report(&self) -> Result<String, Failure> {
        Ok(String::from_utf8(self.get("/report")?)?)
    }

    pub(super) fn evidence(&self, subject: Subject) -> Result<Vec<u8>, Failure> {
        match subject {
            Subject::Case(id) => self.get(&format!("/evidence/case/{id}")),
            Subject::Centre(division) => self.get(&format!("/evidence/centre/{division}")),
        }
    }

    pub(super) fn revoke(&self, node: NodeId, from: Timestamp) -> Result<(), Failure> {
        let url = format!("{}/revoke", self.base);
        let body = serde_json::json!({ "node": node.to_string(), "from_ms": from.0 }).to_string();
        let agent = agent();
        let answer = agent.post(&url).header("content-type", "application/json").send(body);
        read(&url, answer).map(drop)
    }

    fn get(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let url = format!("{}{path}", self.base);
        read(&url, agent().get(&url).call())
    }
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).build().into()
}

fn read(
    url: &str,
    answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Vec<u8>, Failure> {
    let mut answer = answer.map_err(|e| {
        format!("the hub's store is in use, and {url} does not answer: {e}; does http.listen fit?")
    })?;
    let bytes = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
    if answer.status().is_success() {
        Ok(bytes)
    } else {
        Err(String::from_utf8_lossy(&bytes).into_owned().into())
    }
}
