//! What a master contract promises: parts, limits, premium, and the rules that decide.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalog::{Cadence, Proration};
use crate::master_contract::part::CoveragePart;
use crate::master_contract::wording::Wording;
use crate::money::Money;
use crate::party::Role;
use crate::rate::Rate;
use crate::text::Text;
use crate::time::Timestamp;

/// How a tenant comes to be covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attachment {
    /// By buying the bundle (自動付帯).
    Automatic,
    /// By a choice of the tenant, offered by a partner with a solicitor's licence (任意加入).
    Optional,
}

/// How a benefit is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BenefitForm {
    /// A provider does the work and is paid by the insurer; the customer gets no bill (現物給付).
    InKind,
    /// In money, to the customer.
    Money,
    /// Either, never both for the same work.
    Either,
}

/// What has to lie within the period for a loss to be covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossBasis {
    /// The loss happened in the period.
    Occurrence,
    /// The loss was discovered in the period.
    Discovery,
    /// The claim of a third party was made in the period.
    ClaimsMade,
}

impl LossBasis {
    /// The instant that counts. A claim of a third party of which nobody knows when it was made was made
    /// at the latest when the loss was notified.
    pub const fn instant(
        self,
        loss_at: Timestamp,
        discovered_at: Timestamp,
        claimed_at: Timestamp,
    ) -> Timestamp {
        match self {
            Self::Occurrence => loss_at,
            Self::Discovery => discovered_at,
            Self::ClaimsMade => claimed_at,
        }
    }
}

/// Whether limits multiply when one firm has several sites, bundles or certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stacking {
    /// They do not: one limit for the firm.
    PerTenant,
    /// Each site has its own.
    PerSite,
    /// Each certificate has its own.
    PerCertificate,
}

/// Where a limit stands, the innermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    /// One coverage part of one loss.
    Item,
    /// All costs of one loss, liability not counted.
    AllCosts,
    /// All parts of one loss.
    Occurrence,
    /// The parts of one section of one certificate in the period.
    Section,
    /// One certificate, or one firm when certificates do not stack, in the period.
    Certificate,
    /// Everybody under the contract in the period.
    Programme,
}

impl LimitScope {
    /// The word in traces and keys.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::AllCosts => "all_costs",
            Self::Occurrence => "occurrence",
            Self::Section => "section",
            Self::Certificate => "certificate",
            Self::Programme => "programme",
        }
    }
}

/// How often the whole of a limit is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitBasis {
    /// Once for each loss.
    PerOccurrence,
    /// Once for each insurance period.
    PerPeriod,
}

/// The most that is paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Stable code, unique in the contract, such as `limit.on_site_response`.
    pub code: String,
    /// Where it stands.
    pub scope: LimitScope,
    /// How often it is there.
    pub basis: LimitBasis,
    /// The parts it counts; empty for all that its scope can mean.
    pub parts: BTreeSet<CoveragePart>,
    /// The amount.
    pub amount: Money,
    /// What each reinstatement costs, as a share of the premium.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reinstatement_rates: Vec<Rate>,
    /// The clause of the wording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
}

/// What is paid for one coverage part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartTerms {
    /// The part.
    pub part: CoveragePart,
    /// How the benefit is given.
    pub form: BenefitForm,
    /// The share of the loss that is paid (縮小支払割合), above 0 and up to 1.
    pub coinsurance: Rate,
    /// What the insured bears of each loss, taken after coinsurance.
    pub deductible: Money,
    /// A loss counts only from so many seconds after it began.
    pub waiting_seconds: i64,
    /// How many benefits of this part a certificate gives in a period; none for no such bound.
    pub n_per_period: Option<u32>,
    /// The section it belongs to, such as `costs` or `liability`.
    pub section: String,
    /// The clause of the wording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<String>,
    /// The evidence that a claim for it needs, by kind of document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_documents: Vec<String>,
}

/// What a premium is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PremiumBasis {
    /// So much for each certificate.
    PerCertificate,
    /// So much for each endpoint.
    PerEndpoint,
    /// So much for each device.
    PerDevice,
    /// A share of the fees of the services that carry cover.
    RateOnFees,
    /// One amount for the whole programme.
    Programme,
}

/// Who pays a premium.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PremiumPayer {
    /// The operator, within its cost.
    Operator,
    /// The customer: optional cover only.
    Tenant,
    /// A sponsor, for instance an upper-tier supplier.
    Sponsor,
}

/// What cover costs. Premiums bear no consumption tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Premium {
    /// What it is counted by.
    pub basis: PremiumBasis,
    /// The amount for each unit; none for a rate on fees.
    pub amount: Option<Money>,
    /// The rate on fees; none for the other bases.
    pub rate: Option<Rate>,
    /// How often.
    pub cadence: Cadence,
    /// Who pays.
    pub payer: PremiumPayer,
    /// How a part of a period is counted.
    pub proration: Proration,
}

impl Premium {
    /// Who pays it, in words for the customer.
    pub fn who_pays(&self) -> Text {
        match self.payer {
            PremiumPayer::Operator => Text::new(
                "保険料は運営事業者が負担し、料金に含まれます",
                "The operator pays the premium: it is in the price",
            ),
            PremiumPayer::Sponsor => Text::new(
                "保険料はスポンサーが負担し、お客様のご負担はありません",
                "A sponsor pays the premium: it costs you nothing",
            ),
            PremiumPayer::Tenant => Text::new(
                "保険料はお客様のご負担で、料金とは別です",
                "You pay the premium, apart from the price",
            ),
        }
    }

    /// What a certificate costs the customer in a year: nothing when somebody else pays, or when it is
    /// counted by something that is not known beforehand.
    pub fn yearly_of_customer(&self) -> Option<Money> {
        let counted =
            self.payer == PremiumPayer::Tenant && self.basis == PremiumBasis::PerCertificate;
        let amount = self.amount.filter(|_| counted)?;
        match self.cadence {
            Cadence::Monthly => amount.times(12).ok(),
            Cadence::Yearly => Some(amount),
            Cadence::Initial | Cadence::OneOff | Cadence::Usage => None,
        }
    }

    /// The premium of one certificate for one month, if it is counted like that.
    pub fn per_certificate_month(&self) -> Option<Money> {
        let counted = self.basis == PremiumBasis::PerCertificate;
        self.amount.filter(|_| counted && self.cadence == Cadence::Monthly)
    }
}

/// The names of the policy packs that decide; which version is chosen by the date of loss.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CoverPacks {
    /// May this customer have the cover? None for no such question.
    pub eligibility: Option<String>,
    /// Is the cover in force, on dated evidence? None for no such question.
    pub cover: Option<String>,
    /// Is this loss covered?
    pub trigger: String,
    /// Does an exclusion apply?
    pub exclusion: String,
    /// What does the wording say about the amount, beyond limits and deductibles? None for nothing.
    pub payable: Option<String>,
}

/// Everything that a master contract promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverTerms {
    /// How a tenant comes to be covered.
    pub attachment: Attachment,
    /// Where a loss must happen, as ISO 3166-1 codes; empty for worldwide.
    pub territories: Vec<String>,
    /// What is covered, each part once.
    pub parts: Vec<PartTerms>,
    /// The most that is paid.
    pub limits: Vec<Limit>,
    /// What must lie within the period.
    pub loss_basis: LossBasis,
    /// A loss that happened earlier is not covered, whenever it is found or claimed (遡及日); none for any
    /// time before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retroactive_from: Option<Timestamp>,
    /// Whether limits multiply.
    pub stacking: Stacking,
    /// What cover costs.
    pub premium: Premium,
    /// The rules that decide.
    pub packs: CoverPacks,
    /// The document that binds.
    pub wording: Wording,
    /// A loss must be notified within so many days after it was discovered; none for no such duty.
    pub notice_days: Option<u32>,
    /// Up to this amount one person approves; above it, or without an amount, two do.
    pub single_approval_up_to: Option<Money>,
    /// Who may approve up to which amount; empty for everybody who decides claims, without end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorities: Vec<ApprovalAuthority>,
}

/// How much a role may approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalAuthority {
    /// The role.
    pub role: Role,
    /// Up to this amount for one claim; none for any amount that the limits allow.
    pub up_to: Option<Money>,
}

impl CoverTerms {
    /// Whether a role may approve an amount for one claim.
    pub fn may_approve(&self, role: Role, payable: Money) -> bool {
        self.authorities.is_empty() || self.may_approve_roles(payable).any(|may| may == role)
    }

    /// The roles that may approve an amount for one claim, in the order of the contract.
    pub fn may_approve_roles(&self, payable: Money) -> impl Iterator<Item = Role> + '_ {
        let reaches = move |of: &&ApprovalAuthority| of.up_to.is_none_or(|most| payable <= most);
        self.authorities.iter().filter(reaches).map(|of| of.role)
    }

    /// Whether cover reaches back to a loss of that time, whatever else has to lie within the period.
    pub fn reaches_back_to(&self, loss_at: Timestamp) -> bool {
        self.retroactive_from.is_none_or(|from| from <= loss_at)
    }

    /// What is paid for a part, if it is insured.
    pub fn part(&self, part: CoveragePart) -> Option<&PartTerms> {
        self.parts.iter().find(|terms| terms.part == part)
    }

    /// The insured parts that a limit counts.
    pub fn parts_of(&self, limit: &Limit) -> BTreeSet<CoveragePart> {
        self.parts
            .iter()
            .map(|terms| terms.part)
            .filter(|part| {
                if limit.parts.is_empty() {
                    limit.scope != LimitScope::AllCosts || part.is_cost()
                } else {
                    limit.parts.contains(part)
                }
            })
            .collect()
    }

    /// The limits from the innermost to the outermost: by what they count, then by where they stand.
    pub fn limits_inside_out(&self) -> Vec<&Limit> {
        let mut limits: Vec<&Limit> = self.limits.iter().collect();
        limits.sort_by(|a, b| {
            let by_parts = self.parts_of(a).len().cmp(&self.parts_of(b).len());
            by_parts.then(a.scope.cmp(&b.scope)).then_with(|| a.code.cmp(&b.code))
        });
        limits
    }

    /// The yearly premium that a reinstatement of a limit is charged on: the programme's for a limit
    /// of the programme, one certificate's for the others; none when the contract does not tell it.
    pub fn yearly_premium_of(&self, limit: &Limit) -> Option<Money> {
        let basis = match limit.scope {
            LimitScope::Programme => PremiumBasis::Programme,
            LimitScope::Item
            | LimitScope::AllCosts
            | LimitScope::Occurrence
            | LimitScope::Section
            | LimitScope::Certificate => PremiumBasis::PerCertificate,
        };
        let amount = self.premium.amount.filter(|_| self.premium.basis == basis)?;
        match self.premium.cadence {
            Cadence::Monthly => amount.times(12).ok(),
            Cadence::Yearly => Some(amount),
            Cadence::Initial | Cadence::OneOff | Cadence::Usage => None,
        }
    }

    /// The limit with a code.
    pub fn limit(&self, code: &str) -> Option<&Limit> {
        self.limits.iter().find(|limit| limit.code == code)
    }

    /// What people call the cover: the title of its wording.
    pub const fn name(&self) -> &Text {
        &self.wording.title
    }
}
