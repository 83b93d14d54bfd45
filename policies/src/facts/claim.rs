//! What is known about a loss that was notified.

use tasuki_core::time::Timestamp;

use super::schema::facts;
use super::words::LossPart;

facts! {
    /// A loss, the certificate it falls under, and the state of the covered service at that time.
    ClaimFacts as "claim" {
        /// When the loss happened, as assessed.
        loss_at: Option<Timestamp> = "事故発生日時",
        /// When the loss was notified.
        notified_at: Option<Timestamp> = "事故通知日時",
        /// Days from the loss to the notice.
        days_to_notice: Option<i64> = "事故発生から通知までの日数",
        /// Part of the cover that the loss asks for.
        part: Option<LossPart> = "請求する補償",
        /// Amount claimed in yen, tax excluded.
        amount_yen: Option<i64> = "請求額（税抜）",
        /// Whether the certificate was in force at the loss.
        certificate_in_force: Option<bool> = "事故時の証券の有効性",
        /// Whether the covered service was active at the loss.
        item_active_at_loss: Option<bool> = "事故時のサービス稼働",
        /// Whether the certificate covers this part.
        part_is_covered: Option<bool> = "補償項目の該当",
        /// Whether the premium for the period is accounted for.
        premium_accounted: Option<bool> = "保険料の計上",
        /// When the covered service last reported before the loss.
        last_heartbeat_at: Option<Timestamp> = "事故前の最終稼働報告",
        /// Hours from the last report of the covered service to the loss.
        hours_since_heartbeat: Option<i64> = "事故前の最終稼働報告からの時間",
        /// Whether a bypass was switched on at the loss.
        bypass_active: Option<bool> = "事故時のバイパス設定",
        /// Whether the insurer had approved the bypass.
        bypass_approved: Option<bool> = "バイパス設定の承認",
        /// Released versions that are newer than the oldest agent or firmware in use; 0 when it is the newest.
        agent_versions_behind: Option<i64> = "エージェントの版の遅れ",
        /// Days from the last diagnosis to the loss.
        days_since_diagnosis: Option<i64> = "事故前の最終診断からの日数",
        /// Months from the last training of the staff to the loss, a begun one counted whole.
        months_since_training: Option<i64> = "事故前の最終訓練からの月数",
        /// Days for which the oldest critical finding was open at the loss; 0 when none was.
        critical_findings_open_days: Option<i64> = "緊急の指摘事項の未対応日数",
        /// Whether the finding that was open led to the loss.
        finding_caused_loss: Option<bool> = "未対応の指摘事項と事故の因果関係",
        /// Whether the loss belongs to a recorded incident.
        has_incident: Option<bool> = "インシデント記録の有無",
        /// Whether the SOC confirmed the incident.
        soc_confirmed: Option<bool> = "SOCによる確認",
        /// Whether the work was done or ordered by the operator.
        work_by_operator: Option<bool> = "運営事業者による対応",
        /// Whether the work for this part is already included in the price of a service.
        included_in_service: Option<bool> = "サービス料金への包含",
        /// Whether the insured or its officers brought the loss about on purpose.
        intentional: Option<bool> = "故意の有無",
        /// Whether war or an attack by a state brought it about.
        war: Option<bool> = "戦争等の該当",
        /// Whether the insured knew of it before the cover began.
        known_before_cover: Option<bool> = "補償開始前の認識",
        /// When the insured acknowledged the terms.
        terms_acknowledged_at: Option<Timestamp> = "重要事項の確認日時",
        /// Amount of the yearly limit that is still unused, in yen.
        limit_left_yen: Option<i64> = "年間限度額の残額",
        /// Amount of the programme's aggregate that is still unused, in yen.
        programme_left_yen: Option<i64> = "制度全体の限度額の残額",
        /// Amount of the part's limit for one incident that is still unused, in yen.
        part_limit_left_yen: Option<i64> = "補償項目の1事故限度額の残額",
    }
}
