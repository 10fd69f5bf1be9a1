//! A read of a variant of an image, and the pictures in place of one that does not exist or cannot be rendered.

use std::rc::Rc;

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::path::RequestPath;
use b2_edge_core::images::failure::RenderFailure;
use b2_edge_core::images::settings::OnTooLarge;
use b2_edge_core::images::variant::{Named, Variant};
use b2_edge_core::log::attempt::LoggedAttempt;
use fastly::http::StatusCode;
use fastly::http::header::{RETRY_AFTER, VARY};

use crate::edge::context::{ObjectRead, RequestContext};
use crate::edge::read::object::read_object;
use crate::edge::read::variant::read_variant;
use crate::edge::response::local_reply::{self, text};
use crate::edge::response::reply::Reply;

/// A reply, and the read that it came from.
type ReadReply<'r> = (Reply, Option<ObjectRead<'r>>);

/// Responds to a read of a path of an image route.
pub(crate) fn respond<'r>(
    context: &'r RequestContext<'r>,
    method: ReadMethod,
    named: Named<'r>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<ReadReply<'r>, GatewayError> {
    let variant = match named {
        Named::Variant(variant) => *variant,
        Named::Nothing => {
            let message = "There is no such picture.";
            let reply = text(404, "preset_unknown", message, &method.as_http());
            let picture = context.service.images.not_found.as_ref();
            return Ok(with_picture(context, method, picture, reply, attempts));
        }
    };
    let is_negotiated = variant.is_negotiated();
    let (mut reply, read) = of_variant(context, method, variant, attempts)?;
    if is_negotiated {
        reply.response.append_header(VARY, "Accept");
    }
    Ok((reply, read))
}

fn of_variant<'r>(
    context: &'r RequestContext<'r>,
    method: ReadMethod,
    variant: Variant<'r>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<ReadReply<'r>, GatewayError> {
    let images = &context.service.images;
    let variant = Rc::new(variant);
    let read = context.variant_read(method, Rc::clone(&variant));
    let (outcome, logged) = read_variant(&read, &variant, attempts);
    let (reply, read) = match outcome {
        Err(error) => {
            // The page of what is missing comes before any picture.
            context.settings.require_origin()?;
            let reply = local_reply::error(error, &[], &method.as_http());
            with_picture(context, method, images.failed.as_ref(), reply, attempts)
        }
        Ok(reply) if reply.not_found.is_some() => {
            with_picture(context, method, images.not_found.as_ref(), reply, attempts)
        }
        Ok(reply)
            if reply.unrendered == Some(RenderFailure::TooLarge)
                && images.on_too_large == OnTooLarge::Original =>
        {
            let read = context.alternate(method, read.key);
            let reply = read_object(&read, attempts)?;
            (reply.finish_object(&read, &read.key, false), Some(read))
        }
        Ok(reply) if reply.unrendered.is_some() => {
            with_picture(context, method, images.failed.as_ref(), reply, attempts)
        }
        Ok(reply) => (reply.finish_variant(&read), Some(read)),
    };
    let key = read.as_ref().map(|read| read.key.as_str().to_owned());
    let reply = Reply {
        image: Some(logged),
        alternate_key: key.or(reply.alternate_key),
        ..reply
    };
    Ok((reply, read))
}

/// The picture with the status and the reason of `error`; `error` itself if there is no picture.
fn with_picture<'r>(
    context: &'r RequestContext<'r>,
    method: ReadMethod,
    picture: Option<&RequestPath>,
    error: Reply,
    attempts: &mut Vec<LoggedAttempt>,
) -> ReadReply<'r> {
    let key = picture.and_then(|path| context.service.site.key_of(path).ok());
    let read = key.map(|key| context.whole_alternate(method, key));
    let found = read.and_then(|read| {
        let reply = read_object(&read, attempts).ok();
        let is_whole = |reply: &Reply| reply.response.status == StatusCode::OK;
        Some((reply.filter(is_whole)?, read))
    });
    let Some((picture, read)) = found else {
        return (error, None);
    };
    let mut reply = picture.into_error(error.response.status, error.reason);
    if let Some(value) = error.response.get_header(&RETRY_AFTER) {
        reply.response.set_header(RETRY_AFTER, value.clone());
    }
    reply.alternate_key = Some(read.key.as_str().to_owned());
    (reply, Some(read))
}
