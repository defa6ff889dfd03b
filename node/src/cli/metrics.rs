//! `metrics`.

use clap::Args;
use tongban_config::settings::NodeSettings;
use tongban_protocol::metrics::{Against, By, Month};

use super::access::Access;
use super::{CliError, Language, out};
use crate::engine::Engine;
use crate::report::{Alone, Form, Tongue, Wish, report_whole};
use crate::{clock, entropy};

/// What a report is to tell; the same at every tier.
#[derive(Args, Clone, Copy, Debug)]
pub struct MetricsArgs {
    /// By what it is divided: centre, county, department, item or month.
    #[arg(long, value_name = "WHAT")]
    by: Option<By>,
    /// The first month, such as 2026-01.
    #[arg(long, value_name = "MONTH")]
    from: Option<Month>,
    /// The last month.
    #[arg(long, value_name = "MONTH")]
    to: Option<Month>,
    /// What early is held against: promise or legal.
    #[arg(long, value_name = "LIMIT", default_value = "promise")]
    early: Against,
    /// Counts 基本满意 as not satisfied.
    #[arg(long)]
    strict: bool,
    /// As JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// As CSV.
    #[arg(long)]
    csv: bool,
}

impl MetricsArgs {
    /// The same as a wish.
    #[must_use]
    pub const fn wish(&self, tongue: Tongue) -> Wish {
        let form = match (self.json, self.csv) {
            (true, _) => Form::Json,
            (false, true) => Form::Csv,
            (false, false) => Form::Text,
        };
        Wish {
            by: self.by,
            from: self.from,
            to: self.to,
            early: Some(self.early),
            satisfied_from: Some(if self.strict { 4 } else { 3 }),
            form: Some(form),
            lang: Some(tongue),
        }
    }
}

pub(super) fn run(
    settings: &NodeSettings,
    language: Language,
    args: MetricsArgs,
) -> Result<(), CliError> {
    let wish = args.wish(match language {
        Language::Zh => Tongue::Zh,
        Language::En => Tongue::En,
    });
    let text = match Access::open(settings)? {
        Access::Service(api) => {
            let text = api.fetch(&format!("metrics?{}", wish.to_query()))?;
            String::from_utf8_lossy(&text).into_owned()
        }
        Access::Store(_, replica) => {
            let mut engine = Engine::new(*replica, entropy::generator()?)?;
            let report = report_whole(&mut engine, &wish, &Alone, clock::now())?;
            report.to_form(wish.form.unwrap_or(Form::Text), wish.language())
        }
    };
    out::line(text.trim_end())
}
