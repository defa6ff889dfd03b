//! The flags of what the law wants to be said with an event.

use clap::Args;
use tongban_protocol::case::joint::Gathering;
use tongban_protocol::document::{AppealGround, Ground, Outcome, Procedure, Role, Ruling};
use tongban_protocol::time::Timestamp;

use crate::cases::{Said, parse_instant};

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
    /// The card, as `case cards` names it.
    #[arg(long, value_name = "NAME")]
    card: Option<String>,
    /// Why a card is appealed against: outage, calendar-change, wrong-setting, …
    #[arg(long, value_parser = str::parse::<AppealGround>)]
    appeal: Option<AppealGround>,
    /// How an appeal is ruled on: upheld or withdrawn.
    #[arg(long, value_parser = str::parse::<Ruling>)]
    ruling: Option<Ruling>,
    /// How much was charged, in 分.
    #[arg(long, value_name = "FEN")]
    fee: Option<u64>,
    /// The law that lets it be charged.
    #[arg(long, value_name = "TEXT")]
    basis: Option<String>,
    /// Of a joint case a part by its place, as `case parts` counts them: referred, called, absent.
    #[arg(long = "part", value_name = "PLACE", value_parser = clap::value_parser!(u16).range(1..))]
    parts: Vec<u16>,
    /// What the authorities are called to: survey or meeting.
    #[arg(long, value_parser = str::parse::<Gathering>)]
    gathering: Option<Gathering>,
    /// When they meet, such as 2013-12-13T09:30.
    #[arg(long, value_name = "TIME", value_parser = parse_instant)]
    meets_at: Option<Timestamp>,
}

impl From<SaidArgs> for Said {
    fn from(args: SaidArgs) -> Self {
        Self {
            role: args.role,
            document: args.document,
            reason: args.reason,
            remedy: args.remedy,
            materials: args.materials,
            days: args.days,
            procedure: args.procedure,
            outcome: args.outcome,
            ground: args.ground,
            staff: args.staff,
            card: args.card,
            appeal: args.appeal,
            ruling: args.ruling,
            fee: args.fee,
            basis: args.basis,
            parts: args.parts,
            gathering: args.gathering,
            meets_at: args.meets_at,
        }
    }
}
