//! The steps of every request to an origin: record it, apply a fault or respond like S3, record the status.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::Incoming;
use s3s::Body;
use s3s::service::S3Service;

use super::access::field;
use super::connection::ConnectionControl;
use super::counted_body::CountedBody;
use super::fault::{CannedResponse, Fault, Faults};
use super::interrupted_body::{InterruptedBody, Interruption, ResponseBody};
use super::preconditions::{READ_HEADERS, ReadHeaders};
use super::recorder::Recorder;
use super::refusals::refusal;
use super::{malformed, object_path};

/// The content of a request.
pub(crate) type RequestBody = CountedBody<Incoming>;

/// The HTTP service of one origin.
pub(crate) struct OriginService {
    pub(crate) s3: S3Service,
    pub(crate) faults: Arc<Faults>,
    pub(crate) recorder: Arc<Recorder>,
}

/// Closes the connection without a response: hyper closes it when the service fails.
#[derive(Debug)]
pub(crate) struct ConnectionClosed;

impl fmt::Display for ConnectionClosed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault closed the connection")
    }
}

impl std::error::Error for ConnectionClosed {}

impl OriginService {
    pub(crate) async fn respond(
        &self,
        request: Request<Incoming>,
        control: Arc<ConnectionControl>,
    ) -> Result<Response<ResponseBody>, ConnectionClosed> {
        let entry = self.recorder.record(&request);
        let request = request.map(|body| CountedBody::new(body, Arc::clone(&entry.received)));
        let key = object_path::key_of(request.uri().path());
        let fault = self.faults.apply(key.as_deref());
        let mut response = self.with_fault(fault, request, &control).await?;
        add_request_ids(&mut response);
        self.recorder.responded(&entry, response.status());
        Ok(response.map(|body| CountedBody::new(body, entry.sent).boxed_unsync()))
    }

    async fn with_fault(
        &self,
        fault: Option<Fault>,
        request: Request<RequestBody>,
        control: &Arc<ConnectionControl>,
    ) -> Result<Response<ResponseBody>, ConnectionClosed> {
        let interrupted = |response: Response<ResponseBody>, after, interruption| {
            response.map(|body| {
                InterruptedBody::new(body, after, interruption, Arc::clone(control)).boxed_unsync()
            })
        };
        match fault {
            None => self.real_response(request).await,
            Some(Fault::ResetConnection) => {
                control.reset_on_close();
                Err(ConnectionClosed)
            }
            Some(Fault::CloseConnection) => Err(ConnectionClosed),
            Some(Fault::StallBeforeHeaders(pause)) => {
                tokio::time::sleep(pause).await;
                self.real_response(request).await
            }
            Some(Fault::Respond(canned)) => Ok(canned_response(canned)),
            Some(Fault::StopInBody { after }) => Ok(interrupted(
                self.real_response(request).await?,
                after,
                Interruption::Reset,
            )),
            Some(Fault::ShortBody { after }) => Ok(interrupted(
                self.real_response(request).await?,
                after,
                Interruption::Close,
            )),
            Some(Fault::ShortChunkedBody { after }) => {
                let mut response = self.real_response(request).await?;
                response.headers_mut().remove(CONTENT_LENGTH);
                Ok(interrupted(response, after, Interruption::End))
            }
            Some(Fault::StallInBody { after, pause }) => Ok(interrupted(
                self.real_response(request).await?,
                after,
                Interruption::Pause(pause),
            )),
            Some(Fault::StallInResponse {
                response,
                after,
                pause,
            }) => {
                // Set here, because hyper does not know the length of an interrupted body.
                let length = response.body.len().to_string();
                let response = response.header(CONTENT_LENGTH, &length);
                Ok(interrupted(
                    canned_response(response),
                    after,
                    Interruption::Pause(pause),
                ))
            }
            Some(Fault::ErrorDocumentUnder206) => Ok(canned_response(malformed::error_document())),
            Some(Fault::DisguisedErrorUnder206) => {
                let real = self.real_response(request).await?;
                Ok(malformed::with_error_document(real))
            }
            Some(Fault::WrongRange) => {
                self.real_response(malformed::with_range_one_byte_later(request))
                    .await
            }
            Some(Fault::LengthUnlikeRange) => {
                let real = self.real_response(request).await?;
                malformed::with_half_of_body(real)
                    .await
                    .map_err(|_| ConnectionClosed)
            }
            Some(Fault::IgnoreRange) => self.real_response(malformed::without_range(request)).await,
        }
    }

    /// The response of a B2 region that works.
    async fn real_response(
        &self,
        mut request: Request<RequestBody>,
    ) -> Result<Response<ResponseBody>, ConnectionClosed> {
        if let Some(refusal) = refusal(&request) {
            return Ok(canned_response(refusal));
        }
        take_read_headers(&mut request);
        let response = self
            .s3
            .call(request.map(Body::http_body_unsync))
            .await
            .map_err(|_| ConnectionClosed)?;
        let status = response.status();
        let mut response = response.map(BodyExt::boxed_unsync);
        if status == StatusCode::NOT_MODIFIED {
            // s3s treats 304 as an error and writes an error document.
            response.headers_mut().remove(CONTENT_TYPE);
            response.headers_mut().remove(CONTENT_LENGTH);
            *response.body_mut() = Empty::new().map_err(|never| match never {}).boxed_unsync();
        } else if status.is_client_error() || status.is_server_error() {
            let uncacheable = HeaderValue::from_static("max-age=0, no-cache, no-store");
            response.headers_mut().insert(CACHE_CONTROL, uncacheable);
        }
        Ok(response)
    }
}

/// Moves range and preconditions to an extension that the bucket reads, because `s3s` refuses forms that HTTP
/// allows. Signed headers also stay where they are, for the verification of the signature.
fn take_read_headers(request: &mut Request<RequestBody>) {
    let authorization = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let signed = field(authorization.unwrap_or_default(), "SignedHeaders=", ',').to_owned();
    let mut read_headers = ReadHeaders::default();
    for name in READ_HEADERS {
        let Some(value) = request.headers().get(&name).cloned() else {
            continue;
        };
        if !signed.split(';').any(|signed| signed == name.as_str()) {
            request.headers_mut().remove(&name);
        }
        read_headers.0.insert(name, value);
    }
    request.extensions_mut().insert(read_headers);
}

pub(crate) fn canned_response(canned: CannedResponse) -> Response<ResponseBody> {
    let mut response = Response::new(full(canned.body));
    *response.status_mut() = canned.status;
    *response.headers_mut() = canned.headers;
    response
}

pub(crate) fn full(bytes: Bytes) -> ResponseBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// B2 sends both with every response. The application must forward neither.
fn add_request_ids(response: &mut Response<ResponseBody>) {
    let ids = [
        ("x-amz-request-id", format!("{:016x}", fastrand::u64(..))),
        (
            "x-amz-id-2",
            format!("adr{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..)),
        ),
    ];
    for (name, id) in ids {
        response.headers_mut().insert(
            name,
            HeaderValue::from_str(&id).expect("hexadecimal digits"),
        );
    }
}
