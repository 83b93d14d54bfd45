//! How prices are charged and taxed, in the words that all contracts share.

use tasuki_core::catalog::{Cadence, Proration, TaxMode};
use tasuki_core::money::Rounding;
use tasuki_proto::types::v1 as proto;

pub(crate) fn cadence(cadence: Cadence) -> proto::Cadence {
    match cadence {
        Cadence::Initial => proto::Cadence::Initial,
        Cadence::OneOff => proto::Cadence::OneOff,
        Cadence::Monthly => proto::Cadence::Monthly,
        Cadence::Yearly => proto::Cadence::Yearly,
        Cadence::Usage => proto::Cadence::Usage,
    }
}

pub(crate) fn tax_mode(mode: TaxMode) -> proto::TaxMode {
    match mode {
        TaxMode::Inclusive => proto::TaxMode::Inclusive,
        TaxMode::Exclusive => proto::TaxMode::Exclusive,
        TaxMode::Exempt => proto::TaxMode::Exempt,
        TaxMode::OutOfScope => proto::TaxMode::OutOfScope,
    }
}

pub(crate) fn proration(proration: Proration) -> proto::Proration {
    match proration {
        Proration::None => proto::Proration::None,
        Proration::ActualDays => proto::Proration::ActualDays,
        Proration::ThirtyDays => proto::Proration::ThirtyDays,
        Proration::Seconds => proto::Proration::Seconds,
    }
}

pub(crate) fn rounding(rounding: Rounding) -> proto::Rounding {
    match rounding {
        Rounding::Down => proto::Rounding::Down,
        Rounding::Up => proto::Rounding::Up,
        Rounding::HalfUp => proto::Rounding::HalfUp,
    }
}
