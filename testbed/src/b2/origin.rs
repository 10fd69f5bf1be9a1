//! A private B2 region on loopback.

use std::io;
use std::pin::Pin;
use std::sync::Arc;

use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::service::S3ServiceBuilder;
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::access::{ApplicationKey, ApplicationKeys, Policy, RegionalHosts};
use super::bucket::Bucket;
use super::connection::Connection;
use super::fault::{Fault, FaultGuard, Faults};
use super::listener::Listener;
use super::object::Object;
use super::recorder::{Recorder, SeenRequest};
use super::service::OriginService;
use crate::watchdog::temporary_directory;

/// An application key and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPair {
    /// The application key's id.
    pub key_id: String,
    /// The application key, never sent over the wire.
    pub application_key: String,
}

/// One bucket in one region, and the application key that reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginSpec {
    /// The name of the Fastly backend, e.g. `us_origin`.
    pub backend: String,
    /// The bucket.
    pub bucket: String,
    /// The region, e.g. `us-west-004`.
    pub region: String,
    /// The application key's id.
    pub key_id: String,
    /// The application key, never sent over the wire.
    pub application_key: String,
    /// A second key that may also write. With it, the first one may only read.
    pub write_key: Option<KeyPair>,
    /// Whether the bucket is public: objects may then be read without a signature, but not listed.
    pub public: bool,
}

impl OriginSpec {
    /// A private bucket with a key named after the backend.
    #[must_use]
    pub fn new(backend: &str, bucket: &str, region: &str) -> Self {
        Self {
            backend: backend.to_owned(),
            bucket: bucket.to_owned(),
            region: region.to_owned(),
            key_id: format!("{backend}-key-id"),
            application_key: format!("{backend}-application-key"),
            write_key: None,
            public: false,
        }
    }

    /// Adds a second key for writes, named after the backend.
    #[must_use]
    pub fn with_write_key(mut self) -> Self {
        self.write_key = Some(KeyPair {
            key_id: format!("{}-write-key-id", self.backend),
            application_key: format!("{}-write-application-key", self.backend),
        });
        self
    }

    /// The S3 endpoint of the region, as B2 names it.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("s3.{}.backblazeb2.com", self.region)
    }

    /// The virtual host of the bucket.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.{}", self.bucket, self.endpoint())
    }
}

type Handler = Box<dyn Fn(TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A running origin. Dropping it closes its connections and deletes its objects.
pub struct Origin {
    spec: OriginSpec,
    state: State,
    listener: Listener<Handler>,
}

/// What a new origin begins with.
struct State {
    bucket: Bucket,
    faults: Arc<Faults>,
    recorder: Arc<Recorder>,
    _root: TempDir,
}

impl State {
    /// The state, and the handler of connections that uses it.
    fn create(spec: &OriginSpec) -> io::Result<(Self, Handler)> {
        let root = temporary_directory("b2-edge-origin-")?;
        let state = Self {
            bucket: Bucket::create(root.path(), &spec.bucket, &spec.region)?,
            faults: Arc::default(),
            recorder: Arc::default(),
            _root: root,
        };
        let service = Arc::new(OriginService {
            s3: s3_service(spec, state.bucket.clone()),
            faults: Arc::clone(&state.faults),
            recorder: Arc::clone(&state.recorder),
        });
        let handler: Handler =
            Box::new(move |stream| Box::pin(serve(stream, Arc::clone(&service))));
        Ok((state, handler))
    }
}

impl Origin {
    /// Starts an origin on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When no port is free or no temporary directory can be created.
    pub fn start(spec: OriginSpec) -> io::Result<Self> {
        Self::start_on(spec, 0)
    }

    /// Starts an origin on `port` of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// When the port is in use ([`io::ErrorKind::AddrInUse`]) or no temporary directory can be created.
    pub fn start_on(spec: OriginSpec, port: u16) -> io::Result<Self> {
        let (state, handler) = State::create(&spec)?;
        Ok(Self {
            spec,
            state,
            listener: Listener::start(port, handler)?,
        })
    }

    /// A new origin on the port of this one, of which no object, fault, recorded request or connection remains.
    ///
    /// # Errors
    ///
    /// When listening on the port fails or no temporary directory can be created.
    pub async fn renewed(mut self) -> io::Result<Self> {
        let (state, handler) = State::create(&self.spec)?;
        self.listener.replace(handler).await?;
        self.state = state;
        Ok(self)
    }

    /// The bucket, the region and the key of the origin.
    #[must_use]
    pub fn spec(&self) -> &OriginSpec {
        &self.spec
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.listener.port()
    }

    /// The origin's address as a URL, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    /// Stores an object under `key`, and replaces the one that exists.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub async fn put(&self, key: &str, object: Object) -> io::Result<()> {
        self.state.bucket.store(key, object).await
    }

    /// Deletes the object under `key`, if there is one.
    ///
    /// # Errors
    ///
    /// None at present.
    #[expect(clippy::unused_async, reason = "the counterpart of `put`")]
    pub async fn delete(&self, key: &str) -> io::Result<()> {
        self.state.bucket.remove(key);
        Ok(())
    }

    /// The stored object under `key` with its attributes; `None` if it does not exist.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub async fn object(&self, key: &str) -> io::Result<Option<Object>> {
        self.state.bucket.read(key).await
    }

    /// The keys of all stored objects, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.state.bucket.keys()
    }

    /// The keys of the multipart uploads in progress, in order.
    #[must_use]
    pub fn unfinished_uploads(&self) -> Vec<String> {
        self.state.bucket.unfinished_uploads()
    }

    /// The entity tag of the object under `key`, with its quotes; `None` if the object does not exist.
    #[must_use]
    pub fn etag_of(&self, key: &str) -> Option<String> {
        self.state.bucket.etag_of(key)
    }

    /// Closes every connection and refuses new ones (ECONNREFUSED) until
    /// [`resume_listening`](Self::resume_listening). The port stays reserved.
    ///
    /// # Errors
    ///
    /// When the port cannot be reserved.
    pub async fn stop_listening(&self) -> io::Result<()> {
        self.listener.stop().await
    }

    /// Listens again on the same port.
    ///
    /// # Errors
    ///
    /// When listening on the port fails.
    pub async fn resume_listening(&self) -> io::Result<()> {
        self.listener.resume().await
    }

    /// Makes requests for `key` (decoded, without the leading slash) fail until the guard is dropped. If
    /// several faults concern a request, the newest applies.
    pub fn inject(&self, key: &str, fault: Fault) -> FaultGuard {
        self.state.faults.inject(Some(key), fault)
    }

    /// Makes every request fail until the guard is dropped.
    pub fn inject_all(&self, fault: Fault) -> FaultGuard {
        self.state.faults.inject(None, fault)
    }

    /// Removes the faults of `key`.
    pub fn clear_faults(&self, key: &str) {
        self.state.faults.clear(key);
    }

    /// All recorded requests, in the order of arrival.
    #[must_use]
    pub fn seen(&self) -> Vec<SeenRequest> {
        self.state.recorder.seen(|_| true)
    }

    /// The recorded requests whose decoded path is `key`.
    #[must_use]
    pub fn seen_for(&self, key: &str) -> Vec<SeenRequest> {
        self.state
            .recorder
            .seen(|seen| seen.key().as_deref() == Some(key))
    }

    /// How many bytes of content the connections have accepted for all recorded requests.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.seen().iter().map(|seen| seen.sent).sum()
    }

    /// How many bytes of content the connections have accepted for recorded requests of `key`.
    #[must_use]
    pub fn sent_for(&self, key: &str) -> u64 {
        self.seen_for(key).iter().map(|seen| seen.sent).sum()
    }

    /// Deletes the recorded requests.
    pub fn clear_seen(&self) {
        self.state.recorder.forget(|_| true);
    }

    /// Deletes the recorded requests whose decoded path is `key`.
    pub fn clear_seen_for(&self, key: &str) {
        self.state
            .recorder
            .forget(|seen| seen.key().as_deref() == Some(key));
    }

    /// Records no further requests, for measurements that send very many.
    pub fn stop_recording(&self) {
        self.state.recorder.pause();
    }

    pub(crate) fn recorder(&self) -> Arc<Recorder> {
        Arc::clone(&self.state.recorder)
    }
}

fn s3_service(spec: &OriginSpec, bucket: Bucket) -> s3s::service::S3Service {
    let hosts = RegionalHosts {
        endpoint: spec.endpoint(),
    };
    let mut builder = S3ServiceBuilder::new(bucket);
    builder.set_host(hosts.clone());
    let key = |id: &str, secret: &str| ApplicationKey {
        id: id.to_owned(),
        secret: secret.into(),
    };
    let mut keys = vec![key(&spec.key_id, &spec.application_key)];
    if let Some(write) = &spec.write_key {
        keys.push(key(&write.key_id, &write.application_key));
    }
    builder.set_auth(ApplicationKeys(keys));
    builder.set_access(Policy {
        bucket: spec.bucket.clone(),
        region: spec.region.clone(),
        hosts,
        public: spec.public,
        read_only_key: spec.write_key.as_ref().map(|_| spec.key_id.clone()),
    });
    builder.build()
}

async fn serve(stream: TcpStream, service: Arc<OriginService>) {
    // A peer that has closed the connection already sent no request.
    let Ok(connection) = Connection::new(stream) else {
        return;
    };
    let control = connection.control();
    let service = service_fn(move |request| {
        let (service, control) = (Arc::clone(&service), Arc::clone(&control));
        async move { service.respond(request, control).await }
    });
    // An error when a fault closed the connection or the client disconnected; both are expected.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(connection), service)
        .await;
}
