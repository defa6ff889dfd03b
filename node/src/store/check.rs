//! What a check of the store goes by and finds.

use super::{Area, StoreError};

/// Where a check goes on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Cursor {
    /// The area to go on in.
    pub area: Area,
    /// The first key to look at.
    pub key: Vec<u8>,
}

impl Cursor {
    /// Returns the cursor before the first record of the store.
    #[must_use]
    pub fn start() -> Self {
        Self { area: Area::Meta, key: Vec::new() }
    }
}

/// What one step of a check found.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Checked {
    /// How many records were looked at, damaged ones among them.
    pub count: usize,
    /// One error for each damaged record.
    pub damage: Vec<StoreError>,
    /// Where to go on; none when the end is reached, or when the damage hides what follows.
    pub next: Option<Cursor>,
}
