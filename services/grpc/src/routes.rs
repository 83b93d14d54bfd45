//! All services of ours on one router.

use tasuki_proto::alert::v1::alert_service_server::AlertServiceServer;
use tasuki_proto::billing::v1::billing_service_server::BillingServiceServer;
use tasuki_proto::catalog::v1::catalog_service_server::CatalogServiceServer;
use tasuki_proto::claim::v1::claim_service_server::ClaimServiceServer;
use tasuki_proto::cover::v1::cover_service_server::CoverServiceServer;
use tasuki_proto::incident::v1::incident_service_server::IncidentServiceServer;
use tasuki_proto::policy::v1::policy_service_server::PolicyServiceServer;
use tasuki_proto::quote::v1::quote_service_server::QuoteServiceServer;
use tasuki_proto::settlement::v1::settlement_service_server::SettlementServiceServer;
use tasuki_proto::subscription::v1::subscription_service_server::SubscriptionServiceServer;
use tasuki_proto::tenant::v1::partner_service_server::PartnerServiceServer;
use tasuki_proto::tenant::v1::tenant_service_server::TenantServiceServer;
use tasuki_proto::usage::v1::usage_service_server::UsageServiceServer;
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
use crate::quotes::Quotes;
use crate::settlements::Settlements;
use crate::subscriptions::Subscriptions;
use crate::tenants::Tenants;
use crate::usage::Usage;

/// The largest request: a thousand alerts of a kilobyte each fit four times.
const LARGEST_REQUEST: usize = 4 * 1024 * 1024;

/// Every service of ours, with bounded request sizes.
pub fn routes(edge: &Edge) -> Routes {
    let mut routes = Routes::builder();
    routes
        .add_service(
            TenantServiceServer::new(Tenants { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            PolicyServiceServer::new(Policies { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            QuoteServiceServer::new(Quotes { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            SubscriptionServiceServer::new(Subscriptions { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            CatalogServiceServer::new(Catalog { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            AlertServiceServer::new(Alerts { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            IncidentServiceServer::new(Incidents { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            UsageServiceServer::new(Usage { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            CoverServiceServer::new(Covers { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            ClaimServiceServer::new(Claims { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            BillingServiceServer::new(Billing { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            SettlementServiceServer::new(Settlements { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        )
        .add_service(
            PartnerServiceServer::new(Partners { edge: edge.clone() })
                .max_decoding_message_size(LARGEST_REQUEST),
        );
    routes.routes()
}
