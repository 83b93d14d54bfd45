use jiff::civil::date;
use uuid::Uuid;

use super::*;
use crate::catalog::{Cadence, Proration};
use crate::money::Money;
use crate::rate::Rate;
use crate::text::{Language, Text};

pub(crate) fn part(part: CoveragePart, percent: i64, deductible: i64) -> PartTerms {
    PartTerms {
        part,
        form: BenefitForm::InKind,
        coinsurance: Rate::percent(percent),
        deductible: Money::jpy(deductible),
        waiting_seconds: 0,
        n_per_period: None,
        section: if part.is_cost() { "costs" } else { "liability" }.to_owned(),
        clause: None,
        required_documents: vec![],
    }
}

pub(crate) fn limit(scope: LimitScope, parts: &[CoveragePart], yen: i64) -> Limit {
    let names: Vec<_> = parts.iter().map(|part| part.as_str()).collect();
    Limit {
        code: format!("limit.{}.{}", scope.as_str(), names.join("_")),
        scope,
        basis: match scope {
            LimitScope::Item | LimitScope::AllCosts | LimitScope::Occurrence => {
                LimitBasis::PerOccurrence
            }
            LimitScope::Section | LimitScope::Certificate | LimitScope::Programme => {
                LimitBasis::PerPeriod
            }
        },
        parts: parts.iter().copied().collect(),
        amount: Money::jpy(yen),
        reinstatement_rates: vec![],
        clause: None,
    }
}

fn clause(code: &str, place: &str) -> Clause {
    Clause {
        code: code.to_owned(),
        clause: place.to_owned(),
        kind: ClauseKind::Exclusion,
        title: Text::new("見出し", "Heading"),
        text: Text::new("本文", "Text"),
        plain: None,
        parts: vec![],
        must_be_acknowledged: true,
    }
}

pub(crate) fn terms() -> CoverTerms {
    use CoveragePart::{OnSiteResponse, VirusRemoval};
    CoverTerms {
        attachment: Attachment::Automatic,
        territories: vec!["JP".to_owned()],
        parts: vec![part(OnSiteResponse, 100, 0), part(VirusRemoval, 100, 0)],
        limits: vec![
            limit(LimitScope::Item, &[OnSiteResponse], 100_000),
            limit(LimitScope::Item, &[VirusRemoval], 50_000),
            limit(LimitScope::Occurrence, &[], 150_000),
            limit(LimitScope::Certificate, &[], 300_000),
            limit(LimitScope::Programme, &[], 5_000_000),
        ],
        loss_basis: LossBasis::Occurrence,
        retroactive_from: None,
        stacking: Stacking::PerTenant,
        premium: Premium {
            basis: PremiumBasis::PerCertificate,
            amount: Some(Money::jpy(80)),
            rate: None,
            cadence: Cadence::Monthly,
            payer: PremiumPayer::Operator,
            proration: Proration::None,
        },
        packs: CoverPacks {
            eligibility: None,
            cover: Some("first-response".to_owned()),
            trigger: "first-response".to_owned(),
            exclusion: "first-response".to_owned(),
            payable: Some("first-response".to_owned()),
        },
        wording: Wording {
            title: Text::new("初動対応補償", "First-response cover"),
            version: "2021.1".to_owned(),
            uri: String::new(),
            hash: String::new(),
            clauses: vec![
                clause("exclusion.urgent_finding", "第5条第1項"),
                clause("exclusion.unapproved_bypass", "第5条第2項"),
            ],
        },
        notice_days: Some(30),
        single_approval_up_to: Some(Money::jpy(100_000)),
        authorities: Vec::new(),
    }
}

pub(crate) fn draft() -> MasterContractDraft {
    MasterContractDraft {
        code: "okinawa-first-response-2021".to_owned(),
        insurer_id: InsurerId::from(Uuid::from_u128(1)),
        holder_id: PartnerId::from(Uuid::from_u128(2)),
        period: InsurancePeriod {
            starts_on: date(2021, 4, 1),
            ends_on: date(2022, 4, 1),
            hour: 16,
            zone: Zone::named(Zone::TOKYO).unwrap(),
        },
        terms: terms(),
    }
}

fn made(draft: MasterContractDraft) -> Result<MasterContract, Vec<Violation>> {
    let created_at = "2021-03-01T00:00:00Z".parse().unwrap();
    MasterContract::new(MasterContractId::from(Uuid::from_u128(9)), draft, created_at)
}

fn broken(change: impl FnOnce(&mut MasterContractDraft)) -> Vec<String> {
    let mut draft = draft();
    change(&mut draft);
    made(draft).unwrap_err().into_iter().map(|violation| violation.field).collect()
}

#[test]
fn the_hour_of_the_contract_decides_its_first_and_last_instant() {
    let contract = made(draft()).unwrap();
    let state = |text: &str| contract.state_at(text.parse().unwrap());
    assert_eq!(state("2021-04-01T15:59:59.999999+09:00"), ContractState::Pending);
    assert_eq!(state("2021-04-01T16:00:00+09:00"), ContractState::InForce);
    assert_eq!(state("2022-04-01T15:59:59.999999+09:00"), ContractState::InForce);
    assert_eq!(state("2022-04-01T16:00:00+09:00"), ContractState::Expired);
}

#[test]
fn a_loss_outside_the_contract_is_judged_by_its_nearest_wording() {
    let contract = made(draft()).unwrap();
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let early = contract.wording_instant(at("2021-01-28T00:00:00Z"));
    assert_eq!(early, contract.in_force.start());
    let within = at("2021-06-01T00:00:00Z");
    assert_eq!(contract.wording_instant(within), within);
    let late = contract.wording_instant(at("2023-01-01T00:00:00Z"));
    assert!(contract.in_force.contains(late));
}

#[test]
fn every_field_that_makes_no_sense_is_named() {
    use CoveragePart::{OnSiteResponse, ThirdPartyLiability, VirusRemoval};
    let fields = broken(|draft| {
        draft.period.ends_on = draft.period.starts_on;
        draft.terms.parts = vec![part(OnSiteResponse, 101, -1), part(OnSiteResponse, 0, 0)];
        draft.terms.limits = vec![
            limit(LimitScope::Item, &[], -1),
            limit(LimitScope::Section, &[ThirdPartyLiability], 1),
            limit(LimitScope::Item, &[], 1),
        ];
        draft.terms.premium.rate = Some(Rate::ONE);
    });
    assert_eq!(
        fields,
        [
            "terms.parts[0].coinsurance_rate",
            "terms.parts[0].deductible",
            "terms.parts[1].part",
            "terms.parts[1].coinsurance_rate",
            "terms.limits[0].amount",
            "terms.limits[0].scope",
            "terms.limits[1].parts",
            "terms.limits[1].scope",
            "terms.limits[2].code",
            "terms.limits[2].scope",
            "terms.premium.rate",
            "period",
        ]
    );
    let crossing = broken(|draft| {
        draft.terms.parts.push(part(ThirdPartyLiability, 100, 0));
        draft.terms.limits = vec![
            limit(LimitScope::Certificate, &[OnSiteResponse, VirusRemoval], 1),
            limit(LimitScope::Certificate, &[VirusRemoval, ThirdPartyLiability], 1),
        ];
    });
    assert_eq!(crossing, ["terms.limits[1].parts"]);
}

/// INS-04, INS-09, INS-10: what comes by itself is never charged to the customer.
#[test]
fn a_customer_pays_for_cover_only_by_choice_and_is_told_how_much() {
    let by_itself = broken(|draft| draft.terms.premium.payer = PremiumPayer::Tenant);
    assert_eq!(by_itself, ["terms.premium.payer"]);
    let mut chosen = draft();
    chosen.terms.premium.payer = PremiumPayer::Tenant;
    chosen.terms.attachment = Attachment::Optional;
    made(chosen).unwrap();

    let premium = draft().terms.premium;
    let of = |payer| Premium { payer, ..premium.clone() };
    let yearly = |payer| of(payer).yearly_of_customer();
    assert_eq!(yearly(PremiumPayer::Tenant), Some(Money::jpy(960)));
    assert_eq!((yearly(PremiumPayer::Operator), yearly(PremiumPayer::Sponsor)), (None, None));
    assert!(of(PremiumPayer::Sponsor).who_pays().en.contains("costs you nothing"));
    assert!(of(PremiumPayer::Tenant).who_pays().ja.contains("お客様のご負担"));
}

#[test]
fn what_would_be_ignored_is_refused() {
    let fields = broken(|draft| {
        draft.terms.retroactive_from = Some("2020-01-01T00:00:00Z".parse().unwrap());
        draft.terms.parts[0].waiting_seconds = 1;
        draft.terms.parts[1].n_per_period = Some(0);
        draft.terms.limits[0].reinstatement_rates = vec![Rate::ZERO];
    });
    assert_eq!(
        fields,
        [
            "terms.parts[0].waiting_seconds",
            "terms.parts[1].n_per_period",
            "terms.limits[0].reinstatement_rates",
            "terms.retroactive_from",
        ]
    );
}

#[test]
fn a_reinstatement_is_charged_on_a_premium_that_the_contract_tells() {
    let programme = |draft: &mut MasterContractDraft, rate| {
        let limit = draft.terms.limits.iter_mut().find(|it| it.scope == LimitScope::Programme);
        limit.unwrap().reinstatement_rates = vec![rate];
    };
    let fields = broken(|draft| programme(draft, Rate::ONE));
    assert_eq!(fields.len(), 1, "the premium is counted by certificates: {fields:?}");
    let mut free = draft();
    programme(&mut free, Rate::ZERO);
    made(free).unwrap();
    let mut charged = draft();
    programme(&mut charged, Rate::percent(50));
    charged.terms.premium.basis = PremiumBasis::Programme;
    made(charged).unwrap();
}

mod versions {
    use super::*;
    use crate::actor::Actor;
    use crate::party::Role;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn endorsement(effective_at: &str, limit: i64) -> EndorsementDraft {
        let mut terms = terms();
        terms.limits[0].amount = Money::jpy(limit);
        EndorsementDraft {
            effective_at: at(effective_at),
            terms: Some(terms),
            cancels: false,
            summary: Text::new("限度額の変更", "Another limit"),
            by: Actor { subject: "token:op".to_owned(), role: Role::Operator, partner_id: None },
        }
    }

    fn first_limit(contract: &MasterContract, at_: &str, known_at: &str) -> (u32, i64) {
        let held = contract.held_at(at(at_), at(known_at));
        (held.version, held.terms.limits[0].amount.amount())
    }

    #[test]
    fn the_terms_are_chosen_by_the_time_of_the_loss_and_by_what_was_known() {
        let contract = made(draft()).unwrap();
        let start = contract.in_force.start();
        let day = |n: i64| start.plus_seconds(n * 86_400).unwrap();
        let text = |at: Timestamp| at.to_string();
        let (june, may, august) = (text(day(90)), text(day(60)), text(day(150)));
        let first = contract.endorse(endorsement(&june, 11), day(70)).unwrap();
        // Recorded later, and reaching back to before the first one.
        let both = first.endorse(endorsement(&may, 22), day(120)).unwrap();
        let original = terms().limits[0].amount.amount();

        let before = text(day(60).plus_seconds(-1).unwrap());
        assert_eq!(first_limit(&both, &before, &august), (1, original));
        assert_eq!(first_limit(&both, &may, &august), (3, 22));
        assert_eq!(first_limit(&both, &june, &august), (3, 22), "what was recorded last holds");
        let known = text(day(120).plus_seconds(-1).unwrap());
        assert_eq!(first_limit(&both, &june, &known), (2, 11), "nobody knew the later one");
        assert_eq!(first_limit(&both, &may, &known), (1, original));
        assert_eq!(both.at_version(2).terms.limits[0].amount, Money::jpy(11));
        assert_eq!(both.at_version(1).terms.limits[0].amount.amount(), original);
        assert_eq!(both.terms.limits[0].amount, Money::jpy(22), "as it stands now");
    }

    #[test]
    fn a_cancelled_contract_insures_nothing_from_then_on() {
        let contract = made(draft()).unwrap();
        let start = contract.in_force.start();
        let end_at = start.plus_seconds(86_400).unwrap();
        let cancel =
            EndorsementDraft { terms: None, cancels: true, ..endorsement(&end_at.to_string(), 0) };
        let now = start.plus_seconds(10).unwrap();
        let cancelled = contract.endorse(cancel.clone(), now).unwrap();
        let last = end_at.plus_seconds(-1).unwrap();
        assert_eq!(cancelled.held_at(last, now).state_at(last), ContractState::InForce);
        assert_eq!(cancelled.held_at(end_at, now).state_at(end_at), ContractState::Cancelled);
        let earlier = now.plus_seconds(-1).unwrap();
        assert_eq!(cancelled.held_at(end_at, earlier).state_at(end_at), ContractState::InForce);
        assert!(cancelled.endorse(cancel, now).is_err(), "it is over");
    }

    #[test]
    fn an_endorsement_outside_of_the_period_or_without_content_is_refused() {
        let contract = made(draft()).unwrap();
        let (start, end) = (contract.in_force.start(), contract.in_force.end());
        for outside in [start.plus_seconds(-1).unwrap(), end] {
            let broken = contract.endorse(endorsement(&outside.to_string(), 1), start).unwrap_err();
            assert_eq!(broken[0].field, "effective_at");
        }
        let empty = EndorsementDraft { terms: None, ..endorsement(&start.to_string(), 1) };
        assert_eq!(contract.endorse(empty, start).unwrap_err()[0].field, "terms");
    }

    #[test]
    fn the_hour_of_the_period_belongs_to_its_first_day_and_not_to_its_last() {
        let mut sixteen = draft();
        sixteen.period.hour = 16;
        let (first, last) = (sixteen.period.starts_on, sixteen.period.ends_on);
        let contract = made(sixteen).unwrap();
        let state = |day: CivilDate, time: &str| {
            contract.state_at(format!("{day}T{time}+09:00").parse().unwrap())
        };
        assert_eq!(state(first, "15:59:59"), ContractState::Pending);
        assert_eq!(state(first, "16:00:00"), ContractState::InForce);
        assert_eq!(state(last, "15:59:59"), ContractState::InForce);
        assert_eq!(state(last, "16:00:00"), ContractState::Expired);
    }
}

#[test]
fn a_clause_counts_as_acknowledged_in_its_own_version_and_from_its_own_time() {
    let wording = terms().wording;
    let at = |text: &str| -> Timestamp { text.parse().unwrap() };
    let accepted = |version: &str| Acknowledgement {
        code: "exclusion.urgent_finding".to_owned(),
        document_version: version.to_owned(),
        language: Language::Ja,
        shown_at: at("2021-03-20T00:00:00Z"),
        acknowledged_at: at("2021-03-20T00:05:00Z"),
        acknowledged_by: "比嘉".to_owned(),
    };
    let left = |version: &str, by: &str| -> usize {
        wording.unacknowledged(&[accepted(version)], at(by)).len()
    };
    assert_eq!(left("2021.1", "2021-03-20T00:05:00Z"), 1);
    assert_eq!(left("2021.1", "2021-03-20T00:04:59Z"), 2);
    assert_eq!(left("2020.9", "2021-04-01T00:00:00Z"), 2);
    assert_eq!(wording.cited("第5条第2項").unwrap().code, "exclusion.unapproved_bypass");
}

#[test]
fn limits_are_applied_from_the_inside_out() {
    let terms = terms();
    let scopes: Vec<_> = terms.limits_inside_out().iter().map(|l| l.scope.as_str()).collect();
    assert_eq!(scopes, ["item", "item", "occurrence", "certificate", "programme"]);
}

#[test]
fn a_contract_survives_its_json_form() {
    let contract = made(draft()).unwrap();
    let text = serde_json::to_string(&contract).unwrap();
    assert_eq!(serde_json::from_str::<MasterContract>(&text).unwrap(), contract);
}
