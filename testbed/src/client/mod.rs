//! The HTTP/1.1 client of the tests, which sends every byte as given and parses responses strictly. It does
//! not know what answers it: the application under Viceroy or an origin.

mod framing;
pub(crate) mod persistent_connection;
pub(crate) mod request;
