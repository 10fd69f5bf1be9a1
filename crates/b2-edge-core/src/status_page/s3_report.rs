//! The S3 endpoint in the status report: who may do what, and what this POP knows of the last writes.
//!
//! Invariant: of a secret it contains the name, and only if it is missing.

use serde::Serialize;

use crate::http::iso8601::to_extended;
use crate::s3_endpoint::client::Right;
use crate::s3_endpoint::record::{FailedNotification, LastWrite};
use crate::s3_endpoint::settings::WebhookSettings;
use crate::setup::origin::write_backend;
use crate::setup::problem::Problem;
use crate::setup::service::{SecretError, Service};

/// What is known of the endpoint besides its configuration.
#[derive(Clone, Debug, Default)]
pub struct S3State {
    /// The problems of each client, by its name.
    pub clients: Vec<(String, Vec<Problem>)>,
    /// The last write in this POP.
    pub last_write: Option<LastWrite>,
    /// The last notification in this POP that was not delivered.
    pub last_failed_notification: Option<FailedNotification>,
}

impl S3State {
    /// The state of a service's endpoint; `None` if it is off.
    pub fn of(
        service: &Service,
        secret: impl Fn(&str) -> Result<String, SecretError>,
        last_write: impl Fn() -> Option<LastWrite>,
        last_failed_notification: impl Fn() -> Option<FailedNotification>,
    ) -> Option<Self> {
        service.s3.host.as_ref().map(|_| Self {
            clients: service.client_problems(secret),
            last_write: last_write(),
            last_failed_notification: last_failed_notification(),
        })
    }
}

#[derive(Debug, Serialize)]
pub(super) struct S3Report {
    host: String,
    clients: Vec<ClientReport>,
    write_backends: Vec<String>,
    webhook: Option<WebhookReport>,
    last_write: Option<LastWrite>,
    last_failed_notification: Option<FailedNotification>,
}

#[derive(Debug, Serialize)]
struct ClientReport {
    name: String,
    buckets: Vec<String>,
    prefix: String,
    allow: Vec<&'static str>,
    until: Option<String>,
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct WebhookReport {
    host: String,
    #[serde(rename = "for")]
    events: Vec<String>,
    attempts: u64,
}

impl S3Report {
    pub(super) fn of(service: &Service, state: &S3State) -> Option<Self> {
        let clients = state.clients.iter().filter_map(|(name, problems)| {
            let grant = service.client_grant(name)?;
            Some(ClientReport {
                name: name.clone(),
                buckets: grant.buckets,
                prefix: grant.prefix,
                allow: grant.rights.into_iter().map(Right::as_str).collect(),
                until: grant.until.map(to_extended),
                problems: problems.iter().map(ToString::to_string).collect(),
            })
        });
        let with_backend = service.origins.iter().filter(|one| one.has_write_backend());
        Some(Self {
            host: service.s3.host.clone()?,
            clients: clients.collect(),
            write_backends: with_backend
                .map(|one| write_backend(&one.backend))
                .collect(),
            webhook: webhook(&service.s3.webhook),
            last_write: state.last_write.clone(),
            last_failed_notification: state.last_failed_notification.clone(),
        })
    }
}

/// The webhook, if there is one.
fn webhook(settings: &WebhookSettings) -> Option<WebhookReport> {
    Some(WebhookReport {
        host: url_host(settings.url.as_deref()?)?.to_owned(),
        events: settings.events.clone(),
        attempts: settings.attempts,
    })
}

/// What is shown of the webhook's URL: its host. The rest may be as good as a password.
pub(super) fn url_host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    rest.split(['/', '?']).next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::setup::origin::BackendAddress;

    fn report(json: &str) -> serde_json::Value {
        let config = Config::parse(json).expect(json);
        let service = Service::assemble(config, |backend| {
            let host = match backend {
                "us_origin" | "us_origin_write" => "media.s3.us-west-004.backblazeb2.com",
                _ => return None,
            };
            Some(BackendAddress::Host(host.to_owned()))
        });
        let secret = |name: &str| match name {
            "client_b_secret_key" => Err(SecretError::NoSecret),
            _ => Ok("a-secret".to_owned()),
        };
        let state = S3State::of(&service, secret, || None, || None);
        let report = state.and_then(|state| S3Report::of(&service, &state));
        let json = serde_json::to_value(report).expect("JSON");
        assert!(!json.to_string().contains("a-secret"), "{json}");
        json
    }

    #[test]
    fn clients_are_shown_with_their_rights_and_what_they_lack() {
        let report = report(
            r#"{"origins": ["us_origin"], "s3": {"host": "s3.example.com", "clients": {
                "a": {"buckets": ["media"], "allow": ["read", "write"], "prefix": "in/", "until": "2027-01-31T00:00:00Z"},
                "b": {"buckets": ["media"], "allow": ["list"]}},
                "webhook": {"url": "https://hooks.example.com/secret?token=x"}}}"#,
        );
        assert_eq!(report["host"], "s3.example.com");
        assert_eq!(
            report["clients"],
            json!([
                {"name": "a", "buckets": ["media"], "prefix": "in/", "allow": ["read", "write"],
                 "until": "2027-01-31T00:00:00Z", "problems": []},
                {"name": "b", "buckets": ["media"], "prefix": "", "allow": ["list"], "until": null,
                 "problems": ["secret client_b_secret_key is missing in secret store b2_edge_keys"]},
            ])
        );
        assert_eq!(report["write_backends"], json!(["us_origin_write"]));
        assert_eq!(
            report["webhook"],
            json!({"host": "hooks.example.com", "for": ["write", "delete"], "attempts": 2})
        );
    }

    #[test]
    fn without_clients_the_keys_of_the_origins_are_shown_and_without_a_host_nothing() {
        let with_host = report(r#"{"origins": ["us_origin"], "s3": {"host": "s3.example.com"}}"#);
        assert_eq!(with_host["clients"][0]["name"], "us_origin");
        assert_eq!(with_host["webhook"], json!(null));
        assert_eq!(report("{}"), json!(null));
    }
}
