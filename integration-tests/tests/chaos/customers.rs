//! Customers who are quoted, accept, and wait until everything is set up, whatever happens to the servers meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tasuki_integration_tests::client::Client;
use tokio::task::JoinSet;

use crate::stage::PATIENCE;

/// Days of April that a customer in simulated time waits at most.
const MOST_DAYS: u32 = 29;

/// How long a customer in real time waits at most.
const LONGEST_WAIT: Duration = Duration::from_mins(10);

/// States of an order in which nothing is under way.
const SETTLED: [&str; 4] =
    ["ORDER_STATE_COMPLETED", "ORDER_STATE_PARTIAL", "ORDER_STATE_FAILED", "ORDER_STATE_CANCELLED"];

/// How many customers there are, and how they come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    /// At least so many.
    pub(crate) n_customers: u32,
    /// So many at once.
    pub(crate) n_at_once: u32,
    /// Pause between two of them at most, in milliseconds.
    pub(crate) longest_pause: u64,
    pub(crate) seed: u64,
}

/// A customer whose orders are settled, or what went wrong.
#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) number: u32,
    pub(crate) tenant: String,
    pub(crate) order: String,
    pub(crate) certificate: String,
    pub(crate) n_repeats: u32,
}

/// Serves all of them; tells how each fared. Those beyond the number come while `go_on` says so.
pub(crate) async fn serve(
    client: &Client,
    partner: &str,
    crowd: Crowd,
    go_on: Arc<AtomicBool>,
) -> Vec<Result<Customer, String>> {
    let next = Arc::new(AtomicU32::new(0));
    let mut slots = JoinSet::new();
    for slot in 0..crowd.n_at_once {
        let (client, partner) = (client.clone(), partner.to_owned());
        let (next, go_on) = (Arc::clone(&next), Arc::clone(&go_on));
        let mut rng = fastrand::Rng::with_seed(crowd.seed ^ (u64::from(slot) << 32));
        slots.spawn(async move {
            let mut all = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= crowd.n_customers && !go_on.load(Ordering::SeqCst) {
                    return all;
                }
                all.push(Journey::new(&client, number).go(&partner).await);
                let pause = Duration::from_millis(rng.u64(0..=crowd.longest_pause));
                tokio::time::sleep(pause).await;
            }
        });
    }
    slots.join_all().await.concat()
}

struct Journey<'a> {
    client: &'a Client,
    number: u32,
    n_repeats: u32,
}

impl<'a> Journey<'a> {
    const fn new(client: &'a Client, number: u32) -> Self {
        Self { client, number, n_repeats: 0 }
    }

    /// Every second one lives in simulated time and gets a UTM, the others in real time and EDR.
    const fn is_simulated(&self) -> bool {
        self.number.is_multiple_of(2)
    }

    async fn go(mut self, partner: &str) -> Result<Customer, String> {
        let tenant = self.enter(partner).await?;
        let accepted = self.accept(&tenant).await?;
        let orders = accepted["order_ids"].as_array().cloned().unwrap_or_default();
        if orders.len() != 1 {
            return Err(format!("customer {} has {} orders", self.number, orders.len()));
        }
        let customer = Customer {
            number: self.number,
            order: word(&orders[0]),
            certificate: word(&accepted["certificate_id"]),
            tenant,
            n_repeats: 0,
        };
        self.wait(&customer).await?;
        Ok(Customer { n_repeats: self.n_repeats, ..customer })
    }

    async fn ask(&mut self, method: &str, mut request: Value, step: &str) -> Result<Value, String> {
        if !step.is_empty() {
            request["request_id"] = format!("chaos.{}.{step}", self.number).into();
        }
        let answered = self.client.persist(&format!("tasuki.{method}"), &request, PATIENCE).await;
        let answered = answered.map_err(|status| {
            format!("customer {}: {method}: {:?} {}", self.number, status.code(), status.message())
        })?;
        self.n_repeats += answered.n_repeats;
        Ok(answered.answer)
    }

    async fn enter(&mut self, partner: &str) -> Result<String, String> {
        let mut request = json!({
            "partner_id": partner, "partner_reference": format!("C{}", self.number),
            "name": "有限会社あかばな商店", "zone": "Asia/Tokyo",
            "profile": {
                "industry": "I", "employees": 8,
                "endpoints": { "windows": 6, "mac": 0, "linux": 0 },
                "has_utm": false, "has_antivirus": true, "has_website": false,
                "waf": "WAF_STATE_NONE",
                "upstream_maintainer": "MAINTAINER_COOPERATION_NOT_NEEDED",
                "has_executive_approval": true,
                "sites": [{ "code": "main", "name": "本店", "prefecture": "47" }],
            },
        });
        if self.is_simulated() {
            request["simulated_clock_start"] = "2021-04-01T00:00:00Z".into();
        }
        let made = self.ask("tenant.v1.TenantService/CreateTenant", request, "tenant").await?;
        Ok(word(&made["tenant"]["id"]))
    }

    async fn accept(&mut self, tenant: &str) -> Result<Value, String> {
        let selection = if self.is_simulated() {
            json!({ "service": "SERVICE_UTM" })
        } else {
            json!({ "service": "SERVICE_EDR", "endpoints": 6 })
        };
        let request = json!({ "tenant_id": tenant, "selections": [selection] });
        let made = self.ask("quote.v1.QuoteService/CreateQuote", request, "quote").await?;
        let quote = &made["quote"];
        let texts = quote["acknowledgements"].as_array().cloned().unwrap_or_default();
        let read: Vec<Value> = texts
            .iter()
            .map(|text| {
                json!({
                    "code": text["code"], "document_version": text["document_version"],
                    "language": "LANGUAGE_JA", "acknowledged_by": "店主",
                    "shown_at": quote["issued_at"], "acknowledged_at": quote["issued_at"],
                })
            })
            .collect();
        let request = json!({
            "tenant_id": tenant, "quote_id": quote["id"], "etag": quote["etag"],
            "acknowledgements": read, "accepted_by": "店主",
        });
        let method = "quote.v1.QuoteService/AcceptQuote";
        let accepted = self.ask(method, request.clone(), "accept").await?;
        // Nervous: the same again must be the same.
        let again = self.ask(method, request, "accept").await?;
        for field in ["subscription_id", "order_ids", "certificate_id"] {
            if accepted[field] != again[field] {
                return Err(format!("customer {}: another {field} when repeated", self.number));
            }
        }
        Ok(accepted)
    }

    async fn wait(&mut self, customer: &Customer) -> Result<(), String> {
        let began = Instant::now();
        let mut day = 1;
        while began.elapsed() < LONGEST_WAIT && day < MOST_DAYS {
            if self.is_simulated() {
                day += 1;
                let request = json!({
                    "tenant_id": customer.tenant, "to": format!("2021-04-{day:02}T00:00:00Z"),
                });
                let step = format!("clock.{day}");
                self.ask("tenant.v1.TenantService/AdvanceClock", request, &step).await?;
            }
            let order = self.order(customer).await?;
            if SETTLED.iter().any(|state| order["state"] == *state) {
                return Ok(());
            }
            if order["state"] == "ORDER_STATE_HELD" {
                self.help(customer, &order, day).await?;
            }
            tokio::time::sleep(Duration::from_millis(if self.is_simulated() { 20 } else { 300 }))
                .await;
        }
        Err(format!("customer {}: the order is not settled", self.number))
    }

    async fn order(&mut self, customer: &Customer) -> Result<Value, String> {
        let request = json!({ "tenant_id": customer.tenant, "order_id": customer.order });
        let method = "provisioning.v1.ProvisioningService/GetOrder";
        Ok(self.ask(method, request, "").await?["order"].clone())
    }

    /// A person looks at what is stuck, and tries again.
    async fn help(&mut self, customer: &Customer, order: &Value, day: u32) -> Result<(), String> {
        let items = order["items"].as_array().cloned().unwrap_or_default();
        for item in items.iter().filter(|item| item["state"] == "ITEM_STATE_CLEANUP_STUCK") {
            let request = json!({
                "tenant_id": customer.tenant, "order_id": customer.order, "item_id": item["id"],
            });
            let method = "provisioning.v1.ProvisioningService/RetryItem";
            self.ask(method, request, &format!("help.{day}")).await?;
        }
        Ok(())
    }
}

pub(crate) fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
