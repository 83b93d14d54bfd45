//! One suite for everything that stands for a provider: the client against the reference provider,
//! and the fake.
#![expect(clippy::unwrap_used, reason = "test")]

use jiff::SignedDuration;
use tasuki_core::actor::Actor;
use tasuki_core::id::{ItemId, ProviderId};
use tasuki_core::party::Principal;
use tasuki_core::provisioning::{
    Answer, Cause, CustomerActionKind, Item, ItemCommand, Meaning, OperationStep, Question,
    ReasonCode, Seen, Spec,
};
use tasuki_core::service::Service;
use tasuki_core::time::Timestamp;
use tasuki_partners::provider::{Behaviour, FakeProviders, GrpcProviders, Providers};
use tasuki_provider::{Course, Faults, Options, Scenario};
use tokio::task::JoinHandle;
use uuid::Uuid;

const DAY: i64 = 86_400;

/// What the provider is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    GoLive,
    GoLiveAfterADay,
    WaitForDns,
    LoseTheFirstAnswer,
}

struct Counterpart {
    name: &'static str,
    providers: Box<dyn Providers>,
    endpoint: String,
    serving: Option<JoinHandle<()>>,
}

impl Drop for Counterpart {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

fn fake(told: Told) -> Counterpart {
    let behaviour = match told {
        Told::GoLive => Behaviour::default(),
        Told::GoLiveAfterADay => Behaviour { work_seconds: DAY, ..Behaviour::default() },
        Told::WaitForDns => Behaviour {
            step: Some(CustomerActionKind::DnsChange),
            never: true,
            ..Behaviour::default()
        },
        Told::LoseTheFirstAnswer => Behaviour { lose_first_answer: true, ..Behaviour::default() },
    };
    let providers = Box::new(FakeProviders::new().with(Service::CloudWaf, behaviour));
    Counterpart { name: "fake", providers, endpoint: String::new(), serving: None }
}

async fn real(told: Told) -> Counterpart {
    let mut course = Course::default();
    let mut faults = Faults::default();
    match told {
        Told::GoLive => {}
        Told::GoLiveAfterADay => course.active_after_days = Some(1),
        Told::WaitForDns => faults.customer_never_acts = true,
        Told::LoseTheFirstAnswer => faults.time_out_after_effect = true,
    }
    let options = Options { scenario: Scenario::all(course), faults, ..Options::default() };
    let bound = tasuki_provider::bind(options).await.unwrap();
    let endpoint = format!("http://{}", bound.address());
    let serving = tokio::spawn(async move {
        bound.serve(std::future::pending()).await.unwrap();
    });
    let providers = Box::new(GrpcProviders::new());
    Counterpart { name: "real", providers, endpoint, serving: Some(serving) }
}

async fn both(told: Told) -> [Counterpart; 2] {
    [fake(told), real(told).await]
}

fn at(seconds: i64) -> Timestamp {
    let start: jiff::Timestamp = "2020-10-01T00:00:00Z".parse().unwrap();
    Timestamp::new(start + SignedDuration::from_secs(seconds))
}

fn waf() -> Item {
    let spec = Spec { tenant_reference: "F001".into(), ..Spec::of(Service::CloudWaf, "cloud_waf") };
    let id = ItemId::from(Uuid::from_u128(1));
    let planned = Item::planned(id, 1, ProviderId::of_code("secuwaf"), spec);
    step(&planned, &ItemCommand::Request)
}

fn step(item: &Item, command: &ItemCommand) -> Item {
    item.step(command, &Actor::from(&Principal::system()), at(0)).unwrap().0
}

impl Counterpart {
    async fn ask(&self, item: &Item, question: &Question, seconds: i64) -> Answer {
        self.providers.ask(&self.endpoint, item, question, at(seconds)).await
    }
}

#[tokio::test]
async fn the_same_request_has_one_effect_and_the_same_answer() {
    for provider in both(Told::GoLiveAfterADay).await {
        let first = provider.ask(&waf(), &Question::Put, 0).await;
        let again = provider.ask(&waf(), &Question::Put, 0).await;
        let (Answer::Operation(first), Answer::Operation(again)) = (first, again) else {
            panic!("no operation from {}", provider.name)
        };
        assert_eq!(first, again, "{}", provider.name);
        assert_eq!(first.step, OperationStep::Working);
        let question = Question::Operation(first.operation_id);
        let done = provider.ask(&waf(), &question, 2 * DAY).await;
        assert!(
            matches!(&done, Answer::Operation(seen) if matches!(seen.step, OperationStep::Succeeded(_))),
            "{}: {done:?}",
            provider.name
        );
    }
}

#[tokio::test]
async fn what_is_there_is_seen_as_it_is() {
    for provider in both(Told::GoLive).await {
        let waf = waf();
        let means = |answer: Answer| answer.observation().unwrap().means(1, &waf.spec.hash());
        assert_eq!(means(provider.ask(&waf, &Question::Observe, 0).await), Seen::Gone);
        provider.ask(&waf, &Question::Put, 0).await;
        let seen = provider.ask(&waf, &Question::Observe, 60).await;
        assert!(!seen.observation().unwrap().evidence_id.is_empty(), "{}", provider.name);
        assert_eq!(means(seen), Seen::Live, "{}", provider.name);
    }
}

#[tokio::test]
async fn the_customers_step_is_asked_for_in_both_languages() {
    for provider in both(Told::WaitForDns).await {
        let answer = provider.ask(&waf(), &Question::Put, 0).await;
        let Answer::Operation(seen) = answer else { panic!("no operation from {}", provider.name) };
        let OperationStep::AwaitingCustomer(request) = seen.step else {
            panic!("no step from {}", provider.name)
        };
        assert_eq!(request.kind, CustomerActionKind::DnsChange);
        assert!(!request.instructions.ja.is_empty() && !request.instructions.en.is_empty());
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_is_unknown_and_the_effect_is_there() {
    for provider in both(Told::LoseTheFirstAnswer).await {
        let answer = provider.ask(&waf(), &Question::Put, 0).await;
        let Answer::Failed(failure) = answer else { panic!("an answer from {}", provider.name) };
        assert_eq!(failure.meaning, Meaning::Unknown, "{}", provider.name);
        let seen = provider.ask(&waf(), &Question::Observe, 0).await;
        assert!(seen.observation().unwrap().exists, "{}", provider.name);
        let again = provider.ask(&waf(), &Question::Put, 0).await;
        assert!(matches!(again, Answer::Operation(_)), "{}: {again:?}", provider.name);
    }
}

#[tokio::test]
async fn what_was_taken_away_is_gone_and_a_late_request_does_not_bring_it_back() {
    for provider in both(Told::GoLive).await {
        let requested = waf();
        provider.ask(&requested, &Question::Put, 0).await;
        let cause = Cause::from(ReasonCode::CancelledByCustomer);
        let cleaning = step(&requested, &ItemCommand::Fail { cause });
        for _twice in 0..2 {
            let answer = provider.ask(&cleaning, &Question::Remove, 60).await;
            assert!(!answer.observation().unwrap().exists, "{}", provider.name);
        }
        let late = provider.ask(&requested, &Question::Put, 120).await;
        let Answer::Failed(failure) = late else { panic!("it came back at {}", provider.name) };
        assert_eq!(failure.meaning, Meaning::Final(ReasonCode::ProviderRefused));
    }
}

#[tokio::test]
async fn a_provider_that_is_not_there_was_certainly_asked_nothing() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let answer = GrpcProviders::new().ask(&endpoint, &waf(), &Question::Put, at(0)).await;
    let Answer::Failed(failure) = answer else { panic!("an answer from nobody") };
    assert!(matches!(failure.meaning, Meaning::Retry(_)), "{failure:?}");
}
