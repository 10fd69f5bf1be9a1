//! The listing of a folder that has no index document.

use b2_edge_core::error::GatewayError;
use b2_edge_core::http::conditional::{Precondition, Validators, evaluate};
use b2_edge_core::http::content_type::ContentTraits;
use b2_edge_core::http::method::ReadMethod;
use b2_edge_core::http::selection::Selection;
use b2_edge_core::log::attempt::LoggedAttempt;
use b2_edge_core::site::documents::ListedFolder;
use b2_edge_core::site::listing::page::Listing;
use b2_edge_core::site::listing::page_token::PageToken;
use b2_edge_core::site::listing::render::RenderedListing;
use fastly::http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, HeaderName, LINK, VARY,
};
use fastly::http::{HeaderValue, StatusCode};

use crate::edge::context::RequestContext;
use crate::edge::read::listing::ListingRead;
use crate::edge::response::local_reply::{content, text};
use crate::edge::response::outgoing::Outgoing;
use crate::edge::response::reply::Reply;

/// Keeps a listing out of search engines (<https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag>).
const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// The listing of a folder; `None` if it does not exist, or if no origin may list it.
pub(crate) fn respond(
    context: &RequestContext<'_>,
    method: ReadMethod,
    folder: &ListedFolder,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<Option<Reply>, GatewayError> {
    let (service, client) = (context.service, context.client);
    let Some(format) = service.site.listing.format_for(&client.negotiation) else {
        return Ok(None);
    };
    let is_backend = |name: &str| service.origins.iter().any(|origin| origin.backend == name);
    let page = PageToken::in_query(context.target.query, is_backend);
    let page = page.map_err(|_| GatewayError::InvalidPage)?;
    let read = ListingRead {
        context,
        folder,
        page: page.as_ref(),
    };
    let listed = read.read(attempts);
    let listed = listed.map_err(GatewayError::OriginsExhausted)?;
    let Some(listed) = listed.filter(|listed| page.is_some() || !listed.page.is_empty()) else {
        return Ok(None);
    };
    let next = listed.page.next.as_ref().map(|token| PageToken {
        backend: listed.provenance.origin.clone(),
        token: token.clone(),
    });
    let listing = Listing {
        path: &folder.path,
        has_parent: folder.has_parent,
        page: &listed.page,
        next: next.as_ref(),
    };
    let rendered = listing.render(format);
    let mut reply = with_conditions(context, method, rendered);
    if let Some(next) = next {
        let link = format!("<{}>; rel=\"next\"", next.to_reference());
        reply.response.set_header(LINK, link);
    }
    if service.site.listing.is_negotiated() {
        reply
            .response
            .append_header(VARY, HeaderValue::from(ACCEPT));
    }
    Ok(Some(reply.with_provenance(listed.provenance)))
}

/// Whether the first page of a folder's listing has anything in it.
pub(crate) fn exists(
    context: &RequestContext<'_>,
    folder: &ListedFolder,
    attempts: &mut Vec<LoggedAttempt>,
) -> Result<bool, GatewayError> {
    let read = ListingRead {
        context,
        folder,
        page: None,
    };
    let listed = read.read(attempts);
    let listed = listed.map_err(GatewayError::OriginsExhausted)?;
    Ok(listed.is_some_and(|listed| !listed.page.is_empty()))
}

/// The response to the client's conditions.
fn with_conditions(
    context: &RequestContext<'_>,
    method: ReadMethod,
    rendered: RenderedListing,
) -> Reply {
    let client = context.client;
    let validators = Validators {
        etag: Some(&rendered.etag),
        last_modified: None,
    };
    let mut reply = match evaluate(&client.conditions, &validators) {
        Precondition::Failed => {
            let failed = Selection::PreconditionFailed;
            let message = failed.message().unwrap_or_default();
            return text(failed.status(), failed.reason(), message, &method.as_http());
        }
        Precondition::NotModified => {
            let response = Outgoing::new(StatusCode::NOT_MODIFIED);
            Reply::new(response, Selection::NotModified.reason(), Some(0))
        }
        Precondition::Proceed => {
            let mut reply = content(
                200,
                "listing",
                rendered.content_type,
                rendered.content,
                &method.as_http(),
            );
            reply.offer_for_compression(client, method);
            reply
        }
    };
    // A write shows at once, and whoever has a listing asks whether it is current.
    reply.response.set_header(CACHE_CONTROL, "no-cache");
    reply.response.set_header(ETAG, rendered.etag);
    reply.response.set_header(X_ROBOTS_TAG, "noindex");
    if let Some(policy) = rendered.content_security_policy {
        reply.response.set_header(CONTENT_SECURITY_POLICY, policy);
    }
    let traits = ContentTraits {
        is_html: rendered.content_security_policy.is_some(),
        ..ContentTraits::default()
    };
    reply.with_traits(traits)
}
