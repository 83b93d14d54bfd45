//! What a draft would change, counted by rule and tenant and in yen.
#![expect(clippy::unwrap_used, reason = "test")]

use std::sync::Arc;

use tasuki_policies::compare::{BookEntry, Comparison};
use tasuki_policies::{Outcome, Pack, PackSet, PackSource};

fn pack(limit: i64) -> Arc<Pack> {
    let text = format!(
        "kind: payable
name: example
owner: an insurer
version: \"{limit}\"
environment: 1
effective: {{ from: 2020-09-01 }}
published_at: 2020-08-01
source: the wording
facts: [claim]
constants:
  limit: {{ int: {limit}, source: the wording }}
shape: first_match
rules:
  - code: CUT
    when: claim.amount_yen > limit
    message: {{ ja: 上限です, en: cut }}
    outputs: {{ payable_yen: limit }}
  - code: FULL
    when: \"true\"
    message: {{ ja: 全額です, en: in full }}
    outputs: {{ payable_yen: claim.amount_yen }}
"
    );
    let set = PackSet::load([PackSource::new("payable/example/pack.yaml", text)]).unwrap();
    Arc::clone(set.packs().next().unwrap())
}

fn entry(tenant: &str, yen: i64) -> BookEntry {
    let line = format!(
        "{{\"tenant_id\": \"{tenant}\", \"facts\": {{\"now\": \"2021-01-01T00:00:00Z\", \
         \"claim\": {{\"amount_yen\": {yen}}}}}, \"explanation\": {{\"outcome\": \"satisfied\", \
         \"summary\": {{\"ja\": \"\", \"en\": \"\"}}, \"outputs\": [{{\"name\": \"payable_yen\", \
         \"value\": {yen}}}, {{\"name\": \"matched\", \"value\": [{{\"code\": \"FULL\"}}]}}]}}}}"
    );
    BookEntry::read(&line).unwrap()
}

#[test]
fn the_yen_that_a_lower_limit_takes_away_are_counted_by_rule_and_tenant() {
    let mut comparison = Comparison::new(Some(pack(100_000)), pack(60_000));
    for (tenant, yen) in [("a", 50_000), ("a", 70_000), ("b", 200_000)] {
        comparison.add(&entry(tenant, yen)).unwrap();
    }
    let tally = comparison.tally();
    assert_eq!((tally.n_compared, tally.n_changed), (3, 2));
    assert_eq!(tally.difference_yen, -10_000 - 40_000);
    assert_eq!(tally.tenants["a"].difference_yen, -10_000);
    assert_eq!(tally.tenants["b"].difference_yen, -40_000);
    let cut = tally.rules["CUT"];
    assert_eq!((cut.n_newly_failing, cut.difference_yen), (1, -10_000));
    assert_eq!(tally.rules["FULL"].n_no_longer_failing, 1);
}

#[test]
fn without_a_base_what_was_recorded_is_compared() {
    let mut comparison = Comparison::new(None, pack(60_000));
    let compared = comparison.add(&entry("a", 70_000)).unwrap();
    assert_eq!(compared.before.amount_yen, Some(70_000));
    assert_eq!(compared.after.amount_yen, Some(60_000));
    assert_eq!(compared.before.outcome, Outcome::Satisfied);
    let facts = entry("a", 1).facts;
    let unrecorded = BookEntry::of_facts("a case".to_owned(), facts);
    assert!(comparison.add(&unrecorded).is_err());
    assert_eq!(comparison.tally().n_unreadable, 1);
}

#[test]
fn missing_facts_turn_an_answer_undetermined_and_are_counted_so() {
    let line = "{\"name\": \"no amount\", \"facts\": {\"now\": \"2021-01-01T00:00:00Z\"}, \
                \"explanation\": {\"outcome\": \"satisfied\"}}";
    let mut comparison = Comparison::new(None, pack(1));
    let compared = comparison.add(&BookEntry::read(line).unwrap()).unwrap();
    assert_eq!(compared.after.outcome, Outcome::Undetermined);
    assert_eq!(comparison.tally().n_to_undetermined, 1);
    let wrong = BookEntry::read("{\"facts\": {\"now\": \"2021-01-01T00:00:00Z\", \"clam\": {}}}");
    assert!(wrong.unwrap_err().contains("clam"));
}
