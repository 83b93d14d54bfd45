//! Takes a company into the scheme.

use tasuki_core::id::PartnerId;
use tasuki_core::party::Permission;
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::tenant::{Licence, Partner, PartnerKind, PartnerTerms};
use tasuki_store::{StoreError, partners};

use crate::call::Call;
use crate::context::Context;

/// A company that is to take part.
#[derive(Debug, Clone)]
pub struct NewPartner {
    /// Its short permanent name; the id is derived from it.
    pub code: String,
    /// What customers call it.
    pub name: String,
    /// Its name in Latin letters.
    pub name_en: String,
    /// What it is to the scheme.
    pub kind: PartnerKind,
    /// What it can do.
    pub capabilities: Vec<String>,
    /// Its licence to solicit insurance.
    pub solicitor_licence: Option<Licence>,
    /// What stands on its invoices, and what it gets for selling.
    pub terms: PartnerTerms,
}

/// Takes a company into the scheme.
///
/// # Errors
/// `ROLE_FORBIDDEN`; `PARTNER_EXISTS` if the code is taken.
pub async fn create_partner(
    ctx: &Context,
    call: &Call,
    new: NewPartner,
) -> Result<Partner, Problem> {
    call.require(ctx, Permission::ManageScheme)?;
    let now = ctx.clock.now();
    let tx = ctx.store.begin().await?;
    if let Some(first) = call.first_answer(&tx, now).await? {
        return Ok(first);
    }

    let partner = Partner {
        id: PartnerId::of_code(&new.code),
        code: new.code,
        name: new.name,
        name_en: new.name_en,
        kind: new.kind,
        capabilities: new.capabilities,
        solicitor_licence: new.solicitor_licence,
        terms: new.terms,
        created_at: now,
    };
    match partners::insert(&tx, &partner).await {
        Ok(()) => {}
        Err(StoreError::Duplicate(_)) => {
            let text = format!("a partner with the code `{}` exists already", partner.code);
            return Err(Problem::new(Reason::PartnerExists, text)
                .with("code", &partner.code)
                .with("id", partner.id));
        }
        Err(error) => return Err(error.into()),
    }
    call.remember(&tx, &partner).await?;

    tx.commit().await?;
    Ok(partner)
}
