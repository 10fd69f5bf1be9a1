//! One request: which endpoint it is for, how long it may take, and what is logged and counted.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use tokio::time::timeout;

use crate::capacity::Capacity;
use crate::endpoints::{Endpoint, render, thumbnail};
use crate::failure::Failure;
use crate::log::Record;
use crate::metrics::Metrics;
use crate::reply::{HeldBody, Reply};
use crate::settings::Settings;
use crate::settings::resolve::Overrides;
use crate::sources::connector::Connector;

/// What all requests share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Settings,
    pub(crate) capacity: Capacity,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) connector: Connector,
}

/// How long a request to render may take.
const RENDER_TIMEOUT: Duration = Duration::from_secs(40);

/// How long a thumbnail may take, the upload included.
const THUMBNAIL_TIMEOUT: Duration = Duration::from_secs(44);

impl App {
    /// The state at the start.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up.
    pub(crate) fn new(mut settings: Settings) -> Result<Self, rustls::Error> {
        let overrides: Overrides = std::mem::take(&mut settings.overrides);
        Ok(Self {
            capacity: Capacity::new(settings.workers, settings.queue, settings.max_pixels),
            metrics: Arc::default(),
            connector: Connector::new(overrides)?,
            settings,
        })
    }

    /// Responds to a request. Dropping the future, which hyper does when the client disconnects, ends all work for it.
    pub(crate) async fn respond(&self, request: Request<Incoming>) -> Response<HeldBody> {
        let path = request.uri().path().to_owned();
        let endpoint = Endpoint::of(&path, &self.settings);
        let mut record = Record::start(request.method().clone(), &path);
        let reply = self.dispatch(endpoint, request, &mut record).await;
        let status = reply.response.status().as_u16();
        self.metrics.request(endpoint.name(), status);
        record.write(status, reply.reason);
        reply.response
    }

    async fn dispatch(
        &self,
        endpoint: Endpoint,
        request: Request<Incoming>,
        record: &mut Record,
    ) -> Reply {
        if let Some(allow) = endpoint.allow()
            && !allow.split(", ").any(|method| request.method() == method)
        {
            return Reply::method_not_allowed(allow);
        }
        let settings = &self.settings;
        let result = match endpoint {
            Endpoint::Health => Ok(Reply::text("ok\n")),
            Endpoint::Metrics => Ok(Reply::text(self.metrics.to_text(&self.capacity.usage()))),
            Endpoint::Render => match &settings.render {
                Some(settings) => {
                    let work = render::respond(self, settings, request, record);
                    in_time(RENDER_TIMEOUT, work).await
                }
                None => Err(Failure::not_found()),
            },
            Endpoint::Thumbnail => match &settings.thumbnails {
                Some(settings) => {
                    let work = thumbnail::respond(self, settings, request, record);
                    in_time(THUMBNAIL_TIMEOUT, work).await
                }
                None => Err(Failure::not_found()),
            },
            Endpoint::Unknown => Err(Failure::not_found()),
        };
        result.unwrap_or_else(|failure| {
            record.details.message = Some(failure.message.to_string());
            failure.into()
        })
    }
}

async fn in_time(
    limit: Duration,
    work: impl Future<Output = Result<Reply, Failure>>,
) -> Result<Reply, Failure> {
    timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(Failure::out_of_time()))
}
