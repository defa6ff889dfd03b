//! Publications over the desk of a running service.

use super::{
    CASES_AT_ONCE, Facts, Foreseen, Preview, PublishError, PublishLine, PublishWish, RetireWish,
    Sheet, prepare, prepare_retirement, write,
};
use crate::clock;
use crate::service::Desk;
use tongban_protocol::time::Timestamp;

/// Says what a publication would do to the open cases held here, some at a time, so that others
/// are served meanwhile.
///
/// # Errors
///
/// As [`Preview::begin`]; [`PublishError::Closed`] when the service stops meanwhile.
pub async fn foresee_at(
    desk: &Desk,
    now: Timestamp,
    facts: Facts,
) -> Result<Foreseen, PublishError> {
    let begun = desk.ask(move |engine| Preview::begin(engine.replica(), now, facts));
    let (mut preview, cases) = begun.await??;
    for ids in cases.chunks(CASES_AT_ONCE) {
        let ids = ids.to_vec();
        let looked = desk.ask(move |engine| {
            let outcome = preview.look(engine.replica(), &ids);
            outcome.map(|()| preview)
        });
        preview = looked.await??;
    }
    Ok(preview.finish())
}

/// Publishes items: those without a fault, where they say something new.
///
/// # Errors
///
/// As [`prepare`]; [`PublishError::Closed`] when the service stops meanwhile. What was written
/// before stays, and the rest is written once it is published again.
pub async fn publish_at(
    desk: &Desk,
    now: Timestamp,
    wish: PublishWish,
) -> Result<Vec<PublishLine>, PublishError> {
    let asked = desk.ask(move |engine| prepare(engine.replica(), now, wish));
    let (lines, sheets) = asked.await??;
    write_at(desk, now, sheets).await?;
    Ok(lines)
}

/// Retires an item from a day on.
///
/// # Errors
///
/// As [`prepare_retirement`]; [`PublishError::Closed`] when the service stops meanwhile.
pub async fn retire_at(desk: &Desk, wish: RetireWish) -> Result<(), PublishError> {
    let asked = desk.ask(move |engine| prepare_retirement(engine.replica(), &wish));
    let sheet = asked.await??;
    write_at(desk, clock::now(), vec![sheet]).await
}

/// Writes what was prepared, an entry for each sheet.
///
/// # Errors
///
/// The replica's; [`PublishError::Closed`] when the service stops meanwhile.
pub async fn write_at(desk: &Desk, now: Timestamp, sheets: Vec<Sheet>) -> Result<(), PublishError> {
    for sheet in sheets {
        desk.write(move |replica, _| write(replica, now, sheet)).await?;
    }
    Ok(())
}
