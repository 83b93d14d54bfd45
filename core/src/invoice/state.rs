//! Where an invoice is in its life.

use serde::{Deserialize, Serialize};

use crate::money::{Money, MoneyError};
use crate::problem::Refused;
use crate::reason::Reason;
use crate::time::{CivilDate, Timestamp};

/// What an invoice got when it became final.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Issued {
    /// Its number; a customer's numbers have no gaps.
    pub number: String,
    /// The day of issue.
    pub issued_on: CivilDate,
    /// The day it is to be paid by; never a holiday of banks.
    pub due_on: CivilDate,
    /// When it became final.
    pub finalized_at: Timestamp,
    /// `sha256:` over the canonical text of what never changes again.
    pub hash: String,
}

/// What an invoice comes to and what happened to that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Balance {
    /// Sum with tax.
    pub gross: Money,
    /// Given back by credit notes.
    pub credited: Money,
    /// Paid.
    pub paid: Money,
}

impl Balance {
    /// Nothing given back and nothing paid.
    pub const fn untouched(gross: Money) -> Self {
        Self { gross, credited: gross.zero(), paid: gross.zero() }
    }

    /// What is still to be paid; negative when more was paid than is owed after a credit note.
    pub fn due(&self) -> Money {
        let left = self.gross.minus(self.credited).and_then(|left| left.minus(self.paid));
        // Invariant: both are checked against what is left before they grow.
        left.unwrap_or(self.gross.zero())
    }

    /// What credit notes can still give back.
    pub fn creditable(&self) -> Money {
        self.gross.minus(self.credited).unwrap_or(self.gross.zero())
    }
}

/// Where an invoice is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum InvoiceState {
    /// Being made; has no number.
    Draft,
    /// Has its number; nothing was paid yet.
    Final {
        /// Number and days.
        issued: Issued,
        /// What it comes to.
        balance: Balance,
    },
    /// Paid in part, in time so far.
    PartlyPaid {
        /// Number and days.
        issued: Issued,
        /// What it comes to.
        balance: Balance,
    },
    /// Not paid in full on its day.
    PastDue {
        /// Number and days.
        issued: Issued,
        /// What it comes to.
        balance: Balance,
        /// The first day on which it was late.
        since: CivilDate,
    },
    /// Nothing is to be paid any more.
    Paid {
        /// Number and days.
        issued: Issued,
        /// What it comes to.
        balance: Balance,
        /// When the last of it was paid.
        at: Timestamp,
    },
    /// Given back in full. Final.
    Void {
        /// Number and days.
        issued: Issued,
        /// What it comes to.
        balance: Balance,
        /// When the last of it was given back.
        at: Timestamp,
    },
}

/// What can be done with an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvoiceCommand {
    /// Give it its number.
    Finalize {
        /// Number and days.
        issued: Issued,
        /// Sum with tax.
        gross: Money,
    },
    /// Money came in.
    RecordPayment {
        /// How much of it is for this invoice.
        amount: Money,
    },
    /// Give some or all of it back.
    Credit {
        /// How much, with tax.
        amount: Money,
    },
    /// Its day has passed.
    FallDue {
        /// The present day.
        today: CivilDate,
    },
}

/// What happened to an invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum InvoiceEvent {
    /// It has its number.
    Finalized {
        /// The number.
        number: String,
        /// The day it is to be paid by.
        due_on: CivilDate,
        /// Sum with tax.
        gross: Money,
    },
    /// Some of it was paid.
    PartlyPaid {
        /// How much.
        amount: Money,
        /// What is still to be paid.
        due: Money,
    },
    /// The last of it was paid.
    Paid {
        /// How much.
        amount: Money,
    },
    /// Some of it was given back.
    Credited {
        /// How much, with tax.
        amount: Money,
        /// What is still to be paid; negative when too much was paid.
        due: Money,
    },
    /// The last of it was given back.
    Voided {
        /// How much, with tax.
        amount: Money,
    },
    /// It was not paid in time.
    FellDue {
        /// What is still to be paid.
        due: Money,
    },
}

impl InvoiceCommand {
    /// The word in messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Finalize { .. } => "finalize",
            Self::RecordPayment { .. } => "record_payment",
            Self::Credit { .. } => "credit",
            Self::FallDue { .. } => "fall_due",
        }
    }
}

impl InvoiceEvent {
    /// The topic under which others hear of it.
    pub const fn topic(&self) -> &'static str {
        match self {
            Self::Finalized { .. } => "invoice.finalized",
            Self::PartlyPaid { .. } => "invoice.partly_paid",
            Self::Paid { .. } => "invoice.paid",
            Self::Credited { .. } => "invoice.credited",
            Self::Voided { .. } => "invoice.voided",
            Self::FellDue { .. } => "invoice.past_due",
        }
    }
}

use InvoiceCommand as C;
use InvoiceEvent as E;
use InvoiceState as S;

impl InvoiceState {
    /// The word in tables and messages.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Final { .. } => "final",
            Self::PartlyPaid { .. } => "partly_paid",
            Self::PastDue { .. } => "past_due",
            Self::Paid { .. } => "paid",
            Self::Void { .. } => "void",
        }
    }

    /// Number and days; none of a draft.
    pub const fn issued(&self) -> Option<&Issued> {
        match self {
            Self::Draft => None,
            Self::Final { issued, .. }
            | Self::PartlyPaid { issued, .. }
            | Self::PastDue { issued, .. }
            | Self::Paid { issued, .. }
            | Self::Void { issued, .. } => Some(issued),
        }
    }

    /// What it comes to; none of a draft.
    pub const fn balance(&self) -> Option<&Balance> {
        match self {
            Self::Draft => None,
            Self::Final { balance, .. }
            | Self::PartlyPaid { balance, .. }
            | Self::PastDue { balance, .. }
            | Self::Paid { balance, .. }
            | Self::Void { balance, .. } => Some(balance),
        }
    }

    /// Whether something is still to be paid.
    pub const fn is_open(&self) -> bool {
        match self {
            Self::Final { .. } | Self::PartlyPaid { .. } | Self::PastDue { .. } => true,
            Self::Draft | Self::Paid { .. } | Self::Void { .. } => false,
        }
    }

    /// The next state and what happened.
    ///
    /// What is paid never exceeds what is due, and credit notes never exceed the invoice. An invoice
    /// that comes to nothing is paid when it becomes final.
    ///
    /// # Errors
    /// [`Reason::AmountExceedsInvoice`] for an amount that is not above nothing or above what is
    /// left, otherwise [`Reason::InvoiceState`]. An invoice is late after its day, not on it.
    pub fn step(&self, command: &C, now: Timestamp) -> Result<(Self, E), Refused> {
        match self {
            S::Draft => match command {
                C::Finalize { issued, gross } => Ok((
                    settled(issued.clone(), Balance::untouched(*gross), None, now),
                    E::Finalized {
                        number: issued.number.clone(),
                        due_on: issued.due_on,
                        gross: *gross,
                    },
                )),
                C::RecordPayment { .. } | C::Credit { .. } | C::FallDue { .. } => {
                    Err(self.refuse(command, Reason::InvoiceState))
                }
            },
            S::Final { issued, balance } | S::PartlyPaid { issued, balance } => {
                self.step_open(command, (issued, *balance, None), now)
            }
            S::PastDue { issued, balance, since } => {
                self.step_open(command, (issued, *balance, Some(*since)), now)
            }
            S::Paid { issued, balance, at } => match command {
                C::Credit { amount } => self.credit(*amount, (issued, *balance, None), *at, now),
                C::Finalize { .. } | C::RecordPayment { .. } | C::FallDue { .. } => {
                    Err(self.refuse(command, Reason::InvoiceState))
                }
            },
            S::Void { .. } => match command {
                C::Finalize { .. }
                | C::RecordPayment { .. }
                | C::Credit { .. }
                | C::FallDue { .. } => Err(self.refuse(command, Reason::InvoiceState)),
            },
        }
    }

    fn step_open(&self, command: &C, open: Open<'_>, now: Timestamp) -> Result<(Self, E), Refused> {
        let (issued, balance, late_since) = open;
        match command {
            C::RecordPayment { amount } => {
                let paid = self.within(command, *amount, balance.due(), balance.paid)?;
                let balance = Balance { paid, ..balance };
                let (amount, due) = (*amount, balance.due());
                let event =
                    if due.is_zero() { E::Paid { amount } } else { E::PartlyPaid { amount, due } };
                Ok((settled(issued.clone(), balance, late_since, now), event))
            }
            C::Credit { amount } => self.credit(*amount, open, now, now),
            C::FallDue { today } if late_since.is_none() && *today > issued.due_on => {
                let (issued, due) = (issued.clone(), balance.due());
                Ok((S::PastDue { issued, balance, since: *today }, E::FellDue { due }))
            }
            C::FallDue { .. } | C::Finalize { .. } => {
                Err(self.refuse(command, Reason::InvoiceState))
            }
        }
    }

    /// Gives an amount back; `paid_at` is when the invoice was or becomes paid by it.
    fn credit(
        &self,
        amount: Money,
        (issued, balance, late_since): Open<'_>,
        paid_at: Timestamp,
        now: Timestamp,
    ) -> Result<(Self, E), Refused> {
        let command = C::Credit { amount };
        let credited = self.within(&command, amount, balance.creditable(), balance.credited)?;
        let balance = Balance { credited, ..balance };
        if balance.creditable().is_zero() {
            let issued = issued.clone();
            return Ok((S::Void { issued, balance, at: now }, E::Voided { amount }));
        }
        let next = settled(issued.clone(), balance, late_since, paid_at);
        Ok((next, E::Credited { amount, due: balance.due() }))
    }

    /// `so_far` with `amount` added, if that is above nothing and at most what is left.
    fn within(
        &self,
        command: &C,
        amount: Money,
        left: Money,
        so_far: Money,
    ) -> Result<Money, Refused> {
        let added = || -> Result<Option<Money>, MoneyError> {
            let fits = amount.amount() > 0 && amount.at_most(left)? == amount;
            if fits { so_far.plus(amount).map(Some) } else { Ok(None) }
        };
        let refused = || self.refuse(command, Reason::AmountExceedsInvoice);
        added().map_err(|_| refused())?.ok_or_else(refused)
    }

    fn refuse(&self, command: &C, reason: Reason) -> Refused {
        Refused { reason, subject: "invoice", state: self.as_str(), command: command.as_str() }
    }
}

/// An invoice that is not late, or late since a day.
type Open<'a> = (&'a Issued, Balance, Option<CivilDate>);

/// The state that follows from what is still to be paid.
fn settled(issued: Issued, balance: Balance, late_since: Option<CivilDate>, at: Timestamp) -> S {
    if balance.due().amount() <= 0 {
        S::Paid { issued, balance, at }
    } else if let Some(since) = late_since {
        S::PastDue { issued, balance, since }
    } else if balance.paid.is_zero() {
        S::Final { issued, balance }
    } else {
        S::PartlyPaid { issued, balance }
    }
}
