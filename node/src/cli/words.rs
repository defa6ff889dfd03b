//! The two languages in which people at a terminal are spoken to, and tables in them.

use clap::ValueEnum;

/// In which language a table or a sentence is written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, ValueEnum)]
pub enum Language {
    /// 中文, the language of the counters.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// Chooses between a text in Chinese and the same in English.
    #[must_use]
    pub const fn pick<'t>(self, zh: &'t str, en: &'t str) -> &'t str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

impl From<Language> for crate::web::language::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::Zh => Self::Chinese,
            Language::En => Self::English,
        }
    }
}

impl Language {
    /// An error with this language first. Errors say what is wrong in English and then, at the end
    /// of a line and in parentheses, the same in Chinese.
    #[must_use]
    pub fn first(self, error: &str) -> String {
        if self == Self::En {
            return error.to_owned();
        }
        let turned = error.lines().map(|line| match both(line) {
            Some((en, zh)) => format!("{zh} ({en})"),
            None => line.to_owned(),
        });
        turned.collect::<Vec<_>>().join("\n")
    }

    /// How many points a card takes off.
    #[must_use]
    pub fn points(self, points: impl Into<u32>) -> String {
        let points = points.into();
        match self {
            Self::Zh => format!("扣 {points} 分"),
            Self::En => format!("{points} points"),
        }
    }
}

/// A line in English and what stands in Chinese at its end, where that is a sentence.
fn both(line: &str) -> Option<(&str, &str)> {
    let text = line.strip_suffix(')')?;
    let mut open = 1_usize;
    let begins = text.char_indices().rev().find_map(|(at, c)| {
        match c {
            ')' => open += 1,
            '(' => open -= 1,
            _ => {}
        }
        (open == 0).then_some(at)
    })?;
    let (en, zh) = (text[..begins].trim_end(), &text[begins + 1..]);
    // A word in Chinese beside its English one is no sentence.
    let is_han = |c: &char| matches!(*c, '\u{4e00}'..='\u{9fff}');
    (!en.is_empty() && zh.chars().filter(is_han).count() > 4).then_some((en, zh))
}

/// Columns that a text takes on a screen: Chinese characters and their marks take two.
fn width(text: &str) -> usize {
    let is_wide = |c: &char| matches!(*c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}');
    text.chars().count() + text.chars().filter(is_wide).count()
}

/// Rows under a head, columns aligned; the last column may be of any length.
#[must_use]
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, wide) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', wide - width(cell) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_comes_in_the_asked_language_first() {
        let error = "case x is not held here; `case list` (列表) shows (some) (本机没有办件 x，请用 case list (列表) 查看)";
        assert_eq!(
            Language::Zh.first(error),
            "本机没有办件 x，请用 case list (列表) 查看 (case x is not held here; `case list` (列表) shows (some))"
        );
        assert_eq!(Language::En.first(error), error);
        for plain in
            ["the disk is full", "there is `permit` (行政许可)", "a)", "(没有符合条件的牌)"]
        {
            assert_eq!(Language::Zh.first(plain), plain);
        }
        assert_eq!(Language::Zh.first("a\nb (一二三四五)"), "a\n一二三四五 (b)");
    }

    #[test]
    fn columns_line_up_although_chinese_is_wide() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let text = table(&[row(["中心", "记录"]), row(["a", "12"])]);
        assert_eq!(text, "中心  记录\na     12\n");
    }
}
