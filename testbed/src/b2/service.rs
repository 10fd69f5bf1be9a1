//! What every request to an origin passes: the record, the faults, then S3.

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
use super::connection::Control;
use super::counted_body::CountedBody;
use super::fault::{CannedAnswer, Fault, Faults};
use super::interrupted_body::{AnswerBody, InterruptedBody, Interruption};
use super::preconditions::{READ_HEADERS, ReadHeaders};
use super::recorder::Recorder;
use super::{malformed, object_path};

/// The front of one origin.
pub(crate) struct Front {
    pub(crate) s3: S3Service,
    pub(crate) faults: Arc<Faults>,
    pub(crate) recorder: Arc<Recorder>,
}

/// The connection ends here without an answer: hyper closes it when the service fails.
#[derive(Debug)]
pub(crate) struct Cut;

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was cut on purpose")
    }
}

impl std::error::Error for Cut {}

impl Front {
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        control: Arc<Control>,
    ) -> Result<Response<AnswerBody>, Cut> {
        let entry = self.recorder.record(&request);
        let key = object_path::key_of(request.uri().path());
        let fault = self.faults.strike(key.as_deref());
        let mut response = self.with_fault(fault, request, &control).await?;
        add_request_ids(&mut response);
        self.recorder.answered(&entry, response.status());
        Ok(response.map(|body| CountedBody::new(body, entry.sent).boxed_unsync()))
    }

    async fn with_fault(
        &self,
        fault: Option<Fault>,
        request: Request<Incoming>,
        control: &Arc<Control>,
    ) -> Result<Response<AnswerBody>, Cut> {
        let interrupted = |response: Response<AnswerBody>, after, interruption| {
            response.map(|body| {
                InterruptedBody::new(body, after, interruption, Arc::clone(control)).boxed_unsync()
            })
        };
        match fault {
            None => self.truth(request).await,
            Some(Fault::ResetConnection) => {
                control.reset_on_close();
                Err(Cut)
            }
            Some(Fault::CloseConnection) => Err(Cut),
            Some(Fault::StallBeforeHeaders(pause)) => {
                tokio::time::sleep(pause).await;
                self.truth(request).await
            }
            Some(Fault::Answer(canned)) => Ok(respond(canned)),
            Some(Fault::StopInBody { after }) => Ok(interrupted(
                self.truth(request).await?,
                after,
                Interruption::Reset,
            )),
            Some(Fault::ShortBody { after }) => Ok(interrupted(
                self.truth(request).await?,
                after,
                Interruption::Close,
            )),
            Some(Fault::StallInBody { after, pause }) => Ok(interrupted(
                self.truth(request).await?,
                after,
                Interruption::Pause(pause),
            )),
            Some(Fault::StallInAnswer {
                answer,
                after,
                pause,
            }) => {
                // Said here: of an interrupted body hyper does not know the length.
                let length = answer.body.len().to_string();
                let answer = answer.header(CONTENT_LENGTH, &length);
                Ok(interrupted(
                    respond(answer),
                    after,
                    Interruption::Pause(pause),
                ))
            }
            Some(Fault::ErrorDocumentUnder206) => Ok(respond(malformed::error_document())),
            Some(Fault::DisguisedErrorUnder206) => {
                let truth = self.truth(request).await?;
                Ok(malformed::error_in_place_of(truth))
            }
            Some(Fault::WrongRange) => self.truth(malformed::asking_one_byte_later(request)).await,
            Some(Fault::LengthUnlikeRange) => {
                let truth = self.truth(request).await?;
                malformed::half_of(truth).await.map_err(|_| Cut)
            }
            Some(Fault::IgnoreRange) => self.truth(malformed::without_range(request)).await,
        }
    }

    /// What a B2 region would answer.
    async fn truth(&self, mut request: Request<Incoming>) -> Result<Response<AnswerBody>, Cut> {
        take_read_headers(&mut request);
        let answer = self
            .s3
            .call(request.map(Body::from))
            .await
            .map_err(|_| Cut)?;
        let status = answer.status();
        let mut response = answer.map(BodyExt::boxed_unsync);
        if status == StatusCode::NOT_MODIFIED {
            // s3s knows 304 only as an error and writes a document for it.
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

/// Hides range and preconditions from `s3s`, which refuses forms that HTTP allows, and keeps them
/// for the bucket. Signed ones stay as well, since the signature covers them.
fn take_read_headers(request: &mut Request<Incoming>) {
    let authorization = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let signed = field(authorization.unwrap_or_default(), "SignedHeaders=", ',').to_owned();
    let mut kept = ReadHeaders::default();
    for name in READ_HEADERS {
        let Some(value) = request.headers().get(&name).cloned() else {
            continue;
        };
        if !signed.split(';').any(|signed| signed == name.as_str()) {
            request.headers_mut().remove(&name);
        }
        kept.0.insert(name, value);
    }
    request.extensions_mut().insert(kept);
}

pub(crate) fn respond(canned: CannedAnswer) -> Response<AnswerBody> {
    let mut response = Response::new(full(canned.body));
    *response.status_mut() = canned.status;
    *response.headers_mut() = canned.headers;
    response
}

pub(crate) fn full(bytes: Bytes) -> AnswerBody {
    Full::new(bytes)
        .map_err(|never| match never {})
        .boxed_unsync()
}

/// B2 sends both with every answer; neither may reach a client.
fn add_request_ids(response: &mut Response<AnswerBody>) {
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
