//! Files that are there, that are not, and that are not what they should be.

use super::*;

#[test]
fn settings_come_from_file_then_environment_then_flags() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("node.toml");
    std::fs::write(&file, "data_dir = 'data'\n[link]\nretry_max = '1s'\nkeep_alive = '1s'\n")
        .unwrap();
    let environment =
        ["RETRY_MAX", "KEEP_ALIVE"].map(|n| (format!("TONGBAN_LINK__{n}"), "2s".into()));
    let settings = node(Some(&file), environment, ["link.keep_alive=3s".to_owned()]).unwrap();
    assert_eq!(settings.data_dir, dir.path().join("data"));
    let seconds = [settings.link.retry_max, settings.link.keep_alive].map(|d| d.as_secs());
    assert_eq!(seconds, [2, 3]);
}

#[test]
fn a_folder_with_the_shipped_files_is_the_shipped_city() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("suining");
    assert_eq!(city(Some(&dir)).unwrap(), city(None).unwrap());
}

#[test]
fn a_file_that_is_missing_or_broken_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let show = |error: LoadError| error.to_string().replace(dir.path().to_str().unwrap(), "DIR");
    let file = dir.path().join("hub.toml");
    insta::assert_snapshot!(show(hub(Some(&file), [], []).unwrap_err()), @"DIR/hub.toml: cannot be read: No such file or directory (os error 2)");
    std::fs::write(&file, b"data_dir = '\xc4\xe3'").unwrap();
    insta::assert_snapshot!(show(hub(Some(&file), [], []).unwrap_err()), @"DIR/hub.toml: cannot be read: not UTF-8 at byte 12; save it as UTF-8");
    std::fs::write(&file, vec![b'#'; 1_048_577]).unwrap();
    insta::assert_snapshot!(show(hub(Some(&file), [], []).unwrap_err()), @"DIR/hub.toml: cannot be read: longer than 1048576 bytes; is it the right file?");
    insta::assert_snapshot!(show(city(Some(dir.path())).unwrap_err()), @"DIR: city.toml: No such file or directory (os error 2)");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_refused_only_if_it_is_ours() {
    use std::os::unix::ffi::OsStringExt;

    let pair = |name: &str| (OsString::from(name), OsString::from_vec(vec![0xc4]));
    assert_eq!(utf8([pair("LANG")].into_iter()).unwrap(), []);
    let error = utf8([pair("TONGBAN_DATA_DIR")].into_iter()).unwrap_err();
    insta::assert_snapshot!(error, @"variable TONGBAN_DATA_DIR: not UTF-8; write it anew");
}
