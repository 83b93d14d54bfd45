//! Payments (入金): money that came in, set against invoices.

use serde::{Deserialize, Serialize};

use crate::id::{InvoiceId, PaymentId, TenantId};
use crate::money::{Money, MoneyError};
use crate::time::Timestamp;

/// How money came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentMethod {
    /// Transfer to the operator's account (振込).
    BankTransfer,
    /// Taken from the customer's account (口座振替).
    DirectDebit,
    /// Card.
    Card,
    /// Another way; the note says which.
    Other,
}

impl PaymentMethod {
    /// The word in tables and logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BankTransfer => "bank_transfer",
            Self::DirectDebit => "direct_debit",
            Self::Card => "card",
            Self::Other => "other",
        }
    }
}

/// Money that came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// For whose invoices it is.
    pub tenant_id: TenantId,
    /// `customer`, or the code of a sponsor.
    pub payer_code: String,
    /// How much.
    pub amount: Money,
    /// When it came in.
    pub received_at: Timestamp,
    /// When we recorded it.
    pub recorded_at: Timestamp,
    /// How it came in.
    pub method: PaymentMethod,
    /// Reference of the bank or the payment service; one payment of a tenant has it.
    pub reference: String,
    /// What was set against invoices.
    pub allocations: Vec<Allocation>,
    /// For people.
    pub note: String,
}

/// A part of a payment set against an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Allocation {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// How much.
    pub amount: Money,
}

impl Payment {
    /// What is left of it.
    ///
    /// # Errors
    /// [`MoneyError::Overflow`].
    pub fn unallocated(&self) -> Result<Money, MoneyError> {
        self.amount.minus(Money::total(self.allocations.iter().map(|part| part.amount))?)
    }
}

/// Sets an amount against what is due, in the order given, until it is used up.
///
/// # Errors
/// [`MoneyError`] when currencies differ.
pub fn allocate(
    amount: Money,
    due: impl IntoIterator<Item = (InvoiceId, Money)>,
) -> Result<Vec<Allocation>, MoneyError> {
    let mut left = amount;
    let mut parts = Vec::new();
    for (invoice_id, due) in due {
        let part = due.at_most(left)?;
        if part.amount() > 0 {
            left = left.minus(part)?;
            parts.push(Allocation { invoice_id, amount: part });
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;

    proptest! {
        #[test]
        fn a_payment_is_never_set_against_more_than_it_is_nor_than_is_due(
            yen in 0_i64..1_000_000,
            due in prop::collection::vec(-1_000_i64..100_000, 0..10),
        ) {
            let due: Vec<_> = due
                .into_iter()
                .zip(1..)
                .map(|(yen, n)| (InvoiceId::from(Uuid::from_u128(n)), Money::jpy(yen)))
                .collect();
            let parts = allocate(Money::jpy(yen), due.clone()).unwrap();
            let given = Money::total(parts.iter().map(|part| part.amount)).unwrap();
            prop_assert!(given <= Money::jpy(yen));
            let owed: i64 = due.iter().map(|(_, due)| due.amount().max(0)).sum();
            prop_assert_eq!(given.amount(), yen.min(owed), "nothing is held back");
            for part in &parts {
                let (_, due) = due.iter().find(|(id, _)| *id == part.invoice_id).unwrap();
                prop_assert!(part.amount <= *due);
            }
        }
    }
}
