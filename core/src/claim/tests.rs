use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::benefit::payable;
use crate::decision::{Explanation, Finding, Occasion, PackKind, PackVersion};
use crate::id::DecisionId;
use crate::master_contract::tests::draft as contract_draft;
use crate::master_contract::{Acknowledgement, MasterContract};
use crate::party::Role;
use crate::reason::Reason;
use crate::text::Text;
use crate::time::Zone;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn now() -> Timestamp {
    at("2021-06-02T01:00:00Z")
}

fn person(name: &str) -> Actor {
    Actor { subject: format!("token:{name}"), role: Role::Insurer, partner_id: None }
}

fn yen(yen: i64) -> Money {
    Money::jpy(yen)
}

fn approve(amount: i64) -> Ruling {
    Ruling::Approve { payable: yen(amount) }
}

fn deny() -> Ruling {
    Ruling::Deny { clauses: vec!["exclusion.urgent_finding".to_owned()] }
}

fn decide(ruling: Ruling, name: &str, consent: Consent) -> ClaimCommand {
    ClaimCommand::Decide { ruling, by: person(name), consent }
}

fn states() -> Vec<(&'static str, ClaimState)> {
    let proposed = |barred| ClaimState::Proposed {
        ruling: approve(100),
        proposed_by: person("first"),
        barred,
        proposed_at: now(),
    };
    let approved = |paid| ClaimState::Approved {
        payable: yen(100),
        paid: yen(paid),
        approved_by: vec![person("first")],
        approved_at: now(),
    };
    vec![
        ("draft", ClaimState::Draft),
        ("notified", ClaimState::Notified { notified_at: now() }),
        ("under_assessment", ClaimState::UnderAssessment { since: now() }),
        ("information_wanted", ClaimState::InformationWanted { since: now(), wanted: vec![] }),
        ("decided", ClaimState::Decided { outcome: ClaimOutcome::Eligible, decided_at: now() }),
        ("proposed by first", proposed(vec![])),
        ("proposed by first, second barred", proposed(vec![person("second")])),
        ("approved", approved(0)),
        ("approved, paid in part", approved(40)),
        (
            "denied by first",
            ClaimState::Denied {
                denied_by: vec![person("first")],
                clauses: vec![],
                denied_at: now(),
            },
        ),
        (
            "under_appeal, denied by first",
            ClaimState::UnderAppeal {
                denied_by: vec![person("first")],
                grounds: String::new(),
                appealed_at: now(),
            },
        ),
        ("paid", ClaimState::Paid { paid: yen(100), paid_at: now() }),
        ("closed", ClaimState::Closed { closed_at: now() }),
        ("withdrawn", ClaimState::Withdrawn { withdrawn_at: now() }),
    ]
}

fn commands() -> Vec<(&'static str, ClaimCommand)> {
    use Consent::{OnePerson, TwoPersons};
    vec![
        ("submit", ClaimCommand::Submit),
        ("assess", ClaimCommand::Assess),
        ("ask_for_information", ClaimCommand::AskForInformation { wanted: vec![] }),
        ("receive_information", ClaimCommand::ReceiveInformation),
        ("conclude", ClaimCommand::Conclude { outcome: ClaimOutcome::Referred }),
        ("approve 100 by first", decide(approve(100), "first", OnePerson)),
        ("approve 100 by second of two", decide(approve(100), "second", TwoPersons)),
        ("approve 90 by second of two", decide(approve(90), "second", TwoPersons)),
        ("approve 100 by third of two", decide(approve(100), "third", TwoPersons)),
        ("deny by first", decide(deny(), "first", OnePerson)),
        ("deny by third of two", decide(deny(), "third", TwoPersons)),
        ("refer by third of two", decide(Ruling::Refer, "third", TwoPersons)),
        ("appeal", ClaimCommand::Appeal { grounds: String::new() }),
        ("record_payment 60", ClaimCommand::RecordPayment { paid: yen(60) }),
        ("record_payment 100", ClaimCommand::RecordPayment { paid: yen(100) }),
        ("close", ClaimCommand::Close),
        ("expire", ClaimCommand::Expire),
        ("reopen", ClaimCommand::Reopen),
        ("withdraw", ClaimCommand::Withdraw),
    ]
}

#[test]
fn the_whole_table() {
    let mut table = Vec::new();
    for (name, state) in states() {
        for (command_name, command) in commands() {
            let answer = match state.step(&command, now()) {
                Ok((next, event)) => format!("{} · {}", next.phase().as_str(), event.topic()),
                Err(refused) => format!("refused {}", refused.reason.code()),
            };
            table.push(format!("{name} × {command_name}: {answer}"));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn one_policy_against_a_part_decides_and_a_gap_refers_the_claim() {
    use ClaimOutcome::{Eligible, NotEligible, Referred};
    use Outcome::{NotSatisfied as No, Satisfied as Yes, Undetermined as Unknown};
    assert_eq!(outcome_of_part([Yes, Yes]), Eligible);
    assert_eq!(outcome_of_part([Yes, Unknown]), Referred);
    assert_eq!(outcome_of_part([Unknown, No]), NotEligible);
    assert_eq!(outcome_of_part([No, Unknown]), NotEligible);
    assert_eq!(outcome_of_claim([Eligible, NotEligible]), Eligible);
    assert_eq!(outcome_of_claim([NotEligible, Referred, Eligible]), Referred);
    assert_eq!(outcome_of_claim([NotEligible, NotEligible]), NotEligible);
    assert_eq!(outcome_of_claim([]), NotEligible);
}

fn contract() -> MasterContract {
    let id = MasterContractId::from(Uuid::from_u128(9));
    MasterContract::new(id, contract_draft(), at("2021-03-01T00:00:00Z")).unwrap()
}

fn item(number: u32, part: CoveragePart, amount: i64) -> ClaimedItem {
    ClaimedItem {
        number,
        part,
        description: String::new(),
        claimed: yen(amount),
        assessed: None,
        form: BenefitForm::InKind,
        payee: Payee::Tenant,
        work_number: None,
        evidence_ids: vec![],
        interruption: None,
    }
}

fn notified() -> Claim {
    Claim {
        id: ClaimId::from(Uuid::from_u128(1)),
        tenant_id: TenantId::from(Uuid::from_u128(2)),
        number: "CLM-000001".to_owned(),
        certificate_id: Some(CertificateId::from(Uuid::from_u128(3))),
        master_contract_id: contract().id,
        contract_version: 1,
        incident_id: Some(IncidentId::from(Uuid::from_u128(4))),
        description: "PC 1 台がウイルスに感染".to_owned(),
        cause: Some(LossCause::Malware),
        loss_at: at("2021-05-31T23:30:00Z"),
        discovered_at: at("2021-06-01T00:00:00Z"),
        claimed_at: None,
        site_code: None,
        notified_at: now(),
        notified_by: person("operator"),
        on_behalf_of_tenant: true,
        language: Language::Ja,
        items: vec![
            item(1, CoveragePart::OnSiteResponse, 165_000),
            item(2, CoveragePart::VirusRemoval, 30_000),
        ],
        possible_duplicates: vec![],
        state: ClaimState::Notified { notified_at: now() },
        assessments: vec![],
        decisions: vec![],
        approved: None,
        payments: vec![],
        transitions: vec![],
        file: ClaimFile::default(),
    }
}

fn assessed(outcome: ClaimOutcome) -> Claim {
    let terms = contract().terms;
    let mut claim = notified();
    let loss = claim.loss_items(|_| Standing::Covered);
    let benefit = payable(&loss, &(&terms).into(), &BTreeMap::new()).unwrap();
    claim.assessments.push(Assessment {
        number: 1,
        outcome,
        parts: BTreeMap::new(),
        decisions: vec![],
        payable_with_fresh_limits: benefit.total,
        benefit,
        loss_at: claim.loss_at,
        assessed_at: now(),
        assessed_by: person("handler"),
    });
    claim.state = ClaimState::Decided { outcome, decided_at: now() };
    claim
}

fn says(claim: &Claim, name: &str, ruling: Ruling) -> Result<Claim, Refused> {
    let word = PersonWord { ruling, by: person(name), reason: "checked".to_owned() };
    claim.decide(&word, &contract().terms, now()).map(|(claim, _)| claim)
}

#[test]
fn an_amount_above_the_authority_of_one_needs_the_same_word_from_another() {
    let claim = assessed(ClaimOutcome::Eligible);
    let total = claim.assessment().unwrap().benefit.total.amount();
    assert_eq!(total, 130_000);
    let proposed = says(&claim, "first", approve(total)).unwrap();
    assert_eq!(proposed.state.phase(), ClaimPhase::Decided);
    assert!(!proposed.decisions[0].complete);
    let same = says(&proposed, "first", approve(total)).unwrap_err();
    assert_eq!(same.reason, Reason::SecondPersonNeeded);
    let done = says(&proposed, "second", approve(total)).unwrap();
    assert_eq!(done.state.phase(), ClaimPhase::Approved);
    assert_eq!(done.decisions.len(), 1);
    assert_eq!(done.decisions[0].confirmed_by, Some(person("second")));
    assert!(done.decisions[0].complete && !done.decisions[0].overrides_assessment);
}

#[test]
fn what_differs_from_the_assessment_needs_two_however_small() {
    let eligible = assessed(ClaimOutcome::Eligible);
    assert!(says(&eligible, "first", approve(1)).unwrap().decisions[0].overrides_assessment);
    let refused = assessed(ClaimOutcome::NotEligible);
    let proposed = says(&refused, "first", approve(50_000)).unwrap();
    assert_eq!(proposed.state.phase(), ClaimPhase::Decided);
    let denied = says(&refused, "first", deny()).unwrap();
    assert_eq!(denied.state.phase(), ClaimPhase::Denied);
    let against = says(&eligible, "first", deny()).unwrap();
    assert_eq!(against.state.phase(), ClaimPhase::Decided);
    let referred = assessed(ClaimOutcome::Referred);
    assert_eq!(says(&referred, "first", deny()).unwrap().state.phase(), ClaimPhase::Denied);
}

#[test]
fn an_appeal_is_decided_by_nobody_who_denied() {
    let claim = says(&assessed(ClaimOutcome::NotEligible), "first", deny()).unwrap();
    let appeal = ClaimCommand::Appeal { grounds: "the UTM was on".to_owned() };
    let (appealed, _) = claim.step(&appeal, &person("customer"), "", now()).unwrap();
    assert!(says(&appealed, "first", approve(130_000)).is_err());
    let proposed = says(&appealed, "second", approve(130_000)).unwrap();
    assert!(says(&proposed, "first", approve(130_000)).is_err());
    let done = says(&proposed, "third", approve(130_000)).unwrap();
    assert_eq!(done.state.phase(), ClaimPhase::Approved);
}

fn decision(outcome: Outcome, clause: &str) -> Decision {
    let finding = Finding {
        code: "UTM_BYPASSED".to_owned(),
        outcome,
        message: Text::new(
            "事故のとき、承認のないバイパスがUTMに設定されていました。",
            "The UTM was bypassed without approval when the loss happened.",
        ),
        clause: Some(clause.to_owned()),
        expression: "!claim.bypass_active || claim.bypass_approved".to_owned(),
        facts: vec![],
        next_step: Some(Text::new(
            "承認の記録があればお送りください。",
            "Send us the record of the approval, if there is one.",
        )),
        remedies: vec![],
    };
    Decision::record(
        Occasion {
            id: DecisionId::from(Uuid::from_u128(5)),
            tenant_id: Some(TenantId::from(Uuid::from_u128(2))),
            subject: notified().id.to_string(),
            as_of: at("2021-05-31T23:30:00Z"),
            decided_at: now(),
            decided_by: person("system"),
        },
        PackVersion {
            kind: PackKind::Exclusion,
            name: "first-response".to_owned(),
            version: "2021.1".to_owned(),
            hash: format!("sha256:{}", "ab".repeat(32)),
            environment: "tasuki-policies/1".to_owned(),
        },
        json!({}),
        Explanation {
            outcome,
            summary: Text::default(),
            findings: if outcome == Outcome::Satisfied { vec![] } else { vec![finding] },
            outputs: vec![],
        },
    )
}

#[test]
fn a_no_that_rests_on_a_clause_nobody_was_shown_is_for_a_person() {
    let wording = contract().terms.wording;
    let loss_at = at("2021-05-31T23:30:00Z");
    let shown = |acknowledged_at: &str| Acknowledgement {
        code: "exclusion.unapproved_bypass".to_owned(),
        document_version: "2021.1".to_owned(),
        language: Language::Ja,
        shown_at: at(acknowledged_at),
        acknowledged_at: at(acknowledged_at),
        acknowledged_by: "比嘉".to_owned(),
    };
    let against = decision(Outcome::NotSatisfied, "第5条第2項");
    let judge = |acknowledgements: &[Acknowledgement]| {
        let acknowledged = Acknowledged { wording: &wording, acknowledgements, loss_at };
        let clauses = acknowledged.clauses_against(std::slice::from_ref(&against));
        (acknowledged.weight(&against), clauses)
    };
    assert_eq!(judge(&[]), (Outcome::Undetermined, vec![]));
    assert_eq!(judge(&[shown("2021-06-01T00:00:00Z")]), (Outcome::Undetermined, vec![]));
    let codes = vec!["exclusion.unapproved_bypass".to_owned()];
    assert_eq!(judge(&[shown("2021-04-01T00:00:00Z")]), (Outcome::NotSatisfied, codes));
}

fn written(claim: &Claim, decisions: &[Decision]) -> String {
    let letter = letter(&LetterFacts {
        claim,
        contract: &contract(),
        decisions,
        insured: "有限会社ひが食品",
        zone: &Zone::named(Zone::TOKYO).unwrap(),
    });
    let body = |pick: fn(&Text) -> &str| {
        let told = letter.paragraphs.iter().chain(&letter.next_step);
        let subject = std::iter::once(&letter.subject);
        subject.chain(told).map(pick).collect::<Vec<_>>().join("\n\n")
    };
    let cites: Vec<_> = letter.clauses.iter().map(|clause| clause.code.as_str()).collect();
    format!("{}\n\n----\n{}\n\n----\ncites {cites:?}", body(|t| &t.ja), body(|t| &t.en))
}

#[test]
fn a_denial_names_the_clause_the_next_step_and_the_way_to_appeal() {
    let claim = says(&assessed(ClaimOutcome::NotEligible), "handler", deny()).unwrap();
    insta::assert_snapshot!(written(&claim, &[decision(Outcome::NotSatisfied, "第5条第2項")]));
}

#[test]
fn an_approval_shows_every_step_to_the_amount() {
    let mut claim = assessed(ClaimOutcome::Eligible);
    claim = says(&claim, "first", approve(130_000)).unwrap();
    claim = says(&claim, "second", approve(130_000)).unwrap();
    insta::assert_snapshot!(written(&claim, &[decision(Outcome::Satisfied, "")]));
}

#[test]
fn the_same_incident_is_the_same_loss_until_it_is_withdrawn() {
    let first = notified();
    let other = at("2021-05-30T00:00:00Z");
    assert!(first.is_same_loss(first.incident_id, other));
    assert!(first.is_same_loss(None, first.loss_at));
    assert!(!first.is_same_loss(None, other));
    let withdraw = ClaimCommand::Withdraw;
    let withdrawn = first.step(&withdraw, &person("operator"), "", now()).unwrap().0;
    assert!(!withdrawn.is_same_loss(first.incident_id, first.loss_at));
}

#[test]
fn a_claim_survives_its_json_form() {
    let claim = says(&assessed(ClaimOutcome::Eligible), "first", approve(130_000)).unwrap();
    let text = serde_json::to_string(&claim).unwrap();
    assert_eq!(serde_json::from_str::<Claim>(&text).unwrap(), claim);
}

mod file {
    use super::*;
    use crate::time::Period;

    fn document(kind: &str, on: &str, answers: Option<u32>) -> ClaimDocument {
        ClaimDocument {
            number: 0,
            kind: kind.to_owned(),
            title: kind.to_owned(),
            uri: String::new(),
            hash: String::new(),
            received_on: on.parse().unwrap(),
            added_by: person("desk"),
            added_at: now(),
            answers_request: answers,
        }
    }

    fn tokyo() -> Zone {
        Zone::named(Zone::TOKYO).unwrap()
    }

    /// On-site response asks for a report, removal of malware for a report and an invoice.
    fn asking() -> crate::master_contract::CoverTerms {
        let mut terms = contract().terms;
        terms.parts[0].required_documents = vec!["work_report".to_owned()];
        terms.parts[1].required_documents = vec!["invoice".to_owned(), "work_report".to_owned()];
        terms
    }

    fn clock(claim: &Claim, today: &str) -> (Option<String>, i64) {
        let now = at(&format!("{today}T03:00:00Z"));
        let clock = claim.clock(&asking(), &tokyo(), now);
        (clock.due_on.map(|day| day.to_string()), clock.n_days_late)
    }

    #[test]
    fn the_thirty_days_count_the_day_on_which_the_documents_are_complete() {
        let mut claim = notified();
        assert_eq!(claim.missing_documents(&asking()), ["invoice", "work_report"]);
        assert_eq!(clock(&claim, "2021-12-31"), (None, 0), "nobody can be late before");
        claim.file.add_document(document("work_report", "2021-06-03", None));
        assert_eq!(claim.missing_documents(&asking()), ["invoice"]);
        claim.file.add_document(document("invoice", "2021-06-10", None));
        // 10 June is the first day, so that 9 July is the thirtieth.
        assert_eq!(clock(&claim, "2021-07-09"), (Some("2021-07-09".to_owned()), 0));
        assert_eq!(clock(&claim, "2021-07-10").1, 1);
        // A second copy of the same document does not move the clock.
        claim.file.add_document(document("invoice", "2021-06-20", None));
        assert_eq!(clock(&claim, "2021-07-10").1, 1);
        let reason = ExtensionReason::Expert;
        claim.file.extensions.push(ClockExtension { reason, n_days: 60, told_at: now() });
        assert_eq!(clock(&claim, "2021-07-10"), (Some("2021-09-07".to_owned()), 0));
        claim.state = ClaimState::Denied {
            denied_by: vec![],
            clauses: vec![],
            denied_at: at("2021-09-08T16:00:00Z"),
        };
        assert_eq!(clock(&claim, "2022-01-01").1, 2, "it stopped on 9 September in Tokyo");
    }

    #[test]
    fn without_documents_to_ask_for_the_clock_starts_with_the_notice() {
        let claim = notified();
        let clock = claim.clock(&contract().terms, &tokyo(), now());
        assert_eq!(clock.complete_on, Some("2021-06-02".parse().unwrap()));
        assert_eq!(clock.due_on, Some("2021-07-01".parse().unwrap()));
    }

    #[test]
    fn a_request_is_answered_by_what_it_asked_for() {
        let ask = |kinds: &[&str]| InformationRequest {
            number: 0,
            question: Text::new("写真をお送りください", "Please send a picture"),
            document_kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
            asked_at: now(),
            asked_by: person("handler"),
            wanted_by: "2021-06-16".parse().unwrap(),
            answered_at: None,
        };
        let mut file = ClaimFile::default();
        file.ask(ask(&["photo", "log"]));
        file.ask(ask(&[]));
        file.add_document(document("photo", "2021-06-03", Some(1)));
        assert_eq!(file.requests[0].answered_at, None, "the log is still missing");
        file.add_document(document("log", "2021-06-03", None));
        assert_eq!(file.requests[0].answered_at, Some(now()));
        assert!(!file.is_all_answered());
        file.add_document(document("statement", "2021-06-03", Some(2)));
        assert!(file.is_all_answered());
        let numbers: Vec<_> = file.documents.iter().map(|document| document.number).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }

    #[test]
    fn a_reserve_is_opened_used_and_released_with_its_history() {
        let mut claim = notified();
        assert_eq!(claim.file.reserve().unwrap(), None);
        let part = CoveragePart::OnSiteResponse;
        let by = (now(), person("handler"));
        claim.file.set_reserve((Some(part), yen(80_000)), "first look", by.clone());
        claim.file.set_reserve((None, yen(20_000)), "unknown costs", by.clone());
        claim.file.set_reserve((None, yen(20_000)), "the same", by);
        claim.open_reserve(yen(999), now());
        assert_eq!(claim.file.reserve().unwrap(), Some(yen(100_000)), "a person's word stays");
        claim.use_reserve(part, yen(90_000), now()).unwrap();
        assert_eq!(claim.file.reserve_of(Some(part)), yen(0));
        assert_eq!(claim.file.reserve_of(None), yen(10_000));
        claim.use_reserve(part, yen(90_000), now()).unwrap();
        assert_eq!(claim.file.reserve().unwrap(), Some(yen(0)), "never below nothing");
        let history: Vec<_> = claim
            .file
            .reserve_changes
            .iter()
            .map(|change| (change.before.amount(), change.after.amount()))
            .collect();
        assert_eq!(history, [(0, 80_000), (0, 20_000), (80_000, 0), (20_000, 10_000), (10_000, 0)]);
    }

    #[test]
    fn a_claim_of_an_older_program_is_read_with_an_empty_file() {
        let mut json = serde_json::to_value(notified()).unwrap();
        json.as_object_mut().unwrap().remove("file");
        assert_eq!(serde_json::from_value::<Claim>(json).unwrap(), notified());
    }

    #[test]
    fn letters_of_every_kind_come_from_the_record() {
        let mut claim = notified();
        claim.file.ask(InformationRequest {
            number: 0,
            question: Text::new("作業報告書をお送りください", "Please send the work report"),
            document_kinds: vec!["work_report".to_owned()],
            asked_at: now(),
            asked_by: person("handler"),
            wanted_by: "2021-06-16".parse().unwrap(),
            answered_at: None,
        });
        let reason = ExtensionReason::Authority;
        claim.file.extensions.push(ClockExtension { reason, n_days: 60, told_at: now() });
        claim.payments.push(ClaimPayment {
            number: 1,
            amount: yen(30_000),
            payee: Payee::Tenant,
            shares: vec![PaymentShare { item: 1, amount: yen(30_000) }],
            form: BenefitForm::Money,
            paid_on: "2021-06-20".parse().unwrap(),
            reference: String::new(),
            recorded_at: now(),
            recorded_by: person("handler"),
        });
        let contract = contract();
        let facts = LetterFacts {
            claim: &claim,
            contract: &contract,
            decisions: &[],
            insured: "株式会社テスト",
            zone: &tokyo(),
        };
        let told = |kind| letter_of(&facts, kind).map(|letter| letter.paragraphs[1].clone());
        let asked = told(LetterKind::InformationRequest).unwrap();
        assert!(
            asked.ja.contains("作業報告書をお送りください") && asked.ja.contains("2021年6月16日")
        );
        let longer = told(LetterKind::Extension).unwrap();
        assert!(longer.ja.contains("公的機関") && longer.ja.contains("60日"));
        assert!(longer.en.contains("60 more days") && longer.en.contains("30 August 2021"));
        let paid = told(LetterKind::Payment).unwrap();
        assert!(paid.ja.contains("30,000") && paid.ja.contains("2021年6月20日"));
        assert!(told(LetterKind::Receipt).unwrap().ja.contains("受け付けました"));
        assert_eq!(told(LetterKind::Decision), None, "nobody has decided");
    }

    #[test]
    fn an_interruption_belongs_to_its_position() {
        let mut claim = notified();
        let span = Period::new(at("2021-06-01T00:00:00Z"), at("2021-06-02T00:00:00Z")).unwrap();
        claim.items[0].interruption = Some(span);
        let loss = claim.loss_items(|_| Standing::Covered);
        assert_eq!((loss[0].interruption, loss[1].interruption), (Some(span), None));
    }
}
