//! What the customer is asked for, in plain words.

use tasuki_proto::provisioning::v1::{CustomerAction, CustomerActionKind, DnsRecord, VerifyMethod};
use tasuki_proto::types::v1::LocalizedText;

use crate::record::Record;

fn text(ja: &str, en: &str) -> LocalizedText {
    LocalizedText { ja: ja.to_owned(), en: en.to_owned() }
}

/// The step of a kind for an instance.
pub(crate) fn customer_action(kind: CustomerActionKind, of: &Record) -> CustomerAction {
    let mut action = CustomerAction { kind: kind.into(), ..CustomerAction::default() };
    let method = match kind {
        CustomerActionKind::DnsChange => {
            action.instructions = Some(text(
                "DNSの管理画面で、下の名前のCNAMEを指定の値に変更してください。反映まで最長1日かかります。",
                "In your DNS control panel, set the CNAME of each name below to the value given. It can take a day.",
            ));
            action.expected_records = records(of);
            VerifyMethod::DnsLookup
        }
        CustomerActionKind::DeviceInstall => {
            action.instructions = Some(text(
                "訪問日に立ち会い、ルーターの前に機器を置く場所と電源をご用意ください。作業中の通信断は数分です。",
                "Be there on the day of the visit; keep a place and a socket beside the router. The line is down for minutes.",
            ));
            VerifyMethod::Heartbeat
        }
        CustomerActionKind::AgentInstall => {
            action.instructions = Some(text(
                "届いた案内のリンクからソフトをダウンロードし、各Windows端末で実行してください。再起動は不要です。",
                "Download the installer from the link you were sent and run it on each Windows computer. No restart needed.",
            ));
            action.url = format!("https://provider.example/agent/{}", of.instance_id);
            VerifyMethod::Heartbeat
        }
        CustomerActionKind::Consent => {
            action.instructions = Some(text(
                "サイトの保守会社・ホスティング会社に、診断の対象と日時を示して同意書をもらってください。",
                "Obtain a written consent of the maintenance and hosting vendors that names the target and the hours.",
            ));
            VerifyMethod::Document
        }
        CustomerActionKind::Schedule => {
            action.instructions = Some(text(
                "訪問できる日を三つお知らせください。",
                "Name three days on which somebody may come.",
            ));
            VerifyMethod::Declaration
        }
        CustomerActionKind::Information | CustomerActionKind::Unspecified => {
            action.instructions = Some(text(
                "診断用の一時アカウントを作り、専用フォームに登録してください。メールでは送らないでください。",
                "Create a temporary account for the diagnosis and enter it in the form. Do not send it by mail.",
            ));
            VerifyMethod::ProviderObserves
        }
    };
    action.set_verify_method(method);
    action
}

fn records(of: &Record) -> Vec<DnsRecord> {
    let domains = of.parameters.get("domains").map_or("www.example.jp", String::as_str);
    domains
        .split(' ')
        .filter(|name| !name.is_empty())
        .take(100)
        .map(|name| DnsRecord {
            name: name.to_owned(),
            r#type: "CNAME".to_owned(),
            value: format!("{}.waf.provider.example", of.instance_id),
            previous_value: String::new(),
        })
        .collect()
}
