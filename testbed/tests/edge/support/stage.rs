//! The application in front of two private origins, a US one and an EU one.
//!
//! A failed origin opens a circuit breaker that affects all requests. A test that makes an origin fail, or that
//! asserts which one is tried after a failure, therefore does not use the [`shared`] stage, but one of its own.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use b2_edge_testbed::{
    Object, Origin, OriginSpec, RenderService, Request, Response, Viceroy, ViceroyConfig,
    encode_key,
};
use http::StatusCode;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::idle;
use super::log_schema::assert_documented;

pub(crate) const US_HOST: &str = "stage-us.s3.us-west-004.backblazeb2.com";
pub(crate) const EU_HOST: &str = "stage-eu.s3.eu-central-003.backblazeb2.com";

/// The API token that is valid on the shared stage and those of `StagePool`.
pub(crate) const TOKEN: &str = "a-token-of-the-service";

/// How long a test waits for something that should happen soon.
const SOON: Duration = Duration::from_secs(10);

/// Larger bodies are content that a test has stored itself.
const LONGEST_OWN_TEXT: usize = 64 * 1024;

pub(crate) struct Stage {
    pub(crate) us: Arc<Origin>,
    pub(crate) eu: Arc<Origin>,
    pub(crate) edge: Arc<Viceroy>,
    /// What another stage has to share, to be made of this one's processes after its test; `None` if none may be.
    pub(super) fixed_part: Option<String>,
    /// Whether it was made of another one.
    pub(super) is_renewed: bool,
}

/// The stage that tests share. Each test uses its own keys, and no origin fails.
pub(crate) async fn shared() -> &'static Stage {
    static SHARED: OnceCell<Stage> = OnceCell::const_new();
    let start = || Stage::with(|config| config.fastly_key(TOKEN));
    SHARED.get_or_init(start).await
}

fn specs() -> [OriginSpec; 2] {
    [
        OriginSpec::new("us_origin", "stage-us", "us-west-004"),
        OriginSpec::new("eu_origin", "stage-eu", "eu-central-003"),
    ]
}

fn started(specs: [OriginSpec; 2]) -> (Origin, Origin) {
    let [us, eu] = specs.map(Origin::start);
    (us.expect("the US origin"), eu.expect("the EU origin"))
}

impl AsRef<Self> for Stage {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Stage {
    /// A stage of its own for a test. It is as good as new: see [`idle`].
    pub(crate) async fn with(configure: impl Fn(ViceroyConfig) -> ViceroyConfig) -> Self {
        Self::with_origins(|spec| spec, |config, _| configure(config)).await
    }

    /// The same, with other origins, of which the US one is known to `configure`.
    pub(crate) async fn with_origins(
        change: impl Fn(OriginSpec) -> OriginSpec,
        configure: impl Fn(ViceroyConfig, &Origin) -> ViceroyConfig,
    ) -> Self {
        let [us, eu] = specs().map(change);
        let configure =
            |us: &Origin, eu: &Origin| configure(ViceroyConfig::new().origin(us).origin(eu), us);
        if let Some(stage) = idle::take([&us, &eu], configure).await {
            return stage;
        }
        let (us, eu) = started([us, eu]);
        let config = configure(&us, &eu);
        let fixed_part = config.is_plain().then(|| config.fixed_part());
        Self::before(us, eu, config, fixed_part).await
    }

    /// A stage with a render service that has this environment, and whose URL `configure` gets. The service is new; its port
    /// is part of the stage.
    pub(crate) async fn with_render_service(
        environment: &[(&str, &str)],
        configure: impl Fn(ViceroyConfig, &str) -> ViceroyConfig,
    ) -> (Self, RenderService) {
        /// The ports of the services, by those of the US origins before which they are.
        static PORTS: Mutex<BTreeMap<u16, u16>> = Mutex::new(BTreeMap::new());
        let ports = || PORTS.lock().unwrap_or_else(PoisonError::into_inner);
        let configure = |us: &Origin, eu: &Origin| {
            let port = ports().get(&us.port()).copied().unwrap_or_default();
            let url = format!("http://127.0.0.1:{port}");
            configure(ViceroyConfig::new().origin(us).origin(eu), &url)
        };
        let [us, eu] = specs();
        if let Some(mut stage) = idle::take([&us, &eu], configure).await {
            let port = ports().get(&stage.us.port()).copied();
            let origins = [&*stage.us, &*stage.eu];
            let service = RenderService::start_on(port.unwrap_or_default(), &origins, environment);
            match service {
                Ok(service) => return (stage, service),
                // Another process has the port now.
                Err(_) => stage.fixed_part = None,
            }
        }
        let (us, eu) = started([us, eu]);
        let service = RenderService::start(&[&us, &eu], environment).expect("the service starts");
        ports().insert(us.port(), service.port());
        let config = configure(&us, &eu);
        let fixed_part = Some(config.fixed_part());
        (Self::before(us, eu, config, fixed_part).await, service)
    }

    async fn before(
        us: Origin,
        eu: Origin,
        mut config: ViceroyConfig,
        fixed_part: Option<String>,
    ) -> Self {
        if fixed_part.is_some() {
            config = config.renewable();
        }
        let edge = config.start().await.expect("Viceroy starts");
        Self {
            us: Arc::new(us),
            eu: Arc::new(eu),
            edge: Arc::new(edge),
            fixed_part,
            is_renewed: false,
        }
    }

    /// A stage of its own with the given item `config`.
    pub(crate) async fn configured(json: &str) -> Self {
        Self::with(|config| config.config(json)).await
    }

    /// Stores the same object in both regions.
    pub(crate) async fn put(&self, key: &str, object: Object) {
        self.us
            .put(key, object.clone())
            .await
            .expect("stored in the US");
        self.eu.put(key, object).await.expect("stored in the EU");
    }

    pub(crate) async fn get(&self, target: &str) -> Response {
        self.send(Request::get(target)).await
    }

    pub(crate) async fn head(&self, target: &str) -> Response {
        self.send(Request::head(target)).await
    }

    /// Stores the object, requests it, and asserts that the response is complete.
    pub(crate) async fn fill(&self, key: &str, object: &Object) -> Response {
        self.put(key, object.clone()).await;
        let response = self.get(&encode_key(key)).await;
        assert_whole(&response, &object.bytes, key);
        response
    }

    /// How many requests for the key the origins received.
    pub(crate) fn requests_for(&self, key: &str) -> usize {
        self.us.seen_for(key).len() + self.eu.seen_for(key).len()
    }

    /// How many bytes of the object the origins sent.
    pub(crate) fn sent_for(&self, key: &str) -> u64 {
        self.us.sent_for(key) + self.eu.sent_for(key)
    }

    /// Sends a request to the application, and asserts that neither response nor log has a secret.
    pub(crate) async fn send(&self, request: Request) -> Response {
        let named = request.name();
        let response = self.try_send(request).await;
        let response = response.unwrap_or_else(|error| panic!("{named}: {error}"));
        let mut shown = format!("{:?}", response.headers);
        if response.body.len() <= LONGEST_OWN_TEXT {
            shown += &response.text();
        }
        for origin in [&self.us, &self.eu] {
            assert!(
                !shown.contains(&origin.spec().application_key),
                "a secret in: {shown}"
            );
        }
        assert_eq!(
            self.edge.leaked_secrets(),
            Vec::<String>::new(),
            "lines with a secret"
        );
        response
    }

    pub(crate) async fn try_send(&self, request: Request) -> io::Result<Response> {
        request.send(self.edge.port()).await
    }
}

/// Waits until a failure, or a 404 that is not confirmed, is forgotten: each lives for a second.
pub(crate) async fn let_failures_expire() {
    tokio::time::sleep(Duration::from_millis(1100)).await;
}

/// The value of `X-Cache`.
pub(crate) fn cache_of(response: &Response) -> &str {
    response.header("x-cache").unwrap_or("(no X-Cache)")
}

/// Asserts that a response is the whole object, byte for byte.
pub(crate) fn assert_whole(response: &Response, bytes: &[u8], context: &str) {
    assert_eq!(response.status, StatusCode::OK, "{context}");
    assert!(response.complete, "{context}: the body is incomplete");
    let length = bytes.len().to_string();
    assert_eq!(
        response.header("content-length"),
        Some(length.as_str()),
        "{context}"
    );
    assert!(response.body == bytes, "{context}: the bytes differ");
}

/// Polls until `holds` returns true, which must be soon.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    until_async(what, || std::future::ready(holds())).await;
}

/// The same for a condition that needs a request.
pub(crate) async fn until_async<F>(what: &str, mut holds: impl FnMut() -> F)
where
    F: Future<Output = bool>,
{
    let polling = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(SOON, polling).await;
    assert!(in_time.is_ok(), "not within {SOON:?}: {what}");
}

/// The log line of the first request for a path. It is written after the response, so this waits for it.
pub(crate) async fn log_of(stage: &Stage, path: &str) -> Value {
    let is_it = |line: &Value| line["path"] == path;
    let found = stage.edge.wait_for_log(is_it, SOON).await;
    let line = found.unwrap_or_else(|| panic!("no log line for {path}"));
    assert_documented(&line);
    assert_eq!(
        stage.edge.leaked_secrets(),
        Vec::<String>::new(),
        "lines with a secret"
    );
    line
}

/// Asserts that a response is one of the application's own short texts, with nothing from an origin.
pub(crate) fn assert_own_text(response: &Response, context: &str) {
    let text = response.text();
    assert!(response.complete, "{context}: {text}");
    assert_eq!(
        response.header("content-type"),
        Some("text/plain; charset=utf-8"),
        "{context}"
    );
    assert_eq!(
        response.header("cache-control"),
        Some("no-store"),
        "{context}"
    );
    for internal in ["<", "Error", "origin", "backblazeb2", "panic", "src/"] {
        assert!(!text.contains(internal), "{context}: {internal} in {text}");
    }
}
