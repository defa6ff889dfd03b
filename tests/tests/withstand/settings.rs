//! Settings and facts that cannot be.

use std::fs;

use super::*;

#[test]
fn a_settings_file_with_an_unknown_key_names_the_nearest_and_starts_nothing() {
    let office = Office::new();
    let file = office.dir.path().join("设 置.toml");
    fs::write(&file, "[link]\n# slow\nretry_maxx = '5s'\n").unwrap();
    let machine = office.machine("镇");
    let refused = machine.run(&["--config", text(&file), "status"]);
    check_refused(&refused, &["设 置.toml:3", "link.retry_maxx", "did you mean `link.retry_max`"]);
    let refused = office.hub.run(&["--set", "coverage.silentafter=1h", "audit"]);
    check_refused(&refused, &["coverage.silentafter", "did you mean `coverage.silent_after`"]);
    let refused = machine.run(&["--set", "witness.pace=1s", "status"]);
    check_refused(&refused, &["witness.pace", "a setting of the hub", "remove it here"]);
    assert!(!machine.dir.exists(), "nothing was begun");
}

/// The folder of the shipped facts with a row more or another, and what the hub says of it.
fn with_divisions(change: impl FnOnce(String) -> String) -> (TempDir, Result<String, String>) {
    let dir = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/suining");
    for file in fs::read_dir(shipped).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), dir.path().join(file.file_name())).unwrap();
    }
    let divisions = dir.path().join("divisions-2013.csv");
    let rows = fs::read_to_string(&divisions).unwrap();
    fs::write(&divisions, change(rows)).unwrap();
    let hub = Machine::new(&binary("tongban-hub"), dir.path(), "hub");
    let said = hub.run(&["--set", &format!("city.facts={}", dir.path().display()), "init"]);
    assert!(said.is_ok() || !hub.dir.exists(), "nothing was set up");
    (dir, said)
}

#[test]
fn facts_that_contradict_themselves_are_refused_with_file_line_and_remedy() {
    let line =
        |rows: &str, code: &str| rows.lines().position(|row| row.starts_with(code)).unwrap() + 1;
    with_divisions(|rows| rows).1.unwrap();

    let mut at = 0;
    let twice = with_divisions(|rows| {
        at = rows.lines().count() + 1;
        format!("{rows}510921103,township,510921,明月镇,Mingyue Town\n")
    });
    let place = format!("divisions-2013.csv:{at}");
    check_refused(&twice.1, &[&place, "510921103 stands in line", "remove one of the two rows"]);

    let orphan = with_divisions(|rows| {
        at = line(&rows, "510921103");
        rows.replace("510921103,township,510921,", "510921103,township,510929,")
    });
    let place = format!("divisions-2013.csv:{at}");
    check_refused(&orphan.1, &[&place, "parent 510929 of 510921103 has no row", "add one"]);

    let alone = with_divisions(|rows| {
        at = line(&rows, "510921103");
        rows.replace("510921103,township,510921,", "510921103,township,,")
    });
    let place = format!("divisions-2013.csv:{at}");
    let said = ["township 510921103 has no parent", "write the code of the centre above it"];
    check_refused(&alone.1, &[&place, said[0], said[1]]);
}
