//! What is known about an order at list prices, before anything is taken off.

use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use super::schema::facts;

facts! {
    /// What is about to be ordered, at list prices; amounts are in yen without tax.
    OrderFacts as "order" {
        /// Code of the rate card.
        rate_card: Option<String> = "料金表",
        /// Services ordered.
        services: Option<Vec<Service>> = "申込サービス",
        /// Endpoints ordered.
        endpoints: Option<i64> = "申込端末数",
        /// First day of the subscription.
        starts_at: Option<Timestamp> = "利用開始日",
        /// Days of free trial that it begins with; 0 for none.
        trial_days: Option<i64> = "無料お試し日数",
        /// Code of the campaign that the customer names.
        campaign: Option<String> = "キャンペーンコード",
        /// Associations whose membership is valid on the first day and shown by evidence, by code.
        memberships: Option<Vec<String>> = "開始日に有効な加入団体",
        /// Initial and one-off fees at list prices.
        initial_yen: Option<i64> = "初期料金（税抜）",
        /// Monthly fees at list prices.
        monthly_yen: Option<i64> = "月額料金（税抜）",
        /// Yearly fees at list prices.
        yearly_yen: Option<i64> = "年額料金（税抜）",
    }
}
