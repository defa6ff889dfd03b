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

impl Language {
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
    fn columns_line_up_although_chinese_is_wide() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let text = table(&[row(["中心", "记录"]), row(["a", "12"])]);
        assert_eq!(text, "中心  记录\na     12\n");
    }
}
