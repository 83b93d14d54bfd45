//! CEL policies: check, evaluate, explain; no I/O.
//!
//! A pack is a folder with rules as data: each with a stable code, the clause it expresses, a
//! condition in CEL and messages in Japanese and English. Packs are read from texts, checked
//! against the facts that exist, and evaluated without any I/O, clock or chance: the same facts
//! give the same bytes, on every machine.
//!
//! Three outcomes, never two: what cannot be determined is neither a yes nor a no.
//!
//! ```
//! use tasuki_policies::facts::{CompanyFacts, FactSet};
//! use tasuki_policies::{Outcome, PackKind, PackSet, PackSource};
//!
//! let pack = r#"
//! kind: eligibility
//! name: example
//! owner: a partner
//! version: "1"
//! environment: 1
//! effective: { from: 2020-09-01 }
//! published_at: 2020-08-01
//! source: the partner's terms
//! facts: [company]
//! shape: all_must_hold
//! rules:
//!   - code: TOO_FEW_ENDPOINTS
//!     clause: EDR-02
//!     holds: company.endpoints_windows >= 5
//!     message:
//!       ja: "Windows端末が{company.endpoints_windows}台では5台以上の条件を満たしません"
//!       en: "{company.endpoints_windows} Windows endpoints are fewer than 5"
//! "#;
//! let packs = PackSet::load([PackSource::new("eligibility/example/pack.yaml", pack)])
//!     .map_err(|wrong| wrong[0].to_string())?;
//!
//! let now = "2020-10-01T00:00:00Z".parse().map_err(|_| "no instant")?;
//! let pack = packs.in_force(PackKind::Eligibility, "example", now).ok_or("no version in force")?;
//! let company = CompanyFacts { endpoints_windows: Some(3), ..CompanyFacts::default() };
//! let evaluation = pack.evaluate(&FactSet::at(now).with_company(company));
//!
//! assert_eq!(evaluation.outcome, Outcome::NotSatisfied);
//! let finding = &evaluation.findings[0];
//! assert_eq!(finding.code, "TOO_FEW_ENDPOINTS");
//! assert_eq!(finding.message.en, "3 Windows endpoints are fewer than 5");
//! assert_eq!(finding.expression, "company.endpoints_windows >= 5");
//!
//! let unknown = pack.evaluate(&FactSet::at(now).with_company(CompanyFacts::default()));
//! assert_eq!(unknown.outcome, Outcome::Undetermined);
//! # Ok::<(), String>(())
//! ```

pub mod cel;
pub mod compare;
pub mod diagnostic;
pub mod facts;

mod access;
mod cases;
mod coverage;
mod evaluate;
mod explain_text;
mod expression;
mod format;
mod functions;
mod json_schema;
mod pack;
mod source;
mod starter;
mod value;
mod workbench;

pub use access::{ACCESS_PACK, AccessTable};
pub use cases::{CaseReport, CaseResult, PackCase, run_cases};
pub use coverage::{ConditionSeen, Floor, ParseFloorError};
pub use diagnostic::Diagnostic;
pub use evaluate::{Criterion, Evaluation, Matched, Remedies};
pub use explain_text::explain_text;
pub use facts::FactSet;
pub use format::format_file;
pub use functions::{FunctionReference, reference as function_reference};
pub use json_schema::{JsonSchemas, json_schema};
pub use pack::{
    Assumption, ENVIRONMENT, Effective, Pack, PackSet, RuleView, Scheduled, Shape, placed,
};
pub use source::PackSource;
pub use starter::starter;
pub use tasuki_core::decision::{
    Explanation, FactSeen, Finding, Outcome, Output, PackKind, PackVersion,
};
pub use workbench::{Given, Workbench, read_facts};
