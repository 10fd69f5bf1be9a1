//! One request to S3 and its response, on a connection of its own.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;

use super::connector::Connector;
use super::trouble::Trouble;
use super::url::SourceUrl;

const NAME: HeaderValue = HeaderValue::from_static("b2-edge-render");

/// A response whose body is still to be received. Dropping it closes the connection.
pub(crate) struct Exchange {
    /// The status.
    pub(crate) status: StatusCode,
    /// The headers.
    pub(crate) headers: HeaderMap,
    body: Incoming,
    /// The task that moves the bytes.
    _connection: JoinSet<()>,
}

/// Sends a request. `Host` is that of the URL, also where `RESOLVE` has another address for it.
///
/// # Errors
///
/// [`Trouble::Connect`], [`Trouble::TimedOut`], [`Trouble::BrokenOff`].
pub(crate) async fn send(
    connector: &Connector,
    method: Method,
    url: &SourceUrl,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Exchange, Trouble> {
    let host = HeaderValue::from_str(url.authority()).map_err(|_| Trouble::Connect)?;
    let stream = connector.connect(url.authority()).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|_| Trouble::BrokenOff)?;
    let mut task = JoinSet::new();
    task.spawn(async move {
        // The response tells of an error.
        let _ = connection.await;
    });
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method;
    *request.uri_mut() = url.target().clone().into();
    *request.version_mut() = Version::HTTP_11;
    *request.headers_mut() = headers;
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(USER_AGENT, NAME);
    let response = sender.send_request(request).await;
    let (head, body) = response.map_err(|_| Trouble::BrokenOff)?.into_parts();
    Ok(Exchange {
        status: head.status,
        headers: head.headers,
        body,
        _connection: task,
    })
}

impl Exchange {
    /// The declared length of the body.
    pub(crate) fn length(&self) -> Option<u64> {
        let length = self.headers.get(CONTENT_LENGTH)?;
        length.to_str().ok()?.parse().ok()
    }

    /// Receives a body of exactly `length` bytes.
    ///
    /// # Errors
    ///
    /// [`Trouble::BrokenOff`] for any other number of bytes.
    pub(crate) async fn receive(mut self, length: u64) -> Result<Bytes, Trouble> {
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|_| Trouble::BrokenOff)?;
            if let Ok(data) = frame.into_data() {
                if (bytes.len() + data.len()) as u64 > length {
                    return Err(Trouble::BrokenOff);
                }
                bytes.extend_from_slice(&data);
            }
        }
        if bytes.len() as u64 == length {
            Ok(bytes.into())
        } else {
            Err(Trouble::BrokenOff)
        }
    }
}
