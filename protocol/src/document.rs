//! Documents: automerge underneath, commands going in, plain views coming out.

mod change;
pub mod detail;
pub mod event;
pub mod judge;
pub mod kind;
mod later;
pub mod name;
pub mod paper;
mod right;
mod scalar;
pub mod view;
pub mod words;

pub use detail::Detail;
pub use event::{Event, EventId};
pub use judge::{Grasp, Noted, Refusal, judge, judge_noting};
pub use kind::EventKind;
pub use name::{DocumentId, DocumentKind, DocumentName};
pub use paper::{Edit, Header, Material, MaterialState, Paper, PaperError};
pub use right::Ownership;
pub use view::View;
pub use words::{
    AppealGround, Ground, Outcome, Procedure, Role, Ruling, Satisfaction, UnknownWord,
};

#[cfg(test)]
mod tests;
