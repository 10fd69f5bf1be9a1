//! `PURGE` of one object.

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::accept::Coding;
use b2_edge_core::http::path::RequestPath;
use b2_edge_core::s3::object_key::ObjectKey;
use b2_edge_core::setup::service::Service;
use fastly::http::HeaderName;

use crate::edge::cache::purge::Purge;
use crate::edge::context::RequestContext;
use crate::edge::response::local_reply;
use crate::edge::response::reply::Reply;

/// `1` requests a soft purge, which makes an entry stale instead of removing it
/// (<https://www.fastly.com/documentation/reference/http/http-headers/Fastly-Soft-Purge/>).
const FASTLY_SOFT_PURGE: HeaderName = HeaderName::from_static("fastly-soft-purge");

/// Purges the object that a path names, for every region and in every content coding, if the request has an API token
/// of the account in `Fastly-Key`.
pub(crate) fn respond(
    context: &RequestContext<'_>,
    path: &RequestPath,
) -> Result<Reply, GatewayError> {
    let (request, site) = (context.request, &context.service.site);
    let variants = context.service.images.purged(path);
    let key = match &variants {
        Some(_) => None,
        None => Some(site.key_of(path).map_err(GatewayError::Key)?),
    };
    if !request.fastly_key_is_valid() {
        return Err(GatewayError::PurgeNotAllowed);
    }
    let is_soft = request
        .get_header(FASTLY_SOFT_PURGE)
        .is_some_and(|value| value == "1");
    let purge = match key {
        Some(key) => of_object(&key, context.service, is_soft),
        None => Purge::of_variants(&variants.unwrap_or_default(), context.service, is_soft),
    };
    Ok(Reply {
        purges: purge.execute().map_err(|_| GatewayError::PurgeFailed)?,
        ..local_reply::purged()
    })
}

fn of_object(key: &ObjectKey, service: &Service, is_soft: bool) -> Purge {
    let siblings = Coding::ALL
        .into_iter()
        .filter(|_| service.site.precompressed)
        .filter_map(|coding| key.with_suffix(coding.suffix()).ok());
    let objects: Vec<_> = siblings.chain([key.clone()]).collect();
    Purge::new(&objects, service, is_soft)
}
