//! Records that customers were asked for, looked up at a real name server.
#![expect(clippy::unwrap_used, reason = "test")]

mod name_server;

use name_server::NameServer;
use rstest::rstest;
use tasuki_core::provisioning::{DnsRecord, DnsSeen};
use tasuki_partners::dns::Dns;
use tokio::net::UdpSocket;

fn record(name: &str, kind: &str, value: &str) -> DnsRecord {
    let (name, kind, value) = (name.to_owned(), kind.to_owned(), value.to_owned());
    DnsRecord { name, kind, value, previous_value: String::new() }
}

#[rstest]
#[case::to_the_letter("CNAME", "shop.waf.example", "shop.waf.example")]
#[case::with_the_dot_of_the_root("CNAME", "shop.waf.example", "shop.waf.example.")]
#[case::in_capitals("CNAME", "Shop.WAF.example", "shop.waf.example")]
#[case::with_an_underscore("CNAME", "itm_1.waf.example", "itm_1.waf.example")]
#[case::in_japanese("CNAME", "xn--wgv71a119e.example", "日本語.example")]
#[case::an_address("A", "192.0.2.7", "192.0.2.7")]
#[case::a_text("TXT", "tasuki-verify=AbC", "tasuki-verify=AbC")]
#[tokio::test]
async fn a_record_with_its_value_is_there(
    #[case] kind: &str,
    #[case] set: &str,
    #[case] wanted: &str,
) {
    let server = NameServer::start().await;
    let dns = Dns::of(&[server.address]).unwrap();
    let asked = [record("www.example.jp", kind, wanted)];
    assert_eq!(dns.look_up(&asked).await, DnsSeen::Missing(1), "before the customer did anything");
    server.set(&[record("www.example.jp", kind, set)]);
    assert_eq!(dns.look_up(&asked).await, DnsSeen::AllThere, "nothing is remembered");
}

#[tokio::test]
async fn another_value_is_not_what_was_asked_for() {
    let server = NameServer::start().await;
    let dns = Dns::of(&[server.address]).unwrap();
    server.set(&[
        record("www.example.jp", "CNAME", "old-host.example"),
        record("example.jp", "TXT", "TASUKI"),
    ]);
    let asked = [
        record("www.example.jp", "CNAME", "shop.waf.example"),
        record("example.jp", "TXT", "tasuki"),
        record("shop.example.jp", "A", "192.0.2.7"),
    ];
    assert_eq!(dns.look_up(&asked).await, DnsSeen::Missing(3));
}

#[tokio::test]
async fn nobody_can_tell_without_a_name_server_or_about_nonsense() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    drop(silent);
    let dns = Dns::of(&[address]).unwrap();
    let asked = [record("www.example.jp", "CNAME", "shop.waf.example")];
    assert_eq!(dns.look_up(&asked).await, DnsSeen::Unclear);
    let server = NameServer::start().await;
    let dns = Dns::of(&[server.address]).unwrap();
    for odd in [record("www..example", "CNAME", "x"), record("www.example.jp", "BANANA", "x")] {
        assert_eq!(dns.look_up(&[odd]).await, DnsSeen::Unclear);
    }
}
