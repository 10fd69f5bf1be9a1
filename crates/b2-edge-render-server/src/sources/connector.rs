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
        Self::trusting(roots, overrides)
    }

    fn trusting(roots: RootCertStore, overrides: Overrides) -> Result<Self, rustls::Error> {
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

#[cfg(test)]
mod tests {
    use rustls::ServerConfig;
    use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    /// Made by OpenSSL for `localhost`, valid until 2126, and signed by no authority.
    const CERTIFICATE: &[u8] = include_bytes!("fixtures/localhost.cert.der");
    const KEY: &[u8] = include_bytes!("fixtures/localhost.key.der");

    /// A server on a free port of localhost that says hello over TLS.
    async fn server() -> u16 {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from(CERTIFICATE)],
                PrivatePkcs8KeyDer::from(KEY).into(),
            );
        let acceptor = TlsAcceptor::from(Arc::new(config.expect("a certificate")));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let _ = stream.write_all(b"hello").await;
                    let _ = stream.shutdown().await;
                }
            }
        });
        port
    }

    fn trusting_the_fixture(overrides: Overrides) -> Connector {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(CERTIFICATE)).expect("valid");
        Connector::trusting(roots, overrides).expect("a connector")
    }

    #[tokio::test]
    async fn the_connection_to_a_trusted_host_is_encrypted() {
        let port = server().await;
        let connector = trusting_the_fixture(Overrides::default());
        let connection = connector.connect(&format!("localhost:{port}")).await;
        let mut text = String::new();
        let mut connection = connection.expect("a connection");
        connection.read_to_string(&mut text).await.expect("text");
        assert_eq!(text, "hello");
    }

    #[tokio::test]
    async fn a_certificate_of_another_host_is_refused() {
        let port = server().await;
        let connector = trusting_the_fixture(Overrides::default());
        let connection = connector.connect(&format!("127.0.0.1:{port}")).await;
        assert_eq!(connection.err(), Some(Trouble::Connect));
    }

    #[tokio::test]
    async fn a_certificate_of_no_known_authority_is_refused() {
        let port = server().await;
        let connector = Connector::new(Overrides::default()).expect("a connector");
        let connection = connector.connect(&format!("localhost:{port}")).await;
        assert_eq!(connection.err(), Some(Trouble::Connect));
    }

    #[tokio::test]
    async fn a_host_that_does_not_exist_is_no_connection() {
        let connector = Connector::new(Overrides::default()).expect("a connector");
        let connection = connector.connect("host.invalid").await;
        assert_eq!(connection.err(), Some(Trouble::Connect));
    }
}
