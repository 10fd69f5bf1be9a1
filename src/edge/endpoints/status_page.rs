//! The status page and its report.

use std::time::SystemTime;

use b2_edge_core::config::Config;
use b2_edge_core::http::content_type::ContentTraits;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::request::intent::StatusForm;
use b2_edge_core::status_page::page;
use b2_edge_core::status_page::report::{EnvironmentReport, Report, ReportInput};
use fastly::http::header::CONTENT_SECURITY_POLICY;

use crate::edge::cache::records;
use crate::edge::origins::circuit_breaker;
use crate::edge::platform::environment::Environment;
use crate::edge::platform::settings::Settings;
use crate::edge::response::local_reply;
use crate::edge::response::reply::Reply;

/// The status page, or its report.
pub(crate) fn respond(method: ReadMethod, form: StatusForm, settings: &Settings) -> Reply {
    let item = settings.item.as_deref();
    let (config, _) = item.map(Config::parse_lenient).unwrap_or_default();
    let (service, origins) = settings.unchecked();
    let health: Vec<_> = origins
        .iter()
        .map(|resolved| circuit_breaker::health_of(&resolved.backend))
        .collect();
    let report = Report::of(&ReportInput {
        now: SystemTime::now(),
        environment: environment_report(&settings.environment),
        item,
        config: &config,
        service,
        origins: &origins,
        health: &health,
        problems: settings.problems(),
        warnings: &settings.warnings(),
        s3: settings.s3_state(records::last_write, records::last_failed_notification),
        images: settings.images_state(records::refused_store),
    });
    let method = method.as_http();
    match form {
        StatusForm::Json => {
            local_reply::content(200, "status", "application/json", report.to_json(), &method)
        }
        StatusForm::Page => {
            let page = page(&report.to_json());
            let html = "text/html; charset=utf-8";
            let mut reply = local_reply::content(200, "status", html, page.html, &method);
            let policy = page.content_security_policy;
            reply.response.set_header(CONTENT_SECURITY_POLICY, policy);
            reply.traits = Some(ContentTraits {
                is_html: true,
                ..ContentTraits::default()
            });
            reply
        }
    }
}

fn environment_report(environment: &Environment) -> EnvironmentReport {
    EnvironmentReport {
        fastly_service_version: environment.service_version.clone(),
        pop: environment.pop.clone(),
        hostname: environment.hostname.clone(),
        is_local: environment.is_local(),
    }
}
