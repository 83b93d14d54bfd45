//! Settings, read once: the defaults, then a file, the environment, and flags.

mod nats;
mod place;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail, ensure};
use config::{Config, Environment, File, FileFormat};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tasuki_core::id::{InsurerId, PartnerId, ProviderId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_store::SealingKey;

use nats::Nats;

/// The annotated defaults, which are also the reference of all settings.
pub(crate) const DEFAULTS: &str = include_str!("../tasuki.default.toml");

/// Short secrets can be guessed.
const SHORTEST_SECRET: usize = 16;

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) server: Server,
    pub(crate) database: Database,
    pub(crate) library: Library,
    pub(crate) worker: Worker,
    pub(crate) dns: Dns,
    pub(crate) relay: Relay,
    pub(crate) webhooks: Webhooks,
    pub(crate) telemetry: Telemetry,
    pub(crate) auth: Auth,
}

/// The listening socket and its bounds.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) roles: Vec<ServerRole>,
    pub(crate) max_concurrent_calls: usize,
    pub(crate) call_timeout_seconds: u64,
    pub(crate) shutdown_seconds: u64,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ServerRole {
    /// Serves calls.
    Api,
    /// Does due jobs.
    Worker,
    /// Hands events on.
    Relay,
}

/// Where the database is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Database {
    pub(crate) url: SecretString,
    pub(crate) max_connections: u32,
    pub(crate) schema: String,
    pub(crate) migrate_at_start: bool,
}

/// Where packs and cards are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Library {
    pub(crate) packs: PathBuf,
    pub(crate) cards: PathBuf,
}

/// How much work a process does at once.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Worker {
    pub(crate) alerts: usize,
    pub(crate) provisioning: usize,
    pub(crate) billing: usize,
    pub(crate) low: usize,
    pub(crate) per_counterpart: u32,
    pub(crate) lease_seconds: u32,
    pub(crate) done_jobs_days: u32,
}

/// Who is asked about DNS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dns {
    pub(crate) enabled: bool,
    pub(crate) servers: Vec<SocketAddr>,
}

/// Where events go.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Relay {
    pub(crate) source: String,
    pub(crate) file: PathBuf,
    pub(crate) nats: Nats,
}

/// How events are sent to webhook endpoints.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Webhooks {
    pub(crate) timeout_seconds: u64,
    pub(crate) open_hosts: Vec<String>,
    pub(crate) roots: PathBuf,
    secret_keys: Vec<SecretString>,
}

impl Webhooks {
    /// Keys by which the secrets of endpoints are sealed in the database.
    pub(crate) fn secret_keys(&self) -> anyhow::Result<Vec<SealingKey>> {
        let key = |text: &SecretString| {
            let mut key = SealingKey::default();
            let read = hex::decode_to_slice(text.expose_secret(), &mut key);
            let remedy = "`webhooks.secret_keys`: each must have 64 hexadecimal digits, \
                          as `openssl rand -hex 32` gives them";
            read.map(|()| key).map_err(|_| anyhow!(remedy))
        };
        self.secret_keys.iter().map(key).collect()
    }
}

/// Logs and traces.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Telemetry {
    pub(crate) log: String,
    pub(crate) log_format: LogFormat,
    pub(crate) otlp_endpoint: String,
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Who may call.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Auth {
    pub(crate) tokens: Vec<Token>,
}

/// One caller.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Token {
    pub(crate) name: String,
    pub(crate) secret: SecretString,
    role: Role,
    #[serde(default)]
    partner: Option<String>,
    #[serde(default)]
    provider: Option<String>,
    #[serde(default)]
    insurer: Option<String>,
    #[serde(default)]
    tenant: Option<TenantId>,
}

/// What flags say; they win over everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overrides {
    pub(crate) address: Option<SocketAddr>,
    pub(crate) database_url: Option<String>,
    pub(crate) roles: Vec<ServerRole>,
    pub(crate) log: Option<String>,
}

/// Which file could not be read, and in which line, as far as that is known.
fn unreadable(file: Option<&Path>, message: &str) -> String {
    let Some(file) = file else { return "cannot read the settings".to_owned() };
    let line = std::fs::read_to_string(file).ok().and_then(|text| place::line_of(&text, message));
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    format!("cannot read the settings (file `{}`{line})", file.display())
}

impl Settings {
    /// Reads and checks the settings.
    pub(crate) fn read(file: Option<&Path>, overrides: Overrides) -> anyhow::Result<Self> {
        let mut sources = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(file) = file {
            ensure!(file.is_file(), "the configuration file `{}` does not exist", file.display());
            sources = sources.add_source(File::from(file).format(FileFormat::Toml));
        }
        let environment = Environment::with_prefix("TASUKI")
            .prefix_separator("__")
            .separator("__")
            .try_parsing(true)
            .list_separator(",")
            .with_list_parse_key("server.roles")
            .with_list_parse_key("webhooks.open_hosts")
            .with_list_parse_key("webhooks.secret_keys")
            .with_list_parse_key("relay.nats.servers");
        let read: Self =
            sources.add_source(environment).build().and_then(Config::try_deserialize).map_err(
                |error| {
                    let context = unreadable(file, &error.to_string());
                    anyhow::Error::new(error).context(context)
                },
            )?;
        let settings = read.overridden(overrides);
        settings.check()?;
        Ok(settings)
    }

    fn overridden(mut self, overrides: Overrides) -> Self {
        if let Some(address) = overrides.address {
            self.server.address = address;
        }
        if let Some(url) = overrides.database_url {
            self.database.url = url.into();
        }
        if !overrides.roles.is_empty() {
            self.server.roles = overrides.roles;
        }
        if let Some(log) = overrides.log {
            self.telemetry.log = log;
        }
        self
    }

    fn check(&self) -> anyhow::Result<()> {
        let server = &self.server;
        ensure!(!server.roles.is_empty(), "`server.roles` must name at least one role");
        ensure!(
            (1..=100_000).contains(&server.max_concurrent_calls),
            "`server.max_concurrent_calls` must be between 1 and 100000"
        );
        ensure!(
            (1..=3_600).contains(&server.call_timeout_seconds),
            "`server.call_timeout_seconds` must be between 1 and 3600"
        );
        ensure!(
            server.shutdown_seconds <= 3_600,
            "`server.shutdown_seconds` must be between 0 and 3600"
        );
        ensure!(
            (1..=1_000).contains(&self.database.max_connections),
            "`database.max_connections` must be between 1 and 1000"
        );
        self.worker.check()?;
        let source = &self.relay.source;
        ensure!(
            (1..=200).contains(&source.len()) && source.bytes().all(|it| it.is_ascii_graphic()),
            "`relay.source` must have 1 to 200 printable characters without spaces"
        );
        self.relay.nats.check()?;
        ensure!(
            (1..=60).contains(&self.webhooks.timeout_seconds),
            "`webhooks.timeout_seconds` must be between 1 and 60"
        );
        self.webhooks.secret_keys()?;
        let url = self.database.url.expose_secret();
        ensure!(
            ["sqlite://", "postgres://", "postgresql://"].iter().any(|it| url.starts_with(it)),
            "`database.url` must start with `sqlite://` or `postgres://`"
        );
        if self.auth.tokens.is_empty() && !server.address.ip().is_loopback() {
            bail!(
                "`server.address` is `{}`, which others can reach, but `auth.tokens` is empty: \
                 configure tokens, or listen on a loopback address such as 127.0.0.1:50051",
                server.address
            );
        }
        for token in &self.auth.tokens {
            token.check()?;
        }
        Ok(())
    }
}

impl Worker {
    fn check(&self) -> anyhow::Result<()> {
        let lanes = [
            ("alerts", self.alerts),
            ("provisioning", self.provisioning),
            ("billing", self.billing),
            ("low", self.low),
        ];
        for (lane, n) in lanes {
            ensure!((1..=256).contains(&n), "`worker.{lane}` must be between 1 and 256");
        }
        ensure!(
            (1..=256).contains(&self.per_counterpart),
            "`worker.per_counterpart` must be between 1 and 256"
        );
        ensure!(
            (5..=600).contains(&self.lease_seconds),
            "`worker.lease_seconds` must be between 5 and 600"
        );
        ensure!(
            (1..=3_650).contains(&self.done_jobs_days),
            "`worker.done_jobs_days` must be between 1 and 3650"
        );
        Ok(())
    }
}

impl Token {
    /// Who calls with this token.
    pub(crate) fn principal(&self) -> Principal {
        Principal {
            partner_id: self.partner.as_deref().map(PartnerId::of_code),
            provider_id: self.provider.as_deref().map(ProviderId::of_code),
            insurer_id: self.insurer.as_deref().map(InsurerId::of_code),
            tenant_id: self.tenant,
            ..Principal::of(format!("token:{}", self.name), self.role)
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        let name = &self.name;
        ensure!(
            self.secret.expose_secret().len() >= SHORTEST_SECRET,
            "`auth.tokens`: the secret of `{name}` must have at least {SHORTEST_SECRET} characters"
        );
        let (needed, given) = match self.role {
            Role::Partner => ("partner", self.partner.is_some()),
            Role::Provider => ("provider", self.provider.is_some()),
            Role::Insurer => ("insurer", self.insurer.is_some()),
            Role::Tenant => ("tenant", self.tenant.is_some()),
            Role::System => bail!("`auth.tokens`: `{name}` cannot have the role `system`"),
            Role::Operator | Role::Soc | Role::HelpDesk => return Ok(()),
        };
        let role = self.role.as_str();
        ensure!(given, "`auth.tokens`: `{name}` has the role `{role}` and needs `{needed} = …`");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str) -> anyhow::Result<Settings> {
        let file = tempfile::Builder::new().suffix(".toml").tempfile()?;
        std::fs::write(file.path(), text)?;
        Settings::read(Some(file.path()), Overrides::default())
    }

    #[test]
    fn the_defaults_are_complete_and_valid() {
        let settings = Settings::read(None, Overrides::default()).unwrap();
        assert_eq!(settings.server.roles.len(), 3);
    }

    #[test]
    fn an_unknown_key_is_refused_and_named() {
        let error = with_file("[server]\nadress = \"127.0.0.1:1\"").unwrap_err();
        let said = format!("{error:#}");
        assert!(said.contains("adress") && said.contains("line 2"), "{said}");
    }

    #[test]
    fn without_tokens_only_loopback_is_allowed() {
        let error = with_file("[server]\naddress = \"0.0.0.0:50051\"").unwrap_err();
        assert!(error.to_string().contains("auth.tokens"), "{error}");
    }

    #[test]
    fn a_lane_without_hands_is_refused() {
        let error = with_file("[worker]\nbilling = 0").unwrap_err();
        assert!(error.to_string().contains("worker.billing"), "{error}");
    }

    #[test]
    fn a_lease_shorter_than_a_job_takes_is_refused() {
        let error = with_file("[worker]\nlease_seconds = 4").unwrap_err();
        assert!(error.to_string().contains("worker.lease_seconds"), "{error}");
    }

    #[test]
    fn a_stream_is_named_and_reached_in_one_way() {
        for (text, wrong) in [
            ("servers = [\"http://a:4222\"]", "relay.nats.servers"),
            ("servers = [\"nats://me:secret@a:4222\"]", "relay.nats.servers"),
            ("user = \"a\"", "relay.nats.password"),
            ("token = \"b\"\ncredentials = \"c\"", "one of"),
            ("certificate = \"c.pem\"", "relay.nats.key"),
            ("stream = \"a.b\"", "relay.nats.stream"),
            ("subject_prefix = \"a..b\"", "relay.nats.subject_prefix"),
            ("replicas = 0", "relay.nats.replicas"),
        ] {
            let error = with_file(&format!("[relay.nats]\n{text}")).unwrap_err();
            assert!(error.to_string().contains(wrong), "{text}: {error}");
        }
        let text = "[relay.nats]\nservers = [\"tls://a\"]\nuser = \"a\"\npassword = \"hush\"\nkeep_days = 2";
        let settings = with_file(text).unwrap();
        assert!(!format!("{settings:?}{:?}", settings.relay.nats.servers()).contains("hush"));
        assert_eq!(settings.relay.nats.wanted().keep.unwrap().as_secs(), 172_800);
    }

    #[test]
    fn a_key_that_is_too_short_is_refused_and_none_prints() {
        let error = with_file("[webhooks]\nsecret_keys = [\"abcdef\"]").unwrap_err();
        assert!(error.to_string().contains("webhooks.secret_keys"), "{error}");
        let key = "5a".repeat(32);
        let settings = with_file(&format!("[webhooks]\nsecret_keys = [\"{key}\"]")).unwrap();
        assert_eq!(settings.webhooks.secret_keys().unwrap(), [[0x5a; 32]]);
        assert!(!format!("{settings:?}").contains("5a5a"));
    }

    #[test]
    fn a_secret_never_prints() {
        let text = "[[auth.tokens]]\nname=\"a\"\nsecret=\"0123456789abcdef\"\nrole=\"operator\"";
        let settings = with_file(text).unwrap();
        assert!(!format!("{settings:?}").contains("0123456789abcdef"));
    }

    #[test]
    fn a_partner_token_without_a_partner_is_refused() {
        let text = "[[auth.tokens]]\nname=\"a\"\nsecret=\"0123456789abcdef\"\nrole=\"partner\"";
        assert!(with_file(text).unwrap_err().to_string().contains("needs `partner"));
    }
}
