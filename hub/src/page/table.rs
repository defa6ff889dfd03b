//! Coverage as a table: every centre a row, in any order, each with the way to its evidence.

use maud::{Markup, html};
use serde::Deserialize;
use tongban_node::web::gate::Clerk;
use tongban_node::web::language::Language;
use tongban_node::web::places::address;
use tongban_node::web::shell::{Shell, clock, grouped};

use super::picture::{CityPicture, Tile, VerdictWord};

/// Which centres, and in which order.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The column: `name`, `verdict`, `missing`, `contact`, `opened`, `handled`, `late` or
    /// `faults`; county by county where it is left out.
    pub sort: String,
    /// Only those with this verdict.
    pub verdict: String,
    /// Only this county and what is below it.
    pub county: String,
}

/// The columns that can be sorted by: the word in the address, and what stands above.
const COLUMNS: [(&str, &str, &str); 8] = [
    ("name", "中心", "centre"),
    ("verdict", "结论", "verdict"),
    ("missing", "未到/声明（记录）", "missing / announced"),
    ("contact", "最近联系", "last contact"),
    ("opened", "近30天收件", "opened in 30 days"),
    ("handled", "近30天办理", "handled in 30 days"),
    ("late", "补录环节/全部", "entered late / all"),
    ("faults", "抽查有问题/已查", "faults / looked at"),
];

/// Renders the table.
#[must_use]
pub fn table_page(
    picture: &CityPicture,
    asked: &Asked,
    clerk: Option<&Clerk>,
    language: Language,
) -> String {
    let tiles = chosen(picture, asked);
    let main = html! {
        (filter(picture, asked, language))
        p.quiet {
            (tiles.len()) "/" (grouped(picture.counts().centres)) (language.say(" 个中心，截至 ", " centres, as of ")) (clock(picture.as_of))
        }
        div.scroll { table.coverage {
            thead { tr {
                @for (column, zh, en) in COLUMNS {
                    th scope="col" aria-sort=[(asked.sort == column).then_some("other")] {
                        a href=(at(asked, column)) { (language.say(zh, en)) }
                    }
                }
                th scope="col" { (language.say("使用与说明", "use and why")) }
            } }
            tbody { @for tile in &tiles { (row(tile, language)) } }
        } }
    };
    let shell = Shell {
        language,
        title: language.say("覆盖表", "Coverage as a table"),
        styles: &[super::STYLE_PATH, super::DESK_STYLE_PATH],
        script: None,
        is_live: false,
        links: &[("/", language.say("覆盖总览", "coverage"))],
        clerk,
    };
    shell.page(&main).0
}

fn at(asked: &Asked, sort: &str) -> String {
    address("/centres", &[("sort", sort), ("verdict", &asked.verdict), ("county", &asked.county)])
}

/// The centres that are asked for, in the order that is asked for: what needs a look first.
fn chosen<'a>(picture: &'a CityPicture, asked: &Asked) -> Vec<&'a Tile> {
    let county = |tile: &Tile| {
        let row =
            picture.counties.iter().find(|row| row.tiles().any(|it| it.division == tile.division));
        row.map_or(tile.division, |row| row.centre.division)
    };
    let mut tiles: Vec<&Tile> = picture
        .tiles()
        .filter(|tile| asked.verdict.is_empty() || tile.verdict.class() == asked.verdict)
        .filter(|tile| asked.county.is_empty() || county(tile).as_str() == asked.county)
        .collect();
    let most = |count: u64| u64::MAX - count;
    match asked.sort.as_str() {
        "name" => tiles.sort_by(|a, b| a.name_en.cmp(&b.name_en)),
        "verdict" => tiles.sort_by_key(|tile| std::cmp::Reverse(tile.verdict)),
        "missing" => tiles.sort_by_key(|tile| most(tile.number.unwrap_or_default())),
        "contact" => tiles.sort_by_key(|tile| tile.detail.last_contact),
        "opened" => tiles.sort_by_key(|tile| most(tile.detail.opened_30_days)),
        "handled" => tiles.sort_by_key(|tile| most(tile.detail.handled_30_days)),
        "late" => tiles.sort_by_key(|tile| most(late(tile))),
        "faults" => tiles.sort_by_key(|tile| most(tile.detail.sample_faults)),
        _ => {}
    }
    tiles
}

/// Events that were entered late.
fn late(tile: &Tile) -> u64 {
    let count = tile.detail.late.split(|char: char| !char.is_ascii_digit()).next();
    count.and_then(|count| count.parse().ok()).unwrap_or_default()
}

fn filter(picture: &CityPicture, asked: &Asked, language: Language) -> Markup {
    let every = language.say("全部", "all");
    html! {
        form.ask method="get" action="/centres" {
            input type="hidden" name="sort" value=(asked.sort);
            label { (language.say("结论", "verdict")) " "
                select name="verdict" {
                    option value="" { (every) }
                    @for verdict in VerdictWord::ALL {
                        option value=(verdict.class()) selected[verdict.class() == asked.verdict] { (verdict.word(language)) }
                    }
                } }
            label { (language.say("区县", "county")) " "
                select name="county" {
                    option value="" { (every) }
                    @for county in &picture.counties {
                        @let code = county.centre.division;
                        option value=(code) selected[code.as_str() == asked.county] { (county.centre.name(language)) }
                    }
                } }
            button type="submit" { (language.say("筛选", "filter")) }
        }
    }
}

fn row(tile: &Tile, language: Language) -> Markup {
    let detail = &tile.detail;
    html! {
        tr {
            td { a href={ "/centres/" (tile.division) } { (tile.name(language)) } }
            td { span.{ "key " (tile.verdict.class()) } { (tile.verdict.word(language)) } }
            td { (grouped(tile.number.unwrap_or_default())) "/" @match detail.announced { Some(count) => (grouped(count)), None => "—" } }
            td.time { @match detail.last_contact { Some(at) => (clock(at)), None => "—" } }
            td { (grouped(detail.opened_30_days)) }
            td { (grouped(detail.handled_30_days)) }
            td { (detail.late) }
            td { (grouped(detail.sample_faults)) "/" (grouped(detail.sampled)) }
            td.why { (language.say(&detail.use_zh, &detail.use_en)) br; (tile.reason(language)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    fn asked(sort: &str, verdict: &str, county: &str) -> Asked {
        Asked { sort: sort.to_owned(), verdict: verdict.to_owned(), county: county.to_owned() }
    }

    #[test]
    fn the_table_has_the_centres_that_are_asked_for_in_the_order_that_is_asked_for() {
        let picture = sample();
        let all = picture.tiles().count();
        assert_eq!(chosen(&picture, &asked("", "", "")).len(), all);
        let behind = chosen(&picture, &asked("missing", "behind", ""));
        assert_eq!(behind.len() as u64, picture.counts().behind);
        assert!(behind.windows(2).all(|pair| pair[0].number >= pair[1].number));
        let worst = chosen(&picture, &asked("verdict", "", ""));
        assert_eq!(worst[0].verdict, VerdictWord::Incident);
        let county = picture.counties[0].centre.division.to_string();
        let own = chosen(&picture, &asked("name", "", &county));
        assert_eq!(own.len(), picture.counties[0].tiles().count());
        assert_eq!(chosen(&picture, &asked("", "nonsense", "")).len(), 0);
        let page = table_page(&picture, &asked("late", "", ""), None, Language::English);
        assert_eq!(page.matches("<tr>").count(), all + 1);
        assert!(page.contains("href=\"/centres?sort=missing\"") && page.contains("aria-sort"));
    }
}
