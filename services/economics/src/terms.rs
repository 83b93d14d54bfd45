//! The lines of a portfolio as terms of a contract, so that one code computes what is payable.

use jiff::civil::date;
use tasuki_core::benefit::Rules;
use tasuki_core::catalog::{Cadence, Proration};
use tasuki_core::id::{InsurerId, MasterContractId, PartnerId};
use tasuki_core::master_contract::{
    Attachment, BenefitForm, CoverPacks, CoverTerms, InsurancePeriod, Limit, LimitBasis,
    LimitScope, LossBasis, MasterContract, MasterContractDraft, PartTerms, Premium, PremiumBasis,
    PremiumPayer, Stacking, Wording,
};
use tasuki_core::money::Money;
use tasuki_core::text::Text;
use tasuki_core::time::{Timestamp, Zone};
use uuid::Uuid;

use crate::error::EconomicsError;
use crate::portfolio::{LimitLine, PartLine, TermsLine};

/// The terms of a contract that promises what the lines say. They are checked as those of a real
/// contract are: limits that cross are refused here, too.
///
/// # Errors
/// [`EconomicsError::Field`].
pub(crate) fn cover_terms(line: &TermsLine) -> Result<CoverTerms, EconomicsError> {
    let terms = CoverTerms {
        attachment: Attachment::Automatic,
        territories: Vec::new(),
        parts: line.parts.iter().map(part).collect(),
        limits: line.limits.iter().map(limit).collect(),
        loss_basis: LossBasis::Occurrence,
        retroactive_from: None,
        stacking: Stacking::PerTenant,
        premium: Premium {
            basis: PremiumBasis::PerCertificate,
            amount: Some(Money::ZERO_JPY),
            rate: None,
            cadence: Cadence::Monthly,
            payer: PremiumPayer::Operator,
            proration: Proration::None,
        },
        packs: CoverPacks {
            eligibility: None,
            cover: None,
            trigger: String::new(),
            exclusion: String::new(),
            payable: None,
        },
        wording: Wording {
            title: Text::default(),
            version: String::new(),
            uri: String::new(),
            hash: String::new(),
            clauses: Vec::new(),
        },
        notice_days: None,
        single_approval_up_to: None,
        authorities: Vec::new(),
    };
    let zone = Zone::named(Zone::TOKYO)
        .map_err(|wrong| EconomicsError::field("terms", wrong.to_string()))?;
    let draft = MasterContractDraft {
        code: "portfolio".to_owned(),
        insurer_id: InsurerId::from(Uuid::nil()),
        holder_id: PartnerId::from(Uuid::nil()),
        period: InsurancePeriod {
            starts_on: date(2021, 1, 1),
            ends_on: date(2022, 1, 1),
            hour: 0,
            zone,
        },
        terms,
    };
    let id = MasterContractId::from(Uuid::nil());
    let at = Timestamp::new(jiff::Timestamp::UNIX_EPOCH);
    match MasterContract::new(id, draft, at) {
        Ok(contract) => Ok(contract.terms),
        Err(violations) => {
            let first = violations.into_iter().next();
            let (field, description) = first.map_or_else(
                || ("terms".to_owned(), "makes no sense".to_owned()),
                |violation| (violation.field, violation.description),
            );
            Err(EconomicsError::Field { field, description })
        }
    }
}

fn part(line: &PartLine) -> PartTerms {
    let by_part = if line.part.is_cost() { "costs" } else { "liability" };
    PartTerms {
        part: line.part,
        form: BenefitForm::Either,
        coinsurance: line.coinsurance,
        deductible: Money::jpy(line.deductible),
        waiting_seconds: 0,
        n_per_period: None,
        section: line.section.clone().unwrap_or_else(|| by_part.to_owned()),
        clause: None,
        required_documents: Vec::new(),
    }
}

fn limit(line: &LimitLine) -> Limit {
    Limit {
        code: line.code.clone(),
        scope: line.scope,
        basis: line.basis,
        parts: line.parts.clone(),
        amount: Money::jpy(line.amount),
        reinstatement_rates: Vec::new(),
        clause: None,
    }
}

/// Whether a limit is there once for everybody.
pub(crate) fn is_everybodys(limit: &Limit) -> bool {
    match limit.scope {
        LimitScope::Programme => true,
        LimitScope::Item
        | LimitScope::AllCosts
        | LimitScope::Occurrence
        | LimitScope::Section
        | LimitScope::Certificate => false,
    }
}

/// Whether a limit is there once for each loss.
pub(crate) const fn is_of_each_loss(limit: &Limit) -> bool {
    match limit.basis {
        LimitBasis::PerOccurrence => true,
        LimitBasis::PerPeriod => false,
    }
}

/// The rules that concern one loss alone, with every limit of a period fresh and out of the way.
pub(crate) fn rules_of_one_loss(terms: &CoverTerms) -> Rules {
    let limits = terms.limits.iter().filter(|limit| is_of_each_loss(limit)).cloned().collect();
    Rules::from(&CoverTerms { limits, ..terms.clone() })
}
