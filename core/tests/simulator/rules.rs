//! What must hold: see docs/simulator.md.

use std::fmt;

/// A rule of docs/simulator.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// 1: a key has its effect at the provider once.
    OneEffect,
    /// 2: nothing is left at a provider for an item that is over.
    NothingLeft,
    /// 3: whatever is under way has a job that goes on with it.
    NothingForgotten,
    /// 4: active, and so billed and covered, is only what was seen to run.
    EvidenceFirst,
    /// 5: billing and cover stop when it stopped, and never before they began.
    StopsWhenItStopped,
    /// 6: the history is a chain: each change begins where the last one ended.
    History,
    /// 7: generations only grow.
    Generations,
    /// 8: what is over stays over, unless somebody begins it anew.
    Final,
    /// 9: everything comes to an end when the weather is calm.
    Ends,
    /// 10: a person is asked only when the provider gave no other way.
    PersonOnlyInNeed,
    /// 11: all or nothing means all or nothing.
    AllOrNothing,
    /// 12: nobody is asked without end at one instant.
    NoHammering,
    /// 13: with calm weather no call of ours is out of date.
    UpToDate,
}

/// A rule that was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) rule: Rule,
    pub(crate) how: String,
}

impl Broken {
    pub(crate) fn new(rule: Rule, how: impl Into<String>) -> Self {
        Self { rule, how: how.into() }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.how)
    }
}
