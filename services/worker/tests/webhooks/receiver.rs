//! A receiver of webhooks: an HTTP server that answers as it is told and writes down what it got. It checks signatures
//! by itself, without a line of what made them.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, crypto};

/// What a receiver answers.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// A status, and a header line or none.
    Status(u16, &'static str),
    /// Nothing, ever.
    Silence,
    /// A status and a body that never ends.
    Endless(u16),
    /// The end of the connection.
    HangUp,
}

/// What came.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

impl Got {
    pub(crate) fn id(&self) -> &str {
        &self.headers["webhook-id"]
    }

    pub(crate) fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether one of the signatures was made with a secret.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let timestamp = &self.headers["webhook-timestamp"];
        let signed = format!("{}.{timestamp}.{}", self.id(), self.body);
        let expected = format!("v1,{}", STANDARD.encode(hmac(&key, signed.as_bytes())));
        self.headers["webhook-signature"].split(' ').any(|signature| signature == expected)
    }
}

/// HMAC-SHA256, by the letter of RFC 2104.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    assert!(key.len() <= 64, "longer keys would be hashed first");
    let pad = |with: u8| -> Vec<u8> {
        (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ with).collect()
    };
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().to_vec()
}

#[test]
fn the_receivers_own_hmac_is_that_of_the_rfc() {
    // RFC 4231, test case 2.
    let made = hmac(b"Jefe", b"what do ya want for nothing?");
    let expected = [
        0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75,
        0xc7, 0x5a, 0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9, 0x64, 0xec,
        0x38, 0x43,
    ];
    assert_eq!(made, expected);
}

#[derive(Debug, Default)]
struct Book {
    got: Vec<Got>,
    /// What to answer next; after that, 204.
    script: VecDeque<Answer>,
}

/// A running receiver.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    book: Arc<Mutex<Book>>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), None).await
    }

    /// A receiver whose certificate names `hooks.test`.
    pub(crate) async fn start_encrypted() -> Self {
        let certificate = include_bytes!("tls/certificate.pem");
        let chain = CertificateDer::pem_slice_iter(certificate).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/key.pem")).unwrap();
        let config =
            ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(chain, key)
                .unwrap();
        let tls = TlsAcceptor::from(Arc::new(config));
        Self::start_at("127.0.0.1:0".parse().unwrap(), Some(tls)).await
    }

    /// A receiver at an address where one was before.
    pub(crate) async fn start_at(address: SocketAddr, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let book = Arc::new(Mutex::new(Book::default()));
        let kept = Arc::clone(&book);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (book, tls) = (Arc::clone(&kept), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &book).await,
                        // Who does not trust the certificate hangs up.
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, &book).await,
                            Err(_) => None,
                        },
                    }
                });
            }
        });
        Self { address, book, serving }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks?from=tasuki", self.address)
    }

    /// What to answer next, one request after the other; after that, 204.
    pub(crate) fn answers(&self, script: &[Answer]) {
        self.book.lock().unwrap().script.extend(script.iter().cloned());
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.book.lock().unwrap().got.clone()
    }

    /// The ids of what came, in order.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.got().iter().map(|got| got.id().to_owned()).collect()
    }

    /// What came since, which is then forgotten.
    pub(crate) fn take(&self) -> Vec<Got> {
        std::mem::take(&mut self.book.lock().unwrap().got)
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, book: &Mutex<Book>) -> Option<()> {
    let got = read(&mut stream).await?;
    let answer = {
        let mut book = book.lock().unwrap();
        book.got.push(got);
        book.script.pop_front().unwrap_or(Answer::Status(204, ""))
    };
    match answer {
        Answer::Status(status, header) => {
            let head = format!("HTTP/1.1 {status} Said\r\ncontent-length: 0\r\n{header}\r\n");
            stream.write_all(head.as_bytes()).await.ok()?;
        }
        Answer::Silence => std::future::pending().await,
        Answer::Endless(status) => {
            let head = format!("HTTP/1.1 {status} Said\r\ntransfer-encoding: chunked\r\n\r\n");
            stream.write_all(head.as_bytes()).await.ok()?;
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            while stream.write_all(chunk.as_bytes()).await.is_ok() {}
        }
        Answer::HangUp => {}
    }
    stream.shutdown().await.ok()
}

/// One request, of which everything is checked that a receiver may rely on.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Got> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    assert_eq!(lines.next(), Some("POST /hooks?from=tasuki HTTP/1.1"));
    let headers: BTreeMap<String, String> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers["content-length"].parse().unwrap();
    while bytes.len() < end + 4 + length {
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    let body = String::from_utf8(bytes[end + 4..].to_vec()).unwrap();
    Some(Got { headers, body })
}
