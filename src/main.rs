//! b2-edge: private Backblaze B2 buckets behind Fastly, one request's journey from top to bottom.

mod edge;

use std::time::{Instant, SystemTime};

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::target::Target;
use b2_edge_core::log::line::LogLine;
use b2_edge_core::request::intent::Intent;
use edge::deliver::deliver;
use edge::endpoints::{purge, site, status_page};
use edge::platform::environment::Environment;
use edge::platform::log::Log;
use edge::platform::request::{self as inbound, Client};
use edge::platform::sandbox::Sandbox;
use edge::platform::settings::Settings;
use edge::read::object::RequestContext;
use edge::response::local_reply;
use fastly::Request;
use http::HeaderMap;

/// One sandbox: it reads the set-up once and serves requests with it for a few seconds.
fn main() {
    fastly::init();
    let sandbox = Sandbox::begin();
    let environment = Environment::read();
    let settings = Settings::load(environment.is_local());
    let mut log = Log::open();
    sandbox.serve(
        |request| serve(&request, &settings, &sandbox, &environment),
        |line| log.write(line),
    );
}

/// Receives one request, answers it, does what remains when the client has its answer, and tells of it.
fn serve(
    request: &Request,
    settings: &Settings,
    sandbox: &Sandbox,
    environment: &Environment,
) -> LogLine {
    let began = Instant::now();
    let raw_target = inbound::raw_target(request);
    let target = Target::split(&raw_target);
    let client = Client::of(request);
    let method = request.get_method();
    let now = SystemTime::now();
    let mut line = LogLine::begin(now, client.id.clone(), method.as_str(), target.path);

    let service = settings.service();
    let simulates = service.is_some_and(|service| service.pop_parameter);
    let locality = environment.locality(target.query, simulates);
    line.located(&locality);

    let context;
    let mut read = None;
    let web_policy = &settings.web_policy;
    let intent = Intent::parse(method, &target, &client.negotiation, web_policy);
    let answered = match (intent, service) {
        (Ok(Intent::Read { method, path }), Some(service)) => {
            let route = service.routes.rank(&locality);
            line.routed(&route, service.preferred(&route));
            context = RequestContext {
                service,
                settings,
                sandbox,
                route,
                method,
                client: &client,
                began,
                unconditional: HeaderMap::new(),
            };
            site::show(&context, &path, target.query, &mut line).map(|(reply, shown)| {
                read = Some(shown);
                reply
            })
        }
        (Ok(Intent::Status { method, form }), _) => {
            Ok(status_page::respond(method, form, settings, environment))
        }
        // A service that is not set up says so on every other path.
        (_, None) => Err(GatewayError::NotConfigured),
        _ if settings.origins().is_err() => Err(GatewayError::NotConfigured),
        (Ok(Intent::Purge { path }), Some(service)) => purge::purge(request, &path, &service.site),
        (Ok(Intent::Redirect { status, location }), _) => {
            Ok(local_reply::with_redirect(status, location))
        }
        (Ok(Intent::Preflight), _) => Ok(local_reply::with_preflight(&web_policy.cors, &client)),
        (Ok(Intent::Options), _) => Ok(local_reply::with_options()),
        (Err(refusal), _) => Err(refusal),
    };
    let reply = answered.unwrap_or_else(|error| {
        line.refused(settings.problems());
        local_reply::with_error(error, settings.problems(), request.get_method())
    });
    let mut reply = reply.complete(web_policy, &client);
    if web_policy.has_status_page {
        reply.tell_attempts(&line);
    }

    let status = reply.response.get_status().as_u16();
    line.answered(status, reply.reason, reply.bytes, began.elapsed());
    deliver(reply, read.as_ref(), began, &mut line);
    line.closed(sandbox.countries.of(request), sandbox.vcpu_ms());
    line
}
