//! Rate card and selection to priced lines; no I/O.
//!
//! A rate card is a file: what can be chosen, what it costs, what is included and what may be
//! charged if something happens. [`rate_card`] reads and checks it, [`cards`] keeps the versions
//! apart by date, [`quote_lines`] prices a selection, [`invoice_lines`] prices a month of a
//! subscription, [`discount`] takes off what policies give, [`compare`] and [`yearly_fees`]
//! say what another card would change, [`split`] divides the fees among those who pay, [`premium`] the
//! premium.
//!
//! ```
//! use tasuki_core::catalog::SelectedItem;
//! use tasuki_core::service::Service;
//! use tasuki_pricing::cards::Cards;
//! use tasuki_pricing::quote_lines::{Ask, quote_lines};
//!
//! let cards = Cards::built_in()?;
//! let day = "2021-04-01".parse()?;
//! let card = cards.in_force("okinawa", day).ok_or("no prices on that day")?;
//! let bundle = vec![
//!     SelectedItem::of(Service::Utm),
//!     SelectedItem::of(Service::CloudWaf).with_traffic_gb("10".parse()?),
//!     SelectedItem::of(Service::Edr).with_endpoints(5),
//! ];
//! let priced = quote_lines(card, &Ask::on(day, bundle))?;
//!
//! assert_eq!(priced.totals.first_year.net.to_string(), "¥259,000");
//! assert_eq!(priced.totals.monthly.to_string(), "¥20,000");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cards;
pub mod compare;
pub mod discount;
pub mod invoice_lines;
pub mod premium;
pub mod proration;
pub mod quote_lines;
pub mod rate_card;
pub mod split;
pub mod tax;
pub mod tier;
pub mod yearly_fees;
