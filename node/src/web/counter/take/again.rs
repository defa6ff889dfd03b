//! A form that was saved already and comes again with other words.

use maud::{Markup, html};
use tongban_protocol::document::DocumentId;

use crate::cases::Difference;
use crate::web::language::Language;

/// The case that a form made, and what the same form says otherwise now.
#[derive(Debug)]
pub(super) struct Again {
    pub id: DocumentId,
    pub number: String,
    pub differs: Vec<Difference>,
}

impl Again {
    /// What stands above the form, which has a new name by then.
    pub(super) fn words(&self, language: Language) -> Markup {
        let quoted = |text: &str| match text {
            "" => language.say("（空）", "(empty)").to_owned(),
            text => format!("“{text}”"),
        };
        html! {
            div.fault-summary role="alert" {
                p {
                    (language.say("此表单先前已保存为办件 ", "This form was saved before as case "))
                    a href={ "/cases/" (self.id) } { (self.number) }
                    (language.say("；现在所填与其不同，没有另外保存：", "; it says something else now, which was not saved:"))
                }
                ul { @for it in &self.differs {
                    li {
                        (language.say(&it.zh, &it.en)) (language.say("：已保存的是", ": saved is ")) (quoted(&it.saved))
                        (language.say("，现在填的是", ", typed is ")) (quoted(&it.said))
                    }
                } }
                p { (language.say(
                    "要另收一件的，核对后再按一次下面的按钮；先前那件填错了的，请打开它办理。",
                    "To take it as a new case, look it over and press a button below once more; if the first was wrong, open that one.",
                )) }
            }
        }
    }
}
