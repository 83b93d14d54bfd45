//! Mistakes that somebody could make, planted one at a time.

use crate::rules::Rule;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bug {
    /// An answer is written down although another worker has taken over.
    Unfenced,
    /// The key of a call names the try and not the step.
    KeyPerTry,
    /// A time-out counts as a refusal.
    UnknownIsRefused,
    /// A cancellation does not wait for the answer of the call under way.
    CancelsInMidCall,
    /// The provider's word makes a service active.
    ActiveOnWord,
    /// The next look is planned for the version before.
    LookOfOldVersion,
    /// A removal is asked for under the generation of the installation.
    RemovalKeepsGeneration,
    /// What failed is written off and not taken away.
    FailureIsNotCleaned,
    /// An operation without end is waited for without end.
    NoDeadline,
    /// A customer's step never expires.
    NoExpiry,
    /// Billing stops when we learn that a service stopped.
    StopsWhenNoticed,
    /// A job is finished before its effect is written down.
    JobDoneFirst,
    /// All or nothing takes nothing back.
    RollBackForgets,
    /// Begun anew under the generation that was taken away.
    ReopensOldGeneration,
    /// After a failed look it looks again at once.
    LooksAtOnce,
    /// That a worker may have asked before it died is forgotten.
    ForgetsLostTries,
    /// What is over is taken back once more by a late cancellation.
    EndsTwice,
}

impl Bug {
    pub(crate) const ALL: [Self; 17] = [
        Self::Unfenced,
        Self::KeyPerTry,
        Self::UnknownIsRefused,
        Self::CancelsInMidCall,
        Self::ActiveOnWord,
        Self::LookOfOldVersion,
        Self::RemovalKeepsGeneration,
        Self::FailureIsNotCleaned,
        Self::NoDeadline,
        Self::NoExpiry,
        Self::StopsWhenNoticed,
        Self::JobDoneFirst,
        Self::RollBackForgets,
        Self::ReopensOldGeneration,
        Self::LooksAtOnce,
        Self::ForgetsLostTries,
        Self::EndsTwice,
    ];

    /// The rule that it breaks first.
    pub(crate) const fn shows_as(self) -> Rule {
        match self {
            Self::Unfenced => Rule::History,
            Self::KeyPerTry => Rule::OneEffect,
            Self::UnknownIsRefused
            | Self::CancelsInMidCall
            | Self::FailureIsNotCleaned
            | Self::ForgetsLostTries => Rule::NothingLeft,
            Self::ActiveOnWord => Rule::EvidenceFirst,
            Self::LookOfOldVersion | Self::JobDoneFirst => Rule::NothingForgotten,
            Self::RemovalKeepsGeneration | Self::ReopensOldGeneration => Rule::Generations,
            Self::NoDeadline => Rule::Ends,
            Self::StopsWhenNoticed => Rule::StopsWhenItStopped,
            Self::RollBackForgets => Rule::AllOrNothing,
            // A step that is over and does not end is looked at without end.
            Self::LooksAtOnce | Self::NoExpiry => Rule::NoHammering,
            Self::EndsTwice => Rule::Final,
        }
    }
}
