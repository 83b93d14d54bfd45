//! What the status of a call to a provider means.
//!
//! The same table for every provider and every way to reach it. What is not certain is unknown: it is
//! neither repeated blindly nor given up, but looked at.

use crate::provisioning::reason_code::ReasonCode;
use crate::provisioning::retry::RetryClass;

/// A status, in the words of gRPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AnswerCode {
    /// The call was cancelled, usually by the caller.
    Cancelled,
    /// An error without a name.
    Unknown,
    /// The request is wrong as it stands.
    InvalidArgument,
    /// No answer in time.
    DeadlineExceeded,
    /// What was asked for does not exist.
    NotFound,
    /// It exists with another content.
    AlreadyExists,
    /// Not allowed.
    PermissionDenied,
    /// Too much at once.
    ResourceExhausted,
    /// Not possible in the present state.
    FailedPrecondition,
    /// A race was lost.
    Aborted,
    /// Beyond the end.
    OutOfRange,
    /// The call is not implemented.
    Unimplemented,
    /// A bug of the provider.
    Internal,
    /// Not reachable.
    Unavailable,
    /// Data was lost.
    DataLoss,
    /// The credentials are not accepted.
    Unauthenticated,
}

/// Whether the request left us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sent {
    /// Certainly not: no connection could be made.
    No,
    /// It may have arrived.
    Perhaps,
}

/// What kind of call it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// Something new or changed at the provider.
    Create,
    /// Only looks: may be repeated at any time.
    Look,
    /// Takes something away: not to find it is success.
    Remove,
}

/// What follows from a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// No, for good; nothing was set up.
    Final(ReasonCode),
    /// Not now; nothing was set up. Try again.
    Retry(RetryClass),
    /// It may have taken effect: observe, then adopt, try again or clean up.
    Unknown,
    /// It does not exist. An answer, not an error.
    Absent,
}

impl AnswerCode {
    /// Every code.
    pub const ALL: [Self; 16] = [
        Self::Cancelled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::OutOfRange,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::DataLoss,
        Self::Unauthenticated,
    ];

    /// What it means for a call of that kind.
    pub const fn means(self, asked: Asked, sent: Sent) -> Meaning {
        match asked {
            Asked::Create => self.on_create(sent),
            Asked::Look => self.on_look(),
            Asked::Remove => self.on_remove(),
        }
    }

    const fn on_create(self, sent: Sent) -> Meaning {
        match self {
            Self::InvalidArgument
            | Self::FailedPrecondition
            | Self::PermissionDenied
            | Self::NotFound
            | Self::AlreadyExists
            | Self::OutOfRange
            | Self::Unimplemented => Meaning::Final(ReasonCode::ProviderRefused),
            Self::ResourceExhausted | Self::Aborted => Meaning::Retry(RetryClass::Throttled),
            // Credentials expire and are renewed; nothing was set up.
            Self::Unauthenticated => Meaning::Retry(RetryClass::Unreachable),
            Self::Unavailable
            | Self::DeadlineExceeded
            | Self::Unknown
            | Self::Internal
            | Self::DataLoss
            | Self::Cancelled => match sent {
                Sent::No => Meaning::Retry(RetryClass::Unreachable),
                Sent::Perhaps => Meaning::Unknown,
            },
        }
    }

    const fn on_look(self) -> Meaning {
        match self {
            Self::NotFound => Meaning::Absent,
            Self::ResourceExhausted | Self::Aborted => Meaning::Retry(RetryClass::Throttled),
            Self::InvalidArgument
            | Self::FailedPrecondition
            | Self::PermissionDenied
            | Self::AlreadyExists
            | Self::OutOfRange
            | Self::Unimplemented
            | Self::Unauthenticated
            | Self::Unavailable
            | Self::DeadlineExceeded
            | Self::Unknown
            | Self::Internal
            | Self::DataLoss
            | Self::Cancelled => Meaning::Retry(RetryClass::Observe),
        }
    }

    const fn on_remove(self) -> Meaning {
        match self {
            Self::NotFound => Meaning::Absent,
            // Whatever the provider says: what may be there has to go. The tries are bounded, and
            // after them a person is asked.
            Self::ResourceExhausted
            | Self::Aborted
            | Self::InvalidArgument
            | Self::FailedPrecondition
            | Self::PermissionDenied
            | Self::AlreadyExists
            | Self::OutOfRange
            | Self::Unimplemented
            | Self::Unauthenticated
            | Self::Unavailable
            | Self::DeadlineExceeded
            | Self::Unknown
            | Self::Internal
            | Self::DataLoss
            | Self::Cancelled => Meaning::Retry(RetryClass::Removal),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn the_whole_table() {
        let mut table = String::new();
        for code in AnswerCode::ALL {
            for asked in [Asked::Create, Asked::Look, Asked::Remove] {
                for sent in [Sent::No, Sent::Perhaps] {
                    let (row, cell) = (format!("{code:?}"), format!("{asked:?}/{sent:?}"));
                    let meaning = code.means(asked, sent);
                    writeln!(table, "{row:<20}{cell:<16}{meaning:?}").unwrap();
                }
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn nothing_that_may_have_arrived_is_ever_repeated_blindly() {
        for code in AnswerCode::ALL {
            let (no, perhaps) =
                (code.means(Asked::Create, Sent::No), code.means(Asked::Create, Sent::Perhaps));
            assert!(no == perhaps || perhaps == Meaning::Unknown, "{code:?}");
        }
    }
}
