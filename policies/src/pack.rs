//! Packs: versioned rules with their clauses, messages and outputs.

use serde::{Deserialize, Serialize};
use tasuki_core::decision::{PackKind, PackVersion};
use tasuki_core::text::Text;
use tasuki_core::time::Timestamp;

use crate::diagnostic::Diagnostic;
use crate::expression::{Compiled, Names};
use crate::facts::FactPath;

mod build;
mod file;
mod load;
mod places;
mod rules;
mod set;
mod table;
mod template;

#[cfg(test)]
pub(crate) use file::unknown_key_of;
pub(crate) use places::{Places, Site};
pub(crate) use set::parse_stack;
pub use set::{PackSet, Scheduled, placed};

use template::Message;

/// The functions and facts that packs of this crate run with. It grows when their meaning changes.
pub const ENVIRONMENT: i64 = 1;

/// How the rules of a pack make an outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Yes when every rule that is concerned holds.
    AllMustHold,
    /// Yes when no rule holds: exclusions.
    NoneMayHold,
    /// The first rule that holds gives the outputs.
    FirstMatch,
    /// Every rule that holds gives something.
    CollectAll,
    /// Rows of cells; the first row that fits gives the outputs.
    DecisionTable,
}

impl Shape {
    /// Every shape.
    pub const ALL: [Self; 5] = [
        Self::AllMustHold,
        Self::NoneMayHold,
        Self::FirstMatch,
        Self::CollectAll,
        Self::DecisionTable,
    ];

    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllMustHold => "all_must_hold",
            Self::NoneMayHold => "none_may_hold",
            Self::FirstMatch => "first_match",
            Self::CollectAll => "collect_all",
            Self::DecisionTable => "decision_table",
        }
    }

    /// Whether rules after the first one that holds do not matter.
    pub(crate) const fn stops_at_first(self) -> bool {
        match self {
            Self::FirstMatch | Self::DecisionTable => true,
            Self::AllMustHold | Self::NoneMayHold | Self::CollectAll => false,
        }
    }
}

/// One immutable version of a pack, checked and ready to be evaluated.
#[derive(Debug)]
pub struct Pack {
    pub(crate) identity: PackVersion,
    pub(crate) owner: String,
    pub(crate) description: Option<Text>,
    pub(crate) effective: Effective,
    pub(crate) published_at: Timestamp,
    pub(crate) shape: Shape,
    pub(crate) rules: Vec<Rule>,
    pub(crate) outputs: Vec<(String, Compiled)>,
    pub(crate) variables: Vec<Compiled>,
    pub(crate) facts: Vec<FactPath>,
    pub(crate) assumptions: Vec<Assumption>,
    pub(crate) folder: String,
    /// Where its expressions stand in its files.
    pub(crate) places: Places,
    /// What its constants, variables and facts mean.
    pub(crate) names: Names,
    pub(crate) warnings: Vec<Diagnostic>,
}

/// When a version decides: the start belongs to it, the end does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effective {
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after; none while no end is known.
    pub to: Option<Timestamp>,
}

impl Effective {
    /// Whether an instant belongs to it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// A constant that no source gives, and why it was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumption {
    /// The constant.
    pub name: String,
    /// Its value, as text.
    pub value: String,
    /// Why it was chosen.
    pub because: String,
}

/// A rule as readers see it.
#[derive(Debug, Clone, Copy)]
pub struct RuleView<'p> {
    /// Its stable code.
    pub code: &'p str,
    /// The clause that it expresses.
    pub clause: Option<&'p str>,
    /// What has to hold, or when it applies, in CEL.
    pub expression: &'p str,
    /// What it says, with places for values.
    pub message: &'p Text,
    /// What the reader can do then.
    pub next_step: Option<&'p Text>,
    /// Whether somebody can do something about it.
    pub is_curable: bool,
}

/// A rule, checked.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) code: String,
    pub(crate) clause: Option<String>,
    pub(crate) requirements: Vec<String>,
    /// Whether the rule is about these facts at all.
    pub(crate) guard: Option<Compiled>,
    pub(crate) condition: Compiled,
    pub(crate) message: Message,
    pub(crate) next_step: Option<Message>,
    pub(crate) outputs: Vec<(String, Compiled)>,
    pub(crate) curable: Curable,
}

/// Whether somebody can do something about a finding of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Curable {
    /// Nobody can.
    No,
    /// By changing any fact.
    Any,
    /// By changing one of these facts, by their places.
    By(Vec<usize>),
}

impl Pack {
    /// What question it answers.
    pub const fn kind(&self) -> PackKind {
        self.identity.kind
    }

    /// Its name, shared by all its versions.
    pub fn name(&self) -> &str {
        &self.identity.name
    }

    /// Its version, as its author named it.
    pub fn version(&self) -> &str {
        &self.identity.version
    }

    /// `sha256:` and 64 hexadecimal digits over its content. Comments, layout and the end of its
    /// effect do not count: closing a version does not change what it decides.
    pub fn hash(&self) -> &str {
        &self.identity.hash
    }

    /// Kind, name, version, hash and environment, as a decision record keeps them.
    pub const fn identity(&self) -> &PackVersion {
        &self.identity
    }

    /// Who answers for it.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// When it decides.
    pub const fn effective(&self) -> Effective {
        self.effective
    }

    /// When it was made known.
    pub const fn published_at(&self) -> Timestamp {
        self.published_at
    }

    /// How its rules make an outcome.
    pub const fn shape(&self) -> Shape {
        self.shape
    }

    /// What it is about, as its author describes it.
    pub const fn description(&self) -> Option<&Text> {
        self.description.as_ref()
    }

    /// Its rules as readers see them, in order.
    pub fn rule_views(&self) -> impl Iterator<Item = RuleView<'_>> {
        self.rules.iter().map(|rule| RuleView {
            code: &rule.code,
            clause: rule.clause.as_deref(),
            expression: &rule.condition.source,
            message: &rule.message.written,
            next_step: rule.next_step.as_ref().map(|step| &step.written),
            is_curable: rule.curable != Curable::No,
        })
    }

    /// The codes of its rules with the requirements that they carry, in order.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.rules.iter().map(|rule| (rule.code.as_str(), rule.requirements.as_slice()))
    }

    /// The paths of the facts that it may look at.
    pub fn fact_paths(&self) -> impl Iterator<Item = &str> {
        self.facts.iter().map(|fact| fact.path.as_str())
    }

    /// The constants that no source gives.
    pub fn assumptions(&self) -> &[Assumption] {
        &self.assumptions
    }

    /// What is no error and should be looked at, such as a rule that expresses no clause.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// The folder that it came from, such as `eligibility/okinawa`.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// Whether a case is asked for in which it says no. A pack that collects, or that has a rule
    /// for everything else, may never do so.
    pub(crate) fn can_say_no(&self) -> bool {
        match self.shape {
            Shape::AllMustHold | Shape::NoneMayHold => true,
            Shape::CollectAll => false,
            Shape::FirstMatch | Shape::DecisionTable => {
                !self.rules.iter().any(|rule| rule.condition.is_always_true())
            }
        }
    }
}
