//! The application with its S3 endpoint, over HTTP and over TLS.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use b2_edge_testbed::{Viceroy, ViceroyConfig};
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::process::{Child, Command};

use crate::command;
use crate::store::Store;

pub(crate) const BUCKET: &str = "clients-us";
pub(crate) const REGION: &str = "us-west-004";
pub(crate) const KEY_ID: &str = "0045f0571db506a0000000001";
pub(crate) const SECRET: &str = "K004aSecretKeyOfTheClientTests1";

/// An address instead of a name, which every client finds.
const HOST: &str = "127.0.0.1";

/// How a client speaks to the application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

/// A running application, and a TLS front if its programs are installed.
pub(crate) struct Stage {
    pub(crate) store: Store,
    edge: Viceroy,
    files: TempDir,
    tls: Option<TlsFront>,
}

/// Where a client finds the endpoint, and where it may write files.
pub(crate) struct Target {
    pub(crate) scheme: Scheme,
    /// `host:port`.
    pub(crate) authority: String,
    /// The certificate of the TLS front, which the clients trust.
    pub(crate) certificate: PathBuf,
    /// A directory of this client's own.
    pub(crate) directory: PathBuf,
    /// The beginning of its keys.
    pub(crate) prefix: String,
}

impl Target {
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme.name(), self.authority)
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.scheme == Scheme::Https
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

impl Stage {
    pub(crate) async fn start(in_seaweedfs: bool) -> Self {
        let files = tempfile::tempdir().expect("a directory");
        let store = if in_seaweedfs {
            let directory = files.path().join("seaweedfs");
            fs::create_dir_all(&directory).expect("a directory");
            Store::seaweedfs(&directory).await.expect("SeaweedFS")
        } else {
            Store::testbed()
        };
        let client = json!({"buckets": [BUCKET], "allow": ["read", "list", "write", "delete", "versions", "lock"]});
        let config = json!({
            "origins": ["us_origin"],
            "s3": {"host": HOST, "clients": {"client": client}},
        });
        let viceroy = store
            .add_to(ViceroyConfig::new())
            .s3_client("client", KEY_ID, SECRET)
            .config(&config.to_string());
        let edge = viceroy.start().await.expect("Viceroy starts");
        let tls = TlsFront::start(files.path(), edge.port()).await;
        Self {
            store,
            edge,
            files,
            tls,
        }
    }

    pub(crate) fn schemes(&self) -> Vec<Scheme> {
        match self.tls {
            Some(_) => vec![Scheme::Http, Scheme::Https],
            None => vec![Scheme::Http],
        }
    }

    pub(crate) fn target(&self, scheme: Scheme, program: &str) -> Target {
        let name = format!("{program}-{}", scheme.name());
        let directory = self.files.path().join(&name);
        fs::create_dir_all(&directory).expect("a directory");
        let tls = self.tls.as_ref().map(|tls| tls.port);
        let port = match scheme {
            Scheme::Http => self.edge.port(),
            Scheme::Https => tls.expect("a front"),
        };
        Target {
            scheme,
            authority: format!("{HOST}:{port}"),
            certificate: certificate(self.files.path()),
            directory,
            prefix: format!("{name}/"),
        }
    }

    /// The port of the application itself.
    pub(crate) fn port(&self) -> u16 {
        self.edge.port()
    }
}

/// `socat` with a certificate of its own, in front of the application.
struct TlsFront {
    port: u16,
    _socat: Child,
}

fn certificate(directory: &Path) -> PathBuf {
    directory.join("certificate.pem")
}

impl TlsFront {
    async fn start(directory: &Path, application: u16) -> Option<Self> {
        let (certificate, key) = (certificate(directory), directory.join("key.pem"));
        let mut openssl = Command::new("openssl");
        openssl
            .args([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            ])
            .args(["-subj", "/CN=127.0.0.1"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
            .arg("-out")
            .arg(&certificate)
            .arg("-keyout")
            .arg(&key);
        command::run(openssl).await.ok()?;
        let port = free_port()?;
        let listen = format!(
            "OPENSSL-LISTEN:{port},bind={HOST},fork,reuseaddr,verify=0,cert={},key={}",
            certificate.display(),
            key.display()
        );
        let socat = Command::new("socat")
            .arg(listen)
            .arg(format!("TCP:{HOST}:{application}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let socat = socat.ok()?;
        for _ in 0..200 {
            if TcpStream::connect((HOST, port)).await.is_ok() {
                return Some(Self {
                    port,
                    _socat: socat,
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Option<u16> {
    let listener = std::net::TcpListener::bind((HOST, 0)).ok()?;
    Some(listener.local_addr().ok()?.port())
}
