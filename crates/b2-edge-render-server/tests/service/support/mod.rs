//! What the tests share: the process, requests to it, its origins.

pub(crate) mod origins;
pub(crate) mod pictures;
pub(crate) mod process;
pub(crate) mod render_request;
