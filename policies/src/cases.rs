//! Cases: what a pack has to give for given facts, as data that anybody can read and add to.
//!
//! ```yaml
//! - name: a company with Macs only cannot have the agent
//!   at: 2020-10-01
//!   facts: { company: { service: edr, endpoints_mac: 5, endpoints_windows: 0 } }
//!   expect: { outcome: not_satisfied, codes: [UNSUPPORTED_OS_MAC] }
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_saphyr::{Location, Spanned};
use tasuki_core::decision::Outcome;
use tasuki_core::time::Timestamp;

use crate::coverage::{self, ConditionSeen, Floor, SeenByPack};
use crate::diagnostic::Diagnostic;
use crate::evaluate::Evaluation;
use crate::facts::{
    AlertFacts, BundleFacts, CallerFacts, ClaimFacts, CompanyFacts, FactSet, OrderFacts,
    SponsorFacts,
};
use crate::pack::{Pack, PackSet};
use crate::source::{PackSource, at_location, yaml_error};
use crate::value::japan;

/// One case of one pack.
#[derive(Debug, Clone)]
pub struct PackCase {
    file: Arc<PackSource>,
    place: Location,
    folder: String,
    name: String,
    facts: FactSet,
    expect: Expected,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    name: String,
    /// The present of the case; the pack has to be in force then.
    at: Spanned<String>,
    #[serde(default)]
    facts: CaseFacts,
    #[serde(default)]
    as_of: BTreeMap<String, Timestamp>,
    expect: Expected,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CaseFacts {
    company: Option<CompanyFacts>,
    alert: Option<AlertFacts>,
    claim: Option<ClaimFacts>,
    bundle: Option<BundleFacts>,
    order: Option<OrderFacts>,
    caller: Option<CallerFacts>,
    sponsor: Option<SponsorFacts>,
}

/// What a case asks for. What is left out is not compared.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    outcome: Outcome,
    /// All findings, in order.
    #[serde(default)]
    codes: Option<Vec<String>>,
    /// All rules that applied, in order.
    #[serde(default)]
    matched: Option<Vec<String>>,
    /// Some of the outputs.
    #[serde(default)]
    outputs: BTreeMap<String, serde_json::Value>,
    /// Some of the outputs of single rules.
    #[serde(default)]
    rule_outputs: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

/// How cases went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaseReport {
    /// Every case, in the order of the files.
    pub results: Vec<CaseResult>,
    /// Packs without a case for yes, no or missing facts; cases of no pack.
    pub diagnostics: Vec<Diagnostic>,
    /// Every condition of every pack, and what the cases have seen of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coverage: Vec<ConditionSeen>,
}

/// How one case went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The file it stands in.
    pub file: String,
    /// The line it starts at.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// The pack, as `kind/name@version`.
    pub pack: String,
    /// Everything that is not as expected; empty when it passed.
    pub problems: Vec<String>,
}

impl CaseResult {
    /// Whether everything is as expected.
    pub fn passed(&self) -> bool {
        self.problems.is_empty()
    }
}

impl CaseReport {
    /// Whether every case passed and every pack has its kinds of case.
    pub fn is_ok(&self) -> bool {
        self.diagnostics.is_empty() && self.results.iter().all(CaseResult::passed)
    }

    /// How many sides of conditions there are: each condition can be seen true and seen false.
    pub fn n_sides(&self) -> usize {
        coverage::sides(self.coverage.iter()).1
    }

    /// How many sides of conditions the cases have seen.
    pub fn n_sides_seen(&self) -> usize {
        coverage::sides(self.coverage.iter()).0
    }

    /// Asks of every pack that its cases see at least that share of its conditions: what falls
    /// short is a diagnostic for each condition that was not seen on both sides.
    #[must_use]
    pub fn demanding(mut self, floor: Floor) -> Self {
        let packs: BTreeSet<&str> = self.coverage.iter().map(|it| it.pack.as_str()).collect();
        let mut short = Vec::new();
        for pack in packs {
            let own = || self.coverage.iter().filter(|it| it.pack == pack);
            let (n_seen, n_sides) = coverage::sides(own());
            if floor.is_reached(n_seen, n_sides) {
                continue;
            }
            let hint = format!(
                "{n_seen} of {n_sides} sides of the conditions of {pack} are seen, {floor} is asked: \
                 add a case under `cases/`"
            );
            short.extend(own().filter_map(|it| not_seen(it, &hint)));
        }
        self.diagnostics.extend(short);
        self
    }
}

impl PackCase {
    /// Reads the cases among the files: those in a folder `cases` of a pack.
    ///
    /// # Errors
    /// Everything that is wrong in any of them.
    pub fn read<'s>(
        sources: impl IntoIterator<Item = &'s PackSource>,
    ) -> Result<Vec<Self>, Vec<Diagnostic>> {
        let mut cases = Vec::new();
        let mut diagnostics = Vec::new();
        for source in sources {
            let Some((folder, _)) = source.path.rsplit_once("/cases/") else { continue };
            let file = Arc::new(source.clone());
            match serde_saphyr::from_str::<Vec<Spanned<CaseFile>>>(&file.text) {
                Ok(found) => {
                    for case in found {
                        cases.extend(Self::of(&file, folder, case, &mut diagnostics));
                    }
                }
                Err(error) => diagnostics.push(yaml_error(&file, &error)),
            }
        }
        if diagnostics.is_empty() { Ok(cases) } else { Err(diagnostics) }
    }

    fn of(
        file: &Arc<PackSource>,
        folder: &str,
        case: Spanned<CaseFile>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let CaseFile { name, at, facts, as_of, expect } = case.value;
        let now = at.value.parse::<Timestamp>().ok().or_else(|| {
            let day: Date = at.value.parse().ok()?;
            day.to_zoned(japan()).ok().map(|start| Timestamp::new(start.timestamp()))
        });
        let Some(now) = now else {
            let message = format!("`{}` is neither a day nor an instant", at.value);
            diagnostics.push(at_location(file, "dates", at.defined, message));
            return None;
        };
        let CaseFacts { company, alert, claim, bundle, order, caller, sponsor } = facts;
        Some(Self {
            file: Arc::clone(file),
            place: case.defined,
            folder: folder.to_owned(),
            name,
            facts: FactSet { now, company, alert, claim, bundle, order, caller, sponsor, as_of },
            expect,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder of its pack, such as `eligibility/okinawa`.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The facts it gives.
    pub const fn facts(&self) -> &FactSet {
        &self.facts
    }

    /// What its pack gives for it, against what it expects.
    fn run(&self, pack: &Pack, seen: &mut SeenByPack) -> CaseResult {
        let mut problems = Vec::new();
        if !pack.effective().contains(self.facts.now) {
            problems.push(format!("version `{}` is not in force at that time", pack.version()));
        }
        let seen = seen.entry(Arc::from(pack.folder())).or_default();
        let evaluation = pack.evaluate_watched(&self.facts, seen);
        self.compare(&evaluation, &mut problems);
        CaseResult {
            file: self.file.path.clone(),
            line: usize::try_from(self.place.line()).unwrap_or_default(),
            name: self.name.clone(),
            pack: format!("{}/{}@{}", pack.kind(), pack.name(), pack.version()),
            problems,
        }
    }

    fn compare(&self, given: &Evaluation, problems: &mut Vec<String>) {
        let expect = &self.expect;
        if given.outcome != expect.outcome {
            let (wanted, given) = (expect.outcome.as_str(), given.outcome.as_str());
            problems.push(format!("outcome: expected `{wanted}`, got `{given}`"));
        }
        let codes: Vec<String> = given.codes().map(str::to_owned).collect();
        if expect.codes.as_ref().is_some_and(|wanted| *wanted != codes) {
            problems.push(format!("codes: got {codes:?}"));
        }
        let matched: Vec<String> = given.matched.iter().map(|it| it.code.clone()).collect();
        if expect.matched.as_ref().is_some_and(|wanted| *wanted != matched) {
            problems.push(format!("matched: got {matched:?}"));
        }
        for (name, wanted) in &expect.outputs {
            differs(name, wanted, given.output(name), problems);
        }
        for (code, outputs) in &expect.rule_outputs {
            let rule = given.matched.iter().find(|it| it.code == *code);
            for (name, wanted) in outputs {
                let found = rule
                    .and_then(|it| it.outputs.get(name))
                    .or_else(|| given.finding_output(code, name));
                differs(&format!("{code}.{name}"), wanted, found, problems);
            }
        }
    }
}

/// What to say of a condition that was not seen on both sides.
fn not_seen(condition: &ConditionSeen, hint: &str) -> Option<Diagnostic> {
    let missing = condition.missing()?;
    let message = format!("`{}`: `{}` is {missing}", condition.rule, condition.expression);
    let mut wrong = Diagnostic::of_file("coverage", &condition.file, message).suggesting(hint);
    (wrong.line, wrong.column) = (condition.line, condition.column);
    Some(wrong)
}

fn differs(
    name: &str,
    wanted: &serde_json::Value,
    given: Option<&serde_json::Value>,
    problems: &mut Vec<String>,
) {
    if given != Some(wanted) {
        let given = given.map_or_else(|| "nothing".to_owned(), |given| format!("`{given}`"));
        problems.push(format!("output `{name}`: expected `{wanted}`, got {given}"));
    }
}

/// Runs cases against their packs, and asks of every pack a case for yes, for no (if it can say
/// no) and for missing facts.
pub fn run_cases(packs: &PackSet, cases: &[PackCase]) -> CaseReport {
    let mut report = CaseReport::default();
    let mut seen: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
    let mut conditions = SeenByPack::new();
    for case in cases {
        if let Some(pack) = packs.packs().find(|pack| pack.folder() == case.folder) {
            let outcomes = seen.entry(case.folder.as_str()).or_default();
            outcomes.insert(case.expect.outcome.as_str());
            report.results.push(case.run(pack, &mut conditions));
        } else {
            let message = format!("there is no pack in `{}`", case.folder);
            report.diagnostics.push(Diagnostic::of_file("no-pack", &case.file.path, message));
        }
    }
    for pack in packs.packs() {
        let of_pack = conditions.entry(Arc::from(pack.folder())).or_default();
        report.coverage.extend(coverage::conditions(pack, of_pack));
        let outcomes = seen.get(pack.folder());
        let wanted = [
            (Outcome::Satisfied, true, "yes"),
            (Outcome::NotSatisfied, pack.can_say_no(), "no"),
            (Outcome::Undetermined, true, "missing facts"),
        ];
        for (outcome, asked, called) in wanted {
            if asked && !outcomes.is_some_and(|it| it.contains(outcome.as_str())) {
                let path = format!("{}/pack.yaml", pack.folder());
                let message = format!("the pack has no case for {called}");
                let hint = format!(
                    "add one with `expect: {{ outcome: {} }}` under `cases/`",
                    outcome.as_str()
                );
                let wrong = Diagnostic::of_file("no-case", &path, message).suggesting(hint);
                report.diagnostics.push(wrong);
            }
        }
    }
    report
}

/// What the reader says to a key that a section of the format does not have.
#[cfg(test)]
pub(crate) fn unknown_key_of(section: &str) -> Option<String> {
    fn told<T: serde::de::DeserializeOwned>() -> String {
        serde_json::from_str::<T>(r#"{"no such key": 1}"#).err().unwrap().to_string()
    }
    Some(match section {
        "case" => told::<CaseFile>(),
        "expect" => told::<Expected>(),
        _ => return None,
    })
}
