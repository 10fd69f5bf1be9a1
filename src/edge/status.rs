//! Answers for the application itself: the status page and its report.

use std::time::SystemTime;

use b2_edge::config::Config;
use b2_edge::content_type::Kind;
use b2_edge::intent::{ReadMethod, StatusForm};
use b2_edge::status_page::page;
use b2_edge::status_page::report::{Facts, Report};
use fastly::http::header::CONTENT_SECURITY_POLICY;

use super::here::Here;
use super::own;
use super::reply::Reply;
use super::settings::Settings;
use super::standing;

/// The status page, or its report.
pub(crate) fn answer(
    method: ReadMethod,
    form: StatusForm,
    settings: &Settings,
    here: &Here,
) -> Reply {
    let item = settings.item.as_deref();
    let (config, _) = item.map(Config::read_through).unwrap_or_default();
    let (service, slots) = settings.as_it_is();
    let standings: Vec<_> = slots
        .iter()
        .map(|slot| standing::told(&slot.backend))
        .collect();
    let report = Report::of(&Facts {
        now: SystemTime::now(),
        surroundings: here.surroundings(),
        item,
        config: &config,
        service,
        slots: &slots,
        standings: &standings,
        problems: settings.problems(),
    });
    let method = method.as_http();
    match form {
        StatusForm::Json => {
            own::content(200, "status", "application/json", report.to_json(), &method)
        }
        StatusForm::Page => {
            let page = page(&report.to_json());
            let html = "text/html; charset=utf-8";
            let mut reply = own::content(200, "status", html, page.html, &method);
            let policy = page.content_security_policy;
            reply.response.set_header(CONTENT_SECURITY_POLICY, policy);
            reply.kind = Some(Kind {
                is_html: true,
                ..Kind::default()
            });
            reply
        }
    }
}
