//! b2-edge: private Backblaze B2 buckets behind Fastly, one request's journey from top to bottom.

mod edge;

use std::env;
use std::time::{Instant, SystemTime};

use b2_edge::error::GatewayError;
use b2_edge::intent::Intent;
use b2_edge::log_line::LogLine;
use b2_edge::misconfiguration::Problem;
use b2_edge::route::Locality;
use b2_edge::service::Service;
use b2_edge::target::Target;
use edge::respond::Reply;
use edge::{fetch, inbound, log, respond, settings};
use fastly::Request;
use fastly::http::serve::Serve;

/// One sandbox: it reads the set-up once and serves requests with it for a few seconds.
fn main() {
    fastly::init();
    let service = settings::load();
    Serve::new()
        .with_max_requests(settings::requests_per_sandbox(&service))
        .with_max_lifetime(settings::LIFETIME)
        .with_timeout(settings::IDLE)
        .run(|request| serve(&request, &service));
}

/// Receives one request, answers it, and logs it once the answer is on its way.
fn serve(request: &Request, service: &Result<Service, Vec<Problem>>) {
    let started = Instant::now();
    let raw_target = inbound::raw_target(request);
    let target = Target::split(&raw_target);
    let mut line = LogLine::begin(SystemTime::now(), request.get_method_str(), target.path);

    let (pop, region) = (env::var("FASTLY_POP").ok(), env::var("FASTLY_REGION").ok());
    let simulates = service.as_ref().is_ok_and(|service| service.pop_parameter);
    let place = Locality::of(target.query, simulates, pop.as_deref(), region.as_deref());
    line.located(&place);

    let reply = match service {
        Ok(service) => answer(request, &target, &place, service, &mut line)
            .unwrap_or_else(|error| respond::with_error(error, request.get_method())),
        Err(problems) => {
            line.blame(problems);
            respond::with_problems(problems, request.get_method())
        }
    };

    let status = reply.response.get_status().as_u16();
    reply.response.send_to_client();
    line.answered(status, reply.reason, reply.bytes, started.elapsed());
    log::write(&line);
}

/// Intent, route, fetch, shape.
fn answer(
    request: &Request,
    target: &Target<'_>,
    place: &Locality<'_>,
    service: &Service,
    line: &mut LogLine,
) -> Result<Reply, GatewayError> {
    let (method, key) = match Intent::parse(request.get_method(), target.path)? {
        Intent::Read { method, key } => (method, key),
        Intent::Options => return Ok(respond::with_options()),
    };
    let route = service.routes.rank(place);
    line.routed(&route);

    let headers = inbound::read_headers(request);
    let answer = fetch::read_object(service, &route, method, &key, &headers, line)
        .map_err(GatewayError::OriginsExhausted)?;
    line.served_by(&answer.origin.backend);
    Ok(respond::with_answer(method, answer))
}
