//! What Fastly gives: the sandbox, the client's request, stores, logs, waits.

pub(crate) mod deadline;
pub(crate) mod downstream;
pub(crate) mod environment;
pub(crate) mod log;
pub(crate) mod request;
pub(crate) mod sandbox;
pub(crate) mod select;
pub(crate) mod settings;
