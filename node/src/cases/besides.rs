//! What an event says besides its kind, in words: what was decided, why, on what paper and ground.
//!
//! What is **not** here: its marks, which the fold gives, and what is read elsewhere on the page (the
//! terms of a receipt, a joint plan, a card's proof).

use tongban_protocol::document::Event;

use crate::records::Words;

/// What an event says besides; empty where it says nothing.
pub(super) fn besides(event: &Event) -> Words {
    let detail = event.detail();
    let mut told = Told::default();
    told.words(detail.outcome.map(|it| (it.zh(), it.en())));
    told.words(detail.ground.map(|it| (it.zh(), it.en())));
    told.words(detail.procedure.map(|it| (it.zh(), it.en())));
    told.words(detail.appeal.map(|it| (it.zh(), it.en())));
    told.words(detail.ruling.map(|it| (it.zh(), it.en())));
    if let Some(days) = detail.days {
        told.add(format!("{days} 个工作日"), format!("{days} working days"));
    }
    if let Some(fee) = detail.fee {
        let yuan = format!("{}.{:02}", fee / 100, fee % 100);
        told.add(format!("{yuan} 元"), format!("{yuan} yuan"));
    }
    told.text(("依据", "basis"), detail.basis.as_deref());
    told.text(("文号", "document"), detail.document.as_deref());
    told.text(("材料", "materials"), listed(detail.materials.as_deref()).as_deref());
    told.text(("到场人员", "staff"), listed(detail.staff.as_deref()).as_deref());
    told.text(("理由", "reason"), detail.reason.as_deref());
    told.text(("救济途径", "remedy"), detail.remedy.as_deref());
    Words::new(told.zh.join("；"), told.en.join("; "))
}

#[derive(Default)]
struct Told {
    zh: Vec<String>,
    en: Vec<String>,
}

impl Told {
    fn add(&mut self, zh: String, en: String) {
        self.zh.push(zh);
        self.en.push(en);
    }

    fn words(&mut self, words: Option<(&str, &str)>) {
        if let Some((zh, en)) = words {
            self.add(zh.to_owned(), en.to_owned());
        }
    }

    fn text(&mut self, (zh, en): (&str, &str), text: Option<&str>) {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            self.add(format!("{zh}：{text}"), format!("{en}: {text}"));
        }
    }
}

fn listed(names: Option<&[String]>) -> Option<String> {
    names.map(|names| names.join("、"))
}

#[cfg(test)]
mod tests {
    use tongban_protocol::document::{Detail, EventKind, Outcome};
    use tongban_protocol::time::Timestamp;

    use super::*;

    fn said(kind: EventKind, detail: Detail) -> (String, String) {
        let Words { zh, en } = besides(&Event::new(kind, Timestamp(0), "张伟", "").with(detail));
        (zh, en)
    }

    #[test]
    fn an_event_tells_what_an_auditor_asks_for() {
        let charge = Detail {
            fee: Some(2_050),
            basis: Some("残疾人保障法第十四条".to_owned()),
            ..Detail::default()
        };
        let (zh, en) = said(EventKind::Charge, charge);
        assert_eq!(zh, "20.50 元；依据：残疾人保障法第十四条");
        assert_eq!(en, "20.50 yuan; basis: 残疾人保障法第十四条");
        let refused = Detail {
            outcome: Some(Outcome::Refused),
            document: Some("蓬残不〔2026〕1号".to_owned()),
            reason: Some("不属于受理范围".to_owned()),
            remedy: Some(String::new()),
            ..Detail::default()
        };
        let (zh, _) = said(EventKind::Decide, refused);
        assert_eq!(zh, "不予；文号：蓬残不〔2026〕1号；理由：不属于受理范围");
        assert_eq!(said(EventKind::Deliver, Detail::default()), (String::new(), String::new()));
    }
}
