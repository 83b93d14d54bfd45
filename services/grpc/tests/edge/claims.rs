//! The life of claims, dated evidence and questions about cover, over a real socket.

use tasuki_core::certificate::{Certificate, CertificateDraft, CoveredItem, Evidence};
use tasuki_core::id::{SubscriptionId, TenantId};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_proto::catalog::v1::CoverAttachment;
use tasuki_proto::claim::v1 as claim;
use tasuki_proto::claim::v1::claim_service_client::ClaimServiceClient;
use tasuki_proto::cover::v1 as cover;
use tasuki_proto::cover::v1::cover_service_client::CoverServiceClient;
use tasuki_proto::google::r#type::{Date, Money};
use tasuki_proto::incident::v1::OpenIncidentRequest;
use tasuki_proto::incident::v1::incident_service_client::IncidentServiceClient;
use tasuki_proto::tenant::v1::partner_service_client::PartnerServiceClient;
use tasuki_proto::tenant::v1::tenant_service_client::TenantServiceClient;
use tasuki_proto::types::v1::{Cadence, DocumentFormat, LocalizedText, Outcome, Proration, Role};
use tasuki_store::{certificates, master_contracts};
use tonic::Code;
use tonic::transport::Channel;
use uuid::Uuid;

use super::{Served, by, partner, reason, served, tenant};

const INSURER: &str = "insurer";

/// 2021-03-09 10:20 in Japan.
const LOSS: i64 = 1_615_252_800;

fn yen(units: i64) -> Money {
    Money { currency_code: "JPY".to_owned(), units, nanos: 0 }
}

fn at(seconds: i64) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds, nanos: 0 }
}

fn text(word: &str) -> LocalizedText {
    LocalizedText { ja: word.to_owned(), en: word.to_owned() }
}

pub(crate) fn terms() -> cover::Terms {
    let part = cover::CoveragePart::OnSiteResponse;
    let limit =
        |code: &str, scope: cover::LimitScope, basis: cover::LimitBasis, amount| cover::Limit {
            code: code.to_owned(),
            scope: scope.into(),
            basis: basis.into(),
            amount: Some(yen(amount)),
            ..cover::Limit::default()
        };
    let (once, period) = (cover::LimitBasis::PerOccurrence, cover::LimitBasis::PerPeriod);
    cover::Terms {
        attachment: CoverAttachment::Automatic.into(),
        parts: vec![cover::PartTerms {
            part: part.into(),
            form: cover::BenefitForm::Either.into(),
            coinsurance_rate: "1".to_owned(),
            section: "costs".to_owned(),
            ..cover::PartTerms::default()
        }],
        limits: vec![
            limit("limit.occurrence", cover::LimitScope::Occurrence, once, 100_000),
            limit("limit.programme", cover::LimitScope::Programme, period, 5_000_000),
        ],
        loss_basis: cover::LossBasis::Occurrence.into(),
        premium: Some(cover::Premium {
            basis: cover::PremiumBasis::PerCertificate.into(),
            amount: Some(yen(80)),
            cadence: Cadence::Monthly.into(),
            payer: cover::PremiumPayer::Operator.into(),
            proration: Proration::Unspecified.into(),
            ..cover::Premium::default()
        }),
        packs: Some(cover::CoverPacks {
            cover: "evidence".to_owned(),
            trigger: "v1".to_owned(),
            exclusion: "v1".to_owned(),
            ..cover::CoverPacks::default()
        }),
        wording: Some(cover::Wording {
            title: Some(text("初動対応補償")),
            version: "2021.1".to_owned(),
            clauses: vec![cover::Clause {
                code: "exclusion.late_notice".to_owned(),
                clause: "免責条項 第7条（通知の遅延）".to_owned(),
                kind: cover::ClauseKind::Exclusion.into(),
                title: Some(text("通知の遅延")),
                text: Some(text("通知の遅延")),
                ..cover::Clause::default()
            }],
            ..cover::Wording::default()
        }),
        notice_days: 30,
        single_approval_up_to: Some(yen(100_000)),
        authorities: vec![
            cover::ApprovalAuthority { role: Role::Operator.into(), up_to: Some(yen(10_000)) },
            cover::ApprovalAuthority { role: Role::Insurer.into(), up_to: None },
        ],
        ..cover::Terms::default()
    }
}

/// A tenant with a certificate, and the clients of whoever asks.
struct Covered {
    tenant_id: String,
    contract_id: String,
    certificate_id: String,
    claims: ClaimServiceClient<Channel>,
    incidents: IncidentServiceClient<Channel>,
    covers: CoverServiceClient<Channel>,
    n: u32,
}

async fn covered(served: &Served) -> Covered {
    let mut partners = PartnerServiceClient::new(served.channel.clone());
    let made = partners.create_partner(by("operator", partner("r1", "ogs", "OGS"))).await;
    let holder_partner_id = made.unwrap().into_inner().partner.unwrap().id;
    let mut tenants = TenantServiceClient::new(served.channel.clone());
    let made = tenants.create_tenant(by("partner:ogs", tenant("t1", "比嘉商店"))).await.unwrap();
    let tenant_id = made.into_inner().tenant.unwrap().id;
    let mut covers = CoverServiceClient::new(served.channel.clone());
    let new = cover::CreateMasterContractRequest {
        request_id: "c1".to_owned(),
        code: "first-response-2021".to_owned(),
        insurer_id: format!("ins_{}", Uuid::from_u128(9)),
        holder_partner_id,
        period: Some(cover::ContractPeriod {
            starts_on: Some(Date { year: 2021, month: 2, day: 1 }),
            ends_on: Some(Date { year: 2022, month: 2, day: 1 }),
            zone: "Asia/Tokyo".to_owned(),
            ..cover::ContractPeriod::default()
        }),
        terms: Some(terms()),
        ..cover::CreateMasterContractRequest::default()
    };
    let made = covers.create_master_contract(by("operator", new)).await.unwrap();
    let contract_id = made.into_inner().master_contract.unwrap().id;
    let certificate_id = issue(served, &tenant_id, &contract_id).await;
    let claims = ClaimServiceClient::new(served.channel.clone());
    let incidents = IncidentServiceClient::new(served.channel.clone());
    Covered { tenant_id, contract_id, certificate_id, claims, incidents, covers, n: 0 }
}

async fn issue(served: &Served, tenant_id: &str, contract_id: &str) -> String {
    let tx = served.ctx.store.begin().await.unwrap();
    let contract = master_contracts::get(&tx, contract_id.parse().unwrap()).await.unwrap().unwrap();
    let from: Timestamp = "2021-01-31T15:00:00Z".parse().unwrap();
    let draft = CertificateDraft {
        id: served.ctx.ids.next(),
        tenant_id: tenant_id.parse::<TenantId>().unwrap(),
        number: "CRT-000001".to_owned(),
        master_contract_id: contract.contract.id,
        subscription_id: SubscriptionId::from(Uuid::from_u128(5)),
        contract_period: contract.contract.in_force,
    };
    let item = CoveredItem {
        item_id: served.ctx.ids.next(),
        service: Service::Utm,
        starts_at: from,
        ends_at: None,
        evidence: Evidence { kind: "item_active".to_owned(), id: "evd".to_owned() },
    };
    let (certificate, _) = Certificate::issue(draft, from).carry(item, from).unwrap();
    certificates::insert(&tx, &certificate).await.unwrap();
    tx.commit().await.unwrap();
    certificate.id.to_string()
}

impl Covered {
    fn id(&mut self) -> String {
        self.n += 1;
        format!("r-{}", self.n)
    }

    /// A loss from an enquiry, which nobody has confirmed.
    async fn notified(&mut self, loss_at: i64) -> claim::Claim {
        let enquiry = OpenIncidentRequest {
            request_id: self.id(),
            tenant_id: self.tenant_id.clone(),
            symptom_key: format!("symptom-{}", self.n),
            description: "画面が動かない".to_owned(),
            noticed_at: Some(at(loss_at)),
            ..OpenIncidentRequest::default()
        };
        let opened = self.incidents.open_incident(by("operator", enquiry)).await.unwrap();
        let incident_id = opened.into_inner().incident.unwrap().id;
        let item = claim::LossItem {
            part: cover::CoveragePart::OnSiteResponse.into(),
            claimed: Some(yen(60_000)),
            form: cover::BenefitForm::Money.into(),
            payee: Some(claim::Payee {
                kind: claim::PayeeKind::Tenant.into(),
                ..claim::Payee::default()
            }),
            ..claim::LossItem::default()
        };
        let notice = claim::NotifyLossRequest {
            request_id: self.id(),
            tenant_id: self.tenant_id.clone(),
            incident_id,
            description: "ウイルス感染".to_owned(),
            cause: claim::LossCause::Malware.into(),
            loss_at: Some(at(loss_at)),
            loss_items: vec![item],
            ..claim::NotifyLossRequest::default()
        };
        let answer = self.claims.notify_loss(by("operator", notice)).await.unwrap();
        answer.into_inner().claim.unwrap()
    }

    fn assess(&mut self, of: &claim::Claim) -> claim::AssessClaimRequest {
        claim::AssessClaimRequest {
            request_id: self.id(),
            tenant_id: self.tenant_id.clone(),
            claim_id: of.id.clone(),
            ..claim::AssessClaimRequest::default()
        }
    }

    async fn assessed(&mut self, of: &claim::Claim) -> claim::Claim {
        let asked = self.assess(of);
        let answer = self.claims.assess_claim(by(INSURER, asked)).await.unwrap();
        answer.into_inner().claim.unwrap()
    }

    async fn decided(
        &mut self,
        of: &claim::Claim,
        (who, verdict): (&str, claim::ClaimVerdict),
    ) -> claim::Claim {
        let asked = claim::DecideClaimRequest {
            request_id: self.id(),
            tenant_id: self.tenant_id.clone(),
            claim_id: of.id.clone(),
            verdict: verdict.into(),
            reason: "確認済み".to_owned(),
            etag: of.etag.clone(),
            ..claim::DecideClaimRequest::default()
        };
        let answer = self.claims.decide_claim(by(who, asked)).await.unwrap();
        answer.into_inner().claim.unwrap()
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story from its beginning to its end")]
async fn a_claim_is_notified_looked_into_referred_paid_closed_and_taken_up_again() {
    for served in served().await {
        let mut of = covered(&served).await;
        let notified = of.notified(LOSS).await;
        assert_eq!(
            (notified.number.as_str(), notified.state()),
            ("CLM-000001", claim::ClaimState::Notified)
        );
        assert_eq!(notified.certificate_id, of.certificate_id);

        let document = claim::AddDocumentRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: notified.id.clone(),
            kind: "work_report".to_owned(),
            title: "作業報告書".to_owned(),
            uri: "https://files.example/1".to_owned(),
            hash: format!("sha256:{}", "0".repeat(64)),
            ..claim::AddDocumentRequest::default()
        };
        let added = of.claims.add_document(by("operator", document)).await.unwrap().into_inner();
        assert_eq!(added.document.unwrap().kind, "work_report");
        let question = claim::RequestInformationRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: notified.id.clone(),
            question: Some(text("請求書をください")),
            document_kinds: vec!["invoice".to_owned()],
            ..claim::RequestInformationRequest::default()
        };
        let wanted = of.claims.request_information(by(INSURER, question)).await.unwrap();
        let wanted = wanted.into_inner().claim.unwrap();
        assert_eq!(wanted.state(), claim::ClaimState::InformationWanted);
        let reserve = claim::SetReserveRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: notified.id.clone(),
            amount: Some(yen(50_000)),
            reason: "見積".to_owned(),
            ..claim::SetReserveRequest::default()
        };
        assert!(of.claims.set_reserve(by(INSURER, reserve)).await.is_ok());

        let mut only_asked = of.assess(&notified);
        only_asked.known_at = Some(at(LOSS));
        let refused = of.claims.assess_claim(by(INSURER, only_asked.clone())).await.unwrap_err();
        assert_eq!(reason(&refused), "REQUEST_INVALID", "what is recorded is what is known now");
        only_asked.validate_only = true;
        only_asked.known_at = Some(at(1_700_000_000));
        let looked = of.claims.assess_claim(by(INSURER, only_asked)).await.unwrap().into_inner();
        assert_eq!(looked.assessment.unwrap().outcome(), claim::ClaimOutcome::Referred);
        let assessed = of.assessed(&notified).await;
        assert_eq!(assessed.state(), claim::ClaimState::Decided);
        let held = assessed.assessments.last().unwrap();
        let [part] = held.parts.as_slice() else { panic!("one part: {:?}", held.parts) };
        assert_eq!(part.part(), cover::CoveragePart::OnSiteResponse);
        assert_eq!(part.outcome(), claim::ClaimOutcome::Referred);
        let said: Vec<_> = held.explanations.iter().map(|it| it.decision_id.clone()).collect();
        assert_eq!(part.decision_ids, said, "an outsider finds which answer is about what");

        let referred = of.decided(&assessed, ("operator", claim::ClaimVerdict::Approve)).await;
        let last = referred.decisions.last().unwrap();
        assert_eq!(last.verdict(), claim::ClaimVerdict::Refer);
        assert_eq!(last.beyond_authority, Some(yen(60_000)));
        assert_eq!(last.referred_to, [i32::from(Role::Insurer)]);
        let approved = of.decided(&referred, (INSURER, claim::ClaimVerdict::Approve)).await;
        assert_eq!(approved.state(), claim::ClaimState::Approved);
        let payment = claim::RecordClaimPaymentRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: approved.id.clone(),
            payee: Some(claim::Payee {
                kind: claim::PayeeKind::Tenant.into(),
                ..claim::Payee::default()
            }),
            shares: vec![claim::PaymentShare { loss_item_number: 1, amount: Some(yen(60_000)) }],
            form: cover::BenefitForm::Money.into(),
            paid_on: Some(Date { year: 2021, month: 4, day: 1 }),
            ..claim::RecordClaimPaymentRequest::default()
        };
        let paid = of.claims.record_claim_payment(by(INSURER, payment)).await.unwrap().into_inner();
        assert_eq!(paid.claim.unwrap().state(), claim::ClaimState::Paid);
        let back = claim::RecordRecoveryRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: approved.id.clone(),
            source: claim::RecoverySource::Repayment.into(),
            amount: Some(yen(10_000)),
            received_on: Some(Date { year: 2021, month: 4, day: 1 }),
            restores_limits: true,
            ..claim::RecordRecoveryRequest::default()
        };
        assert!(of.claims.record_recovery(by(INSURER, back)).await.is_ok());
        let close = claim::CloseClaimRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: approved.id.clone(),
            ..claim::CloseClaimRequest::default()
        };
        let closed = of.claims.close_claim(by(INSURER, close)).await.unwrap().into_inner();
        let closed = closed.claim.unwrap();
        assert_eq!(closed.state(), claim::ClaimState::Closed);
        let reopen = claim::ReopenClaimRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: approved.id.clone(),
            reason: "新しい請求書".to_owned(),
            etag: closed.etag,
        };
        let open = of.claims.reopen_claim(by(INSURER, reopen)).await.unwrap().into_inner();
        assert_eq!(open.claim.unwrap().state(), claim::ClaimState::UnderAssessment);

        let letter = claim::GetClaimLetterRequest {
            tenant_id: of.tenant_id.clone(),
            claim_id: approved.id.clone(),
            kind: claim::LetterKind::Payment.into(),
            format: DocumentFormat::Html.into(),
            ..claim::GetClaimLetterRequest::default()
        };
        let letter = of.claims.get_claim_letter(by("operator", letter)).await.unwrap().into_inner();
        assert!(!letter.letter.unwrap().paragraphs.is_empty());
        assert!(letter.document.unwrap().content.starts_with(b"<!"));
        let question = cover::GetLimitsRequest {
            master_contract_id: of.contract_id.clone(),
            ..cover::GetLimitsRequest::default()
        };
        let limits = of.covers.get_limits(by(INSURER, question)).await.unwrap().into_inner().limits;
        assert_eq!(limits.first().unwrap().used, Some(yen(50_000)), "what came back is not used");
    }
}

#[tokio::test]
async fn a_denial_is_appealed_and_a_claim_is_taken_back() {
    for served in served().await {
        let mut of = covered(&served).await;
        let notified = of.notified(LOSS).await;
        let assessed = of.assessed(&notified).await;
        let denied = of.decided(&assessed, (INSURER, claim::ClaimVerdict::Deny)).await;
        assert_eq!(denied.state(), claim::ClaimState::Denied);
        let appeal = claim::AppealClaimRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: denied.id.clone(),
            grounds: "期限内に通知しました".to_owned(),
            ..claim::AppealClaimRequest::default()
        };
        let appealed = of.claims.appeal_claim(by("operator", appeal)).await.unwrap().into_inner();
        assert_eq!(appealed.claim.unwrap().state(), claim::ClaimState::UnderAppeal);

        let other = of.notified(LOSS + 60).await;
        let back = claim::WithdrawClaimRequest {
            request_id: of.id(),
            tenant_id: of.tenant_id.clone(),
            claim_id: other.id.clone(),
            reason: "自社で対応".to_owned(),
            ..claim::WithdrawClaimRequest::default()
        };
        let gone = of.claims.withdraw_claim(by("operator", back)).await.unwrap().into_inner();
        assert_eq!(gone.claim.unwrap().state(), claim::ClaimState::Withdrawn);
        let list = claim::ListClaimsRequest {
            tenant_id: of.tenant_id.clone(),
            states: vec![claim::ClaimState::Withdrawn.into()],
            ..claim::ListClaimsRequest::default()
        };
        let listed = of.claims.list_claims(by(INSURER, list)).await.unwrap().into_inner().claims;
        let ids: Vec<&str> = listed.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, [other.id.as_str()]);
        let get = claim::GetClaimRequest { tenant_id: of.tenant_id.clone(), claim_id: other.id };
        let read = of.claims.get_claim(by(INSURER, get)).await.unwrap().into_inner();
        assert_eq!(read.claim.unwrap(), listed[0]);
    }
}

fn evidence(of: &mut Covered, n_behind: i32) -> cover::RecordEvidenceRequest {
    let version = cover::AgentVersion { version: "7.2".to_owned(), n_behind };
    cover::RecordEvidenceRequest {
        request_id: of.id(),
        tenant_id: of.tenant_id.clone(),
        observed_at: Some(at(LOSS)),
        value: Some(cover::EvidenceValue {
            value: Some(cover::evidence_value::Value::AgentVersion(version)),
        }),
        ..cover::RecordEvidenceRequest::default()
    }
}

#[tokio::test]
async fn evidence_is_recorded_listed_and_counts_for_answers() {
    for served in served().await {
        let mut of = covered(&served).await;
        let asked = evidence(&mut of, 2);
        let first = of.covers.record_evidence(by("operator", asked.clone())).await.unwrap();
        let again = of.covers.record_evidence(by("operator", asked)).await.unwrap();
        let first = first.into_inner().evidence.unwrap();
        assert_eq!(again.into_inner().evidence.unwrap(), first, "a repeat of the call");
        assert_eq!(first.kind(), cover::EvidenceKind::AgentVersion);
        let list = cover::ListEvidenceRequest {
            tenant_id: of.tenant_id.clone(),
            kinds: vec![cover::EvidenceKind::AgentVersion.into()],
            ..cover::ListEvidenceRequest::default()
        };
        let listed = of.covers.list_evidence(by(INSURER, list)).await.unwrap().into_inner();
        assert_eq!(listed.evidence, [first]);
        let empty = cover::RecordEvidenceRequest { value: None, ..evidence(&mut of, 0) };
        let refused = of.covers.record_evidence(by("operator", empty)).await.unwrap_err();
        assert_eq!(reason(&refused), "REQUEST_INVALID");
        let refused = evidence(&mut of, 0);
        let refused = of.covers.record_evidence(by("partner:ogs", refused)).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
}

#[tokio::test]
async fn a_batch_answers_each_question_by_itself() {
    for served in served().await {
        let mut of = covered(&served).await;
        let seen = evidence(&mut of, 2);
        of.covers.record_evidence(by("operator", seen)).await.unwrap();
        let question = |tenant_id: &str| cover::EvaluateEligibilityRequest {
            validate_only: true,
            as_of: Some(at(LOSS + 60)),
            subject: Some(cover::evaluate_eligibility_request::Subject::Recorded(
                cover::RecordedSubject {
                    tenant_id: tenant_id.to_owned(),
                    ..cover::RecordedSubject::default()
                },
            )),
            ..cover::EvaluateEligibilityRequest::default()
        };
        let unknown = format!("ten_{}", Uuid::from_u128(77));
        let recorded =
            cover::EvaluateEligibilityRequest { validate_only: false, ..question(&of.tenant_id) };
        let kept =
            cover::EvaluateEligibilityRequest { request_id: "q-1".to_owned(), ..recorded.clone() };
        let known = cover::EvaluateEligibilityRequest {
            known_at: Some(at(LOSS)),
            ..question(&of.tenant_id)
        };
        let batch = cover::BatchEvaluateEligibilityRequest {
            questions: vec![
                question(&of.tenant_id),
                question(&unknown),
                question("no id"),
                recorded,
                kept.clone(),
                known,
            ],
        };
        let results = of.covers.batch_evaluate_eligibility(by(INSURER, batch)).await.unwrap();
        let results = results.into_inner().results;
        let reasons: Vec<&str> = results.iter().map(|it| it.reason.as_str()).collect();
        let invalid = "REQUEST_INVALID";
        assert_eq!(reasons, ["", "TENANT_NOT_FOUND", invalid, invalid, "", ""]);
        let answers: Vec<_> = results.into_iter().filter_map(|it| it.answer).collect();
        let outcomes: Vec<Outcome> =
            answers.iter().map(cover::EvaluateEligibilityResponse::outcome).collect();
        assert_eq!(outcomes, [Outcome::NotSatisfied, Outcome::NotSatisfied, Outcome::Undetermined]);
        let single = of.covers.evaluate_eligibility(by(INSURER, kept)).await.unwrap().into_inner();
        assert_eq!(single, answers[1], "the same question by itself is a repeat");

        let none = cover::BatchEvaluateEligibilityRequest::default();
        let refused = of.covers.batch_evaluate_eligibility(by(INSURER, none)).await.unwrap_err();
        assert_eq!(reason(&refused), "REQUEST_INVALID");
    }
}
