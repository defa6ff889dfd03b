//! What is accepted, and the text of every refusal.

use proptest::prelude::*;

use super::*;

fn file(text: &str) -> Sources {
    Sources { file: Some(("node.toml".to_owned(), text.to_owned())), ..Sources::default() }
}

fn flags(flags: &[&str]) -> Sources {
    let flags = [&["data_dir=d"], flags].concat();
    Sources { flags: flags.into_iter().map(ToOwned::to_owned).collect(), ..Sources::default() }
}

fn refusal(text: &str) -> String {
    NodeSettings::read(&file(&format!("data_dir = 'd'\n{text}"))).unwrap_err().to_string()
}

fn refusal_of_flags(given: &[&str]) -> String {
    NodeSettings::read(&flags(given)).unwrap_err().to_string()
}

fn refusal_of_variable(name: &str, value: &str) -> String {
    let environment = vec![(name.to_owned(), value.to_owned())];
    let sources = Sources { environment, ..flags(&[]) };
    NodeSettings::read(&sources).unwrap_err().to_string()
}

/// Takes the `# ` from each `# key = value` of an example.
fn uncommented(example: &str) -> String {
    let assigns = |line: &str| {
        let key = line.split(" = ").next().unwrap_or_default();
        line.contains(" = ") && key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
    };
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if assigns(rest) => format!("{rest}\n"),
        _ => format!("{line}\n"),
    };
    example.lines().map(line).collect()
}

#[test]
fn the_example_of_a_node_states_the_defaults() {
    let example = include_str!("../../suining/node.toml");
    let defaults = NodeSettings::read(&flags(&["data_dir=/var/lib/tongban"])).unwrap();
    assert_eq!(NodeSettings::read(&file(example)).unwrap(), defaults);
    let mut stated = NodeSettings::read(&file(&uncommented(example))).unwrap();
    assert_eq!(stated.link.listen.take().unwrap().to_string(), "0.0.0.0:7443");
    assert_eq!(stated.link.advertise.take().unwrap().port(), 7443);
    assert_eq!(std::mem::take(&mut stated.link.parents).len(), 2);
    assert_eq!(stated, defaults);
}

#[test]
fn the_example_of_a_hub_states_the_defaults() {
    let example = include_str!("../../suining/hub.toml");
    let mut defaults = HubSettings::read(&flags(&["data_dir=/var/lib/tongban-hub"])).unwrap();
    assert_eq!(defaults.node.link.listen.unwrap().to_string(), "0.0.0.0:7443");
    defaults.node.link.advertise = Some("city.suining.example:7443".parse().unwrap());
    assert_eq!(HubSettings::read(&file(example)).unwrap(), defaults);
    let mut stated = HubSettings::read(&file(&uncommented(example))).unwrap();
    assert_eq!(stated.city_facts.take(), Some(PathBuf::from("/etc/tongban/suining")));
    assert_eq!(stated, defaults);
}

/// Returns the keys of an example with their sections, those that are commented out as well.
fn keys(example: &str) -> Vec<String> {
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in uncommented(example).lines() {
        match line.split_once(" = ") {
            Some((key, _)) if !key.starts_with('#') => keys.push(format!("{section}{key}")),
            _ if line.starts_with('[') => section = format!("{}.", &line[1..line.len() - 1]),
            _ => {}
        }
    }
    keys.sort();
    keys
}

#[test]
fn the_examples_name_every_key() {
    let (mut node, mut hub) = (Reader::default(), Reader::default());
    let _ = (NodeSettings::take(&mut node), HubSettings::take(&mut hub));
    assert_eq!(keys(include_str!("../../suining/node.toml")), node.keys());
    assert_eq!(keys(include_str!("../../suining/hub.toml")), hub.keys());
}

#[test]
fn a_flag_wins_over_a_variable_and_that_over_the_file() {
    let mut sources = file("data_dir = 'file'\nlog.level = 'debug'\nlog.format = 'json'\n");
    sources.environment = vec![
        ("TONGBAN_DATA_DIR".to_owned(), "variable".to_owned()),
        ("TONGBAN_LOG__LEVEL".to_owned(), "warn".to_owned()),
        ("TONGBAN_SETTINGS".to_owned(), "node.toml".to_owned()),
        ("TONGBAN_LOGS".to_owned(), "logs".to_owned()),
        ("PATH".to_owned(), "/bin".to_owned()),
    ];
    sources.flags = vec!["data_dir=earlier".to_owned(), "data_dir = flag".to_owned()];
    let settings = NodeSettings::read(&sources).unwrap();
    assert_eq!(settings.data_dir, PathBuf::from("flag"));
    assert_eq!((settings.log.level, settings.log.format), (LogLevel::Warn, LogFormat::Json));
}

#[test]
fn a_path_in_a_file_is_relative_to_the_folder_of_the_file() {
    let text = "data_dir = 'data'\ncity.facts = '/facts'\n".to_owned();
    let sources = Sources { file: Some(("/etc/hub.toml".to_owned(), text)), ..Sources::default() };
    let settings = HubSettings::read(&sources).unwrap();
    assert_eq!(settings.node.data_dir, PathBuf::from("/etc/data"));
    assert_eq!(settings.city_facts, Some(PathBuf::from("/facts")));
}

#[test]
fn a_list_in_a_flag_is_separated_by_commas() {
    let settings = NodeSettings::read(&flags(&["link.parents=a:1, b:2"])).unwrap();
    let parents: Vec<String> = settings.link.parents.iter().map(ToString::to_string).collect();
    assert_eq!(parents, ["a:1", "b:2"]);
}

#[test]
fn the_groups_of_a_queue_are_a_letter_and_a_name_each() {
    let groups = |flag: &str| NodeSettings::read(&flags(&[flag])).map(|it| it.queue_groups);
    assert_eq!(groups("log.level=info").unwrap(), [QueueGroup::general()]);
    let two = groups("queue.groups=A 综合 / General, b 社保").unwrap();
    assert_eq!((two.len(), two[1].letter, two[1].en.as_str()), (2, 'B', "社保"));
    insta::assert_snapshot!(refusal("[queue]\ngroups = ['综合']\n"), @"node.toml:3: queue.groups: `综合` is no business group; write a letter and a name of at most 20 characters, like `A 综合` or `A 综合 / General`");
    insta::assert_snapshot!(refusal("[queue]\ngroups = ['A 综合', 'A 社保']\n"), @"node.toml:3: queue.groups: `A` stands for two business groups; give each a letter and a name of its own");
}

#[test]
fn pages_may_be_remote_only_when_that_is_said() {
    insta::assert_snapshot!(refusal("[http]\nlisten = '0.0.0.0:7181'\n"), @"node.toml:3: http.listen: `0.0.0.0:7181` can be reached by other machines; write `127.0.0.1:7181`, or say that this is meant with `http.allow_remote = true`");
    let meant = flags(&["http.listen=0.0.0.0:7181", "http.allow_remote=true"]);
    assert!(NodeSettings::read(&meant).unwrap().http.allow_remote);
    assert!(NodeSettings::read(&flags(&["http.listen=[::1]:0"])).is_ok());
}

#[test]
fn an_unknown_key_is_named_with_the_nearest() {
    insta::assert_snapshot!(refusal("[link]\nretry_mx = '5s'\n"), @"node.toml:3: link.retry_mx: unknown; did you mean `link.retry_max`?");
    insta::assert_snapshot!(refusal("[witness]\n"), @"node.toml:2: witness: a setting of the hub, which gives receipts; remove it here");
    insta::assert_snapshot!(refusal("[lnik]\n"), @"node.toml:2: lnik: unknown; did you mean `link`?");
    insta::assert_snapshot!(refusal("colour = 'red'\n"), @"node.toml:2: colour: unknown; no name is near it, see the commented example file");
    insta::assert_snapshot!(refusal("listen = '127.0.0.1:1'\n"), @"node.toml:2: listen: unknown; did you mean `http.listen`?");
    insta::assert_snapshot!(refusal("'link.listen' = '127.0.0.1:1'\n"), @r#"node.toml:2: "link.listen": unknown; did you mean `link.listen`?"#);
    insta::assert_snapshot!(refusal("link = 5\n"), @"node.toml:2: link: a section, not a value; write `[link]` and its keys below");
    insta::assert_snapshot!(refusal("[witness]\npace = '1s'\n"), @"node.toml:3: witness.pace: a setting of the hub, which gives receipts; remove it here");
    insta::assert_snapshot!(refusal_of_flags(&["link.retrymax=5s"]), @"flag `link.retrymax=5s`: unknown; did you mean `link.retry_max`?");
    insta::assert_snapshot!(refusal_of_variable("TONGBAN_LINK_LISTEN", "x"), @"variable TONGBAN_LINK_LISTEN: unknown; did you mean `TONGBAN_LINK__LISTEN`?");
    insta::assert_snapshot!(refusal_of_variable("TONGBAN_link__listen", "x"), @"variable TONGBAN_link__listen: unknown; did you mean `TONGBAN_LINK__LISTEN`?");
    let hub = HubSettings::read(&flags(&["link.parents=a:1"])).unwrap_err();
    insta::assert_snapshot!(hub, @"flag `link.parents=a:1`: a setting of a node; the hub has no parent, remove it here");
}

#[test]
fn a_section_whose_keys_are_all_left_out_is_accepted() {
    assert!(NodeSettings::read(&file("data_dir = 'd'\n[link]\n[store]\n")).is_ok());
}

#[test]
fn a_value_that_cannot_be_is_told_what_to_write() {
    insta::assert_snapshot!(refusal("[link]\nretry_max = 5\n"), @"node.toml:3: link.retry_max: `5` has no unit; write one of ms, s, min, h, d after the number, such as `90s`");
    insta::assert_snapshot!(refusal("[link]\nretry_max = '2 weeks'\n"), @"node.toml:3: link.retry_max: `2 weeks` has the unknown unit `weeks`; write one of ms, s, min, h, d");
    insta::assert_snapshot!(refusal("[link]\nretry_max = '2d'\n"), @"node.toml:3: link.retry_max: `2d` is out of bounds; write 10ms to 1d");
    insta::assert_snapshot!(refusal("[link]\ncongestion = 'reno'\n"), @"node.toml:3: link.congestion: `reno` is not possible; write `bbr` or `cubic` or `new-reno`");
    insta::assert_snapshot!(refusal("[link]\nlisten = 'localhost:7443'\n"), @"node.toml:3: link.listen: `localhost:7443` is no address to listen on; write it like `0.0.0.0:7443`");
    insta::assert_snapshot!(refusal("[link]\nadvertise = 'pengxi'\n"), @"node.toml:3: link.advertise: `pengxi` is no host and port; write it like `city.example:7443` or `[2001:db8::1]:7443`");
    insta::assert_snapshot!(refusal("[link]\nadvertise = '0.0.0.0:7443'\n"), @"node.toml:3: link.advertise: `0.0.0.0:7443` stands for all addresses of one machine, and others cannot dial it; write a name or an address under which they reach it, such as `city.example:7443`");
    insta::assert_snapshot!(refusal("[link]\nparents = 'pengxi:7443'\n"), @r#"node.toml:3: link.parents: `pengxi:7443` is no list of texts; write `["…", "…"]`"#);
    insta::assert_snapshot!(refusal("[link]\nparents = ['pengxi:7443', 5]\n"), @r#"node.toml:3: link.parents: `[…]` is no list of texts; write `["…", "…"]`"#);
    insta::assert_snapshot!(refusal("[link]\nparents = ['pengxi:7443', 'x']\n"), @"node.toml:3: link.parents: `x` is no host and port; write it like `city.example:7443` or `[2001:db8::1]:7443`");
    insta::assert_snapshot!(refusal("[link]\nparents = ['a:1','a:1','a:1','a:1','a:1','a:1','a:1','a:1','a:1']\n"), @"node.toml:3: link.parents: 9 values; write at most 8");
    insta::assert_snapshot!(refusal("[store]\ncache = 16777216\n"), @"node.toml:3: store.cache: `16777216` has no unit; write one of B, kB, MB, GB, KiB, MiB, GiB after the number, such as `64KiB`");
    insta::assert_snapshot!(refusal("[store]\nreserve = '1KiB'\n"), @"node.toml:3: store.reserve: `1KiB` is out of bounds; write 1MiB to 1024GiB");
    insta::assert_snapshot!(refusal("[log]\nlevel = ''\n"), @"node.toml:3: log.level: empty; write a value, or remove the key for the default");
    insta::assert_snapshot!(refusal("[http]\nallow_remote = 'yes'\n"), @"node.toml:3: http.allow_remote: `yes` is neither `true` nor `false`; write one of them");
    insta::assert_snapshot!(refusal("[http]\nlisten = 7181\n"), @"node.toml:3: http.listen: `7181` is no text; write it in quotes");
    insta::assert_snapshot!(refusal_of_variable("TONGBAN_STORE__CACHE", "16"), @"variable TONGBAN_STORE__CACHE: `16` has no unit; write one of B, kB, MB, GB, KiB, MiB, GiB after the number, such as `64KiB`");
    insta::assert_snapshot!(refusal_of_flags(&["link.retry_max"]), @"flag `link.retry_max`: not an assignment; write `key=value`, such as `link.retry_max=5s`");
}

#[test]
fn values_that_contradict_each_other_are_refused_where_they_were_given() {
    insta::assert_snapshot!(refusal("[link]\nretry_max = '100ms'\n"), @"node.toml:3: link.retry_max: `link.retry_min` (500ms) must be at most `link.retry_max` (100ms); change one of them");
    insta::assert_snapshot!(refusal("[link]\nkeep_alive = '1min'\n"), @"node.toml:3: link.keep_alive: `link.keep_alive` (1min) must be below `link.idle_timeout` (1min); change one of them");
}

#[test]
fn what_is_missing_is_said_with_all_ways_to_give_it() {
    insta::assert_snapshot!(NodeSettings::read(&Sources::default()).unwrap_err(), @r#"data_dir: missing; write `data_dir = "/var/lib/tongban"` above the sections of the settings file, set TONGBAN_DATA_DIR, or pass `--set data_dir=/var/lib/tongban`"#);
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let mut sources = file("[link]\nkeep_alive = '5'\nx = 1\n\n[log]\nlevel = 'loud'\n");
    sources.flags = vec!["store.cache=1".to_owned()];
    sources.environment = vec![("TONGBAN_DATADIR".to_owned(), "d".to_owned())];
    insta::assert_snapshot!(NodeSettings::read(&sources).unwrap_err(), @r#"
    node.toml:2: link.keep_alive: `5` has no unit; write one of ms, s, min, h, d after the number, such as `90s`
    node.toml:3: link.x: unknown; no name is near it, see the commented example file
    node.toml:6: log.level: `loud` is not possible; write `error` or `warn` or `info` or `debug` or `trace`
    variable TONGBAN_DATADIR: unknown; did you mean `TONGBAN_DATA_DIR`?
    flag `store.cache=1`: `1` has no unit; write one of B, kB, MB, GB, KiB, MiB, GiB after the number, such as `64KiB`
    data_dir: missing; write `data_dir = "/var/lib/tongban"` above the sections of the settings file, set TONGBAN_DATA_DIR, or pass `--set data_dir=/var/lib/tongban`
    "#);
    insta::assert_snapshot!(refusal("[link\n"), @"node.toml:2: not TOML: unclosed table, expected `]`");
}

#[test]
fn an_old_key_says_what_it_is_called_now() {
    let reader = Reader::default().renamed(&[("net.pause", "link.retry_max")]);
    let environment = [("TONGBAN_NET__PAUSE", "5s")].into_iter();
    let mut reader = reader.file("node.toml", "net.pause = '5s'").environment(environment);
    let _ = reader.duration("link.retry_max", DURATION_MIN, DURATION_MIN..=Duration::MAX);
    insta::assert_snapshot!(reader.finish(()).unwrap_err(), @r#"
    node.toml:1: net.pause: renamed; write `link.retry_max`
    variable TONGBAN_NET__PAUSE: renamed; write `TONGBAN_LINK__RETRY_MAX`
    "#);
}

/// A key with one letter left out, doubled, changed or swapped with the next.
fn slip() -> impl Strategy<Value = (String, String)> {
    let keys = keys(include_str!("../../suining/node.toml"));
    (proptest::sample::select(keys), any::<proptest::sample::Index>(), 0..4_u8).prop_map(
        |(key, at, kind)| {
            let mut letters: Vec<char> = key.chars().collect();
            let at = at.index(letters.len() - 1);
            match kind {
                0 => drop(letters.remove(at)),
                1 => letters.insert(at, letters[at]),
                2 => letters[at] = 'q',
                _ => letters.swap(at, at + 1),
            }
            (key, letters.into_iter().collect())
        },
    )
}

proptest! {
    #[test]
    fn a_slip_of_the_pen_names_the_key_that_was_meant((key, slip) in slip()) {
        prop_assume!(key != slip);
        let flag = format!("{slip}=5s");
        let named = refusal_of_flags(&[&flag]);
        let wanted = format!("did you mean `{key}`?");
        prop_assert!(named.contains(&wanted), "{} is told {}", slip, named);
        let name = format!("TONGBAN_{}", slip.replace('.', "__").to_ascii_uppercase());
        let named = refusal_of_variable(&name, "5s");
        let wanted = format!("did you mean `{}`?", crate::layers::variable(&key));
        prop_assert!(named.contains(&wanted), "{} is told {}", name, named);
    }

    #[test]
    fn no_file_breaks_the_reader(text in ".*") {
        let _ = NodeSettings::read(&file(&text));
    }
}

#[test]
fn the_pages_for_everybody_are_there_only_where_the_hub_says_so() {
    let enabled = |more: &[&str]| HubSettings::read(&flags(more)).map(|it| it.public.enabled);
    assert_eq!(enabled(&[]), Ok(false));
    assert_eq!(enabled(&["public.enabled=true"]), Ok(true));
    assert!(enabled(&["public.enabled=yes"]).is_err());
    let refused = refusal("[public]\nenabled = true");
    assert!(refused.contains("a setting of the hub"), "{refused}");
}
