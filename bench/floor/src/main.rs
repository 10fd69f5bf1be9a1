//! The floor, whose sandboxes serve several requests.

use std::time::Duration;

use fastly::Error;
use fastly::http::serve::Serve;
use floor::respond;

fn main() -> Result<(), Error> {
    // Like b2-edge: a sandbox for each request costs more than everything else in a hit.
    Serve::new()
        .with_timeout(Duration::from_secs(2))
        .with_max_lifetime(Duration::from_secs(3))
        .run(respond)
        .into_result()
}
