//! What is known about somebody who would pay a share of a company's fees.

use rust_decimal::Decimal;
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;

use super::schema::facts;

facts! {
    /// Somebody who would pay a share of the fees of an order, such as an upper-tier supplier.
    SponsorFacts as "sponsor" {
        /// Code of the sponsor.
        code: Option<String> = "費用負担者コード",
        /// Share of the fees, above 0 and at most 1.
        share: Option<Decimal> = "負担割合",
        /// The most it pays in a month, tax included; absent for no bound.
        monthly_cap_yen: Option<i64> = "月の負担上限（税込）",
        /// Since when it pays; absent for always.
        starts_at: Option<Timestamp> = "負担の開始",
        /// Until when it pays, not included; absent for without end.
        ends_at: Option<Timestamp> = "負担の終了",
        /// Services it pays for; absent for all.
        services: Option<Vec<Service>> = "負担するサービス",
    }
}
