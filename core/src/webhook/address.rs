//! Which addresses events may be sent to: none inside somebody's network, ours least of all.
//!
//! What a caller registers is a text that our server will connect to. Everything that could reach a machine which is
//! not on the public internet is refused, when it is registered as far as the text shows it, and before every
//! connection for each address that the name stands for.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::Url;

/// The longest address that is taken.
const LONGEST: usize = 2_000;

/// The ports that receivers may listen on.
const PORTS: [u16; 2] = [443, 8_443];

/// Names that are known, or likely, to mean a machine inside a network.
const INSIDE: [&str; 9] =
    ["localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa"];

/// Networks that are not the public internet, by their first address and the number of bits that matter.
const CLOSED_V4: [(Ipv4Addr, u32, &str); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8, "this network"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "a private network"),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "a provider's own network"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "this machine"),
    (Ipv4Addr::new(168, 63, 129, 16), 32, "a cloud's own services"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "a link-local network"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "a private network"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "a relay"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "a private network"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for measurements"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "for many receivers"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// Parts of the public internet of version 6 that lead elsewhere.
const CLOSED_V6: [(Ipv6Addr, u32, &str); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "for protocols, or a tunnel"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "for documentation"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "a tunnel to version 4"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "for documentation"),
];

/// Why events may not be sent to an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Not an address.
    #[error("is not an absolute URL such as `https://example.com/hooks`: {0}")]
    NoUrl(String),
    /// Longer than anybody needs.
    #[error("is longer than {LONGEST} characters")]
    TooLong,
    /// Everybody on the way could read it.
    #[error("must begin with `https://`")]
    NotHttps,
    /// User and password in the address end up in logs.
    #[error("must not have a user name or password: deliveries are signed instead")]
    Credentials,
    /// A fragment is never sent.
    #[error("must not have a fragment (`#`)")]
    Fragment,
    /// A port where no receiver should be.
    #[error("must use port 443 or 8443, not {0}")]
    Port(u16),
    /// A name of a machine inside a network.
    #[error("`{0}` is not a name of the public internet")]
    PrivateName(String),
    /// An address of a machine inside a network.
    #[error("`{0}` is not an address of the public internet: it is {1}")]
    PrivateAddress(IpAddr, &'static str),
}

impl Refusal {
    /// The word that callers match on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoUrl(_) => "no_url",
            Self::TooLong => "too_long",
            Self::NotHttps => "not_https",
            Self::Credentials => "credentials",
            Self::Fragment => "fragment",
            Self::Port(_) => "port",
            Self::PrivateName(_) => "private_name",
            Self::PrivateAddress(..) => "private_address",
        }
    }
}

/// Who is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Host {
    /// A name that has to be looked up.
    Name(String),
    /// An address.
    Address(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => fmt::Display::fmt(address, f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// An address that is allowed, taken apart: nothing else is ever made of its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Who is connected to.
    pub host: Host,
    /// On which port.
    pub port: u16,
    /// Whether the connection is encrypted.
    pub is_encrypted: bool,
    /// What is asked for there, with the query.
    pub path: String,
    /// Whether it is a host for which the settings make an exception.
    is_open: bool,
}

impl Target {
    /// What stands in the header `host`.
    pub fn authority(&self) -> String {
        let usual = if self.is_encrypted { 443 } else { 80 };
        if self.port == usual {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// Whether a connection may be made to this address, which the host's name stands for now.
    ///
    /// # Errors
    /// [`Refusal::PrivateAddress`].
    pub fn admits(&self, address: SocketAddr) -> Result<(), Refusal> {
        if self.is_open { Ok(()) } else { is_public(address.ip()) }
    }
}

/// Which addresses are allowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddressRules {
    open_hosts: Vec<String>,
}

impl AddressRules {
    /// The rules, with hosts that are allowed whatever their address and port, also without encryption: receivers in
    /// the operator's own network, and those of tests.
    pub fn with_open_hosts(hosts: impl IntoIterator<Item = String>) -> Self {
        Self { open_hosts: hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect() }
    }

    /// Takes an address apart, if its text is allowed.
    ///
    /// # Errors
    /// [`Refusal`].
    pub fn target(&self, text: &str) -> Result<Target, Refusal> {
        if text.len() > LONGEST {
            return Err(Refusal::TooLong);
        }
        let url = Url::parse(text).map_err(|error| Refusal::NoUrl(error.to_string()))?;
        let is_encrypted = url.scheme() == "https";
        if !is_encrypted && url.scheme() != "http" {
            return Err(Refusal::NotHttps);
        }
        let host = host(&url)?;
        let is_open = self.open_hosts.contains(&host.to_string());
        if !is_encrypted && !is_open {
            return Err(Refusal::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::Credentials);
        }
        if url.fragment().is_some() {
            return Err(Refusal::Fragment);
        }
        let port = url.port_or_known_default().unwrap_or(443);
        if !is_open {
            is_outside(&host)?;
            if !PORTS.contains(&port) {
                return Err(Refusal::Port(port));
            }
        }
        let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
        let path = format!("{}{query}", url.path());
        Ok(Target { host, port, is_encrypted, path, is_open })
    }
}

fn host(url: &Url) -> Result<Host, Refusal> {
    match url.host() {
        Some(url::Host::Domain(name)) => {
            // With a dot at its end it would be the same name, and not the one in the certificate.
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            if name.is_empty() {
                return Err(Refusal::NoUrl("it names no host".to_owned()));
            }
            Ok(Host::Name(name))
        }
        Some(url::Host::Ipv4(address)) => Ok(Host::Address(address.into())),
        Some(url::Host::Ipv6(address)) => Ok(Host::Address(address.into())),
        None => Err(Refusal::NoUrl("it names no host".to_owned())),
    }
}

/// Whether the text of a host may mean a machine on the public internet.
fn is_outside(host: &Host) -> Result<(), Refusal> {
    match host {
        Host::Address(address) => is_public(*address),
        Host::Name(name) => {
            let is_inside = INSIDE.iter().any(|inside| {
                name.strip_suffix(inside).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            });
            if is_inside || !name.contains('.') {
                return Err(Refusal::PrivateName(name.clone()));
            }
            Ok(())
        }
    }
}

/// Whether an address is one of the public internet.
fn is_public(address: IpAddr) -> Result<(), Refusal> {
    let closed = |why| Err(Refusal::PrivateAddress(address, why));
    match address {
        IpAddr::V4(v4) => {
            let bits = v4.to_bits();
            for (first, n_bits, why) in CLOSED_V4 {
                let rest = 32_u32.saturating_sub(n_bits);
                if bits.checked_shr(rest) == first.to_bits().checked_shr(rest) {
                    return closed(why);
                }
            }
            Ok(())
        }
        IpAddr::V6(v6) => {
            let bits = v6.to_bits();
            // Everything outside is this machine, a private network, version 4 in disguise, or not given out yet.
            if bits >> 125 != 0b001 {
                return closed("not one of those that are given out to the public");
            }
            for (first, n_bits, why) in CLOSED_V6 {
                let rest = 128_u32.saturating_sub(n_bits);
                if bits.checked_shr(rest) == first.to_bits().checked_shr(rest) {
                    return closed(why);
                }
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One address a line, and what is said of it.
    const TABLE: &str = include_str!("addresses.txt");

    fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
        let rows = TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        rows.map(|line| {
            let (verdict, address) = line.split_once(' ').unwrap();
            (verdict, address.trim())
        })
    }

    #[test]
    fn the_text_of_an_address_is_judged_as_the_table_says() {
        let rules = AddressRules::default();
        let mut n = 0;
        for (verdict, address) in rows().filter(|(_, address)| address.contains(':')) {
            let Some(text) = address.strip_prefix("resolved:") else {
                let said = rules.target(address).map_or_else(|no| no.code(), |_| "allowed");
                assert_eq!(said, verdict, "{address}");
                n += 1;
                continue;
            };
            let target = rules.target("https://example.com/").unwrap();
            let address = SocketAddr::new(text.trim().parse().unwrap(), 443);
            let said = target.admits(address).map_or_else(|no| no.code(), |()| "allowed");
            assert_eq!(said, verdict, "{text}");
            n += 1;
        }
        assert!(n > 70, "{n} rows");
    }

    #[test]
    fn a_host_of_the_settings_may_be_anywhere_and_no_other_host_with_it() {
        let rules =
            AddressRules::with_open_hosts(["127.0.0.1".to_owned(), "Hooks.Inside".to_owned()]);
        let target = rules.target("http://127.0.0.1:4711/a?b=c").unwrap();
        assert_eq!((target.port, target.is_encrypted), (4_711, false));
        assert_eq!(
            (target.authority().as_str(), target.path.as_str()),
            ("127.0.0.1:4711", "/a?b=c")
        );
        assert!(target.admits("127.0.0.1:4711".parse().unwrap()).is_ok());
        assert!(rules.target("https://hooks.inside:9000/").is_ok());
        for other in ["http://127.0.0.2/", "http://localhost/", "https://a.hooks.inside/x"] {
            let said = rules.target(other);
            assert!(
                said.is_err() || said.unwrap().admits("10.0.0.1:443".parse().unwrap()).is_err(),
                "{other}"
            );
        }
        assert_eq!(rules.target("http://u@127.0.0.1/").unwrap_err(), Refusal::Credentials);
    }

    #[test]
    fn a_target_is_what_the_text_says() {
        let rules = AddressRules::default();
        let target = rules.target("https://EXAMPLE.com./hooks/../in?x=1").unwrap();
        assert_eq!(target.host, Host::Name("example.com".to_owned()));
        assert_eq!((target.authority().as_str(), target.path.as_str()), ("example.com", "/in?x=1"));
        let long = format!("https://example.com/{}", "x".repeat(2_000));
        assert_eq!(rules.target(&long).unwrap_err(), Refusal::TooLong);
    }
}
