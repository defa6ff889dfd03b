//! Saving: what commands stage, and what is told to whoever waits once it is durable or is not.

use rand_chacha::ChaCha12Rng;
use tongban_protocol::journal::{End, JournalId};

use super::{Engine, Output, Ticket};
use crate::replica::{Appended, Replica, ReplicaError};
use crate::store::Store;

impl<S: Store> Engine<S> {
    /// Stages a command; its outcome comes as [`Output::Saved`] after the next flush.
    ///
    /// What a command staged that then failed never becomes durable.
    pub fn handle_command(
        &mut self,
        ticket: Ticket,
        command: impl FnOnce(&mut Replica<S>, &mut ChaCha12Rng) -> Result<Appended, ReplicaError>,
    ) {
        let mark = self.replica.mark();
        match command(&mut self.replica, &mut self.rng) {
            Ok(appended) => self.saves.push((ticket, appended)),
            Err(error) => {
                if self.replica.mark() != mark {
                    cov_mark::hit!(failed_command_is_undone);
                    let kept = self.replica.undo_to(mark);
                    self.settle(kept);
                }
                self.outputs.push_back(Output::Saved { ticket, outcome: Err(error) });
            }
        }
    }

    /// Tells whoever waits what became of what was staged.
    pub(super) fn settle(&mut self, committed: Result<Vec<(JournalId, End)>, ReplicaError>) {
        self.settle_heard(committed.is_ok());
        match committed {
            Ok(ends) => self.announce_durable(&ends),
            Err(error) => self.fail_waiting(error),
        }
    }

    fn announce_durable(&mut self, ends: &[(JournalId, End)]) {
        let (centre, node) = {
            let member = self.replica.member();
            (member.centre(), member.credential.node())
        };
        for (journal, end) in ends {
            self.has_news |= journal.home.division == centre || journal.author.node == node;
            for link in self.links.values_mut() {
                if link.shares(&self.replica, *journal) {
                    if let Some(number) = self.replica.green_ends().get(journal) {
                        link.session.prefer(*journal, *number);
                    }
                    link.session.handle_held(*journal, *end);
                }
            }
        }
        self.advanced.extend_from_slice(ends);
        for (id, block, refused) in std::mem::take(&mut self.stored) {
            if let Some(link) = self.links.get_mut(&id) {
                link.session.handle_stored(block, refused);
            }
        }
        for (ticket, appended) in std::mem::take(&mut self.saves) {
            self.outputs.push_back(Output::Saved { ticket, outcome: Ok(appended) });
        }
    }

    /// The store did not take what was staged: nobody is told that it did.
    pub(super) fn fail_waiting(&mut self, error: ReplicaError) {
        tracing::error!(%error, "nothing can be saved");
        let why = error.to_string();
        for (id, _, _) in std::mem::take(&mut self.stored) {
            if let Some(link) = self.links.get_mut(&id) {
                link.session.close(&format!("the peer cannot store: {why}"));
            }
        }
        let mut error = Some(error);
        for (ticket, _) in std::mem::take(&mut self.saves) {
            let error = error.take().unwrap_or_else(|| ReplicaError::NotSaved(why.clone()));
            self.outputs.push_back(Output::Saved { ticket, outcome: Err(error) });
        }
    }
}
