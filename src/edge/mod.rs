//! The shell: the only code that names the platform. It reads what the platform has and carries out what the
//! core decides. Not here: decisions, which are `b2_edge_core`'s.
//!
//! A room uses only those above it in this list.

pub(crate) mod platform;

pub(crate) mod context;

pub(crate) mod origins;

pub(crate) mod cache;

pub(crate) mod response;

pub(crate) mod read;

pub(crate) mod endpoints;

pub(crate) mod deliver;
