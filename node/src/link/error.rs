//! Why a link could not be made or has ended.

use std::{io, net::SocketAddr, time::Duration};

use quinn::{ConnectionError, VarInt};

use super::{FIRST_BYTES_MAX, JOIN_BYTES_MAX, Lane};

/// Why a link could not be made, or why it has ended.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The UDP socket could not be opened.
    #[error("UDP address {address} cannot be opened: {source}; choose one that is free here")]
    Bind {
        /// The address from the settings.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Nothing can be dialled before the node has joined.
    #[error("this node has no certificate; join the city first")]
    NotJoined,
    /// The key, certificate or root of this node is of no use.
    #[error("certificate or key of this node cannot be used: {detail}; join the city again")]
    Material {
        /// What is wrong with it.
        detail: String,
    },
    /// The address can never be reached from this socket.
    #[error(
        "{remote} cannot be dialled: {detail}; `renew --address HOST:PORT` with the hub's address gets \
         fresh papers, and `link.parents` in the settings wins over them"
    )]
    Dial {
        /// The address from the settings.
        remote: SocketAddr,
        /// What the QUIC stack said.
        detail: String,
    },
    /// Nothing came from the peer for the idle or handshake timeout.
    #[error(
        "{remote} was silent for {patience:?}; check that it runs, and that the network and its \
         firewall let UDP through"
    )]
    TimedOut {
        /// The peer.
        remote: SocketAddr,
        /// How long was waited.
        patience: Duration,
    },
    /// The peer runs but takes no links: not joined, shutting down or full.
    #[error("{remote} accepts no links now; try again later, and see its status page if it lasts")]
    Refused {
        /// The peer.
        remote: SocketAddr,
    },
    /// The peer has restarted and no longer knows the link.
    #[error("{remote} no longer knows this link, it has probably restarted; dial again")]
    Forgotten {
        /// The peer.
        remote: SocketAddr,
    },
    /// One end has a certificate of another city.
    #[error(
        "{remote} and this node do not have certificates of the same city: {detail}; check the \
         address, and join the node that moved again"
    )]
    OtherCity {
        /// The peer.
        remote: SocketAddr,
        /// Which end refused the certificate, and why.
        detail: String,
    },
    /// A certificate is not valid at the time shown by the clock that checked it.
    #[error(
        "certificate between this node and {remote} is not valid now: {detail}; check both clocks, \
         then renew the certificate"
    )]
    NotValidNow {
        /// The peer.
        remote: SocketAddr,
        /// Which end refused the certificate, and why.
        detail: String,
    },
    /// A sync link needs a client certificate and the peer gave none.
    #[error(
        "link with {remote} needs the certificates of both ends and one was missing; join the city \
         with the node that has none"
    )]
    NoCertificate {
        /// The peer.
        remote: SocketAddr,
    },
    /// The verified certificate holds no Ed25519 key.
    #[error("certificate of {remote} has no Ed25519 key; issue it anew")]
    OtherKey {
        /// The peer.
        remote: SocketAddr,
    },
    /// There is no protocol version that both ends speak.
    #[error("{remote} speaks another major version of the protocol; update the older of the two")]
    OtherVersion {
        /// The peer.
        remote: SocketAddr,
    },
    /// The city at the other end is not the one that issued the token.
    #[error(
        "root at {remote} does not have the fingerprint in the token: {detail}; check the address \
         and ask the city for a new token; do not go on if it happens again"
    )]
    OtherFingerprint {
        /// The peer.
        remote: SocketAddr,
        /// What was found.
        detail: String,
    },
    /// The peer announced a frame over the bound of its lane; the link is closed.
    #[error("{remote} sent a {lane} frame of {length} bytes, over the limit of {limit}; update it")]
    FrameTooLong {
        /// The peer.
        remote: SocketAddr,
        /// The lane.
        lane: Lane,
        /// The announced length in bytes.
        length: u32,
        /// The bound of the lane in bytes.
        limit: u32,
    },
    /// The peer opened a lane that does not exist, or one twice; the link is closed.
    #[error("{remote} opened a lane with tag {tag}, which is unknown or open already; update it")]
    WrongLane {
        /// The peer.
        remote: SocketAddr,
        /// The first byte of the stream.
        tag: u8,
    },
    /// The peer ended a lane in the midst of a frame; the link is closed.
    #[error("{remote} broke its {lane} lane off within a frame; dial again")]
    LaneBroken {
        /// The peer.
        remote: SocketAddr,
        /// The lane.
        lane: Lane,
    },
    /// The peer broke the rules of QUIC or TLS.
    #[error("{remote} and this node do not understand each other: {detail}; update the older one")]
    Misunderstood {
        /// The peer.
        remote: SocketAddr,
        /// What the QUIC stack said.
        detail: String,
    },
    /// The peer closed the link.
    #[error("{remote} closed the link with code {code}: {reason}")]
    ClosedByPeer {
        /// The peer.
        remote: SocketAddr,
        /// The code it gave.
        code: u64,
        /// The reason it gave, in words.
        reason: String,
    },
    /// This node closed the link, or shut its endpoint.
    #[error("this node closed the link to {remote}: {reason}")]
    ClosedHere {
        /// The peer.
        remote: SocketAddr,
        /// The reason that was given, in words.
        reason: String,
    },
    /// A request or answer of a join is over [`JOIN_BYTES_MAX`].
    #[error("join message between this node and {remote} is over {JOIN_BYTES_MAX} bytes")]
    JoinTooLong {
        /// The peer.
        remote: SocketAddr,
    },
    /// The caller wanted to send a frame over the bound of its lane; nothing was sent.
    #[error(
        "frame of {length} bytes for the {lane} lane is over the limit of {limit}; report this"
    )]
    SendTooLong {
        /// The lane.
        lane: Lane,
        /// The length in bytes.
        length: usize,
        /// The bound in bytes.
        limit: u32,
    },
    /// The caller wanted more to go with a dial than is kept for it; nothing was dialled.
    #[error("first frames of {length} bytes are over the limit of {FIRST_BYTES_MAX}; report this")]
    FirstTooLong {
        /// The length of all frames in bytes, with 4 a frame.
        length: usize,
    },
    /// The caller dropped an earlier send half-way, so the lane cannot go on; the link is closed.
    #[error("earlier send on the {lane} lane was broken off; report this")]
    SendBrokenOff {
        /// The lane.
        lane: Lane,
    },
}

/// Who has to act for a fault to go away.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Blame {
    /// The other end broke the rules.
    Peer,
    /// Someone has to change a setting, a certificate or a clock.
    Operator,
    /// The network or a restart; it may pass by itself.
    Environment,
    /// This program.
    Bug,
}

impl LinkError {
    /// Returns who has to act.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::Bind { .. }
            | Self::NotJoined
            | Self::Material { .. }
            | Self::Dial { .. }
            | Self::OtherCity { .. }
            | Self::NotValidNow { .. }
            | Self::NoCertificate { .. }
            | Self::OtherKey { .. }
            | Self::OtherVersion { .. }
            | Self::OtherFingerprint { .. }
            | Self::ClosedHere { .. } => Blame::Operator,
            Self::TimedOut { .. } | Self::Refused { .. } | Self::Forgotten { .. } => {
                Blame::Environment
            }
            Self::FrameTooLong { .. }
            | Self::WrongLane { .. }
            | Self::LaneBroken { .. }
            | Self::Misunderstood { .. }
            | Self::JoinTooLong { .. }
            | Self::ClosedByPeer { .. } => Blame::Peer,
            Self::SendTooLong { .. } | Self::FirstTooLong { .. } | Self::SendBrokenOff { .. } => {
                Blame::Bug
            }
        }
    }

    /// What is wrong and what to do, in Chinese; addresses and details are in the words of
    /// [`std::fmt::Display`].
    #[must_use]
    pub const fn zh(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "本机的 UDP 地址打不开，请在配置中换一个空闲的",
            Self::NotJoined => "本机还没有证书，请先加入本市",
            Self::Material { .. } => "本机的证书或密钥不能用，请重新加入本市",
            Self::Dial { .. } => "上级地址不能连接，请改正配置中的上级地址",
            Self::TimedOut { .. } => "对方没有应答（超时）：请确认对方在运行，网络和防火墙放行 UDP",
            Self::Refused { .. } => "对方拒绝连接：它暂不接受链路，请稍后再试",
            Self::Forgotten { .. } => "对方已重新启动，将重新连接",
            Self::OtherCity { .. } => "双方的证书不属于同一个市，请核对地址，或重新加入",
            Self::NotValidNow { .. } => "证书此刻无效：请核对两台机器的时钟，再更换证书",
            Self::NoCertificate { .. } => "有一方没有出示证书，请让没有证书的机器加入本市",
            Self::OtherKey { .. } => "对方证书中的密钥不能用，请重新签发",
            Self::OtherVersion { .. } => "双方的协议版本不同，请更新较旧的一方",
            Self::OtherFingerprint { .. } => {
                "对方不是签发令牌的市中心：请核对地址，并向市级索取新令牌"
            }
            Self::FrameTooLong { .. }
            | Self::WrongLane { .. }
            | Self::LaneBroken { .. }
            | Self::Misunderstood { .. }
            | Self::JoinTooLong { .. } => "双方互不理解，链路已断开，请更新较旧的一方",
            Self::ClosedByPeer { .. } => "对方关闭了链路",
            Self::ClosedHere { .. } => "本机关闭了链路",
            Self::SendTooLong { .. } | Self::FirstTooLong { .. } | Self::SendBrokenOff { .. } => {
                "本程序有误，请报告"
            }
        }
    }

    /// Explains what QUIC reports; `patience` is the timeout that was in force.
    pub(crate) fn explain(error: ConnectionError, remote: SocketAddr, patience: Duration) -> Self {
        match error {
            ConnectionError::VersionMismatch => Self::OtherVersion { remote },
            ConnectionError::TransportError(error) => {
                Self::of_code(u64::from(error.code), remote, format!("refused here, {error}"))
            }
            ConnectionError::ConnectionClosed(close) => Self::of_code(
                u64::from(close.error_code),
                remote,
                format!("refused there, {close}"),
            ),
            ConnectionError::ApplicationClosed(close) => {
                let reason = String::from_utf8_lossy(&close.reason).into_owned();
                Self::of_close(close.error_code, reason, remote)
            }
            ConnectionError::Reset => Self::Forgotten { remote },
            ConnectionError::TimedOut => Self::TimedOut { remote, patience },
            ConnectionError::LocallyClosed => {
                Self::ClosedHere { remote, reason: "it is shutting down".to_owned() }
            }
            ConnectionError::CidsExhausted => {
                Self::Misunderstood { remote, detail: error.to_string() }
            }
        }
    }

    fn of_close(code: VarInt, reason: String, remote: SocketAddr) -> Self {
        match u32::try_from(code.into_inner()) {
            Ok(close_code::NO_CERTIFICATE) => Self::NoCertificate { remote },
            Ok(close_code::OTHER_KEY) => Self::Material { detail: reason },
            _ => Self::ClosedByPeer { remote, code: code.into_inner(), reason },
        }
    }

    /// Sorts QUIC's transport codes, of which those above 0x100 are TLS alerts (RFC 9001, 4.8).
    fn of_code(code: u64, remote: SocketAddr, detail: String) -> Self {
        match code {
            CONNECTION_REFUSED => Self::Refused { remote },
            ALERT_UNKNOWN_AUTHORITY | ALERT_DECRYPT_ERROR | ALERT_BAD_CERTIFICATE => {
                Self::OtherCity { remote, detail }
            }
            ALERT_CERTIFICATE_EXPIRED => Self::NotValidNow { remote, detail },
            ALERT_ACCESS_DENIED => Self::OtherFingerprint { remote, detail },
            ALERT_CERTIFICATE_REQUIRED => Self::NoCertificate { remote },
            ALERT_NO_APPLICATION_PROTOCOL => Self::OtherVersion { remote },
            _ => Self::Misunderstood { remote, detail },
        }
    }
}

/// The lowest code for callers of [`LinkHandle::close`](super::LinkHandle::close).
///
/// Codes below it are used by the link itself.
pub const CLOSE_CODE_MIN: u32 = 16;

/// Codes with which this module closes links.
pub(crate) mod close_code {
    pub(crate) const DONE: u32 = 0;
    pub(crate) const FRAME_TOO_LONG: u32 = 1;
    pub(crate) const WRONG_LANE: u32 = 2;
    pub(crate) const LANE_BROKEN: u32 = 3;
    pub(crate) const NO_CERTIFICATE: u32 = 4;
    pub(crate) const OTHER_KEY: u32 = 5;
    pub(crate) const JOIN_REFUSED: u32 = 6;
    pub(crate) const BUG: u32 = 7;
}

const CONNECTION_REFUSED: u64 = 0x2;
const ALERT_BAD_CERTIFICATE: u64 = 0x100 + 42;
const ALERT_CERTIFICATE_EXPIRED: u64 = 0x100 + 45;
const ALERT_UNKNOWN_AUTHORITY: u64 = 0x100 + 48;
const ALERT_ACCESS_DENIED: u64 = 0x100 + 49;
const ALERT_DECRYPT_ERROR: u64 = 0x100 + 51;
const ALERT_CERTIFICATE_REQUIRED: u64 = 0x100 + 116;
const ALERT_NO_APPLICATION_PROTOCOL: u64 = 0x100 + 120;
