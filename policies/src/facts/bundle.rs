//! What is known about a bundle that is offered.

use rust_decimal::Decimal;
use tasuki_core::service::Service;

use super::schema::facts;

facts! {
    /// A bundle of services as a quote offers it; amounts are in yen without tax.
    BundleFacts as "bundle" {
        /// Services in the bundle.
        services: Option<Vec<Service>> = "セットに含まれるサービス",
        /// Codes of everything that is included without further charge.
        included: Option<Vec<String>> = "料金に含まれる項目",
        /// Codes of everything that is charged only if something happens.
        possible: Option<Vec<String>> = "条件により発生する料金",
        /// Codes of what may be charged without an amount or the words when it is.
        unexplained: Option<Vec<String>> = "金額または条件の説明がない料金",
        /// Monthly fee of watching the network; absent when the network is not watched.
        network_monthly_yen: Option<Decimal> = "ネットワーク一括監視の月額（税抜）",
        /// Monthly fee of watching one endpoint; absent when endpoints are not watched.
        endpoint_monthly_yen: Option<Decimal> = "端末監視の1台あたり月額（税抜）",
        /// Endpoints that are watched.
        endpoints: Option<i64> = "監視対象端末数",
        /// Codes of the parts of the cover that comes with it.
        covered_parts: Option<Vec<String>> = "付帯する補償項目",
        /// Class of the scheme that it is offered as, 1 or 2.
        registered_class: Option<i64> = "サービスの類型",
    }
}
