//! The status report: configuration, the state of every origin, and the route of every POP.
//!
//! Invariant: of a secret it contains the name, and whether it is set.

use std::time::SystemTime;

use serde::Serialize;
use serde_json::Value;

use crate::config::Config;
use crate::log::timestamp::Timestamp;
use crate::origins::circuit_breaker::{FailureRecord, OriginHealth};
use crate::routing::data_center::DataCenter;
use crate::routing::pops::{PopLocation, pop_locations};
use crate::routing::route::{Locality, PopSource};
use crate::s3::credentials::{application_key_secret, key_id_secret};
use crate::setup::problem::Problem;
use crate::setup::service::{ResolvedOrigin, Service};
use crate::setup::warning::Warning;
use crate::status_page::images_report::{ImagesReport, ImagesState};
use crate::status_page::s3_report::{S3Report, S3State, url_host};

/// The version of the report's format, raised when a field is removed or changes its meaning.
const VERSION: u32 = 1;

/// The environment that the service runs in.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EnvironmentReport {
    /// The version of the service: `FASTLY_SERVICE_VERSION`.
    pub fastly_service_version: Option<String>,
    /// The POP that serves the request.
    pub pop: Option<String>,
    /// The host that serves the request.
    pub hostname: Option<String>,
    /// Whether the application runs in the local runtime.
    pub is_local: bool,
}

/// The data that the report is made from.
#[derive(Debug)]
pub struct ReportInput<'f> {
    /// The time of the report.
    pub now: SystemTime,
    /// The environment of the service.
    pub environment: EnvironmentReport,
    /// The text of the configuration item, if it exists.
    pub item: Option<&'f str>,
    /// The parsed configuration.
    pub config: &'f Config,
    /// The service by this configuration.
    pub service: &'f Service,
    /// The origins of the service with their keys, in configured order.
    pub origins: &'f [ResolvedOrigin],
    /// The health of the origins, in configured order.
    pub health: &'f [OriginHealth],
    /// Problems that prevent the service from serving objects.
    pub problems: &'f [Problem],
    /// What is doubtful about a service that works.
    pub warnings: &'f [Warning],
    /// What is known of the S3 endpoint; `None` if it is off.
    pub s3: Option<S3State>,
    /// What is known of image variants; `None` if there is no route to them.
    pub images: Option<ImagesState>,
}

/// The status report, as serialised.
#[derive(Debug, Serialize)]
pub struct Report {
    version: u32,
    time: String,
    service: ServiceReport,
    routing: Value,
    pop_parameter: bool,
    origins: Vec<OriginReport>,
    s3: Option<S3Report>,
    images: Option<ImagesReport>,
    sites: Vec<DataCenterReport>,
    pops: Vec<PopReport>,
    config: Vec<FieldReport>,
    problems: Vec<ProblemReport>,
    warnings: Vec<ProblemReport>,
}

#[derive(Debug, Serialize)]
struct ServiceReport {
    version: &'static str,
    #[serde(flatten)]
    environment: EnvironmentReport,
}

#[derive(Debug, Serialize)]
struct OriginReport {
    backend: String,
    host: Option<String>,
    region: Option<String>,
    site: Option<&'static str>,
    public: bool,
    secrets: Vec<SecretReport>,
    state: &'static str,
    failing_since: Option<String>,
    next_probe: Option<String>,
    failures: u32,
    health_check: &'static str,
    problems: Vec<ProblemReport>,
}

#[derive(Debug, Serialize)]
struct SecretReport {
    name: String,
    state: &'static str,
}

#[derive(Debug, Serialize)]
struct DataCenterReport {
    name: &'static str,
    place: &'static str,
    latitude: f32,
    longitude: f32,
    origins: Vec<String>,
}

#[derive(Debug, Serialize)]
struct PopReport {
    code: String,
    city: &'static str,
    country: &'static str,
    latitude: f32,
    longitude: f32,
    status: &'static str,
    order: Vec<String>,
    distance_km: Vec<Option<u16>>,
    reason: &'static str,
}

#[derive(Debug, Serialize)]
struct FieldReport {
    #[serde(rename = "field")]
    name: &'static str,
    value: Value,
    source: &'static str,
}

#[derive(Debug, Serialize)]
struct ProblemReport {
    message: String,
    remedy: String,
}

impl Report {
    /// The report on these input.
    #[must_use]
    pub fn of(input: &ReportInput<'_>) -> Self {
        let ReportInput {
            config, service, ..
        } = input;
        let fields = fields(config, input.item);
        let routing = fields.iter().find(|field| field.name == "routing");
        Self {
            version: VERSION,
            time: rfc3339(input.now),
            service: ServiceReport {
                version: env!("CARGO_PKG_VERSION"),
                environment: input.environment.clone(),
            },
            routing: routing.map_or(Value::Null, |field| field.value.clone()),
            pop_parameter: service.pop_parameter,
            origins: origins(input),
            s3: (input.s3.as_ref()).and_then(|state| S3Report::of(service, state)),
            images: (input.images.as_ref()).map(|state| ImagesReport::of(service, state)),
            sites: DataCenter::ALL
                .map(|data_center| data_center_report(data_center, service))
                .into(),
            pops: pop_locations()
                .iter()
                .map(|location| pop_report(location, service))
                .collect(),
            config: fields,
            problems: input.problems.iter().map(problem_report).collect(),
            warnings: input
                .warnings
                .iter()
                .map(|warning| ProblemReport {
                    message: warning.to_string(),
                    remedy: warning.remedy(),
                })
                .collect(),
        }
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Cannot fail: strings and numbers are always valid JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn origins(input: &ReportInput<'_>) -> Vec<OriginReport> {
    let configured = input.service.origins.iter();
    configured
        .zip(input.origins)
        .enumerate()
        .map(|(index, (configured, resolved))| {
            let health = input.health.get(index).copied().unwrap_or_default();
            let address = configured.address();
            let problems = resolved.origin.as_ref().err();
            let problems = problems.map(Vec::as_slice).unwrap_or_default();
            let state = match (problems, health.failing, health.is_healthy) {
                ([_, ..], _, _) => "misconfigured",
                ([], Some(_), _) | ([], None, Some(false)) => "failing",
                ([], None, Some(true) | None) => "healthy",
            };
            let host = address.and_then(|address| address.host.to_str().ok());
            let since = health.failing.map(|(record, _)| record.since());
            let probe = health.failing.map(|(_, after)| input.now + after);
            OriginReport {
                backend: resolved.backend.clone(),
                host: host.map(ToOwned::to_owned),
                region: address.map(|address| address.region.as_str().to_owned()),
                site: address
                    .and_then(|address| address.region.data_center().map(DataCenter::name)),
                public: configured.is_public(),
                secrets: if configured.is_public() {
                    Vec::new()
                } else {
                    secrets(&resolved.backend, problems)
                },
                state,
                failing_since: since.map(rfc3339),
                next_probe: probe.map(rfc3339),
                failures: health.failing.map_or(0, |(record, _)| record.failures()),
                health_check: match health.is_healthy {
                    Some(true) => "healthy",
                    Some(false) => "unhealthy",
                    None => "unknown",
                },
                problems: problems
                    .iter()
                    .map(problem_report)
                    .chain(
                        health
                            .failing
                            .and_then(|(record, _)| failure_report(record)),
                    )
                    .collect(),
            }
        })
        .collect()
}

/// The cause of an origin's failures, if an operator has to do something about it.
fn failure_report(record: FailureRecord) -> Option<ProblemReport> {
    let cause = record.cause()?;
    Some(ProblemReport {
        message: format!(
            "The last request failed: {}.",
            cause.reason().replace('_', " ")
        ),
        remedy: cause.remedy()?.to_owned(),
    })
}

fn secrets(backend: &str, problems: &[Problem]) -> Vec<SecretReport> {
    [key_id_secret(backend), application_key_secret(backend)]
        .map(|secret| {
            let state = problems.iter().find_map(|problem| match problem {
                Problem::MissingSecretStore => Some("missing"),
                Problem::MissingSecret { name } if *name == secret => Some("missing"),
                Problem::BadSecret { name } if *name == secret => Some("unusable"),
                _ => None,
            });
            SecretReport {
                name: secret,
                state: state.unwrap_or("set"),
            }
        })
        .into()
}

fn data_center_report(data_center: DataCenter, service: &Service) -> DataCenterReport {
    let (latitude, longitude) = data_center.coordinates();
    let is_here = |address: &crate::s3::address::BucketAddress| {
        address.region.data_center() == Some(data_center)
    };
    let configured = service.origins.iter();
    DataCenterReport {
        name: data_center.name(),
        place: data_center.city(),
        latitude,
        longitude,
        origins: configured
            .filter(|configured| configured.address().is_some_and(is_here))
            .map(|configured| configured.backend.clone())
            .collect(),
    }
}

fn pop_report(location: &PopLocation, service: &Service) -> PopReport {
    let route = service.routes.rank(&Locality {
        pop: Some(location.code),
        source: PopSource::Parameter,
        fastly_region: None,
    });
    let known = location.code.look_up();
    let distance = |index: usize| {
        let region = service.routes.regions.get(index)?.as_ref()?;
        Some(known?.distance_km(region.data_center()?))
    };
    let name = |index: usize| {
        service
            .origins
            .get(index)
            .map(|origin| origin.backend.clone())
    };
    PopReport {
        code: location.code.to_string(),
        city: location.city,
        country: location.country,
        latitude: location.latitude,
        longitude: location.longitude,
        status: location.status.name(),
        distance_km: route.order.iter().map(|&index| distance(index)).collect(),
        order: route
            .order
            .iter()
            .filter_map(|&index| name(index))
            .collect(),
        reason: route.reason.as_str(),
    }
}

/// All configuration fields with their values, and whether each is configured or a default.
fn fields(config: &Config, item: Option<&str>) -> Vec<FieldReport> {
    let configured: Value = item
        .and_then(|item| serde_json::from_str(item).ok())
        .unwrap_or_default();
    let fields = config.fields().into_iter();
    fields
        .map(|field| {
            let pointer = format!("/{}", field.name.replace('.', "/"));
            let is_configured = configured.pointer(&pointer).is_some();
            FieldReport {
                name: field.name,
                value: shown(field.name, field.value),
                source: if is_configured { "config" } else { "default" },
            }
        })
        .collect()
}

/// The value of a field as everyone may see it: of the webhook's URL, the host.
fn shown(field: &str, value: Value) -> Value {
    match (field, &value) {
        ("s3.webhook.url", Value::String(url)) => url_host(url).unwrap_or_default().into(),
        _ => value,
    }
}

fn problem_report(problem: &Problem) -> ProblemReport {
    ProblemReport {
        message: problem.to_string(),
        remedy: problem.remedy(),
    }
}

fn rfc3339(time: SystemTime) -> String {
    Timestamp::to_second(time).as_str().to_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::origins::outcome::Failure;
    use crate::setup::origin::BackendAddress;
    use crate::setup::service::SecretError;

    const ITEM: &str =
        r#"{"routing": "nearest", "cache": {"ttl_s": 60}, "pop_overrides": {"NRT": "eu_origin"}}"#;

    fn address(backend: &str) -> Option<BackendAddress> {
        let host = match backend {
            "us_origin" => "demo-us.s3.us-west-004.backblazeb2.com",
            "eu_origin" => "demo-eu.s3.eu-central-003.backblazeb2.com",
            _ => return None,
        };
        Some(BackendAddress::Host(host.to_owned()))
    }

    fn report(item: &str, health: &[OriginHealth]) -> Value {
        let (config, errors) = Config::parse_lenient(item);
        let service = Service::assemble(config.clone(), address);
        let resolved = service.resolve_origins(|name| match name {
            "eu_origin_application_key" => Err(SecretError::NoSecret),
            "eu_origin_key_id" => Ok(String::new()),
            _ => Ok("a-secret".to_owned()),
        });
        let problems: Vec<_> = errors.into_iter().map(Problem::Config).collect();
        let report = Report::of(&ReportInput {
            now: SystemTime::UNIX_EPOCH + Duration::from_hours(500_000),
            environment: EnvironmentReport::default(),
            item: Some(item),
            config: &config,
            service: &service,
            origins: &resolved,
            health,
            problems: &problems,
            warnings: &[],
            s3: None,
            images: None,
        });
        let json = report.to_json();
        assert!(!json.contains("a-secret"), "{json}");
        serde_json::from_str(&json).expect("JSON")
    }

    #[test]
    fn every_pop_is_there_with_its_order_of_origins() {
        let report = report(ITEM, &[]);
        let pops = report["pops"].as_array().expect("a list");
        assert_eq!(pops.len(), pop_locations().len());
        let pop = |code: &str| pops.iter().find(|pop| pop["code"] == code).expect("a POP");
        assert_eq!(pop("AMS")["order"], json!(["eu_origin", "us_origin"]));
        assert_eq!(pop("AMS")["distance_km"], json!([11, 8654]));
        assert_eq!(pop("AMS")["reason"], "pop_table");
        assert_eq!(pop("NRT")["order"], json!(["eu_origin", "us_origin"]));
        assert_eq!(pop("NRT")["reason"], "override");
        let sites = report["sites"].as_array().expect("a list");
        let used: Vec<_> = sites.iter().map(|site| site["origins"].clone()).collect();
        assert_eq!(
            used,
            [
                json!(["us_origin"]),
                json!([]),
                json!([]),
                json!(["eu_origin"])
            ]
        );
    }

    #[test]
    fn a_field_tells_whether_it_was_configured() {
        let report = report(ITEM, &[]);
        let fields = report["config"].as_array().expect("a list");
        let field = |name: &str| {
            fields
                .iter()
                .find(|field| field["field"] == name)
                .expect("a field")
        };
        for (name, value, source) in [
            ("routing", json!("nearest"), "config"),
            ("cache.ttl_s", json!(60), "config"),
            ("cache.not_found_ttl_s", json!(10), "default"),
            ("site.index_document", json!("index.html"), "default"),
        ] {
            assert_eq!(
                (&field(name)["value"], &field(name)["source"]),
                (&value, &json!(source)),
                "{name}"
            );
        }
    }

    #[test]
    fn of_the_url_of_the_webhook_only_the_host_is_shown() {
        let report = report(
            r#"{"s3": {"host": "s3.example.com",
                "webhook": {"url": "https://hooks.example.com/hidden?token=hidden"}}}"#,
            &[],
        );
        let fields = report["config"].as_array().expect("a list");
        let url = fields
            .iter()
            .find(|field| field["field"] == "s3.webhook.url")
            .expect("the field");
        assert_eq!(url["value"], "hooks.example.com");
        assert_eq!(url["source"], "config");
        assert!(!report.to_string().contains("hidden"), "{report}");
    }

    #[test]
    fn of_a_secret_it_tells_only_whether_it_is_there() {
        let report = report(ITEM, &[]);
        let eu = &report["origins"][1];
        assert_eq!(
            eu["secrets"],
            json!([{"name": "eu_origin_key_id", "state": "set"},
                   {"name": "eu_origin_application_key", "state": "missing"}])
        );
        assert_eq!(eu["state"], "misconfigured");
        assert_eq!(eu["problems"].as_array().map(Vec::len), Some(1));
        let remedy = eu["problems"][0]["remedy"].as_str().expect("text");
        assert!(
            remedy.contains("fastly secret-store-entry create"),
            "{remedy}"
        );
    }

    #[test]
    fn an_origin_that_fails_tells_since_when_and_when_it_is_tried_again() {
        let since = SystemTime::UNIX_EPOCH + Duration::from_secs(1_799_999_990);
        let record = FailureRecord::after_failure(None, Failure::CapExceeded, since);
        let failing = OriginHealth {
            failing: Some((record, Duration::from_secs(4))),
            is_healthy: None,
        };
        let us = report(ITEM, &[failing])["origins"][0].clone();
        assert_eq!(us["state"], "failing");
        assert_eq!(us["failing_since"], "2027-01-15T07:59:50Z");
        assert_eq!(us["next_probe"], "2027-01-15T08:00:04Z");
        assert_eq!(
            (&us["failures"], &us["health_check"]),
            (&json!(1), &json!("unknown"))
        );
        let unhealthy = OriginHealth {
            failing: None,
            is_healthy: Some(false),
        };
        assert_eq!(report(ITEM, &[unhealthy])["origins"][0]["state"], "failing");
        assert_eq!(report(ITEM, &[])["origins"][0]["state"], "healthy");
    }

    #[test]
    fn a_mistake_is_told_with_what_mends_it_and_the_rest_is_shown_as_far_as_it_was_read() {
        let report = report(r#"{"routing": "nearest", "cache": {"tll_s": 60}}"#, &[]);
        assert_eq!(report["routing"], "nearest");
        let message = report["problems"][0]["message"].as_str().expect("text");
        assert!(message.contains("cache.tll_s is not a field"), "{message}");
        let remedy = report["problems"][0]["remedy"].as_str().expect("text");
        assert!(
            remedy.contains("fastly config-store-entry update"),
            "{remedy}"
        );
    }
}
