//! The S3 endpoint: one request from its parsing to the answer. What is decided is in the core's `s3_endpoint`.

mod bucket;
mod forward;
mod reply;
mod request;
mod upload;
pub(crate) mod webhook;

use std::time::SystemTime;

use b2_edge_core::http::iso8601::to_extended;
use b2_edge_core::log::s3::{DELIVERED, LoggedS3, LoggedWebhook};
use b2_edge_core::request::request_id::X_REQUEST_ID;
use b2_edge_core::s3::sigv4::claim::Claim;
use b2_edge_core::s3_endpoint::authorize::Authorized;
use b2_edge_core::s3_endpoint::error::{Code, S3Error};
use b2_edge_core::s3_endpoint::event::{Responded, event};
use b2_edge_core::s3_endpoint::list_buckets;
use b2_edge_core::s3_endpoint::operation::Operation;
use b2_edge_core::s3_endpoint::record::{FailedNotification, LastWrite};
use b2_edge_core::s3_endpoint::resource::{EndpointHost, Resource};
use b2_edge_core::s3_endpoint::unverified::{Incoming, Unverified};
use b2_edge_core::s3_endpoint::verified::Verified;
use b2_edge_core::setup::problem::Problem;
use fastly::Body;
use fastly::http::Method;
use fastly::http::header::CONTENT_TYPE;
use http::HeaderMap;

use crate::edge::cache::records;
use crate::edge::context::RequestContext;
use crate::edge::endpoints::s3::request::{Refusal, S3Request};
use crate::edge::endpoints::s3::webhook::Notice;
use crate::edge::platform::request::Client;
use crate::edge::platform::sandbox::Sandbox;
use crate::edge::platform::settings::Settings;
use crate::edge::response::reply::{Delivery, Reply};

/// The answer to a request, and what the log says about it.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) logged: LoggedS3,
    /// What is missing in the setup, if that is the reason.
    pub(crate) problems: Vec<Problem>,
    /// What remains to be done once the client has the response.
    pub(crate) follow_up: FollowUp,
}

/// What remains to be done after a response.
#[derive(Default)]
pub(crate) struct FollowUp {
    notice: Option<Notice>,
    write: Option<LastWrite>,
}

impl FollowUp {
    /// Remembers a write for the status page, and sends the notification. Returns what the log says about that.
    pub(crate) fn carry_out(self, settings: &Settings, sandbox: &Sandbox) -> Option<LoggedWebhook> {
        if let Some(write) = &self.write {
            records::store_write(write);
        }
        let sent = self.notice?.send(settings, sandbox)?;
        if sent.outcome != DELIVERED {
            records::store_failed_notification(&FailedNotification {
                time: to_extended(SystemTime::now()),
                outcome: sent.outcome.to_owned(),
                status: sent.status,
                event_id: sent.event_id.clone(),
                attempts: sent.attempts,
            });
        }
        Some(sent)
    }
}

/// Responds to a request for a host of the endpoint. `context` is `None` if the configuration has a mistake.
pub(crate) fn respond(
    host: EndpointHost,
    body: Body,
    context: Option<&RequestContext<'_>>,
    settings: &Settings,
    client: &Client,
    method: &Method,
) -> Answer {
    let mut answer = match context {
        Some(context) => to_service(host, body, context),
        None => not_configured(settings.problems(), client, method),
    };
    let id = client.id.clone().into_header();
    answer.reply.response.set_header(X_REQUEST_ID, id);
    answer
}

fn to_service(host: EndpointHost, body: Body, context: &RequestContext<'_>) -> Answer {
    let headers: HeaderMap = context
        .request
        .get_headers()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    let method = context.request.get_method();
    let request = S3Request {
        context,
        method,
        incoming: Incoming {
            method: method.as_str(),
            path: context.target.path,
            query: context.target.query.unwrap_or_default(),
            headers: &headers,
        },
    };
    match Unverified::parse(host, &request.incoming) {
        Err(error) => request.refused(error.into()),
        Ok(Unverified::Preflight(resource)) => request.preflight(&resource),
        Ok(Unverified::Signed { resource, claim }) => request.signed(resource, claim, body),
    }
}

/// The answer while the configuration has a mistake.
fn not_configured(problems: &[Problem], client: &Client, method: &Method) -> Answer {
    let error = S3Error::new(
        Code::ServiceUnavailable,
        "not_configured",
        "The configuration of this service has a mistake. Its operator finds it in the log.",
    );
    Answer {
        problems: problems.to_vec(),
        ..Answer::new(reply::error(&error, method, "", client.id.as_str()))
    }
}

impl S3Request<'_> {
    /// Verifies a signed request, decides whether the client may do what it asks for, and does it.
    fn signed(self, resource: Resource, claim: Claim, body: Body) -> Answer {
        let (service, settings) = (self.context.service, self.context.settings);
        let now = SystemTime::now();
        let lookup = settings.find_client(&claim.key_id);
        let verified = Verified::new(
            &self.incoming,
            resource,
            claim,
            lookup.client.as_ref(),
            lookup.stand_in.as_ref(),
            now,
        );
        let verified = match verified {
            Ok(verified) => verified,
            Err(error) => {
                let problems = lookup.problems;
                return self.refused(Refusal { error, problems });
            }
        };
        match verified.authorize(self.method.as_str(), &service.buckets(), now) {
            Err(error) => self.told(&verified, None, self.refused(error.into())),
            Ok(authorized) => {
                let answer = match authorized.origin {
                    None => Answer::new(self.list_buckets(&verified)),
                    Some(origin) => {
                        let body = body.into_handle();
                        match bucket::send(self, &verified, &authorized, origin, body) {
                            Ok(reply) => Answer::new(reply),
                            Err(refusal) => self.refused(refusal),
                        }
                    }
                };
                self.told(&verified, Some(&authorized), answer)
            }
        }
    }

    /// Passes a CORS preflight to its bucket, whose rules answer it.
    fn preflight(self, resource: &Resource) -> Answer {
        let mut answer = match bucket::preflight(self, resource) {
            Ok(reply) => Answer::new(reply),
            Err(refusal) => self.refused(refusal),
        };
        answer.logged.operation = Some(Operation::Preflight.name());
        answer
    }

    fn list_buckets(self, request: &Verified<'_>) -> Reply {
        let grant = &request.client.grant;
        let buckets = self.context.service.buckets();
        let names = buckets.iter().map(|bucket| bucket.name);
        let seen = names.filter(|name| grant.has_bucket(name));
        let document = list_buckets::document(&request.client.name, seen);
        reply::document(document, self.method, self.request_id())
    }

    fn refused(self, refusal: Refusal) -> Answer {
        let path = String::from_utf8_lossy(self.incoming.path);
        let reply = reply::error(&refusal.error, self.method, &path, self.request_id());
        Answer {
            problems: refusal.problems,
            ..Answer::new(reply)
        }
    }

    /// Adds who sent the request and what it was, for the log and the webhook.
    fn told(
        self,
        request: &Verified<'_>,
        authorized: Option<&Authorized>,
        mut answer: Answer,
    ) -> Answer {
        let service = self.context.service;
        let operation = authorized.map(|authorized| authorized.operation);
        let origin = authorized.and_then(|authorized| authorized.origin);
        answer.logged = LoggedS3 {
            client: Some(request.client.name.clone()),
            operation: operation.map(Operation::name),
            bucket: origin.and(request.resource.bucket.clone()),
        };
        // Whether it has succeeded is not known, and so told to nobody.
        if matches!(answer.reply.delivery, Delivery::Pending(_)) {
            return answer;
        }
        let mut origins = service.origins.iter();
        let address = match origin {
            Some(index) => origins.nth(index).and_then(|origin| origin.address()),
            None => origins.find_map(|origin| origin.address()),
        };
        let response = &answer.reply.response;
        let content_type = response.get_header(&CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let responded = Responded {
            status: response.status.as_u16(),
            content_length: answer.reply.bytes,
            content_type: content_type.map(ToOwned::to_owned),
        };
        let webhook = &service.s3.webhook;
        let method = self.method.as_str();
        answer.follow_up.write =
            operation
                .filter(|operation| operation.is_write())
                .map(|operation| {
                    let key = request.resource.key.as_ref();
                    LastWrite {
                        time: to_extended(SystemTime::now()),
                        client: request.client.name.clone(),
                        operation: operation.name().to_owned(),
                        bucket: request.resource.bucket.clone().unwrap_or_default(),
                        key: key.map(|key| key.as_str().to_owned()),
                        status: responded.status,
                    }
                });
        answer.follow_up.notice = address
            .and_then(|address| event(webhook, method, request, operation, address, &responded))
            .map(|event| Notice {
                json: event.to_json(),
            });
        answer
    }

    fn request_id(&self) -> &str {
        self.context.client.id.as_str()
    }
}

impl Answer {
    fn new(reply: Reply) -> Self {
        Self {
            reply,
            logged: LoggedS3::default(),
            problems: Vec::new(),
            follow_up: FollowUp::default(),
        }
    }
}
