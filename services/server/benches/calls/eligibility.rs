//! `EvaluateEligibility` of supposed facts: three packs with seventeen conditions, four reasons why not.

use tasuki_proto::catalog::v1::CoverAttachment;
use tasuki_proto::cover::v1 as cover;
use tasuki_proto::cover::v1::cover_service_client::CoverServiceClient;
use tasuki_proto::cover::v1::evaluate_eligibility_request::Subject;
use tasuki_proto::google::r#type as google;
use tasuki_proto::tenant::v1 as tenant;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::types::v1 as types;
use tonic::transport::Channel;

use crate::served::Process;
use crate::{Way, compare};

/// What is supposed: a loss with four things against it.
const FACTS: [(&str, &str); 19] = [
    ("claim.certificate_in_force", "true"),
    ("claim.terms_acknowledged_at", "\"2021-01-01T00:00:00Z\""),
    ("claim.premium_accounted", "true"),
    ("claim.hours_since_heartbeat", "100"),
    ("claim.has_incident", "true"),
    ("claim.soc_confirmed", "true"),
    ("claim.work_by_operator", "false"),
    ("claim.amount_yen", "48000"),
    ("claim.intentional", "false"),
    ("claim.war", "false"),
    ("claim.known_before_cover", "false"),
    ("claim.item_active_at_loss", "true"),
    ("claim.bypass_active", "true"),
    ("claim.bypass_approved", "false"),
    ("claim.critical_findings_open_days", "10"),
    ("claim.finding_caused_loss", "false"),
    ("claim.days_to_notice", "45"),
    ("claim.included_in_service", "false"),
    ("claim.limit_left_yen", "1000000"),
];

/// Measures and prints.
pub(crate) async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let bare = Process::bare();
    let tasuki = Process::tasuki(folder.path());
    let contract = contract(tasuki.channel().await).await;
    let asked = question(contract.clone(), true, 0);
    let answer = check(tasuki.channel().await, asked).await;
    let bare_with_answer = Process::bare_with(folder.path(), &answer);

    let on_postgres = Process::tasuki_on_postgres(folder.path());
    let its_contract = match &on_postgres {
        Some(server) => self::contract(server.channel().await).await,
        None => String::new(),
    };

    let way = |name, most, server, (only_ask, contract): (bool, &String)| {
        let contract = contract.clone();
        Way {
            name,
            most,
            least: None,
            server,
            call: Box::new(move |channel, n| {
                let asked = question(contract.clone(), only_ask, n);
                Box::pin(async move {
                    CoverServiceClient::new(channel).evaluate_eligibility(asked).await.unwrap();
                })
            }),
        }
    };
    let bytes = prost::Message::encoded_len(&answer);
    let title = format!("EvaluateEligibility, an answer of {bytes} bytes");
    let (ask, record) = ((true, &contract), (false, &contract));
    let mut ways = vec![
        way("bare call of tonic, decodes the request", None, &bare, ask),
        way("bare call that gives the very same answer", None, &bare_with_answer, ask),
        way("answered with all reasons", Some(2.5), &tasuki, ask),
        way("and put on record, chained", Some(6.0), &tasuki, record),
    ];
    if let Some(server) = &on_postgres {
        // What the database itself spends is not counted here.
        ways.push(way(
            "and put on record in PostgreSQL",
            Some(6.0),
            server,
            (false, &its_contract),
        ));
    }
    compare(&title, ways).await;
}

fn question(contract: String, only_ask: bool, n: usize) -> cover::EvaluateEligibilityRequest {
    let fact = |(path, value): &(&str, &str)| cover::SuppliedFact {
        path: (*path).to_owned(),
        value_json: (*value).to_owned(),
        ..Default::default()
    };
    cover::EvaluateEligibilityRequest {
        request_id: if only_ask { String::new() } else { format!("question-{n}") },
        validate_only: only_ask,
        subject: Some(Subject::Hypothetical(cover::HypotheticalSubject {
            master_contract_id: contract,
            facts: FACTS.iter().map(fact).collect(),
        })),
        parts: vec![cover::CoveragePart::VirusRemoval.into()],
        as_of: Some(prost_types::Timestamp { seconds: 1_622_505_600, nanos: 0 }),
        known_at: None,
        include_remedies: false,
    }
}

/// Each of the four reasons has to be there: a server that looked away would be quick.
async fn check(
    channel: Channel,
    asked: cover::EvaluateEligibilityRequest,
) -> cover::EvaluateEligibilityResponse {
    let answer = CoverServiceClient::new(channel).evaluate_eligibility(asked).await.unwrap();
    let answer = answer.into_inner();
    let codes = answer.parts.first().map(|part| part.codes.clone()).unwrap_or_default();
    assert_eq!(codes.len(), 4, "{codes:?}");
    answer
}

/// Records an operator and an insurer's contract with it.
async fn contract(channel: Channel) -> String {
    let partner = tenant::CreatePartnerRequest {
        request_id: "bench.partner".to_owned(),
        code: "ogs".to_owned(),
        name: "Okinawa Global Systems".to_owned(),
        kind: tenant::PartnerKind::Operator.into(),
        ..Default::default()
    };
    let answer = PartnerServiceClient::new(channel.clone()).create_partner(partner).await.unwrap();
    let operator = answer.into_inner().partner.unwrap_or_default().id;
    let asked = cover::CreateMasterContractRequest {
        request_id: "bench.contract".to_owned(),
        validate_only: false,
        code: "bench".to_owned(),
        insurer_id: "ins_00000000-0000-7000-8000-000000000001".to_owned(),
        holder_partner_id: operator,
        period: Some(cover::ContractPeriod {
            starts_on: Some(google::Date { year: 2021, month: 1, day: 1 }),
            ends_on: Some(google::Date { year: 2022, month: 1, day: 1 }),
            boundary_hour: 0,
            zone: "Asia/Tokyo".to_owned(),
            starts_at: None,
            ends_at: None,
        }),
        terms: Some(terms()),
    };
    let answer = CoverServiceClient::new(channel).create_master_contract(asked).await.unwrap();
    answer.into_inner().master_contract.unwrap_or_default().id
}

fn terms() -> cover::Terms {
    let text =
        |ja: &str, en: &str| Some(types::LocalizedText { ja: ja.to_owned(), en: en.to_owned() });
    let part = cover::CoveragePart::VirusRemoval;
    cover::Terms {
        attachment: CoverAttachment::Automatic.into(),
        territories: vec!["JP".to_owned()],
        parts: vec![cover::PartTerms {
            part: part.into(),
            form: cover::BenefitForm::Either.into(),
            coinsurance_rate: "1".to_owned(),
            deductible: Some(yen(0)),
            section: "costs".to_owned(),
            clause: "第5条".to_owned(),
            ..Default::default()
        }],
        limits: vec![cover::Limit {
            code: "limit.programme".to_owned(),
            scope: cover::LimitScope::Programme.into(),
            basis: cover::LimitBasis::PerPeriod.into(),
            parts: Vec::new(),
            amount: Some(yen(100_000_000)),
            reinstatement_rates: Vec::new(),
            clause: "第8条".to_owned(),
        }],
        loss_basis: cover::LossBasis::Occurrence.into(),
        retroactive_from: None,
        stacking: cover::Stacking::PerCertificate.into(),
        premium: Some(cover::Premium {
            basis: cover::PremiumBasis::PerCertificate.into(),
            amount: Some(yen(300)),
            rate: String::new(),
            cadence: types::Cadence::Monthly.into(),
            payer: cover::PremiumPayer::Operator.into(),
            proration: types::Proration::None.into(),
        }),
        packs: Some(cover::CoverPacks {
            eligibility: String::new(),
            cover: "v1".to_owned(),
            trigger: "v1".to_owned(),
            exclusion: "v1".to_owned(),
            payable: "v1".to_owned(),
        }),
        wording: Some(cover::Wording {
            title: text("条項", "wording"),
            version: "2021.1".to_owned(),
            clauses: vec![cover::Clause {
                code: "trigger.part".to_owned(),
                clause: "第5条".to_owned(),
                kind: cover::ClauseKind::Trigger.into(),
                title: text("補償の範囲", "what is covered"),
                text: text("初動対応を補償する", "the first response is covered"),
                ..Default::default()
            }],
            ..Default::default()
        }),
        notice_days: 30,
        single_approval_up_to: Some(yen(100_000)),
        authorities: vec![],
    }
}

fn yen(amount: i64) -> google::Money {
    google::Money { currency_code: "JPY".to_owned(), units: amount, nanos: 0 }
}
