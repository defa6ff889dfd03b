//! The file of the templates of joint approval (并联审批).

use jiff::civil::Date;
use serde::Deserialize;
use tongban_protocol::case::joint::{PARTS_MAX, Part, Plan, Template};
use tongban_protocol::deadline::Limit;
use tongban_protocol::place::Tier;

/// The most that the law may give the whole: 45 working days, and 15 more (行政许可法 42-2).
const LEGAL_DAYS_MAX: u16 = 45 + 15;

/// Why the templates were refused. The operator who wrote them is to blame.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum JointError {
    /// It is no TOML, or has a key or a word that is not known.
    #[error("{file}: {reason} (文件格式有误，请改正所指的行)")]
    Form {
        /// The file.
        file: String,
        /// What the reader says, with line and column.
        reason: String,
    },
    /// A template cannot be taken as it is.
    #[error("{file}: template `{id}`, version {version}: {reason}")]
    Template {
        /// The file.
        file: String,
        /// The template.
        id: String,
        /// Its version.
        version: u32,
        /// Why, and what to do.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    templates: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Row {
    id: String,
    version: u32,
    title: String,
    lead: String,
    /// For whoever reads the file.
    #[serde(rename = "source")]
    _source: String,
    legal: u16,
    promise: u16,
    valid_from: Option<Date>,
    valid_to: Option<Date>,
    parts: Vec<PartRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PartRow {
    name: String,
    department: String,
    tier: Tier,
    item: Option<String>,
    days: u16,
    #[serde(default)]
    materials: Vec<String>,
    #[serde(default)]
    after: Vec<String>,
    #[serde(default)]
    silence: bool,
}

/// Reads `joint.toml`.
///
/// # Errors
///
/// The first [`JointError`].
pub fn parse(file: &str, text: &str) -> Result<Vec<Template>, JointError> {
    let read: File = toml::from_str(text)
        .map_err(|error| JointError::Form { file: file.to_owned(), reason: error.to_string() })?;
    let mut templates: Vec<Template> = Vec::new();
    for row in read.templates {
        let (id, version) = (row.id.clone(), row.version);
        let twice = templates.iter().any(|it| it.plan.template == id && it.plan.version == version);
        let template = match row.read() {
            Ok(_) if twice => Err("is there twice; give the later one the next version (同一版本出现两次，请改后者的版本号)".to_owned()),
            other => other,
        };
        templates.push(template.map_err(|reason| {
            let file = file.to_owned();
            JointError::Template { file, id, version, reason }
        })?);
    }
    Ok(templates)
}

impl Row {
    fn read(self) -> Result<Template, String> {
        if !(1..=LEGAL_DAYS_MAX).contains(&self.legal) {
            let legal = self.legal;
            return Err(format!(
                "says that the law gives {legal} working days; it gives 45, and 15 more by extension (法定时限 {legal} 个工作日不在 1 至 {LEGAL_DAYS_MAX} 个之内，行政许可法第 42 条第 2 款为 45 个，可延长 15 个)"
            ));
        }
        if self.promise > self.legal {
            let Self { promise, legal, .. } = self;
            return Err(format!(
                "promises {promise} working days, more than the law's {legal}; promise less (承诺 {promise} 个工作日，长于法定 {legal} 个，请缩短)"
            ));
        }
        if let (Some(from), Some(to)) = (self.valid_from, self.valid_to)
            && to < from
        {
            return Err(format!(
                "ends on {to}, before it begins on {from} (失效日期 {to} 早于生效日期 {from})"
            ));
        }
        let names: Vec<String> = self.parts.iter().map(|part| part.name.clone()).collect();
        let parts = self.parts.into_iter().enumerate().map(|(at, row)| {
            let earlier = names.get(..at).unwrap_or_default();
            row.read(earlier, self.promise)
        });
        let plan = Plan {
            template: self.id,
            version: self.version,
            title: self.title,
            lead: self.lead,
            parts: parts.collect::<Result<_, String>>()?,
        };
        if !plan.is_sound() {
            let parts = plan.parts.len();
            return Err(format!(
                "has {parts} parts; give it 1 to {PARTS_MAX} (有 {parts} 个并联事项，应为 1 至 {PARTS_MAX} 个)"
            ));
        }
        check_chains(&plan, self.promise)?;
        Ok(Template {
            plan,
            legal: Limit::WorkingDays(self.legal),
            promise: Limit::WorkingDays(self.promise),
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        })
    }
}

/// Parts that wait for each other take their days one after the other, all within the promise.
fn check_chains(plan: &Plan, promise: u16) -> Result<(), String> {
    let mut ends: Vec<u32> = Vec::new();
    for part in &plan.parts {
        let Limit::WorkingDays(days) = part.limit else { continue };
        let before = part.after.iter().filter_map(|before| ends.get(usize::from(*before)));
        let before = before.copied().max().unwrap_or_default();
        let end = before + u32::from(days);
        if end > u32::from(promise) {
            let name = &part.name;
            return Err(format!(
                "part `{name}` ends after {end} working days with those it waits for, later than the promise of {promise} (并联事项“{name}”连同所等事项共 {end} 个工作日，超过整件承诺的 {promise} 个)"
            ));
        }
        ends.push(end);
    }
    Ok(())
}

impl PartRow {
    fn read(self, earlier: &[String], whole: u16) -> Result<Part, String> {
        let Self { name, department, tier, item, days, materials, after, silence } = self;
        if days > whole {
            return Err(format!(
                "part `{name}` may take {days} working days, more than the whole, {whole} (并联事项“{name}”的 {days} 个工作日长于整件的 {whole} 个)"
            ));
        }
        if earlier.contains(&name) {
            return Err(format!(
                "part `{name}` is there twice; rename one (并联事项“{name}”出现两次，请改名)"
            ));
        }
        let place = |before: &String| {
            let found = earlier.iter().position(|it| it == before);
            let place = found.and_then(|place| u16::try_from(place).ok());
            place.ok_or_else(|| {
                format!(
                    "part `{name}` waits for `{before}`, which is no part before it (并联事项“{name}”所等的“{before}”不在它之前)"
                )
            })
        };
        let after = after.iter().map(place).collect::<Result<_, _>>()?;
        let limit = Limit::WorkingDays(days);
        let silence_consents = silence;
        Ok(Part {
            name,
            department,
            tier,
            centre: None,
            item,
            limit,
            materials,
            after,
            silence_consents,
            legal: None, // The catalogue tells it on the day of receipt.
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../suining/joint.toml");

    #[test]
    fn the_shipped_templates_are_two_of_which_one_changed_with_the_law() {
        let templates = parse("joint.toml", SHIPPED).unwrap();
        let named: Vec<(&str, u32, usize)> = templates
            .iter()
            .map(|it| (it.plan.template.as_str(), it.plan.version, it.plan.parts.len()))
            .collect();
        assert_eq!(named, [("enterprise", 1, 3), ("enterprise", 2, 2), ("investment", 1, 5)]);
        let on = |day: &str| {
            let day: Date = day.parse().unwrap();
            templates[..2].iter().filter(|it| it.is_valid_on(day)).count()
        };
        assert_eq!([on("2013-12-13"), on("2015-09-30"), on("2015-10-01")], [1, 1, 1]);
        assert_eq!(templates[2].plan.parts[4].after, [0]);
    }

    #[track_caller]
    fn refused(from: &str, to: &str, why: &str) {
        let text = SHIPPED.replacen(from, to, 1);
        assert_ne!(text, SHIPPED, "the change changes something");
        let said = parse("j.toml", &text).unwrap_err().to_string();
        assert!(said.starts_with("j.toml: ") && said.contains(why), "{said}");
    }

    #[test]
    fn what_contradicts_itself_is_refused_with_the_template_and_what_to_do() {
        refused("promise = 5", "promise = 46", "`enterprise`, version 1: promises 46 working days");
        refused("legal = 45", "legal = 61", "`enterprise`, version 1: says that the law gives 61");
        refused("legal = 45", "legal = 0", "`enterprise`, version 1: says that the law gives 0");
        let long = "days = 15, after = [\"建设项目选址意见书\"]";
        let why = "part `建设用地规划许可证` ends after 20 working days with those it waits for";
        refused("days = 5, after = [\"建设项目选址意见书\"]", long, why);
        refused("days = 3", "days = 6", "part `组织机构代码证` may take 6 working days");
        refused("version = 2", "version = 1", "is there twice");
        refused("after = [\"建设项目选址意见书\"]", "after = [\"水\"]", "waits for `水`");
        refused("valid-to = \"2015-09-30\"", "valid-to = \"2015-9\"", "line 20");
        refused("silence = true", "silent = true", "silent");
    }
}
