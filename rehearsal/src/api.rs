//! A stand-in for the endpoints of Fastly's API that `fastly compute deploy` calls.
//!
//! It stores what is created in an [`Account`], and refuses and records unknown requests. It is also the HTTP proxy
//! of the CLI, so that every request to another host is refused and recorded here.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Collected, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::account::Account;
use crate::endpoints::ApiRequest;

/// The API token of the CLI.
pub(crate) const TOKEN: &str = "rehearsal-token";

/// A path of the account endpoint, which `auth` commands would need.
const WELL_KNOWN: &str = "realms/fastly/.well-known/openid-configuration";

/// What the stand-in has received so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    pub(crate) account: Account,
    /// Unknown requests.
    pub(crate) unknown: Vec<String>,
    /// API requests without the token.
    pub(crate) without_token: Vec<String>,
    /// Other hosts that the CLI tried to reach.
    pub(crate) refused_hosts: Vec<String>,
    /// Names of deleted services.
    pub(crate) deleted: Vec<String>,
}

/// A running stand-in. It stops when it is dropped.
#[derive(Debug)]
pub(crate) struct Api {
    port: u16,
    record: Arc<Mutex<Record>>,
    accepting: JoinHandle<()>,
}

impl Drop for Api {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Api {
    /// Listens on a free port of loopback, with an empty account.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let record = Arc::default();
        let accepting = tokio::spawn(accept(listener, Arc::clone(&record)));
        Ok(Self {
            port,
            record,
            accepting,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn record(&self) -> Record {
        lock(&self.record).clone()
    }
}

fn lock(record: &Mutex<Record>) -> MutexGuard<'_, Record> {
    record.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, record: Arc<Mutex<Record>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let record = Arc::clone(&record);
        let service = service_fn(move |request| respond(request, Arc::clone(&record)));
        tokio::spawn(
            hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service),
        );
    }
}

async fn respond(
    request: Request<Incoming>,
    record: Arc<Mutex<Record>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let proxied_host = head.uri.authority().map(ToString::to_string);
    if let Some(host) = proxied_host {
        lock(&record).refused_hosts.push(host);
        return Ok(reply(StatusCode::FORBIDDEN, &json!({})));
    }
    let body = body.collect().await;
    let body = body.map_or_else(|_| Bytes::new(), Collected::to_bytes);
    let path = head.uri.path().trim_start_matches('/');
    let request = ApiRequest {
        method: &head.method,
        path: &path.split('/').collect::<Vec<_>>(),
        content_type: head
            .headers
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
        body: &body,
    };
    let name = format!("{} /{path}", head.method);
    let mut record = lock(&record);
    if path == WELL_KNOWN {
        return Ok(reply(StatusCode::OK, &json!({})));
    }
    if head
        .headers
        .get("fastly-key")
        .is_none_or(|key| key != TOKEN)
    {
        record.without_token.push(name);
        return Ok(reply(StatusCode::UNAUTHORIZED, &json!({})));
    }
    if let Some(response) = record.change(&request) {
        return Ok(reply(StatusCode::OK, &response));
    }
    record.unknown.push(name);
    Ok(reply(
        StatusCode::NOT_IMPLEMENTED,
        &json!({"msg": "the stand-in does not have this endpoint"}),
    ))
}

fn reply(status: StatusCode, body: &Value) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(
        "content-type",
        http::HeaderValue::from_static("application/json"),
    );
    response
}
