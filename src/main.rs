//! b2-edge: private Backblaze B2 buckets behind Fastly, one request's journey from top to bottom.

mod edge;

use std::cell::Cell;
use std::env;
use std::time::{Duration, Instant, SystemTime};

use b2_edge::error::GatewayError;
use b2_edge::intent::Intent;
use b2_edge::log_line::LogLine;
use b2_edge::misconfiguration::Problem;
use b2_edge::route::Locality;
use b2_edge::target::Target;
use edge::deliver::deliver;
use edge::execution::Execution;
use edge::log::Log;
use edge::read::{Read, read_object};
use edge::settings::Settings;
use edge::{inbound, purge, respond, settings};
use fastly::Request;

/// One sandbox: it reads the set-up once and serves requests with it for a few seconds.
fn main() {
    fastly::init();
    let execution = Execution::begin();
    let settings = Settings::load();
    let here = (env::var("FASTLY_POP").ok(), env::var("FASTLY_REGION").ok());
    let mut log = Log::open();
    execution.serve(
        |request| serve(&request, &settings, &execution, &here),
        |line| log.write(line),
    );
}

/// Receives one request, answers it, does what remains when the client has its answer, and tells of it.
fn serve(
    request: &Request,
    settings: &Result<Settings, Vec<Problem>>,
    execution: &Execution,
    (pop, region): &(Option<String>, Option<String>),
) -> LogLine {
    let began = Instant::now();
    let raw_target = inbound::raw_target(request);
    let target = Target::split(&raw_target);
    let mut line = LogLine::begin(SystemTime::now(), request.get_method_str(), target.path);

    let settings = settings.as_ref();
    let simulates = settings.is_ok_and(|settings| settings.service.pop_parameter);
    let place = Locality::of(target.query, simulates, pop.as_deref(), region.as_deref());
    line.located(&place);

    let mut read = None;
    let intent = Intent::parse(request.get_method(), target.path);
    let answered = match (settings, intent) {
        (Ok(settings), Ok(Intent::Read { method, key })) => {
            let service = &settings.service;
            let route = service.routes.rank(&place);
            line.routed(&route);
            let read = read.insert(Read {
                service,
                settings,
                execution,
                route,
                method,
                path: key.to_path(),
                key,
                client: inbound::read_headers(request),
                began,
                asked_for: Cell::new(Duration::ZERO),
                restarts: Cell::new(0),
            });
            read_object(read, &mut line)
        }
        // A service that is not set up says so on every path.
        (Err(_), _) => Err(GatewayError::NotConfigured),
        (Ok(settings), _) if settings.origins().is_err() => Err(GatewayError::NotConfigured),
        (Ok(_), Ok(Intent::Purge { key })) => purge::purge(request, &key),
        (Ok(_), Ok(Intent::Options)) => Ok(respond::with_options()),
        (Ok(_), Err(refusal)) => Err(refusal),
    };
    let reply = answered.unwrap_or_else(|error| {
        let problems = settings::problems(settings);
        line.blame(problems);
        respond::with_error(error, problems, request.get_method())
    });

    let status = reply.response.get_status().as_u16();
    line.answered(status, reply.reason, reply.bytes, began.elapsed());
    deliver(reply, read.as_ref(), &mut line);
    line
}
