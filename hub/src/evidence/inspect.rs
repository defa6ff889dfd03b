//! Checking a file, offline, with nothing but the root's fingerprint.

use std::cell::Cell;
use std::collections::BTreeMap;

use tongban_node::replica::{Incident, IncidentKind};
use tongban_protocol::document::{DocumentId, judge};
use tongban_protocol::hash::Sha;
use tongban_protocol::heartbeat::Statement;
use tongban_protocol::identity::{Credential, NodeId, PublicKey};
use tongban_protocol::journal::proof::audit_journal;
use tongban_protocol::journal::{Body, JournalId, SignedEntry};
use tongban_protocol::place::Home;
use tongban_protocol::time::Timestamp;

use super::file::{self, JournalV1, PayloadV1};
use super::findings::{Findings, JournalFinding, RefusedEntry, Saying};
use super::rebuild::{cases, revocations};
use super::{EvidenceError, Subject};

/// A journal whose chain and signatures hold.
pub(super) struct Sound {
    pub(super) journal: JournalId,
    pub(super) credential: Credential,
    pub(super) entries: Vec<SignedEntry>,
    /// Why entries are no part of their documents, by number.
    pub(super) refused: BTreeMap<u64, String>,
    /// Why entries say nothing, though others may have built on them, by number.
    pub(super) void: BTreeMap<u64, String>,
    /// The city's receipts for this journal: up to which entry, and when; ascending.
    pub(super) receipts: Vec<(u64, Timestamp)>,
}

impl Sound {
    /// When the city first held an entry, by its own signed word.
    pub(super) fn witnessed(&self, number: u64) -> Option<Timestamp> {
        let covering = self.receipts.iter().filter(|(last, _)| *last >= number);
        covering.map(|(_, at)| *at).min()
    }

    pub(super) fn receipted(&self) -> u64 {
        self.receipts.iter().map(|(last, _)| *last).max().unwrap_or(0)
    }
}

/// Checks a file and says what it proves.
///
/// Every signature, chain, credential, receipt, statement and proof in it is checked, and the
/// cases are built again from the entries that have effect. Nothing is believed but the root
/// whose fingerprint is given.
///
/// # Errors
///
/// [`EvidenceError`] names the first thing that is wrong, and its place.
pub fn verify(bytes: &[u8], root_fingerprint: Sha) -> Result<Findings, EvidenceError> {
    let opened = file::open(bytes)?;
    let payload = &opened.payload;
    let found = payload.root.fingerprint();
    if found != root_fingerprint {
        return Err(EvidenceError::OtherRoot { found, expected: root_fingerprint });
    }
    let mut sound: BTreeMap<JournalId, Sound> = BTreeMap::new();
    for journal in &payload.journals {
        if sound.insert(journal.journal, check_journal(journal, &payload.root)?).is_some() {
            let (journal, why) = (journal.journal, "the journal comes twice".to_owned());
            return Err(EvidenceError::Journal { journal, number: 1, why });
        }
    }
    let is_whole = payload.case.is_none();
    check_receipts(&mut sound, is_whole)?;
    judge_entries(&mut sound);
    let sayings = check_statements(payload, &sound)?;
    let forks = check_incidents(&payload.incidents, &payload.root)?;
    let cases = cases(&sound, payload.home, payload.case)?;
    let maker = opened.check_seal()?;
    let subject = match payload.case {
        Some(name) => Subject::Case(DocumentId { home: payload.home, name }),
        None => Subject::Centre(payload.home.division),
    };
    let of_home = || sound.values().filter(|it| it.journal.home == payload.home);
    let refused = of_home().flat_map(|it| {
        it.refused.iter().chain(&it.void).map(|(number, why)| RefusedEntry {
            journal: it.journal,
            number: *number,
            why: why.clone(),
        })
    });
    Ok(Findings {
        subject,
        root: found,
        made_at: payload.made_at,
        made_by: maker.path.centre(),
        journals: of_home().map(JournalFinding::of).collect(),
        cases,
        refused: refused.collect(),
        forks,
        sayings,
    })
}

fn check_journal(file: &JournalV1, root: &PublicKey) -> Result<Sound, EvidenceError> {
    let journal = file.journal;
    let refuse = |number: u64, why: String| EvidenceError::Journal { journal, number, why };
    let at = Cell::new(0_u64);
    let entries = file.entries.iter().map(|bytes| {
        at.set(at.get() + 1);
        bytes.as_slice()
    });
    let tail = audit_journal(entries, root).map_err(|why| refuse(at.get(), why))?;
    let tail = tail.ok_or_else(|| refuse(1, "the journal is empty".to_owned()))?;
    let mut decoded = Vec::with_capacity(file.entries.len());
    for (number, bytes) in (1..).zip(&file.entries) {
        let signed = SignedEntry::decode_trusted(bytes.to_vec())
            .map_err(|e| refuse(number, e.to_string()))?;
        // The audit holds an entry against the one before, not against the label of the file.
        if signed.entry.journal != journal {
            return Err(refuse(number, format!("it belongs to journal {}", signed.entry.journal)));
        }
        decoded.push(signed);
    }
    Ok(Sound {
        journal,
        credential: tail.credential,
        entries: decoded,
        refused: BTreeMap::new(),
        void: BTreeMap::new(),
        receipts: Vec::new(),
    })
}

/// Holds the city's receipts against the entries, and hands each journal its own.
fn check_receipts(
    sound: &mut BTreeMap<JournalId, Sound>,
    is_whole: bool,
) -> Result<(), EvidenceError> {
    let mut given = Vec::new();
    let cities =
        sound.values().filter(|it| it.credential.path.centre() == it.credential.path.city());
    for entry in cities.flat_map(|it| &it.entries) {
        if let Body::Receipts(receipts) = &entry.entry.body {
            let at = entry.entry.time.instant();
            given.extend(receipts.iter().map(|it| (entry.entry.journal.home, *it, at)));
        }
    }
    for (home, receipt, at) in given {
        let journal = JournalId { home, author: receipt.author };
        let number = receipt.number;
        let Some(about) = sound.get_mut(&journal) else {
            if is_whole {
                let who = "the city's receipt";
                return Err(EvidenceError::Lacks { journal, held: 0, number, who });
            }
            continue;
        };
        let held = about.entries.len() as u64;
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        match index.and_then(|index| about.entries.get(index)) {
            Some(entry) if entry.hash == receipt.hash => {}
            Some(_) => return Err(EvidenceError::OtherReceipt { journal, number }),
            None if is_whole => {
                let who = "the city's receipt";
                return Err(EvidenceError::Lacks { journal, held, number, who });
            }
            None => {} // The file of a case ends where the case does.
        }
        about.receipts.push((number, at));
    }
    Ok(())
}

/// Finds the entries that have no effect: without right, or by a machine revoked before.
fn judge_entries(sound: &mut BTreeMap<JournalId, Sound>) {
    for journal in sound.values_mut() {
        for signed in &journal.entries {
            if let Err(refusal) = judge(&signed.entry, &journal.credential) {
                journal.refused.insert(signed.entry.number, refusal.to_string());
            }
        }
    }
    let revoked: BTreeMap<NodeId, Timestamp> = revocations(sound);
    for journal in sound.values_mut() {
        let Some(from) = revoked.get(&journal.journal.author.node) else { continue };
        let late = journal.entries.iter().filter(|it| it.entry.time.instant() >= *from);
        for signed in late.filter(|it| matches!(it.entry.body, Body::Changes(_))) {
            let why = format!("signed after the machine was revoked from {from} on");
            if !journal.refused.contains_key(&signed.entry.number) {
                journal.void.insert(signed.entry.number, why);
            }
        }
    }
}

/// Opens the statements; in the file of a centre, what they announce is held against it.
fn check_statements(
    payload: &PayloadV1,
    sound: &BTreeMap<JournalId, Sound>,
) -> Result<Vec<Saying>, EvidenceError> {
    let mut sayings = Vec::new();
    for (at, record) in (1..).zip(&payload.statements) {
        let refuse = |why: String| EvidenceError::Statement { at, why };
        let (statement, credential) =
            Statement::open(&record.sealed, &payload.root).map_err(|e| refuse(e.to_string()))?;
        let centre = credential.path.centre();
        if centre != payload.home.division {
            return Err(refuse(format!("it is by a machine of {centre}")));
        }
        let (mut announced, mut missing) = (0_u64, 0_u64);
        let of_home = |journal: &JournalId| journal.home == Home::office(centre);
        for (journal, end) in statement.ends.iter().filter(|(journal, _)| of_home(journal)) {
            let entries = sound.get(journal).map(|it| it.entries.as_slice()).unwrap_or_default();
            announced = announced.saturating_add(end.number);
            missing = missing.saturating_add(end.number.saturating_sub(entries.len() as u64));
            let index = usize::try_from(end.number).ok().and_then(|number| number.checked_sub(1));
            if let Some(entry) = index.and_then(|index| entries.get(index))
                && entry.hash != end.hash
            {
                let number = end.number;
                return Err(refuse(format!("{journal} has another entry {number} in the file")));
            }
        }
        sayings.push(Saying {
            node: credential.node(),
            said_at: statement.at,
            received_at: record.received_at,
            announced,
            missing: payload.case.is_none().then_some(missing),
        });
    }
    Ok(sayings)
}

/// Checks the proofs and returns the forks that they prove.
fn check_incidents(
    incidents: &[Incident],
    root: &PublicKey,
) -> Result<Vec<(JournalId, u64)>, EvidenceError> {
    let mut forks = Vec::new();
    for (at, incident) in (1..).zip(incidents) {
        let refuse = |why: String| EvidenceError::Incident { at, why };
        match (&incident.proof, incident.kind) {
            (Some(proof), _) => {
                let proven = proof.verify(root).map_err(|e| refuse(e.to_string()))?;
                if proven != (incident.journal, incident.number) {
                    let (journal, number) = proven;
                    return Err(refuse(format!("its proof is about entry {number} of {journal}")));
                }
                forks.push(proven);
            }
            (None, IncidentKind::Fork) => {
                return Err(refuse("a fork without its proof".to_owned()));
            }
            (None, IncidentKind::Refused | IncidentKind::Broken | IncidentKind::Revoked) => {}
        }
    }
    Ok(forks)
}
