//! What the cache may store, for how long, under which key, and what a stored object answers.

pub mod entry;
pub mod lifetime;
pub mod policy;
pub mod provenance;
pub mod rules;
pub mod segments;
pub mod select;
pub mod settings;
pub mod status;
pub mod surrogate_key;
