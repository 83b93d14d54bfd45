//! Asks the customer for information or documents, and may extend the clock.

use tasuki_core::claim::{ClaimCommand, ClockExtension, ExtensionReason, InformationRequest};
use tasuki_core::id::{ClaimId, TenantId};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::text::Text;
use tasuki_core::time::CivilDate;

use super::ClaimView;
use super::loading::{Desk, Wanted};
use crate::call::Call;
use crate::context::Context;

/// Days in which an answer is wanted when nothing else is said.
const DAYS_TO_ANSWER: i64 = 14;

/// More questions are not a request but a new assessment.
const MOST_REQUESTS: usize = 100;

/// What is asked.
#[derive(Debug, Clone)]
pub struct RequestInformation {
    /// The insured.
    pub tenant_id: TenantId,
    /// The claim.
    pub claim_id: ClaimId,
    /// What is asked, in plain words.
    pub question: Text,
    /// Kinds of documents that are wanted.
    pub document_kinds: Vec<String>,
    /// Until when an answer is wanted; two weeks if left out.
    pub wanted_by: Option<CivilDate>,
    /// Why the decision takes longer, and by how many days.
    pub extension: Option<(ExtensionReason, u32)>,
    /// The version as read; empty for whatever version.
    pub etag: String,
}

/// Asks for information. The clock goes on unless it is extended for a listed reason.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `CLAIM_NOT_FOUND`, `CLAIM_STATE`, `ETAG_MISMATCH`,
/// `REQUEST_INVALID`.
pub async fn request_information(
    ctx: &Context,
    call: &Call,
    asked: RequestInformation,
) -> Result<ClaimView, Problem> {
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, ctx.clock.now()).await? {
        return Ok(first);
    }
    let wanted = Wanted {
        tenant: asked.tenant_id,
        claim: asked.claim_id,
        etag: &asked.etag,
        permission: Permission::DecideClaims,
    };
    let desk = Desk::open(ctx, &tx, call, &wanted).await?;
    let now = desk.entered.now;
    let wanted_by = check(&desk, &asked)?;

    let missing = if asked.document_kinds.is_empty() {
        vec![asked.question.ja.clone()]
    } else {
        asked.document_kinds.clone()
    };
    let command = ClaimCommand::AskForInformation { wanted: missing };
    let (mut next, event) = desk.claim.step(&command, &desk.by, "", now)?;
    next.file.ask(InformationRequest {
        number: 0,
        question: asked.question,
        document_kinds: asked.document_kinds,
        asked_at: now,
        asked_by: desk.by.clone(),
        wanted_by,
        answered_at: None,
    });
    if let Some((reason, n_days)) = asked.extension {
        next.file.extensions.push(ClockExtension { reason, n_days, told_at: now });
    }

    let view = desk.save(next, &event).await?;
    call.remember(&tx, &view).await?;
    tx.commit().await?;
    Ok(view)
}

fn check(desk: &Desk<'_>, asked: &RequestInformation) -> Result<CivilDate, Problem> {
    if asked.question.ja.trim().is_empty() || asked.question.en.trim().is_empty() {
        return Err(Problem::invalid("question", "is needed in Japanese and English"));
    }
    if desk.claim.file.requests.len() >= MOST_REQUESTS {
        let text = format!("a claim has at most {MOST_REQUESTS} information requests");
        return Err(Problem::invalid("claim_id", text));
    }
    let zone = &desk.entered.tenant.zone;
    let today = desk.entered.now.day_in(zone);
    match asked.wanted_by {
        Some(day) if day < today => Err(Problem::invalid("wanted_by", "must not be in the past")),
        Some(day) => Ok(day),
        None => {
            let later = desk.entered.now.plus_days_in(DAYS_TO_ANSWER, zone);
            let later = later.map_err(|error| Problem::invalid("wanted_by", error.to_string()))?;
            Ok(later.day_in(zone))
        }
    }
}
