//! The S3 protocol as B2 speaks it: addresses, keys, credentials, Signature Version 4, error documents, bodies of
//! uploads, listings, lists of objects to delete, and the events about them. Not here: HTTP in general, and what an origin's
//! response means for a request.

pub mod address;
pub mod aws_chunked;
pub mod checksum;
pub mod chunk_signatures;
pub mod credentials;
pub mod delete_objects;
pub mod error_document;
pub mod hex;
pub mod list_objects;
pub mod notification;
pub mod object_key;
pub mod sigv4;
pub mod upload;
pub mod upload_error;
pub mod version;
