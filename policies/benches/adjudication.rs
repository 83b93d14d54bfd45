//! A whole adjudication in the library: the facts of a loss, the four packs of the pilot with all reasons and remedies,
//! what clauses were acknowledged, and what is payable with what is left of every limit and with fresh ones.
//!
//! `cargo test --benches` runs it once and compares what comes out.
#![expect(clippy::unwrap_used, reason = "benchmark")]

use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::json;
use tasuki_core::actor::Actor;
use tasuki_core::benefit::{
    Benefit, LossItem, Rules, Standing, Taken, TakenByCode, Tariff, payable,
};
use tasuki_core::claim::{Acknowledged, ClaimOutcome, outcome_of_claim, outcome_of_part};
use tasuki_core::decision::{Decision, Frozen, Occasion, PackKind};
use tasuki_core::id::{DecisionId, TenantId};
use tasuki_core::master_contract::{CoveragePart, Limit, LimitBasis, LimitScope, Wording};
use tasuki_core::money::Money;
use tasuki_core::party::{Principal, Role};
use tasuki_core::rate::Rate;
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;
use tasuki_policies::facts::{ClaimFacts, FactSet};
use tasuki_policies::{Pack, PackSet, PackSource, Remedies};
use uuid::Uuid;

const KINDS: [PackKind; 4] =
    [PackKind::Cover, PackKind::Trigger, PackKind::Exclusion, PackKind::Payable];

fn loss_at() -> Timestamp {
    "2021-06-01T03:00:00Z".parse().unwrap()
}

/// The packs of the pilot in the version of the time of the loss.
fn packs() -> Vec<Arc<Pack>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("packs");
    let sources = KINDS.map(|kind| {
        let path = format!("{}/v1/pack.yaml", kind.as_str());
        let text = fs::read_to_string(root.join(&path)).unwrap();
        PackSource::new(path, text)
    });
    let set = PackSet::load(sources).unwrap();
    KINDS.into_iter().map(|kind| set.in_force(kind, "v1", loss_at()).unwrap()).collect()
}

fn facts() -> FactSet {
    let facts = json!({
        "loss_at": "2021-06-01T03:00:00Z", "notified_at": "2021-06-02T03:00:00Z",
        "days_to_notice": 1, "part": "on_site_response", "amount_yen": 120_000,
        "certificate_in_force": true, "item_active_at_loss": true, "part_is_covered": true,
        "premium_accounted": true, "last_heartbeat_at": "2021-06-01T02:00:00Z",
        "hours_since_heartbeat": 1, "bypass_active": false, "bypass_approved": false,
        "critical_findings_open_days": 0, "has_incident": true, "soc_confirmed": true,
        "work_by_operator": true, "intentional": false, "war": false,
        "known_before_cover": false, "terms_acknowledged_at": "2021-03-20T01:00:00Z",
        "limit_left_yen": 300_000, "programme_left_yen": 900_000, "part_limit_left_yen": 100_000,
    });
    let facts: ClaimFacts = serde_json::from_value(facts).unwrap();
    FactSet::at("2021-06-02T04:00:00Z".parse().unwrap()).with_claim(facts)
}

fn rules() -> Rules {
    let part = CoveragePart::OnSiteResponse;
    let limit = |code: &str, scope, basis, amount| {
        let limit = Limit {
            code: code.to_owned(),
            scope,
            basis,
            parts: [part].into(),
            amount: Money::jpy(amount),
            reinstatement_rates: Vec::new(),
            clause: None,
        };
        (limit, [part].into())
    };
    let (once, period) = (LimitBasis::PerOccurrence, LimitBasis::PerPeriod);
    let tariff = Tariff {
        part,
        coinsurance: Rate::percent(90),
        deductible: Money::jpy(5_000),
        waiting_seconds: 0,
        n_per_period: None,
    };
    let limits = vec![
        limit("limit.item", LimitScope::Item, once, 100_000),
        limit("limit.occurrence", LimitScope::Occurrence, once, 150_000),
        limit("limit.certificate", LimitScope::Certificate, period, 300_000),
        limit("limit.programme", LimitScope::Programme, period, 1_000_000),
    ];
    Rules::new(vec![tariff], limits)
}

/// What is there before a claim is judged.
struct Desk {
    packs: Vec<Arc<Pack>>,
    facts: FactSet,
    rules: Rules,
    taken: TakenByCode,
    wording: Wording,
    by: Actor,
}

impl Desk {
    fn new() -> Self {
        let taken = Taken { used: Money::jpy(100_000), reserved: Money::ZERO_JPY };
        Self {
            packs: packs(),
            facts: facts(),
            rules: rules(),
            taken: [("limit.programme".to_owned(), taken)].into(),
            wording: Wording {
                title: Text::new("初動対応補償", "First-response cover"),
                version: "2021.1".to_owned(),
                uri: String::new(),
                hash: String::new(),
                clauses: Vec::new(),
            },
            by: Actor::from(&Principal::of("bench", Role::Insurer)),
        }
    }

    fn adjudicate(&self) -> (ClaimOutcome, Benefit, Money) {
        let frozen = Frozen::from(self.facts.to_json().unwrap());
        let decisions: Vec<Decision> = self
            .packs
            .iter()
            .map(|pack| {
                let explanation =
                    pack.evaluate_with(&self.facts, Remedies::Look).into_explanation();
                let occasion = Occasion {
                    id: DecisionId::from(Uuid::nil()),
                    tenant_id: Some(TenantId::from(Uuid::nil())),
                    subject: "clm_bench".to_owned(),
                    as_of: loss_at(),
                    decided_at: self.facts.now,
                    decided_by: self.by.clone(),
                };
                Decision::record(occasion, pack.identity().clone(), frozen.clone(), explanation)
            })
            .collect();
        let acknowledged =
            Acknowledged { wording: &self.wording, acknowledgements: &[], loss_at: loss_at() };
        let outcome = outcome_of_part(decisions.iter().map(|it| acknowledged.weight(it)));
        let parts = BTreeMap::from([(CoveragePart::OnSiteResponse, outcome)]);
        let loss = [LossItem {
            number: 1,
            part: CoveragePart::OnSiteResponse,
            loss: Money::jpy(120_000),
            standing: Standing::Covered,
            interruption: None,
            paid: Money::ZERO_JPY,
        }];
        let benefit = payable(&loss, &self.rules, &self.taken).unwrap();
        let fresh = payable(&loss, &self.rules, &TakenByCode::new()).unwrap();
        (outcome_of_claim(parts.into_values()), benefit, fresh.total)
    }
}

fn benches(c: &mut Criterion) {
    let desk = Desk::new();
    let (outcome, benefit, fresh) = desk.adjudicate();
    // 90 % of 120,000 less 5,000 is 103,000: the limit of the item leaves 100,000.
    assert_eq!(outcome, ClaimOutcome::Eligible);
    assert_eq!((benefit.total, fresh), (Money::jpy(100_000), Money::jpy(100_000)));
    c.bench_function("a whole adjudication, four packs and four limits", |b| {
        b.iter(|| black_box(desk.adjudicate()));
    });
}

criterion_group!(group, benches);
criterion_main!(group);
