//! Orders on their way: places them, asks providers in turn, and follows what their answers change.
//!
//! One kind of job carries everything: [`ATTEND_ITEM`] looks after one item. It either does what is
//! due by itself (commits an intent, reminds, expires) or asks the provider one question outside any
//! transaction, and then records the answer. Each saved change of an item plans its own next look;
//! looks that were planned for an older version find nothing to do.

mod answers;
mod ask_preflight;
mod attention;
mod commanding;
mod create_order;
mod customer;
mod dead_letters;
mod find_orders;
mod fit_item;
mod following;
mod funnel;
mod instances;
mod placing;
mod preflight;
mod read_orders;
mod receive;
mod remove;
mod resolve_item;
mod retry_item;
mod sweeping;
mod upkeep;
mod work;

pub use answers::record_answer;
pub use ask_preflight::ask_preflight;
pub use attention::{ATTEND_ITEM, Attend, Attention, Begun, begin_attention};
pub use commanding::Intent;
pub use create_order::{CreateOrder, NewItem, OnRefusal, SurveyFacts, create_order};
pub use customer::{
    CancelOrder, StepDetail, StepSaid, Which, cancel_order, confirm_customer_action,
};
pub use dead_letters::{DeadQuery, discard_job, list_dead_letters, retry_job};
pub use find_orders::{OrderFilter, find_orders};
pub use fit_item::fit_item;
pub(crate) use following::is_over;
pub use funnel::{Funnel, FunnelQuery, FunnelRow, Split, get_funnel};
pub use instances::{Instance, reported_instance};
pub(crate) use placing::{OrderedItem, place_order};
pub(crate) use preflight::check as check_preflight;
pub use read_orders::{OrderView, get_order, order_after};
pub use receive::{HEAR_EVENT, News, Reported, Taken, hear_event, receive_provider_event};
pub use remove::remove_item;
pub use resolve_item::{Resolution, ResolveItem, resolve_item};
pub use retry_item::{RetryItem, retry_item};
pub use sweeping::{
    REMOVE_STRAY, SWEEP_PROVIDER, begin_removal, begin_sweep, plan_sweeps, record_removal,
    record_sweep,
};
pub use tasuki_store::jobs::{DeadLetter, Lane};
pub use upkeep::{find_lost_looks, forget_done_jobs};
pub use work::{
    CompleteWork, LeaseWork, Leased, Progress, WorkEnd, complete_work, lease_work, report_progress,
};
