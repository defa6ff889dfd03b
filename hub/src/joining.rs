//! The desk where machines join: token, roster, certificate, in this order.

use tokio::sync::mpsc;
use tongban_node::clock;
use tongban_node::join::{JoinAnswer, JoinRequest, Welcome};
use tongban_node::link::JoinCall;
use tongban_node::service::Desk;
use tongban_node::tasks::Tasks;
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::Home;

use crate::enrolment::{Office, Roster, enrol_event, read_roster, roster_name};

/// Calls that may wait while the disk works on those before.
pub const CALLS_MAX: usize = 256;

/// Answers machines that want to join, one after the other.
#[derive(Debug)]
pub struct Joining {
    /// The city's root.
    pub office: Office,
    /// Where children reach the hub, `host:port`.
    pub address: String,
    /// The hub's engine.
    pub desk: Desk,
    /// The hub's tasks.
    pub tasks: Tasks,
}

impl Joining {
    /// Answers until nobody can call any more.
    pub async fn run(self, mut calls: mpsc::Receiver<JoinCall>) {
        while let Some(call) = calls.recv().await {
            let remote = call.remote_address();
            let answer = match self.admit(call.request()).await {
                Ok(welcome) => {
                    tracing::info!(%remote, name = welcome.name, "a machine joined");
                    JoinAnswer::Welcome(welcome)
                }
                Err(why) => {
                    tracing::warn!(%remote, why, "a machine was not let in");
                    JoinAnswer::Refused(why)
                }
            };
            let bytes = minicbor::to_vec(&answer).unwrap_or_default();
            // The machine may be gone; it asks again with the same token and key.
            self.tasks.spawn("join", async move {
                if let Err(error) = call.respond(&bytes).await {
                    tracing::info!(%error, "an answer to a machine that joins may be lost");
                }
            });
        }
    }

    async fn admit(&self, request: &[u8]) -> Result<Welcome, String> {
        let request: JoinRequest = minicbor::decode(request)
            .map_err(|e| format!("the request cannot be understood: {e}; update the machine"))?;
        let roster = self
            .desk
            .ask(|engine| read_roster(engine.replica()))
            .await
            .map_err(|e| e.to_string())?
            .map_err(|e| e.to_string())?;
        let parents = self.parents(&roster, &request);
        let now = clock::now();
        let welcome = self.office.admit(&request, now, parents).map_err(|e| e.to_string())?;
        let node = NodeId::of(&request.key);
        if !roster.contains_key(&node) {
            let edit = enrol_event(node, request.centre, request.advertise.clone(), now);
            let home = Home::public(self.office.city().tree.root().division);
            self.desk
                .write(move |replica, _| {
                    replica.append(now, home, vec![(roster_name(), vec![edit])])
                })
                .await
                .map_err(|e| e.to_string())?;
        }
        Ok(welcome)
    }

    /// The centre above first, where it said how to reach it, and the hub always.
    fn parents(&self, roster: &Roster, request: &JoinRequest) -> Vec<String> {
        let parent =
            self.office.city().tree.centre(request.centre).and_then(|centre| centre.parent);
        let machines = roster
            .values()
            .filter(|machine| Some(machine.centre) == parent && machine.revoked_from.is_none());
        let mut addresses: Vec<String> =
            machines.filter_map(|machine| machine.advertise.clone()).collect();
        addresses.push(self.address.clone());
        addresses.dedup();
        addresses
    }
}
