//! Opens an incident from a customer's enquiry.

use serde::{Deserialize, Serialize};
use tasuki_core::alert::SymptomKey;
use tasuki_core::id::{IncidentId, TenantId};
use tasuki_core::incident::{Enquiry, Incident, Origin, for_enquiry};
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::service::Service;
use tasuki_core::severity::Severity;
use tasuki_core::time::Timestamp;
use tasuki_store::{Scope, claims, decisions, incidents};

use super::scene::Scene;
use super::{IncidentView, rows};
use crate::call::Call;
use crate::context::Context;

/// What the customer says.
#[derive(Debug, Clone)]
pub struct OpenIncident {
    /// Who asks.
    pub tenant_id: TenantId,
    /// Code of the tenant's site; none when unknown.
    pub site_code: Option<String>,
    /// The service it concerns; none when none of ours.
    pub service: Option<Service>,
    /// The symptom, when it is a known one.
    pub symptom: Option<SymptomKey>,
    /// In the customer's words.
    pub description: String,
    /// When the customer noticed it; left out, now.
    pub noticed_at: Option<Timestamp>,
    /// How bad it is as the help desk sees it; left out, the escalation pack decides.
    pub severity: Option<Severity>,
}

/// The incident opened, or the open one of the same symptom that the enquiry joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// The incident.
    pub view: IncidentView,
    /// Whether it was open already.
    pub joined: bool,
}

/// Opens an incident from an enquiry, or joins the unsolved one of the same symptom.
///
/// # Errors
/// `TENANT_NOT_FOUND`, `ROLE_FORBIDDEN`, `REQUEST_INVALID`.
pub async fn open_incident(
    ctx: &Context,
    call: &Call,
    command: OpenIncident,
) -> Result<Opened, Problem> {
    let tx = ctx.store.begin().await?;
    let scene = Scene::enter(ctx, &tx, call, command.tenant_id, Permission::Respond).await?;
    if let Some(first) = call.first_answer(&tx, scene.now()).await? {
        return Ok(first);
    }
    let noticed_at = command.noticed_at.unwrap_or_else(|| scene.now());
    rows::not_in_future("noticed_at", noticed_at, scene.now())?;
    let unsolved = match &command.symptom {
        Some(symptom) => incidents::lock_unsolved(&tx, command.tenant_id, symptom).await?,
        None => None,
    };

    let answer = match unsolved {
        Some(stored) => join(&scene, stored).await?,
        None => open(&scene, command, noticed_at).await?,
    };
    call.remember(&tx, &answer).await?;

    tx.commit().await?;
    Ok(answer)
}

async fn join(scene: &Scene<'_>, stored: incidents::Stored) -> Result<Opened, Problem> {
    let mut incident = stored.incident;
    let event = incident.join_enquiry(scene.now())?;
    let version = incidents::save(scene.tx, &incident, stored.version).await?;
    scene.tell(&incident, &[event]).await?;
    Ok(Opened { view: view(scene, incident, version).await?, joined: true })
}

async fn open(
    scene: &Scene<'_>,
    command: OpenIncident,
    noticed_at: Timestamp,
) -> Result<Opened, Problem> {
    let enquiry = Enquiry {
        incident_id: scene.ctx.ids.next::<IncidentId>(),
        tenant_id: command.tenant_id,
        service: command.service,
        symptom: command.symptom,
        description: command.description,
        noticed_at,
    };
    let history = scene.history(enquiry.symptom.as_ref()).await?;
    let facts = scene.enquiry_facts(&enquiry, (command.severity, history))?;
    let mut course = scene.course(enquiry.incident_id.to_string(), &facts, history)?;
    course.severity = command.severity.unwrap_or(course.severity);
    let mut opening = scene.opening(course, history, for_enquiry());
    opening.site_code = command.site_code;
    let (incident, event) = Incident::open(Origin::Enquiry(enquiry), opening, scene.now())?;
    incidents::insert(scene.tx, &incident).await?;
    scene.tell(&incident, &[event]).await?;
    Ok(Opened { view: view(scene, incident, 1).await?, joined: false })
}

/// An incident with the decision behind it and the claims made from it.
///
/// # Errors
/// Of the store.
pub(crate) async fn view(
    scene: &Scene<'_>,
    incident: Incident,
    version: i64,
) -> Result<IncidentView, Problem> {
    let decision = match incident.decision_id {
        Some(id) => decisions::get(scene.tx, id).await?,
        None => None,
    };
    let (scope, ids) = (Scope::Tenant(incident.tenant_id), [incident.id]);
    let mut claims = claims::of_incidents(scene.tx, scope, &ids).await?;
    let claim_ids = claims.remove(&incident.id).unwrap_or_default();
    Ok(IncidentView { incident, decision, claim_ids, version })
}
