//! Shows what a path means: its object, or what stands in for one that does not exist.

use b2_edge::content_type::is_compressible_by_extension;
use b2_edge::error::GatewayError;
use b2_edge::intent::ReadMethod;
use b2_edge::log_line::{LogLine, ServedBy};
use b2_edge::negotiation::{Coding, accepts_html};
use b2_edge::object_key::ObjectKey;
use b2_edge::outcome::Absence;
use b2_edge::redirect::append_query;
use b2_edge::request_path::RequestPath;
use b2_edge::site::Instead;

use super::read::{Read, Visit, read_object};
use super::respond::{self, Reply};

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
    let key = site.key_of(path).map_err(GatewayError::Key)?;
    let (reply, read) = document(visit, visit.read(key), line)?;
    let Some(absence) = reply.absence else {
        return Ok((reply, read));
    };
    let served = line.served();
    for instead in site.instead(path, accepts_html(&visit.client.negotiation)) {
        let shown = match instead {
            Instead::Folder { index, path } => folder(visit, index, path, query, line),
            Instead::Fallback(key) => fallback(visit, key, line),
            Instead::ErrorDocument(key) => error_document(visit, key, absence, line),
        };
        if let Some((reply, read)) = shown {
            if reply.kind.is_some() {
                line.shows(read.key.as_str());
            }
            return Ok((reply, read));
        }
    }
    line.restore(served);
    Ok((reply, read))
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
        let read = Read {
            cache: plain.cache,
            ..visit.read_another(sibling)
        };
        match read_object(&read, line) {
            Ok(reply) if reply.absence.is_none() => {
                line.shows(read.key.as_str());
                let reply = reply.encoded(coding, key.as_str());
                return Ok((reply.shaped(visit, key, true), read));
            }
            // The plain one is as good.
            Ok(_) | Err(_) => {}
        }
    }
    let reply = read_object(&plain, line)?;
    let reply = reply.shaped(visit, &plain.key, is_negotiated);
    Ok((reply, plain))
}

/// A redirect to a folder that has an index document.
fn folder<'s>(
    visit: &'s Visit<'s>,
    index: ObjectKey,
    path: String,
    query: Option<&str>,
    line: &mut LogLine,
) -> Option<Shown<'s>> {
    let read = Read {
        method: ReadMethod::Head,
        ..visit.read_all_of_another(index)
    };
    let found = is_there(read_object(&read, line))?;
    // The redirect is ours, and no origin's answer.
    line.restore(ServedBy::default());
    let mut address = path;
    append_query(&mut address, query);
    // As long as it is believed that there is no object in its place.
    let lifetime = visit.service.cache.not_found_ttl;
    let reply = respond::with_folder(&address, lifetime)?;
    let reply = if found.is_to_revalidate {
        reply.then_revalidate()
    } else {
        reply
    };
    Some((reply, read))
}

/// Another document as if it were the one that was asked for.
fn fallback<'s>(visit: &'s Visit<'s>, key: ObjectKey, line: &mut LogLine) -> Option<Shown<'s>> {
    let (reply, read) = document(visit, visit.read_another(key), line).ok()?;
    reply.absence.is_none().then_some((reply, read))
}

/// The content of a document, with status 404.
fn error_document<'s>(
    visit: &'s Visit<'s>,
    key: ObjectKey,
    absence: Absence,
    line: &mut LogLine,
) -> Option<Shown<'s>> {
    let read = visit.read_all_of_another(key);
    let reply = is_there(read_object(&read, line))?;
    Some((reply.into_absence(absence), read))
}

/// A reply that has all of an object.
fn is_there(reply: Result<Reply, GatewayError>) -> Option<Reply> {
    reply
        .ok()
        .filter(|reply| reply.response.get_status() == 200)
}
