//! Names into addresses, and addresses into connections.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_trait::async_trait;
use hyper_util::rt::TokioIo;
use tasuki_core::webhook::{Host, Target};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// Addresses of a name that are tried before giving up.
const MOST_ADDRESSES: usize = 4;

/// Why certificates cannot be trusted.
#[derive(Debug, thiserror::Error)]
#[error("these are no certificates in PEM form: {0}")]
pub struct NoSuchRoots(String);

/// Looks names up.
#[async_trait]
pub trait Resolve: Send + Sync + fmt::Debug {
    /// Every address that a host stands for now.
    ///
    /// # Errors
    /// When nobody knows.
    async fn resolve(&self, host: &Host, port: u16) -> io::Result<Vec<SocketAddr>>;
}

/// The names of the system: its files, and DNS.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDns;

#[async_trait]
impl Resolve for SystemDns {
    async fn resolve(&self, host: &Host, port: u16) -> io::Result<Vec<SocketAddr>> {
        match host {
            Host::Address(address) => Ok(vec![SocketAddr::new(*address, port)]),
            Host::Name(name) => {
                let found = tokio::net::lookup_host((name.as_str(), port)).await;
                let found = found.map_err(|error| {
                    io::Error::other(format!("the name `{name}` cannot be looked up: {error}"))
                })?;
                Ok(found.collect())
            }
        }
    }
}

/// What is trusted: the public authorities, and those of the installation.
pub(super) fn tls(roots: &[u8]) -> Result<TlsConnector, NoSuchRoots> {
    let wrong = |error: &dyn fmt::Display| NoSuchRoots(error.to_string());
    let mut trusted = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in CertificateDer::pem_slice_iter(roots) {
        let root = root.map_err(|error| wrong(&error))?;
        trusted.add(root).map_err(|error| wrong(&error))?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&error))?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}

/// Connects to the first of some checked addresses that answers.
pub(super) async fn open(
    tls: &TlsConnector,
    target: &Target,
    addresses: &[SocketAddr],
) -> io::Result<TokioIo<Stream>> {
    let mut last = io::Error::other("there is no address to connect to");
    for address in addresses.iter().take(MOST_ADDRESSES) {
        match TcpStream::connect(address).await {
            Ok(stream) => return encrypted(tls, target, stream).await.map(TokioIo::new),
            Err(error) => last = io::Error::new(error.kind(), format!("cannot connect: {error}")),
        }
    }
    Err(last)
}

async fn encrypted(tls: &TlsConnector, target: &Target, stream: TcpStream) -> io::Result<Stream> {
    stream.set_nodelay(true)?;
    if !target.is_encrypted {
        return Ok(Stream::Plain(stream));
    }
    let name = match &target.host {
        Host::Name(name) => ServerName::try_from(name.clone()).map_err(io::Error::other)?,
        Host::Address(address) => ServerName::from(*address),
    };
    let stream = tls.connect(name, stream).await.map_err(|error| {
        io::Error::new(error.kind(), format!("no encrypted connection: {error}"))
    })?;
    Ok(Stream::Encrypted(Box::new(stream)))
}

/// A connection to a receiver.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Encrypted(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Encrypted(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Encrypted(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Encrypted(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
