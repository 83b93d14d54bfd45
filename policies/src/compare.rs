//! What another version of a pack would change, tried on a book of decisions.
//!
//! A book is read entry by entry and counted at once, so that its length costs time and no memory.
//! What is kept grows with the rules of the pack and with the tenants, never with the entries.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;
use tasuki_core::decision::{Explanation, Outcome};

use crate::evaluate::Evaluation;
use crate::facts::FactSet;
use crate::pack::Pack;

/// The output that says how much money a decision is about: the first of these that a pack gives.
/// Packs that collect are about the sum over their rules.
pub const AMOUNTS: [&str; 3] = ["payable_yen", "discount_yen", "amount_yen"];

/// One entry of a book: a recorded decision, or facts with a name.
#[derive(Debug, Clone, Deserialize)]
pub struct BookEntry {
    /// Name of an entry that is no recorded decision.
    #[serde(default)]
    pub name: String,
    /// Id of a recorded decision.
    #[serde(default)]
    pub id: String,
    /// Whose it is.
    #[serde(default)]
    pub tenant_id: Option<String>,
    /// What it is about.
    #[serde(default)]
    pub subject: String,
    /// The facts.
    pub facts: FactSet,
    /// What was recorded; needed only when nothing else is compared with.
    #[serde(default, rename = "explanation")]
    recorded: Option<Recorded>,
}

/// As much of a recorded explanation as a comparison needs.
#[derive(Debug, Clone, Deserialize)]
struct Recorded {
    outcome: Outcome,
    #[serde(default)]
    findings: Vec<RecordedFinding>,
    #[serde(default)]
    outputs: Vec<RecordedOutput>,
}

#[derive(Debug, Clone, Deserialize)]
struct RecordedFinding {
    code: String,
}

#[derive(Debug, Clone, Deserialize)]
struct RecordedOutput {
    name: String,
    value: Json,
}

impl BookEntry {
    /// An entry of a book: a recorded decision as it is stored, or one line of a fixture book.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    /// Facts under a name.
    pub fn of_facts(name: String, facts: FactSet) -> Self {
        let (id, subject) = (String::new(), String::new());
        Self { name, id, tenant_id: None, subject, facts, recorded: None }
    }
}

/// What came out for an entry, as far as a comparison looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Yes, no, or undetermined.
    pub outcome: Outcome,
    /// The codes of the findings and of the rules that applied, in the pack's order.
    pub codes: Vec<String>,
    /// The amount that was given.
    pub amount_yen: Option<i64>,
}

impl Side {
    fn of(evaluation: &Evaluation) -> Self {
        let matched = evaluation.matched.iter();
        let codes = evaluation.codes().map(str::to_owned);
        Self {
            outcome: evaluation.outcome,
            codes: codes.chain(matched.clone().map(|rule| rule.code.clone())).collect(),
            amount_yen: AMOUNTS.iter().find_map(|name| {
                let one = evaluation.outputs.get(*name).and_then(Json::as_i64);
                one.or_else(|| sum(matched.clone().filter_map(|rule| rule.outputs.get(*name))))
            }),
        }
    }

    fn recorded(recorded: &Recorded) -> Self {
        let output = |name: &str| {
            recorded.outputs.iter().find(|output| output.name == name).map(|output| &output.value)
        };
        let none = Vec::new();
        let matched = output("matched").and_then(Json::as_array).unwrap_or(&none);
        let codes = recorded.findings.iter().map(|finding| finding.code.clone());
        let applied = matched.iter().filter_map(|rule| rule.get("code")?.as_str());
        Self {
            outcome: recorded.outcome,
            codes: codes.chain(applied.map(str::to_owned)).collect(),
            amount_yen: AMOUNTS.iter().find_map(|name| {
                let one = output(name).and_then(Json::as_i64);
                let rules = matched.iter().filter_map(|rule| rule.get("outputs")?.get(*name));
                one.or_else(|| sum(rules))
            }),
        }
    }
}

impl From<&Explanation> for Side {
    fn from(explanation: &Explanation) -> Self {
        let findings = explanation.findings.iter();
        let outputs = explanation.outputs.iter();
        Self::recorded(&Recorded {
            outcome: explanation.outcome,
            findings: findings.map(|it| RecordedFinding { code: it.code.clone() }).collect(),
            outputs: outputs
                .map(|it| RecordedOutput { name: it.name.clone(), value: it.value.clone() })
                .collect(),
        })
    }
}

/// The sum of whole numbers; nothing if there are none.
fn sum<'v>(values: impl Iterator<Item = &'v Json>) -> Option<i64> {
    values
        .filter_map(Json::as_i64)
        .fold(None, |sum, yen| Some(sum.unwrap_or(0_i64).saturating_add(yen)))
}

/// How an entry comes out on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What came out.
    pub before: Side,
    /// What would come out.
    pub after: Side,
}

impl Compared {
    /// Whether anything would change.
    pub fn is_changed(&self) -> bool {
        self.before != self.after
    }

    /// By how much the amount would change; an amount that is not given counts as none.
    pub fn difference_yen(&self) -> i64 {
        let yen = |side: &Side| side.amount_yen.unwrap_or_default();
        yen(&self.after).saturating_sub(yen(&self.before))
    }
}

/// What a comparison has found so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    /// Entries compared.
    pub n_compared: u64,
    /// Entries that would change.
    pub n_changed: u64,
    /// Entries whose facts do not fit the schema, or that have nothing to be compared with.
    pub n_unreadable: u64,
    /// Of those that would change: to satisfied.
    pub n_to_satisfied: u64,
    /// Of those that would change: to not satisfied.
    pub n_to_not_satisfied: u64,
    /// Of those that would change: to undetermined.
    pub n_to_undetermined: u64,
    /// By how much all amounts together would change.
    pub difference_yen: i64,
    /// By code of the rule.
    pub rules: BTreeMap<String, RuleImpact>,
    /// By tenant; the empty id stands for nobody in particular.
    pub tenants: BTreeMap<String, TenantImpact>,
}

/// What would change about one rule. In packs that choose or collect, a rule "fails" when it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RuleImpact {
    /// Entries in which it would newly fail.
    pub n_newly_failing: u64,
    /// Entries in which it would no longer fail.
    pub n_no_longer_failing: u64,
    /// By how much the amounts of these entries would change.
    pub difference_yen: i64,
}

/// What would change for one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TenantImpact {
    /// Entries that would change.
    pub n_changed: u64,
    /// By how much their amounts would change.
    pub difference_yen: i64,
}

impl Tally {
    fn count(&mut self, tenant: &str, compared: &Compared) {
        self.n_compared += 1;
        if !compared.is_changed() {
            return;
        }
        self.n_changed += 1;
        let Compared { before, after } = compared;
        if before.outcome != after.outcome {
            match after.outcome {
                Outcome::Satisfied => self.n_to_satisfied += 1,
                Outcome::NotSatisfied => self.n_to_not_satisfied += 1,
                Outcome::Undetermined => self.n_to_undetermined += 1,
            }
        }
        let difference = compared.difference_yen();
        self.difference_yen = self.difference_yen.saturating_add(difference);
        let newly = after.codes.iter().filter(|code| !before.codes.contains(code));
        let no_longer = before.codes.iter().filter(|code| !after.codes.contains(code));
        for (code, n) in
            newly.map(|code| (code, (1, 0))).chain(no_longer.map(|code| (code, (0, 1))))
        {
            let rule = self.rules.entry(code.clone()).or_default();
            rule.n_newly_failing += n.0;
            rule.n_no_longer_failing += n.1;
            rule.difference_yen = rule.difference_yen.saturating_add(difference);
        }
        if let Some(known) = self.tenants.get_mut(tenant) {
            known.n_changed += 1;
            known.difference_yen = known.difference_yen.saturating_add(difference);
        } else {
            let first = TenantImpact { n_changed: 1, difference_yen: difference };
            self.tenants.insert(tenant.to_owned(), first);
        }
    }
}

/// A comparison under way.
#[derive(Debug)]
pub struct Comparison {
    base: Option<Arc<Pack>>,
    other: Arc<Pack>,
    tally: Tally,
}

impl Comparison {
    /// Compares what was recorded, or what a base version gives, with what another version gives.
    pub fn new(base: Option<Arc<Pack>>, other: Arc<Pack>) -> Self {
        Self { base, other, tally: Tally::default() }
    }

    /// Compares an entry and counts it.
    ///
    /// # Errors
    /// When there is nothing to compare with: neither a base version nor something recorded.
    pub fn add(&mut self, entry: &BookEntry) -> Result<Compared, String> {
        let before = match (&self.base, &entry.recorded) {
            (Some(base), _) => Side::of(&base.evaluate(&entry.facts)),
            (None, Some(recorded)) => Side::recorded(recorded),
            (None, None) => {
                self.tally.n_unreadable += 1;
                return Err("nothing is recorded for it, and no base version is given".to_owned());
            }
        };
        let after = Side::of(&self.other.evaluate(&entry.facts));
        let compared = Compared { before, after };
        self.tally.count(entry.tenant_id.as_deref().unwrap_or_default(), &compared);
        Ok(compared)
    }

    /// Notes an entry that cannot be read.
    pub const fn skip(&mut self) {
        self.tally.n_unreadable += 1;
    }

    /// What was found so far.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }
}
