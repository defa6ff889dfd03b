//! The flags of what the law wants to be said with an event.

use clap::Args;
use tongban_protocol::document::{Ground, Outcome, Procedure, Role};

use crate::cases::Said;

#[derive(Args, Debug)]
pub(super) struct SaidArgs {
    /// In which capacity: window, partner, department, chief, supervisor.
    #[arg(long, value_parser = str::parse::<Role>)]
    role: Option<Role>,
    /// The number of the paper given to the applicant.
    #[arg(long, value_name = "NUMBER")]
    document: Option<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Where the applicant may turn; of a refusal for want of competence, the right agency.
    #[arg(long, value_name = "TEXT")]
    remedy: Option<String>,
    /// A material that is asked for, or was corrected.
    #[arg(long = "material", value_name = "NAME")]
    materials: Vec<String>,
    /// Working days announced or granted.
    #[arg(long)]
    days: Option<u16>,
    /// The special procedure, such as hearing or appraisal.
    #[arg(long, value_parser = str::parse::<Procedure>)]
    procedure: Option<Procedure>,
    /// How it was decided: granted, refused or forwarded.
    #[arg(long, value_parser = str::parse::<Outcome>)]
    outcome: Option<Outcome>,
    /// The coded ground, such as not-competent or applicant-gone.
    #[arg(long, value_parser = str::parse::<Ground>)]
    ground: Option<Ground>,
    /// Somebody who went to the site.
    #[arg(long = "staff", value_name = "NAME")]
    staff: Vec<String>,
}

impl From<SaidArgs> for Said {
    fn from(args: SaidArgs) -> Self {
        let SaidArgs { role, document, reason, remedy, materials, .. } = args;
        let SaidArgs { days, procedure, outcome, ground, staff, .. } = args;
        Self { role, document, reason, remedy, materials, days, procedure, outcome, ground, staff }
    }
}
