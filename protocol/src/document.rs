//! Documents: automerge underneath, commands going in, plain views coming out.

mod change;
pub mod event;
pub mod judge;
pub mod name;
pub mod paper;
mod scalar;

pub use event::{Event, EventId, EventKind};
pub use judge::{Refusal, judge};
pub use name::{DocumentId, DocumentKind, DocumentName};
pub use paper::{Edit, Header, Material, MaterialState, Paper, PaperError, View};

#[cfg(test)]
mod tests;
