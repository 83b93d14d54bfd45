//! What the contracts promise: rules are checked and named, every service is known, everything has a bound.

use std::collections::BTreeSet;

use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor, Value};
use tasuki_proto::quote::v1::{CreateQuoteRequest, Selection};
use tasuki_proto::subscription::v1::{
    ChangeKind, EffectiveFrom, NextPeriod, PreviewChangeRequest, effective_from,
};
use tasuki_proto::tenant::v1::{
    Capability, CompanyProfile, CreatePartnerRequest, CreateTenantRequest, GetTenantRequest,
    ListTenantsRequest, PartnerKind, Site,
};
use tasuki_proto::types::v1::Service;
use tasuki_proto::{DESCRIPTOR_POOL, Violation, unsupported_rules, validate};

fn names(found: Result<(), Vec<Violation>>) -> Vec<(String, String)> {
    found.err().into_iter().flatten().map(|one| (one.field, one.rule_id)).collect()
}

fn pair(field: &str, rule: &str) -> (String, String) {
    (field.to_owned(), rule.to_owned())
}

#[test]
fn a_broken_rule_is_named_with_its_field() {
    let request = GetTenantRequest { tenant_id: "12".to_owned() };
    let found = validate(&request).unwrap_err();
    assert_eq!(found[0].field, "tenant_id");
    assert_eq!(found[0].rule_id, "string.pattern");
    assert_eq!(found[0].message, "must match `^ten_[0-9a-f-]{36}$`");
}

#[test]
fn a_message_that_keeps_its_rules_passes() {
    let request =
        GetTenantRequest { tenant_id: "ten_01890a5d-ac96-774b-bcce-b302099a8057".to_owned() };
    assert_eq!(validate(&request), Ok(()));
}

#[test]
fn rules_inside_lists_and_messages_are_checked_and_all_are_told() {
    let request = CreateQuoteRequest {
        validate_only: true,
        profile: Some(CompanyProfile {
            industry: Some("Z".to_owned()),
            sites: vec![
                Site { code: "head-office".to_owned(), ..Site::default() },
                Site {
                    code: "Head Office".to_owned(),
                    prefecture: "48".to_owned(),
                    ..Site::default()
                },
            ],
            ..CompanyProfile::default()
        }),
        selections: vec![Selection {
            service: Service::Unspecified.into(),
            traffic_gb: Some("10,000".to_owned()),
            ..Selection::default()
        }],
        ..CreateQuoteRequest::default()
    };
    assert_eq!(
        names(validate(&request)),
        [
            pair("profile.industry", "string.pattern"),
            pair("profile.sites[1].code", "string.pattern"),
            pair("profile.sites[1].prefecture", "string.pattern"),
            pair("selections[0].service", "enum.not_in"),
            pair("selections[0].traffic_gb", "string.pattern"),
        ]
    );
}

#[test]
fn what_is_missing_is_not_what_is_zero() {
    let missing = CompanyProfile::default();
    assert_eq!(validate(&missing), Ok(()));
    let none = CompanyProfile { employees: Some(0), ..CompanyProfile::default() };
    assert_eq!(validate(&none), Ok(()));
    let wrong = CompanyProfile { employees: Some(-1), ..CompanyProfile::default() };
    let found = validate(&wrong).unwrap_err();
    assert_eq!(found[0].rule_id, "int32.gte_lte");
    assert_eq!(found[0].message, "must be at least 0 and at most 100000");
}

#[test]
fn the_choices_of_an_enum_are_told_by_name() {
    let request = CreatePartnerRequest {
        request_id: "r-1".to_owned(),
        kind: 17,
        code: "ogs".to_owned(),
        name: "OGS".to_owned(),
        capabilities: vec![Capability::Sell.into(), Capability::Sell.into()],
        ..CreatePartnerRequest::default()
    };
    assert_eq!(
        names(validate(&request)),
        [pair("kind", "enum.defined_only"), pair("capabilities", "repeated.unique")]
    );
    let unsaid = CreatePartnerRequest { kind: PartnerKind::Unspecified.into(), ..request };
    let found = validate(&unsaid).unwrap_err();
    assert!(
        found[0].message.starts_with("must be one of `PARTNER_KIND_OPERATOR`, `PARTNER_KIND_ISV`")
    );
}

#[test]
fn required_messages_and_choices_must_be_there() {
    let mut request = PreviewChangeRequest {
        tenant_id: "ten_01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        subscription_id: "sub_01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        kind: ChangeKind::Cancel.into(),
        ..PreviewChangeRequest::default()
    };
    assert_eq!(names(validate(&request)), [pair("effective", "required")]);
    request.effective = Some(EffectiveFrom { at: None });
    assert_eq!(names(validate(&request)), [pair("effective.at", "required")]);
    let at = effective_from::At::NextPeriod(NextPeriod {});
    request.effective = Some(EffectiveFrom { at: Some(at) });
    assert_eq!(validate(&request), Ok(()));
}

#[test]
fn lengths_are_counted_in_characters() {
    let request = |name: String| CreateTenantRequest {
        request_id: "r-1".to_owned(),
        name,
        ..CreateTenantRequest::default()
    };
    assert_eq!(validate(&request("襷".repeat(200))), Ok(()));
    assert_eq!(names(validate(&request("襷".repeat(201)))), [pair("name", "string.max_len")]);
    assert_eq!(names(validate(&request(String::new()))), [pair("name", "string.min_len")]);
}

#[test]
fn a_hostile_message_gets_a_bounded_answer() {
    let sites = vec![Site::default(); 5_000];
    let profile = CompanyProfile { sites, ..CompanyProfile::default() };
    assert_eq!(validate(&profile).unwrap_err().len(), 100);
    let page = ListTenantsRequest { page_size: 1_001, ..ListTenantsRequest::default() };
    assert_eq!(names(validate(&page)), [pair("page_size", "int32.gte_lte")]);
}

#[test]
fn every_rule_in_the_contracts_can_be_checked() {
    assert_eq!(unsupported_rules(), Vec::<String>::new());
}

#[test]
fn the_descriptor_pool_knows_every_service() {
    let known: BTreeSet<String> = DESCRIPTOR_POOL
        .services()
        .map(|service| service.full_name().to_owned())
        .filter(|name| name.starts_with("tasuki."))
        .collect();
    for service in [
        "alert.v1.AlertService",
        "billing.v1.BillingService",
        "catalog.v1.CatalogService",
        "claim.v1.ClaimService",
        "cover.v1.CoverService",
        "incident.v1.IncidentService",
        "policy.v1.PolicyService",
        "provider.v1.ProviderCallbackService",
        "provider.v1.ProviderService",
        "provisioning.v1.ProvisioningService",
        "quote.v1.QuoteService",
        "settlement.v1.SettlementService",
        "subscription.v1.SubscriptionService",
        "tenant.v1.PartnerService",
        "tenant.v1.TenantService",
        "usage.v1.UsageService",
        "webhook.v1.WebhookService",
    ] {
        assert!(
            known.contains(&format!("tasuki.{service}")),
            "`{service}` is missing in {known:?}"
        );
    }
}

#[test]
fn the_descriptors_keep_comments_for_people_who_explore_by_reflection() {
    let service = DESCRIPTOR_POOL.get_service_by_name("tasuki.quote.v1.QuoteService").unwrap();
    let file = service.parent_file();
    let file = file.file_descriptor_proto();
    assert!(file.source_code_info.as_ref().is_some_and(|info| {
        info.location.iter().any(|place| place.leading_comments().contains("exact to the yen"))
    }));
}

/// Everything a caller can send has a bound: no text and no list without a greatest length.
#[test]
fn everything_a_caller_can_send_has_a_bound() {
    let mut seen = BTreeSet::new();
    let mut unbounded = Vec::new();
    for service in DESCRIPTOR_POOL.services() {
        // What a provider answers is not sent to us by a caller.
        if service.full_name() == "tasuki.provider.v1.ProviderService" {
            continue;
        }
        if service.full_name().starts_with("tasuki.") {
            for method in service.methods() {
                look(&method.input(), &mut seen, &mut unbounded);
            }
        }
    }
    assert!(unbounded.is_empty(), "no bound:\n{}", unbounded.join("\n"));
}

fn look(message: &MessageDescriptor, seen: &mut BTreeSet<String>, unbounded: &mut Vec<String>) {
    let ours = message.full_name().starts_with("tasuki.");
    if !ours || !seen.insert(message.full_name().to_owned()) {
        return;
    }
    for field in message.fields() {
        let text = matches!(field.kind(), Kind::String | Kind::Bytes);
        let bounded = if field.is_map() {
            rule(&field, &["map", "max_pairs"])
                && length(&field, &["map", "keys"])
                && length(&field, &["map", "values"])
        } else if field.is_list() {
            rule(&field, &["repeated", "max_items"])
                && (!text || length(&field, &["repeated", "items"]))
        } else {
            !text || length(&field, &[])
        };
        if !bounded {
            unbounded.push(field.full_name().to_owned());
        }
        if let (Kind::Message(inner), false) = (field.kind(), field.is_map()) {
            look(&inner, seen, unbounded);
        }
    }
}

fn length(field: &FieldDescriptor, of: &[&str]) -> bool {
    [["string", "max_len"], ["string", "pattern"], ["string", "in"], ["bytes", "max_len"]]
        .iter()
        .any(|last| rule(field, &[of, last].concat()))
}

fn rule(field: &FieldDescriptor, path: &[&str]) -> bool {
    let extension = DESCRIPTOR_POOL.get_extension_by_name("buf.validate.field").unwrap();
    has(field.options().get_extension(&extension).as_ref(), path)
}

fn has(value: &Value, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else { return true };
    value
        .as_message()
        .filter(|message| message.has_field_by_name(first))
        .and_then(|message| message.get_field_by_name(first).map(|inner| has(&inner, rest)))
        .unwrap_or(false)
}
