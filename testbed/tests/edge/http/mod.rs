//! One request and its response: paths, methods, headers, ranges and conditions. Repeated requests are in
//! `cache`, websites in `site`.

mod client_headers;
mod compression;
mod conditionals;
mod cors;
mod keys;
mod origin_responses;
mod privacy;
mod reads;
pub(crate) mod real_clients;
mod refusals;
mod request_ids;
mod security_headers;
