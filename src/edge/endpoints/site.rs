//! Shows what a path means: its object, or what stands in for one that does not exist.

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::accept::{Coding, accepts_html};
use b2_edge_core::http::content_type::is_compressible_by_extension;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::path::RequestPath;
use b2_edge_core::log::line::{LogLine, ServedBy};
use b2_edge_core::origins::outcome::NotFoundAs;
use b2_edge_core::s3::object_key::{KeyError, ObjectKey};
use b2_edge_core::site::documents::Fallback;
use b2_edge_core::site::redirect::append_query;

use crate::edge::read::object::{ObjectRead, RequestContext, read_object};
use crate::edge::response::local_reply;
use crate::edge::response::reply::Reply;

/// A reply about an object, and the read that it came from.
type Shown<'s> = (Reply, ObjectRead<'s>);

/// Shows what a path means.
pub(crate) fn show<'s>(
    context: &'s RequestContext<'s>,
    path: &RequestPath,
    query: Option<&str>,
    line: &mut LogLine,
) -> Result<Shown<'s>, GatewayError> {
    let site = &context.service.site;
    let (nothing, absence, is_certain) = match site.key_of(path) {
        Ok(key) => {
            let (reply, read) = document(context, context.read(key), line)?;
            let Some(absence) = reply.absence else {
                return Ok((reply, read));
            };
            let is_certain = !reply.is_doubtful;
            (Ok((reply, read)), absence, is_certain)
        }
        // No object has this path, and still something may be shown.
        Err(bucket @ KeyError::Bucket) => {
            let nothing = Err(GatewayError::Key(bucket));
            (nothing, NotFoundAs::NotFound, true)
        }
        Err(error) => return Err(GatewayError::Key(error)),
    };
    let served = line.served();
    for fallbacks in site.fallbacks(path, accepts_html(&context.client.negotiation)) {
        let shown = match fallbacks {
            Fallback::Folder { index, path } => folder(context, index, path, query, line)?,
            Fallback::Document(key) => fallback(context, key, line)?,
            Fallback::ErrorDocument(key) => error_document(context, key, absence, line),
        };
        if let Some((reply, read)) = shown {
            if reply.kind.is_some() {
                line.shows(read.key.as_str());
            }
            let reply = if is_certain { reply } else { reply.unkept() };
            return Ok((reply, read));
        }
    }
    line.restore(served);
    nothing
}

/// Reads a document, in the smallest coding that it is stored in and the client takes.
fn document<'s>(
    context: &'s RequestContext<'s>,
    plain: ObjectRead<'s>,
    line: &mut LogLine,
) -> Result<Shown<'s>, GatewayError> {
    let key = &plain.key;
    let is_negotiated =
        context.service.site.precompressed && is_compressible_by_extension(key.as_str());
    let negotiation = &context.client.negotiation;
    let accepted = |coding: &Coding| is_negotiated && coding.is_accepted(negotiation);
    for coding in Coding::ALL.into_iter().filter(accepted) {
        let Ok(sibling) = key.with_suffix(coding.suffix()) else {
            continue;
        };
        let read = context.read_sibling(&plain, sibling);
        match read_object(&read, line) {
            Ok(reply) if reply.absence.is_none() => {
                line.shows(read.key.as_str());
                let reply = reply.encoded(coding, key.as_str());
                return Ok((reply.shaped(context, key, true), read));
            }
            Ok(reply) if !reply.is_doubtful => {}
            // The next would not be told of either.
            Ok(_) | Err(_) => break,
        }
    }
    let reply = read_object(&plain, line)?;
    let reply = reply.shaped(context, &plain.key, is_negotiated);
    Ok((reply, plain))
}

/// A redirect to a folder, if it has an index document. That no origin can tell is no reason to say that there
/// is nothing.
fn folder<'s>(
    context: &'s RequestContext<'s>,
    index: ObjectKey,
    path: String,
    query: Option<&str>,
    line: &mut LogLine,
) -> Result<Option<Shown<'s>>, GatewayError> {
    let read = ObjectRead {
        method: ReadMethod::Head,
        ..context.read_all_of_another(index)
    };
    let found = read_object(&read, line)?;
    if !is_there(&found) {
        return Ok(None);
    }
    // The redirect is ours, and no origin's answer.
    line.restore(ServedBy::default());
    let mut address = path;
    append_query(&mut address, query);
    // As long as it is believed that there is no object in its place.
    let lifetime = context.service.cache.not_found_ttl;
    let reply = local_reply::with_folder(&address, lifetime).map(|reply| Reply {
        is_to_revalidate: found.is_to_revalidate,
        ..reply
    });
    Ok(reply.map(|reply| (reply, read)))
}

/// Another document as if it were the one that was asked for.
fn fallback<'s>(
    context: &'s RequestContext<'s>,
    key: ObjectKey,
    line: &mut LogLine,
) -> Result<Option<Shown<'s>>, GatewayError> {
    let shown = document(context, context.read_another(key), line)?;
    Ok(Some(shown).filter(|(reply, _)| reply.absence.is_none()))
}

/// The content of a document, with status 404, which is true without it as well.
fn error_document<'s>(
    context: &'s RequestContext<'s>,
    key: ObjectKey,
    absence: NotFoundAs,
    line: &mut LogLine,
) -> Option<Shown<'s>> {
    let read = context.read_all_of_another(key);
    let reply = read_object(&read, line).ok().filter(is_there)?;
    Some((reply.into_absence(absence), read))
}

/// Whether a reply has all of an object.
fn is_there(reply: &Reply) -> bool {
    reply.response.get_status() == 200
}
