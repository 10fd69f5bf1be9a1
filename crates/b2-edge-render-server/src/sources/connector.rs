//! Connections to S3: TLS to the host, or plain HTTP to the address that `RESOLVE` has for it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::trouble::Trouble;
use crate::settings::resolve::Overrides;

/// How long the connection and the TLS handshake may take together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The port of an authority that has none.
const HTTPS_PORT: u16 = 443;

/// A connection, encrypted or not.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Connects to hosts.
#[derive(Clone)]
pub(crate) struct Connector {
    tls: TlsConnector,
    overrides: Arc<Overrides>,
}

impl Connector {
    /// A connector that trusts Mozilla's certificate authorities.
    ///
    /// # Errors
    ///
    /// When the cryptography of this build lacks a version of TLS.
    pub(crate) fn new(overrides: Overrides) -> Result<Self, rustls::Error> {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self {
            tls: TlsConnector::from(Arc::new(config)),
            overrides: Arc::new(overrides),
        })
    }

    /// Connects to the host of a URL.
    ///
    /// # Errors
    ///
    /// [`Trouble::Connect`], [`Trouble::TimedOut`].
    pub(crate) async fn connect(&self, authority: &str) -> Result<Box<dyn Io>, Trouble> {
        match timeout(CONNECT_TIMEOUT, self.connect_to(authority)).await {
            Ok(Ok(connection)) => Ok(connection),
            Ok(Err(_)) => Err(Trouble::Connect),
            Err(_) => Err(Trouble::TimedOut),
        }
    }

    async fn connect_to(&self, authority: &str) -> io::Result<Box<dyn Io>> {
        if let Some(address) = self.overrides.get(authority) {
            let stream = TcpStream::connect(address).await?;
            stream.set_nodelay(true)?;
            return Ok(Box::new(stream));
        }
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, port.parse().map_err(io::Error::other)?),
            None => (authority, HTTPS_PORT),
        };
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Box::new(self.tls.connect(name, stream).await?))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector")
            .field("overrides", &self.overrides)
            .finish_non_exhaustive()
    }
}
