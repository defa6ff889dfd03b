//! The desk where machines join: token, roster, certificate, in this order; and where members get
//! fresh papers.

use tokio::sync::mpsc;
use tongban_config::address::HostPort;
use tongban_node::clock;
use tongban_node::join::{JoinAnswer, JoinRequest, Question, RenewRequest, Welcome};
use tongban_node::link::JoinCall;
use tongban_node::service::Desk;
use tongban_node::tasks::Tasks;
use tongban_protocol::identity::NodeId;
use tongban_protocol::place::{Division, Home};

use crate::enrolment::{EnrolmentError, Office, Roster, enrol_event, read_roster, roster_name};

/// Calls that may wait while the disk works on those before.
pub const CALLS_MAX: usize = 256;

/// Answers machines that want to join or to renew their papers, one after the other.
#[derive(Debug)]
pub struct Joining {
    /// The city's root.
    pub office: Office,
    /// Where children reach the hub, `host:port`, where it knows.
    pub address: Option<String>,
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
            let answer = match self.answer(call.request()).await {
                Ok(welcome) => {
                    tracing::info!(%remote, name = welcome.name, "a machine got its papers");
                    JoinAnswer::Welcome(welcome)
                }
                Err(why) => {
                    tracing::warn!(%remote, why, "a machine got no papers");
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

    async fn answer(&self, question: &[u8]) -> Result<Welcome, String> {
        let question: Question = minicbor::decode(question)
            .map_err(|e| format!("the question cannot be understood: {e}; update the machine"))?;
        let roster = self.desk.ask(|engine| read_roster(engine.replica())).await;
        let roster = roster.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
        match question {
            Question::Join(request) => self.admit(&roster, &request).await,
            Question::Renew(request) => self.renew(&roster, &request).await,
        }
    }

    async fn admit(&self, roster: &Roster, request: &JoinRequest) -> Result<Welcome, String> {
        let parents = self.parents(roster, request.centre, request.reached.as_deref());
        let now = clock::now();
        let welcome = self.office.admit(request, now, parents).map_err(|e| e.to_string())?;
        let node = NodeId::of(&request.key);
        if !roster.contains_key(&node) {
            self.enrol(node, request.centre, request.advertise.clone()).await?;
        }
        Ok(welcome)
    }

    async fn renew(&self, roster: &Roster, request: &RenewRequest) -> Result<Welcome, String> {
        let credential = request.prove(&self.office.root());
        let credential = credential.ok_or_else(|| EnrolmentError::NotProved.to_string())?;
        let (node, centre) = (credential.node(), credential.path.centre());
        let machine = roster.get(&node).ok_or_else(|| {
            format!("machine {node} is not in the city's roster; join with a token")
        })?;
        if let Some(from) = machine.revoked_from {
            return Err(format!("machine {node} was revoked from {from} on; ask the city"));
        }
        let parents = self.parents(roster, centre, request.reached.as_deref());
        let welcome = self.office.renew(request, clock::now(), parents);
        let welcome = welcome.map_err(|e| e.to_string())?;
        if machine.advertise != request.advertise {
            self.enrol(node, centre, request.advertise.clone()).await?;
        }
        Ok(welcome)
    }

    /// Writes a machine, or its new address, into the roster.
    async fn enrol(
        &self,
        node: NodeId,
        centre: Division,
        advertise: Option<String>,
    ) -> Result<(), String> {
        let now = clock::now();
        let edit = enrol_event(node, centre, advertise, now);
        let home = Home::public(self.office.city().tree.root().division);
        let written = self
            .desk
            .write(move |replica, _| replica.append(now, home, vec![(roster_name(), vec![edit])]));
        written.await.map(drop).map_err(|e| e.to_string())
    }

    /// The centre above first, where it said how to reach it, and the hub last: under its own
    /// address, else under the one by which the machine reached it. What nobody can dial is no
    /// address.
    fn parents(&self, roster: &Roster, centre: Division, reached: Option<&str>) -> Vec<String> {
        let parent = self.office.city().tree.centre(centre).and_then(|centre| centre.parent);
        let machines = roster
            .values()
            .filter(|machine| Some(machine.centre) == parent && machine.revoked_from.is_none());
        let mut addresses: Vec<String> =
            machines.filter_map(|machine| machine.advertise.clone()).collect();
        addresses.extend(self.address.clone().or_else(|| reached.map(str::to_owned)));
        addresses.retain(|it| it.parse::<HostPort>().is_ok_and(|it| it.can_be_dialled()));
        addresses.dedup();
        addresses
    }
}
