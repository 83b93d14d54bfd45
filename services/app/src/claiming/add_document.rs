//! Adds a document to a claim, by reference.

use serde::{Deserialize, Serialize};
use tasuki_core::claim::{ClaimCommand, ClaimDocument, ClaimPhase};
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::time::CivilDate;

use super::ClaimView;
use super::loading::{Desk, Wanted};
use crate::call::Call;
use crate::context::Context;

/// More documents are a matter for a file system, and slow every reading of the claim.
const MOST_DOCUMENTS: usize = 500;

/// A document that arrived.
#[derive(Debug, Clone)]
pub struct AddDocument {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// What kind it is, such as `work_report`.
    pub kind: String,
    /// Its title.
    pub title: String,
    /// Where it is kept.
    pub uri: String,
    /// `sha256:` and 64 hexadecimal digits.
    pub hash: String,
    /// The day it was received; today if left out.
    pub received_on: Option<CivilDate>,
    /// Number of the information request that it answers.
    pub answers_request: Option<u32>,
    /// The version as read; empty for whatever version.
    pub etag: String,
}

/// The claim with the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentAdded {
    /// The claim.
    pub view: ClaimView,
    /// The document as recorded.
    pub document: ClaimDocument,
}

/// Adds a document. When it was the last that a claim waited for, somebody looks into the claim again.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `ETAG_MISMATCH`; `CLAIM_STATE` for a claim
/// that was withdrawn or closed; `REQUEST_INVALID`.
pub async fn add_document(
    ctx: &Context,
    call: &Call,
    asked: AddDocument,
) -> Result<DocumentAdded, Problem> {
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }
    let wanted = Wanted {
        tenant: asked.tenant_id,
        claim: asked.claim_id,
        etag: &asked.etag,
        permission: Permission::NotifyLoss,
    };
    let desk = Desk::open(ctx, &tx, call, &wanted).await?;
    let now = desk.entered.now;
    let received_on = check(&desk, &asked)?;

    let mut next = desk.claim.clone();
    let document = next.file.add_document(ClaimDocument {
        number: 0,
        kind: asked.kind,
        title: asked.title,
        uri: asked.uri,
        hash: asked.hash,
        received_on,
        added_by: desk.by.clone(),
        added_at: now,
        answers_request: asked.answers_request,
    });
    let waits = next.state.phase() == ClaimPhase::InformationWanted;
    let view = if waits && next.file.is_all_answered() {
        let (next, event) = next.step(&ClaimCommand::ReceiveInformation, &desk.by, "", now)?;
        desk.save(next, &event).await?
    } else {
        desk.save_as(next, "claim.document_added").await?
    };
    let answer = DocumentAdded { view, document };
    call.remember(&tx, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The day it was received, if the claim takes it.
fn check(desk: &Desk<'_>, asked: &AddDocument) -> Result<CivilDate, Problem> {
    let phase = desk.claim.state.phase();
    if phase == ClaimPhase::Withdrawn || phase == ClaimPhase::Closed {
        let text = format!("a claim that is `{}` takes no documents", phase.as_str());
        return Err(Problem::new(Reason::ClaimState, text).with("state", phase.as_str()));
    }
    if desk.claim.file.documents.len() >= MOST_DOCUMENTS {
        let text = format!("a claim has at most {MOST_DOCUMENTS} documents");
        return Err(Problem::invalid("claim_id", text));
    }
    let requests = &desk.claim.file.requests;
    if let Some(number) = asked.answers_request
        && !requests.iter().any(|request| request.number == number)
    {
        let text = format!("the claim has no information request {number}");
        return Err(Problem::invalid("answers_request", text));
    }
    let today = desk.entered.now.day_in(&desk.entered.tenant.zone);
    let received_on = asked.received_on.unwrap_or(today);
    if received_on > today {
        return Err(Problem::invalid("received_on", "must not be in the future"));
    }
    Ok(received_on)
}
