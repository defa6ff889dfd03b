//! What a page asked of the network.

use serde_json::Value;

use super::Browser;

/// What a browser finds in itself, and asks nobody for.
const OWN_SCHEMES: [&str; 4] = ["about:", "blob:", "chrome:", "data:"];

/// One request of a page.
#[derive(Clone, Debug)]
pub struct Request {
    /// What was asked for.
    pub url: String,
    /// What came over the wire for it, head and body; nothing while it is not over.
    pub bytes: u64,
    id: String,
}

impl Browser {
    /// Everything that was asked for since the browser was opened, in order, as soon as the
    /// browser has told of it.
    #[track_caller]
    pub fn requests(&self) -> Vec<Request> {
        let lines = self.driver.log("performance").unwrap();
        let mut requests = self.requests.borrow_mut();
        for line in lines {
            let text = line["message"].as_str().unwrap();
            let told: Value = serde_json::from_str(text).unwrap();
            note(&mut requests, &told["message"]);
        }
        requests.clone()
    }

    /// What was asked of any other host and port than this one.
    #[track_caller]
    pub fn requests_beyond(&self, host: &str) -> Vec<String> {
        let own = format!("http://{host}/");
        let beyond = |request: Request| (!request.url.starts_with(&own)).then_some(request.url);
        self.requests().into_iter().filter_map(beyond).collect()
    }

    /// What came over the wire for all requests that are over, in bytes.
    #[track_caller]
    pub fn bytes_received(&self) -> u64 {
        self.requests().iter().map(|request| request.bytes).sum()
    }
}

fn note(requests: &mut Vec<Request>, event: &Value) {
    let told = &event["params"];
    let id = told["requestId"].as_str().unwrap_or_default();
    let url = match event["method"].as_str() {
        Some("Network.requestWillBeSent") => told["request"]["url"].as_str(),
        Some("Network.webSocketCreated") => told["url"].as_str(),
        Some("Network.loadingFinished") => {
            let begun = requests.iter_mut().rfind(|request| request.id == id);
            if let (Some(begun), Some(bytes)) = (begun, told["encodedDataLength"].as_u64()) {
                begun.bytes = bytes;
            }
            None
        }
        _ => None,
    };
    // The page with which a browser begins comes out of the browser.
    if let Some(url) = url.filter(|url| !OWN_SCHEMES.iter().any(|own| url.starts_with(own))) {
        requests.push(Request { url: url.to_owned(), bytes: 0, id: id.to_owned() });
    }
}
