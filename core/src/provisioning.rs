//! Setting services up at providers, across companies whose systems time out and customers who may
//! never do their step.
//!
//! An order has one item per component and provider. Each item is a state machine, stepped by
//! [`ItemState::step`]; the order's state is derived from its items. Nothing here reads a clock or
//! calls anybody: what a provider answered is a command like everybody else's.
//!
//! ```
//! use tasuki_core::provisioning::{
//!     CustomerActionKind, CustomerRequest, Evidence, ItemCommand, ItemState, VerifyMethod,
//! };
//! use tasuki_core::time::{Timestamp, Zone};
//!
//! let at = |text: &str| text.parse::<Timestamp>().unwrap();
//! let zone = Zone::named(Zone::TOKYO)?;
//!
//! // A cloud WAF: the intent is committed, the provider answers that the customer has to act.
//! let (requested, _) = ItemState::PLANNED.step(&ItemCommand::Request, at("2020-10-01T01:00:00Z"))?;
//! let request = CustomerRequest {
//!     kind: CustomerActionKind::DnsChange,
//!     instructions: CustomerActionKind::DnsChange.label(),
//!     expected_records: Vec::new(),
//!     verify: VerifyMethod::DnsLookup,
//!     url: String::new(),
//!     possible_from: None,
//!     possible_until: None,
//! };
//! let ask = ItemCommand::ask("op-1", request, at("2020-10-01T01:01:00Z"), &zone)?;
//! let (waiting, _) = requested.step(&ask, at("2020-10-01T01:01:00Z"))?;
//! assert_eq!(waiting.as_str(), "awaiting_customer");
//!
//! // The customer's word is not enough: it is active only once an observation shows it.
//! let (looking, _) = waiting.step(&ItemCommand::ConfirmStep, at("2020-10-04T02:00:00Z"))?;
//! let evidence = Evidence {
//!     id: "obs-17".into(),
//!     method: VerifyMethod::DnsLookup,
//!     observed_at: at("2020-10-04T02:05:00Z"),
//! };
//! let verify = ItemCommand::Verify { evidence, installed_at: at("2020-10-04T02:00:00Z") };
//! let (active, _) = looking.step(&verify, at("2020-10-04T02:05:00Z"))?;
//! assert!(active.is_live());
//!
//! // A command that makes no sense now is refused and changes nothing.
//! assert!(active.step(&ItemCommand::ConfirmStep, at("2020-10-05T00:00:00Z")).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod answer;
pub mod billing;
mod check;
pub mod command;
pub mod conduct;
pub mod customer;
mod fit;
pub mod funnel;
pub mod item;
pub mod operation;
pub mod order;
pub mod react;
pub mod reason_code;
pub mod records;
pub mod retry;
pub mod spec;
pub mod state;
pub mod step;
pub mod steps;
pub mod work;

pub use answer::{AnswerCode, Asked, Meaning, Sent};
pub use billing::{BilledSpan, BillingFacts, BillingStart};
pub use check::{Capabilities, ProviderCheck};
pub use command::{ItemCommand, ItemEvent};
pub use customer::{
    CustomerActionKind, CustomerRequest, CustomerStep, CustomerTerms, VerifyMethod,
};
pub use fit::Fit;
pub use funnel::{Application, FunnelCounts};
pub use item::{DriftPolicy, Item};
pub use operation::{OperationFailure, OperationSeen, OperationStep, ProviderFailure};
pub use order::{Cancellation, CompletionPolicy, Order, OrderState, Readiness};
pub use react::{Answer, DnsSeen, Question, Reaction, Surroundings};
pub use reason_code::{Cause, Origin, ReasonCode};
pub use records::{
    FindingWeight, ItemOutcome, Preflight, PreflightFinding, StepOutcome, StepRecord,
    ThirdPartyConsent, Transition,
};
pub use retry::RetryClass;
pub use spec::{Device, DnsRecord, EndpointCounts, Health, Observation, Seen, Spec};
pub use state::{Evidence, InService, ItemState, Removal, Said};
pub use steps::{RollBack, StepKind, StepState};
pub use work::{Pulled, Work, WorkBook, WorkKind, WorkResult, WorkSeen};
