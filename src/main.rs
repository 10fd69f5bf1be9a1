//! b2-edge: private Backblaze B2 buckets behind Fastly, one request's journey from top to bottom.

mod edge;

use std::time::{Instant, SystemTime};

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::target::Target;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::log::line::{LogLine, LoggedEnd};
use b2_edge_core::request::intent::Intent;
use edge::context::{ObjectRead, RequestContext};
use edge::deliver::deliver;
use edge::endpoints::{purge, site, status_page};
use edge::platform::environment::Environment;
use edge::platform::log::Log;
use edge::platform::request::{Client, raw_target};
use edge::platform::sandbox::Sandbox;
use edge::platform::settings::Settings;
use edge::response::local_reply;
use edge::response::reply::Reply;
use fastly::Request;

/// One sandbox: it reads the configuration once and serves requests with it for a few seconds.
fn main() {
    fastly::init();
    let settings = Settings::load(Environment::read());
    let sandbox = Sandbox::begin(settings.request_limit());
    let mut log = Log::open();
    sandbox.serve(
        |request| serve(&request, &settings, &sandbox),
        |line| log.write(line),
    );
}

/// Receives a request, responds, does what remains after the response, and returns the log line.
fn serve(request: &Request, settings: &Settings, sandbox: &Sandbox) -> LogLine {
    let received = Instant::now();
    let raw_target = raw_target(request);
    let target = Target::split(&raw_target);
    let client = Client::of(request);
    let method = request.get_method();
    let now = SystemTime::now();
    let mut line = LogLine::begin(now, client.id.clone(), method.as_str(), target.path);
    let intent = Intent::parse(method, &target, &client.negotiation, &settings.web_policy);

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
    if let (Some(context), Ok(Intent::Read { .. })) = (&context, &intent) {
        line.routed(&context.route, context.service.preferred(&context.route));
    }

    let mut attempts = Vec::new();
    let (reply, read, problems) = match dispatch(intent, context.as_ref(), settings, &mut attempts)
    {
        Ok((reply, read)) => (reply, read, &[][..]),
        Err(error) => {
            let (error, problems) = settings.with_problems(error);
            (local_reply::error(error, problems, method), None, problems)
        }
    };
    let reply = reply.finish(&settings.web_policy, &client, &attempts);

    line.responded(&reply.logged(problems, received.elapsed()));
    let delivered = deliver(reply, read, received, &mut attempts);
    line.ended(LoggedEnd {
        attempts,
        duration: delivered.duration,
        is_complete: delivered.is_complete,
        country: sandbox.countries.of(request),
        vcpu_ms: sandbox.vcpu_ms(),
    });
    line
}

/// Calls the endpoint that the intent names. `context` is `None` if the configuration has a mistake.
fn dispatch<'r>(
    intent: Result<Intent, GatewayError>,
    context: Option<&'r RequestContext<'r>>,
    settings: &Settings,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<(Reply, Option<ObjectRead<'r>>), GatewayError> {
    let reply = match (intent, context) {
        // Also of a service that is not set up: the page shows what is missing.
        (Ok(Intent::Status { method, form }), _) => status_page::respond(method, form, settings),
        (_, None) => return Err(GatewayError::NotConfigured),
        (Err(refusal), Some(_)) => return Err(refusal),
        (Ok(Intent::Read { method, path }), Some(context)) => {
            let (reply, read) = site::respond(context, method, &path, attempts)?;
            return Ok((reply, Some(read)));
        }
        (Ok(Intent::Purge { path }), Some(context)) => purge::respond(context, &path)?,
        (Ok(Intent::Redirect { status, location }), Some(_)) => {
            local_reply::redirect(status, location)
        }
        (Ok(Intent::Preflight), Some(context)) => {
            local_reply::preflight(&context.settings.web_policy.cors, context.client)
        }
        (Ok(Intent::Options), Some(_)) => {
            settings.require_origin()?;
            local_reply::options()
        }
    };
    Ok((reply, None))
}
