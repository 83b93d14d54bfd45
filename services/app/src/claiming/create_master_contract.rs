//! Records an insurer's contract with an operator.

use tasuki_core::master_contract::{CoverPacks, MasterContract, MasterContractDraft};
use tasuki_core::party::Permission;
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::reason::Reason;
use tasuki_core::time::Timestamp;
use tasuki_policies::PackKind;
use tasuki_store::{StoreError, master_contracts, partners};

use super::{Intent, MasterContractView};
use crate::call::Call;
use crate::context::Context;

/// A contract that is to be recorded.
#[derive(Debug, Clone)]
pub struct NewMasterContract {
    /// What it says.
    pub draft: MasterContractDraft,
    /// Whether it is only checked.
    pub intent: Intent,
}

/// Records a contract, if what it says makes sense and every pack that it names is in force when it
/// begins.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `REQUEST_INVALID` with every field that breaks a rule; `PARTNER_NOT_FOUND`;
/// `MASTER_CONTRACT_EXISTS` if the code is taken.
pub async fn create_master_contract(
    ctx: &Context,
    call: &Call,
    new: NewMasterContract,
) -> Result<MasterContractView, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }
    let holder = new.draft.holder_id;
    if partners::get(&tx, holder).await?.is_none() {
        return Err(Problem::not_found(Reason::PartnerNotFound, holder));
    }

    let contract =
        MasterContract::new(ctx.ids.next(), new.draft, now).map_err(Problem::all_invalid)?;
    let missing = missing_packs(ctx, &contract.terms.packs, contract.in_force.start());
    if !missing.is_empty() {
        return Err(Problem::all_invalid(missing));
    }

    match master_contracts::insert(&tx, &contract).await {
        Ok(()) => {}
        Err(StoreError::Duplicate(_)) => return Err(taken(&contract.code)),
        Err(error) => return Err(error.into()),
    }
    let view = MasterContractView { contract, as_of: now, known_at: now, version: 1 };
    if new.intent == Intent::Do {
        call.remember(&tx, &view).await?;
        tx.commit().await?;
    }
    Ok(view)
}

fn taken(code: &str) -> Problem {
    let text = format!("a master contract with the code `{code}` exists already");
    Problem::new(Reason::MasterContractExists, text).with("code", code)
}

/// The packs that are named and not in force when the terms begin to hold.
pub(crate) fn missing_packs(ctx: &Context, packs: &CoverPacks, from: Timestamp) -> Vec<Violation> {
    let named = [
        (PackKind::Eligibility, packs.eligibility.as_deref()),
        (PackKind::Cover, packs.cover.as_deref()),
        (PackKind::Trigger, Some(packs.trigger.as_str())),
        (PackKind::Exclusion, Some(packs.exclusion.as_str())),
        (PackKind::Payable, packs.payable.as_deref()),
    ];
    named
        .into_iter()
        .filter_map(|(kind, name)| name.map(|name| (kind, name)))
        .filter_map(|(kind, name)| missing_pack(ctx, (kind, name), from))
        .collect()
}

fn missing_pack(
    ctx: &Context,
    (kind, name): (PackKind, &str),
    from: Timestamp,
) -> Option<Violation> {
    if ctx.packs().in_force(kind, name, from).is_some() {
        return None;
    }
    let description =
        format!("no version of the {kind} pack `{name}` is in force when the terms begin to hold");
    Some(Violation { field: format!("terms.packs.{kind}"), description })
}
