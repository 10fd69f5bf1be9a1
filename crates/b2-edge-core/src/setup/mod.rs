//! Configuration and backends put together, and what is wrong with them.

pub mod origin;
pub mod problem;
pub mod service;
