//! Clerks at several windows, over HTTP, until their machine answers no more.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread::JoinHandle;
use std::time::Duration;

use tongban_tests::machine::{Machine, Window};

/// Takes cases at `windows` windows; each ends at the first case that is not acknowledged, and
/// returns the ids of those that were.
pub(crate) fn at_work(machine: &Machine, windows: usize) -> Vec<JoinHandle<Vec<String>>> {
    let window = |window: Window| {
        let mut taken = Vec::new();
        while let Some(id) = take(&window) {
            taken.push(id);
        }
        taken
    };
    let spawn = |_| {
        let at = machine.window();
        std::thread::spawn(move || window(at))
    };
    (0..windows).map(spawn).collect()
}

pub(crate) fn acknowledged(clerks: Vec<JoinHandle<Vec<String>>>) -> Vec<String> {
    clerks.into_iter().flat_map(|clerk| clerk.join().unwrap()).collect()
}

/// Takes one case and returns its id once the machine says that it is saved.
pub(crate) fn take(window: &Window) -> Option<String> {
    let body = r#"{"item":"T01","item_name":"参保登记","applicant":"张三","by":"李秀英"}"#;
    let length = body.len();
    let content = format!("Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    let answer = ask(window, "POST /api/v1/cases", &format!("{content}{body}"))?;
    let id = answer.starts_with("HTTP/1.1 201").then(|| answer.split("\"id\":\"").nth(1))??;
    id.split('"').next().map(str::to_owned)
}

/// Answers whether the machine shows a case.
pub(crate) fn is_shown(window: &Window, id: &str) -> bool {
    number(window, id).is_some()
}

/// The number of a case that the machine shows.
fn number(window: &Window, id: &str) -> Option<String> {
    let answer = ask(window, &format!("GET /api/v1/cases/{id}"), "\r\n")?;
    let is_it = answer.starts_with("HTTP/1.1 200") && answer.contains("张三");
    let number = is_it.then(|| answer.split("\"number\":\"").nth(1))??;
    number.split('"').next().map(str::to_owned)
}

fn ask(Window { http, token }: &Window, request: &str, rest: &str) -> Option<String> {
    let mut stream = TcpStream::connect(http).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
    let shows = format!("Authorization: Bearer {token}\r\nConnection: close\r\n");
    let head = format!("{request} HTTP/1.1\r\nHost: localhost\r\n{shows}");
    stream.write_all(format!("{head}{rest}").as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}

/// Lets the clerks work for a while.
pub(crate) fn work_for(ms: u64) {
    let (_tx, never) = std::sync::mpsc::channel::<()>();
    let _ = never.recv_timeout(Duration::from_millis(ms));
}

/// Every case is there under a number of its own, and each journal holds from its first entry to
/// its last.
pub(crate) fn find_all(machine: &mut Machine, taken: &[String]) {
    let checked = machine.ok(&["check"]);
    assert!(checked.contains("nothing is wrong"), "{checked}");
    machine.start();
    let at = machine.window();
    let shown: Vec<_> = taken.iter().map(|id| (id, number(&at, id))).collect();
    let lost: Vec<_> = shown.iter().filter(|(_, number)| number.is_none()).collect();
    assert!(
        lost.is_empty(),
        "{} of {} acknowledged cases are lost: {lost:?}",
        lost.len(),
        taken.len()
    );
    let numbers: BTreeSet<_> = shown.iter().map(|(_, number)| number).collect();
    let cases: BTreeSet<_> = taken.iter().collect();
    assert_eq!(numbers.len(), cases.len(), "a number was given twice");
    machine.kill();
}
