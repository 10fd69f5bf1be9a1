//! Sends every request to the first origin as it is, and its answer back: what `cargo xtask bench`
//! measures a miss of b2-edge against.

use fastly::{Error, Request, Response};

#[fastly::main]
fn main(request: Request) -> Result<Response, Error> {
    Ok(request.with_pass(true).send("us_origin")?)
}
