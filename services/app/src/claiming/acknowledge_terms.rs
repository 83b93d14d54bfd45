//! Records which clauses a customer was shown and accepted.

use serde::{Deserialize, Serialize};
use tasuki_core::id::{MasterContractId, TenantId};
use tasuki_core::master_contract::Acknowledgement;
use tasuki_core::party::Permission;
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::text::Language;
use tasuki_core::time::Timestamp;
use tasuki_store::certificates;

use super::loading;
use crate::access;
use crate::call::Call;
use crate::context::Context;

/// A clause that was shown, as the caller tells it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The clause by its code.
    pub code: String,
    /// The version of the wording; empty for the present one.
    pub document_version: String,
    /// The language it was shown in.
    pub language: Language,
    /// When it was shown.
    pub shown_at: Timestamp,
    /// When it was accepted; none for now.
    pub acknowledged_at: Option<Timestamp>,
    /// Who accepted it.
    pub acknowledged_by: String,
}

/// What was shown and accepted.
#[derive(Debug, Clone)]
pub struct AcknowledgeTerms {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The contract whose wording was shown.
    pub master_contract_id: MasterContractId,
    /// The clauses.
    pub shown: Vec<Shown>,
}

/// What is acknowledged now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// All acknowledgements of the tenant for this contract, in the order of time.
    pub acknowledgements: Vec<Acknowledgement>,
    /// Codes of the clauses that must be acknowledged and are not, in the wording's order.
    pub unacknowledged: Vec<String>,
}

/// Records acknowledgements. The first one of a clause counts.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `MASTER_CONTRACT_NOT_FOUND`; `REQUEST_INVALID` for a clause
/// or a version that the wording does not have, or a time to come.
pub async fn acknowledge_terms(
    ctx: &Context,
    call: &Call,
    asked: AcknowledgeTerms,
) -> Result<Acknowledged, Problem> {
    let tx = ctx.store.begin().await?;
    let entered = access::enter(ctx, &tx, call, asked.tenant_id, Permission::Sell).await?;
    if let Some(first) = call.first_answer(&tx, entered.now).await? {
        return Ok(first);
    }
    let contract = loading::contract(&tx, asked.master_contract_id).await?;
    let contract =
        contract.held_at(contract.wording_instant(entered.now), loading::known_now(ctx, &entered));
    let wording = &contract.terms.wording;

    let mut broken = Vec::new();
    let mut accepted = Vec::new();
    for (at, shown) in asked.shown.into_iter().enumerate() {
        let mut add = |name: &str, description: String| {
            let field = format!("acknowledgements[{at}].{name}");
            broken.push(Violation { field, description });
        };
        if wording.clause(&shown.code).is_none() {
            add("code", format!("the wording has no clause `{}`", shown.code));
        }
        let version = if shown.document_version.is_empty() {
            wording.version.clone()
        } else {
            shown.document_version
        };
        if version != wording.version {
            add("document_version", format!("the wording in force is `{}`", wording.version));
        }
        let acknowledged_at = shown.acknowledged_at.unwrap_or(entered.now);
        if shown.shown_at > acknowledged_at || acknowledged_at > entered.now {
            let text = "must not be before it was shown, nor in the future".to_owned();
            add("acknowledged_at", text);
        }
        accepted.push(Acknowledgement {
            code: shown.code,
            document_version: version,
            language: shown.language,
            shown_at: shown.shown_at,
            acknowledged_at,
            acknowledged_by: shown.acknowledged_by,
        });
    }
    if !broken.is_empty() {
        return Err(Problem::all_invalid(broken));
    }

    for acknowledgement in &accepted {
        let whose = (asked.tenant_id, contract.id);
        certificates::acknowledge(&tx, whose, acknowledgement).await?;
    }
    let acknowledgements =
        certificates::acknowledgements(&tx, asked.tenant_id, contract.id).await?;
    let unacknowledged = wording
        .unacknowledged(&acknowledgements, entered.now)
        .into_iter()
        .map(|clause| clause.code.clone())
        .collect();
    let answer = Acknowledged { acknowledgements, unacknowledged };
    call.remember(&tx, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}
