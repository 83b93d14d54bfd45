//! Receivers of webhooks: one event, one signed request, one answer.
//!
//! Requests follow the Standard Webhooks specification. The name of the receiver is looked up here, every address that
//! it stands for is checked, and the connection is made to a checked address and no other: a name that means another
//! machine a moment later changes nothing. Redirects are not followed, proxies of the environment are not used, and of
//! the answer nothing but its status counts.

mod connect;
mod sign;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use tasuki_core::time::Timestamp;
use tasuki_core::webhook::{AddressRules, Outcome, Secret, Target};
use tokio_rustls::TlsConnector;

pub use connect::{NoSuchRoots, Resolve, SystemDns};
pub use sign::signatures;

/// Of an answer so much is read and thrown away, so that the receiver can end it in peace.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Headers of an answer at most, and their size.
const MOST_HEADERS: usize = 100;
const LARGEST_HEADERS: usize = 32 * 1024;

/// How we call ourselves.
const AGENT: &str = concat!("tasuki/", env!("CARGO_PKG_VERSION"));

/// An event on its way to a receiver.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The id of the event; the same for every try.
    pub id: &'a str,
    /// When it is sent.
    pub sent_at: Timestamp,
    /// What is sent: a `CloudEvent` in its structured JSON form.
    pub body: &'a str,
    /// Its media type.
    pub media_type: &'static str,
}

/// Sends events to receivers.
#[derive(Clone)]
pub struct Sender {
    rules: AddressRules,
    within: Duration,
    names: Arc<dyn Resolve>,
    tls: TlsConnector,
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("rules", &self.rules)
            .field("within", &self.within)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}

impl Sender {
    /// A sender that keeps to rules about addresses and gives a receiver so much time; `roots` are certificates (PEM)
    /// that are trusted beside those of the public internet.
    ///
    /// # Errors
    /// [`NoSuchRoots`] if the certificates cannot be read.
    pub fn new(
        rules: AddressRules,
        within: Duration,
        names: Arc<dyn Resolve>,
        roots: &[u8],
    ) -> Result<Self, NoSuchRoots> {
        Ok(Self { rules, within, names, tls: connect::tls(roots)? })
    }

    /// Sends an event to an address, signed with each of the secrets.
    ///
    /// Whatever goes wrong is an outcome, too.
    pub async fn send(&self, url: &str, secrets: &[Secret], message: &Message<'_>) -> Outcome {
        let target = match self.rules.target(url) {
            Ok(target) => target,
            Err(refusal) => return failed(None, format!("the address {refusal}")),
        };
        match tokio::time::timeout(self.within, self.exchange(&target, secrets, message)).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => failed(None, error.to_string()),
            Err(_) => failed(None, format!("no answer within {} ms", self.within.as_millis())),
        }
    }

    async fn exchange(
        &self,
        target: &Target,
        secrets: &[Secret],
        message: &Message<'_>,
    ) -> io::Result<Outcome> {
        let request = request(target, secrets, message)?;
        let addresses = self.addresses(target).await?;
        let stream = connect::open(&self.tls, target, &addresses).await?;
        let (mut requests, connection) = http1::Builder::new()
            .max_headers(MOST_HEADERS)
            .max_buf_size(LARGEST_HEADERS)
            .handshake(stream)
            .await
            .map_err(io::Error::other)?;
        let answered = async {
            let answer = requests.send_request(request).await.map_err(io::Error::other)?;
            let (head, body) = answer.into_parts();
            read_and_forget(body).await;
            Ok(outcome(head.status, &head.headers))
        };
        // Both here, and no task of its own: whoever gives up ends the connection with it.
        tokio::pin!(answered);
        tokio::select! {
            outcome = &mut answered => outcome,
            ended = connection => {
                ended.map_err(io::Error::other)?;
                answered.await
            }
        }
    }

    /// What the receiver's name stands for now, all of it checked.
    async fn addresses(&self, target: &Target) -> io::Result<Vec<SocketAddr>> {
        let addresses = self.names.resolve(&target.host, target.port).await?;
        if addresses.is_empty() {
            return Err(io::Error::other(format!("the name `{}` has no address", target.host)));
        }
        for address in &addresses {
            target
                .admits(*address)
                .map_err(|refusal| io::Error::other(format!("the name's address {refusal}")))?;
        }
        Ok(addresses)
    }
}

fn request(
    target: &Target,
    secrets: &[Secret],
    message: &Message<'_>,
) -> io::Result<Request<Full<Bytes>>> {
    let timestamp = message.sent_at.as_jiff().as_second().to_string();
    let signed = signatures(secrets, message.id, &timestamp, message.body);
    Request::builder()
        .method(Method::POST)
        .uri(&target.path)
        .header(HOST, target.authority())
        .header(USER_AGENT, AGENT)
        .header(CONTENT_TYPE, message.media_type)
        .header(CONTENT_LENGTH, message.body.len())
        .header("webhook-id", message.id)
        .header("webhook-timestamp", timestamp)
        .header("webhook-signature", signed)
        .body(Full::from(message.body.to_owned()))
        .map_err(io::Error::other)
}

async fn read_and_forget(body: Incoming) {
    // What is larger, or breaks off, has answered all the same.
    let _ = Limited::new(body, LARGEST_ANSWER).collect().await;
}

fn outcome(status: StatusCode, headers: &HeaderMap) -> Outcome {
    let code = status.as_u16();
    if status.is_success() {
        return Outcome::Delivered { status: code };
    }
    if status == StatusCode::GONE {
        return Outcome::Gone;
    }
    let error = if status.is_redirection() && headers.contains_key(LOCATION) {
        format!("status {code}: redirects are not followed; register the new address")
    } else {
        format!("status {code}")
    };
    let pause = headers.get(RETRY_AFTER).and_then(|it| it.to_str().ok()?.trim().parse().ok());
    Outcome::Failed { status: Some(code), error, pause_seconds: pause }
}

fn failed(status: Option<u16>, error: String) -> Outcome {
    Outcome::Failed { status, error, pause_seconds: None }
}
