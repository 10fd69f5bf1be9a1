//! The platform: the sandbox, the client's request, backends, stores, logs and waits. Not here: the cache and requests to
//! origins.

pub(crate) mod backends;
pub(crate) mod deadline;
pub(crate) mod downstream;
pub(crate) mod environment;
pub(crate) mod log;
pub(crate) mod request;
pub(crate) mod sandbox;
pub(crate) mod select;
pub(crate) mod settings;
