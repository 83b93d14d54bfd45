//! Rate cards over the wire: checked, drafted, compared, put in force, listed.

use tasuki_proto::catalog::v1 as proto;
use tasuki_proto::catalog::v1::catalog_service_client::CatalogServiceClient;
use tasuki_proto::google::r#type::Date;
use tasuki_proto::types::v1::SourceFile;

use super::{by, reason, served};

const OKINAWA: &str = include_str!("../../../../pricing/cards/okinawa-2021.yaml");

fn file(text: String) -> Vec<SourceFile> {
    vec![SourceFile { path: "okinawa.yaml".to_owned(), text }]
}

fn next() -> String {
    OKINAWA.replacen("version: 2021-01", "version: 2022-04", 1).replacen(
        "{ per_unit: { yen: 1800 } }",
        "{ per_unit: { yen: 2000 } }",
        1,
    )
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages may be absent")]
fn day(year: i32, month: i32, day: i32) -> Option<Date> {
    Some(Date { year, month, day })
}

#[tokio::test]
async fn a_rate_card_is_checked_drafted_compared_and_put_in_force() {
    for served in served().await {
        let mut client = CatalogServiceClient::new(served.channel.clone());
        let wrong = OKINAWA.replacen("cadence: monthly", "cadence: montly", 1);
        let ask = proto::CheckRateCardRequest { files: file(wrong) };
        let found = client.check_rate_card(by("operator:ana", ask)).await.unwrap().into_inner();
        assert!(!found.ok && found.diagnostics[0].line > 0, "{found:?}");
        assert_eq!(found.diagnostics[0].suggestion, "did you mean `monthly`?");

        let draft = proto::CreateRateCardDraftRequest {
            request_id: "draft".to_owned(),
            files: file(next()),
            validate_only: false,
        };
        let draft = client.create_rate_card_draft(by("operator:ana", draft)).await.unwrap();
        let card = draft.into_inner().rate_card.unwrap();
        assert_eq!(card.state(), proto::RateCardState::Draft);

        let compare = proto::CompareRateCardsRequest {
            base: "okinawa@2021-01".to_owned(),
            other: "okinawa@2022-04".to_owned(),
            with_subscriptions: true,
        };
        let found = client.compare_rate_cards(by("operator:ben", compare)).await.unwrap();
        let found = found.into_inner();
        let codes: Vec<_> = found.changes.iter().map(|change| change.code.as_str()).collect();
        assert_eq!((codes, found.n_subscriptions), (vec!["edr.yearly"], 0));

        let activate = proto::ActivateRateCardRequest {
            request_id: "activate".to_owned(),
            rate_card: "okinawa@2022-04".to_owned(),
            etag: card.etag,
            effective_on: day(2022, 4, 1),
            validate_only: false,
        };
        let own = client.activate_rate_card(by("operator:ana", activate.clone())).await;
        assert_eq!(reason(&own.unwrap_err()), "SECOND_PERSON_NEEDED");
        let active = client.activate_rate_card(by("operator:ben", activate)).await.unwrap();
        let active = active.into_inner().rate_card.unwrap();
        assert_eq!(active.state(), proto::RateCardState::Active);

        let versions = async |on: Option<Date>| {
            let mut client = client.clone();
            let ask = proto::ListRateCardsRequest {
                effective_on: on,
                ..proto::ListRateCardsRequest::default()
            };
            let cards = client.list_rate_cards(by("operator:ben", ask)).await.unwrap().into_inner();
            let okinawa = cards.rate_cards.into_iter().filter(|card| card.code == "okinawa");
            okinawa.map(|card| card.version).collect::<Vec<_>>()
        };
        assert_eq!(versions(None).await, ["2022-04", "2021-01"], "the newest first");
        assert_eq!(versions(day(2022, 3, 31)).await, ["2021-01"]);
        assert_eq!(versions(day(2022, 4, 1)).await, ["2022-04"]);

        let plans = proto::ListPlansRequest {
            orderable_on: day(2022, 4, 1),
            rate_card: "okinawa@2021-01".to_owned(),
            ..proto::ListPlansRequest::default()
        };
        let plans = client.list_plans(by("operator:ben", plans)).await.unwrap().into_inner().plans;
        assert!(plans.is_empty(), "nobody can order by it any more");
    }
}
