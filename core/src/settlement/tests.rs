use std::fmt::Write as _;

use uuid::Uuid;

use super::*;
use crate::party::Role;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn actor(subject: &str, role: Role) -> Actor {
    Actor { subject: subject.to_owned(), role, partner_id: None }
}

fn line(code: &str, tenant: (&str, u128), yen: i64) -> SettlementLine {
    SettlementLine {
        code: code.to_owned(),
        label: Text::new("販売手数料", "Commission"),
        tenant_id: TenantId::from(Uuid::from_u128(tenant.1)),
        tenant_name: tenant.0.to_owned(),
        subject: String::new(),
        subject_number: String::new(),
        quantity: Quantity::ONE,
        basis: None,
        rate: None,
        amount: Money::jpy(yen),
        tax_mode: TaxMode::Exempt,
        tax_rate: Rate::ZERO,
        note: None,
    }
}

fn draft(lines: Vec<SettlementLine>) -> Settlement {
    let net = Money::total(lines.iter().map(|line| line.amount)).unwrap();
    let total =
        TaxTotal { rate: Rate::ZERO, mode: TaxMode::Exempt, net, tax: Money::ZERO_JPY, gross: net };
    let draft = SettlementDraft {
        id: SettlementId::from(Uuid::from_u128(1)),
        month: "2021-02".parse().unwrap(),
        counterpart: Counterpart::Insurer(InsurerId::of_code("insurer-a")),
        counterpart_name: "保険会社A".to_owned(),
        lines,
        tax_totals: vec![total],
        drafted_by: actor("token:clerk", Role::Operator),
    };
    Settlement::draft(draft, at("2021-03-01T00:00:00Z")).unwrap()
}

fn commands() -> Vec<(&'static str, SettlementCommand)> {
    let approve = |subject, role| SettlementCommand::Approve { by: actor(subject, role) };
    let remittance = Remittance {
        reference: "BANK-1".to_owned(),
        remitted_at: at("2021-03-31T00:00:00Z"),
        recorded_by: actor("token:clerk", Role::Operator),
    };
    vec![
        ("approve, by its maker", approve("token:clerk", Role::Operator)),
        ("approve, by its maker in another role", approve("token:clerk", Role::Insurer)),
        ("approve, by somebody else", approve("token:head", Role::Operator)),
        ("record remittance", SettlementCommand::RecordRemittance { remittance }),
        ("close", SettlementCommand::Close),
    ]
}

#[test]
fn every_command_in_every_state() {
    let mut state = draft(Vec::new());
    let mut states = vec![state.clone()];
    for (_, command) in commands().split_off(2) {
        state = state.step(&command, at("2021-03-31T00:00:00Z")).unwrap().0;
        states.push(state.clone());
    }
    let mut table = String::new();
    for settlement in states {
        for (name, command) in commands() {
            let answer = match settlement.step(&command, at("2021-04-01T00:00:00Z")) {
                Ok((next, event)) => format!("{} + {}", next.state.as_str(), event.topic()),
                Err(refused) => refused.reason.code().to_owned(),
            };
            writeln!(table, "{:<8} | {name:<37} | {answer}", settlement.state.as_str()).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn rows_are_ordered_by_code_then_tenant_whatever_order_they_came_in() {
    let rows = vec![
        line("premium", ("Ryukyu", 1), 80),
        line("commission", ("Ryukyu", 1), 100),
        line("commission", ("Churaumi", 2), 200),
    ];
    let mut reversed = rows.clone();
    reversed.reverse();
    let (one, other) = (draft(rows), draft(reversed));
    assert_eq!(one.hash, other.hash);
    let order: Vec<_> = one.lines.iter().map(|line| line.amount.amount()).collect();
    assert_eq!(order, [200, 100, 80]);
    assert_eq!(one.gross, Money::jpy(380));
}
