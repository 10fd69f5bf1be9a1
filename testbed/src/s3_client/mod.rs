//! An S3 client for tests, which can send requests that no real client sends.
//!
//! `aws-sigv4` signs its requests. Chunks and trailers are signed by code of this folder, because that crate has none
//! for them; the tests compare it with AWS's published examples. Nothing is shared with the application or with `s3s`,
//! except that `s3s` computes the checksums.

pub(crate) mod checksum;
pub(crate) mod chunks;
pub(crate) mod request;
pub(crate) mod signature;
pub(crate) mod signed;
