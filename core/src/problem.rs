//! The one error that leaves a use case.

use std::fmt;

use crate::money::MoneyError;
use crate::reason::{Kind, Reason};
use crate::time::TimeError;

/// A field of a request that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field, such as `selection[2].endpoints`.
    pub field: String,
    /// What is wrong and what to do instead.
    pub description: String,
}

/// Why a call failed: a stable reason, a sentence, and the values in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    reason: Reason,
    message: String,
    metadata: Vec<(&'static str, String)>,
    violations: Vec<Violation>,
}

impl Problem {
    /// A failure. The message is lower case, without a full stop, with values in backticks.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), metadata: Vec::new(), violations: Vec::new() }
    }

    /// A field that breaks a rule.
    pub fn invalid(field: impl Into<String>, description: impl Into<String>) -> Self {
        let (field, description) = (field.into(), description.into());
        Self::new(Reason::RequestInvalid, format!("`{field}`: {description}"))
            .violating(field, description)
    }

    /// Several fields that break rules; the message is that of the first.
    pub fn all_invalid(violations: Vec<Violation>) -> Self {
        let message = violations.first().map_or_else(
            || "the request is not valid".to_owned(),
            |first| format!("`{}`: {}", first.field, first.description),
        );
        Self { violations, ..Self::new(Reason::RequestInvalid, message) }
    }

    /// Something that does not exist, or that the caller may not see.
    pub fn not_found(reason: Reason, id: impl fmt::Display) -> Self {
        Self::new(reason, format!("`{id}` does not exist")).with("id", id)
    }

    /// A failure that is not the caller's: the text goes to the log, not to the caller.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(Reason::Internal, message)
    }

    /// Adds a value of the message as metadata; keys are `snake_case`.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.metadata.push((key, value.to_string()));
        self
    }

    /// Adds a field that breaks a rule.
    #[must_use]
    pub fn violating(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.violations.push(Violation { field: field.into(), description: description.into() });
        self
    }

    /// The stable reason.
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What the caller can do.
    pub const fn kind(&self) -> Kind {
        self.reason.kind()
    }

    /// The sentence. Of an internal failure it is for the log only.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The values of the sentence.
    pub fn metadata(&self) -> &[(&'static str, String)] {
        &self.metadata
    }

    /// The fields that break rules.
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.code(), self.message)
    }
}

impl std::error::Error for Problem {}

impl From<MoneyError> for Problem {
    fn from(error: MoneyError) -> Self {
        // Amounts from outside are bounded when they are parsed; what fails later is a bug.
        Self::internal(error.to_string())
    }
}

impl From<TimeError> for Problem {
    fn from(error: TimeError) -> Self {
        Self::new(Reason::RequestInvalid, error.to_string())
    }
}

/// A state machine's no: this command is not allowed in this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a {subject} that is `{state}` does not allow `{command}`")]
pub struct Refused {
    /// The reason that callers match on.
    pub reason: Reason,
    /// What the machine is about, such as `quote`.
    pub subject: &'static str,
    /// The state it is in.
    pub state: &'static str,
    /// What was asked for.
    pub command: &'static str,
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self::new(refused.reason, refused.to_string())
            .with("state", refused.state)
            .with("command", refused.command)
    }
}
