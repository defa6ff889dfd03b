//! The UDP socket of a node, from which links are dialled and to which they come.

use std::{
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{Arc, Mutex, PoisonError},
};

use data_encoding::HEXLOWER;
use quinn::{
    ClientConfig, Connecting, Connection, Endpoint, Incoming, ServerConfig, TokioRuntime, VarInt,
    ZeroRttAccepted,
    crypto::rustls::{HandshakeData, QuicClientConfig},
};
use rustls::pki_types::CertificateDer;
use tokio::time::timeout;

use super::{
    JOIN_BYTES_MAX, JoinCall, Lane, Link, LinkError, LinkHandle, LinkMaterial, LinkSettings,
    error::close_code,
    join,
    reset::endpoint_config,
    send::{FirstFrames, LaneStreams, explain},
    session::EarlyData,
    settings::End,
    tls::{ALPN_JOIN, join_client, public_key},
};

/// One UDP socket that dials and accepts links; clones share it.
#[derive(Clone, Debug)]
pub struct LinkEndpoint {
    endpoint: Endpoint,
    settings: LinkSettings,
    /// How to dial, with the session tickets of earlier links; `None` before the node has joined.
    client: Arc<Mutex<Option<ClientConfig>>>,
}

/// Someone who wants in, before anything about them is known.
#[derive(Debug)]
pub struct Knock {
    incoming: Incoming,
    settings: LinkSettings,
}

/// Who came in.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "it is moved once or twice in the life of a link")]
pub enum Accepted {
    /// A node of this city that wants to exchange.
    Link(Link),
    /// A node that wants to join.
    Join(JoinCall),
}

impl LinkEndpoint {
    /// Opens the socket; must be called within a tokio runtime.
    ///
    /// Without material it can only [`join`](Self::join), and refuses whoever comes.
    ///
    /// # Errors
    ///
    /// [`LinkError::Bind`], or [`LinkError::Material`] if the key and certificate do not fit.
    pub fn bind(
        address: SocketAddr,
        material: Option<&LinkMaterial>,
        settings: LinkSettings,
    ) -> Result<Self, LinkError> {
        let failed = |source| LinkError::Bind { address, source };
        let socket = UdpSocket::bind(address).map_err(failed)?;
        let runtime = Arc::new(TokioRuntime);
        let endpoint = Endpoint::new(endpoint_config(material), None, socket, runtime);
        let bound = Self { endpoint: endpoint.map_err(failed)?, settings, client: Arc::default() };
        if let Some(material) = material {
            bound.set_material(material)?;
        }
        Ok(bound)
    }

    /// Replaces key, certificate and root for links to come; those that are up stay.
    ///
    /// Session tickets are forgotten in both roles, so no later link rests on the old material.
    ///
    /// # Errors
    ///
    /// [`LinkError::Material`] if the key and certificate do not fit; then nothing has changed.
    pub fn set_material(&self, material: &LinkMaterial) -> Result<(), LinkError> {
        let client = self.client_config(material.client()?);
        let mut server =
            ServerConfig::with_crypto(Arc::new(material.server(self.settings.sessions_max)?));
        server.migration(true).transport_config(self.settings.transport(End::Accept));
        self.endpoint.set_server_config(Some(server));
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = Some(client);
        Ok(())
    }

    /// Returns the address of the socket, with the port that was chosen if 0 was asked for.
    ///
    /// # Errors
    ///
    /// [`LinkError::Bind`] if the system does not tell.
    pub fn local_address(&self) -> Result<SocketAddr, LinkError> {
        let unknown = |source| LinkError::Bind { address: ([0, 0, 0, 0], 0).into(), source };
        self.endpoint.local_addr().map_err(unknown)
    }

    /// Dials a parent and sends it the first frames, at most [`FIRST_BYTES_MAX`](super::FIRST_BYTES_MAX) in all.
    ///
    /// If the parent was linked before, they travel with the first datagram, and once more if it has
    /// forgotten that; the parent sees them once, and handles them when the handshake is over.
    /// A link that the parent refuses for its certificate ends only after this returned: TLS 1.3
    /// lets the dialling end finish first.
    ///
    /// # Errors
    ///
    /// [`LinkError::NotJoined`] without material, [`LinkError::FirstTooLong`] or
    /// [`LinkError::SendTooLong`] if the first frames are over their bounds, else whatever kept the link from coming up within
    /// the handshake timeout.
    pub async fn dial(
        &self,
        remote: SocketAddr,
        first: &[(Lane, Vec<u8>)],
    ) -> Result<Link, LinkError> {
        let first = FirstFrames::encode(first, self.settings.frame_bytes_max)?;
        let client = self.client.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let connecting = self.connect(client.ok_or(LinkError::NotJoined)?, remote)?;
        let patience = self.settings.handshake_timeout;
        let late = LinkError::TimedOut { remote, patience };
        let linked = async {
            match connecting.into_0rtt() {
                Ok((connection, accepted)) => self.link_early(connection, accepted, &first).await,
                Err(connecting) => self.link_late(connecting, remote, &first).await,
            }
        };
        timeout(patience, linked).await.unwrap_or(Err(late))
    }

    /// Asks a hub to let this node in, over a connection of its own, and returns the answer.
    ///
    /// The hub must show a chain that ends in the root with this fingerprint, see
    /// [`root_fingerprint`](super::root_fingerprint). Request and answer are bounded by
    /// [`JOIN_BYTES_MAX`].
    ///
    /// # Errors
    ///
    /// [`LinkError::OtherFingerprint`] if another city answers, [`LinkError::ClosedByPeer`] with the
    /// hub's reason if it refuses, or whatever kept the answer from coming within the handshake
    /// timeout; asking again does no harm if the hub gives the same answer twice.
    pub async fn join(
        &self,
        remote: SocketAddr,
        fingerprint: [u8; 32],
        request: &[u8],
    ) -> Result<Vec<u8>, LinkError> {
        if request.len() > JOIN_BYTES_MAX {
            return Err(LinkError::JoinTooLong { remote });
        }
        let client = self.client_config(join_client(fingerprint)?);
        let connecting = self.connect(client, remote)?;
        let connection = finish(connecting, remote, &self.settings).await?;
        join::ask(connection, &self.settings, request).await
    }

    /// Waits for the next who wants in; `None` once the endpoint is shut down. Cancel safe.
    pub async fn accept(&self) -> Option<Knock> {
        let incoming = self.endpoint.accept().await?;
        Some(Knock { incoming, settings: self.settings.clone() })
    }

    /// Closes all links with this code and reason, and waits until the peers were told.
    pub async fn shutdown(&self, code: u32, reason: &str) {
        self.endpoint.close(VarInt::from_u32(code), reason.as_bytes());
        self.endpoint.wait_idle().await;
    }

    fn client_config(&self, crypto: QuicClientConfig) -> ClientConfig {
        let mut client = ClientConfig::new(Arc::new(crypto));
        client.transport_config(self.settings.transport(End::Dial));
        client
    }

    fn connect(&self, client: ClientConfig, remote: SocketAddr) -> Result<Connecting, LinkError> {
        let connecting = self.endpoint.connect_with(client, remote, &ticket_name(remote));
        connecting.map_err(|error| LinkError::Dial { remote, detail: error.to_string() })
    }

    async fn link_late(
        &self,
        connecting: Connecting,
        remote: SocketAddr,
        first: &FirstFrames,
    ) -> Result<Link, LinkError> {
        let connection = finish(connecting, remote, &self.settings).await?;
        let handle = identify(connection, &self.settings, EarlyData::Unused)?;
        let streams = first.write(&handle.connection).await;
        Ok(Link::new(streams.map_err(|error| explain(&handle, Lane::Control, error))?, handle))
    }

    async fn link_early(
        &self,
        connection: Connection,
        accepted: ZeroRttAccepted,
        first: &FirstFrames,
    ) -> Result<Link, LinkError> {
        let early_streams = first.write(&connection).await;
        let early_data = if accepted.await { EarlyData::Accepted } else { EarlyData::Unused };
        if let Some(error) = connection.close_reason() {
            let patience = self.settings.idle_timeout;
            return Err(LinkError::explain(error, connection.remote_address(), patience));
        }
        let handle = identify(connection, &self.settings, early_data)?;
        let streams = match early_data {
            EarlyData::Accepted => early_streams,
            EarlyData::Unused => {
                cov_mark::hit!(early_data_refused);
                first.write(&handle.connection).await // The peer has seen nothing of it.
            }
        };
        Ok(Link::new(streams.map_err(|error| explain(&handle, Lane::Control, error))?, handle))
    }
}

impl Knock {
    /// Returns the address it came from, which is not yet proved.
    #[must_use]
    pub fn remote_address(&self) -> SocketAddr {
        self.incoming.remote_address()
    }

    /// Refuses without a handshake.
    pub fn refuse(self) {
        self.incoming.refuse();
    }

    /// Lets the visitor in: finishes the handshake, and reads the request of one who wants to join.
    ///
    /// It takes at most twice the handshake timeout, so let several in at a time. Nothing a visitor
    /// sent early is seen before the handshake is over and its key is known.
    ///
    /// # Errors
    ///
    /// Whatever kept the visitor out; one without a certificate is told so and sent away.
    pub async fn open(self) -> Result<Accepted, LinkError> {
        let Self { incoming, settings } = self;
        let remote = incoming.remote_address();
        let explain = |error| LinkError::explain(error, remote, settings.handshake_timeout);
        let connecting = incoming.accept().map_err(explain)?;
        let connection = finish(connecting, remote, &settings).await?;
        if is_join(&connection) {
            return Ok(Accepted::Join(JoinCall::read(connection, &settings).await?));
        }
        let handle = identify(connection, &settings, EarlyData::Unused)?;
        Ok(Accepted::Link(Link::new(LaneStreams::default(), handle)))
    }
}

async fn finish(
    connecting: Connecting,
    remote: SocketAddr,
    settings: &LinkSettings,
) -> Result<Connection, LinkError> {
    let patience = settings.handshake_timeout;
    match timeout(patience, connecting).await {
        Ok(connected) => connected.map_err(|error| LinkError::explain(error, remote, patience)),
        Err(_) => Err(LinkError::TimedOut { remote, patience }),
    }
}

fn is_join(connection: &Connection) -> bool {
    let data = connection.handshake_data().and_then(|data| data.downcast::<HandshakeData>().ok());
    data.and_then(|data| data.protocol).is_some_and(|protocol| protocol == ALPN_JOIN)
}

/// Takes the peer's key from its verified certificate, be it of this handshake or a resumed one.
fn identify(
    connection: Connection,
    settings: &LinkSettings,
    early_data: EarlyData,
) -> Result<LinkHandle, LinkError> {
    let remote = connection.remote_address();
    let identity = connection.peer_identity();
    let chain = identity.and_then(|chain| chain.downcast::<Vec<CertificateDer<'static>>>().ok());
    let Some(certificate) = chain.as_ref().and_then(|chain| chain.first()) else {
        connection.close(VarInt::from_u32(close_code::NO_CERTIFICATE), b"certificate is missing");
        return Err(LinkError::NoCertificate { remote });
    };
    let Some(peer_key) = public_key(certificate) else {
        connection.close(VarInt::from_u32(close_code::OTHER_KEY), b"certificate is not of Ed25519");
        return Err(LinkError::OtherKey { remote });
    };
    Ok(LinkHandle::new(connection, settings.clone(), peer_key, early_data))
}

/// Names the session tickets of one address; it never travels and is in no certificate.
fn ticket_name(remote: SocketAddr) -> String {
    let address = match remote.ip() {
        IpAddr::V4(address) => HEXLOWER.encode(&address.octets()),
        IpAddr::V6(address) => HEXLOWER.encode(&address.octets()),
    };
    format!("a{address}-{}", remote.port())
}
