//! Resolves the configuration, the backends and the secrets into a service, and reports what is wrong with
//! them. Not here: parsing the configuration, which [`config`](crate::config) does, and reading stores, which
//! needs the platform.

pub mod origin;
pub mod problem;
pub mod s3_clients;
pub mod service;
pub mod warning;
