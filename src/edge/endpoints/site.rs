//! Shows what a path means: its object, or what stands in for one that does not exist.

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::accept::{Coding, accepts_html};
use b2_edge_core::http::content_type::is_compressible_by_extension;
use b2_edge_core::http::path::RequestPath;
use b2_edge_core::log::line::{LogLine, ServedBy};
use b2_edge_core::origins::outcome::Absence;
use b2_edge_core::request::intent::ReadMethod;
use b2_edge_core::s3::object_key::{KeyError, ObjectKey};
use b2_edge_core::site::documents::Instead;
use b2_edge_core::site::redirect::append_query;

use crate::edge::read::object::{Read, Visit, read_object};
use crate::edge::response::local_reply as own;
use crate::edge::response::reply::Reply;

/// A reply about an object, and the read that it came from.
type Shown<'s> = (Reply, Read<'s>);

/// Shows what a path means.
pub(crate) fn show<'s>(
    visit: &'s Visit<'s>,
    path: &RequestPath,
    query: Option<&str>,
    line: &mut LogLine,
) -> Result<Shown<'s>, GatewayError> {
    let site = &visit.service.site;
    let (nothing, absence, is_certain) = match site.key_of(path) {
        Ok(key) => {
            let (reply, read) = document(visit, visit.read(key), line)?;
            let Some(absence) = reply.absence else {
                return Ok((reply, read));
            };
            let is_certain = !reply.is_doubtful;
            (Ok((reply, read)), absence, is_certain)
        }
        // No object has this path, and still something may be shown.
        Err(bucket @ KeyError::Bucket) => {
            let nothing = Err(GatewayError::Key(bucket));
            (nothing, Absence::NotFound, true)
        }
        Err(error) => return Err(GatewayError::Key(error)),
    };
    let served = line.served();
    for instead in site.instead(path, accepts_html(&visit.client.negotiation)) {
        let shown = match instead {
            Instead::Folder { index, path } => folder(visit, index, path, query, line)?,
            Instead::Fallback(key) => fallback(visit, key, line)?,
            Instead::ErrorDocument(key) => error_document(visit, key, absence, line),
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
    visit: &'s Visit<'s>,
    plain: Read<'s>,
    line: &mut LogLine,
) -> Result<Shown<'s>, GatewayError> {
    let key = &plain.key;
    let is_negotiated =
        visit.service.site.precompressed && is_compressible_by_extension(key.as_str());
    let negotiation = &visit.client.negotiation;
    let accepted = |coding: &Coding| is_negotiated && coding.is_accepted(negotiation);
    for coding in Coding::ALL.into_iter().filter(accepted) {
        let Ok(sibling) = key.with_suffix(coding.suffix()) else {
            continue;
        };
        let read = visit.read_sibling(&plain, sibling);
        match read_object(&read, line) {
            Ok(reply) if reply.absence.is_none() => {
                line.shows(read.key.as_str());
                let reply = reply.encoded(coding, key.as_str());
                return Ok((reply.shaped(visit, key, true), read));
            }
            Ok(reply) if !reply.is_doubtful => {}
            // The next would not be told of either.
            Ok(_) | Err(_) => break,
        }
    }
    let reply = read_object(&plain, line)?;
    let reply = reply.shaped(visit, &plain.key, is_negotiated);
    Ok((reply, plain))
}

/// A redirect to a folder, if it has an index document. That no origin can tell is no reason to say that there
/// is nothing.
fn folder<'s>(
    visit: &'s Visit<'s>,
    index: ObjectKey,
    path: String,
    query: Option<&str>,
    line: &mut LogLine,
) -> Result<Option<Shown<'s>>, GatewayError> {
    let read = Read {
        method: ReadMethod::Head,
        ..visit.read_all_of_another(index)
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
    let lifetime = visit.service.cache.not_found_ttl;
    let reply = own::with_folder(&address, lifetime).map(|reply| Reply {
        is_to_revalidate: found.is_to_revalidate,
        ..reply
    });
    Ok(reply.map(|reply| (reply, read)))
}

/// Another document as if it were the one that was asked for.
fn fallback<'s>(
    visit: &'s Visit<'s>,
    key: ObjectKey,
    line: &mut LogLine,
) -> Result<Option<Shown<'s>>, GatewayError> {
    let shown = document(visit, visit.read_another(key), line)?;
    Ok(Some(shown).filter(|(reply, _)| reply.absence.is_none()))
}

/// The content of a document, with status 404, which is true without it as well.
fn error_document<'s>(
    visit: &'s Visit<'s>,
    key: ObjectKey,
    absence: Absence,
    line: &mut LogLine,
) -> Option<Shown<'s>> {
    let read = visit.read_all_of_another(key);
    let reply = read_object(&read, line).ok().filter(is_there)?;
    Some((reply.into_absence(absence), read))
}

/// Whether a reply has all of an object.
fn is_there(reply: &Reply) -> bool {
    reply.response.get_status() == 200
}
