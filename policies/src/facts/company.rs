//! What is known about a company, as far as prices, eligibility and set-up need it.

use rust_decimal::Decimal;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use super::schema::facts;
use super::words::{Consent, DnsControl, MaintainerCooperation, WafState};

facts! {
    /// A company that asks for services.
    CompanyFacts as "company" {
        /// Service under question.
        service: Option<Service> = "対象サービス",
        /// Services wanted.
        wanted: Option<Vec<Service>> = "希望サービス",
        /// Division of the Japan Standard Industrial Classification, A to T.
        industry: Option<String> = "業種",
        /// Number of people working there.
        employees: Option<i64> = "従業員数",
        /// Paid-in capital in yen.
        capital_yen: Option<i64> = "資本金",
        /// Windows endpoints.
        endpoints_windows: Option<i64> = "Windows端末数",
        /// Mac endpoints.
        endpoints_mac: Option<i64> = "Mac端末数",
        /// Linux endpoints.
        endpoints_linux: Option<i64> = "Linux端末数",
        /// Endpoints for which the service is asked.
        endpoints_wanted: Option<i64> = "申込端末数",
        /// Whether a UTM is in place.
        has_utm: Option<bool> = "既設UTMの有無",
        /// Whether endpoints have antivirus software.
        has_antivirus: Option<bool> = "ウイルス対策ソフトの有無",
        /// Whether the company has a web site.
        has_website: Option<bool> = "Webサイトの有無",
        /// Whether the web site is built and in use.
        website_is_built: Option<bool> = "Webサイトの構築状況",
        /// State of the web application firewall.
        waf: Option<WafState> = "既設WAFの状態",
        /// Who can change the DNS records.
        dns_control: Option<DnsControl> = "DNS設定の変更者",
        /// Whether the name server has to be changed.
        nameserver_change_needed: Option<bool> = "ネームサーバー変更の要否",
        /// Whether other services use the same domain.
        domain_shared: Option<bool> = "同一ドメインの他サービスの有無",
        /// Whether subdomains or redirects have to be set up.
        subdomain_work_needed: Option<bool> = "サブドメイン・リダイレクト作業の要否",
        /// Whether the site's vendor does work on subdomains and redirects.
        site_vendor_cooperates: Option<bool> = "サイト運用会社の協力",
        /// Traffic of the web site in gigabytes per month.
        monthly_traffic_gb: Option<Decimal> = "月間トラフィック（GB）",
        /// Whether a device of somebody else stands upstream.
        upstream_device: Option<bool> = "上位ネットワーク機器の有無",
        /// Whether the vendor of the upstream network cooperates.
        upstream_cooperates: Option<MaintainerCooperation> = "上位機器の保守ベンダーの協力",
        /// Whether internal servers are reached through the UTM.
        internal_servers: Option<bool> = "社内サーバーの有無",
        /// Whether an engineer may come to the site.
        visit_accepted: Option<bool> = "訪問の可否",
        /// Whether the date of the visit is fixed.
        schedule_fixed: Option<bool> = "訪問日程の確定",
        /// Whether the site is on a remote island.
        remote_island: Option<bool> = "離島の該当",
        /// Consent of the site's maintainer or host to a diagnosis.
        maintainer_consent: Option<Consent> = "保守管理会社の許諾",
        /// End of the maintainer's consent.
        consent_valid_until: Option<Timestamp> = "許諾の有効期限",
        /// Whether the login account for the diagnosis can be given.
        has_login_account: Option<bool> = "ログインアカウント情報の提供",
        /// Whether the diagnosis is of a web application; otherwise of a platform.
        diagnosis_of_web: Option<bool> = "Webアプリケーション診断の該当",
        /// Screens of the web application to diagnose.
        web_screens: Option<i64> = "診断画面数",
        /// Global IP addresses to diagnose.
        global_ips: Option<i64> = "診断対象グローバルIP数",
        /// Whether the executives have approved.
        executive_approval: Option<bool> = "経営者の決裁",
        /// Monthly budget in yen, tax excluded.
        budget_monthly_yen: Option<i64> = "月額予算（税抜）",
        /// Associations the company belongs to, by code.
        memberships: Option<Vec<String>> = "加入団体",
        /// People who use the network.
        users: Option<i64> = "ネットワーク利用者数",
        /// Speed of the line in megabits per second.
        line_mbps: Option<i64> = "回線速度（Mbps）",
        /// Declared stars of SECURITY ACTION.
        security_action_stars: Option<i64> = "SECURITY ACTIONの星",
        /// When staff were last trained with harmless attack mails.
        last_training_at: Option<Timestamp> = "直近の標的型攻撃メール訓練",
        /// Whether data is backed up.
        has_backup: Option<bool> = "バックアップの有無",
    }
}
