//! The words of cover, in both directions.

use tasuki_core::master_contract as ours;
use tasuki_core::problem::Problem;
use tasuki_proto::catalog::v1::CoverAttachment;
use tasuki_proto::cover::v1 as proto;

/// A pair of enums with the same variants: one function each way.
macro_rules! pair {
    ($to:ident, $from:ident, $name:ident { $($variant:ident),+ $(,)? }) => {
        pub(crate) const fn $to(word: ours::$name) -> proto::$name {
            match word {
                $(ours::$name::$variant => proto::$name::$variant,)+
            }
        }

        pub(crate) fn $from(field: &str, word: i32) -> Result<ours::$name, Problem> {
            match proto::$name::try_from(word) {
                $(Ok(proto::$name::$variant) => Ok(ours::$name::$variant),)+
                Ok(proto::$name::Unspecified) | Err(_) => {
                    Err(Problem::invalid(field, "is required"))
                }
            }
        }
    };
}

pair!(
    part,
    part_from,
    CoveragePart {
        OnSiteResponse,
        VirusRemoval,
        Forensics,
        DataRecovery,
        ThirdPartyLiability,
        BusinessInterruption,
        NotificationCosts,
        Consulting,
    }
);
pair!(form, form_from, BenefitForm { InKind, Money, Either });
pair!(loss_basis, loss_basis_from, LossBasis { Occurrence, Discovery, ClaimsMade });
pair!(
    limit_scope,
    limit_scope_from,
    LimitScope { Item, AllCosts, Occurrence, Section, Certificate, Programme }
);
pair!(limit_basis, limit_basis_from, LimitBasis { PerOccurrence, PerPeriod });
pair!(
    premium_basis,
    premium_basis_from,
    PremiumBasis { PerCertificate, PerEndpoint, PerDevice, RateOnFees, Programme }
);
pair!(premium_payer, premium_payer_from, PremiumPayer { Operator, Tenant, Sponsor });
pair!(
    clause_kind,
    clause_kind_from,
    ClauseKind { Trigger, Exclusion, Condition, Limit, Duty, Definition }
);

pub(crate) const fn stacking(stacking: ours::Stacking) -> proto::Stacking {
    match stacking {
        ours::Stacking::PerTenant => proto::Stacking::PerTenant,
        ours::Stacking::PerSite => proto::Stacking::PerSite,
        ours::Stacking::PerCertificate => proto::Stacking::PerCertificate,
    }
}

/// Whether limits multiply; they do not if nothing is said.
pub(crate) const fn stacking_from(stacking: proto::Stacking) -> ours::Stacking {
    match stacking {
        proto::Stacking::Unspecified | proto::Stacking::PerTenant => ours::Stacking::PerTenant,
        proto::Stacking::PerSite => ours::Stacking::PerSite,
        proto::Stacking::PerCertificate => ours::Stacking::PerCertificate,
    }
}

pub(crate) const fn attachment(attachment: ours::Attachment) -> CoverAttachment {
    match attachment {
        ours::Attachment::Automatic => CoverAttachment::Automatic,
        ours::Attachment::Optional => CoverAttachment::Optional,
    }
}

pub(crate) fn attachment_from(field: &str, word: i32) -> Result<ours::Attachment, Problem> {
    match CoverAttachment::try_from(word) {
        Ok(CoverAttachment::Automatic) => Ok(ours::Attachment::Automatic),
        Ok(CoverAttachment::Optional) => Ok(ours::Attachment::Optional),
        Ok(CoverAttachment::Unspecified | CoverAttachment::None) | Err(_) => {
            Err(Problem::invalid(field, "must be automatic or optional"))
        }
    }
}
