//! Responds to every request from the Core Cache, which it fills from the first origin: the floor with which
//! `cargo xtask bench` compares a hit of b2-edge.
//!
//! It has no freshness, no conditions and no ranges, sends none of the origin's headers, and caches every response.

use std::time::Duration;

use fastly::cache::core::{CacheKey, Transaction};
use fastly::{Error, Request, Response};

/// Responds from the cache.
///
/// # Errors
///
/// When the cache or the origin fails.
pub fn respond(request: Request) -> Result<Response, Error> {
    let key = CacheKey::from(request.get_path().to_owned());
    let transaction = Transaction::lookup(key).execute()?;
    if let Some(found) = transaction.found() {
        return Ok(Response::from_body(found.to_stream()?));
    }
    let mut response = request.with_pass(true).send("us_origin")?;
    let length = response.get_content_length().unwrap_or_default() as u64;
    let (mut entry, found) = transaction
        .insert(Duration::from_hours(1))
        .known_length(length)
        .execute_and_stream_back()?;
    entry.append(response.take_body());
    entry.finish()?;
    Ok(Response::from_body(found.to_stream()?))
}
