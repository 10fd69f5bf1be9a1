//! S3 as B2 speaks it: keys, credentials, Signature Version 4, error documents.

pub mod address;
pub mod credentials;
pub mod error_document;
pub mod object_key;
pub mod sigv4;
pub mod version;
