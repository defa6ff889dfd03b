//! The shipped city, and folders that do not hang together.

use std::collections::BTreeMap;

use tongban_protocol::place::{Path, Tier};

use super::*;
use crate::succession::Fate;

fn code(text: &str) -> Division {
    text.parse().unwrap()
}

/// A folder of one file a pair; later pairs replace earlier ones.
fn read(extra: &[(&str, &str)]) -> Result<City, CityError> {
    let mut files = BTreeMap::from([
        (
            CITY_FILE,
            "name_zh = '群岛'\nname_en = 'Isles'\nroot = 'IS'\ndivisions = 'd.csv'\ncalendar = 'c.csv'\n",
        ),
        ("d.csv", "code,tier,parent,name_zh,name_en\nIS,city,,群岛,Isles\n"),
        ("c.csv", "date,kind,name\n2030-01-01,holiday,元旦\n"),
    ]);
    files.extend(extra.iter().copied());
    City::parse(|name| {
        files
            .get(name)
            .map(|text| Cow::Owned((*text).to_owned()))
            .ok_or_else(|| "no such file".to_owned())
    })
}

fn refusal(file: &str, text: &str) -> String {
    read(&[(file, text)]).unwrap_err().to_string()
}

#[test]
fn the_shipped_city_has_one_five_and_118_centres() {
    let city = City::suining();
    let count = |tree: &Tree| [Tier::City, Tier::County, Tier::Township].map(|t| tree.count(t));
    assert_eq!(count(&city.tree), [1, 5, 118]);
    assert_eq!((city.name_zh.as_str(), city.name_en.as_str()), ("遂宁市", "Suining"));
    let mingyue = city.tree.centre(code("510921103")).unwrap();
    assert_eq!((mingyue.name_zh.as_str(), mingyue.name_en.as_str()), ("明月镇", "Mingyue Town"));
    let path = Path::new(code("510921103"), &[code("510921"), code("510900")]);
    assert_eq!(city.tree.path(code("510921103")), Some(path));
    let townships = |county: &str| city.tree.children(code(county)).count();
    let counties = ["510903", "510904", "510921", "510922", "510923"];
    assert_eq!(counties.map(townships), [25, 21, 31, 30, 11]);
    assert_eq!(count(city.succession.unwrap().after()), [1, 5, 95]);
}

#[test]
fn each_path_of_the_shipped_city_implies_the_tier_of_its_centre() {
    let city = City::suining();
    for centre in &city.tree {
        let path = city.tree.path(centre.division).unwrap();
        assert!(path.is_sound());
        assert_eq!(path.centre(), centre.division);
        assert_eq!(path.city(), city.tree.root().division);
    }
}

#[test]
fn the_shipped_succession_says_what_the_lists_tell_and_no_more() {
    let succession = City::suining().succession.unwrap();
    let mut counts = [0; 5];
    for (_, fate) in succession.iter() {
        let kind = match fate {
            Fate::Unchanged => 0,
            Fate::Recoded(_) => 1,
            Fate::Renamed(_) => 2,
            Fate::Merged(_) => 3,
            Fate::Unknown => 4,
        };
        counts[kind] += 1;
    }
    assert_eq!(counts, [65, 17, 10, 0, 32]);
    assert_eq!(succession.fate(code("510922")), Some(Fate::Renamed(code("510981"))));
    assert_eq!(succession.fate(code("510922104")), Some(Fate::Recoded(code("510981104"))));
    assert_eq!(succession.fate(code("510922100")), Some(Fate::Unknown));
    let old: Vec<Division> = succession.predecessors(code("510903016")).collect();
    assert_eq!(old, [code("510903200")]);
}

#[test]
fn a_city_of_other_codes_is_read_from_its_folder() {
    let city = read(&[]).unwrap();
    assert_eq!(city.tree.root().name_en, "Isles");
    assert!(city.calendar.notices().map(tongban_protocol::calendar::YearNotice::year).eq([2030]));
    assert_eq!(city.succession, None);
}

#[test]
fn a_description_that_is_wrong_is_refused_with_all_its_faults() {
    insta::assert_snapshot!(refusal(CITY_FILE, "name_zh = '群岛'\nname_en = 5\nrot = 'IS'\nroot = 'is'\ndivisions = '../d.csv'\n"), @r#"
    city.toml:2: name_en: `5` is no text; write it in quotes
    city.toml:3: rot: unknown; did you mean `root`?
    city.toml:4: root: `is` is no division code: 2 to 12 digits or capital letters are needed
    city.toml:5: divisions: `../d.csv` is no plain file name; write letters, digits, `-`, `_` and `.` only
    calendar: missing; write `calendar = "calendar.csv"` at the top of city.toml
    "#);
    insta::assert_snapshot!(refusal(CITY_FILE, "name_zh = 'a'\nname_en = 'b'\nroot = 'IS'\ndivisions = 'd.csv'\ncalendar = 'c.csv'\n[succession]\nfrom = 'd.csv'\n"), @r#"
    succession.to: missing; name the file below `[succession]` in city.toml
    succession.changes: missing; name the file below `[succession]` in city.toml
    "#);
}

#[test]
fn files_that_contradict_each_other_are_refused() {
    insta::assert_snapshot!(refusal("d.csv", "code,tier,parent,name_zh,name_en\nIT,city,,群岛,Isles\n"), @r#"d.csv: the root is IT, but city.toml says `root = "IS"`; correct one of them (d.csv：最上一级是 IT，city.toml 写的是 IS，请改正其一)"#);
    insta::assert_snapshot!(refusal(CITY_FILE, "name_zh = 'a'\nname_en = 'b'\nroot = 'IS'\ndivisions = 'e.csv'\ncalendar = 'c.csv'\n"), @"e.csv: no such file");
    insta::assert_snapshot!(refusal("c.csv", "date,kind,name\n2030-01-01,holyday,元旦\n"), @"c.csv:2: `holyday` is no kind of day; write `holiday` or `makeup` (c.csv 第 2 行：“holyday”不是日子的种类，请写 holiday 或 makeup)");
}

#[test]
fn the_hours_of_offices_and_the_threshold_of_the_green_channel_are_the_citys() {
    assert_eq!(City::suining().customs, Customs::default());
    assert_eq!(read(&[]).unwrap().customs, Customs::default(), "where they are left out");
    let with = |more: &str| {
        let head = "name_zh = '群岛'\nname_en = 'Isles'\nroot = 'IS'\n";
        format!("{head}divisions = 'd.csv'\ncalendar = 'c.csv'\n{more}")
    };
    let set = with(
        "office_hours = '08:30-12:00'\ngreen_channel_above_yuan = '20000000'\nlast_day_ends = 'closing'\n",
    );
    let customs = read(&[(CITY_FILE, &set)]).unwrap().customs;
    let hours = OfficeHours::new(510, 720).unwrap();
    assert_eq!(
        customs,
        Customs { hours, green_threshold_yuan: 20_000_000, last_day: DayEnd::Closing }
    );
    let said = refusal(CITY_FILE, &with("last_day_ends = '17:00'\n"));
    assert!(said.contains("`24:00` or `closing`"), "{said}");
    for hours in ["17:00-09:00", "9-17", "09:00-25:00", "09:60-17:00"] {
        let said = refusal(CITY_FILE, &with(&format!("office_hours = '{hours}'\n")));
        assert!(said.contains("hours within one day"), "{said}");
    }
    let said = refusal(CITY_FILE, &with("green_channel_above_yuan = '五千万'\n"));
    assert!(said.contains("an amount in yuan"), "{said}");
}
