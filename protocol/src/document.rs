//! Documents: automerge underneath, commands going in, plain views coming out.

mod change;
pub mod detail;
pub mod event;
pub mod judge;
pub mod name;
pub mod paper;
mod scalar;
pub mod view;

pub use detail::{
    AppealGround, Detail, Ground, Outcome, Procedure, Role, Ruling, Satisfaction, UnknownWord,
};
pub use event::{Event, EventId, EventKind};
pub use judge::{Grasp, Headers, Refusal, judge, judge_headers};
pub use name::{DocumentId, DocumentKind, DocumentName};
pub use paper::{Edit, Header, Material, MaterialState, Paper, PaperError};
pub use view::View;

#[cfg(test)]
mod tests;
