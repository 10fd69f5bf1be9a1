//! The S3 endpoint for writers: which request is for it, what it asks for, whether the client may have it, and what the
//! bucket gets of it. Not here: the S3 protocol itself, and reads of the website.

pub mod authorize;
pub mod body;
pub mod client;
pub mod copy_source;
pub mod error;
pub mod event;
pub mod forward;
pub mod list_buckets;
pub mod operation;
pub mod record;
pub mod resource;
pub mod settings;
pub mod unverified;
pub mod verified;
