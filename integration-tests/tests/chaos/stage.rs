//! A scheme that runs as processes: servers, providers, a database, and whoever looks at them from outside.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tasuki_core::id::{InsurerId, ProviderId};
use tasuki_integration_tests::client::Client;
use tasuki_integration_tests::program;
use tempfile::TempDir;

use crate::databases::{Cluster, Database};
use crate::processes::{Process, free_address};

/// How long any call is repeated: longer than every freeze and every lease.
pub(crate) const PATIENCE: Duration = Duration::from_mins(4);

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A provider and everything that it ever wrote down.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) process: Process,
    pub(crate) address: String,
    state: PathBuf,
    n_lives: u32,
}

impl Provider {
    fn new(folder: &Path, name: &str, server: &str, more: &[&str]) -> Self {
        let address = free_address();
        let state = folder.join(format!("{name}.state"));
        let (file, id) = (state.display().to_string(), ProviderId::of_code(name).to_string());
        let callbacks = format!("http://{server}");
        let mut arguments = vec!["provider", "serve", "--log", "warn", "--name", name];
        arguments.extend(["--listen", &address, "--state", &file, "--callback-url", &callbacks]);
        arguments.extend(["--provider-id", &id]);
        arguments.extend(more);
        let process = Process::new(&program::path().unwrap(), folder, name, &arguments);
        Self { process, address, state, n_lives: 0 }
    }

    pub(crate) async fn start(&mut self) {
        // A provider that starts makes its journal shorter: what it wrote in its last life is kept for the verdict.
        if self.state.exists() {
            let kept = self.state.with_extension(format!("state.{}", self.n_lives));
            std::fs::copy(&self.state, kept).unwrap();
        }
        self.n_lives += 1;
        self.process.start().await;
    }

    /// The journals of all its lives.
    pub(crate) fn journals(&self) -> Vec<PathBuf> {
        let former = (1..self.n_lives).map(|n| self.state.with_extension(format!("state.{n}")));
        former.chain([self.state.clone()]).collect()
    }
}

/// Everything that runs.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The one that serves calls is the first. On SQLite it is the only one.
    pub(crate) servers: Vec<Process>,
    pub(crate) providers: Vec<Provider>,
    pub(crate) client: Client,
    pub(crate) partner: String,
    // After the processes: they go first.
    pub(crate) database: Database,
    pub(crate) folder: TempDir,
}

impl Stage {
    /// Sets everything up. The program of the servers may be an older one.
    pub(crate) async fn set(kind: Kind, lease_seconds: Option<u32>, servers: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match kind {
            Kind::Sqlite => Database::Sqlite(folder.path().join("tasuki.db")),
            Kind::Postgres => Database::Postgres(Cluster::start()),
        };
        let address = free_address();
        write_settings(folder.path(), &database, &address, lease_seconds);
        let roles: &[&str] = match kind {
            Kind::Sqlite => &["api,worker,relay"],
            Kind::Postgres => &["api,relay", "worker,relay", "worker"],
        };
        let mut processes = Vec::new();
        for (role, name) in roles.iter().zip(["server", "worker-1", "worker-2"]) {
            let mut process = Process::new(servers, folder.path(), name, &serving(role));
            // One after the other: the first brings the schema up to date.
            process.start().await;
            processes.push(process);
        }
        // In simulated time, over ten days, and answers get lost.
        let course = folder.path().join("utm.yaml");
        std::fs::write(&course, "otherwise: { active_after_days: 10 }\n").unwrap();
        let course = course.display().to_string();
        let hostile = ["--time-out-after-effect", "--duplicate-callbacks", "--fail-rate", "3"];
        let utm = [&["--scenario", &course], &hostile[..]].concat();
        let mut providers = vec![
            Provider::new(folder.path(), "utm", &address, &utm),
            // In real time, at once.
            Provider::new(folder.path(), "edr", &address, &["--duplicate-callbacks"]),
        ];
        for provider in &mut providers {
            provider.start().await;
        }
        let client = Client::new(&address).unwrap();
        let partner = scheme(&client, &providers).await;
        Self { servers: processes, providers, client, partner, database, folder }
    }

    /// The servers run this program from their next start on.
    pub(crate) fn upgrade(&mut self, program: &Path) {
        for (server, at) in self.servers.iter_mut().zip(0..) {
            let roles = match (&self.database, at) {
                (Database::Sqlite(_), _) => "api,worker,relay",
                (Database::Postgres(_), 0) => "api,relay",
                (Database::Postgres(_), 1) => "worker,relay",
                (Database::Postgres(_), _) => "worker",
            };
            server.replace_program(program, &serving(roles));
        }
    }

    pub(crate) fn logs(&self) -> String {
        let servers = self.servers.iter();
        let all = servers.chain(self.providers.iter().map(|provider| &provider.process));
        let logs: Vec<String> =
            all.map(|process| format!("== {}\n{}", process.name, tail(&process.log()))).collect();
        logs.join("\n")
    }
}

fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}

fn serving(roles: &str) -> [&str; 7] {
    ["serve", "--config", "tasuki.toml", "--log", "warn,tasuki=info", "--roles", roles]
}

fn write_settings(folder: &Path, database: &Database, address: &str, lease: Option<u32>) {
    let url = database.url();
    let lease = lease.map(|seconds| format!("[worker]\nlease_seconds = {seconds}\n"));
    let text = format!(
        "[server]\naddress = \"{address}\"\n[database]\nurl = \"{url}\"\n\
         [relay]\nfile = \"events.jsonl\"\n{}",
        lease.unwrap_or_default()
    );
    std::fs::write(folder.join("tasuki.toml"), text).unwrap();
}

/// Asks until there is an answer.
pub(crate) async fn ask(client: &Client, method: &str, request: Value) -> Value {
    let answered = client.persist(method, &request, PATIENCE).await;
    answered.unwrap_or_else(|status| panic!("{method} of {request}: {status}")).answer
}

/// A partner, its cover and its providers; tells the partner's id.
async fn scheme(client: &Client, providers: &[Provider]) -> String {
    let partner = json!({
        "request_id": "chaos.partner", "kind": "PARTNER_KIND_OPERATOR", "code": "ogs",
        "name": "沖電グローバルシステムズ",
        "capabilities": ["CAPABILITY_SELL", "CAPABILITY_PROVISION"],
    });
    let partners = "tasuki.tenant.v1.PartnerService";
    let made = ask(client, &format!("{partners}/CreatePartner"), partner).await;
    let partner = made["partner"]["id"].as_str().unwrap().to_owned();
    let insurer = json!({
        "request_id": "chaos.insurer", "kind": "PARTNER_KIND_INSURER", "code": "insurer-a",
        "name": "保険会社A",
    });
    ask(client, &format!("{partners}/CreatePartner"), insurer).await;
    let contract = master_contract(&partner);
    ask(client, "tasuki.cover.v1.CoverService/CreateMasterContract", contract).await;
    for (provider, service) in providers.iter().zip(["SERVICE_UTM", "SERVICE_EDR"]) {
        let name = &provider.process.name;
        let request = json!({
            "request_id": format!("chaos.provider.{name}"), "partner_id": partner, "name": name,
            "endpoint": format!("http://{}", provider.address), "services": [service],
        });
        ask(client, &format!("{partners}/RegisterProvider"), request).await;
    }
    partner
}

/// The least that a contract can say.
fn master_contract(partner: &str) -> Value {
    let text = |text: &str| json!({ "ja": text, "en": text });
    let yen = |units: i64| json!({ "currency_code": "JPY", "units": units.to_string() });
    let part = "COVERAGE_PART_ON_SITE_RESPONSE";
    json!({
        "request_id": "chaos.contract", "code": "chaos",
        "insurer_id": InsurerId::of_code("insurer-a").to_string(),
        "holder_partner_id": partner,
        "period": {
            "starts_on": { "year": 2021, "month": 4, "day": 1 },
            "ends_on": { "year": 2040, "month": 1, "day": 1 },
            "zone": "Asia/Tokyo",
        },
        "terms": {
            "attachment": "COVER_ATTACHMENT_AUTOMATIC",
            "territories": ["JP"],
            "parts": [{
                "part": part, "form": "BENEFIT_FORM_EITHER", "coinsurance_rate": "1",
                "deductible": yen(0), "section": "costs", "clause": "1",
            }],
            "limits": [{
                "code": "limit.certificate", "scope": "LIMIT_SCOPE_CERTIFICATE",
                "basis": "LIMIT_BASIS_PER_PERIOD", "parts": [part], "amount": yen(500_000),
                "clause": "2",
            }],
            "loss_basis": "LOSS_BASIS_OCCURRENCE",
            "stacking": "STACKING_PER_CERTIFICATE",
            "premium": {
                "basis": "PREMIUM_BASIS_PER_CERTIFICATE", "amount": yen(300),
                "cadence": "CADENCE_MONTHLY", "payer": "PREMIUM_PAYER_OPERATOR",
                "proration": "PRORATION_NONE",
            },
            "packs": { "cover": "v1", "trigger": "v1", "exclusion": "v1", "payable": "v1" },
            "wording": {
                "title": text("Chaos"), "version": "1",
                "clauses": [{
                    "code": "trigger.part", "clause": "1", "kind": "CLAUSE_KIND_TRIGGER",
                    "title": text("First response"), "text": text("First response"),
                }],
            },
            "notice_days": 30,
            "single_approval_up_to": yen(100_000),
        },
    })
}
