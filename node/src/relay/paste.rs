//! What somebody copied out of an upper system's page: the number, who, and what, as far as it can
//! be told; and lists of numbers with their results.
//!
//! Nothing is taken on trust: what is recognised stands in a form for the clerk to correct.

use jiff::civil::Date;
use tongban_protocol::number::ApplicantNumber;

use super::values::RelayResult;
use crate::records::NewRelay;

/// Most results that are taken at once.
pub const RESULTS_MAX: usize = 1_000;

/// Longest text that is looked at, in characters: a long page.
const TEXT_CHARS_MAX: usize = 20_000;

/// Longest value that is taken out of a page, in characters.
const VALUE_CHARS_MAX: usize = 120;

/// Shortest token without a label that may be a number.
const NUMBER_CHARS_MIN: usize = 8;

const NUMBER: [&str; 16] = [
    "受理编号",
    "业务流水号",
    "受理流水号",
    "业务编号",
    "申请编号",
    "办件编号",
    "申报编号",
    "受理号",
    "申报号",
    "流水号",
    "回执号",
    "单号",
    "编号",
    "application no",
    "serial no",
    "number",
];
const APPLICANT: [&str; 13] = [
    "申请人姓名",
    "申请人名称",
    "申请单位",
    "单位名称",
    "企业名称",
    "参保人",
    "办事人",
    "申请人",
    "申办人",
    "姓名",
    "名称",
    "applicant",
    "name",
];
const PERSON: [&str; 8] = [
    "统一社会信用代码",
    "公民身份号码",
    "身份证号码",
    "身份证号",
    "证件号码",
    "证件号",
    "id number",
    "identity",
];
const ITEM: [&str; 9] = [
    "事项名称",
    "办理事项",
    "申请事项",
    "业务名称",
    "业务类型",
    "服务事项",
    "事项",
    "item",
    "service",
];
const SYSTEM: [&str; 4] = ["系统名称", "来源系统", "所属系统", "system"];

/// What a pasted text says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Recognised {
    /// Which system.
    pub system: String,
    /// The number there.
    pub number: String,
    /// The applicant.
    pub applicant: String,
    /// 证件号.
    pub applicant_number: String,
    /// What was applied for.
    pub item: String,
}

impl From<Recognised> for NewRelay {
    fn from(read: Recognised) -> Self {
        Self {
            system: read.system,
            number: read.number,
            applicant: read.applicant,
            applicant_number: Some(read.applicant_number).filter(|it| !it.is_empty()),
            item: read.item,
        }
    }
}

/// Reads what a pasted text says: by its labels where it has some, else by the shape of what stands
/// there. `items` are the names of what is applied for here; `today` is for birth dates.
#[must_use]
pub fn recognise(text: &str, items: &[String], today: Date) -> Recognised {
    let text: String = text.chars().take(TEXT_CHARS_MAX).map(narrow).collect();
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    let labelled = |labels: &[&str]| labels.iter().find_map(|label| value(&lines, label));
    let person = labelled(&PERSON).filter(|it| ApplicantNumber::read(it, today).is_ok());
    let tokens =
        || lines.iter().flat_map(|line| line.split(is_between)).filter(|it| !it.is_empty());
    let is_person =
        |token: &&str| ApplicantNumber::read(token, today).is_ok_and(|read| read.doubts.is_empty());
    let applicant_number =
        person.or_else(|| tokens().find(is_person).map(str::to_owned)).unwrap_or_default();
    let first_word = |text: String| text.split(is_between).next().map(str::to_owned);
    let number = labelled(&NUMBER).and_then(first_word).filter(|it| has_digit(it));
    let number = number.or_else(|| {
        let may_be =
            |token: &&str| is_number(token) && **token != applicant_number && !is_person(token);
        tokens().find(may_be).map(str::to_owned)
    });
    let known = items.iter().filter(|item| !item.is_empty() && text.contains(item.as_str()));
    let known = known.max_by_key(|item| item.chars().count()).cloned();
    let is_title = |line: &&&str| {
        ["系统", "平台"].iter().any(|word| line.contains(word)) && line.chars().count() <= 40
    };
    let title = || lines.iter().find(is_title).map(|line| (**line).to_owned());
    Recognised {
        system: labelled(&SYSTEM).or_else(title).unwrap_or_default(),
        number: number.unwrap_or_default(),
        applicant: labelled(&APPLICANT).unwrap_or_default(),
        applicant_number,
        item: known.or_else(|| labelled(&ITEM)).unwrap_or_default(),
    }
}

/// What stands behind a label: in its line, or where that ends with the label, in the next.
fn value(lines: &[&str], label: &str) -> Option<String> {
    for (at, line) in lines.iter().enumerate() {
        let lower = line.to_lowercase();
        let Some(begin) = lower.find(label) else { continue };
        // A name that a label is only part of is another's, such as `项目名称` for `名称`.
        let stands_free = lower.get(..begin).is_some_and(|before| {
            before.is_empty() || before.ends_with(is_between) || before.ends_with([':', '】', ']'])
        });
        let rest = lower.get(begin + label.len()..).unwrap_or_default();
        // Letters keep their length in every script that has these labels.
        let rest = line.get(line.len() - rest.len()..).unwrap_or_default();
        let said = rest.trim_start_matches([':', '.', ' ', '\t', '】', ']', '|']);
        let is_label = rest.is_empty() || said.len() < rest.len();
        if !stands_free || !is_label {
            continue;
        }
        let said =
            if said.is_empty() { lines.get(at + 1).copied().unwrap_or_default() } else { said };
        let end = said.find(['\t', ',', ';', '，', '；', '、', '|']).unwrap_or(said.len());
        let end = said.find("  ").unwrap_or(end).min(end);
        let said: String = said.get(..end)?.trim().chars().take(VALUE_CHARS_MAX).collect();
        // Of two labels in one line, the one that comes next is no value.
        let said = match said.split_once(' ') {
            Some((first, more)) if more.contains(':') => first.to_owned(),
            _ => said,
        };
        if !said.is_empty() {
            return Some(said);
        }
    }
    None
}

/// Reads results line by line: a number, and behind a tab, a comma or a blank what became of it;
/// `otherwise` where nothing stands there. A first line without a digit is a heading.
#[must_use]
pub fn results(text: &str, otherwise: &str) -> Vec<RelayResult> {
    let text: String = text.chars().map(narrow).collect();
    let lines = text.lines().map(str::trim).filter(|line| has_digit(line));
    let read = lines.map(|line| {
        let (number, result) = line.split_once(is_between).unwrap_or((line, ""));
        let result = result.trim_matches(|char: char| is_between(char));
        let result = if result.is_empty() { otherwise } else { result };
        RelayResult { number: number.to_owned(), result: result.to_owned() }
    });
    read.collect()
}

/// Full-width letters, digits, colons and blanks as everybody's.
fn narrow(char: char) -> char {
    match char {
        '\u{ff21}'..='\u{ff3a}'
        | '\u{ff41}'..='\u{ff5a}'
        | '\u{ff10}'..='\u{ff1a}'
        | '\u{ff0d}' => char::from_u32(u32::from(char) - 0xfee0).unwrap_or(char),
        '\u{3000}' | '\u{a0}' => ' ',
        char => char,
    }
}

fn is_between(char: char) -> bool {
    char.is_whitespace() || matches!(char, ',' | ';' | '，' | '；' | '、' | '|' | '：' | ':')
}

fn has_digit(text: &str) -> bool {
    text.chars().any(|char| char.is_ascii_digit())
}

/// Whether a token has the shape of a number of some system: long, of letters, digits and dashes,
/// and neither a telephone nor a day.
fn is_number(token: &str) -> bool {
    let digits = token.chars().filter(char::is_ascii_digit).count();
    let is_plain = token.chars().all(|char| char.is_ascii_alphanumeric() || "-_".contains(char));
    let is_phone = token.len() == 11 && digits == 11 && token.starts_with('1');
    let is_day = token.parse::<Date>().is_ok();
    is_plain && token.len() >= NUMBER_CHARS_MIN && digits * 2 >= token.len() && !is_phone && !is_day
}
