//! What a request can ask for, one file each, and which of them a request is for. Not here: how an object is read.

pub(crate) mod listing;
pub(crate) mod purge;
pub(crate) mod s3;
pub(crate) mod site;
pub(crate) mod status_page;
pub(crate) mod variant;

use b2_edge_core::error::GatewayError;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::request::intent::Intent;

use crate::edge::context::{ObjectRead, RequestContext};
use crate::edge::platform::settings::Settings;
use crate::edge::response::local_reply;
use crate::edge::response::reply::Reply;

/// Calls the endpoint of the website that the intent names. `context` is `None` if the configuration has a mistake.
pub(crate) fn dispatch<'r>(
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
            let images = &context.service.images;
            return match images.named(&path, &context.client.negotiation) {
                Some(named) => variant::respond(context, method, named, attempts),
                None => site::respond(context, method, &path, attempts),
            };
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
