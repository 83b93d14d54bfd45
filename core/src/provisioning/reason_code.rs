//! Why something could not be set up, was taken away, or ended: one closed list.
//!
//! The first part is what the pilot met (requirements §6). Every code says in both languages what
//! happened and what the reader can do next.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Where a reason comes from: what a funnel groups by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// What is there at the customer's site does not allow it.
    Site,
    /// A step of the customer was not done or was refused.
    Customer,
    /// Somebody whom only the customer can ask: a maintenance or hosting vendor.
    ThirdParty,
    /// The provider, or the way to it.
    Provider,
    /// Somebody decided to cancel, suspend, end or replace.
    Decision,
    /// Not a failure at all.
    NoFailure,
}

macro_rules! reason_codes {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $origin:ident,
        $ja:literal, $en:literal, $next_ja:literal, $next_en:literal;)*) => {
        /// Why an item is in a final state other than active, or is being taken away.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
        pub enum ReasonCode {
            $($(#[$doc])* $name,)*
        }

        impl ReasonCode {
            /// Every code, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable text in files, tables and the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Where it comes from.
            pub const fn origin(self) -> Origin {
                match self { $(Self::$name => Origin::$origin,)* }
            }

            /// What happened, for the customer and for sales.
            pub fn label(self) -> Text {
                match self { $(Self::$name => Text::new($ja, $en),)* }
            }

            /// The next best action: what the reader can do now.
            pub fn next_step(self) -> Text {
                match self { $(Self::$name => Text::new($next_ja, $next_en),)* }
            }
        }
    };
}

reason_codes! {
    // UTM
    /// The engineer found that the site already has one.
    ExistingUtmFoundOnSite, "EXISTING_UTM_FOUND_ON_SITE", Site,
        "訪問したところ、既にUTMが設置されていました", "the site already has a UTM, found at the visit",
        "既設UTMの保守期限と監視の有無を確認し、入れ替えるか既設を活かすかを決めてください",
        "check until when the existing UTM is maintained and who watches it, then replace or keep it";
    /// The line to the internet was lost after the installation.
    InternetLostAfterInstall, "INTERNET_LOST_AFTER_INSTALL", Site,
        "設置後にインターネットへ接続できなくなり、撤去しました", "the internet connection was lost after the installation; the unit was removed",
        "回線と上位機器の構成を確認してから、再設置の日程を決めてください",
        "have the line and the upstream device looked at, then agree on a new installation";
    /// An upstream device whose maintenance vendor would not cooperate.
    UpstreamConflict, "UPSTREAM_CONFLICT", ThirdParty,
        "上位機器と競合し、その保守業者の協力が得られず、撤去しました", "it conflicts with an upstream device whose maintenance vendor would not help; the unit was removed",
        "上位機器の保守業者に協力を依頼してください。依頼文の雛形は営業担当がお渡しします",
        "ask the maintenance vendor of the upstream device to cooperate; sales has a letter for it";
    /// Some terminals went offline; the customer ordered immediate removal.
    PartialTerminalsOffline, "PARTIAL_TERMINALS_OFFLINE", Site,
        "一部の端末が通信できなくなり、ご希望により撤去しました", "some terminals went offline and the customer asked for immediate removal",
        "通信できなかった端末を調査し、除外設定を用意してから再設置をご検討ください",
        "find out which terminals were affected and prepare exceptions before another try";
    /// No date for the visit could be agreed.
    ScheduleNotFixed, "SCHEDULE_NOT_FIXED", Customer,
        "訪問日程が決まりませんでした", "no date for the visit could be agreed",
        "候補日を三つお知らせください。営業時間外の訪問も相談できます",
        "offer three dates; visits outside business hours can be arranged";
    /// The visit was refused because of the epidemic.
    VisitRefusedCovid, "VISIT_REFUSED_COVID", Customer,
        "感染症対策のため訪問を受け入れられませんでした", "the visit was refused because of the epidemic",
        "訪問できる時期をお知らせください。機器を送付しお客様に接続いただく方法もあります",
        "say when a visit is possible again, or have the unit sent and plug it in yourselves";
    /// The management did not approve.
    NoExecutiveApproval, "NO_EXECUTIVE_APPROVAL", Customer,
        "経営層の承認が得られませんでした", "the management did not approve",
        "一枚の説明資料をお使いください。経営者への説明に同席もできます",
        "use the one-page summary for executives; we can join the meeting";

    // Cloud WAF
    /// The site already has one that is on.
    AlreadyHasWaf, "ALREADY_HAS_WAF", Site,
        "既にWAFが稼働しています", "the site already has a WAF that is on",
        "今のWAFの契約と検知状況を確認し、続けてお使いください",
        "keep the present WAF, and check its contract and what it detects";
    /// The hosting includes one that is off.
    AdvisedEnableExisting, "ADVISED_ENABLE_EXISTING", Site,
        "ホスティングに付属のWAFが無効でした。有効化をお勧めしました", "the hosting includes a WAF that is off; switching it on was advised",
        "ホスティングの管理画面でWAFを有効にしてください",
        "switch the WAF on in the hosting's control panel";
    /// The customer did not change DNS in time.
    UserDidNotDoDns, "USER_DID_NOT_DO_DNS", Customer,
        "DNSの切り替えが期限までに行われませんでした", "DNS was not changed in time",
        "DNSを管理している人を確認してください。同意書があれば当方での切り替えもできます",
        "find out who manages DNS; with a signed waiver we can change it for you";
    /// A wrong setting broke the site and was rolled back.
    MisconfigRolledBack, "MISCONFIG_ROLLED_BACK", Customer,
        "設定に誤りがあり、サイトを元に戻しました", "a wrong setting broke the site and was rolled back",
        "設定を見直し、試験用のサブドメインから再開しましょう",
        "review the settings and start again with a test subdomain";
    /// Changing the name server was too risky for other services of the same domain.
    NameserverChangeTooRisky, "NAMESERVER_CHANGE_TOO_RISKY", Site,
        "同じドメインの他サービスへの影響が大きく、ネームサーバーを変更できませんでした", "changing the name server is too risky for other services of the same domain",
        "メールなど同じドメインの利用状況を整理し、CNAMEで済む方法をご相談ください",
        "list what else uses the domain and ask for the way that needs only a CNAME";
    /// The work on subdomains or redirects was refused.
    SubdomainRedirectWorkRefused, "SUBDOMAIN_REDIRECT_WORK_REFUSED", ThirdParty,
        "サブドメイン・リダイレクトの作業が受け入れられませんでした", "the work on subdomains or redirects was refused",
        "サイトの制作・保守会社に作業の可否と費用を確認してください",
        "ask the vendor of the site whether and for how much the work can be done";
    /// The operator changed DNS after the customer accepted unexpected effects in a waiver.
    OperatorChangedWithWaiver, "OPERATOR_CHANGED_WITH_WAIVER", NoFailure,
        "同意書にもとづき運営者がDNSを切り替えました", "the operator changed DNS under a waiver of the customer",
        "切り替え後の表示とメールの送受信をご確認ください",
        "check the site and the mail after the change";

    // EDR
    /// The customer did not install the agent.
    AgentNotInstalledByUser, "AGENT_NOT_INSTALLED_BY_USER", Customer,
        "エージェントがインストールされませんでした", "the agent was not installed",
        "一台だけ先に入れてみましょう。手順書と遠隔支援を用意しています",
        "start with one computer; there is a guide and remote help";
    /// The installation failed and nobody could say why.
    InstallFailedNoInfo, "INSTALL_FAILED_NO_INFO", Customer,
        "インストールに失敗し、原因が分かりませんでした", "the installation failed and nobody could say why",
        "端末の型番と画面の写真をお送りください。遠隔で確認します",
        "send the computer's model and a photograph of the screen; we look at it remotely";
    /// macOS is not supported.
    UnsupportedOsMac, "UNSUPPORTED_OS_MAC", Site,
        "Macには対応していません", "macOS is not supported",
        "Windows端末の台数で申し込み直すか、Mac対応の製品をご相談ください",
        "order for the Windows computers only, or ask for a product that supports macOS";
    /// Another operating system that is not supported.
    UnsupportedOsOther, "UNSUPPORTED_OS_OTHER", Site,
        "対応していないOSです", "the operating system is not supported",
        "Windows端末の台数で申し込み直してください",
        "order for the Windows computers only";

    // Diagnosis
    /// The hosting or maintenance vendor did not consent.
    NoConsentFromMaintainer, "NO_CONSENT_FROM_MAINTAINER", ThirdParty,
        "保守・ホスティング会社の同意が得られませんでした", "the hosting or maintenance vendor did not consent",
        "診断の範囲と日時を書いた依頼書で、もう一度お願いしてみてください",
        "ask once more with the letter that names the scope and the hours of the diagnosis";
    /// The login information was not given.
    NoLoginInfo, "NO_LOGIN_INFO", Customer,
        "ログイン情報をいただけませんでした", "the login information was not given",
        "診断用の一時アカウントを発行してください",
        "create a temporary account for the diagnosis";
    /// The site was not built within the period.
    TargetSiteNotBuiltInPeriod, "TARGET_SITE_NOT_BUILT_IN_PERIOD", Site,
        "対象サイトが期間内に完成しませんでした", "the site was not built within the period",
        "公開予定日が決まりましたらお知らせください",
        "tell us when the site will be ready";
    /// The consent does not cover the target, or is not valid in the window.
    ConsentOutOfScope, "CONSENT_OUT_OF_SCOPE", ThirdParty,
        "同意の範囲または期間が診断に合いませんでした", "the consent does not cover the target or the time of the diagnosis",
        "対象と日時を合わせて、同意書を取り直してください",
        "obtain a consent that names the same target and hours";

    // Any service
    /// The provider failed for good, or the tries are used up.
    ProviderFailed, "PROVIDER_FAILED", Provider,
        "提供事業者側で設定を完了できませんでした", "the provider could not set it up",
        "運営者が提供事業者と確認しています。お客様の作業はありません",
        "the operator is clearing it up with the provider; nothing for the customer to do";
    /// The provider did not answer in time and the instance was not found later.
    ProviderTimedOut, "PROVIDER_TIMED_OUT", Provider,
        "提供事業者から応答がありませんでした", "the provider did not answer",
        "運営者が再手配します。お客様の作業はありません",
        "the operator will order it again; nothing for the customer to do";
    /// The provider refused the order as it stands.
    ProviderRefused, "PROVIDER_REFUSED", Provider,
        "提供事業者が注文内容を受け付けませんでした", "the provider refused the order as it stands",
        "営業担当が内容を直して再注文します",
        "sales corrects the order and places it again";
    /// The provider could not be reached for as long as we try.
    ProviderUnreachable, "PROVIDER_UNREACHABLE", Provider,
        "提供事業者のシステムに接続できませんでした", "the provider's system could not be reached",
        "運営者が提供事業者の接続先と稼働状況を確認し、再開します。お客様の作業はありません",
        "the operator checks the provider's address and whether it is up, then tries again; nothing for the customer to do";
    /// Nobody is registered under the id of the provider that was named.
    ProviderNotRegistered, "PROVIDER_NOT_REGISTERED", Provider,
        "指定された提供事業者が登録されていません", "the provider that was named is not registered",
        "運営者が提供事業者を登録し、再開します。お客様の作業はありません",
        "the operator registers the provider and tries again; nothing for the customer to do";
    /// Our own check found that the service does not work.
    VerificationFailed, "VERIFICATION_FAILED", Provider,
        "設定後の確認で動作が認められませんでした", "our own check found that the service does not work",
        "運営者が提供事業者と原因を調べます",
        "the operator looks for the cause with the provider";
    /// The customer's step was not done before it expired.
    CustomerActionExpired, "CUSTOMER_ACTION_EXPIRED", Customer,
        "お客様の作業が期限までに完了しませんでした", "the customer's step was not done in time",
        "作業できる時期が決まりましたら、もう一度お申し込みください",
        "order again when it is clear when the step can be done";
    /// The customer declined the step.
    CustomerActionRefused, "CUSTOMER_ACTION_REFUSED", Customer,
        "お客様が作業を希望されませんでした", "the customer declined the step",
        "作業の要らない他のサービスをご案内します",
        "look at services that need no work by the customer";
    /// The customer cancelled.
    CancelledByCustomer, "CANCELLED_BY_CUSTOMER", Decision,
        "お客様が取り消されました", "cancelled by the customer",
        "ご利用になりたい時に、もう一度お申し込みください", "order again at any time";
    /// The operator cancelled.
    CancelledByOperator, "CANCELLED_BY_OPERATOR", Decision,
        "運営者が取り消しました", "cancelled by the operator",
        "理由は運営者にお問い合わせください", "ask the operator for the reason";
    /// The partner that ordered it cancelled.
    CancelledByPartner, "CANCELLED_BY_PARTNER", Decision,
        "販売パートナーが取り消しました", "cancelled by the partner",
        "理由は販売パートナーにお問い合わせください", "ask the partner for the reason";
    /// Another item of the bundle failed and takes this one back.
    RolledBackWithBundle, "ROLLED_BACK_WITH_BUNDLE", Decision,
        "組み合わせの他のサービスが設定できず、あわせて取りやめました", "taken back because another service of the bundle failed",
        "このサービスだけで申し込むこともできます", "order this service on its own";
    /// The preflight pack refused it for a reason of its own.
    PreflightRefused, "PREFLIGHT_REFUSED", Site,
        "事前確認の条件を満たしませんでした", "the conditions of the preflight check are not met",
        "事前確認の結果にある対処を済ませてください", "do what the preflight result asks for, then order again";
    /// A fact that preflight needs is missing.
    SurveyIncomplete, "SURVEY_INCOMPLETE", Customer,
        "事前アンケートに未回答の項目があります", "an answer that the preflight check needs is missing",
        "未回答の項目にお答えください", "answer the open questions of the survey";
    /// The subscription ended.
    SubscriptionEnded, "SUBSCRIPTION_ENDED", Decision,
        "ご契約が終了しました", "the subscription ended",
        "再開をご希望の場合はお申し込みください", "order again to start anew";
    /// The subscription was suspended.
    SubscriptionSuspended, "SUBSCRIPTION_SUSPENDED", Decision,
        "ご契約が停止中です", "the subscription is suspended",
        "お支払い状況をご確認ください", "check the open invoices";
    /// A change took its place.
    Replaced, "REPLACED", Decision,
        "変更後の機器・プランに置き換わりました", "a change took its place",
        "対応は不要です", "nothing to do";
    /// Gone at the provider although nobody ordered that.
    DisappearedAtProvider, "DISAPPEARED_AT_PROVIDER", Provider,
        "提供事業者側で設定が失われました", "the instance is gone at the provider although nobody ordered that",
        "運営者が再設定を手配します", "the operator arranges to set it up again";
    /// The trial ended and was not converted.
    TrialEnded, "TRIAL_ENDED", Decision,
        "お試し期間が終了しました", "the trial ended",
        "継続をご希望の場合は有料プランをお申し込みください", "order the paid plan to go on";
    /// A one-off service was done.
    Completed, "COMPLETED", NoFailure,
        "サービスの提供が完了しました", "the service was done",
        "報告書をご確認ください", "read the report";
}

impl ReasonCode {
    /// Whether it is a failure of the setting up, and not a decision or a normal end.
    pub const fn is_failure(self) -> bool {
        match self.origin() {
            Origin::Site | Origin::Customer | Origin::ThirdParty | Origin::Provider => true,
            Origin::Decision | Origin::NoFailure => false,
        }
    }

    /// Whether somebody cancelled before the item was set up.
    pub const fn is_cancellation(self) -> bool {
        matches!(
            self,
            Self::CancelledByCustomer | Self::CancelledByOperator | Self::CancelledByPartner
        )
    }
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is no code of the list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a reason code of provisioning")]
pub struct ParseReasonCodeError {
    /// What was given.
    pub text: String,
}

impl FromStr for ReasonCode {
    type Err = ParseReasonCodeError;

    fn from_str(text: &str) -> Result<Self, ParseReasonCodeError> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| ParseReasonCodeError { text: text.to_owned() })
    }
}

/// A code with what the people involved wrote beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The closed code.
    pub code: ReasonCode,
    /// Free text: what was found, said or tried. May be empty; at most 2,000 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
}

impl Cause {
    /// A note longer than this is cut: it is for people, not a log.
    const LONGEST_NOTE: usize = 2_000;

    /// A code with a note, which is cut to 2,000 characters.
    pub fn new(code: ReasonCode, note: impl Into<String>) -> Self {
        let mut note = note.into();
        if let Some((cut, _)) = note.char_indices().nth(Self::LONGEST_NOTE) {
            note.truncate(cut);
        }
        Self { code, note }
    }
}

impl From<ReasonCode> for Cause {
    fn from(code: ReasonCode) -> Self {
        Self { code, note: String::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_and_says_something_in_both_languages() {
        for code in ReasonCode::ALL.iter().copied() {
            assert_eq!(code.as_str().parse(), Ok(code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            for text in [code.label(), code.next_step()] {
                assert!(!text.ja.is_ascii() && !text.en.is_empty(), "{code}");
                assert!(text.en.is_ascii(), "{code}");
            }
        }
    }

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let cause = Cause::new(ReasonCode::ProviderFailed, "襷".repeat(3_000));
        assert_eq!(cause.note.chars().count(), 2_000);
    }
}
