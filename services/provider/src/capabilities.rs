//! What the reference provider offers, and the check of an order against it.

use tasuki_proto::provider::v1 as proto;
use tasuki_proto::provider::v1::{
    CancellableUntil, Component, ParameterKind, ParameterSpec, RollBack,
};
use tasuki_proto::provisioning::v1::{CustomerActionKind, InstanceSpec};
use tasuki_proto::types::v1::{LocalizedText, Service};
use tonic::Status;

/// One component, in the words that differ from one to the next.
struct Offer {
    component: &'static str,
    service: Service,
    ja: &'static str,
    en: &'static str,
    minimum: i64,
    parameters: &'static [(&'static str, ParameterKind)],
    roll_back: RollBack,
    actions: &'static [CustomerActionKind],
    meters: &'static [&'static str],
}

/// The largest order of a component that this provider takes.
const MOST: i64 = 100_000;

const OFFERS: &[Offer] = &[
    Offer {
        component: "utm",
        service: Service::Utm,
        ja: "UTM（レンタル・監視運用）",
        en: "Rented UTM with monitoring",
        minimum: 1,
        parameters: &[
            ("mode", ParameterKind::Text),
            ("model", ParameterKind::Text),
            ("site", ParameterKind::Text),
        ],
        roll_back: RollBack::Unplug,
        actions: &[CustomerActionKind::Schedule, CustomerActionKind::DeviceInstall],
        meters: &[],
    },
    Offer {
        component: "cloud_waf",
        service: Service::CloudWaf,
        ja: "クラウドWAF",
        en: "Cloud WAF",
        minimum: 1,
        parameters: &[("domains", ParameterKind::Domains), ("traffic_gb", ParameterKind::Text)],
        roll_back: RollBack::RestoreDns,
        actions: &[CustomerActionKind::DnsChange],
        meters: &["waf.traffic_gb"],
    },
    Offer {
        component: "edr",
        service: Service::Edr,
        ja: "簡易EDR",
        en: "Light EDR",
        minimum: 1,
        parameters: &[("deploy", ParameterKind::Text)],
        roll_back: RollBack::Uninstall,
        actions: &[CustomerActionKind::AgentInstall],
        meters: &["edr.endpoints_installed", "edr.endpoints_reporting"],
    },
    Offer {
        component: "diagnosis.web",
        service: Service::Diagnosis,
        ja: "Webアプリケーション診断",
        en: "Diagnosis of a web application",
        minimum: 1,
        parameters: &[
            ("target", ParameterKind::Domains),
            ("consent", ParameterKind::SecretReference),
            ("login", ParameterKind::SecretReference),
        ],
        roll_back: RollBack::None,
        actions: &[CustomerActionKind::Consent, CustomerActionKind::Information],
        meters: &[],
    },
    Offer {
        component: "diagnosis.platform",
        service: Service::Diagnosis,
        ja: "プラットフォーム診断",
        en: "Diagnosis of a platform",
        minimum: 1,
        parameters: &[
            ("target", ParameterKind::Address),
            ("consent", ParameterKind::SecretReference),
            ("login", ParameterKind::SecretReference),
        ],
        roll_back: RollBack::None,
        actions: &[CustomerActionKind::Consent, CustomerActionKind::Information],
        meters: &[],
    },
    Offer {
        component: "training",
        service: Service::Training,
        ja: "標的型攻撃メール訓練",
        en: "Attack-mail training",
        minimum: 1,
        parameters: &[("announced", ParameterKind::Flag)],
        roll_back: RollBack::None,
        actions: &[CustomerActionKind::Information],
        meters: &[],
    },
    Offer {
        component: "help_desk",
        service: Service::HelpDesk,
        ja: "相談窓口",
        en: "Help desk",
        minimum: 1,
        parameters: &[],
        roll_back: RollBack::None,
        actions: &[],
        meters: &[],
    },
    Offer {
        component: "on_site_response",
        service: Service::OnSiteResponse,
        ja: "駆け付け対応",
        en: "On-site response",
        minimum: 1,
        parameters: &[],
        roll_back: RollBack::None,
        actions: &[],
        meters: &[],
    },
    Offer {
        component: "data_recovery",
        service: Service::DataRecovery,
        ja: "データ復旧",
        en: "Data recovery",
        minimum: 1,
        parameters: &[],
        roll_back: RollBack::None,
        actions: &[],
        meters: &[],
    },
];

/// What the provider says about itself.
pub(crate) fn capabilities(name: &str, sends_events: bool) -> proto::Capabilities {
    proto::Capabilities {
        provider: name.to_owned(),
        contract_version: "1.0".to_owned(),
        components: OFFERS.iter().map(component).collect(),
        n_concurrent_calls: Some(16),
        poll_interval_seconds: 60,
        lists_instances: true,
        sends_events,
        simulates_time: true,
    }
}

fn component(offer: &Offer) -> Component {
    let parameter = |(name, kind): &(&str, ParameterKind)| ParameterSpec {
        name: (*name).to_owned(),
        kind: (*kind).into(),
        changeable: true,
        ..ParameterSpec::default()
    };
    Component {
        component: offer.component.to_owned(),
        service: offer.service.into(),
        title: Some(LocalizedText { ja: offer.ja.to_owned(), en: offer.en.to_owned() }),
        plans: Vec::new(),
        parameters: offer.parameters.iter().map(parameter).collect(),
        minimum_quantity: offer.minimum,
        maximum_quantity: MOST,
        asynchronous: true,
        // Sixty days: the longest that the pilot waited for anything.
        maximum_operation_seconds: 60 * 86_400,
        suspendable: true,
        observable: true,
        changeable: true,
        cancellable_until: CancellableUntil::Active.into(),
        roll_back: offer.roll_back.into(),
        customer_actions: offer.actions.iter().map(|action| i32::from(*action)).collect(),
        meters: offer.meters.iter().map(|meter| (*meter).to_owned()).collect(),
    }
}

/// Refuses what is not offered.
pub(crate) fn check(spec: &InstanceSpec) -> Result<(), Status> {
    let offer = OFFERS
        .iter()
        .find(|offer| offer.component == spec.component)
        .ok_or_else(|| Status::not_found(format!("`{}` is not offered", spec.component)))?;
    if i32::from(offer.service) != spec.service {
        return Err(Status::invalid_argument("`spec.service` is not that of the component"));
    }
    if spec.quantity < offer.minimum || spec.quantity > MOST {
        let text = format!("`spec.quantity` must be {} to {MOST}", offer.minimum);
        return Err(Status::invalid_argument(text));
    }
    let mut names: Vec<&String> = spec.parameters.keys().collect();
    names.sort_unstable();
    for name in names {
        if !offer.parameters.iter().any(|(known, _)| known == name) {
            return Err(Status::invalid_argument(format!(
                "`{}` has no parameter `{name}`",
                spec.component
            )));
        }
    }
    Ok(())
}
