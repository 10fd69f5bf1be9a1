//! The floor with a sandbox for each request, which shows what the start of one costs.

use fastly::Error;
use fastly::http::serve::Serve;
use floor::respond;

fn main() -> Result<(), Error> {
    Serve::new().with_max_requests(1).run(respond).into_result()
}
