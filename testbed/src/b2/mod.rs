//! The private S3 origins: a B2 region on loopback, the objects in its bucket, the requests that it received
//! and the faults that a test injects. Nothing here knows Fastly or the application under test.

mod access;
mod bucket;
mod connection;
mod counted_body;
pub(crate) mod fault;
mod interrupted_body;
pub(crate) mod listener;
mod listing;
mod malformed;
mod multipart;
pub(crate) mod object;
pub(crate) mod object_path;
mod operations;
pub(crate) mod origin;
mod preconditions;
pub(crate) mod recorder;
mod refusals;
mod selection;
mod service;
