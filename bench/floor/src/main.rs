//! Answers every request from the Core Cache, which it fills from the first origin: the floor that
//! `cargo xtask bench` measures a hit of b2-edge against.
//!
//! It knows no freshness, no condition and no range, repeats none of the origin's headers, and trusts
//! whatever the origin says.

use std::time::Duration;

use fastly::cache::core::{CacheKey, Transaction};
use fastly::http::serve::Serve;
use fastly::{Error, Request, Response};

fn main() -> Result<(), Error> {
    // As the application does: a sandbox for each request costs more than all else in a hit.
    Serve::new()
        .with_timeout(Duration::from_secs(2))
        .with_max_lifetime(Duration::from_secs(3))
        .run(answer)
        .into_result()
}

fn answer(request: Request) -> Result<Response, Error> {
    let key = CacheKey::from(request.get_path().to_owned());
    let turn = Transaction::lookup(key).execute()?;
    if let Some(found) = turn.found() {
        return Ok(Response::from_body(found.to_stream()?));
    }
    let mut answer = request.with_pass(true).send("us_origin")?;
    let length = answer.get_content_length().unwrap_or_default() as u64;
    let (mut entry, found) = turn
        .insert(Duration::from_hours(1))
        .known_length(length)
        .execute_and_stream_back()?;
    entry.append(answer.take_body());
    entry.finish()?;
    Ok(Response::from_body(found.to_stream()?))
}
