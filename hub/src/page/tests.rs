//! The city's pages, rendered from a picture and asked for over a socket.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use tongban_config::city::City;
use tongban_node::tasks::Tasks;
use tongban_node::web::guard::Hosts;
use tongban_node::web::serve_router;
use tongban_protocol::place::Tier;
use tongban_protocol::time::Timestamp;

use super::*;

const HOSTILE: &str = "<script>alert('x')</script>\"onmouseover=\"y";

/// The shipped city with verdicts of every kind.
pub(super) fn sample() -> CityPicture {
    let city = City::suining();
    let mut city_tile = None;
    let mut counties: Vec<CountyRow> = Vec::new();
    for (at, centre) in city.tree.iter().enumerate() {
        let tile = sample_tile(at, centre.division, &centre.name_zh, &centre.name_en);
        match centre.tier {
            Tier::City => city_tile = Some(tile),
            Tier::County => counties.push(CountyRow { centre: tile, townships: Vec::new() }),
            Tier::Township => {
                let path = city.tree.path(centre.division).unwrap();
                let parent = path.ancestors()[0];
                let row = counties.iter_mut().find(|row| row.centre.division == parent);
                row.unwrap().townships.push(tile);
            }
        }
    }
    let incidents = vec![IncidentLine {
        division: "510904101".parse().unwrap(),
        kind_zh: "分叉".to_owned(),
        kind_en: "fork".to_owned(),
        place: "510904101:7f3a9c21:0 #812".to_owned(),
        why: "two entries carry number 812; the first was receipted".to_owned(),
        found_at: Timestamp(1_795_338_309_000),
        times: 1,
        last_seen_at: Timestamp(1_795_338_309_000),
    }];
    CityPicture {
        name_zh: "遂宁市".to_owned(),
        name_en: "Suining".to_owned(),
        as_of: Timestamp(1_795_338_309_000),
        city: city_tile.unwrap(),
        counties,
        entries_held: 1_284_377,
        cases: 98_204,
        incident_count: 1,
        incidents,
        note: Some(Note {
            zh: "演示城市：数据为模拟。".to_owned(),
            en: "Demo city: the data are made up.".to_owned(),
        }),
    }
}

fn sample_tile(at: usize, division: Division, name_zh: &str, name_en: &str) -> Tile {
    let verdict = match at {
        0..=3 => VerdictWord::Complete,
        29 => VerdictWord::Incident,
        _ if at % 11 == 5 => VerdictWord::Behind,
        _ if at % 17 == 7 => VerdictWord::Silent,
        _ if at % 31 == 12 => VerdictWord::NotEnrolled,
        _ => VerdictWord::Complete,
    };
    let missing = (verdict == VerdictWord::Behind).then_some(at as u64 * at as u64 / 3);
    let held = 11_204;
    let (reason_zh, reason_en) = match verdict {
        VerdictWord::Incident => (
            "第 812 条有两个不同版本(分叉),其中一个已有回执,须人工核查。".to_owned(),
            "Entry 812 exists twice (a fork) and one of them was receipted; a person must look."
                .to_owned(),
        ),
        _ => (
            format!(
                "截至 2026-11-22 17:05:09,市中心持有该中心声明的全部 {held} 条记录,逐条链到一致。"
            ),
            format!(
                "As of 2026-11-22 17:05:09 the city holds all {held} entries announced, and the chains agree."
            ),
        ),
    };
    Tile {
        division,
        name_zh: name_zh.to_owned(),
        name_en: name_en.to_owned(),
        verdict,
        number: missing,
        reason_zh,
        reason_en,
        as_of: Some(Timestamp(1_795_338_309_000)),
        detail: Detail {
            held,
            announced: Some(held + missing.unwrap_or(0)),
            last_contact: Some(Timestamp(1_795_338_307_000)),
            via_zh: "直连".to_owned(),
            via_en: "direct".to_owned(),
            cases: 871,
            opened_30_days: 96,
            handled_30_days: 143,
            tickets_30_days: 12,
            sampled: 6,
            sample_faults: 1,
            use_zh: "在用".to_owned(),
            use_en: "in use".to_owned(),
            late: "3/96".to_owned(),
            waiting: Some(0),
            software: Some("tongban 0.1.0".to_owned()),
        },
    }
}

#[test]
fn every_centre_of_the_shipped_city_is_a_link_with_a_word() {
    let picture = sample();
    let page = city_page(&picture, None, Language::Chinese);
    assert_eq!(picture.tiles().count(), 124);
    assert_eq!(page.matches("<a class=\"tile").count(), 124);
    assert_eq!(page.matches("<a class=\"tile own").count(), 5);
    for tile in picture.tiles() {
        let link = format!("href=\"/centres/{}\"", tile.division);
        assert!(page.contains(&link), "{link}");
        assert!(page.contains(&tile.name_zh), "{}", tile.name_zh);
    }
}

#[test]
fn the_whole_city_weighs_less_than_60_kilobytes() {
    for language in [Language::Chinese, Language::English] {
        let bytes = city_page(&sample(), None, language).len()
            + include_str!("assets/city.css").len()
            + include_str!("assets/city.js").len()
            + tongban_node::web::shell::STYLE.len();
        assert!(bytes < 60_000, "{bytes} bytes in {language:?}");
    }
}

#[test]
fn the_page_speaks_both_languages() {
    let chinese = city_page(&sample(), None, Language::Chinese);
    assert!(chinese.contains("<h1>遂宁市 通办 · 覆盖总览</h1>"), "{chinese}");
    assert!(chinese.contains("lang=\"zh-CN\"") && chinese.contains("未到齐"));
    let english = city_page(&sample(), None, Language::English);
    assert!(english.contains("<h1>Suining Tongban · coverage</h1>"), "{english}");
    assert!(english.contains("Nanjinlu Subdistrict") && !english.contains("南津路街道"));
}

#[test]
fn only_complete_is_green_and_only_an_incident_is_red() {
    let page = city_page(&sample(), None, Language::Chinese);
    for tile in sample().tiles() {
        let start = page.find(&format!("id=\"d{}\"", tile.division)).unwrap();
        let class = page[..start].rsplit("class=\"").next().unwrap();
        assert!(class.starts_with("tile") && class.contains(tile.verdict.class()), "{class}");
    }
}

#[test]
fn no_page_shows_a_percentage_and_every_share_has_its_denominator() {
    let picture = sample();
    let counts = picture.counts();
    let page = city_page(&picture, None, Language::Chinese);
    assert!(!page.contains('%'));
    let share = format!(
        "<b id=\"n-complete\">{}</b><span class=\"of\">/{}</span>",
        counts.complete, counts.centres
    );
    assert!(page.contains(&share), "{share}");
    let sum: u64 = VerdictWord::ALL.into_iter().map(|verdict| counts.of(verdict)).sum();
    assert_eq!(sum, counts.centres);
}

#[test]
fn hostile_names_reasons_and_incidents_are_escaped() {
    let mut picture = sample();
    for text in [&mut picture.name_zh, &mut picture.city.name_zh, &mut picture.city.reason_zh] {
        HOSTILE.clone_into(text);
    }
    HOSTILE.clone_into(&mut picture.incidents[0].why);
    HOSTILE.clone_into(&mut picture.incidents[0].place);
    picture.incidents[0].division = picture.city.division;
    let pages = [
        city_page(&picture, None, Language::Chinese),
        centre_page(&picture, &picture.city, None, Language::Chinese),
    ];
    for page in pages {
        assert!(!page.contains("<script>") && !page.contains("\"onmouseover"), "{page}");
    }
}

#[test]
fn a_centres_page_gives_reason_figures_and_its_own_incidents() {
    let picture = sample();
    let tile = picture.tile("510904101".parse().unwrap()).unwrap();
    let page = centre_page(&picture, tile, None, Language::English);
    for part in [&tile.reason_en, "11,204 / 11,204", "2026-11-22", "143", "fork", "tongban 0.1.0"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    let other = picture.tile("510903".parse().unwrap()).unwrap();
    assert!(!centre_page(&picture, other, None, Language::English).contains("receipted"));
}

#[derive(Debug)]
struct Fixed(Result<CityPicture, Unavailable>);

impl PictureSource for Fixed {
    fn picture(&self) -> Drawing<'_> {
        Box::pin(std::future::ready(self.0.clone()))
    }
}

/// Sends one GET to a hub that serves `source` and returns what comes back, up to `until`.
async fn get_until(source: Fixed, path: &str, until: &'static str) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let tasks = Tasks::new();
    let server = tasks.clone();
    let hosts = Hosts::new(address, []);
    tasks.spawn("web", async move {
        serve_router(listener, router(Pages::new(Arc::new(source))), hosts, &server).await;
    });
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
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
    let answer = answer.await.unwrap();
    tasks.shutdown(std::time::Duration::from_secs(5)).await;
    answer
}

#[tokio::test]
async fn the_city_is_served_with_a_policy_that_forbids_other_hosts() {
    let answer = get_until(Fixed(Ok(sample())), "/?lang=en", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("content-security-policy: default-src 'self'"), "{answer}");
    assert!(answer.contains("set-cookie: lang=en"), "{answer}");
    let absolute = answer.matches("href=\"http").count() + answer.matches("src=\"http").count();
    assert_eq!(absolute, 0);
}

#[tokio::test]
async fn a_division_that_the_city_lacks_is_not_found_and_named() {
    for path in ["/centres/999999", "/centres/%3Cscript%3E", "/centres/5109031030000000000000"] {
        let answer = get_until(Fixed(Ok(sample())), path, "").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
        assert!(answer.contains("请从总览进入") && !answer.contains("<script>"), "{answer}");
    }
}

#[tokio::test]
async fn a_picture_that_cannot_be_drawn_is_said_so() {
    for path in ["/", "/centres/510900", "/api/v1/coverage"] {
        let source = Fixed(Err(Unavailable("the hub is stopping".to_owned())));
        let answer = get_until(source, path, "").await;
        assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
        assert!(answer.contains("the hub is stopping"), "{answer}");
    }
}

#[tokio::test]
async fn the_json_has_the_counts_and_every_centre() {
    let answer = get_until(Fixed(Ok(sample())), "/api/v1/coverage", "").await;
    let body = answer.split_once("\r\n\r\n").unwrap().1;
    let json: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(json["counts"]["centres"], 124);
    assert_eq!(json["counties"].as_array().unwrap().len(), 5);
    assert_eq!(json["city"]["verdict"], "complete");
    assert_eq!(json["counties"][0]["townships"][0]["name_zh"], "南津路街道");
}

#[tokio::test]
async fn an_out_of_date_page_is_told_every_cell_and_a_fresh_one_none() {
    let old = get_until(Fixed(Ok(sample())), "/events?mark=old", "event: incidents").await;
    assert!(old.contains("event: cells") && old.contains("\"division\":\"510903001\""), "{old}");
    let mark = live::mark(&sample(), Language::Chinese);
    let fresh = format!("/events?mark={mark}");
    let fresh = get_until(Fixed(Ok(sample())), &fresh, "event: figures").await;
    assert!(!fresh.contains("event: cells"), "{fresh}");
}
