//! The timeline: read with filters, and watched without missing anything.

use serde_json::json;
use tasuki_app::context::{Context, News};
use tasuki_app::governing::{
    EventList, StartAt, StoredEvent, Timeline, WatchEvents, create_tenant, list_events,
    watch_events,
};
use tasuki_app::paging::PageRequest;
use tasuki_core::id::TenantId;
use tasuki_core::party::Role;
use tasuki_core::reason::Reason;
use tasuki_store::Tx;

use super::scene::{Scheme, by, jst, operator, partner, schemes, wanting};

async fn tell(ctx: &Context, tx: &Tx, tenant: TenantId, (topic, subject): (&'static str, &str)) {
    let fields = tasuki_core::event::topic(topic).unwrap().fields;
    let payload: serde_json::Map<_, _> =
        fields.iter().map(|field| (field.trim_end_matches('?').to_owned(), json!(1))).collect();
    let news = News::new(topic, subject, payload.into());
    ctx.tell(tx, (tenant, jst("2021-04-02 10:00")), news).await.unwrap();
}

async fn happens(scheme: &Scheme, tenant: TenantId, what: (&'static str, &str)) {
    let tx = scheme.ctx.store.begin().await.unwrap();
    tell(&scheme.ctx, &tx, tenant, what).await;
    tx.commit().await.unwrap();
}

async fn firm(scheme: &Scheme, reference: &str, code: &str) -> TenantId {
    let partner_id = Some(tasuki_core::id::PartnerId::of_code(code));
    let new = tasuki_app::governing::NewTenant { partner_id, ..wanting(reference) };
    create_tenant(&scheme.ctx, &operator(), new).await.unwrap().tenant.id
}

fn watching(tenant_id: Option<TenantId>, start: StartAt) -> WatchEvents {
    WatchEvents { tenant_id, topics: Vec::new(), start }
}

fn subjects(events: &[StoredEvent]) -> Vec<&str> {
    events.iter().map(|event| event.subject.as_str()).collect()
}

/// Everything there is, though other tests keep transactions open on the same server.
async fn everything(scheme: &Scheme, timeline: &mut Timeline, n: usize) -> Vec<StoredEvent> {
    let mut all = Vec::new();
    for _look in 0..1_000 {
        all.extend(timeline.look(&scheme.ctx).await.unwrap());
        if all.len() >= n {
            break;
        }
        tokio::task::yield_now().await;
    }
    all
}

#[tokio::test]
async fn a_list_gives_the_topics_subjects_and_times_asked_for() {
    for scheme in schemes().await {
        let tenant = firm(&scheme, "A", "ogs").await;
        for what in [("quote.issued", "quo_1"), ("quote.accepted", "quo_1"), ("order.placed", "o")]
        {
            happens(&scheme, tenant, what).await;
        }
        let all = EventList {
            tenant_id: tenant,
            topics: Vec::new(),
            subject: None,
            occurred_from: None,
            occurred_before: None,
        };
        let topics = async |list: EventList| {
            let page = list_events(&scheme.ctx, &operator(), list, &PageRequest::default()).await;
            page.unwrap().rows.into_iter().map(|event| event.topic).collect::<Vec<_>>()
        };
        let asked = |topics: &[&str]| EventList {
            topics: topics.iter().map(|topic| (*topic).to_owned()).collect(),
            ..all.clone()
        };
        assert_eq!(topics(all.clone()).await.len(), 4, "{}", scheme.name);
        let quotes = ["quote.issued", "quote.accepted"];
        assert_eq!(topics(asked(&["quote.*"])).await, quotes, "{}", scheme.name);
        let two = topics(asked(&["quote.accepted", "order.*"])).await;
        assert_eq!(two, ["quote.accepted", "order.placed"]);
        assert!(topics(asked(&["quot.*"])).await.is_empty(), "a noun is not a prefix");
        let subject = Some("quo_1".to_owned());
        assert_eq!(topics(EventList { subject, ..all.clone() }).await, quotes);
        let occurred_before = Some(jst("2021-04-02 10:00"));
        let before = topics(EventList { occurred_before, ..all.clone() }).await;
        assert_eq!(before, ["tenant.created"], "{}", scheme.name);
        let occurred_from = occurred_before;
        assert_eq!(topics(EventList { occurred_from, ..all }).await.len(), 3);
    }
}

#[tokio::test]
async fn a_watch_gives_what_comes_and_goes_on_where_it_broke_off() {
    for scheme in schemes().await {
        let (a, b) = (firm(&scheme, "A", "ogs").await, firm(&scheme, "B", "elsewhere").await);
        happens(&scheme, a, ("quote.issued", "before")).await;
        let soc = by(Role::Soc);
        let start = |start| watch_events(&scheme.ctx, &soc, watching(Some(a), start));
        let mut timeline = start(StartAt::Now).await.unwrap();
        assert!(timeline.look(&scheme.ctx).await.unwrap().is_empty(), "{}", scheme.name);
        happens(&scheme, b, ("quote.issued", "of another")).await;
        happens(&scheme, a, ("quote.issued", "first")).await;
        let seen = everything(&scheme, &mut timeline, 1).await;
        assert_eq!(subjects(&seen), ["first"], "{}", scheme.name);

        let token = timeline.resume_token();
        drop(timeline);
        happens(&scheme, a, ("quote.accepted", "second")).await;
        let mut again = start(StartAt::After(token)).await.unwrap();
        assert_eq!(subjects(&everything(&scheme, &mut again, 1).await), ["second"]);
        let mut all = start(StartAt::Beginning).await.unwrap();
        assert_eq!(everything(&scheme, &mut all, 4).await.len(), 4, "{}", scheme.name);
        for wrong in ["x", "-1", "1000000"] {
            let refused = start(StartAt::After(wrong.to_owned())).await.unwrap_err();
            assert_eq!(refused.reason(), Reason::ResumeTokenInvalid, "{wrong}");
        }
    }
}

#[tokio::test]
async fn whoever_watches_all_sees_its_own_only() {
    for scheme in schemes().await {
        let (a, b) = (firm(&scheme, "A", "ogs").await, firm(&scheme, "B", "elsewhere").await);
        for (tenant, subject) in [(a, "of a"), (b, "of b")] {
            happens(&scheme, tenant, ("quote.issued", subject)).await;
            happens(&scheme, tenant, ("order.placed", subject)).await;
        }
        let watch = WatchEvents {
            topics: vec!["quote.*".to_owned()],
            ..watching(None, StartAt::Beginning)
        };
        for (call, expected) in
            [(operator(), vec!["of a", "of b"]), (partner("elsewhere"), vec!["of b"])]
        {
            let mut timeline = watch_events(&scheme.ctx, &call, watch.clone()).await.unwrap();
            let seen = everything(&scheme, &mut timeline, expected.len()).await;
            assert_eq!(subjects(&seen), expected, "{}", scheme.name);
        }
        let others = watching(Some(a), StartAt::Now);
        let refused = watch_events(&scheme.ctx, &partner("elsewhere"), others).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::TenantNotFound);
        let nobody = watch_events(&scheme.ctx, &by(Role::Tenant), watch.clone()).await;
        assert_eq!(nobody.unwrap_err().reason(), Reason::RoleForbidden);
    }
}

#[tokio::test]
async fn an_event_that_is_overtaken_by_a_later_one_is_not_missed() {
    for scheme in schemes().await {
        // SQLite has one writer at a time: there nothing is ever overtaken.
        if !scheme.ctx.store.is_postgres() {
            continue;
        }
        let tenant = firm(&scheme, "A", "ogs").await;
        let start = watching(Some(tenant), StartAt::Now);
        let mut timeline = watch_events(&scheme.ctx, &operator(), start).await.unwrap();
        let slow = scheme.ctx.store.begin().await.unwrap();
        tell(&scheme.ctx, &slow, tenant, ("quote.issued", "slow")).await;
        happens(&scheme, tenant, ("quote.issued", "quick")).await;
        for _look in 0..10 {
            assert!(
                timeline.look(&scheme.ctx).await.unwrap().is_empty(),
                "not before the slow one"
            );
        }
        slow.commit().await.unwrap();
        let seen = everything(&scheme, &mut timeline, 2).await;
        assert_eq!(subjects(&seen), ["slow", "quick"]);
    }
}

#[tokio::test]
async fn more_than_one_look_takes_is_given_in_order() {
    for scheme in schemes().await {
        let tenant = firm(&scheme, "A", "ogs").await;
        let tx = scheme.ctx.store.begin().await.unwrap();
        for n in 0..250 {
            tell(&scheme.ctx, &tx, tenant, ("order.placed", &n.to_string())).await;
        }
        tx.commit().await.unwrap();
        let topics = vec!["order.placed".to_owned()];
        let watch = WatchEvents { topics, ..watching(Some(tenant), StartAt::Beginning) };
        let mut timeline = watch_events(&scheme.ctx, &operator(), watch).await.unwrap();
        let seen = everything(&scheme, &mut timeline, 250).await;
        let expected: Vec<String> = (0..250).map(|n| n.to_string()).collect();
        assert_eq!(subjects(&seen), expected, "{}", scheme.name);
    }
}
