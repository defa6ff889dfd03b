//! The case: its states, the law that leads from one to the next, the fold that tells what it has
//! come through, and its clocks.

mod breach;
mod clock;
mod course;
pub mod fault;
pub mod fold;
pub mod green;
mod hand;
pub mod joint;
pub mod law;
mod marks;
mod need;
mod sequence;
mod state;
mod terms;

pub use breach::Breach;
pub use clock::{Clock, ClockKind, Standing, clocks};
pub use course::{Course, Extension, Issued, Sampled, Special};
pub use fault::Fault;
pub use fold::{Anomaly, Folded, fold};
pub use green::{Channel, Customs, Green, GreenBasis};
pub(crate) use marks::counted_on;
pub use need::Need;
pub use sequence::{FIRST_DAY, Untimely};
pub use state::State;
pub use terms::{CaseType, MATERIALS_MAX, STEPS_MAX, StepTerms, Terms, TermsPart};

#[cfg(test)]
pub(crate) mod tests;
