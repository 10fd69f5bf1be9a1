//! b2-edge: private Backblaze B2 buckets behind Fastly, one request's journey from top to bottom.

mod edge;

use std::cell::Cell;
use std::env;
use std::time::{Duration, Instant, SystemTime};

use b2_edge::intent::Intent;
use b2_edge::log_line::LogLine;
use b2_edge::misconfiguration::Problem;
use b2_edge::route::Locality;
use b2_edge::service::Service;
use b2_edge::target::Target;
use edge::deliver::deliver;
use edge::execution::Execution;
use edge::read::{Read, read_object};
use edge::{inbound, log, purge, respond, settings};
use fastly::Request;

/// One sandbox: it reads the set-up once and serves requests with it for a few seconds.
fn main() {
    fastly::init();
    let execution = Execution::begin();
    let service = settings::load();
    execution.serve(|request| serve(&request, &service, &execution));
}

/// Receives one request, answers it, does what remains when the client has its answer, and logs it.
fn serve(request: &Request, service: &Result<Service, Vec<Problem>>, execution: &Execution) {
    let began = Instant::now();
    let raw_target = inbound::raw_target(request);
    let target = Target::split(&raw_target);
    let mut line = LogLine::begin(SystemTime::now(), request.get_method_str(), target.path);

    let (pop, region) = (env::var("FASTLY_POP").ok(), env::var("FASTLY_REGION").ok());
    let simulates = service.as_ref().is_ok_and(|service| service.pop_parameter);
    let place = Locality::of(target.query, simulates, pop.as_deref(), region.as_deref());
    line.located(&place);

    let mut read = None;
    let reply = match service {
        Ok(service) => Intent::parse(request.get_method(), target.path)
            .and_then(|intent| match intent {
                Intent::Read { method, key } => {
                    let route = service.routes.rank(&place);
                    line.routed(&route);
                    let read = read.insert(Read {
                        service,
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
                Intent::Purge { key } => purge::purge(request, &key),
                Intent::Options => Ok(respond::with_options()),
            })
            .unwrap_or_else(|error| respond::with_error(error, request.get_method())),
        Err(problems) => {
            line.blame(problems);
            respond::with_problems(problems, request.get_method())
        }
    };

    let status = reply.response.get_status().as_u16();
    line.answered(status, reply.reason, reply.bytes, began.elapsed());
    deliver(reply, read.as_ref(), &mut line);
    log::write(&line);
}
