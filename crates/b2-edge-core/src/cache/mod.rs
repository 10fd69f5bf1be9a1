//! What is cached: cacheability, TTL, cache keys, the format of entries, and the response that an entry
//! gives. Not here: reading and writing the cache, which needs the platform.

mod binary;
pub mod entry;
mod entry_key;
pub mod lifetime;
pub mod pacing;
pub mod policy;
pub mod provenance;
pub mod rules;
pub mod segments;
pub mod select;
pub mod settings;
pub mod status;
mod stored_headers;
pub mod surrogate_key;
pub mod variant_policy;
