//! Takes in dated evidence that cover may depend on, and lists it.

use tasuki_core::actor::Actor;
use tasuki_core::evidence::{Evidence, EvidenceKind, EvidenceValue};
use tasuki_core::id::{EvidenceId, ItemId, TenantId};
use tasuki_core::party::{Permission, Role};
use tasuki_core::problem::{Problem, Violation};
use tasuki_core::time::Timestamp;
use tasuki_store::{Tx, evidence, orders};

use crate::access;
use crate::call::Call;
use crate::context::{Context, News};
use crate::monitoring::rows;
use crate::monitoring::token::{self, Parts};
use crate::paging::{Page, PageRequest};

/// Evidence that is to be recorded.
#[derive(Debug, Clone)]
pub struct RecordEvidence {
    /// Whom it is about.
    pub tenant_id: TenantId,
    /// The instance of a service; the tenant as a whole if left out.
    pub instance_id: Option<ItemId>,
    /// The provider's id of the device or endpoint; the instance as a whole if left out.
    pub device_id: Option<String>,
    /// When it was seen to be so.
    pub observed_at: Timestamp,
    /// From this time on it says nothing any more.
    pub valid_until: Option<Timestamp>,
    /// What was seen; left out to withdraw the record that it corrects.
    pub value: Option<EvidenceValue>,
    /// The id of the paper or file behind it.
    pub evidence_id: String,
    /// The record that it corrects.
    pub corrects: Option<EvidenceId>,
}

/// Records evidence. Approvals of a bypass are given by who decides claims, all else is reported by who sees it.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`; `REQUEST_INVALID` for evidence that contradicts itself, lies in the future,
/// or names an instance or a record that is not there.
pub async fn record_evidence(
    ctx: &Context,
    call: &Call,
    asked: RecordEvidence,
) -> Result<Evidence, Problem> {
    let tx = ctx.store.begin().await?;
    let corrected = match asked.corrects {
        Some(id) => evidence::get(&tx, asked.tenant_id, id).await?,
        None => None,
    };
    let of_value = asked.value.as_ref().map(EvidenceValue::kind);
    let kind = of_value.or(corrected.as_ref().map(|corrected| corrected.kind));
    let permission = match kind {
        Some(EvidenceKind::BypassApproval) => Permission::DecideClaims,
        Some(
            EvidenceKind::AgentVersion | EvidenceKind::CriticalFindings | EvidenceKind::Training,
        )
        | None => Permission::Report,
    };
    let entered = access::enter(ctx, &tx, call, asked.tenant_id, permission).await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }
    rows::not_in_future("observed_at", asked.observed_at, entered.now)?;
    own_instance(&tx, call, &asked).await?;
    if let Some(id) = asked.corrects {
        correctable(&tx, (asked.tenant_id, id), corrected.as_ref()).await?;
    }
    let Some(kind) = kind else {
        let text = "is required, unless a record is withdrawn with `corrects`";
        return Err(Problem::invalid("value", text));
    };

    let record = Evidence {
        id: ctx.ids.next(),
        tenant_id: asked.tenant_id,
        kind,
        instance_id: asked.instance_id,
        device_id: asked.device_id,
        observed_at: asked.observed_at,
        valid_until: asked.valid_until,
        value: asked.value,
        evidence_id: asked.evidence_id,
        corrects: asked.corrects,
        recorded_at: entered.now,
        recorded_by: Actor::from(&call.principal),
    };
    let broken: Vec<Violation> = record.violations(corrected.as_ref());
    if !broken.is_empty() {
        return Err(Problem::all_invalid(broken));
    }
    evidence::insert(&tx, &record).await?;
    let payload = serde_json::json!({
        "kind": record.kind,
        "instance_id": record.instance_id,
        "observed_at": record.observed_at,
        "corrects": record.corrects,
    });
    let news = News::new("evidence.recorded", record.id, payload);
    ctx.tell(&tx, entered.when(), news).await?;
    call.remember(&tx, &record).await?;
    tx.commit().await?;
    Ok(record)
}

/// The instance is one of the tenant's; a provider speaks of its own ones only.
async fn own_instance(tx: &Tx, call: &Call, asked: &RecordEvidence) -> Result<(), Problem> {
    let Some(instance) = asked.instance_id else { return Ok(()) };
    let foreign = || {
        let text = format!("`{instance}` is not an instance of this tenant and provider");
        Problem::invalid("instance_id", text)
    };
    let owner = orders::of_item(tx, instance).await?.map(|(owner, _)| owner);
    if owner != Some(asked.tenant_id) {
        return Err(foreign());
    }
    let provider = call.principal.provider_id.filter(|_| call.principal.role == Role::Provider);
    let Some(provider) = provider else { return Ok(()) };
    let runs = orders::providers_of(tx, asked.tenant_id).await?;
    if runs.get(&instance) == Some(&provider) { Ok(()) } else { Err(foreign()) }
}

async fn correctable(
    tx: &Tx,
    (tenant, id): (TenantId, EvidenceId),
    corrected: Option<&Evidence>,
) -> Result<(), Problem> {
    if corrected.is_none() {
        return Err(Problem::invalid("corrects", format!("`{id}` is no record of this tenant")));
    }
    match evidence::correction_of(tx, tenant, id).await? {
        None => Ok(()),
        Some(by) => {
            let text = format!("`{id}` was corrected by `{}`: correct that one", by.id);
            Err(Problem::invalid("corrects", text))
        }
    }
}

/// Which evidence a list shows.
#[derive(Debug, Clone)]
pub struct EvidenceList {
    /// Whose.
    pub tenant_id: TenantId,
    /// Only of these kinds; empty for all.
    pub kinds: Vec<EvidenceKind>,
    /// Only what was recorded by then.
    pub known_at: Option<Timestamp>,
    /// Which page.
    pub page: PageRequest,
}

/// Evidence of a tenant, the latest observed first.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `PAGE_TOKEN_INVALID`.
pub async fn list_evidence(
    ctx: &Context,
    call: &Call,
    list: EvidenceList,
) -> Result<Page<Evidence>, Problem> {
    let tx = ctx.store.begin_read().await?;
    access::enter(ctx, &tx, call, list.tenant_id, Permission::Read).await?;
    let EvidenceList { tenant_id, kinds, known_at, page } = list;
    let after = page.after.as_deref().map(place_from).transpose()?;
    let filter = evidence::Filter { tenant_id, kinds, known_at };
    let rows = evidence::list(&tx, &filter, after, page.to_read()).await?;
    Ok(page.page(rows, |record: &Evidence| token::token(&[&record.observed_at, &record.id])))
}

fn place_from(text: &str) -> Result<evidence::Place, Problem> {
    let mut parts = Parts::of(text);
    Ok((parts.next()?, parts.last()?))
}
