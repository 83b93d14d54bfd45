//! What people read in place of a code of the contracts.

use super::text::Lang;

/// Kind and code, Japanese, English. A code without a line is shown as it is.
const LABELS: [(&str, &str, &str, &str); 62] = [
    ("alert", "inbound_attack", "外部からの攻撃", "attack from outside"),
    ("alert", "internal_malware_comms", "不正な通信", "malware traffic"),
    ("alert", "bad_site_block", "不正サイトの遮断", "bad site blocked"),
    ("alert", "malware", "マルウェア", "malware"),
    ("alert", "endpoint", "端末での検知", "found on an endpoint"),
    ("alert", "other", "その他", "other"),
    ("alert", "waf_detection", "WAFの検知", "WAF detection"),
    ("alert", "edr_verdict", "EDRの判定", "EDR verdict"),
    ("alert", "device_offline", "機器の無応答", "device offline"),
    ("alert", "av_unresolved", "駆除できないウイルス", "virus not removed"),
    ("severity", "information", "情報", "information"),
    ("severity", "low", "低", "low"),
    ("severity", "medium", "中", "medium"),
    ("severity", "high", "高", "high"),
    ("severity", "critical", "緊急", "critical"),
    ("phase", "triage", "切り分け中", "triage"),
    ("phase", "containment", "封じ込め中", "containment"),
    ("phase", "eradication", "駆除中", "eradication"),
    ("phase", "recovery", "復旧中", "recovery"),
    ("phase", "review", "振り返り中", "review"),
    ("phase", "closed", "完了", "closed"),
    ("rung", "l1_help_desk", "L1 相談窓口", "L1 help desk"),
    ("rung", "l2_remote", "L2 リモート対応", "L2 remote support"),
    ("rung", "l3_on_site_response", "L3 駆け付け", "L3 on-site response"),
    ("rung", "l4_recovery", "L4 復旧", "L4 recovery"),
    ("cause", "not_acknowledged", "応答なし", "not acknowledged"),
    ("cause", "recurrence", "再発", "the same again"),
    ("cause", "person", "担当者の判断", "a person decided"),
    ("cause", "policy", "規則", "policy"),
    ("work", "advice", "電話での助言", "advice by telephone"),
    ("work", "remote_support", "リモート対応", "remote support"),
    ("work", "on_site_response", "駆け付け対応", "on-site response"),
    ("work", "virus_removal", "ウイルス駆除", "virus removal"),
    ("work", "restoration", "復旧作業", "restoration"),
    ("work", "data_recovery", "データ復旧", "data recovery"),
    ("work", "forensics", "調査", "forensics"),
    ("work", "settings_change", "設定変更", "change of settings"),
    ("outcome", "fixed", "解決", "fixed"),
    ("outcome", "worked_around", "暫定対処", "worked around"),
    ("outcome", "nothing_found", "異常なし", "nothing found"),
    ("outcome", "not_fixed", "未解決", "not fixed"),
    ("outcome", "removed_equipment", "機器を撤去", "equipment taken away"),
    ("outcome", "refused_by_customer", "お客様が辞退", "refused by the customer"),
    ("certificate", "pending", "開始前", "pending"),
    ("certificate", "in_force", "有効", "in force"),
    ("certificate", "lapsed", "失効", "lapsed"),
    ("certificate", "ended", "終了", "ended"),
    ("decision", "ELIGIBLE", "支払対象", "eligible"),
    ("decision", "NOT_ELIGIBLE", "支払対象外", "not eligible"),
    ("decision", "REFER", "人の判断が必要", "referred to a person"),
    ("claim", "decided", "判定済み", "decided"),
    ("claim", "denied", "支払不可", "denied"),
    ("claim", "paid", "支払済み", "paid"),
    ("claim", "closed", "完了", "closed"),
    ("finding", "not_satisfied", "不成立", "not satisfied"),
    ("finding", "undetermined", "判定不能", "undetermined"),
    ("part", "on_site_response", "駆け付け対応", "on-site response"),
    ("part", "virus_removal", "ウイルス駆除", "virus removal"),
    ("change", "new", "新規", "new"),
    ("change", "ended", "終了", "ended"),
    ("change", "lapsed", "失効", "lapsed"),
    ("change", "changed", "変更", "changed"),
];

/// A code in the words of a language.
pub(super) fn label<'a>(kind: &str, code: &'a str, lang: Lang) -> &'a str {
    LABELS
        .iter()
        .find(|(its_kind, its_code, ..)| *its_kind == kind && *its_code == code)
        .map_or(code, |(_, _, ja, en)| lang.say(ja, en))
}

#[cfg(test)]
mod tests {
    use tasuki_proto::incident::v1::{EscalationCause, Phase, Rung, WorkKind, WorkOutcome};

    use super::*;
    use crate::commands::demo::gather::word;

    #[test]
    fn each_word_of_an_incident_has_a_label() {
        let words = |kind, prefix: &str, names: Vec<&'static str>| {
            for name in names {
                let code = word(name, prefix);
                assert!(
                    LABELS.iter().any(|(its_kind, its, ..)| *its_kind == kind && *its == code),
                    "{kind} {code}"
                );
            }
        };
        let numbers = 1..=8;
        let of = |name: fn(i32) -> Option<&'static str>| numbers.clone().filter_map(name).collect();
        words("rung", "RUNG_", of(|n| Rung::try_from(n).ok().map(|it| it.as_str_name())));
        words("phase", "PHASE_", of(|n| Phase::try_from(n).ok().map(|it| it.as_str_name())));
        let causes = of(|n| EscalationCause::try_from(n).ok().map(|it| it.as_str_name()));
        words("cause", "ESCALATION_CAUSE_", causes);
        words("work", "WORK_KIND_", of(|n| WorkKind::try_from(n).ok().map(|it| it.as_str_name())));
        let outcomes = of(|n| WorkOutcome::try_from(n).ok().map(|it| it.as_str_name()));
        words("outcome", "WORK_OUTCOME_", outcomes);
    }

    #[test]
    fn a_code_without_a_label_is_shown_as_it_is() {
        assert_eq!(label("rung", "l9", Lang::Ja), "l9");
        assert_eq!(label("rung", "l2_remote", Lang::Ja), "L2 リモート対応");
    }
}
