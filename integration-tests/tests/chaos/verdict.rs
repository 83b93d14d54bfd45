//! What must hold when everything is quiet, seen from outside: by calls, by SQL, and by the providers' own records.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tasuki_integration_tests::client::Client;

use crate::customers::{Customer, word};
use crate::stage::{Stage, ask};

/// How long it may take until nothing is under way any more.
const QUIET_WITHIN: Duration = Duration::from_mins(3);

/// A state of an item that is not seen in a transition's first line.
const ORDERED: &str = "ITEM_STATE_UNSPECIFIED";

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// What does not hold, in words.
    pub(crate) broken: Vec<String>,
    /// Figures of the run, for the record.
    pub(crate) figures: Vec<(&'static str, u64)>,
}

/// An item as a caller sees it.
struct Item {
    id: String,
    provider: usize,
    is_active: bool,
    evidence: String,
}

/// Waits until nothing is due and everything was handed on.
pub(crate) async fn quiet(stage: &Stage) -> Result<(), String> {
    let database = &stage.database;
    let due = format!(
        "SELECT COUNT(*) FROM job j LEFT JOIN tenant t ON t.id = j.tenant_id \
         WHERE j.state = 'pending' \
           AND (j.lease_token IS NOT NULL OR j.run_at <= COALESCE(t.clock_at, {}))",
        database.now()
    );
    let waiting = "SELECT COUNT(*) FROM outbox WHERE published_at IS NULL";
    let began = Instant::now();
    loop {
        let (n_due, n_waiting) = (database.count(&due), database.count(waiting));
        if n_due == 0 && n_waiting == 0 {
            return Ok(());
        }
        if began.elapsed() > QUIET_WITHIN {
            return Err(format!("{n_due} jobs are due and not done, {n_waiting} events wait"));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Judges a run.
pub(crate) async fn judge(stage: &Stage, fared: &[Result<Customer, String>]) -> Verdict {
    let mut verdict = Verdict::default();
    let customers: Vec<&Customer> = fared.iter().flatten().collect();
    verdict.broken.extend(fared.iter().filter_map(|one| one.clone().err()));
    verdict.placed_once(stage, &customers);
    let mut items = Vec::new();
    for customer in &customers {
        items.extend(verdict.order(&stage.client, customer).await);
    }
    verdict.effects(stage, &items).await;
    verdict.jobs(stage).await;
    verdict.events(stage);
    let (n_orders, n_active) = (customers.len(), items.iter().filter(|it| it.is_active).count());
    verdict.note("orders", n_orders);
    verdict.note("orders that are live", n_active);
    let n_repeats: u32 = customers.iter().map(|customer| customer.n_repeats).sum();
    verdict.figures.push(("calls that had to be repeated", u64::from(n_repeats)));
    verdict
}

impl Verdict {
    fn note(&mut self, what: &'static str, n: usize) {
        self.figures.push((what, u64::try_from(n).unwrap()));
    }

    fn expect(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.broken.push(otherwise());
        }
    }

    /// Every customer is there once, with one order, one subscription and one certificate.
    fn placed_once(&mut self, stage: &Stage, customers: &[&Customer]) {
        let n = u64::try_from(customers.len()).unwrap();
        for table in ["tenant", "quote", "subscription", "provisioning_order", "certificate"] {
            let there = stage.database.count(&format!("SELECT COUNT(*) FROM {table}"));
            self.expect(there == n, || format!("{there} rows in `{table}` for {n} customers"));
        }
        let orders: BTreeSet<&str> = customers.iter().map(|it| it.order.as_str()).collect();
        self.expect(orders.len() == customers.len(), || "two customers share an order".to_owned());
    }

    /// One order as its caller sees it: settled, every step once, cover only with evidence.
    async fn order(&mut self, client: &Client, customer: &Customer) -> Vec<Item> {
        let request = json!({
            "tenant_id": customer.tenant, "order_id": customer.order, "include_history": true,
        });
        let method = "tasuki.provisioning.v1.ProvisioningService/GetOrder";
        let order = ask(client, method, request).await["order"].clone();
        let request =
            json!({ "tenant_id": customer.tenant, "certificate_id": customer.certificate });
        let method = "tasuki.cover.v1.CoverService/GetCertificate";
        let certificate = ask(client, method, request).await["certificate"].clone();
        let mut items = Vec::new();
        for item in order["items"].as_array().unwrap() {
            let who = format!("item {} of customer {}", word(&item["id"]), customer.number);
            let evidence = word(&item["evidence_id"]);
            let is_active = item["state"] == "ITEM_STATE_ACTIVE";
            let gave_up = ["ITEM_STATE_FAILED_FINAL", "ITEM_STATE_CLEANED"]
                .iter()
                .any(|state| item["state"] == *state);
            self.expect(is_active || gave_up, || format!("{who} is {}", item["state"]));
            if gave_up {
                let reason = word(&item["reason"]);
                let away = ["REASON_CODE_PROVIDER_UNREACHABLE", "REASON_CODE_PROVIDER_FAILED"];
                self.expect(away.contains(&reason.as_str()), || format!("{who}: {reason}"));
            }
            self.history(&who, item);
            self.cover(&who, &certificate, (item, is_active));
            let provider = usize::from(!customer.number.is_multiple_of(2));
            items.push(Item { id: word(&item["id"]), provider, is_active, evidence });
        }
        items
    }

    /// Each state follows from the one before, and it went live once.
    fn history(&mut self, who: &str, item: &Value) {
        let lines = item["transitions"].as_array().cloned().unwrap_or_default();
        let mut before = Value::from(ORDERED);
        for line in &lines {
            let follows = line["from"] == before;
            self.expect(follows, || format!("{who}: {} after {before}", line["from"]));
            before = line["to"].clone();
        }
        self.expect(before == item["state"], || format!("{who}: its history ends in {before}"));
        let numbers: Vec<i64> = lines.iter().filter_map(|it| it["sequence"].as_i64()).collect();
        let in_order = numbers.windows(2).all(|pair| pair[0] < pair[1]);
        self.expect(in_order, || format!("{who}: its history is {numbers:?}"));
        let active = "ITEM_STATE_ACTIVE";
        let went_live: Vec<&Value> =
            lines.iter().filter(|it| it["to"] == active && it["from"] != active).collect();
        let times = usize::from(item["state"] == active);
        self.expect(went_live.len() == times, || {
            format!("{who} went live {} times", went_live.len())
        });
        let with_evidence = went_live.iter().all(|it| !word(&it["evidence_id"]).is_empty());
        self.expect(with_evidence, || format!("{who} went live without evidence"));
    }

    fn cover(&mut self, who: &str, certificate: &Value, (item, is_active): (&Value, bool)) {
        let in_force = certificate["state"] == "CERTIFICATE_STATE_IN_FORCE";
        self.expect(in_force == is_active, || {
            format!("{who}: {} while it is {}", certificate["state"], item["state"])
        });
        let carried = certificate["items"].as_array().cloned().unwrap_or_default();
        let mine: Vec<&Value> = carried.iter().filter(|it| it["item_id"] == item["id"]).collect();
        let times = usize::from(is_active);
        self.expect(mine.len() == times, || format!("{who} carries cover {} times", mine.len()));
        let evidence = word(&item["evidence_id"]);
        for one in mine {
            let same = !evidence.is_empty() && one["evidence_id"] == evidence;
            self.expect(same, || format!("{who}: cover without its evidence"));
        }
    }

    /// What the providers have is what is live, and each was set up once.
    async fn effects(&mut self, stage: &Stage, items: &[Item]) {
        for (provider, at) in stage.providers.iter().zip(0..) {
            let client = Client::new(&provider.address).unwrap();
            let wanted: BTreeSet<String> = items
                .iter()
                .filter(|item| item.provider == at && item.is_active)
                .map(|item| item.id.clone())
                .collect();
            let there = instances(&client).await;
            for id in there.difference(&wanted) {
                self.broken.push(format!("the provider has {id}, which is not live"));
            }
            for id in wanted.difference(&there) {
                self.broken.push(format!("the provider does not have {id}"));
            }
            let mut n_installed = 0;
            for (id, installs) in installs(&provider.journals()) {
                n_installed += installs.len();
                let once = installs.len() == 1 || !wanted.contains(&id);
                self.expect(once, || {
                    format!("{id} was set up {} times: {installs:?}", installs.len())
                });
            }
            let what = if at == 0 { "effects at the UTM's provider" } else { "effects at EDR's" };
            self.note(what, n_installed);
        }
        let without = items.iter().filter(|it| it.is_active && it.evidence.is_empty()).count();
        self.expect(without == 0, || format!("{without} items are live without evidence"));
    }

    /// No job is lost, none is left, and whatever waits will be looked at.
    async fn jobs(&mut self, stage: &Stage) {
        let database = &stage.database;
        let dead = database.rows("SELECT job_key, last_error FROM job WHERE state = 'dead'");
        self.expect(dead.is_empty(), || format!("dead letters: {dead:?}"));
        let method = "tasuki.provisioning.v1.ProvisioningService/ListDeadLetters";
        let listed = ask(&stage.client, method, json!({})).await;
        let listed = listed["dead_letters"].as_array().map_or(0, Vec::len);
        self.expect(listed == 0, || format!("{listed} dead letters are listed"));
        let open: BTreeSet<String> = database
            .rows("SELECT job_key FROM job WHERE state = 'pending'")
            .into_iter()
            .map(|row| row[0].clone())
            .collect();
        let id = database.id("id");
        let active = format!("SELECT {id}, version FROM provisioning_item WHERE state = 'active'");
        for row in database.rows(&active) {
            let key = format!("attend_item:itm_{}:{}", dashed(&row[0]), row[1]);
            self.expect(open.contains(&key), || {
                format!("no job `{key}`: nobody looks at it again")
            });
        }
        let sums = "SELECT COUNT(*), SUM(attempt) FROM job WHERE state = 'done'";
        let row = database.rows(sums).remove(0);
        self.figures.push(("jobs done", row[0].parse().unwrap()));
        self.figures.push(("claims of them", row[1].parse().unwrap()));
    }

    /// Every event was handed on, those of a tenant in their order, and what happens once is told once.
    fn events(&mut self, stage: &Stage) {
        let id = stage.database.id("id");
        let sql = format!("SELECT {id}, topic, subject FROM outbox ORDER BY seq");
        let stored = stage.database.rows(&sql);
        let file = std::fs::read_to_string(stage.folder.path().join("events.jsonl")).unwrap();
        let mut told: Vec<(String, String)> = Vec::new();
        let mut known: BTreeSet<String> = BTreeSet::new();
        let mut n_twice = 0;
        for line in file.lines() {
            let Ok(event) = serde_json::from_str::<Value>(line) else {
                self.broken.push(format!("no event: {line}"));
                continue;
            };
            let id = word(&event["id"]).rsplit('_').next().unwrap().replace('-', "");
            if known.insert(id.clone()) {
                told.push((id, word(&event["tenantid"])));
            } else {
                n_twice += 1;
            }
        }
        let place: BTreeMap<&str, usize> =
            stored.iter().zip(0..).map(|(row, at)| (row[0].as_str(), at)).collect();
        for row in &stored {
            let event = format!("{} of {}", row[1], row[2]);
            self.expect(known.contains(&row[0]), || format!("{event} was not handed on"));
        }
        let mut last: BTreeMap<&str, usize> = BTreeMap::new();
        for (id, tenant) in &told {
            let Some(at) = place.get(id.as_str()).copied() else {
                self.broken.push(format!("event {id} was handed on and is not stored"));
                continue;
            };
            let before = last.insert(tenant, at);
            let in_order = tenant.is_empty() || before.is_none_or(|before| before < at);
            self.expect(in_order, || format!("event {id} of {tenant} is out of order"));
        }
        let once = ["order.placed", "subscription.opened", "subscription.activated"];
        let mut n_told: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for row in stored.iter().filter(|row| once.contains(&row[1].as_str())) {
            *n_told.entry((&row[1], &row[2])).or_default() += 1;
        }
        for ((topic, subject), n) in n_told {
            self.expect(n == 1, || format!("{topic} of {subject} was told {n} times"));
        }
        self.note("events", stored.len());
        self.note("events handed on twice", n_twice);
    }
}

/// Everything that a provider says it has; long after everything was set up.
async fn instances(client: &Client) -> BTreeSet<String> {
    let method = "tasuki.provider.v1.ProviderService/ListInstances";
    let (mut ids, mut page) = (BTreeSet::new(), String::new());
    loop {
        let request = json!({
            "observed_at": "2035-01-01T00:00:00Z", "page_size": 1000, "page_token": page,
        });
        let listed = ask(client, method, request).await;
        let instances = listed["instances"].as_array().cloned().unwrap_or_default();
        ids.extend(instances.iter().map(|one| word(&one["instance_id"])));
        page = word(&listed["next_page_token"]);
        if page.is_empty() {
            return ids;
        }
    }
}

/// Each time that an instance was set up, by what the provider wrote down before it answered.
fn installs(journals: &[std::path::PathBuf]) -> BTreeMap<String, BTreeSet<(i64, String)>> {
    let mut installs: BTreeMap<String, BTreeSet<(i64, String)>> = BTreeMap::new();
    for journal in journals {
        let text = std::fs::read(journal).unwrap();
        // A line that a kill has torn was never answered.
        let lines = text.split(|byte| *byte == b'\n');
        for lines in lines.filter_map(|line| serde_json::from_slice::<Vec<Value>>(line).ok()) {
            for record in lines.iter().filter_map(|line| line.get("instance")) {
                let generation = record["put_generation"].as_i64().unwrap_or_default();
                if generation > 0 {
                    let install = (generation, word(&record["started_at"]));
                    installs.entry(word(&record["instance_id"])).or_default().insert(install);
                }
            }
        }
    }
    installs
}

/// An id as it is written.
fn dashed(id: &str) -> String {
    [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-")
}
