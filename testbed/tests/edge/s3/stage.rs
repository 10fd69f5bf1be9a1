//! The application with its S3 endpoint on `s3.test`.

use std::ops::Deref;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use b2_edge_testbed::{
    OriginSpec, Response, S3Client, S3Request, SignedRequest, ViceroyConfig, WebhookReceiver,
};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::support::stage::Stage;

pub(crate) const HOST: &str = "s3.test";

/// Longer than any upload of a test takes.
const FOR_WRITES: Duration = Duration::from_secs(30);

/// Longer than an origin needs to store what it has received.
const FOR_LATE_WRITES: Duration = Duration::from_millis(300);

/// Small, so that tests of what is above them are quick, and above the size from which a body is passed on while it is
/// verified.
pub(crate) const CHECKSUM_LIMIT: usize = 1024 * 1024;
pub(crate) const SIGNED_CHUNK_LIMIT: usize = 512 * 1024;

/// How a request is signed, or changed after that, with a name.
pub(crate) type Form = (&'static str, fn(S3Request) -> S3Request);

/// An answer that a request may have: the status and the code of the error document.
pub(crate) type Answer = (u16, &'static str);

pub(crate) struct S3Stage {
    pub(crate) stage: Stage,
    /// Dropped after the stage, so that the next test finds both.
    pub(crate) hooks: Hooks,
}

/// A receiver for one test. Its port, which is part of the stage, goes to another one afterwards.
pub(crate) struct Hooks(Option<WebhookReceiver>);

static IDLE_HOOKS: Mutex<Vec<WebhookReceiver>> = Mutex::new(Vec::new());

impl Hooks {
    async fn take() -> Self {
        let idle = IDLE_HOOKS
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        Self(Some(match idle {
            Some(receiver) => receiver.renewed().await.expect("listening again"),
            None => WebhookReceiver::start(0).expect("a receiver"),
        }))
    }
}

impl Deref for Hooks {
    type Target = WebhookReceiver;

    fn deref(&self) -> &WebhookReceiver {
        self.0.as_ref().expect("present until drop")
    }
}

impl Drop for Hooks {
    fn drop(&mut self) {
        let mut idle = IDLE_HOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        idle.extend(self.0.take());
    }
}

/// A client by its name in the configuration.
pub(crate) fn client(name: &str) -> S3Client {
    let (key_id, secret) = pair(name);
    S3Client::new(HOST, "us-west-004", &key_id, &secret)
}

fn pair(name: &str) -> (String, String) {
    (format!("{name}-key-id"), format!("{name}-secret-key"))
}

/// The client that may do everything in both buckets.
pub(crate) fn owner() -> S3Client {
    client("owner")
}

/// The settings of the clients that the tests use.
pub(crate) fn clients() -> Value {
    let all = ["read", "list", "write", "delete", "versions", "lock"];
    let both = ["stage-us", "stage-eu"];
    let of = |rights: &[&str]| json!({"buckets": both, "allow": rights});
    json!({
        "owner": of(&all),
        "reader": of(&["read"]),
        "lister": of(&["list"]),
        "writer": of(&["write"]),
        "deleter": of(&["delete"]),
        "copier": of(&["read", "write"]),
        "folder": {"buckets": ["stage-us"], "prefix": "in/", "allow": all},
        "data": {"buckets": ["stage-us"], "prefix": "data", "allow": all},
        "past": {"buckets": both, "allow": all, "until": "2020-01-01T00:00:00Z"},
        "future": {"buckets": both, "allow": all, "until": "2199-01-01T00:00:00Z"},
        "keyless": of(&all),
    })
}

impl S3Stage {
    /// A new stage with these settings besides `s3.host` and the clients. Both origins have a key for writes, and the
    /// US origin has a backend for them.
    pub(crate) async fn with(settings: Value, others: Value) -> Self {
        Self::start(settings, others, |config| config).await
    }

    pub(crate) async fn start(
        settings: Value,
        others: Value,
        configure: impl Fn(ViceroyConfig) -> ViceroyConfig,
    ) -> Self {
        let hooks = Hooks::take().await;
        let mut s3 = json!({
            "host": HOST,
            "clients": clients(),
            "checksum_limit_bytes": CHECKSUM_LIMIT,
            "signed_chunk_limit_bytes": SIGNED_CHUNK_LIMIT,
        });
        merge(&mut s3, settings);
        let mut config = json!({ "s3": s3 });
        merge(&mut config, others);
        let with_keys = |config: ViceroyConfig| {
            let names = clients();
            let names = names.as_object().expect("an object").keys();
            names
                .filter(|name| *name != "keyless")
                .fold(config, |config, name| {
                    let (key_id, secret) = pair(name);
                    config.s3_client(name, &key_id, &secret)
                })
                .webhook(&hooks, "hooks.test")
                .secret("webhook_secret", "the secret of the webhook")
                .secret("webhook_header_value", "the value of the header")
        };
        let stage = Stage::with_origins(OriginSpec::with_write_key, |viceroy, us| {
            let viceroy = viceroy.config(&config.to_string());
            configure(with_keys(viceroy)).write_backend(us, FOR_WRITES)
        })
        .await;
        Self { stage, hooks }
    }

    /// Sends a request, and asserts that no secret is in the response.
    pub(crate) async fn send(&self, request: &SignedRequest) -> Response {
        let response = self.stage.send(request.request()).await;
        let shown = format!("{:?} {}", response.headers, response.text());
        let secrets = clients();
        let secrets = secrets.as_object().expect("an object").keys();
        for (_, secret) in secrets.map(|name| pair(name)) {
            assert!(!shown.contains(&secret), "a secret in: {shown}");
        }
        response
    }

    /// The bytes that the US origin has stored.
    pub(crate) async fn stored(&self, key: &str) -> Option<bytes::Bytes> {
        let object = self.stage.us.object(key).await.expect("it is readable");
        object.map(|object| object.bytes)
    }

    /// Asserts that a request is refused with one of these answers, that nothing is stored under the key, and that no
    /// origin was asked for it.
    pub(crate) async fn assert_refused(
        &self,
        context: &str,
        request: &SignedRequest,
        key: &str,
        answers: &[Answer],
    ) {
        let response = self.send(request).await;
        assert_error(&response, answers, context);
        assert_eq!(
            self.stage.requests_for(key),
            0,
            "{context}: asked an origin"
        );
        assert_eq!(self.stored(key).await, None, "{context}: stored");
    }

    /// Asserts that nothing is stored below a prefix, also not by a request that the origin is still working on.
    pub(crate) async fn assert_nothing_below(&self, prefix: &str) {
        tokio::time::sleep(FOR_LATE_WRITES).await;
        let mut keys = self.stage.us.keys();
        keys.retain(|key| key.starts_with(prefix));
        assert_eq!(keys, Vec::<String>::new());
    }

    /// The number of requests that the origins have received.
    pub(crate) fn contacts(&self) -> usize {
        self.stage.us.seen().len() + self.stage.eu.seen().len()
    }
}

/// The stage that tests share. Each test uses its own keys.
pub(crate) async fn shared() -> &'static S3Stage {
    static SHARED: OnceCell<S3Stage> = OnceCell::const_new();
    let start = || {
        S3Stage::start(json!({}), json!({}), |config| {
            config.first_byte_timeout(FOR_WRITES)
        })
    };
    SHARED.get_or_init(start).await
}

fn merge(into: &mut Value, from: Value) {
    let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) else {
        return;
    };
    into.extend(from);
}

/// The text of the first element of this name; empty if there is none.
pub(crate) fn element(response: &Response, name: &str) -> String {
    let text = response.text();
    let rest = text.split_once(&format!("<{name}>")).map(|(_, rest)| rest);
    let text = rest.and_then(|rest| rest.split('<').next());
    text.unwrap_or_default().to_owned()
}

/// Asserts that a response is an uncacheable S3 error document with one of these answers.
pub(crate) fn assert_error(response: &Response, answers: &[Answer], context: &str) {
    let text = response.text();
    let code = element(response, "Code");
    let answer = (response.status.as_u16(), code.as_str());
    assert!(
        answers.contains(&answer),
        "{context}: {answer:?} is none of {answers:?}: {text}"
    );
    assert!(response.complete, "{context}: incomplete");
    assert!(
        response.header("x-amz-request-id").is_some(),
        "{context}: no x-amz-request-id"
    );
    assert_eq!(
        response.header("cache-control"),
        Some("no-store"),
        "{context}"
    );
    assert_eq!(
        response.header("content-type"),
        Some("application/xml"),
        "{context}"
    );
    assert!(
        !element(response, "Message").is_empty(),
        "{context}: {text}"
    );
    for other in ["deleter", "lister", "keyless"] {
        assert!(!text.contains(other), "{context}: another client in {text}");
    }
}

/// Asserts that a response is a success.
pub(crate) fn assert_done(response: &Response, context: &str) {
    assert!(
        response.status.is_success() && response.complete,
        "{context}: {} {}",
        response.status,
        response.text()
    );
}
