//! The conformance kit: asks a provider's server what the contract promises, and says which promises
//! it keeps. It knows nothing of the implementation and can be pointed at any server.
//!
//! It uses instances of its own, under ids that begin with `verify-`, of the tenant
//! [`Plan::tenant_reference`], and takes all of them away again. A provider knows by that name that
//! nobody is behind it: what a customer would have to do counts as done.

mod caller;
mod changes;
mod checks;
mod report;

use std::time::Duration;

pub use report::{Format, Outcome, Report, Row};

use crate::verify::caller::Caller;

/// What is verified, and how patiently.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where the contract is served, such as `http://127.0.0.1:7450`.
    pub target: String,
    /// The component to order; the first that is offered if none is named.
    pub component: Option<String>,
    /// Parameters that the component requires.
    pub parameters: Vec<(String, String)>,
    /// The pseudonym of the tenant that nobody is behind.
    pub tenant_reference: String,
    /// The present, by which instances are asked for.
    pub began_at: jiff::Timestamp,
    /// Every answer has to come within this.
    pub answer_within: Duration,
    /// A provider that does not simulate time has to be live within this.
    pub live_within: Duration,
}

impl Plan {
    /// The usual plan for a target, at the present.
    pub fn of(target: impl Into<String>, began_at: jiff::Timestamp) -> Self {
        Self {
            target: target.into(),
            began_at,
            component: None,
            parameters: Vec::new(),
            tenant_reference: "tasuki-conformance".to_owned(),
            answer_within: Duration::from_secs(2),
            live_within: Duration::from_mins(1),
        }
    }
}

/// One promise of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// It says what it offers.
    Capabilities,
    /// To ask whether something could be set up sets nothing up.
    ValidateOnly,
    /// The same request gives the same operation.
    Repeat,
    /// Many equal requests at once set one instance up.
    AtOnce,
    /// The same generation with another spec is refused.
    OtherSpec,
    /// An older generation is refused.
    OlderGeneration,
    /// What is not offered is refused for good, and nothing is left.
    NotOffered,
    /// An operation can be asked for; one that never was is not found.
    Operation,
    /// What was begun comes to its end, and progress never goes back.
    Ends,
    /// What is there is told with the generation and the hash that were sent.
    Observe,
    /// What is not there is an answer and no error.
    Absent,
    /// What is there is listed once, also page by page.
    List,
    /// What is suspended stays, and to suspend or resume twice is success.
    Suspend,
    /// A new generation changes what is there.
    Change,
    /// What is taken away is gone, and to take it away twice is success.
    Delete,
    /// To take away what never was is success, and its creation is refused afterwards.
    Overtaken,
    /// After it was taken away, a higher generation sets it up again.
    ComesBack,
    /// An operation can be asked to stop.
    Cancel,
}

impl Check {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 18] = [
        Self::Capabilities,
        Self::ValidateOnly,
        Self::Repeat,
        Self::AtOnce,
        Self::OtherSpec,
        Self::OlderGeneration,
        Self::NotOffered,
        Self::Operation,
        Self::Ends,
        Self::Observe,
        Self::Absent,
        Self::List,
        Self::Suspend,
        Self::Change,
        Self::Delete,
        Self::Overtaken,
        Self::ComesBack,
        Self::Cancel,
    ];

    /// Its name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capabilities => "capabilities",
            Self::ValidateOnly => "validate_only",
            Self::Repeat => "repeat",
            Self::AtOnce => "at_once",
            Self::OtherSpec => "other_spec",
            Self::OlderGeneration => "older_generation",
            Self::NotOffered => "not_offered",
            Self::Operation => "operation",
            Self::Ends => "ends",
            Self::Observe => "observe",
            Self::Absent => "absent",
            Self::List => "list",
            Self::Suspend => "suspend",
            Self::Change => "change",
            Self::Delete => "delete",
            Self::Overtaken => "overtaken",
            Self::ComesBack => "comes_back",
            Self::Cancel => "cancel",
        }
    }

    /// The promise.
    pub const fn promise(self) -> &'static str {
        match self {
            Self::Capabilities => "says what it offers",
            Self::ValidateOnly => "to ask whether something could be set up sets nothing up",
            Self::Repeat => "the same request gives the same operation",
            Self::AtOnce => "many equal requests at once set one instance up",
            Self::OtherSpec => "the same generation with another spec is refused",
            Self::OlderGeneration => "an older generation is refused",
            Self::NotOffered => "what is not offered is refused for good and leaves nothing",
            Self::Operation => "an operation can be asked for, and one that never was is not found",
            Self::Ends => "what was begun comes to its end, and progress never goes back",
            Self::Observe => "what is there is told with the generation and hash that were sent",
            Self::Absent => "what is not there is an answer and no error",
            Self::List => "what is there is listed once, also page by page",
            Self::Suspend => "to suspend or resume twice is success, and what it holds stays",
            Self::Change => "a new generation changes what is there",
            Self::Delete => "what is taken away is gone, and to take it away twice is success",
            Self::Overtaken => {
                "to take away what never was is success, and its late creation is refused"
            }
            Self::ComesBack => "after it was taken away a higher generation sets it up again",
            Self::Cancel => "an operation can be asked to stop",
        }
    }
}

/// Asks everything, one promise after the other, and takes away what was set up for it.
///
/// # Errors
/// The target is no address.
pub async fn verify(plan: &Plan) -> anyhow::Result<Report> {
    let caller = Caller::new(plan)?;
    let mut rows = Vec::new();
    for check in Check::ALL {
        let started = tokio::time::Instant::now();
        let outcome = Box::pin(checks::run(&caller, check)).await;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let stop = check == Check::Capabilities && matches!(outcome, Outcome::Failed(_));
        rows.push(Row { check, outcome, milliseconds });
        if stop {
            // Whoever does not say what it offers cannot be asked for anything.
            break;
        }
    }
    caller.clean_up().await;
    Ok(Report { target: plan.target.clone(), provider: caller.provider(), rows })
}
