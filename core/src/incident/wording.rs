//! What customers read about an incident: plain words, one action after the other (ESC-13).

use serde::{Deserialize, Serialize};

use super::Incident;
use crate::alert::AlertKind;
use crate::notice::Message;
use crate::text::Text;

/// The texts of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// The template, such as `incident.device_offline`.
    pub template: String,
    /// What it is, in one line that a company owner understands.
    pub title: Text,
    /// What the customer does next, in single steps.
    pub next_step: Text,
}

impl Wording {
    fn new(template: &str, title: Text, next_step: Text) -> Self {
        Self { template: format!("incident.{template}"), title, next_step }
    }

    /// The same as a message to the customer.
    pub fn message(&self) -> Message {
        Message {
            template: self.template.clone(),
            title: self.title.clone(),
            body: self.next_step.clone(),
        }
    }
}

/// The texts of an incident that alerts of a kind open.
pub fn for_alerts(kind: AlertKind) -> Wording {
    match kind {
        AlertKind::DeviceOffline => Wording::new(
            "device_offline",
            Text::new(
                "機器から24時間以上応答がありません",
                "A device has not answered for 24 hours",
            ),
            Text::new(
                "1. 機器の電源ランプがついているか見てください。\n2. 消えていたら、電源コードを差し直してください。\n3. 10分たってもインターネットが使えないときは、担当者にお伝えください。",
                "1. Look whether the power light of the device is on.\n2. If it is off, plug the power cord in again.\n3. If the internet still does not work after ten minutes, tell us.",
            ),
        ),
        AlertKind::InternalMalwareComms => Wording::new(
            "malware_comms",
            Text::new(
                "社内のパソコンが不審な相手と通信しています",
                "A computer inside talks to a suspicious peer",
            ),
            Text::new(
                "1. お知らせしたパソコンのLANケーブルを抜き、Wi-Fiを切ってください。\n2. 電源は切らないでください。\n3. 担当者からの電話をお待ちください。",
                "1. Unplug the network cable of the computer we name and switch its Wi-Fi off.\n2. Leave the power on.\n3. Wait for our call.",
            ),
        ),
        AlertKind::AvUnresolved => Wording::new(
            "av_unresolved",
            Text::new(
                "ウイルスを自動で取り除けませんでした",
                "A virus could not be removed automatically",
            ),
            Text::new(
                "1. そのパソコンを使うのをやめてください。\n2. LANケーブルを抜き、Wi-Fiを切ってください。\n3. 担当者が遠隔で取り除きます。電話をお待ちください。",
                "1. Stop using that computer.\n2. Unplug its network cable and switch its Wi-Fi off.\n3. We will remove the virus remotely. Wait for our call.",
            ),
        ),
        AlertKind::EdrVerdict | AlertKind::Endpoint | AlertKind::Malware => Wording::new(
            "endpoint",
            Text::new("パソコンに攻撃を受けた疑いがあります", "A computer may have been attacked"),
            Text::new(
                "1. そのパソコンのLANケーブルを抜き、Wi-Fiを切ってください。\n2. 電源は切らないでください。\n3. 担当者からの電話をお待ちください。",
                "1. Unplug the network cable of that computer and switch its Wi-Fi off.\n2. Leave the power on.\n3. Wait for our call.",
            ),
        ),
        AlertKind::WafDetection | AlertKind::InboundAttack => Wording::new(
            "attack",
            Text::new("外から攻撃を受けています", "There is an attack from outside"),
            Text::new(
                "1. ホームページや社内のサーバーがいつもどおりか見てください。\n2. 様子がおかしいときは、担当者にお伝えください。\n3. 設定は担当者が見直します。",
                "1. Look whether your web site and servers are as always.\n2. If anything is odd, tell us.\n3. We will check the settings.",
            ),
        ),
        AlertKind::DiagnosisFinding => Wording::new(
            "diagnosis_finding",
            Text::new("診断で急ぎの問題が見つかりました", "The diagnosis found something urgent"),
            Text::new(
                "1. 診断報告書の最初の項目を見てください。\n2. 保守を頼んでいる会社に報告書を渡してください。\n3. 分からないことは担当者に聞いてください。",
                "1. Read the first item of the diagnosis report.\n2. Give the report to the company that maintains your system.\n3. Ask us whatever is not clear.",
            ),
        ),
        AlertKind::BadSiteBlock | AlertKind::Other => Wording::new(
            "other",
            Text::new("確認が必要な動きがありました", "Something needs a closer look"),
            Text::new(
                "1. いまはそのまま使ってかまいません。\n2. 担当者から電話で様子をうかがいます。",
                "1. You may go on working.\n2. We will call and ask you about it.",
            ),
        ),
    }
}

/// The texts of an incident that a customer's enquiry opens.
pub fn for_enquiry() -> Wording {
    Wording::new(
        "enquiry",
        Text::new("お問い合わせを受け付けました", "We have received your question"),
        Text::new(
            "1. 担当者から連絡します。\n2. それまで、画面の表示や時刻をメモしておいてください。",
            "1. We will contact you.\n2. Until then, please write down what the screen shows and when.",
        ),
    )
}

/// What the customer reads when the incident is solved; none before.
pub fn for_resolution(incident: &Incident) -> Option<Message> {
    let resolution = incident.state.resolution()?;
    let body = match &resolution.prevention {
        None => resolution.summary.clone(),
        Some(prevention) => Text::new(
            format!("{}\n\n{}", resolution.summary.ja, prevention.ja),
            format!("{}\n\n{}", resolution.summary.en, prevention.en),
        ),
    };
    Some(Message {
        template: "incident.resolved".to_owned(),
        title: Text::new("対応が終わりました", "Your case is solved"),
        body,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_in_both_languages() {
        for kind in AlertKind::ALL {
            let wording = for_alerts(kind);
            assert!(wording.template.starts_with("incident."));
            for text in [&wording.title, &wording.next_step] {
                assert!(!text.ja.is_empty() && !text.en.is_empty(), "{kind}");
            }
            assert!(wording.next_step.ja.starts_with("1. "), "{kind}");
        }
    }
}
