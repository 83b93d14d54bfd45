//! The stream of NATS that events are published to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::ensure;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tasuki_partners::nats::{Login, Servers, Wanted};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// The stream, the servers that have it, and who we are there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nats {
    pub(crate) servers: Vec<String>,
    user: String,
    password: SecretString,
    token: SecretString,
    credentials: PathBuf,
    roots: PathBuf,
    certificate: PathBuf,
    key: PathBuf,
    stream: String,
    subject_prefix: String,
    replicas: usize,
    keep_days: u32,
}

impl Nats {
    /// Whether events are published at all.
    pub(crate) fn is_wanted(&self) -> bool {
        !self.servers.is_empty()
    }

    /// Where the servers are and how they are spoken to.
    pub(crate) fn servers(&self) -> Servers {
        let password = self.password.expose_secret();
        let token = self.token.expose_secret();
        let login = if !self.user.is_empty() {
            Login::Password { user: self.user.clone(), password: password.to_owned() }
        } else if !token.is_empty() {
            Login::Token(token.to_owned())
        } else if let Some(path) = named(&self.credentials) {
            Login::CredentialsFile(path)
        } else {
            Login::Nobody
        };
        Servers {
            addresses: self.servers.clone(),
            login,
            roots: named(&self.roots),
            certificate: named(&self.certificate).zip(named(&self.key)),
        }
    }

    /// The stream as it is to be.
    pub(crate) fn wanted(&self) -> Wanted {
        let keep = Duration::from_secs(u64::from(self.keep_days).saturating_mul(DAY));
        Wanted {
            name: self.stream.clone(),
            prefix: self.subject_prefix.clone(),
            n_replicas: self.replicas,
            keep: (!keep.is_zero()).then_some(keep),
        }
    }

    pub(super) fn check(&self) -> anyhow::Result<()> {
        for server in &self.servers {
            let is_known = ["nats://", "tls://"].iter().any(|it| server.starts_with(it));
            ensure!(
                is_known && !server.contains('@'),
                "`relay.nats.servers`: `{server}` must begin with `nats://` or `tls://`; a user or token has settings \
                 of its own"
            );
        }
        let ways = [
            !self.user.is_empty(),
            !self.token.expose_secret().is_empty(),
            !self.credentials.as_os_str().is_empty(),
        ];
        ensure!(
            ways.iter().filter(|it| **it).count() <= 1,
            "`relay.nats` may have one of `user`, `token` and `credentials`"
        );
        ensure!(
            self.user.is_empty() == self.password.expose_secret().is_empty(),
            "`relay.nats.user` and `relay.nats.password` go together"
        );
        ensure!(
            self.certificate.as_os_str().is_empty() == self.key.as_os_str().is_empty(),
            "`relay.nats.certificate` and `relay.nats.key` go together"
        );
        let is_name = |text: &str| {
            (1..=100).contains(&text.len())
                && text.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
        };
        ensure!(
            is_name(&self.stream),
            "`relay.nats.stream` must have 1 to 100 letters, digits, `-` or `_`"
        );
        ensure!(
            self.subject_prefix.split('.').all(is_name),
            "`relay.nats.subject_prefix` must be words of letters, digits, `-` or `_` with dots between them"
        );
        ensure!((1..=5).contains(&self.replicas), "`relay.nats.replicas` must be between 1 and 5");
        ensure!(self.keep_days <= 36_500, "`relay.nats.keep_days` must be between 0 and 36500");
        Ok(())
    }
}

fn named(path: &Path) -> Option<PathBuf> {
    (!path.as_os_str().is_empty()).then(|| path.to_owned())
}
