//! The event of a request: whether it is told, and what is told of it.

use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};

use crate::http::field::{single_value, whole_number};
use crate::s3::address::BucketAddress;
use crate::s3::notification::Notification;
use crate::s3::object_key::ObjectKey;
use crate::s3_endpoint::body::X_AMZ_DECODED_CONTENT_LENGTH;
use crate::s3_endpoint::client::Right;
use crate::s3_endpoint::operation::Operation;
use crate::s3_endpoint::settings::WebhookSettings;
use crate::s3_endpoint::verified::Verified;

/// The word of `s3.webhook.for` for every request whose signature is right.
pub const ALL: &str = "all";

/// The response to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Responded {
    /// Its status.
    pub status: u16,
    /// Its `Content-Length`.
    pub content_length: Option<u64>,
    /// Its `Content-Type`.
    pub content_type: Option<String>,
}

/// The event of a verified request; `None` if `s3.webhook.for` does not select it. `operation` is `None` for a request
/// that was refused, and `address` is that of its bucket, or another one if the service does not have that.
#[must_use]
pub fn event(
    settings: &WebhookSettings,
    method: &str,
    request: &Verified<'_>,
    operation: Option<Operation>,
    address: &BucketAddress,
    response: &Responded,
) -> Option<Notification> {
    let right = operation.and_then(Operation::right);
    if !selects(&settings.events, right, response.status) {
        return None;
    }
    let text = |headers: &HeaderMap, name| {
        let value = single_value(headers, name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let body = body_length(method, operation, &request.headers);
    let (content_length, content_type) = match body {
        Some(length) => (Some(length), text(&request.headers, &CONTENT_TYPE)),
        None => (response.content_length, response.content_type.clone()),
    };
    Some(Notification {
        content_length,
        content_type,
        method: method.to_owned(),
        signature_timestamp: request.claim.timestamp.clone(),
        status: response.status,
        url: url(request, address),
    })
}

/// The length of the content of a request, decoded; `None` without content.
fn body_length(method: &str, operation: Option<Operation>, headers: &HeaderMap) -> Option<u64> {
    if !matches!(method, "PUT" | "POST") {
        return None;
    }
    let length = |name| single_value(headers, name).and_then(whole_number);
    let length = length(&X_AMZ_DECODED_CONTENT_LENGTH).or_else(|| length(&CONTENT_LENGTH));
    // An object may be empty. The body of any other request that is empty is none.
    let stores = matches!(
        operation,
        Some(Operation::PutObject | Operation::UploadPart)
    );
    match length {
        None | Some(0) if !stores => None,
        length => Some(length.unwrap_or_default()),
    }
}

/// The URL at the bucket, in path style.
fn url(request: &Verified<'_>, address: &BucketAddress) -> String {
    let bucket = request.resource.bucket.as_deref().unwrap_or_default();
    let key = request.resource.key.as_ref();
    let key = key.map(ObjectKey::to_path).unwrap_or_default();
    let query = request.query.encode();
    let separator = if query.is_empty() { "" } else { "?" };
    let endpoint = address.endpoint();
    format!("https://{endpoint}/{bucket}{key}{separator}{query}")
}

/// Whether `s3.webhook.for` selects a request: each one with `all`, otherwise the successful ones that need a right in it.
fn selects(words: &[String], right: Option<Right>, status: u16) -> bool {
    let has = |word| words.iter().any(|one| one == word);
    let is_success = (200..300).contains(&status);
    has(ALL) || (is_success && right.is_some_and(|right| has(right.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_webhook_gets_successful_requests_of_its_rights_or_all() {
        let (write, delete, read) = (Some(Right::Write), Some(Right::Delete), Some(Right::Read));
        for (words, right, status, is_selected) in [
            (&["write", "delete"][..], write, 200, true),
            (&["write", "delete"], delete, 204, true),
            (&["write", "delete"], write, 199, false),
            (&["write", "delete"], write, 300, false),
            (&["write", "delete"], delete, 403, false),
            (&["write", "delete"], read, 200, false),
            (&["write", "delete"], None, 200, false),
            (&["lock"], Some(Right::Lock), 200, true),
            (&["list"], Some(Right::List), 200, true),
            (&["all"], None, 403, true),
            (&["write", "all"], read, 304, true),
        ] {
            let named: Vec<String> = words.iter().map(ToString::to_string).collect();
            let selected = selects(&named, right, status);
            assert_eq!(selected, is_selected, "{words:?} {right:?} {status}");
        }
    }
}
