//! What a person in a browser gets where a program would get JSON or a bare sentence: a page that
//! says what is wrong in their language, and leads back.
//!
//! Handlers answer both alike, with a [`Fault`]; here it is seen who asked. What is **not** here:
//! pages that say themselves what is wrong, which pass as they are.

use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;

use super::fault::Fault;
use super::language::Language;
use super::shell::Shell;

/// What is answered to programs alone, whatever they say they take.
const FOR_PROGRAMS: [&str; 4] = ["/api/", "/assets/", "/healthz", "/metrics"];

/// A person who asks for a page.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person {
    language: Language,
    /// Where they go on from.
    home: &'static str,
}

impl Person {
    /// Who asks, if it is a person: their browser takes pages.
    pub(super) fn asking(request: &Request) -> Option<Self> {
        let path = request.uri().path();
        let takes_pages = request
            .headers()
            .get_all(ACCEPT)
            .into_iter()
            .filter_map(|it| it.to_str().ok())
            .any(|it| it.contains("text/html"));
        if !takes_pages || FOR_PROGRAMS.iter().any(|program| path.starts_with(program)) {
            return None;
        }
        let home = if path.starts_with("/public/") { "/public/" } else { "/" };
        Some(Self { language: Language::of(request.uri().query(), request.headers()), home })
    }

    /// The same answer; as a page, where it says that something is wrong and is none yet.
    pub(super) fn read(self, answer: Response) -> Response {
        let status = answer.status();
        let is_wrong = status.is_client_error() || status.is_server_error();
        if !is_wrong || is_page(answer.headers()) {
            return answer;
        }
        let (parts, _) = answer.into_parts();
        let mut page = self.page(status, parts.extensions.get::<Fault>());
        let kept =
            parts.headers.iter().filter(|(name, _)| ![CONTENT_TYPE, CONTENT_LENGTH].contains(name));
        page.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
        page
    }

    fn page(self, status: StatusCode, fault: Option<&Fault>) -> Response {
        let language = self.language;
        // What a program is told of a malformed request helps no person.
        let said = fault.filter(|it| it.status != StatusCode::BAD_REQUEST || it.is_for_people());
        let what = said.map(|it| it.what.as_str()).filter(|it| !it.is_empty());
        let words = match said {
            Some(fault) => language.say(&fault.zh, &fault.en),
            None => generally(status, language),
        };
        let main = html! {
            p.note role="alert" { (words) }
            @if let Some(what) = what.filter(|what| *what != words) { p.quiet { (what) } }
            p { a href=(self.home) { (language.say("回首页", "Back to the first page")) } }
        };
        let shell = Shell {
            language,
            title: language.say("无法显示", "This cannot be shown"),
            styles: &[],
            script: None,
            is_live: false,
            links: &[],
            clerk: None,
        };
        (status, shell.page(&main)).into_response()
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    let content = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    content.is_some_and(|it| it.starts_with("text/html"))
}

/// What is wrong, where nobody said more than a status.
fn generally(status: StatusCode, language: Language) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => language.say(
            "没有这个页面：网址可能输错了，或者该页面没有开放。",
            "There is no such page: the address may be mistyped, or the page is not open here.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => language.say(
            "这个网址不能这样使用，请从页面上的按钮或链接进入。",
            "This address is not used in this way; come by a button or a link.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => {
            language.say("内容过长，请拆分后再提交。", "This is too long; hand it in in parts.")
        }
        status if status.is_server_error() => language.say(
            "服务暂时无法应答，请稍后再试。",
            "The service cannot answer now; please try again in a minute.",
        ),
        _ => language.say(
            "网址或提交的内容中有无法识别的部分，请从首页重新进入。",
            "Something in the address or in what was sent cannot be read; please begin at the first page.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};

    use super::*;

    fn asking(path: &str, accept: &str) -> Option<Person> {
        let request = Request::get(path).header(ACCEPT, accept).body(Body::empty());
        Person::asking(&request.unwrap())
    }

    async fn told(path: &str, answer: Response) -> String {
        let answer = asking(path, "text/html,*/*;q=0.8").unwrap().read(answer);
        let bytes = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn only_a_browser_that_asks_for_a_page_gets_one() {
        assert!(asking("/desk", "text/html").is_some());
        for (path, accept) in
            [("/desk", "*/*"), ("/api/v1/cases", "text/html"), ("/healthz", "text/html")]
        {
            assert!(asking(path, accept).is_none(), "{path} {accept}");
        }
    }

    #[tokio::test]
    async fn a_fault_becomes_a_page_in_the_language_of_who_asks() {
        let gone = || Fault::not_found("id", "x<y").into_response();
        let page = told("/cases/x?lang=zh", gone()).await;
        assert!(page.contains("本机没有此项") && page.contains("x&lt;y"), "{page}");
        assert!(page.contains("href=\"/\""), "{page}");
        let page = told("/cases/x?lang=en", gone()).await;
        assert!(page.contains("this machine holds no such thing"), "{page}");
        let page = told("/public/nope", StatusCode::NOT_FOUND.into_response()).await;
        assert!(page.contains("没有这个页面") && page.contains("href=\"/public/\""), "{page}");
    }

    #[tokio::test]
    async fn nobody_is_told_of_interfaces_or_in_the_words_of_a_parser() {
        let malformed = Fault::malformed("query", "invalid digit").into_response();
        let bare = (StatusCode::BAD_REQUEST, "Failed to deserialize").into_response();
        for answer in [malformed, bare] {
            let page = told("/desk", answer).await;
            assert!(page.contains("请从首页重新进入"), "{page}");
            assert!(!page.contains("openapi") && !page.contains("digit"), "{page}");
        }
        let page = told("/desk", axum::response::Html("<p>满了").into_response()).await;
        assert!(page.contains("满了"), "what is a page stays one: {page}");
    }
}
