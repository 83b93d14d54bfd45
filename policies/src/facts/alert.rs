//! What is known about an alert and the incident it belongs to.

use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use super::schema::facts;
use super::words::{AlertKind, EdrVerdict, Rung, Severity, Verdict};

facts! {
    /// An alert, or an enquiry that is treated like one.
    AlertFacts as "alert" {
        /// What was detected.
        kind: Option<AlertKind> = "検知の種類",
        /// Service that detected it.
        service: Option<Service> = "検知したサービス",
        /// Number of equal detections in the report.
        count: Option<i64> = "検知件数",
        /// Whether the service blocked it by itself.
        blocked: Option<bool> = "自動遮断の有無",
        /// Verdict of the SOC.
        soc_verdict: Option<Verdict> = "SOCの判定",
        /// Verdict of the EDR's analysis.
        edr_verdict: Option<EdrVerdict> = "EDRの判定",
        /// Severity as reported.
        severity: Option<Severity> = "重大度",
        /// C&C callbacks within the window.
        cc_callbacks_in_window: Option<i64> = "期間内のC&Cコールバック検知数",
        /// Seconds since the device last reported.
        offline_seconds: Option<i64> = "オフライン秒数",
        /// Detections that the antivirus could not resolve.
        av_unresolved: Option<i64> = "自動処理できなかったウイルス検知数",
        /// Earlier incidents with the same symptom within the window.
        same_symptom_in_window: Option<i64> = "期間内の同一事象の件数",
        /// Rung on which the same symptom was last solved.
        last_rung: Option<Rung> = "前回対応した段階",
        /// Whether the customer asked, rather than a device.
        is_enquiry: Option<bool> = "利用者からの問合せ",
        /// Whether the customer's business stands still.
        business_stopped: Option<bool> = "業務停止の有無",
        /// Whether remote support has been tried and did not help.
        remote_support_failed: Option<bool> = "リモート支援での未解決",
        /// Whether data was lost or encrypted.
        data_lost: Option<bool> = "データ消失の有無",
        /// Whether telephone notices may be given now.
        phone_open: Option<bool> = "電話連絡の可否",
        /// Whether the help desk is open now.
        help_desk_open: Option<bool> = "ヘルプデスクの受付時間内",
        /// When it was detected.
        detected_at: Option<Timestamp> = "検知日時",
    }
}
