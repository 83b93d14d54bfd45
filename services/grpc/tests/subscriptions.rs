//! A subscription over a real socket: read for a time, changed, stopped, ended, brought back, moved.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::civil::date;
use tasuki_app::context::Context;
use tasuki_app::library::Library;
use tasuki_core::catalog::{BillingCycle, CompanyProfile, Quantity, SelectedItem};
use tasuki_core::id::{IdSource, ItemId, PartnerId, TenantId};
use tasuki_core::party::{Principal, Role};
use tasuki_core::problem::Problem;
use tasuki_core::reason::Reason;
use tasuki_core::service::Service;
use tasuki_core::subscription::{Subscription, SubscriptionCommand, SubscriptionDraft};
use tasuki_core::tenant::{Partner, PartnerKind, PartnerTerms, Tenant};
use tasuki_core::time::{Clock, Timestamp, Zone};
use tasuki_grpc::auth::{Authenticate, bearer};
use tasuki_grpc::edge::Edge;
use tasuki_proto::google::r#type::{Date, Money};
use tasuki_proto::quote::v1::Selection;
use tasuki_proto::subscription::v1 as proto;
use tasuki_proto::subscription::v1::effective_from::At;
use tasuki_proto::subscription::v1::preview_migration_response::Part;
use tasuki_proto::subscription::v1::subscription_service_client::SubscriptionServiceClient;
use tasuki_proto::types::v1::Service as ProtoService;
use tasuki_store::testing::{Fresh, databases};
use tasuki_store::{partners, subscriptions, tenants};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

#[derive(Debug)]
struct Later;

impl Clock for Later {
    fn now(&self) -> Timestamp {
        "2022-06-01T00:00:00Z".parse().unwrap()
    }
}

#[derive(Debug, Default)]
struct Counted(AtomicU64);

impl IdSource for Counted {
    fn next_uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1_000)
    }
}

/// The token is the name of somebody of the operator.
#[derive(Debug)]
struct Staff;

#[tonic::async_trait]
impl Authenticate for Staff {
    async fn principal(&self, metadata: &MetadataMap) -> Result<Principal, Problem> {
        let token =
            bearer(metadata).ok_or_else(|| Problem::new(Reason::Unauthenticated, "no token"))?;
        Ok(Principal::of(token, Role::Operator))
    }
}

struct Served {
    client: SubscriptionServiceClient<Channel>,
    ctx: Context,
    tenant_id: TenantId,
    subscription_id: String,
    _database: Fresh,
}

fn by<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", "Bearer seller".parse().unwrap());
    request
}

fn reason(status: &Status) -> String {
    status.get_details_error_info().unwrap().reason
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages may be absent")]
fn yen(units: i64) -> Option<Money> {
    Some(Money { currency_code: "JPY".to_owned(), units, nanos: 0 })
}

#[expect(clippy::unnecessary_wraps, reason = "fields of messages may be absent")]
fn at(at: At) -> Option<proto::EffectiveFrom> {
    Some(proto::EffectiveFrom { at: Some(at) })
}

fn now() -> Option<proto::EffectiveFrom> {
    at(At::Now(proto::Now {}))
}

async fn served() -> Vec<Served> {
    let mut all = Vec::new();
    for database in databases().await {
        let ctx = Context {
            store: database.store.clone(),
            clock: Arc::new(Later),
            ids: Arc::new(Counted::default()),
            library: Arc::new(Library::load(None, None).unwrap()),
        };
        let (tenant_id, subscription_id) = found(&ctx).await;
        let routes = tasuki_grpc::routes(&Edge::new(ctx.clone(), Arc::new(Staff)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder().add_routes(routes).serve_with_incoming(incoming),
        );
        let channel =
            Channel::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap();
        let client = SubscriptionServiceClient::new(channel);
        all.push(Served { client, ctx, tenant_id, subscription_id, _database: database });
    }
    all
}

/// A tenant with a running UTM and EDR, and its clock on 10 March.
async fn found(ctx: &Context) -> (TenantId, String) {
    let start = date(2021, 2, 1);
    let zone = Zone::named(Zone::TOKYO).unwrap();
    let created_at = Timestamp::start_of(start, &zone).unwrap();
    let partner = Partner {
        id: PartnerId::of_code("ogs"),
        code: "ogs".to_owned(),
        name: "沖電グローバルシステムズ".to_owned(),
        name_en: String::new(),
        kind: PartnerKind::Operator,
        capabilities: Vec::new(),
        solicitor_licence: None,
        terms: PartnerTerms::default(),
        created_at,
    };
    let tenant = Tenant {
        id: TenantId::from(Uuid::from_u128(1)),
        partner_id: partner.id,
        name: "比嘉商店".to_owned(),
        name_en: String::new(),
        partner_reference: String::new(),
        zone,
        profile: CompanyProfile { industry: Some("I".to_owned()), ..CompanyProfile::default() },
        clock_at: Some("2021-03-10T01:00:00Z".parse().unwrap()),
        created_at,
        updated_at: created_at,
    };
    let utm = SelectedItem {
        plan: Some("utm.basic".to_owned()),
        tier: Some("basic".to_owned()),
        quantity: Some(Quantity::ONE),
        ..SelectedItem::of(Service::Utm)
    };
    let edr = SelectedItem::of(Service::Edr).with_plan("edr.standard").with_endpoints(5);
    let items: Vec<(ItemId, _)> = vec![(ctx.ids.next(), utm), (ctx.ids.next(), edr)];
    let ids: Vec<_> = items.iter().map(|(id, _)| *id).collect();
    let draft = SubscriptionDraft {
        id: ctx.ids.next(),
        tenant_id: tenant.id,
        partner_id: partner.id,
        quote_id: ctx.ids.next(),
        items,
        rate_card: ctx.cards().in_force("okinawa", start).unwrap().reference.clone(),
        cycle: BillingCycle::CalendarMonth,
        start_on: start,
        trial: None,
        minimum_term_months: 12,
        discounts: Vec::new(),
    };
    let command = SubscriptionCommand::Activate { on: start, trial_until: None };
    let opened = Subscription::open(draft, created_at);
    let opened = ids.into_iter().fold(opened, |of, item| of.with_item_started(item, start));
    let (subscription, _) = opened.step(&command, created_at).unwrap();
    let tx = ctx.store.begin().await.unwrap();
    partners::insert(&tx, &partner).await.unwrap();
    tenants::insert(&tx, &tenant).await.unwrap();
    subscriptions::insert(&tx, &subscription).await.unwrap();
    tx.commit().await.unwrap();
    (tenant.id, subscription.id.to_string())
}

impl Served {
    async fn set_clock(&self, at: &str) {
        let tx = self.ctx.store.begin().await.unwrap();
        tenants::set_clock(&tx, self.tenant_id, at.parse().unwrap()).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn read(&self, as_of: Option<i64>, known_at: Option<i64>) -> proto::Subscription {
        let at = |seconds| prost_types::Timestamp { seconds, nanos: 0 };
        let request = proto::GetSubscriptionRequest {
            tenant_id: self.tenant_id.to_string(),
            subscription_id: self.subscription_id.clone(),
            as_of: as_of.map(at),
            known_at: known_at.map(at),
        };
        let answer = self.client.clone().get_subscription(by(request)).await.unwrap();
        answer.into_inner().subscription.unwrap()
    }

    async fn change(
        &self,
        request_id: &str,
        change: proto::Change,
        effective: Option<proto::EffectiveFrom>,
    ) -> Result<proto::ChangeSubscriptionResponse, Status> {
        let request = proto::ChangeSubscriptionRequest {
            request_id: request_id.to_owned(),
            tenant_id: self.tenant_id.to_string(),
            subscription_id: self.subscription_id.clone(),
            etag: self.read(None, None).await.etag,
            change: Some(change),
            effective,
            validate_only: request_id.is_empty(),
        };
        Ok(self.client.clone().change_subscription(by(request)).await?.into_inner())
    }
}

fn edr(endpoints: i32) -> proto::Change {
    let selection = Selection {
        service: ProtoService::Edr.into(),
        endpoints: Some(endpoints),
        ..Selection::default()
    };
    proto::Change { set: vec![selection], ..proto::Change::default() }
}

#[tokio::test]
async fn a_change_is_asked_made_read_for_another_time_and_taken_back() {
    for served in served().await {
        let asked = served.change("", edr(8), now()).await.unwrap();
        let preview = proto::PreviewChangeRequest {
            tenant_id: served.tenant_id.to_string(),
            subscription_id: served.subscription_id.clone(),
            kind: proto::ChangeKind::Change.into(),
            change: Some(edr(8)),
            effective: now(),
        };
        let previewed = served.client.clone().preview_change(by(preview)).await.unwrap();
        assert_eq!(previewed.into_inner().effect, asked.effect);
        assert_eq!(served.read(None, None).await.etag, "v1", "nothing was stored");

        let done = served.change("c", edr(8), now()).await.unwrap();
        assert_eq!(done.effect, asked.effect);
        let effect = done.effect.unwrap();
        assert_eq!(effect.next_invoice_difference, yen(5_940));
        assert_eq!((effect.yearly_before, effect.yearly_after), (yen(9_000), yen(14_400)));
        let endpoints =
            |of: &proto::Subscription| of.items[1].selection.as_ref().unwrap().endpoints;
        assert_eq!(endpoints(&done.subscription.unwrap()), Some(8));
        let ninth_of_march = 1_615_215_600;
        assert_eq!(endpoints(&served.read(Some(ninth_of_march), None).await), Some(5));
        assert_eq!(endpoints(&served.read(None, Some(ninth_of_march)).await), Some(5));

        let later = at(At::On(Date { year: 2021, month: 6, day: 15 }));
        let planned = served.change("d", edr(10), later).await.unwrap().subscription.unwrap();
        let waiting = &planned.scheduled_changes[0];
        assert_eq!(waiting.requested_by.as_ref().unwrap().subject, "seller");
        assert_eq!(waiting.change.as_ref().unwrap().set[0].endpoints, Some(10));
        assert!(planned.flags().any(|flag| flag == proto::SubscriptionFlag::ChangeScheduled));
        let request = proto::WithdrawScheduledChangeRequest {
            request_id: "w".to_owned(),
            tenant_id: served.tenant_id.to_string(),
            subscription_id: served.subscription_id.clone(),
            etag: planned.etag,
            change_id: waiting.id.clone(),
        };
        let back = served.client.clone().withdraw_scheduled_change(by(request)).await.unwrap();
        assert_eq!(back.into_inner().subscription.unwrap().scheduled_changes, []);
    }
}

#[tokio::test]
async fn everything_that_is_known_of_a_subscription_is_in_the_answer() {
    for served in served().await {
        let read = served.read(None, None).await;
        assert_eq!(read.minimum_term_until, Some(Date { year: 2022, month: 2, day: 1 }));
        assert_eq!(read.billing_anchor_on, Some(Date { year: 2021, month: 2, day: 1 }));
        assert!(read.activated_at.is_some());
        assert_eq!(read.as_of, read.known_at);
        let utm = &read.items[0];
        assert_eq!(utm.billed_from, Some(Date { year: 2021, month: 2, day: 1 }));
        let lines: Vec<_> =
            utm.lines.iter().map(|line| (line.code.as_str(), line.amount.clone())).collect();
        assert_eq!(lines, [("utm.initial", yen(10_000)), ("utm.monthly", yen(10_000))]);
    }
}

/// Stops one service and lets it go on the same day.
async fn stopped_for_nothing(served: &Served) -> proto::Subscription {
    let mut client = served.client.clone();
    let tenant_id = served.tenant_id.to_string();
    let suspend = proto::SuspendSubscriptionRequest {
        request_id: "s".to_owned(),
        tenant_id: tenant_id.clone(),
        subscription_id: served.subscription_id.clone(),
        etag: "v1".to_owned(),
        services: vec![ProtoService::Utm.into()],
        effective: now(),
        reason: "改装".to_owned(),
        resume_on: Some(Date { year: 2021, month: 3, day: 20 }),
        validate_only: false,
    };
    let stopped = client.suspend_subscription(by(suspend)).await.unwrap().into_inner();
    let stopped = (stopped.subscription.unwrap(), stopped.effect.unwrap());
    assert_eq!(stopped.0.items[0].state(), proto::ItemState::Suspended);
    assert_eq!(stopped.0.items[0].suspensions[0].reason, "改装");
    assert_eq!(stopped.0.items[1].state(), proto::ItemState::Active);
    assert_eq!(stopped.0.scheduled_changes[0].kind(), proto::ChangeKind::Resume);
    let amounts: Vec<_> =
        stopped.1.lines.iter().map(|line| line.amount.clone().unwrap().units).collect();
    assert_eq!(amounts, [-10_000, 6_774], "21 of 31 days are charged");
    let resume = proto::ResumeSubscriptionRequest {
        request_id: "r".to_owned(),
        tenant_id: tenant_id.clone(),
        subscription_id: served.subscription_id.clone(),
        etag: stopped.0.etag,
        services: vec![],
        effective: now(),
        validate_only: false,
    };
    let going = client.resume_subscription(by(resume)).await.unwrap().into_inner();
    let going = going.subscription.unwrap();
    assert_eq!(going.items[0].suspensions, [], "it was not stopped for a day");
    going
}

#[tokio::test]
async fn it_is_stopped_ended_and_brought_back() {
    for served in served().await {
        let mut client = served.client.clone();
        let tenant_id = served.tenant_id.to_string();
        let going = stopped_for_nothing(&served).await;

        let cancel = |request_id: &str, etag: &str| proto::CancelSubscriptionRequest {
            request_id: request_id.to_owned(),
            tenant_id: tenant_id.clone(),
            subscription_id: served.subscription_id.clone(),
            etag: etag.to_owned(),
            effective: at(At::NextPeriod(proto::NextPeriod {})),
            reason: "閉店".to_owned(),
            validate_only: request_id.is_empty(),
        };
        let said = client.cancel_subscription(by(cancel("", &going.etag))).await.unwrap();
        let said = said.into_inner();
        assert!(
            said.subscription.unwrap().flags().any(|it| it == proto::SubscriptionFlag::Cancelled)
        );
        let rest: Vec<_> = said
            .effect
            .as_ref()
            .unwrap()
            .lines
            .iter()
            .filter(|line| line.label.as_ref().unwrap().en.contains("minimum term"))
            .collect();
        assert_eq!((rest.len(), rest[0].amount.clone()), (1, yen(100_000)), "April to January");
        let done = client.cancel_subscription(by(cancel("c", &going.etag))).await.unwrap();
        let done = done.into_inner();
        assert_eq!(done.effect, said.effect);
        let done = done.subscription.unwrap();
        assert_eq!(done.ends_on, Some(Date { year: 2021, month: 4, day: 1 }));
        let waiting = done.scheduled_changes.last().unwrap();
        assert_eq!((waiting.id.as_str(), waiting.kind()), ("cancel", proto::ChangeKind::Cancel));
        let reinstate = proto::ReinstateSubscriptionRequest {
            request_id: "b".to_owned(),
            tenant_id: tenant_id.clone(),
            subscription_id: served.subscription_id.clone(),
            etag: done.etag,
            effective: now(),
            validate_only: false,
        };
        let kept = client.reinstate_subscription(by(reinstate)).await.unwrap().into_inner();
        assert_eq!(kept.subscription.unwrap().ends_on, None);

        let list = |flag: proto::SubscriptionFlag| proto::ListSubscriptionsRequest {
            flags: vec![flag.into()],
            ..proto::ListSubscriptionsRequest::default()
        };
        let active = client.list_subscriptions(by(list(proto::SubscriptionFlag::Active))).await;
        assert_eq!(active.unwrap().into_inner().subscriptions.len(), 1);
        let over = client.list_subscriptions(by(list(proto::SubscriptionFlag::PastDue))).await;
        assert_eq!(over.unwrap().into_inner().subscriptions, []);
        served.set_clock("2021-03-11T00:00:00Z").await;
    }
}

#[tokio::test]
async fn a_move_of_prices_is_streamed_with_progress_and_refused_by_reason() {
    for served in served().await {
        let mut client = served.client.clone();
        let preview = |to: &str| proto::PreviewMigrationRequest {
            from_rate_card: "okinawa@2021-01".to_owned(),
            to_rate_card: to.to_owned(),
            partner_id: String::new(),
            only_changed: false,
        };
        let unknown = client.preview_migration(by(preview("okinawa@1999"))).await.unwrap();
        let unknown = unknown.into_inner().message().await.unwrap_err();
        assert_eq!(reason(&unknown), "RATE_CARD_NOT_FOUND");
        let mut stream =
            client.preview_migration(by(preview("okinawa@2021-01"))).await.unwrap().into_inner();
        let mut parts = Vec::new();
        while let Some(message) = stream.message().await.unwrap() {
            parts.push(message.part.unwrap());
        }
        let Part::Row(row) = &parts[0] else { panic!("{parts:?}") };
        assert_eq!(
            (row.yearly_before.clone(), row.yearly_after.clone()),
            (yen(129_000), yen(129_000))
        );
        let Part::Progress(last) = parts.last().unwrap() else { panic!("{parts:?}") };
        assert_eq!((last.n_done, last.n_total, last.n_changed, last.done), (1, 1, 0, true));

        let request = proto::MigrateSubscriptionsRequest {
            request_id: "m".to_owned(),
            subscription_ids: vec![served.subscription_id.clone()],
            to_rate_card: "okinawa@1999".to_owned(),
            effective: now(),
            same_bill: true,
            validate_only: false,
        };
        let refused = client.migrate_subscriptions(by(request.clone())).await.unwrap_err();
        assert_eq!(reason(&refused), "RATE_CARD_NOT_FOUND");
        let to_rate_card = "okinawa@2021-01".to_owned();
        let there = proto::MigrateSubscriptionsRequest { to_rate_card, ..request };
        let moved = client.migrate_subscriptions(by(there)).await.unwrap().into_inner().results;
        assert_eq!((moved[0].moved, moved[0].reason.as_str()), (true, ""));
    }
}
