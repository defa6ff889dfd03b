//! The local HTTP service, as a client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

use crate::accounts::operator_token;

/// How long the service may take: a backup of a large store is read from a slow disk.
const PATIENCE: Duration = Duration::from_mins(10);

/// Largest answer, in bytes.
const ANSWER_BYTES_MAX: u64 = 8 << 30;

/// Why the service gave no answer, or what it said was wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ApiError(pub String);

/// The HTTP service of this machine.
#[derive(Debug)]
pub struct Api {
    agent: Agent,
    address: SocketAddr,
    /// What the service left for whoever may read its data directory; empty where it left nothing.
    token: String,
}

impl Api {
    /// The service that listens on `listen` and has this data directory. Without the token that lies
    /// there it lets nobody in, and says so.
    #[must_use]
    pub fn new(listen: SocketAddr, data_dir: &Path) -> Self {
        let token = operator_token(data_dir).unwrap_or_default();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .proxy(None)
            .build();
        let ip = match listen.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            ip => ip,
        };
        let address = SocketAddr::new(ip, listen.port());
        Self { agent: config.new_agent(), address, token }
    }

    /// Reads a value; `path` begins behind `/api/v1/`.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        let bytes = self.fetch(path)?;
        self.parse(&bytes)
    }

    /// Reads bytes.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub fn fetch(&self, path: &str) -> Result<Vec<u8>, ApiError> {
        let answer = self.agent.get(self.url(path)).header("Authorization", self.bearer()).call();
        self.body(answer)
    }

    /// Sends a value and reads the answer.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub fn send<T: DeserializeOwned>(
        &self,
        path: &str,
        value: &impl Serialize,
    ) -> Result<T, ApiError> {
        let body = serde_json::to_vec(value).unwrap_or_default();
        self.parse(&self.post(path, "application/json", &body)?)
    }

    /// Sends a file and reads the answer's bytes.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub fn exchange(&self, path: &str, file: &[u8]) -> Result<Vec<u8>, ApiError> {
        self.post(path, "application/octet-stream", file)
    }

    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Vec<u8>, ApiError> {
        let request = self.agent.post(self.url(path)).content_type(content_type);
        let request = request.header("Authorization", self.bearer());
        self.body(request.send(body))
    }

    fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}/api/v1/{path}", self.address)
    }

    fn body(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<Vec<u8>, ApiError> {
        let unreachable = |error: ureq::Error| {
            ApiError(format!(
                "the store is in use, and the service at {} does not answer: {error}; check \
                 http.listen in the settings, or stop the service",
                self.address
            ))
        };
        let mut answer = answer.map_err(unreachable)?;
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        let bytes = body.read_to_vec().map_err(unreachable)?;
        if answer.status().is_success() {
            return Ok(bytes);
        }
        Err(ApiError(explain(answer.status().as_u16(), &bytes)))
    }

    /// Reads a value from an answer's bytes.
    ///
    /// # Errors
    ///
    /// [`ApiError`].
    pub fn parse<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, ApiError> {
        serde_json::from_slice(bytes).map_err(|error| {
            ApiError(format!(
                "the service at {} answers what this program does not understand: {error}; are \
                 both of the same version?",
                self.address
            ))
        })
    }
}

/// What the service said was wrong, in its own words.
fn explain(status: u16, body: &[u8]) -> String {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|it| !it.is_empty());
    let (what, zh) = (text("what"), text("error_zh").map(|zh| format!(" ({zh})")));
    let zh = zh.unwrap_or_default();
    match (text("error_en"), what.filter(|what| Some(*what) != text("error_zh"))) {
        (Some(error), Some(what)) => format!("{error}: {what}{zh}"),
        (Some(error), None) => format!("{error}{zh}"),
        (None, _) => {
            let words: String = String::from_utf8_lossy(body).chars().take(200).collect();
            format!("the service answers with status {status}: {words}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_told_in_the_words_of_the_service() {
        let body = r#"{"error_zh":"x","error_en":"this machine holds no such thing","what":"1","where":"id"}"#;
        assert_eq!(explain(404, body.as_bytes()), "this machine holds no such thing: 1 (x)");
        assert_eq!(explain(502, b"<html>"), "the service answers with status 502: <html>");
    }

    #[test]
    fn a_service_on_every_address_is_asked_on_the_loopback() {
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join("operator.token"), "TBO-A").unwrap();
        let api = Api::new("0.0.0.0:7181".parse().unwrap(), folder.path());
        assert_eq!(api.url("status"), "http://127.0.0.1:7181/api/v1/status");
        let api = Api::new("[::1]:7181".parse().unwrap(), folder.path());
        assert_eq!(api.url("cases"), "http://[::1]:7181/api/v1/cases");
    }
}
