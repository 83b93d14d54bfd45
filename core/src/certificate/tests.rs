use uuid::Uuid;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn evidence(id: &str) -> Evidence {
    Evidence { kind: "order_item_active".to_owned(), id: id.to_owned() }
}

fn issued() -> Certificate {
    Certificate::issue(
        CertificateDraft {
            id: CertificateId::from(Uuid::from_u128(1)),
            tenant_id: TenantId::from(Uuid::from_u128(2)),
            number: "CERT-000001".to_owned(),
            master_contract_id: MasterContractId::from(Uuid::from_u128(3)),
            subscription_id: SubscriptionId::from(Uuid::from_u128(4)),
            contract_period: Period::new(at("2021-04-01T07:00:00Z"), at("2022-04-01T07:00:00Z"))
                .unwrap(),
        },
        at("2021-03-20T00:00:00Z"),
    )
}

fn states() -> Vec<CertificateState> {
    let (from, stopped) = (at("2021-05-01T00:00:00Z"), at("2021-06-01T00:00:00Z"));
    vec![
        CertificateState::NotYetInForce,
        CertificateState::InForce { from, evidence: evidence("itm_1") },
        CertificateState::Lapsed { at: stopped, because: Stop::Unpaid },
        CertificateState::Ended { at: stopped, because: Stop::ServiceRemoved },
    ]
}

fn commands() -> Vec<CertificateCommand> {
    let when = at("2021-07-01T00:00:00Z");
    vec![
        CertificateCommand::PutInForce { from: when, evidence: evidence("itm_2") },
        CertificateCommand::Lapse { at: when, because: Stop::Unpaid },
        CertificateCommand::Reinstate { from: when, evidence: evidence("itm_3") },
        CertificateCommand::End { at: when, because: Stop::Requested },
    ]
}

#[test]
fn the_whole_table() {
    let mut table = Vec::new();
    for state in states() {
        for command in commands() {
            let answer = match state.step(&command) {
                Ok((next, event)) => format!("{} · {}", next.as_str(), event.topic()),
                Err(refused) => format!("refused {}", refused.reason.code()),
            };
            table.push(format!("{} × {}: {answer}", state.as_str(), command.as_str()));
        }
    }
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn cover_holds_from_its_first_instant_to_the_instant_before_its_end() {
    let (from, until) = (at("2021-05-01T00:00:00Z"), at("2021-06-01T00:00:00Z"));
    let put = CertificateCommand::PutInForce { from, evidence: evidence("itm_1") };
    let end = CertificateCommand::End { at: until, because: Stop::ServiceRemoved };
    let (certificate, _) = issued().step(&put, from).unwrap();
    let (certificate, _) = certificate.step(&end, until).unwrap();
    assert!(!certificate.in_force_at(at("2021-04-30T23:59:59.999999Z")));
    assert!(certificate.in_force_at(from));
    assert!(certificate.in_force_at(at("2021-05-31T23:59:59.999999Z")));
    assert!(!certificate.in_force_at(until));
}

#[test]
fn nothing_outside_the_contract_is_insured() {
    let put = CertificateCommand::PutInForce {
        from: at("2021-03-25T00:00:00Z"),
        evidence: evidence("itm_1"),
    };
    let (certificate, _) = issued().step(&put, at("2021-03-25T00:00:00Z")).unwrap();
    assert!(!certificate.in_force_at(at("2021-04-01T06:59:59Z")));
    assert!(certificate.in_force_at(at("2021-04-01T07:00:00Z")));
    assert!(!certificate.in_force_at(at("2022-04-01T07:00:00Z")));
    assert_eq!(certificate.insured_spans(), [issued().contract_period]);
}

#[test]
fn a_reinstatement_leaves_the_gap_uninsured() {
    let steps = [
        CertificateCommand::PutInForce {
            from: at("2021-05-01T00:00:00Z"),
            evidence: evidence("itm_1"),
        },
        CertificateCommand::Lapse { at: at("2021-06-01T00:00:00Z"), because: Stop::Unpaid },
        CertificateCommand::Reinstate {
            from: at("2021-06-10T00:00:00Z"),
            evidence: evidence("itm_1"),
        },
    ];
    let mut certificate = issued();
    for step in &steps {
        certificate = certificate.step(step, at("2021-06-10T00:00:00Z")).unwrap().0;
    }
    assert!(certificate.in_force_at(at("2021-05-31T00:00:00Z")));
    assert!(!certificate.in_force_at(at("2021-06-05T00:00:00Z")));
    assert!(certificate.in_force_at(at("2021-06-10T00:00:00Z")));
    assert_eq!(certificate.insured_spans().len(), 2);
}

#[test]
fn what_was_learned_late_does_not_change_what_was_known_before() {
    let put = CertificateCommand::PutInForce {
        from: at("2021-05-01T00:00:00Z"),
        evidence: evidence("itm_1"),
    };
    let end =
        CertificateCommand::End { at: at("2021-06-01T00:00:00Z"), because: Stop::ServiceRemoved };
    let (certificate, _) = issued().step(&put, at("2021-05-01T00:00:00Z")).unwrap();
    let (certificate, _) = certificate.step(&end, at("2021-07-01T00:00:00Z")).unwrap();
    let loss_at = at("2021-06-15T00:00:00Z");
    assert!(!certificate.in_force_at(loss_at));
    assert!(certificate.in_force_as_known(loss_at, at("2021-06-20T00:00:00Z")));
    assert!(!certificate.in_force_as_known(loss_at, at("2021-07-01T00:00:00Z")));
}

fn item(number: u128, starts_at: &str) -> CoveredItem {
    CoveredItem {
        item_id: ItemId::from(Uuid::from_u128(number)),
        service: Service::Utm,
        starts_at: at(starts_at),
        ends_at: None,
        evidence: evidence("evd_1"),
    }
}

#[test]
fn the_first_service_that_runs_brings_cover_and_the_last_one_that_stops_takes_it() {
    let now = at("2021-08-01T00:00:00Z");
    let (one, event) = issued().carry(item(1, "2021-05-01T00:00:00Z"), now).unwrap();
    assert_eq!(event.unwrap().topic(), "certificate.in_force");
    let (two, event) = one.carry(item(2, "2021-05-10T00:00:00Z"), now).unwrap();
    assert_eq!(event, None);
    let (again, event) = two.carry(item(2, "2021-05-11T00:00:00Z"), now).unwrap();
    assert_eq!((again.items.len(), event), (2, None));

    let removed = (at("2021-06-01T00:00:00Z"), Stop::ServiceRemoved);
    let (less, event) = two.drop_item(two.items[0].item_id, removed, now).unwrap();
    assert_eq!(event, None);
    assert!(!less.items[0].carries_at(at("2021-06-01T00:00:00Z")));
    let (none, event) = less.drop_item(two.items[1].item_id, removed, now).unwrap();
    assert_eq!(event.unwrap().topic(), "certificate.lapsed");
    assert!(none.in_force_at(at("2021-05-31T23:59:59Z")));
    assert!(!none.in_force_at(at("2021-06-01T00:00:00Z")));

    let (back, event) = none.carry(item(3, "2021-07-01T00:00:00Z"), now).unwrap();
    assert_eq!(event.unwrap().topic(), "certificate.reinstated");
    let words: Vec<_> = back.spans_as_known(now).iter().map(|span| span.event.topic()).collect();
    assert_eq!(words, ["certificate.in_force", "certificate.lapsed", "certificate.reinstated"]);
}

#[test]
fn an_ended_certificate_carries_nothing_any_more() {
    let now = at("2021-08-01T00:00:00Z");
    let (one, _) = issued().carry(item(1, "2021-05-01T00:00:00Z"), now).unwrap();
    let end = CertificateCommand::End { at: at("2021-06-01T00:00:00Z"), because: Stop::Requested };
    let (ended, _) = one.step(&end, now).unwrap();
    assert_eq!(ended.items[0].ends_at, Some(at("2021-06-01T00:00:00Z")));
    assert!(ended.carry(item(2, "2021-07-01T00:00:00Z"), now).is_err());
}

#[test]
fn a_certificate_survives_its_json_form() {
    let put = CertificateCommand::PutInForce {
        from: at("2021-05-01T00:00:00Z"),
        evidence: evidence("itm_1"),
    };
    let (certificate, _) = issued().step(&put, at("2021-05-01T00:00:00Z")).unwrap();
    let text = serde_json::to_string(&certificate).unwrap();
    assert_eq!(serde_json::from_str::<Certificate>(&text).unwrap(), certificate);
}

mod items {
    use super::*;
    use crate::id::ItemId;
    use crate::service::Service;

    fn item(n: u128, from: &str) -> CoveredItem {
        CoveredItem {
            item_id: ItemId::from(Uuid::from_u128(n)),
            service: Service::Utm,
            starts_at: from.parse().unwrap(),
            ends_at: None,
            evidence: Evidence { kind: "item_active".to_owned(), id: "evd_1".to_owned() },
        }
    }

    #[test]
    fn what_was_recorded_later_is_not_known_earlier() {
        let time = |text: &str| -> Timestamp { text.parse().unwrap() };
        let (one, two) = (item(1, "2021-04-01T00:00:00Z"), item(2, "2021-04-05T00:00:00Z"));
        let carried = issued().carry(one.clone(), time("2021-04-02T00:00:00Z")).unwrap().0;
        // The second one was active since the fifth; nobody knew before the twentieth.
        let carried = carried.carry(two.clone(), time("2021-04-20T00:00:00Z")).unwrap().0;
        let stop = (time("2021-04-10T00:00:00Z"), Stop::ServiceRemoved);
        let dropped = carried.drop_item(one.item_id, stop, time("2021-04-25T00:00:00Z")).unwrap().0;
        let known = |at: &str| -> Vec<(u128, bool)> {
            let items = dropped.items_as_known(time(at));
            items.iter().map(|it| (it.item_id.as_uuid().as_u128(), it.ends_at.is_some())).collect()
        };
        assert_eq!(known("2021-04-01T23:59:59Z"), []);
        assert_eq!(known("2021-04-19T23:59:59Z"), [(1, false)]);
        assert_eq!(known("2021-04-20T00:00:00Z"), [(1, false), (2, false)]);
        assert_eq!(known("2021-04-25T00:00:00Z"), [(1, true), (2, false)]);
        // It runs again: the same item carries the cover a second time.
        let again = item(1, "2021-05-01T00:00:00Z");
        let dropped = dropped.carry(again, time("2021-05-01T00:00:00Z")).unwrap().0;
        let items = dropped.items_as_known(time("2021-06-01T00:00:00Z"));
        let ends: Vec<bool> = items.iter().map(|it| it.ends_at.is_some()).collect();
        assert_eq!(ends, [true, false, false]);
    }
}
