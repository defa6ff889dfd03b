//! Random bytes over the store's files: it comes back complete from parent and outbox.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use tongban_tests::machine::wait_for;

use super::clerks::{is_shown, take};
use super::{Town, copy, next};

type Damage = fn(&Path, &mut u64);

const KINDS: [(&str, Damage); 8] = [
    ("bytes here and there in the log", |store, seed| scatter(&store.join("sled/db"), 48, seed)),
    ("one byte of the log", |store, seed| scatter(&store.join("sled/db"), 1, seed)),
    ("the whole log", |store, seed| overwrite(&store.join("sled/db"), seed)),
    ("half the log cut off", |store, _| cut(&store.join("sled/db"))),
    ("the snapshots", |store, seed| snapshots(store).iter().for_each(|file| overwrite(file, seed))),
    ("the settings of sled", |store, seed| overwrite(&store.join("sled/conf"), seed)),
    ("the tip", |store, seed| overwrite(&store.join("tip"), seed)),
    ("every file of sled", |store, seed| {
        let files = fs::read_dir(store.join("sled")).unwrap().map(|file| file.unwrap().path());
        files.filter(|file| file.is_file()).for_each(|file| overwrite(&file, seed));
    }),
];

fn random(bytes: usize, seed: &mut u64) -> Vec<u8> {
    (0..bytes).map(|_| next(seed).to_le_bytes()[0]).collect()
}

fn scatter(path: &Path, count: usize, seed: &mut u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    // Where records are: the file is longer than what is written.
    let content = fs::read(path).unwrap();
    let end = content.iter().rposition(|byte| *byte != 0).unwrap() as u64;
    for _ in 0..count {
        let bytes = if count == 1 { 1 } else { 64 };
        file.write_all_at(&random(bytes, seed), next(seed) % end).unwrap();
    }
}

fn overwrite(path: &Path, seed: &mut u64) {
    let bytes = usize::try_from(fs::metadata(path).unwrap().len()).unwrap();
    fs::write(path, random(bytes, seed)).unwrap();
}

fn cut(path: &Path) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(file.metadata().unwrap().len() / 2).unwrap();
}

fn snapshots(store: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(store.join("sled")).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.file_name().unwrap().to_string_lossy().starts_with("snap.")).collect()
}

#[test]
fn damaged_store_is_set_aside_and_comes_back_complete_from_parent_and_outbox() {
    let mut town = Town::new();
    town.township.start();
    let mut taken: Vec<String> = (0..12).map(|_| take(&town.township.window()).unwrap()).collect();
    let last = taken.last().unwrap().clone();
    wait_for("the city's receipt", || {
        town.township.ok(&["case", "show", &last]).contains("\"city\"")
    });
    town.hub.kill();
    taken.extend((0..6).map(|_| take(&town.township.window()).unwrap()));
    town.township.kill();
    let (hub, township) = (town.hub.dir.clone(), town.township.dir.clone());
    for (number, (kind, damage)) in KINDS.iter().enumerate() {
        town.hub.dir = town.dir.path().join(format!("hub-{number}"));
        town.township.dir = town.dir.path().join(format!("township-{number}"));
        copy(&hub, &town.hub.dir);
        copy(&township, &town.township.dir);
        let mut seed = 0x1234_5678_9abc_def1 + number as u64;
        let store = town.township.dir.join("store");
        damage(&store, &mut seed);
        town.hub.start();
        town.township.start();
        wait_for(kind, || taken.iter().all(|id| is_shown(&town.township.window(), id)));
        let was_set_aside = store.join("damaged-1").exists();
        let status = town.township.ok(&["status"]);
        assert_eq!(status.contains("was set aside as"), was_set_aside, "{kind}: {status}");
        if ["the whole log", "half the log cut off", "every file of sled"].contains(kind) {
            assert!(store.join("damaged-1/sled").is_dir(), "{kind}: set aside, not deleted");
        }
        taken.push(take(&town.township.window()).unwrap()); // Work goes on, under no number given before.
        let id = taken.pop().unwrap();
        wait_for("the new case at the city", || {
            town.township.ok(&["case", "show", &id]).contains("\"city\"")
        });
        town.township.kill();
        town.hub.kill();
        let checked = town.township.ok(&["check"]);
        assert!(checked.contains("nothing is wrong"), "{kind}: {checked}");
    }
}
