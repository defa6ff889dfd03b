//! The frame around every page, and what all pages share.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use tongban_protocol::document::Role;
use tongban_protocol::time::Timestamp;

use super::form::key;
use super::gate::Clerk;
use super::language::Language;

/// What differs from page to page.
#[derive(Debug)]
pub struct Shell<'a> {
    /// The language of the page.
    pub language: Language,
    /// The title, also in the browser's tab.
    pub title: &'a str,
    /// Stylesheets beside the common one, as paths on this host.
    pub styles: &'a [&'a str],
    /// The script of the page, as a path on this host.
    pub script: Option<&'a str>,
    /// True where the script keeps the page fresh: without scripts it comes anew twice a minute,
    /// and what was typed into it would be gone.
    pub is_live: bool,
    /// Links at the right of the title: path and words.
    pub links: &'a [(&'a str, &'a str)],
    /// Who is signed in; they get the menu of what they can do.
    pub clerk: Option<&'a Clerk>,
}

/// What stands in a menu.
#[derive(Clone, Copy, Debug)]
pub struct Door {
    /// Where it leads.
    pub path: &'static str,
    /// The word for the page.
    pub zh: &'static str,
    /// The word for English pages.
    pub en: &'static str,
    /// The key that goes there with Alt; empty for none.
    pub alt: &'static str,
    /// Who works there.
    pub whose: Whose,
}

/// For whom a door is. Whoever keeps the accounts sees all of them.
#[derive(Clone, Copy, Debug)]
pub enum Whose {
    /// Everybody who is signed in.
    Everybodys,
    /// Those who have one of these posts.
    Posts(&'static [Role]),
    /// Nobody else.
    Administrators,
}

impl Door {
    /// A door for everybody.
    #[must_use]
    pub const fn new(
        path: &'static str,
        (zh, en): (&'static str, &'static str),
        alt: &'static str,
    ) -> Self {
        Self { path, zh, en, alt, whose: Whose::Everybodys }
    }

    /// The same for some only.
    #[must_use]
    pub const fn of(self, whose: Whose) -> Self {
        Self { whose, ..self }
    }

    /// True for whoever works there.
    #[must_use]
    pub fn is_for(&self, clerk: &Clerk) -> bool {
        clerk.administers
            || match self.whose {
                Whose::Everybodys => true,
                Whose::Posts(roles) => clerk.role.is_some_and(|role| roles.contains(&role)),
                Whose::Administrators => false,
            }
    }
}

/// The menu of every machine.
const MENU: [Door; 11] = [
    Door::new("/desk", ("工作台", "desk"), "d"),
    Door::new("/take", ("收件", "take a case"), "n"),
    Door::new("/queue", ("排队", "queue"), "q"),
    Door::new("/services", ("服务", "services"), "v"),
    Door::new("/relay", ("代办", "upper systems"), "u"),
    Door::new("/import", ("导入", "import"), ""),
    Door::new("/watch", ("监察", "supervision"), "w"),
    Door::new("/orders", ("督办", "orders"), "o"),
    Door::new("/green", ("绿色通道", "green channel"), ""),
    Door::new("/link", ("链路", "link"), "l"),
    Door::new("/report", ("统计", "figures"), "r"),
];

impl Shell<'_> {
    /// Puts `main` into the frame.
    pub fn page(&self, main: &Markup) -> Html<String> {
        let other = match self.language {
            Language::Chinese => (Language::English, "English"),
            Language::English => (Language::Chinese, "中文"),
        };
        let page = html! {
            (DOCTYPE)
            html lang=(self.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width";
                    title { (self.title) }
                    link rel="icon" href=(ICON_PATH) type=(SVG);
                    link rel="stylesheet" href=(STYLE_PATH);
                    @for style in self.styles { link rel="stylesheet" href=(style); }
                    @if let Some(script) = self.script {
                        script src=(script) defer {}
                    }
                    @if self.is_live { noscript { meta http-equiv="refresh" content="30"; } }
                }
                body {
                    header.top {
                        h1 { (self.title) }
                        nav {
                            @for (path, words) in self.links { a href=(path) { (words) } }
                            a href={ "?lang=" (other.0.short()) } lang=(other.0.tag()) { (other.1) }
                        }
                    }
                    @if let Some(clerk) = self.clerk { (self.menu(clerk)) }
                    main id="main" { (main) }
                }
            }
        };
        Html(page.into_string())
    }

    fn menu(&self, clerk: &Clerk) -> Markup {
        let language = self.language;
        html! {
            nav.menu aria-label=(language.say("菜单", "menu")) {
                @for door in &MENU { (self.door(door)) }
                @if clerk.administers { a href="/staff" aria-current=[self.current("/staff")] { (language.say("人员", "staff")) } }
                form method="post" action="/sign-out" {
                    span { (clerk.name) @if let Some(role) = clerk.role {
                        " · " (language.say(role.zh(), role.en()))
                    } }
                    (key(clerk))
                    button type="submit" { (language.say("退出", "sign out")) }
                }
            }
            @if !clerk.more.is_empty() {
                nav.menu.more aria-label=(language.say("市级菜单", "menu of the city")) {
                    @for door in clerk.more.iter().filter(|door| door.is_for(clerk)) { (self.door(door)) }
                }
            }
        }
    }

    fn door(&self, door: &Door) -> Markup {
        let alt = Some(door.alt).filter(|alt| !alt.is_empty());
        html! { a href=(door.path) accesskey=[alt] aria-current=[self.current(door.path)] {
            (self.language.say(door.zh, door.en))
        } }
    }

    /// Marks the door through which one came: its page, or one below it.
    fn current(&self, path: &str) -> Option<&'static str> {
        let rest = self.clerk?.at.strip_prefix(path)?;
        (rest.is_empty() || (path != "/" && rest.starts_with('/'))).then_some("page")
    }
}

/// Serves a stylesheet or script out of the binary.
#[must_use]
pub fn asset(content_type: &'static str, text: &'static str) -> Response {
    let headers = [(CONTENT_TYPE, content_type), (CACHE_CONTROL, "max-age=300")];
    (headers, text).into_response()
}

/// The content type of stylesheets.
pub const CSS: &str = "text/css; charset=utf-8";

/// The content type of scripts.
pub const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The content type of drawings.
pub const SVG: &str = "image/svg+xml";

/// Where the icon of all pages is served; without one, browsers ask for a file that is not there.
pub const ICON_PATH: &str = "/assets/icon.svg";

/// The icon of all pages.
pub const ICON: &str = include_str!("assets/icon.svg");

/// Where the common stylesheet is served.
pub const STYLE_PATH: &str = "/assets/tongban.css";

/// The common stylesheet.
pub const STYLE: &str = include_str!("assets/tongban.css");

/// Groups the digits of a count by three: `1,234,567`.
#[must_use]
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An instant as people read it, in the city's time: `2013-12-13 09:30:00`.
#[must_use]
pub fn clock(at: Timestamp) -> String {
    let text = at.to_string();
    text.strip_suffix("+08:00").unwrap_or(&text).replacen('T', " ", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped_by_three_digits() {
        let shown = [0, 999, 1_000, 123_456, 1_234_567].map(grouped);
        assert_eq!(shown, ["0", "999", "1,000", "123,456", "1,234,567"]);
    }

    #[test]
    fn instants_are_shown_in_the_citys_time() {
        assert_eq!(clock(Timestamp(1_386_864_000_000)), "2013-12-13 00:00:00");
        assert_eq!(clock(Timestamp(i64::MAX)), "9223372036854775807 ms");
    }

    #[test]
    fn the_menu_marks_the_door_through_which_one_came() {
        const MORE: [Door; 2] = [
            Door::new("/", ("总览", "all"), ""),
            Door::new("/office/enrol", ("入网", "enrol"), ""),
        ];
        let marked = |at: &str| {
            let clerk = Clerk {
                name: "吴刚".to_owned(),
                role: None,
                administers: true,
                form_key: String::new(),
                more: &MORE,
                at: at.to_owned(),
            };
            let (language, clerk) = (Language::Chinese, Some(&clerk));
            let shell = Shell {
                language,
                title: "",
                styles: &[],
                script: None,
                is_live: false,
                links: &[],
                clerk,
            };
            let Html(page) = shell.page(&html! {});
            let mark = page.split(" aria-current=\"page\"").collect::<Vec<_>>();
            assert!(mark.len() <= 2, "{page}");
            mark.get(1).map(|rest| rest[1..].split('<').next().unwrap().to_owned())
        };
        for (at, word) in
            [("/", "总览"), ("/office/enrol", "入网"), ("/watch/issue", "监察"), ("/staff", "人员")]
        {
            assert_eq!(marked(at).as_deref(), Some(word), "{at}");
        }
        assert_eq!(marked("/watchers"), None);
    }

    fn shell(title: &str, is_live: bool) -> String {
        let (language, script) = (Language::Chinese, Some("/assets/any.js"));
        let shell =
            Shell { language, title, styles: &[], script, is_live, links: &[], clerk: None };
        shell.page(&html! {}).0
    }

    #[test]
    fn a_hostile_title_is_escaped() {
        let page = shell("<script>alert(1)</script>", false);
        assert!(!page.contains("<script>"), "{page}");
    }

    #[test]
    fn a_page_that_takes_something_never_comes_anew_by_itself() {
        assert!(!shell("收件", false).contains("refresh"));
        assert!(shell("链路", true).contains("refresh"));
    }
}
