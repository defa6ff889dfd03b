//! Pages and handlers of a running node, asked for over a socket.

mod counter;
mod link;
mod paste;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use rand_chacha::ChaCha12Rng;
use rand_core::SeedableRng;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use tempfile::TempDir;
use tongban_protocol::identity::{Credential, SigningKey};
use tongban_protocol::place::{Path, Tier};
use tongban_protocol::time::Timestamp;

use super::*;
use crate::join::Welcome;
use crate::link::{LinkSettings, ParentSettings, private_key_der};
use crate::membership::Membership;
use crate::report::Alone;
use crate::service::{Service, ServiceSettings};
use crate::store::StoreSettings;

/// After this a test that waits for an answer has failed.
const PATIENCE: Duration = Duration::from_secs(60);

const CENTRE: &str = "510921103";

const PASSWORD: &str = "晴天与长江 42";

const HOSTILE: &str = "<script>alert('x')</script>";

/// A township's node without any link, and its pages.
struct Town {
    service: Service,
    client: Client,
    accounts: Arc<Accounts>,
    _folder: TempDir,
}

/// A browser or a department's system, with what it shows at the gate.
struct Client {
    address: SocketAddr,
    shows: String,
}

impl Town {
    async fn open(reserve_bytes: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        join(folder.path());
        let settings = ServiceSettings {
            data_dir: folder.path().to_owned(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            parents: Some(Vec::new()),
            link: LinkSettings::default(),
            patience: ParentSettings::default(),
            store: StoreSettings { reserve_bytes, ..StoreSettings::default() },
        };
        let service = Service::start(settings, None, None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accounts = Arc::new(accounts(folder.path()));
        let shows = shown_at_the_gate(folder.path(), &accounts);
        let face = Face {
            desk: service.desk().clone(),
            name: format!("明月镇{HOSTILE}"),
            centre: CENTRE.parse().unwrap(),
            accounts: accounts.clone(),
            open: &["/report"],
            data_dir: folder.path().to_owned(),
            description: openapi,
            lookout: Arc::new(Alone),
        };
        let tasks = service.tasks().clone();
        service.tasks().spawn("web", async move {
            serve(listener, face, Hosts::new(address, []), &tasks).await;
        });
        Self { service, client: Client { address, shows }, accounts, _folder: folder }
    }
}

impl Client {
    /// Sends a request as it stands and returns the answer up to its end, or up to `until`.
    async fn raw(&self, request: String, until: &'static str) -> Answer {
        let address = self.address;
        let answer = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(PATIENCE)).unwrap();
            stream.write_all(request.as_bytes()).unwrap();
            let (mut answer, mut part) = (Vec::new(), [0; 4096]);
            loop {
                let count = stream.read(&mut part).unwrap_or(0);
                answer.extend_from_slice(&part[..count]);
                let text = String::from_utf8_lossy(&answer);
                if count == 0 || (!until.is_empty() && text.contains(until)) {
                    return text.into_owned();
                }
            }
        });
        Answer(answer.await.unwrap())
    }

    async fn get(&self, path: &str) -> Answer {
        let shows = &self.shows;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{shows}Connection: close\r\n\r\n");
        self.raw(request, "").await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        let length = body.len();
        let shows = &self.shows;
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\n{shows}Connection: close\r\n");
        let content = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
        self.raw(format!("{head}{content}{body}"), "").await
    }

    async fn take(&self, applicant: &str) -> String {
        let body =
            json!({"item": "T01", "item_name": "参保登记", "applicant": applicant, "by": "李芳"});
        let answer = self.post("/api/v1/cases", &body.to_string()).await;
        answer.check(201, "");
        answer.json()["id"].as_str().unwrap().to_owned()
    }
}

struct Answer(String);

impl Answer {
    fn status(&self) -> u16 {
        self.0.get(9..12).and_then(|code| code.parse().ok()).unwrap_or(0)
    }

    fn json(&self) -> Value {
        serde_json::from_str(self.0.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Expects a status; and of a fault, that it says what is wrong in both languages.
    fn check(&self, status: u16, what: &str) {
        assert_eq!(self.status(), status, "{}", self.0);
        assert!(self.0.contains(what), "no {what} in {}", self.0);
        if status >= 400 {
            let fault = self.json();
            for field in ["error_zh", "error_en", "what", "where"] {
                assert!(fault[field].as_str().is_some_and(|it| !it.is_empty()), "{field}: {fault}");
            }
        }
    }
}

/// The accounts of a machine, with the administrator 周敏.
fn accounts(folder: &std::path::Path) -> Accounts {
    let mut rng = ChaCha12Rng::from_seed([9; 32]);
    let accounts = Accounts::open(folder, &mut rng).unwrap();
    let code = accounts.first_code().unwrap();
    accounts.set_up(crate::clock::now(), &mut rng, &code, ("周敏", PASSWORD)).unwrap();
    accounts
}

/// The operator's token, and the cookie of 周敏.
fn shown_at_the_gate(folder: &std::path::Path, accounts: &Accounts) -> String {
    let token = crate::accounts::operator_token(folder).unwrap();
    let mut rng = ChaCha12Rng::from_seed([10; 32]);
    let session = accounts.sign_in(crate::clock::now(), &mut rng, "周敏", PASSWORD).unwrap();
    format!("Authorization: Bearer {token}\r\nCookie: tongban_{CENTRE}={session}\r\n")
}

/// Makes a folder a member of a city, as the hub would have.
fn join(folder: &std::path::Path) {
    let (root, key) = (SigningKey::from_seed([1; 32]), SigningKey::from_seed([2; 32]));
    let path =
        Path::new(CENTRE.parse().unwrap(), &["510921", "510900"].map(|it| it.parse().unwrap()));
    let credential =
        Credential { key: key.public(), path, issued_at: Timestamp(1), tier: Tier::Township };
    let pair = |seed: u8| KeyPair::try_from(private_key_der(&[seed; 32])).unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let root_pair = pair(1);
    let issuer = Issuer::from_params(&params, &root_pair);
    let certificate = CertificateParams::default().signed_by(&pair(2), &issuer).unwrap();
    let welcome = Welcome {
        credential: credential.seal(&root),
        certificate: certificate.der().to_vec(),
        root_certificate: params.self_signed(&root_pair).unwrap().der().to_vec(),
        root: root.public(),
        parents: Vec::new(),
        name: "明月镇".to_owned(),
    };
    Membership { key: key.clone(), welcome, incarnation: 0 }.save(folder).unwrap();
    crate::membership::write_key(folder, &key).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_taken_listed_shown_and_says_why_it_waits() {
    let town = Town::open(0).await;
    let id = town.client.take("王小明").await;
    town.client.get("/api/v1/cases?limit=5").await.check(200, &id);
    let shown = town.client.get(&format!("/api/v1/cases/{id}")).await;
    shown.check(200, "王小明");
    let number = shown.json()["number"].as_str().unwrap().to_lowercase();
    town.client.get(&format!("/api/v1/cases?number={number}")).await.check(200, &id);
    let body = r#"{"kind":"accept","by":"李芳"}"#;
    town.client
        .post(&format!("/api/v1/cases/{id}/events"), body)
        .await
        .check(201, "\"stage\":\"here\"");
    let why = town.client.get(&format!("/api/v1/cases/{id}/why")).await;
    why.check(200, "saved on this machine");
    let status = town.client.get("/api/v1/status").await.json();
    assert_eq!(status["own_entries"], json!({"saved": 3, "at_parent": 0, "confirmed": 0}));
    assert_eq!(status["waiting"], 3);
    let doubtful =
        r#"{"item":"T01","applicant":"某公司","by":"李","applicant_number":"91350211m0000xuf46"}"#;
    let answer = town.client.post("/api/v1/cases", doubtful).await;
    answer.check(201, "\"number\":\"510921103-");
    assert_eq!(answer.json()["doubts"][0]["code"], "check");
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_with_the_place_of_the_fault() {
    let town = Town::open(0).await;
    let id = town.client.take("王小明").await;
    let events = format!("/api/v1/cases/{id}/events");
    let unknown = "510921103-01JD0000000000000000000000";
    for (path, body, status, what) in [
        ("/api/v1/cases", "{", 400, "EOF"),
        (
            "/api/v1/cases",
            r#"{"item":"T01","applicant":"王","by":"李","aplicant":"x"}"#,
            400,
            "aplicant",
        ),
        ("/api/v1/cases", r#"{"item":"","applicant":"王","by":"李"}"#, 422, "\"where\":\"item\""),
        (
            "/api/v1/cases",
            r#"{"item":"T","applicant":"王","by":"李","request_id":""}"#,
            422,
            "request_id",
        ),
        (&events, r#"{"kind":"accpet","by":"李"}"#, 400, "accept"),
        (&events, r#"{"kind":"deliver","by":"李"}"#, 422, "\"where\":\"kind\""),
        (
            &format!("/api/v1/cases/{unknown}/events"),
            r#"{"kind":"accept","by":"李"}"#,
            404,
            unknown,
        ),
        ("/api/v1/cases/nonsense/events", r#"{"kind":"accept","by":"李"}"#, 404, "nonsense"),
    ] {
        town.client.post(path, body).await.check(status, what);
    }
    for (path, status, what) in [
        (format!("/api/v1/cases/{unknown}"), 404, unknown),
        (format!("/api/v1/cases/{unknown}/why"), 404, unknown),
        ("/api/v1/cases?limit=0".to_owned(), 400, "within 1 to 200"),
        ("/api/v1/cases?limit=many".to_owned(), 400, "limit"),
        ("/api/v1/cases?after=yesterday".to_owned(), 400, "yesterday"),
        ("/api/v1/cases?page=2".to_owned(), 400, "page"),
        (
            "/api/v1/cases?number=510921103-20261302-MB7I-00001-O".to_owned(),
            400,
            "第二段“20261302”不是日期",
        ),
        ("/api/v2/cases".to_owned(), 404, "/api/v2/cases"),
    ] {
        town.client.get(&path).await.check(status, what);
    }
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused() {
    let town = Town::open(0).await;
    let body = "x".repeat(BODY_BYTES_MAX + 1);
    town.client.post("/api/v1/cases", &body).await.check(413, "length limit exceeded");
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_names_and_forged_forms_are_turned_away() {
    let town = Town::open(0).await;
    let rebound = "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    town.client.raw(rebound.to_owned(), "").await.check(421, "evil.example");
    let none = "GET / HTTP/1.1\r\nConnection: close\r\n\r\n";
    assert!(town.client.raw(none.to_owned(), "").await.status() >= 400);
    for content in ["", "Content-Type: text/plain\r\n", "Content-Type: multipart/form-data\r\n"] {
        let form = format!(
            "POST /api/v1/cases HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{content}Content-Length: 2\r\n\r\n{{}}"
        );
        town.client.raw(form, "").await.check(415, "application/json");
    }
    assert_eq!(town.client.get("/api/v1/status").await.json()["own_entries"]["saved"], 0);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_reads_go_on() {
    let town = Town::open(u64::MAX / 4).await;
    let body = r#"{"item":"T01","applicant":"王","by":"李"}"#;
    town.client.post("/api/v1/cases", body).await.check(507, "free some space");
    assert_eq!(town.client.get("/healthz").await.status(), 503);
    town.client.get("/link").await.check(200, "还没有办件");
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_both_languages_and_shows_no_green_before_the_city_confirmed() {
    let town = Town::open(0).await;
    town.client.take(HOSTILE).await;
    let page = town.client.get("/link").await;
    for part in ["已保存本机", "市中心已确认", "离线", "参保登记", "已保存在本机"]
    {
        page.check(200, part);
    }
    assert!(!page.0.contains(HOSTILE) && !page.0.contains("step complete"), "{}", page.0);
    assert!(!page.0.contains("key complete") && !page.0.contains("key incident"), "{}", page.0);
    assert!(page.0.contains("content-security-policy: default-src 'self'"), "{}", page.0);
    let english = town.client.get("/link?lang=en").await;
    english.check(200, "confirmed by the city");
    assert!(english.0.contains("set-cookie: lang=en"), "{}", english.0);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_is_told_of_a_new_case() {
    let town = Town::open(0).await;
    let request = format!(
        "GET /link/events HTTP/1.1\r\nHost: localhost\r\n{}Connection: close\r\n\r\n",
        town.client.shows
    );
    let told = town.client.raw(request, "赵新来");
    let (told, _) = tokio::join!(told, town.client.take("赵新来"));
    assert!(told.0.contains("赵新来"), "{}", told.0);
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_metrics_and_the_description_are_served() {
    let town = Town::open(0).await;
    town.client.take("王小明").await;
    town.client.get("/healthz").await.check(200, "ok");
    let metrics = town.client.get("/metrics").await;
    metrics.check(200, "tongban_journal_entries_authored_total 2");
    metrics.check(200, "tongban_journal_entries_waiting 2");
    assert!(!metrics.0.contains("contact_age"), "never heard is no age: {}", metrics.0);
    let description = town.client.get("/api/v1/openapi.json").await.json();
    assert!(description["components"]["schemas"]["NewCase"]["properties"]["applicant"].is_object());
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_given_and_a_file_that_is_none_is_refused() {
    let town = Town::open(0).await;
    town.client.take("王小明").await;
    for path in ["/api/v1/carry/out", "/api/v1/carry/out?all=true", "/api/v1/backup"] {
        let answer = town.client.get(path).await;
        answer.check(200, "TBCARRY1");
        assert!(answer.0.contains("content-disposition: attachment"), "{}", answer.0);
    }
    town.client.get("/api/v1/carry/out?all=perhaps").await.check(400, "all: ");
    for path in ["/api/v1/carry/in", "/api/v1/carry/out"] {
        town.client.post(path, "a letter").await.check(422, "TBCARRY1");
    }
    town.service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_service_answers_that_it_stops() {
    let town = Town::open(0).await;
    let folder = tempfile::tempdir().unwrap();
    let accounts = Arc::new(accounts(folder.path()));
    let shows = shown_at_the_gate(folder.path(), &accounts);
    let face = Face {
        desk: town.service.desk().clone(),
        name: "明月镇".to_owned(),
        centre: CENTRE.parse().unwrap(),
        accounts,
        open: &[],
        data_dir: PathBuf::new(),
        description: openapi,
        lookout: Arc::new(Alone),
    };
    town.service.stop().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let tasks = Tasks::new();
    let serving = tasks.clone();
    tasks.spawn("web", async move {
        serve(listener, face, Hosts::new(address, []), &serving).await;
    });
    let stopped = Client { address, shows };
    for path in ["/link", "/api/v1/status", "/api/v1/cases"] {
        stopped.get(path).await.check(503, "stopping");
    }
    assert_eq!(stopped.get("/healthz").await.status(), 503);
    tasks.shutdown(Duration::from_secs(5)).await;
}
