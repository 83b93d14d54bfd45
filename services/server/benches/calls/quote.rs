//! `CreateQuote` for five services of the Okinawa price list, without storing it: packs, prices, other choices, criteria.

use tasuki_proto::google::r#type as google;
use tasuki_proto::quote::v1 as quote;
use tasuki_proto::quote::v1::quote_service_client::QuoteServiceClient;
use tasuki_proto::tenant::v1 as tenant;
use tasuki_proto::types::v1::Service;
use tonic::transport::Channel;

use crate::served::Process;
use crate::{Way, compare};

/// Measures and prints.
pub(crate) async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let bare = Process::bare();
    let tasuki = Process::tasuki(folder.path());
    let answer = check(tasuki.channel().await).await;
    let bare_with_answer = Process::bare_with(folder.path(), &answer);

    let way = |name, (most, least), server| Way {
        name,
        most,
        least,
        server,
        call: Box::new(|channel, _| {
            Box::pin(async move {
                QuoteServiceClient::new(channel).create_quote(question()).await.unwrap();
            })
        }),
    };
    let bytes = prost::Message::encoded_len(&answer);
    let title = format!("CreateQuote, an answer of {bytes} bytes");
    let ways = vec![
        way("bare call of tonic, decodes the request", (None, None), &bare),
        way("bare call that gives the very same answer", (None, None), &bare_with_answer),
        way("quoted, not stored", (Some(3.0), Some(0.4)), &tasuki),
    ];
    compare(&title, ways).await;
}

/// A company of twelve that wants five services.
fn question() -> quote::CreateQuoteRequest {
    let of = |service: Service| quote::Selection { service: service.into(), ..Default::default() };
    quote::CreateQuoteRequest {
        validate_only: true,
        rate_card: "okinawa".to_owned(),
        start_on: Some(google::Date { year: 2021, month: 4, day: 1 }),
        profile: Some(tenant::CompanyProfile {
            employees: Some(12),
            endpoints: Some(tenant::EndpointCounts { windows: Some(9), ..Default::default() }),
            has_utm: Some(false),
            has_antivirus: Some(true),
            has_website: Some(true),
            monthly_traffic_gb: Some("8".to_owned()),
            ..Default::default()
        }),
        selections: vec![
            of(Service::Utm),
            quote::Selection { traffic_gb: Some("8".to_owned()), ..of(Service::CloudWaf) },
            quote::Selection { endpoints: Some(9), ..of(Service::Edr) },
            of(Service::Diagnosis),
            of(Service::HelpDesk),
        ],
        ..Default::default()
    }
}

/// Each service has to be charged: a server that looked away would be quick.
async fn check(channel: Channel) -> quote::CreateQuoteResponse {
    let answer = QuoteServiceClient::new(channel).create_quote(question()).await.unwrap();
    let answer = answer.into_inner();
    let quote = answer.quote.as_ref().unwrap();
    assert_eq!(quote.selections.len(), 5, "{quote:?}");
    assert!(quote.lines.len() > 10 && !quote.compliance.is_empty(), "{quote:?}");
    answer
}
