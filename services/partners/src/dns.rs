//! Name servers: whether the records that a customer was asked to set are there.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RecordType};
use tasuki_core::provisioning::{DnsRecord, DnsSeen};

/// A name server that has not answered by then is down.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Name servers that are asked.
#[derive(Clone)]
pub struct Dns {
    resolver: TokioResolver,
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dns").finish_non_exhaustive()
    }
}

impl Dns {
    /// Asks these name servers; those of the host if there are none.
    ///
    /// # Errors
    /// When the host's own settings cannot be read.
    pub fn of(servers: &[SocketAddr]) -> Result<Self, NetError> {
        let mut builder = if servers.is_empty() {
            TokioResolver::builder_tokio()?
        } else {
            let servers = servers.iter().map(|server| name_server(*server)).collect();
            let config = ResolverConfig::from_name_servers(servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        };
        let options = builder.options_mut();
        options.timeout = TIMEOUT;
        // What was not there a minute ago may be there now: only name servers remember.
        options.cache_size = 0;
        Ok(Self { resolver: builder.build()? })
    }

    /// Looks records up. A record is there when its name has its value, whatever else it has.
    pub async fn look_up(&self, records: &[DnsRecord]) -> DnsSeen {
        let mut missing = 0;
        for record in records {
            match self.has(record).await {
                Some(true) => {}
                Some(false) => missing += 1,
                None => return DnsSeen::Unclear,
            }
        }
        if missing == 0 { DnsSeen::AllThere } else { DnsSeen::Missing(missing) }
    }

    /// Whether a record is there; none when nobody could tell.
    async fn has(&self, record: &DnsRecord) -> Option<bool> {
        let (Some(name), Ok(kind)) = (named(&record.name), record.kind.parse::<RecordType>())
        else {
            tracing::warn!(dns.name = record.name, "`{}` cannot be looked up in DNS", record.name);
            return None;
        };
        match self.resolver.lookup(name, kind).await {
            Ok(found) => {
                let wanted = plain(&record.value, kind);
                let answers = found.answers().iter().filter(|it| it.record_type() == kind);
                Some(answers.map(|it| plain(&it.data.to_string(), kind)).any(|it| it == wanted))
            }
            Err(error) if error.is_no_records_found() => Some(false),
            Err(error) => {
                tracing::info!(
                    dns.name = record.name,
                    "no answer about `{}`: {error}",
                    record.name
                );
                None
            }
        }
    }
}

fn name_server(address: SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    let on = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    server.connections = vec![on(ConnectionConfig::udp()), on(ConnectionConfig::tcp())];
    server
}

/// A name from the root on. Names of services have underscores, which those of hosts have not.
fn named(name: &str) -> Option<Name> {
    Name::from_str_relaxed(format!("{}.", name.trim_end_matches('.'))).ok()
}

/// A value as it is compared: texts to the letter, names without regard to case, script and the dot of the root.
fn plain(value: &str, kind: RecordType) -> String {
    if matches!(kind, RecordType::CNAME | RecordType::NS) {
        return named(value)
            .map_or_else(|| value.to_owned(), |name| name.to_lowercase().to_ascii());
    }
    value.trim_matches('"').to_owned()
}
