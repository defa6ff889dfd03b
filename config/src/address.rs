//! The addresses under which machines find each other.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A host and a port, such as `city.suining.example:7443` or `[2001:db8::1]:7443`.
///
/// The host is an IP address or a name of ASCII letters, digits, hyphens and dots.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct HostPort {
    host: Host,
    port: u16,
}

#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Host {
    Ip(IpAddr),
    Name(String),
}

/// Why a text is no host and port, or none to dial.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AddressError {
    /// The text is something else.
    #[error("`{0}` is no host and port; write it like `city.example:7443` or `[2001:db8::1]:7443`")]
    NoAddress(String),
    /// The text is an address to listen on.
    #[error(
        "`{0}` stands for all addresses of one machine, and others cannot dial it; write a name or an address under which they reach it, such as `city.example:7443`"
    )]
    Everywhere(String),
}

impl HostPort {
    /// Returns the host: a name, or an IP address without brackets.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Ip(ip) => ip.to_string(),
            Host::Name(name) => name.clone(),
        }
    }

    /// Reads an address that others are to dial.
    ///
    /// # Errors
    ///
    /// [`AddressError`]: it is none, or one on which to listen.
    pub fn to_dial(text: &str) -> Result<Self, AddressError> {
        let address: Self = text.parse()?;
        if address.can_be_dialled() {
            return Ok(address);
        }
        Err(AddressError::Everywhere(address.to_string()))
    }

    /// True unless the host is `0.0.0.0` or `::`, on which one listens and which nobody can dial.
    #[must_use]
    pub const fn can_be_dialled(&self) -> bool {
        match &self.host {
            Host::Ip(ip) => !ip.is_unspecified(),
            Host::Name(_) => true,
        }
    }

    /// Returns the port, which is never 0.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl FromStr for HostPort {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let refuse = || AddressError::NoAddress(text.chars().take(80).collect());
        let (host, port) = text.rsplit_once(':').ok_or_else(refuse)?;
        let port = port.parse().ok().filter(|number| *number > 0 && !port.starts_with('+'));
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match (bare, host.parse()) {
            (Some(bare), _) => bare.parse::<Ipv6Addr>().ok().map(|ip| Host::Ip(IpAddr::V6(ip))),
            (None, Ok(IpAddr::V4(ip))) => Some(Host::Ip(IpAddr::V4(ip))),
            (None, _) => is_name(host).then(|| Host::Name(host.to_ascii_lowercase())),
        };
        let (host, port) = host.zip(port).ok_or_else(refuse)?;
        Ok(Self { host, port })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}", self.port),
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}:{}", self.port),
            Host::Name(name) => write!(f, "{name}:{}", self.port),
        }
    }
}

/// The rules of RFC 1123, and a last label that is not a number: `10.0.0` is a slip, not a name.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let numeric = host.rsplit('.').next().is_some_and(|l| l.bytes().all(|b| b.is_ascii_digit()));
    host.len() <= 253 && !numeric && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_port_prints_and_parses_back() {
        for text in ["hub:7443", "city.example:1", "10.0.0.7:65535", "[2001:db8::1]:7443"] {
            assert_eq!(text.parse::<HostPort>().unwrap().to_string(), text);
        }
        let address: HostPort = "[::1]:7443".parse().unwrap();
        assert_eq!((address.host().as_str(), address.port()), ("::1", 7443));
        assert_eq!("City.Example:7443".parse::<HostPort>().unwrap().host(), "city.example");
    }

    #[test]
    fn an_address_to_listen_on_everywhere_cannot_be_dialled() {
        for (text, can) in [("0.0.0.0:7443", false), ("[::]:1", false), ("127.0.0.1:1", true)] {
            assert_eq!(text.parse::<HostPort>().unwrap().can_be_dialled(), can, "{text}");
        }
        assert!("hub:7443".parse::<HostPort>().unwrap().can_be_dialled());
        insta::assert_snapshot!(HostPort::to_dial("0.0.0.0:7443").unwrap_err(), @"`0.0.0.0:7443` stands for all addresses of one machine, and others cannot dial it; write a name or an address under which they reach it, such as `city.example:7443`");
    }

    #[test]
    fn what_is_no_host_and_port_is_refused() {
        for bad in [
            "",
            "hub",
            "hub:",
            ":7443",
            "hub:0",
            "hub:+1",
            "hub:65536",
            "::1:7443",
            "[::1]",
            "[hub]:1",
            "10.0.0:1",
            "10.0.0.256:1",
            "a b:1",
            "-a:1",
            "a..b:1",
            "https://hub:1",
            "市中心:7443",
        ] {
            assert!(bad.parse::<HostPort>().is_err(), "{bad}");
        }
        insta::assert_snapshot!("hub".parse::<HostPort>().unwrap_err(), @"`hub` is no host and port; write it like `city.example:7443` or `[2001:db8::1]:7443`");
    }
}
