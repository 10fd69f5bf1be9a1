//! b2-edge: private Backblaze B2 buckets behind Fastly, one request's journey from top to bottom.

mod edge;

use std::time::Instant;

use b2_edge_core::http::target::Target;
use b2_edge_core::log::line::{LogLine, LoggedEnd};
use b2_edge_core::request::intent::Intent;
use edge::context::RequestContext;
use edge::deliver::deliver;
use edge::endpoints::{dispatch, s3};
use edge::platform::environment::Environment;
use edge::platform::log::Log;
use edge::platform::request::{Client, raw_target};
use edge::platform::sandbox::Sandbox;
use edge::platform::settings::Settings;
use edge::response::local_reply;
use fastly::Request;

/// One sandbox: it reads the configuration once and serves requests with it for a few seconds.
fn main() {
    fastly::init();
    let settings = Settings::load(Environment::read());
    let sandbox = Sandbox::begin(settings.request_limit());
    let mut log = Log::open(settings.stdout, settings.environment.is_local());
    sandbox.serve(
        |request| serve(request, &settings, &sandbox),
        |line| log.write(line),
    );
}

/// Receives a request, responds, does what remains after the response, and returns the log line.
fn serve(mut request: Request, settings: &Settings, sandbox: &Sandbox) -> LogLine {
    let received = Instant::now();
    let raw_target = raw_target(&request);
    let target = Target::split(&raw_target);
    let client = Client::of(&request);
    let body = request.take_body();
    let (request, method) = (&request, request.get_method());
    let now = sandbox.time_of(received);
    let mut line = LogLine::begin(now, client.id.clone(), method.as_str(), target.path);

    let locality = settings.locality(target.query);
    line.located(&locality);
    line.warned(&settings.untold_warnings());
    let context = settings.service().map(|service| RequestContext {
        service,
        settings,
        sandbox,
        request,
        target,
        client: &client,
        route: service.routes.rank(&locality),
        received,
    });

    let mut attempts = Vec::new();
    let (reply, read, follow_up) = if let Some(host) = settings.s3_host(request) {
        let s3::Answer {
            reply,
            logged,
            problems,
            follow_up,
        } = s3::respond(host, body, context.as_ref(), settings, &client, method);
        line.of_s3(logged, &problems);
        (reply, None, Some(follow_up))
    } else {
        let intent = Intent::parse(method, &target, &client.negotiation, &settings.web_policy);
        if let (Some(context), Ok(Intent::Read { .. })) = (&context, &intent) {
            line.routed(&context.route, context.service.preferred(&context.route));
        }
        let (reply, read) = match dispatch(intent, context.as_ref(), settings, &mut attempts) {
            Ok((reply, read)) => (reply, read),
            Err(error) => {
                let (error, problems) = settings.with_problems(error);
                line.hindered(problems);
                (local_reply::error(error, problems, method), None)
            }
        };
        let reply = reply.finish(&settings.web_policy, &client, &attempts);
        (reply, read, None)
    };

    line.responded(&reply.logged(received.elapsed()));
    let delivered = deliver(reply, read, received, &mut attempts);
    line.ended(LoggedEnd {
        attempts,
        store: delivered.store,
        webhook: follow_up.and_then(|rest| rest.carry_out(settings, sandbox)),
        duration: delivered.duration,
        is_complete: delivered.is_complete,
        country: sandbox.countries.of(request),
        vcpu_ms: sandbox.vcpu_ms(),
    });
    line
}
