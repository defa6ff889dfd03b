//! Carrying at the desk of a running service: block by block, so that links and pages go on.

use std::io::Cursor;
use std::sync::mpsc;

use tongban_protocol::journal::JournalId;
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::{Cargo, CarriedIn, CarryError, CarryReader, CarryWriter, Intake, Load, Part};
use crate::replica::{Appended, Replica};
use crate::service::Desk;
use crate::store::SledStore;

/// Writes a file of what the other side may lack, while the service runs.
///
/// # Errors
///
/// As [`super::carry_out`]; [`CarryError::Closed`] when the service stops meanwhile.
pub async fn out_at(desk: &Desk, now: Timestamp, cargo: Cargo) -> Result<Vec<u8>, CarryError> {
    write_at(desk, now, cargo, None).await
}

/// Writes the answer to a file of the other side: what it lacks of what both sides share.
///
/// # Errors
///
/// [`CarryError`] if their file is no whole one of this city, or the service stops.
pub async fn answer_at(
    desk: &Desk,
    now: Timestamp,
    theirs: Vec<u8>,
) -> Result<Vec<u8>, CarryError> {
    let root = desk.ask(|engine| engine.replica().member().root).await?;
    let heading = CarryReader::open(Cursor::new(theirs), &root)?.heading().clone();
    write_at(desk, now, Cargo::Answer(Box::new(heading)), None).await
}

/// The same, with a membership's papers behind the heading.
pub(crate) async fn write_at(
    desk: &Desk,
    now: Timestamp,
    cargo: Cargo,
    papers: Option<&[u8]>,
) -> Result<Vec<u8>, CarryError> {
    let mut load = desk.ask(move |engine| Load::new(engine.replica(), now, &cargo)).await??;
    let mut bytes = Vec::new();
    let mut writer = CarryWriter::new(&mut bytes, &load)?;
    if let Some(papers) = papers {
        writer.papers(papers)?;
    }
    while !load.wants().is_empty() {
        let wants = load.wants().to_vec();
        let runs = desk.ask(move |engine| engine.replica().read_wants(&wants)).await??;
        load.note_read(&runs)?;
        writer.block(&runs)?;
    }
    writer.finish()?;
    Ok(bytes)
}

/// Takes a file in while the service runs; every block is durable before the next.
///
/// # Errors
///
/// As [`super::carry_in`]; [`CarryError::Closed`] when the service stops meanwhile.
pub async fn in_at(desk: &Desk, now: Timestamp, bytes: Vec<u8>) -> Result<CarriedIn, CarryError> {
    let root = desk.ask(|engine| engine.replica().member().root).await?;
    let mut reader = CarryReader::open(Cursor::new(bytes), &root)?;
    let mut intake = Intake::new(&reader);
    while let Some(part) = reader.next_part()? {
        let Part::Block(runs) = part else { continue };
        let (tx, rx) = mpsc::sync_channel(1);
        desk.write(move |replica, rng| {
            intake.take(replica, now, runs, rng)?;
            let _ = tx.send(intake); // Room for one; whoever asked may have gone home.
            Ok(nothing(replica))
        })
        .await?;
        intake = rx.try_recv().map_err(|_| crate::service::Closed)?;
    }
    let (tx, rx) = mpsc::sync_channel(1);
    desk.write(move |replica, _| {
        intake.settle(replica)?;
        let _ = tx.send(intake); // As above.
        Ok(nothing(replica))
    })
    .await?;
    let intake = rx.try_recv().map_err(|_| crate::service::Closed)?;
    let heard = desk.ask(move |engine| {
        let report = intake.finish(engine.replica());
        engine.hear(now, None, vec![report.statement.clone()])?;
        Ok(report)
    });
    heard.await?
}

/// Where a command landed that wrote nothing of our own: the desk wants a place.
#[must_use]
pub fn nothing(replica: &Replica<SledStore>) -> Appended {
    let member = replica.member();
    let journal = JournalId { home: Home::office(member.centre()), author: member.author() };
    Appended { journal, number: 0 }
}
