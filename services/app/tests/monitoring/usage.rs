//! What providers measure, and what a month of it comes to.

use tasuki_app::monitoring::{self, RowOutcome, UsageRow};
use tasuki_core::id::SubscriptionId;
use tasuki_core::party::Role;
use tasuki_core::service::Service;
use tasuki_core::time::Period;
use tasuki_core::usage::UsageKind;
use uuid::Uuid;

use super::scene::{OKINAWA, by, jst, provider, provider_id, schemes};
use super::subscription;

#[tokio::test]
async fn a_correction_replaces_and_a_month_adds_up() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, OKINAWA, jst("2021-05-10 10:00:00")).await;
        let subscription = subscription(&scheme, tenant).await;
        let measured = |id: &str, quantity: &str, days: (u8, u8)| UsageRow {
            provider_event_id: id.to_owned(),
            tenant_id: tenant,
            subscription_id: subscription,
            service: Service::CloudWaf,
            meter: "waf.traffic_gb".parse().unwrap(),
            kind: Some(UsageKind::Delta),
            quantity: quantity.parse().unwrap(),
            measured: Period::new(
                jst(&format!("2021-04-{:02} 00:00:00", days.0)),
                jst(&format!("2021-04-{:02} 00:00:00", days.1)),
            )
            .unwrap(),
            corrects_event_id: None,
            site_code: None,
            note: String::new(),
        };
        let correction = UsageRow {
            kind: None,
            corrects_event_id: Some("a".to_owned()),
            ..measured("c", "4.25", (1, 15))
        };
        let lost = UsageRow { corrects_event_id: Some("never".to_owned()), ..correction.clone() };
        let rows = vec![
            Ok(measured("a", "10", (1, 15))),
            Ok(measured("b", "5.5", (15, 30))),
            Ok(correction),
            Ok(measured("b", "5.5", (15, 30))),
            Ok(UsageRow { provider_event_id: "d".to_owned(), ..lost }),
            Ok(UsageRow {
                subscription_id: SubscriptionId::from(Uuid::from_u128(6)),
                ..measured("e", "1", (1, 15))
            }),
        ];
        let answers =
            monitoring::report_usage(&scheme.ctx, &provider(), provider_id(), rows).await.unwrap();
        let outcomes: Vec<_> = answers.iter().map(|it| it.outcome).collect();
        assert_eq!(
            outcomes,
            [
                RowOutcome::Accepted,
                RowOutcome::Accepted,
                RowOutcome::Accepted,
                RowOutcome::Repeated,
                RowOutcome::Refused,
                RowOutcome::Refused,
            ]
        );
        assert_eq!(answers[5].reason, "SUBSCRIPTION_NOT_FOUND");
        let month = "2021-04".parse().unwrap();
        let call = by(Role::Operator);
        let meters =
            monitoring::summarize_usage(&scheme.ctx, &call, (tenant, subscription), month).await;
        let meter = meters.unwrap().remove(0).summary;
        assert_eq!(meter.quantity.to_string(), "9.75", "{}", scheme.name);
        assert_eq!((meter.n_records, meter.n_corrected), (2, 1));
    }
}

#[tokio::test]
async fn a_measurement_that_makes_no_sense_is_refused_with_its_field() {
    for scheme in schemes().await {
        let tenant = scheme.tenant(1, OKINAWA, jst("2021-06-10 10:00:00")).await;
        let subscription = subscription(&scheme, tenant).await;
        let row = |id: &str, kind, quantity: &str, month: u8| UsageRow {
            provider_event_id: id.to_owned(),
            tenant_id: tenant,
            subscription_id: subscription,
            service: Service::Edr,
            meter: "edr.endpoints_installed".parse().unwrap(),
            kind,
            quantity: quantity.parse().unwrap(),
            measured: Period::new(
                jst(&format!("2021-{month:02}-01 00:00:00")),
                jst(&format!("2021-{month:02}-30 00:00:00")),
            )
            .unwrap(),
            corrects_event_id: None,
            site_code: None,
            note: String::new(),
        };
        let corrected = |id: &str, quantity: &str, month| UsageRow {
            corrects_event_id: Some("a".to_owned()),
            ..row(id, None, quantity, month)
        };
        let rows = vec![
            Ok(row("a", Some(UsageKind::Snapshot), "523", 4)),
            Ok(row("b", Some(UsageKind::Delta), "1", 4)),
            Ok(corrected("c", "-1", 4)),
            Ok(corrected("d", "521", 5)),
            Ok(corrected("e", "521", 4)),
            Ok(corrected("f", "520", 4)),
        ];
        let answers =
            monitoring::report_usage(&scheme.ctx, &provider(), provider_id(), rows).await.unwrap();
        let seen: Vec<_> = answers.iter().map(|it| (it.outcome, it.message.as_str())).collect();
        let (ok, no) = (RowOutcome::Accepted, RowOutcome::Refused);
        assert_eq!((seen[0], seen[4]), ((ok, ""), (ok, "")), "{}", scheme.name);
        for (at, words) in
            [(1, "kind"), (2, "quantity"), (3, "measured"), (5, "was replaced before")]
        {
            assert_eq!(seen[at].0, no);
            assert!(seen[at].1.contains(words), "{at}: {}", seen[at].1);
        }
    }
}
