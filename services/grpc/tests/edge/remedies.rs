//! What would change a decision is told to those who decide or help, not to those who ask.

use tasuki_proto::policy::v1::EvaluatePackRequest;
use tasuki_proto::policy::v1::policy_service_client::PolicyServiceClient;
use tasuki_proto::types::v1::remedy::Change;
use tasuki_proto::types::v1::{Explanation, PackKind};

use super::{Served, by, served};

async fn explanation(served: &Served, caller: &str) -> Explanation {
    let mut client = PolicyServiceClient::new(served.channel.clone());
    let asked = EvaluatePackRequest {
        name: "v1".to_owned(),
        kind: PackKind::Cover.into(),
        facts_json: r#"{
            "now": "2021-06-02T00:00:00Z",
            "claim": {
                "certificate_in_force": true,
                "loss_at": "2021-06-01T03:00:00Z",
                "terms_acknowledged_at": "2021-06-01T04:00:00Z",
                "premium_accounted": true
            }
        }"#
        .to_owned(),
        ..EvaluatePackRequest::default()
    };
    let answer = client.evaluate_pack(by(caller, asked)).await.unwrap();
    answer.into_inner().explanation.unwrap()
}

#[tokio::test]
async fn remedies_are_told_to_the_insurer_and_the_operator_and_to_no_partner() {
    for served in served().await {
        for inside in ["operator", "insurer"] {
            let told = explanation(&served, inside).await;
            let remedies: Vec<_> = told.findings.iter().flat_map(|it| &it.remedies).collect();
            let changes: Vec<_> = remedies.iter().map(|it| it.change.clone().unwrap()).collect();
            assert_eq!(
                changes,
                [
                    Change::NeededJson("\"2021-06-01T03:00:00Z\"".to_owned()),
                    Change::MissingEvidence("claim.hours_since_heartbeat".to_owned()),
                ],
                "{inside}"
            );
        }
        let outside = explanation(&served, "partner:ogs").await;
        assert!(outside.findings.iter().all(|finding| finding.remedies.is_empty()));
        // Nothing else differs.
        let inside = explanation(&served, "operator").await;
        let codes =
            |it: &Explanation| it.findings.iter().map(|f| f.code.clone()).collect::<Vec<_>>();
        assert_eq!((outside.outcome, codes(&outside)), (inside.outcome, codes(&inside)));
    }
}
