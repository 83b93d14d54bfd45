//! All services of ours on one router.

use tasuki_proto::alert::v1::alert_service_server::AlertServiceServer;
use tasuki_proto::billing::v1::billing_service_server::BillingServiceServer;
use tasuki_proto::catalog::v1::catalog_service_server::CatalogServiceServer;
use tasuki_proto::claim::v1::claim_service_server::ClaimServiceServer;
use tasuki_proto::cover::v1::cover_service_server::CoverServiceServer;
use tasuki_proto::incident::v1::incident_service_server::IncidentServiceServer;
use tasuki_proto::policy::v1::policy_service_server::PolicyServiceServer;
use tasuki_proto::provider::v1::provider_callback_service_server::ProviderCallbackServiceServer;
use tasuki_proto::provisioning::v1::provisioning_service_server::ProvisioningServiceServer;
use tasuki_proto::quote::v1::quote_service_server::QuoteServiceServer;
use tasuki_proto::settlement::v1::settlement_service_server::SettlementServiceServer;
use tasuki_proto::subscription::v1::subscription_service_server::SubscriptionServiceServer;
use tasuki_proto::tenant::v1::partner_service_server::PartnerServiceServer;
use tasuki_proto::tenant::v1::tenant_service_server::TenantServiceServer;
use tasuki_proto::usage::v1::usage_service_server::UsageServiceServer;
use tasuki_proto::webhook::v1::webhook_service_server::WebhookServiceServer;
use tonic::service::Routes;

use crate::alerts::Alerts;
use crate::billing::Billing;
use crate::catalog::Catalog;
use crate::claims::Claims;
use crate::covers::Covers;
use crate::edge::Edge;
use crate::incidents::Incidents;
use crate::partners::Partners;
use crate::policies::Policies;
use crate::provisioning::{Callbacks, Provisioning};
use crate::quotes::Quotes;
use crate::settlements::Settlements;
use crate::subscriptions::Subscriptions;
use crate::tenants::Tenants;
use crate::usage::Usage;
use crate::webhooks::Webhooks;

/// The largest request: a thousand alerts of a kilobyte each fit four times.
const LARGEST_REQUEST: usize = 4 * 1024 * 1024;

/// Every service of ours, with bounded request sizes.
pub fn routes(edge: &Edge) -> Routes {
    let mut routes = Routes::builder();
    macro_rules! serve {
        ($($server:ident($service:ident);)*) => {
            $(routes.add_service(
                $server::new($service { edge: edge.clone() })
                    .max_decoding_message_size(LARGEST_REQUEST),
            );)*
        };
    }
    serve! {
        AlertServiceServer(Alerts);
        BillingServiceServer(Billing);
        CatalogServiceServer(Catalog);
        ClaimServiceServer(Claims);
        CoverServiceServer(Covers);
        IncidentServiceServer(Incidents);
        PartnerServiceServer(Partners);
        PolicyServiceServer(Policies);
        ProviderCallbackServiceServer(Callbacks);
        ProvisioningServiceServer(Provisioning);
        QuoteServiceServer(Quotes);
        SettlementServiceServer(Settlements);
        SubscriptionServiceServer(Subscriptions);
        TenantServiceServer(Tenants);
        UsageServiceServer(Usage);
        WebhookServiceServer(Webhooks);
    }
    routes.routes()
}
