//! Certificates as pages.

use tasuki_app::claiming::{self, CertificateView};
use tasuki_core::tenant::Tenant;
use tasuki_documents::{CertificatePage, certificate_html, certificate_pdf};
use tasuki_proto::types::v1 as proto;
use tonic::Status;

use super::mapping;
use crate::actors;
use crate::documents::{Form, document, json, laid_out};
use crate::status::status;

/// A certificate as a document.
///
/// # Errors
/// `REQUEST_INVALID` for a form that certificates do not have.
pub(super) async fn rendered(
    view: &CertificateView,
    tenant: Tenant,
    (format, language): (proto::DocumentFormat, proto::Language),
) -> Result<proto::Document, Status> {
    let language = actors::language_from(language);
    let form = Form::of(format).map_err(|problem| status(&problem))?;
    let name = format!("certificate-{}", view.certificate.number);
    let page = CertificatePage {
        state: claiming::state_at(view),
        certificate: view.certificate.clone(),
        contract: view.contract.clone(),
        acknowledgements: view.acknowledgements.clone(),
        insured: tenant.name,
        zone: tenant.zone,
        as_of: view.as_of,
        known_at: view.known_at,
    };
    let content = match form {
        Form::Html => laid_out(move || certificate_html(&page, language)).await,
        Form::Pdf => laid_out(move || certificate_pdf(&page, language)).await,
        Form::Json => json(&mapping::certificate(view)),
    };
    document((&name, form, language), content)
}
