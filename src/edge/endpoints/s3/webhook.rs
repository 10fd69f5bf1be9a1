//! Tells a webhook and the log endpoint for events of a request, once the client has its response.

use std::io::Write as _;
use std::time::{Duration, Instant};

use b2_edge_core::log::s3::EVENT_LOG_ENDPOINT;
use b2_edge_core::log::s3::{DELIVERED, LoggedWebhook};
use b2_edge_core::s3::notification::{EVENT_ID_HEADER, SIGNATURE_HEADER, signature};
use b2_edge_core::s3_endpoint::settings::WebhookSettings;
use fastly::Request;
use fastly::handle::{BodyHandle, CacheOverride};
use fastly::http::header::CONTENT_TYPE;
use fastly::http::{HeaderValue, Method};
use fastly::log::Endpoint;

use crate::edge::platform::downstream;
use crate::edge::platform::sandbox::Sandbox;
use crate::edge::platform::select::first_ready;
use crate::edge::platform::settings::{Settings, WebhookSecrets};

/// How long to wait after an attempt that failed at once.
const PAUSE: Duration = Duration::from_millis(500);

/// A notification that is due.
pub(crate) struct Notice {
    pub(crate) json: String,
}

impl Notice {
    /// Writes it to the log endpoint and sends it to the webhook, as often as it takes and may.
    pub(crate) fn send(&self, settings: &Settings, sandbox: &Sandbox) -> Option<LoggedWebhook> {
        if let Ok(mut endpoint) = Endpoint::try_from_name(EVENT_LOG_ENDPOINT) {
            let _ = endpoint.write_all(self.json.as_bytes());
        }
        let webhook = settings.webhook()?;
        let url = webhook.url.as_deref()?;
        let event_id = downstream::random_id().as_str().to_owned();
        let began = Instant::now();
        let secrets = Settings::webhook_secrets();
        let (mut attempts, mut status, mut outcome) = (0, None, "no_response");
        while attempts < webhook.attempts && sandbox.requests_left() > 0 {
            let sent_at = Instant::now();
            attempts += 1;
            sandbox.count_request();
            status = post(self.request(url, webhook, &secrets, &event_id), webhook);
            outcome = match status {
                Some(200..=299) => DELIVERED,
                Some(_) => "refused",
                None => "no_response",
            };
            if outcome == DELIVERED {
                break;
            }
            if attempts < webhook.attempts {
                std::thread::sleep(PAUSE.saturating_sub(sent_at.elapsed()));
            }
        }
        Some(LoggedWebhook {
            outcome: if attempts == 0 { "not_sent" } else { outcome },
            event_id,
            status,
            attempts,
            duration: began.elapsed(),
        })
    }

    fn request(
        &self,
        url: &str,
        webhook: &WebhookSettings,
        secrets: &WebhookSecrets,
        event_id: &str,
    ) -> Request {
        let mut request = Request::new(Method::POST, url)
            .with_header(CONTENT_TYPE, "application/json")
            .with_header(EVENT_ID_HEADER, event_id);
        if let Some(secret) = &secrets.signing {
            let value = signature(self.json.as_bytes(), secret.as_bytes());
            request.set_header(SIGNATURE_HEADER, value);
        }
        let value = secrets.header_value.as_deref().unwrap_or_default().trim();
        if let (Some(name), Ok(value)) = (&webhook.header, HeaderValue::try_from(value)) {
            request.set_header(name, value);
        }
        request.with_body(self.json.as_str())
    }
}

/// Sends it once. Returns the status; `None` without a response in time.
fn post(request: Request, webhook: &WebhookSettings) -> Option<u16> {
    let (mut head, body) = request.into_handles();
    head.set_cache_override(&CacheOverride::pass());
    let body = body.unwrap_or_else(BodyHandle::new);
    let pending = head.send_async(body, &webhook.backend).ok()?;
    first_ready(&[pending.as_u32()], webhook.timeout)?;
    let (response, _) = pending.wait().ok()?;
    Some(response.get_status().as_u16())
}
