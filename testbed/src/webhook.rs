//! A receiver of webhooks: it records what arrives, and fails or waits on demand.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::b2::listener::Listener;
use crate::s3_client::signature::{hex, hmac};

/// A request that the receiver got, whatever its response was.
#[derive(Clone, Debug)]
pub struct Notification {
    /// The method.
    pub method: Method,
    /// The path and the query.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The content.
    pub body: Bytes,
}

impl Notification {
    /// The value of a header, `None` when it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The content as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The value of `X-Bz-Event-Notification-Signature` that this content must have with this secret:
    /// <https://www.backblaze.com/docs/cloud-storage-event-notifications-reference-guide>.
    #[must_use]
    pub fn expected_signature(&self, secret: &str) -> String {
        format!("v1={}", hex(&hmac(secret.as_bytes(), &self.body)))
    }
}

/// How the receiver treats one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reception {
    /// Responds with this status.
    Status(u16),
    /// Responds with 204 after this time.
    After(Duration),
    /// Closes the connection without a response.
    Close,
}

type Handler = Box<dyn Fn(TcpStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// A running receiver. It responds with 204, unless a test has planned something else.
pub struct WebhookReceiver {
    state: Arc<State>,
    listener: Listener<Handler>,
}

struct State {
    planned: Mutex<VecDeque<Reception>>,
    received: watch::Sender<Vec<Notification>>,
}

/// Why a connection is closed without a response.
#[derive(Debug)]
struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a test closed the connection")
    }
}

impl std::error::Error for Closed {}

impl WebhookReceiver {
    /// Starts a receiver on a port of 127.0.0.1, or on a free one when it is 0.
    ///
    /// # Errors
    ///
    /// When the port is in use or none is free.
    pub fn start(port: u16) -> io::Result<Self> {
        let (state, handler) = State::create();
        Ok(Self {
            state,
            listener: Listener::start(port, handler)?,
        })
    }

    /// A new receiver on the port of this one, which has received nothing and has no connection.
    ///
    /// # Errors
    ///
    /// When listening on the port fails.
    pub async fn renewed(mut self) -> io::Result<Self> {
        let (state, handler) = State::create();
        self.listener.replace(handler).await?;
        self.state = state;
        Ok(self)
    }

    /// Its address as a URL, `http://127.0.0.1:<port>`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.listener.port())
    }

    /// Plans how the next requests are treated, one each.
    pub fn plan(&self, receptions: impl IntoIterator<Item = Reception>) {
        self.state.planned().extend(receptions);
    }

    /// What arrived so far.
    #[must_use]
    pub fn received(&self) -> Vec<Notification> {
        self.state.received.borrow().clone()
    }

    /// Forgets what arrived so far.
    pub fn clear(&self) {
        self.state.received.send_modify(Vec::clear);
    }

    /// Waits until this number of requests has arrived; fewer if the time is over.
    pub async fn wait_for(&self, count: usize, limit: Duration) -> Vec<Notification> {
        let mut receiver = self.state.received.subscribe();
        let arrived = receiver.wait_for(|received| received.len() >= count);
        let _ = timeout(limit, arrived).await;
        self.received()
    }
}

impl State {
    /// The state of a new receiver, and the handler of connections that uses it.
    fn create() -> (Arc<Self>, Handler) {
        let state = Arc::new(Self {
            planned: Mutex::default(),
            received: watch::Sender::new(Vec::new()),
        });
        let shared = Arc::clone(&state);
        let handler: Handler = Box::new(move |stream| Box::pin(serve(stream, Arc::clone(&shared))));
        (state, handler)
    }

    fn planned(&self) -> MutexGuard<'_, VecDeque<Reception>> {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn receive(&self, request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Closed> {
        let (head, body) = request.into_parts();
        if head.method == Method::GET {
            // Viceroy's probe when it starts.
            return Ok(respond(204));
        }
        let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
        let target = head.uri.path_and_query().map(ToString::to_string);
        let notification = Notification {
            method: head.method,
            target: target.unwrap_or_default(),
            headers: head.headers,
            body,
        };
        // Before it is recorded: a test that has seen it may plan what comes next.
        let reception = self.planned().pop_front();
        self.received
            .send_modify(|received| received.push(notification));
        match reception.unwrap_or(Reception::Status(204)) {
            Reception::Status(status) => Ok(respond(status)),
            Reception::After(pause) => {
                sleep(pause).await;
                Ok(respond(204))
            }
            Reception::Close => Err(Closed),
        }
    }
}

fn respond(status: u16) -> Response<Empty<Bytes>> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::NO_CONTENT);
    response
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { state.receive(request).await }
    });
    // An error when the client disconnected, or a test wanted the connection closed.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::request::Request;

    #[tokio::test]
    async fn what_arrives_is_recorded_and_planned_failures_happen_once() {
        let hooks = WebhookReceiver::start(0).expect("a receiver");
        hooks.plan([Reception::Status(503), Reception::Close]);
        let call = Request::new(Method::POST, "/hook?x").body("{\"a\": 1}");
        let port = hooks.listener.port();
        assert_eq!(call.send(port).await.expect("a response").status, 503);
        assert!(call.send(port).await.is_err());
        assert_eq!(call.send(port).await.expect("a response").status, 204);
        let received = hooks.wait_for(3, Duration::from_secs(5)).await;
        assert_eq!(received.len(), 3);
        let last = received.last().expect("three");
        assert_eq!(
            (last.target.as_str(), &last.json()["a"]),
            ("/hook?x", &1.into())
        );
    }

    /// RFC 4231, test case 2.
    #[test]
    fn a_signature_is_the_hmac_of_the_content() {
        let notification = Notification {
            method: Method::POST,
            target: String::new(),
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"what do ya want for nothing?"),
        };
        assert_eq!(
            notification.expected_signature("Jefe"),
            "v1=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
