//! The website: responds with the object that a path names, or with its fallbacks.

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::accept::{Coding, accepts_html};
use b2_edge_core::http::content_type::is_compressible_by_extension;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::path::RequestPath;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::origins::consensus::NotFound;
use b2_edge_core::origins::outcome::NotFoundAs;
use b2_edge_core::s3::object_key::{KeyError, ObjectKey};
use b2_edge_core::site::documents::Fallback;
use b2_edge_core::site::redirect::append_query;

use crate::edge::context::{ObjectRead, RequestContext};
use crate::edge::endpoints::listing;
use crate::edge::read::object::read_object;
use crate::edge::response::local_reply;
use crate::edge::response::reply::Reply;

/// A reply about an object, and the read that it came from.
type ReadReply<'r> = (Reply, ObjectRead<'r>);

/// What a path named before its fallbacks were tried.
struct Missing<'r> {
    /// The response if there is no fallback.
    otherwise: Result<ReadReply<'r>, GatewayError>,
    not_found: NotFound,
}

impl Missing<'_> {
    /// The response in its place. If the object may exist, it must not outlive this response.
    fn unless_doubtful(&self, reply: Reply) -> Reply {
        if self.not_found.unanimous {
            reply
        } else {
            reply.without_storing()
        }
    }
}

/// Responds to a read of a path. The read is `None` for a listing.
pub(crate) fn respond<'r>(
    context: &'r RequestContext<'r>,
    method: ReadMethod,
    path: &RequestPath,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<(Reply, Option<ObjectRead<'r>>), GatewayError> {
    let site = &context.service.site;
    let missing = match site.key_of(path) {
        Ok(key) => {
            let (reply, read) = document(context.object_read(method, key), attempts)?;
            match reply.not_found {
                Some(not_found) => Missing {
                    otherwise: Ok((reply, read)),
                    not_found,
                },
                None => return Ok((reply, Some(read))),
            }
        }
        // The path names no object, and still may have a fallback.
        Err(error @ (KeyError::Bucket | KeyError::NoIndex)) => Missing {
            otherwise: Err(GatewayError::Key(error)),
            not_found: NotFound {
                said: NotFoundAs::NotFound,
                unanimous: true,
                is_confirmed: true,
            },
        },
        Err(error) => return Err(GatewayError::Key(error)),
    };
    if path.is_folder()
        && let Some(folder) = site.listed_folder(path)
        && let Some(reply) = listing::respond(context, method, &folder, attempts)?
    {
        let reply = missing.unless_doubtful(reply);
        return Ok((reply, None));
    }
    for fallback in site.fallbacks(path, accepts_html(&context.client.negotiation)) {
        let found = match fallback {
            Fallback::Folder {
                index,
                path: location,
            } => folder(context, index, path, location, attempts)?,
            Fallback::Document(key) => {
                let read = context.alternate(method, key);
                let (reply, read) = document(read, attempts)?;
                reply.not_found.is_none().then_some((reply, Some(read)))
            }
            Fallback::ErrorDocument(key) => {
                let read = context.whole_alternate(method, key);
                let found = error_document(read, missing.not_found.said, attempts);
                found.map(|(reply, read)| (reply, Some(read)))
            }
        };
        if let Some((mut reply, read)) = found {
            if let (Some(_), Some(read)) = (reply.traits, &read) {
                reply.alternate_key = Some(read.key.as_str().to_owned());
            }
            return Ok((missing.unless_doubtful(reply), read));
        }
    }
    let (reply, read) = missing.otherwise?;
    Ok((reply, Some(read)))
}

/// Reads a document, in the smallest content coding that it is stored in and the client accepts. Its type, and how
/// long it may be cached, are those of the plain object.
fn document<'r>(
    plain: ObjectRead<'r>,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<ReadReply<'r>, GatewayError> {
    let key = &plain.key;
    let is_negotiated =
        plain.context.service.site.precompressed && is_compressible_by_extension(key.as_str());
    let negotiation = &plain.context.client.negotiation;
    let accepted = |coding: &Coding| is_negotiated && coding.is_accepted(negotiation);
    for coding in Coding::ALL.into_iter().filter(accepted) {
        let Ok(sibling) = key.with_suffix(coding.suffix()) else {
            continue;
        };
        let read = plain.sibling(sibling);
        match read_object(&read, attempts) {
            Ok(reply) => match reply.not_found {
                None => {
                    let alternate_key = Some(read.key.as_str().to_owned());
                    let reply = reply.encoded(coding, key.as_str());
                    let reply = match read_object(&plain.headers_only(), attempts) {
                        Ok(described) => reply.described_as(&described),
                        // The copy says it well enough.
                        Err(_) => reply,
                    };
                    let reply = Reply {
                        alternate_key,
                        ..reply.finish_object(&read, key, true)
                    };
                    return Ok((reply, read));
                }
                Some(not_found) if not_found.unanimous => {}
                // The next sibling would be as uncertain.
                Some(_) => break,
            },
            Err(_) => break,
        }
    }
    let reply = read_object(&plain, attempts)?;
    let reply = reply.finish_object(&plain, &plain.key, is_negotiated);
    Ok((reply, plain))
}

/// A redirect to a folder, if it has an index document or can be listed. Where no origin can be asked, that is the response: the folder
/// may exist.
///
/// The document is read with `GET`: the client asks for it next, and a refused `HEAD` would have to be followed by a
/// `GET` for its reason.
fn folder<'r>(
    context: &'r RequestContext<'r>,
    index: Option<ObjectKey>,
    path: &RequestPath,
    mut location: String,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Option<(Reply, Option<ObjectRead<'r>>)>, GatewayError> {
    let index = match index {
        Some(index) => {
            let read = context.whole_alternate(ReadMethod::Get, index);
            Some((read_object(&read, attempts)?, read))
        }
        None => None,
    };
    let has_index = matches!(&index, Some((found, _)) if is_whole_object(found));
    if !has_index {
        let folder = context.service.site.listed_folder(path);
        let is_listed = |folder| listing::exists(context, &folder, attempts);
        if !folder.map_or(Ok(false), is_listed)? {
            return Ok(None);
        }
    }
    append_query(&mut location, context.target.query);
    // As long as it is cached that there is no object of that name.
    let ttl = context.service.cache.not_found_ttl;
    let redirect = local_reply::folder_redirect(&location, ttl);
    Ok(redirect.map(|reply| match index {
        Some((found, read)) => {
            let reply = Reply {
                revalidates: found.revalidates,
                delivery: found.delivery.without_content(),
                ..reply
            };
            (reply, Some(read))
        }
        None => (reply, None),
    }))
}

/// The content of the error document, with status 404. Without it the response is a short text.
fn error_document<'r>(
    read: ObjectRead<'r>,
    said: NotFoundAs,
    attempts: &mut Vec<LoggedAttempt>,
) -> Option<ReadReply<'r>> {
    let reply = read_object(&read, attempts).ok().filter(is_whole_object)?;
    Some((reply.into_not_found(said), read))
}

fn is_whole_object(reply: &Reply) -> bool {
    reply.response.status == 200
}
