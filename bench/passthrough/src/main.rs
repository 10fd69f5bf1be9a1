//! Forwards every request to the first origin unchanged, and its response to the client: `cargo xtask bench`
//! compares a miss of b2-edge with this.

use fastly::{Error, Request, Response};

#[fastly::main]
fn main(request: Request) -> Result<Response, Error> {
    Ok(request.with_pass(true).send("us_origin")?)
}
