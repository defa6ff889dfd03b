//! Made-up regions, and every way in which a list of divisions can be wrong.

use super::*;

const HEAD: &str = "code,tier,parent,name_zh,name_en\n";

/// Three tiers with codes of another country, rows out of order.
const ISLES: &str = "IS9,township,IS2,南礁,South Reef\n\
    IS2,county,IS,南岛,South Isle\n\
    77,township,IS2,东礁,East Reef\n\
    IS,city,,群岛,The Isles\n\
    IS1,county,IS,北岛,North Isle\n";

fn code(text: &str) -> Division {
    text.parse().unwrap()
}

fn tree(rows: &str) -> Tree {
    Tree::parse("d.csv", &format!("{HEAD}{rows}")).unwrap()
}

fn refusal(rows: &str) -> String {
    Tree::parse("d.csv", &format!("{HEAD}{rows}")).unwrap_err().to_string()
}

#[test]
fn a_region_with_other_codes_works_by_its_data_alone() {
    let tree = tree(ISLES);
    let order: Vec<&str> = tree.iter().map(|centre| centre.division.as_str()).collect();
    assert_eq!(order, ["IS", "IS1", "IS2", "77", "IS9"]);
    assert_eq!(tree.root().name_en, "The Isles");
    let below: Vec<&str> = tree.children(code("IS2")).map(|c| c.name_en.as_str()).collect();
    assert_eq!(below, ["East Reef", "South Reef"]);
    assert_eq!(tree.children(code("77")).count(), 0);
    let path = Path::new(code("77"), &[code("IS2"), code("IS")]);
    assert_eq!(tree.path(code("77")), Some(path));
    assert_eq!(tree.centre(code("IS1")).unwrap().tier, Tier::County);
}

#[test]
fn a_city_without_counties_has_two_tiers() {
    let tree = tree("4419,city,,东莞市,Dongguan\n441901,township,4419,石龙镇,Shilong Town\n");
    assert_eq!(tree.path(code("441901")), Some(Path::new(code("441901"), &[code("4419")])));
    assert_eq!(tree.centre(code("441901")).unwrap().tier, Tier::Township);
    assert_eq!((tree.count(Tier::County), tree.count(Tier::Township)), (0, 1));
}

#[test]
fn a_stranger_has_no_place() {
    let tree = tree(ISLES);
    assert_eq!(tree.path(code("99")), None);
    assert_eq!(tree.centre(code("99")), None);
    assert_eq!(tree.children(code("99")).count(), 0);
}

#[test]
fn a_field_that_is_wrong_is_named_with_its_line() {
    insta::assert_snapshot!(refusal("51-09,city,,遂宁,Suining\n"), @"d.csv:2: `51-09` is no division code: 2 to 12 digits or capital letters are needed");
    insta::assert_snapshot!(refusal("51,city,,遂宁,Suining\n52,county,5 1,a,b\n"), @"d.csv:3: `5 1` is no division code: 2 to 12 digits or capital letters are needed");
    insta::assert_snapshot!(refusal("51,town,,遂宁,Suining\n"), @"d.csv:2: `town` is no tier; write `city`, `county` or `township`");
    insta::assert_snapshot!(refusal("51,city,,遂宁,\n"), @"d.csv:2: `name_en` is empty; write a value");
}

#[test]
fn a_tree_that_does_not_hang_together_is_refused() {
    let city = "51,city,,遂宁,Suining\n";
    insta::assert_snapshot!(refusal(&format!("{city}\n52,county,51,a,a\n52,county,51,b,b\n")), @"d.csv:5: division 52 stands in line 4 already; remove one of the two rows");
    insta::assert_snapshot!(refusal(&format!("{city}52,county,53,a,a\n")), @"d.csv:3: parent 53 of 52 has no row; add one, or correct the parent");
    insta::assert_snapshot!(refusal("52,county,53,a,a\n"), @"d.csv: no row has the tier `city`; add the root, with an empty parent");
    insta::assert_snapshot!(refusal(&format!("{city}52,county,,a,a\n")), @"d.csv:3: county 52 has no parent; write the code of the centre above it");
    insta::assert_snapshot!(refusal("510900,city,510000,a,a\n"), @"d.csv:2: city 510900 has the parent 510000; leave the parent of the root empty");
    insta::assert_snapshot!(refusal(&format!("{city}50,city,,a,a\n")), @"d.csv:3: 50 is a city, and so is 51 in line 2; only the root can be one");
    insta::assert_snapshot!(refusal(&format!("{city}52,township,51,a,a\n53,county,52,b,b\n")), @"d.csv:4: county 53 stands under 52, which is a township; a parent must be of a higher tier");
    insta::assert_snapshot!(refusal(&format!("{city}52,township,51,a,a\n53,township,52,b,b\n")), @"d.csv:4: township 53 stands under 52, which is a township; a parent must be of a higher tier");
}

#[test]
fn a_circle_is_shown_with_the_way_round() {
    let city = "51,city,,遂宁,Suining\n";
    insta::assert_snapshot!(refusal(&format!("{city}52,county,53,a,a\n53,county,54,b,b\n54,county,52,c,c\n")), @"d.csv:3: the parents of 52 lead back to it: 52 → 53 → 54 → 52; correct one of them");
    insta::assert_snapshot!(refusal(&format!("{city}52,county,52,a,a\n")), @"d.csv:3: the parents of 52 lead back to it: 52 → 52; correct one of them");
    insta::assert_snapshot!(refusal(&format!("{city}60,township,52,x,x\n52,county,53,a,a\n53,county,52,b,b\n")), @"d.csv:4: the parents of 52 lead back to it: 52 → 53 → 52; correct one of them");
}
