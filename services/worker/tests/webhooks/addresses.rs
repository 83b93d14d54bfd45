//! Where a delivery must never go, and what a receiver must never do to us.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tasuki_core::time::Timestamp;
use tasuki_core::webhook::{AddressRules, Outcome};
use tasuki_partners::webhooks::{Message, Resolve, Sender, SystemDns};

use crate::receiver::{Answer, Receiver};
use crate::scene::{Names, here, sender};

/// Longer than any answer of these receivers takes.
const PATIENT: Duration = Duration::from_secs(30);

const AUTHORITY: &[u8] = include_bytes!("tls/authority.pem");

async fn send_by(sender: &Sender, url: &str) -> Outcome {
    let sent_at: Timestamp = "2021-06-01T00:00:00Z".parse().unwrap();
    let message = Message { id: "evt_1", sent_at, body: "{}", media_type: "application/json" };
    sender.send(url, &[], &message).await
}

fn error(outcome: Outcome) -> String {
    match outcome {
        Outcome::Failed { error, .. } => error,
        Outcome::Delivered { .. } | Outcome::Gone => panic!("{outcome:?}"),
    }
}

fn by(rules: AddressRules, names: Arc<dyn Resolve>) -> Sender {
    Sender::new(rules, PATIENT, names, AUTHORITY).unwrap()
}

#[tokio::test]
async fn a_name_that_stands_for_an_address_inside_a_network_is_refused_before_any_connection() {
    let receiver = Receiver::start().await;
    let inside = receiver.address;
    let outside: SocketAddr = "93.184.215.14:443".parse().unwrap();
    // One closed address among open ones is enough: who knows which one would be taken.
    for answer in [vec![inside], vec![outside, inside]] {
        let names = Names::new(&[&answer]);
        let sender = by(AddressRules::default(), names.clone());
        let said = error(send_by(&sender, "https://hooks.example.com/").await);
        assert!(said.contains("`127.0.0.1` is not an address of the public internet"), "{said}");
        assert_eq!(names.n_asked(), 1);
    }
    assert!(receiver.got().is_empty());
    let nobody = by(AddressRules::default(), Names::new(&[&[]]));
    let said = error(send_by(&nobody, "https://hooks.example.com/").await);
    assert!(said.contains("has no address"), "{said}");
}

#[tokio::test]
async fn a_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked() {
    let (checked, other) = (Receiver::start_encrypted().await, Receiver::start_encrypted().await);
    let rules = AddressRules::with_open_hosts(["hooks.test".to_owned()]);
    // A second look would lead to the other one.
    let names = Names::new(&[&[checked.address], &[other.address]]);
    let sender = by(rules, names.clone());
    let url = "https://hooks.test/hooks?from=tasuki";
    assert_eq!(send_by(&sender, url).await, Outcome::Delivered { status: 204 });
    assert_eq!((checked.got().len(), other.got().len(), names.n_asked()), (1, 0, 1));
    assert_eq!(checked.got()[0].headers["host"], "hooks.test");
}

#[tokio::test]
async fn an_address_that_became_forbidden_is_refused_at_the_delivery_too() {
    let receiver = Receiver::start().await;
    let url = receiver.url();
    let strict = by(AddressRules::default(), Arc::new(SystemDns));
    let said = error(send_by(&strict, &url).await);
    assert!(said.contains("must begin with `https://`"), "{said}");
    assert!(receiver.got().is_empty());
}

#[tokio::test]
async fn only_a_certificate_that_is_trusted_and_names_the_host_is_accepted() {
    let receiver = Receiver::start_encrypted().await;
    let names = || Names::new(&[&[receiver.address]]);
    let open = |host: &str| AddressRules::with_open_hosts([host.to_owned()]);
    let stranger = Sender::new(open("hooks.test"), PATIENT, names(), b"").unwrap();
    let said = error(send_by(&stranger, "https://hooks.test/hooks?from=tasuki").await);
    assert!(said.contains("no encrypted connection"), "{said}");
    let misnamed = by(open("hooks.elsewhere"), names());
    let said = error(send_by(&misnamed, "https://hooks.elsewhere/hooks?from=tasuki").await);
    assert!(said.contains("no encrypted connection"), "{said}");
    assert!(receiver.got().is_empty());
    assert!(Sender::new(here(), PATIENT, names(), b"-----BEGIN CERTIFICATE-----\n").is_err());
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (here, there) = (Receiver::start().await, Receiver::start().await);
    let header: &'static str = Box::leak(
        format!("location: http://{}/hooks?from=tasuki\r\n", there.address).into_boxed_str(),
    );
    for status in [301, 302, 307, 308] {
        here.answers(&[Answer::Status(status, header)]);
        let url = here.url();
        let said = error(send_by(&sender(), &url).await);
        assert!(said.contains("redirects are not followed"), "{said}");
    }
    assert!(there.got().is_empty());
}

#[tokio::test]
async fn an_answer_without_an_end_is_cut_off() {
    let receiver = Receiver::start().await;
    receiver.answers(&[Answer::Endless(200), Answer::Endless(500)]);
    let url = receiver.url();
    assert_eq!(send_by(&sender(), &url).await, Outcome::Delivered { status: 200 });
    assert_eq!(error(send_by(&sender(), &url).await), "status 500");
}

#[tokio::test]
async fn a_receiver_that_says_nothing_is_left_in_time() {
    let receiver = Receiver::start().await;
    receiver.answers(&[Answer::Silence]);
    let hasty = Sender::new(here(), Duration::from_millis(100), Arc::new(SystemDns), b"").unwrap();
    let url = receiver.url();
    assert_eq!(error(send_by(&hasty, &url).await), "no answer within 100 ms");
}
